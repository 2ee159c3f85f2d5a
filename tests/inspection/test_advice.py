"""What a finished search advises."""

from __future__ import annotations

import itertools
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import expon, loguniform, norm, randint, uniform
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC

from skhpo import (
    BayesSearchCV,
    Categorical,
    Float,
    HalvingSearchCV,
    Int,
    RandomSearchCV,
    Space,
    Tuner,
    evaluation,
)
from skhpo.callbacks import Callback
from skhpo.control import Control
from skhpo.exceptions import AdviceWarning, SkhpoWarning
from skhpo.history import History
from skhpo.inspection import Advice, advice, rung_correlations
from skhpo.inspection.advice import quick_advice
from skhpo.samplers import BayesianSampler
from skhpo.schedulers import FullBudget
from skhpo.search.advising import WORTH_A_LOOK
from skhpo.stopping import Patience, Timeout
from skhpo.storage.view import read_search
from skhpo.trial import Assignment, Measurement, Trial

pytestmark = pytest.mark.filterwarnings("error::skhpo.exceptions.AdviceWarning")

X, y = load_iris(return_X_y=True)


def history_of(values, scores, name="x"):
    history = History()
    for number, (value, score) in enumerate(zip(values, scores, strict=True)):
        history.append(Trial(number, {name: value}))
        history.append(Assignment(number, None, (0,)))
        history.append(Measurement(number, 0, None, "completed", {"score": float(score)}))
    return history


def edge(domain, value, others=(None,) * 6):
    """What is said of a best value; the others are drawn."""
    space = Space({"x": domain})
    rng = np.random.default_rng(0)
    values = [value, *(space.sample(rng)["x"] if v is None else v for v in others)]
    found = advice(history_of(values, -np.arange(len(values))), space)
    assert {each.kind for each in found} <= {"edge"}
    return found[0].message if found else None


@pytest.mark.parametrize(
    ("domain", "value", "text"),
    [
        (Float(2, 5), 2.02, "x=2.02 is at the lower end of 2..5: lower that"),
        (Float(2, 5), 4.98, "x=4.98 is at the upper end of 2..5: raise that"),
        (Float(1e-4, 1e4, log=True), 1.1e-4, "lower end of 0.0001..10000"),
        (Float(-3, 0), -3.0, "lower end of -3..0"),
        (Float(0, 2), 2.0, "upper end of 0..2"),
        (Float(-1, 1), 1.0, "upper end of -1..1"),
        (Float(1, 5), 1.0, "lower end of 1..5"),
        (Float(0.2, 1.4, step=0.4), 1.4, "upper end of 0.2..1.4"),
        (Int(3, 9), 9, "upper end of 3..9"),
        (Int(3, 9), 3, "lower end of 3..9"),
        (Int(1, 3), 3, "upper end of 1..3"),
        (loguniform(1e-2, 1e2), 99.5, "upper end of 0.01..100"),
        (uniform(2, 3), 5.0, "upper end of 2..5"),
        (randint(3, 9), 8, "upper end of 3..8"),
        ([1, 10, 100], 100, "upper end of 1..100"),
        ([0.5, 2, 8], 0.5, "lower end of 0.5..8"),
        (Float(1e-4, 1, log=True), 1.0, "upper end of 0.0001..1"),
        (Float(0.5, 1), 1.0, "upper end of 0.5..1"),
        ([0, 0.5, 1], 1, "upper end of 0..1"),
        ([0.1, 0.5, 1.0], 1.0, "upper end of 0.1..1"),
    ],
)
def test_at_an_edge(domain, value, text):
    assert text in edge(domain, value)


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (Float(2, 5), 2.04),
        (Float(2, 5), 4.9),
        (Float(1e-4, 1e4, log=True), 1.4e-4),
        (Int(3, 9), 8),
        (Float(0, 1), 0.0),  # what cannot be less
        (Float(0, 1), 1.0),  # a part of something
        (Float(0, 1, step=0.1), 1.0),
        (uniform(0, 1), 1.0),
        (Float(0, 5), 0.0),
        (Int(0, 5), 0),
        (Int(1, 5), 1),
        ([1, 2, 3], 1),
        (expon(), 1e-9),
        (expon(), 60.0),
        ([1, 100], 100),  # too few to speak of ends
        (["a", "b", "c"], "c"),
        (Categorical(["small", "medium", "large"], ordered=True), "large"),
        ([True, False], False),
        ([7], 7),
    ],
)
def test_not_at_an_edge(domain, value):
    assert edge(domain, value) is None


