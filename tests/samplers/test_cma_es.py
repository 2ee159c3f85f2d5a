from __future__ import annotations

import math

import numpy as np
import pytest
from cmaes import CatCMAwM
from scipy.stats import spearmanr
from threadpoolctl import threadpool_limits

from skhpo import Categorical, Float, Int, Space
from skhpo.exceptions import SpaceError, SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import CMAESSampler, RandomSampler
from skhpo.samplers.catcma import Strategy
from skhpo.trial import Assignment, FormerTrial, Measurement, Trial

CUBE = Space({name: Float(0, 1) for name in "vwxyz"})


def rng_for(history):
    return np.random.default_rng([history.seed, len(history.trials)])


def start(history, params):
    number = len(history.trials)
    history.append(Trial(number, params))
    history.append(Assignment(number, None, (0,)))
    return number


def finish(history, number, score):
    status = "failed" if score is None else "completed"
    scores = {} if score is None else {"score": score}
    history.append(Measurement(number, 0, None, status, scores))


def run(sampler, space, objective, n_trials, seed=0, history=None):
    history = History(seed=seed) if history is None else history
    for _ in range(n_trials):
        params = sampler.suggest(space, history, rng_for(history))
        finish(history, start(history, params), objective(params))
    return history


def column(history, name):
    return np.array([trial.params[name] for trial in history.trials])


def best(history):
    return history.trials[history.best.trial].params


# --------------------------------------------------------------------------- the distribution


def test_it_is_the_library_s_own_algorithm():
    """In a space of real numbers: the same trials as CatCMAwM by hand, told ranks."""
    history = run(CMAESSampler(), CUBE, lambda p: -sum((x - 0.4) ** 2 for x in p.values()), 40)
    reference = CatCMAwM(
        x_space=[[-np.inf, np.inf]] * 5,
        mean=np.full(5, 0.5),
        sigma=1 / 6,
        cov=np.eye(5),
        population_size=8,
    )
    rows = CUBE.encoding.encode([trial.params for trial in history.trials])
    for number, row in enumerate(rows):
        if number and number % 8 == 0:
            last = rows[number - 8 : number]
            order = np.argsort(((last - 0.4) ** 2).sum(axis=1))
            reference.tell(
                [(CatCMAwM.Solution(x=x, _v_raw=x), i) for i, x in enumerate(last[order])]
            )
        reference.reseed_rng(int(np.random.default_rng([0, number]).integers(2**32)))
        draws = (reference.ask().x for _ in range(20))
        inside = next(x for x in draws if (x >= 0).all() and (x <= 1).all())
        np.testing.assert_allclose(row, inside, atol=1e-9)


def test_the_first_generation_lies_around_the_middle():
    histories = [run(CMAESSampler(0.1), CUBE, lambda _: 0.0, 8, seed) for seed in range(20)]
    trials = [trial.params for history in histories for trial in history.trials]
    rows = CUBE.encoding.encode(trials)
    assert abs(rows.mean() - 0.5) < 0.02
    assert abs(rows.std() - 0.1) < 0.02


def test_it_learns_what_to_change_together():
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    history = run(
        CMAESSampler(), space, lambda p: -(1e2 * (p["x"] - p["y"]) ** 2 + (p["x"] - 0.8) ** 2), 100
    )
    late = slice(60, 90)
    assert spearmanr(column(history, "x")[late], column(history, "y")[late]).statistic > 0.6
    assert history.best.score > -0.01


def test_only_the_order_of_scores_counts():
    def objective(params):
        return -sum((x - 0.2) ** 2 for x in params.values())

    plain = run(CMAESSampler(), CUBE, objective, 30)
    warped = run(CMAESSampler(), CUBE, lambda p: math.exp(objective(p)) - 5, 30)
    assert plain.trials == warped.trials


def test_running_trials_are_further_draws_of_the_same_distribution():
    history = run(CMAESSampler(), CUBE, lambda p: -p["x"], 8)
    suggestions = [
        CMAESSampler().suggest(CUBE, history, np.random.default_rng(seed)) for seed in range(50)
    ]
    for params in suggestions[:5]:
        start(history, params)
    later = [CMAESSampler().suggest(CUBE, history, np.random.default_rng(s)) for s in range(50)]
    assert later[5:] == suggestions[5:]


