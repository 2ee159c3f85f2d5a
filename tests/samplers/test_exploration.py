"""What copies try: perturbation of every kind of domain, functions, and bandits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import expon, loguniform, norm, randint, uniform

from skhpo import Categorical, Float, Int, Space
from skhpo.exceptions import SpaceError
from skhpo.history import History
from skhpo.samplers import (
    BanditExploration,
    FunctionExploration,
    Perturbation,
    PopulationSampler,
    RandomSampler,
)
from skhpo.trial import Assignment, Fork, Measurement, Trial

FORK = Fork(parent=0, parent_resource=1, resource=2, replaces=1)


def history_of(*paths):
    """A history of trials: (params, scores), measured after 1, 2, … of the resource."""
    history = History()
    for number, (params, scores) in enumerate(paths):
        history.append(Trial(number, params))
        for at, score in enumerate(scores, start=1):
            history.append(Assignment(number, at, (0,)))
            history.append(Measurement(number, 0, at, "completed", {"score": score}))
    return history


def explored(explore, spec, value, n=200, free=("x",)):
    """Values that copies of a configuration with one parameter try."""
    space, history = Space({"x": spec}), history_of(({"x": value}, [0.0]))
    rngs = (np.random.default_rng(seed) for seed in range(n))
    return [explore.explore(space, history, FORK, free, rng)["x"] for rng in rngs]


NEVER = Perturbation(resample_probability=0.0)


@pytest.mark.parametrize(
    ("spec", "value", "tried"),
    [
        (Float(1e-4, 1, log=True), 0.01, {0.008, 0.012}),
        (Float(0.1, 2), 1.0, {0.8, 1.2}),
        (Float(0.1, 2), 1.9, {1.52, 2.0}),  # clipped
        (Float(0, 1), 0.5, {0.4, 0.6}),
        (Float(0, 1), 0.0, {0.1, 0.0 + 0.1}),  # multiplication would be stuck, and so is -0.1
        (Float(-1, 1), 0.0, {-0.2, 0.2}),
        (Float(0, 1, step=0.25), 0.5, {0.25, 0.75}),
        (Int(1, 100), 50, {40, 60}),
        (Int(1, 9), 2, {1, 3}),  # the next one at least
        (Int(0, 9), 5, {4, 6}),
        (Int(16, 512, log=True), 100, {80, 120}),
        ([1, 3, 10, 30], 10, {3, 30}),
        ([30, 10, 3, 1], 10, {3, 30}),  # numbers are ordered by size
        (Categorical(["low", "mid", "high"], ordered=True), "mid", {"low", "high"}),
        (loguniform(1e-3, 10), 1.0, {0.8, 1.2}),
        (uniform(1, 2), 2.0, {1.6, 2.4}),
        (randint(1, 60), 20, {16, 24}),
        (norm(), 0.0, {norm.ppf(0.4), norm.ppf(0.6)}),
        (expon(), expon.ppf(0.5), {expon.ppf(0.4), expon.ppf(0.6)}),
    ],
)
def test_every_kind_of_domain_moves_a_little(spec, value, tried):
    found = explored(NEVER, spec, value)
    if isinstance(value, str):
        assert set(found) == tried
    else:
        near = [[np.isclose(one, other) for other in tried] for one in found]
        assert np.any(near, axis=1).mean() > 0.45  # at an end, the other way is a small step
        assert np.any(near, axis=0).all()


def test_what_has_no_order_changes_when_it_is_drawn_anew():
    spec = ["a", "b", "c"]
    space = Space({"x": spec, "lr": Float(0.1, 1)})
    history = history_of(({"x": "a", "lr": 0.5}, [0.0]))
    for probability, share in ((0.0, 0.0), (0.6, 0.4), (1.0, 2 / 3)):
        explore = Perturbation(resample_probability=probability)
        rngs = (np.random.default_rng(seed) for seed in range(300))
        tried = [explore.explore(space, history, FORK, ("x", "lr"), rng)["x"] for rng in rngs]
        assert np.mean([one != "a" for one in tried]) == pytest.approx(share, abs=0.08)


def test_drawing_anew_comes_from_the_whole_space():
    tried = explored(Perturbation(resample_probability=1.0), Float(0, 1), 0.5, n=400)
    assert np.histogram(tried, bins=4, range=(0, 1))[0].min() > 60


def test_factors_are_the_users():
    assert set(np.round(explored(Perturbation((0.5, 3.0), 0.0), Float(1, 100), 10.0), 9)) == {5, 30}


@pytest.mark.parametrize("spec", [[1, 2], ["a", "b", "c"], [True, False], Float(0, 1), Int(1, 2)])
def test_something_changes_always(spec):
    value = (
        next(iter(Space({"x": spec}).branches[0]["x"].values()))
        if not isinstance(spec, Float)
        else 1.0
    )
    assert all(one != value for one in explored(NEVER, spec, value))


def test_what_is_inherited_stays():
    space = Space({"width": [16, 32, 64], "lr": Float(1e-3, 1, log=True), "depth": Int(1, 5)})
    sampler = PopulationSampler(inherited=("width", "depth"))
    history = history_of(({"width": 32, "lr": 0.1, "depth": 2}, [0.0]))
    for seed in range(50):
        child = sampler.perturb(space, history, FORK, np.random.default_rng(seed))
        assert (child["width"], child["depth"]) == (32, 2)
        assert child["lr"] != 0.1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"factors": ()}, "factors must be numbers other than 1"),
        ({"factors": (1, 1)}, "factors must be numbers other than 1"),
        ({"factors": 0.8}, "factors must be numbers other than 1"),
        ({"factors": (0.8, -1)}, "factors: each must be a number greater than 0"),
        ({"resample_probability": 1.5}, "resample_probability must be a number"),
    ],
)
def test_perturbations_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Perturbation(**settings)


# --------------------------------------------------------------------------- functions


def test_a_function_of_the_users_own():
    explore = FunctionExploration(lambda params, rng: {"x": params["x"] / 2})
    assert set(explored(explore, Float(0, 1), 0.5)) == {0.25}


def other_width(params, rng):
    return {**params, "width": 48 - params["width"]} if "width" in params else params


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda params, rng: {"x": 7.0}, "inside the search space"),
        (lambda params, rng: None, "it returned None"),
        (other_width, "has changed 'width' from"),
        (lambda params, rng: {"c": 1}, "stay in the branch"),
    ],
)
def test_functions_are_tried_before_the_search(function, message):
    space = Space([{"x": Float(0, 1), "width": [16, 32]}, {"c": [1, 2]}])
    sampler = PopulationSampler(FunctionExploration(function), inherited=("width",))
    with pytest.raises(SpaceError, match=message):
        sampler.check(space)


def test_what_cannot_be_called_so_is_refused():
    for wrong in ("perturb", lambda params: params, 3):
        with pytest.raises(TypeError, match="explore must be a function of"):
            FunctionExploration(wrong)
    with pytest.raises(TypeError, match="explore must be a Exploration such as"):
        PopulationSampler(lambda params, rng: params)


# --------------------------------------------------------------------------- bandits


def gains(rate, n=12, n_intervals=4, seed=0):
    """Trials that gain by a rate of (x, age) in each interval."""
    rng = np.random.default_rng(seed)
    paths = []
    for x in rng.random(n):
        score, path = 0.0, []
        for age in range(n_intervals + 1):
            path.append(score)
            score += rate(x, age + 1)
        paths.append(({"x": float(x)}, path))
    return history_of(*paths)


def proposed(history, age, n=8, explore=None):
    space, fork = Space({"x": Float(0, 1)}), Fork(0, age, age + 1, 1)
    explore = explore or BanditExploration(beta=0.1)
    rngs = (np.random.default_rng(seed) for seed in range(n))
    return [explore.explore(space, history, fork, ("x",), rng)["x"] for rng in rngs]


def test_a_bandit_learns_what_gains_most():
    history = gains(lambda x, age: 1 - (x - 0.7) ** 2)
    assert np.median(proposed(history, 5)) == pytest.approx(0.7, abs=0.1)


def test_a_bandit_learns_that_it_changes():
    """The best value moves with age, and at the end it is somewhere else than on average."""
    history = gains(lambda x, age: 1 - (x - (1.0 - age / 6)) ** 2, n=16)
    assert np.median(proposed(history, 5)) < 0.4
    assert np.median(proposed(history, 2)) > 0.5


def test_a_bandit_looks_at_nothing_later_than_the_copy():
    """What came in of others since depends on the number of workers."""
    early, late = gains(lambda x, age: -((x - 0.5) ** 2)), History()
    for record in early:
        if getattr(record, "resource", 0) <= 3:
            late.append(record)
    assert proposed(early, 3, n=3) == proposed(late, 3, n=3)


def test_copies_made_together_try_different_things():
    history = gains(lambda x, age: 1 - (x - 0.7) ** 2, n=3, n_intervals=5)
    explore = BanditExploration(beta=5.0)
    alone = proposed(history, 5, n=1, explore=explore)[0]
    history.append(Trial(3, {"x": alone}, parent=0, parent_resource=5, replaces=1))
    assert abs(proposed(history, 5, n=1, explore=explore)[0] - alone) > 0.02


def test_a_bandit_without_anything_to_learn_from_perturbs():
    assert set(np.round(explored(BanditExploration(), Float(0.1, 1), 0.5), 9)) > {0.4, 0.6}


def test_a_bandit_refuses_what_no_model_can_be_built_over():
    class Drawn:
        def rvs(self, random_state=None):
            return 1

    with pytest.raises(SpaceError, match="no model can be built over it"):
        PopulationSampler(BanditExploration(), RandomSampler()).check(Space({"x": Drawn()}))


def test_a_bandit_keeps_to_its_branch():
    """Copies in another branch, with other parameters, were made at the same age."""
    space = Space([{"x": Float(0, 1)}, {"w": Float(0, 1)}])
    history = gains(lambda x, age: -((x - 0.5) ** 2))
    n = len(history.trials)
    history.append(Trial(n, {"w": 0.3}))
    for age in (1, 2, 3, 4, 5):
        history.append(Assignment(n, age, (0,)))
        history.append(Measurement(n, 0, age, "completed", {"score": 1.0}))
    history.append(Trial(n + 1, {"w": 0.4}, parent=n, parent_resource=5, replaces=1))
    rng = np.random.default_rng(0)
    child = BanditExploration().explore(space, history, Fork(0, 5, 6, 2), ("x", "w"), rng)
    assert child.keys() == {"x"}


def test_copies_of_one_state_differ():
    space, history = Space({"x": Int(1, 100)}), history_of(({"x": 50}, [0.0]))
    for number in range(1, 6):
        child = NEVER.explore(space, history, FORK, ("x",), np.random.default_rng(0))
        history.append(Trial(number, child, parent=0, parent_resource=1, replaces=number - 1))
    tried = [trial.params["x"] for trial in history.trials[1:3]]
    assert sorted(tried) == [40, 60]  # and then there is nothing else
