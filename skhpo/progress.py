"""A progress bar or plain lines, by ``verbose``."""

from __future__ import annotations

import logging
from time import monotonic
from typing import Any

from skhpo.bars import Bar, open_bar
from skhpo.callbacks import Callback
from skhpo.counts import counted
from skhpo.forecast import Forecast, Workload
from skhpo.history import History
from skhpo.log import is_redirected, tell
from skhpo.times import clock_text
from skhpo.trial import Evaluation, Measurement

__all__ = ["Progress"]

#: Plain progress lines over a whole search, where there is no terminal for a bar.
_N_LINES = 10

#: Characters of an error that are told with the fold that has failed.
_LONGEST = 120


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
    resource : str, default="resource"
        What training is divided by.
    """

    def __init__(
        self, verbose: int, work: Workload, n_workers: int = 1, resource: str = "resource"
    ) -> None:
        self.verbose = verbose
        self.work = work
        self.n_workers = n_workers
        self.resource = resource
        self._bar: Bar | None = None
        self._n_told = 0
        self._measured, self._failed = set[int](), set[int]()
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
        for evaluation in history.evaluations:
            self._count(evaluation)
        self._forecast = Forecast(work, self.n_workers, before)
        self._began_at = monotonic()
        if self.verbose == 1 and not is_redirected():
            self._bar = open_bar(len(before), work.total(len(before)))

    def on_measurement(self, history: History, measurement: Measurement) -> None:
        """Move the bar; print the fold from verbose=3 on."""
        self._forecast.add(measurement, monotonic() - self._began_at)
        if self._bar is not None:
            self._bar.show(*self._done(history), self._outlook(history))
        if self.verbose >= 3:
            outcome = _scores(measurement.scores) or measurement.status
            if measurement.reason is not None:
                outcome += f" ({_cut(measurement.reason)})"
            self._say(
                f"[trial {self._numbered(history, measurement)} "
                f"fold {measurement.fold + 1}/{self.work.n_folds}] {outcome}; "
                f"total time={measurement.fit_time + measurement.score_time:.1f}s",
                logging.DEBUG if measurement.status == "completed" else logging.WARNING,
            )

    def on_evaluation(self, history: History, evaluation: Evaluation) -> None:
        """Show the best score; print the trial from verbose=2 on."""
        self._count(evaluation)
        if self._bar is not None:
            self._bar.show(*self._done(history), self._outlook(history))
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
            self._tell(history, self._outlook(history))

    def on_pause(self, history: History) -> None:
        """Say so, and stop the clock."""
        self._paused_at = monotonic()
        if self._bar is not None:
            self._bar.show(*self._done(history), "paused")
        else:
            self._say("paused")

    def on_resume(self, history: History) -> None:
        """Let the clock go on."""
        self._began_at += monotonic() - self._paused_at
        if self._bar is not None:
            self._bar.show(*self._done(history), self._outlook(history))
        else:
            self._say("resumed")

    def on_end(self, history: History) -> None:
        """Close the bar, or say where the search ended: nothing is left, even if it was stopped."""
        if self._bar is not None:
            self._bar.show(*self._done(history), self._standing(history))
            self._bar.close()
            self._bar = None
        elif len(history.measurements) > self._n_told:
            self._tell(history, self._standing(history))

    def _numbered(self, history: History, record: Measurement | Evaluation) -> str:
        """Return which trial it was, by its number everywhere, and the how manieth of how many.

        Nobody knows how many copies there will be.
        """
        parent = history.trials[record.trial].parent
        total = f" ({record.trial + 1}/{self.work.n_trials})"
        if parent is not None:
            total = f", a copy of {parent},"
        at = "" if record.resource is None else f" at {self.resource} {record.resource:.10g}"
        return f"{record.trial}{total}{at}"

    def _standing(self, history: History) -> str:
        """Return the best score, and how many trials have a result, or have failed."""
        failed = f", {len(self._failed)} of them failed" if self._failed else ""
        return f"{_best(history)}, {counted(len(self._measured), 'trial')}{failed}"

    def _count(self, evaluation: Evaluation) -> None:
        self._measured.add(evaluation.trial)
        if evaluation.status == "completed":
            self._failed.discard(evaluation.trial)
        else:
            self._failed.add(evaluation.trial)

    def _outlook(self, history: History) -> str:
        """Return the same, and the time that is left."""
        left = self._forecast.seconds_left(monotonic() - self._began_at)
        if left is None or left < 1:
            return self._standing(history)
        return f"{self._standing(history)}, about {clock_text(left)} left"

    def _done(self, history: History) -> tuple[int, int]:
        """Return how many fits there are, and how many are expected in all."""
        n_done = len(history.measurements)
        return n_done, self.work.total(n_done)

    def _tell(self, history: History, standing: str) -> None:
        self._n_told, n_total = self._done(history)
        self._say(f"{self._n_told}/{n_total} fits, {standing}")

    def _say(self, line: str, level: int = logging.INFO) -> None:
        tell(level, line)


def _best(history: History) -> str:
    return "no score yet" if history.best is None else f"best score {history.best.score:.4g}"


def _cut(text: str) -> str:
    """Return a text that fits into a line among others."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."


def _scores(scores: Any) -> str:
    return ", ".join(f"{name}={score:.4g}" for name, score in scores.items())
