"""What ``verbose`` prints."""

from __future__ import annotations

import io
import itertools
import logging
import re
import sys
import types

import pytest
from search_parts import Anything
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import SGDClassifier

from skhpo import BayesSearchCV, HalvingSearchCV, RandomSearchCV
from skhpo.callbacks import Callback
from skhpo.control import Control

VALUES = {"value": [1, "a"]}


def printed(capsys, verbose, iris, n_iter=2, **settings):
    space = {"value": list(range(n_iter))}
    search = RandomSearchCV(Anything(), space, n_iter=n_iter, cv=2, verbose=verbose, **settings)
    search.fit(*iris)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def test_silence(capsys, iris):
    assert printed(capsys, 0, iris) == []


def test_plain_lines_where_there_is_no_terminal(capsys, iris):
    lines = printed(capsys, 1, iris, n_iter=25)
    assert lines[0] == "Fitting 2 folds for each of 25 candidates, totalling 50 fits"
    assert 10 <= len(lines) <= 15
    assert lines[-1].startswith("50/50 fits, best score 0.")


def test_trials_and_folds(capsys, iris):
    trials = printed(capsys, 2, iris, initial_params=[{"value": 1}])
    assert sum(line.startswith("[trial ") for line in trials) == 2
    assert any(line.startswith("[trial 0 (1/2)] value=1; 0.") for line in trials)
    folds = printed(capsys, 3, iris)
    assert sum(line.startswith("[trial 1 (2/2) fold 2/2] score=0.") for line in folds) == 1
    assert sum("total time=" in line for line in folds) == 4


def test_what_a_trial_had_is_told_with_its_unit(capsys, iris):
    search = HalvingSearchCV(
        SGDClassifier(random_state=0), {"alpha": [1e-4, 1e-3, 1e-2]}, cv=2, resource="epochs",
        n_candidates=3, min_resources=1, max_resources=3, random_state=0, verbose=3,
    )  # fmt: skip
    search.fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("[trial 1 (2/3) at epochs 1] alpha=") for line in lines) == 1
    assert (
        sum(line.startswith("[trial 1 (2/3) at epochs 1 fold 2/2] score=") for line in lines) == 1
    )
    assert sum(" at epochs 3] alpha=" in line for line in lines) == 1


@pytest.mark.filterwarnings("ignore:.*")
def test_trials_are_those_with_a_result_and_the_failed_are_counted(capsys, iris):
    class Fails(Anything):
        def fit(self, X, y):
            if self.value == 1:
                raise ValueError("no")
            return super().fit(X, y)

    space = {"value": [0, 1, 2]}
    search = RandomSearchCV(Fails(), space, n_iter=3, cv=2, verbose=1, random_state=0)
    search.fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(", 3 trials, 1 of them failed")
    counts = [int(found[1]) for line in lines if (found := re.search(r"(\d) trial", line))]
    told = [line for line in lines if line.startswith("2/6 fits")]
    assert all(", 1 trial" in line for line in told)
    assert counts == sorted(counts)


def test_failures_are_told(capsys, iris):
    class Fails(Anything):
        def fit(self, X, y):
            raise ValueError("no")

    search = RandomSearchCV(Fails(), VALUES, n_iter=2, cv=2, verbose=3, random_state=0)
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        search.fit(*iris)
    out = capsys.readouterr().out
    assert out.count("] failed (") == 4
    assert out.count("; failed\n") == 2
    assert out.endswith("4/4 fits, no score yet, 2 trials, 2 of them failed\n")
    assert out.count("failed (ValueError: no); total time=") == 4
    assert "4/4 fits, no score yet" in out


def test_last_line_tells_where_a_search_ended(capsys, iris, monkeypatch):
    """Also where it ended early: 4 of 30, between two of the regular lines. Nothing is left then."""
    monkeypatch.setattr("skhpo.progress.monotonic", itertools.count(step=1000).__next__)

    class Interrupted(Anything):
        def fit(self, X, y):
            if self.value == 4:
                raise KeyboardInterrupt
            return super().fit(X, y)

    values = [{"value": value} for value in range(30)]
    space = {"value": list(range(30))}
    search = RandomSearchCV(Interrupted(), space, n_iter=30, initial_params=values, verbose=1)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*iris)
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines[-1].endswith(" left")
    assert re.fullmatch(r"20/150 fits, best score 0\.\d+, 4 trials", last)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_in_a_terminal(iris, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    search = BayesSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=1, random_state=0)
    search.fit(*iris)
    shown = terminal.getvalue()
    assert "4/4" in shown
    assert f"best score {search.best_score_:.4g}" in shown
    assert shown.endswith("\n")


