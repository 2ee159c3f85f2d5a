"""Searches train linear models together, and find what they would find without."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from neural_parts import digits
from sklearn.decomposition import PCA
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, StandardScaler

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
skorch = pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo import (  # noqa: E402
    Float,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    PBTSearchCV,
    Tuner,
)
from skhpo.callbacks import Callback  # noqa: E402
from skhpo.evaluation import CrossValidation  # noqa: E402
from skhpo.exceptions import ResourceError  # noqa: E402
from skhpo.groups import GroupEvaluator  # noqa: E402
from skhpo.neural import (  # noqa: E402
    ElasticNetSGDClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)
from skhpo.resources import Epochs, TrainingSet  # noqa: E402
from skhpo.schedulers import Bracket, SuccessiveHalving  # noqa: E402
from skhpo.space import Space  # noqa: E402
from skhpo.storage import Checkpoints  # noqa: E402
from skhpo.trial import Task  # noqa: E402

SPACE = {
    "lr": Float(1e-3, 1.0, log=True),
    "momentum": Float(0.0, 0.95),
    "weight_decay": Float(1e-6, 1e-2, log=True),
}


def data(n=400):
    X, y = digits()
    return X[:n].reshape(n, -1), y[:n]


@pytest.fixture
def groups(monkeypatch):
    """The sizes of all groups that are trained, with how many of each had to be done alone."""
    sizes, together = [], GroupEvaluator.together

    def noted(self, tasks):
        reports = together(self, tasks)
        sizes.append((len(tasks), reports.count(None)))
        return reports

    monkeypatch.setattr(GroupEvaluator, "together", noted)
    return sizes


def halving(model=None, space=None, *, together="auto", **settings):
    settings = {"n_candidates": 9, "max_resources": 9, "cv": 2, "random_state": 0, **settings}
    model = SoftmaxClassifier(random_state=0) if model is None else model
    return HalvingSearchCV(
        model, SPACE if space is None else space, resource=Epochs(together=together), **settings
    )


def assert_same_results(one, other):
    assert one.cv_results_.keys() == other.cv_results_.keys()
    assert one.cv_results_["params"] == other.cv_results_["params"]
    for key in ("n_resources", "status"):
        assert list(one.cv_results_[key]) == list(other.cv_results_[key])
    for key in ("split0_test_score", "split1_test_score", "mean_test_score"):
        np.testing.assert_allclose(one.cv_results_[key], other.cv_results_[key], atol=0.01)
    assert one.best_params_ == other.best_params_


@pytest.mark.parametrize("schedule", ["constant", "plateau"])
def test_halving_decides_the_same(groups, schedule):
    X, y = data()
    model = SoftmaxClassifier(random_state=0, schedule=schedule)
    together, alone = (halving(model, together=n, cv=3).fit(X, y) for n in ("auto", 1))
    assert groups == [(9, 0)] * 3 + [(3, 0)] * 3
    assert_same_results(together, alone)
    refitted = (search.best_estimator_.decision_function(X) for search in (together, alone))
    assert np.array_equal(*refitted)  # a winner is trained alone
    fit_times = together.cv_results_["mean_fit_time"]
    assert (fit_times > 0).all()


@pytest.mark.parametrize(
    ("model", "own"),
    [
        (ElasticNetSGDClassifier(random_state=0), {"alpha": Float(1e-5, 1e-1, log=True)}),
        (
            RFFSVMClassifier(n_components=100, random_state=0),
            {"C": Float(1e-1, 1e2, log=True), "lr": Float(0.3, 10.0, log=True)},
        ),
        (SoftmaxClassifier(optimizer="adam"), {}),  # nobody asks for a seed
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (HalvingASHASearchCV, {"n_candidates": 9, "max_resources": 9}),
        (HyperbandSearchCV, {"max_resources": 9}),
        (PBTSearchCV, {"population_size": 6, "max_resources": 6, "perturbation_interval": 2}),
    ],
)
def test_every_search(groups, model, own, cls, settings):
    X, y = data()
    search = cls(model, {**SPACE, **own}, resource="epochs", cv=2, random_state=0, **settings)
    search.fit(X, y)
    assert max(size for size, _ in groups) >= 5
    assert sum(alone for _, alone in groups) == 0
    results = search.cv_results_
    assert set(results["status"]) == {"completed"}
    assert np.isfinite(results["mean_test_score"]).all()
    assert search.best_score_ > 0.6
    assert search.score(X, y) > 0.8
    again = cls(model, {**SPACE, **own}, resource="epochs", cv=2, random_state=0, **settings)
    if model.random_state is not None:
        assert_same_results(again.fit(X, y), search)


def test_processes():
    X, y = data(200)
    search = halving(n_jobs=2).fit(X, y)
    assert_same_results(search, halving(together=1).fit(X, y))


def test_populations_perturb_everything_that_may_change(groups):
    X, y = data()
    space = {**SPACE, "alpha": Float(1e-5, 1e-1, log=True), "l1_ratio": Float(0, 1)}
    search = PBTSearchCV(
        ElasticNetSGDClassifier(random_state=0),
        space,
        population_size=8,
        resource="epochs",
        max_resources=8,
        perturbation_interval=2,
        asynchronous=False,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert groups == [(8, 0)] * 8  # four intervals, two folds
    assert len(search.lineage_["parent"]) > 8
    assert search.best_score_ > 0.8


def test_batch_sizes_make_groups_of_their_own(groups):
    X, y = data()
    space = {**SPACE, "batch_size": [16, 64]}
    together, alone = (halving(space=space, together=n).fit(X, y) for n in ("auto", 1))
    assert_same_results(together, alone)
    sizes = together.cv_results_["param_batch_size"][together.cv_results_["n_resources"] == 1]
    expected = {int((sizes == size).sum()) for size in (16, 64)}
    assert {size for size, _ in groups[:4]} == expected


@pytest.mark.filterwarnings("ignore:.*diverged", "ignore:One or more of the test scores")
def test_those_that_diverge_leave_the_others_alone(groups):
    X, y = data()
    space = {"lr": [1e-2, 3e-2, 1e-1, 1e36, 1e37], "weight_decay": [0.0, 1.0]}
    together, alone = (
        halving(space=space, n_candidates=10, together=n).fit(X, y) for n in ("auto", 1)
    )
    status = list(together.cv_results_["status"])
    assert 2 <= status.count("diverged") < 6
    assert status == list(alone.cv_results_["status"])
    assert together.best_params_ == alone.best_params_
    assert groups[0] == (10, 0)  # they are not trained again
    assert np.isnan(together.cv_results_["mean_test_score"][status.index("diverged")])


@pytest.mark.filterwarnings("ignore:Scoring failed", "ignore:One or more of the test scores")
def test_scores_that_fail_are_their_own_failure():
    X, y = data()

    def scorer(model, X, y):
        if model.lr > 0.1:
            raise RuntimeError("too fast for me")
        return model.score(X, y)

    search = halving(scoring=scorer).fit(X, y)
    failed = search.cv_results_["status"] == "failed"
    lr = np.array([params["lr"] for params in search.cv_results_["params"]])
    assert np.array_equal(failed, lr > 0.1)
    with pytest.raises(RuntimeError, match="too fast for me"):
        halving(scoring=scorer, error_score="raise").fit(X, y)


class Counted(StandardScaler):
    fits: ClassVar = []

    def fit(self, X, y=None, sample_weight=None):
        self.fits.append(len(X))
        return super().fit(X, y, sample_weight)


def test_pipelines_share_their_inputs(groups):
    X, y = data()
    model = make_pipeline(Counted(), SoftmaxClassifier(random_state=0))
    space = {f"softmaxclassifier__{name}": domain for name, domain in SPACE.items()}
    Counted.fits.clear()
    together = halving(model, space).fit(X, y)
    assert groups == [(9, 0)] * 2 + [(3, 0)] * 2
    assert Counted.fits == [200, 200, 400]  # one for each fold, and that of the winner
    assert_same_results(together, halving(model, space, together=1).fit(X, y))


def test_other_transformers_are_other_inputs(groups):
    X, y = data()
    model = make_pipeline(StandardScaler(), PCA(), SoftmaxClassifier(random_state=0))
    space = {
        "standardscaler": [StandardScaler(), MinMaxScaler()],
        "pca__n_components": [10, 30],
        **{f"softmaxclassifier__{name}": domain for name, domain in SPACE.items()},
    }
    together = halving(model, space, n_candidates=12).fit(X, y)
    assert_same_results(together, halving(model, space, n_candidates=12, together=1).fit(X, y))
    assert max(size for size, _ in groups) < 12


def _with_noise(X):
    return X + np.random.default_rng().random(X.shape) / 4


def test_transformers_that_draw_are_not_shared_by_mistake():
    """Fitted at different times they differ, and so do the inputs they make."""
    X, y = data(200)
    training = TrainingSet(X, y, every_y=y)
    epochs = Epochs()

    def states():
        for lr in (0.01, 0.1):
            scaler = StandardScaler()
            model = make_pipeline(scaler, SoftmaxClassifier(lr=lr, random_state=0))
            part = np.random.default_rng(int(lr * 100)).choice(200, 150)
            shown = TrainingSet(X[part], y[part], every_y=y)
            yield epochs.train(model, shown, 1)

    one, other = epochs.train_together([None] * 2, training, 3, list(states()))
    expected = [epochs.train(None, training, 3, state) for state in states()]
    for mine, its in zip((one, other), expected, strict=True):
        np.testing.assert_array_equal(
            mine.estimator.decision_function(X), its.estimator.decision_function(X)
        )
    noisy = make_pipeline(FunctionTransformer(_with_noise), SoftmaxClassifier(random_state=0))
    first = epochs.train_together([noisy, noisy], training, 1, [None, None])
    assert all(trained.inputs is not None for trained in first)
    second = epochs.train_together([None] * 2, training, 2, list(first))
    assert [trained.resource for trained in second] == [2, 2]


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(64, 10)

    def forward(self, X):
        return self.layer(X)


@pytest.mark.parametrize(
    ("model", "space"),
    [
        (
            skorch.NeuralNetClassifier(
                Net, criterion=torch.nn.CrossEntropyLoss, train_split=None, verbose=0
            ),
            {"lr": SPACE["lr"]},
        ),
        # no two have the same kernel
        (
            RFFSVMClassifier(n_components=20, random_state=0),
            {"gamma": Float(1e-3, 1e-1, log=True), "C": Float(0.1, 10, log=True)},
        ),
        (SoftmaxClassifier(random_state=0, early_stopping=True), SPACE),
    ],
    ids=["skorch", "gamma", "early-stopping"],
)
def test_nothing_changes_where_no_two_go_together(groups, model, space):
    X, y = data(200)
    open_at_a_time = []

    class Watch(Callback):
        def on_measurement(self, history, measurement):
            open_at_a_time.append(history.n_pending)

    evaluate = evaluator(model, X, y, None)
    Tuner(
        space,
        CrossValidation(evaluate),
        scheduler=SuccessiveHalving(Bracket((4, 2), (1, 2))),
        callbacks=[Watch()],
        random_state=0,
    ).run()
    assert groups == []
    assert max(open_at_a_time) <= 1
    assert evaluate.n_together(Space(space), learns=False) == 1


def evaluator(model, X, y, checkpoints, **settings):
    return GroupEvaluator(
        estimator=model,
        X=X,
        y=y,
        splits=list(StratifiedKFold(2).split(X, y)),
        scorer=lambda model, X, y: model.score(X, y),
        fit_params={},
        score_params={},
        resource=Epochs(),
        checkpoints=checkpoints,
        **settings,
    )


def test_what_goes_together():
    """The same fold, from the same amount of training to the same; nothing that ``fit`` is given."""
    X, y = data(200)
    evaluate, task = evaluator(SoftmaxClassifier(), X, y, None), Task(0, 0, 2, {"lr": 0.1})
    key = evaluate.group_key(task)
    assert key is not None
    assert evaluate.group_key(replace(task, trial=1, params={"lr": 0.2})) == key
    others = {"fold": 1, "resource": 3, "reached": 1, "params": {"batch_size": 7}}
    for name, value in others.items():
        assert evaluate.group_key(replace(task, **{name: value})) not in (key, None)
    for settings in ({"fit_params": {"weight": y}}, {"caller": object()}, {"resource": None}):
        assert replace(evaluate, **settings).group_key(task) is None


def test_going_on_after_an_interruption(groups):
    X, y = data()

    class Interrupt(Callback):
        n_left = 7

        def on_measurement(self, history, measurement):
            self.n_left -= 1
            if not self.n_left:
                raise KeyboardInterrupt

    def tuner(callbacks, checkpoints):
        objective = CrossValidation(evaluator(SoftmaxClassifier(random_state=0), X, y, checkpoints))
        scheduler = SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9)))
        return Tuner(SPACE, objective, scheduler=scheduler, callbacks=callbacks, random_state=0)

    with Checkpoints.temporary() as checkpoints:
        straight = tuner([], checkpoints).run()
    with Checkpoints.temporary() as checkpoints:
        broken = tuner([Interrupt()], checkpoints)
        with pytest.raises(KeyboardInterrupt):
            broken.run()
        broken.run()
    assert broken.best_params == straight.best_params
    for one, other in zip(broken.history.trials, straight.history.trials, strict=True):
        assert one.params == other.params
    found = [
        {(e.trial, e.resource): e.score for e in run.history.evaluations}
        for run in (broken, straight)
    ]
    assert found[0].keys() == found[1].keys()
    for key in found[0]:
        assert found[0][key] == pytest.approx(found[1][key], abs=0.02)
    assert max(size for size, _ in groups) == 9


def test_a_stored_search_goes_on_with_other_groups(groups, tmp_path):
    """How many are trained together is as free as the number of workers."""
    X, y = data(200)
    for together, n, is_grouped in ((4, 3, True), (1, 6, False), ("auto", 9, True)):
        groups.clear()
        search = HalvingASHASearchCV(
            SoftmaxClassifier(random_state=0), SPACE, n_candidates=n, max_resources=3, cv=2,
            random_state=0, resource=Epochs(together=together), storage=tmp_path / "search",
        ).fit(X, y)  # fmt: skip
        assert bool(groups) == is_grouped
        assert len(search.history_.trials) == n
        assert set(search.cv_results_["status"]) == {"completed"}


def test_states_that_are_lost_are_made_again(groups):
    """Those whose states are there go on together, and the others begin anew, alone."""
    X, y = data(200)

    class Lose(Callback):
        def on_evaluation(self, history, evaluation):
            if evaluation.trial in (0, 4, 8):
                checkpoints.discard(evaluation.trial, evaluation.resource)

    with Checkpoints.temporary() as checkpoints:
        objective = CrossValidation(evaluator(SoftmaxClassifier(random_state=0), X, y, checkpoints))
        tuner = Tuner(
            SPACE,
            objective,
            scheduler=SuccessiveHalving(Bracket((9, 4), (1, 2))),
            callbacks=[Lose()],
            random_state=0,
        ).run()
    rung = [e for e in tuner.history.evaluations if e.resource == 2]
    assert {e.status for e in rung} == {"completed"}
    lost = {e.trial for e in rung} & {0, 4, 8}
    spent = {m.trial: m.spent for e in rung for m in e.measurements}
    assert all(spent[trial] == (2 if trial in lost else 1) for trial in spent)
    assert sum(alone for _, alone in groups) == 2 * len(lost)


@pytest.mark.parametrize("together", [0, -1, 2.0, "all", None, True])
def test_bad_values(together):
    with pytest.raises(ResourceError, match="together must be 'auto' or an integer of 1 or more"):
        Epochs(together=together)


def test_most():
    X, y = data(200)
    evaluate = evaluator(SoftmaxClassifier(), X, y, None)
    assert evaluate.n_together(Space(SPACE), learns=False) == 16
    assert evaluate.n_together(Space(SPACE), learns=True) == 4
    assert Epochs(together=5).most_together(learns=True) == 5
    assert repr(Epochs()) == "Epochs(together='auto')"
