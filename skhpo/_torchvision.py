"""torchvision, where there is one that works.

It consists of Python and of a compiled library that fits one build of torch only. Beside another
build it is there and cannot be imported; what torch says then helps nobody.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from skhpo.exceptions import MissingExtraError

__all__ = ["import_torchvision"]


def import_torchvision(purpose: str) -> ModuleType:
    """Import torchvision.

    Parameters
    ----------
    purpose : str
        What needs it, in the plural, for the message.

    Raises
    ------
    MissingExtraError
        If it is not installed, or cannot be loaded beside the torch that is; with what to install.
    """
    try:
        return importlib.import_module("torchvision")
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "torchvision"):
            raise _unusable(purpose, error) from error
        raise MissingExtraError(
            f'{purpose} need {error.name}, which is not installed: pip install "skhpo[neural]"'
        ) from error
    except Exception as error:  # RuntimeError, OSError, AttributeError …: whatever is tried first
        raise _unusable(purpose, error) from error


def _unusable(purpose: str, error: Exception) -> MissingExtraError:
    return MissingExtraError(
        f"{purpose} need torchvision, and torchvision {_version('torchvision')} cannot be loaded "
        f"beside torch {_version('torch')} ({type(error).__name__}: {error}). The two must be "
        "releases of the same time, and of the same build: install both at once, from one place, "
        "by: pip install --upgrade --force-reinstall torch torchvision; where there is no GPU, "
        "add: --index-url https://download.pytorch.org/whl/cpu"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(of an unknown version)"
