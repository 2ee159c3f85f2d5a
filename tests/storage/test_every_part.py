"""Every scheduler and every sampler goes on from what is on disk, wherever that ends."""

from __future__ import annotations

import inspect

import pytest

from skhpo import Float, Tuner, samplers, schedulers
from skhpo.samplers import (
    BanditExploration,
    BayesianSampler,
    CMAESSampler,
    EvolutionSampler,
    GridSampler,
    InitialParams,
    PopulationSampler,
    QuasiRandomSampler,
    RandomSampler,
    Sampler,
    TPESampler,
)
from skhpo.schedulers import (
    AsynchronousHalving,
    AsynchronousHyperband,
    Bracket,
    FoldRacing,
    FullBudget,
    Hyperband,
    MedianStopping,
    PatienceStopping,
    PercentileStopping,
    PopulationTraining,
    Scheduler,
    StoppingHalving,
    SuccessiveHalving,
    SynchronousPopulationTraining,
)
from skhpo.testing import VirtualExecutor, outcomes

NUMBERS = {"x": Float(0, 1), "y": Float(1e-3, 1, log=True)}
STEPS = {"x": Float(0, 1, step=0.25), "y": Float(0, 1, step=0.5)}
RUNGS = (1, 3, 9)
BUDGET = FullBudget(12)
POPULATION = PopulationTraining(4, (1, 2, 3, 4))

#: Sampler, scheduler, space.
RECIPES = [
    (RandomSampler(), BUDGET, NUMBERS),
    (GridSampler(), BUDGET, STEPS),
    (InitialParams([{"x": 0.5, "y": 0.5}], then=RandomSampler()), BUDGET, NUMBERS),
    (QuasiRandomSampler(), BUDGET, NUMBERS),
    (BayesianSampler(n_initial_points=4), BUDGET, NUMBERS),
    (TPESampler(n_initial_points=4), BUDGET, NUMBERS),
    (CMAESSampler(), FullBudget(18), NUMBERS),
    (EvolutionSampler(population_size=4), BUDGET, NUMBERS),
    (PopulationSampler(), POPULATION, NUMBERS),
    (PopulationSampler(BanditExploration(), RandomSampler()), POPULATION, NUMBERS),
    (PopulationSampler(), SynchronousPopulationTraining(4, (1, 2, 3, 4)), NUMBERS),
    (TPESampler(n_initial_points=4), SuccessiveHalving(Bracket((9, 3, 1), RUNGS)), NUMBERS),
    (BayesianSampler(n_initial_points=4), AsynchronousHalving(9, RUNGS), NUMBERS),
    (RandomSampler(), Hyperband(RUNGS, factor=3), NUMBERS),
    (RandomSampler(), AsynchronousHyperband(9, RUNGS), NUMBERS),
    (RandomSampler(), StoppingHalving(9, RUNGS), NUMBERS),
    (RandomSampler(), PercentileStopping(9, RUNGS, percentile=25, n_warmup_trials=2), NUMBERS),
    (RandomSampler(), MedianStopping(9, RUNGS, n_warmup_trials=2), NUMBERS),
    (RandomSampler(), PatienceStopping(9, (1, 2, 3), n_iter_no_change=1, tol=0.1), NUMBERS),
    (RandomSampler(), FoldRacing(9, n_folds=4), NUMBERS),
]


def run(storage, sampler, scheduler, space):
    def quality(params, resource=1.0):
        if params["x"] > 0.9:
            raise ValueError("too much")
        return -abs(params["x"] - 0.3) - params["y"] / 10 - 1 / (1 + resource)

    is_divided = scheduler.plan().cost is not None
    tuner = Tuner(
        space,
        quality if is_divided else lambda params: quality(params),
        sampler=sampler,
        scheduler=scheduler,
        executor=VirtualExecutor(),
        random_state=0,
        storage=storage,
    )
    return outcomes(tuner.run().history)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: f"{type(r[0]).__name__}-{r[1]!r:.30}")
def test_wherever_the_journal_ends(recipe, tmp_path):
    expected = run(tmp_path / "whole", *recipe)
    journal = tmp_path / "whole" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    assert len(lines) > 20
    for n_lines in range(1, len(lines), 5):
        part = tmp_path / f"{n_lines}"
        part.mkdir()
        (part / journal.name).write_bytes(b"".join(lines[:n_lines]))
        assert run(part, *recipe) == expected


@pytest.mark.parametrize(
    ("package", "base", "place"), [(samplers, Sampler, 0), (schedulers, Scheduler, 1)]
)
def test_none_is_left_out(package, base, place):
    public = [getattr(package, name) for name in package.__all__]
    parts = {
        part
        for part in public
        if isinstance(part, type) and issubclass(part, base) and not inspect.isabstract(part)
    }
    assert parts == {type(recipe[place]) for recipe in RECIPES}
