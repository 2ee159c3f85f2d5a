"""What an import loads, and what it offers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

import skhpo

OPTIONAL = ["torch", "torchvision", "skorch", "matplotlib", "pandas", "tqdm", "rich", "plotly"]
OPTIONAL += ["dask", "distributed", "ray", "optuna", "pytest", "cmaes"]


@pytest.mark.parametrize(
    "module", ["skhpo", "skhpo.datasets", "skhpo.inspection", "skhpo.plotting"]
)
def test_import_loads_nothing_optional(module):
    script = (
        f"import sys, json, sklearn.model_selection; before = set(sys.modules); import {module}; "
        "print(json.dumps(sorted({name.split('.')[0] for name in set(sys.modules) - before})))"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PATH": ""},
    )
    assert not set(json.loads(run.stdout)) & set(OPTIONAL)


def test_public_names():
    assert skhpo.__all__ == [
        "BayesSearchCV",
        "CMAESSearchCV",
        "Categorical",
        "EarlyStopping",
        "EvolutionSearchCV",
        "FaultTolerance",
        "Float",
        "HalvingASHASearchCV",
        "HalvingSearchCV",
        "HyperbandSearchCV",
        "Int",
        "PBTSearchCV",
        "RandomSearchCV",
        "ReplayedSchedule",
        "Schedule",
        "Space",
        "TPESearchCV",
        "Tuner",
        "__version__",
    ]
    for name in skhpo.__all__:
        assert hasattr(skhpo, name)
