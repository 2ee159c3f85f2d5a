"""Population based training: who goes on, and who copies whom."""

from __future__ import annotations

import numpy as np
import pytest

from skhpo import Float, Tuner
from skhpo.exceptions import SchedulerError
from skhpo.inspection import lineage
from skhpo.samplers import (
    BanditExploration,
    InitialParams,
    Perturbation,
    PopulationSampler,
    RandomSampler,
)
from skhpo.schedulers import (
    BinaryTournament,
    PopulationTraining,
    SynchronousPopulationTraining,
    Truncation,
)
from skhpo.testing import VirtualExecutor
from skhpo.trial import Assignment, Report, Task

AGES = (2, 4, 6, 7)
SCHEDULERS = [PopulationTraining, SynchronousPopulationTraining]
every_scheduler = pytest.mark.parametrize("scheduler", SCHEDULERS)


def search(scheduler, *, n_slots=1, seed=0, objective=None, sampler=None, fate=None):
    """Run a search on a virtual clock."""
    return Tuner(
        {"x": Float(0.1, 1)},
        objective or (lambda params, resource: params["x"]),
        sampler=sampler or PopulationSampler(),
        scheduler=scheduler,
        executor=VirtualExecutor(n_slots, seed=seed, fate=fate),
        random_state=seed,
    ).run()


def told(history):
    """Everything but the order in which it happened."""
    evaluations = {(e.trial, e.resource, e.score) for e in history.evaluations}
    return [
        (t.params, t.parent, t.parent_resource, t.replaces) for t in history.trials
    ], evaluations


@every_scheduler
@pytest.mark.parametrize("n_slots", [1, 3, 7])
def test_a_population_keeps_its_size_and_its_budget(scheduler, n_slots):
    history = search(scheduler(7, AGES), n_slots=n_slots, seed=n_slots).history
    places, ages = {}, {}
    for record in history:
        if isinstance(record, Assignment):
            trial = history.trials[record.trial]
            begun = ages.get(record.trial, trial.parent_resource or 0)
            assert AGES.index(record.resource) == (AGES.index(begun) + 1 if begun else 0)
            ages[record.trial] = record.resource
            if trial.replaces is not None:
                places.pop(trial.replaces, None)
            places[record.trial] = record.resource
            assert len(places) <= 7
    assert sorted(places.values()) == [7] * 7  # everybody is trained to the end
    assert len(history.trials) > 7  # and somebody was replaced


@every_scheduler
def test_the_lineage_is_a_tree_without_copies_of_what_was_not_measured(scheduler):
    history = search(scheduler(7, AGES), n_slots=3).history
    measured = set()
    for record in history.events:
        if getattr(record, "parent", None) is not None:
            assert (record.parent, record.parent_resource) in measured
            assert record.parent < record.number
        if hasattr(record, "fold_scores"):
            measured.add((record.trial, record.resource))
    table = lineage(history)
    for place in range(7):
        line = np.flatnonzero(table["member"] == place)
        assert (table["replaces"][line][1:] == table["trial"][line][:-1]).all()
    assert table["member"].max() == 6


def test_with_one_worker_it_makes_no_difference_who_waits():
    one, other = (search(scheduler(6, AGES), seed=3).history for scheduler in SCHEDULERS)
    assert told(one) == told(other)


@pytest.mark.parametrize("exploit", [Truncation(), BinaryTournament()])
@pytest.mark.parametrize("explore", [Perturbation(), BanditExploration()])
def test_waiting_makes_results_the_same_for_any_number_of_workers(exploit, explore):
    def found(n_slots):
        sampler = PopulationSampler(explore)
        scheduler = SynchronousPopulationTraining(6, AGES, exploit)
        return told(search(scheduler, n_slots=n_slots, sampler=sampler).history)

    assert found(1) == found(2) == found(5) == found(6)


def test_nobody_waits_where_all_have_a_worker():
    """No time is lost; where all wait a lot is."""

    def duration(task):
        return float(np.random.default_rng([task.trial, task.resource]).exponential())

    executors = []
    for scheduler in SCHEDULERS:
        executor = VirtualExecutor(8, duration=duration)
        Tuner(
            {"x": Float(0.1, 1)},
            lambda params, resource: params["x"],
            sampler=PopulationSampler(),
            scheduler=scheduler(8, tuple(range(1, 21))),
            executor=executor,
            random_state=0,
        ).run()
        executors.append(executor)
    free, waiting = executors
    assert free.now < 0.75 * waiting.now


