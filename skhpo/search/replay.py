"""A schedule of hyperparameters as an estimator of its own."""

from __future__ import annotations

from typing import Any

from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone
from sklearn.utils import get_tags

from skhpo._sklearn import check_method_params
from skhpo.resources import ResourceAdapter, TrainingSet, resource_for
from skhpo.search.schedule import Schedule, train_by
from skhpo.space import Space

__all__ = ["ReplayedSchedule"]


_DELEGATED = frozenset(
    {
        *("predict", "predict_proba", "predict_log_proba", "decision_function"),
        *("transform", "score", "score_samples"),
        *("classes_", "n_features_in_", "feature_names_in_"),
    }
)


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
            If the estimator does not have the resource.
        """
        schedule = self.schedule
        if not isinstance(schedule, Schedule):
            schedule = Schedule(schedule)
        estimator = clone(self.estimator)
        for stage in schedule.stages:
            clone(estimator).set_params(**clone(dict(stage.params), safe=False))
        space = Space({name: [value] for name, value in schedule.final.items()})
        adapter = resource_for(estimator, self.resource, space)
        data = TrainingSet(X, y, check_method_params(X, params=params), every_y=y)
        self.estimator_ = train_by(schedule, adapter, estimator, data).estimator
        return self

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
        if name in _DELEGATED:
            return getattr(vars(self).get("estimator_", self.estimator), name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
