"""Nets stop when the loss on samples they do not learn from falls no longer, with the best weights."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from neural_parts import MODELS, digits, name_of
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
skorch = pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo import EarlyStopping, HalvingSearchCV, RandomSearchCV  # noqa: E402
from skhpo.exceptions import DivergedError, ResourceError  # noqa: E402
from skhpo.neural import (  # noqa: E402
    LeanNet,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)
from skhpo.resources import Epochs, TrainingSet  # noqa: E402

STOPPING = EarlyStopping(patience=2, validation_fraction=0.25)


def data(n=120):
    X, y = digits()
    return X[:n].reshape(n, -1), y[:n]


def overfitting(**settings):
    """Too large a step for so few samples: its validation loss soon rises."""
    return MLPNetClassifier(
        lr=0.02, width=32, depth=1, max_epochs=40, dropout=0.2, early_stopping=STOPPING,
        random_state=0,
    ).set_params(**settings)  # fmt: skip


def parts(model, X, y):
    """The training and the validation part, as the net cuts them."""
    net = model.net_
    codes = np.searchsorted(model.classes_, y)
    return net._parts(net.get_dataset(X.astype(np.float32), codes), model.net_.early_stopping)


def weights(model):
    return [value.clone() for value in model.net_.module_.state_dict().values()]


def same(one, other):
    return all(
        torch.equal(mine, its) for mine, its in zip(weights(one), weights(other), strict=True)
    )


def test_ends_after_patience_with_the_best_weights():
    X, y = data()
    model = overfitting().fit(X, y)
    losses = model.validation_loss_curve_
    assert model.stopped_early_
    assert len(losses) == len(model.loss_curve_) < 40
    assert int(np.argmin(losses)) == len(losses) - 1 - 2
    _, validation = parts(model, X, y)
    chosen = validation.positions.numpy()
    measured = log_loss(y[chosen], model.predict_proba(X[chosen]), labels=model.classes_)
    assert measured == pytest.approx(min(losses), rel=1e-5)
    assert measured < losses[-1]
    alone = clone(model).set_params(max_epochs=int(np.argmin(losses)) + 1).fit(X, y)
    assert same(model, alone)


def test_without_a_stop_the_best_weights_are_kept_too():
    X, y = data()
    model = overfitting(early_stopping=EarlyStopping(100, validation_fraction=0.25), max_epochs=30)
    model.fit(X, y)
    assert not model.stopped_early_
    assert len(model.loss_curve_) == 30
    best = int(np.argmin(model.validation_loss_curve_))
    assert best < 29
    assert same(model, clone(model).set_params(max_epochs=best + 1).fit(X, y))


def test_nothing_is_learnt_from_the_validation_part():
    X, y = data()
    model = overfitting(max_epochs=1).fit(X, y)
    train, validation = (part.positions.numpy() for part in parts(model, X, y))
    assert sorted([*train, *validation]) == list(range(len(X)))
    changed = X.copy()
    changed[validation] = 0.5
    other = clone(model).fit(changed, y)
    assert other.loss_curve_ == model.loss_curve_
    assert other.validation_loss_curve_ != model.validation_loss_curve_
    assert same(model, other)


@pytest.mark.parametrize(
    "settings",
    [{}, {"optimizer": "sgd", "schedule": "plateau"}, {"norm": "batch", "batch_size": 50}],
    ids=["adam", "plateau", "batch-norm"],
)
def test_resume_is_exact_also_where_the_stop_falls_in_between(settings):
    X, y = data()
    model = overfitting(**settings)
    straight = clone(model).fit(X, y)
    broken = clone(model)
    for epoch in range(40):
        broken = pickle.loads(pickle.dumps(broken.partial_fit(X, y)))
        torch.rand(epoch)
        broken.predict(X)
    assert broken.validation_loss_curve_ == straight.validation_loss_curve_
    assert broken.loss_curve_ == straight.loss_curve_
    assert broken.stopped_early_ == straight.stopped_early_
    assert same(broken, straight)


@pytest.mark.parametrize("n_first", [1, 5, 8])
def test_five_and_five_are_ten(n_first):
    X, y = data()
    train = Epochs().train
    model = overfitting(max_epochs=10, early_stopping=EarlyStopping(6, validation_fraction=0.25))
    whole = train(clone(model), TrainingSet(X, y, every_y=y), 10)
    first = train(clone(model), TrainingSet(X, y, every_y=y), n_first)
    second = train(model, TrainingSet(X, y, every_y=y), 10, pickle.loads(pickle.dumps(first)))
    assert same(whole.estimator, second.estimator)
    assert whole.estimator.validation_loss_curve_ == second.estimator.validation_loss_curve_
    assert first.spent + second.spent == whole.spent


def test_spent_is_what_was_trained():
    X, y = data()
    trained = Epochs().train(overfitting(), TrainingSet(X, y, every_y=y), 30)
    n_epochs = len(trained.estimator.loss_curve_)
    assert trained.resource == 30
    assert trained.spent == n_epochs < 30
    more = Epochs().train(overfitting(), TrainingSet(X, y, every_y=y), 40, trained)
    assert more.spent == 0
    assert more.resource == 40


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_every_model(model):
    X, y = data()
    model = clone(model).set_params(early_stopping=STOPPING, max_epochs=2, random_state=0)
    assert len(model.fit(X, y).validation_loss_curve_) == 2
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.decision_function(X), model.decision_function(X))
    assert clone(model).early_stopping == STOPPING


def test_off_is_off():
    X, y = data()
    plain = SoftmaxClassifier(max_epochs=2, random_state=0).fit(X, y)
    for off in (None, False):
        other = clone(plain).set_params(early_stopping=off).fit(X, y)
        assert same(plain, other)
        assert not other.stopped_early_
        assert other.validation_loss_curve_ == []
    assert (
        clone(plain).set_params(early_stopping=True).fit(X, y).net_.early_stopping
        == EarlyStopping()
    )


def test_bad_settings():
    X, y = data(40)
    with pytest.raises(TypeError, match=r"early_stopping must be a EarlyStopping such as .*got 5"):
        SoftmaxClassifier(early_stopping=5).fit(X, y)
    with pytest.raises(ValueError, match="of 2 samples none can be spared"):
        SoftmaxClassifier(early_stopping=True).fit(X[:2], [0, 1])


def test_beyond_the_end_nothing_happens():
    X, y = data()
    model = overfitting().fit(X, y)
    before, n_epochs = weights(model), len(model.loss_curve_)
    model.partial_fit(X, y)
    assert len(model.loss_curve_) == n_epochs
    assert all(torch.equal(one, other) for one, other in zip(before, weights(model), strict=True))
    assert model.net_.latest_ is None


def test_halving_spends_less():
    X, y = data(200)
    search = HalvingSearchCV(
        overfitting(dropout=0.0), {"lr": [0.03, 0.02, 0.05]}, resource="epochs", max_resources=27,
        factor=3, min_resources=9, n_candidates=3, cv=2, random_state=0,
    )  # fmt: skip
    search.fit(X, y)
    spent = [m.spent for m in search.history_.measurements]
    asked = [9 if m.resource == 9 else 18 for m in search.history_.measurements]
    assert sum(spent) < sum(asked)
    assert len(search.best_estimator_.loss_curve_) <= 27


def test_searches_heed_it_only_where_partial_fit_does():
    X, y = data()
    space = {"early_stopping": [None, STOPPING], "lr": [0.01, 0.02]}
    settings = {"resource": "epochs", "max_resources": 2, "factor": 2, "n_candidates": 2, "cv": 2}
    HalvingSearchCV(SoftmaxClassifier(random_state=0), space, **settings).fit(X, y)
    from sklearn.neural_network import MLPClassifier

    with pytest.raises(ResourceError, match="early_stopping=True"):
        HalvingSearchCV(MLPClassifier(early_stopping=True), {"alpha": [1, 2]}, **settings).fit(X, y)


class Recorded(SoftmaxClassifier):
    """Remembers which samples it was trained with, by their first value."""

    def fit(self, X, y):
        self.seen_ = set(X[:, 0])
        return super().fit(X, y)

    def score(self, X, y):
        assert self.validation_loss_curve_
        assert not self.seen_ & set(X[:, 0])
        return super().score(X, y)


def test_the_scoring_fold_is_never_touched():
    X, y = data()
    X[:, 0] = np.arange(len(X)) / len(X)
    search = RandomSearchCV(
        Recorded(early_stopping=True, max_epochs=2), {"lr": [0.01, 0.02]}, n_iter=2, cv=3,
        error_score="raise",
    )  # fmt: skip
    search.fit(X, y)
    assert search.best_estimator_.seen_ == set(X[:, 0])


# --------------------------------------------------------------------------- divergence


def test_a_net_that_diverges_says_so():
    X, y = data()
    model = RFFSVMClassifier(C=1e-6, lr=1e3, max_epochs=200, n_components=20, random_state=0)
    with pytest.raises(DivergedError, match=r"of epoch \d+ is (inf|nan).*smaller lr than 1000.0"):
        model.fit(X, y)
    assert not np.isfinite(model.loss_curve_[-1])
    assert np.isfinite(model.loss_curve_[:-1]).all()
    with pytest.raises(DivergedError):
        model.partial_fit(X, y)


def test_a_finite_loss_is_no_divergence():
    X, y = data()
    SoftmaxClassifier(lr=1e10, momentum=0.0, max_epochs=2, random_state=0).fit(X, y)


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
@pytest.mark.parametrize("callbacks", [None, "disable"])
@pytest.mark.parametrize("resource", ["epochs", None])
def test_nets_of_skorch_diverge_too(resource, callbacks):
    """They say nothing, and would predict the first class."""
    X, y = data()
    net = skorch.NeuralNetClassifier(
        torch.nn.Linear, module__in_features=64, module__out_features=10, max_epochs=2,
        criterion=torch.nn.CrossEntropyLoss, train_split=None, verbose=0, batch_size=16,
        callbacks=callbacks,
    )  # fmt: skip
    model = make_pipeline(StandardScaler().set_output(transform="default"), net)
    X = X.astype(np.float32)
    settings = {"cv": 2, "random_state": 0, "error_score": np.nan}
    if resource:
        make = HalvingSearchCV
        settings |= {"resource": "epochs", "max_resources": 2, "factor": 2, "n_candidates": 2}
    else:
        make, settings = RandomSearchCV, settings | {"n_iter": 2}
    search = make(model, {"neuralnetclassifier__lr": [0.01, float("nan")]}, **settings)
    with pytest.warns(FitFailedWarning, match="fits diverged"):
        search.fit(X, y.astype(np.int64))
    found = {
        e.status for e in search.history_.evaluations
        if not np.isfinite(search.history_.trials[e.trial].params["neuralnetclassifier__lr"])
    }  # fmt: skip
    assert found == {"diverged"}
    assert search.best_params_["neuralnetclassifier__lr"] == 0.01


def test_a_lean_net_alone():
    X, y = data()
    net = LeanNet(
        torch.nn.Linear, module__in_features=64, module__out_features=10, max_epochs=60, lr=0.1,
        early_stopping=EarlyStopping(2, min_delta=0.05), seed=3,
    )  # fmt: skip
    net.fit(X.astype(np.float32), y)
    assert net.has_stopped
    assert net.epochs == len(net.valid_losses) < 60


@pytest.mark.usefixtures("torchvision")
@pytest.mark.parametrize("trained_blocks", [0, 1])
def test_transfer_learning(trained_blocks):
    """What is frozen is neither copied nor kept aside."""
    from skhpo.neural import TransferClassifier

    X, y = digits()
    X, y = X[:60], y[:60]
    model = TransferClassifier(
        "shufflenet_v2_x0_5", lr=0.05, trained_blocks=trained_blocks, max_epochs=5, device="cpu",
        early_stopping=EarlyStopping(3, validation_fraction=0.3), random_state=0,
    )  # fmt: skip
    straight, broken = clone(model).fit(X, y), clone(model)
    for _ in range(5):
        broken = pickle.loads(pickle.dumps(broken.partial_fit(X, y)))
    assert broken.validation_loss_curve_ == straight.validation_loss_curve_
    assert same(straight, broken)
    kept = broken.net_.latest_
    if kept is not None:
        frozen = {n for n, w in broken.net_.module_.named_parameters() if not w.requires_grad}
        assert frozen
        assert not frozen & kept.keys()
