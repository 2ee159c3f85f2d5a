from __future__ import annotations

import pytest
from sklearn.base import clone

from skhpo import FaultTolerance, RandomSearchCV, Tuner


@pytest.mark.parametrize(
    ("given", "n_bytes"),
    [
        (None, None),
        (2_000_000, 2_000_000),
        ("2GB", 2 * 10**9),
        ("2 gb", 2 * 10**9),
        ("1.5GiB", 3 * 2**29),
        ("512MiB", 2**29),
        ("4000KB", 4 * 10**6),
        ("0.001TB", 10**9),
        ("1000000B", 10**6),
    ],
)
def test_memory(given, n_bytes):
    assert FaultTolerance(memory_limit=given).memory_bytes == n_bytes


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"max_retries": -1}, "max_retries must be an integer of 0 or more, got -1"),
        ({"max_failures": 0}, "max_failures must be an integer of 1 or more, or None, got 0"),
        ({"memory_limit": "2"}, "such as '2GB' or '512MiB', or None, got '2'"),
        ({"memory_limit": "two GB"}, "got 'two GB'"),
        ({"memory_limit": "2XB"}, "got '2XB'"),
        ({"memory_limit": "-2GB"}, "got '-2GB'"),
        ({"memory_limit": 2.5}, "got 2.5"),
        ({"memory_limit": True}, "got True"),
        ({"memory_limit": 2}, "less than a megabyte; .* so write '2GB'"),
        ({"memory_limit": "10KB"}, "less than a megabyte"),
        ({"memory_limit": 0}, "less than a megabyte"),
    ],
)
def test_what_makes_no_sense_is_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        FaultTolerance(**settings)


def test_something_else_in_its_place():
    with pytest.raises(TypeError, match=r"faults must be a FaultTolerance such as FaultTolerance"):
        Tuner({"x": [1]}, len, faults=3)


def test_it_is_copied_with_a_search():
    search = RandomSearchCV(None, {}, faults=FaultTolerance(3, "2GB", None), trial_timeout=4)
    assert clone(search).get_params() == search.get_params()
