"""The search space: scikit-learn's own language, read as one conditional space."""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Mapping, Sequence
from functools import cached_property
from inspect import signature
from numbers import Integral
from typing import Any, TypeAlias

import numpy as np

from skhpo.exceptions import SpaceError, did_you_mean, warn_user
from skhpo.space.categorical import Categorical
from skhpo.space.distributions import distribution_domain
from skhpo.space.domains import Domain
from skhpo.space.encoding import Encoding
from skhpo.space.values import is_number
from skhpo.trial import Params

__all__ = ["Branch", "Space", "as_domain"]

#: One dict of a list of dicts: the domain of each of its parameters, by name.
Branch: TypeAlias = dict[str, Domain]


def as_domain(name: str, spec: Any) -> Domain:
    """Read what a user wrote for one parameter.

    Parameters
    ----------
    name : str
        The parameter's name, for errors.
    spec : Domain, distribution or sequence
        ``Float``, ``Int``, ``Categorical``; anything with ``rvs``; or a list, tuple, range,
        array or other sequence of values. A tuple of two numbers is two values, and warned of.

    Returns
    -------
    Domain

    Raises
    ------
    SpaceError
        If it is none of these, or makes no sense. The message says what to write instead.
    """
    if isinstance(spec, type) and (issubclass(spec, Domain) or hasattr(spec, "rvs")):
        raise SpaceError(
            f"Parameter {name!r}: got the class {spec.__name__}; write an instance of it, "
            f"{spec.__name__}({', '.join(_required(spec))})."
        )
    if isinstance(spec, Domain):
        domain = spec
    elif hasattr(spec, "rvs"):
        domain = distribution_domain(spec)
    else:
        if isinstance(spec, tuple):
            _check_tuple(name, spec)
        domain = Categorical(spec)
    domain.validate(name)
    return domain


def _check_tuple(name: str, values: tuple[Any, ...]) -> None:
    """Say that it is a list of values, where it looks like a range of scikit-optimize."""
    prior = values[2] if len(values) == 3 else "uniform"
    if len(values) not in (2, 3) or not isinstance(prior, str):
        return
    low, high = values[:2]
    if prior not in ("uniform", "log-uniform") or not (is_number(low) and is_number(high)):
        return
    if not low < high:
        return
    are_integers = isinstance(low, Integral) and isinstance(high, Integral)
    if are_integers and high - low == 1:  # nothing lies between them
        return
    kind, log = "Int" if are_integers else "Float", ", log=True" * (prior == "log-uniform")
    warn_user(
        f"Parameter {name!r}: the tuple {values!r} is a list of {len(values)} values, not a range. "
        f"Write {kind}({low!r}, {high!r}{log}) for a range, or {list(values)!r} for the values."
    )


def _required(cls: type) -> Iterator[str]:
    """Names of the arguments without which there is no instance."""
    parameters = signature(cls).parameters.values()
    return (
        p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    )


def _as_branch(spec: Any) -> Branch:
    if not isinstance(spec, Mapping):
        raise SpaceError(
            f"A search space is a dict (parameter name -> what it may be) or a list of such "
            f"dicts, got {spec!r} of type {type(spec).__name__}."
        )
    for name in spec:
        if not isinstance(name, str):
            raise SpaceError(f"Parameter names are strings, got {name!r} in the search space.")
    return {name: as_domain(name, spec[name]) for name in sorted(spec)}


def _holds(branch: Branch, params: Params) -> bool:
    return branch.keys() == params.keys() and all(
        params[name] in domain for name, domain in branch.items()
    )