def shown_in_a_terminal(search, iris):
    """All that a fit writes where standard output is a real terminal."""
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals here")
    ours, theirs = pty.openpty()
    with open(ours, "rb", buffering=0) as screen, open(theirs, "w") as terminal:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "stdout", terminal)
            search.fit(*iris)
        print("(end)", file=terminal, flush=True)
        shown = b""
        while b"(end)" not in shown:  # it comes in pieces
            shown += screen.read(4096)
        return shown.decode()


def test_bar_in_a_terminal_that_does_not_know_its_size(iris):
    """As of a container, or of a job that runs at night."""
    search = BayesSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=1, random_state=0)
    assert "| 4/4 fits" in shown_in_a_terminal(search, iris)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_bar_tells_the_time_that_is_left(n_jobs, iris, monkeypatch):
    """From when each worker can have finished something, and no more when all is done."""
    monkeypatch.setattr("skhpo.progress.monotonic", itertools.count(step=10).__next__)
    space = {"value": list(range(4))}
    search = RandomSearchCV(Anything(), space, n_iter=4, cv=2, verbose=1, n_jobs=n_jobs)
    shown = re.findall(r"\| (\d+)/8 fits \[([^\r\n]*)\]", shown_in_a_terminal(search, iris))
    told = [int(count) for count, beside in shown if re.search(r"about \d+:\d\d left$", beside)]
    assert told[0] == n_jobs, "the forecast knows how many workers there are"
    assert shown[-1][0] == "8"
    assert "left" not in shown[-1][1]


def test_lines_for_a_stand_in_that_can_only_write(iris, monkeypatch):
    """As many a program has one, to write to a file as well."""
    written = []
    stand_in = types.SimpleNamespace(write=written.append, flush=lambda: None)
    monkeypatch.setattr(sys, "stdout", stand_in)
    BayesSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=1, random_state=0).fit(*iris)
    assert "".join(written).splitlines()[-1].startswith("4/4 fits, best score 0.")


def test_a_resumed_bar_begins_where_the_search_was(iris, monkeypatch, tmp_path):
    def search(n_iter, verbose):
        return RandomSearchCV(
            Anything(),
            {"value": list(range(8))},
            n_iter=n_iter,
            cv=2,
            verbose=verbose,
            random_state=0,
            storage=tmp_path,
        )

    search(5, 0).fit(*iris)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    search(8, 1).fit(*iris)
    shown = terminal.getvalue()
    assert "10 of them were done before" in shown
    counts = [int(count) for count in re.findall(r"\| (\d+)/16 fits", shown)]
    assert counts[0] == 10
    assert counts == sorted(counts)
    assert counts[-1] == 16
    assert "8 trials" in shown


def test_resumed_lines(iris, capsys, tmp_path):
    settings = {"cv": 2, "random_state": 0, "storage": tmp_path}
    space = {"value": list(range(30))}
    RandomSearchCV(Anything(), space, n_iter=20, **settings).fit(*iris)
    RandomSearchCV(Anything(), space, n_iter=30, verbose=1, **settings).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "40 of them were done before"
    told = [int(line.partition("/")[0]) for line in lines[2:]]
    assert told == [46, 52, 58, 60]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_no_line_of_a_log_holds_what_only_a_terminal_understands(n_jobs, iris, capsys, monkeypatch):
    monkeypatch.setattr("skhpo.progress.monotonic", itertools.count(step=10).__next__)
    search = RandomSearchCV(
        Anything(), {"value": list(range(30))}, n_iter=30, cv=2, verbose=1, n_jobs=n_jobs
    )
    search.fit(*iris)
    out = capsys.readouterr().out
    assert out.replace("\n", "").isprintable()
    assert len(out.splitlines()) <= 12
    lefts = [line for line in out.splitlines() if "left" in line]
    assert lefts
    assert all(re.search(r" \d+ trials?, about \d+:\d\d left$", line) for line in lefts)


def test_more_than_planned(iris, capsys):
    """Who promotes the best so far makes more fits than planned, now and then."""
    from skhpo.forecast import Workload
    from skhpo.progress import Progress
    from skhpo.schedulers import Bracket, Plan

    search = RandomSearchCV(Anything(), VALUES, n_iter=2, cv=2).fit(*iris)
    work = Workload.planned(Plan((Bracket((1,), (None,)),)), 2, lambda resource, reached: 2)
    progress = Progress(1, work)
    for evaluation in search.history_.evaluations:
        progress.on_evaluation(search.history_, evaluation)
    assert "4/4 fits" in capsys.readouterr().out


