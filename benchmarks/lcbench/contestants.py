"""The table of contestants. A new one is one line of it.

What a contestant needs is imported when it is wanted, so that none is needed by the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.simulation import Cluster, Start
from skhpo import Space, Tuner, samplers, schedulers

__all__ = ["CONTESTANTS", "FACTOR", "Contestant", "available"]

FACTOR = 3
_RUNGS = schedulers.rungs(1, MAX_RESOURCE, FACTOR)


@dataclass(frozen=True)
class Contestant:
    """A search to compare.

    Parameters
    ----------
    load : callable
        Imports what it needs and returns how to start a search; an ImportError says that it is not
        there.
    packages : tuple of str
        The distributions whose versions are recorded.
    """

    load: Callable[[], Start]
    packages: tuple[str, ...]

    def versions(self) -> dict[str, str]:
        """Return the versions of what a run depends on."""
        packages = (*self.packages, "numpy", "onnxruntime")
        return {name: version(name) for name in packages if _is_installed(name)}


def _is_installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True


def _ours(
    scheduler: Callable[[], schedulers.Scheduler], sampler: Callable[[], samplers.Sampler]
) -> Contestant:
    def start(space: Space, seed: int, cluster: Cluster) -> Tuner:
        return Tuner(space, scheduler=scheduler(), sampler=sampler(), random_state=seed)

    return Contestant(lambda: start, ("skhpo",))


def _peer(module: str, name: str, *packages: str, **settings: str) -> Contestant:
    def load() -> Start:
        peer = getattr(import_module(f"benchmarks.lcbench.peers.{module}"), name)
        return partial(peer, **settings)

    return Contestant(load, packages)


_full = partial(schedulers.FullBudget, None, MAX_RESOURCE)
_asha = partial(schedulers.AsynchronousHalving, None, _RUNGS, FACTOR)
_stopping = partial(schedulers.StoppingHalving, None, _RUNGS, FACTOR)
_hyperband = partial(schedulers.Hyperband, _RUNGS, FACTOR, n_loops=100)
_async_hyperband = partial(schedulers.AsynchronousHyperband, None, _RUNGS, FACTOR)

#: By name; cheap ones first, since that is the order of the runs.
CONTESTANTS = MappingProxyType(
    {
        "skhpo-asha": _ours(_asha, samplers.RandomSampler),
        "skhpo-random": _ours(_full, samplers.RandomSampler),
        "skhpo-asha-stopping": _ours(_stopping, samplers.RandomSampler),
        "skhpo-hyperband": _ours(_hyperband, samplers.RandomSampler),
        "skhpo-hyperband-tpe": _ours(_hyperband, samplers.TPESampler),
        "skhpo-asha-tpe": _ours(_asha, samplers.TPESampler),
        "skhpo-asha-evolution": _ours(_asha, samplers.EvolutionSampler),
        "skhpo-asha-cmaes": _ours(_asha, samplers.CMAESSampler),
        "skhpo-asha-gp": _ours(_asha, samplers.BayesianSampler),
        "skhpo-async-hyperband-gp": _ours(_async_hyperband, samplers.BayesianSampler),
        "optuna-random-halving": _peer(
            "optuna", "Optuna", "optuna", sampler="RandomSampler", pruner="SuccessiveHalvingPruner"
        ),
        "optuna-tpe-halving": _peer(
            "optuna", "Optuna", "optuna", sampler="TPESampler", pruner="SuccessiveHalvingPruner"
        ),
        "optuna-tpe-hyperband": _peer(
            "optuna", "Optuna", "optuna", sampler="TPESampler", pruner="HyperbandPruner"
        ),
        "dehb": _peer("dehb", "Dehb", "dehb", "ConfigSpace"),
        "smac": _peer("smac", "Smac", "smac", "ConfigSpace"),
        "mobster": _peer("syne_tune", "Mobster", "syne-tune", "autograd"),
    }
)


def available(names: Iterable[str] = tuple(CONTESTANTS)) -> list[str]:
    """Return those of the contestants that can be started here."""
    return [name for name in names if _can_load(name)]


def _can_load(name: str) -> bool:
    try:
        CONTESTANTS[name].load()
    except ImportError:
        return False
    return True
