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

from skhpo import Float, Tuner, plotting
from skhpo.history import History
from skhpo.samplers import Perturbation, PopulationSampler
from skhpo.schedulers import PopulationTraining, Truncation

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


def trained():
    """Six members whose best rate falls while they train; a copy has what its original had."""
    tuner = Tuner(
        {"rate": Float(1e-4, 1.0, log=True)},
        sampler=PopulationSampler(Perturbation((0.1, 5.0))),
        scheduler=PopulationTraining(6, range(1, 8), Truncation(0.34)),
        random_state=0,
    )
    learnt = {}
    while (task := tuner.ask()) is not None:
        trial, age = tuner.history.trials[task.trial], int(task.resource)
        taken = trial.number if (trial.number, age - 1) in learnt else trial.parent
        off = np.log10(task.params["rate"]) + 0.4 * age  # in powers of ten
        learnt[trial.number, age] = learnt.get((taken, age - 1), 0.0) + np.exp(-(off**2))
        if off > 1.4:
            tuner.tell(task, status="diverged")
        else:
            tuner.tell(task, learnt[trial.number, age])
    return tuner


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
    "population": {"parameter": "rate"},
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
        source = trained() if name == "population" else halved()
        ax = getattr(plotting, name.partition(" ")[0])(source, **PICTURES[name])
        ax.figure.savefig(drawn, dpi=50, metadata={"Software": None})
    if os.environ.get("SKHPO_TEST_REFERENCES") == "write":
        REFERENCES.mkdir(exist_ok=True)
        shutil.copy(drawn, reference)
    shutil.copy(reference, expected := tmp_path / f"expected_{file}")  # it writes beside them
    assert compare_images(str(expected), str(drawn), TOLERANCE) is None


def test_the_population_of_the_reference_copies():
    """Otherwise there are no branches to be looked at."""
    history = trained().history
    copies = [trial for trial in history.trials if trial.parent is not None]
    assert len(copies) > 5
    assert history.trials[history.best.trial].parent is not None
    assert any(measurement.status == "diverged" for measurement in history.measurements)


def test_a_reference_for_each():
    files = {path.stem.partition("-")[0] for path in REFERENCES.glob("*.png")}
    assert {name.replace(" ", "_") for name in PICTURES} <= files
