"""Without the extra, an import says what to install."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import sys
sys.modules[{missing!r}] = None  # as if it were not there
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
    assert f"neural models need {missing}" in run.stdout
    assert 'pip install "skhpo[neural]"' in run.stdout
