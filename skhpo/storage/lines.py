"""One line of a journal: a JSON object with its number and its checksum.

A line is ASCII, and valid JSON as it stands::

    {"n":17,"kind":"assignment","trial":5,"resource":9.0,"folds":[0,1,2],"crc":"27aedb4a"}

The checksum, CRC-32, is of all that stands before ``,"crc"``; the number tells a missing line.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any
from zlib import crc32

import numpy as np

from skhpo.exceptions import StorageError

__all__ = ["LONGEST", "decode_line", "encode_line", "numbered_line"]

#: Bytes of the longest line. No record needs that much; what claims to was not written by us.
LONGEST = 1 << 20

#: How a line ends, and any that could be one of ours does.
_END = b',"crc":"%08x"}\n'
_ANY_END = re.compile(rb',"crc":"[0-9a-f]{8}"\}\n')
_END_LENGTH = 19


def encode_line(number: int, content: dict[str, Any]) -> bytes:
    """Return the line of a record.

    Parameters
    ----------
    number : int
        How many lines stand before it.
    content : dict
        Plain data: what JSON can hold, and numbers that are not finite.

    Raises
    ------
    StorageError
        If it is no plain data, or too long.
    """
    try:
        text = json.dumps(_plain({"n": number, **content}), allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise StorageError(f"a record cannot be written as JSON: {error}") from None
    body = text.encode("ascii")[:-1]
    line = body + _END % crc32(body)
    if len(line) > LONGEST:
        raise StorageError(
            f"a record of {len(line):,} bytes is longer than a journal takes, {LONGEST:,} bytes"
        )
    return line


def decode_line(line: bytes, number: int) -> dict[str, Any]:
    """Return the content of a line, without its number and checksum.

    Parameters
    ----------
    line : bytes
        With the line feed at its end.
    number : int
        How many lines stand before it.

    Raises
    ------
    StorageError
        Saying what is wrong with it.
    """
    found, content = numbered_line(line)
    if found != number:
        raise StorageError("lines before it are missing, or it stands there twice")
    return content


def numbered_line(line: bytes) -> tuple[Any, dict[str, Any]]:
    """Return what a line says is its number, and its content without that and its checksum.

    Parameters
    ----------
    line : bytes
        With the line feed at its end.

    Raises
    ------
    StorageError
        Saying what is wrong with it.
    """
    body, end = line[:-_END_LENGTH], line[-_END_LENGTH:]
    if end != _END % crc32(body):
        is_another = _ANY_END.fullmatch(end) is not None
        raise StorageError(
            "its checksum is not that of what it says"
            if is_another
            else "it has no checksum, or does not end"
        )
    try:
        content = json.loads(line.decode("ascii"))
    except (ValueError, RecursionError):
        raise StorageError("it is not JSON") from None
    if not isinstance(content, dict):
        raise StorageError("it is no JSON object")
    del content["crc"]
    return content.pop("n", None), content


def _plain(value: Any) -> Any:
    """JSON has no infinities, no NaN (as text, ``float`` reads them again), nor numpy's numbers."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
