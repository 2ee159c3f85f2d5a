"""A search is paused, resumed and stopped while it runs: from a thread, or through a file."""

from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import threading
from dataclasses import replace

import pytest
from sklearn.base import clone

from skhpo import Float, Tuner
from skhpo.callbacks import Callback
from skhpo.control import Control
from skhpo.exceptions import SkhpoWarning, StorageError
from skhpo.objective import FunctionObjective
from skhpo.schedulers import FullBudget
from skhpo.status import SearchStatus, status
from skhpo.stopping import Timeout
from skhpo.storage.commands import COMMAND, CommandFile, command_for, give_command
from skhpo.testing import VirtualExecutor

SPACE = {"x": Float(0, 1)}
PATIENCE = 30  # seconds, that nobody waits unless something is broken


@pytest.fixture(autouse=True)
def looks_often(monkeypatch):
    monkeypatch.setattr("skhpo.control.PAUSE_LOOK", 0.01)
    monkeypatch.setattr("skhpo.storage.commands._LOOK", 0.0)


class At(Callback):
    """Does something at a number of evaluations, and keeps what happened while it was paused."""

    def __init__(self, n_evaluations, do):
        self.n_evaluations = n_evaluations
        self.do = do
        self.paused = []
        self.hooks = []

    def on_evaluation(self, history, evaluation):
        if len(history.evaluations) == self.n_evaluations:
            self.do()

    def on_pause(self, history):
        self.hooks.append("pause")
        self.paused.append((len(history.trials), len(history.measurements)))

    def on_resume(self, history):
        self.hooks.append("resume")
        self.paused.append((len(history.trials), len(history.measurements)))


def tuner_of(callbacks, objective=lambda params: params["x"], **settings):
    settings = {"scheduler": FullBudget(8), "random_state": 0, **settings}
    return Tuner(SPACE, objective, callbacks=callbacks, **settings)


def configurations(tuner):
    return [trial.params["x"] for trial in tuner.history.trials]


# ------------------------------------------------------------------ from a thread


def test_paused_and_resumed_by_another_thread():
    control = Control()
    log = At(3, control.pause)

    class Resumes(Callback):
        def on_pause(self, history):
            assert control.is_paused
            assert control.status().state == "paused"
            threading.Thread(target=control.resume).start()

    tuner = tuner_of([control, log, Resumes()]).run()
    assert log.hooks == ["pause", "resume"]
    assert log.paused == [(3, 3), (3, 3)]
    assert tuner.stop_reason == "budget"
    assert configurations(tuner) == configurations(tuner_of(None).run())
    assert not control.is_paused


def test_what_is_running_comes_in_while_paused_and_nothing_new_is_started():
    control = Control()
    log = At(2, control.pause)

    class ResumesWhenIdle(Callback):
        def on_measurement(self, history, measurement):
            if log.hooks == ["pause"] and not history.n_pending:
                control.resume()

    executor = VirtualExecutor(4)
    tuner = tuner_of([control, log, ResumesWhenIdle()], executor=executor).run()
    (n_trials, n_measured), after = log.paused
    assert n_trials > n_measured == 2
    assert after == (n_trials, n_trials)
    assert len(tuner.history.evaluations) == 8


@pytest.mark.parametrize("n_slots", [1, 3])
def test_stopped(n_slots):
    control = Control()
    log = At(4, control.stop)
    tuner = tuner_of([control, log], executor=VirtualExecutor(n_slots)).run()
    assert tuner.stop_reason == "stopped"
    assert len(tuner.history.trials) == len(tuner.history.evaluations) == 3 + n_slots
    assert control.status().stop_reason == "stopped"
    assert log.hooks == []


def test_stopped_while_paused():
    control = Control()

    class Stops(Callback):
        def on_pause(self, history):
            threading.Thread(target=control.stop).start()

    tuner = tuner_of([control, At(2, control.pause), Stops()]).run()
    assert tuner.stop_reason == "stopped"
    assert len(tuner.history.evaluations) == 2


class ThreeFolds(FunctionObjective):
    n_folds = 3

    def tasks(self, trial, resource, reached):
        (task,) = super().tasks(trial, resource, reached)
        return [replace(task, fold=fold) for fold in range(3)]


def test_open_folds_are_finished_after_a_stop():
    control = Control()

    class StopsAtFold(Callback):
        def on_measurement(self, history, measurement):
            if len(history.measurements) == 4:
                control.stop()

    tuner = tuner_of([control, StopsAtFold()], ThreeFolds(lambda params: params["x"])).run()
    assert len(tuner.history.measurements) == 6
    assert not tuner.history.pending


def test_folds_that_wait_are_not_begun_while_paused(monkeypatch):
    control = Control()
    log = At(0, None)
    monkeypatch.setattr("skhpo.control.Gate.wait", lambda gate: control.resume())

    class PausesAtFold(Callback):
        def on_measurement(self, history, measurement):
            if len(history.measurements) == 4:
                control.pause()

    callbacks = [control, log, PausesAtFold()]
    tuner = tuner_of(callbacks, ThreeFolds(lambda params: params["x"])).run()
    assert log.paused == [(2, 4), (2, 4)]
    assert len(tuner.history.measurements) == 24


