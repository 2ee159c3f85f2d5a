"""What a search is going to take, judged by a few fits."""

from __future__ import annotations

import math

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import ShuffleSplit
from sklearn.svm import SVC

from skhpo import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    Float,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    Int,
    PBTSearchCV,
    RandomSearchCV,
    TPESearchCV,
)
from skhpo.exceptions import ResourceError
from skhpo.machine import Machine, memory_in_use
from skhpo.samplers import BayesianSampler, RandomSampler
from skhpo.schedulers import Bracket, Plan
from skhpo.search.effort import Probes, effort
from skhpo.search.probes import _proposal
from skhpo.space import Space
from skhpo.trial import Measurement

X, y = load_iris(return_X_y=True)
ALPHA = {"alpha": Float(1e-6, 1e-1, log=True)}
EPOCHS = {"resource": "epochs", "max_resources": 9}

FULL = [RandomSearchCV, BayesSearchCV, TPESearchCV, CMAESSearchCV, EvolutionSearchCV]
DIVIDED = [
    (HalvingSearchCV, {"n_candidates": 9, "min_resources": 1}),
    (HalvingASHASearchCV, {"n_candidates": 9, "min_resources": 1}),
    (HyperbandSearchCV, {"min_resources": 1}),
    (PBTSearchCV, {"population_size": 4}),
]

COUNTS = {"fits": 0, "samples": []}


class Counted(ClassifierMixin, BaseEstimator):
    """Counts its fits, and takes as long as it says, by no clock."""

    def __init__(self, strength=1.0, fails=False):
        self.strength = strength
        self.fails = fails

    def fit(self, X, y):
        COUNTS["fits"] += 1
        COUNTS["samples"].append(len(X))
        if self.fails:
            raise RuntimeError("no luck")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture(autouse=True)
def counting():
    COUNTS.update(fits=0, samples=[])


# --------------------------------------------------------------------------- what is judged


def measured(trial, seconds, resource=None, status="completed"):
    return Measurement(trial, 0, resource, status, {}, fit_time=seconds)


def judged(plan, probes, n_cpus=4, free=math.inf, **settings):
    settings = {"n_folds": 5, "n_jobs": 1, "learns": False, **settings}
    if isinstance(probes, list):
        probes = Probes(probes)
    return effort(plan, probes, Machine(n_cpus, free), **settings)


UNDIVIDED = Plan((Bracket((20,), (None,)),))
SECONDS = [measured(0, 1.0), measured(1, 2.0), measured(2, 3.0)]


def test_without_rungs_each_fit_takes_the_mean():
    found = judged(UNDIVIDED, SECONDS)
    assert (found.n_fits, found.n_probes, found.n_failed) == (100, 3, 0)
    assert found.work.likely == pytest.approx(200)
    assert found.seconds.likely == pytest.approx(200)
    assert found.work.low < 200 / 1.5 < 200 * 1.5 < found.work.high


def test_the_range_is_wider_the_less_is_known():
    def width(probes):
        span = judged(UNDIVIDED, probes).work
        return span.high / span.low

    even = [measured(k, 2.0) for k in range(3)]
    assert width(even) == pytest.approx(1.5**2)
    assert width(SECONDS * 4) < width(SECONDS) < width([measured(0, 2.0)])


def test_failed_probes_are_counted_and_take_no_part():
    found = judged(UNDIVIDED, [*SECONDS, measured(3, 500.0, status="failed")])
    assert (found.n_probes, found.n_failed) == (4, 1)
    assert found.work.likely == pytest.approx(200)
    assert "4 probes, 1 of which failed" in str(found)


@pytest.mark.parametrize(
    ("n_jobs", "learns", "seconds"),
    [
        (1, False, 200),
        (2, False, 100),
        (4, False, 50),
        (8, False, 50),  # four processors
        (1, True, 200),
        (2, True, 120),  # five folds in three rounds
        (3, True, 80),
        (4, True, 80),  # in two rounds still
    ],
)
def test_workers(n_jobs, learns, seconds):
    found = judged(UNDIVIDED, SECONDS, n_jobs=n_jobs, learns=learns)
    assert found.seconds.likely == pytest.approx(seconds)
    assert found.n_jobs == n_jobs


