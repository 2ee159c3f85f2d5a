"""The scikit-learn face: one ``fit`` for every search class."""

from __future__ import annotations

import numbers
import os
from abc import abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import replace
from typing import Any, ClassVar
from warnings import catch_warnings, simplefilter

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import clone, is_classifier
from sklearn.utils import indexable

from skhpo._sklearn import (
    BaseSearchCV,
    Interval,
    InvalidParameterError,
    MultimetricScorer,
    SearchEvents,
    check_method_params,
    fit_context,
)
from skhpo.callbacks import Callback, as_callbacks
from skhpo.evaluation import CrossValidation, FoldEvaluator
from skhpo.exceptions import SpaceError, warn_user
from skhpo.faults import FaultTolerance
from skhpo.forecast import Workload
from skhpo.history import History
from skhpo.progress import Progress
from skhpo.resources import ResourceAdapter
from skhpo.resources.pipelines import variants
from skhpo.retention import Retention
from skhpo.samplers import InitialParams, Sampler
from skhpo.samplers.initial import check_inside, check_listed
from skhpo.schedulers import Plan, Scheduler
from skhpo.search.advising import give_advice
from skhpo.search.former import former_results
from skhpo.search.names import check_parameter_names
from skhpo.search.outcome import SearchOutcome
from skhpo.search.parts import check_parts
from skhpo.search.probes import probed_plan
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.results import report_failures
from skhpo.search.scoring import optimised_metric
from skhpo.search.splits import frozen_splits
from skhpo.search.warm_start import WarmStart
from skhpo.settings import check_count
from skhpo.space import Space
from skhpo.stopping import StoppingRule, as_rules
from skhpo.storage import Checkpoints, Store, seed_for
from skhpo.trial import Params, Resource
from skhpo.tuner import Tuner

__all__ = ["TunerSearchCV"]


