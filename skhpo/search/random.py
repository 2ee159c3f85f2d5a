"""Random search."""

from __future__ import annotations

from typing import Any

import numpy as np

from skhpo.samplers import RandomSampler, Sampler
from skhpo.search.base import TunerSearchCV
from skhpo.search.docstrings import documented

__all__ = ["RandomSearchCV"]


@documented
class RandomSearchCV(TunerSearchCV):
    """Search at random.

    Each configuration is drawn independently, and none is tried twice. The same seed gives the
    same configurations for every number of workers.

    Parameters
    ----------
    {{estimator}}
    n_iter : int, default=10
        Configurations to try.
    {{scikit_learn}}

    Attributes
    ----------
    {{attributes}}

    See Also
    --------
    BayesSearchCV : Learns from what it has tried.

    References
    ----------
    Bergstra, J. and Bengio, Y. (2012). Random search for hyper-parameter optimization. Journal of
    Machine Learning Research 13, 281-305.

    Examples
    --------
    >>> from scipy.stats import loguniform
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skhpo import RandomSearchCV
    >>> X, y = load_iris(return_X_y=True)
    >>> search = RandomSearchCV(SVC(), {"C": loguniform(0.1, 100)}, n_iter=5, random_state=0)
    >>> search.fit(X, y).best_score_ > 0.9
    True
    """

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        n_iter: int = 10,
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
        )

    def _make_sampler(self) -> Sampler:
        return RandomSampler()
