"""Population based training."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from skhpo._sklearn import BaseSearchCV, Interval, StrOptions
from skhpo.evaluation import FoldEvaluator
from skhpo.exceptions import ResourceError, SpaceError, did_you_mean
from skhpo.faults import FaultTolerance
from skhpo.inspection import lineage
from skhpo.resources import ResourceAdapter, TrainingSet
from skhpo.resources.changes import must_stay
from skhpo.resources.pipelines import candidates
from skhpo.samplers import (
    BanditExploration,
    Exploration,
    FunctionExploration,
    Perturbation,
    PopulationSampler,
    Sampler,
)
from skhpo.schedulers import (
    BinaryTournament,
    Exploitation,
    PopulationTraining,
    Scheduler,
    SynchronousPopulationTraining,
    Truncation,
)
from skhpo.search.divided import DividedSearchCV
from skhpo.search.docstrings import documented
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.schedule import continued_resource_for, schedule_of, train_by
from skhpo.space import Space
from skhpo.trial import Task

__all__ = ["PBTSearchCV"]

#: Intervals of a search that is not told how long they are, at most.
_N_INTERVALS = 10


@documented
class PBTSearchCV(DividedSearchCV):
    """Search by population based training: the weak copy the strong while all of them train.

    A population of configurations is trained, interval by interval. After each one, those that do
    worst give up and go on from a copy of one of those that do best, with its weights and a
    configuration a little different from its. So what is found is not one configuration but a
    *schedule*: hyperparameters that change while a model is trained, as learning rates should.
    Nothing is trained twice: the search costs ``population_size`` complete trainings on each fold.

    Parameters
    ----------
    {{estimator}}
    population_size : int, default=20
        How many configurations are trained at a time, 2 or more.
    resource : str or ResourceAdapter, default="auto"
        What training is divided into: ``"epochs"`` (passes over the training part, by
        ``partial_fit``), or a parameter by which training can be continued, such as
        ``"n_estimators"`` or ``"clf__max_iter"`` of an estimator with ``warm_start``. ``"auto"``
        finds one of these.
    max_resources : int or "auto", default="auto"
        Complete training. ``"auto"``: the estimator's own value of the parameter.
    perturbation_interval : int or "auto", default="auto"
        How much is trained before a configuration may give up again. ``"auto"``: a tenth of
        complete training, rounded up.
    quantile_fraction : float, default=0.2
        For ``exploit="truncation"``: how many give up at a time, and how many they choose from.
    resample_probability : float, default=0.25
        For ``explore="perturb"``: of a parameter to be drawn anew from the space.
    perturbation_factors : array-like of float, default=(0.8, 1.2)
        For ``explore="perturb"``: a parameter that is not drawn anew is multiplied by one of
        these; see :class:`~skhpo.samplers.Perturbation` for those that cannot be multiplied.
    exploit : {"truncation", "tournament"} or Exploitation, default="truncation"
        Who copies whom: ``"truncation"``, the worst ``quantile_fraction`` any of the best;
        ``"tournament"``, whoever meets a better one at random, that one.
    explore : {"perturb", "bandit"}, callable or Exploration, default="perturb"
        What a copy tries: ``"perturb"``, something near by; ``"bandit"``, what promises most under
        a Gaussian process (PB2); or a function of ``(params, rng)``, the configuration as a dict
        and a :class:`numpy.random.Generator`, that returns a configuration.
    inherited : "auto" or sequence of str, default="auto"
        Parameters that a copy takes over together with what was learnt, unchanged: those that
        cannot change without losing it, such as the layers of a network. ``"auto"`` recognises
        them; for estimators of other packages a list of names may be needed.
    asynchronous : bool, default=True
        Whether no good configuration waits for others: half of the population is enough to compare
        with. If not, all wait after each interval until the last one has finished it; results are
        the same for every ``n_jobs`` then.
    {{scikit_learn}}
    max_concurrent_trials : int or None, default=None
        Configurations under test at a time. None: whenever a worker has nothing to do, another
        one begins its next interval.
    {{refit_from}}

    Attributes
    ----------
    schedule_ : Schedule
        Hyperparameters of the best by resource, those of its ancestors included:
        ``best_estimator_`` was trained by it. :class:`~skhpo.ReplayedSchedule` trains others.
    lineage_ : dict of str to ndarray
        Who copied whom, and when: one row for each configuration; see
        :func:`~skhpo.inspection.lineage`.
    {{fidelity_attributes}}
    {{attributes}}

    See Also
    --------
    HalvingASHASearchCV : Finds one configuration, with less training.

    Notes
    -----
    Each configuration that departs from another one is a trial of its own in ``cv_results_`` and
    ``history_``, which begins where it was copied. The best score wins, whatever its age: the
    schedule says how long to train, too. ``best_params_`` is the final setting of the best. A
    configuration that fails, or whose score is NaN, is replaced by a copy of a good one.

    References
    ----------
    Jaderberg, M., Dalibard, V., Osindero, S., et al. (2017). Population based training of neural
    networks. arXiv:1711.09846.

    Parker-Holder, J., Nguyen, V. and Roberts, S. J. (2020). Provably efficient online
    hyperparameter optimization with population-based bandits. Advances in Neural Information
    Processing Systems 33.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import SGDClassifier
    >>> from skhpo import Float, PBTSearchCV
    >>> X, y = load_digits(return_X_y=True)
    >>> search = PBTSearchCV(
    ...     SGDClassifier(random_state=0), {"alpha": Float(1e-6, 1, log=True)},
    ...     population_size=4, resource="epochs", max_resources=8, perturbation_interval=2,
    ...     cv=3, random_state=0,
    ... )
    >>> bool(search.fit(X / 16, y).best_score_ > 0.9)
    True
    >>> search.schedule_.full
    8
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **DividedSearchCV._parameter_constraints,
        "population_size": [Interval(numbers.Integral, 2, None, closed="left")],
        "perturbation_interval": [
            Interval(numbers.Integral, 1, None, closed="left"),
            StrOptions({"auto"}),
        ],
        "quantile_fraction": [Interval(numbers.Real, 0, 0.5, closed="right")],
        "resample_probability": [Interval(numbers.Real, 0, 1, closed="both")],
        "perturbation_factors": ["array-like"],
        "exploit": [StrOptions({"truncation", "tournament"}), Exploitation],
        "explore": [StrOptions({"perturb", "bandit"}), callable, Exploration],
        "inherited": ["array-like", StrOptions({"auto"})],
        "asynchronous": ["boolean"],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        population_size: int = 20,
        resource: str | ResourceAdapter = "auto",
        max_resources: int | str = "auto",
        perturbation_interval: int | str = "auto",
        quantile_fraction: float = 0.2,
        resample_probability: float = 0.25,
        perturbation_factors: Sequence[float] = (0.8, 1.2),
        exploit: str | Exploitation = "truncation",
        explore: str | Callable[..., Any] | Exploration = "perturb",
        inherited: str | Sequence[str] = "auto",
        asynchronous: bool = True,
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
            resource=resource,
            max_resources=max_resources,
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
        self.population_size = population_size
        self.perturbation_interval = perturbation_interval
        self.quantile_fraction = quantile_fraction
        self.resample_probability = resample_probability
        self.perturbation_factors = perturbation_factors
        self.exploit = exploit
        self.explore = explore
        self.inherited = inherited
        self.asynchronous = asynchronous

    # ------------------------------------------------------------------ the recipe

    @property
    def _concurrency(self) -> int:
        """All members may train at a time: within an interval none needs to know of another."""
        return self.max_concurrent_trials or self.population_size

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        assert adapter is not None
        return PopulationSampler(self._exploration(), inherited=self._inherited(space, adapter))

    def _exploration(self) -> Exploration:
        if isinstance(self.explore, Exploration):
            return self.explore
        if callable(self.explore):
            return FunctionExploration(self.explore)
        if self.explore == "bandit":
            return BanditExploration()
        return Perturbation(tuple(self.perturbation_factors), self.resample_probability)

    def _inherited(self, space: Space, adapter: ResourceAdapter) -> list[str]:
        """Return the parameters that stay with the state, checked."""
        inherited = list(self.inherited)
        if isinstance(self.inherited, str):
            inherited = self._names(space, lambda model, name: not adapter.can_change(model, name))
        for name in inherited:
            if name not in space.names:
                raise SpaceError(
                    f"PBTSearchCV: inherited names {name!r}, which is not in the search space."
                    f"{did_you_mean(str(name), space.names)}"
                )
        lost = [name for name in self._names(space, must_stay) if name not in inherited]
        if lost:
            raise SpaceError(
                f"PBTSearchCV: inherited must name {lost[0]!r}, too: what "
                f"{type(self.estimator).__name__} has learnt cannot go on with another value of it"
            )
        free = [name for name in space.names if name not in inherited]
        if not any(b[name].size > 1 for b in space.branches for name in free if name in b):
            raise SpaceError(
                f"PBTSearchCV: no parameter of the search space can change while "
                f"{type(self.estimator).__name__} is trained by {adapter.name!r}: with another "
                f"value of {' or '.join(map(repr, space.names))} what was learnt would be lost. "
                f"Search a parameter that can, such as a learning rate or a penalty, or use "
                f"HalvingASHASearchCV."
            )
        return inherited

    def _names(self, space: Space, holds: Callable[[Any, str], bool]) -> list[str]:
        """Return the parameters of which something holds for any of the candidates."""
        found = {
            name
            for branch in space.branches
            for model in candidates(self.estimator, branch)
            for name in branch
            if branch[name].size > 1 and holds(model, name)
        }
        return sorted(found)

    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        assert adapter is not None
        interval, full = self._bounds(problem, adapter)
        variant = PopulationTraining if self.asynchronous else SynchronousPopulationTraining
        resources = (*range(interval, full, interval), full)
        return variant(self.population_size, resources, self._exploitation())

    def _exploitation(self) -> Exploitation:
        if isinstance(self.exploit, Exploitation):
            return self.exploit
        if self.exploit == "tournament":
            return BinaryTournament()
        return Truncation(self.quantile_fraction)

    def _adapter(self, space: Space) -> ResourceAdapter:
        return continued_resource_for("PBTSearchCV", self.estimator, self.resource, space)

    def _bounds(self, problem: Problem | None, adapter: ResourceAdapter) -> tuple[int, int]:
        """Return the interval and the full amount of the resource, checked."""
        limits = self._limits(problem, adapter)
        full = self._most(limits, adapter)
        adapter.check_range("PBTSearchCV", 1, full, limits)
        if full < 2:
            raise ResourceError(
                f"PBTSearchCV: max_resources={full} cannot be divided into intervals, so nobody "
                f"would ever copy anybody; write 2 or more"
            )
        interval = self.perturbation_interval
        usual = ceil(full / _N_INTERVALS)
        if isinstance(interval, str):
            return usual, int(full)
        if interval >= full:
            raise ResourceError(
                f"PBTSearchCV: perturbation_interval={interval} must be less than max_resources="
                f"{full}, or nobody would ever copy anybody; write {usual}, for example"
            )
        return int(interval), int(full)

    def _check_number_of_trials(self, space: Space, n_trials: int) -> None:
        if space.size < n_trials:
            raise SpaceError(
                f"PBTSearchCV: population_size={n_trials}, but the search space has only "
                f"{space.size} configurations; write a smaller population_size, or ranges such as "
                f"Float(1e-4, 1e-1, log=True) in place of lists."
            )
        super()._check_number_of_trials(space, n_trials)

    def _named(self, n_trials: int) -> str:
        return f"population_size={n_trials}"

    # ------------------------------------------------------------------ what was found

    def _keep_results(self, problem: Problem, recipe: Recipe) -> None:
        super()._keep_results(problem, recipe)
        self.lineage_ = lineage(self.history_)

    def _choose_best(self, problem: Problem) -> None:
        super()._choose_best(problem)
        if hasattr(self, "best_index_"):
            self.schedule_ = schedule_of(self.history_, *self._best_place)

    @property
    def _best_place(self) -> tuple[int, int]:
        """Number of the best trial, and how much of the resource it has had."""
        trial, reached = (self.cv_results_[column] for column in ("trial", "n_resources"))
        return int(trial[self.best_index_]), int(reached[self.best_index_])

    @staticmethod
    def _select_best_index(refit: Any, refit_metric: str, results: Mapping[str, Any]) -> int:
        """Return the best row, whatever its age: who trained longest did not have to earn it."""
        if callable(refit):
            return int(BaseSearchCV._select_best_index(refit, refit_metric, results))
        scores = results[f"mean_test_{refit_metric}"]
        is_number = ~np.isnan(scores)
        for rivals in (is_number & (results["status"] == "completed"), is_number):
            if rivals.any():
                return int(np.where(rivals, scores, -np.inf).argmax())
        return 0

    def _trained(
        self, estimator: Any, problem: Problem, recipe: Recipe, evaluator: FoldEvaluator
    ) -> Any:
        """Replay the schedule on all data, or take the winner as it was trained on one fold."""
        assert recipe.adapter is not None
        data = TrainingSet(problem.X, problem.y, dict(problem.fit_params), every_y=problem.y)
        if self.refit_from == "checkpoint":
            trial, reached = self._best_place
            winner = Task(trial, 0, reached, self.best_params_)
            state = evaluator.own_state(winner, self.history_.state(trial, 0, reached))
            if state is not None:
                return state.estimator
            data = evaluator.training_set(winner)
        return train_by(self.schedule_, recipe.adapter, self.estimator, data).estimator
