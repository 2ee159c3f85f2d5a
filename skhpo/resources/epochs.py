"""Epochs: passes over the training part, for estimators with ``partial_fit``."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from inspect import Parameter, signature
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.utils.multiclass import unique_labels

from skhpo.exceptions import ResourceError
from skhpo.resources.base import Limits, ResourceAdapter, Trained, TrainingSet, is_integer
from skhpo.resources.changes import can_change
from skhpo.resources.pipelines import (
    Inputs,
    first_inputs,
    inputs_again,
    last_step,
    take_transformers,
    variants,
)
from skhpo.resources.together import population_key, with_same_inputs
from skhpo.space import Space

__all__ = ["PASSES", "Epochs"]

#: Candidates of one program: more of them would hardly cost less each.
_TOGETHER = 16

#: The same where the sampler learns: who chooses many at a time chooses less wisely.
_FEW_TOGETHER = 4

#: What estimators call the number of passes of one ``fit``.
PASSES = ("max_epochs", "max_iter")


class Epochs(ResourceAdapter):
    """Passes over the training part: one call of ``partial_fit`` with all of it each.

    In a pipeline the transformers are fitted once for each candidate and fold; at each promotion
    they transform again, and the last step gets what they make of it. ``partial_fit`` knows no end
    but the one it is told: ``max_iter``, ``tol`` and the like have no effect. Only an estimator
    whose class has an attribute ``stopped_early_`` is asked after each pass, and may have had
    enough.

    Parameters
    ----------
    together : "auto" or int, default="auto"
        How many candidates may be trained in one program, where the estimator can do that, as the
        linear models of :mod:`skhpo.neural` can: they share their batches, and differ in learning
        rate, penalty and the like. "auto": up to 16, or 4 where the sampler learns from scores. 1:
        each is trained alone. So many trials are then open for each worker, as if there were as
        many workers; ``max_concurrent_trials`` bounds them.
    """

    name = "epochs"

    def __init__(self, *, together: int | str = "auto") -> None:
        if together != "auto" and not (is_integer(together) and int(together) >= 1):
            raise ResourceError(
                f"Epochs: together must be 'auto' or an integer of 1 or more, got {together!r}"
            )
        self.together = together

    def most_together(self, learns: bool) -> int:
        """How many candidates are trained in one program, at most."""
        if self.together == "auto":
            return _FEW_TOGETHER if learns else _TOGETHER
        return int(self.together)

    def check(self, estimator: Any, space: Space) -> None:
        """Refuse estimators whose training cannot be divided into passes."""
        path, _ = last_step(estimator)
        heeded = () if _stops_early(last_step(estimator)[1]) else ("early_stopping",)
        for own in (*PASSES, *heeded):
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
        spent = 0
        for _ in range(reached, int(resource)):
            if _stops_early(step) and spent + reached and step.stopped_early_:
                break
            step.partial_fit(*inputs.args, **inputs.params, **first)
            first, spent = {}, spent + 1
        return Trained(estimator, resource, spent, inputs.kept)

    def group_key(self, estimator: Any, params: Mapping[str, Any]) -> Hashable | None:
        """What transformers and last step say of it."""
        return None if self.together == 1 else population_key(estimator, params)

    def train_together(
        self,
        estimators: Sequence[Any],
        data: TrainingSet,
        resource: float,
        before: Sequence[Trained | None],
    ) -> Sequence[Trained | Exception]:
        """Make the passes that are missing, all candidates side by side."""
        states = [state for state in before if state is not None]
        if not states:
            inputs = first_inputs(estimators[0], data)
            for other in estimators[1:]:
                take_transformers(other, estimators[0])
            return _pass_together(estimators, inputs, data, 0, int(resource))
        outcomes: dict[int, Trained | Exception] = {}
        for group in with_same_inputs(states):
            members = [states[number].estimator for number in group]
            inputs = inputs_again(members[0], data, states[group[0]].inputs)
            reached = int(states[group[0]].resource)
            found = _pass_together(members, inputs, data, reached, int(resource))
            outcomes.update(zip(group, found, strict=True))
        return [outcomes[number] for number in range(len(estimators))]


def _pass_together(
    estimators: Sequence[Any], inputs: Inputs, data: TrainingSet, reached: int, resource: int
) -> list[Trained | Exception]:
    """Make the passes that are missing, of last steps with the same inputs."""
    steps = [last_step(estimator)[1] for estimator in estimators]
    first = _first_call(steps[0], data.every_y) if reached == 0 else {}
    errors = steps[0].partial_fit_together(steps, *inputs.args, **first, epochs=resource - reached)
    return [
        Trained(estimator, resource, resource - reached, inputs.kept) if error is None else error
        for estimator, error in zip(estimators, errors, strict=True)
    ]


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
    if settings.get("early_stopping") is True and not _stops_early(step):
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


def _stops_early(step: Any) -> bool:
    """Whether it says of itself when passes have been enough."""
    return hasattr(type(step), "stopped_early_")


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
