"""Epochs: passes over the training part, for estimators with ``partial_fit``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.utils.multiclass import unique_labels

from skhpo.exceptions import ResourceError
from skhpo.resources.base import Limits, ResourceAdapter, Trained, TrainingSet
from skhpo.resources.changes import can_change
from skhpo.resources.pipelines import (
    first_inputs,
    inputs_again,
    last_step,
    variants,
)
from skhpo.space import Space

__all__ = ["PASSES", "Epochs"]

#: What estimators call the number of passes of one ``fit``.
PASSES = ("max_epochs", "max_iter")


class Epochs(ResourceAdapter):
    """Passes over the training part: one call of ``partial_fit`` with all of it each.

    In a pipeline the transformers are fitted once for each candidate and fold; at each promotion
    they transform again, and the last step gets what they make of it. ``partial_fit`` knows no end
    but the one it is told: ``max_iter``, ``tol`` and the like have no effect.
    """

    name = "epochs"

    def check(self, estimator: Any, space: Space) -> None:
        """Refuse estimators whose training cannot be divided into passes."""
        path, _ = last_step(estimator)
        for own in (*PASSES, "early_stopping"):
            name = f"{path}__{own}" if path else own
            if any(name in branch for branch in space.branches):
                raise ResourceError(
                    f"resource='epochs' trains by partial_fit, which pays no heed to {name!r}: "
                    f"take it out of the search space, or name another resource"
                )
        for variant in variants(estimator, space):
            _check_step(last_step(variant)[1])

    def limits(self, estimator: Any, X: Any, y: Any, splits: Sequence[tuple[Any, Any]]) -> Limits:
        """From one pass to what ``fit`` would do, if nothing but a number of passes ends it."""
        _, step = last_step(estimator)
        settings = step.get_params(deep=False) if hasattr(step, "get_params") else {}
        passes = [settings[name] for name in PASSES if isinstance(settings.get(name), int)]
        has_other_end = settings.get("tol") is not None
        return Limits(smallest=1, full=None if has_other_end or not passes else passes[0])

    def continues(self, estimator: Any) -> bool:
        """Whatever makes passes can make more of them."""
        return True

    def can_change(self, estimator: Any, name: str) -> bool:
        """What ``partial_fit`` heeds at each pass."""
        return can_change(estimator, name)

    def train(
        self, estimator: Any, data: TrainingSet, resource: float, before: Trained | None = None
    ) -> Trained:
        """Make the passes that are missing."""
        if before is None:
            inputs, reached = first_inputs(estimator, data), 0
        else:
            estimator, reached = before.estimator, int(before.resource)
            inputs = inputs_again(estimator, data, before.inputs)
        _, step = last_step(estimator)
        first = _first_call(step, data.every_y) if reached == 0 else {}
        _check_params(step, inputs.params)
        for _ in range(reached, int(resource)):
            step.partial_fit(*inputs.args, **inputs.params, **first)
            first = {}
        return Trained(estimator, resource, resource - reached, inputs.kept)


def _check_step(step: Any) -> None:
    """Refuse what has no ``partial_fit``, or settings its ``partial_fit`` fails with."""
    owner = type(step).__name__
    if not hasattr(step, "partial_fit"):
        raise ResourceError(
            f"resource='epochs' needs an estimator with partial_fit, which {owner} does not have "
            f"with these settings: {step!r}; name one of its integer parameters instead, or "
            f"'n_samples'"
        )
    settings = step.get_params(deep=False) if hasattr(step, "get_params") else {}
    if settings.get("early_stopping") is True:
        raise ResourceError(
            f"resource='epochs': {owner}.partial_fit does not work with early_stopping=True; "
            f"write early_stopping=False: the search itself stops what does not pay"
        )
    if settings.get("class_weight") == "balanced":
        raise ResourceError(
            f"resource='epochs': {owner}.partial_fit does not work with class_weight='balanced'; "
            f"write the weights as a dict, as sklearn.utils.class_weight.compute_class_weight "
            f"gives them"
        )


def _check_params(step: Any, params: Mapping[str, Any]) -> None:
    """Leave nothing out in silence: weights that are not used give another model."""
    parameters = signature(step.partial_fit).parameters
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    unknown = [name for name in params if name not in parameters]
    if unknown:
        raise ResourceError(
            f"{type(step).__name__}.partial_fit does not take {unknown[0]!r}, which fit was given"
        )


def _first_call(step: Any, every_y: Any) -> dict[str, Any]:
    """Return ``classes``, where ``partial_fit`` has to be told before it sees all of them."""
    if "classes" not in signature(step.partial_fit).parameters or every_y is None:
        return {}
    y = np.asarray(every_y)
    if y.dtype.kind == "f" and not is_classifier(step):  # some regressors have the argument, too
        return {}
    if isinstance(step, MultiOutputClassifier):
        return {"classes": [np.unique(column) for column in y.T]}
    return {"classes": np.unique(y) if y.ndim == 1 else unique_labels(y)}
