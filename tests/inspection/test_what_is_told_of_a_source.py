"""What tables and pictures say of where their numbers come from, and what they refuse."""

from __future__ import annotations

from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import friedmanchisquare, loguniform
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import (
    compare,
    critical_difference,
    importance,
    lineage,
    measurements,
    pareto_front,
    summary,
    surface,
)
from skhpo.inspection.scales import scale_of
from skhpo.inspection.spaces import kinds_of
from skhpo.inspection.tables import history_of
from skhpo.inspection.timeline import Utilisation
from skhpo.inspection.words import training
from skhpo.trial import Assignment, Measurement, Trial


def in_part(n_trials=20):
    """All after one epoch, some after three."""
    rng = np.random.default_rng(0)
    history = History(full=3.0)
    for number in range(n_trials):
        params = {"x": float(rng.random()), "y": float(rng.random())}
        history.append(Trial(number, params))
        for epochs in (1.0, 3.0) if number % 4 == 0 else (1.0,):
            history.append(Assignment(number, epochs, (0,)))
            history.append(
                Measurement(number, 0, epochs, "completed", {"score": params["x"] * epochs})
            )
    return history


class Search:
    """What has a history, and a name for its resource."""

    resource = "epochs"

    def __init__(self, history):
        self.history_ = history


# --------------------------------------------------------------------------- agreement


@pytest.mark.parametrize(("k", "n_sets"), [(2, 4), (3, 3)])
def test_complete_agreement_is_as_probable_as_all_orders_say(k, n_sets):
    """Counted out; scipy's statistic, of data sets that order the methods in every way."""
    agreed = {str(method): [-float(method)] * n_sets for method in range(k)}
    orders = [dict(enumerate(order)) for order in permutations(range(k))]

    def statistic(ranks):
        if k == 2:  # which scipy does not take
            return abs(sum(1 if order[0] else -1 for order in ranks))
        return friedmanchisquare(*[[order[m] for order in ranks] for m in range(k)]).statistic

    found = [statistic(ranks) for ranks in product(orders, repeat=n_sets)]
    exact = np.mean(np.array(found) >= max(found) - 1e-9)
    assert critical_difference(agreed).p_value == pytest.approx(exact)


def test_agreement_of_many_methods_is_no_overflow():
    scores = {str(method): [float(method)] * 30 for method in range(200)}
    assert 0.0 <= critical_difference(scores).p_value < 1e-300


# --------------------------------------------------------------------------- after how much training


def test_what_mattered_says_at_which_rung():
    search = Search(in_part())
    assert surface(search, "x", "y").resource == 1.0
    assert training(search, 1.0) == "epochs 1"
    assert training(search, None) == ""
    assert (
        summary(search).splitlines()[-1].strip() == "at epochs 1, where most trials were measured"
    )
    whole = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0).run(n_trials=12)
    assert "most trials were measured" not in summary(whole)


def test_pictures_say_at_which_rung():
    plt = pytest.importorskip("matplotlib.pyplot")
    plotting = pytest.importorskip("skhpo.plotting")
    search = Search(in_part())
    try:
        for picture in (plotting.importance, plotting.interactions):
            assert picture(search).get_title(loc="left") == "scores at epochs 1"
        ax = plotting.contour(search, x="x", y="y")
        assert ax.figure.axes[-1].get_ylabel() == "score at epochs 1"
        assert "best at epochs 1" in [line.get_label() for line in ax.get_lines()]
        ax = plotting.contour(search, x="x", y="y", resource=3.0)
        assert ax.figure.axes[-1].get_ylabel() == "score at epochs 3"
        only = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0).run(n_trials=9)
        ax = plotting.interactions(only)
        assert "there is only one parameter" in [text.get_text() for text in ax.texts]
        for bad in (
            lambda: plotting.convergence(search, by="epoch"),
            lambda: plotting.comparison({"a": search}, by="epoch"),
            lambda: plotting.contour(search, x="x", y="y", show="std"),
        ):
            with pytest.raises(ValueError, match="must be one of"):
                bad()
        with pytest.raises(ValueError, match="must name one at least"):
            plotting.parallel_coordinates(search, parameters=[])
    finally:
        plt.close("all")