def test_the_first_reason_to_end_counts():
    control = Control()

    class Stops(Callback):
        def on_evaluation(self, history, evaluation):
            control.stop()
            return True

    tuner = tuner_of([Stops(), control], executor=VirtualExecutor(3)).run()
    assert tuner.stop_reason == "callback"


def test_a_callback_stops_a_paused_search():
    control = Control()
    log = At(2, control.pause)

    class Stops(Callback):
        def on_pause(self, history):
            return True

    tuner = tuner_of([control, log, Stops()], executor=VirtualExecutor(3)).run()
    assert tuner.stop_reason == "callback"
    assert not tuner.history.pending


@pytest.mark.skipif(sys.platform == "win32", reason="no signals between threads")
def test_interrupted_while_paused():
    control = Control()
    main = threading.main_thread().ident

    class Interrupts(Callback):
        def on_pause(self, history):
            threading.Thread(target=signal.pthread_kill, args=(main, signal.SIGINT)).start()

    tuner = tuner_of([control, At(3, control.pause), Interrupts()])
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    assert len(tuner.history.evaluations) == 3
    assert tuner.status().state == control.status().state == "interrupted"
    assert not control.is_paused, "the next run is not"
    assert len(tuner.run().history.evaluations) == 8


def test_a_search_in_another_thread():
    """Paused before it begins, resumed, and read meanwhile."""
    control, began = Control(), threading.Event()

    class Began(Callback):
        def on_pause(self, history):
            began.set()

    tuner = tuner_of([control, Began()], storage=None)
    control.pause()
    assert control.status() is None
    assert status(control) == SearchStatus("new")
    thread = threading.Thread(target=tuner.run)
    thread.start()
    assert began.wait(PATIENCE)
    assert control.status().n_fits == 0
    assert tuner.status().n_fits_expected == 8
    control.resume()
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert control.status().state == "ended"
    assert dict(control.status().trials) == {"completed": 8}


@pytest.mark.parametrize("ask", [Control.resume, Control.stop])
def test_who_waits_is_woken(ask, monkeypatch):
    """And does not only look from time to time."""
    monkeypatch.setattr("skhpo.control.PAUSE_LOOK", 100 * PATIENCE)
    control, waits = Control(), threading.Event()

    class Waits(Callback):
        def on_pause(self, history):
            waits.set()

    control.pause()
    tuner = tuner_of([control, Waits()])
    thread = threading.Thread(target=tuner.run, daemon=True)
    thread.start()
    assert waits.wait(PATIENCE)
    ask(control)
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_two_controls_of_one_search():
    first, second = Control(), Control()
    log = At(2, lambda: (first.pause(), second.pause()))

    class Resumes(Callback):
        def on_pause(self, history):
            first.resume()
            threading.Thread(target=second.resume).start()

    tuner = tuner_of([first, second, log, Resumes()]).run()
    assert log.hooks == ["pause", "resume"]
    assert len(tuner.history.evaluations) == 8


def test_to_stop_comes_before_to_pause():
    first, second = Control(), Control()
    log = At(2, lambda: (first.pause(), second.stop()))

    class Resumes(Callback):
        def on_pause(self, history):
            first.resume()

    tuner = tuner_of([first, second, log, Resumes()]).run()
    assert log.hooks == []
    assert (tuner.stop_reason, len(tuner.history.evaluations)) == ("stopped", 2)


def test_what_is_asked_for_is_forgotten_at_the_end():
    control = Control()
    control.stop()
    control.resume()  # one that stops stops
    control.pause()
    tuner = tuner_of(control).run()
    assert tuner.stop_reason == "stopped"
    assert len(tuner.history) == 0
    assert len(tuner.run().history.evaluations) == 8


def test_ask_hands_out_nothing_while_paused():
    control = Control()
    tuner = tuner_of(control, None)
    first = tuner.ask()
    control.pause()
    assert tuner.ask() is None
    assert tuner.status().state == "paused"
    tuner.tell(first, 1.0)
    control.resume()
    assert tuner.ask().trial == 1
    control.stop()
    assert tuner.ask() is None
    assert tuner.stop_reason == "stopped"


