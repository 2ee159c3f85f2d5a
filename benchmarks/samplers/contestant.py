"""What a contestant is, and a problem's space as peers without branches see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from benchmarks.samplers.problem import Params
from skhpo import Space
from skhpo.space import Categorical, Domain

__all__ = ["BRANCH", "FlatSpace", "Search", "Start", "Variable"]


class Search(Protocol):
    """A search that is asked and told, one trial after the other."""

    def ask(self) -> Params:
        """Return the next configuration."""

    def tell(self, params: Params, score: float) -> None:
        """Bring the score of what was just asked for; greater is better."""


#: ``start(space, seed, n_trials)`` begins a search; some plan with the budget.
Start: TypeAlias = Callable[[Any, int, int], Search]

#: The variable that says which branch of a conditional space is meant.
BRANCH = "branch"


@dataclass(frozen=True)
class Variable:
    """A parameter that is not constant.

    Parameters
    ----------
    label : str
        Its name; with the number of its branch where branches differ in what it may be.
    name : str
        The name of the parameter.
    domain : Domain
        What it may be.
    branches : tuple of int
        Where it is active.
    """

    label: str
    name: str
    domain: Domain
    branches: tuple[int, ...]

    @property
    def values(self) -> list[Any] | None:
        """Every value of a list, in its order; None for a range of numbers."""
        return list(self.domain.values()) if isinstance(self.domain, Categorical) else None

    @property
    def is_ordered(self) -> bool:
        """Whether it is a list with an order that is worth telling."""
        domain = self.domain
        return isinstance(domain, Categorical) and domain.is_ordered and domain.size > 2


class FlatSpace:
    """A conditional space as variables, of which some are inactive in some branches.

    A parameter that may be the same in several branches is one variable. Values of lists are
    meant by their number, since most peers take nothing but strings and numbers.

    Parameters
    ----------
    space : dict or list of dicts
        In skhpo's language.
    """

    def __init__(self, space: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> None:
        self._branches = Space(space).branches
        self.n_branches = len(self._branches)
        self.variables = list(self._variables())

    def _variables(self) -> Sequence[Variable]:
        found: dict[tuple[str, Any], list[int]] = {}
        domains: dict[tuple[str, Any], Domain] = {}
        for number, branch in enumerate(self._branches):
            for name, domain in branch.items():
                if domain.size > 1:
                    found.setdefault((name, domain.signature()), []).append(number)
                    domains.setdefault((name, domain.signature()), domain)
        names = [name for name, _ in found]
        return [
            Variable(
                name if names.count(name) == 1 else f"{name}.{numbers[0]}",
                name,
                domains[name, signature],
                tuple(numbers),
            )
            for (name, signature), numbers in found.items()
        ]

    def active(self, branch: int) -> list[Variable]:
        """Return the variables that mean something in a branch."""
        return [variable for variable in self.variables if branch in variable.branches]

    def params(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the configuration that is meant.

        Parameters
        ----------
        values : mapping of str to object
            A number for each active variable by label, and for :data:`BRANCH`, if there are any.
        """
        branch = int(values[BRANCH]) if self.n_branches > 1 else 0
        params = {n: next(d.values()) for n, d in self._branches[branch].items() if d.size == 1}
        for variable in self.active(branch):
            value = values[variable.label]
            if variable.values is not None:
                value = variable.values[int(value)]
            elif not variable.domain.is_continuous:
                value = int(value)
            else:  # a rounding error outside of its bounds is not meant
                value = min(max(float(value), variable.domain.low), variable.domain.high)
            params[variable.name] = value
        return params
