"""A search as a study of Optuna: its dashboard, its pictures and its users' scripts read it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from skhpo.exceptions import did_you_mean, warn_user
from skhpo.exchange._packages import package
from skhpo.exchange.distributions import Translation, translations
from skhpo.exchange.records import RECORD, SEARCH, written_search, written_trial
from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.inspection.spaces import space_of
from skhpo.inspection.tables import history_of, sign_of
from skhpo.trial import Evaluation, Measurement, Trial

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial

__all__ = ["to_optuna"]


def to_optuna(
    source: Any,
    *,
    space: Any = None,
    metrics: Sequence[str] | None = None,
    storage: Any = None,
    study_name: str | None = None,
) -> Study:
    """Return a search as a study of Optuna.

    Each trial is one of the study, in the same order. It is ``COMPLETE`` with its score if it was
    measured with as much of the resource as any other, ``PRUNED`` if it was given up before,
    ``FAIL`` if it failed, and ``RUNNING`` if it was under way. The best of the search is
    ``COMPLETE``, with the score that it is the best by, whatever came of it later: it is the best
    of the study, too. Scores at the rungs are intermediate values; a resource that is no whole
    number is counted in rungs.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    space : Space, dict, list of dicts or None, default=None
        What could be tried, where the source does not know it any more, as that of a history. None:
        what the source says (a search on disk: ranges, lists, and ``loguniform``, ``uniform`` and
        ``randint`` of scipy), otherwise what was tried.
    metrics : sequence of str or None, default=None
        Makes a study with several objectives of these metrics, in the place of one: its values are
        of the same measurement, there are no intermediate ones, and ``PRUNED`` trials have none.
        None: the metric that was optimised; the means of others are attributes of the trial.
    storage : str, optuna.storages.BaseStorage or None, default=None
        Where Optuna keeps it, such as ``"sqlite:///study.db"`` for its dashboard. None: in memory.
    study_name : str or None, default=None
        Its name; None: Optuna makes one up.

    Returns
    -------
    optuna.Study
        With the source's own direction. Attributes of a trial (``user_attrs``) are
        ``fold_scores`` at the last measurement, ``resource`` (where training is divided),
        ``status``, ``fit_time`` and ``score_time`` (seconds, all folds and rungs together),
        ``mean_<metric>`` where there are several, ``error`` of a failure, ``parent`` of a copy; and
        what :func:`from_optuna` needs.

    Raises
    ------
    MissingExtraError
        If there is no Optuna.
    TypeError
        If there is no history in the source, or ``metrics`` is one text.
    ValueError
        If nobody was scored by one of the metrics, or the list of them is empty.
    optuna.exceptions.DuplicatedStudyError
        If there is such a study in the storage.

    Warns
    -----
    SkhpoWarning
        If values are told as texts, because Optuna cannot hold them, or tell them apart.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.exchange import to_optuna
    >>> tuner = Tuner({"x": Float(-1, 1)}, lambda params: params["x"], random_state=0)
    >>> study = to_optuna(tuner.run(n_trials=5))  # doctest: +SKIP
    >>> study.best_params == tuner.best_params  # doctest: +SKIP
    True
    """
    optuna = package("optuna", "to_optuna", "optuna")
    history, sign = history_of(source), sign_of(source)
    reported = names(m.scores for m in history.measurements)
    if isinstance(metrics, str):
        raise TypeError(
            f"to_optuna: metrics must be a list of names: write [{metrics!r}], not {metrics!r}"
        )
    if metrics is not None and not len(metrics):
        raise ValueError(
            f"to_optuna: metrics must name one at least, or be None for the one that was "
            f"optimised. The metrics are {reported}"
        )
    for metric in metrics or ():
        if metric not in reported:
            raise ValueError(
                f"to_optuna: nobody was scored by {metric!r}.{did_you_mean(metric, reported)} The "
                f"metrics are {reported}"
            )
    spoken = translations(space_of(source, space), [trial.params for trial in history.trials])
    in_words = [name for name, each in spoken.items() if each.is_told_in_words]
    if in_words:
        warn_user(
            f"to_optuna: some values of {', '.join(map(repr, in_words))} are texts in the study: "
            f"Optuna holds None, bools, numbers and texts, and takes what is equal for the same"
        )
    direction = "maximize" if sign > 0 else "minimize"
    study: Study = optuna.create_study(
        storage=storage,
        study_name=study_name,
        directions=[direction] * len(metrics) if metrics else [direction],
    )
    shown = list(metrics or [history.metric or next(iter(reported), "score")])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(shown)
    study.set_user_attr(SEARCH, written_search(history))
    writer = _Writer(optuna, history, sign, spoken, metrics)
    study.add_trials([writer.frozen(trial) for trial in history.trials])
    return study


@dataclass
class _Writer:
    """Writes the trials of a history as Optuna's."""

    optuna: Any
    history: History
    sign: int
    spoken: Mapping[str, Translation]
    metrics: Sequence[str] | None

    def __post_init__(self) -> None:
        self.evaluations: dict[int, list[Evaluation]] = {}
        self.measurements: dict[int, list[Measurement]] = {}
        for evaluation in self.history.evaluations:
            self.evaluations.setdefault(evaluation.trial, []).append(evaluation)
        for measurement in self.history.measurements:
            self.measurements.setdefault(measurement.trial, []).append(measurement)
        self.pending = {trial.number for trial in self.history.pending}
        self.best = self.history.best
        self.given_up = {trial.replaces for trial in self.history.trials}  # of a population
        usable = (e.resource for e in self.history.evaluations if e.is_usable)
        self.most = max((r for r in usable if r is not None), default=None)
        given = {e.resource for e in self.history.evaluations if e.resource is not None}
        are_whole = all(float(amount).is_integer() for amount in given)
        ranks = {amount: at for at, amount in enumerate(sorted(given), start=1)}
        self.steps = {amount: int(amount) if are_whole else ranks[amount] for amount in given}

    def frozen(self, trial: Trial) -> FrozenTrial:
        """Return a trial of Optuna's."""
        evaluations = self.evaluations.get(trial.number, [])
        measured = self.measurements.get(trial.number, [])
        state = self._state(trial, evaluations[-1] if evaluations else None)
        started, finished = _times(measured)
        intermediate = {
            self.steps[e.resource]: self.sign * e.score
            for e in evaluations
            if e.resource is not None and e.is_usable and not self.metrics
        }
        frozen: FrozenTrial = self.optuna.trial.FrozenTrial(
            number=trial.number,
            trial_id=trial.number,
            state=state,
            value=None,
            values=self._values(trial, state, evaluations),
            datetime_start=started,
            datetime_complete=finished if state.is_finished() else None,
            params={name: self.spoken[name](value) for name, value in trial.params.items()},
            distributions={name: self.spoken[name].distribution for name in trial.params},
            user_attrs=self._attributes(trial, evaluations, measured),
            system_attrs={},
            intermediate_values=intermediate,
        )
        return frozen

    def _state(self, trial: Trial, last: Evaluation | None) -> Any:
        states = self.optuna.trial.TrialState
        if last is None or trial.number in self.pending:
            return states.RUNNING
        if self.best is not None and trial.number == self.best.trial:
            return states.COMPLETE
        if last.status == "pruned":
            return states.PRUNED
        if not last.is_usable:
            return states.FAIL
        may_win = self.history.early_may_win and trial.number not in self.given_up
        is_full = last.resource == self.most or may_win
        return states.COMPLETE if is_full else states.PRUNED

    def _values(
        self, trial: Trial, state: Any, evaluations: Sequence[Evaluation]
    ) -> list[float] | None:
        """Return the values of a trial; Optuna takes its last intermediate one if it was pruned."""
        states = self.optuna.trial.TrialState
        usable = [e for e in evaluations if e.is_usable]
        if state == states.COMPLETE:
            judged = usable[-1]
            if self.best is not None and trial.number == self.best.trial:
                judged = self.best
            elif self.history.early_may_win:
                judged = max(usable, key=lambda e: e.score)
            if not self.metrics:
                return [self.sign * judged.score]
            return [self.sign * _mean(judged, metric) for metric in self.metrics]
        if state == states.PRUNED and usable and not self.metrics:
            return [self.sign * usable[-1].score]
        return None

    def _attributes(
        self, trial: Trial, evaluations: Sequence[Evaluation], measured: Sequence[Measurement]
    ) -> dict[str, Any]:
        """Return what Optuna has no place of its own for, as JSON can hold it."""
        attributes: dict[str, Any] = {"status": "running"}
        if evaluations:
            last = evaluations[-1]
            attributes["status"] = last.status
            attributes["fold_scores"] = [_jsonable(self.sign * s) for s in last.fold_scores]
            if last.resource is not None:
                attributes["resource"] = last.resource
            reported = names(m.scores for m in last.measurements)
            for metric in reported if len(reported) > 1 else ():
                attributes[f"mean_{metric}"] = _jsonable(self.sign * _mean(last, metric))
        for name in ("fit_time", "score_time"):
            attributes[name] = _jsonable(sum(getattr(m, name) for m in measured))
        error = next((m.error for m in measured if m.error), None)
        if error is not None:
            attributes["error"] = error
        if trial.parent is not None:
            attributes["parent"] = trial.parent
        attributes[RECORD] = written_trial(trial, measured)
        return attributes


def _jsonable(number: float) -> float | None:
    """Return a number as any reader of JSON can take it: None for what is not finite."""
    return float(number) if math.isfinite(number) else None


def _mean(evaluation: Evaluation, metric: str) -> float:
    values = [m.scores.get(metric, math.nan) for m in evaluation.measurements]
    return float(sum(values) / len(values)) if values else math.nan


def _times(measured: Sequence[Measurement]) -> tuple[datetime, datetime]:
    """Return when a trial began and when it ended; now where nobody has looked at a clock."""
    now = datetime.now()
    started = [m.started_at for m in measured if not math.isnan(m.started_at)]
    finished = [m.finished_at for m in measured if not math.isnan(m.finished_at)]
    return (
        datetime.fromtimestamp(min(started)) if started else now,
        datetime.fromtimestamp(max(finished)) if finished else now,
    )
