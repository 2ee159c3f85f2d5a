"""What holds for every executor."""

from __future__ import annotations

import threading
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress

import pytest

from skhpo.execution import Executor, end_idle_workers
from skhpo.testing.base import Laws
from skhpo.trial import Report, Task

__all__ = ["ExecutorLaws"]


def _evaluate(task: Task) -> Report:
    """Do what the task says."""
    deed = task.params["deed"]
    if deed == "raise":
        raise ValueError(f"trial {task.trial} was told to raise")
    if deed == "fail":
        return Report(status="failed", error="said so itself")
    return Report(scores={"score": float(task.trial)}, fit_time=1.0)


class ExecutorLaws(Laws):
    """What holds for every executor; subclass and say how to make one."""

    @abstractmethod
    def make_executor(self) -> Executor:
        """Return a new executor that was not started."""

    @pytest.fixture
    def executor(self) -> Iterator[Executor]:
        """An executor that is closed afterwards, and must have left nothing behind."""
        end_idle_workers()
        children, threads = _children(), set(threading.enumerate())
        executor = self.make_executor()
        yield executor
        executor.close()
        end_idle_workers()
        assert set(threading.enumerate()) <= threads, "a thread was left behind"
        assert _children() <= children, "a process was left behind"

    def test_is_an_executor(self, executor: Executor) -> None:
        """It has all methods, and a place to run a task at."""
        assert isinstance(executor, Executor)
        assert executor.n_slots >= 1

    def test_one_completion_for_each_submission(self, executor: Executor) -> None:
        """A task comes back once, as it was; before and after, there is nothing to wait for."""
        executor.start(_evaluate)
        assert executor.next_completed(timeout=0) is None
        assert executor.next_completed() is None
        tasks = [Task(number, number % 3, None, {"deed": "nothing"}) for number in range(11)]
        completions = _complete(executor, tasks)
        assert sorted(task.trial for task, _ in completions) == list(range(11))
        for task, report in completions:
            assert task == tasks[task.trial]
            assert report.status == "completed"
            assert report.scores == {"score": float(task.trial)}
            assert report.fit_time == 1.0
            assert report.started_at <= report.finished_at
        assert executor.next_completed() is None

    def test_exceptions_are_reports(self, executor: Executor) -> None:
        """What goes wrong with a task is a report, and harms no other task."""
        executor.start(_evaluate)
        deeds = ["raise", "nothing", "fail", "nothing", "raise"]
        tasks = [Task(number, 0, 3, {"deed": deed}) for number, deed in enumerate(deeds)]
        reports = {task.trial: report for task, report in _complete(executor, tasks)}
        assert [reports[number].status for number in range(5)] == [
            "completed" if deed == "nothing" else "failed" for deed in deeds
        ]
        assert isinstance(reports[0].exception, ValueError)
        assert "trial 4 was told to raise" in (reports[4].error or "")
        assert reports[2].error == "said so itself"

    def test_close_twice_and_before_start(self, executor: Executor) -> None:
        """Closing is always allowed."""
        executor.close()
        executor.start(_evaluate)
        executor.close()
        executor.close()

    def test_close_hands_over_what_was_not_taken(self, executor: Executor) -> None:
        """Nothing comes twice, and nothing that was not submitted."""
        executor.start(_evaluate)
        for number in range(executor.n_slots):
            executor.submit(Task(number, 0, None, {"deed": "nothing"}))
        taken = executor.next_completed()
        assert taken is not None
        completions = [taken, *executor.close()]
        numbers = [task.trial for task, _ in completions]
        assert len(set(numbers)) == len(numbers)
        assert set(numbers) <= set(range(executor.n_slots))
        assert all(report.scores == {"score": task.trial} for task, report in completions)
        assert executor.close() == []

    def test_close_gives_up_what_is_in_flight(self, executor: Executor) -> None:
        """Afterwards the executor can be used again, and nothing old comes back."""
        executor.start(_evaluate)
        for number in range(executor.n_slots):
            executor.submit(Task(number, 0, None, {"deed": "nothing"}))
        executor.close()
        executor.start(_evaluate)
        assert executor.next_completed(timeout=0) is None
        [(task, report)] = _complete(executor, [Task(99, 0, None, {"deed": "nothing"})])
        assert (task.trial, report.scores) == (99, {"score": 99.0})


def _complete(executor: Executor, tasks: list[Task]) -> list[tuple[Task, Report]]:
    """Run tasks as the tuner does, never more of them than there are slots."""
    waiting, completions, n_in_flight = list(tasks), [], 0
    while waiting or n_in_flight:
        while waiting and n_in_flight < executor.n_slots:
            executor.submit(waiting.pop(0))
            n_in_flight += 1
        completed = executor.next_completed()
        if completed is not None:
            completions.append(completed)
            n_in_flight -= 1
    return completions


def _children() -> set[int]:
    """Return the processes below this one, where psutil is there to look for them.

    Trackers of temporary files are not counted: Python and joblib start one for each process, and
    keep it until that ends.
    """
    try:
        import psutil  # type: ignore[import-untyped,unused-ignore]
    except ImportError:
        return set()
    found = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):  # it has just ended
            if not any("resource_tracker" in argument for argument in process.cmdline()):
                found.add(process.pid)
    return found
