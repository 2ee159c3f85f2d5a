"""Covariance matrix adaptation."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from skhpo._sklearn import Interval
from skhpo.early_stopping import EarlyStopping
from skhpo.faults import FaultTolerance
from skhpo.resources import ResourceAdapter
from skhpo.samplers import CMAESSampler, Sampler
from skhpo.search.docstrings import documented
from skhpo.search.full_budget import FullBudgetSearchCV
from skhpo.space import Space

__all__ = ["CMAESSearchCV"]


@documented
class CMAESSearchCV(FullBudgetSearchCV):
    """Search with a normal distribution that moves, stretches and shrinks towards better scores.

    Covariance matrix adaptation (CMA-ES) learns from each generation of configurations where to
    draw the next one, how far apart, and which parameters to change together. Only the order of
    the scores counts. Steps and ordered lists are drawn like numbers; unordered lists and the
    choice between branches have probabilities that are learned, too. A generation that has
    converged is followed by a restart with twice as many. No configuration is tried twice.

    A suggestion costs a few milliseconds. It takes some generations to learn a direction: with
    fewer than a hundred configurations, a model knows more.

    Parameters
    ----------
    {{estimator}}
    n_iter : int, default=100
        Configurations to try.
    {{scikit_learn}}
    {{racing}}
    {{early_stopping}}
    sigma0 : float, default=1/6
        Standard deviation of the first generation, as a part of a parameter's range. It lies
        around the middle of the space.
    population_size : int or None, default=None
        Configurations in the first generation. None: ``4 + floor(3 log(n))`` for ``n``
        parameters.
    max_concurrent_trials : int or None, default=None
        Configurations under test at a time. None: ``ceil(n_jobs / n_splits)``. Up to
        ``population_size`` of them, little is lost.

    Attributes
    ----------
    {{attributes}}
    {{early_stopping_attributes}}

    See Also
    --------
    BayesSearchCV : Models the score itself; needs fewer configurations.
    EvolutionSearchCV : Breeds configurations; does not expect parameters to interact smoothly.

    References
    ----------
    Hansen, N. (2016). The CMA evolution strategy: a tutorial. arXiv:1604.00772.

    Hamano, R., Saito, S., Nomura, M., Uchida, K. and Shirakawa, S. (2024). CatCMA: Stochastic
    optimization for mixed-category problems. Genetic and Evolutionary Computation Conference.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skhpo import CMAESSearchCV, Float
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 1e1, log=True)}
    >>> search = CMAESSearchCV(SVC(), space, n_iter=30, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FullBudgetSearchCV._parameter_constraints,
        "sigma0": [Interval(numbers.Real, 0, 1, closed="right")],
        "population_size": [Interval(numbers.Integral, 4, None, closed="left"), None],
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
        sigma0: float = 1 / 6,
        population_size: int | None = None,
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
        self.sigma0 = sigma0
        self.population_size = population_size
        self.max_concurrent_trials = max_concurrent_trials

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        return CMAESSampler(
            sigma0=self.sigma0,
            population_size=self.population_size,
        )

    @property
    def _concurrency(self) -> int | None:
        return self.max_concurrent_trials or super()._concurrency
