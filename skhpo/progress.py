"""A progress bar or plain lines, by ``verbose``."""

from __future__ import annotations

import sys
from typing import Any

from skhpo.callbacks import Callback
from skhpo.history import History
from skhpo.trial import Evaluation, Measurement

__all__ = ["Progress"]

#: Plain progress lines over a whole search, where there is no terminal for a bar.
_N_LINES = 10


class Progress(Callback):
    """Tells a person how far a search is.

    Parameters
    ----------
    verbose : int
        1: a bar with the best score so far where there is a terminal or a notebook, otherwise
        about ten lines; 2: a line for each trial as well; 3 or more: a line for each fold too.
    n_trials : int
        How many trials there will be, at most; copies are not among them.
    n_folds : int
        Folds of each.
    n_fits : int
        How many fits there will be, at most: trials may be measured more than once.
    """

    def __init__(self, verbose: int, n_trials: int, n_folds: int, n_fits: int) -> None:
        self.verbose = verbose
        self.n_trials = n_trials
        self.n_folds = n_folds
        self.n_fits = n_fits
        self._bar: Any = None
        self._n_told = 0

    def on_start(self, history: History) -> None:
        """Say what is coming, in scikit-learn's words, and open the bar."""
        self._write(
            f"Fitting {self.n_folds} folds for each of {self.n_trials} candidates, "
            f"totalling {self.n_fits} fits"
        )
        if self.verbose == 1 and _is_interactive():
            from tqdm.auto import tqdm

            self._bar = tqdm(total=self.n_fits, unit="fit", file=sys.stdout)
            self._bar.update(len(history.measurements))

    def on_measurement(self, history: History, measurement: Measurement) -> None:
        """Move the bar; print the fold from verbose=3 on."""
        if self._bar is not None:
            self._bar.update()
        if self.verbose >= 3:
            outcome = _scores(measurement.scores) or measurement.status
            self._write(
                f"[trial {self._numbered(history, measurement)} "
                f"fold {measurement.fold + 1}/{self.n_folds}] {outcome}; "
                f"total time={measurement.fit_time + measurement.score_time:.1f}s"
            )

    def on_evaluation(self, history: History, evaluation: Evaluation) -> None:
        """Show the best score; print the trial from verbose=2 on."""
        if self._bar is not None:
            self._bar.set_postfix_str(_best(history))
            return
        if self.verbose >= 2:
            params = history.trials[evaluation.trial].params
            outcome = f"{evaluation.score:.4g}" if evaluation.is_usable else evaluation.status
            listed = ", ".join(f"{name}={value}" for name, value in params.items())
            self._write(f"[trial {self._numbered(history, evaluation)}] {listed}; {outcome}")
        if len(history.measurements) >= self._n_told + self.n_fits / _N_LINES:
            self._tell(history)

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
        total = f"/{self.n_trials}" if parent is None else f", a copy of {parent + 1},"
        return f"{record.trial + 1}{total}{_at(record)}"

    def _tell(self, history: History) -> None:
        self._n_told = len(history.measurements)
        self._write(f"{self._n_told}/{self.n_fits} fits, {_best(history)}")

    def _write(self, line: str) -> None:
        print(line, flush=True)  # noqa: T201 - what `verbose` asked for, as in scikit-learn


def _at(record: Measurement | Evaluation) -> str:
    return "" if record.resource is None else f" at {record.resource:.10g}"


def _best(history: History) -> str:
    return "no score yet" if history.best is None else f"best score {history.best.score:.4g}"


def _scores(scores: Any) -> str:
    return ", ".join(f"{name}={score:.4g}" for name, score in scores.items())


def _is_interactive() -> bool:
    return sys.stdout.isatty() or "ipykernel" in sys.modules
