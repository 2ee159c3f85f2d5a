"""A progress bar or plain lines, by ``verbose``."""

from __future__ import annotations

import logging
import sys
from time import monotonic
from typing import Any

from skhpo.callbacks import Callback
from skhpo.forecast import Forecast, Workload
from skhpo.history import History
from skhpo.log import is_redirected, tell
from skhpo.trial import Evaluation, Measurement

__all__ = ["Progress", "as_time"]

#: Plain progress lines over a whole search, where there is no terminal for a bar.
_N_LINES = 10

#: tqdm's own, but for the time left: its fits would all take as long as the last ones.
_BAR = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} fits [{elapsed}{postfix}]"


class Progress(Callback):
    """Tells a person how far a search is.

    Parameters
    ----------
    verbose : int
        1: a bar with the best score so far where there is a terminal or a notebook, otherwise
        about ten lines; 2: a line for each trial as well; 3 or more: a line for each fold too.
        Lines go where :mod:`skhpo.log` says.
    work : Workload
        What there is to do: trials may be measured more than once. Copies are not among its trials.
    n_workers : int, default=1
        How many do it.
    """

    def __init__(self, verbose: int, work: Workload, n_workers: int = 1) -> None:
        self.verbose = verbose
        self.work = work
        self.n_workers = n_workers
        self._bar: Any = None
        self._n_told = 0
        self._forecast = Forecast(work, n_workers)
        self._began_at = self._paused_at = 0.0

    def on_start(self, history: History) -> None:
        """Say what is coming, in scikit-learn's words, and open the bar."""
        work, before = self.work, history.measurements
        self._say(
            f"Fitting {work.n_folds} folds for each of {work.n_trials} candidates, "
            f"totalling {work.n_fits} fits"
        )
        if before:
            self._say(f"{len(before)} of them were done before")
        self._n_told = len(before)
        self._forecast = Forecast(work, self.n_workers, before)
        self._began_at = monotonic()
        if self.verbose == 1 and _is_interactive() and not is_redirected():
            from tqdm.auto import tqdm

            self._bar = tqdm(
                total=work.n_fits, initial=len(before), file=sys.stdout, bar_format=_BAR
            )

    def on_measurement(self, history: History, measurement: Measurement) -> None:
        """Move the bar; print the fold from verbose=3 on."""
        self._forecast.add(measurement)
        if self._bar is not None:
            self._bar.total = self.work.total(len(history.measurements))
            self._bar.set_postfix_str(self._standing(history), refresh=False)
            self._bar.update()
        if self.verbose >= 3:
            outcome = _scores(measurement.scores) or measurement.status
            self._say(
                f"[trial {self._numbered(history, measurement)} "
                f"fold {measurement.fold + 1}/{self.work.n_folds}] {outcome}; "
                f"total time={measurement.fit_time + measurement.score_time:.1f}s",
                logging.DEBUG if measurement.status == "completed" else logging.WARNING,
            )

    def on_evaluation(self, history: History, evaluation: Evaluation) -> None:
        """Show the best score; print the trial from verbose=2 on."""
        if self._bar is not None:
            self._bar.set_postfix_str(self._standing(history))
            return
        if self.verbose >= 2:
            params = history.trials[evaluation.trial].params
            outcome = f"{evaluation.score:.4g}" if evaluation.is_usable else evaluation.status
            listed = ", ".join(f"{name}={value}" for name, value in params.items())
            self._say(
                f"[trial {self._numbered(history, evaluation)}] {listed}; {outcome}",
                logging.INFO if evaluation.status == "completed" else logging.WARNING,
            )
        if len(history.measurements) >= self._n_told + self.work.n_fits / _N_LINES:
            self._tell(history)

    def on_pause(self, history: History) -> None:
        """Say so, and stop the clock."""
        self._paused_at = monotonic()
        if self._bar is not None:
            self._bar.set_postfix_str("paused")
        else:
            self._say("paused")

    def on_resume(self, history: History) -> None:
        """Let the clock go on."""
        self._began_at += monotonic() - self._paused_at
        if self._bar is not None:
            self._bar.set_postfix_str(self._standing(history))
        else:
            self._say("resumed")

    def on_end(self, history: History) -> None:
        """Close the bar, or say where the search ended."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        elif len(history.measurements) > self._n_told:
            self._tell(history)

    def _numbered(self, history: History, record: Measurement | Evaluation) -> str:
        """Return which trial it was, of how many; nobody knows how many copies there will be."""
        parent = history.trials[record.trial].parent
        total = f"/{self.work.n_trials}" if parent is None else f", a copy of {parent + 1},"
        return f"{record.trial + 1}{total}{_at(record)}"

    def _standing(self, history: History) -> str:
        """Return the best score, how many trials there are, and the time that is left."""
        n_trials = len(history.trials)
        parts = [_best(history), f"{n_trials} trial{'' if n_trials == 1 else 's'}"]
        left = self._forecast.seconds_left(monotonic() - self._began_at)
        if left is not None and left >= 1:
            parts.append(f"about {as_time(left)} left")
        return ", ".join(parts)

    def _tell(self, history: History) -> None:
        self._n_told = n_done = len(history.measurements)
        self._say(f"{n_done}/{self.work.total(n_done)} fits, {self._standing(history)}")

    def _say(self, line: str, level: int = logging.INFO) -> None:
        tell(level, line)


def as_time(seconds: float) -> str:
    """Return a span of time for people: ``0:07``, ``12:05``, ``3:25:45``, or in days.

    Parameters
    ----------
    seconds : float
        How long.
    """
    minutes, seconds_ = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours}:{minutes:02}:{seconds_:02}" if hours else f"{minutes}:{seconds_:02}"


def _at(record: Measurement | Evaluation) -> str:
    return "" if record.resource is None else f" at {record.resource:.10g}"


def _best(history: History) -> str:
    return "no score yet" if history.best is None else f"best score {history.best.score:.4g}"


def _scores(scores: Any) -> str:
    return ", ".join(f"{name}={score:.4g}" for name, score in scores.items())


def _is_interactive() -> bool:
    return sys.stdout.isatty() or "ipykernel" in sys.modules
