"""The table of variants. A new one is one line of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from benchmarks.samplers.ablations.folds import FoldSpread, own_spread, whole_spread
from benchmarks.samplers.ablations.regions import TrustRegion
from benchmarks.samplers.ablations.steps import GeometricSteps
from benchmarks.samplers.ablations.warping import WarpedGaussianProcess
from benchmarks.samplers.models import CrossValidation
from benchmarks.samplers.problem import Problem
from skhpo.samplers import BayesianSampler, QuasiRandomSampler, Sampler, TPESampler
from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.gaussian_process import LogNormal

__all__ = ["VARIANTS", "Variant"]

_NOTHING = LogNormal(1e-9, 1e-3)  # a variance that the data cannot raise


@dataclass(frozen=True)
class Variant:
    """A sampler that differs from another one in one thing.

    Parameters
    ----------
    sampler : callable
        ``sampler(problem)`` makes it.
    baseline : str, default="gp"
        The name of the other one.
    needs_folds : bool, default=False
        Whether it is for cross-validated models only.
    """

    sampler: Callable[[Problem], Sampler]
    baseline: str = "gp"
    needs_folds: bool = False

    def is_for(self, problem: Problem) -> bool:
        """Whether it can be used on a problem."""
        return not self.needs_folds or isinstance(problem.true_value, CrossValidation)


def _gp(make: Callable[[], GaussianProcess]) -> Variant:
    return Variant(lambda problem: BayesianSampler(make()))


def _told(spread: Callable) -> Variant:
    return Variant(
        lambda problem: FoldSpread(problem.true_value.fold_scores, spread), needs_folds=True
    )


#: By name.
VARIANTS = MappingProxyType(
    {
        "gp": _gp(GaussianProcess),
        "gp-without-pairs": _gp(partial(GaussianProcess, pair_variance=_NOTHING)),
        "gp-without-single": _gp(partial(GaussianProcess, additive_variance=_NOTHING)),
        "gp-warped": _gp(WarpedGaussianProcess),
        "gp-trust-region": Variant(lambda problem: TrustRegion()),
        "gp-fold-spread": _told(whole_spread),
        "gp-own-fold-spread": _told(own_spread),
        "gp-geometric-steps": _gp(GeometricSteps),
        "tpe": Variant(lambda problem: TPESampler(), baseline="tpe"),
        "tpe-sobol": Variant(
            lambda problem: TPESampler(initial_sampler=QuasiRandomSampler()), baseline="tpe"
        ),
    }
)
