"""A few fits before the search, to see what it is going to take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skhpo.evaluation import CrossValidation, FoldEvaluator
from skhpo.exceptions import ExecutionError
from skhpo.execution import executor_for
from skhpo.history import History
from skhpo.machine import Machine, memory_in_use
from skhpo.resources import Folds
from skhpo.samplers import RandomSampler, Sampler
from skhpo.schedulers import Bracket, FullBudget, Plan, Scheduler, SuccessiveHalving
from skhpo.search.effort import ProbedPlan, Probes, effort
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.scoring import optimised_metric
from skhpo.space import Space
from skhpo.storage import Checkpoints
from skhpo.trial import Assignment, Measurement, Report, Resource, Task, Trial
from skhpo.tuner import Tuner

__all__ = ["probed_plan"]

#: Trials that a sampler is asked after, at most, to see how long a proposal takes.
_MOST_KNOWN = 200

#: Seconds of a search from which it does not matter how long workers take to start.
_SHORT = 100.0

#: Seconds below which something is done twice: the first time pays for what happens only once.
_QUICK = 1.0


def probed_plan(
    search: Any, space: Space, problem: Problem, recipe: Recipe, n_probes: int
) -> ProbedPlan:
    """Return the plan of a search, and what it takes on this machine.

    Random configurations are fitted on the first fold: each to the first rung, and the best of
    them to all the others, as a search would do it. Nothing of it is recorded.

    Parameters
    ----------
    search : TunerSearchCV
        A copy of its own: random states are used up.
    space : Space
        What may be tried.
    problem : Problem
        The data.
    recipe : Recipe
        What the search is going to do.
    n_probes : int
        Configurations.

    Raises
    ------
    ValueError
        If all probes fail, with the first traceback.
    """
    is_race = isinstance(recipe.adapter, Folds)
    if is_race:  # each fold is one complete fit
        recipe = replace(recipe, adapter=None, full=None)
    nobody: Any = SimpleNamespace(caller=None)
    evaluator = search._make_evaluator(problem, recipe, nobody, None)
    metric = optimised_metric(search.scoring, search.refit, problem.scorer)
    probes = _measured(search, space, evaluator, metric, recipe, n_probes)
    if sum(m.fit_time for m in probes.measurements) < _QUICK:  # the first ones paid for imports
        probes = _measured(search, space, evaluator, metric, recipe, n_probes)
    if not probes.completed:
        raise ValueError(
            f"all {n_probes} probes failed: this is what the search would do. The first error was\n"
            f"{probes.measurements[0].error}"
        )
    first = None if recipe.adapter is None else recipe.plan.brackets[0].resources[0]
    proposal = _proposal(recipe.sampler, space, recipe.plan.n_trials, first, evaluator.seed)
    plan = recipe.plan
    judged = partial(
        effort,
        plan,
        machine=Machine.this(),
        n_folds=len(problem.splits),
        n_jobs=effective_n_jobs(search.n_jobs),
        learns=recipe.sampler.is_adaptive or recipe.scheduler.is_adaptive,
        concurrency=search._concurrency,
        declared_cores=_declared_cores(search.estimator),
        is_race=is_race,
    )
    probes = replace(probes, proposal=proposal)
    found = judged(probes)
    is_short = found.work.likely + found.proposals < _SHORT
    if is_short and max(found.n_jobs, found.sensible_n_jobs) > 1:
        found = judged(replace(probes, startup=_startup(evaluator)))
    return ProbedPlan(plan.brackets, plan.spends, plan.is_continued, plan.complete, effort=found)


def _measured(
    search: Any,
    space: Space,
    evaluator: FoldEvaluator,
    metric: str | None,
    recipe: Recipe,
    n_probes: int,
) -> Probes:
    """Fit the probes on the first fold, one after the other."""
    scheduler: Scheduler = FullBudget(n_probes)
    if recipe.adapter is not None:
        scheduler = SuccessiveHalving(_ladder(recipe.plan, n_probes))
    _, before = memory_in_use()
    with Checkpoints.temporary() as states:
        tuner = Tuner(
            space,
            CrossValidation(replace(evaluator, splits=evaluator.splits[:1], checkpoints=states)),
            sampler=RandomSampler(),
            scheduler=scheduler,
            n_jobs=1,
            trial_timeout=search.trial_timeout,
            faults=search.faults,
            raise_failures=search.error_score == "raise",
            history=History(seed=evaluator.seed, metric=metric),
        )
        started, worked = time.perf_counter(), time.process_time()
        tuner.run()
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
    now, most = memory_in_use()
    return Probes(
        tuner.history.measurements,
        cores=worked / seconds,
        memory=most if most > before else now,
    )


def _ladder(plan: Plan, n_probes: int) -> Bracket:
    """Return what probes are measured at: all at the first rung, the best at the others."""
    amounts = {r for bracket in plan.brackets for r in bracket.resources if r is not None}
    return Bracket((n_probes, *[1] * (len(amounts) - 1)), tuple(sorted(amounts)))


def _proposal(
    sampler: Sampler,
    space: Space,
    n_trials: int,
    resource: Resource,
    seed: int,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Return the seconds of a proposal, half-way through a search whose scores are noise."""
    if not sampler.is_adaptive:
        return 0.0
    rng = np.random.default_rng(seed)
    history = History(seed=seed)
    for number in range(int(min(n_trials // 2, space.size // 2, _MOST_KNOWN))):
        history.append(Trial(number, space.sample(rng)))
        history.append(Assignment(number, resource, (0,)))
        scores = {"score": float(rng.standard_normal())}
        history.append(Measurement(number, 0, resource, "completed", scores))

    def once() -> float:
        started = clock()
        sampler.suggest(space, history.replayed(), np.random.default_rng([seed, 0]))
        return clock() - started

    seconds = once()
    return once() if seconds < _QUICK else seconds


def _startup(evaluator: FoldEvaluator) -> float:
    """Return the seconds until a worker beside this process has the data, and answers."""
    try:
        executor = executor_for(2)
    except ExecutionError:  # of another kind: whoever runs the search is told
        return 0.0
    started = time.perf_counter()
    try:
        executor.start(partial(_answer, evaluator))
        executor.submit(Task(trial=0, fold=0, resource=None, params={}))
        executor.next_completed()
    finally:
        executor.close()
    return time.perf_counter() - started


def _answer(evaluator: FoldEvaluator, task: Task) -> Report:
    """Measure nothing."""
    return Report(scores={})


def _declared_cores(estimator: Any) -> float:
    """Return how many processors an estimator is set to use, the most of its parts."""
    params = estimator.get_params(deep=True)
    asked = [v for name, v in params.items() if name.rpartition("__")[2] == "n_jobs" and v]
    return float(max((effective_n_jobs(n_jobs) for n_jobs in asked), default=1))
