from __future__ import annotations

import os

import pytest
from execution_tasks import act, task

from skhpo.execution import InlineExecutor


def test_runs_here_and_when_asked():
    executor = InlineExecutor()
    seen = []
    executor.start(lambda task: seen.append(task) or act(task))
    executor.submit(task(0))
    assert not seen
    _, report = executor.next_completed()
    assert seen
    assert report.scores["pid"] == os.getpid()


@pytest.mark.parametrize(
    ("deed", "exception"), [("interrupt", KeyboardInterrupt), ("exit", SystemExit)]
)
def test_what_is_meant_for_the_program_goes_through(deed, exception):
    executor = InlineExecutor()
    executor.start(act)
    executor.submit(task(0, deed))
    with pytest.raises(exception):
        executor.next_completed()
    executor.close()
