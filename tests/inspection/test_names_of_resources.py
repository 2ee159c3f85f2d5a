"""What training was divided into is called by its name, of a search and of one on disk."""

from __future__ import annotations

import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import HalvingRandomSearchCV, ShuffleSplit
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, HalvingSearchCV, RandomSearchCV, Tuner
from skhpo.cli import main
from skhpo.inspection import summary
from skhpo.inspection.words import resource_name, trained, training
from skhpo.resources import Epochs, Levels
from skhpo.schedulers import AsynchronousHalving
from skhpo.storage.view import read_search

X, y = load_iris(return_X_y=True)


def halved(estimator, space, storage, **settings):
    return HalvingSearchCV(
        estimator, space, cv=2, n_candidates=3, random_state=0, storage=storage, **settings
    ).fit(X, y)


def of_epochs(resource, storage, **settings):
    space = {"alpha": Float(1e-6, 1, log=True)}
    settings = {"max_resources": 3, **settings}
    return halved(SGDClassifier(random_state=0), space, storage, resource=resource, **settings)


class Passes(Epochs):
    """A resource of somebody's own."""

    name = "passes"


SEARCHES = {
    "epochs": lambda storage: of_epochs("epochs", storage),
    "passes": lambda storage: of_epochs(Passes(), storage),
    "level": lambda storage: of_epochs(
        Levels([{"epochs": 1}, {"epochs": 3}]), storage, max_resources=2
    ),
    "n_samples": lambda storage: halved(
        DecisionTreeClassifier(), {"max_depth": [1, 2, 3]}, storage, max_resources=100
    ),
    "n_estimators": lambda storage: halved(
        RandomForestClassifier(random_state=0),
        {"max_depth": [1, 2, 3]},
        storage,
        resource="auto",
        max_resources=3,
    ),
    "folds": lambda storage: RandomSearchCV(
        DecisionTreeClassifier(),
        {"max_depth": [1, 2, 3]},
        n_iter=3,
        racing=True,
        cv=3,
        random_state=0,
        storage=storage,
    ).fit(X, y),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_of_a_search_and_of_the_same_on_disk(name, tmp_path):
    search = SEARCHES[name](tmp_path)
    stored = read_search(tmp_path)
    assert search.resource_ == resource_name(search) == resource_name(stored) == name
    assert training(stored, 3.0) == f"{name} 3"
    assert trained(stored, 7, 3.0) == f"trial 7, {name} 3"
    assert trained(stored, 7, None) == "trial 7"


def test_undivided(tmp_path):
    search = RandomSearchCV(
        DecisionTreeClassifier(),
        {"max_depth": [1, 2]},
        n_iter=2,
        cv=ShuffleSplit(1, random_state=0),
        storage=tmp_path,
    ).fit(X, y)
    assert not hasattr(search, "resource_")
    assert resource_name(search) == resource_name(read_search(tmp_path)) == "resource"


def test_who_does_not_know(tmp_path):
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params, resource: params["x"],
        scheduler=AsynchronousHalving(3, (1, 3)),
        storage=tmp_path,
        random_state=0,
    ).run()
    for source in (tuner, tuner.history, read_search(tmp_path), None):
        assert resource_name(source) == "resource"
    assert resource_name({"n_resources": [1]}) == "n_resources"


def test_of_scikit_learn():
    search = HalvingRandomSearchCV(
        RandomForestClassifier(),
        {"max_depth": [1, 2, 3]},
        resource="n_estimators",
        max_resources=3,
        cv=2,
    )
    assert resource_name(search) == "n_estimators"


@pytest.mark.parametrize("forged", [None, 3, ["epochs"], "", "a\x1b[2J", "x" * 1000])
def test_a_name_that_somebody_made_up(forged, tmp_path):
    of_epochs("epochs", tmp_path)
    stored = read_search(tmp_path)
    next(line for line in stored.contents.lines if line["kind"] == "session")["resource"] = forged
    assert resource_name(stored) == "resource"


def test_where_it_is_printed_and_drawn(tmp_path, capsys):
    of_epochs("epochs", tmp_path / "search")
    stored = read_search(tmp_path / "search")
    assert main(["status", str(tmp_path / "search")]) == 0
    assert ", epochs 3\n" in capsys.readouterr().out
    assert ", epochs 3\n" in summary(stored)

    pytest.importorskip("plotly", reason="the extra dashboard is not installed")
    from skhpo.dashboard import figures, report
    from skhpo.dashboard.facts import facts
    from skhpo.dashboard.rows import Rows

    assert facts(stored, Rows(stored.history))["best"]["trial"].endswith(", epochs 3")
    for figure in (figures.rungs(stored), figures.survival(stored)):
        assert figure.layout.xaxis.title.text == "epochs"
    drawn = figures.convergence(stored)
    assert "(epochs)" in drawn.layout.meta["note"]
    assert {text.split(", ")[1] for text in drawn.data[0].text} == {"epochs 1", "epochs 3"}
    report(stored, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert '{"key": "resource", "label": "epochs"}' in text

    pytest.importorskip("matplotlib", reason="the extra plot is not installed")
    from skhpo import plotting

    assert plotting.rungs(stored).get_xlabel() == "epochs"
