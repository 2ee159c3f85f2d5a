"""Which resource is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skhpo.exceptions import ResourceError
from skhpo.resources.base import ResourceAdapter
from skhpo.resources.epochs import PASSES, Epochs
from skhpo.resources.folds import Folds
from skhpo.resources.levels import Levels
from skhpo.resources.parameter import Parameter
from skhpo.resources.pipelines import last_step, variants
from skhpo.resources.samples import Samples
from skhpo.space import Space

__all__ = ["resource_for"]


def resource_for(
    estimator: Any, resource: str | Sequence[Mapping[str, Any]] | ResourceAdapter, space: Space
) -> ResourceAdapter:
    """Return the adapter of the resource a user has named, checked.

    Parameters
    ----------
    estimator : estimator
        What is searched.
    resource : str, list of dicts or ResourceAdapter
        - ``"epochs"``: passes over the training part, by ``partial_fit``;
        - ``"n_samples"``: samples to train on;
        - ``"folds"``: folds to measure on;
        - the name of an integer parameter, such as ``"n_estimators"`` or ``"clf__max_iter"``;
        - a list of dicts: levels of fidelity, see :class:`~skhpo.resources.Levels`;
        - ``"auto"``: epochs, if the estimator has ``partial_fit`` and gets better by passes;
          otherwise ``n_estimators`` or ``max_iter``, if it has ``warm_start``; otherwise samples.
    space : Space
        What of the estimator is searched.

    Raises
    ------
    ResourceError
        If the estimator does not have it, or it is searched; with the nearest valid name.
    """
    adapter = _named(estimator, resource, space)
    adapter.check(estimator, space)
    return adapter


def _named(estimator: Any, resource: Any, space: Space) -> ResourceAdapter:
    if isinstance(resource, ResourceAdapter):
        return resource
    if isinstance(resource, str):
        simple: dict[str, type[ResourceAdapter]] = {
            "epochs": Epochs,
            "n_samples": Samples,
            "folds": Folds,
        }
        if resource == "auto":
            return _detected(estimator, space)
        return simple[resource]() if resource in simple else Parameter(resource)
    if isinstance(resource, Sequence):
        return Levels(resource)
    raise ResourceError(
        f"resource must be a name such as 'epochs' or 'n_estimators', or a list of dicts, one for "
        f"each level of fidelity; got {resource!r}"
    )


def _detected(estimator: Any, space: Space) -> ResourceAdapter:
    """Return the first resource that all candidates can be continued by; samples if none."""
    path, _ = last_step(estimator)
    steps = [last_step(variant)[1] for variant in variants(estimator, space)]
    prefix = f"{path}__" if path else ""
    trained = (Parameter(f"{prefix}{own}") for own in ("n_estimators", "max_iter"))
    passes = [Epochs()] if all(_counts_passes(step) for step in steps) else []
    for adapter in (*passes, *trained):
        own = adapter.name[len(prefix) :]
        is_fit = isinstance(adapter, Epochs) or all(Parameter(own).continues(s) for s in steps)
        if is_fit and _is_possible(adapter, estimator, space):
            return adapter
    return Samples()


def _counts_passes(step: Any) -> bool:
    """Whether passes make an estimator better: those of scikit-learn tell by having their number.

    Naive Bayes, which has none, is done after the first one.
    """
    if not hasattr(step, "partial_fit"):
        return False
    is_foreign = not type(step).__module__.startswith("sklearn.")
    return is_foreign or any(name in step.get_params(deep=False) for name in PASSES)


def _is_possible(adapter: ResourceAdapter, estimator: Any, space: Space) -> bool:
    try:
        adapter.check(estimator, space)
    except ResourceError:
        return False
    return True
