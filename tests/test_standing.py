"""Whether something is going on in a search: one answer, whoever asks."""

from __future__ import annotations

import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, RandomSearchCV, Tuner
from skhpo.callbacks import Callback
from skhpo.control import Control
from skhpo.dashboard.facts import facts
from skhpo.dashboard.rows import Rows
from skhpo.exceptions import StorageError
from skhpo.history import History
from skhpo.inspection.tables import history_of
from skhpo.standing import standing_of, state_of
from skhpo.status import status, stored_status
from skhpo.storage.view import read_search
from skhpo.times import moment

SPACE = {"x": Float(0, 1)}


def tuned(storage=None, n_trials=3):
    tuner = Tuner(SPACE, lambda params: params["x"], random_state=0, storage=storage)
    return tuner.run(n_trials) if n_trials else tuner


@pytest.mark.parametrize(
    ("is_open", "is_paused", "reason", "n_trials", "state"),
    [
        (False, False, None, 0, "new"),
        (True, False, None, 0, "running"),
        (True, True, None, 3, "paused"),
        (True, False, "budget", 3, "running"),  # of an earlier run
        (False, True, None, 3, "interrupted"),
        (False, False, "budget", 3, "ended"),
        (False, False, "timeout", 0, "ended"),
    ],
)
def test_states(is_open, is_paused, reason, n_trials, state):
    history = tuned(n_trials=n_trials).history
    found = state_of(is_open=is_open, is_paused=is_paused, reason=reason, history=history)
    assert found == state


def interrupted():
    def objective(params):
        if len(tuner.history.trials) == 2:
            raise KeyboardInterrupt
        return params["x"]

    tuner = Tuner(SPACE, objective, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        tuner.run(5)
    return tuner


def searched():
    X, y = load_iris(return_X_y=True)
    search = RandomSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, n_iter=2, cv=2)
    return search.fit(X, y)


class Interrupts(Callback):
    def on_evaluation(self, history, evaluation):
        raise KeyboardInterrupt


def cut_off():
    X, y = load_iris(return_X_y=True)
    search = RandomSearchCV(
        DecisionTreeClassifier(),
        {"max_depth": [1, 2]},
        n_iter=2,
        cv=2,
        callbacks=Interrupts(),
    )
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    return search


@pytest.mark.parametrize(
    ("make", "state", "sentence"),
    [
        (lambda: tuned(n_trials=0), "new", "new"),
        (tuned, "ended", "ended: budget"),
        (interrupted, "interrupted", "interrupted"),
        (searched, "ended", "ended: budget"),
        (cut_off, "interrupted", "interrupted"),
        (lambda: tuned().history, "recorded", "recorded"),
        (History, "recorded", "recorded"),
    ],
)
def test_the_page_says_what_the_status_says(make, state, sentence):
    source = make()
    told = facts(source, Rows(history_of(source)))
    assert status(source).state == told["state"] == state
    assert str(standing_of(source)) == told["told"] == sentence


def test_results_of_scikit_learn_are_recorded():
    X, y = load_iris(return_X_y=True)
    search = RandomizedSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, n_iter=2, cv=2)
    assert standing_of(search.fit(X, y).cv_results_).state == "recorded"
    assert standing_of(Control()).state == "recorded", "of no search yet"


@pytest.mark.parametrize("who", [None, "process 1"])
@pytest.mark.parametrize("is_paused", [False, True])
@pytest.mark.parametrize("n_trials", [0, 2])
def test_on_disk(n_trials, is_paused, who, tmp_path):
    tuned(tmp_path, n_trials)
    search = read_search(tmp_path)
    told = facts(search, Rows(search.history), who, is_paused)
    standing = standing_of(search, who, is_paused)
    assert stored_status(search, who, is_paused).state == told["state"] == standing.state
    assert told["told"] == str(standing)
    if who is not None:
        assert str(standing) == f"{'paused' if is_paused else 'running'}: process 1"
    elif n_trials:
        assert str(standing) == f"ended: budget, {moment(search.end['ended_at'])}"
    else:
        assert standing.state == "new"


@pytest.mark.parametrize("line", [-1, -3])
def test_a_damaged_one_does_not_go_on_before_it_is_repaired(line, tmp_path):
    tuned(tmp_path)
    tuned(tmp_path, 4)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    lines[line] = b"no record\n"
    journal.write_bytes(b"".join([*lines, b"\n"]))
    search = read_search(tmp_path)
    with pytest.raises(StorageError, match="repair"):
        tuned(tmp_path, 5)
    assert str(standing_of(search)) == (
        f"interrupted: nobody writes there; line {len(lines) + line + 1} of its journal is "
        f"damaged: fit with this storage goes on after python -m skhpo repair {journal}"
    )


def test_an_end_that_a_damaged_line_follows_was_not_the_last(tmp_path):
    tuned(tmp_path)
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b"no record\n\n")
    found = status(tmp_path)
    assert (found.state, found.stop_reason) == ("interrupted", None)


def test_one_whose_journal_is_gone_begins_anew(tmp_path):
    tuned(tmp_path)
    search = read_search(tmp_path)
    del search.contents.lines[-1]
    assert str(standing_of(search)).endswith("there; fit with this storage goes on")
    (tmp_path / "journal.jsonl").unlink()
    assert str(standing_of(search)) == (
        "interrupted: nobody writes there; its journal is gone: fit with this storage begins anew"
    )
    assert len(tuned(tmp_path, 2).history.trials) == 2


@pytest.mark.parametrize("reason", ["a\n\x1b[2Jb" + "c" * 1000, ["list"], 3])
def test_a_reason_that_somebody_made_up(reason, tmp_path):
    tuned(tmp_path)
    search = read_search(tmp_path)
    search.contents.lines[-1]["reason"] = reason
    standing = standing_of(search)
    assert standing.state == "ended"
    assert "\n" not in str(standing)
    assert len(str(standing)) < 200
