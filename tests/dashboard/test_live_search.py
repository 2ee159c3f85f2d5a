"""A journal that somebody looks at may grow, be torn, damaged, repaired, replaced and deleted."""

from __future__ import annotations

import os

import pytest

from skhpo import Float, Tuner
from skhpo.dashboard import live as module
from skhpo.dashboard.live import LiveSearch
from skhpo.exceptions import StorageError
from skhpo.storage.repair import repair
from skhpo.storage.view import read_search


def ran(storage, n_trials, seed=0):
    """A search on disk that has come so far."""
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=seed, storage=storage)
    tuner.run(n_trials)
    return tuner


@pytest.fixture
def lines(tmp_path):
    """Journal of a search of six trials, line by line, and the path of a shorter one."""
    ran(tmp_path / "whole", 6)
    return (tmp_path / "whole" / "journal.jsonl").read_bytes().splitlines(keepends=True)


@pytest.fixture
def journal(tmp_path, lines):
    path = tmp_path / "search" / "journal.jsonl"
    path.parent.mkdir()
    path.write_bytes(b"".join(lines[:8]))
    return path


@pytest.fixture
def patience(monkeypatch):
    """A line that is not finished is told at once."""
    monkeypatch.setattr(module, "_PATIENCE", 0.0)


def append(path, *lines):
    with open(path, "ab") as file:
        file.writelines(lines)


def same(live, path):
    """Whether what was read piece by piece is what is read at once."""
    return live.search.history.records == read_search(path).history.records


def test_it_reads_on_what_is_new_and_nothing_else(journal, lines, monkeypatch):
    live = LiveSearch(journal.parent)
    monkeypatch.setattr(module, "read_journal", None)  # not from the beginning
    history = live.search.history
    for line in lines[8:]:
        before = live.version
        live.look()
        assert live.version == before
        append(journal, line)
        live.look()
        assert live.version != before
        assert live.message is None
    assert live.search.history is history
    assert len(history.evaluations) == 6
    assert live.search.end["reason"] == "budget"
    assert same(live, journal)
    assert len(live.search.contents.lines) < 5  # records are kept once


def test_a_long_journal_is_read_in_pieces(journal, lines, monkeypatch):
    append(journal, *lines[8:])
    monkeypatch.setattr(module, "_PIECE", 5)
    live = LiveSearch(journal)
    first, n_looks = live.version, 0
    while live.is_behind:
        assert live.version == first  # figures are not drawn again for each piece
        part = live.search.contents.n_bytes / journal.stat().st_size
        assert live.message.startswith(f"Still reading: {part:.0%} of the journal.")
        live.look()
        n_looks += 1
    assert n_looks == (len(lines) - 1) // 5
    assert live.version != first
    assert live.message is None
    assert live.search.end["reason"] == "budget"
    assert live.search.session
    assert same(live, journal)


def test_a_journal_that_is_damaged_in_its_second_piece(journal, lines, monkeypatch):
    append(journal, lines[8][::-1].strip() + b"\n", *lines[9:])
    monkeypatch.setattr(module, "_PIECE", 5)
    live = LiveSearch(journal)
    assert live.is_behind
    live.look()
    assert not live.is_behind
    assert "Line 9 of" in live.message
    live.look()
    assert "Line 9 of" in live.message


def test_a_journal_that_is_replaced_while_it_is_read(journal, lines, monkeypatch, tmp_path):
    append(journal, *lines[8:])
    monkeypatch.setattr(module, "_PIECE", 5)
    live = LiveSearch(journal)
    ran(tmp_path / "other", 3, seed=1)
    os.replace(tmp_path / "other" / "journal.jsonl", journal)
    live.look()
    while live.is_behind:
        live.look()
    assert same(live, journal)
    assert len(live.search.history.evaluations) == 3


def test_every_byte_of_a_record_that_is_being_written(journal, lines):
    live = LiveSearch(journal)
    for line in lines[8:11]:
        for place in range(len(line)):
            n_records = len(live.search.history)
            append(journal, line[place : place + 1])
            live.look()
            is_whole = place == len(line) - 1
            assert len(live.search.history) == n_records + is_whole
            assert live.message is None
    assert same(live, journal)


