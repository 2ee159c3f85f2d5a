"""The rooms know of each other what the architecture page allows, and no more."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import skhpo

PACKAGE = Path(skhpo.__file__).parent

#: Room -> rooms of skhpo it may import from (itself aside).
MAY_KNOW = {
    "exceptions": set(),
    "settings": {"exceptions"},
    "trial": set(),
    "divergence": {"exceptions"},
    "early_stopping": {"settings"},
    "summary": {"trial"},
    "counts": set(),
    "printed": set(),
    "history": {"counts", "summary", "trial"},
    "index": {"history"},
    "space": {"exceptions", "trial"},
    "surrogates": {"settings"},
    "samplers": {"exceptions", "history", "index", "settings", "space", "surrogates", "trial"},
    "schedulers": {"exceptions", "history", "index", "printed", "settings", "trial"},
    "objective": {"exceptions", "space", "trial"},
    "execution": {"exceptions", "trial"},
    "callbacks": {"history", "settings", "trial"},
    "control": {"callbacks"},
    "milestones": {"history", "index", "trial"},
    "log": set(),
    "bars": set(),
    "times": set(),
    "machine": set(),
    "forecast": {"objective", "schedulers", "trial"},
    "faults": {"settings"},
    "breaker": {"callbacks", "exceptions", "history", "trial"},
    "progress": {"bars", "callbacks", "counts", "forecast", "history", "log", "times", "trial"},
    "stopping": {"history", "samplers", "settings", "space", "surrogates", "trial"},
    "inspection": {
        *("counts", "exceptions", "history", "printed", "space", "surrogates", "times", "trial"),
    },
    "exchange": {
        *("_version", "callbacks", "exceptions", "history", "inspection", "space", "storage"),
        "trial",
    },
    "dashboard": {
        *("counts", "exceptions", "forecast", "history", "inspection", "outlook", "standing"),
        *("storage", "times", "trial"),
    },
    "plotting": {"exceptions", "history", "inspection", "times", "trial"},
    "_sklearn": set(),
    "_pickles": set(),
    "_torchvision": {"exceptions"},
    "neural": {
        *("_torchvision", "divergence", "early_stopping", "exceptions", "execution"),
        "settings",
    },
    "datasets": {"_torchvision", "exceptions", "settings"},
    "resources": {"_pickles", "exceptions", "space", "trial"},
    "storage": {
        *("_pickles", "_version", "exceptions", "execution", "history", "space", "summary"),
        "trial",
    },
    "rounds": {"_sklearn", "early_stopping", "exceptions", "resources", "space"},
    "cli": {
        *("counts", "dashboard", "exceptions", "inspection", "standing", "status", "storage"),
        *("summary", "times", "trial"),
    },
    "retention": {"callbacks", "history", "schedulers", "storage", "trial"},
    "evaluation": {
        *("_sklearn", "divergence", "early_stopping", "exceptions", "resources", "rounds"),
        *("space", "storage", "trial"),
    },
    "groups": {"evaluation", "exceptions", "resources", "space", "trial"},
    "agenda": {
        *("callbacks", "control", "exceptions", "history", "objective", "samplers"),
        *("schedulers", "space", "stopping", "trial"),
    },
    "loop": {"agenda", "control", "exceptions", "execution", "milestones", "trial"},
    "standing": {"history", "storage", "times"},
    "outlook": {"forecast", "history", "storage", "times"},
    "status": {
        *("agenda", "forecast", "history", "outlook", "standing", "storage", "times", "trial"),
    },
    "replay": {"agenda", "exceptions", "history", "trial"},
    "workers": {"execution", "faults", "objective", "settings", "space"},
    "fingerprint": {"history", "objective", "samplers", "schedulers", "storage"},
    "tuner": {
        *("agenda", "breaker", "callbacks", "control", "counts", "dashboard", "exceptions"),
        *("execution", "faults", "fingerprint", "history", "inspection", "loop", "objective"),
        *(
            "replay",
            "samplers",
            "schedulers",
            "settings",
            "space",
            "status",
            "stopping",
            "storage",
            "trial",
            "workers",
        ),
    },
}


def rooms_known_by(room):
    folder = PACKAGE / room
    files = folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]
    known = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            known |= {name.split(".")[1] for name in names if name.startswith("skhpo.")}
    return known - {room}


@pytest.mark.parametrize("room", MAY_KNOW)
def test_rooms(room):
    assert rooms_known_by(room) <= MAY_KNOW[room]


def test_nothing_imports_the_law_suites():
    rooms = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not [
        room for room in rooms - {"testing", "__pycache__"} if "testing" in rooms_known_by(room)
    ]
