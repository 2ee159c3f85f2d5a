"""A pipeline as transformers, fitted once, and a last step, which is trained on and on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import process_routing

from skhpo._pickles import dump, load
from skhpo.resources.base import TrainingSet
from skhpo.space import Categorical, Float, Int, Space
from skhpo.space.values import is_number

__all__ = [
    "Inputs",
    "candidates",
    "first_inputs",
    "inputs_again",
    "last_step",
    "take_transformers",
    "transformers",
    "variants",
]


@dataclass(frozen=True)
class Inputs:
    """What the last step of a pipeline is trained on.

    Parameters
    ----------
    args : tuple
        ``(X,)`` or ``(X, y)``, with X transformed.
    params : mapping of str to object
        What its ``fit`` is given besides.
    kept : object
        The transformed X, where the fitted transformers would not give it again: those that
        encode the target differently for their own training samples (``TargetEncoder``), or add
        noise. It has to travel with the state. None for all others.
    """

    args: tuple[Any, ...]
    params: Mapping[str, Any]
    kept: Any = None


def last_step(estimator: Any) -> tuple[str, Any]:
    """Return what a pipeline ends in, and how parameters name it (``"outer__inner"``).

    Everything that is no pipeline is its own last step, named ``""``.
    """
    path = []
    while _is_chain(estimator):
        name, estimator = estimator.steps[-1]
        path.append(name)
    return "__".join(path), estimator


def transformers(estimator: Any) -> list[tuple[str, Any]]:
    """Return the steps of a pipeline before its last one, those of inner pipelines included.

    Parameters
    ----------
    estimator : estimator
        What :func:`last_step` looks into; what is no pipeline has none.
    """
    steps: list[tuple[str, Any]] = []
    while _is_chain(estimator):
        steps += estimator.steps[:-1]
        estimator = estimator.steps[-1][1]
    return steps


def take_transformers(estimator: Any, fitted: Any) -> None:
    """Let a pipeline have the transformers of another one, which are fitted.

    Parameters
    ----------
    estimator, fitted : estimator
        Pipelines of the same steps, or both none.
    """
    while _is_chain(fitted):
        last = estimator.steps[-1]
        estimator.steps = [*fitted.steps[:-1], last]
        estimator, fitted = last[1], fitted.steps[-1][1]


def candidates(estimator: Any, branch: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the estimator with each of the last steps that a branch of a space searches.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    branch : mapping of str to Domain
        What of it.
    """
    path, _ = last_step(estimator)
    searched = branch.get(path)
    if not isinstance(searched, Categorical):
        yield estimator
        return
    for value in searched.values():
        yield clone(estimator).set_params(**{path: clone(value, safe=False)})


def variants(estimator: Any, space: Space) -> Iterator[Any]:
    """Yield the candidates that may be trained in different ways.

    These are all last steps, and of what is searched of them each name, truth value and the like
    that is listed, one parameter at a time. One number stands for all numbers.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    space : Space
        What of it.
    """
    for branch in space.branches:
        for candidate in candidates(estimator, branch):
            kinds = _kinds(candidate, branch)
            first = clone(candidate).set_params(**{name: kinds[name][0] for name in kinds})
            yield first
            for name, others in kinds.items():
                for value in others[1:]:
                    yield clone(first).set_params(**{name: clone(value, safe=False)})


