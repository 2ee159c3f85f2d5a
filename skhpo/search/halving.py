"""Successive halving."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from skhpo._sklearn import Interval, StrOptions
from skhpo.exceptions import ResourceError
from skhpo.faults import FaultTolerance
from skhpo.resources import Folds, Levels, ResourceAdapter
from skhpo.samplers import GridSampler, Sampler
from skhpo.schedulers import (
    BestScores,
    Bracket,
    HalvingIterations,
    Scheduler,
    Selection,
    SuccessiveHalving,
    UpperConfidenceBound,
    WithinNoise,
    exhausting_resource,
)
from skhpo.search.docstrings import documented
from skhpo.search.fidelity import FidelitySearchCV
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.sampler_names import chosen_sampler
from skhpo.space import Space

__all__ = ["HalvingSearchCV"]

_SELECTIONS: dict[str, Callable[[], Selection]] = {
    "best": BestScores,
    "within-noise": WithinNoise,
    "ucb": UpperConfidenceBound,
}


@documented
class HalvingSearchCV(FidelitySearchCV):
    """Search by successive halving: train all a little, and go on with the best, rung by rung.

    With ``sampler="random"`` the candidates, rungs and survivors are chosen as
    scikit-learn's ``HalvingRandomSearchCV`` does, and with ``sampler="grid"`` as its
    ``HalvingGridSearchCV`` does, except that promoted configurations continue their training
    where the estimator allows it, and that test parts are not cut when samples are the resource.

    Parameters
    ----------
    {{estimator}}
    {{fidelity}}
    n_candidates : int or "exhaust", default="exhaust"
        Configurations at the first rung. ``"exhaust"``: all there are in a grid, otherwise as many
        as it takes for the last rung to have as much of the resource as possible. Not both this
        and ``min_resources`` can be ``"exhaust"``, but for a grid.
    aggressive_elimination : bool, default=False
        Whether, where there is too little of the resource to eliminate all but ``factor``
        candidates, more of them are eliminated after the first rung.
    selection : {"best", "within-noise", "ucb"} or Selection, default="best"
        Who goes on: the best; or also those that are worse by no more than the noise between
        folds (adaptive halving); or the highest upper confidence bounds.
    {{scikit_learn}}
    {{max_concurrent_trials}}
    {{refit_from}}

    Attributes
    ----------
    {{fidelity_attributes}}
    n_remaining_candidates_ : int
        How many would go on from the last rung.
    n_required_iterations_, n_possible_iterations_ : int
        Rungs needed to end with fewer than ``factor`` candidates; rungs for which there is enough
        of the resource.
    {{attributes}}

    See Also
    --------
    HalvingASHASearchCV : Without barriers: no worker waits.
    HyperbandSearchCV : Does not rely on the lowest rung.

    References
    ----------
    Jamieson, K. and Talwalkar, A. (2016). Non-stochastic best arm identification and
    hyperparameter optimization. AISTATS.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import SGDClassifier
    >>> from skhpo import Float, HalvingSearchCV
    >>> X, y = load_digits(return_X_y=True)
    >>> search = HalvingSearchCV(
    ...     SGDClassifier(random_state=0), {"alpha": Float(1e-6, 1, log=True)},
    ...     resource="epochs", max_resources=9, cv=3, random_state=0,
    ... )
    >>> print(search.plan())
    bracket  candidates  resources  cost
    0        9, 3, 1     1, 3, 9      21
    9 candidates, spends exactly 21 in all (9 is one full training)
    >>> bool(search.fit(X / 16, y).best_score_ > 0.9)
    True
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **FidelitySearchCV._parameter_constraints,
        "n_candidates": [
            Interval(numbers.Integral, 1, None, closed="left"),
            StrOptions({"exhaust"}),
        ],
        "aggressive_elimination": ["boolean"],
        "selection": [StrOptions(set(_SELECTIONS)), Selection],
    }
    _smallest_by_name = ("smallest", "exhaust")
    _other_ways_up = ("aggressive_elimination=True",)

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
        aggressive_elimination: bool = False,
        selection: Selection | str = "best",
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
        self.aggressive_elimination = aggressive_elimination
        self.selection = selection

    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        assert adapter is not None
        selection = self.selection
        if isinstance(selection, str):
            selection = _SELECTIONS[selection]()
        n_candidates = self.n_candidates
        if isinstance(n_candidates, str):
            is_grid = isinstance(chosen_sampler(self.sampler), GridSampler) and isfinite(space.size)
            if self.min_resources == "exhaust" and not is_grid:
                raise ResourceError(
                    "HalvingSearchCV: n_candidates and min_resources cannot both be 'exhaust'; "
                    "give one of them a number, or write min_resources='smallest'"
                )
            least, most = self._span(problem, adapter)
            n_candidates = int(space.size) if is_grid else most // least
        n_candidates = int(min(n_candidates, space.size))
        return SuccessiveHalving(self._bracket(n_candidates, problem, adapter), selection)

    def _bracket(
        self, n_candidates: int, problem: Problem | None, adapter: ResourceAdapter
    ) -> Bracket:
        bracket = self._iterations(n_candidates, problem, adapter).bracket
        if isinstance(adapter, (Folds, Levels)):
            ladder = self._ladder(problem, adapter)
            return Bracket(bracket.n_trials, ladder[-len(bracket.n_trials) :])
        return bracket

    def _reached(self, n_trials: int, problem: Problem, adapter: ResourceAdapter) -> int:
        reached = self._bracket(n_trials, problem, adapter).resources[-1]
        assert reached is not None
        return int(reached)

    def _iterations(
        self, n_candidates: int, problem: Problem | None, adapter: ResourceAdapter
    ) -> HalvingIterations:
        """Return scikit-learn's numbers."""
        least, most = self._span(problem, adapter)
        if self.min_resources == "exhaust":
            least = exhausting_resource(n_candidates, least, most, self.factor)
        return HalvingIterations(
            n_candidates, least, most, self.factor, self.aggressive_elimination
        )

    def _keep_results(self, problem: Problem, recipe: Recipe) -> None:
        super()._keep_results(problem, recipe)
        assert recipe.adapter is not None
        iterations = self._iterations(recipe.plan.n_trials, problem, recipe.adapter)
        self.n_required_iterations_ = iterations.n_required_iterations
        self.n_possible_iterations_ = iterations.n_possible_iterations
        self.n_remaining_candidates_ = iterations.n_remaining

    def _named(self, n_trials: int) -> str:
        return f"n_candidates={n_trials}"
