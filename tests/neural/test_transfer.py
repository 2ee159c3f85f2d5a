"""Transfer learning, with weights that have learnt nothing, on images of a few pixels."""

from __future__ import annotations

import pickle
from urllib.error import URLError

import numpy as np
import pytest
from neural_parts import digits
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.estimator_checks import check_estimator

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo import BayesSearchCV, HalvingSearchCV  # noqa: E402
from skhpo.exceptions import MissingExtraError  # noqa: E402
from skhpo.neural import NeuralClassifier, TransferClassifier  # noqa: E402
from skhpo.neural.backbones import Transfer  # noqa: E402

pytestmark = pytest.mark.usefixtures("torchvision")

SMALL = "shufflenet_v2_x0_5"
BACKBONES = [SMALL, "resnet18", "mobilenet_v3_small", "efficientnet_b0"]


def small(**settings):
    defaults = {"backbone": SMALL, "max_epochs": 2, "random_state": 0, "device": "cpu"}
    return TransferClassifier(**{**defaults, **settings})


def data(n_samples=60):
    X, y = digits()
    return X[:n_samples], y[:n_samples]


def weights_of(model):
    return {k: v.clone() for k, v in model.net_.module_.backbone.state_dict().items()}


def untrained(backbone, torchvision, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return torchvision.models.get_model(backbone, weights=None, **settings)


# --------------------------------------------------------------------------- training


@pytest.fixture
def shallow(torchvision, monkeypatch):
    """A backbone of one convolution among those of torchvision: there are a hundred fits."""

    class Shallow(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = torch.nn.Conv2d(3, 64, 3, padding=1)
            self.norm = torch.nn.BatchNorm2d(64)
            self.fc = torch.nn.Linear(64, 1000)

        def forward(self, X):
            return self.fc(torch.relu(self.norm(self.conv(X))).mean(dim=(2, 3)))

    def build(*, weights=None):
        return Shallow()

    models = torchvision.models
    build.__module__ = f"{models.__name__}.shallow"
    build.__annotations__["weights"] = models.get_model_weights(SMALL)
    monkeypatch.setitem(models._api.BUILTIN_MODELS, "shallow", build)
    return "shallow"


@pytest.mark.filterwarnings("ignore")
def test_check_estimator(shallow):
    model = small(backbone=shallow, lr=1e-2, max_epochs=8)
    outcomes = check_estimator(model, on_skip=None, on_fail="raise")
    assert len(outcomes) > 40


@pytest.mark.filterwarnings("ignore")
def test_samples_alone_are_what_they_are_together():
    """As scikit-learn wants it, but for what single precision makes of so many layers."""
    X, y = data(30)
    model = small().fit(X, y)
    together = model.decision_function(X)
    alone = np.concatenate([model.decision_function(X[n : n + 1]) for n in range(len(X))])
    np.testing.assert_allclose(alone, together, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("backbone", BACKBONES)
def test_backbones(backbone):
    X, y = data(30)
    names = np.array(["no", "yes"])[y % 2]
    model = small(backbone=backbone).fit(X, names)
    assert set(model.predict(X)) <= {"no", "yes"}
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1, rtol=1e-5)
    assert model.net_.module_.head.out_features == 2
    assert np.isfinite(model.loss_curve_).all()
    assert model.loss_curve_[1] < model.loss_curve_[0]


def test_a_fixed_extractor_of_features_learns():
    X, y = data(600)
    model = small(backbone="resnet18", max_epochs=15, image_size=16).fit(X[:400], y[:400])
    assert model.score(X[400:], y[400:]) > 0.6


def test_trained_blocks_learn_more():
    X, y = data(60)
    fixed, tuned = (
        small(backbone="resnet18", trained_blocks=n_blocks, max_epochs=4).fit(X, y)
        for n_blocks in (0, 1)
    )
    assert tuned.loss_curve_[-1] < 0.7 * fixed.loss_curve_[-1]


@pytest.mark.parametrize(
    ("backbone", "blocks"), [(SMALL, 0), (SMALL, 3), (SMALL, "all"), ("mobilenet_v3_small", 2)]
)
def test_epoch_by_epoch_through_pickles(backbone, blocks):
    """With dropout in the backbone, before the head, and whatever is drawn in between."""
    X, y = data(30)
    model = small(backbone=backbone, trained_blocks=blocks, dropout=0.3, max_epochs=3)
    whole = clone(model).fit(X, y)
    for _ in range(3):
        model = pickle.loads(pickle.dumps(model.partial_fit(X, y)))
        torch.rand(3)
    assert model.loss_curve_ == whole.loss_curve_
    np.testing.assert_array_equal(model.decision_function(X), whole.decision_function(X))


def test_torch_draws_on_as_if_nothing_had_been():
    X, y = data()
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    small(trained_blocks=1).fit(X, y)
    assert torch.equal(torch.rand(4), expected)


# --------------------------------------------------------------------------- what is trained


@pytest.mark.parametrize(
    ("backbone", "blocks", "trained"),
    [
        ("resnet18", 0, []),
        ("resnet18", 1, ["layer4.1"]),
        ("resnet18", 3, ["layer3.1", "layer4.0", "layer4.1"]),
        ("mobilenet_v3_small", 2, ["features.12", "classifier.0"]),
        ("efficientnet_b0", 1, ["features.8"]),
        ("densenet121", 2, ["features.denseblock4", "features.norm5"]),
    ],
)
def test_the_last_blocks(torchvision, backbone, blocks, trained):
    module = Transfer(backbone, (1, 8, 8), (8, 8), 10, blocks, 0.0)
    names = [name for name, p in module.backbone.named_parameters() if p.requires_grad]
    assert {".".join(name.split(".")[: len(t.split("."))]) for name in names for t in trained} <= {
        *trained
    }
    every = [name for name, _ in module.backbone.named_parameters()]
    assert names == [n for n in every if any(n.startswith(f"{t}.") for t in trained)]
    assert all(p.requires_grad for p in module.head.parameters())


@pytest.mark.parametrize(
    ("backbone", "n_blocks"), [("resnet18", 10), ("efficientnet_b0", 9), ("mobilenet_v3_small", 14)]
)
def test_counts_beyond_the_blocks_are_all(torchvision, backbone, n_blocks):
    """As many as the documentation says there are."""
    module = [
        Transfer(backbone, (1, 8, 8), (8, 8), 10, n, 0.0)
        for n in (n_blocks - 1, n_blocks, 99, "all")
    ]
    trained = [sum(p.requires_grad for p in m.backbone.parameters()) for m in module]
    assert trained[0] < trained[1] == trained[2] == trained[3]


def test_what_is_frozen_stays():
    """Statistics of batch normalisation, too; and what is not frozen does not stay."""
    X, y = data()
    for blocks in (0, 2):
        model = small(trained_blocks=blocks).partial_fit(X, y)
        before = weights_of(model)
        after = weights_of(model.partial_fit(X, y))
        changed = {name for name in after if not torch.equal(before[name], after[name])}
        assert changed == ({n for n in after if n.startswith("conv5")} if blocks else set())


def test_features_are_looked_up_once():
    """As many epochs as one likes, in any number of calls; of other images, anew."""
    X, y = data()
    model = small(max_epochs=5).fit(X, y)
    n_seen = []
    model.net_.module_.backbone.register_forward_hook(lambda *_: n_seen.append(1))
    model.partial_fit(X, y).partial_fit(X.copy(), y)
    assert not n_seen
    model.partial_fit(X[::-1], y[::-1])
    assert len(n_seen) == 1
    X = X[::-1].copy()
    X[0, 0, 0] += 0.5
    model.partial_fit(X, y[::-1])
    assert len(n_seen) == 2
    assert "_encoded" not in vars(pickle.loads(pickle.dumps(model)))


def test_features_make_no_difference():
    """Trained on them, a model is what it is when every epoch looks at the images."""
    X, y = data()

    class Plain(TransferClassifier):
        def _train(self, X, y, epochs):
            return NeuralClassifier._train(self, X, y, epochs)

    quick, plain = (
        cls(SMALL, max_epochs=4, dropout=0.2, batch_size=16, random_state=0).fit(X, y)
        for cls in (TransferClassifier, Plain)
    )
    np.testing.assert_allclose(quick.loss_curve_, plain.loss_curve_, rtol=1e-4)
    np.testing.assert_allclose(
        quick.decision_function(X), plain.decision_function(X), rtol=1e-2, atol=1e-3
    )


# --------------------------------------------------------------------------- what is seen


def seen(model, X):
    """What comes to the backbone."""
    found = []
    hook = model.net_.module_.backbone.register_forward_pre_hook(
        lambda _, args: found.append(*args)
    )
    model.predict(X)
    hook.remove()
    return torch.cat(found)


def test_images_as_the_weights_want_them(torchvision, tmp_path):
    """Colours of the right size: what torchvision's own preprocessing makes of them."""
    torch.save(untrained(SMALL, torchvision).state_dict(), tmp_path / "weights.pt")
    stored = np.random.default_rng(0).integers(0, 256, (3, 3, 224, 224), dtype=np.uint8)
    model = small(weights=tmp_path / "weights.pt", max_epochs=1).fit(stored, [0, 1, 0])
    transform = torchvision.models.get_model_weights(SMALL).DEFAULT.transforms()
    transform.resize_size = [224]
    np.testing.assert_allclose(
        seen(model, stored), transform(torch.from_numpy(stored)), rtol=1e-4, atol=1e-5
    )


def test_grey_images_are_repeated_and_scaled(torchvision):
    X, y = data(8)
    grey = seen(small(image_size=(12, 20)).fit(X, y), X)
    colours = seen(
        small(image_size=(12, 20)).fit(np.stack([X] * 3, axis=1), y), np.stack([X] * 3, axis=1)
    )
    assert grey.shape == (8, 3, 12, 20)
    torch.testing.assert_close(grey, colours)
    wanted = torchvision.models.get_model_weights(SMALL).DEFAULT.transforms()
    resized = torchvision.transforms.functional.resize(
        torch.from_numpy(X)[:, None], [12, 20], antialias=True
    )
    expected = torchvision.transforms.functional.normalize(
        resized.expand(-1, 3, -1, -1), wanted.mean, wanted.std
    )
    torch.testing.assert_close(grey, expected)
    rows = small(image_size=(12, 20)).fit(X.reshape(8, -1), y)
    torch.testing.assert_close(seen(rows, X.reshape(8, -1)), grey)


# --------------------------------------------------------------------------- weights


def test_weights_from_a_file(torchvision, tmp_path):
    """The last layer of another task does not matter."""
    trained = untrained(SMALL, torchvision, num_classes=7)
    torch.save(trained.state_dict(), tmp_path / "weights.pt")
    X, y = data(20)
    for path in (tmp_path / "weights.pt", str(tmp_path / "weights.pt")):
        model = small(weights=path, image_size=8).fit(X, y)
        own = weights_of(model)
        assert own
        for name, value in own.items():
            assert torch.equal(value, trained.state_dict()[name])
    (tmp_path / "weights.pt").unlink()
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_published_weights(torchvision, tmp_path, monkeypatch):
    """Found where torch keeps what it has downloaded."""
    published = torchvision.models.get_model_weights(SMALL).DEFAULT
    trained = untrained(SMALL, torchvision)
    (tmp_path / "checkpoints").mkdir()
    torch.save(trained.state_dict(), tmp_path / "checkpoints" / published.url.rpartition("/")[2])
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    X, y = data(20)
    for name in ("default", "DEFAULT", "imagenet1k_v1"):
        model = small(weights=name, image_size=8).fit(X, y)
        assert torch.equal(weights_of(model)["conv1.0.weight"], trained.conv1[0].weight)


def test_published_weights_that_cannot_be_downloaded(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise URLError("no way")

    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path))
    monkeypatch.setattr(torch.hub, "download_url_to_file", fail)
    with pytest.raises(
        OSError, match=r"'DEFAULT' of 'shuff.*cannot be downloaded from http.*no way"
    ):
        small(weights="default").fit(*data(20))


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda path: path.write_bytes(b"no weights"), "cannot be read"),
        (lambda path: torch.save([1, 2], path), "has a list, not a state dict"),
        (lambda path: torch.save({"a": torch.ones(2)}, path), f"are not those of '{SMALL}'"),
    ],
    ids=["garbage", "list", "others"],
)
def test_files_without_these_weights(tmp_path, write, message):
    write(tmp_path / "weights.pt")
    with pytest.raises(ValueError, match=message):
        small(weights=tmp_path / "weights.pt").fit(*data(20))


