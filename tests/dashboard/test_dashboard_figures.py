"""Every figure of every awkward search can be drawn, shows what the tables say, and no markup."""

from __future__ import annotations

import json

import numpy as np
import pytest
from odd_histories import ODD
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier
from small_histories import record
from some_histories import AWKWARD, MARKUP, history_of, many

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from skhpo import Categorical, Float, RandomSearchCV, Tuner
from skhpo.dashboard import figures
from skhpo.dashboard.rows import Rows
from skhpo.dashboard.thinning import thinned
from skhpo.dashboard.views import VIEWS, described, drawn, figure_json
from skhpo.exceptions import SkhpoWarning
from skhpo.history import History
from skhpo.inspection import convergence, utilisation
from skhpo.inspection.tables import history_of as history_in
from skhpo.schedulers import Bracket, SuccessiveHalving

#: Of all kinds, also those that pictures are drawn of.
HISTORIES = {**{f"{kind} (rungs)": ODD[kind] for kind in ODD}, **AWKWARD}


def texts_of(value):
    """All texts in plain data, keys aside."""
    if isinstance(value, str):
        yield value
    items = value.values() if isinstance(value, dict) else value
    for item in items if isinstance(value, dict | list) else ():
        yield from texts_of(item)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("kind", HISTORIES)
def test_every_figure_of_every_history(name, kind):
    source = HISTORIES[kind]
    choices = VIEWS[name].choices(figures.parameters_of(source))
    for choice in [*list(choices)[:4], None]:
        plain = figure_json(drawn(source, name, choice))
        assert plain["data"] or plain["layout"]["annotations"][0]["text"]
        assert not [text for text in texts_of(plain) if "<" in text or "cannot be drawn" in text]
        json.dumps(plain, allow_nan=False)


def test_an_empty_figure_says_why():
    for name in VIEWS:
        plain = figure_json(drawn(AWKWARD["empty"], name))
        assert plain["data"] == []
        assert len(plain["layout"]["annotations"][0]["text"]) > 10
    assert "completely" in str(figures.rungs(AWKWARD["many"]))
    assert "failed" in str(figures.parallel_coordinates(AWKWARD["all failed"]))


def test_convergence_draws_what_the_table_says():
    history = AWKWARD["some failed"]
    table = convergence(history)
    scores, best, failed = figures.convergence(history).data
    is_scored = np.isfinite(table["score"])
    assert list(scores.x) == [1 + k for k in np.flatnonzero(is_scored)]
    assert list(scores.y) == list(table["score"][is_scored])
    assert list(failed.x) == [1 + k for k in np.flatnonzero(~is_scored)]
    assert dict(zip(best.x, best.y, strict=True)) == {1: 0.0, 4: 3.0, 7: 6.0, 9: 6.0}
    by_time = figures.convergence(history, by="time").data[0]
    assert list(by_time.x) == list(table["seconds"][is_scored])


def test_who_minimises_sees_scores_of_that_kind():
    tuner = Tuner({"x": Float(1, 2)}, lambda p: p["x"], direction="minimize", random_state=0).run(9)
    scores, best = figures.convergence(tuner).data
    assert min(scores.y) == best.y[-1] == tuner.best_score > 0
    assert min(figures.score_by_parameter(tuner).data[0].y) == tuner.best_score


def test_score_by_parameter():
    history = AWKWARD["gaps"]
    drawn_y = figures.score_by_parameter(history, parameter="y")
    assert list(drawn_y.data[0].y) == [1.0, 3.0, 5.0, 7.0, 9.0, 11.0]  # of those that have it
    assert "6 trials do not have this parameter" in drawn_y.layout.meta["note"]
    assert "one value only" in drawn_y.layout.meta["note"]
    with pytest.raises(ValueError, match="no parameter 'yy' in this search\\. Did you mean 'y'"):
        figures.score_by_parameter(history, parameter="yy")


def test_failures_are_at_no_height_of_a_score():
    history = AWKWARD["some failed"]
    for new in (figures.score_by_parameter(history, parameter="x"), figures.convergence(history)):
        by_name = {trace.name: trace for trace in new.data}
        assert max(by_name["failed"].y) < min(by_name["score"].y)
        assert "Those that failed lie below all scores." in new.layout.meta["note"]


def test_the_best_is_marked():
    history = AWKWARD["many"]
    star = next(t for t in figures.score_by_parameter(history).data if t.name == "best")
    assert list(star.y) == [history.best.score]
    assert f"trial {history.best.trial}:" in star.text[0]
    line = next(t for t in figures.parallel_coordinates(history).data if t.name == "best")
    widths = [t.line.width for t in figures.parallel_coordinates(history).data]
    assert line.line.width == max(widths) > sorted(widths)[-2]
    assert line.y[-2] == pytest.approx(1.0)  # at the upper end of the scores


