"""The iterations of scikit-learn's halving searches, in the numbers they report."""

from __future__ import annotations

from dataclasses import dataclass

from skhpo.schedulers.base import Bracket
from skhpo.schedulers.rungs import check_factor, exact, n_divisions
from skhpo.settings import check_count

__all__ = ["HalvingIterations", "exhausting_resource"]


@dataclass(frozen=True)
class HalvingIterations:
    """What ``HalvingGridSearchCV`` and ``HalvingRandomSearchCV`` compute from their settings.

    Rungs are counted from the bottom: ``min_resources * factor**k``. Numbers of candidates are
    rounded up. The same numbers as scikit-learn's, but for its rounding error at exact powers:
    ``floor(log(243, 3))`` is 4.

    Parameters
    ----------
    n_candidates : int
        Candidates of the first iteration.
    min_resources, max_resources : int
        Resource of the first iteration, and the most for any.
    factor : float, default=3
        2 or more.
    aggressive_elimination : bool, default=False
        Whether to do all required iterations: the first ones are repeated at ``min_resources``
        where resources allow fewer, and the last one gets the most that a rung allows.

    Raises
    ------
    ValueError
        If one of them is no such number, or ``min_resources`` is above ``max_resources``.

    Examples
    --------
    >>> iterations = HalvingIterations(n_candidates=243, min_resources=1, max_resources=81)
    >>> iterations.n_required_iterations, iterations.n_possible_iterations
    (6, 5)
    >>> iterations.bracket
    Bracket(n_trials=(243, 81, 27, 9, 3), resources=(1, 3, 9, 27, 81))
    """

    n_candidates: int
    min_resources: int
    max_resources: int
    factor: float = 3
    aggressive_elimination: bool = False

    def __post_init__(self) -> None:
        owner = type(self).__name__
        for name in ("n_candidates", "min_resources", "max_resources"):
            check_count(owner, name, getattr(self, name))
        check_factor(owner, self.factor)
        if self.min_resources > self.max_resources:
            raise ValueError(
                f"{owner}: min_resources must not be greater than max_resources, got "
                f"{self.min_resources!r} and {self.max_resources!r}"
            )

    @property
    def n_required_iterations(self) -> int:
        """Iterations until no more than ``factor`` candidates are left to choose from."""
        return 1 + n_divisions(self.n_candidates, self.factor)

    @property
    def n_possible_iterations(self) -> int:
        """Iterations that the resources allow, each with ``factor`` times as much."""
        return 1 + n_divisions(self.max_resources // self.min_resources, self.factor)

    @property
    def n_iterations(self) -> int:
        """Iterations that are done."""
        if self.aggressive_elimination:
            return self.n_required_iterations
        return min(self.n_possible_iterations, self.n_required_iterations)

    @property
    def n_resources(self) -> tuple[int, ...]:
        """Resource of each iteration."""
        delay = 0
        if self.aggressive_elimination:
            delay = self.n_required_iterations - self.n_possible_iterations
        step = exact(self.factor)
        powers = (max(0, iteration - delay) for iteration in range(self.n_iterations))
        return tuple(
            min(int(step**power * self.min_resources), self.max_resources) for power in powers
        )

    @property
    def n_trials(self) -> tuple[int, ...]:
        """Candidates of each iteration (scikit-learn's ``n_candidates_``)."""
        return self._left(self.n_iterations)

    @property
    def n_remaining(self) -> int:
        """Candidates that are left after the last (``n_remaining_candidates_``)."""
        return self._left(self.n_iterations + 1)[-1]

    def _left(self, n_iterations: int) -> tuple[int, ...]:
        left = [self.n_candidates]
        for _ in range(n_iterations - 1):
            left.append(int(-(-left[-1] // exact(self.factor))))
        return tuple(left)

    @property
    def bracket(self) -> Bracket:
        """The same as a bracket.

        Iterations with the same resource are one rung: measuring the same again decides nothing.
        """
        by_resource: dict[int, int] = {}
        for n_trials, resource in zip(self.n_trials, self.n_resources, strict=True):
            by_resource.setdefault(resource, n_trials)
        return Bracket(tuple(by_resource.values()), tuple(by_resource))


def exhausting_resource(
    n_candidates: int, smallest: int, max_resources: int, factor: float = 3
) -> int:
    """Return scikit-learn's ``min_resources="exhaust"``: the last iteration gets all it can.

    Parameters
    ----------
    n_candidates : int
        Candidates of the first iteration.
    smallest : int
        No less than this.
    max_resources : int
        The most for any iteration.
    factor : float, default=3
        2 or more.

    Examples
    --------
    >>> exhausting_resource(n_candidates=9, smallest=2, max_resources=1000)
    111
    """
    last_iteration = n_divisions(n_candidates, factor)
    return max(smallest, int(max_resources // exact(factor) ** last_iteration))
