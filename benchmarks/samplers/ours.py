"""skhpo's samplers, through the tuner."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.samplers.problem import Params
from skhpo import Tuner
from skhpo.samplers import Sampler

__all__ = ["Skhpo"]


class Skhpo:
    """A search with one of skhpo's samplers."""

    def __init__(
        self, sampler: Callable[[], Sampler], space: Any, seed: int, n_trials: int
    ) -> None:
        self._tuner = Tuner(space, sampler=sampler(), random_state=seed)

    def ask(self) -> Params:
        """Return the next configuration."""
        self._task = self._tuner.ask()
        return self._task.params

    def tell(self, params: Params, score: float) -> None:
        """Bring its score."""
        self._tuner.tell(self._task, score)
