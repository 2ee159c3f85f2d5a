"""What a search keeps on disk while it runs, and what of it the refit uses."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from search_parts import Passes
from sklearn.model_selection import ShuffleSplit

from skhpo import Float, HalvingASHASearchCV, HalvingSearchCV, HyperbandSearchCV

ALPHA = {"alpha": Float(1e-5, 1, log=True)}
CLASSES = [HalvingSearchCV, HalvingASHASearchCV, HyperbandSearchCV]


class Looking:
    """A scorer that looks at which states there are when it is asked: {trial: resources}."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = []

    def __call__(self, estimator, X, y):
        seen = {}
        for path in self.folder.glob("skhpo-states-*/*/*.pkl"):
            amount = float(path.stem.partition("-")[2])
            seen.setdefault(int(path.parent.name), set()).add(amount)
        self.seen.append((round((estimator.t_ - 1) / len(X)), seen))
        return estimator.score(X, y)


@pytest.fixture
def looking(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return Looking(tmp_path)


def of(search, looking, **settings):
    """A search over passes of SGD: 1, 3, 9; trained and scored on as many samples each."""
    settings = {"resource": "epochs", "max_resources": 9, "random_state": 0, **settings}
    cv = ShuffleSplit(n_splits=1, test_size=45, random_state=0)
    return search(Passes(), ALPHA, cv=cv, scoring=looking, **settings)


def test_halving_keeps_the_survivors_only(looking, iris):
    search = of(HalvingSearchCV, looking).fit(*iris)
    assert search.n_candidates_ == [9, 3, 1]
    results = search.cv_results_
    most = {
        trial: max(results["n_resources"][results["trial"] == trial]) for trial in results["trial"]
    }
    assert {resource for resource, _ in looking.seen} == {1, 3, 9}
    for resource, seen in looking.seen:
        assert all(most[trial] >= resource for trial in seen)
        assert all(len(amounts) <= 2 for amounts in seen.values())


@pytest.mark.parametrize("search", CLASSES)
@pytest.mark.parametrize("refit_from", ["scratch", "checkpoint"])
def test_the_state_of_the_winner_is_there_for_the_refit(
    refit_from, search, looking, iris, tmp_path
):
    """From its checkpoint nothing is trained again; from scratch, all of it once."""
    log = tmp_path / "passes"
    tuned = of(search, looking, refit_from=refit_from).set_params(estimator__log=str(log))
    tuned.fit(*iris)
    spent = sum(measurement.spent for measurement in tuned.history_.measurements)
    n_passes = len(Path(log).read_text().splitlines())
    assert n_passes == spent + (9 if refit_from == "scratch" else 0)