def test_a_straggler_holds_nobody_up():
    """Generations are made of what is finished; the cache may not know better than the history."""

    def objective(params):
        return -sum((x - 0.9) ** 2 for x in params.values())

    history = History()
    straggler = start(history, dict.fromkeys("vwxyz", 0.3))
    run(CMAESSampler(), CUBE, objective, 120, history=history)
    assert abs(column(history, "x")[-8:].mean() - 0.9) < 0.1
    finish(history, straggler, objective(history.trials[0].params))
    warm = CMAESSampler().suggest(CUBE, history, rng_for(history))
    assert warm == CMAESSampler().suggest(CUBE, history.replayed(), rng_for(history))


def test_scores_that_change_are_told_anew():
    """A trial that was promoted has another score than the one it was told with."""
    history = run(CMAESSampler(), CUBE, lambda p: -p["x"], 20)
    CMAESSampler().suggest(CUBE, history, rng_for(history))
    for number in range(8):
        history.append(Assignment(number, 2, (0,)))
        score = float(number % 3)
        history.append(Measurement(number, 0, 2, "completed", {"score": score}))
    warm = CMAESSampler().suggest(CUBE, history, rng_for(history))
    assert warm == CMAESSampler().suggest(CUBE, history.replayed(), rng_for(history))


def test_samplers_of_one_history_do_not_share_what_they_learned():
    history = run(CMAESSampler(), CUBE, lambda p: -p["x"], 20)
    for sampler in (CMAESSampler(), CMAESSampler(0.05), CMAESSampler(population_size=5)):
        fresh = sampler.suggest(CUBE, history.replayed(), rng_for(history))
        assert sampler.suggest(CUBE, history, rng_for(history)) == fresh


def test_former_knowledge_says_where_to_start():
    former = [FormerTrial(dict.fromkeys("vwxyz", x), -abs(x - 0.2)) for x in (0.2, 0.5, 0.9)]
    former.append(FormerTrial(dict.fromkeys("vwxyz", 0.7), math.nan))
    history = History(former=former)
    run(CMAESSampler(0.02), CUBE, lambda _: 0.0, 7, history=history)
    rows = CUBE.encoding.encode([trial.params for trial in history.trials[1:]])
    assert abs(rows.mean() - 0.2) < 0.03


# --------------------------------------------------------------------------- restarts


def test_restart_with_twice_the_population_when_converged():
    strategy = Strategy(CUBE.encoding, seed=0, sigma0=0.2, population_size=4)
    rows = np.full((4, 5), 0.25) + np.arange(4)[:, None] * 1e-7
    assert strategy.tell(rows, np.arange(4.0)) == 4
    n_told = strategy.tell(np.random.default_rng(0).random((17, 5)), np.arange(17.0))
    assert n_told == 16  # two generations of eight, no more of four


def test_restart_on_a_plateau():
    scores = np.array([0.5] * 4)
    strategy = Strategy(CUBE.encoding, seed=0, sigma0=0.01, population_size=4)
    strategy.tell(np.random.default_rng(0).random((4, 5)), scores)
    strategy.reseed(np.random.default_rng(1))
    assert np.abs(np.mean([strategy.draw() for _ in range(9)], axis=0) - 0.5).max() > 0.1
    assert strategy.tell(np.random.default_rng(0).random((7, 5)), np.arange(7.0)) == 0


def test_restart_when_the_distribution_has_diverged():
    """A narrow one does so when it is told of random trials, far outside of it."""
    strategy = Strategy(CUBE.encoding, seed=0, sigma0=1e-6, population_size=4)
    rows = np.random.default_rng(0).random((7, 5))
    assert strategy.tell(rows[:4], np.arange(4.0)) == 4
    assert strategy.tell(rows, np.arange(7.0)) == 0


@pytest.mark.parametrize("domain", [Float(0, 1), Int(0, 10**7)], ids=repr)
def test_converges_and_starts_again_elsewhere(domain):
    def objective(params):
        return -((params["x"] / domain.high - 0.7) ** 2)

    x = column(run(CMAESSampler(), Space({"x": domain}), objective, 150), "x") / domain.high
    assert np.abs(x - 0.7).min() < 1e-5
    converged = int((np.abs(x - 0.7) < 1e-4).argmax())
    assert np.ptp(x[converged + 10 :]) > 0.2


# --------------------------------------------------------------------------- not only numbers


