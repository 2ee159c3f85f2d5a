from __future__ import annotations

import pytest

from skhpo.testing import SPACES, SpaceLaws


class TestSpaces(SpaceLaws):
    @pytest.fixture(params=SPACES)
    def space(self, request):
        return SPACES[request.param]
