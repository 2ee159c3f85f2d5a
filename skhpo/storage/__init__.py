"""What a search keeps on disk."""

from skhpo.storage.checkpoints import Checkpoints

__all__ = ["Checkpoints"]
