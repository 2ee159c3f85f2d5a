"""The table of contestants. A new one is one line of it.

What a contestant needs is imported when it is wanted, so that none is needed by the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from benchmarks.samplers.contestant import Start
from benchmarks.samplers.ours import Skhpo
from skhpo import samplers, surrogates

__all__ = ["CONTESTANTS", "Contestant", "available", "ours"]


@dataclass(frozen=True)
class Contestant:
    """A sampler to compare.

    Parameters
    ----------
    load : callable
        Imports what it needs and returns how to start a search; an ImportError or AttributeError
        says that it is not there.
    packages : tuple of str
        The distributions whose versions are recorded.
    """

    load: Callable[[], Start]
    packages: tuple[str, ...]

    def versions(self) -> dict[str, str]:
        """Return the versions of what a run depends on."""
        return {name: version(name) for name in (*self.packages, "numpy", "scipy", "scikit-learn")}


def ours(make: Callable[[], samplers.Sampler]) -> Contestant:
    """Return one of skhpo's samplers as a contestant.

    Parameters
    ----------
    make : callable
        Makes the sampler.
    """

    def load() -> Start:
        make()  # one that does not exist is missed now
        return partial(Skhpo, make)

    return Contestant(load, ("skhpo",))


def _peer(module: str, name: str, *packages: str) -> Contestant:
    def load() -> Start:
        return getattr(import_module(f"benchmarks.samplers.peers.{module}"), name)

    return Contestant(load, packages)


def _optuna(name: str, *packages: str, how: str = "Optuna", **settings: Any) -> Contestant:
    def load() -> Start:
        peer = import_module("benchmarks.samplers.peers.optuna")
        sampler = getattr(peer.optuna.samplers, name)
        return partial(getattr(peer, how), lambda seed: sampler(seed=seed, **settings))

    return Contestant(load, ("optuna", *packages))


_QUIET = {"warn_independent_sampling": False}

#: By name; cheap ones first, since that is the order of the runs.
CONTESTANTS = MappingProxyType(
    {
        "skhpo-random": ours(lambda: samplers.RandomSampler()),
        "skhpo-cmaes": ours(lambda: samplers.CMAESSampler()),
        "skhpo-evolution": ours(lambda: samplers.EvolutionSampler()),
        "skhpo-tpe": ours(lambda: samplers.TPESampler()),
        "skhpo-gp": ours(lambda: samplers.BayesianSampler()),
        "skhpo-forest": ours(lambda: samplers.BayesianSampler(surrogates.RandomForest())),
        "optuna-random": _optuna("RandomSampler"),
        "optuna-cmaes": _optuna("CmaEsSampler", "cmaes", how="OptunaFlat", **_QUIET),
        "optuna-tpe": _optuna("TPESampler"),
        "optuna-tpe-group": _optuna("TPESampler", multivariate=True, group=True),
        "hyperopt-tpe": _peer("hyperopt", "Hyperopt", "hyperopt"),
        "smac": _peer("smac", "Smac", "smac", "ConfigSpace"),
        "optuna-gp": _optuna("GPSampler", "torch", how="OptunaFlat", **_QUIET),
        "scikit-optimize": _peer("scikit_optimize", "ScikitOptimize", "scikit-optimize"),
        "hebo": _peer("hebo", "Hebo", "HEBO", "torch"),
    }
)


def available(names: Iterable[str] = tuple(CONTESTANTS)) -> list[str]:
    """Return those of the contestants that can be started here."""
    return [name for name in names if _can_load(name)]


def _can_load(name: str) -> bool:
    try:
        CONTESTANTS[name].load()
    except (ImportError, AttributeError):
        return False
    return True
