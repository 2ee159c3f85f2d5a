"""The packages that searches are exchanged with, imported where they are used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from skhpo.exceptions import MissingExtraError

__all__ = ["package"]


def package(name: str, purpose: str, extra: str) -> Any:
    """Return a package that only the exchange needs.

    Parameters
    ----------
    name : str
        What to import.
    purpose : str
        Who asks for it.
    extra : str
        The extra of skhpo that brings it.

    Raises
    ------
    MissingExtraError
        If it is not there.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtraError(
            f"{purpose} needs {name.partition('.')[0]}, which is not installed: pip install "
            f'"skhpo[{extra}]"'
        ) from error
