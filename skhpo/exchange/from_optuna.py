"""A study of Optuna as a history: to look at, to compare, and to learn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skhpo.exceptions import did_you_mean
from skhpo.exchange._packages import package
from skhpo.exchange.records import RECORD, SEARCH, empty_history, read_trial
from skhpo.history import History
from skhpo.trial import Assignment, Measurement, Resource, Status, Trial

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

__all__ = ["from_optuna"]


def from_optuna(study: Study, *, metric: str | None = None) -> History:
    """Return a study of Optuna as a history.

    It can be inspected, drawn, compared with other searches, and given to ``warm_start_from``. A
    study that :func:`to_optuna` has made comes back as it was, with folds and times, but for the
    order in which results came in, values that are texts there, and scores of several objectives
    that Optuna's users have added to it. Of any other study

    * a value that is minimised is negated: in a history greater is better;
    * intermediate values are measurements at their steps, as a resource (counted from 1 where the
      steps begin at 0), and a complete trial is measured last at the highest step of all, with its
      final value in the place of an intermediate one there;
    * the time of a trial is divided among them in proportion to the resource;
    * trials that wait or run are left out, and the others numbered anew.

    Parameters
    ----------
    study : optuna.Study
        What was searched with Optuna.
    metric : str or None, default=None
        Of a study with several objectives, which one counts as optimised: a name given by
        ``set_metric_names``, otherwise ``"value_0"``, ``"value_1"`` ... None: the first one.

    Returns
    -------
    History

    Raises
    ------
    MissingExtraError
        If there is no Optuna.
    TypeError
        If it is no study.
    ValueError
        If it has no such metric.
    StorageError
        If what :func:`to_optuna` has written was changed.
    """
    optuna = package("optuna", "from_optuna", "optuna")
    if not isinstance(study, optuna.Study):
        raise TypeError(
            f"from_optuna takes a study of Optuna, got {type(study).__name__}; one in a storage is "
            f'read by optuna.load_study(study_name="...", storage="sqlite:///study.db")'
        )
    signs = [1 if d == optuna.study.StudyDirection.MAXIMIZE else -1 for d in study.directions]
    metrics = study.metric_names or (
        ["score"] if len(signs) == 1 else [f"value_{k}" for k in range(len(signs))]
    )
    if metric is not None and metric not in metrics:
        raise ValueError(
            f"from_optuna: metric={metric!r} is none of this study.{did_you_mean(metric, metrics)} "
            f"There are {metrics}"
        )
    written = study.user_attrs.get(SEARCH)
    trials = [t for t in study.get_trials(deepcopy=False) if t.state.is_finished()]
    reader = _Reader(dict(zip(metrics, signs, strict=True)), trials)
    if isinstance(written, str):
        history = empty_history(written, metric)
    else:
        history = History(metric=metric or metrics[0], full=reader.full)
    for number, frozen in enumerate(trials):
        history.extend(_records(*reader.read(number, frozen)))
    return history


def _records(trial: Trial, measured: Sequence[Measurement]) -> list[Any]:
    """Return a trial's records: those at one resource that follow each other are one decision."""
    records: list[Any] = [trial]
    together: list[Measurement] = []
    for measurement in [*measured, None]:
        is_next = measurement is None or (
            bool(together)
            and (
                measurement.resource != together[0].resource
                or measurement.fold in {m.fold for m in together}
            )
        )
        if is_next and together:
            folds = tuple(sorted(m.fold for m in together))
            records += [Assignment(trial.number, together[0].resource, folds), *together]
            together = []
        if measurement is not None:
            together.append(measurement)
    return records


class _Reader:
    """Reads trials of Optuna's.

    Parameters
    ----------
    signs : dict of str to int
        By metric, what values are multiplied with so that greater is better.
    trials : sequence of FrozenTrial
        All of the study that count.
    """

    def __init__(self, signs: dict[str, int], trials: Sequence[FrozenTrial]) -> None:
        self.signs = signs
        steps = [step for frozen in trials for step in frozen.intermediate_values]
        self.places = {frozen.number: place for place, frozen in enumerate(trials)}
        self.shift = 1 - min(steps) if steps and min(steps) < 1 else 0
        self.full: Resource = float(max(steps) + self.shift) if steps else None

    def read(self, number: int, frozen: FrozenTrial) -> tuple[Trial, list[Measurement]]:
        """Return a trial, and what was measured of it."""
        written = frozen.user_attrs.get(RECORD)
        if isinstance(written, str):
            return read_trial(written, number, frozen.params, self.places)
        found = self._found(frozen)
        began, ended = (
            math.nan if moment is None else moment.timestamp()
            for moment in (frozen.datetime_start, frozen.datetime_complete)
        )
        most = found[-1][0] or 1.0
        measured, before = [], 0.0
        for resource, scores, status in found:
            until = 1.0 if resource is None else resource / most
            times = [began + part * (ended - began) for part in (before, until)]
            seconds = times[1] - times[0]
            measured.append(
                Measurement(
                    number,
                    0,
                    resource,
                    status,
                    scores,
                    fit_time=0.0 if math.isnan(seconds) else seconds,
                    started_at=times[0],
                    finished_at=times[1],
                    error=None if status == "completed" else _reason(frozen),
                )
            )
            before = until
        return Trial(number, frozen.params), measured

    def _found(self, frozen: FrozenTrial) -> list[tuple[Resource, dict[str, float], Status]]:
        """Return the scores at each resource, and how it went."""
        name, sign = next(iter(self.signs.items()))
        steps = sorted(frozen.intermediate_values.items())
        found: list[tuple[Resource, dict[str, float], Status]] = [
            (float(step + self.shift), {name: sign * value}, "completed") for step, value in steps
        ]
        state = frozen.state.name
        if state == "PRUNED" and found:
            return found
        last: Resource = self.full
        if state == "COMPLETE":
            scores = {n: s * v for (n, s), v in zip(self.signs.items(), frozen.values, strict=True)}
            found = [each for each in found if each[0] != last]
            return [*found, (last, scores, "completed")]
        return [*found, (last, {}, "pruned" if state == "PRUNED" else "failed")]


def _reason(frozen: FrozenTrial) -> str:
    """Return what Optuna knows of a failure."""
    known = frozen.system_attrs.get("fail_reason")
    return f"{frozen.state.name} in Optuna" if known is None else str(known)
