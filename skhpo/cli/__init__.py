"""The command line: look at a search on disk from outside, also while it runs."""

from skhpo.cli.main import main

__all__ = ["main"]
