"""How far a search is, as data."""

from __future__ import annotations

import copy
import dataclasses
import json
import math
import pickle
import threading

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhpo import Categorical, Float, HalvingSearchCV, RandomSearchCV, Tuner
from skhpo.callbacks import Callback
from skhpo.control import Control
from skhpo.exceptions import StorageError
from skhpo.forecast import Workload
from skhpo.history import History
from skhpo.schedulers import AsynchronousHalving, Bracket, FullBudget, SuccessiveHalving
from skhpo.status import SearchStatus, status, stored_status
from skhpo.storage.commands import give_command
from skhpo.storage.lock import FileLock
from skhpo.storage.view import read_search
from skhpo.testing import VirtualExecutor
from skhpo.trial import Assignment, Measurement, Trial

SPACE = {"x": Float(1, 2)}


class Looks(Callback):
    """Asks for the status at each evaluation, from another thread."""

    def __init__(self, ask):
        self.ask = ask
        self.seen = []

    def on_evaluation(self, history, evaluation):
        thread = threading.Thread(target=lambda: self.seen.append(self.ask()))
        thread.start()
        thread.join()


def test_from_beginning_to_end():
    looks = Looks(lambda: status(tuner))
    tuner = Tuner(
        SPACE,
        lambda params: params["x"],
        direction="minimize",
        scheduler=FullBudget(6),
        callbacks=looks,
        random_state=0,
    )
    assert status(tuner) == SearchStatus("new", n_fits_expected=6)
    tuner.run()
    assert [s.state for s in looks.seen] == ["running"] * 6
    assert [s.n_fits for s in looks.seen] == [1, 2, 3, 4, 5, 6]
    values = [trial.params["x"] for trial in tuner.history.trials]
    assert [s.best_score for s in looks.seen] == list(np.minimum.accumulate(values))
    assert [s.best_params["x"] for s in looks.seen] == list(np.minimum.accumulate(values))
    assert all(s.stop_reason is None for s in looks.seen)
    assert all(s.started_at <= s.measured_at for s in looks.seen)
    lefts = [s.seconds_left for s in looks.seen]
    assert all(left is not None and left >= 0 for left in lefts)
    assert lefts[-1] == 0
    ended = status(tuner)
    assert (ended.state, ended.stop_reason, ended.seconds_left) == ("ended", "budget", None)
    assert dict(ended.trials) == {"completed": 6}
    assert ended.best_score == tuner.best_score
    assert ended.best_fold_scores == (tuner.best_score,)
    assert ended.best_trial == tuner.best_trial.number


def test_a_trial_that_is_given_more_is_running_again():
    """Also where it has a score already, of less training."""
    history = History()
    for number in range(3):
        history.append(Trial(number, {"x": 1.0}))
        history.append(Assignment(number, 1.0, (0, 1)))
        for fold in (0, 1):
            history.append(Measurement(number, fold, 1.0, "completed", {"score": 0.5}))
    assert dict(status(history).trials) == {"completed": 3}
    history.append(Assignment(1, 3.0, (0, 1)))
    assert dict(status(history).trials) == {"completed": 2, "running": 1}
    history.append(Measurement(1, 0, 3.0, "completed", {"score": 0.6}))
    assert dict(status(history).trials) == {"completed": 2, "running": 1}
    history.append(Measurement(1, 1, 3.0, "failed", {}))
    assert dict(status(history).trials) == {"completed": 2, "failed": 1}


def test_running_and_failed_trials_are_counted():
    def objective(params, resource):
        if params["x"] < 1.3:
            raise ValueError("too little")
        return params["x"] * resource

    looks = Looks(lambda: status(tuner))
    tuner = Tuner(
        SPACE,
        objective,
        scheduler=SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9))),
        callbacks=looks,
        executor=VirtualExecutor(3),
        random_state=0,
    )
    tuner.run()
    for seen in looks.seen:
        assert seen.n_trials == sum(seen.trials.values()) <= 9
        assert seen.n_fits_expected == 13
    assert any(seen.trials.get("running", 0) == 2 for seen in looks.seen)
    failed = sum(e.status == "failed" for e in tuner.history.evaluations)
    assert failed > 0
    assert dict(status(tuner).trials) == {"completed": 9 - failed, "failed": failed}
    assert status(tuner).best_resource == 9


