"""On a GPU: the same training, to rounding; several trials on one; pickles that leave it."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
from neural_parts import MODELS, digits, name_of
from sklearn.base import clone

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
skorch = pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo import Float, HalvingSearchCV, RandomSearchCV  # noqa: E402
from skhpo.execution import ThreadExecutor, devices, end_idle_workers  # noqa: E402
from skhpo.neural import (  # noqa: E402
    ConvNetClassifier,
    ElasticNetSGDClassifier,
    LeNetClassifier,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
    TransferClassifier,
    precision,
)
from skhpo.trial import Report, Task  # noqa: E402

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")

several_gpus = pytest.mark.skipif(torch.cuda.device_count() < 2, reason="there are not two GPUs")

EPOCHS = 4

#: What the state of training consists of, in one kind of model or the other.
STATES = {
    "softmax": SoftmaxClassifier(schedule="onecycle"),
    "batch-norm": MLPNetClassifier(width=16, norm="batch", dropout=0.3, schedule="plateau"),
    "early-stopping": MLPNetClassifier(width=16, early_stopping=True),
    "fourier": RFFSVMClassifier(n_components=50),
}


@pytest.fixture(autouse=True)
def reproducible():
    """The same convolutions each time, in float32: by default they have fewer bits."""
    cudnn = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.allow_tf32
    cudnn.deterministic, cudnn.allow_tf32 = True, False
    yield
    cudnn.deterministic, cudnn.allow_tf32 = before
    end_idle_workers()


@pytest.fixture(params=["bfloat16", "float16"])
def short(request, monkeypatch):
    """Each kind of 16 bits, whatever this GPU prefers."""
    dtype = getattr(torch, request.param)
    if dtype is torch.bfloat16 and torch.cuda.get_device_capability() < (8, 0):
        pytest.skip("this GPU does not know bfloat16")
    monkeypatch.setattr(precision, "_short_dtype", lambda device: dtype)
    return dtype


def data(n=300):
    X, y = digits()
    return X[:n], y[:n]


def place(model):
    return next(model.net_.module_.parameters()).device.type


def without_dropout(model):
    """A GPU draws other random numbers than a CPU."""
    return {"dropout": 0.0} if "dropout" in model.get_params() else {}


def same(one, other, **tolerance):
    X, _ = data()
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, **tolerance)
    np.testing.assert_allclose(one.decision_function(X), other.decision_function(X), **tolerance)


# --------------------------------------------------------------------------- training


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_what_a_cpu_learns(model):
    X, y = data()
    settings = {"max_epochs": EPOCHS, "random_state": 0, **without_dropout(model)}
    fitted = {
        device: clone(model).set_params(device=device, **settings).fit(X, y)
        for device in ("cpu", "cuda", "auto")
    }
    assert [place(model) for model in fitted.values()] == ["cpu", "cuda", "cuda"]
    cpu, gpu = fitted["cpu"], fitted["cuda"]
    np.testing.assert_allclose(gpu.loss_curve_, cpu.loss_curve_, rtol=1e-2)
    assert np.mean(gpu.predict(X) == cpu.predict(X)) > 0.97
    same(gpu, fitted["auto"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("blocks", [0, 1])
def test_transfer(torchvision, blocks):
    X, y = data(60)
    model = TransferClassifier("resnet18", trained_blocks=blocks, max_epochs=EPOCHS, random_state=0)
    cpu, gpu = (clone(model).set_params(device=device).fit(X, y) for device in ("cpu", "cuda"))
    assert (place(cpu), place(gpu)) == ("cpu", "cuda")
    np.testing.assert_allclose(gpu.loss_curve_, cpu.loss_curve_, rtol=0.05)
    read = pickle.loads(pickle.dumps(gpu))
    np.testing.assert_allclose(
        read.decision_function(X), gpu.decision_function(X), rtol=1e-3, atol=1e-4
    )


def resumed(model, X, y):
    """Train epoch by epoch, through a pickle each time."""
    for epoch in range(model.max_epochs):
        model = pickle.loads(pickle.dumps(model.partial_fit(X, y)))
        assert place(model) == "cuda"
        torch.rand(1 + epoch, device="cuda")  # others draw, too
    return model


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("device", ["auto", "cuda:0"])
def test_exact_resume(name, device):
    X, y = data()
    model = clone(STATES[name]).set_params(max_epochs=6, random_state=0, device=device)
    straight, broken = clone(model).fit(X, y), resumed(clone(model), X, y)
    same(broken, straight, rtol=0, atol=0)


@pytest.mark.parametrize("model", [LeNetClassifier(dropout=0.2), ConvNetClassifier(width=4)])
def test_resume_of_convolutions(model):
    """Sums over images may be made in another order each time."""
    X, y = data()
    model = clone(model).set_params(max_epochs=EPOCHS, random_state=0)
    same(resumed(clone(model), X, y), clone(model).fit(X, y), rtol=1e-3, atol=1e-4)


def test_random_numbers_of_the_gpu_are_left_alone():
    X, y = data()
    torch.cuda.manual_seed(3)
    expected = torch.rand(4, device="cuda")
    torch.cuda.manual_seed(3)
    MLPNetClassifier(dropout=0.5, max_epochs=2, random_state=0).fit(X, y).predict(X)
    assert torch.equal(torch.rand(4, device="cuda"), expected)


@pytest.mark.parametrize("cls", [SoftmaxClassifier, ElasticNetSGDClassifier, RFFSVMClassifier])
def test_a_population_in_one_program(cls):
    X, y = data()
    model = cls(random_state=0, max_epochs=EPOCHS)
    rates = [model.lr / 4, model.lr / 2, model.lr]
    together = [clone(model).set_params(lr=lr) for lr in rates]
    assert cls.partial_fit_together(together, X, y, epochs=EPOCHS) == [None] * 3
    for lr, member in zip(rates, together, strict=True):
        assert place(member) == "cuda"
        same(member, clone(model).set_params(lr=lr).fit(X, y), rtol=1e-2, atol=1e-3)


# --------------------------------------------------------------------------- mixed precision


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_mixed_precision(model, short):
    X, y = digits()
    single, mixed = (
        clone(model).set_params(precision=kind, max_epochs=8, random_state=0).fit(X[:900], y[:900])
        for kind in ("single", "mixed")
    )
    assert mixed.score(X[900:], y[900:]) > single.score(X[900:], y[900:]) - 0.04
    assert {weight.dtype for weight in mixed.net_.module_.parameters()} == {torch.float32}
    assert bool(mixed.net_.arithmetic_.state_dict()) == (short is torch.float16)


@pytest.mark.parametrize("name", STATES)
def test_exact_resume_in_mixed_precision(name, short):
    X, y = data()
    model = clone(STATES[name]).set_params(max_epochs=6, random_state=0, precision="mixed")
    straight, broken = clone(model).fit(X, y), resumed(clone(model), X, y)
    same(broken, straight, rtol=0, atol=0)
    assert broken.net_.arithmetic_.state_dict() == straight.net_.arithmetic_.state_dict()


# --------------------------------------------------------------------------- pickles

READ = """
import pickle, sys
import numpy as np
import torch
assert not torch.cuda.is_available()
with open(sys.argv[1], "rb") as file:
    model = pickle.load(file)
