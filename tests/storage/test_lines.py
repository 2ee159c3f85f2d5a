"""A line says what was written, or that it does not."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from skhpo.exceptions import StorageError
from skhpo.storage.lines import LONGEST, decode_line, encode_line

CONTENT = {"kind": "assignment", "trial": 5, "resource": 9.0, "folds": [0, 1, 2]}


def test_a_line_as_it_is_documented():
    line = encode_line(17, CONTENT)
    assert line == (
        b'{"n":17,"kind":"assignment","trial":5,"resource":9.0,"folds":[0,1,2],"crc":"27aedb4a"}\n'
    )
    assert json.loads(line)["trial"] == 5


@pytest.mark.parametrize(
    "content",
    [
        {},
        CONTENT,
        {"text": 'crc":"00000000"}\n \u2028 \ud800 \x00 é', "list": [None, True, -1, 1e-320]},
        {"nested": {"a": {"b": []}}},
        {"big": 2**70, "digits": 0.1 + 0.2},
    ],
)
def test_there_and_back(content):
    line = encode_line(3, content)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert decode_line(line, 3) == content


def test_numbers_that_are_not_finite_are_texts_that_float_reads():
    line = encode_line(0, {"scores": [math.nan, math.inf, {"x": -math.inf}]})
    nan, inf, nested = decode_line(line, 0)["scores"]
    assert math.isnan(float(nan))
    assert float(inf) == math.inf
    assert float(nested["x"]) == -math.inf


def test_numbers_of_numpy_are_numbers():
    content = {"resource": np.int64(9), "spent": np.float32(0.5), "x": np.float64("nan")}
    assert decode_line(encode_line(0, content), 0) == {"resource": 9, "spent": 0.5, "x": "nan"}


def test_every_byte_that_changes_is_noticed():
    line = encode_line(17, CONTENT)
    for place in range(len(line)):
        for bit in range(8):
            changed = bytearray(line)
            changed[place] ^= 1 << bit
            with pytest.raises(StorageError):
                decode_line(bytes(changed), 17)


def test_every_byte_that_is_missing_is_noticed():
    line = encode_line(17, CONTENT)
    for length in range(len(line)):
        with pytest.raises(StorageError):
            decode_line(line[:length], 17)


def test_a_line_in_the_wrong_place_is_noticed():
    line = encode_line(17, CONTENT)
    with pytest.raises(StorageError, match="lines before it are missing"):
        decode_line(line, 16)


@pytest.mark.parametrize("content", [{"x": object()}, {"x": {1, 2}}, {"x": 1j}, {"x": b"bytes"}])
def test_what_is_no_plain_data_is_refused(content):
    with pytest.raises(StorageError, match="cannot be written as JSON"):
        encode_line(0, content)


def test_the_length_is_limited():
    fits = encode_line(0, {"x": "a" * (LONGEST - 100)})
    assert decode_line(fits, 0)["x"].startswith("aaa")
    with pytest.raises(StorageError, match="longer than a journal takes"):
        encode_line(0, {"x": "a" * LONGEST})


@pytest.mark.parametrize("text", [b"[" * 100_000, b"1" * 10_000, b"[1]", b"NaN", b"\xff"])
def test_a_right_checksum_is_not_enough(text):
    """Whoever can compute it can write anything: what is no line of ours is refused all the same."""
    from zlib import crc32

    line = text + b',"crc":"%08x"}\n' % crc32(text)
    with pytest.raises(StorageError):
        decode_line(line, 0)
