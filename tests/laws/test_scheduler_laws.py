from __future__ import annotations

from skhpo.schedulers import (
    AsynchronousHalving,
    AsynchronousHyperband,
    BinaryTournament,
    Bracket,
    FoldRacing,
    FullBudget,
    Hyperband,
    MedianStopping,
    PatienceStopping,
    PercentileStopping,
    PopulationTraining,
    StoppingHalving,
    SuccessiveHalving,
    SynchronousPopulationTraining,
    UpperConfidenceBound,
    WithinNoise,
)
from skhpo.testing import SchedulerLaws

ASYNCHRONOUS = {
    "test_same_decisions_for_any_number_of_workers": "who is promoted depends on who came first",
    "test_stopping_and_resuming_with_several_workers": "tasks begun anew end at other times",
}
RUNGS = (1, 3, 9)


class TestFullBudget(SchedulerLaws):
    def make_scheduler(self):
        return FullBudget(n_trials=12)


class TestFullBudgetWithResource(SchedulerLaws):
    def make_scheduler(self):
        return FullBudget(n_trials=12, resource=9)


class TestSuccessiveHalving(SchedulerLaws):
    def make_scheduler(self):
        return SuccessiveHalving(Bracket.halving(13, RUNGS, factor=3))


class TestSuccessiveHalvingWithinNoise(SchedulerLaws):
    def make_scheduler(self):
        return SuccessiveHalving(Bracket((12, 4, 2), RUNGS), WithinNoise())


class TestSuccessiveHalvingByBound(SchedulerLaws):
    def make_scheduler(self):
        return SuccessiveHalving(Bracket((12, 4, 2), RUNGS), UpperConfidenceBound())


class TestHyperband(SchedulerLaws):
    def make_scheduler(self):
        return Hyperband(RUNGS, factor=3)


class TestHyperbandTwice(SchedulerLaws):
    def make_scheduler(self):
        return Hyperband((2, 5), factor=2.5, n_loops=2)


class TestAsynchronousHalving(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return AsynchronousHalving(n_trials=13, resources=RUNGS)


class TestStoppingHalving(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return StoppingHalving(n_trials=13, resources=RUNGS)


class TestAsynchronousHyperband(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return AsynchronousHyperband(n_trials=14, resources=RUNGS)


class TestPercentileStopping(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return PercentileStopping(13, RUNGS, percentile=25, n_warmup_trials=2)


class TestMedianStopping(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return MedianStopping(13, RUNGS, n_warmup_trials=2, grace=1)


class TestPatienceStopping(SchedulerLaws):
    def make_scheduler(self):
        return PatienceStopping(13, (1, 2, 3, 4), n_iter_no_change=2, tol=0.1)


class TestFoldRacing(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return FoldRacing(13, n_folds=4)


class TestPopulationTraining(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return PopulationTraining(7, (2, 4, 6, 7))


class TestPopulationTrainingByTournament(SchedulerLaws):
    excuses = ASYNCHRONOUS

    def make_scheduler(self):
        return PopulationTraining(4, (1, 2, 3, 4, 5), BinaryTournament())


class TestSynchronousPopulationTraining(SchedulerLaws):
    def make_scheduler(self):
        return SynchronousPopulationTraining(7, (2, 4, 6, 7))


class TestSynchronousPopulationTrainingByTournament(SchedulerLaws):
    def make_scheduler(self):
        return SynchronousPopulationTraining(4, (1, 2, 3, 4, 5), BinaryTournament())
