"""The models are scikit-learn's classifiers: its own suite, data of all kinds, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from neural_parts import MODELS, digits, fashion, name_of
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.neural import (  # noqa: E402
    ConvNetClassifier,
    ElasticNetSGDClassifier,
    LeNetClassifier,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)
from skhpo.neural.schedules import Cosine  # noqa: E402

#: Settings with which a few epochs are enough for easy data.
QUICK = {
    SoftmaxClassifier: {"max_epochs": 5},
    ElasticNetSGDClassifier: {"max_epochs": 5},
    RFFSVMClassifier: {"max_epochs": 5, "n_components": 100},
    LeNetClassifier: {"max_epochs": 3, "lr": 3e-3, "batch_size": 32},
    MLPNetClassifier: {"max_epochs": 4, "lr": 5e-3},
    ConvNetClassifier: {"max_epochs": 3, "lr": 1e-2},
}

CONVOLUTIONAL = [LeNetClassifier(), ConvNetClassifier(width=8)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_check_estimator(model):
    # there are a hundred fits, and some of them have to be good
    model = clone(model).set_params(**QUICK[type(model)])
    outcomes = check_estimator(model, on_skip=None, on_fail="raise")
    assert len(outcomes) > 40
    assert {outcome["status"] for outcome in outcomes} <= {"passed", "skipped"}
    skipped = {o["check_name"] for o in outcomes if o["status"] == "skipped"}
    assert skipped <= {"check_array_api_input"}  # scipy must be told of it when it is imported


@pytest.mark.parametrize(
    ("model", "least"),
    [
        (SoftmaxClassifier(), 0.9),
        (ElasticNetSGDClassifier(), 0.9),
        (RFFSVMClassifier(), 0.93),
        (LeNetClassifier(max_epochs=6), 0.9),
        (LeNetClassifier(variant="classic", lr=5e-3, batch_size=32, max_epochs=15), 0.4),
        (MLPNetClassifier(), 0.92),
        (MLPNetClassifier(depth=0, lr=1e-2), 0.9),
        (MLPNetClassifier(depth=3, width=64, activation="gelu", norm="layer", dropout=0.1), 0.92),
        (ConvNetClassifier(max_epochs=10), 0.85),
        (ConvNetClassifier(blocks=4, width=4, kernel_size=2, max_epochs=8), 0.5),
    ],
    ids=str,
)
def test_digits(model, least):
    X, y = digits()
    model = clone(model).set_params(random_state=0).fit(X[:900], y[:900])
    assert model.score(X[900:], y[900:]) > least


def test_defaults_on_clothes():
    """A real set of images, as bytes; few epochs."""
    images, labels = fashion()
    X, X_out, y, y_out = train_test_split(
        images, labels, train_size=2000, test_size=1000, stratify=labels, random_state=0
    )
    least = {
        SoftmaxClassifier: 0.76,
        ElasticNetSGDClassifier: 0.76,
        RFFSVMClassifier: 0.76,
        MLPNetClassifier: 0.77,
    }
    for cls, score in least.items():
        assert cls(max_epochs=5, random_state=0).fit(X, y).score(X_out, y_out) > score, cls
    lenet = LeNetClassifier(max_epochs=2, random_state=0).fit(X, y)
    assert lenet.score(X_out, y_out) > 0.7


@pytest.mark.parametrize("C", [0.01, 0.1, 1.0, 10.0, 100.0])
def test_the_whole_range_of_c_is_usable(C):
    X, y = digits()
    model = RFFSVMClassifier(C=C, max_epochs=10, random_state=0).fit(X[:900], y[:900])
    assert model.score(X[900:], y[900:]) > 0.8


@pytest.mark.parametrize("model", MODELS, ids=name_of)
@pytest.mark.parametrize("labels", ["strings", "objects", "negative", "two", "booleans"])
def test_any_labels(model, labels):
    X, y = digits()
    named = {
        "strings": np.array([f"class {label}" for label in y]),
        "objects": np.array([f"class {label}" for label in y], dtype=object),
        "negative": -3 * y,
        "two": np.where(y < 5, "low", "high"),
        "booleans": y % 2 == 0,
    }[labels]
    model = clone(model).set_params(random_state=0, max_epochs=2).fit(X[:200], named[:200])
    found = model.predict(X)
    assert set(np.unique(found)) <= set(np.unique(named))
    assert found.dtype.kind == named.dtype.kind
    n_classes = len(np.unique(named))
    decision = model.decision_function(X)
    assert decision.shape == ((len(X),) if n_classes == 2 else (len(X), n_classes))
    if n_classes == 2:
        assert np.array_equal(model.classes_[(decision > 0).astype(int)], found)
    if isinstance(model, (ElasticNetSGDClassifier, RFFSVMClassifier)):
        assert not hasattr(model, "predict_proba")  # a hinge loss says nothing of probabilities
    else:
        probabilities = model.predict_proba(X)
        assert np.array_equal(model.classes_[probabilities.argmax(axis=1)], found)
        np.testing.assert_allclose(np.log(probabilities), model.predict_log_proba(X), atol=1e-4)


def trained(model, X, y):
    return clone(model).set_params(random_state=0, max_epochs=1).fit(X, y)


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_images_are_what_their_rows_are(model):
    X, y = (part[:200] for part in digits())
    rows = X.reshape(200, -1)
    expected = trained(model, X, y).decision_function(X)
    for other in (X[:, None], rows, rows.astype(np.float64), np.asfortranarray(rows)):
        assert np.array_equal(trained(model, other, y).decision_function(other), expected)
    assert np.array_equal(trained(model, X, y).decision_function(rows), expected)
    assert trained(model, X[:, None], y).n_features_in_ == 64


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_bytes_are_divided_by_255(model):
    """Once training data came as bytes, the same numbers mean the same in any type."""
    X, y = (part[:200] for part in digits())
    stored = (X * 255).astype(np.uint8)
    fitted = trained(model, stored, y)
    expected = trained(model, stored / np.float32(255), y)
    assert fitted.scale_ == 255
    assert expected.scale_ == 1
    decision = expected.decision_function(stored / np.float32(255))
    for same in (stored, stored.astype(np.float64)):
        assert np.array_equal(fitted.decision_function(same), decision)
    frame = pd.DataFrame(stored.reshape(200, -1)).add_prefix("pixel")
    assert trained(model, frame, y).scale_ == 255
    assert list(trained(model, frame, y).feature_names_in_[:2]) == ["pixel0", "pixel1"]


@pytest.mark.parametrize("model", CONVOLUTIONAL, ids=name_of)
@pytest.mark.parametrize("shape", [(3, 16, 20), (40, 7), (1, 1, 1), (5,), (1,), (12,), (2, 30, 30)])
def test_images_of_any_size(model, shape):
    X = np.random.default_rng(0).random((30, *shape))
    y = np.arange(30) % 3
    model = trained(model, X, y)
    assert model.predict(X).shape == (30,)
    assert model.shape_ == shape


def test_rows_can_be_images_of_a_shape_that_is_named():
    X = np.random.default_rng(0).random((30, 60))
    y = np.arange(30) % 3
    for shape in ((6, 10), (1, 6, 10), [6, 10], (3, 4, 5)):
        model = trained(ConvNetClassifier(image_shape=shape), X, y)
        images = X.reshape(30, *shape)
        same = trained(ConvNetClassifier(), images, y)
        assert np.array_equal(model.decision_function(X), same.decision_function(images))


@pytest.mark.parametrize("n", [33, 65, 1 + 2 * 32])
def test_a_last_batch_of_one_sample(n):
    """Batch normalisation has no variance of one sample."""
    X, y = digits()
    for model in (MLPNetClassifier(norm="batch"), ConvNetClassifier(width=4), LeNetClassifier()):
        model.set_params(batch_size=32, max_epochs=2).fit(X[:n], y[:n])
        assert np.isfinite(model.decision_function(X[:1])).all()


def test_partial_fit_may_see_classes_later():
    X, y = digits()
    X, y = X[np.argsort(y)], np.sort(y)
    model = SoftmaxClassifier(random_state=0)
    model.partial_fit(X[:100], y[:100], classes=[9, *range(10)])
    assert list(model.classes_) == list(range(10))
    for _ in range(5):
        model.partial_fit(X, y)
    assert model.score(X, y) > 0.85
    with pytest.raises(ValueError, match="the label 11, which is not one of the classes"):
        model.partial_fit(X[:2], [0, 11])
    with pytest.raises(ValueError, match=r"the label -1, which"):
        model.partial_fit(X[:2], [0, -1])
    with pytest.raises(ValueError, match="is not what the first call of partial_fit was told"):
        model.partial_fit(X, y, classes=[0, 1])
    assert len(model.fit(X, y).loss_curve_) == 20  # from the beginning


def test_parameters_are_heeded_at_each_epoch():
    X, y = digits()
    model = LeNetClassifier(optimizer="sgd", schedule=Cosine(), random_state=0).partial_fit(X, y)
    model.set_params(lr=0.5, momentum=0.3, weight_decay=0.01, batch_size=900, dropout=0.7)
    model.partial_fit(X, y)
    group = model.net_.optimizer_.param_groups[0]
    assert group["lr"] == pytest.approx(0.5 * Cosine().factor(1 / 20, []))
    assert (group["momentum"], group["weight_decay"]) == (0.3, 0.01)
    assert model.net_.history[-1, "train_batch_count"] == 2
    layers = model.net_.module_.modules()
    assert {layer.p for layer in layers if type(layer).__name__ == "Dropout"} == {0.7}


def test_penalties():
    X, y = digits()
    for cls, weak, strong in (
        (ElasticNetSGDClassifier, {"alpha": 0}, {"alpha": 0.1, "l1_ratio": 0.0}),
        (ElasticNetSGDClassifier, {"alpha": 0}, {"alpha": 0.1, "l1_ratio": 1.0}),
        (RFFSVMClassifier, {"C": 1000.0}, {"C": 1e-3}),
    ):
        norms = [
            sum(
                float(parameter.detach().norm())
                for parameter in cls(max_epochs=5, random_state=0, **params)
                .fit(X, y)
                .net_.module_.parameters()
            )
            for params in (weak, strong)
        ]
        assert norms[1] < 0.7 * norms[0]


def test_the_objective_is_that_of_the_docstring():
    X, y = (part[:100] for part in digits())
    model = ElasticNetSGDClassifier(lr=1e-9, batch_size=100, alpha=0.3, l1_ratio=0.2)
    model.partial_fit(X, y)
    f = model.decision_function(X).astype(float)
    hinge = np.maximum(0, 1 - f[np.arange(100), y][:, None] + f)
    hinge[np.arange(100), y] = 0
    W = model.net_.module_.weight.detach().double().numpy()
    penalty = 0.3 * (0.2 * abs(W).sum() + 0.8 / 2 * (W**2).sum())
    assert model.loss_curve_[0] == pytest.approx(hinge.sum(axis=1).mean() / 10 + penalty, rel=1e-4)


def test_fourier_features_are_the_gaussian_kernel():
    X, y = (part[:60].reshape(60, -1) for part in digits())
    model = RFFSVMClassifier(n_components=20_000, max_epochs=1, random_state=0).fit(X, y.ravel())
    assert model.gamma_ == pytest.approx(1 / (64 * X.var()), rel=1e-4)
    with torch.no_grad():
        features = model.net_.module_[0](torch.from_numpy(X)).numpy()
    distances = ((X[:, None] - X) ** 2).sum(axis=2)
    np.testing.assert_allclose(features @ features.T, np.exp(-model.gamma_ * distances), atol=0.05)


def test_in_a_pipeline():
    X, y = digits()
    model = make_pipeline(StandardScaler(), SoftmaxClassifier(random_state=0))
    assert model.fit(X.reshape(len(X), -1), y).score(X.reshape(len(X), -1), y) > 0.95


# ------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (SoftmaxClassifier(lr=0), "SoftmaxClassifier: lr must be a number greater than 0, got 0"),
        (SoftmaxClassifier(lr="fast"), "lr must be a number"),
        (SoftmaxClassifier(batch_size=0.5), "batch_size must be an integer of 1 or more"),
        (SoftmaxClassifier(max_epochs=0), "max_epochs must be an integer of 1 or more"),
        (SoftmaxClassifier(momentum=1), "momentum must be a number 0 or more and less than 1"),
        (SoftmaxClassifier(weight_decay=-1), "weight_decay must be a number 0 or more"),
        (SoftmaxClassifier(optimizer="adma"), "optimizer='adma' is not known. Did you mean 'adam'"),
        (SoftmaxClassifier(schedule="cosin"), "schedule='cosin' is not known. Did you mean"),
        (SoftmaxClassifier(device="gpu9"), "device='gpu9' is not known"),
        (SoftmaxClassifier(random_state=-1), "random_state must be an integer of 0 or more"),
        (ElasticNetSGDClassifier(alpha=-1), "alpha must be a number 0 or more"),
        (ElasticNetSGDClassifier(l1_ratio=1.5), "l1_ratio must be a number 0 or more and at most"),
        (RFFSVMClassifier(C=0), "C must be a number greater than 0"),
        (RFFSVMClassifier(gamma="auto"), "gamma must be 'scale' or a number greater than 0"),
        (RFFSVMClassifier(gamma=-1), "gamma must be a number greater than 0"),
        (RFFSVMClassifier(n_components=0), "n_components must be an integer"),
        (LeNetClassifier(variant="clasic"), "variant='clasic' is not known. Did you mean 'classic"),
        (LeNetClassifier(dropout=1), "dropout must be a number 0 or more and less than 1"),
        (LeNetClassifier(image_shape=8), r"image_shape must be \(height, width\)"),
        (LeNetClassifier(image_shape=(9, 9)), r"image_shape=\(9, 9\), but samples have the shape"),
        (LeNetClassifier(image_shape=(4, 16)), r"samples have the shape \(8, 8\)"),
        (MLPNetClassifier(depth=-1), "depth must be an integer of 0 or more"),
        (MLPNetClassifier(activation="rellu"), "activation='rellu' is not known. Did you mean"),
        (MLPNetClassifier(norm="bach"), "norm='bach' is not known. Did you mean 'batch'"),
        (ConvNetClassifier(blocks=0), "blocks must be an integer of 1 or more"),
    ],
    ids=str,
)
def test_bad_parameters(model, message):
    X, y = digits()
    with pytest.raises(ValueError, match=message):
        model.fit(X[:50], y[:50])
    with pytest.raises(ValueError, match=message):
        clone(model).partial_fit(X[:50], y[:50])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"optimizer": torch.nn.Linear}, "or a class such as"),
        ({"optimizer": 3}, "or a class such as"),
        ({"schedule": 0.1}, r"an object of skhpo.neural.schedules such as"),
    ],
)
def test_parameters_of_another_kind(params, message):
    X, y = digits()
    with pytest.raises(TypeError, match=message):
        SoftmaxClassifier(**params).fit(X, y)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu():
    X, y = digits()
    with pytest.raises(ValueError, match="torch finds no GPU; write device='auto'"):
        SoftmaxClassifier(device="cuda").fit(X, y)


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_bad_data(model):
    X, y = digits()
    X, y = X[:50], y[:50]
    with pytest.raises(TypeError, match="Sparse data was passed"):
        model.fit(sparse.csr_matrix(X.reshape(50, -1)), y)
    with pytest.raises(ValueError, match="dim 5"):
        model.fit(X[:, None, None], y)
    with pytest.raises(ValueError, match="NaN"):
        model.fit(np.where(X > 0.9, np.nan, X), y)
    with pytest.raises(ValueError, match="needs samples of at least 2 classes, got 1 class: 4"):
        model.fit(X, np.full(50, 4))
    fitted = trained(model, X, y)
    with pytest.raises(ValueError, match=r"samples of shape \(4, 16\), but .* trained on \(8, 8\)"):
        fitted.predict(X.reshape(50, 4, 16))
    with pytest.raises(ValueError, match="64 features"):
        fitted.predict(X.reshape(50, -1)[:, :5])
    with pytest.warns(DataConversionWarning):
        trained(model, X, y[:, None])
