"""What holds for every sampler."""

from __future__ import annotations

import copy
import math
import pickle
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

import numpy as np
import pytest

from skhpo.exceptions import SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import Sampler
from skhpo.space import Space
from skhpo.testing.base import Laws
from skhpo.testing.histories import replay
from skhpo.testing.spaces import SPACES
from skhpo.trial import Assignment, Fork, Measurement, Params, Resource, Status, Trial

__all__ = ["SamplerLaws"]

#: What comes of a trial, by its number: a score, a status, or None while it runs.
Outcome = Callable[[int], float | Status | None]


class SamplerLaws(Laws):
    """What holds for every sampler; subclass and say how to make one.

    Attributes
    ----------
    spaces : mapping of str to Space
        The laws are run on each. Leave out those that the sampler is not meant for.
    n_trials : int
        Length of the histories looked at; enough to get past any initial phase.
    """

    spaces: ClassVar[Mapping[str, Space]] = SPACES
    n_trials: ClassVar[int] = 12

    @abstractmethod
    def make_sampler(self) -> Sampler:
        """Return a new sampler."""

    @pytest.fixture
    def sampler(self) -> Sampler:
        """The sampler under test."""
        return self.make_sampler()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Run each law on each space; the law of exhaustion on the small ones only."""
        for argument, most in (("space", math.inf), ("small_space", self.n_trials)):
            if argument in metafunc.fixturenames:
                spaces = {n: s for n, s in self.spaces.items() if _n_configurations(s) <= most}
                metafunc.parametrize(argument, spaces.values(), ids=spaces.keys())

    def _n_trials(self, space: Space) -> int:
        """As many as there are configurations for."""
        return int(min(self.n_trials, _n_configurations(space)))

    def test_stays_inside_the_space(self, sampler: Sampler, space: Space) -> None:
        """Every suggestion is a configuration, whatever came of the others."""
        for seed in range(2):
            history = _grow(sampler, space, self._n_trials(space), _mixed, seed)
            for trial in history.trials:
                space.check(trial.params)

    def test_function_of_space_history_and_rng(self, sampler: Sampler, space: Space) -> None:
        """In mid-run a new, a copied and a pickled sampler suggest the same; twice, and again."""
        history = _grow(sampler, space, self._n_trials(space) - 1, _mixed)
        expected = _suggest(sampler, space, history)
        assert _same(space, _suggest(sampler, space, history), expected)
        assert _same(space, _suggest(self.make_sampler(), space, history), expected)
        assert _same(space, _suggest(copy.deepcopy(sampler), space, replay(history)), expected)
        other, same_space, record = pickle.loads(pickle.dumps((sampler, space, history)))
        assert _same(space, _suggest(other, same_space, record), expected)

    def test_a_run_can_be_taken_up_anywhere(self, sampler: Sampler, space: Space) -> None:
        """At every prefix of a run, a new sampler suggests what was tried next."""
        history = _grow(sampler, space, self._n_trials(space), _mixed)
        for trial in history.trials:
            prefix = history.replayed(history.records.index(trial))
            params = _suggest(self.make_sampler(), space, prefix)
            assert _same(space, params, trial.params)

    def test_order_of_arrival_is_irrelevant(self, sampler: Sampler, space: Space) -> None:
        """Results count by trial, not by when they came in."""
        history = _grow(sampler, space, self._n_trials(space) - 1, _running)
        numbers = np.arange(len(history.trials))
        expected = _suggest(sampler, space, _measured(history, numbers))
        for seed in range(2):
            order = np.random.default_rng(seed).permutation(numbers)
            assert _same(space, _suggest(sampler, space, _measured(history, order)), expected)

    def test_trials_at_several_rungs(self, sampler: Sampler, space: Space) -> None:
        """Trials that were trained differently, or are just being promoted, do no harm."""
        n_trials = self._n_trials(space) - 1
        climbing = _climbing(_grow(sampler, space, n_trials, _mixed, resource=1))
        tried = {space.key(trial.params) for trial in climbing.trials}
        numbers = np.array([trial.number for trial in climbing.pending])
        suggestions = []
        for seed in range(2):
            order = np.random.default_rng(seed).permutation(numbers)
            history = _measured(climbing, order)
            suggestions.append(_suggest(sampler, space, history))
            assert _same(
                space, _suggest(self.make_sampler(), space, replay(history)), suggestions[0]
            )
        suggestions.append(_suggest(sampler, space, climbing))
        for params in suggestions:
            space.check(params)
            assert space.key(params) not in tried

    def test_only_an_adaptive_sampler_looks_at_results(
        self, sampler: Sampler, space: Space
    ) -> None:
        """If not adaptive, it suggests the same whatever came of earlier trials."""
        n_trials = self._n_trials(space)
        if sampler.is_adaptive:
            pytest.skip("an adaptive sampler may look at results")
        good = _grow(sampler, space, n_trials, _score)
        for outcome in (_mixed, _running, _failed):
            other = _grow(sampler, space, n_trials, outcome)
            for trial, other_trial in zip(good.trials, other.trials, strict=True):
                assert _same(space, trial.params, other_trial.params)

    @pytest.mark.parametrize("kind", ["score", "mixed", "running"])
    def test_nothing_is_tried_twice(self, sampler: Sampler, space: Space, kind: str) -> None:
        """No duplicate of a finished, failed or running trial while others are left."""
        outcomes: dict[str, Outcome] = {"score": _score, "mixed": _mixed, "running": _running}
        outcome = outcomes[kind]
        history = _grow(sampler, space, self._n_trials(space), outcome)
        keys = [space.key(trial.params) for trial in history.trials]
        assert len(set(keys)) == len(keys)

    def test_a_finite_space_is_exhausted(self, sampler: Sampler, small_space: Space) -> None:
        """Every configuration is tried once, and then there is nothing left."""
        size = int(_n_configurations(small_space))
        history = _grow(sampler, small_space, size, _mixed)
        assert len({small_space.key(trial.params) for trial in history.trials}) == size
        with pytest.raises(SpaceExhaustedError):
            _suggest(sampler, small_space, history)

    @pytest.mark.parametrize(
        "kind",
        ["failed", "nan", "infinite", "equal", "some-infinite", "only-one", "one-while-others-run"],
    )
    def test_useless_results_are_tolerated(self, sampler: Sampler, space: Space, kind: str) -> None:
        """If trials failed, or say nothing, all of them or all but one, the search goes on."""
        outcome: Outcome = {
            "failed": _failed,
            "nan": lambda number: math.nan,
            "infinite": lambda number: math.inf if number % 2 else -math.inf,
            "equal": lambda number: 1.0,
            "some-infinite": lambda number: (_score(number), math.inf, -math.inf)[number % 3],
            "only-one": lambda number: "failed" if number else 1.0,
            "one-while-others-run": lambda number: None if number else 1.0,
        }[kind]
        history = _grow(sampler, space, self._n_trials(space), outcome)
        for trial in history.trials:
            space.check(trial.params)
        assert len({space.key(trial.params) for trial in history.trials}) == len(history.trials)

    def test_arguments_and_global_random_numbers_are_left_alone(
        self, sampler: Sampler, space: Space
    ) -> None:
        """A suggestion changes neither the history, nor the sampler's settings, nor the world."""
        history = _grow(sampler, space, self._n_trials(space) - 1, _mixed)
        before = pickle.dumps((history.records, sampler))
        state = pickle.dumps(np.random.get_state())
        _suggest(sampler, space, history)
        assert pickle.dumps((history.records, sampler)) == before
        assert pickle.dumps(np.random.get_state()) == state

    def test_perturbations_are_neighbours(self, sampler: Sampler, space: Space) -> None:
        """A perturbed configuration has the same parameters, one of them changed at least."""
        for seed in range(5):
            params = space.sample(np.random.default_rng(seed))
            history = History()
            for record in (Trial(0, params), Assignment(0, 1, (0,))):
                history.append(record)
            history.append(Measurement(0, 0, 1, "completed", {"score": 0.5}))
            fork = Fork(parent=0, parent_resource=1, resource=2, replaces=0)
            other = sampler.perturb(space, history, fork, np.random.default_rng(seed))
            space.check(other)
            assert other.keys() == params.keys()
            branch = space.branches[space.encoding.branch(space.encoding.encode([params])[0])]
            if math.prod(domain.size for domain in branch.values()) > 1:
                assert not _same(space, other, params)
            again = sampler.perturb(space, history, fork, np.random.default_rng(seed))
            assert _same(space, again, other)


