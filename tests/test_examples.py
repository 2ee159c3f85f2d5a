"""The examples run as they stand."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.mark.timeout(600)
def test_quickstart(tmp_path):
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / "quickstart.py")],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    rows = {line.split()[0]: line.split()[1:] for line in run.stdout.splitlines()[1:4]}
    assert list(rows) == ["GridSearchCV", "RandomizedSearchCV", "BayesSearchCV"]
    for cv_score, held_out, fits, _ in rows.values():
        assert 0.9 < float(cv_score) <= 1
        assert 0.9 < float(held_out) <= 1
        assert fits == "96"
    has_matplotlib = importlib.util.find_spec("matplotlib") is not None
    assert (tmp_path / "quickstart.png").exists() == has_matplotlib


@pytest.mark.timeout(600)
def test_which_model(tmp_path):
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / "which_model.py")],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    rows = [line.split() for line in run.stdout.splitlines() if " trials, best " in line]
    assert {row[0] for row in rows} == {"SVC", "ExtraTreesClassifier", "KNeighborsClassifier"}
    assert sum(int(row[1]) for row in rows) == 40
    assert rows[0][4] == max(row[4] for row in rows)  # the best branch had the most trials
    assert "it ended for patience" in run.stdout


@pytest.mark.timeout(600)
def test_survival(tmp_path):
    run = subprocess.run(
        [sys.executable, str(EXAMPLES / "survival.py")],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert "32 candidates, spends exactly 112 in all" in run.stdout
    assert "spent 336 of 3072, 89% saved" in run.stdout
    has_matplotlib = importlib.util.find_spec("matplotlib") is not None
    assert (tmp_path / "survival.png").exists() == has_matplotlib
