"""What holds for every picture: of any search, whatever came of it, with no warning from below."""

from __future__ import annotations

import inspect
import re
import sys

import numpy as np
import pytest
from odd_histories import ODD, rungs_of
from scipy.stats import loguniform, randint
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from small_histories import undivided

from skhpo import BayesSearchCV, Float, HyperbandSearchCV, Int, RandomSearchCV, Tuner, plotting
from skhpo.exceptions import MissingExtraError
from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.inspection.tables import history_of
from skhpo.schedulers import AsynchronousHalving
from skhpo.storage.view import read_search
from skhpo.trial import Assignment, Trial

PICTURES = [name for name in plotting.__all__ if hasattr(getattr(plotting, name), "from_search")]

#: Pictures of several searches at once, or of scores by data set.
OF_SEVERAL = {"comparison", "critical_difference"}

#: They need a resource.
OF_RESOURCES = {"learning_curves", "population", "rungs"}

#: They ask a surrogate, which needs some trials and two parameters.
OF_SURROGATES = {"contour", "importance", "interactions"}

IRIS = load_iris(return_X_y=True)


def options_for(name, source):
    """What the picture has to be told of this source."""
    history = history_of(source)
    parameters = names(trial.params for trial in history.trials)
    if name == "score_by_parameter":
        return {"parameter": parameters[0]}
    if name == "pareto_front":
        metrics = names(m.scores for m in history.measurements) or ["score"]
        label = getattr(source, "scoring", None)
        return {"metrics": [label if isinstance(label, str) else metrics[0], "fit_time"]}
    if name == "contour":
        return dict(zip("xy", [*parameters, *parameters][:2], strict=True))
    return {}


def draw(name, source, **options):
    """Draw as a user does who looks at the picture."""
    ax = getattr(plotting, name)(source, **options)
    ax.figure.draw_without_rendering()
    return ax


def said(ax):
    return [text.get_text() for text in ax.texts]


# --------------------------------------------------------------------------- searches of all kinds


def bayes():
    space = {"C": Float(1e-2, 1e2, log=True), "kernel": ["rbf", "linear"]}
    return BayesSearchCV(SVC(), space, n_iter=12, cv=3, scoring="accuracy", random_state=0).fit(
        *IRIS
    )


def hyperband():
    space = {"alpha": Float(1e-6, 1, log=True), "penalty": ["l1", "l2"]}
    return HyperbandSearchCV(
        SGDClassifier(random_state=0),
        space,
        resource="epochs",
        max_resources=9,
        cv=2,
        random_state=0,
    ).fit(*IRIS)


def conditional():
    tree = DecisionTreeClassifier(random_state=0)
    space = [
        {"model": [SVC(), SVC(kernel="linear")], "model__C": Float(1e-2, 1e2, log=True)},
        {"model": [tree], "model__max_depth": Int(1, 9)},
    ]
    return RandomSearchCV(Pipeline([("model", SVC())]), space, n_iter=15, cv=2, random_state=0).fit(
        *IRIS
    )


def minimised():
    space = {"x": Float(-1, 1), "y": Float(-1, 1)}
    return Tuner(
        space,
        lambda params, resource: (params["x"] ** 2 + params["y"] ** 2) / resource,
        scheduler=AsynchronousHalving(20, (1, 2, 4), factor=2),
        direction="minimize",
        random_state=0,
    ).run()


def of_scikit_learn():
    space = {"C": loguniform(1e-2, 1e2), "kernel": ["rbf", "linear"]}
    return RandomizedSearchCV(SVC(), space, n_iter=8, cv=2, random_state=0).fit(*IRIS)


def halving_of_scikit_learn():
    return HalvingRandomSearchCV(
        RandomForestClassifier(random_state=0),
        {"max_depth": randint(1, 4), "max_features": ["sqrt", None]},
        resource="n_estimators",
        min_resources=1,
        max_resources=8,
        n_candidates=8,
        factor=2,
        cv=2,
        random_state=0,
    ).fit(*IRIS)


SEARCHES = [bayes, hyperband, conditional, minimised, of_scikit_learn, halving_of_scikit_learn]


@pytest.fixture(scope="module", params=SEARCHES, ids=lambda search: search.__name__)
def search(request):
    return request.param()


@pytest.fixture(scope="module")
def told(search):
    """The search itself, or results where it has no history."""
    return (
        search if hasattr(search, "history_") or hasattr(search, "history") else search.cv_results_
    )


def is_divided(source):
    return any(m.resource is not None for m in history_of(source).measurements)


@pytest.mark.parametrize("name", PICTURES)
def test_of_every_search(name, search, told, clean_pyplot):
    """Drawn on a new figure, in the picture, with words on the axes."""
    options = options_for(name, told)
    if name in OF_RESOURCES and not is_divided(told):
        with pytest.raises(ValueError, match="training was not divided"):
            draw(name, told, **options)
        assert not clean_pyplot.get_fignums()
        return
    ax = draw(name, told, **options)
    assert isinstance(ax, clean_pyplot.Axes)
    assert ax.figure is clean_pyplot.gcf()
    has_words = ax.get_xlabel() or [t for t in ax.get_xticklabels() if t.get_text()] or said(ax)
    assert has_words
    whole = ax.figure.bbox
    for part in ax.figure.axes:
        inner = part.get_tightbbox()
        assert whole.x0 - 1 <= inner.x0 < inner.x1 <= whole.x1 + 1
        assert whole.y0 - 1 <= inner.y0 < inner.y1 <= whole.y1 + 1