# --------------------------------------------------------------------------- histories


def _grow(
    sampler: Sampler,
    space: Space,
    n_trials: int,
    outcome: Outcome,
    seed: int = 0,
    resource: Resource = None,
) -> History:
    """Run a sampler as the tuner does, one trial after the other."""
    history = History(seed=seed)
    for number in range(n_trials):
        history.append(Trial(number, _suggest(sampler, space, history)))
        history.append(Assignment(number, resource, (0,)))
        _measure(history, number, outcome(number))
    return history


def _climbing(history: History) -> History:
    """Return a copy in which trials go on: some have been promoted, some are just being."""
    climbing = replay(history)
    for every, resource, is_finished in ((2, 3, True), (4, 9, True), (5, 27, False), (3, 9, False)):
        for number in range(0, len(climbing.trials), every):
            latest = climbing.latest(number)
            is_free = climbing.trials[number] not in climbing.pending
            if is_free and latest is not None and latest.is_usable and latest.resource != resource:
                climbing.append(Assignment(number, resource, (0,)))
                if is_finished:
                    _measure(climbing, number, _finished(number + resource))
    return climbing


def _suggest(sampler: Sampler, space: Space, history: History) -> Params:
    rng = np.random.default_rng([history.seed, len(history.trials)])
    return sampler.suggest(space, history, rng)


def _measure(history: History, number: int, outcome: float | Status | None) -> None:
    if outcome is None:
        return
    resource = next(a.resource for a, _ in history.unfinished if a.trial == number)
    if isinstance(outcome, str):
        history.append(Measurement(number, 0, resource, outcome, {}))
    else:
        history.append(Measurement(number, 0, resource, "completed", {"score": outcome}))


def _measured(history: History, order: Iterable[int]) -> History:
    """Return a copy of a history of running trials, with results that came in in some order."""
    copied = replay(history)
    for number in order:
        _measure(copied, int(number), _finished(int(number)))
    return copied


def _score(number: int) -> float:
    return float(np.random.default_rng(number).normal())


def _finished(number: int) -> float | Status:
    """Good and bad and failed, in turn."""
    odd: dict[int, float | Status] = {
        2: "failed",
        4: math.nan,
        5: "worker-died",
        9: "failed",
        11: "diverged",
        12: "worker-died",
    }
    return odd.get(number % 14, _score(number))


def _mixed(number: int) -> float | Status | None:
    """Good and bad, failed and running, in turn."""
    return None if number % 7 == 3 else _finished(number)


def _running(number: int) -> None:
    return None


def _failed(number: int) -> Status:
    return "failed"


def _n_configurations(space: Space) -> float:
    return space.size if space.size > 1000 else sum(1 for _ in space.grid())


def _same(space: Space, params: Params, other: Params) -> bool:
    return space.key(params) == space.key(other)
