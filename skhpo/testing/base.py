"""What the law suites have in common: excuses, which are data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest

__all__ = ["Laws"]


class Laws:
    """Base of the law suites.

    Attributes
    ----------
    excuses : mapping of str to str
        Name of a law, and why it is not meant to hold. Excused laws are skipped, with the reason.
    """

    excuses: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture(autouse=True)
    def _excuse(self, request: pytest.FixtureRequest) -> None:
        self._check_excuses(request.node.originalname)

    def _check_excuses(self, law: str) -> None:
        """Skip a law that is excused."""
        unknown = [name for name in self.excuses if not hasattr(self, name)]
        assert not unknown, f"there are no such laws to be excused from: {unknown}"
        if law in self.excuses:
            pytest.skip(self.excuses[law])
