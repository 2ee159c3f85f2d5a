"""What is on the picture of a population, and what it says when there is nothing to draw."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier

from skhpo import Float, HalvingSearchCV, Tuner
from skhpo.exceptions import MissingExtraError
from skhpo.history import History
from skhpo.plotting import population
from skhpo.schedulers import PopulationTraining
from skhpo.trial import Assignment, Measurement, Trial


def measure(history, trial, resource, *scores):
    """One score for each fold; None is a failure."""
    folds = tuple(range(len(scores)))
    history.append(Assignment(trial, resource, folds))
    for fold, score in enumerate(scores):
        status = "failed" if score is None else "completed"
        values = {} if score is None else {"score": score, "loss": -10 * score}
        history.append(Measurement(trial, fold, resource, status, values))


def grown(lrs=(0.01, 1e-4, 0.3, 0.02, 0.5), **options):
    """Three founders; 3 is a copy of 0 at 5 and wins; 4 is a copy of 3 at 10 and fails."""
    history = History(**options)
    for number, score in enumerate((0.5, 0.1, 0.4)):
        history.append(Trial(number, {"lr": lrs[number], "solver": "sgd"}))
        measure(history, number, 5, score)
    history.append(Trial(3, {"lr": lrs[3], "solver": "adam"}, 0, 5, replaces=1))
    for number, score in ((0, 0.6), (3, 0.7), (2, 0.45)):
        measure(history, number, 10, score)
    history.append(Trial(4, {"lr": lrs[4]}, 3, 10, replaces=2))
    for number, score in ((0, 0.65), (3, 0.8), (4, None)):
        measure(history, number, 15, score)
    return history


def paths(collection):
    return [path.vertices.tolist() for path in collection.get_paths()]


def legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_lines_and_branches():
    ax = population(grown())
    branches, lines, dots = ax.collections
    assert paths(lines) == [
        [[5, 0.5], [10, 0.6], [15, 0.65]],
        [[5, 0.1]],
        [[5, 0.4], [10, 0.45]],
        [[10, 0.7], [15, 0.8]],
    ]
    assert paths(branches) == [[[5, 0.5], [10, 0.7]]]
    assert branches.get_linewidths()[0] < lines.get_linewidths()[0]
    assert sorted(dots.get_offsets().tolist()) == sorted(
        point for path in paths(lines) for point in path
    )
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("resource", "score")
    assert legend(ax) == ["winner's lineage", "copy", "failed"]
    assert len(ax.figure.axes) == 1  # without a parameter there is no colour bar


def test_the_winners_lineage():
    """On top of all: 0 until it was copied, then 3. What 0 did afterwards is not its lineage."""
    ax = population(grown(), parameter="lr")
    *casing, founder, copy, end, _ = ax.lines
    assert founder.get_xydata().tolist() == [[5, 0.5]]
    assert copy.get_xydata().tolist() == [[5, 0.5], [10, 0.7], [15, 0.8]]
    assert end.get_xydata().tolist() == [[15, 0.8]]
    for line in casing:
        assert line.get_xydata().tolist() == [[5, 0.5], [5, 0.5], [10, 0.7], [15, 0.8]]
        assert line.get_linewidth() > copy.get_linewidth()
    branches, lines, _ = ax.collections
    assert copy.get_linewidth() > max(lines.get_linewidths())
    assert min(line.get_zorder() for line in (*casing, founder, copy)) > lines.get_zorder()
    np.testing.assert_allclose(copy.get_color(), lines.get_colors()[3])
    np.testing.assert_allclose(branches.get_colors()[0], lines.get_colors()[3])


def test_the_winner_may_have_gone_on():
    """Its lineage ends where it was best."""
    history = History(early_may_win=True)
    history.append(Trial(0, {}))
    for resource, score in ((1, 0.5), (2, 0.9), (3, 0.7)):
        measure(history, 0, resource, score)
    assert population(history).lines[0].get_xydata().tolist() == [[1, 0.5], [2, 0.9]]


def test_failures_end_with_a_cross():
    """On the level where they were seen last, at the resource they were to come to."""
    cross = population(grown()).lines[-1]
    assert cross.get_marker() == "x"
    assert cross.get_xydata().tolist() == [[10, 0.7], [15, 0.7]]


def test_a_trial_that_never_had_a_score_is_at_the_lower_edge():
    history = History()
    history.append(Trial(0, {}))
    measure(history, 0, 1, 0.5, 0.7)
    history.append(Trial(1, {}))
    measure(history, 1, 2, 0.9, None)  # one fold failed: no score
    ax = population(history)
    cross = ax.lines[-1]
    assert legend(ax) == ["winner", "failed"]
    assert ax.collections[-1].get_offsets().tolist() == [[1, 0.6]]
    assert cross.get_xdata() == [2]
    assert cross.get_transform() == ax.get_xaxis_transform()
    low, high = ax.get_xlim()
    assert low < 1 < 2 < high
    low, high = ax.get_ylim()
    assert low < 0.6 < high < 0.7


def test_scores_that_are_not_finite_are_failures():
    history = History()
    history.append(Trial(0, {}))
    for resource, score in ((1, 0.5), (2, -math.inf)):
        measure(history, 0, resource, score)
    ax = population(history)
    assert ax.lines[-1].get_xydata().tolist() == [[1, 0.5], [2, 0.5]]


def test_nothing_but_failures():
    history = History()
    history.append(Trial(0, {"lr": 0.1}))
    measure(history, 0, 1, None)
    ax = population(history, parameter="lr")
    assert [text.get_text() for text in ax.texts] == ["no trial has a score"]
    assert legend(ax) == ["failed"]
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (["diverged"], "diverged"),
        (["diverged", "failed"], "diverged, failed"),
        (["timeout", "diverged", "diverged"], "diverged, timeout"),
    ],
)
def test_the_legend_says_how_trials_ended(ends, said):
    history = History()
    for number, status in enumerate(ends):
        history.append(Trial(number, {}))
        measure(history, number, 1, 0.5)
        history.append(Assignment(number, 2, (0,)))
        history.append(Measurement(number, 0, 2, status, {}))
    assert legend(population(history)) == ["winner", said]


def test_running_trials():
    history = grown()
    history.append(Trial(5, {"lr": 0.1}, 3, 15, 4))
    history.append(Assignment(5, 20, (0,)))
    ax = population(history, parameter="lr")
    assert len(paths(ax.collections[1])) == 4
    assert len(ax.lines) == len(population(grown(), parameter="lr").lines)


# --------------------------------------------------------------------------- words and colours


def test_numbers_have_a_colour_bar():
    ax = population(grown(), parameter="lr")
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert bar.get_ylabel() == "lr"
    assert bar.get_yscale() == "log"
    assert bar.get_ylim() == pytest.approx((1e-4, 0.5))
    colours = ax.collections[1].get_colors()
    assert len({tuple(colour) for colour in colours}) == 4


def test_categories_are_named():
    """The trial without a solver is black."""
    ax = population(grown(), parameter="solver")
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert [text.get_text() for text in bar.get_yticklabels()] == ["adam", "sgd"]
    colours = ax.collections[1].get_colors()
    assert (colours[0] == colours[1]).all()
    assert (colours[0] == colours[2]).all()
    assert (colours[0] != colours[3]).any()


def test_the_metric_that_is_optimised():
    for metric, label, scores in (
        (None, "loss", [-5, -6, -6.5]),
        ("loss", "loss", [-5, -6, -6.5]),
        ("score", "score", [0.5, 0.6, 0.65]),
    ):
        ax = population(grown(metric="loss"), metric=metric)
        assert ax.get_ylabel() == label
        np.testing.assert_allclose(np.transpose(paths(ax.collections[1])[0])[1], scores)
    assert population(grown(metric=None)).get_ylabel() == "score"  # the first that was reported


def test_names_that_a_search_knows():
    """Training that is divided, without any copy."""
    search = HalvingSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1, log=True)},
        resource="epochs",
        max_resources=9,
        scoring="accuracy",
        cv=3,
        random_state=0,
    ).fit(*load_iris(return_X_y=True))
    for metric in (None, "accuracy"):
        ax = population(search, parameter="alpha", metric=metric)
        assert (ax.get_xlabel(), ax.get_ylabel()) == ("epochs", "accuracy")
        assert legend(ax) == ["winner"]
        points = ax.lines[0].get_xydata()
        assert points[:, 0].tolist() == [1, 3, 9]
        assert points[-1, 1] == search.best_score_
    with pytest.raises(ValueError, match=r"metric='acuracy'.*Did you mean 'accuracy'"):
        population(search, metric="acuracy")


def test_ticks_are_whole_where_the_resource_is():
    history = History()
    history.append(Trial(0, {}))
    for resource in (1, 2, 3):
        measure(history, 0, resource, 0.1 * resource)
    ticks = population(history).get_xticks()
    assert all(float(tick).is_integer() for tick in ticks)
    measure(history, 0, 3.5, 0.4)
    assert not all(float(tick).is_integer() for tick in population(history).get_xticks())


# --------------------------------------------------------------------------- real populations


@pytest.mark.parametrize("size", [4, 50])
def test_a_population_that_trained(size):
    """The lineage of the winner goes from the first interval to the last."""
    tuner = Tuner(
        {"x": Float(1e-3, 1, log=True)},
        lambda params, resource: params["x"] * resource,
        scheduler=PopulationTraining(size, [1, 2, 3, 4, 5]),
        random_state=0,
    ).run()
    ax = population(tuner, parameter="x")
    ax.figure.canvas.draw()
    lineage = ax.lines[0].get_xydata()
    assert sorted(set(lineage[:, 0])) == [1, 2, 3, 4, 5]
    assert lineage[-1].tolist() == [5, tuner.best_score]
    assert "copy" in legend(ax)


def test_nothing_is_cut_off_and_the_legend_is_in_the_picture():
    ax = population(grown(), parameter="solver")
    figure = ax.figure
    figure.canvas.draw()
    whole = figure.bbox
    for part in figure.axes:
        inner = part.get_tightbbox()
        assert whole.x0 <= inner.x0 < inner.x1 <= whole.x1
        assert whole.y0 <= inner.y0 < inner.y1 <= whole.y1


# --------------------------------------------------------------------------- where to draw


def test_on_axes_that_are_given(clean_pyplot):
    figure, (left, right) = clean_pyplot.subplots(1, 2)
    assert population(grown(), ax=right) is right
    assert not left.collections
    assert clean_pyplot.get_fignums() == [figure.number]


def test_a_new_figure_is_pyplots_own(clean_pyplot):
    ax = population(grown())
    assert clean_pyplot.gcf() is ax.figure


def test_several_axes_at_once(clean_pyplot):
    with pytest.raises(TypeError, match=r"ax must be one matplotlib Axes.*ndarray.*ax=axes\[0\]"):
        population(grown(), ax=clean_pyplot.subplots(1, 2)[1])


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r'pip install "skhpo\[plot\]"'):
        population(grown())


# --------------------------------------------------------------------------- mistakes


def undivided():
    return Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0).run(n_trials=2)


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        (None, {}, TypeError, "a search has a history after fit"),
        (undivided(), {}, ValueError, "training was not divided"),
        (grown(), {"parameter": "solvr"}, ValueError, "parameter='solvr'.*mean 'solver'"),
        (grown(), {"parameter": "C"}, ValueError, r"There are: \['lr', 'solver'\]"),
        (grown(), {"metric": "los"}, ValueError, "metric='los'.*Did you mean 'loss'"),
    ],
)
def test_mistakes(source, options, error, message, clean_pyplot):
    with pytest.raises(error, match=message):
        population(source, **options)
    assert clean_pyplot.get_fignums() == []