class Space:
    """What may be tried.

    Parameters
    ----------
    param_distributions : dict or list of dicts
        Parameter name -> list of values, distribution, ``Float``, ``Int`` or ``Categorical``.
        A list of dicts is one space with a choice between its branches, not several searches.

    Attributes
    ----------
    branches : tuple of dict of str to Domain
        The dicts, read; names sorted.
    size : int or float
        Number of different configurations; ``math.inf`` if any parameter has a continuum.

    Raises
    ------
    SpaceError
        If the space makes no sense; the message names the parameter and the remedy.

    Examples
    --------
    >>> from skhpo import Float, Space
    >>> space = Space([{"kernel": ["linear"], "C": Float(0.1, 10, log=True)},
    ...                {"kernel": ["rbf"], "C": [1, 10], "gamma": ["scale", 0.1]}])
    >>> space.contains({"kernel": "rbf", "C": 10, "gamma": 0.1})
    True
    """

    def __init__(
        self, param_distributions: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> None:
        given: Any = param_distributions
        if not isinstance(given, (Sequence, Iterator)) or isinstance(given, str):
            specs = [given]
        else:
            specs = list(given)
        if not specs:
            raise SpaceError(
                "The search space is an empty list; give at least one dict of parameters."
            )
        self.branches: tuple[Branch, ...] = tuple(_as_branch(spec) for spec in specs)

    def __repr__(self) -> str:
        inner = [f"{{{', '.join(branch)}}}" for branch in self.branches]
        return f"Space({' or '.join(inner)}, size={self.size})"

    @cached_property
    def size(self) -> float:
        """Number of configurations; those that two branches share are counted twice."""
        sizes = [math.prod(domain.size for domain in b.values()) for b in self.branches]
        return sum(sizes)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of all parameters, sorted."""
        return tuple(sorted({name for branch in self.branches for name in branch}))

    @cached_property
    def encoding(self) -> Encoding:
        """The way to the unit cube and back, for samplers with a model."""
        return Encoding(self.branches)

    def check_encodable(self) -> None:
        """Raise an error if there is a parameter over which no model can be built.

        Raises
        ------
        SpaceError
            Naming the parameter, and what to write instead.
        """
        for branch in self.branches:
            for name, domain in branch.items():
                domain.check_encodable(name)

    # ------------------------------------------------------------------ membership

    def find_branch(self, params: Params) -> int | None:
        """Return the first branch that contains ``params``, or None.

        Parameters
        ----------
        params : mapping of str to object
            A configuration.
        """
        holding = (n for n, branch in enumerate(self.branches) if _holds(branch, params))
        return next(holding, None)

    def contains(self, params: Params) -> bool:
        """Whether ``params`` is a configuration of this space."""
        return self.find_branch(params) is not None

    def check(self, params: Params, label: str = "The configuration") -> None:
        """Raise an error that says why ``params`` is not in the space, if it is not.

        Parameters
        ----------
        params : mapping of str to object
            A configuration.
        label : str
            How to call it in the message.

        Raises
        ------
        SpaceError
            Naming the parameter that is unknown, missing or outside its domain.
        """
        if not isinstance(params, Mapping):
            raise SpaceError(f"{label} must be a dict of parameters, got {params!r}.")
        if self.contains(params):
            return
        for name in params:
            if name not in self.names:
                raise SpaceError(
                    f"{label} sets {name!r}, which is not in the search space."
                    f"{did_you_mean(name, self.names)} Its parameters are {list(self.names)}."
                )
        same_names = [branch for branch in self.branches if branch.keys() == params.keys()]
        if not same_names:
            missing = min((set(b) - set(params) for b in self.branches), key=len)
            reason = f"lacks {sorted(missing)}" if missing else "mixes several branches"
            raise SpaceError(
                f"{label} {dict(params)!r} {reason}; give a value for each parameter of one "
                f"branch: {' or '.join(str(list(branch)) for branch in self.branches)}."
            )
        outside = next(
            (name for name, domain in same_names[0].items() if params[name] not in domain), None
        )
        raise SpaceError(
            f"{label} sets {outside!r} to {params[outside]!r}, which is outside of the search "  # type: ignore[index]
            f"space; widen the space or choose another value."
        )

    def key(self, params: Params) -> Hashable:
        """Return what two configurations share exactly if they are the same one.

        Parameters
        ----------
        params : mapping of str to object
            A configuration of this space.

        Raises
        ------
        SpaceError
            If it is not in the space.
        """
        number = self.find_branch(params)
        if number is None:
            self.check(params)
        assert number is not None
        branch = self.branches[number]
        return (number, *(domain.key(params[name]) for name, domain in branch.items()))

    # ------------------------------------------------------------------ configurations

    def sample(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw a configuration: a branch, each as likely as the others, then its parameters.

        Parameters
        ----------
        rng : numpy.random.Generator
            Random numbers.
        """
        number = int(rng.integers(len(self.branches))) if len(self.branches) > 1 else 0
        return {name: domain.sample(rng) for name, domain in self.branches[number].items()}

    def grid(self) -> Iterator[dict[str, Any]]:
        """Iterate over every configuration, in the order of scikit-learn's ``ParameterGrid``.

        One that two branches share comes once.

        Raises
        ------
        SpaceError
            If a parameter has infinitely many values; the message names it.
        """
        for number, branch in enumerate(self.branches):
            earlier = [b for b in self.branches[:number] if b.keys() == branch.keys()]
            axes = []
            for name, domain in branch.items():
                if not math.isfinite(domain.size):
                    raise SpaceError(
                        f"Parameter {name!r} has infinitely many values, so there is no grid: "
                        f"write a list of values, or give Float a step."
                    )
                axes.append(list(domain.values()))
            for values in itertools.product(*axes):
                params = dict(zip(branch, values, strict=True))
                if not any(_holds(other, params) for other in earlier):
                    yield params
