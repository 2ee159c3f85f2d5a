from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def one_thread():
    """Small nets are quickest on one thread; and with as many threads, sums are the same."""
    try:
        import torch
    except ImportError:  # each module says so itself
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
