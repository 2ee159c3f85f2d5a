"""Evolutionary search."""

from __future__ import annotations

import numbers
from typing import Any, Literal

import numpy as np

from skhpo._sklearn import Interval
from skhpo.early_stopping import EarlyStopping
from skhpo.faults import FaultTolerance
from skhpo.resources import ResourceAdapter
from skhpo.samplers import EvolutionSampler, Sampler
from skhpo.search.docstrings import documented
from skhpo.search.full_budget import FullBudgetSearchCV
from skhpo.space import Space

__all__ = ["EvolutionSearchCV"]


@documented
class EvolutionSearchCV(FullBudgetSearchCV):
    """Search by breeding: children of good configurations, which recombine and mutate.

    Two tournaments select the parents of each configuration; it takes each parameter from either
    of them, or all from one, and then parameters mutate, mostly to a neighbouring value. Parents
    of different branches exchange the parameters that both have. The first configurations are
    quasi-random. No configuration is tried twice.

    Only the order of the scores counts, and no relation between parameters is assumed. A
    configuration may be a parent as soon as it has a score, so that any number of workers is kept
    busy.

    Parameters
    ----------
    {{estimator}}
    n_iter : int, default=100
        Configurations to try.
    {{scikit_learn}}
    {{racing}}
    {{early_stopping}}
    population_size : int, default=10
        Configurations that may be parents, and those to try before there are any.
    tournament_size : int, default=3
        Members of the population of which the best becomes a parent.
    crossover_probability : float, default=0.5
        Of two parents instead of one.
    mutation_probability : float or None, default=None
        Of each parameter. None: one divided by their number.
    survival : {"fittest", "youngest"}, default="fittest"
        Who makes the population: the best configurations, or the last ones whatever their scores
        (regularised evolution, for noisy scores: what only got lucky dies out).
    n_elite : int, default=1
        The best configurations of all, which do not age.
    max_concurrent_trials : int or None, default=None
        Configurations under test at a time. None: ``ceil(n_jobs / n_splits)``.

    Attributes
    ----------
    {{attributes}}
    {{early_stopping_attributes}}

    See Also
    --------
    CMAESSearchCV : Learns which parameters to change together.
    TPESearchCV : Models where good configurations are dense.

    References
    ----------
    Goldberg, D. E. and Deb, K. (1991). A comparative analysis of selection schemes used in
    genetic algorithms. Foundations of Genetic Algorithms 1, 69-93.

    Real, E., Aggarwal, A., Huang, Y. and Le, Q. V. (2019). Regularized evolution for image
    classifier architecture search. AAAI Conference on Artificial Intelligence.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skhpo import EvolutionSearchCV, Float
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 1e1, log=True)}
    >>> search = EvolutionSearchCV(SVC(), space, n_iter=30, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FullBudgetSearchCV._parameter_constraints,
        "population_size": [Interval(numbers.Integral, 2, None, closed="left")],
        "tournament_size": [Interval(numbers.Integral, 1, None, closed="left")],
        "crossover_probability": [Interval(numbers.Real, 0, 1, closed="both")],
        "mutation_probability": [Interval(numbers.Real, 0, 1, closed="both"), None],
        "survival": [str],
        "n_elite": [Interval(numbers.Integral, 0, None, closed="left")],
        "max_concurrent_trials": [Interval(numbers.Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        n_iter: int = 100,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: int | np.random.RandomState | None = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        initial_params: Any = None,
        warm_start_from: Any = None,
        stopping: Any = None,
        storage: Any = None,
        trial_timeout: float | None = None,
        faults: FaultTolerance | None = None,
        deterministic: int | None = None,
        callbacks: Any = None,
        racing: bool = False,
        early_stopping: EarlyStopping | None = None,
        population_size: int = 10,
        tournament_size: int = 3,
        crossover_probability: float = 0.5,
        mutation_probability: float | None = None,
        survival: Literal["fittest", "youngest"] = "fittest",
        n_elite: int = 1,
        max_concurrent_trials: int | None = None,
    ) -> None:
        super().__init__(
            estimator,
            param_distributions,
            n_iter=n_iter,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
            initial_params=initial_params,
            warm_start_from=warm_start_from,
            stopping=stopping,
            storage=storage,
            trial_timeout=trial_timeout,
            faults=faults,
            deterministic=deterministic,
            callbacks=callbacks,
            racing=racing,
            early_stopping=early_stopping,
        )
        self.population_size = population_size
        self.tournament_size = tournament_size
        self.crossover_probability = crossover_probability
        self.mutation_probability = mutation_probability
        self.survival = survival
        self.n_elite = n_elite
        self.max_concurrent_trials = max_concurrent_trials

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        return EvolutionSampler(
            population_size=self.population_size,
            tournament_size=self.tournament_size,
            crossover_probability=self.crossover_probability,
            mutation_probability=self.mutation_probability,
            survival=self.survival,
            n_elite=self.n_elite,
        )

    @property
    def _concurrency(self) -> int | None:
        return self.max_concurrent_trials or super()._concurrency