def test_a_stopping_rule_does_not_count_the_pause(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("skhpo.agenda.monotonic", lambda: clock[0])
    control = Control()

    class Waits(Callback):
        def on_pause(self, history):
            clock[0] += 1000.0
            control.resume()

    def tuner():
        return tuner_of([control, At(3, control.pause), Waits()], stopping=Timeout(10.0))

    assert tuner().run().stop_reason == "budget"
    monkeypatch.setattr(Waits, "on_pause", lambda self, history: control.resume())
    counted = tuner_of(
        [control, At(3, lambda: clock.__setitem__(0, clock[0] + 1000.0))], stopping=Timeout(10.0)
    )
    assert counted.run().stop_reason == "timeout"


def test_copies_and_clones():
    control = Control()
    assert clone(control, safe=False) is control
    copied = pickle.loads(pickle.dumps(control))
    control.pause()
    assert isinstance(copied, Control)
    assert not copied.is_paused
    assert repr(control) == "Control()"


# ------------------------------------------------------------------ through a file


def test_a_file_pauses_resumes_and_stops(tmp_path):
    class Resumes(Callback):
        def on_pause(self, history):
            assert command_for(tmp_path) == "pause"
            give_command(tmp_path, "go")

    log = At(3, lambda: give_command(tmp_path, "pause"))
    stops = At(5, lambda: give_command(tmp_path / "journal.jsonl", "stop"))
    tuner = tuner_of([log, Resumes(), stops], storage=tmp_path).run()
    assert log.hooks == ["pause", "resume"]
    assert log.paused == [(3, 3), (3, 3)]
    assert tuner.stop_reason == "stopped"
    assert len(tuner.history.evaluations) == 5
    assert not (tmp_path / COMMAND).exists()
    assert len(tuner_of(None, storage=tmp_path).run().history.evaluations) == 8


@pytest.mark.parametrize("wanted", ["pause", "stop"])
def test_what_an_earlier_run_has_left_stops_no_new_one(wanted, tmp_path):
    tuner_of(None, storage=tmp_path, scheduler=FullBudget(2)).run()
    give_command(tmp_path, wanted)
    tuner = tuner_of(None, storage=tmp_path).run()
    assert tuner.stop_reason == "budget"
    assert len(tuner.history.evaluations) == 8
    assert not (tmp_path / COMMAND).exists()


def test_deleting_the_file_resumes(tmp_path):
    class Deletes(Callback):
        def on_pause(self, history):
            os.unlink(tmp_path / COMMAND)

    log = At(3, lambda: give_command(tmp_path, "pause"))
    tuner = tuner_of([log, Deletes()], storage=tmp_path).run()
    assert log.hooks == ["pause", "resume"]
    assert tuner.stop_reason == "budget"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"stop",
        b'{"wanted": "explode"}',
        b'{"wanted": ["stop"]}',
        b"[]",
        b"\xff\x00",
        b'{"wanted": "stop", "padding": "' + b"x" * 5_000 + b'"}',
        b"[" * 900,
    ],
)
def test_what_makes_no_sense_is_told_once_and_not_followed(content, tmp_path):
    log = At(3, lambda: (tmp_path / COMMAND).write_bytes(content))
    tuner = tuner_of(log, storage=tmp_path)
    with pytest.warns(SkhpoWarning, match=rf"{COMMAND} is not followed") as told:
        tuner.run()
    assert len(told) == 1
    assert len(tuner.history.evaluations) == 8


@pytest.mark.skipif(sys.platform == "win32", reason="no links without rights")
@pytest.mark.parametrize("kind", ["link", "folder", "pipe"])
def test_only_files_are_followed(kind, tmp_path):
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(json.dumps({"wanted": "stop"}))
    search = tmp_path / "search"

    def put():
        if kind == "link":
            os.symlink(elsewhere, search / COMMAND)
        elif kind == "folder":
            (search / COMMAND).mkdir()
        else:
            os.mkfifo(search / COMMAND)

    tuner = tuner_of(At(3, put), storage=search)
    with pytest.warns(SkhpoWarning, match="is not followed"):
        tuner.run()
    assert tuner.stop_reason == "budget"
    assert elsewhere.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such owners")
def test_what_another_user_has_written_is_not_followed(tmp_path, monkeypatch):
    give_command(tmp_path, "stop")
    assert command_for(tmp_path) == "stop"
    here = os.geteuid()
    monkeypatch.setattr("os.geteuid", lambda: here + 1)
    with pytest.warns(SkhpoWarning, match="another user"):
        assert CommandFile(tmp_path).wanted() == "go"
    assert command_for(tmp_path) == "go"


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such rights")
def test_the_file_is_the_owners_only(tmp_path):
    give_command(tmp_path, "pause")
    assert (tmp_path / COMMAND).stat().st_mode & 0o077 == 0
    assert os.listdir(tmp_path) == [COMMAND]


def test_a_command_that_cannot_be_written(tmp_path):
    (tmp_path / COMMAND).mkdir()
    with pytest.raises(StorageError, match="cannot be written"):
        give_command(tmp_path, "stop")
    assert os.listdir(tmp_path) == [COMMAND]


def test_looks_are_rare(tmp_path, monkeypatch):
    monkeypatch.setattr("skhpo.storage.commands._LOOK", 1e9)
    switch = CommandFile(tmp_path)
    assert switch.wanted() == "go"
    give_command(tmp_path, "stop")
    assert switch.wanted() == "go"
    switch.begin(None)
    give_command(tmp_path, "stop")
    assert switch.wanted() == "stop"