assert model.net_.device == "cpu"
X, y = np.load(sys.argv[2]), np.load(sys.argv[3])
np.save(sys.argv[4], model.decision_function(X))
model.partial_fit(X, y)
assert np.isfinite(model.loss_curve_).all()
"""


@pytest.mark.parametrize(
    "model",
    [
        LeNetClassifier(),
        MLPNetClassifier(norm="batch", early_stopping=True, precision="mixed"),
        SoftmaxClassifier(device="cuda:0"),
    ],
    ids=name_of,
)
def test_a_pickle_is_read_where_there_is_no_gpu(model, tmp_path):
    X, y = data(100)
    model = clone(model).set_params(random_state=0, max_epochs=2).fit(X, y)
    files = [str(tmp_path / name) for name in ("model", "X.npy", "y.npy", "found.npy")]
    with open(files[0], "wb") as file:
        pickle.dump(model, file)
    np.save(files[1], X)
    np.save(files[2], y)
    subprocess.run(
        [sys.executable, "-c", READ, *files],
        env={**os.environ, "CUDA_VISIBLE_DEVICES": ""},
        check=True,
    )
    np.testing.assert_allclose(np.load(files[3]), model.decision_function(X), rtol=1e-2, atol=1e-3)


# --------------------------------------------------------------------------- searches


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_two_trials_on_one_gpu(backend):
    X, y = data()
    search = HalvingSearchCV(
        MLPNetClassifier(width=16, dropout=0.2, random_state=0),
        {"lr": Float(1e-3, 1e-2, log=True)},
        resource="epochs",
        max_resources=4,
        n_candidates=4,
        cv=2,
        random_state=0,
    )
    found = {}
    for n_jobs in (1, 2):
        with joblib.parallel_config(backend):
            found[n_jobs] = clone(search).set_params(n_jobs=n_jobs).fit(X, y)
    assert set(found[2].cv_results_["status"]) == {"completed"}
    assert place(found[2].best_estimator_) == "cuda"
    np.testing.assert_allclose(
        found[2].cv_results_["mean_test_score"],
        found[1].cv_results_["mean_test_score"],
        atol=0.02,
    )


class Hidden(torch.nn.Module):
    """A module of a user's own."""

    def __init__(self, units=8):
        super().__init__()
        first, last = torch.nn.Linear(64, units), torch.nn.Linear(units, 10)
        self.layers = torch.nn.Sequential(torch.nn.Flatten(), first, torch.nn.ReLU(), last)

    def forward(self, X):
        return self.layers(X)


