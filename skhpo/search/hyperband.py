"""Hyperband."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skhpo._sklearn import Interval
from skhpo.faults import FaultTolerance
from skhpo.resources import ResourceAdapter
from skhpo.samplers import Sampler
from skhpo.schedulers import AsynchronousHyperband, Hyperband, Scheduler
from skhpo.search.docstrings import documented
from skhpo.search.fidelity import FidelitySearchCV
from skhpo.search.recipe import Problem
from skhpo.space import Space

__all__ = ["HyperbandSearchCV"]


@documented
class HyperbandSearchCV(FidelitySearchCV):
    """Search by Hyperband: successive halving that begins at every rung in turn.

    If a little training tells good configurations from bad ones, the first bracket finds the best
    of many; if it tells nothing, the last one, which trains a few completely, still does as well
    as random search. With a model-based sampler this is BOHB.

    Parameters
    ----------
    {{estimator}}
    {{fidelity}}
    n_loops : int, default=1
        How often all brackets are run.
    asynchronous : bool, default=False
        Whether brackets promote the best so far without waiting for a rung to be complete. With
        many workers none of them is idle then; with a few, Hyperband as it is in the paper
        promotes more reliably.
    {{scikit_learn}}
    {{max_concurrent_trials}}
    {{refit_from}}

    Attributes
    ----------
    {{fidelity_attributes}}
    {{attributes}}

    See Also
    --------
    HalvingASHASearchCV : Faster where the lowest rung can be relied on.

    References
    ----------
    Li, L., Jamieson, K., DeSalvo, G., Rostamizadeh, A. and Talwalkar, A. (2018). Hyperband: a
    novel bandit-based approach to hyperparameter optimization. Journal of Machine Learning
    Research 18(185).

    Falkner, S., Klein, A. and Hutter, F. (2018). BOHB: robust and efficient hyperparameter
    optimization at scale. International Conference on Machine Learning.

    Examples
    --------
    >>> from sklearn.ensemble import GradientBoostingClassifier
    >>> from skhpo import Float, HyperbandSearchCV, Int
    >>> search = HyperbandSearchCV(
    ...     GradientBoostingClassifier(random_state=0),
    ...     {"learning_rate": Float(0.01, 1, log=True), "max_depth": Int(1, 6)},
    ...     resource="n_estimators", min_resources=3, max_resources=27, random_state=0,
    ... )
    >>> print(search.plan())
    bracket  candidates  resources  cost
    0        9, 3, 1     3, 9, 27     63
    1        5, 1        9, 27        63
    2        3           27           81
    17 candidates, spends exactly 207 in all (27 is one full training)
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FidelitySearchCV._parameter_constraints,
        "n_loops": [Interval(numbers.Integral, 1, None, closed="left")],
        "asynchronous": ["boolean"],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        sampler: Sampler | str = "random",
        resource: str | Sequence[Mapping[str, Any]] | ResourceAdapter = "n_samples",
        min_resources: int | str = "smallest",
        max_resources: int | str = "auto",
        factor: float = 3,
        n_loops: int = 1,
        asynchronous: bool = False,
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
        max_concurrent_trials: int | None = None,
        refit_from: str = "scratch",
    ) -> None:
        super().__init__(
            estimator,
            param_distributions,
            sampler=sampler,
            resource=resource,
            min_resources=min_resources,
            max_resources=max_resources,
            factor=factor,
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
            max_concurrent_trials=max_concurrent_trials,
            refit_from=refit_from,
        )
        self.n_loops = n_loops
        self.asynchronous = asynchronous

    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        assert adapter is not None
        ladder = self._ladder(problem, adapter)
        brackets = Hyperband(ladder, self.factor, self.n_loops)
        if self.asynchronous:
            n_trials = int(min(brackets.plan().n_trials, space.size))
            return AsynchronousHyperband(n_trials, ladder, self.factor)
        return brackets

    _ways_to_more = ("n_loops=9",)

    def _named(self, n_trials: int) -> str:
        return f"a plan of {n_trials} configurations (n_loops, max_resources, factor)"