def test_the_page_says_at_which_rung():
    figures = pytest.importorskip("skhpo.dashboard.figures")
    pytest.importorskip("plotly")
    drawn = figures.importance(Search(in_part()))
    assert "epochs 1" in str(drawn.to_dict()["layout"])


# --------------------------------------------------------------------------- metrics


class Scored(Search):
    def __init__(self, scoring):
        super().__init__(in_part(4))
        self.scoring = scoring


def test_different_metrics_are_not_compared():
    searches = {"one": Scored("accuracy"), "own": Scored(None), "two": Scored("r2")}
    with pytest.raises(ValueError, match="'one' are 'accuracy', those of 'two' are 'r2'"):
        compare(searches)
    del searches["two"]
    assert compare(searches).table["n_trials"].tolist() == [4, 4]
    compare({"one": Scored("r2"), "other": Scored("r2")})


def of_two_metrics():
    return {
        "params": [{"x": 1.0}, {"x": 2.0}],
        "mean_test_good": [0.9, 0.8],
        "mean_test_fast": [0.1, 0.2],
    }


def test_the_first_metric_of_a_table_counts_unless_another_is_named():
    assert "0.9 (good), trial 0" in summary(of_two_metrics())
    assert "0.2 (fast), trial 1" in summary(of_two_metrics(), metric="fast")
    with pytest.raises(ValueError, match="metric='slow' is not in this search"):
        summary(of_two_metrics(), metric="slow")


def test_a_metric_is_not_drawn_against_itself():
    with pytest.raises(ValueError, match="got 'good' twice"):
        pareto_front(of_two_metrics(), metrics=["good", "good"])


# --------------------------------------------------------------------------- sources


@pytest.mark.parametrize("path", ["folder", Path("folder")])
def test_who_gives_a_path_is_told_what_to_write(path):
    with pytest.raises(TypeError, match=r"skhpo\.storage\.view\.read_search\('folder'\)"):
        history_of(path)


def test_a_fitted_search_of_scikit_learn():
    X, y = load_iris(return_X_y=True)
    search = RandomizedSearchCV(
        LogisticRegression(max_iter=200),
        {"C": loguniform(1e-3, 1e3)},
        n_iter=5,
        cv=3,
        scoring=["neg_log_loss", "accuracy"],
        refit="accuracy",
        random_state=0,
    )
    with pytest.raises(TypeError, match="takes a History"):
        history_of(search)
    search.fit(X, y)
    assert history_of(search).metric == "accuracy"
    assert len(measurements(search)["trial"]) == 15
    assert importance(search)["parameter"].tolist() == ["C"]
    assert kinds_of(search) == {"C": "log"}
    assert f"{search.best_score_:.6g} (accuracy), trial {search.best_index_}" in summary(search)


def test_who_was_given_up_is_stopped():
    history = History(full=2.0)
    for number, replaces in ((0, None), (1, None), (2, 0)):
        parent = {} if replaces is None else {"parent": 1, "parent_resource": 1.0}
        history.append(Trial(number, {"x": float(number)}, replaces=replaces, **parent))
        history.append(Assignment(number, 2.0 if number else 1.0, (0,)))
        resource = 2.0 if number else 1.0
        history.append(Measurement(number, 0, resource, "completed", {"score": float(number)}))
    assert lineage(history)["status"].tolist() == ["stopped", "completed", "completed"]


# --------------------------------------------------------------------------- texts


def test_numbers_as_texts_are_short():
    assert scale_of("p", [0.8180304274556267]).texts == ("0.81803",)
    assert scale_of("p", [0.8180304274556267, "auto"]).texts == ("0.81803", "auto")
    assert len(set(scale_of("p", [0.81803042, 0.81803043, "auto"]).texts)) == 3
    assert str(Utilisation(1, 0.01, 0.02)) == "1 worker, 50% busy in 0.02 s"
