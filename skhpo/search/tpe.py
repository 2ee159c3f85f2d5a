"""Search with a tree-structured Parzen estimator."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from skhpo._sklearn import Interval
from skhpo.early_stopping import EarlyStopping
from skhpo.faults import FaultTolerance
from skhpo.resources import ResourceAdapter
from skhpo.samplers import Sampler, TPESampler
from skhpo.search.docstrings import documented
from skhpo.search.full_budget import FullBudgetSearchCV
from skhpo.space import Space

__all__ = ["TPESearchCV"]


@documented
class TPESearchCV(FullBudgetSearchCV):
    """Search where good configurations are dense, and bad ones are not.

    A tree-structured Parzen estimator puts a kernel around each configuration: those of the best
    tenth make one density, all others another. Of some configurations drawn from the first, the
    one at which it is the most times as large as the second comes next. Kernels span all
    parameters of a branch, so that their interplay counts. Running trials count as bad, so that
    workers spread. No configuration is tried twice.

    A suggestion costs milliseconds, also after hundreds of configurations. A branch comes next
    that has had fewer than ``1 + log2(n) / 2`` of ``n`` configurations: 4 of 64.

    Parameters
    ----------
    {{estimator}}
    n_iter : int, default=50
        Configurations to try.
    {{scikit_learn}}
    {{racing}}
    {{early_stopping}}
    n_initial_points : int, default=10
        Random configurations before the densities are asked.
    max_concurrent_trials : int or None, default=None
        Configurations under test at a time. None: ``ceil(n_jobs / n_splits)``. More keep more
        workers busy, and let the densities know less when they are asked.

    Attributes
    ----------
    {{attributes}}
    {{early_stopping_attributes}}

    See Also
    --------
    BayesSearchCV : Models the score itself; needs fewer configurations where it is smooth.
    RandomSearchCV : Needs no model, and any number of workers at once.

    References
    ----------
    Bergstra, J., Bardenet, R., Bengio, Y. and Kégl, B. (2011). Algorithms for hyper-parameter
    optimization. Advances in Neural Information Processing Systems 24.

    Watanabe, S. (2023). Tree-structured Parzen estimator: understanding its algorithm components
    and their roles for better empirical performance. arXiv:2304.11127.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skhpo import Float, TPESearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> C = Float(1e-2, 1e3, log=True)
    >>> space = [{"kernel": ["linear"], "C": C},
    ...          {"kernel": ["rbf"], "C": C, "gamma": Float(1e-4, 1e1, log=True)}]
    >>> search = TPESearchCV(SVC(), space, n_iter=20, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FullBudgetSearchCV._parameter_constraints,
        "n_initial_points": [Interval(numbers.Integral, 1, None, closed="left")],
        "max_concurrent_trials": [Interval(numbers.Integral, 1, None, closed="left"), None],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        n_iter: int = 50,
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
        n_initial_points: int = 10,
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
        self.n_initial_points = n_initial_points
        self.max_concurrent_trials = max_concurrent_trials

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        return TPESampler(n_initial_points=self.n_initial_points)

    @property
    def _concurrency(self) -> int | None:
        return self.max_concurrent_trials or super()._concurrency
