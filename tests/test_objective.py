from __future__ import annotations

import functools
import math

import numpy as np
import pytest

from skhpo.exceptions import ObjectiveError
from skhpo.objective import FunctionObjective, Objective
from skhpo.trial import Task, Trial


class Thing:
    def method(self, params, resource):
        return resource

    def __call__(self, params):
        return 1.0


ALONE = [
    lambda params: 1.0,
    lambda params, *rest: 1.0,
    lambda *args: 1.0,
    lambda params, **options: 1.0,
    functools.partial(lambda scale, params: 1.0, 2),
    Thing(),
    min,
]
WITH_RESOURCE = [
    lambda params, resource: resource,
    lambda params, budget: budget,
    lambda params, resource, scale=2: resource,
    Thing().method,
]
OPTIONAL = [
    lambda params, resource=None: resource,
    lambda params, epochs=2.0: epochs,
]
NEITHER = [
    lambda: 1.0,
    lambda a, b, c: 1.0,
    lambda params, *, resource: 1.0,
    lambda params, *, resource=None: 1.0,
    lambda params, scale=1, resource=None: 1.0,
]


def evaluate(function, resource=None):
    return FunctionObjective(function).evaluate(Task(0, 0, resource, {"x": 1})).scores["score"]


@pytest.mark.parametrize("function", ALONE)
def test_a_function_of_params(function):
    objective = FunctionObjective(function)
    assert not objective.takes_resource
    assert isinstance(objective, Objective)
    [task] = objective.tasks(Trial(3, {"x": 1}, parent=2), None, None)
    assert task == Task(3, 0, None, {"x": 1}, parent=2)


@pytest.mark.parametrize("function", WITH_RESOURCE)
def test_a_function_of_params_and_resource(function):
    objective = FunctionObjective(function)
    assert objective.takes_resource
    [task] = objective.tasks(Trial(3, {"x": 1}), 9, None)
    assert objective.evaluate(task).scores == {"score": 9.0}
    with pytest.raises(ObjectiveError, match="resource=") as caught:
        objective.tasks(Trial(3, {"x": 1}), None, None)
    assert "FullBudget(n_trials" in str(caught.value)


@pytest.mark.parametrize("function", OPTIONAL)
def test_a_default_gives_way_to_a_resource(function):
    objective = FunctionObjective(function)
    [task] = objective.tasks(Trial(3, {"x": 1}), 9, None)
    assert objective.evaluate(task).scores == {"score": 9.0}
    [task] = objective.tasks(Trial(3, {"x": 1}), None, None)  # nothing is spent: the default


def test_several_metrics():
    report = FunctionObjective(lambda params: {"a": 1, "b": np.float32(2)}).evaluate(
        Task(0, 0, None, {"x": 1})
    )
    assert report.scores == {"a": 1.0, "b": 2.0}


@pytest.mark.parametrize("function", NEITHER)
def test_other_signatures_are_refused(function):
    with pytest.raises(
        ObjectiveError, match=r"must take \(params\) or \(params, resource\), but it"
    ):
        FunctionObjective(function)


@pytest.mark.parametrize("function", [5, "loss", {"x": 1}])
def test_what_is_no_function_is_refused(function):
    with pytest.raises(ObjectiveError, match="must be a function of"):
        FunctionObjective(function)


@pytest.mark.parametrize(
    "value", [2, 2.0, np.float32(2), np.int64(2), np.array(2.0), np.array([2.0]), np.array([[2]])]
)
def test_numbers(value):
    score = evaluate(lambda params: value)
    assert score == 2.0
    assert type(score) is float


def test_numbers_that_cannot_be_compared_are_numbers():
    assert math.isnan(evaluate(lambda params: math.nan))
    assert evaluate(lambda params: math.inf) == math.inf


@pytest.mark.parametrize(
    "value",
    [None, "0.5", b"1", [1.0], (1.0, 2.0), np.array([1.0, 2.0]), np.array([]), 1j],
)
def test_all_else_is_refused(value):
    with pytest.raises(ObjectiveError, match="must return a number, got") as caught:
        evaluate(lambda params: value)
    assert type(value).__name__ in str(caught.value)


def test_the_function_may_change_its_params():
    task = Task(0, 0, None, {"x": 1})
    assert FunctionObjective(lambda params: params.pop("x")).evaluate(task).scores == {"score": 1.0}
    assert task.params == {"x": 1}