def test_nets_of_users():
    X, y = data()
    net = skorch.NeuralNetClassifier(
        Hidden,
        criterion=torch.nn.CrossEntropyLoss,
        device="cuda",
        train_split=None,
        verbose=0,
        max_epochs=2,
    )
    search = RandomSearchCV(net, {"lr": Float(1e-2, 1.0)}, n_iter=3, cv=2, n_jobs=2, random_state=0)
    search.fit(X, y.astype(np.int64))
    assert set(search.cv_results_["status"]) == {"completed"}


def test_memory_is_given_back():
    array = torch.zeros(2**24, device="cuda")
    before = torch.cuda.memory_reserved()
    del array
    devices.release_memory()
    assert torch.cuda.memory_reserved() < before


@several_gpus
def test_threads_train_on_their_own_gpus():
    X, y = data()
    n_gpus = torch.cuda.device_count()

    def evaluate(task):
        model = MLPNetClassifier(max_epochs=1, dropout=0.2, random_state=0).fit(X, y)
        users = torch.zeros(1, device="cuda")
        return Report(scores={"net": model.net_.device, "users": str(users.device)})

    executor = ThreadExecutor(n_gpus)
    executor.start(evaluate)
    for number in range(n_gpus):
        executor.submit(Task(number, 0, None, {}))
    reports = [executor.next_completed()[1] for _ in range(n_gpus)]
    executor.close()
    assert {report.status for report in reports} == {"completed"}
    assert all(report.scores["net"] == report.scores["users"] for report in reports)


@several_gpus
def test_a_state_goes_on_on_the_gpu_of_another_thread():
    X, y = data()
    model = MLPNetClassifier(max_epochs=2, dropout=0.2, random_state=0)
    straight = clone(model).fit(X, y)
    with devices.assigned(1):
        content = pickle.dumps(clone(model).partial_fit(X, y))
    with devices.assigned(0):
        broken = pickle.loads(content)
        assert broken.net_.device == "cuda:0"
        broken.partial_fit(X, y)
    torch.cuda.set_device(0)
    same(broken, straight, rtol=1e-4, atol=1e-5)
