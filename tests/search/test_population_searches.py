"""CMA-ES and evolution behind scikit-learn's face: what their parameters do."""

from __future__ import annotations

import pytest
from sklearn.svm import SVC
from sklearn.utils._param_validation import InvalidParameterError

from skhpo import CMAESSearchCV, EvolutionSearchCV, Float, Int

SPACE = [
    {"kernel": ["linear"], "C": Float(1e-3, 1e3, log=True)},
    {"kernel": ["rbf", "sigmoid"], "C": Float(1e-3, 1e3, log=True), "gamma": ["scale", "auto"]},
    {"kernel": ["poly"], "C": Float(1e-3, 1e3, log=True), "degree": Int(1, 5)},
]


@pytest.mark.parametrize("search", [CMAESSearchCV, EvolutionSearchCV])
def test_a_conditional_space(search, iris):
    found = search(SVC(), SPACE, n_iter=25, cv=3, random_state=0).fit(*iris)
    assert len(found.cv_results_["params"]) == 25
    assert found.best_score_ > 0.95
    again = search(SVC(), SPACE, n_iter=25, cv=3, random_state=0).fit(*iris)
    assert again.cv_results_["params"] == found.cv_results_["params"]


@pytest.mark.parametrize(
    ("search", "settings"),
    [
        (CMAESSearchCV, {"sigma0": 0.01}),
        (CMAESSearchCV, {"population_size": 4}),
        (EvolutionSearchCV, {"population_size": 6}),
        (EvolutionSearchCV, {"tournament_size": 9}),
        (EvolutionSearchCV, {"crossover_probability": 0.0}),
        (EvolutionSearchCV, {"mutation_probability": 1.0}),
        (EvolutionSearchCV, {"survival": "youngest"}),
        (EvolutionSearchCV, {"survival": "youngest", "n_elite": 5}),
    ],
)
def test_settings_reach_the_sampler(search, settings):
    sampler = search(SVC(), SPACE, **settings)._make_sampler(None, None)
    assert {name: getattr(sampler, name) for name in settings} == settings
    assert search(SVC(), SPACE)._make_sampler(None, None) is not sampler


@pytest.mark.parametrize(
    ("search", "settings"),
    [
        (CMAESSearchCV, {"sigma0": 0}),
        (CMAESSearchCV, {"sigma0": "large"}),
        (CMAESSearchCV, {"population_size": 3}),
        (CMAESSearchCV, {"population_size": 4.5}),
        (CMAESSearchCV, {"max_concurrent_trials": 0}),
        (EvolutionSearchCV, {"population_size": 1}),
        (EvolutionSearchCV, {"tournament_size": 0}),
        (EvolutionSearchCV, {"crossover_probability": 1.5}),
        (EvolutionSearchCV, {"mutation_probability": -0.1}),
        (EvolutionSearchCV, {"survival": None}),
        (EvolutionSearchCV, {"n_elite": -1}),
        (EvolutionSearchCV, {"max_concurrent_trials": 0}),
    ],
)
def test_bad_settings(search, settings, iris):
    (name,) = settings
    with pytest.raises(InvalidParameterError, match=name):
        search(SVC(), SPACE, **settings).fit(*iris)


def test_an_unknown_survival(iris):
    with pytest.raises(ValueError, match=r"survival='oldest' is not known.*'youngest'"):
        EvolutionSearchCV(SVC(), SPACE, survival="oldest").fit(*iris)