def _kinds(estimator: Any, branch: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Return the values that a branch lists for parameters of the last step itself."""
    path, step = last_step(estimator)
    own = step.get_params(deep=False) if hasattr(step, "get_params") else {}
    kinds = {}
    for name in (f"{path}__{each}" if path else each for each in own):
        domain = branch.get(name)
        if isinstance(domain, Categorical):
            values = list(domain.values())
            numbers = [value for value in values if is_number(value)]
            kinds[name] = [value for value in values if not is_number(value)] + numbers[:1]
        elif isinstance(domain, (Float, Int)):
            kinds[name] = [domain.high]
    return kinds


def first_inputs(estimator: Any, data: TrainingSet) -> Inputs:
    """Fit all steps but the last one; return what that one is to be trained on.

    Parameters
    ----------
    estimator : estimator
        A pipeline, whose transformers are fitted in place, or anything else.
    data : TrainingSet
        What to train on.
    """
    X, params, kept = data.X, data.params, None
    while _is_chain(estimator):
        name, step = estimator.steps[-1]
        # A pipeline of its own caches and routes as the whole one would.
        head = Pipeline([*estimator.steps[:-1], (name, "passthrough")], memory=estimator.memory)
        own = _own_params(estimator, params)
        fitted = head.fit_transform(X, data.y, **_consumed(head, params))
        estimator.steps = [*_as_stored(head.steps[:-1]), (name, step)]
        # What `transform` gives can be had again at each promotion, to the last bit.
        X, again = fitted, _transformed(estimator, X)
        if kept is None and _is_same(fitted, again):
            X = again
        else:
            kept = fitted
        estimator, params = step, own
    return Inputs((X, *data.args[1:]), params, kept)


def inputs_again(estimator: Any, data: TrainingSet, kept: Any) -> Inputs:
    """Return what the last step is to be trained on when its transformers are fitted already.

    Parameters
    ----------
    estimator : estimator
        What :func:`first_inputs` has seen before.
    data : TrainingSet
        What to train on; the same as then, or more.
    kept : object
        What it asked to keep.
    """
    X, params = data.X, data.params
    while _is_chain(estimator):
        params = _own_params(estimator, params)
        if kept is None:
            X = _transformed(estimator, X)
        estimator = estimator.steps[-1][1]
    return Inputs((X if kept is None else kept, *data.args[1:]), params, kept)


def _is_chain(estimator: Any) -> bool:
    """Whether it is a pipeline as scikit-learn's: others may resample, or transform metadata."""
    is_pipeline = isinstance(estimator, Pipeline) and type(estimator).fit is Pipeline.fit
    return is_pipeline and getattr(estimator, "transform_input", None) is None


def _as_stored(steps: list[Any]) -> list[Any]:
    """Return fitted steps as they come back from disk.

    Their arrays may lie differently in memory then, and what they compute differ in the last bit.
    """
    try:
        file = BytesIO()
        dump(steps, file)
        file.seek(0)
        stored: list[Any] = load(file)
    except Exception:  # then there will be no state to go on from
        return steps
    return stored


def _transformed(pipeline: Pipeline, X: Any) -> Any:
    for _, step in pipeline.steps[:-1]:
        if step is not None and step != "passthrough":
            X = step.transform(X)
    return X


def _is_same(one: Any, other: Any) -> bool:
    """Whether two inputs are equal but for rounding."""
    if one is other:
        return True
    if sparse.issparse(one) and sparse.issparse(other):
        return one.shape == other.shape and not abs(one - other).max() > 1e-6
    one, other = np.asarray(one), np.asarray(other)
    if one.dtype.kind not in "biufc" or other.dtype.kind not in "biufc":
        return bool(np.array_equal(one, other))
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-4, equal_nan=True)


def _consumed(head: Pipeline, params: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what only the last step asks for: where metadata is routed, a head refuses it."""
    if not params or not sklearn.get_config()["enable_metadata_routing"]:
        return dict(params)
    names = head.get_metadata_routing().consumes("fit_transform", params.keys())
    return {name: params[name] for name in names}


def _own_params(pipeline: Pipeline, params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the last step's ``fit`` is given."""
    name, _ = pipeline.steps[-1]
    if params and sklearn.get_config()["enable_metadata_routing"]:
        return dict(process_routing(pipeline, "fit", **params)[name].fit)
    prefix = f"{name}__"
    return {key[len(prefix) :]: value for key, value in params.items() if key.startswith(prefix)}
