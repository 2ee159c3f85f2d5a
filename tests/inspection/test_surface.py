"""What the model says of two parameters."""

from __future__ import annotations

import numpy as np
import pytest

from skhpo import Float, Int, Tuner
from skhpo.history import History
from skhpo.inspection import surface
from skhpo.trial import Assignment, Measurement, Trial


def bowl(params):
    power = np.log10(params["rate"])
    return -((power + 2) ** 2) - (params["depth"] - 6) ** 2 / 4 + 3 * params["shift"] - 5


SPACE = {"rate": Float(1e-4, 1, log=True), "depth": Int(1, 12), "shift": Float(0, 1)}


def searched(direction="maximize", n=60):
    sign = 1 if direction == "maximize" else -1
    return Tuner(SPACE, lambda p: sign * bowl(p), direction=direction, random_state=0).run(
        n_trials=n
    )


def test_all_others_as_in_the_best_configuration():
    """What is expected is close to what the function is there; the best trial lies on it."""
    tuner = searched()
    found = surface(tuner, "rate", "depth")
    assert (found.x.kind, found.y.kind) == ("log", "linear")
    assert found.mean.shape == found.std.shape == (len(found.y_values), len(found.x_values))
    shift = tuner.best_params["shift"]
    x, y = np.meshgrid(found.x_values, found.y_values)
    truth = bowl({"rate": x, "depth": y, "shift": shift})
    np.testing.assert_allclose(found.mean, truth, atol=0.05 * np.ptp(truth))
    assert (found.std > 0).all()
    assert found.std.max() < 0.2 * np.ptp(truth)
    assert found.trials.shape == (60, 2)
    best = found.trials[found.best]
    np.testing.assert_allclose(best, [tuner.best_params["rate"], tuner.best_params["depth"]])
    assert found.scores[found.best] == tuner.best_score == found.scores.max()
    assert found.label == "score"
    assert found.is_best_of_all


def test_less_is_better():
    up, down = surface(searched(), "rate", "depth"), surface(searched("minimize"), "rate", "depth")
    np.testing.assert_allclose(up.mean, -down.mean)
    np.testing.assert_allclose(up.std, down.std)
    np.testing.assert_allclose(up.scores, -down.scores)
    assert down.best == up.best


def conditional():
    """poly has a degree, linear no gamma; y of the other branch stands alone."""
    space = [
        {"kernel": ["rbf"], "gamma": Float(0, 1)},
        {"kernel": ["poly"], "gamma": Float(0, 1), "degree": Int(2, 6)},
        {"kernel": ["linear"], "shrink": Float(0, 1)},
    ]

    def objective(params):
        return params.get("gamma", 3.0) + 0.1 * params.get("degree", 0)

    return Tuner(space, objective, random_state=0).run(n_trials=45)


def test_what_is_no_configuration_is_left_out():
    found = surface(conditional(), "kernel", "gamma")
    assert found.x.texts == ("rbf", "poly", "linear")  # as the branches declare
    assert np.isnan(found.mean[:, 2]).all()
    assert np.isnan(found.std[:, 2]).all()
    assert not np.isnan(found.mean[:, :2]).any()
    np.testing.assert_allclose(found.mean[:, 0], found.y_values, atol=0.1)
    assert set(found.trials[:, 0]) == {0.0, 1.0}  # those that have both
    assert not found.is_best_of_all  # without gamma it is 3
    turned = surface(conditional(), "gamma", "kernel")
    np.testing.assert_allclose(turned.mean, found.mean.T)
    np.testing.assert_allclose(turned.trials, found.trials[:, ::-1])


def test_parameters_of_different_branches():
    with pytest.raises(ValueError, match="no trial with a score has both degree and shrink"):
        surface(conditional(), "degree", "shrink")


def small(scores, **options):
    history = History()
    for number, score in enumerate(scores):
        params = {"x": number / 10, "y": (number * 7) % 5, "z": 1, "model": [None, "a"][number % 2]}
        history.append(Trial(number, params | options))
        history.append(Assignment(number, None, (0,)))
        status, values = ("failed", {}) if score is None else ("completed", {"score": score})
        history.append(Measurement(number, 0, None, status, values))
    return history


def test_two_trials():
    found = surface(small([1.0, 2.0]), "x", "model")
    assert np.isfinite(found.mean).all()
    assert found.y.texts == ("None", "a")


@pytest.mark.parametrize(
    ("scores", "x", "y", "said"),
    [
        ([1, 2, 3, 4], "x", "Y", "y='Y'.*There are"),
        ([1, 2, 3, 4], "x", "x", "two parameters"),
        ([1, 2, 3, 4], "x", "z", "z has one value only"),
        ([1, 1, 1, 1], "x", "y", "of 4 trials with a score, no two differ"),
        ([None, None], "x", "y", "of 0 trials with a score"),
        ([1], "x", "y", "of 1 trials with a score"),
    ],
)
def test_bad_input(scores, x, y, said):
    with pytest.raises(ValueError, match=said):
        surface(small(scores), x, y)