def test_sensible_workers_are_the_fewest_that_do():
    assert judged(UNDIVIDED, SECONDS).sensible_n_jobs == 4
    assert judged(UNDIVIDED, SECONDS, learns=True).sensible_n_jobs == 3
    assert judged(UNDIVIDED, SECONDS, n_cpus=1).sensible_n_jobs == 1
    few = Plan((Bracket((2,), (None,)),))
    assert judged(few, SECONDS, n_cpus=64).sensible_n_jobs == 10


def test_who_takes_a_little_longer_with_fewer_workers_takes_fewer():
    """200 seconds of work beside 1,000 for proposals: with 16 it would be 1,012.5, with 4 1,050."""
    found = judged(UNDIVIDED, Probes(SECONDS, proposal=50.0), n_cpus=16)
    assert found.sensible_n_jobs == 4
    assert found.sensible_seconds.likely == pytest.approx(1050)


def test_memory_and_cores_limit_them():
    heavy = Probes(SECONDS, memory=3e9)
    assert judged(UNDIVIDED, heavy, n_cpus=16, free=10e9).sensible_n_jobs == 3
    assert judged(UNDIVIDED, heavy, n_cpus=16, free=1e9).sensible_n_jobs == 1
    assert judged(UNDIVIDED, heavy, n_cpus=16).sensible_n_jobs == 16
    wide = Probes(SECONDS, cores=3.9)
    found = judged(UNDIVIDED, wide, n_cpus=16, n_jobs=16)
    assert found.sensible_n_jobs == 4
    assert found.seconds.likely == pytest.approx(200 * 3.9 / 16)
    assert judged(UNDIVIDED, SECONDS, n_cpus=16, declared_cores=8).sensible_n_jobs == 2


def test_proposals_wait_for_nobody():
    found = judged(UNDIVIDED, Probes(SECONDS, proposal=0.5), n_jobs=4)
    assert found.proposals == pytest.approx(10)
    assert found.seconds.likely == pytest.approx(60)
    assert "10 s of it for proposals" in str(found)
    assert found.seconds.low > 10


def test_the_start_of_workers_pays_only_where_there_is_work():
    """Of 200 seconds two of a start are little; of four they are what a second worker saves."""
    assert judged(UNDIVIDED, Probes(SECONDS, startup=2.0)).sensible_n_jobs == 4
    found = judged(UNDIVIDED, Probes(SECONDS, startup=2.0), n_jobs=4)
    assert found.seconds.likely == pytest.approx(52)
    assert found.seconds.high == pytest.approx(2 + 50 * found.work.high / 200)
    few = Plan((Bracket((2,), (None,)),))
    quick = [measured(0, 0.4)]
    assert judged(few, Probes(quick)).sensible_n_jobs == 4
    assert judged(few, Probes(quick, startup=3.5)).sensible_n_jobs == 1


LADDER = Plan((Bracket((9, 3, 1), (1, 3, 9)),))
CLIMB = [
    measured(0, 1.0, 1),
    measured(1, 3.0, 1),
    measured(0, 5.0, 3),
    measured(0, 20.0, 9),
]


def test_rungs_take_what_the_probe_that_climbed_took_times_how_others_compare():
    # the one that climbed took half of the mean at the first rung
    found = judged(LADDER, CLIMB, n_folds=2)
    assert found.n_fits == 26
    assert found.work.likely == pytest.approx(2 * (9 * 2 + 3 * 10 + 1 * 40))


def test_who_begins_higher_is_trained_from_nothing():
    plan = Plan((Bracket((4,), (9,)), Bracket((1, 1, 1), (1, 3, 9))))
    continued = judged(plan, CLIMB, n_folds=1).work.likely
    assert continued == pytest.approx(4 * (2 + 10 + 40) + (2 + 10 + 40))
    anew = Plan(plan.brackets, is_continued=False)
    assert judged(anew, CLIMB, n_folds=1).work.likely == pytest.approx(4 * 40 + (2 + 10 + 40))


def test_rungs_that_no_probe_reached_are_in_proportion():
    found = judged(LADDER, CLIMB[:2], n_folds=1)
    assert found.work.likely == pytest.approx(9 * 2 + 3 * 4 + 1 * 12)


def test_few_trials_at_a_rung_keep_few_workers_busy():
    found = judged(LADDER, CLIMB, n_folds=2, n_jobs=64, n_cpus=64)
    assert found.seconds.likely == pytest.approx(18 * 2 / 18 + 6 * 10 / 6 + 2 * 40 / 2)


