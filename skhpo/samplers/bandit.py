"""Population based bandits: a model of what each configuration gains in an interval, and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from skhpo.history import History
from skhpo.samplers.exploration import Exploration, Perturbation
from skhpo.samplers.proposals import proposals
from skhpo.settings import check_number
from skhpo.space import Space
from skhpo.surrogates import GaussianProcess, LogNormal, UpperConfidenceBound
from skhpo.surrogates.base import Array, Surrogate
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.section import PosteriorSection
from skhpo.surrogates.threads import one_thread
from skhpo.surrogates.transforms import normalise
from skhpo.trial import Fork, Params, Resource, Trial

__all__ = ["BanditExploration"]

_FEWEST = 4  # intervals a model can learn from; before that copies are perturbed

_MOST = 150  # intervals it is shown, the latest ones: what was good long ago is not any more
_LARGEST = 1e100  # score that can be reckoned with

#: What is gained in one interval is known less well than a score.
_SURROGATE = GaussianProcess(noise_variance=LogNormal(0.1, 1.0))


class BanditExploration(Exploration):
    """Copies try what promises to gain most from here on, under a Gaussian process: PB2.

    The model is one of the gain in score per unit of resource in an interval, over the
    configuration, the age at which the interval began, and the score it began with; so what was
    good early may be bad later. Copies made at the same age before this one are taken into account
    as if they gained what is expected of them. Until some intervals are over, copies are perturbed;
    when there are many, the latest count.

    Parameters
    ----------
    beta : float, default=2.0
        How much what is not known counts: a multiple of the standard deviation, added to the
        mean.
    surrogate : Surrogate or None, default=None
        The model; None is a :class:`~skhpo.surrogates.GaussianProcess` that expects more noise.

    References
    ----------
    Parker-Holder, J., Nguyen, V. and Roberts, S. J. (2020). Provably efficient online
    hyperparameter optimization with population-based bandits. Advances in Neural Information
    Processing Systems 33, Algorithm 1. Here the length scale of age takes the place of the factor
    by which older data count less, eq. (3).
    """

    def __init__(self, beta: float = 2.0, surrogate: Surrogate | None = None) -> None:
        check_number("BanditExploration", "beta", beta)
        self.beta = beta
        self.surrogate = surrogate

    def check(self, space: Space, free: Collection[str]) -> None:
        """Refuse a space with a parameter that no model can be built over."""
        space.check_encodable()

    def explore(
        self,
        space: Space,
        history: History,
        fork: Fork,
        free: Collection[str],
        rng: np.random.Generator,
    ) -> Params:
        """Return what promises most from the age of the fork on; see :class:`Exploration`."""
        params = history.trials[fork.parent].params
        number = space.find_branch(params)
        assert number is not None, "a trial's configuration is in the space"
        branch = space.branches[number]
        varied = {n: d for n, d in branch.items() if n in free and d.size > 1}
        gains = _gains(space, history, number, _amount(fork.parent_resource))
        if not varied or len(gains.trials) < _FEWEST:
            return Perturbation().explore(space, history, fork, free, rng)
        with one_thread():
            siblings = _siblings(space, history, number, fork)
            found = self._most_promising(Space(varied), history, gains, siblings, fork, rng)
            return {**params, **found}

    def _most_promising(
        self,
        varied: Space,
        history: History,
        gains: _Gains,
        siblings: Sequence[Trial],
        fork: Fork,
        rng: np.random.Generator,
    ) -> Params:
        """Return the values of what varies that promise most."""
        encoding = varied.encoding

        def rows(numbers: Sequence[int]) -> Array:
            chosen = (history.trials[number].params for number in numbers)
            return encoding.encode([{n: params[n] for n in varied.names} for params in chosen])

        X = np.hstack([rows(gains.trials), gains.context(gains.ages, gains.bases)])
        columns = Columns((*encoding.widths, 1, 1), encoding.n_active + 2)
        posterior = (self.surrogate or _SURROGATE).fit(X, normalise(gains.rewards), columns)

        age, scores = _amount(fork.parent_resource), _scores(history)
        own = rows([fork.parent])
        here = gains.context(np.array([age]), np.array([scores[fork.parent][age]]))
        if siblings:
            bases = [scores[trial.parent][age] for trial in siblings if trial.parent is not None]
            begun = gains.context(np.full(len(siblings), age), np.array(bases))
            begun = np.hstack([rows([trial.number for trial in siblings]), begun])
            posterior = posterior.condition_on(begun)
        section = PosteriorSection(here[0], posterior)
        criterion = UpperConfidenceBound(self.beta).criterion(section, own, rng)
        return encoding.decode(next(proposals(encoding, criterion, own, rng)))


@dataclass(frozen=True, eq=False)
class _Gains:
    """What trials gained in intervals that are over.

    Parameters
    ----------
    trials : list of int, length n
        Whose they were.
    ages, bases, rewards : array of shape (n,)
        Total resource, and score, when the interval began; gain per unit of resource.
    """

    trials: list[int]
    ages: Array
    bases: Array
    rewards: Array

    def context(self, ages: Array, bases: Array) -> Array:
        """When intervals begin, and from which score, as columns about the unit interval."""
        low, spread = self.bases.min(), np.ptp(self.bases) or 1.0
        return np.column_stack([ages / self.ages.max(), np.clip((bases - low) / spread, 0.0, 1.0)])


def _gains(space: Space, history: History, branch: int, until: float) -> _Gains:
    """Return the gains of trials of a branch, in intervals that ended by the age of a fork.

    What came in of later ones depends on how many workers there are.
    """
    scores = _scores(history)
    trials, rows = [], []
    for trial in history.trials:
        if space.find_branch(trial.params) != branch:
            continue
        path = sorted(scores.get(trial.number, {}).items())
        if trial.parent is not None:
            age = _amount(trial.parent_resource)
            path.insert(0, (age, scores[trial.parent][age]))
        for (age, base), (end, score) in pairwise(path):
            if end <= until:
                trials.append(trial.number)
                rows.append((age, base, (score - base) / (end - age)))
    ages, bases, rewards = np.array(rows).reshape(-1, 3).T
    latest = np.sort(np.argsort(-ages, kind="stable")[:_MOST])
    return _Gains([trials[at] for at in latest], ages[latest], bases[latest], rewards[latest])


def _siblings(space: Space, history: History, branch: int, fork: Fork) -> list[Trial]:
    """Return the copies that were made at the same age before, in the same branch."""
    return [
        trial
        for trial in history.trials
        if trial.parent is not None
        and trial.parent_resource == fork.parent_resource
        and space.find_branch(trial.params) == branch
    ]


def _scores(history: History) -> dict[int, dict[float, float]]:
    """Return the scores of each trial, by resource; what is infinite as a very large number."""
    scores: dict[int, dict[float, float]] = {}
    for evaluation in history.evaluations:
        if evaluation.is_usable:
            score = float(np.clip(evaluation.score, -_LARGEST, _LARGEST))
            scores.setdefault(evaluation.trial, {})[_amount(evaluation.resource)] = score
    return scores


def _amount(resource: Resource) -> float:
    assert resource is not None, "a population trains in intervals"
    return float(resource)
