"""Every sampler behind ``Tuner``, where other people do the work and tell when they like."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import scale
from sklearn.svm import SVC

from skhpo import Float, Int, Tuner
from skhpo.samplers import (
    BayesianSampler,
    CMAESSampler,
    EvolutionSampler,
    GridSampler,
    InitialParams,
    QuasiRandomSampler,
    RandomSampler,
    TPESampler,
)
from skhpo.testing import outcomes

KNN = {"n_neighbors": Int(1, 20), "weights": ["uniform", "distance"], "metric": ["l1", "l2"]}
MIXED = [
    {"kernel": ["rbf", "sigmoid"], "C": Float(1e-2, 1e3, log=True), "class_weight": [None]},
    {"kernel": ["poly"], "C": Float(1e-2, 1e3, log=True), "degree": Int(2, 4)},
    KNN,
]
FINITE = [{"kernel": ["rbf", "poly"], "C": [0.01, 1.0, 100.0]}, KNN]

SAMPLERS = {
    "random": RandomSampler(),
    "grid": GridSampler(),
    "quasi-random": QuasiRandomSampler(),
    "initial": InitialParams([{"kernel": "poly", "C": 1.0, "degree": 3}], then=RandomSampler()),
    "gp": BayesianSampler(n_initial_points=6),
    "forest": BayesianSampler("forest", n_initial_points=6),
    "tpe": TPESampler(n_initial_points=6),
    "cma-es": CMAESSampler(population_size=5),
    "evolution": EvolutionSampler(population_size=5),
    "regularised evolution": EvolutionSampler(population_size=5, survival="youngest", n_elite=0),
}
N_TRIALS = 16
N_OPEN = 3


@pytest.fixture(scope="module")
def error():
    """The error of a classifier of either kind, fitted to one half of wine, on the other half."""
    X, y = load_wine(return_X_y=True)
    X = scale(X)

    def error(params):
        model = SVC if "kernel" in params else KNeighborsClassifier
        return 1.0 - model(**params).fit(X[::2], y[::2]).score(X[1::2], y[1::2])

    return error


def asked_and_told(sampler, error):
    """Ask for one trial after the other, and tell what came of them in an order of chance."""
    space = FINITE if isinstance(sampler, GridSampler) else MIXED
    tuner = Tuner(space, sampler=sampler, direction="minimize", random_state=0)
    rng, open_tasks = np.random.default_rng(0), []
    while len(tuner.history.trials) < N_TRIALS:
        open_tasks.append(tuner.ask())
        if len(open_tasks) == N_OPEN:
            task = open_tasks.pop(int(rng.integers(N_OPEN)))
            if task.trial % 5 == 2:
                tuner.tell(task, status="failed", error="out of memory")
            else:
                tuner.tell(task, error(task.params))
    return tuner


@pytest.fixture(scope="module", params=SAMPLERS.values(), ids=SAMPLERS)
def tuner(request, error):
    return asked_and_told(request.param, error)


def test_suggestions_for_a_conditional_space_while_others_run_and_fail(tuner, error):
    trials = tuner.history.trials
    for trial in trials:
        tuner.space.check(trial.params)
    assert len({tuner.space.key(trial.params) for trial in trials}) == N_TRIALS
    told = [evaluation.trial for evaluation in tuner.history.evaluations]
    assert told != sorted(told), "out of order"
    assert {trial.number for trial in tuner.history.pending} == {*range(N_TRIALS)} - {*told}
    failed = {e.trial for e in tuner.history.evaluations if e.status == "failed"}
    assert failed == {number for number in told if number % 5 == 2}
    assert tuner.best_score == min(error(trials[number].params) for number in {*told} - failed)


def test_the_same_asks_and_tells_give_the_same_suggestions(tuner, error):
    again = asked_and_told(pickle.loads(pickle.dumps(tuner.sampler)), error)
    assert outcomes(again.history) == outcomes(tuner.history)


def test_what_is_told_counts_if_the_sampler_is_adaptive(tuner, error):
    opposite = asked_and_told(tuner.sampler, lambda params: -error(params))
    is_different = opposite.history.trials != tuner.history.trials
    assert is_different == tuner.sampler.is_adaptive
