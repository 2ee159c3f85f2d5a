from __future__ import annotations

import inspect
import pickle

import pytest

from skhpo import exceptions
from skhpo.exceptions import did_you_mean

ERRORS = [
    value
    for value in vars(exceptions).values()
    if inspect.isclass(value) and issubclass(value, BaseException)
]


def test_the_tree_is_as_drawn():
    drawn = [line.strip(" │├└─") for line in exceptions.__doc__.splitlines()]
    drawn = [line.split(" ")[0] for line in drawn if line.split(" ")[0].isidentifier()]
    for error in ERRORS:
        assert error.__name__ in drawn
        assert error.__name__ in exceptions.__all__
        if issubclass(error, Warning):
            assert issubclass(error, UserWarning)
        else:
            assert issubclass(error, exceptions.SkhpoError)


@pytest.mark.parametrize(
    ("error", "base"),
    [
        ("SpaceError", ValueError),
        ("UnknownParameterError", exceptions.SpaceError),
        ("ObjectiveError", ValueError),
        ("SchedulerError", RuntimeError),
        ("ExecutionError", RuntimeError),
        ("TrialError", exceptions.ExecutionError),
    ],
)
def test_who_is_whose(error, base):
    assert issubclass(getattr(exceptions, error), base)


@pytest.mark.parametrize("error", ERRORS)
def test_errors_travel(error):
    again = pickle.loads(pickle.dumps(error("what went wrong")))
    assert type(again) is error
    assert str(again) == "what went wrong"


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("svc__gama", " Did you mean 'svc__gamma'?"),
        ("gamma", " Did you mean 'svc__gamma'?"),
        ("c", " Did you mean 'C'?"),
        ("max_depth", ""),
        ("", ""),
    ],
)
def test_did_you_mean(name, suggestion):
    assert did_you_mean(name, ["C", "svc__gamma"]) == suggestion
    assert did_you_mean(name, []) == ""
