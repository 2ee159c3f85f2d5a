"""A worker, or the whole search, is killed in the middle of writing a checkpoint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from stored_searches import Counted, X, found, n_passes, y

from skhpo import Float, HalvingASHASearchCV
from skhpo.storage import Checkpoints

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")

BLOCK = bytes(1 << 20)  # more than is kept back before it is written


class Stuck:
    """Can be pickled only where there is a file that says so; otherwise it never ends."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        while not os.path.exists(self.path):
            time.sleep(0.05)
        return Stuck, (self.path,)


class Heavy(Counted):
    """Counts its passes; a state of it that is not finished is a megabyte already."""

    def __init__(self, log=None, way_out=None, *, alpha=0.0001, eta0=0.1):
        super().__init__(log, alpha=alpha, eta0=eta0)
        self.way_out = way_out

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)
        # Only who comes late in the search is stuck: with the state of its second pass.
        stuck = self.alpha > 0.1 and self.t_ > 1 + len(X)
        self.block_, self.stuck_ = BLOCK, Stuck(self.way_out) if stuck else None
        return self


def search_of(storage, log, way_out, **settings):
    return HalvingASHASearchCV(
        Heavy(str(log), str(way_out)), {"alpha": Float(1e-4, 1, log=True), "eta0": [0.01]},
        resource="epochs", max_resources=4, factor=2, n_candidates=6, cv=2, random_state=0,
        refit=False, initial_params=[{"alpha": 0.5, "eta0": 0.01}], storage=storage, **settings,
    )  # fmt: skip


def unfinished(storage):
    return list((storage / "states").glob("*/*.pkl.*"))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores")
def test_by_its_timeout(tmp_path, monkeypatch):
    """That is what came of the trial; nothing of the state is left, and the search goes on."""
    storage, log, way_out = tmp_path / "search", tmp_path / "log", tmp_path / "way out"
    seen = []

    def look(self):
        seen.extend(unfinished(storage))
        return discard(self)

    discard = Checkpoints.discard_unfinished
    monkeypatch.setattr(Checkpoints, "discard_unfinished", look)
    first = search_of(storage, log, way_out, trial_timeout=3.0).fit(X, y)
    assert len(seen) == 2, "one for each fold was begun"
    assert not unfinished(storage)
    timed_out = [m for m in first.history_.measurements if m.status == "timeout"]
    assert [(m.trial, m.resource, m.state) for m in timed_out] == [(0, 2, None)] * 2
    n = n_passes(log)
    way_out.touch()
    again = search_of(storage, log, way_out, trial_timeout=3.0).fit(X, y)
    assert found(again) == found(first)
    assert n_passes(log) == n


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:2]
from test_killed_while_saving import X, search_of, y
search_of(*sys.argv[2:]).fit(X, y)
"""


def test_with_the_search(tmp_path):
    """What it was about is done again, once; the part of a state that is left is never read."""
    storage, log, way_out = tmp_path / "search", tmp_path / "log", tmp_path / "way out"
    here = os.path.dirname(__file__)
    command = [sys.executable, "-c", SCRIPT, here, storage, log, way_out]
    with subprocess.Popen(command) as process:
        while not (unfinished(storage) and unfinished(storage)[0].stat().st_size >= len(BLOCK)):
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
    (part,) = unfinished(storage)
    assert not part.with_suffix("").exists()
    way_out.touch()
    n_before = n_passes(log)
    resumed = search_of(storage, log, way_out).fit(X, y)
    assert not unfinished(storage)
    whole_log = tmp_path / "whole log"
    whole = search_of(tmp_path / "whole", whole_log, way_out).fit(X, y)
    assert found(resumed) == found(whole)
    assert n_before < n_passes(log) == n_passes(whole_log) + 1, "the pass whose state was lost"
