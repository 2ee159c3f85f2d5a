from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from skhpo import Float, Space, Tuner
from skhpo.samplers import BayesianSampler, CMAESSampler, EvolutionSampler, TPESampler
from skhpo.samplers.fair import due

BRANCHES = [{"kind": [kind], "x": Float(0, 1), kind: Float(0, 1)} for kind in "abcdefgh"]

SAMPLERS = {
    "gp": BayesianSampler(),
    "forest": BayesianSampler("forest"),
    "tpe": TPESampler(),
    "cma-es": CMAESSampler(),
    "evolution": EvolutionSampler(),
    "regularised evolution": EvolutionSampler(survival="youngest"),
}


def score(params):
    """The first branch is the best by far."""
    return 10.0 * (params["kind"] == "a") - (params["x"] - 0.3) ** 2


@pytest.mark.parametrize("sampler", SAMPLERS.values(), ids=SAMPLERS)
@pytest.mark.parametrize("seed", range(3))
def test_no_branch_is_starved(sampler, seed):
    tuner = Tuner(BRANCHES, score, sampler=sampler, random_state=seed).run(n_trials=80)
    kinds = Counter(trial.params["kind"] for trial in tuner.history.trials)
    assert min(kinds[kind] for kind in "abcdefgh") >= 3
    assert kinds["a"] > 80 / 8, "the best gets more than the others"


def test_few_trials_owe_a_branch_little_and_many_more():
    space = Space(BRANCHES[:2])
    first = space.encoding.sample(64, np.random.default_rng(0), [0])
    (second,) = space.encoding.sample(1, np.random.default_rng(0), [1])
    assert due(space.encoding, np.concatenate([first, np.tile(second, (3, 1))])) == [1]
    assert due(space.encoding, np.concatenate([first, np.tile(second, (5, 1))])) is None
    assert due(Space(BRANCHES[0]).encoding, first[:, :2]) is None
