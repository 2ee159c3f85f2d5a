"""Which evaluations are more than one more: a rung is reached, a best is found."""

from __future__ import annotations

from typing import Literal

from skhpo.history import Event, History
from skhpo.index import HistoryIndex
from skhpo.trial import Evaluation, Resource

__all__ = ["Milestones"]


class Milestones:
    """Tells what an evaluation is besides, as a function of the history."""

    def __init__(self) -> None:
        self._firsts = HistoryIndex(_Firsts)

    def __call__(
        self, history: History, evaluation: Evaluation
    ) -> list[Literal["on_rung", "on_best"]]:
        """Return the hooks of callbacks that are to be told of an evaluation.

        Parameters
        ----------
        history : History
            What happened.
        evaluation : Evaluation
            The newest.
        """
        hooks: list[Literal["on_rung", "on_best"]] = []
        if self._firsts(history).by_resource.get(evaluation.resource) is evaluation:
            hooks.append("on_rung")
        if history.best is evaluation:
            hooks.append("on_best")
        return hooks


class _Firsts:
    """The first usable evaluation at each resource."""

    def __init__(self) -> None:
        self.by_resource: dict[Resource, Evaluation] = {}

    def read(self, event: Event) -> None:
        """Take in what happened next."""
        if isinstance(event, Evaluation) and event.is_usable and event.resource is not None:
            self.by_resource.setdefault(event.resource, event)
