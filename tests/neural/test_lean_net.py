"""The trainer learns what skorch's own net learns, and leaves nothing changed behind."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import sklearn
from neural_parts import digits

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
skorch = pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.neural import LeanNet, LeNetClassifier, MLPNetClassifier  # noqa: E402
from skhpo.neural.lenet import LeNet  # noqa: E402
from skhpo.neural.mlp import Perceptron  # noqa: E402
from skhpo.neural.randomness import Dropout, Purpose, stream  # noqa: E402

SEED = 3
MLP = {"depth": 1, "width": 16, "activation": "relu", "dropout": 0.0}
SHAPE = {"in_features": 64, "n_classes": 10}

NETS = {
    "softmax-momentum": (
        torch.nn.Linear,
        {"in_features": 64, "out_features": 10},
        {"optimizer": torch.optim.SGD, "lr": 0.1, "optimizer__momentum": 0.9},
    ),
    "perceptron-rmsprop-hinge": (
        Perceptron,
        {**SHAPE, **MLP, "norm": "batch"},
        {
            "optimizer": torch.optim.RMSprop,
            "lr": 1e-3,
            "optimizer__weight_decay": 1e-3,
            "criterion": torch.nn.MultiMarginLoss,
        },
    ),
    "lenet-adam": (
        LeNet,
        {"shape": (1, 8, 8), "n_classes": 10, "variant": "modern", "dropout": 0.0},
        {"optimizer": torch.optim.Adam, "lr": 2e-3},
    ),
}


class SameOrders:
    """Batches of indices for skorch's loader, in the orders that ours has."""

    def __init__(self, n_samples, batch_size):
        self.n_samples, self.batch_size, self.epoch = n_samples, batch_size, 0

    def __iter__(self):
        seed = stream(SEED, Purpose.ORDER, self.epoch)
        self.epoch += 1
        order = torch.randperm(self.n_samples, generator=torch.Generator().manual_seed(seed))
        yield from (batch.tolist() for batch in order.split(self.batch_size))

    def __len__(self):
        return -(-self.n_samples // self.batch_size)


def rows(n=300):
    X, y = digits()
    return X[:n].reshape(n, -1), y[:n]


@pytest.mark.parametrize("name", NETS)
def test_the_weights_of_skorch_to_the_last_bit(name):
    module, arguments, settings = NETS[name]
    nested = {f"module__{key}": value for key, value in arguments.items()}
    settings = {"criterion": torch.nn.CrossEntropyLoss, "max_epochs": 3, **settings, **nested}
    X, y = rows()
    ours = LeanNet(module, batch_size=32, seed=SEED, **settings)
    ours.initialize()
    theirs = skorch.NeuralNetClassifier(
        module,
        train_split=None,
        verbose=0,
        iterator_train__batch_sampler=SameOrders(len(X), 32),
        iterator_train__batch_size=1,
        **settings,
    ).initialize()
    theirs.module_.load_state_dict(ours.module_.state_dict())
    ours.partial_fit(X, y)
    theirs.partial_fit(X, y)
    for mine, other in zip(
        ours.module_.state_dict().values(), theirs.module_.state_dict().values(), strict=True
    ):
        assert torch.equal(mine, other)
    assert ours.losses == pytest.approx(theirs.history[:, "train_loss"])
    np.testing.assert_allclose(ours.outputs(X), theirs.forward(X).numpy(), rtol=1e-5, atol=1e-6)
    assert np.array_equal(ours.predict(X), theirs.predict(X))


def test_nothing_is_changed_that_is_global():
    X, y = rows()
    torch.manual_seed(5)
    numbers, threads = torch.get_rng_state(), torch.get_num_threads()
    MLPNetClassifier(dropout=0.5, random_state=0).fit(X, y).predict(X)
    LeanNet(Foreign, module__p=0.5, max_epochs=2, seed=0).fit(X, y)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()


class Foreign(torch.nn.Module):
    """A module that draws from torch's global random numbers."""

    def __init__(self, p=0.5):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Dropout(p), torch.nn.Linear(64, 10))

    def forward(self, X):
        return self.layers(X)


def test_what_torch_is_set_to_does_not_matter():
    X, y = rows()
    expected = MLPNetClassifier(max_epochs=2, random_state=0).fit(X, y).decision_function(X)
    torch.set_default_dtype(torch.float64)
    try:
        found = MLPNetClassifier(max_epochs=2, random_state=0).fit(X, y).decision_function(X)
    finally:
        torch.set_default_dtype(torch.float32)
    assert found.dtype == np.float32
    assert np.array_equal(found, expected)


@pytest.mark.parametrize("kind", ["own", "foreign"])
def test_random_layers_in_threads(kind):
    """Threads share torch's random numbers, and each gets its own all the same."""
    X, y = rows(200)

    def trained():
        if kind == "foreign":
            net = LeanNet(Foreign, seed=0, lr=0.1, batch_size=16, max_epochs=5)
            return net.partial_fit(X, y).outputs(X)
        model = LeNetClassifier(dropout=0.5, max_epochs=2, random_state=0)
        return model.fit(X, y).decision_function(X)

    alone, together = trained(), []
    threads = [threading.Thread(target=lambda: together.append(trained())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == 3
    assert all(np.array_equal(found, alone) for found in together)


def test_dropout_leaves_out_what_it_should():
    layer = Dropout(0.25)
    layer.generator = torch.Generator().manual_seed(0)
    X = torch.ones(100, 200)
    out = layer(X)
    assert out.unique().tolist() == pytest.approx([0.0, 1 / 0.75])
    assert float((out == 0).float().mean()) == pytest.approx(0.25, abs=0.01)
    assert torch.equal(layer.eval()(X), X)


def test_interrupts_pass():
    """skorch's own net would swallow Ctrl-C, and a search go on with what is half trained."""

    class Interrupt(skorch.callbacks.Callback):
        def on_epoch_end(self, net, **kwargs):
            raise KeyboardInterrupt

    X, y = rows()
    module, arguments, _ = NETS["softmax-momentum"]
    nested = {f"module__{key}": value for key, value in arguments.items()}
    with pytest.raises(KeyboardInterrupt):
        LeanNet(module, callbacks=[Interrupt()], callbacks__print_log=None, **nested).fit(X, y)


def test_metadata_routing():
    X, y = rows()
    with sklearn.config_context(enable_metadata_routing=True):
        model = MLPNetClassifier(random_state=0).fit(X, y)
        assert model.partial_fit(X, y).score(X, y) > 0.9
