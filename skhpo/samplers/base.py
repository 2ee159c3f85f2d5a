"""Which configuration next: the sampler's contract."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from skhpo.history import History
from skhpo.space import Space
from skhpo.trial import Fork, Params

__all__ = ["Sampler"]

#: Standard deviation of a perturbation, as a part of a parameter's range.
PERTURBATION = 0.1


class Sampler(ABC):
    """Suggests configurations.

    A sampler is a function of (space, history, rng). It holds settings, not state: whatever it
    caches can be dropped and rebuilt from the history. It knows nothing of resources or workers.

    Attributes
    ----------
    is_adaptive : bool
        Whether suggestions depend on measurements. If not, the tuner may start trials as early
        as there is a free worker, and the candidates are the same for every number of workers.
    """

    is_adaptive: bool = True

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"

    def check(self, space: Space) -> None:
        """Raise an error if the sampler can do nothing with a space; asked before a search.

        Parameters
        ----------
        space : Space
            What may be tried.

        Raises
        ------
        SpaceError
            Naming the parameter, and what to write instead.
        """

    @abstractmethod
    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the configuration of the next trial.

        Parameters
        ----------
        space : Space
            What may be tried.
        history : History
            What was tried, and what came of it. Trials without an evaluation are running.
        rng : numpy.random.Generator
            The trial's own random numbers; ``default_rng([seed, trial number])``.

        Returns
        -------
        dict of str to object
            A configuration inside ``space`` that no trial in ``history`` has, as long as there
            is one.

        Raises
        ------
        SpaceExhaustedError
            If every configuration of a finite space was tried.
        """

    def perturb(
        self, space: Space, history: History, fork: Fork, rng: np.random.Generator
    ) -> Params:
        """Return a configuration near that of a trial, for another one that continues it.

        Parameters
        ----------
        space : Space
            What may be tried.
        history : History
            What was tried, and what came of it.
        fork : Fork
            Which trial is continued, and from where.
        rng : numpy.random.Generator
            The new trial's own random numbers.

        Returns
        -------
        dict of str to object
            A configuration of the same branch that differs in one parameter at least.
        """
        (row,) = space.encoding.encode([history.trials[fork.parent].params])
        (neighbour,) = space.encoding.neighbours(row, rng, n=1, scale=PERTURBATION)
        return space.encoding.decode(neighbour)
