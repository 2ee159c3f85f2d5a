"""Which GPU a slot is to use: the visible ones are dealt to the slots in turn.

torch is never imported for it: a process slot is shown one GPU by its environment, a thread slot is
told its number, and what trains there asks for it by :func:`current`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from functools import cache
from itertools import takewhile

__all__ = ["assigned", "current", "deal", "release_memory", "visible"]

#: What CUDA reads which GPUs there are from, when a process first uses one.
_VARIABLE = "CUDA_VISIBLE_DEVICES"

#: Seconds that the driver gets to list its GPUs; one that hangs has none to use.
_LONGEST_LISTING = 10.0

#: What CUDA takes for the name of a GPU; the first word it does not ends its list.
_NAME = re.compile(r"\d+|(GPU|MIG)-\S+")

#: Lines such as "GPU 0: NVIDIA A100 (UUID: GPU-5f...)", and, of a part of it, indented,
#: "MIG 1g.10gb Device 0: (UUID: MIG-4e...)".
_LINE = re.compile(r"\s*(?P<kind>GPU|MIG) .*\(UUID: (?P<uuid>\S+)\)")

_current: ContextVar[int | None] = ContextVar("skhpo_gpu", default=None)


def visible(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the names of the GPUs that this process, or one with that environment, may use.

    They are those of ``CUDA_VISIBLE_DEVICES``, if it is set, and else those that ``nvidia-smi``
    lists, which is asked once.

    Parameters
    ----------
    environ : mapping of str to str or None
        The environment; by default that of this process.

    Returns
    -------
    tuple of str
        As ``CUDA_VISIBLE_DEVICES`` takes them.
    """
    environ = os.environ if environ is None else environ
    if _VARIABLE in environ:
        names = (name.strip() for name in environ[_VARIABLE].split(","))
        return tuple(takewhile(_NAME.fullmatch, names))
    program = shutil.which("nvidia-smi")
    return () if program is None else _listed(program)


def deal(n_slots: int, env: Mapping[str, str]) -> list[dict[str, str]]:
    """Return an environment for each slot, with one GPU in it where there are several.

    Parameters
    ----------
    n_slots : int
        Number of slots; if it is ``k`` times that of the GPUs, ``k`` slots share each.
    env : mapping of str to str
        Environment variables that all slots have in common. If ``CUDA_VISIBLE_DEVICES`` is among
        them, nothing is dealt.
    """
    gpus = () if _VARIABLE in env else visible()
    if len(gpus) < 2:
        return [dict(env) for _ in range(n_slots)]
    return [{**env, _VARIABLE: gpus[number % len(gpus)]} for number in range(n_slots)]


def current() -> int | None:
    """Return the number of the GPU that this thread is to use, or None if it is free to choose."""
    return _current.get()


@contextmanager
def assigned(number: int | None) -> Iterator[None]:
    """Let this thread use one of the GPUs of this process.

    Parameters
    ----------
    number : int or None
        As CUDA counts them in this process. None: whichever it likes.
    """
    token = _current.set(number)
    try:
        if number is not None:
            _make_current(number)
        yield
    finally:
        _current.reset(token)


def release_memory() -> None:
    """Give back what torch keeps of the GPU's memory for arrays to come, if it was used here."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def _make_current(number: int) -> None:
    """Make a GPU the one that torch means by "cuda", in this thread, if torch is in use."""
    torch = sys.modules.get("torch")
    if torch is not None and number < torch.cuda.device_count():
        with suppress(RuntimeError):  # of a GPU that is out of order; a task that needs it will say
            torch.cuda.set_device(number)


@cache
def _listed(program: str) -> tuple[str, ...]:
    """Return the GPUs that ``nvidia-smi`` lists, none if it fails."""
    try:
        run = subprocess.run(
            [program, "-L"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_LONGEST_LISTING,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    found = [_LINE.match(line) for line in run.stdout.decode(errors="replace").splitlines()]
    lines = [(match["kind"], match["uuid"]) for match in found if match]
    if not any(kind == "MIG" for kind, _ in lines):
        return tuple(str(number) for number in range(len(lines)))
    # Where GPUs are divided, CUDA offers their parts by their long names only. A GPU that is
    # divided is not to be had as a whole.
    following = [kind for kind, _ in lines[1:]] + ["GPU"]
    return tuple(
        uuid
        for (kind, uuid), after in zip(lines, following, strict=True)
        if kind == "MIG" or after == "GPU"
    )
