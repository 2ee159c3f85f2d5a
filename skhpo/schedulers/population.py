"""Population based training: the weak copy the strong while all of them train."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush

import numpy as np

from skhpo.exceptions import SchedulerError
from skhpo.history import Event, History
from skhpo.index import HistoryIndex
from skhpo.schedulers.base import Bracket, Plan, Scheduler, State
from skhpo.schedulers.exploitation import Exploitation, Truncation
from skhpo.schedulers.rungs import check_resources
from skhpo.settings import check_count, check_instance
from skhpo.trial import Action, Assignment, Evaluation, Fork, Promote, Start, Stop, Trial, Wait

__all__ = ["PopulationTraining", "SynchronousPopulationTraining"]

#: Keeps the random numbers of who copies whom apart from those of the trials.
_EXPLOITING = 0x504254


class PopulationTraining(Scheduler):
    """Population based training, PBT: no good member waits for anybody.

    A population starts. Whenever a member has trained for another interval, it either goes on or
    gives its place to a copy of a better one, whose configuration departs a little from the
    original's. Members are compared, and copied, at the same age, as soon as half of them were
    measured at it: so no training is bought twice, and with one worker it is the same as
    :class:`SynchronousPopulationTraining`. Who is ahead of the others goes on, too, unless it was
    one of the worst at the last age it can be judged by: then it waits for one of the best to come
    by. Members that fail are replaced by copies of the best. Where there is a worker for each
    member, and good ones train much more slowly than bad ones, there is little to copy in time:
    let them wait.

    Parameters
    ----------
    population_size : int
        How many members there are, 2 or more.
    resources : sequence of float
        Total resource at which members are compared, ascending; the last one is complete training.
    exploit : Exploitation or None, default=None
        Who copies whom; None is :class:`Truncation`.

    References
    ----------
    Jaderberg, M., Dalibard, V., Osindero, S., et al. (2017). Population based training of neural
    networks. arXiv:1711.09846, Algorithm 1.
    """

    early_may_win = True

    def __init__(
        self,
        population_size: int,
        resources: Sequence[float],
        exploit: Exploitation | None = None,
    ) -> None:
        owner = type(self).__name__
        check_count(owner, "population_size", population_size, least=2)
        check_instance(owner, "exploit", exploit, Exploitation, "Truncation(0.2)", or_none=True)
        self.population_size = population_size
        self.resources = check_resources(owner, resources)
        self.exploit = exploit if exploit is not None else Truncation()
        self._members = HistoryIndex(_Members, self.resources[-1])

    def next(self, history: History, may_start: bool = True) -> Action:
        """Decide for the member that has trained least of those that are not training."""
        members = self._members(history).numbers
        if may_start and len(members) < self.population_size:
            return Start(self.resources[0])
        training = {trial.number for trial in history.pending}
        evaluations = [history.latest(member) for member in members if member not in training]
        waiting = [evaluation for evaluation in evaluations if evaluation is not None]
        for evaluation in sorted(waiting, key=_age):  # stable: by their places where ages tie
            if _age(evaluation) < self.resources[-1]:
                action = self._decide(evaluation, history, may_start)
                if action is not None:
                    return action
        return Wait() if history.n_pending else Stop()

    def _decide(
        self, evaluation: Evaluation, history: History, may_start: bool
    ) -> Promote | Fork | None:
        """Return what becomes of a member after an evaluation; None if nothing, or not yet."""
        member, age = evaluation.trial, _age(evaluation)
        target = self.resources[self.resources.index(age) + 1]
        if may_start and self._is_settled(age, history):
            donor = self._donor(member, age, history)
            if donor is not None:
                return Fork(donor, age, target, replaces=member)
        elif may_start and not self._may_lead(evaluation, history):
            return None
        return Promote(member, target) if evaluation.is_usable else None

    def _donor(self, member: int, age: float, history: History) -> int | None:
        """Return whom a member is to copy, judged among all that were measured at an age."""
        ranked = history.rung(age)
        if member not in ranked:
            ranked.append(member)  # a failure is the worst of all
        step = self.resources.index(age)
        rng = np.random.default_rng([history.seed, member, step, _EXPLOITING])
        donor = self.exploit.donor(member, ranked, rng)
        if donor is not None and (donor == member or donor not in ranked):
            raise SchedulerError(
                f"{self.exploit!r} lets trial {member} copy {donor!r}; it must return the number "
                f"of another one of {ranked}, or None"
            )
        return donor

    def _is_settled(self, age: float, history: History) -> bool:
        """Whether enough members were measured at an age to be judged by: half, or all to come."""
        n_measured = len(history.rung(age))
        return 2 * n_measured >= self.population_size or not _are_coming(age, history)

    def _may_lead(self, evaluation: Evaluation, history: History) -> bool:
        """Whether a member may go on before it can be judged: if it was not bad at the age before.

        Who is ahead of most others is fast, and not better for that. If it was one of the worst
        when the others were as old, it waits for one of the best to come by.
        """
        if not evaluation.is_usable:
            return False
        younger = (age for age in reversed(self.resources) if age < _age(evaluation))
        age = next((age for age in younger if self._is_settled(age, history)), None)
        if age is None:
            return True
        return self._donor(_ancestor(evaluation.trial, age, history), age, history) is None

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Those of an age that the whole population has left behind."""
        return self._members(history).obsolete

    def plan(self) -> Plan:
        """The whole population trains to the end; a copy pays what the one it replaces would."""
        n_trials = (self.population_size,) * len(self.resources)
        return Plan((Bracket(n_trials, self.resources),))


