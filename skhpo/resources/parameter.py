"""An integer parameter of the estimator: trees, iterations, neighbours, whatever it counts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from skhpo.exceptions import ResourceError
from skhpo.resources.base import Limits, ResourceAdapter, Trained, TrainingSet, is_integer
from skhpo.resources.changes import ancestry, can_change
from skhpo.resources.names import check_name
from skhpo.resources.pipelines import first_inputs, inputs_again, last_step
from skhpo.resources.quiet import ignored
from skhpo.space import Space

__all__ = ["Parameter"]

#: Estimators of scikit-learn that with ``warm_start`` make up to ``max_iter`` iterations more,
#: whatever they made before. All others count those made before.
_MAKE_MORE = frozenset(
    {
        *("LogisticRegression", "SGDClassifier", "SGDRegressor", "SGDOneClassSVM", "Perceptron"),
        *("PassiveAggressiveClassifier", "PassiveAggressiveRegressor", "HuberRegressor"),
        *("ElasticNet", "MultiTaskElasticNet", "MultiTaskLasso", "PoissonRegressor"),
        *("GammaRegressor", "TweedieRegressor", "MLPClassifier", "MLPRegressor"),
        *("GaussianMixture", "BayesianGaussianMixture", "NeighborhoodComponentsAnalysis"),
    }
)

#: Those that count iterations made before, ``max_iter`` being the total.
_COUNT_ALL = frozenset({"HistGradientBoostingClassifier", "HistGradientBoostingRegressor"})


class Parameter(ResourceAdapter):
    """An integer parameter of an estimator, or of a step of it.

    Where the estimator, or the last step of a pipeline, has ``warm_start`` and the parameter
    counts (``n_estimators``, ``max_iter``), a promotion adds what is missing; otherwise it fits
    anew with the greater value. Boosting and forests go on just as if there had been no break;
    iterative solvers start from the coefficients they had reached, but do not remember how they
    came there (momentum, learning rate): where they have ``partial_fit``, ``resource="epochs"``
    is exact.

    Parameters
    ----------
    name : str
        Its name, as in ``set_params``.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def bounds_iterations(self) -> bool:  # type: ignore[override]
        """Whether the parameter is a number of iterations."""
        return self.name.split("__")[-1] == "max_iter"

    def check(self, estimator: Any, space: Space) -> None:
        """Refuse what is no integer parameter, or is searched."""
        label, others = f"resource={self.name!r}", ("epochs", "n_samples", "folds", "auto")
        check_name(self.name, estimator, space, label=label, others=others)
        settings = estimator.get_params(deep=True)
        value = settings.get(self.name)
        if value is not None and not is_integer(value):
            integers = [name for name, other in settings.items() if is_integer(other)]
            valid = ", ".join(map(repr, sorted(integers))) or "none"
            raise ResourceError(
                f"resource={self.name!r} is no integer parameter: it is {value!r}. Integer "
                f"parameters of {type(estimator).__name__}: {valid}"
            )

    def limits(self, estimator: Any, X: Any, y: Any, splits: Sequence[tuple[Any, Any]]) -> Limits:
        """From one to the value the estimator has now."""
        value = estimator.get_params(deep=True).get(self.name)
        full = int(value) if is_integer(value) and value >= 1 else None
        return Limits(smallest=1, full=full)

    def settings(self, resource: float) -> dict[str, Any]:
        """The parameter itself."""
        return {self.name: int(resource)}

    def train(
        self, estimator: Any, data: TrainingSet, resource: float, before: Trained | None = None
    ) -> Trained:
        """Fit with what is missing, or anew with all of it."""
        total = int(resource)
        own = self.counted(estimator)
        if own is None:
            estimator.set_params(**{self.name: total}).fit(*data.args, **data.params)
            return Trained(estimator, resource, spent=resource)
        if before is None:
            inputs = first_inputs(estimator, data)
            _, step = last_step(estimator)
            step.set_params(**{own: total}).fit(*inputs.args, **inputs.params)
            return Trained(estimator, resource, resource, inputs.kept)

        _, fresh = last_step(estimator)
        estimator = before.estimator
        _, step = last_step(estimator)
        reached = int(before.resource)
        spent = 0
        if not _has_ended(step, own, reached):
            inputs = inputs_again(estimator, data, before.inputs)
            _go_on(step, fresh, own, total if _counts_all(step, own) else total - reached, inputs)
            spent = total - reached
        step.set_params(**{own: total})
        return Trained(estimator, resource, spent, before.inputs)

    def continues(self, estimator: Any) -> bool:
        """Whether ``warm_start`` takes up what was there before."""
        return self.counted(estimator) is not None

    def counted(self, estimator: Any) -> str | None:
        """Return the parameter's name within the last step, if training can go on by it."""
        path, step = last_step(estimator)
        prefix = f"{path}__" if path else ""
        own = self.name[len(prefix) :]
        if not self.name.startswith(prefix) or not hasattr(step, "get_params"):
            return None
        settings = step.get_params(deep=False)
        if "warm_start" not in settings or own not in settings:
            return None
        if settings.get("solver") == "liblinear":  # has warm_start, but begins anew
            return None
        if own == "n_estimators" and settings.get("n_iter_no_change") is not None:
            return None  # gradient boosting forgets how long there was no change
        return own if _counts_all(step, own) or _makes_more(step, own) else None

    def can_change(self, estimator: Any, name: str) -> bool:
        """Where training goes on by this parameter, other ones of the last step."""
        return self.continues(estimator) and name != self.name and can_change(estimator, name)


def _counts_all(step: Any, own: str) -> bool:
    return own == "n_estimators" or (own == "max_iter" and bool(ancestry(step) & _COUNT_ALL))


def _makes_more(step: Any, own: str) -> bool:
    return own == "max_iter" and bool(ancestry(step) & _MAKE_MORE)


def _has_ended(step: Any, own: str, reached: int) -> bool:
    """Whether early stopping has ended the training before: it would not have gone on."""
    made = getattr(step, {"n_estimators": "n_estimators_", "max_iter": "n_iter_"}[own], None)
    return _counts_all(step, own) and made is not None and made < reached


def _go_on(step: Any, fresh: Any, own: str, amount: int, inputs: Any) -> None:
    """Fit once more with ``warm_start``, which is nobody's business afterwards."""
    settings = step.get_params(deep=False)
    if isinstance(settings.get("random_state"), np.random.RandomState):
        # Forests skip what they have drawn before, which takes a generator as it was at first.
        step.set_params(random_state=fresh.get_params(deep=False)["random_state"])
    # Forests warn that presets differ for other data; these are the same.
    presets = ignored(UserWarning, "class_weight presets")
    quiet = presets if settings.get("class_weight") is not None else nullcontext()
    step.set_params(**{own: amount, "warm_start": True})
    with quiet:
        step.fit(*inputs.args, **inputs.params)
    step.set_params(warm_start=settings["warm_start"])