def test_what_a_run_is_asked_for_is_expected():
    looks = Looks(lambda: status(tuner))
    tuner = Tuner(SPACE, lambda params: params["x"], callbacks=looks)
    assert status(tuner).n_fits_expected is None, "its scheduler has no end"
    for n_trials in (4, 6):  # in all
        tuner.run(n_trials=n_trials)
    assert [seen.n_fits_expected for seen in looks.seen] == [4] * 4 + [6] * 2
    assert all(seen.seconds_left is not None for seen in looks.seen)
    finite = Tuner({"x": [1, 2, 3]}, lambda params: params["x"], scheduler=FullBudget(10))
    assert status(finite).n_fits_expected == 3


def test_so_it_is_where_trials_are_promoted():
    asked, planned = (AsynchronousHalving(n, (1, 2, 4), factor=2) for n in (None, 8))
    tuners = [
        Tuner(SPACE, lambda params, resource: params["x"], scheduler=scheduler, random_state=0)
        for scheduler in (asked, planned)
    ]
    tuners[0].run(n_trials=8)
    tuners[1].run()
    assert [status(tuner).n_fits_expected for tuner in tuners] == [8 + 4 + 2] * 2
    assert asked.plan() is None


def test_what_a_run_is_asked_for_is_known_outside(tmp_path):
    looks = Looks(lambda: status(tmp_path))
    Tuner(SPACE, lambda params: params["x"], callbacks=looks, storage=tmp_path).run(n_trials=3)
    assert [seen.n_fits_expected for seen in looks.seen] == [3] * 3
    assert all(seen.seconds_left is not None for seen in looks.seen)


def test_a_search_is_asked_itself_while_it_runs():
    copies = []

    def ask():
        copies.append((copy.deepcopy(search), clone(search)))
        return status(search)

    looks = Looks(ask)
    X, y = load_iris(return_X_y=True)
    search = RandomSearchCV(
        DecisionTreeClassifier(),
        {"max_depth": [1, 2, 3, 4]},
        n_iter=3,
        cv=2,
        callbacks=looks,
        random_state=0,
    )
    search.fit(X, y)
    assert [seen.state for seen in looks.seen] == ["running"] * 3
    assert [seen.n_fits for seen in looks.seen] == [2, 4, 6]
    assert {seen.n_fits_expected for seen in looks.seen} == {6}
    ended = status(search)
    assert (ended.state, ended.stop_reason, ended.n_fits_expected) == ("ended", "budget", 6)
    assert {seen.started_at for seen in looks.seen} == {ended.started_at}
    assert status(pickle.loads(pickle.dumps(search.set_params(callbacks=None)))) == ended
    for copied, cloned in copies:
        assert (status(copied).state, status(cloned).state) == ("recorded", "new")
    assert status(clone(search)) == SearchStatus("new")


def test_folds_are_fits():
    looks = Looks(lambda: status(control))
    control = Control()
    X, y = load_iris(return_X_y=True)
    search = HalvingSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": [1e-4, 1e-3, 1e-2, 0.1]},
        resource="epochs",
        max_resources=4,
        n_candidates=4,
        factor=2,
        cv=3,
        callbacks=[control, looks],
        random_state=0,
    ).fit(X, y)
    assert {seen.n_fits_expected for seen in looks.seen} == {3 * (4 + 2 + 1)}
    assert status(control).best_score == search.best_score_
    assert status(search).trials == status(control).trials
    assert status(search).state == "ended"
    assert len(status(search).best_fold_scores) == 3


def test_interrupted():
    def objective(params):
        if len(tuner.history.trials) == 3:
            raise KeyboardInterrupt
        return params["x"]

    tuner = Tuner(SPACE, objective, scheduler=FullBudget(6))
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    assert status(tuner).state == "interrupted"
    assert status(tuner).trials == {"completed": 2, "running": 1}