# --------------------------------------------------------------------------- who copies whom


@pytest.mark.parametrize(
    ("n_ranked", "fraction", "n_part"),
    [(10, 0.2, 2), (9, 0.2, 2), (2, 0.2, 1), (3, 0.5, 1), (1, 0.2, 0)],
)
def test_truncation_replaces_the_worst_by_the_best(n_ranked, fraction, n_part):
    ranked = list(range(100, 100 + n_ranked))
    rng = np.random.default_rng(0)
    donors = {member: Truncation(fraction).donor(member, ranked, rng) for member in ranked}
    copying = [member for member, donor in donors.items() if donor is not None]
    assert copying == ranked[n_ranked - n_part :]
    assert all(donors[member] in ranked[:n_part] for member in copying)


def test_truncation_chooses_any_of_the_best():
    ranked, rng = list(range(10)), np.random.default_rng(0)
    donors = [Truncation(0.3).donor(9, ranked, rng) for _ in range(300)]
    assert np.bincount(donors, minlength=10)[:3].min() > 70
    assert max(donors) == 2


def test_a_tournament_is_lost_as_often_as_there_are_better_ones():
    ranked, rng = list(range(5)), np.random.default_rng(0)
    for place in range(5):
        lost = [BinaryTournament().donor(place, ranked, rng) for _ in range(400)]
        assert np.mean([donor is not None for donor in lost]) == pytest.approx(place / 4, abs=0.1)
        assert all(donor < place for donor in lost if donor is not None)
    assert BinaryTournament().donor(0, [0], rng) is None


def test_members_are_compared_with_those_of_their_age():
    """Scores grow with training: who is ahead of the others is not better for that."""

    def objective(params, resource):
        return 10 * resource + params["x"]

    history = search(PopulationTraining(10, AGES), n_slots=4, objective=objective).history
    for trial in history.trials[10:]:
        rung = [t for t in history.rung(trial.parent_resource) if t < trial.number]
        assert rung.index(trial.parent) < rung.index(trial.replaces)


# --------------------------------------------------------------------------- failures


@every_scheduler
def test_members_that_fail_are_replaced_by_healthy_ones_and_recorded(scheduler):
    def fate(task):
        return "failed" if task.trial in (1, 4) and task.resource == 2 else None

    history = search(scheduler(7, AGES), n_slots=2, fate=fate).history
    for failed in (1, 4):
        assert history.latest(failed).status == "failed"
        (heir,) = [trial for trial in history.trials if trial.replaces == failed]
        assert history.latest(heir.parent).is_usable
        assert heir.parent_resource == 2
    places = lineage(history)
    newest = [np.flatnonzero(places["member"] == place)[-1] for place in range(7)]
    assert (places["status"][newest] == "completed").all()
    assert (places["resource"][newest] == 7).all()


@every_scheduler
def test_a_score_that_is_no_number_is_a_failure(scheduler):
    def objective(params, resource):
        return float("nan") if params["x"] > 0.5 and resource == 2 else params["x"]

    history = search(scheduler(6, AGES), objective=objective).history
    broken = [e.trial for e in history.evaluations if not e.is_usable]
    assert broken
    assert {trial.replaces for trial in history.trials} >= set(broken)


@every_scheduler
@pytest.mark.filterwarnings("ignore:The objective failed in all")
def test_it_ends_when_everybody_fails(scheduler):
    history = search(scheduler(5, AGES), n_slots=2, fate=lambda task: "failed").history
    assert len(history.trials) == 5
    assert not history.pending


