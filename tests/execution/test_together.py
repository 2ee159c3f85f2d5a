"""Tasks that are done as one piece of work: which go together, and what becomes of failures."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass, field

import pytest
from execution_tasks import complete

from skhpo.execution import (
    EvaluateTogether,
    GroupingExecutor,
    InlineExecutor,
    SlotExecutor,
    ThreadExecutor,
)
from skhpo.testing import VirtualExecutor
from skhpo.trial import Report, Task


@dataclass
class Counted:
    """Notes with whom each task was measured, and does what the tasks say."""

    groups: list = field(default_factory=list)

    def group_key(self, task):
        return task.params.get("key")

    def __call__(self, task):
        self.groups.append([task.trial])
        if task.params.get("deed") == "raise":
            raise ValueError(f"trial {task.trial} was told to raise")
        if task.params.get("deed") == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        return Report(scores={"score": task.trial}, fit_time=1.0)

    def together(self, tasks):
        self.groups.append([task.trial for task in tasks])
        deeds = [task.params.get("deed") for task in tasks]
        if "spoil" in deeds:
            raise RuntimeError("the group as a whole failed")
        if "kill" in deeds:
            os.kill(os.getpid(), signal.SIGKILL)
        if "forget" in deeds:
            return []
        return [
            None if deed == "raise" else Report(scores={"score": task.trial}, fit_time=0.5)
            for task, deed in zip(tasks, deeds, strict=True)
        ]


def tasks(*keys, deeds=None, first=0):
    deeds = {} if deeds is None else deeds
    return [
        Task(n, 0, 3, {"key": key, "deed": deeds.get(n)}) for n, key in enumerate(keys, start=first)
    ]


def run(submitted, *, inner=None, largest=16, per_slot=100, evaluate=None):
    evaluate = Counted() if evaluate is None else evaluate
    executor = GroupingExecutor(inner or InlineExecutor(), largest, per_slot)
    executor.start(evaluate)
    try:
        completions = complete(executor, submitted)
    finally:
        executor.close()
    for task, report in completions:
        assert task in submitted
        if report.status == "completed":
            assert report.scores == {"score": task.trial}
            assert report.started_at <= report.finished_at
    assert sorted(task.trial for task, _ in completions) == [task.trial for task in submitted]
    return {task.trial: report for task, report in completions}, evaluate.groups


def test_counted_is_what_the_executor_asks_for():
    assert isinstance(Counted(), EvaluateTogether)


def test_equal_keys_go_together():
    _, groups = run(tasks("a", "b", "a", None, "b", "a", None))
    assert groups == [[0, 2, 5], [1, 4], [3], [6]]


def test_groups_are_no_larger_than_allowed_and_of_about_the_same_size():
    _, groups = run(tasks(*"a" * 10), largest=4)
    assert [len(group) for group in groups] == [4, 3, 3]
    _, groups = run(tasks(*"a" * 3), largest=1)
    assert groups == [[0], [1], [2]]


def test_every_slot_gets_some_of_the_work():
    inner = VirtualExecutor(4, duration=lambda task: 1.0)
    _, groups = run(tasks(*"a" * 8), inner=inner)
    assert [len(group) for group in groups] == [2, 2, 2, 2]
    inner = VirtualExecutor(2, duration=lambda task: 1.0)
    _, groups = run(tasks(*"aaaaaabbbbbbcccccc"), inner=inner, largest=6)
    assert [len(group) for group in groups] == [6, 6, 6]


def test_what_comes_later_waits_for_a_free_slot():
    """Completions are handed over one by one; meanwhile the next group is collected."""
    evaluate, executor = Counted(), GroupingExecutor(InlineExecutor(), 16, 4)
    executor.start(evaluate)
    assert executor.n_slots == 4
    for task in tasks(*"aaaa"):
        executor.submit(task)
    for task in tasks(*"aaaa", first=4):
        assert executor.next_completed() is not None
        executor.submit(task)
    assert evaluate.groups == [[0, 1, 2, 3]]
    assert executor.next_completed()[0].trial == 4
    assert evaluate.groups[1:] == [[4, 5, 6, 7]]
    assert [task.trial for task, _ in executor.close()] == [5, 6, 7]


def test_one_that_fails_is_run_alone():
    reports, groups = run(tasks(*"aaaa", deeds={1: "raise"}))
    assert groups == [[0, 1, 2, 3], [1]]
    assert reports[1].status == "failed"
    assert isinstance(reports[1].exception, ValueError)
    assert [reports[n].fit_time for n in (0, 2, 3)] == [0.5] * 3


@pytest.mark.parametrize("deed", ["spoil", "forget"])
def test_a_group_that_fails_is_run_one_by_one(deed):
    reports, groups = run(tasks(*"aaab", deeds={1: deed}))
    assert groups == [[0, 1, 2], [0], [1], [2], [3]]
    assert {report.status for report in reports.values()} == {"completed"}
    assert {report.error for report in reports.values()} == {None}


@pytest.mark.parametrize("n_slots", [1, 2])
def test_a_worker_that_dies_with_a_group(n_slots):
    """Only the task that kills workers alone, too, is to blame."""
    submitted = tasks(*"aaaaa", deeds={2: "kill"})
    reports, _ = run(submitted, inner=SlotExecutor(n_slots))
    died = {number for number, report in reports.items() if report.status == "worker-died"}
    assert died == {2}
    assert "while measuring trial 2" in reports[2].error


def test_another_attempt_is_made_alone():
    again = [Task(n, 0, 3, {"key": "a"}, attempt=1 + (n == 1)) for n in range(3)]
    _, groups = run(again)
    assert groups == [[0, 2], [1]]


def test_time_runs_out():
    inner = VirtualExecutor(1, duration=lambda task: 1e9)
    executor = GroupingExecutor(inner, 16, 8)
    executor.start(Counted())
    for task in tasks(*"aaa"):
        executor.submit(task)
    assert executor.next_completed(timeout=10) is None
    assert inner.n_in_flight == 1
    assert {executor.next_completed()[0].trial for _ in range(3)} == {0, 1, 2}


def test_closing_hands_over_groups_that_were_finished():
    executor = GroupingExecutor(ThreadExecutor(2), 2, 4)
    executor.start(Counted())
    for task in tasks(*"aaaaaa"):
        executor.submit(task)
    taken = executor.next_completed()
    left = [taken, *executor.close()]  # waits for what runs, and gives up the rest
    numbers = {task.trial for task, _ in left}
    assert {0, 1} <= numbers or {2, 3} <= numbers
    assert numbers <= {0, 1, 2, 3}
    assert len(left) == len(numbers)


def test_closing_loses_nothing_but_what_was_not_finished():
    inner = VirtualExecutor(1)
    executor = GroupingExecutor(inner, 16, 8)
    executor.start(Counted())
    for task in tasks(*"aab", deeds={0: "spoil"}):
        executor.submit(task)
    assert executor.next_completed()[0].trial == 0  # the group has failed, and this is run alone
    assert executor.close() == []
    assert executor.close() == []


def test_what_knows_nothing_of_groups_is_given_tasks():
    seen = []

    def evaluate(task):
        seen.append(task.trial)
        return Report(scores={"score": task.trial})

    executor = GroupingExecutor(InlineExecutor(), 16, 8)
    executor.start(evaluate)
    complete(executor, tasks(*"aaa"))
    assert seen == [0, 1, 2]