def test_of_one_on_disk(tmp_path):
    seen = []

    class Pauses(Looks):
        def on_pause(self, history):
            self.on_evaluation(history, None)
            give_command(tmp_path, "go")

        def on_evaluation(self, history, evaluation):
            super().on_evaluation(history, evaluation)
            if evaluation is not None and evaluation.trial == 1:
                give_command(tmp_path, "pause")

    # it looks a tenth of a second later, or at the next start
    looks = Pauses(lambda: status(tmp_path))
    tuner = Tuner(
        {**SPACE, "f": Categorical([len, None])},
        lambda params: params["x"],
        direction="minimize",
        scheduler=FullBudget(4),
        callbacks=looks,
        storage=tmp_path,
        random_state=0,
    ).run()
    seen = looks.seen
    assert [s.n_fits for s in seen][:2] == [1, 2]
    assert seen[0].state == "running"
    assert all("process" in s.who for s in seen)
    assert {s.n_fits_expected for s in seen} == {4}
    assert all(s.seconds_left >= 0 for s in seen)
    assert seen[-1].seconds_left == 0
    ended = status(str(tmp_path / "journal.jsonl"))
    assert (ended.n_fits_expected, ended.seconds_left) == (4, None)
    assert (ended.state, ended.stop_reason, ended.who) == ("ended", "budget", None)
    assert ended.best_score == tuner.best_score
    assert ended.started_at <= ended.measured_at
    assert json.loads(ended.to_json())["best_params"]["f"] in ("builtins.len", None)
    with (tmp_path / "journal.jsonl").open("rb+") as file:
        lines = file.readlines()
        file.truncate(sum(map(len, lines[:-1])))
    assert status(tmp_path).state == "interrupted"


def test_from_outside_as_from_inside(tmp_path):
    """What is expected, with rungs, folds, and promotions that pay for all training anew."""
    inside, outside = Looks(lambda: status(control)), Looks(lambda: status(tmp_path))
    control = Control()
    X, y = load_iris(return_X_y=True)
    search = HalvingSearchCV(
        DecisionTreeClassifier(),
        {"max_depth": [1, 2, 3, 4]},
        resource="n_samples",
        min_resources=20,
        max_resources=80,
        n_candidates=4,
        factor=2,
        cv=3,
        callbacks=[control, inside, outside],
        random_state=0,
        storage=tmp_path,
    ).fit(X, y)
    assert {s.n_fits_expected for s in inside.seen + outside.seen} == {3 * (4 + 2 + 1)}
    work = Workload.from_plain(read_search(tmp_path).session["work"])
    costs = [work.units[resource] / work.units[20] for resource in (20, 40, 80)]
    assert costs == pytest.approx([1, 2, 4]), "and not 1, 1 and 2"
    assert work.fits == {20: 12, 40: 6, 80: 3}
    assert search.plan(X, y).is_continued is False


def test_a_run_that_goes_on_is_judged_by_itself(tmp_path):
    looks = Looks(lambda: status(tmp_path))
    for n_trials in (3, 7):
        Tuner(SPACE, lambda params: params["x"], callbacks=looks, storage=tmp_path, random_state=0,
              scheduler=FullBudget(n_trials)).run()  # fmt: skip
    assert [s.n_fits_expected for s in looks.seen] == [3] * 3 + [7] * 4
    assert all(s.seconds_left is not None for s in looks.seen)
    search = read_search(tmp_path)
    now = [m for m in search.history.measurements if m.finished_at > search.session["started_at"]]
    assert len(now) == 4