def test_few_trials_have_no_edge():
    assert edge(Float(2, 5), 5.0, others=(3.0, 3.0, 3.0)) is None
    assert edge(Float(2, 5), 5.0, others=(3.0, 3.0, 3.0, 3.0)) is not None


def test_an_edge_is_clear_when_the_best_are_crowded_there():
    space = Space({"x": Float(1, 2)})
    n = 40
    crowded = history_of([2.0] * 5 + [1.5] * (n - 5), -np.arange(n))
    alone = history_of([2.0] + [1.5] * (n - 1), -np.arange(n))
    few = history_of([2.0] * 5 + [1.5] * 10, -np.arange(15))
    assert [each.is_clear for each in advice(crowded, space)] == [True]
    assert [each.is_clear for each in advice(alone, space)] == [False]
    assert [each.is_clear for each in advice(few, space)] == [False]


def test_scores_that_are_noise_are_hardly_ever_clear():
    space = Space({f"p{k}": Float(1, 2) for k in range(10)})
    n_clear = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        tuner = Tuner(space, lambda _, rng=rng: rng.normal(), random_state=seed).run(n_trials=40)
        n_clear += sum(each.is_clear for each in quick_advice(tuner))
    assert n_clear == 0


def test_branches_have_edges_of_their_own():
    space = [{"a": Float(1, 2)}, {"b": Float(1, 2)}]
    tuner = Tuner(space, lambda p: p.get("b", 0), sampler=BayesianSampler(), random_state=0).run(
        n_trials=15
    )
    assert [each.parameter for each in advice(tuner)] == ["b"]


def test_without_a_space_nobody_knows_of_edges():
    history = history_of([5.0] * 7, range(7))
    assert advice(history) == []
    assert [each.kind for each in advice(history, {"x": Float(2, 5)})] == ["edge"]


# --------------------------------------------------------------------------- what mattered


@pytest.mark.parametrize(
    "domain", [Float(1, 2), Float(1, 2, log=True), Int(2, 9), [2, 3, 5], uniform(1, 1)]
)
def test_a_search_on_disk_is_advised_as_the_one_that_wrote_it(domain, tmp_path):
    tuner = Tuner(
        {"x": domain, "y": norm(0, 1), "z": [None, (1, 2)]},
        lambda p: p["x"],
        sampler=BayesianSampler(),
        scheduler=FullBudget(100),
        callbacks=[Enough(20)],
        storage=tmp_path,
        random_state=0,
    ).run()
    assert [each.kind for each in quick_advice(tuner)] == ["edge", "budget"]
    assert quick_advice(read_search(tmp_path)) == quick_advice(tuner)


def test_what_a_search_on_disk_tells_in_other_words_may_be_anything(tmp_path):
    tuner = Tuner({"x": norm(1, 2)}, lambda p: p["x"], storage=tmp_path, random_state=0)
    tuner.run(n_trials=12)
    stored = read_search(tmp_path)
    assert advice(stored) == []
    best = max(trial.params["x"] for trial in tuner.history.trials)
    assert [each.kind for each in advice(stored, {"x": Float(-9, best)})] == ["edge"]


def test_what_did_not_matter():
    space = {"x": Float(0.1, 0.9), "idle": Float(0.1, 0.9), "one": [3]}
    tuner = Tuner(space, lambda p: -((p["x"] - 0.5) ** 2), random_state=0)
    assert advice(tuner.run(n_trials=29)) == []
    (found,) = advice(tuner.run(n_trials=60))
    assert (found.kind, found.parameter, found.is_clear) == ("importance", "idle", True)
    assert "idle hardly mattered" in str(found)
    assert quick_advice(tuner) == []


# --------------------------------------------------------------------------- rungs and budget


def noise_at_rungs(n_trials, seed=0):
    history, rng = History(), np.random.default_rng(seed)
    for number in range(n_trials):
        history.append(Trial(number, {"x": float(rng.random())}))
        for resource in (1, 3):
            history.append(Assignment(number, resource, (0,)))
            score = {"score": float(rng.normal())}
            history.append(Measurement(number, 0, resource, "completed", score))
    return history


def test_rungs_are_not_blamed_as_long_as_it_may_be_chance():
    """The correlation is low, and might be one that is high enough; or there are too few."""
    history = noise_at_rungs(12, seed=3)
    (found,), (high,) = (rung_correlations(history)[name] for name in ("correlation", "high"))
    assert found < 0.2
    assert high > 0.5
    assert advice(history) == []
    of_few = noise_at_rungs(9, seed=4)
    assert rung_correlations(of_few)["high"] < 0.5
    assert advice(of_few) == []