class TunerSearchCV(SearchOutcome):
    """Base of all search classes: a sampler, a scheduler, and scikit-learn's face.

    A search class is a recipe. It says by :meth:`_make_sampler` which configuration comes next,
    by :meth:`_make_resource` what training is divided into, if it is, and by
    :meth:`_make_scheduler` who gets how much of that. Everything else is here.
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **BaseSearchCV._parameter_constraints,
        "param_distributions": [dict, list, tuple, Space],
        "random_state": ["random_state"],
        # read, or refused, before the search
        "initial_params": [object],
        "warm_start_from": [object],
        "stopping": [object],
        "storage": [str, os.PathLike, None],
        "trial_timeout": [Interval(numbers.Real, 0, None, closed="neither"), None],
        "faults": [FaultTolerance, None],
        "deterministic": [Interval(numbers.Integral, 1, None, closed="left"), None],
        "callbacks": [object],
    }

    #: What the workers run.
    _evaluator: ClassVar[type[FoldEvaluator]] = FoldEvaluator

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: int | np.random.RandomState | None = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        initial_params: Sequence[Params] | None = None,
        warm_start_from: Any = None,
        stopping: StoppingRule | Sequence[StoppingRule] | None = None,
        storage: str | os.PathLike[str] | None = None,
        trial_timeout: float | None = None,
        faults: FaultTolerance | None = None,
        deterministic: int | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
    ) -> None:
        super().__init__(
            estimator=estimator,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            error_score=error_score,
            return_train_score=return_train_score,
        )
        self.param_distributions = param_distributions
        self.random_state = random_state
        self.initial_params = initial_params
        self.warm_start_from = warm_start_from
        self.stopping = stopping
        self.storage = storage
        self.trial_timeout = trial_timeout
        self.faults = faults
        self.deterministic = deterministic
        self.callbacks = callbacks

    def __sklearn_clone__(self) -> TunerSearchCV:
        """Copy the settings; an earlier search stays what it is, for its copy is not fitted."""
        copy: TunerSearchCV = super().__sklearn_clone__()
        copy.warm_start_from = self.warm_start_from
        return copy

    def set_params(self, **params: Any) -> TunerSearchCV:
        """Set parameters, also of the estimator, as in scikit-learn.

        Parameters
        ----------
        **params : dict of str to object
            By name; ``estimator__C`` is the parameter ``C`` of the estimator.

        Returns
        -------
        self : object
            The search.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        check_parts(self, params)
        super().set_params(**params)
        return self

    # ------------------------------------------------------------------ the recipe

    @abstractmethod
    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        """Return the sampler of this search, for a resource from :meth:`_make_resource`."""

    @abstractmethod
    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        """Return the scheduler of this search, for a resource from :meth:`_make_resource`."""

    def _make_resource(self, space: Space, problem: Problem | None) -> ResourceAdapter | None:
        """Return what training is divided into; None if it is not."""
        return None

    def _full_resource(self, problem: Problem | None, adapter: ResourceAdapter) -> int | None:
        """Return the resource of complete training."""
        return None

    @abstractmethod
    def _named(self, n_trials: int) -> str:
        """Say how a search of so many trials is asked for, such as ``n_iter=50``."""

    @property
    def _concurrency(self) -> int | None:
        """Trials that may be open at a time; None leaves it to the tuner."""
        return None

    # ------------------------------------------------------------------ the plan

    def plan(self, X: Any = None, y: Any = None, *, n_probes: int = 0, **params: Any) -> Plan:
        """Return what ``fit`` is going to spend, and, by a few fits, how long that takes here.

        Parameters
        ----------
        X, y : array-like or None
            As for :meth:`fit`; not needed where nothing about the resource depends on the data,
            and no probes are asked for.
        n_probes : int, default=0
            Random configurations that are fitted on the first fold before anything is said: where
            training is divided, all of them with the least resource, and the best of them up to
            complete training. Nothing of it is kept, nor counted, nor known to ``fit``.
        **params : dict of str to object
            As for :meth:`fit`.

        Returns
        -------
        Plan
            Brackets, candidates, resources and cost. Printed, it is a table. With probes, its
            ``effort`` is an :class:`~skhpo.search.Effort`: the number of fits, their time, that
            of the search with its ``n_jobs``, and how many workers make sense on this machine.

        Raises
        ------
        ResourceError
            If the resource makes no sense, or data is needed to know how much of it there is.
        ValueError
            If there are probes and no data, or all probes fail.
        """
        if n_probes != 0:
            check_count(f"{type(self).__name__}.plan", "n_probes", n_probes)
            if X is None:
                raise ValueError(f"probes are fits, and need data: plan(X, y, n_probes={n_probes})")
            copy: TunerSearchCV = clone(self)  # probes use up random states
            return copy._plan(X, y, params, n_probes)
        return self._plan(X, y, params)

    def _plan(self, X: Any, y: Any, params: dict[str, Any], n_probes: int = 0) -> Plan:
        self._validate_params()
        self._check_lists()
        space = self._checked_space()
        problem = None if X is None else self._checked_problem(X, y, params)
        adapter = self._make_resource(space, problem)
        full = None if adapter is None else self._full_resource(problem, adapter)
        scheduler = self._make_scheduler(space, problem, adapter)
        plan = self._planned(space, scheduler, adapter, full)
        if problem is None or not n_probes:
            return plan
        sampler = self._make_sampler(space, adapter)
        recipe = Recipe(sampler, scheduler, plan, adapter, full)
        return probed_plan(self, space, problem, recipe, n_probes)

    # ------------------------------------------------------------------ fit

    @fit_context(prefer_skip_nested_validation=False)  # type: ignore[untyped-decorator]
    def fit(self, X: Any, y: Any = None, **params: Any) -> TunerSearchCV:
        """Search, and refit the best configuration on all data.

        After an interruption (Ctrl-C) the attributes hold what was finished until then. With
        ``storage``, another call goes on from there, also in another process.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
            Training vectors; for precomputed kernels or distances, a square matrix.
        y : array-like of shape (n_samples, n_outputs) or (n_samples,), default=None
            Target; None for unsupervised learning.
        **params : dict of str to object
            Passed to the estimator's ``fit``, to the scorer and to the splitter, as in
            scikit-learn: ``sample_weight``, ``groups``, or by metadata routing.

        Returns
        -------
        self : object
            The fitted search.

        Raises
        ------
        SpaceError
            If the search space makes no sense, or names a parameter the estimator does not have.
        ValueError
            If all fits failed, with the tracebacks; an AllFailedError if the first configurations
            did, so that the others were not tried.
        ExecutionError
            If the workers cannot do their work at all.
        StorageError
            If what is in the storage cannot be gone on with.
        """
        self._check_lists()
        space = self._checked_space()
        problem = self._checked_problem(X, y, params)
        recipe = self._checked_recipe(space, problem)
        metric = optimised_metric(self.scoring, self.refit, problem.scorer)
        former = former_results(self, space, recipe, metric)
        events = SearchEvents(self, problem.X, problem.y, problem.metadata)
        is_divided = recipe.adapter is not None
        with self._place_for_states() if is_divided else nullcontext() as checkpoints:
            evaluator = self._make_evaluator(problem, recipe, events, checkpoints)
            tuner = self._make_tuner(space, recipe, former, events, evaluator, metric)
            self._forget()  # not before: what is refused costs nobody an earlier result
            self._search(tuner, problem, recipe)
            events.end_search()
            self._choose_best(problem)
            if self.refit:
                self._refit_best(problem, recipe, events, evaluator)
        events.end()
        give_advice(self, space, self.verbose)  # last: nothing is lost by an error it becomes
        return self

    def _search(self, tuner: Tuner, problem: Problem, recipe: Recipe) -> None:
        """Run the search; whatever ends it, keep what was found."""
        self.history_ = tuner.history
        self.n_splits_ = len(problem.splits)
        multimetric = isinstance(problem.scorer, MultimetricScorer)
        self.scorer_ = problem.scorer._scorers if multimetric else problem.scorer
        self._watch = tuner.status
        try:
            try:
                tuner.run()
            finally:
                self._last_status, self._watch = tuner.status(), None
            report_failures(tuner.history, self.error_score)
        except BaseException:
            # Whatever ended it, what was finished until now is not lost. Warnings about the
            # scores must not take the place of the reason, as errors.
            with catch_warnings():
                simplefilter("ignore")
                self._keep_results(problem, recipe)
                if tuner.history.best is not None:
                    with suppress(Exception):  # a callable `refit` may want more than there is
                        self._choose_best(problem)
            raise
        assert tuner.stop_reason is not None, "a run that was not interrupted has ended"
        self.stop_reason_ = tuner.stop_reason
        self._keep_results(problem, recipe)

    def _forget(self) -> None:
        """Drop the results of an earlier fit, so that none of them can outlive a failing one."""
        for name in [n for n in vars(self) if n.endswith("_") and not n.startswith("_")]:
            delattr(self, name)

    # ------------------------------------------------------------------ before the first fit

    def _check_lists(self) -> None:
        owner = type(self).__name__
        try:
            if self.initial_params is not None:
                check_listed(f"{owner}: initial_params", self.initial_params)
            as_rules(owner, self.stopping)
            as_callbacks(owner, self.callbacks)
            if isinstance(self.deterministic, bool):
                raise TypeError(
                    f"{owner}: deterministic must be a number, such as deterministic=8, or None: "
                    f"so many fits are under way at a time; got {self.deterministic!r}"
                )
        except TypeError as error:  # scikit-learn's kind of error for it
            raise InvalidParameterError(str(error)) from None

    def _checked_space(self) -> Space:
        given = self.param_distributions
        space = given if isinstance(given, Space) else Space(given)
        check_parameter_names(clone(self.estimator), space)
        initial = self.initial_params or ()
        check_inside("initial_params", initial, space)
        return space

    def _check_number_of_trials(self, space: Space, n_trials: int) -> None:
        n_initial = len(self.initial_params or ())
        if n_initial > n_trials:
            raise SpaceError(
                f"initial_params holds {n_initial} configurations, but {self._named(n_trials)}; "
                f"write {self._named(n_initial)} or more, or fewer configurations."
            )
        if space.size < n_trials:
            warn_user(
                f"The search space has fewer configurations ({space.size}) than "
                f"{self._named(n_trials)}: each will be tried once."
            )

    def _checked_problem(self, X: Any, y: Any, params: dict[str, Any]) -> Problem:
        scorer, refit_metric = self._get_scorers()
        X, y = indexable(X, y)
        params = check_method_params(X, params=params)
        routed = self._get_routed_params_for_fit(params)
        weight = params.get("sample_weight")
        splits = frozen_splits(
            self.cv,
            X,
            y,
            routed.splitter.split,
            is_classifier=is_classifier(self.estimator),
            is_stored=self.storage is not None,
        )
        return Problem(
            X=X,
            y=y,
            splits=splits,
            scorer=scorer,
            refit_metric=refit_metric,
            fit_params=routed.estimator.fit,
            score_params=routed.scorer.score,
            metadata=None if weight is None else {"sample_weight": weight},
        )

    def _checked_recipe(self, space: Space, problem: Problem) -> Recipe:
        adapter = self._make_resource(space, problem)
        scheduler = self._make_scheduler(space, problem, adapter)
        full = None if adapter is None else self._full_resource(problem, adapter)
        wanted = scheduler.plan()
        assert wanted is not None, "every search has an end"
        self._check_number_of_trials(space, wanted.n_trials)
        plan = self._planned(space, scheduler, adapter, full)
        return Recipe(self._make_sampler(space, adapter), scheduler, plan, adapter, full)

    def _planned(
        self,
        space: Space,
        scheduler: Scheduler,
        adapter: ResourceAdapter | None,
        full: Resource,
    ) -> Plan:
        plan = scheduler.plan()
        assert plan is not None, "every search has an end"
        if adapter is None:
            return replace(plan, complete=full)
        pays = {adapter.pays_increments(variant) for variant in variants(self.estimator, space)}
        if len(pays) == 1 and None not in pays:
            return replace(plan, is_continued=True in pays, complete=full)
        return replace(plan, spends="about", complete=full)

    def _make_evaluator(
        self,
        problem: Problem,
        recipe: Recipe,
        events: SearchEvents,
        checkpoints: Checkpoints | None,
    ) -> FoldEvaluator:
        return self._evaluator(
            estimator=clone(self.estimator),
            X=problem.X,
            y=problem.y,
            splits=problem.splits,
            scorer=problem.scorer,
            fit_params=problem.fit_params,
            score_params=problem.score_params,
            return_train_score=self.return_train_score,
            raise_failures=self.error_score == "raise",
            caller=events.caller,
            resource=recipe.adapter,
            checkpoints=checkpoints,
            full=recipe.full,
            seed=seed_for(self.storage, self.random_state),
        )

    def _place_for_states(self) -> AbstractContextManager[Checkpoints]:
        """Return where fitted states wait for a promotion."""
        if self.storage is None:
            return Checkpoints.temporary()
        return nullcontext(Store.checkpoints(self.storage))

    def _make_tuner(
        self,
        space: Space,
        recipe: Recipe,
        former: WarmStart,
        events: SearchEvents,
        evaluator: FoldEvaluator,
        metric: str | None,
    ) -> Tuner:
        objective = CrossValidation(evaluator, events, recipe.plan.is_continued)
        plan = recipe.plan.limited(space.size)
        work = Workload.of(plan, objective)
        callbacks = as_callbacks(type(self).__name__, self.callbacks)
        if self.verbose > 0:
            resource = "resource" if recipe.adapter is None else recipe.adapter.name
            n_workers = effective_n_jobs(self.n_jobs)
            callbacks.append(Progress(self.verbose, work, n_workers, resource))
        if evaluator.checkpoints is not None:
            callbacks.append(Retention(evaluator.checkpoints, recipe.scheduler))
        sampler = recipe.sampler
        # The former best is measured first: what this search calls its best is then no worse.
        first = [*(self.initial_params or ()), *([former.best] if former.best else ())]
        if first:
            # by name, as those that are drawn from the space
            initial = [dict(sorted(params.items())) for params in first]
            sampler = InitialParams(initial, then=sampler)
        tuner = Tuner(
            space,
            objective,
            sampler=sampler,
            scheduler=recipe.scheduler,
            n_jobs=self.n_jobs,
            max_concurrent_trials=self._concurrency,
            raise_failures=self.error_score == "raise",
            callbacks=callbacks,
            stopping=self.stopping,
            history=History(seed=evaluator.seed, metric=metric, former=former.trials),
            storage=self.storage,
            trial_timeout=self.trial_timeout,
            faults=self.faults,
            deterministic=self.deterministic,
        )
        events.begin_search(max(0, work.n_fits - len(tuner.history.measurements)))
        return tuner
