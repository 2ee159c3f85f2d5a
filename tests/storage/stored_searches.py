"""Small searches of every kind, which count what they do; importable by other processes."""

from __future__ import annotations

import os

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.utils import shuffle

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

X, y = (part[:60] for part in shuffle(*load_iris(return_X_y=True), random_state=0))
SPACE = {"alpha": Float(1e-4, 1, log=True), "eta0": Float(0.01, 1, log=True)}


class Counted(SGDClassifier):
    """Writes a line into a file for each pass it ever makes, however its process ends."""

    def __init__(self, log=None, *, alpha=0.0001, eta0=0.1, penalty="l2"):
        super().__init__(
            "log_loss",
            alpha=alpha,
            eta0=eta0,
            penalty=penalty,
            learning_rate="constant",
            random_state=0,
        )
        self.log = log

    def fit(self, X, y):
        return self.partial_fit(X, y, classes=np.unique(y))

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        descriptor = os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(descriptor, f"{self.alpha:.6g} {X.sum():.6f}\n".encode())
        os.close(descriptor)
        return super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)


_EPOCHS = {"resource": "epochs", "max_resources": 4, "factor": 2, "refit_from": "scratch"}

#: Name -> class and settings. Each has more to do after its first decision from scores.
SEARCHES = {
    "random": (RandomSearchCV, {"n_iter": 5}),
    "racing": (RandomSearchCV, {"n_iter": 5, "racing": True, "cv": 4}),
    "bayes": (BayesSearchCV, {"n_iter": 7, "n_initial_points": 4}),
    "tpe": (TPESearchCV, {"n_iter": 7, "n_initial_points": 4}),
    "cma-es": (CMAESSearchCV, {"n_iter": 9}),
    "evolution": (EvolutionSearchCV, {"n_iter": 9, "population_size": 4}),
    "halving": (HalvingSearchCV, {**_EPOCHS, "n_candidates": 4}),
    "asha": (HalvingASHASearchCV, {**_EPOCHS, "n_candidates": 5}),
    "bayes-asha": (HalvingASHASearchCV, {**_EPOCHS, "n_candidates": 5, "sampler": "bayes"}),
    "hyperband": (HyperbandSearchCV, dict(_EPOCHS)),
    "pbt": (
        PBTSearchCV,
        {
            "resource": "epochs",
            "population_size": 4,
            "max_resources": 4,
            "perturbation_interval": 1,
            "quantile_fraction": 0.5,
            "random_state": 1,  # the last one to train is a copy
        },
    ),
}


def search_of(name, storage, log, **settings):
    """Return a search that counts its passes in a file."""
    search, own = SEARCHES[name]
    settings = {"cv": 2, "random_state": 0, "refit": False, **own, **settings}
    return search(Counted(str(log)), SPACE, storage=storage, **settings)


def n_passes(log):
    """How many passes were made in all."""
    with open(log) as file:
        return len(file.readlines())


def found(search):
    """What a search has found, times aside, in a form that can be compared by ``==``."""
    return {
        key: list(map(repr, column))
        for key, column in search.cv_results_.items()
        if not key.endswith("_time")
    }
