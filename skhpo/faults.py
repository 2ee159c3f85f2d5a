"""What a search puts up with before it gives a trial up, or itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from skhpo.settings import check_count

__all__ = ["FaultTolerance"]

_UNITS = {
    **{"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12},
    **{"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40},
}

#: Less than that, in bytes, no fit can do with: the unit was forgotten.
_LEAST = 10**6


@dataclass(frozen=True)
class FaultTolerance:
    """How often something may go wrong, and how much memory it may take.

    Parameters
    ----------
    max_retries : int, default=1
        How often a trial on a fold is tried again when its worker died. What fails by itself, or
        takes too long, is not tried again.
    memory_limit : int, str or None, default=None
        What the fits in each worker process may allocate beside the data and what the process
        takes by itself: bytes, or a text such as ``"2GB"`` or ``"512MiB"``. More than that fails
        the trial. Only for processes, and on Linux. None: no limit.
    max_failures : int or None, default=10
        When so many trials were finished and every one has failed, the search ends with an error
        that shows the first one, instead of failing on to the end. One that was completed, on a
        single fold even, and it goes on whatever comes. None: always.

    Examples
    --------
    >>> from skhpo import FaultTolerance
    >>> FaultTolerance(memory_limit="1.5GB").memory_bytes
    1500000000
    """

    max_retries: int = 1
    memory_limit: int | str | None = None
    max_failures: int | None = 10

    def __post_init__(self) -> None:
        check_count("FaultTolerance", "max_retries", self.max_retries, least=0)
        check_count("FaultTolerance", "max_failures", self.max_failures, or_none=True)
        n_bytes = self.memory_bytes
        if n_bytes is not None and n_bytes < _LEAST:
            given = self.memory_limit
            unit = "MB" if isinstance(given, int) and given > 64 else "GB"
            meant = f"{given}{unit}" if isinstance(given, int) and given > 0 else "2GB"
            raise ValueError(
                f"FaultTolerance: memory_limit={given!r} is less than a megabyte; an integer is a "
                f"number of bytes, so write {meant!r} or the like"
            )

    @property
    def memory_bytes(self) -> int | None:
        """The memory limit in bytes; None for no limit."""
        return None if self.memory_limit is None else _as_bytes(self.memory_limit)


def _as_bytes(given: Any) -> int:
    is_integer = isinstance(given, Integral) and not isinstance(given, bool)
    if is_integer:
        return int(given)
    if isinstance(given, str):
        parts = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]+)\s*", given)
        if parts is not None and parts[2].upper() in _UNITS:
            return int(float(parts[1]) * _UNITS[parts[2].upper()])
    raise ValueError(
        "FaultTolerance: memory_limit must be a number of bytes, a text such as '2GB' or '512MiB', "
        f"or None, got {given!r}"
    )
