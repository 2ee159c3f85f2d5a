"""Surrogates and acquisitions by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from skhpo.settings import named
from skhpo.surrogates import (
    Acquisition,
    ExpectedImprovement,
    GaussianProcess,
    LogExpectedImprovement,
    LogNoisyExpectedImprovement,
    ProbabilityOfImprovement,
    RandomForest,
    Surrogate,
    ThompsonSampling,
    UpperConfidenceBound,
)

__all__ = ["chosen_acquisition", "chosen_surrogate"]

_SURROGATES: dict[str, Callable[[], Surrogate]] = {"gp": GaussianProcess, "forest": RandomForest}

_ACQUISITIONS: dict[str, Callable[[], Acquisition]] = {
    "log-nei": LogNoisyExpectedImprovement,
    "log-ei": LogExpectedImprovement,
    "ei": ExpectedImprovement,
    "pi": ProbabilityOfImprovement,
    "ucb": UpperConfidenceBound,
    "thompson": ThompsonSampling,
}


def chosen_surrogate(given: Surrogate | str) -> Surrogate:
    """Return the surrogate that is named, or given.

    Parameters
    ----------
    given : {"gp", "forest"} or Surrogate
        Which.

    Raises
    ------
    ValueError
        If nothing has that name.
    TypeError
        If it is no surrogate: a class, for example, or a regressor of scikit-learn.
    """
    surrogate: Surrogate = _chosen("surrogate", given, _SURROGATES, "fit")
    if hasattr(surrogate, "predict"):
        raise TypeError(
            f"surrogate must be one of {list(_SURROGATES)} or an object of skhpo.surrogates, whose "
            f"fit() returns what it believes; got {given!r}, which predicts by itself"
        )
    return surrogate


def chosen_acquisition(given: Acquisition | str) -> Acquisition:
    """Return the acquisition that is named, or given.

    Parameters
    ----------
    given : {"log-nei", "log-ei", "ei", "pi", "ucb", "thompson"} or Acquisition
        Which.

    Raises
    ------
    ValueError
        If nothing has that name.
    TypeError
        If it is no acquisition.
    """
    acquisition: Acquisition = _chosen("acquisition", given, _ACQUISITIONS, "criterion")
    return acquisition


def _chosen(name: str, given: Any, known: Mapping[str, Callable[[], Any]], method: str) -> Any:
    chosen = named(name, given, known, "skhpo.surrogates")
    if isinstance(chosen, type) or not callable(getattr(chosen, method, None)):
        raise TypeError(
            f"{name} must be one of {list(known)} or an object of skhpo.surrogates with a method "
            f"{method}(), got {given!r}"
        )
    return chosen