# --------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 1}, "population_size must be an integer of 2 or more"),
        ({"resources": (4, 2)}, "resources"),
        ({"exploit": "truncation"}, "exploit must be a Exploitation such as Truncation"),
    ],
)
@every_scheduler
def test_settings_that_make_no_sense_are_refused(scheduler, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        scheduler(**{"population_size": 4, "resources": AGES, **settings})


@pytest.mark.parametrize("fraction", [0, 0.6, "many"])
def test_a_quantile_is_at_most_half(fraction):
    with pytest.raises(ValueError, match="quantile_fraction must be a number greater than 0"):
        Truncation(fraction)


# --------------------------------------------------------------------------- the paper


class Hills:
    """The toy problem: gradient steps on a surrogate whose weights are the hyperparameters.

    Jaderberg et al. (2017), section 4.3: Q(theta) = 1.2 - theta_0^2 - theta_1^2 is wanted,
    1.2 - h_0 theta_0^2 - h_1 theta_1^2 is what training sees.
    """

    n_folds = 1

    def __init__(self):
        self.states = {}

    @property
    def evaluate(self):
        return self._train

    def _train(self, task):
        begun = task.reached or 0
        owner = task.trial if (task.trial, begun) in self.states else task.parent
        theta = self.states[owner, begun] if begun else np.array([0.9, 0.9])
        weights = np.array([task.params["h0"], task.params["h1"]])
        for _ in range(int(task.resource - begun)):
            theta = theta - 0.01 * 2 * weights * theta
        self.states[task.trial, task.resource] = theta
        return Report(scores={"score": 1.2 - float(theta @ theta)})

    def tasks(self, trial, resource, reached):
        return [Task(trial.number, 0, resource, dict(trial.params), reached, trial.parent)]


STEPS = tuple(range(4, 201, 4))
CORNERS = [{"h0": 1.0, "h1": 0.0}, {"h0": 0.0, "h1": 1.0}]


def climbed(scheduler, seed, explore=None):
    sampler = PopulationSampler(explore, InitialParams(CORNERS, then=RandomSampler()))
    space = {"h0": Float(0, 1), "h1": Float(0, 1)}
    return Tuner(space, Hills(), sampler=sampler, scheduler=scheduler, random_state=seed).run()


@pytest.mark.parametrize("seed", range(10))
@every_scheduler
def test_two_workers_climb_the_papers_hill(scheduler, seed):
    """Neither can get far with its own weights; together they come to 1.19 of 1.2."""
    assert climbed(scheduler(2, STEPS), seed).best_score >= 1.19


def test_bandits_climb_the_papers_hill():
    assert climbed(PopulationTraining(2, STEPS), 0, BanditExploration()).best_score >= 1.19


def test_without_copies_nobody_climbs_it():
    class Nobody(Truncation):
        def donor(self, member, ranked, rng):
            return None

    assert climbed(PopulationTraining(2, STEPS, Nobody()), 0).best_score < 0.4


@pytest.mark.parametrize("speed", [0, 1, -1])
def test_copies_are_made_whoever_is_fast(speed):
    """Where good ones are slow, each that arrives is the best so far, and yet the bad give up."""

    def duration(task):
        return float(np.exp(speed * task.params["x"]))  # e times as long, or as short, at most

    def copies(scheduler, n_slots, seed):
        executor = VirtualExecutor(n_slots, duration=duration)
        history = Tuner(
            {"x": Float(0, 1)},
            lambda params, resource: params["x"],
            sampler=PopulationSampler(),
            scheduler=scheduler(10, tuple(range(1, 11))),
            executor=executor,
            random_state=seed,
        ).run().history  # fmt: skip
        return len(history.trials) - 10

    for n_slots in (3, 10):
        made = [copies(PopulationTraining, n_slots, seed) for seed in range(4)]
        # Where all wait it is 2 of 10, after 9 of 10 intervals: 18.
        assert np.mean(made) >= (5 if speed == 1 and n_slots == 10 else 9)


def test_an_exploitation_that_makes_no_sense_is_told():
    class Itself(Truncation):
        def donor(self, member, ranked, rng):
            return member

    with pytest.raises(SchedulerError, match="lets trial 0 copy 0; it must return the number"):
        search(PopulationTraining(3, AGES, Itself()))


def test_the_best_may_be_of_any_age():
    def objective(params, resource):
        return params["x"] - abs(resource - 4)

    tuner = search(PopulationTraining(4, AGES), objective=objective)
    assert tuner.history.best.resource == 4
