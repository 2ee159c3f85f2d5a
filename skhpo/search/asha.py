"""Asynchronous successive halving."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skhpo._sklearn import Interval, StrOptions
from skhpo.faults import FaultTolerance
from skhpo.resources import ResourceAdapter
from skhpo.samplers import Sampler
from skhpo.schedulers import AsynchronousHalving, Scheduler, StoppingHalving
from skhpo.schedulers.rungs import n_divisions
from skhpo.search.docstrings import documented
from skhpo.search.fidelity import FidelitySearchCV
from skhpo.search.recipe import Problem
from skhpo.space import Space

__all__ = ["HalvingASHASearchCV"]

_VARIANTS = {"promotion": AsynchronousHalving, "stopping": StoppingHalving}


@documented
class HalvingASHASearchCV(FidelitySearchCV):
    """Search by asynchronous successive halving: train many a little, and the best ones on.

    A configuration goes on as soon as it is among the best ``1 / factor`` of those measured after
    the same training so far. Nobody waits for anybody, so that any number of workers is busy all
    the time. Training is continued, not repeated, where the estimator allows it.

    Parameters
    ----------
    {{estimator}}
    {{fidelity}}
    n_candidates : int or "exhaust", default="exhaust"
        Configurations to start. ``"exhaust"``: as many as it takes for one of them to be promoted
        to the top, ``max_resources // min_resources``.
    variant : {"promotion", "stopping"}, default="promotion"
        ``"promotion"``: a configuration rests at a rung until it is among the best there.
        ``"stopping"``: it is on arrival, or it ends there; fewer states have to be kept, more is
        trained in vain.
    {{scikit_learn}}
    {{max_concurrent_trials}}
    {{refit_from}}

    Attributes
    ----------
    {{fidelity_attributes}}
    {{attributes}}

    See Also
    --------
    HalvingSearchCV : With barriers, and scikit-learn's numbers.
    HyperbandSearchCV : Does not rely on the lowest rung.

    References
    ----------
    Li, L., Jamieson, K., Rostamizadeh, A., Gonina, E., Ben-tzur, J., Hardt, M., Recht, B. and
    Talwalkar, A. (2020). A system for massively parallel hyperparameter tuning. Proceedings of
    Machine Learning and Systems 2.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import SGDClassifier
    >>> from skhpo import Float, HalvingASHASearchCV
    >>> X, y = load_digits(return_X_y=True)
    >>> search = HalvingASHASearchCV(
    ...     SGDClassifier(random_state=0), {"alpha": Float(1e-6, 1, log=True)},
    ...     resource="epochs", max_resources=9, n_candidates=9, cv=3, random_state=0,
    ... )
    >>> bool(search.fit(X / 16, y).best_score_ > 0.9)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FidelitySearchCV._parameter_constraints,
        "n_candidates": [
            Interval(numbers.Integral, 1, None, closed="left"),
            StrOptions({"exhaust"}),
        ],
        "variant": [StrOptions(set(_VARIANTS))],
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
        n_candidates: int | str = "exhaust",
        variant: str = "promotion",
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
        self.n_candidates = n_candidates
        self.variant = variant

    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        assert adapter is not None
        ladder = self._ladder(problem, adapter)
        n_candidates = self.n_candidates
        if isinstance(n_candidates, str):
            least, most = self._span(problem, adapter)
            n_candidates = most // least
        n_candidates = int(min(n_candidates, space.size))
        return _VARIANTS[self.variant](n_candidates, ladder, self.factor)

    def _reached(self, n_trials: int, problem: Problem, adapter: ResourceAdapter) -> int:
        ladder = self._ladder(problem, adapter)
        if self.variant == "stopping":  # the first one always goes on
            return ladder[-1]
        return ladder[min(n_divisions(n_trials, self.factor), len(ladder) - 1)]

    def _named(self, n_trials: int) -> str:
        return f"n_candidates={n_trials}"