def test_a_race_counts_folds():
    plan = Plan((Bracket((10, 10, 10), (2, 3, 4)),))
    found = judged(plan, SECONDS, n_folds=4, is_race=True)
    assert found.n_fits == 40
    assert found.work.likely == pytest.approx(80)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1e-4, "0.01 s"), (0.42, "42 s"), (3.0, "5 min"), (40.0, "67 min"), (3600.0, "4.2 d")],
)
def test_times_in_words(seconds, text):
    assert f"100 fits, {text} (" in str(judged(UNDIVIDED, [measured(0, seconds)]))


def test_a_proposal_by_an_injected_clock():
    ticks = iter(range(10))
    space = Space({"x": Float(0, 1), "n": Int(1, 3)})
    assert _proposal(BayesianSampler(), space, 20, None, 0, lambda: next(ticks)) == 1
    assert _proposal(RandomSampler(), space, 20, None, 0) == 0.0
    assert _proposal(BayesianSampler(), Space({"n": Int(1, 3)}), 20, 1, 0) > 0.0


def test_a_machine():
    machine = Machine.this()
    assert machine.n_cpus >= 1
    assert machine.memory_free > 0
    now, most = memory_in_use()
    assert math.isnan(now) or 0 < now <= most


# --------------------------------------------------------------------------- searches


@pytest.mark.parametrize("cls", FULL)
def test_every_search_has_a_plan(cls):
    search = cls(SGDClassifier(), ALPHA, n_iter=7)
    assert search.plan() == Plan((Bracket((7,), (None,)),))
    assert search.plan(X, y) == search.plan()


def test_a_plan_starts_no_more_than_there_are():
    search = RandomSearchCV(SVC(), {"C": [1, 2, 3]}, n_iter=7)
    assert search.plan().n_trials == 3


def test_the_plan_of_a_race_needs_data():
    search = RandomSearchCV(SVC(), {"C": Float(0.1, 1)}, n_iter=6, racing=True, cv=5)
    with pytest.raises(ResourceError, match=r"plan\(X, y\)"):
        search.plan()
    assert search.plan(X, y).cost == 30
    found = search.plan(X, y, n_probes=2).effort
    assert found.n_fits == 30
    assert found.n_probes == 2


@pytest.mark.parametrize(
    ("cls", "settings"),
    [*((cls, {"n_iter": 7}) for cls in FULL), *((cls, {**EPOCHS, **s}) for cls, s in DIVIDED)],
)
def test_probes(cls, settings):
    search = cls(SGDClassifier(random_state=0), ALPHA, cv=3, random_state=0, **settings)
    before = dict(vars(search))
    plan = search.plan(X, y, n_probes=2)
    assert dict(vars(search)) == before
    expected = search.plan(X, y)
    assert (plan.brackets, plan.spends, plan.full) == (
        expected.brackets,
        expected.spends,
        expected.full,
    )
    assert str(plan).startswith(f"{expected}\n")
    found = plan.effort
    assert found.n_fits == 3 * sum(sum(bracket.n_trials) for bracket in plan.brackets)
    assert (found.n_probes, found.n_failed, found.n_jobs) == (2, 0, 1)
    assert 0 < found.seconds.low < found.seconds.likely < found.seconds.high
    assert found.sensible_n_jobs >= 1


def test_probes_are_few_fits_on_one_fold_and_count_for_nothing():
    search = RandomSearchCV(
        Counted(), {"strength": Float(0, 1)}, n_iter=4, cv=5, random_state=0, refit=False
    )
    search.plan(X, y)
    assert COUNTS["fits"] == 0
    search.plan(X, y, n_probes=3)
    assert COUNTS["fits"] == 2 * 3  # twice, for they are quick
    search.fit(X, y)
    assert COUNTS["fits"] == 2 * 3 + 20
    assert len(search.history_.trials) == 4


def test_one_probe_climbs_and_the_others_stay_at_the_first_rung():
    search = HalvingSearchCV(
        Counted(),
        {"strength": Float(0, 1)},
        n_candidates=9,
        min_resources=10,
        max_resources=90,
        cv=5,
        random_state=0,
    )
    plan = search.plan(X, y, n_probes=3)
    parts = np.array(COUNTS["samples"]) / min(COUNTS["samples"])
    assert sorted(parts.tolist()) == sorted(2 * [1, 1, 1, 3, 9])  # twice, for they are quick
    assert plan.effort.n_probes == 3


