"""Pictures look as they did when somebody looked at them.

The references were drawn with one version of matplotlib; another one draws a little differently.
After a change that is meant, ``SKHPO_TEST_REFERENCES=write`` draws them anew: look at them.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from small_histories import record

from skhpo import plotting
from skhpo.history import History

matplotlib = pytest.importorskip("matplotlib")

VERSION = "3.11.2"
REFERENCES = Path(__file__).parent / "references"
TOLERANCE = 2.0  # root mean square of the differences, of 255


def halved():
    """27, 9 and 3 trials on two workers, two of which failed; two branches of a space."""
    rng, history = np.random.default_rng(0), History()
    free, levels = [0.0, 0.0], rng.random(27)
    for resource, trials in ((1.0, range(27)), (3.0, range(0, 27, 3)), (9.0, range(0, 27, 9))):
        for trial in trials:
            rate = float(10 ** rng.uniform(-4, 0))
            kind = ["adam", "sgd", "rmsprop"][trial % 3]
            params = {"rate": rate, "depth": trial % 5 + 1, "optimizer": kind}
            if trial % 4 == 3:
                del params["depth"]
            score = 0.6 + 0.3 * levels[trial] * (1 - 0.5**resource)
            worker = int(np.argmin(free))
            begin = free[worker]
            free[worker] += resource + rng.random()
            score = None if trial in (4, 12) and resource in (1.0, 3.0) else score
            record(
                history, trial, resource, score, times=[(begin, free[worker] - 0.2)], params=params
            )
    return history


PICTURES = {
    "convergence": {},
    "convergence by time": {"by": "time"},
    "score_by_parameter": {"parameter": "rate"},
    "score_by_parameter of categories": {"parameter": "optimizer"},
    "score_by_parameter with gaps": {"parameter": "depth"},
    "parallel_coordinates": {},
    "rungs": {},
    "learning_curves": {"parameter": "rate"},
    "learning_curves of the winner": {},
    "timeline": {},
    "population": {"parameter": "optimizer"},
    "pareto_front": {"metrics": ["score", "fit_time"]},
}


@pytest.mark.skipif(
    matplotlib.__version__ != VERSION,
    reason=f"references were drawn with matplotlib {VERSION}, this is {matplotlib.__version__}",
)
@pytest.mark.parametrize("name", PICTURES)
def test_looks_as_its_reference(name, tmp_path):
    from matplotlib import rc_context, rcdefaults
    from matplotlib.testing.compare import compare_images

    file = f"{name.replace(' ', '_')}.png"
    reference, drawn = REFERENCES / file, tmp_path / file
    with rc_context():
        rcdefaults()
        ax = getattr(plotting, name.partition(" ")[0])(halved(), **PICTURES[name])
        ax.figure.savefig(drawn, dpi=50, metadata={"Software": None})
    if os.environ.get("SKHPO_TEST_REFERENCES") == "write":
        REFERENCES.mkdir(exist_ok=True)
        shutil.copy(drawn, reference)
    shutil.copy(reference, expected := tmp_path / f"expected_{file}")  # it writes beside them
    assert compare_images(str(expected), str(drawn), TOLERANCE) is None


def test_a_reference_for_each():
    files = {path.stem.partition("-")[0] for path in REFERENCES.glob("*.png")}
    assert {name.replace(" ", "_") for name in PICTURES} <= files
