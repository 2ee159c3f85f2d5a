"""Populations of neural nets, wrapped by skorch."""

from __future__ import annotations

import numpy as np
import pytest

from skhpo import Float, PBTSearchCV

skorch = pytest.importorskip("skorch")
torch = pytest.importorskip("torch")


class Net(torch.nn.Module):
    """One hidden layer, for iris."""

    def __init__(self, units=4):
        super().__init__()
        first, last = torch.nn.Linear(4, units), torch.nn.Linear(units, 3)
        self.layers = torch.nn.Sequential(first, torch.nn.ReLU(), last)

    def forward(self, X):
        return self.layers(X)


def test_weights_and_momenta_go_on_and_the_number_of_units_is_inherited(iris):
    X, y = iris[0].astype(np.float32), iris[1].astype(np.int64)
    net = skorch.NeuralNetClassifier(
        Net,
        criterion=torch.nn.CrossEntropyLoss,
        optimizer=torch.optim.SGD,
        optimizer__momentum=0.5,
        max_epochs=1,
        train_split=None,
        verbose=0,
    )
    space = {
        "lr": Float(1e-3, 1, log=True),
        "optimizer__momentum": Float(0.0, 0.9),
        "module__units": [3, 5, 8],
    }
    search = PBTSearchCV(
        net,
        space,
        population_size=5,
        resource="epochs",
        max_resources=6,
        perturbation_interval=1,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert set(search.cv_results_["status"]) == {"completed"}
    for copy in search.history_.trials[5:]:
        original = search.history_.trials[copy.parent].params
        assert copy.params["module__units"] == original["module__units"]
        assert copy.params["lr"] != original["lr"] or (
            copy.params["optimizer__momentum"] != original["optimizer__momentum"]
        )
    best = search.best_estimator_
    assert len(best.history) == search.schedule_.full
    assert best.optimizer_.param_groups[0]["lr"] == search.best_params_["lr"]
    assert best.optimizer_.param_groups[0]["momentum"] == search.best_params_["optimizer__momentum"]