@pytest.mark.parametrize("search", [minimised, halving_of_scikit_learn], indirect=True)
@pytest.mark.parametrize("name", PICTURES)
def test_the_two_other_names(name, search, told, clean_pyplot):
    """In the manner of scikit-learn's displays."""
    picture = getattr(plotting, name)
    options = options_for(name, told)
    if name in OF_RESOURCES and not is_divided(told):
        return
    assert isinstance(picture.from_search(search, **options), clean_pyplot.Axes)
    results = getattr(search, "cv_results_", None)
    if results is None:
        with pytest.raises(TypeError, match=rf"{name}\.from_results takes the cv_results_"):
            picture.from_results(search, **options)
        return
    options = options_for(name, results)
    assert isinstance(picture.from_results(results, **options), clean_pyplot.Axes)
    with pytest.raises(TypeError, match=rf"draw {name}\.from_results\(search\.cv_results_\)"):
        picture.from_search(results, **options)


@pytest.mark.parametrize("name", PICTURES)
def test_of_a_search_on_disk(name, tmp_path):
    tuner = Tuner(
        {"x": Float(0, 1), "kind": ["a", "b"]},
        lambda params, resource: params["x"] * resource,
        scheduler=AsynchronousHalving(20, (1, 3)),
        storage=tmp_path,
        random_state=0,
    ).run()
    stored = read_search(tmp_path)
    assert draw(name, stored, **options_for(name, stored)).has_data()
    assert len(tuner.history.trials) == 20


def test_every_picture_has_them():
    assert set(plotting.__all__) - set(PICTURES) <= OF_SEVERAL


# --------------------------------------------------------------------------- whatever came of it


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("odd", ODD)
def test_odd_searches(name, odd):
    """Drawn, or refused with words of ours."""
    history = ODD[odd]
    parameters = set(names(trial.params for trial in history.trials))
    n_needed = {"score_by_parameter": 1, "contour": 2}.get(name, 0)
    if len(parameters) < n_needed:
        given = {"contour": {"x": "x", "y": "y"}}.get(name, {})
        with pytest.raises(ValueError, match=r"There are: \["):
            draw(name, history, **given)
        return
    ax = draw(name, history, **options_for(name, history))
    assert ax.has_data() or said(ax)


@pytest.mark.parametrize("name", PICTURES)
def test_all_failed(name):
    """The picture says so."""
    history = rungs_of((None,), (None,), params=[{"x": 1, "y": 0.5}, {"x": 2, "y": 0.7}])
    found = "; ".join(said(draw(name, history, **options_for(name, history))))
    assert re.search("nothing can be said|no trial has a score|no times", found)


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_was_measured(name, clean_pyplot):
    """The picture says so, on the axes that were given or on new ones, by each of its names."""
    begun = History()
    begun.append(Trial(0, {"x": 1, "y": 2}))
    begun.append(Assignment(0, 1.0, (0,)))
    options = {"x": "x", "y": "y"} if name == "contour" else {}
    for history in (History(), begun):
        assert said(draw(name, history, **options)) == ["nothing was measured yet"]
    picture, given = getattr(plotting, name), clean_pyplot.subplots()[1]
    assert picture.from_search(begun, ax=given, **options) is given
    assert said(given) == ["nothing was measured yet"]
    with pytest.raises(TypeError, match="ax must be one matplotlib Axes"):
        picture(begun, ax=3, **options)


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("source", [None, 3, "search", [], {}, {"a": 1}, SVC(), np.arange(3)])
def test_what_is_no_search(name, source, clean_pyplot):
    named = {"x": "x", "y": "y"} if name == "contour" else {}
    told = "read_search" if isinstance(source, str) else "a search has a history after fit"
    with pytest.raises(TypeError, match=told):
        getattr(plotting, name)(source, **named)
    assert not clean_pyplot.get_fignums()


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("setting", ["metric", "parameter", "parameters", "metrics"])
def test_names_that_are_not_there(name, setting):
    picture = getattr(plotting, name)
    if setting not in inspect.signature(picture).parameters:
        return
    source = rungs_of(*[(0.1 * k, 0.2 * k) for k in range(8)])
    options = options_for(name, source) if name == "contour" else {}
    wrong = {"metric": "scor", "metrics": ["scor", "fit_time"]}.get(setting, "xx")
    wrong = ["xx"] if setting == "parameters" else wrong
    with pytest.raises(ValueError, match=r"is not in this search\. Did you mean"):
        picture(source, **{**options, setting: wrong})


@pytest.mark.parametrize("name", PICTURES)
def test_on_axes_that_are_given(name, clean_pyplot):
    source = rungs_of(
        *[(0.1 * k, 0.2 * k) for k in range(8)], params=[{"x": k, "y": k % 3} for k in range(8)]
    )
    options = options_for(name, source)
    figure, (left, right) = clean_pyplot.subplots(1, 2, figsize=(12, 5))
    assert getattr(plotting, name)(source, ax=right, **options) is right
    assert not left.has_data()
    assert clean_pyplot.get_fignums() == [figure.number]
    with pytest.raises(TypeError, match=r"ax must be one matplotlib Axes.*ax=axes\[0\]"):
        getattr(plotting, name)(source, ax=figure.axes, **options)


@pytest.mark.parametrize("name", PICTURES)
def test_without_matplotlib(name, monkeypatch):
    source = rungs_of(
        *[(0.1 * k, 0.2 * k) for k in range(8)], params=[{"x": k, "y": k % 3} for k in range(8)]
    )
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r'pip install "skhpo\[plot\]"'):
        getattr(plotting, name)(source, **options_for(name, source))


@pytest.mark.parametrize("name", [name for name in PICTURES if name not in OF_RESOURCES])
def test_without_a_resource(name):
    source = undivided(*(0.1 * k for k in range(9)))
    options = options_for(name, source)
    if name in {"contour", "interactions"}:
        return
    assert draw(name, source, **options).figure.axes