def test_plans_use_up_no_random_numbers():
    def search(state):
        cv = ShuffleSplit(2, random_state=np.random.RandomState(state))
        state = np.random.RandomState(state)
        return RandomSearchCV(
            SVC(), {"C": Float(0.1, 10, log=True)}, n_iter=3, cv=cv, random_state=state
        )

    planned, plain = search(0), search(0)
    planned.plan(X, y, n_probes=2)
    state = np.random.get_state()[1].tolist()
    planned.plan(X, y, n_probes=2)
    assert np.random.get_state()[1].tolist() == state
    results = [each.fit(X, y).cv_results_ for each in (planned, plain)]
    assert results[0]["params"] == results[1]["params"]
    assert results[0]["mean_test_score"].tolist() == results[1]["mean_test_score"].tolist()


def test_a_search_with_storage_has_none_after_its_plan(tmp_path):
    search = RandomSearchCV(
        SVC(), {"C": Float(0.1, 10)}, n_iter=3, random_state=0, storage=tmp_path / "s"
    )
    search.plan(X, y, n_probes=2)
    assert not (tmp_path / "s").exists()


def test_when_all_probes_fail_it_says_so_before_the_search_does():
    search = RandomSearchCV(Counted(fails=True), {"strength": Float(0, 1)}, n_iter=50)
    with pytest.raises(ValueError, match=r"(?s)all 2 probes failed.*no luck"):
        search.plan(X, y, n_probes=2)
    assert COUNTS["fits"] == 2 * 2
    search.set_params(error_score="raise")
    with pytest.raises(RuntimeError, match="no luck"):
        search.plan(X, y, n_probes=2)


def test_one_worker_is_sensible_where_the_search_is_over_before_others_have_started():
    """They have to import scikit-learn, and twenty of these fits take no time."""
    search = RandomSearchCV(Counted(), {"strength": Float(0, 1)}, n_iter=10, cv=2)
    search.set_params(n_jobs=2)
    plan = search.plan(X, y, n_probes=1)
    assert plan.effort.sensible_n_jobs == 1
    assert plan.effort.seconds.likely > plan.effort.sensible_seconds.likely + 0.05
    with joblib.parallel_config("threading"):  # which are there at once
        assert search.plan(X, y, n_probes=1).effort.seconds.likely < plan.effort.seconds.likely


def test_where_a_search_is_long_no_worker_is_started_to_see_how_long_that_takes(monkeypatch):
    started = []
    monkeypatch.setattr("skhpo.search.probes._startup", lambda evaluator: started.append(1) or 1.0)
    search = RandomSearchCV(Counted(), {"strength": Float(0, 1)}, n_iter=10, cv=2, n_jobs=2)
    search.plan(X, y, n_probes=1)
    assert len(started) == 1
    monkeypatch.setattr("skhpo.search.probes._SHORT", 0.0)
    search.plan(X, y, n_probes=1)
    assert len(started) == 1


def test_an_estimator_with_workers_of_its_own_leaves_fewer():
    search = RandomSearchCV(
        RandomForestClassifier(5, n_jobs=-1), {"max_depth": Int(1, 5)}, n_iter=4, cv=2
    )
    assert search.plan(X, y, n_probes=1).effort.sensible_n_jobs == 1


def test_several_metrics():
    search = RandomSearchCV(
        SVC(),
        {"C": Float(0.1, 10)},
        n_iter=4,
        cv=2,
        scoring=["accuracy", "f1_macro"],
        refit="f1_macro",
    )
    assert search.plan(X, y, n_probes=1).effort.n_fits == 8


@pytest.mark.parametrize("n_probes", [-1, 1.5, "3", True])
def test_bad_number_of_probes(n_probes):
    search = RandomSearchCV(SVC(), {"C": Float(0.1, 10)})
    with pytest.raises(ValueError, match=r"RandomSearchCV.plan: n_probes must be an integer"):
        search.plan(X, y, n_probes=n_probes)


def test_probes_need_data():
    with pytest.raises(ValueError, match=r"plan\(X, y, n_probes=2\)"):
        RandomSearchCV(SVC(), {"C": Float(0.1, 10)}).plan(n_probes=2)