def test_categories_that_do_better_become_more_likely():
    space = Space({"kind": ["a", "b", "c", "d"], "x": Float(0, 1)})
    history = run(CMAESSampler(), space, lambda p: (p["kind"] == "c") - abs(p["x"] - 0.3), 80)
    assert np.mean(column(history, "kind")[-20:] == "c") > 0.6
    assert len(set(column(history, "kind"))) == 4


def test_steps_and_ordered_lists_are_followed_to_the_edge():
    space = Space(
        {
            "n": Int(0, 30),
            "size": Categorical(["s", "m", "l", "xl"], ordered=True),
            "k": Int(1, 1000, log=True),
        }
    )

    def objective(params):
        rank = ["s", "m", "l", "xl"].index(params["size"])
        return rank / 3 - params["n"] / 30 - abs(math.log10(params["k"]) - 2)

    params = best(run(CMAESSampler(), space, objective, 120))
    assert params["n"] <= 1
    assert params["size"] == "xl"
    assert 80 < params["k"] < 125


def test_the_better_branch_gets_more_trials():
    space = Space([{"kind": [k], f"x{k}": Float(0, 1), "y": Float(0, 1)} for k in (1, 2, 3)])

    def objective(params):
        kind = params["kind"]
        return kind - abs(params[f"x{kind}"] - 0.2) - abs(params["y"] - 0.8)

    history = run(CMAESSampler(), space, objective, 150)
    kinds = column(history, "kind")
    assert np.mean(kinds[-50:] == 3) > 0.6
    assert history.best.score > 2.95


def test_steps_are_the_library_s_integers_with_margin():
    """In a space of steps: the same trials as CatCMAwM by hand, but none of them twice."""
    space = Space({"a": Int(0, 19), "b": Int(0, 19), "c": Float(0, 1, step=0.05)})
    goal = space.encoding.encode([{"a": 4, "b": 15, "c": 0.5}])
    history = run(CMAESSampler(), space, lambda p: -_distance(space, p, goal), 42)
    reference = CatCMAwM(
        z_space=[
            (np.arange(20) + 0.5) / 20,
            (np.arange(20) + 0.5) / 20,
            (np.arange(21) + 0.5) / 21,
        ],
        mean=np.full(3, 0.5),
        sigma=1 / 6,
        cov=np.eye(3),
        population_size=7,
    )
    rows = space.encoding.encode([trial.params for trial in history.trials])
    for number, row in enumerate(rows):
        if number and number % 7 == 0:
            last = rows[number - 7 : number]
            order = np.argsort(((last - goal) ** 2).sum(axis=1), kind="stable")
            reference.tell(
                [(CatCMAwM.Solution(z=z, _v_raw=z.copy()), i) for i, z in enumerate(last[order])]
            )
        reference.reseed_rng(int(np.random.default_rng([0, number]).integers(2**32)))
        draws = (reference.ask().z for _ in range(100))
        unseen = next(
            z for z in draws if np.abs(rows[:number] - z).sum(axis=1).min(initial=1) > 1e-9
        )
        np.testing.assert_allclose(row, unseen, atol=1e-9)


def _distance(space, params, goal):
    return float(((space.encoding.encode([params]) - goal) ** 2).sum())


def test_a_step_goes_on_to_be_tried_when_all_have_agreed():
    """That is the margin; without it, the distribution shrinks to one value."""
    space = Space({"n": Int(0, 9), "x": Float(0, 1)})
    strategy = Strategy(space.encoding, seed=0, sigma0=0.2, population_size=6)
    rng = np.random.default_rng(0)
    for _ in range(60):
        x = 0.5 + 0.01 * rng.standard_normal(6)
        rows = np.column_stack([np.full(6, 0.45), x])
        strategy.tell(rows, -np.abs(x - 0.5))
    strategy.reseed(rng)
    drawn = np.array([strategy.draw()[0] for _ in range(500)])
    assert 0.01 < np.mean(drawn != 0.45) < 0.5


def test_many_steps_are_as_good_as_none():
    space = Space({"n": Int(0, 10**7), "x": Float(0, 1)})
    history = run(CMAESSampler(), space, lambda p: -abs(p["n"] / 1e7 - 0.3) - abs(p["x"] - 0.6), 90)
    assert history.best.score > -0.03