def test_paused_is_told(iris, capsys):
    control = Control()

    class Pauses(Callback):
        def on_evaluation(self, history, evaluation):
            if len(history.evaluations) == 1:
                control.pause()

        def on_pause(self, history):
            control.resume()

    RandomSearchCV(
        Anything(), VALUES, n_iter=2, cv=2, verbose=1, callbacks=[control, Pauses()]
    ).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert lines.index("paused") + 1 == lines.index("resumed")


def test_the_time_of_a_pause_is_no_time_that_fits_take(iris, capsys, monkeypatch):
    """A clock that moves ten seconds with each fit, and an hour with the pause."""
    clock, control = [0.0], Control()
    monkeypatch.setattr("skhpo.progress.monotonic", lambda: clock[0])

    class Pauses(Callback):
        def on_measurement(self, history, measurement):
            clock[0] += 10.0

        def on_evaluation(self, history, evaluation):
            if len(history.evaluations) == 10:
                control.pause()

        def on_pause(self, history):
            control.resume()

        def on_resume(self, history):
            clock[0] += 3600.0

    space = {"value": list(range(20))}
    search = RandomSearchCV(
        Anything(), space, n_iter=20, cv=2, verbose=1, callbacks=[Pauses(), control]
    )
    search.fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    lefts = re.findall(r"about (\d+):(\d\d) left", "\n".join(lines[lines.index("resumed") :]))
    assert lefts
    assert all(60 * int(minutes) + int(seconds) <= 200 for minutes, seconds in lefts)


# --------------------------------------------------------------------------- logging


@pytest.fixture
def handler():
    """Keeps records, on the logger of the package, as a user's handler would."""

    class Keeps(logging.Handler):
        def __init__(self):
            super().__init__()
            self.records = []

        def emit(self, record):
            self.records.append(record)

    handler, logger = Keeps(), logging.getLogger("skhpo")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


class FailsOn(Anything):
    def fit(self, X, y):
        if self.value == "a":
            raise ValueError("no")
        return super().fit(X, y)


def test_lines_are_records_with_levels(handler, iris, capsys):
    search = RandomSearchCV(
        FailsOn(), VALUES, n_iter=2, cv=2, verbose=3, error_score=0.0, random_state=0
    )
    with pytest.warns(FitFailedWarning, match="2 fits failed"):
        search.fit(*iris)
    assert capsys.readouterr().out == "", "nothing is told twice"
    assert {record.name for record in handler.records} == {"skhpo.search"}
    told = {}
    for record in handler.records:
        told.setdefault(record.levelname, []).append(record.getMessage())
    assert len(told["DEBUG"]) == 2
    assert all(" fold " in line and "score=" in line for line in told["DEBUG"])
    assert len(told["WARNING"]) == 3, "two folds and their trial"
    assert all("failed" in line for line in told["WARNING"])
    assert told["INFO"][0].startswith("Fitting 2 folds")
    assert any("value=1; 0." in line for line in told["INFO"])


def test_a_level_of_our_logger_counts(handler, iris, capsys):
    logging.getLogger("skhpo").setLevel(logging.WARNING)
    search = RandomSearchCV(
        FailsOn(), VALUES, n_iter=2, cv=2, verbose=3, error_score=0.0, random_state=0
    )
    with pytest.warns(FitFailedWarning, match="2 fits failed"):
        search.fit(*iris)
    assert len(handler.records) == 3
    assert capsys.readouterr().out == ""


def test_no_bar_where_lines_go_to_a_log(handler, iris, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    RandomSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=1).fit(*iris)
    assert terminal.getvalue() == ""
    assert handler.records[-1].getMessage().startswith("4/4 fits, best score 0.")


@pytest.mark.parametrize("level", [logging.WARNING, logging.INFO])
def test_handlers_of_the_root_logger(level, iris, capsys, caplog):
    """One at its usual level would swallow what was asked for; one that wants it gets it."""
    with caplog.at_level(level):
        RandomSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=2).fit(*iris)
    out = capsys.readouterr().out.splitlines()
    n_records = len(caplog.records)
    assert (n_records, len(out)) == ((5, 0) if level == logging.INFO else (0, 5))


def test_verbose_zero_is_silent_whatever_is_set_up(handler, iris, capsys):
    RandomSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=0).fit(*iris)
    assert handler.records == []
    assert capsys.readouterr().out == ""


def test_logging_is_left_as_it_was(iris, capsys):
    loggers = [logging.getLogger(name) for name in (None, "skhpo", "skhpo.search")]
    before = [(list(logger.handlers), logger.level, logger.propagate) for logger in loggers]
    RandomSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=3).fit(*iris)
    assert [(list(lg.handlers), lg.level, lg.propagate) for lg in loggers] == before
