"""Whatever ends a search, and whenever: it goes on, and ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest
from nursery import nursery
from stored_searches import SEARCHES, X, found, n_passes, search_of, y

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


@pytest.mark.timeout(600)
def test_killed_at_random_moments(run, whole, tmp_path):
    """At 50 lines of the code, any of which is as likely: at most what was running is lost."""
    rng = np.random.default_rng(0)
    n_killed = 0
    names = list(SEARCHES)
    while n_killed < 50:
        name = names[n_killed % len(names)]
        results, n = whole(name)
        storage, log = tmp_path / f"search{n_killed}", tmp_path / f"log{n_killed}"
        n_lines, resumed, n_here = int(rng.integers(1, 15_000)), None, 0
        while resumed is None:
            resumed = run(name, storage, log, at_line=n_lines)
            n_here += resumed is None
            n_lines *= 2  # or it would never come further
        assert resumed == results
        most = SEARCHES[name][1].get("max_resources", 1)
        assert n <= n_passes(log) <= n + most * n_here
        n_killed += n_here


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", SEARCHES)
def test_the_last_records_are_cut_off(name, whole, tmp_path):
    """Within each of the last three, and between them: what was cut is done again, and no more."""
    results, _ = whole(name)
    storage, log = tmp_path / "search", tmp_path / "log"
    search_of(name, storage, log).fit(X, y)
    lines = (storage / "journal.jsonl").read_bytes().splitlines(keepends=True)
    assert b'"kind":"end"' in lines[-1]
    ends = np.cumsum([0, *map(len, lines)])
    n_again = 0
    for n_left in (1, 2, 3):
        start, end = ends[-1 - n_left - 1], ends[-1 - n_left]
        record = json.loads(lines[-1 - n_left])
        n_again += record.get("spent", 1) if record["kind"] == "measurement" else 0
        for n_bytes in (end - 1, (start + end) // 2, start + 1, start):
            copy = tmp_path / f"{name}-{n_bytes}"
            shutil.copytree(storage, copy)
            os.truncate(copy / "journal.jsonl", n_bytes)
            search = search_of(name, copy, log)
            log.unlink()
            log.touch()
            if n_bytes == start:
                search.fit(X, y)
            else:
                with pytest.warns(UserWarning, match="was not finished"):
                    search.fit(X, y)
            assert found(search) == results
            assert n_passes(log) == n_again
            shutil.rmtree(copy)
    assert n_again > 0
