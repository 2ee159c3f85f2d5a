"""The same seed and lag, the same results: whatever the workers are, and however many."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager

import joblib
import numpy as np
import pytest
from search_parts import Pupil, untimed

import skhpo
from skhpo import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    Float,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    PBTSearchCV,
    RandomSearchCV,
    TPESearchCV,
)
from skhpo.exceptions import StorageMismatchError
from skhpo.execution import end_idle_workers
from skhpo.history import History
from skhpo.testing import outcomes


class Unsteady(Pupil):
    """Scores its value, and takes a time that nobody can foresee."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        time.sleep(random.SystemRandom().random() / 500)
        return super().partial_fit(X, y, classes, sample_weight)

    def score(self, X, y, sample_weight=None):
        return float(self.value + np.mean(X) / 10 + len(self.weights_) / 100)


SPACE = {"value": Float(0, 1)}
EPOCHS = {"resource": "epochs", "max_resources": 9}

SEARCHES = {
    "random": lambda **s: RandomSearchCV(Unsteady(), SPACE, n_iter=12, **s),
    "racing": lambda **s: RandomSearchCV(Unsteady(), SPACE, n_iter=12, racing=True, **s),
    "bayes": lambda **s: BayesSearchCV(Unsteady(), SPACE, n_iter=12, n_initial_points=4, **s),
    "tpe": lambda **s: TPESearchCV(Unsteady(), SPACE, n_iter=14, n_initial_points=4, **s),
    "cma-es": lambda **s: CMAESSearchCV(Unsteady(), SPACE, n_iter=14, **s),
    "evolution": lambda **s: EvolutionSearchCV(
        Unsteady(), SPACE, n_iter=14, population_size=4, **s
    ),
    "halving": lambda **s: HalvingSearchCV(Unsteady(), SPACE, n_candidates=9, **EPOCHS, **s),
    "asha": lambda **s: HalvingASHASearchCV(Unsteady(), SPACE, n_candidates=18, **EPOCHS, **s),
    "hyperband": lambda **s: HyperbandSearchCV(Unsteady(), SPACE, **EPOCHS, **s),
    "pbt": lambda **s: PBTSearchCV(
        Unsteady(), SPACE, population_size=5, perturbation_interval=2, **EPOCHS, **s
    ),
}


def results(kind, data, n_jobs, backend="threading", lag=6):
    search = SEARCHES[kind](cv=3, random_state=0, deterministic=lag)
    with joblib.parallel_config(backend, n_jobs=n_jobs):
        search.fit(*data)
    return untimed(search.cv_results_), outcomes(search.history_)


@pytest.mark.parametrize("kind", SEARCHES)
def test_for_every_number_of_threads(kind, iris):
    one, history = results(kind, iris, 1)
    for n_jobs in (2, 5):  # more than there are folds: several trials at a time
        again, same = results(kind, iris, n_jobs)
        assert again == one
        assert same == history, "what was known at each decision, too"


def test_these_are_all_searches():
    classes = {name for name in skhpo.__all__ if name.endswith("SearchCV")}
    assert classes == {type(make()).__name__ for make in SEARCHES.values()}


@pytest.mark.parametrize("kind", ["bayes", "asha", "pbt"])
def test_in_processes_too(kind, iris):
    assert results(kind, iris, 2, backend="loky")[0] == results(kind, iris, 1)[0]


@pytest.fixture(autouse=True, scope="module")
def _no_idle_workers():
    yield
    end_idle_workers()


@pytest.mark.parametrize("kind", ["asha", "pbt"])
def test_the_number_matters(kind, iris):
    assert results(kind, iris, 1, lag=1) != results(kind, iris, 1, lag=9)


@pytest.mark.parametrize("kind", ["bayes", "asha", "pbt"])
def test_going_on_from_any_record_makes_no_difference(kind, iris, tmp_path):
    """What was under way is done again in the order in which it was handed out."""
    whole = SEARCHES[kind](cv=3, random_state=0, deterministic=6, storage=tmp_path / "whole")
    with joblib.parallel_config("threading", n_jobs=2):
        expected = untimed(whole.fit(*iris).cv_results_)
    n_records = len(whole.history_)
    for share in (0.2, 0.5, 0.9):
        folder = tmp_path / f"{share}"
        cut = SEARCHES[kind](cv=3, random_state=0, deterministic=6, storage=folder)
        with pytest.raises(KeyboardInterrupt), interrupted_after(int(share * n_records)):
            cut.fit(*iris)
        with joblib.parallel_config("threading", n_jobs=2):
            assert untimed(cut.fit(*iris).cv_results_) == expected


@pytest.mark.parametrize("other", [None, 5])
def test_another_number_is_another_search(other, iris, tmp_path):
    search = SEARCHES["random"](cv=3, random_state=0, deterministic=6, storage=tmp_path)
    search.fit(*iris)
    with pytest.raises(StorageMismatchError, match="deterministic"):
        search.set_params(deterministic=other).fit(*iris)


@contextmanager
def interrupted_after(n_records):
    """Ctrl-C when so many records were written."""
    original = History.append

    def append(history, record):
        if history.written is not None and len(history) >= n_records:
            raise KeyboardInterrupt
        return original(history, record)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(History, "append", append)
        yield
