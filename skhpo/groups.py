"""Cross-validation of several candidates at once, where one program can train them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from skhpo.evaluation import FoldEvaluator, Training
from skhpo.exceptions import DivergedError
from skhpo.resources import Trained, TrainingSet
from skhpo.space import Space
from skhpo.trial import Report, Task

__all__ = ["GroupEvaluator"]


@dataclass(frozen=True)
class GroupEvaluator(FoldEvaluator):
    """Fits configurations on a fold's training part and scores them: one, or several together.

    What is together are candidates that the resource can train in one program, on the same fold,
    from the same amount of it to the same one.
    """

    def n_together(self, space: Space, learns: bool) -> int:
        """Return how many candidates are worth collecting; 1 if hardly any two go together.

        Parameters
        ----------
        space : Space
            What is searched.
        learns : bool
            Whether the configurations depend on what was measured before.
        """
        most = 1 if self.resource is None else self.resource.most_together(learns)
        if most == 1:
            return 1
        rng = np.random.default_rng(self.seed)
        drawn = [Task(number, 0, 1, space.sample(rng)) for number in range(most)]
        keys = Counter(key for key in map(self.group_key, drawn) if key is not None)
        return most if max(keys.values(), default=0) > 1 else 1

    def group_key(self, task: Task) -> Hashable | None:
        """Return what tasks share that can be done together; None for those done alone.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold.
        """
        # Callbacks are told of each fit by itself, and what `fit` is given besides is too varied.
        if self.resource is None or self.caller is not None or self.fit_params:
            return None
        try:
            key = self.resource.group_key(self._candidate(task), task.params)
        except Exception:  # alone it will say what is wrong with it
            return None
        return None if key is None else (task.fold, task.reached, task.resource, key)

    def together(self, tasks: Sequence[Task]) -> list[Report | None]:
        """Fit together, and score.

        Parameters
        ----------
        tasks : sequence of Task
            With the same :meth:`group_key`.

        Returns
        -------
        list of Report or None
            None for what has to be done alone, because the state to go on from is another than
            the others', or something went wrong.
        """
        states = [self._state(task) for task in tasks]
        reached = [None if state is None else state.resource for state in states]
        ready = [n for n, task in enumerate(tasks) if reached[n] == task.reached]
        reports: list[Report | None] = [None] * len(tasks)
        if len(ready) < 2:
            return reports
        assert self.resource is not None, "without one there are no keys"
        assert tasks[0].resource is not None
        candidates = [self._candidate(tasks[n]) for n in ready]
        train, test = self._parts(candidates[0], tasks[0])
        started = time.perf_counter()
        outcomes = self.resource.train_together(
            candidates, self._data(train), tasks[0].resource, [states[n] for n in ready]
        )
        fit_time = (time.perf_counter() - started) / len(ready)
        for n, candidate, outcome in zip(ready, candidates, outcomes, strict=True):
            if isinstance(outcome, (Trained, DivergedError)):
                # With `raise_failures` it fails once more alone, and says so there.
                with suppress(Exception):
                    report = self._measured(candidate, train, test, tasks[n], _given(outcome))
                    reports[n] = replace(report, fit_time=report.fit_time + fit_time)
        return reports


def _given(outcome: Trained | DivergedError) -> Training:
    """Return a training that was done before."""

    def training(estimator: Any, data: TrainingSet, task: Task) -> Trained:
        if isinstance(outcome, DivergedError):
            raise outcome
        return outcome

    return training
