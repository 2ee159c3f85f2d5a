"""A schedule of hyperparameters as an estimator of its own."""

from __future__ import annotations

from functools import wraps
from typing import Any

import sklearn
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing
from sklearn.utils.validation import check_is_fitted

from skhpo._sklearn import check_method_params
from skhpo.exceptions import ResourceError
from skhpo.resources import ResourceAdapter, TrainingSet
from skhpo.search.schedule import Schedule, continued_resource_for, train_by
from skhpo.space import Space

__all__ = ["ReplayedSchedule"]

#: What is asked of the trained estimator, and may be given metadata.
_ROUTED = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "transform",
    "score",
)
_METHODS = frozenset({*_ROUTED, "score_samples"})

_LEARNT = frozenset({"classes_", "n_features_in_", "feature_names_in_"})


class ReplayedSchedule(MetaEstimatorMixin, BaseEstimator):  # type: ignore[misc]  # no types
    """Trains an estimator by a schedule of hyperparameters, on any data.

    What :class:`~skhpo.PBTSearchCV` finds is a schedule. Its ``best_estimator_`` was trained by
    it; this trains another one, on other data or in cross-validation.

    Parameters
    ----------
    estimator : estimator object
        What is trained.
    schedule : Schedule or list of dicts
        The hyperparameters by resource; see :class:`~skhpo.Schedule`.
    resource : str or ResourceAdapter, default="auto"
        What training is divided into, as in the search.

    Attributes
    ----------
    estimator_ : estimator
        Trained, with the final hyperparameters.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.linear_model import SGDClassifier
    >>> from skhpo import ReplayedSchedule
    >>> X, y = load_digits(return_X_y=True)
    >>> first, then = {"alpha": 1e-2}, {"alpha": 1e-4}
    >>> schedule = [{"until": 3, "params": first}, {"until": 6, "params": then}]
    >>> replayed = ReplayedSchedule(SGDClassifier(random_state=0), schedule, resource="epochs")
    >>> replayed.fit(X / 16, y).estimator_.alpha
    0.0001
    """

    def __init__(
        self, estimator: Any, schedule: Any, resource: str | ResourceAdapter = "auto"
    ) -> None:
        self.estimator = estimator
        self.schedule = schedule
        self.resource = resource

    def fit(self, X: Any, y: Any = None, **params: Any) -> ReplayedSchedule:
        """Train by the schedule.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training vectors.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            Target.
        **params : dict of str to object
            Passed to the estimator's ``fit`` or ``partial_fit``, such as ``sample_weight``.

        Returns
        -------
        self : object

        Raises
        ------
        ValueError
            If the schedule makes no sense, or names a parameter the estimator does not have.
        ResourceError
            If the estimator does not have the resource, cannot go on by it from stage to stage,
            or a stage ends between two units of it.
        """
        schedule = self.schedule
        if not isinstance(schedule, Schedule):
            schedule = Schedule(schedule)
        estimator = clone(self.estimator)
        for stage in schedule.stages:
            clone(estimator).set_params(**clone(dict(stage.params), safe=False))
        space = Space({name: [value] for name, value in schedule.final.items()})
        adapter = continued_resource_for("ReplayedSchedule", estimator, self.resource, space)
        _check_whole(schedule, adapter)
        data = TrainingSet(X, y, self._fit_params(X, params), every_y=y)
        self.estimator_ = train_by(schedule, adapter, estimator, data).estimator
        return self

    def _fit_params(self, X: Any, params: dict[str, Any]) -> dict[str, Any]:
        """Return what the estimator's ``fit`` is given besides the data."""
        if params and sklearn.get_config()["enable_metadata_routing"]:
            params = process_routing(self, "fit", **params)["estimator"].fit
        checked: dict[str, Any] = check_method_params(X, params=params)
        return checked

    def get_metadata_routing(self) -> MetadataRouter:
        """Return who gets which metadata: the estimator, whatever it asks for.

        Returns
        -------
        MetadataRouter
            As scikit-learn's meta-estimators give it.
        """
        mapping = MethodMapping()
        for method in ("fit", *_ROUTED):
            mapping.add(caller=method, callee=method)
        router = MetadataRouter(owner=self)
        return router.add(estimator=self.estimator, method_mapping=mapping)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        own = get_tags(self.estimator)
        tags.estimator_type = own.estimator_type
        tags.classifier_tags, tags.regressor_tags = own.classifier_tags, own.regressor_tags
        tags.transformer_tags, tags.target_tags = own.transformer_tags, own.target_tags
        tags.input_tags = own.input_tags
        return tags

    def __getattr__(self, name: str) -> Any:
        """Answer as the trained estimator does: ``predict``, ``score``, ``classes_`` …"""
        trained = vars(self).get("estimator_")
        if name in _METHODS:
            model = self.estimator if trained is None else trained
            return self._asking(name, getattr(model, name))
        if name in _LEARNT and trained is not None:
            return getattr(trained, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _asking(self, name: str, method: Any) -> Any:
        """Return a method of the trained estimator, which refuses to answer before there is one."""

        @wraps(method)
        def asked(*args: Any, **params: Any) -> Any:
            check_is_fitted(self)
            if name in _ROUTED and params and sklearn.get_config()["enable_metadata_routing"]:
                params = process_routing(self, name, **params)["estimator"][name]
            return method(*args, **params)

        return asked


def _check_whole(schedule: Schedule, adapter: ResourceAdapter) -> None:
    """Raise an error where a stage ends between two passes, trees, iterations."""
    for stage in schedule.stages:
        if stage.until % 1:
            raise ResourceError(
                f"ReplayedSchedule: {adapter.name} cannot be divided, but a stage ends at "
                f"until={stage.until!r}; write {max(1, round(stage.until))}, for example"
            )
