"""Time and quality of Bayesian optimisation, side by side with Optuna.

By default: CPU time of one proposal, skhpo and Optuna in turns in one process. With ``--quality``:
regret after 60 trials on a few functions. Run with ``OMP_NUM_THREADS=1`` for steady figures::

    OMP_NUM_THREADS=1 python benchmarks/gp_proposal.py --n 100 --d 8 --repeats 7
    OMP_NUM_THREADS=1 python benchmarks/gp_proposal.py --quality --seeds 4
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna

from skhpo import Float, Int, Space
from skhpo.history import History
from skhpo.samplers import RandomSampler, Sampler
from skhpo.samplers.bayesian import BayesianSampler
from skhpo.trial import Assignment, Measurement, Trial

_N_PROPOSALS = 10  # in a row: some of them refit the model, others do not

TARGET = 10  # times faster than Optuna's GPSampler, at 100 observations in 8 dimensions
TPE_TARGET = 3  # times the time of Optuna's TPE at most, there

# --------------------------------------------------------------------------- the problems


def branin(p: dict[str, Any]) -> float:
    """Three equal minima."""
    x, y = 15 * p["x0"] - 5, 15 * p["x1"]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.39788736


def hartmann6(p: dict[str, Any]) -> float:
    """Six dimensions, two deep minima."""
    weights = np.array([1.0, 1.2, 3.0, 3.2])
    widths = np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    )
    centres = np.array(
        [
            [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
            [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
            [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
            [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
        ]
    )
    x = np.array([p[f"x{i}"] for i in range(6)])
    return 3.32236801 - float(weights @ np.exp(-(widths * (x - centres) ** 2).sum(axis=1)))


def mixed(p: dict[str, Any]) -> float:
    """A category that moves the optimum of the numbers, an integer and a flag."""
    optimum = {"a": 0.2, "b": 0.5, "c": 0.7, "d": 0.9}[p["kind"]]
    offset = {"a": 0.3, "b": 0.0, "c": 0.1, "d": 0.4}[p["kind"]]
    kink = abs(p["u"] - 0.3) * (0.5 if p["flag"] else 1.0)
    bowl = 4 * (math.log10(p["C"]) / 3 - optimum) ** 2 + ((p["depth"] - 7) / 10) ** 2
    return bowl + kink + offset + (0.0 if p["flag"] else 0.1)


def bowl(p: dict[str, Any]) -> float:
    """Smooth, with interactions; for the time of a proposal, in any number of dimensions."""
    x = np.array(list(p.values()))
    return float(((x - 0.4) ** 2).sum() + np.sin(4 * x).prod())


def cube(d: int) -> dict[str, Any]:
    """Real numbers between 0 and 1."""
    return {f"x{i}": Float(0.0, 1.0) for i in range(d)}


MIXED = {
    "kind": ["a", "b", "c", "d"],
    "C": Float(1e-3, 1e3, log=True),
    "depth": Int(1, 20),
    "u": Float(0.0, 1.0),
    "flag": [True, False],
}
PROBLEMS: dict[str, tuple[Callable[[dict[str, Any]], float], dict[str, Any]]] = {
    "branin": (branin, cube(2)),
    "hartmann6": (hartmann6, cube(6)),
    "mixed": (mixed, MIXED),
}


# --------------------------------------------------------------------------- the competitors


@dataclass
class Skhpo:
    """A search with one of our samplers."""

    space: dict[str, Any]
    sampler: Sampler
    seed: int

    def __post_init__(self) -> None:
        self._space, self._history = Space(self.space), History(seed=self.seed)

    def ask(self) -> dict[str, Any]:
        """Return the next configuration."""
        rng = np.random.default_rng([self.seed, len(self._history.trials)])
        return dict(self.sampler.suggest(self._space, self._history, rng))

    def tell(self, params: dict[str, Any], loss: float) -> None:
        """Record a result."""
        number = len(self._history.trials)
        self._history.append(Trial(number, params))
        self._history.append(Assignment(number, None, (0,)))
        self._history.append(Measurement(number, 0, None, "completed", {"score": -loss}))


@dataclass
class Optuna:
    """A search with one of Optuna's samplers, in the same space."""

    space: dict[str, Any]
    sampler: optuna.samplers.BaseSampler

    def __post_init__(self) -> None:
        self._study = optuna.create_study(sampler=self.sampler)
        self._distributions = {name: _distribution(spec) for name, spec in self.space.items()}

    def ask(self) -> dict[str, Any]:
        """Return the next configuration."""
        self._trial = self._study.ask(self._distributions)
        return self._trial.params

    def tell(self, params: dict[str, Any], loss: float) -> None:
        """Record a result: of the trial that was asked for, or of any configuration."""
        if getattr(self, "_trial", None) is not None:
            self._study.tell(self._trial, loss)
            self._trial = None
        else:
            trial = optuna.trial.create_trial(
                params=params, distributions=self._distributions, value=loss
            )
            self._study.add_trial(trial)