# --------------------------------------------------------------------------- searches


def test_backbones_are_searched():
    X, y = data(60)
    space = {"backbone": [SMALL, "mobilenet_v3_small"], "trained_blocks": [0]}
    search = BayesSearchCV(
        small(max_epochs=1), space, n_iter=2, cv=StratifiedKFold(2), random_state=0
    ).fit(X, y)
    assert set(search.cv_results_["param_backbone"]) == {SMALL, "mobilenet_v3_small"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert search.best_estimator_.backbone == search.best_params_["backbone"]


def test_epochs_are_the_resource():
    X, y = data(60)
    search = HalvingSearchCV(
        small(max_epochs=2),
        {"lr": [1e-6, 1e-2]},
        resource="epochs",
        min_resources=1,
        max_resources=2,
        factor=2,
        cv=StratifiedKFold(2),
        random_state=0,
    ).fit(X, y)
    assert max(search.cv_results_["n_resources"]) == 2
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert len(search.best_estimator_.loss_curve_) == 2


# --------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backbone": "resnet81"}, r"backbone='resnet81' is not known\. Did you mean 'resnet18'"),
        ({"backbone": "squeezenet1_0"}, "ends in a linear layer"),
        ({"backbone": None}, "backbone=None is not known"),
        ({"backbone": "fcn_resnet50"}, "is not known"),
        ({"weights": "defualt"}, r"neither a file.*Did you mean 'default'"),
        ({"weights": "no/such/file.pt"}, "neither a file that is there nor the name"),
        ({"weights": True}, "neither a file"),
        ({"trained_blocks": -1}, "trained_blocks must be an integer of 0 or more.*or write 'all'"),
        ({"trained_blocks": "last"}, "or write 'all'"),
        ({"trained_blocks": True}, "or write 'all'"),
        ({"dropout": 1.0}, "dropout must be a number"),
        ({"image_size": 0}, "image_size must be a number of pixels"),
        ({"image_size": (8, 8, 8)}, "image_size must be"),
        ({"image_size": "224"}, "image_size must be"),
        ({"backbone": "densenet121"}, r"cannot look at images of 8 x 8.*write image_size=224"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        small(**settings).fit(*data(20))


def test_bad_images():
    X, y = data(20)
    with pytest.raises(ValueError, match=r"one channel or three, got 8 .*transpose\(0, 3, 1, 2\)"):
        small().fit(np.stack([X] * 3, axis=-1), y)
    with pytest.raises(ValueError, match=r"got 2 in samples of the shape \(2, 8, 8\)$"):
        small().fit(np.stack([X] * 2, axis=1), y)


def test_without_torchvision(monkeypatch):
    import sys

    model = small()
    monkeypatch.setitem(sys.modules, "torchvision", None)
    with pytest.raises(MissingExtraError, match="pretrained backbones need torchvision"):
        model.fit(*data(20))