def test_each_branch_has_to_converge():
    """A generation may start with a trial of a branch without anything continuous."""
    space = Space([{"kind": ["a"], "n": Int(0, 5)}, {"kind": ["b"], "x": Float(0, 1)}])
    encoding = space.encoding

    def told(xs):
        strategy = Strategy(encoding, seed=0, sigma0=0.2, population_size=4)
        first = [{"kind": "a", "n": 2}]
        rows = encoding.encode(first + [{"kind": "b", "x": x} for x in xs])
        strategy.tell(rows, np.arange(4.0))
        return strategy.tell(np.repeat(rows, 2, axis=0)[:7], np.arange(7.0))

    assert told([0.3, 0.3, 0.3 + 1e-7]) == 0  # started again, with eight
    assert told([0.3, 0.3, 0.4]) == 4


def test_a_trial_alone_has_not_converged():
    """Or each generation with one trial of some branch would be followed by a restart."""
    space = Space([{"kind": ["a"], "n": Int(0, 5)}, {"kind": ["b"], "x": Float(0, 1)}])
    others = [{"kind": "a", "n": n} for n in (1, 2, 3)]
    rows = space.encoding.encode([{"kind": "b", "x": 0.3}, *others])
    strategy = Strategy(space.encoding, seed=0, sigma0=0.2, population_size=4)
    assert strategy.tell(rows, np.arange(4.0)) == 4
    assert strategy.tell(rows, np.arange(4.0)) == 4, "no restart, with eight"


def test_a_small_space_is_tried_to_its_end():
    space = Space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [True, False]})
    history = run(CMAESSampler(), space, lambda p: p["a"], 18)
    with pytest.raises(SpaceExhaustedError):
        CMAESSampler().suggest(space, history, rng_for(history))


# --------------------------------------------------------------------------- bad input


def test_failed_trials_are_the_worst():
    def objective(params):
        return None if params["x"] > 0.5 else params["x"]

    history = run(CMAESSampler(), CUBE, objective, 80)
    assert np.mean(column(history, "x")[-20:] <= 0.5) > 0.6
    assert best(history)["x"] > 0.45


@pytest.mark.parametrize("score", [None, math.nan, math.inf, -math.inf, 0.0])
def test_useless_scores(score):
    history = run(CMAESSampler(), CUBE, lambda _: score, 30)
    assert len({CUBE.key(trial.params) for trial in history.trials}) == 30


def test_one_huge_score_and_one_failure_in_each_generation():
    scores = iter([1e308, None, 0.0, -1e308, math.inf, 1.0, 2.0, 3.0] * 4)
    run(CMAESSampler(), CUBE, lambda _: next(scores), 32)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sigma0": 0}, "sigma0 must be a number greater than 0 and at most 1, got 0"),
        ({"sigma0": math.nan}, "sigma0.*got nan"),
        ({"sigma0": "wide"}, "sigma0.*got 'wide'"),
        ({"population_size": 3}, "population_size must be an integer of 4 or more, or None, got 3"),
        ({"population_size": 4.5}, "population_size.*got 4.5"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        CMAESSampler(**settings)


def test_what_can_only_be_drawn_from_is_refused():
    class Coin:
        def rvs(self, random_state=None):
            return 0

    with pytest.raises(SpaceError, match=r"'coin'.*no model can be built"):
        CMAESSampler().check(Space({"coin": Coin()}))


# --------------------------------------------------------------------------- does it work


def test_suggestions_do_not_depend_on_the_number_of_threads():
    """Matrices of this size are multiplied in several threads, if there may be several."""
    space = Space({f"x{number}": Float(0, 1) for number in range(100)})
    history = History()
    rng = np.random.default_rng(0)
    for _ in range(100):
        params = space.sample(rng)
        finish(history, start(history, params), -sum((x - 0.3) ** 2 for x in params.values()))
    suggestions = []
    for n_threads in (1, 4):
        with threadpool_limits(n_threads):
            suggestion = CMAESSampler().suggest(space, history.replayed(), rng_for(history))
        suggestions.append(suggestion)
    assert suggestions[0] == suggestions[1]


def test_far_better_than_random_search():
    def scores(sampler):
        return [run(sampler, CUBE, ellipsoid, 120, seed).best.score for seed in range(5)]

    def ellipsoid(params):
        x = np.array(list(params.values())) - 0.7
        return -float(np.sum(3.0 ** np.arange(5) * x**2))

    ours, random = scores(CMAESSampler()), scores(RandomSampler())
    assert np.median(ours) > np.median(random) / 10
    assert min(ours) > max(random)
