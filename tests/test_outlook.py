"""How long a search on disk still takes."""

from __future__ import annotations

import pytest
from small_histories import record

from skhpo import Float, Space
from skhpo.dashboard.facts import facts
from skhpo.dashboard.rows import Rows
from skhpo.forecast import Workload
from skhpo.history import History
from skhpo.outlook import Outlook
from skhpo.status import stored_status
from skhpo.storage import Store
from skhpo.storage.view import read_search

BEGAN = 1e9


def run(history, n_trials, began_at=BEGAN):
    """Two workers; every trial takes ten seconds."""
    first = len(history.trials)
    for trial in range(first, first + n_trials):
        begin = began_at + 10.0 * ((trial - first) // 2)
        record(history, trial, None, 0.5, times=[(begin, begin + 10.0)])


@pytest.fixture
def search(tmp_path):
    """4 of 10 trials are done."""
    work = Workload(10, 1, {None: 10}, {None: 1.0})
    store = Store(tmp_path)
    store.session = {"n_workers": 2, "work": work.to_plain(), "started_at": BEGAN}
    history = History()
    store.attach(history, Space({"x": Float(0, 10)}), {})
    run(history, 4)
    store.close()
    return read_search(tmp_path)


def test_six_trials_for_two_workers(search):
    assert Outlook().seconds_left(search) == 30.0
    assert stored_status(search, "process 1", False).seconds_left == 30.0


def test_asked_again_it_has_taken_in_what_is_new(search):
    outlook = Outlook()
    for left in (30.0, 20.0, 10.0, 0.0):
        assert outlook.seconds_left(search) == outlook.seconds_left(search) == left
        run(search.history, 2, began_at=search.history.measurements[-1].finished_at)


def test_another_process_is_judged_by_itself(search):
    """What was done before says how long a trial takes, and not how busy workers are."""
    outlook = Outlook()
    outlook.seconds_left(search)
    session = next(line for line in search.contents.lines if line["kind"] == "session")
    search.contents.lines.append({**session, "started_at": BEGAN + 1000.0})
    assert outlook.seconds_left(search) is None, "nobody has finished anything"
    for place in (0, 1):  # one after the other
        begin = BEGAN + 1000.0 + 10.0 * place
        record(search.history, 4 + place, None, 0.5, times=[(begin, begin + 10.0)])
    assert outlook.seconds_left(search) == 40.0


@pytest.mark.parametrize(
    ("who", "is_paused", "left"),
    [("process 1", False, "about 0:30"), ("process 1", True, None), (None, False, None)],
)
def test_the_page_tells_it_of_what_runs(search, who, is_paused, left):
    told = facts(search, Rows(search.history), who, is_paused)
    assert dict(told["counts"]).get("left") == left


def test_the_page_tells_nothing_where_all_is_done(search):
    run(search.history, 6, began_at=BEGAN + 20.0)
    assert "left" not in dict(facts(search, Rows(search.history), "process 1")["counts"])
