"""Trials that climb: each promotion pays the increment, on each fold, from the state it left."""

from __future__ import annotations

import math
import os
import pickle
import signal
import sys
import warnings

import numpy as np
import pytest
from resource_parts import (
    CANCER_X,
    CANCER_Y,
    DIGITS_X,
    DIGITS_Y,
    NOTHING,
    CountedScaler,
    CountedSGD,
    Recorder,
    lines,
)
from sklearn import config_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import accuracy_score
from sklearn.model_selection import StratifiedKFold
from sklearn.multioutput import MultiOutputClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import Float, Space, Tuner
from skhpo.evaluation import CrossValidation, FoldEvaluator
from skhpo.resources import Epochs, Folds, Levels, Parameter, Samples, resource_for
from skhpo.schedulers import Scheduler
from skhpo.storage import Checkpoints
from skhpo.trial import Promote, Start, Stop, Task, Trial, Wait


def accuracy(estimator, X, y):
    return accuracy_score(y, estimator.predict(X))


def splits_of(X, y, n_splits=2):
    return list(StratifiedKFold(n_splits).split(X, y))


def evaluator(estimator, resource=None, checkpoints=None, X=DIGITS_X, y=DIGITS_Y, **settings):
    defaults = {
        "splits": settings.pop("splits", None) or splits_of(X, y),
        "scorer": accuracy,
        "fit_params": {},
        "score_params": {},
    }
    return FoldEvaluator(
        estimator, X, y, **{**defaults, **settings}, resource=resource, checkpoints=checkpoints
    )


@pytest.fixture
def checkpoints():
    with Checkpoints.temporary() as made:
        yield made
    assert not os.path.exists(made.folder)


