"""Without the extra, an import says what to install."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

import pytest

SCRIPT = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == {missing!r}:
            raise ModuleNotFoundError("hidden", name=name)

sys.meta_path.insert(0, Hidden())
import skhpo
from skhpo.exceptions import MissingExtraError
try:
    from skhpo.neural import LeNetClassifier
except MissingExtraError as error:
    print(error)
"""


@pytest.mark.parametrize("missing", ["torch", "skorch"])
def test_missing(missing):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(missing=missing)],
        capture_output=True,
        text=True,
        check=True,
    )
    needed = [missing] if find_spec("skorch") else ["skorch", "torch"]
    assert any(f"neural models need {name}, which" in run.stdout for name in needed)
    assert 'pip install "skhpo[neural]"' in run.stdout
