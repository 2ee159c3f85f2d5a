"""What a search keeps on disk: its history, line by line, and fitted states beside it."""

from skhpo.storage.checkpoints import Checkpoints
from skhpo.storage.description import describe, described_data, described_estimator
from skhpo.storage.reading import Contents, read_journal
from skhpo.storage.recorder import Recorder
from skhpo.storage.store import Store, n_stored, seed_for

__all__ = [
    "Checkpoints",
    "Contents",
    "Recorder",
    "Store",
    "describe",
    "described_data",
    "described_estimator",
    "n_stored",
    "read_journal",
    "seed_for",
]
