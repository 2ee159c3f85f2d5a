"""Bayesian optimisation."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np

from skhpo._sklearn import Interval
from skhpo.early_stopping import EarlyStopping
from skhpo.faults import FaultTolerance
from skhpo.resources import ResourceAdapter
from skhpo.samplers import BayesianSampler, Sampler
from skhpo.search.docstrings import documented
from skhpo.search.full_budget import FullBudgetSearchCV
from skhpo.space import Space
from skhpo.surrogates import Acquisition, Surrogate

__all__ = ["BayesSearchCV"]


@documented
class BayesSearchCV(FullBudgetSearchCV):
    """Search with a model of the score, and try next where most is to be gained.

    A Gaussian process over all parameters (also of several branches together) is fitted to the
    scores so far; the next configuration is where the expected improvement is largest. Running
    trials count as if they had scored what the model expects of them. No configuration is tried
    twice.

    Folds of a trial run in parallel before another trial is started, so up to ``n_jobs =
    n_splits`` the search learns as much from each trial as with one worker, and gives the same
    ``cv_results_`` (times aside).

    Parameters
    ----------
    {{estimator}}
    n_iter : int, default=50
        Configurations to try.
    {{scikit_learn}}
    {{racing}}
    {{early_stopping}}
    surrogate : {"gp", "forest"} or Surrogate, default="gp"
        The model of the score: a Gaussian process; a random forest, for scores that jump; or an
        object with settings of its own, such as
        :class:`~skhpo.surrogates.GaussianProcess` ``(max_points=500)``.
    acquisition : {"log-nei", "log-ei", "ei", "pi", "ucb", "thompson"} or Acquisition, \
            default="log-nei"
        What is most worth trying. ``"log-ei"`` is the logarithm of the expected improvement;
        ``"log-nei"`` the same where scores are not noisy, and otherwise the average over what the
        best score might truly be. ``"ei"``, probability of improvement, upper confidence bound
        and Thompson sampling are for comparison; all are in :mod:`skhpo.surrogates`.
    n_initial_points : int or None, default=None
        Quasi-random configurations before the model is asked. None: one more than the columns
        that encode the space (one for each number, one for each value of an unordered list), but
        at least 4 and at most 10, and at least 2 for each dict of a list of dicts.
    max_concurrent_trials : int or None, default=None
        Configurations under test at a time. None: ``ceil(n_jobs / n_splits)``. More keep more
        workers busy, and let the model know less when it is asked.

    Attributes
    ----------
    {{attributes}}
    {{early_stopping_attributes}}

    See Also
    --------
    RandomSearchCV : Needs no model, and any number of workers at once.

    References
    ----------
    Jones, D. R., Schonlau, M. and Welch, W. J. (1998). Efficient global optimization of expensive
    black-box functions. Journal of Global Optimization 13, 455-492.

    Snoek, J., Larochelle, H. and Adams, R. P. (2012). Practical Bayesian optimization of machine
    learning algorithms. Advances in Neural Information Processing Systems 25.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.svm import SVC
    >>> from skhpo import BayesSearchCV, Float
    >>> X, y = load_iris(return_X_y=True)
    >>> space = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 1e1, log=True)}
    >>> search = BayesSearchCV(SVC(), space, n_iter=15, random_state=0)
    >>> bool(search.fit(X, y).best_score_ > 0.95)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FullBudgetSearchCV._parameter_constraints,
        "surrogate": [str, object],
        "acquisition": [str, object],
        "n_initial_points": [Interval(numbers.Integral, 1, None, closed="left"), None],
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
        surrogate: Surrogate | str = "gp",
        acquisition: Acquisition | str = "log-nei",
        n_initial_points: int | None = None,
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
        self.surrogate = surrogate
        self.acquisition = acquisition
        self.n_initial_points = n_initial_points
        self.max_concurrent_trials = max_concurrent_trials

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        return BayesianSampler(
            surrogate=self.surrogate,
            acquisition=self.acquisition,
            n_initial_points=self.n_initial_points,
        )

    @property
    def _concurrency(self) -> int | None:
        return self.max_concurrent_trials or super()._concurrency