def test_a_torn_line_is_told_if_it_stays(journal, lines, patience):
    live = LiveSearch(journal)
    append(journal, lines[8][:10])
    live.look()
    assert "The last 10 bytes" in live.message
    append(journal, lines[8][10:])
    live.look()
    assert live.message is None
    assert same(live, journal)


def test_a_torn_line_that_is_written_over(journal, lines, patience):
    append(journal, lines[8][:10])
    live = LiveSearch(journal)
    live.look()
    assert "not finished" in live.message
    os.truncate(journal, journal.stat().st_size - 10)
    append(journal, *lines[8:10])
    live.look()
    assert live.message is None
    assert same(live, journal)


def test_damaged_while_looked_at_and_repaired(journal, lines, patience):
    live = LiveSearch(journal)
    whole = journal.read_bytes()
    append(journal, b"no record\n", *lines[8:])
    live.look()
    assert "cannot be read" in live.message
    assert len(live.search.history.evaluations) == 2
    repair(journal)
    live.look()
    assert live.message is None
    assert same(live, journal)
    assert journal.read_bytes().startswith(whole)


def test_damaged_before(journal, lines):
    content = journal.read_bytes()
    journal.write_bytes(content.replace(lines[5], lines[5][::-1].strip() + b"\n"))
    live = LiveSearch(journal)
    assert "Line 6 of" in live.message
    live.look()
    assert "Line 6 of" in live.message
    journal.write_bytes(content)
    os.utime(journal, ns=(0, 0))
    live.look()
    assert live.message is None
    assert same(live, journal)


def test_what_was_known_is_damaged_later(journal, lines):
    live = LiveSearch(journal)
    journal.write_bytes(b"".join([*lines[:7], lines[7][::-1].strip() + b"\n", lines[8]]))
    live.look()
    assert "Line 8 of" in live.message


def test_a_record_that_does_not_fit(journal, lines):
    live = LiveSearch(journal)
    n_records = len(live.search.history)
    other = [line for line in lines[8:] if b'"measurement"' in line][-1]
    from skhpo.storage.lines import decode_line, encode_line

    content = decode_line(other, lines.index(other))
    append(journal, encode_line(8, {**content, "trial": 77}))
    live.look()
    assert "line 9 of" in live.message
    assert "does not fit" in live.message
    live.look()
    assert "does not fit" in live.message
    assert len(live.search.history) == n_records
    journal.write_bytes(b"".join(lines))
    live.look()
    assert live.message is None
    assert same(live, journal)


@pytest.mark.parametrize("n_trials", [1, 6, 20])
def test_another_search_in_its_place(journal, tmp_path, n_trials):
    """Shorter, as long, longer."""
    live = LiveSearch(journal)
    ran(tmp_path / "other", n_trials, seed=1)
    os.replace(tmp_path / "other" / "journal.jsonl", journal)
    live.look()
    assert live.message is None
    assert same(live, journal)


def test_written_over_in_place(journal, tmp_path):
    live = LiveSearch(journal)
    ran(tmp_path / "other", 9, seed=1)
    journal.write_bytes((tmp_path / "other" / "journal.jsonl").read_bytes())
    live.look()
    assert same(live, journal)


def test_gone_and_there_again(journal, lines):
    live = LiveSearch(journal)
    n_records = len(live.search.history)
    content = journal.read_bytes()
    journal.unlink()
    for _ in range(2):
        live.look()
        assert "is gone" in live.message
        assert len(live.search.history) == n_records
    journal.write_bytes(content + lines[8])
    live.look()
    assert live.message is None
    assert same(live, journal)


def test_something_else_in_its_place(journal, lines):
    live = LiveSearch(journal)
    for content in (b"", b"\0" * 9_999, b"no journal\n", b'{"n":0}\n', lines[1]):
        journal.write_bytes(content)
        live.look()
        assert "What is shown is what was read before" in live.message
        assert len(live.search.history.evaluations) == 2
    journal.unlink()
    journal.mkdir()
    live.look()
    assert live.message is not None


def test_no_search_at_all(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(StorageError, match="there is no journal at"):
            LiveSearch(path)
    (tmp_path / "journal.jsonl").write_text("hello\n")
    with pytest.raises(StorageError, match="is no journal of skhpo"):
        LiveSearch(tmp_path)
