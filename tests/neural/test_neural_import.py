"""Without the extra, an import says what to install."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec

SCRIPT = """
import sys

missing = None

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name == missing:
            raise ModuleNotFoundError("hidden", name=name)

sys.meta_path.insert(0, Hidden())
import skhpo
from skhpo.exceptions import MissingExtraError
for missing in {missing!r}:
    try:
        from skhpo.neural import LeNetClassifier
    except MissingExtraError as error:
        print(str(error).replace("\\n", " "))
"""

MISSING = ["torch", "skorch"]


def test_missing():
    """One after the other, in a process without torch: what failed to be imported is not there."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(missing=MISSING)],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = run.stdout.splitlines()
    assert len(lines) == len(MISSING)
    for line, missing in zip(lines, MISSING, strict=True):
        needed = [missing] if find_spec("skorch") else ["skorch", "torch"]
        assert any(f"neural models need {name}, which" in line for name in needed)
        assert 'pip install "skhpo[neural]"' in line
