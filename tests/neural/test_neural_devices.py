"""Where nets are trained: what a device means here, and in a pickle from elsewhere."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from neural_parts import MODELS, digits, name_of
from sklearn.base import clone

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.execution import devices  # noqa: E402
from skhpo.neural import LeNetClassifier, MLPNetClassifier, SoftmaxClassifier  # noqa: E402
from skhpo.neural.devices import at_hand, device_for  # noqa: E402

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


def data(n=100):
    X, y = digits()
    return X[:n], y[:n]


@pytest.fixture
def gpus(monkeypatch):
    """Let torch say that there are so many GPUs; nothing can be computed on them."""

    def pretend(number):
        monkeypatch.setattr(torch.cuda, "device_count", lambda: number)
        monkeypatch.setattr(torch.cuda, "set_device", lambda number: None)

    return pretend


# --------------------------------------------------------------------------- what is meant


@pytest.mark.parametrize(
    ("n_gpus", "number", "expected"),
    [
        (0, None, "cpu"),
        (0, 1, "cpu"),  # somebody's driver lists GPUs that torch has no use for
        (1, None, "cuda"),
        (2, None, "cuda"),
        (2, 0, "cuda:0"),
        (2, 1, "cuda:1"),
        (1, 3, "cuda:0"),  # parts of a GPU, of which a process gets one
    ],
)
def test_auto(gpus, n_gpus, number, expected):
    gpus(n_gpus)
    with devices.assigned(number):
        assert device_for("Owner", "auto") == expected


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu"), "cpu:0"])
def test_devices_that_are_there(device):
    model = SoftmaxClassifier(device=device, max_epochs=1).fit(*data())
    assert model.net_.device == str(device)
    assert model.predict(data()[0]).shape == (100,)


@pytest.mark.parametrize(
    ("device", "message"),
    [
        ("gpu", "device='gpu' is not known"),
        ("cdua", r"not known\. Did you mean 'cuda'\? Write 'auto', or"),
        ("cuda:x", "not known"),
        (None, "device=None is not known"),
        ("meta", "device='meta', but torch finds"),
        ("xpu", "device='xpu', but torch finds"),
        ("cuda:99", "device='cuda:99', but torch finds .*; write device='auto'"),
    ],
)
def test_devices_that_are_not(device, message):
    with pytest.raises(ValueError, match=f"SoftmaxClassifier: .*{message}"):
        SoftmaxClassifier(device=device).fit(*data())


def test_all_that_there_are_are_named(gpus, monkeypatch):
    gpus(2)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert device_for("Owner", "cuda:1") == "cuda:1"
    with pytest.raises(ValueError, match="torch finds 'cuda:0' and 'cuda:1' and 'mps'; write"):
        device_for("Owner", "cuda:2")


@pytest.mark.skipif(torch.backends.mps.is_available(), reason="this is a Mac with such a device")
def test_no_mps():
    with pytest.raises(ValueError, match="device='mps', but torch finds"):
        SoftmaxClassifier(device="mps").fit(*data())


# --------------------------------------------------------------------------- pickles


def test_where_a_pickle_goes(gpus):
    gpus(2)
    assert [at_hand(device) for device in ("cpu", "cuda", "cuda:1", "cuda:3")] == [
        *("cpu", "cuda", "cuda:1"),
        "cuda",
    ]
    gpus(0)
    assert at_hand("cuda:1") == "cpu"


def from_a_gpu(model):
    """Return the pickle of a model as it would have been written on a machine with GPUs."""
    model = copy.deepcopy(model)
    model.net_.device = "cuda:1"
    return pickle.dumps(model)


@no_gpu
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_a_pickle_from_a_gpu_is_read_where_there_is_none(model):
    """And it predicts, and training goes on with it."""
    X, y = data()
    model = clone(model).set_params(random_state=0).partial_fit(X, y)
    read = pickle.loads(from_a_gpu(model))
    assert read.net_.device == "cpu"
    assert np.array_equal(read.decision_function(X), model.decision_function(X))
    assert read.partial_fit(X, y).loss_curve_ == model.partial_fit(X, y).loss_curve_


@no_gpu
def test_with_all_that_a_state_may_hold():
    X, y = data()
    model = MLPNetClassifier(
        precision="mixed", early_stopping=True, norm="batch", dropout=0.2, random_state=0
    )
    for _ in range(3):
        model.partial_fit(X, y)
    read = pickle.loads(from_a_gpu(model))
    assert read.partial_fit(X, y).loss_curve_ == model.partial_fit(X, y).loss_curve_
    assert read.validation_loss_curve_ == model.validation_loss_curve_


def test_a_state_moves_to_the_device_of_the_thread(monkeypatch):
    """That a search gives it; what was named stays where it is. "cpu:0" stands for a GPU."""
    X, y = data()
    named = LeNetClassifier(device="cpu:0", random_state=0).partial_fit(X, y)
    assert pickle.loads(pickle.dumps(named)).net_.device == "cpu:0"
    free = copy.deepcopy(named).set_params(device="auto")
    monkeypatch.setattr("skhpo.neural.base.device_for", lambda owner, value: "cpu")
    moved = pickle.loads(pickle.dumps(free))
    assert moved.net_.device == "cpu"
    assert np.array_equal(moved.decision_function(X), named.decision_function(X))
    assert moved.partial_fit(X, y).loss_curve_ == named.partial_fit(X, y).loss_curve_
