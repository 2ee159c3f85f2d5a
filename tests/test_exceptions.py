from __future__ import annotations

import inspect
import pickle

import pytest

from skhpo import exceptions
from skhpo.exceptions import did_you_mean, warn_user

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
        ("DivergedError", ArithmeticError),
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


def test_warnings_point_at_the_line_of_the_user():
    """Past the package, and past scikit-learn and joblib, where they call it."""
    warn_through = {"__name__": "skhpo.deep.inside", "warn_user": warn_user}
    exec("def noticed(): warn_user('not as asked')", warn_through)
    called_by_sklearn = {**warn_through, "__name__": "sklearn.somewhere"}
    exec("def called(): noticed()", called_by_sklearn)
    for call in (warn_through["noticed"], called_by_sklearn["called"]):
        with pytest.warns(exceptions.SkhpoWarning, match="not as asked") as caught:
            call()
        assert caught[0].filename == __file__
