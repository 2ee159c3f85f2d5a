"""The garbage collector is as it was, whatever happens in between."""

from __future__ import annotations

import gc

import pytest

from skhpo import Float, Tuner
from skhpo.exceptions import StorageError
from skhpo.storage import read_journal
from skhpo.storage.uncollected import uncollected


@pytest.fixture(params=[True, False], ids=["on", "off"])
def collector(request):
    (gc.enable if request.param else gc.disable)()
    yield request.param
    gc.enable()


def test_it_is_as_before(collector):
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled() == collector
    with pytest.raises(KeyboardInterrupt), uncollected():
        raise KeyboardInterrupt
    assert gc.isenabled() == collector


def test_by_what_reads(collector, tmp_path):
    with pytest.raises(StorageError):
        read_journal(tmp_path / "missing")
    for n_trials in (2, 3):
        Tuner({"x": Float(0, 1)}, len, random_state=0, storage=tmp_path).run(n_trials)
        assert gc.isenabled() == collector
    read_journal(tmp_path)
    assert gc.isenabled() == collector
