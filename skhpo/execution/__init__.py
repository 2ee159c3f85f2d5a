"""Where tasks run: inline, in threads, or in process slots.

None of the executors knows what a sampler or a scheduler is.
"""

from skhpo.execution.base import Executor, run_task
from skhpo.execution.choose import executor_for
from skhpo.execution.idle import end_idle_workers
from skhpo.execution.inline import InlineExecutor
from skhpo.execution.ordered import OrderedExecutor
from skhpo.execution.slots import SlotExecutor
from skhpo.execution.threads import ThreadExecutor
from skhpo.execution.together import EvaluateTogether, GroupingExecutor

__all__ = [
    "EvaluateTogether",
    "Executor",
    "GroupingExecutor",
    "InlineExecutor",
    "OrderedExecutor",
    "SlotExecutor",
    "ThreadExecutor",
    "end_idle_workers",
    "executor_for",
    "run_task",
]
