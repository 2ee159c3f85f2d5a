"""Mixed precision: as good as single, with weights, losses and predictions in float32."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from neural_parts import MODELS, digits, name_of
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo import Float, HalvingSearchCV  # noqa: E402
from skhpo.neural import (  # noqa: E402
    ConvNetClassifier,
    LeanNet,
    LeNetClassifier,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
    TransferClassifier,
    precision,
)

#: Enough for each model to come near to what it can.
EPOCHS = {"LeNetClassifier": 5, "ConvNetClassifier": 6}


@pytest.fixture(params=["bfloat16", "float16"])
def short(request, monkeypatch):
    """Each kind of 16 bits, as if the CPU were a GPU that prefers it."""
    dtype = getattr(torch, request.param)
    monkeypatch.setattr(precision, "_short_dtype", lambda device: dtype)
    return dtype


def data(n=200):
    X, y = digits()
    return X[:n], y[:n]


def mixed(model, **settings):
    return clone(model).set_params(precision="mixed", random_state=0, **settings)


def weights_of(model):
    return model.net_.module_.state_dict()


@pytest.mark.filterwarnings("ignore")
def test_check_estimator():
    outcomes = check_estimator(
        mixed(SoftmaxClassifier(), max_epochs=5), on_skip=None, on_fail="raise"
    )
    assert len(outcomes) > 40


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_as_good_as_single(model):
    X, y = digits()
    epochs = EPOCHS.get(name_of(model), 10)
    scores, curves = [], []
    for kind in ("single", "mixed"):
        fitted = mixed(model, max_epochs=epochs).set_params(precision=kind).fit(X[:900], y[:900])
        scores.append(fitted.score(X[900:], y[900:]))
        curves.append(fitted.loss_curve_)
    assert min(scores) > 0.75
    assert scores[1] > scores[0] - 0.03
    np.testing.assert_allclose(curves[1][0], curves[0][0], rtol=0.02)
    assert curves[0] != curves[1]


def test_weights_and_losses_are_single(short):
    """Moments of the optimiser and gradients, too; and 16 bits are what the layers see."""
    X, y = data()
    model = mixed(MLPNetClassifier(), max_epochs=1, optimizer="adam").fit(X, y)
    module, seen = model.net_.module_, set()
    layer = next(layer for layer in module.modules() if isinstance(layer, torch.nn.Linear))
    hook = layer.register_forward_hook(lambda layer, inputs, output: seen.add(output.dtype))
    model.partial_fit(X, y)
    assert seen == {short}
    seen.clear()
    assert model.predict_proba(X).dtype == np.float32
    assert seen == {torch.float32}
    hook.remove()
    state = model.net_.optimizer_.state.values()
    tensors = [*weights_of(model).values(), *(weight.grad for weight in module.parameters())]
    tensors += [tensor for moments in state for tensor in moments.values()]
    assert {tensor.dtype for tensor in tensors} == {torch.float32}
    assert not torch.is_autocast_enabled("cpu")


def test_losses_do_not_know_16_bits(short):
    X, y = data()
    seen = []

    class Loss(torch.nn.CrossEntropyLoss):
        def forward(self, outputs, labels):
            seen.append(outputs.dtype)
            return super().forward(outputs, labels)

    net = LeanNet(
        torch.nn.Linear,
        criterion=Loss,
        precision="mixed",
        module__in_features=64,
        module__out_features=10,
    )
    net.partial_fit(X.reshape(len(X), -1), y, epochs=1)
    assert set(seen) == {torch.float32}


@pytest.mark.parametrize(
    "model",
    [
        MLPNetClassifier(width=16, norm="batch", dropout=0.3, schedule="onecycle"),
        LeNetClassifier(dropout=0.2),
        RFFSVMClassifier(n_components=50),
        ConvNetClassifier(width=4, optimizer="sgd"),
    ],
    ids=name_of,
)
def test_exact_resume(model, short):
    """The factor of float16 is part of the state: it decides which steps are left out."""
    X, y = data()
    model = mixed(model, max_epochs=4)
    straight, broken = clone(model).fit(X, y), clone(model)
    for epoch in range(4):
        broken = pickle.loads(pickle.dumps(broken.partial_fit(X, y)))
        torch.rand(epoch)
    assert broken.loss_curve_ == straight.loss_curve_
    assert all(
        torch.equal(mine, its)
        for mine, its in zip(
            weights_of(broken).values(), weights_of(straight).values(), strict=True
        )
    )
    states = [each.net_.arithmetic_.state_dict() for each in (broken, straight)]
    assert states[0] == states[1]
    assert bool(states[0]) == (short is torch.float16)


def test_a_factor_that_is_too_great_is_found_out(monkeypatch):
    """Steps with infinite gradients are left out, and the factor halved, until they are finite."""
    monkeypatch.setattr(precision, "_short_dtype", lambda device: torch.float16)
    X, y = data()
    model = mixed(MLPNetClassifier(), lr=1e-3, max_epochs=1).fit(100 * X, y)
    first = model.net_.arithmetic_.state_dict()["scale"]
    assert first < 65536
    again = pickle.loads(pickle.dumps(model))
    assert again.net_.arithmetic_.state_dict()["scale"] == first
    assert np.isfinite(again.partial_fit(100 * X, y).loss_curve_).all()


def test_a_state_goes_from_one_kind_to_the_other(monkeypatch):
    """From an old GPU to a new one, or to a CPU."""
    X, y = data()
    for kinds in ((torch.float16, torch.bfloat16), (torch.bfloat16, torch.float16)):
        monkeypatch.setattr(precision, "_short_dtype", lambda device, kinds=kinds: kinds[0])
        model = mixed(SoftmaxClassifier()).partial_fit(X, y)
        content, expected = pickle.dumps(model), model.decision_function(X)
        monkeypatch.setattr(precision, "_short_dtype", lambda device, kinds=kinds: kinds[1])
        other = pickle.loads(content)
        assert np.array_equal(other.decision_function(X), expected)
        assert len(other.partial_fit(X, y).loss_curve_) == 2


def test_single_is_what_it_was():
    """Not a bit of difference between leaving it out and writing the default."""
    X, y = data()
    found = [
        MLPNetClassifier(max_epochs=2, random_state=0, **settings).fit(X, y).decision_function(X)
        for settings in ({}, {"precision": "single"})
    ]
    assert np.array_equal(*found)


def test_angles_of_fourier_features_are_single():
    X, y = data()
    module = RFFSVMClassifier(max_epochs=1, random_state=0).fit(X, y).net_.module_
    rows = torch.from_numpy(X.reshape(len(X), -1))
    with torch.no_grad():
        outside = module(rows), module[0](rows)
        with torch.autocast("cpu", torch.bfloat16):
            inside = module(rows), module[0](rows)
    assert [outputs.dtype for outputs in inside] == [torch.bfloat16, torch.float32]
    assert torch.equal(inside[1], outside[1])


@pytest.mark.parametrize("blocks", [0, 1])
def test_transfer(torchvision, blocks):
    X, y = data(40)
    model = mixed(TransferClassifier("shufflenet_v2_x0_5", trained_blocks=blocks, max_epochs=3))
    model.fit(X, y)
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert {value.dtype for value in weights_of(model).values()} <= {torch.float32, torch.int64}


def test_in_a_search():
    X, y = data()
    search = HalvingSearchCV(
        MLPNetClassifier(width=16, random_state=0),
        {"lr": Float(1e-3, 1e-2, log=True), "precision": ["single", "mixed"]},
        resource="epochs",
        max_resources=3,
        n_candidates=4,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert set(search.cv_results_["status"]) == {"completed"}
    assert set(search.cv_results_["param_precision"]) == {"single", "mixed"}


@pytest.mark.parametrize("value", ["mixd", "half", None, 16, True])
def test_bad_precision(value):
    hint = ". Did you mean 'mixed'" if value == "mixd" else ""
    with pytest.raises(ValueError, match=f"precision={value!r} is not known{hint}"):
        SoftmaxClassifier(precision=value).fit(*data())


def test_devices_it_is_not_for():
    with pytest.raises(ValueError, match="for CPUs and GPUs of CUDA, not for 'mps'"):
        precision.Mixed(torch.device("mps"))
