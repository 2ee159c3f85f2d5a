from __future__ import annotations

from skhpo.schedulers import FullBudget
from skhpo.testing import SchedulerLaws


class TestFullBudget(SchedulerLaws):
    def make_scheduler(self):
        return FullBudget(n_trials=12)


class TestFullBudgetWithResource(SchedulerLaws):
    def make_scheduler(self):
        return FullBudget(n_trials=12, resource=9)