class SynchronousPopulationTraining(PopulationTraining):
    """Population based training where all wait until everybody has come as far as they have.

    Who copies whom does not depend on the number of workers, then, nor on how long each trains.

    Parameters
    ----------
    population_size : int
        How many members there are, 2 or more.
    resources : sequence of float
        Total resource at which members are compared, ascending; the last one is complete training.
    exploit : Exploitation or None, default=None
        Who copies whom; None is :class:`Truncation`.
    """

    def _is_settled(self, age: float, history: History) -> bool:
        """Whether nobody is on the way to an age."""
        return not _are_coming(age, history)

    def _may_lead(self, evaluation: Evaluation, history: History) -> bool:
        """Nobody leads."""
        return False


class _Members:
    """Who is in which place of the population: a copy takes the place of whom it replaces.

    Parameters
    ----------
    full : float
        Resource of complete training.

    Attributes
    ----------
    numbers : list of int
        Number of the trial in each place.
    obsolete : list of (int, float)
        States of an age that all members have left behind; in the end all.
    """

    def __init__(self, full: float) -> None:
        self._full = full
        self.numbers: list[int] = []
        self.obsolete: list[State] = []
        self._ages: dict[int, float] = {}  # of the states that trials go on from
        self._states: list[tuple[float, int]] = []  # a heap

    def read(self, event: Event) -> None:
        """Take in what happened next."""
        if isinstance(event, Assignment):
            return
        if isinstance(event, Trial):
            self._ages[event.number] = event.parent_resource or 0.0
            if event.replaces is None:
                self.numbers.append(event.number)
            else:
                self.numbers[self.numbers.index(event.replaces)] = event.number
        else:
            self._ages[event.trial] = _age(event)
            heappush(self._states, (_age(event), event.trial))
        youngest = min(self._ages[number] for number in self.numbers)
        while self._states and (self._states[0][0] < youngest or youngest == self._full):
            age, number = heappop(self._states)
            self.obsolete.append((number, age))


def _age(evaluation: Evaluation) -> float:
    assert evaluation.resource is not None, "a population trains in intervals"
    return evaluation.resource


def _are_coming(age: float, history: History) -> bool:
    """Whether somebody is on the way to an age, or to a younger one."""
    return any(
        assignment.resource is not None and assignment.resource <= age
        for assignment, _ in history.unfinished
    )


def _ancestor(number: int, age: float, history: History) -> int:
    """Return who a trial was at an age: itself, or the one it was copied from, or that one's."""
    trial = history.trials[number]
    while trial.parent is not None and (trial.parent_resource or 0.0) >= age:
        trial = history.trials[trial.parent]
    return trial.number
