"""Lines that were written are there, whatever happens in between."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import count

import pytest
from interruptions import interrupted_at
from stored_searches import X, found, search_of, y

from skhpo import Float, Tuner
from skhpo.exceptions import SkhpoWarning, StorageError
from skhpo.storage.journal import Journal
from skhpo.storage.lines import encode_line
from skhpo.storage.reading import Contents, is_begun, read_header, read_journal, read_on
from skhpo.testing import outcomes

HEADER = {"kind": "header", "format": "skhpo journal", "version": 1, "seed": 0}
LINES = [{"kind": "assignment", "trial": k, "folds": [0], "resource": 1.5} for k in range(6)]


def journal_of(path, lines=LINES):
    journal = Journal(str(path))
    for content in (HEADER, *lines):
        journal.append(content)
    journal.close()
    return path


@pytest.fixture
def path(tmp_path):
    return journal_of(tmp_path / "journal.jsonl")


def test_what_was_written_is_read(path):
    contents = read_journal(path)
    assert isinstance(contents, Contents)
    assert contents.header == HEADER == read_header(path)
    assert contents.lines == LINES
    assert contents.n_bytes == path.stat().st_size
    assert (contents.n_torn, contents.damage) == (0, None)


def test_lines_are_on_disk_before_it_is_closed(tmp_path):
    """Handed to the operating system one by one: nothing waits in this process."""
    journal = Journal(str(tmp_path / "journal.jsonl"))
    for n_lines, content in enumerate((HEADER, *LINES)):
        journal.append(content)
        assert len(read_journal(journal.path).lines) == n_lines
    journal.close()
    journal.close()
    journal.append(LINES[0])
    assert len(read_journal(journal.path).lines) == len(LINES)


def test_it_is_readable_by_its_owner_only(path):
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_cut_at_every_byte(path, tmp_path):
    """Whole lines stay, it is said what goes, and the rest is written behind them."""
    whole = path.read_bytes()
    ends = [0]
    for line in whole.splitlines(keepends=True):
        ends.append(ends[-1] + len(line))
    for n_bytes in range(len(whole) + 1):
        path.write_bytes(whole[:n_bytes])
        n_whole = sum(end <= n_bytes for end in ends) - 1
        if n_bytes in ends or n_whole == 0:
            journal = Journal(str(path))
        else:
            with pytest.warns(SkhpoWarning, match=f"{n_bytes - ends[n_whole]} bytes are cut off"):
                journal = Journal(str(path))
        assert is_begun(path) == (n_whole > 0)
        assert journal.n_records == max(0, n_whole - 1)
        assert path.stat().st_size == ends[n_whole]
        for content in (HEADER, *LINES)[n_whole:]:
            journal.append(content)
        journal.close()
        assert path.read_bytes() == whole


def test_every_byte_that_changes_is_noticed(path):
    """A changed last line is one that was not finished or is damaged; any other is damaged."""
    whole = path.read_bytes()
    starts = [0]
    for line in whole.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for place in range(starts[1], len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        path.write_bytes(changed)
        number = sum(start <= place for start in starts) - 1
        contents = read_journal(path)
        assert contents.lines == LINES[: number - 1]
        if place < starts[-2] - 1:
            assert contents.damage.line == number
            with pytest.raises(StorageError, match=f"line {number + 1} of .* skhpo repair"):
                Journal(str(path))
            assert path.read_bytes() == changed, "nobody wrote there"


def test_a_missing_line_is_noticed(path):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))
    assert read_journal(path).damage.line == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b\n1,2\n", "is no journal of skhpo"),
        (b"no line feed at all", "is no journal of skhpo"),
        (encode_line(0, {"kind": "header", "format": "another"}), "does not say so"),
        (encode_line(0, {**HEADER, "version": "1"}), "does not say so"),
        (encode_line(1, HEADER), "lines before it are missing"),
        (b"\x00" * 4096, "is no journal of skhpo"),
        (b"x" * (3 << 20), "is no journal of skhpo"),
    ],
)
def test_other_files_are_refused_and_left_alone(content, message, tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(content)
    for read in (read_journal, read_header, lambda path: Journal(str(path))):
        with pytest.raises(StorageError, match=message):
            read(path)
    assert path.read_bytes() == content


def test_newer_versions_are_refused(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(encode_line(0, {**HEADER, "version": 2, "skhpo": "9.0"}))
    with pytest.raises(StorageError, match=r"written by skhpo 9\.0, as version 2 .* --upgrade"):
        Journal(str(path))


def test_a_line_that_is_too_long_is_damage(path):
    with path.open("ab") as file:
        file.write(b"x" * (3 << 20) + b"\n" + encode_line(8, LINES[0]))
    contents = read_journal(path)
    assert contents.lines == LINES
    assert contents.damage.line == 7


def test_there_is_none(tmp_path):
    with pytest.raises(StorageError, match="there is no journal at"):
        read_journal(tmp_path)
    with pytest.raises(StorageError, match="there is no journal at"):
        read_header(tmp_path)
    assert not is_begun(tmp_path)


def test_a_reader_goes_on_where_it_was(path):
    """Also in the middle of a line that is being written."""
    whole = path.read_bytes()
    known = read_journal(path, most=0)
    assert known.n_bytes == len(encode_line(0, HEADER))
    seen = []
    for n_bytes in range(known.n_bytes, len(whole) + 1):
        path.write_bytes(whole[:n_bytes])
        known = read_on(known)
        seen += known.lines
        assert known.n_bytes + known.n_torn == n_bytes
    assert seen == LINES
    assert known.extent == read_journal(path).extent
    assert read_on(known) == replace(known, lines=[], before=known.extent)


def test_a_reader_takes_some_lines_at_a_time(path):
    whole = read_journal(path)
    known = read_journal(path, most=1)
    seen = known.lines
    assert len(seen) == 1
    while (known := read_on(known, most=2)).lines:
        assert 1 <= len(known.lines) <= 2
        seen = seen + known.lines
    assert seen == whole.lines
    assert known.extent == whole.extent


def test_a_reader_is_told_what_is_damaged(path):
    known = read_journal(path, most=1)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], lines[2][::-1].strip() + b"\n", *lines[3:]]))
    passage = read_on(known)
    assert passage.damage == read_journal(path).damage
    assert passage.damage.line == 2
    assert passage.lines == []


def test_a_reader_of_a_file_that_is_gone(path):
    known = read_journal(path)
    path.unlink()
    assert read_on(known) == replace(known, lines=[], before=known.extent)


# --------------------------------------------------------------------------- interruptions


FILES = ("storage/journal.py", "storage/store.py", "storage/lines.py", "storage/records.py")


def test_interrupted_at_any_line_while_it_is_written(tmp_path):
    """Ctrl-C before any line of it: what comes then is written behind what is whole."""
    for step in count():
        path = tmp_path / str(step) / "journal.jsonl"
        path.parent.mkdir()
        journal = Journal(str(path))
        journal.append(HEADER)
        journal.append(LINES[0])
        with interrupted_at(step, "storage/journal.py", "storage/lines.py") as interruption:
            journal.append(LINES[1])
        for content in LINES[journal.n_records : 4]:
            journal.append(content)
        journal.close()
        assert read_journal(path).lines == LINES[:4]
        if not interruption.happened:
            break
    assert step > 10


def tuner_of(storage, **settings):
    return Tuner(
        {"x": Float(0, 1), "k": ["a", "b"]},
        lambda params: params["x"],
        random_state=0,
        storage=storage,
        **settings,
    )


@pytest.mark.filterwarnings(  # interrupted between opening and keeping: closed, but not by name
    "ignore::ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore:The last line:skhpo.exceptions.SkhpoWarning",
)
@pytest.mark.parametrize("kept", [True, False], ids=["same tuner", "another tuner"])
def test_a_search_interrupted_anywhere_while_it_is_stored(kept, tmp_path):
    """Nothing is lost of what was found, and nothing is written twice."""
    expected = outcomes(tuner_of(None).run(2).history)
    for step in count(3 * kept, 5):
        storage = tmp_path / str(step)
        tuner = tuner_of(storage)
        with interrupted_at(step, *FILES) as interruption:
            tuner.run(2)
        known = list(tuner.history.records)
        tuner.close()
        later = tuner if kept else tuner_of(storage)
        assert list(map(repr, later.history.records[: len(known)])) == list(map(repr, known))
        assert outcomes(later.run(2).history) == expected
        records = [line for line in read_journal(storage).lines if line["kind"] == "trial"]
        assert [record["number"] for record in records] == [0, 1]
        shutil.rmtree(storage)
        if not interruption.happened:
            break
    assert step > 100


# --------------------------------------------------------------------------- nothing to write on


def test_a_search_cut_at_every_byte_of_its_last_three_records(tmp_path):
    """It is found again, and nothing else is measured again."""
    measured = []

    def objective(params):
        measured.append(params["x"])
        return params["x"]

    def run(storage):
        tuner = Tuner({"x": Float(0, 1)}, objective, random_state=0, storage=storage)
        return outcomes(tuner.run(4).history)

    expected = run(tmp_path / "whole")
    path = tmp_path / "whole" / "journal.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    first = len(b"".join(lines[:-4]))  # behind the records stands a line that says it ended
    for n_bytes in range(first, len(whole) + 1):
        measured.clear()
        path.write_bytes(whole[:n_bytes])
        tail = whole[first:n_bytes]
        is_torn = bool(tail) and not tail.endswith(b"\n")
        if is_torn:
            with pytest.warns(SkhpoWarning, match="was not finished"):
                assert run(tmp_path / "whole") == expected
        else:
            assert run(tmp_path / "whole") == expected
        was_measured = tail.count(b"\n") >= 3
        assert len(measured) == (0 if was_measured else 1)
        records = read_journal(path).lines
        assert [r["trial"] for r in records if r["kind"] == "measurement"] == [0, 1, 2, 3]


LIMITED = """
import resource, signal, sys, warnings
from skhpo import Float, Tuner
from skhpo.storage import read_journal

