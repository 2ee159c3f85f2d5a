"""What there is of a machine, as far as it says so."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import joblib

__all__ = ["Machine", "memory_in_use"]

_MEMINFO, _STATUS = Path("/proc/meminfo"), Path("/proc/self/status")

#: Limit and use of a container, in either version of Linux's control groups.
_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


@dataclass(frozen=True)
class Machine:
    """What a search may use.

    Parameters
    ----------
    n_cpus : int
        Processors that this process may run on.
    memory_free : float
        Bytes that are not in use; infinite where the system does not say.
    """

    n_cpus: int
    memory_free: float

    @classmethod
    def this(cls) -> Machine:
        """Return the one that this runs on, as it is now."""
        free = [_kibibytes(_MEMINFO, "MemAvailable")]
        for limit, used in _GROUPS:
            free.append(_number(limit) - _number(used))
        known = [amount for amount in free if not math.isnan(amount)]
        return cls(int(joblib.cpu_count()), max(0.0, min(known, default=math.inf)))


def memory_in_use() -> tuple[float, float]:
    """Return bytes that this process has now, and has had at most; NaN where nobody says."""
    return _kibibytes(_STATUS, "VmRSS"), _kibibytes(_STATUS, "VmHWM")


def _kibibytes(file: Path, name: str) -> float:
    try:
        found = re.search(rf"^{name}:\s*(\d+) kB$", file.read_text(), re.MULTILINE)
    except OSError:
        return math.nan
    return math.nan if found is None else 1024.0 * int(found[1])


def _number(file: str) -> float:
    try:
        return float(Path(file).read_text())
    except (OSError, ValueError):  # "max" is no limit
        return math.nan
