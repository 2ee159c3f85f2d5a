"""How the configuration of a copy departs from the original's."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping

import numpy as np

from skhpo.exceptions import SpaceError
from skhpo.history import History
from skhpo.samplers.base import PERTURBATION
from skhpo.settings import check_number
from skhpo.space import Domain, Space
from skhpo.trial import Fork, Params, Trial

__all__ = ["Exploration", "FunctionExploration", "Perturbation"]


#: Draws of a copy that is not the same as another one of the same state.
_MOST_DRAWS = 20

#: Configurations of each branch a function is tried with before a search: many leave the space
#: near its bounds only.
_N_TRIED = 20


class Exploration(ABC):
    """A rule for what a copy tries instead of what the original did. Holds settings only."""

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"

    def check(self, space: Space, free: Collection[str]) -> None:
        """Raise an error if the rule can do nothing with a space; asked before a search.

        Parameters
        ----------
        space : Space
            What may be tried.
        free : collection of str
            The parameters that may change.

        Raises
        ------
        SpaceError
            Saying what to do instead.
        """

    @abstractmethod
    def explore(
        self,
        space: Space,
        history: History,
        fork: Fork,
        free: Collection[str],
        rng: np.random.Generator,
    ) -> Params:
        """Return the configuration of a copy.

        Parameters
        ----------
        space : Space
            What may be tried.
        history : History
            What was tried, and what came of it.
        fork : Fork
            Which trial is copied, and at which age.
        free : collection of str
            The parameters that may change; the others are the original's.
        rng : numpy.random.Generator
            The copy's own random numbers.

        Returns
        -------
        dict of str to object
            A configuration of the same branch of the space.
        """


class Perturbation(Exploration):
    """Each parameter is drawn anew with some probability, and moved a little otherwise.

    Numbers are multiplied by one of the factors; where they may be zero, and multiplication would
    be stuck there, they move by the same part of half of their range instead. A value from an
    ordered list moves to the next one, up or down. One of a list without an order changes only
    when it is drawn anew. Something changes always, if anything can, and no two copies of one state
    are the same if they need not be.

    Parameters
    ----------
    factors : tuple of float, default=(0.8, 1.2)
        Positive numbers, each as likely as the others.
    resample_probability : float, default=0.25
        Of a parameter to be drawn anew.

    Raises
    ------
    ValueError
        If a setting makes no sense.

    References
    ----------
    Jaderberg, M., et al. (2017). Population based training of neural networks.
    arXiv:1711.09846, section 4.1.1, "perturb" and "resample".
    """

    def __init__(
        self, factors: tuple[float, ...] = (0.8, 1.2), resample_probability: float = 0.25
    ) -> None:
        owner = "Perturbation"
        try:
            factors = tuple(factors)
        except TypeError:
            factors = ()
        for factor in factors:
            check_number(owner, "factors: each", factor, closed="neither")
        if not factors or all(factor == 1 for factor in factors):
            raise ValueError(
                f"{owner}: factors must be numbers other than 1, such as (0.8, 1.2), "
                f"got {factors!r}"
            )
        check_number(owner, "resample_probability", resample_probability, most=1)
        self.factors = factors
        self.resample_probability = resample_probability

    def explore(
        self,
        space: Space,
        history: History,
        fork: Fork,
        free: Collection[str],
        rng: np.random.Generator,
    ) -> Params:
        """Perturb or resample; see :class:`Exploration`."""
        params = history.trials[fork.parent].params
        number = space.find_branch(params)
        assert number is not None, "a trial's configuration is in the space"
        domains = {n: d for n, d in space.branches[number].items() if n in free and d.size > 1}
        twins = {space.key(t.params) for t in history.trials if _is_twin(t, fork)}
        child = self._child(params, domains, rng)
        for _ in range(_MOST_DRAWS):
            if space.key(child) not in twins:
                break
            child = self._child(params, domains, rng)
        return child

    def _child(
        self, params: Params, domains: Mapping[str, Domain], rng: np.random.Generator
    ) -> Params:
        child = dict(params)
        for name, domain in domains.items():
            if rng.random() < self.resample_probability:
                child[name] = domain.sample(rng)
            else:
                child[name] = domain.scaled(child[name], self._factor(rng))
        names = list(domains)
        if names and all(domains[n].key(child[n]) == domains[n].key(params[n]) for n in names):
            name = names[int(rng.integers(len(names)))]
            child[name] = self._another(params[name], domains[name], rng)
        return child

    def _factor(self, rng: np.random.Generator) -> float:
        return float(self.factors[int(rng.integers(len(self.factors)))])

    @staticmethod
    def _another(value: object, domain: Domain, rng: np.random.Generator) -> object:
        """Return another value, near by where there is an order."""
        if not domain.n_columns:  # it can only be drawn
            return domain.sample(rng)
        columns = domain.encode(value)[None]
        return domain.decode(domain.neighbours(columns, rng, PERTURBATION)[0])


class FunctionExploration(Exploration):
    """A function of the user's own.

    Parameters
    ----------
    function : callable
        ``function(params, rng)``, with the original's configuration, a dict to be changed or not,
        and a :class:`numpy.random.Generator`, returns the copy's.

    Raises
    ------
    TypeError
        If it cannot be called so.
    """

    def __init__(
        self, function: Callable[[dict[str, object], np.random.Generator], Params]
    ) -> None:
        self.function = function
        if not callable(function) or not _takes_two(function):
            raise TypeError(
                f"explore must be a function of (params, rng), a dict and a "
                f"numpy.random.Generator, that returns a dict; got {function!r}"
            )

    def check(self, space: Space, free: Collection[str]) -> None:
        """Call the function with some configurations of each branch, drawn at random."""
        rng = np.random.default_rng(0)
        for branch in space.branches:
            for _ in range(_N_TRIED):
                params = {name: domain.sample(rng) for name, domain in branch.items()}
                self._explored(space, params, free, rng)

    def explore(
        self,
        space: Space,
        history: History,
        fork: Fork,
        free: Collection[str],
        rng: np.random.Generator,
    ) -> Params:
        """Call the function; see :class:`Exploration`.

        Raises
        ------
        SpaceError
            If it leaves the space, or changes what cannot change.
        """
        return self._explored(space, history.trials[fork.parent].params, free, rng)

    def _explored(
        self, space: Space, params: Params, free: Collection[str], rng: np.random.Generator
    ) -> Params:
        child = self.function(dict(params), rng)
        if not isinstance(child, Mapping) or not space.contains(child):
            raise SpaceError(
                f"explore={self.function!r} must return a configuration inside the search space; "
                f"for {dict(params)!r} it returned {child!r}. Clip what it changes to its bounds"
            )
        number = space.find_branch(child)
        if number != space.find_branch(params):
            raise SpaceError(
                f"explore={self.function!r} must stay in the branch of the search space; for "
                f"{dict(params)!r} it returned {dict(child)!r}"
            )
        assert number is not None
        for name, domain in space.branches[number].items():
            if name not in free and domain.key(child[name]) != domain.key(params[name]):
                raise SpaceError(
                    f"explore={self.function!r} has changed {name!r} from {params[name]!r} to "
                    f"{child[name]!r}, but a state that was trained cannot go on with another "
                    f"value of it: leave it as it is"
                )
        return dict(child)


def _takes_two(function: Callable[..., object]) -> bool:
    try:
        inspect.signature(function).bind(None, None)
    except ValueError:  # some built-in callables do not tell
        return True
    except TypeError:
        return False
    return True


def _is_twin(trial: Trial, fork: Fork) -> bool:
    """Whether a trial was copied from the same state."""
    return (trial.parent, trial.parent_resource) == (fork.parent, fork.parent_resource)