def test_what_is_far_off_is_beyond_the_edge_and_told():
    scores = [0.9 + 0.001 * (k % 10) for k in range(40)] + [0.1, -5.0]
    history = history_of([{"x": float(k)} for k in range(42)], lambda p, k: scores[k])
    for new in (figures.convergence(history), figures.score_by_parameter(history)):
        low, high = new.layout.yaxis.range
        assert 0.8 < low < 0.9 < 0.909 < high < 0.92
        assert "2 scores are beyond the edge: a double click shows them." in new.layout.meta["note"]
    scores[3] = "no luck"
    with_failure = history_of([{"x": float(k)} for k in range(42)], lambda p, k: scores[k])
    for new in (figures.convergence(with_failure), figures.score_by_parameter(with_failure)):
        (failed,) = [trace for trace in new.data if trace.name == "failed"]
        low, high = new.layout.yaxis.range
        assert low < failed.y[0] < low + 0.1 * (high - low)
        assert "at the lower edge" in new.layout.meta["note"]
    one = history_of([{"x": float(k)} for k in range(41)], lambda p, k: scores[k])
    assert "1 score is beyond the edge" in figures.convergence(one).layout.meta["note"]
    assert figures.convergence(AWKWARD["one trial"]).layout.yaxis.range is None


def test_the_axis_says_which_score_it_is():
    search = RandomSearchCV(
        DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, n_iter=3, cv=2,
        scoring=["accuracy", "neg_log_loss"], refit="neg_log_loss",
    ).fit(*load_iris(return_X_y=True))  # fmt: skip
    for new in (figures.convergence(search), figures.score_by_parameter(search)):
        assert new.layout.yaxis.title.text == "neg_log_loss"
    assert figures.parallel_coordinates(search).layout.xaxis.ticktext[-1] == "neg_log_loss"


def test_categories_have_the_order_in_which_they_were_declared():
    sizes = ["small", "medium", "large", "huge"]
    tuner = Tuner({"size": Categorical(sizes)}, lambda p: sizes.index(p["size"]), random_state=0)
    new = figures.score_by_parameter(tuner.run(n_trials=4))
    assert list(new.layout.xaxis.ticktext) == sizes


def test_scores_after_different_training_are_told():
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params, resource: params["x"],
        scheduler=SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9))),
        random_state=0,
    )
    tuner.run()
    for draw in (figures.score_by_parameter, figures.parallel_coordinates):
        new = draw(tuner)
        assert "Each by its newest score, after " in new.layout.meta["note"]
        assert " 1 to 9." in new.layout.meta["note"]
    assert "newest" not in figures.parallel_coordinates(AWKWARD["many"]).layout.meta["note"]


def test_parallel_coordinates_break_where_a_parameter_is_missing():
    new = figures.parallel_coordinates(AWKWARD["gaps"])
    lines = [np.reshape(trace.y, (-1, 5)) for trace in new.data if trace.name != "best"]
    lines = np.concatenate(lines)
    assert list(new.layout.xaxis.ticktext) == ["kind", "x", "y", "score"]
    assert len(lines) == 12
    assert (np.isnan(lines[:, 1]) != np.isnan(lines[:, 2])).all()  # one of both is missing
    assert not np.isnan(lines[:, [0, 3]]).any()
    assert "broken where" in new.layout.meta["note"]


def test_long_names_beside_an_axis_can_be_told_apart():
    """They are cut in the middle: of names that share a beginning, too."""
    values = [f"preprocessing__scaled__{end}" for end in ("minmax", "robust", "standard")]
    new = figures.parallel_coordinates(history_of([{"kind": value} for value in values] * 2))
    texts = [note.text for note in new.layout.annotations if "…" in note.text]
    assert len(set(texts)) == 3
    assert all(len(text) <= 12 for text in texts)


def test_rungs_and_survival():
    history = history_of(
        [{"x": 0.1 * k} for k in range(4)],
        lambda p, k: "broke" if k == 2 else float(k),
        resources=(1, 3),
    )
    scored, failed = figures.rungs(history).data
    assert list(scored.y) == [3, 3]
    assert list(failed.y) == [1, 1]
    lines = {trace.name: trace for trace in figures.survival(history).data}
    assert list(lines["best"].y) == [3.0, 3.0, None]
    assert len(lines["came to the top"].y) == 2 * 3


