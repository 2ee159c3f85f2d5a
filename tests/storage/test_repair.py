"""What is whole of a damaged journal is saved, as far as it is a history; and that is gone on with."""

from __future__ import annotations

import os
import shutil
import stat

import pytest
from stored_searches import SEARCHES, X, found, n_passes, search_of, y

from skhpo import Float, Tuner
from skhpo.exceptions import StorageError, StorageLockedError
from skhpo.storage import Store, read_journal
from skhpo.storage.lines import decode_line, encode_line
from skhpo.storage.repair import repair
from skhpo.testing import outcomes

DIVIDED = {"racing", "halving", "asha", "bayes-asha", "hyperband", "pbt"}


def lines_of(folder):
    return (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)


def destroy(folder, number):
    """Change a byte in the middle of a line, counted from 0; return what the line said."""
    lines = lines_of(folder)
    content = bytearray(lines[number])
    content[len(content) // 2] ^= 1
    (folder / "journal.jsonl").write_bytes(
        b"".join([*lines[:number], content, *lines[number + 1 :]])
    )
    return decode_line(lines[number], number)


def measurements(lines):
    return [line for line in lines if line["kind"] == "measurement"]


def same(line):
    return (line["trial"], line["fold"], line["resource"])


@pytest.mark.parametrize("name", SEARCHES)
def test_whichever_line_is_lost_the_search_goes_on_to_its_end(name, tmp_path):
    """What was saved is not measured again, and everything else is."""
    whole, log = tmp_path / "whole", tmp_path / "log"
    first = search_of(name, whole, log).fit(X, y)
    n_lines = len(lines_of(whole))
    n_saved = 0
    for number in range(1 + list(SEARCHES).index(name) % 3, n_lines - 1, 3):
        folder = tmp_path / str(number)
        shutil.copytree(whole, folder)
        lost = destroy(folder, number)
        done = repair(folder)
        n_saved += done.n_saved
        assert done.n_whole + done.n_saved + done.n_left_out == n_lines - 1
        kept = read_journal(folder)
        assert (kept.damage, kept.n_torn) == (None, 0)
        assert len(kept.lines) == done.n_whole + done.n_saved - 1
        log.write_text("")
        search = search_of(name, folder, log).fit(X, y)
        again = search.history_.measurements[len(measurements(kept.lines)) :]
        assert n_passes(log) == sum(m.spent or 1 for m in again)
        assert not search.history_.pending
        assert len(search.history_.trials) == len(first.history_.trials)
        if name not in DIVIDED and lost["kind"] == "measurement":
            assert [(m.trial, m.fold) for m in again] == [(lost["trial"], lost["fold"])]
            assert found(search) == found(first)
        assert repair(folder).copy is None
        shutil.rmtree(folder)
    assert n_saved > 0


def tuner_of(storage):
    return Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0, storage=storage)


@pytest.fixture
def stored(tmp_path):
    """A header, a session, five times trial, assignment, measurement, and an end."""
    tuner_of(tmp_path).run(5)
    assert len(lines_of(tmp_path)) == 2 + 3 * 5 + 1
    return tmp_path


@pytest.mark.parametrize(
    ("number", "n_whole", "n_saved", "n_left_out"),
    [
        (1, 1, 16, 0),  # who began to write: nobody needs it
        (4, 4, 13, 0),  # the measurement of trial 0
        (5, 5, 1, 11),  # trial 1: those behind it are numbered; the end is said again
        (6, 5, 1, 11),  # its assignment, without which it is nothing
        (17, 17, 0, 0),  # the end, which is the last line: it is as if it were torn
    ],
)
def test_what_is_saved(number, n_whole, n_saved, n_left_out, stored):
    expected = outcomes(tuner_of(None).run(5).history)
    before = lines_of(stored)
    destroy(stored, number)
    damaged = (stored / "journal.jsonl").read_bytes()
    done = repair(stored)
    assert (done.n_whole, done.n_saved, done.n_left_out) == (n_whole, n_saved, n_left_out)
    with open(done.copy, "rb") as file:
        assert file.read() == damaged
    assert lines_of(stored)[:n_whole] == before[:n_whole]
    resumed = tuner_of(stored).run(5).history
    assert sorted(map(repr, outcomes(resumed))) == sorted(map(repr, expected))


def test_several_lines(stored):
    """Trials 0 and 2 lack their measurement, and trial 4 is lost, with what belongs to it."""
    for number in (4, 10, 14):
        destroy(stored, number)
    done = repair(stored)
    assert (done.n_whole, done.n_saved, done.n_left_out) == (4, 9, 2)
    assert done.reason.startswith("line 5: its checksum")
    history = tuner_of(stored).history
    assert [m.trial for m in history.measurements] == [1, 3]
    assert [assignment.trial for assignment, _ in history.unfinished] == [0, 2]
    resumed = tuner_of(stored).run(5)
    assert len(resumed.history.measurements) == 5
    assert resumed.replay() == [], "random configurations depend on nothing that was lost"


def test_lines_that_stand_there_twice_or_are_missing(stored):
    lines = lines_of(stored)
    (stored / "journal.jsonl").write_bytes(b"".join([*lines[:8], lines[7], lines[6], *lines[8:]]))
    assert "or it stands there twice" in repair(stored).reason
    assert lines_of(stored) == lines
    (stored / "journal.jsonl").write_bytes(b"".join(lines[:7] + lines[8:]))
    done = repair(stored)
    assert "lines before it are missing" in done.reason
    assert (done.n_whole, done.n_saved, done.n_left_out) == (7, 10, 0)


def test_line_feeds_and_long_lines_are_no_obstacle(stored):
    lines = lines_of(stored)
    lines[4] = lines[4][:-1] + b"x" * (3 << 20)
    (stored / "journal.jsonl").write_bytes(b"".join(lines))
    assert repair(stored).n_saved > 0
    assert len(tuner_of(stored).run(5).history.measurements) == 5


def test_records_that_make_no_history_are_refused(stored):
    """Each line is right: that is no accident, and nothing is mended."""
    lines = lines_of(stored)
    lines[5] = encode_line(5, {"kind": "assignment", "trial": 7, "resource": None, "folds": [0]})
    (stored / "journal.jsonl").write_bytes(b"".join(lines))
    destroy(stored, 10)
    before = (stored / "journal.jsonl").read_bytes()
    with pytest.raises(StorageError, match=r"holds no history: .* there is no such trial"):
        repair(stored)
    assert (stored / "journal.jsonl").read_bytes() == before


def test_the_file_is_replaced_at_one_stroke(stored, monkeypatch):
    """Where there is no space for it, it stays what it was."""
    destroy(stored, 4)
    before = (stored / "journal.jsonl").read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StorageError, match=r"cannot be repaired: .*No space left"):
        repair(stored)
    monkeypatch.undo()
    assert (stored / "journal.jsonl").read_bytes() == before
    assert "journal.jsonl.repaired" not in os.listdir(stored)


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_rights(stored):
    destroy(stored, 4)
    done = repair(stored)
    for path in (done.path, done.copy):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_not_while_a_search_writes(stored):
    store = Store(stored)
    destroy(stored, 4)
    with pytest.raises(StorageLockedError):
        repair(stored)
    store.close()