def is_full(soft):
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, resource.RLIM_INFINITY))

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=sys.argv[1])
is_full(4_000)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    tuner.run(30)
assert len(tuner.history.trials) == 30
(warning,) = caught
assert "cannot be written any more" in str(warning.message), warning
contents = read_journal(sys.argv[1])
assert (contents.n_torn, contents.damage) == (0, None)
assert contents.n_bytes <= 4_000
assert 3 < sum(line["kind"] == "measurement" for line in contents.lines) < 30
is_full(resource.RLIM_INFINITY)
if sys.argv[2] == "later":
    tuner.run(31)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
@pytest.mark.parametrize("there_is_space", ["never", "later"])
def test_a_full_disk(there_is_space, tmp_path):
    """The search ends in memory, and says so once; the file can be read, and gone on from.

    When the same search goes on and there is space again, all that it has found is written.
    """
    command = [sys.executable, "-c", LIMITED, tmp_path, there_is_space]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    lines = read_journal(tmp_path).lines
    measured = [line["trial"] for line in lines if line["kind"] == "measurement"]
    assert measured == list(range(len(measured)))
    assert (len(measured) == 31) == (there_is_space == "later")


def is_mounted(folder):
    """Make it a file system of 64 kB; whether that was possible."""
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    try:
        return subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("name", ["random", "asha"])
def test_a_search_on_a_file_system_that_is_full(name, tmp_path):
    """Its scores are those of a search that stores nothing."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if not is_mounted(disk):
        pytest.skip("no file system can be mounted here")
    try:
        expected = found(search_of(name, None, tmp_path / "log").fit(X, y))
        filling = disk / "filling"
        with suppress(OSError), filling.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        os.truncate(filling, filling.stat().st_size - (8 << 10))
        search = search_of(name, disk / "search", tmp_path / "log")
        with pytest.warns(SkhpoWarning, match="cannot be written any more"):
            search.fit(X, y)
        assert found(search) == expected
        assert read_journal(disk / "search").damage is None
    finally:
        subprocess.run(["umount", str(disk)], check=True)