def test_rungs_that_foretell_nothing():
    history = noise_at_rungs(60)
    (found,) = [each for each in advice(history) if each.kind == "rungs"]
    assert found.is_clear
    assert "scores after 1 tell little about those after 3" in found.message


def test_a_budget_that_was_not_used():
    tuner = Tuner({"x": Int(1, 4)}, lambda p: p["x"] % 3, scheduler=FullBudget(9), random_state=0)
    (found,) = advice(tuner.run())
    assert str(found).startswith("4 of 9 trials were started: there are no other configurations")
    tuner = Tuner(
        {"x": Float(0.2, 0.8)},
        lambda p: 0.0,
        scheduler=FullBudget(50),
        stopping=Patience(5),
        random_state=0,
    )
    (found,) = advice(tuner.run())
    assert found.kind == "budget"
    assert "nothing better was found" in found.message
    assert advice(Tuner({"x": Float(0.2, 0.8)}, lambda p: 0.0, random_state=0).run(3)) == []


class Enough(Callback):
    """Stops a search after so many measurements of trials."""

    def __init__(self, n_evaluations):
        self.n_evaluations = n_evaluations

    def on_evaluation(self, history, evaluation):
        return len(history.evaluations) == self.n_evaluations


def stopped_by(callback=None, stopping=None):
    return RandomSearchCV(
        SVC(),
        {"C": Float(0.1, 0.9)},
        n_iter=10,
        cv=2,
        random_state=0,
        callbacks=callback,
        stopping=stopping,
    )


def test_a_search_that_was_cut_off_warns_of_its_budget():
    control = Control()
    for callback, stopping, said in [
        (Enough(3), None, "3 of 10 trials were started: a callback has stopped it; to go on"),
        ([control, StopsAt(3, control)], None, "3 of 10 trials were started: it was stopped from"),
        (None, Timeout(1e-9), "1 of 10 trials were started: the time was up; give it more time"),
    ]:
        with pytest.warns(AdviceWarning) as caught:
            search = stopped_by(callback, stopping).fit(X, y)
        (warning,) = caught
        owner, line = str(warning.message).splitlines()
        assert owner == "RandomSearchCV:"
        assert line.startswith(said)
        assert [str(each) for each in advice(search)] == [line]


class StopsAt(Enough):
    """Does so by a control."""

    def __init__(self, n_evaluations, control):
        super().__init__(n_evaluations)
        self.control = control

    def on_evaluation(self, history, evaluation):
        if super().on_evaluation(history, evaluation):
            self.control.stop()


def test_patience_was_asked_for():
    """Warnings are errors here."""
    search = stopped_by(stopping=Patience(2, min_improvement=1.0)).fit(X, y)
    assert search.stop_reason_ == "patience"
    (found,) = advice(search)
    assert (found.kind, found.is_clear) == ("budget", False)


def test_rungs_that_were_not_measured(tmp_path):
    """All trials were started; those of the last rungs are missing. Who reads it knows as well."""
    search = HalvingSearchCV(
        SVC(), {"C": Float(0.1, 0.9)}, n_candidates=9, min_resources=20, cv=2, random_state=0
    )
    n_first, *others = (n for bracket in search.plan(X, y).brackets for n in bracket.n_trials)
    with pytest.warns(AdviceWarning, match="measurements at rungs were made") as caught:
        search.set_params(callbacks=Enough(n_first), storage=tmp_path).fit(X, y)
    assert f"{n_first} of {n_first + sum(others)} measurements" in str(caught[0].message)
    assert quick_advice(read_search(tmp_path)) == quick_advice(search)
    search.set_params(callbacks=None, storage=None).fit(X, y)  # to the end: nothing is said


# --------------------------------------------------------------------------- searches


def crowding():
    """A search whose best is beyond the end of its range."""
    space = {"C": Float(1e-5, 1e-3, log=True)}
    return BayesSearchCV(SVC(), space, n_iter=20, cv=2, random_state=0, scoring=likes_large)


def likes_large(estimator, X, y):
    return np.log(estimator.C)


def test_a_search_warns_of_a_clear_edge_once():
    with pytest.warns(AdviceWarning) as caught:
        search = crowding().fit(X, y)
    (warning,) = caught
    assert str(warning.message).splitlines() == [
        "BayesSearchCV:",
        "C=0.001 is at the upper end of 1e-05..0.001: raise that, better values may lie beyond",
    ]
    assert warning.filename == __file__
    assert hasattr(search, "best_estimator_")


