"""A trial whose training loss is no finite number has a status of its own, whatever it scores."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import SGDClassifier
from sklearn.pipeline import make_pipeline

from skhpo import BayesSearchCV, Float, HalvingSearchCV, PBTSearchCV, RandomSearchCV, Tuner
from skhpo.divergence import check_history, check_loss
from skhpo.exceptions import DivergedError
from skhpo.samplers.observations import observe
from skhpo.space import Space

pytestmark = pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")


class Runaway(ClassifierMixin, BaseEstimator):
    """Learns nothing, and runs off where its learning rate is too large, after some passes."""

    changeable_params = frozenset({"lr"})

    def __init__(self, lr=0.1, most=1.0, max_epochs=4):
        self.lr = lr
        self.most = most
        self.max_epochs = max_epochs

    def fit(self, X, y):
        return self.partial_fit(X, y)

    def partial_fit(self, X, y, classes=None):
        self.classes_ = np.unique(y)
        self.n_passes_ = getattr(self, "n_passes_", 0) + 1
        check_loss(
            math.inf if self.lr * self.n_passes_ > self.most else 1.0, self.n_passes_, self.lr
        )
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y):
        return 1 - abs(self.lr - 0.5)


def listed(*rates):
    return [{"lr": rate} for rate in rates]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 2)), np.arange(40) % 2


def test_the_message_says_what_to_try():
    with pytest.raises(DivergedError, match=r"loss of epoch 3 is nan\. Try a smaller lr than 5\.0"):
        check_loss(math.nan, 3, 5.0)
    with pytest.raises(DivergedError, match=r"is inf\. Try a smaller learning rate"):
        check_loss(math.inf, 1)
    check_loss(1.9e30, 1)


def test_who_keeps_no_losses_is_passed_over(data):
    check_history(SGDClassifier().fit(*data))
    odd = SGDClassifier().fit(*data)
    odd.history = "of philosophy"
    check_history(make_pipeline(odd))
    odd.history = [{"train_loss": "low"}]
    check_history(odd)
    odd.history = [{"train_loss": 0.5}, {"train_loss": np.float32(np.nan)}]
    with pytest.raises(DivergedError, match="epoch 2 is nan"):
        check_history(make_pipeline("passthrough", odd))


def test_shown_wherever_a_status_is(data, capsys):
    search = RandomSearchCV(
        Runaway(), {"lr": [0.1, 0.4, 3.0, 5.0]}, n_iter=4, cv=2, verbose=3,
        initial_params=listed(3.0, 0.1, 5.0, 0.4), random_state=0,
    )  # fmt: skip
    with pytest.warns(FitFailedWarning, match="4 fits diverged out of a total of 8") as caught:
        search.fit(*data)
    message = str(caught[0].message)
    assert "Traceback" not in message
    assert "Try a smaller lr than 3.0" in message
    results = search.cv_results_
    assert list(results["status"]) == ["diverged", "completed", "diverged", "completed"]
    assert np.isnan(results["mean_test_score"][[0, 2]]).all()
    assert search.best_params_ == {"lr": 0.4}
    assert [m.status for m in search.history_.measurements[:2]] == ["diverged", "diverged"]
    printed = capsys.readouterr().out
    assert "lr=3.0; diverged" in printed
    assert "fold 2/2] diverged" in printed


def test_beside_failures_each_has_its_warning(data):
    class Odd(Runaway):
        def fit(self, X, y):
            if self.lr == 0.2:
                raise ValueError("not today")
            return super().fit(X, y)

    search = RandomSearchCV(
        Odd(), {"lr": [0.1, 0.2, 3.0]}, n_iter=3, cv=2, error_score=-1.0, random_state=0
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    texts = [str(w.message) for w in caught if w.category is FitFailedWarning]
    assert len(texts) == 2
    assert "2 fits diverged" in texts[0]
    assert "not today" in texts[1]
    assert "diverged" not in texts[1]
    assert sorted(search.cv_results_["mean_test_score"])[:2] == [-1, -1]


def test_if_all_diverge_that_is_an_error(data):
    with pytest.raises(ValueError, match=r"All the 4 fits failed[\s\S]*training diverged"):
        RandomSearchCV(Runaway(), {"lr": [3.0, 5.0]}, n_iter=2, cv=2).fit(*data)


def test_error_score_raise(data):
    search = RandomSearchCV(Runaway(), {"lr": [3.0]}, n_iter=1, cv=2, error_score="raise")
    with pytest.raises(DivergedError):
        search.fit(*data)
    assert [m.status for m in search.history_.measurements] == ["diverged"]


def test_a_model_takes_it_for_the_worst(data):
    """As with failures: bad news of this place, and no number of its own."""
    space = Space({"lr": Float(0.01, 10.0, log=True)})
    search = BayesSearchCV(
        Runaway(), space, n_iter=9, cv=2, initial_params=listed(5.0, 0.4, 0.02), random_state=0
    )
    with pytest.warns(FitFailedWarning, match="fits diverged"):
        search.fit(*data)
    known = observe(space, search.history_)
    has_diverged = np.array([e.status == "diverged" for e in search.history_.evaluations])
    assert has_diverged.any()
    assert np.array_equal(known.has_failed, has_diverged)
    assert np.all(known.scores[has_diverged] == known.scores.min())


def test_never_promoted(data):
    search = HalvingSearchCV(
        Runaway(), {"lr": [0.1, 0.2, 0.3, 0.45, 0.6, 2.0]}, resource="epochs", max_resources=4,
        factor=2, n_candidates=6, cv=2, random_state=0, error_score=9.0,
    )  # fmt: skip
    with pytest.warns(FitFailedWarning, match="diverged"):
        search.fit(*data)
    events = search.history_.evaluations
    for number in {e.trial for e in events if e.status == "diverged"}:
        assert [e for e in events if e.trial == number][-1].status == "diverged"
    assert {e.resource for e in events if e.status == "diverged"} >= {1, 2}
    assert search.best_params_["lr"] < 0.3


def test_no_state_is_kept(data, tmp_path, monkeypatch):
    from skhpo.storage import Checkpoints

    kept = []
    save = Checkpoints.save
    monkeypatch.setattr(
        Checkpoints, "save", lambda self, *at: (kept.append(at[0]), save(self, *at))[1]
    )
    search = HalvingSearchCV(
        Runaway(), {"lr": [0.1, 5.0]}, resource="epochs", max_resources=2, factor=2,
        n_candidates=2, cv=2, initial_params=listed(5.0, 0.1),
    )  # fmt: skip
    with pytest.warns(FitFailedWarning, match="fits diverged"):
        search.fit(*data)
    assert set(kept) == {1}


def test_a_population_replaces_it(data):
    search = PBTSearchCV(
        Runaway(), {"lr": Float(0.05, 4.0, log=True)}, population_size=5, resource="epochs",
        max_resources=4, perturbation_interval=1, cv=2, random_state=1,
        initial_params=listed(3.0, 0.1, 0.15),
    )  # fmt: skip
    with pytest.warns(FitFailedWarning, match="fits diverged"):
        search.fit(*data)
    history = search.history_
    replaced = {trial.replaces for trial in history.trials}
    lost = {e.trial for e in history.evaluations if e.status == "diverged" and e.resource < 4}
    assert 0 in lost
    assert lost <= replaced


def test_an_objective_may_say_so():
    def objective(params):
        check_loss(math.nan if params["x"] > 0.5 else 0.0, 1)
        return params["x"]

    tuner = Tuner({"x": Float(0, 1)}, objective, random_state=0).run(12)
    for evaluation in tuner.history.evaluations:
        above = tuner.history.trials[evaluation.trial].params["x"] > 0.5
        assert evaluation.status == ("diverged" if above else "completed")
    task = tuner.ask()
    tuner.tell(task, status="diverged")
    assert tuner.history.evaluations[-1].status == "diverged"


def test_steps_may_be_anything():
    """Only a pipeline's are looked into; others call a number of them so."""

    class Walker(BaseEstimator):
        steps = 3

    check_history(Walker())