class Halving(Scheduler):
    """Starts some trials on the first rung, and promotes the better part from rung to rung."""

    def __init__(self, n_trials, rungs, factor=2):
        self.n_trials = n_trials
        self.rungs = rungs
        self.factor = factor

    def plan(self):
        return None

    def next(self, history, may_start=True):
        if len(history.trials) < self.n_trials:
            return Start(self.rungs[0])
        n_kept = self.n_trials
        for lower, upper in zip(self.rungs, self.rungs[1:], strict=False):
            if any(a.resource == lower for a, _ in history.unfinished):
                return Wait()
            n_kept = max(1, n_kept // self.factor)
            for number in history.rung(lower)[:n_kept]:
                if history.latest(number).resource == lower:
                    if number in [trial.number for trial in history.pending]:
                        continue
                    return Promote(number, upper)
        return Wait() if history.n_pending else Stop()


def search(evaluate, space, scheduler, **settings):
    tuner = Tuner(space, CrossValidation(evaluate), scheduler=scheduler, random_state=0, **settings)
    tuner.run(scheduler.n_trials)
    return tuner.history


ALPHAS = {"alpha": Float(1e-6, 10, log=True)}


def large_data():
    """More than a megabyte: workers do not get a copy, but map it read-only."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(4000, 40))
    return X, (X[:, 0] + rng.normal(size=4000) > 0).astype(int)


@pytest.mark.parametrize(
    ("n_jobs", "data"), [(1, (DIGITS_X, DIGITS_Y)), (2, large_data())], ids=["here", "workers"]
)
def test_epochs_really_run_are_the_increments(tmp_path, checkpoints, n_jobs, data):
    X, y = data
    log = tmp_path / "passes"
    estimator = CountedSGD(str(log), random_state=0)
    adapter = resource_for(estimator, "auto", Space(ALPHAS))
    assert isinstance(adapter, Epochs)
    evaluate = evaluator(estimator, adapter, checkpoints, X, y)
    history = search(evaluate, ALPHAS, Halving(8, [1, 3, 9]), n_jobs=n_jobs)
    assert [m.status for m in history.measurements] == ["completed"] * 2 * (8 + 4 + 2)
    # eight trials make one pass, four of them two more, two of these six more; on both folds
    assert lines(log) == 2 * (8 * 1 + 4 * 2 + 2 * 6)
    assert sum(m.spent for m in history.measurements) == lines(log)
    # the winner is what one uninterrupted training gives
    best = history.best
    for (train, test), score in zip(evaluate.splits, best.fold_scores, strict=True):
        plain = SGDClassifier(random_state=0, **history.trials[best.trial].params)
        for _ in range(9):
            plain.partial_fit(X[train], y[train], classes=np.unique(y))
        assert score == accuracy(plain, X[test], y[test])


def test_without_checkpoints_each_promotion_trains_anew(tmp_path):
    log = tmp_path / "passes"
    evaluate = evaluator(CountedSGD(str(log), random_state=0), Epochs())
    history = search(evaluate, ALPHAS, Halving(2, [1, 3]))
    assert lines(log) == sum(m.spent for m in history.measurements) == 2 * (2 * 1 + 1 * 3)


def test_transformers_are_fitted_once_on_each_fold(tmp_path, checkpoints):
    log = tmp_path / "fits"
    estimator = Pipeline([("scale", CountedScaler(str(log))), ("sgd", SGDClassifier())])
    evaluate = evaluator(estimator, Epochs(), checkpoints)
    for resource, reached in ((1, None), (3, 1), (9, 3)):
        for fold in (0, 1):
            assert evaluate(Task(0, fold, resource, {}, reached)).spent == resource - (reached or 0)
    assert lines(log) == 2


# ---------------------------------------------------------------- states that are lost or found


def test_a_state_that_was_written_but_not_reported_is_not_trained_again(tmp_path, checkpoints):
    log = tmp_path / "passes"
    evaluate = evaluator(CountedSGD(str(log), random_state=0), Epochs(), checkpoints)
    first = evaluate(Task(0, 0, 4, {}))
    again = evaluate(Task(0, 0, 4, {}, attempt=2))
    assert lines(log) == 4
    assert (first.spent, again.spent) == (4, 4)  # what it cost was not reported before
    assert first.scores == again.scores


class KilledAfterTraining(CountedSGD):
    """Scores on the second try only: the first one kills the process, with its state on disk."""

    def predict(self, X):
        mark = f"{self.log}.killed"
        if not os.path.exists(mark):
            with open(mark, "w"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        return super().predict(X)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
def test_a_killed_worker_does_not_train_twice(tmp_path, checkpoints):
    log = tmp_path / "passes"
    estimator = KilledAfterTraining(str(log), random_state=0)
    evaluate = evaluator(estimator, Epochs(), checkpoints)
    history = search(evaluate, ALPHAS, Halving(1, [2, 5]), n_jobs=2)
    assert {m.status for m in history.measurements} == {"completed"}
    assert max(m.attempts for m in history.measurements) == 2
    assert lines(log) == sum(m.spent for m in history.measurements) == 2 * 5


@pytest.mark.parametrize("damage", ["missing", "empty", "torn", "text", "foreign", "of another"])
def test_a_state_that_cannot_be_read_means_training_from_the_start(tmp_path, damage):
    log = tmp_path / "passes"
    (tmp_path / "states").mkdir()
    checkpoints = Checkpoints(str(tmp_path / "states"))
    evaluate = evaluator(CountedSGD(str(log), random_state=0), Epochs(), checkpoints)
    evaluate(Task(0, 0, 2, {}))
    evaluate(Task(0, 1, 2, {}))
    path, other = sorted((tmp_path / "states" / "0").iterdir())
    whole = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "foreign":
        path.write_bytes(pickle.dumps({"not": "ours"}))
    else:
        content = {
            "empty": b"",
            "torn": whole[: len(whole) // 2],
            "text": b"no pickle",
            "of another": other.read_bytes(),
        }
        path.write_bytes(content[damage])
    report = evaluate(Task(0, 0, 5, {}, reached=2))
    assert (report.status, report.spent) == ("completed", 5)
    with Checkpoints.temporary() as clean:
        untouched = evaluator(CountedSGD(random_state=0), Epochs(), clean)
        assert untouched(Task(0, 0, 5, {})).scores == report.scores


class Unpicklable(SGDClassifier):
    def __reduce__(self):
        raise OSError(28, "No space left on device")


def test_a_state_that_cannot_be_written_costs_nothing_but_time(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    evaluate = evaluator(Unpicklable(random_state=0), Epochs(), checkpoints)
    first = evaluate(Task(0, 0, 1, {}))
    second = evaluate(Task(0, 0, 3, {}, reached=1))
    assert [r.status for r in (first, second)] == ["completed"] * 2
    assert [r.spent for r in (first, second)] == [1, 3]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_cannot_go_on_leaves_no_state(checkpoints):
    for estimator, adapter, amounts in (
        (KNeighborsClassifier(), Parameter("n_neighbors"), (1, 3)),
        (LogisticRegression(), Samples(), (60, 120)),
        (SVC(), Levels([{"C": 1.0}, {"C": 2.0}]), (1, 2)),
    ):
        evaluate = evaluator(estimator, adapter, checkpoints)
        reports = [evaluate(Task(0, 0, amount, {}, amounts[0])) for amount in amounts]
        assert [report.spent for report in reports] == list(amounts)
        assert os.listdir(checkpoints.folder) == []


def test_a_fork_goes_on_from_its_parent_with_its_own_parameters(tmp_path, checkpoints):
    log = tmp_path / "passes"
    evaluate = evaluator(CountedSGD(str(log), random_state=0), Epochs(), checkpoints)
    evaluate(Task(0, 0, 3, {"alpha": 0.1}))
    evaluate(Task(0, 0, 6, {"alpha": 0.1}, reached=3))  # the parent went on meanwhile
    task = Task(1, 0, 5, {"alpha": 0.001}, reached=3, parent=0, parent_resource=3)
    assert evaluate(task).spent == 2
    train, _ = evaluate.splits[0]
    plain = SGDClassifier(alpha=0.1, random_state=0)
    for k in range(5):
        plain.set_params(alpha=0.1 if k < 3 else 0.001)
        plain.partial_fit(DIGITS_X[train], DIGITS_Y[train], classes=np.unique(DIGITS_Y))
    fork = evaluate.trained(task)
    assert fork.alpha == 0.001
    np.testing.assert_array_equal(fork.coef_, plain.coef_)
    # the parent is untouched, and the fork has a state of its own now
    assert evaluate.trained(Task(0, 0, 6, {"alpha": 0.1})).alpha == 0.1
    assert evaluate(Task(1, 0, 6, {"alpha": 0.001}, reached=5, parent=0)).spent == 1


def test_the_winners_own_state(tmp_path, checkpoints):
    log = tmp_path / "passes"
    evaluate = evaluator(CountedSGD(str(log), random_state=0), Epochs(), checkpoints)
    report = evaluate(Task(0, 0, 4, {}))
    own = evaluate.trained(Task(0, 0, 4, {}))
    _, test = evaluate.splits[0]
    assert accuracy(own, DIGITS_X[test], DIGITS_Y[test]) == report.scores["score"]
    assert lines(log) == 4
    checkpoints.discard(0, 4)
    np.testing.assert_array_equal(evaluate.trained(Task(0, 0, 4, {})).coef_, own.coef_)
    assert lines(log) == 8


# ---------------------------------------------------------------- what partial_fit is given


def test_classes_and_weights():
    y = np.array([0, 0, 0, 1, 1, 2])
    splits = [(np.array([0, 1, 3]), np.array([2, 4, 5]))]  # the third class is not in the fold
    weight = np.arange(6.0)
    evaluate = evaluator(
        Recorder(),
        Epochs(),
        X=np.arange(6.0)[:, None],
        y=y,
        splits=splits,
        fit_params={"sample_weight": weight},
    )
    calls = evaluate.trained(Task(0, 0, 2, {})).calls_
    assert [name for name, *_ in calls] == ["partial_fit"] * 2
    for _, seen_X, seen_y, given in calls:
        assert list(seen_X[:, 0]) == [0, 1, 3]
        assert list(seen_y) == [0, 0, 1]
        assert list(given["sample_weight"]) == [0, 1, 3]
    assert list(calls[0][3]["classes"]) == [0, 1, 2]
    assert calls[1][3]["classes"] is None


def test_weights_reach_the_last_step_of_a_pipeline():
    weight = np.arange(len(DIGITS_Y), dtype=float)
    pipeline = Pipeline([("nothing", "passthrough"), ("last", Recorder())])
    evaluate = evaluator(pipeline, Epochs(), fit_params={"last__sample_weight": weight})
    (call,) = evaluate.trained(Task(0, 0, 1, {})).steps[-1][1].calls_
    np.testing.assert_array_equal(call[3]["sample_weight"], evaluate.splits[0][0])


def test_metadata_is_routed_as_to_fit():
    weight = np.arange(len(DIGITS_Y), dtype=float)
    with config_context(enable_metadata_routing=True):
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        last = Recorder().set_fit_request(sample_weight="importance")
        estimator = make_pipeline(scaler, last)
        evaluate = evaluator(estimator, Epochs(), fit_params={"importance": weight})
        (call,) = evaluate.trained(Task(0, 0, 1, {})).steps[-1][1].calls_
    np.testing.assert_array_equal(call[3]["sample_weight"], evaluate.splits[0][0])


def test_several_outputs():
    y = np.column_stack([DIGITS_Y % 2, np.array(["a", "b", "c", "d"])[DIGITS_Y] == "a"])
    estimator = MultiOutputClassifier(SGDClassifier(random_state=0))
    evaluate = evaluator(
        estimator,
        Epochs(),
        y=y,
        splits=splits_of(DIGITS_X, DIGITS_Y),
        scorer=lambda model, X, y: model.score(X, y),
    )
    assert evaluate(Task(0, 0, 3, {})).scores["score"] > 0.5


def test_what_partial_fit_does_not_take_is_not_left_out_in_silence():
    class NoWeights(Recorder):
        def partial_fit(self, X, y, classes=None):
            return self

    weight = np.ones(len(DIGITS_Y))
    report = evaluator(NoWeights(), Epochs(), fit_params={"sample_weight": weight})(
        Task(0, 0, 1, {})
    )
    assert report.status == "failed"
    assert "NoWeights.partial_fit does not take 'sample_weight'" in report.error


# ---------------------------------------------------------------- samples, folds, levels


def test_samples_are_nested_and_the_test_part_whole():
    evaluate = evaluator(Recorder(), Samples(), seed=3)
    n_samples = len(DIGITS_Y)
    seen = []
    for resource in (n_samples // 10, n_samples // 3, n_samples):
        report = evaluate(Task(0, 0, resource, {}))
        assert report.spent == resource
        (call,) = evaluate.trained(Task(0, 0, resource, {})).calls_
        seen.append({x.tobytes() for x in call[1]})
        assert len(call[1]) == resource * len(evaluate.splits[0][0]) // n_samples
    assert seen[0] < seen[1] < seen[2]
    np.testing.assert_array_equal(call[1], DIGITS_X[evaluate.splits[0][0]])  # all, in order


def test_precomputed_kernels_are_cut_on_both_sides():
    kernel = CANCER_X @ CANCER_X.T
    evaluate = evaluator(SVC(kernel="precomputed"), Samples(), X=kernel, y=CANCER_Y)
    assert evaluate(Task(0, 0, 100, {})).scores["score"] > 0.8


def test_only_the_folds_that_are_missing():
    evaluate = evaluator(
        SGDClassifier(random_state=0), Folds(), splits=splits_of(DIGITS_X, DIGITS_Y, 4)
    )
    objective = CrossValidation(evaluate)
    assert objective.n_folds == 4
    folds = [t.fold for t in objective.tasks(Trial(0, {}), 1, None)]
    assert folds == [0]
    assert [t.fold for t in objective.tasks(Trial(0, {}), 4, 1)] == [1, 2, 3]
    history = search(evaluate, ALPHAS, Halving(4, [1, 2, 4]))
    assert len(history.measurements) == 4 * 1 + 2 * 1 + 1 * 2
    assert len(history.best.fold_scores) == 4


def test_levels_pay_the_increment(tmp_path, checkpoints):
    log = tmp_path / "passes"
    ladder = [
        {"epochs": 3, "n_samples": 0.2},
        {"epochs": 8, "n_samples": 0.5},
        {"epochs": 15, "n_samples": 1.0},
    ]
    estimator = CountedSGD(str(log), random_state=0)
    adapter = resource_for(estimator, ladder, Space(ALPHAS))
    history = search(evaluator(estimator, adapter, checkpoints), ALPHAS, Halving(4, [1, 2, 3]))
    passes = 2 * (4 * 3 + 2 * 5 + 1 * 7)
    assert lines(log) == passes
    size = len(DIGITS_Y) // 2
    sizes = sorted(int(line) for line in log.read_text().split())
    expected = [*[size * 2 // 10] * 24, *[size // 2] * 20, *[size] * 14]
    assert sizes == expected
    assert history.best.resource == 3


# ---------------------------------------------------------------- what may go wrong


class Fragile(CountedSGD):
    """Diverges where alpha is too large; in the fourth pass."""

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)
        if self.alpha > 1e-2 and self.t_ > 4 * len(X):
            raise ValueError("Floating-point under-/overflow occurred at epoch #4.")
        return self


def test_training_that_diverges_is_a_failed_measurement(checkpoints):
    evaluate = evaluator(Fragile(random_state=0), Epochs(), checkpoints)
    assert evaluate(Task(0, 0, 2, {"alpha": 0.1})).status == "completed"
    report = evaluate(Task(0, 0, 6, {"alpha": 0.1}, reached=2))
    assert report.status == "failed"
    assert "overflow" in report.error
    assert checkpoints.load(0, 0, 6) is None
    assert evaluate(Task(1, 0, 6, {"alpha": 1e-4})).status == "completed"


def test_a_score_that_is_no_number_is_never_promoted(checkpoints):
    def undefined_at_first(estimator, X, y):
        return math.nan if estimator.alpha > 1e-3 else accuracy(estimator, X, y)

    evaluate = evaluator(
        SGDClassifier(random_state=0), Epochs(), checkpoints, scorer=undefined_at_first
    )
    history = search(evaluate, ALPHAS, Halving(8, [1, 3]))
    climbed = {m.trial for m in history.measurements if m.resource == 3}
    undefined = {m.trial for m in history.measurements if math.isnan(m.scores["score"])}
    assert climbed
    assert undefined
    assert not climbed & undefined


def test_stopping_early_on_purpose_is_nothing_to_warn_of(checkpoints):
    estimator = make_pipeline(CountedScaler(os.devnull), LogisticRegression(tol=1e-12))
    adapter = Parameter("logisticregression__max_iter")
    adapter.check(estimator, NOTHING)
    evaluate = evaluator(estimator, adapter, checkpoints, full=4)
    filters = list(warnings.filters)
    assert evaluate(Task(0, 0, 2, {})).status == "completed"  # warnings are errors here
    assert warnings.filters == filters
    with pytest.warns(ConvergenceWarning):
        evaluate(Task(0, 0, 4, {}, reached=2))


class Warns(Recorder):
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        warnings.warn("look out", RuntimeWarning, stacklevel=2)
        return self


def test_all_other_warnings_are_shown():
    evaluate = evaluator(Warns(), Epochs())
    with pytest.warns(RuntimeWarning, match="look out"):
        evaluate(Task(0, 0, 1, {}))


def test_without_a_resource_nothing_is_divided(checkpoints):
    evaluate = evaluator(Recorder(), Epochs(), checkpoints)
    report = evaluate(Task(0, 0, None, {}))
    assert (report.status, report.spent) == ("completed", None)
    assert evaluate.trained(Task(0, 0, None, {})).calls_[0][0] == "fit"
    assert os.listdir(checkpoints.folder) == []


def test_a_wider_model_is_trained_anew_and_a_larger_batch_carried(checkpoints):
    ladder = [
        {"epochs": 1, "batch_size": 8, "width": 1},
        {"epochs": 3, "batch_size": 16, "width": 1},
        {"epochs": 4, "batch_size": 16, "width": 2},
    ]
    evaluate = evaluator(Recorder(), Levels(ladder), checkpoints)
    for level in (1, 2):
        evaluate(Task(0, 0, level, {}, reached=level - 1 or None))
    assert evaluate.trained(Task(0, 0, 2, {})).batch_sizes_ == [8, 16, 16]
    report = evaluate(Task(0, 0, 3, {}, reached=2))
    top = evaluate.trained(Task(0, 0, 3, {}))
    assert (top.width, top.batch_sizes_, report.spent) == (2, [16] * 4, 3)