def test_the_warning_is_a_kind_of_its_own_that_can_be_ignored():
    assert issubclass(AdviceWarning, SkhpoWarning)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AdviceWarning)
        crowding().fit(X, y)


def test_as_an_error_it_costs_no_result():
    search = crowding()
    with pytest.raises(AdviceWarning):  # warnings are errors here
        search.fit(X, y)
    assert search.best_params_ == {"C": 1e-3}
    assert hasattr(search.best_estimator_, "support_")


def with_an_idle_parameter(monkeypatch, seconds_of_a_fit, **settings):
    """A search of 40 trials on 2 folds by a clock of its own, which has not begun."""
    ticks = itertools.count(step=seconds_of_a_fit / 2)  # looked at around a fit, and a score
    monkeypatch.setattr(evaluation, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    space = {"C": Float(0.1, 0.9), "tol": Float(0.1, 0.9)}
    return RandomSearchCV(
        SVC(), space, n_iter=40, cv=2, random_state=0, scoring=likes_the_middle, **settings
    )


def likes_the_middle(estimator, X, y):
    return -((estimator.C - 0.5) ** 2)


def test_a_long_search_warns_of_what_never_mattered(monkeypatch):
    search = with_an_idle_parameter(monkeypatch, WORTH_A_LOOK / 70)
    with pytest.warns(AdviceWarning) as caught:
        search.fit(X, y)
    (warning,) = caught
    owner, line = str(warning.message).splitlines()
    assert owner == "RandomSearchCV:"
    assert line.startswith("tol hardly mattered: at most 1% of the variance of the score among 40")
    assert warning.filename == __file__


def test_a_short_search_takes_no_time_for_that(monkeypatch):
    """Warnings are errors here."""
    search = with_an_idle_parameter(monkeypatch, WORTH_A_LOOK / 90).fit(X, y)
    assert [each.parameter for each in advice(search)] == ["tol"]


def test_what_matters_after_little_training_is_not_clear():
    history, rng = History(), np.random.default_rng(0)
    for number in range(60):
        x, idle = rng.uniform(0.1, 0.9, 2).tolist()
        history.append(Trial(number, {"x": x, "idle": idle}))
        for resource in (1, 3) if number % 2 else (1,):
            history.append(Assignment(number, resource, (0,)))
            score = {"score": -((x - 0.5) ** 2)}
            history.append(Measurement(number, 0, resource, "completed", score))
    (found,) = advice(history)
    assert (found.kind, found.parameter, found.is_clear) == ("importance", "idle", False)


def test_verbose_tells_what_is_not_clear(capsys):
    search = BayesSearchCV(
        SVC(),
        {"C": Float(1e-5, 1e-3, log=True)},
        n_iter=10,
        cv=2,
        random_state=0,
        scoring=likes_large,
        verbose=1,
    ).fit(X, y)
    assert capsys.readouterr().out.count("Advice: C=0.001 is at the upper end") == 1
    search.set_params(verbose=0).fit(X, y)
    assert "Advice" not in capsys.readouterr().out


def test_rungs_are_told_of_once():
    rng = np.random.default_rng(0)
    search = HalvingSearchCV(
        DummyClassifier(),
        {"random_state": Int(0, 10**6)},
        n_candidates=81,
        factor=2,
        min_resources=10,
        max_resources=40,
        scoring=lambda *args: rng.random(),
        cv=2,
        random_state=0,
    )
    with pytest.warns(SkhpoWarning) as caught:
        search.fit(X, y)
    told = [str(w.message) for w in caught if "tell little" in str(w.message)]
    assert len(told) == 1


def test_results_of_others():
    search = RandomizedSearchCV(
        SVC(), {"C": uniform(1e-5, 1e-3)}, n_iter=6, cv=2, random_state=0
    ).fit(X, y)
    assert all(isinstance(each, Advice) for each in advice(search.cv_results_))
    with pytest.raises(TypeError):
        advice(SVC())


@pytest.mark.parametrize("n_failed", [0, 3])
def test_nothing_to_go_by(n_failed):
    history = History()
    for number in range(n_failed):
        history.append(Trial(number, {"x": 1}))
        history.append(Assignment(number, None, (0,)))
        history.append(Measurement(number, 0, None, "failed", {}))
    assert advice(history, {"x": Int(1, 3)}) == []


def test_nan_and_strange_values():
    values = [None, (1, 2), "auto", SVC(), True, None]
    history = history_of(values, [np.nan, np.inf, 1, 2, 3, -np.inf])
    assert advice(history, {"x": values}) == []
