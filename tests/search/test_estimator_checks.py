"""scikit-learn's own suite; the only excuses are the checks that GridSearchCV fails itself."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys

import pytest
from sklearn.linear_model import Ridge, RidgeClassifier, SGDClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator

from skhpo import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    PBTSearchCV,
    RandomSearchCV,
    TPESearchCV,
)

ALPHAS = {"alpha": [0.1, 1.0, 10.0]}
ESTIMATORS = {"classifier": RidgeClassifier(), "regressor": Ridge()}

#: Those whose training can go on from what it has learnt.
CONTINUED = {"classifier": SGDClassifier(random_state=0), "regressor": SGDRegressor(random_state=0)}


def passed(search):
    outcomes = check_estimator(search, on_skip=None, on_fail=None)
    by_name = {}
    for outcome in outcomes:
        by_name.setdefault(outcome["check_name"], []).append(outcome)
    assert len(by_name) > 40
    return {name for name, of in by_name.items() if any(o["status"] == "passed" for o in of)} - {
        name for name, of in by_name.items() if any(o["status"] == "failed" for o in of)
    }


@functools.cache
def passed_by_grid_search(estimator):
    return passed(GridSearchCV(estimator, {"alpha": [0.1, 1.0]}, cv=2))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ESTIMATORS)
@pytest.mark.parametrize(
    "search",
    [
        functools.partial(RandomSearchCV, n_iter=2),
        functools.partial(BayesSearchCV, n_iter=3, n_initial_points=2),
        functools.partial(TPESearchCV, n_iter=3, n_initial_points=2),
        functools.partial(CMAESSearchCV, n_iter=3),
        functools.partial(EvolutionSearchCV, n_iter=3, population_size=2),
        functools.partial(HalvingSearchCV, n_candidates=3),
        functools.partial(HalvingASHASearchCV, n_candidates=3),
        functools.partial(HyperbandSearchCV, factor=9),
    ],
    ids=["random", "bayes", "tpe", "cma-es", "evolution", "halving", "asha", "hyperband"],
)
def test_check_estimator(search, kind):
    """Whatever GridSearchCV passes is passed: there are no other excuses."""
    ours = passed(search(ESTIMATORS[kind], ALPHAS, cv=2, random_state=0))
    assert passed_by_grid_search(ESTIMATORS[kind]) <= ours


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", CONTINUED)
def test_check_estimator_of_a_population(kind):
    population = {"population_size": 3, "resource": "epochs", "max_resources": 4}
    search = PBTSearchCV(CONTINUED[kind], ALPHAS, **population, cv=2, random_state=0)
    assert passed_by_grid_search(CONTINUED[kind]) <= passed(search)


SCRIPT = """
import json, sys, warnings
from unittest import SkipTest
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import estimator_checks_generator
from skhpo import BayesSearchCV, RandomSearchCV

warnings.simplefilter("ignore")
alphas = {"alpha": [0.1, 1.0]}
outcomes = {}
for estimator in (Ridge(), RidgeClassifier()):
    for search in (
        GridSearchCV(estimator, alphas, cv=2),
        RandomSearchCV(estimator, alphas, n_iter=2, cv=2, random_state=0),
        BayesSearchCV(estimator, alphas, n_iter=2, cv=2, random_state=0),
    ):
        passed, failed = outcomes.setdefault(type(search).__name__, ([], []))
        for model, check in estimator_checks_generator(search):
            name = f"{type(estimator).__name__}: {getattr(check, 'func', check).__name__}"
            if "array_api" in name:
                arguments = sorted(map(str, getattr(check, "keywords", {}).items()))
                try:
                    check(model)
                except SkipTest:
                    pass
                except Exception as error:
                    failed.append(f"{name} {arguments} {error!r}")
                else:
                    passed.append(f"{name} {arguments}")
print(json.dumps(outcomes))
"""


def test_array_api():
    """Run in a process of its own: scipy reads the variable when it is imported."""
    pytest.importorskip("torch", reason="scikit-learn needs an array library to check with")
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={
            **os.environ,
            "SCIPY_ARRAY_API": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=170,
    )
    outcomes = json.loads(run.stdout)
    passed, _ = outcomes.pop("GridSearchCV")
    assert passed
    for mine_passed, mine_failed in outcomes.values():
        assert set(passed) <= set(mine_passed), mine_failed