@pytest.mark.parametrize(
    "session",
    [
        {},
        {"work": None},
        {"work": []},
        {"work": {"n_trials": 3, "n_folds": 1}},
        {"work": {"n_trials": 3, "n_folds": 1, "rungs": [[1, 2]]}},
        {"work": {"n_trials": True, "n_folds": 1, "rungs": []}},
        {"work": {"n_trials": 3, "n_folds": 1, "rungs": [["x", 3, 1.0]]}},
        {"work": {"n_trials": 3, "n_folds": 1, "rungs": [[[], 3, 1.0]]}},
        {"work": {"n_trials": 3, "n_folds": 1, "rungs": [[None, -3, 1.0]]}},
        {"work": {"n_trials": 3, "n_folds": 1, "rungs": [[None, 3, math.nan]]}},
        {"work": {"n_trials": 3, "n_folds": 1, "rungs": [[None, 3, 10**400]]}},
    ],
)
def test_journals_that_hold_no_plan_or_nonsense(session, tmp_path):
    Tuner(SPACE, lambda params: params["x"], storage=tmp_path).run(3)
    search = read_search(tmp_path)
    line = next(line for line in search.contents.lines if line["kind"] == "session")
    for name in ("work", "n_workers"):
        line.pop(name, None)
    line.update(session)
    found = stored_status(search, "process 1", False)
    assert (found.n_fits_expected, found.seconds_left) == (None, None)


@pytest.mark.parametrize("odd", [{"n_workers": 0}, {"n_workers": "2"}, {"started_at": "soon"}])
def test_what_is_expected_is_told_though_nobody_knows_how_long(odd, tmp_path):
    Tuner(SPACE, lambda params: params["x"], scheduler=FullBudget(3), storage=tmp_path).run()
    search = read_search(tmp_path)
    next(line for line in search.contents.lines if line["kind"] == "session").update(odd)
    found = stored_status(search, "process 1", False)
    assert (found.n_fits_expected, found.seconds_left) == (3, None)


def test_paused_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr("skhpo.storage.commands._LOOK", 0.0)

    class Pauses(Callback):
        def on_trial_start(self, history, trial):
            if trial.number == 2:
                give_command(tmp_path, "pause")

        def on_pause(self, history):
            self.seen = status(tmp_path)
            give_command(tmp_path, "stop")

    pauses = Pauses()
    Tuner(SPACE, lambda params: params["x"], callbacks=pauses, storage=tmp_path).run(n_trials=5)
    assert pauses.seen.state == "paused"
    assert pauses.seen.n_trials == 3
    assert (status(tmp_path).state, status(tmp_path).stop_reason) == ("ended", "stopped")


def test_as_json():
    found = SearchStatus(
        "running",
        trials={"completed": 2},
        best_score=-np.inf,
        best_fold_scores=(np.float64(0.5), float("nan")),
        best_params={"C": np.int64(3), "kernel": None, "model": SVC(C=2), "sizes": (1, 2)},
        best_resource=np.float32(0.5),
    )
    plain = json.loads(found.to_json())
    assert set(plain) == {f.name for f in dataclasses.fields(SearchStatus)} | {"n_trials"}
    assert plain["n_trials"] == 2
    assert plain["best_score"] == "-inf"
    assert plain["best_fold_scores"] == [0.5, "nan"]
    assert plain["best_params"]["C"] == 3
    assert plain["best_params"]["kernel"] is None
    assert plain["best_params"]["model"].startswith("sklearn.svm._classes.SVC(C=2, ")
    assert plain["best_params"]["sizes"] == [1, 2]
    assert plain["seconds_left"] is None


def test_of_one_that_was_read(tmp_path):
    Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path).run(3)
    search = read_search(tmp_path)
    assert status(search) == status(tmp_path)
    lock = FileLock(str(tmp_path / "journal.lock"))
    lock.acquire()
    assert status(search).state == "running"
    give_command(tmp_path, "pause")
    assert status(search) == status(tmp_path)
    assert status(search).state == "paused"
    lock.release()


def test_bad_sources(tmp_path):
    with pytest.raises(TypeError, match="a History, or a search on disk") as found:
        status(list(range(1_000)))
    assert len(str(found.value)) < 200
    with pytest.raises(TypeError, match="got 3"):
        status(3)
    with pytest.raises(StorageError):
        status(tmp_path / "nothing")
    assert status(Control()) == status(RandomSearchCV(SVC(), {"C": [1]})) == SearchStatus("new")


def test_it_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        status(Control()).state = "ended"