def _distribution(spec: Any) -> optuna.distributions.BaseDistribution:
    if isinstance(spec, Float):
        return optuna.distributions.FloatDistribution(spec.low, spec.high, log=spec.log)
    if isinstance(spec, Int):
        return optuna.distributions.IntDistribution(spec.low, spec.high, log=spec.log)
    return optuna.distributions.CategoricalDistribution(spec)


# --------------------------------------------------------------------------- the measurements


def time_proposals(n: int, d: int, repeats: int) -> None:
    """Print CPU time per proposal in a running search, over ten of them after ``n`` observations.

    Half of the observations are anywhere and half around the best point, as in a real search.
    """
    times: dict[str, list[float]] = {"skhpo": [], "optuna": [], "optuna TPE": []}
    for seed in range(repeats + 1):  # the first one warms up
        contestants: dict[str, Skhpo | Optuna] = {
            "skhpo": Skhpo(cube(d), BayesianSampler(), seed),
            "optuna": Optuna(cube(d), optuna.samplers.GPSampler(seed=seed)),
            "optuna TPE": Optuna(cube(d), optuna.samplers.TPESampler(seed=seed)),
        }
        rng = np.random.default_rng(seed)
        points = rng.random((n - 1, d))
        near = len(points[n // 2 :])
        points[n // 2 :] = np.clip(0.4 + 0.1 * rng.standard_normal((near, d)), 0.0, 1.0)
        for name, contestant in contestants.items():
            for point in points:
                params = {f"x{i}": float(x) for i, x in enumerate(point)}
                contestant.tell(params, bowl(params))
            spent = 0.0
            for number in range(_N_PROPOSALS + 1):
                start = time.process_time()
                params = contestant.ask()
                spent += (time.process_time() - start) * (number > 0)  # the first encodes all rows
                contestant.tell(params, bowl(params))
            times[name].append(spent / _N_PROPOSALS)
    medians = {name: 1e3 * statistics.median(each[1:]) for name, each in times.items()}
    print(f"CPU ms per proposal, {n} observations, {d} dimensions, median of {repeats}")
    for name, median in medians.items():
        spread = f"{1e3 * min(times[name][1:]):.1f} … {1e3 * max(times[name][1:]):.1f}"
        print(f"{name:>10} {median:8.1f}   ({spread})")
    to_tpe = medians["skhpo"] / medians["optuna TPE"]
    print(f"to Optuna's TPE {to_tpe:.1f}, target {TPE_TARGET}: {_verdict(to_tpe <= TPE_TARGET)}")
    ratio = medians["optuna"] / medians["skhpo"]
    print(f"{'ratio':>10} {ratio:8.1f}   target {TARGET}: {_verdict(ratio >= TARGET)}")
    sys.exit(ratio < TARGET or to_tpe > TPE_TARGET)


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def compare_quality(n_trials: int, seeds: int) -> None:
    """Print the regret of each competitor on each problem: median and worst over seeds."""
    print(f"regret after {n_trials} trials: median (worst) of {seeds} seeds; CPU s for one search")
    for problem, (objective, space) in PROBLEMS.items():
        makers: dict[str, Callable[[int], Skhpo | Optuna]] = {
            "skhpo": lambda seed, s=space: Skhpo(s, BayesianSampler(), seed),
            "optuna GP": lambda seed, s=space: Optuna(s, optuna.samplers.GPSampler(seed=seed)),
            "optuna TPE": lambda seed, s=space: Optuna(s, optuna.samplers.TPESampler(seed=seed)),
            "random": lambda seed, s=space: Skhpo(s, RandomSampler(), seed),
        }
        for name, make in makers.items():
            start = time.process_time()
            regrets = [_regret(make(seed), objective, n_trials) for seed in range(seeds)]
            seconds = (time.process_time() - start) / seeds
            print(
                f"{problem:>10} {name:>11} {statistics.median(regrets):10.2g} "
                f"({max(regrets):.2g})  {seconds:6.1f} s",
                flush=True,
            )


def _regret(
    search: Skhpo | Optuna, objective: Callable[[dict[str, Any]], float], n_trials: int
) -> float:
    best = math.inf
    for _ in range(n_trials):
        params = search.ask()
        loss = objective(params)
        search.tell(params, loss)
        best = min(best, loss)
    return best


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--n", type=int, default=100, help="observations")
    parser.add_argument("--d", type=int, default=8, help="dimensions")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--quality", action="store_true", help="compare regrets instead of times")
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    if options.quality:
        compare_quality(options.trials, options.seeds)
    else:
        time_proposals(options.n, options.d, options.repeats)


if __name__ == "__main__":
    main()
