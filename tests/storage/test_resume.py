"""Whatever ends a search, and whenever: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import nullcontext
from itertools import pairwise

import numpy as np
import pytest
from nursery import nursery
from stored_searches import SEARCHES, X, found, n_passes, search_of, y

import skhpo
from skhpo.exceptions import SkhpoWarning
from skhpo.storage.journal import Journal

EVERY_BYTE = bool(os.environ.get("SKHPO_TEST_EVERY_BYTE"))

#: Times that each search is killed at random, at least.
N_KILLS = int(os.environ.get("SKHPO_TEST_KILLS", "5"))

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork, no SIGKILL")


@pytest.fixture(scope="module")
def run():
    with nursery() as search:
        yield search


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What each search finds if nothing happens, and how many passes that takes."""
    known = {}

    def uninterrupted(name):
        if name not in known:
            log = tmp_path_factory.mktemp("whole") / "log"
            known[name] = found(search_of(name, None, log).fit(X, y)), n_passes(log)
        return known[name]

    return uninterrupted


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SEARCHES)
def test_killed_after_every_record(name, run, whole, tmp_path):
    """By SIGKILL, again and again: each process adds one record to those that it has found."""
    results, n = whole(name)
    storage, log = tmp_path / "search", tmp_path / "log"
    n_killed = 0
    while (resumed := run(name, storage, log, after=1)) is None:
        n_killed += 1
    assert n_killed >= 20
    assert resumed == results
    assert n_passes(log) == n, "nothing that was written down is done again"


@pytest.mark.timeout(600 + 30 * N_KILLS)
@pytest.mark.parametrize("name", SEARCHES)
def test_killed_at_random_moments(name, run, whole, tmp_path):
    """At any line of the code, one as likely as the other: at most what was running is lost."""
    rng = np.random.default_rng(list(SEARCHES).index(name))
    results, n = whole(name)
    most = SEARCHES[name][1].get("max_resources", 1)
    n_killed = 0
    while n_killed < N_KILLS:
        storage, log = tmp_path / f"search{n_killed}", tmp_path / f"log{n_killed}"
        n_lines, resumed, n_here = int(rng.integers(1, 15_000)), None, 0
        while resumed is None:
            resumed = run(name, storage, log, at_line=n_lines)
            n_here += resumed is None
            n_lines *= 2  # or it would never come further
        assert resumed == results
        assert n <= n_passes(log) <= n + most * n_here
        n_killed += n_here


@pytest.mark.timeout(600)
def test_killed_with_two_workers(run, tmp_path):
    """Half-trained models included: at most what the workers had in hand is done again."""
    settings, expected_log = {"deterministic": 4}, tmp_path / "expected"
    expected = found(search_of("asha", None, expected_log, **settings).fit(X, y))
    storage, log = tmp_path / "search", tmp_path / "log"
    n_lines, resumed, n_killed = 20_000, None, 0
    while resumed is None:
        resumed = run("asha", storage, log, at_line=n_lines, n_jobs=2, **settings)
        n_killed += resumed is None
        n_lines *= 2
    assert n_killed > 0
    assert resumed == expected
    n = n_passes(expected_log)
    assert n <= n_passes(log) <= n + 4 * SEARCHES["asha"][1]["max_resources"] * n_killed


def test_every_search_class_is_killed():
    classes = {name for name in skhpo.__all__ if name.endswith("SearchCV")}
    assert classes == {search.__name__ for search, _ in SEARCHES.values()}


def cut_off(journal, whole, n_bytes):
    """Leave so many bytes of a journal; what is expected of who opens it."""
    journal.write_bytes(whole[:n_bytes])
    is_torn = n_bytes > 0 and whole[n_bytes - 1 : n_bytes] != b"\n"
    return pytest.warns(SkhpoWarning, match="was not finished") if is_torn else nullcontext()


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", SEARCHES)
def test_cut_at_every_byte_of_the_last_three_records(name, whole, tmp_path):
    """What was cut off is done again, and no more.

    Who opens a journal that is torn makes it one that ends with a whole line, before anything else
    is done with it: this is so at every byte. So that resuming from each of these journals is
    resuming at every byte, and one torn line each is added to see it; all of them are really
    resumed from with ``SKHPO_TEST_EVERY_BYTE=1`` (some minutes).
    """
    results, _ = whole(name)
    storage, log = tmp_path / "search", tmp_path / "log"
    search_of(name, storage, log).fit(X, y)
    content = (storage / "journal.jsonl").read_bytes()
    lines = content.splitlines(keepends=True)
    assert b'"kind":"end"' in lines[-1]
    ends = [int(end) for end in np.cumsum(list(map(len, lines)))]
    records = [json.loads(line) for line in lines[-4:-1]]
    passes = [r.get("spent", 1) if r["kind"] == "measurement" else 0 for r in records]
    assert sum(passes) > 0

    alone = tmp_path / "journal.jsonl"
    for n_bytes in range(ends[-5], len(content) + 1):
        with cut_off(alone, content, n_bytes):
            Journal(str(alone)).close()
        assert alone.read_bytes() == content[: max(end for end in ends if end <= n_bytes)]

    whole_ones = ends[-5:-1]
    torn = [(start + end) // 2 for start, end in pairwise(whole_ones)]
    for n_bytes in range(ends[-5], len(content) + 1) if EVERY_BYTE else [*whole_ones, *torn]:
        copy = tmp_path / "copy"
        shutil.copytree(storage, copy)
        log.write_text("")
        with cut_off(copy / "journal.jsonl", content, n_bytes):
            search = search_of(name, copy, log).fit(X, y)
        assert found(search) == results
        n_left = sum(end <= n_bytes for end in whole_ones[1:])
        assert n_passes(log) == sum(passes[n_left:])
        shutil.rmtree(copy)
