"""The examples run as they stand, and say and draw what they promise.

Those of nets take minutes of CPU, and the documentation is built by them all. So only three of them
run here, on scikit-learn's digits; with ``SKHPO_TEST_EXAMPLES=all`` all of them do, on Fashion-MNIST
where that is.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
EXAMPLES = TESTS.parent / "examples"
HAS_MATPLOTLIB, HAS_OPTUNA, HAS_PLOTLY = (
    importlib.util.find_spec(name) is not None for name in ("matplotlib", "optuna", "plotly")
)
ALL = os.environ.get("SKHPO_TEST_EXAMPLES") == "all"

#: What each example of nets says, besides a held-out accuracy, and how good that is at least.
NEURAL = {
    "elastic_net_bayes": ("L1, 0.001, held out", 0.75),
    "lenet_asha": ("12 candidates, spends about 26 in all", 0.5),
    "lenet_bayes": ("of the last six", 0.5),
    "lenet_halving": ("16 candidates, spends exactly 40 in all", 0.5),
    "mlp_population": ("8 candidates, spends exactly 96 in all", 0.75),
    "rff_svm_bayes": ("after 27 trials", 0.75),
    "softmax_random": ("batch  accuracy", 0.75),
    "text_hyperband": ("17 candidates, spends exactly 69 in all", 0.5),
    "transfer_halving": ("weights: random", 0.3),
}
FEW = ("lenet_halving", "mlp_population", "softmax_random")


def run(name, folder, *before, **environment):
    """Run an example in a folder of its own; return what it printed, once its picture is there."""
    done = subprocess.run(
        [sys.executable, *map(str, before), str(EXAMPLES / f"{name}.py")],
        cwd=folder,
        env={**os.environ, "MPLBACKEND": "agg", "OMP_NUM_THREADS": "1", **environment},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    picture = folder / f"{Path(name).name}.png"
    assert picture.exists() == HAS_MATPLOTLIB
    return done.stdout


@pytest.mark.timeout(600)
def test_quickstart(tmp_path):
    printed = run("quickstart", tmp_path)
    rows = {line.split()[0]: line.split()[1:] for line in printed.splitlines()[1:4]}
    assert list(rows) == ["GridSearchCV", "RandomizedSearchCV", "BayesSearchCV"]
    for cv_score, held_out, fits, _ in rows.values():
        assert 0.9 < float(cv_score) <= 1
        assert 0.9 < float(held_out) <= 1
        assert fits == "96"


@pytest.mark.timeout(600)
def test_which_model(tmp_path):
    printed = run("which_model", tmp_path)
    rows = [line.split() for line in printed.splitlines() if " trials, best " in line]
    assert {row[0] for row in rows} == {"SVC", "ExtraTreesClassifier", "KNeighborsClassifier"}
    assert sum(int(row[1]) for row in rows) == 40
    assert rows[0][4] == max(row[4] for row in rows)  # the best branch had the most trials
    assert "it ended for patience" in printed


@pytest.mark.timeout(600)
def test_pictures(tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra 'plot'")
    assert "configurations, best accuracy 0.9" in run("pictures", tmp_path)


@pytest.mark.timeout(600)
def test_survival(tmp_path):
    printed = run("survival", tmp_path)
    assert "32 candidates, spends exactly 112 in all" in printed
    assert "spent 336 of 3072, 89% saved" in printed


@pytest.mark.timeout(600)
def test_what_mattered(tmp_path):
    printed = run("what_mattered", tmp_path)
    assert "search      BayesSearchCV of Pipeline, 40 trials on 3 folds" in printed
    assert "what they do together" in printed
    rows = [line.split() for line in printed.splitlines() if line.startswith(("bayes ", "random "))]
    assert [row[5] for row in rows] == ["100%", "100%"]


@pytest.mark.timeout(600)
def test_watching(tmp_path):
    printed = run("watching", tmp_path)
    assert "ended by: callback" in printed
    paused_at = re.search(r"paused after (\d+) of 90 fits", printed)[1]
    assert f"two seconds later: {paused_at} fits" in printed
    assert "ended (budget) after 90 fits" in printed
    assert ("report.html: " in printed) == HAS_PLOTLY


@pytest.mark.timeout(600)
def test_before_and_after(tmp_path):
    printed = run("before_and_after", tmp_path)
    assert "judged by 3 probes" in printed
    assert "edge logisticregression__C: " in printed
    rows = [line.split() for line in printed.splitlines() if line.startswith(("guessed", "wider"))]
    assert [row[5] for row in rows] == ["100%", "100%"]
    assert float(rows[1][1]) > float(rows[0][1])  # what was advised was better
    assert "critical difference 1.91" in printed
    assert ("30 trials, best value" in printed) == HAS_OPTUNA


def test_all_examples_of_nets_are_known():
    assert {path.stem for path in (EXAMPLES / "neural").glob("*.py")} == NEURAL.keys()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", NEURAL if ALL else FEW)
def test_neural(name, tmp_path, request):
    pytest.importorskip("torch", reason="needs the extra 'neural'")
    pytest.importorskip("skorch", reason="needs the extra 'neural'")
    home, before = tmp_path, []
    if ALL:
        home = request.getfixturevalue("fashion_mnist")
        before = [TESTS / "with_torchvision.py"]
    printed = run(
        f"neural/{name}",
        tmp_path,
        *before,
        SCIKIT_LEARN_DATA=str(home),
        TORCH_HOME=str(tmp_path),  # no weights there,
        https_proxy="http://127.0.0.1:9",  # and nothing is downloaded
    )
    says, least = NEURAL[name]
    assert says in printed
    accuracies = re.findall(r"held out: ([\d.]+) accuracy", printed)
    assert max(map(float, accuracies)) > least
