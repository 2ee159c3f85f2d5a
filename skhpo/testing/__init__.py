"""Law suites: what holds for every sampler, scheduler, executor and space, ready to subclass.

A third-party sampler is tested by a class of three lines, which pytest collects like any other::

    from skhpo.testing import SamplerLaws

    class TestMySampler(SamplerLaws):
        def make_sampler(self):
            return MySampler()

A law that is not meant to hold is excused by its name, with a reason::

        excuses = {"test_order_of_arrival_is_irrelevant": "it learns from the newest result first"}
"""

import pytest

# pytest explains failing assertions only in modules it was told of before they were imported.
pytest.register_assert_rewrite(
    "skhpo.testing.executor_laws",
    "skhpo.testing.histories",
    "skhpo.testing.sampler_laws",
    "skhpo.testing.scheduler_laws",
    "skhpo.testing.space_laws",
    "skhpo.testing.virtual",
)

from skhpo.testing.executor_laws import ExecutorLaws  # noqa: E402
from skhpo.testing.histories import decisions, outcomes, replay, truncations  # noqa: E402
from skhpo.testing.sampler_laws import SamplerLaws  # noqa: E402
from skhpo.testing.scheduler_laws import SchedulerLaws  # noqa: E402
from skhpo.testing.space_laws import SpaceLaws  # noqa: E402
from skhpo.testing.spaces import SPACES  # noqa: E402
from skhpo.testing.virtual import VirtualExecutor  # noqa: E402

__all__ = [
    "SPACES",
    "ExecutorLaws",
    "SamplerLaws",
    "SchedulerLaws",
    "SpaceLaws",
    "VirtualExecutor",
    "decisions",
    "outcomes",
    "replay",
    "truncations",
]
