from __future__ import annotations

import pytest

from skhpo.execution import (
    GroupingExecutor,
    InlineExecutor,
    OrderedExecutor,
    SlotExecutor,
    ThreadExecutor,
)
from skhpo.testing import ExecutorLaws, VirtualExecutor


class TestInlineExecutor(ExecutorLaws):
    def make_executor(self):
        return InlineExecutor()


class TestThreadExecutor(ExecutorLaws):
    def make_executor(self):
        return ThreadExecutor(3)


class TestSlotExecutor(ExecutorLaws):
    @pytest.fixture(autouse=True)
    def folder(self, tmp_path, monkeypatch):
        monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
        yield
        assert not list(tmp_path.rglob("*.*"))

    def make_executor(self):
        return SlotExecutor(2)


class TestSlotExecutorWithLimits(TestSlotExecutor):
    def make_executor(self):
        return SlotExecutor(2, trial_timeout=60, memory_limit=10**9)


class TestThreadExecutorWithTimeout(ExecutorLaws):
    def make_executor(self):
        return ThreadExecutor(2, trial_timeout=60)


class TestOrderedExecutorInline(ExecutorLaws):
    def make_executor(self):
        return OrderedExecutor(InlineExecutor(), lag=4)


class TestOrderedExecutorOfThreads(ExecutorLaws):
    def make_executor(self):
        return OrderedExecutor(ThreadExecutor(3), lag=2)


class TestOrderedExecutorOfSlots(ExecutorLaws):
    def make_executor(self):
        return OrderedExecutor(SlotExecutor(2), lag=5)


class TestOrderedVirtualExecutor(ExecutorLaws):
    def make_executor(self):
        return OrderedExecutor(VirtualExecutor(3), lag=7)


class TestVirtualExecutor(ExecutorLaws):
    def make_executor(self):
        return VirtualExecutor(3)


class ByParity:
    """Measures even and odd trials together, as far as nothing goes wrong."""

    def __init__(self, evaluate):
        self.evaluate = evaluate

    def __call__(self, task):
        return self.evaluate(task)

    def group_key(self, task):
        return task.trial % 2

    def together(self, tasks):
        reports = []
        for task in tasks:
            try:
                reports.append(self.evaluate(task))
            except ValueError:
                reports.append(None)
        return reports


class GroupingByParity(GroupingExecutor):
    def start(self, evaluate):
        super().start(ByParity(evaluate))


class TestGroupingExecutorInline(ExecutorLaws):
    def make_executor(self):
        return GroupingByParity(InlineExecutor(), largest=3, per_slot=4)


class TestGroupingExecutorOfThreads(ExecutorLaws):
    def make_executor(self):
        return GroupingByParity(ThreadExecutor(2), largest=3, per_slot=4)


class TestGroupingExecutorOfSlots(ExecutorLaws):
    def make_executor(self):
        return GroupingByParity(SlotExecutor(2), largest=3, per_slot=4)


class TestGroupingExecutorOfPlainTasks(ExecutorLaws):
    def make_executor(self):
        return GroupingExecutor(InlineExecutor(), largest=3, per_slot=4)