def test_timeline():
    history = AWKWARD["some failed"]
    new = figures.timeline(history)
    assert str(utilisation(history)) in new.layout.meta["note"]
    bars = [trace for trace in new.data if trace.type == "bar"]
    assert sum(len(bar.x) for bar in bars) == 18
    assert sum(bar.x.sum() for bar in bars) == pytest.approx(utilisation(history).busy)


def test_long_searches_are_counted_in_hours():
    history = History()
    for trial, (begin, end) in enumerate([(0.0, 7200.0), (0.0, 36_000.0), (7200.0, 9000.0)]):
        score = None if trial == 1 else 0.5
        record(history, trial, None, score, times=[(1e9 + begin, 1e9 + end)])
    new = figures.timeline(history)
    even, odd, failed = new.data
    assert list(even.base) == [0.0, 2.0]
    assert list(even.x) == [2.0, 0.5]
    assert list(odd.x) == list(failed.x) == [10.0]
    assert failed.text[0] == "trial 1, fold 0: failed, 10 h"
    by_time = figures.convergence(history, by="time")
    assert list(by_time.data[0].x) == [2.0, 2.5]
    for each in (new, by_time):
        assert each.layout.xaxis.title.text == "hours since the first start"


def test_of_many_points_some_are_drawn_and_always_the_best():
    history = many(4_000)
    for new in (figures.convergence(history), figures.score_by_parameter(history)):
        n_drawn = len(new.data[0].x)
        assert n_drawn < 2_000
        assert max(new.data[0].y) == 2.0
        assert f"{n_drawn:,} of 4,000" in new.layout.meta["note"]
    lines = figures.parallel_coordinates(history)
    assert sum(len(trace.x) for trace in lines.data) <= 4 * 300
    assert "of 4,000 trials are drawn" in lines.layout.meta["note"]
    busy = figures.timeline(history).data[0]
    assert busy.z.sum() / 150 * busy.x[-1] == pytest.approx(4_000.0 / 60, rel=0.02)  # minutes
    assert busy.z.size < 450


def test_thinned():
    assert list(thinned(3, 5)) == [0, 1, 2]
    assert list(thinned(0, 5)) == []
    chosen = thinned(1_000, 10, always=[5, 999])
    assert {0, 5, 999} <= set(chosen.tolist())
    assert len(chosen) == 11
    assert (np.diff(chosen) > 0).all()


def test_of_many_measurements_it_is_drawn_how_busy_workers_were():
    """Two workers: one always at work, the other for a quarter of each second."""
    history = History()
    for trial in range(600):
        lasts = 1.0 if trial % 2 == 0 else 0.25
        begin = 1e9 + trial // 2
        record(history, trial, None, 0.5, times=[(begin, begin + lasts)])
    new = figures.timeline(history)
    (busy,) = new.data
    assert busy.z.shape == (2, 150)
    assert sorted(np.asarray(busy.z).mean(axis=1)) == pytest.approx([0.25, 1.0], abs=0.01)
    assert "Of 600 measurements" in new.layout.meta["note"]


@pytest.mark.parametrize("n_workers", [64, 70])
def test_of_many_workers_the_first_are_drawn_and_it_is_told(n_workers):
    history = History()
    for trial in range(n_workers):
        record(history, trial, None, 0.5, times=[(1e9, 1e9 + 1.0)])
    new = figures.timeline(history)
    lanes = sorted(lane for bar in new.data for lane in bar.y)
    assert lanes == list(range(1, 65))
    is_told = "The first 64 lanes are drawn." in new.layout.meta["note"]
    assert is_told == (n_workers > 64)


def test_results_of_scikit_learn():
    X, y = load_iris(return_X_y=True)
    space = {"max_depth": [1, 2, 3], "min_samples_leaf": [1, 5, 20]}
    for search in (
        RandomizedSearchCV(DecisionTreeClassifier(), space, n_iter=5, random_state=0),
        HalvingRandomSearchCV(DecisionTreeClassifier(), space, random_state=0, min_resources=30),
    ):
        results = search.fit(X, y).cv_results_
        for each in described(Rows(history_in(results))):
            plain = figure_json(drawn(results, each["name"]))
            assert plain["data"] or each["name"] == "timeline"  # no times are recorded there


def broken(source, *, by):
    raise TypeError(MARKUP)


def test_a_figure_that_raises_is_one_figure_less(monkeypatch):
    """It says so, as text; whose fault it is, and where, is told by a warning."""
    monkeypatch.setattr(figures, "convergence", broken)
    with pytest.warns(SkhpoWarning, match=r"'Convergence' cannot be drawn(.|\n)*in broken"):
        figure = drawn(AWKWARD["one trial"], "convergence")
    (note,) = figure.layout.annotations
    assert "cannot be drawn, by a fault of skhpo: TypeError: &lt;script&gt;" in note.text
