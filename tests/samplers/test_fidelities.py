"""Samplers in searches that train their trials differently."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import train_test_split

from skhpo import Float, Space, Tuner
from skhpo.history import History
from skhpo.samplers import (
    BayesianSampler,
    CMAESSampler,
    EvolutionSampler,
    RandomSampler,
    TPESampler,
)
from skhpo.samplers.belief import n_fitted_of_many
from skhpo.samplers.fidelities import measured
from skhpo.samplers.observations import observe
from skhpo.schedulers import AsynchronousHalving, FullBudget
from skhpo.surrogates import GaussianProcess
from skhpo.testing import VirtualExecutor
from skhpo.trial import Assignment, FormerTrial, Measurement, Trial

SPACE = Space({"x": Float(0, 1), "y": Float(0, 1)})
RUNGS = (1, 3, 9, 27)
SAMPLERS = {
    "gp": BayesianSampler,
    "forest": lambda: BayesianSampler("forest"),
    "tpe": TPESampler,
    "evolution": EvolutionSampler,
    "cmaes": CMAESSampler,
}


@pytest.fixture(params=SAMPLERS)
def sampler(request):
    return SAMPLERS[request.param]()


def quality(params):
    """What training ends at: best at (0.7, 0.2)."""
    return 1 - (params["x"] - 0.7) ** 2 - (params["y"] - 0.2) ** 2


def rising(params, resource):
    """Learning curves that rise, some faster than others."""
    return quality(params) * (1 - 0.7 * math.exp(-resource / (2 + 4 * params["y"])))


def falling(params, resource):
    """Scores that are the higher the less was trained."""
    return quality(params) + 3 / resource


def run(sampler, objective, *, n_trials=40, seed=0, resources=RUNGS):
    scheduler = AsynchronousHalving(n_trials, resources)
    tuner = Tuner(SPACE, objective, sampler=sampler, scheduler=scheduler, random_state=seed)
    return tuner.run().history


def measure(history, number, resource, score, status="completed"):
    """Bring a trial, new or not, to a resource."""
    history.append(Assignment(number, resource, (0,)))
    scores = {} if score is None else {"score": score}
    history.append(Measurement(number, 0, resource, status, scores))


def history_of(*climbs, former=()):
    """A history of trials, each a dict of resource -> score; None for a failure."""
    history = History(former=former)
    for number, climb in enumerate(climbs):
        history.append(Trial(number, {"x": (number + 0.5) / len(climbs), "y": 0.5}))
        for resource, score in climb.items():
            measure(history, number, resource, score, "failed" if score is None else "completed")
    return history


def suggestions(sampler, history, n=8):
    rngs = [np.random.default_rng([seed, len(history.trials)]) for seed in range(n)]
    return [sampler.suggest(SPACE, history, rng) for rng in rngs]


def mean_quality(configurations):
    return np.mean([quality(params) for params in configurations])


# --------------------------------------------------------------------------- behaviour


def test_one_rung_is_no_rung(sampler):
    """What all trials were trained for does not matter as long as it is the same."""
    found = []
    for resource in (None, 5):
        tuner = Tuner(
            SPACE,
            lambda params, resource=None: quality(params),
            sampler=sampler,
            scheduler=FullBudget(16, resource),
            random_state=0,
        )
        found.append([trial.params for trial in tuner.run().history.trials])
    assert found[0] == found[1]


@pytest.mark.parametrize("curves", [rising, falling])
def test_better_than_random_configurations(sampler, curves):
    """Whether scores rise or fall with the training, later trials are better ones."""
    guided, drawn = (
        [
            mean_quality(trial.params for trial in run(each, curves, seed=seed).trials[20:])
            for seed in range(3)
        ]
        for each in (sampler, RandomSampler())
    )
    assert np.mean(guided) > np.mean(drawn) + 0.05


def test_nothing_is_looked_for_again_where_it_was_not_promoted():
    """What would become of slow learners is not known, but trying more of the same tells nothing."""

    def slow(params, resource):
        return quality(params) * (1 - math.exp(-resource / (3 + 6 * params["y"])))

    history = run(BayesianSampler(), slow, n_trials=30)
    rows = np.array([[trial.params["x"], trial.params["y"]] for trial in history.trials])
    distances = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    assert np.triu(distances[rows[:, 1] > 0.3][:, rows[:, 1] > 0.3] < 0.02, 1).sum() <= 2


def test_low_rungs_tell_something(sampler):
    """Where nearly all were measured at the lowest rung only, suggestions follow that rung."""
    rng = np.random.default_rng(0)
    history = History()
    for number in range(41):
        params = SPACE.sample(rng)
        history.append(Trial(number, params))
        measure(history, number, 1, rising(params, 1))
    measure(history, 0, 3, rising(history.trials[0].params, 3))
    random = mean_quality(suggestions(RandomSampler(), history, 50))
    assert mean_quality(suggestions(sampler, history)) > random + 0.05


@pytest.mark.parametrize("offset", [-10.0, 10.0])
def test_the_level_of_a_rung_does_not_matter(sampler, offset):
    """Scores of the lowest rung that are far above or below all others mislead nobody."""
    rng = np.random.default_rng(1)
    history = History()
    for number in range(61):
        params = SPACE.sample(rng)
        history.append(Trial(number, params))
        measure(history, number, 1, quality(params) + offset)
    best = sorted(history.trials, key=lambda trial: -quality(trial.params))
    for trial in best[:20]:
        measure(history, trial.number, 9, quality(trial.params))
    random = mean_quality(suggestions(RandomSampler(), history, 50))
    assert mean_quality(suggestions(sampler, history)) > random + 0.1


def test_epochs_of_a_linear_model():
    """Halving over the epochs of SGDClassifier: guided trials are the better ones."""
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X[:600], y[:600], random_state=0, stratify=y[:600])
    space = {"alpha": Float(1e-7, 1e3, log=True), "eta0": Float(1e-7, 1e1, log=True)}

    def accuracy(params, resource):
        model = SGDClassifier(
            **params, learning_rate="constant", max_iter=int(resource), tol=None, random_state=0
        )
        return model.fit(X, y).score(X_test, y_test)

    means = {}
    for name, sampler in (("gp", BayesianSampler()), ("random", RandomSampler())):
        scheduler = AsynchronousHalving(30, (1, 3, 9))
        tuner = Tuner(space, accuracy, sampler=sampler, scheduler=scheduler, random_state=0)
        history = tuner.run().history
        means[name] = np.mean(
            [history.folds(number)[0].scores["score"] for number in range(12, 30)]
        )
    assert means["gp"] > means["random"]


# --------------------------------------------------------------------------- one row a trial


def test_trials_are_judged_at_the_highest_rung_with_enough_of_them():
    """Of 3 at the upper rung of a space with 2 columns: they come first, by their scores there."""
    climbs = [{1: 0.5, 3: 0.1}, {1: 0.9}, {1: 0.6, 3: 0.3}, {1: 0.7, 3: 0.2}, {1: 0.4}]
    assert observe(SPACE, history_of(*climbs)).scores.tolist() == [2, 1, 4, 3, 0]


def test_too_few_at_a_rung_are_judged_below():
    climbs = [{1: 0.5, 3: 0.1}, {1: 0.9}, {1: 0.6, 3: 0.3}, {1: 0.5}]
    assert observe(SPACE, history_of(*climbs)).scores.tolist() == [0, 2, 1, 0]


def test_those_that_started_higher_are_judged_where_they_started():
    climbs = [{1: 0.5}, {1: 0.9}, {1: 0.6}, {3: 0.7, 9: 0.1}]
    assert observe(SPACE, history_of(*climbs)).scores.tolist() == [0, 3, 1, 2]


def test_failures_are_the_worst_and_former_knowledge_counts_at_the_rung():
    former = [FormerTrial({"x": 0.5, "y": 0.5}, 0.8)]
    climbs = [{1: 0.5}, {1: 0.9}, {1: 0.6, 3: None}, {1: 0.7, 3: 0.2}]
    seen = observe(SPACE, history_of(*climbs, former=former))
    assert seen.scores.tolist() == [2, 0, 3, 0, 1]
    assert seen.has_failed.tolist() == [False, False, False, True, False]


# --------------------------------------------------------------------------- one row a measurement


def test_every_measurement_is_a_point():
    """In the order in which they came in, with the logarithm of the resource as the last column."""
    history = history_of({1: 0.5}, {1: 0.9})
    history.append(Assignment(0, 10, (0,)))
    measure(history, 1, 10, 0.2)
    seen = measured(SPACE, history)
    assert seen.places.tolist() == [0, 1, 1, 0]
    np.testing.assert_array_equal(seen.scores, [0.5, 0.9, 0.2, math.nan])
    np.testing.assert_allclose(seen.points[:, :2], seen.configurations[seen.places])
    low, high = seen.points[[0, 2], 2]
    assert low < high
    np.testing.assert_array_equal(seen.points[:, 2], [low, low, high, high])
    assert seen.is_top.tolist() == [False, False, True, True]
    assert seen.columns.widths == (1, 1, 1)


def test_the_first_measurements_stay_what_they_are():
    """However long others run: so a model fitted to them need not be fitted again."""
    executor = VirtualExecutor(8, duration=lambda task: [0.1, 30][task.trial % 2] * task.resource)
    tuner = Tuner(
        SPACE, rising, scheduler=AsynchronousHalving(60, RUNGS), executor=executor, random_state=0
    )
    history = tuner.run().history
    before = measured(SPACE, history)
    for n_records in range(200, len(history.records), 7):
        seen = measured(SPACE, history.replayed(n_records))
        n = int((~seen.is_running).sum())
        assert not seen.is_running[:n].any()
        np.testing.assert_array_equal(seen.points[:n], before.points[:n])


def test_the_better_a_trial_so_far_the_sooner_it_is_a_contender():
    """Of 80 at the lowest rung: those two above it, and the 50 best."""
    history = history_of(*({1: k / 100} for k in range(80)))
    for number in (3, 7):
        measure(history, number, 3, 0.1)
    history.append(Trial(80, {"x": 0.3, "y": 0.4}))
    history.append(Assignment(80, 1, (0,)))
    seen = measured(SPACE, history)
    assert seen.contenders.tolist() == [3, 7, *range(31, 81)]
    np.testing.assert_array_equal(seen.rivals, seen.configurations[seen.contenders])
    np.testing.assert_array_equal(seen.finished, seen.configurations[seen.contenders[:-1]])
    # what is running at its rung, and the others at the highest one
    assert len(seen.expected) == 1 + 50
    assert len(np.unique(seen.expected[1:, -1])) == 1


def test_a_failure_is_the_worst_of_its_rung():
    climbs = [{1: 0.1, 3: 0.7}, {1: 0.9, 3: None}, {1: 0.6, 3: 0.8}]
    assert measured(SPACE, history_of(*climbs)).scores.tolist() == [0.1, 0.7, 0.9, 0.7, 0.6, 0.8]


def test_where_trials_are_measured_after_every_epoch_some_are_left_out():
    climb = {epoch: epoch / 100 for epoch in range(1, 51)}
    seen = measured(SPACE, history_of(climb, {1: 0.3}))
    own = seen.scores[seen.places == 0]
    assert len(own) < 12
    assert own[0] == 0.01
    assert own[-1] == 0.5


def test_former_knowledge_is_at_a_fidelity_of_its_own():
    """It is no rival of trials that have had less training."""
    former = [FormerTrial({"x": 0.5, "y": 0.5}, 5.0)]
    seen = measured(SPACE, history_of({1: 0.1}, {1: 0.9}, former=former))
    assert seen.points[0, 2] > seen.points[1, 2]
    assert seen.is_top.tolist() == [False, True, True]
    np.testing.assert_array_equal(seen.rivals, seen.configurations[1:])


# --------------------------------------------------------------------------- cost


def test_of_a_thousand_trials_the_best_are_rivals():
    """The best 300 and what is running: what a search for the next one costs grows with them."""
    history = history_of(*({None: k / 1500} for k in range(1500)))
    for number in (1500, 1501):
        history.append(Trial(number, {"x": 0.3, "y": number / 2000}))
        history.append(Assignment(number, None, (0,)))
    seen = measured(SPACE, history)
    assert len(seen.points) == 1502
    assert seen.contenders.tolist() == list(range(1200, 1502))
    assert len(seen.rivals) == 302
    assert len(seen.finished) == 300


def test_a_fit_comes_after_a_fifth_more_scores():
    fitted = [n_fitted_of_many(n) for n in range(1, 1000)]
    assert fitted[:12] == [*range(1, 11), 10, 12]
    assert all(n / 1.25 < k <= n for n, k in enumerate(fitted, start=1))
    assert len(set(fitted)) < 40


def test_many_workers_cost_few_fits(monkeypatch):
    """Results come in between others all the time, and the model is not fitted each time."""
    n_fits = []
    fit = GaussianProcess.fit
    monkeypatch.setattr(
        GaussianProcess,
        "fit",
        lambda self, X, y, c=None: n_fits.append(len(y)) or fit(self, X, y, c),
    )
    executor = VirtualExecutor(8, duration=lambda task: (1 + task.trial % 5) * task.resource)
    tuner = Tuner(
        SPACE,
        rising,
        sampler=BayesianSampler(),
        scheduler=AsynchronousHalving(50, (1, 5)),
        executor=executor,
        random_state=0,
    )
    tuner.run()
    n_settled = [n for n in n_fits if n >= 10]
    assert 5 < len(n_settled) == len(set(n_settled)) < 12
