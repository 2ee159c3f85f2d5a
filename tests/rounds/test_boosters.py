"""Boosters make as many rounds as pay, judged on samples that nothing else is judged by."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import BayesSearchCV, EarlyStopping, Float, RandomSearchCV
from skhpo.exceptions import ResourceError, StorageMismatchError
from skhpo.resources import TrainingSet
from skhpo.rounds import check_boosters, fit_early, of_rounds
from skhpo.space import Space

# LightGBM before 4.7 names the columns of arrays, and then misses the names.
pytestmark = pytest.mark.filterwarnings("ignore:X does not have valid feature names")

STOPPING = EarlyStopping(patience=5, validation_fraction=0.2)
LEARNING = {"learning_rate": Float(0.05, 0.5, log=True)}


def lightgbm(name, **settings):
    package = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    return getattr(package, name)(n_estimators=100, n_jobs=1, verbose=-1, **settings)


def xgboost(name, **settings):
    package = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    return getattr(package, name)(n_estimators=100, n_jobs=1, learning_rate=0.2, **settings)


CLASSIFIERS = {
    "hist": lambda: HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=8, random_state=0),
    "gradient": lambda: GradientBoostingClassifier(n_estimators=100, random_state=0),
    "gradient-subsample": lambda: GradientBoostingClassifier(
        n_estimators=100, subsample=0.6, random_state=0
    ),
    "lightgbm": lambda: lightgbm("LGBMClassifier"),
    "xgboost": lambda: xgboost("XGBClassifier"),
}
REGRESSORS = {
    **{
        f"hist-{loss}": lambda loss=loss: HistGradientBoostingRegressor(
            loss=loss, max_iter=100, quantile=0.3 if loss == "quantile" else None, random_state=0
        )
        for loss in ("squared_error", "absolute_error", "gamma", "poisson", "quantile")
    },
    **{
        f"gradient-{loss}": lambda loss=loss: GradientBoostingRegressor(
            loss=loss, n_estimators=100, alpha=0.3, random_state=0
        )
        for loss in ("squared_error", "absolute_error", "huber", "quantile")
    },
    "lightgbm": lambda: lightgbm("LGBMRegressor"),
    "xgboost": lambda: xgboost("XGBRegressor"),
}


def cancer():
    """Few samples with few values: it is about rounds."""
    X, y = load_breast_cancer(return_X_y=True)
    return X[:300, :6], y[:300]


def diabetes():
    X, y = load_diabetes(return_X_y=True)
    return X[:250], y[:250]


def stopped(estimator, X, y, stopping=STOPPING, seed=0, **params):
    """Train with early stopping; return the rounds, and the two parts."""
    rng = np.random.default_rng(seed)
    rounds = fit_early(estimator, TrainingSet(X, y, params), stopping, rng)
    labels = y if len(np.unique(y)) == 2 else None
    return rounds, *stopping.split(len(X), labels, np.random.default_rng(seed))


def name_of_rounds(estimator):
    return next(name for name in of_rounds(estimator, 1) if name.endswith(("iter", "estimators")))


# --------------------------------------------------------------------------- one booster


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("is_piped", [False, True])
def test_predicts_as_if_trained_for_the_best_number_of_rounds(kind, is_piped):
    X, y = cancer()
    booster = CLASSIFIERS[kind]()
    model = make_pipeline(StandardScaler(), booster) if is_piped else booster
    settings = model.get_params()
    rounds, train, validation = stopped(model, X, y)
    assert 1 <= rounds < 100
    assert {**settings, **model.get_params()}.keys() == settings.keys()
    other = clone(model).set_params(**of_rounds(model, rounds)).fit(X[train], y[train])
    assert np.allclose(model.predict_proba(X), other.predict_proba(X), rtol=1e-6)
    if kind != "gradient-subsample":  # rounds that draw samples are less even
        losses = []
        for n in (max(1, rounds - 4), rounds, rounds + 4):
            other.set_params(**of_rounds(model, n)).fit(X[train], y[train])
            losses.append(log_loss(y[validation], other.predict_proba(X[validation])))
        assert losses[1] == min(losses)


@pytest.mark.parametrize("kind", REGRESSORS)
def test_regressors(kind):
    X, y = diabetes()
    model = REGRESSORS[kind]()
    rng = np.random.default_rng(0)
    rounds = fit_early(model, TrainingSet(X, y), STOPPING, rng)
    train, _ = STOPPING.split(len(X), None, np.random.default_rng(0))
    assert 1 <= rounds < 100
    other = clone(model).set_params(**of_rounds(model, rounds)).fit(X[train], y[train])
    assert np.allclose(model.predict(X), other.predict(X), rtol=1e-5)


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_its_settings_stay_what_they_are(kind):
    X, y = cancer()
    model = CLASSIFIERS[kind]()
    before = model.get_params()
    stopped(model, X, y)
    assert model.get_params() == before


@pytest.mark.parametrize("kind", ["hist", "gradient"])
def test_the_end_does_not_depend_on_how_many_are_trained_at_a_time(kind):
    """It is where the losses of all rounds, one by one, say so."""
    X, y = cancer()
    model = CLASSIFIERS[kind]()
    for patience in (1, 3, 8):
        stopping = EarlyStopping(patience, min_delta=1e-4, validation_fraction=0.2)
        found, train, validation = stopped(clone(model), X, y, stopping)
        whole = clone(model).set_params(**of_rounds(model, 100)).fit(X[train], y[train])
        losses = [log_loss(y[validation], p) for p in whole.staged_predict_proba(X[validation])]
        ends = next(n for n in range(1, 101) if stopping.is_over(losses[:n]) or n == 100)
        assert found == stopping.best(losses[:ends]) + 1


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_never_more_rounds_than_it_has_itself(kind):
    X, y = cancer()
    model = CLASSIFIERS[kind]()
    name = name_of_rounds(model)
    rounds, _, _ = stopped(model.set_params(**{name: 7}), X, y)
    assert 1 <= rounds <= 7
    assert model.get_params()[name] == 7


@pytest.mark.parametrize("kind", CLASSIFIERS)
def test_weights_count_in_both_parts(kind):
    X, y = cancer()
    plain, _, _ = stopped(CLASSIFIERS[kind](), X, y)
    even, _, _ = stopped(CLASSIFIERS[kind](), X, y, sample_weight=np.ones(len(y)))
    assert even == plain
    if kind == "gradient-subsample":
        return  # draws samples, weighted or not
    _, train, validation = stopped(CLASSIFIERS[kind](), X, y)
    # Wrong labels without any weight are no different from labels that are right.
    weight, wrong = np.ones(len(y)), y.copy()
    wrong[validation[::2]] = 1 - y[validation[::2]]
    weight[validation[::2]] = 0
    right = fit_early(
        CLASSIFIERS[kind](), TrainingSet(X, y, {"sample_weight": weight}),
        _Fixed(train, validation), np.random.default_rng(0),
    )  # fmt: skip
    other = fit_early(
        CLASSIFIERS[kind](), TrainingSet(X, wrong, {"sample_weight": weight}),
        _Fixed(train, validation), np.random.default_rng(0),
    )  # fmt: skip
    assert right == other


class _Fixed(EarlyStopping):
    """Cuts where it is told to."""

    def __init__(self, train, validation):
        super().__init__(patience=5)
        object.__setattr__(self, "parts", (train, validation))

    def split(self, n_samples, labels, rng):
        return self.parts


def test_its_own_early_stopping_is_off():
    X, y = cancer()
    own = {"early_stopping": True, "n_iter_no_change": 1, "validation_fraction": 0.5}
    with_own = CLASSIFIERS["hist"]().set_params(**own)
    assert stopped(with_own, X, y)[0] == stopped(CLASSIFIERS["hist"](), X, y)[0]
    assert of_rounds(with_own, 3) == {"max_iter": 3, "early_stopping": False}
    gradient = CLASSIFIERS["gradient"]()
    expected = stopped(clone(gradient), X, y)[0]
    assert stopped(gradient.set_params(n_iter_no_change=1), X, y)[0] == expected


# --------------------------------------------------------------------------- in a search


@pytest.mark.parametrize("kind", CLASSIFIERS)
@pytest.mark.parametrize("is_piped", [False, True])
def test_rounds_are_recorded_and_reused_at_refit(kind, is_piped):
    X, y = cancer()
    model, space = CLASSIFIERS[kind](), LEARNING
    if is_piped:
        model = Pipeline([("scale", StandardScaler()), ("boost", model)])
        space = {f"boost__{name}": domain for name, domain in LEARNING.items()}
    settings = {"n_iter": 3, "cv": 3, "random_state": 0, "early_stopping": STOPPING}
    search = RandomSearchCV(model, space, **settings).fit(X, y)
    results = search.cv_results_
    by_split = np.array([results[f"split{fold}_rounds"] for fold in range(3)])
    assert np.allclose(results["mean_rounds"], by_split.mean(axis=0))
    assert by_split.min() >= 1
    assert by_split.max() <= 100
    assert len(np.unique(by_split)) > 2
    recorded = {(m.trial, m.fold): m.rounds for m in search.history_.measurements}
    assert recorded == {(t, f): by_split[f, t] for t in range(3) for f in range(3)}
    assert search.rounds_ == max(1, round(results["mean_rounds"][search.best_index_]))
    best = search.best_estimator_
    assert best.get_params()[name_of_rounds(model)] == search.rounds_
    again = clone(model).set_params(**search.best_params_)
    again.set_params(**of_rounds(model, search.rounds_)).fit(X, y)
    assert np.array_equal(best.predict_proba(X), again.predict_proba(X))


class Watched(HistGradientBoostingClassifier):
    """Takes note of the samples, by their first value, that it learns from and is judged by."""

    def fit(self, X, y, sample_weight=None):
        self.learnt_ = set(X[:, 0])
        return super().fit(X, y, sample_weight)

    def staged_predict_proba(self, X):
        self.judged_by_ = set(X[:, 0])
        return super().staged_predict_proba(X)

    def score(self, X, y, sample_weight=None):
        scored = set(X[:, 0])
        assert not self.learnt_ & self.judged_by_
        assert not scored & (self.learnt_ | self.judged_by_)
        assert len(scored | self.learnt_ | self.judged_by_) == 300
        SEEN.append((frozenset(scored), frozenset(self.judged_by_)))
        return super().score(X, y, sample_weight)


SEEN = []


def test_the_scoring_fold_is_never_touched():
    SEEN.clear()
    X, y = cancer()
    X[:, 0] = np.arange(len(X))
    search = RandomSearchCV(
        Watched(max_iter=20), LEARNING, n_iter=3, cv=3, early_stopping=STOPPING,
        error_score="raise", random_state=0,
    )  # fmt: skip
    search.fit(X, y)
    assert len(SEEN) == 9
    assert len(set(SEEN)) == 3  # each fold has one validation part, the same for all trials
    assert search.best_estimator_.learnt_ == set(X[:, 0])
    assert not hasattr(search.best_estimator_, "judged_by_")


def test_as_good_with_fewer_rounds():
    """The point of it: the number of rounds need not be searched."""
    X, y = cancer()
    model = CLASSIFIERS["hist"]()
    settings = {"n_iter": 4, "cv": 3, "random_state": 0, "scoring": "neg_log_loss"}
    all_rounds = RandomSearchCV(model, LEARNING, **settings).fit(X, y)
    early = RandomSearchCV(model, LEARNING, early_stopping=STOPPING, **settings).fit(X, y)
    assert np.mean(early.cv_results_["mean_rounds"]) < 60
    scores = early.cv_results_["mean_test_score"], all_rounds.cv_results_["mean_test_score"]
    assert np.mean(scores[0]) > np.mean(scores[1])  # too many rounds are sure of themselves


def test_workers_and_other_searches():
    X, y = cancer()
    settings = {"n_iter": 2, "cv": 3, "random_state": 0, "early_stopping": STOPPING}
    one, two = (
        BayesSearchCV(CLASSIFIERS["hist"](), LEARNING, n_jobs=n_jobs, **settings).fit(X, y)
        for n_jobs in (1, 2)
    )
    for column in ("mean_rounds", "split2_rounds", "mean_test_score"):
        assert np.array_equal(one.cv_results_[column], two.cv_results_[column])
    again = pickle.loads(pickle.dumps(clone(one)))
    assert again.early_stopping == STOPPING


def test_a_stored_search_keeps_to_it(tmp_path):
    """Scores of fewer rounds and of all of them are no scores of one search."""
    X, y = cancer()
    model = CLASSIFIERS["hist"]().set_params(max_iter=5)
    search = RandomSearchCV(model, LEARNING, n_iter=2, cv=2, random_state=0, storage=tmp_path / "s")
    clone(search).set_params(early_stopping=STOPPING).fit(X, y)
    for other in (None, EarlyStopping(STOPPING.patience + 1)):
        with pytest.raises(StorageMismatchError, match=r"early_stopping: there .*EarlyStopping"):
            clone(search).set_params(early_stopping=other).fit(X, y)
    clone(search).set_params(early_stopping=STOPPING, n_iter=3).fit(X, y)


def test_racing():
    X, y = cancer()
    space = {"learning_rate": [0.1, 0.2, 1e-6, 1e-5]}
    search = RandomSearchCV(
        CLASSIFIERS["hist"](), space, n_iter=4, cv=4, racing=True, early_stopping=STOPPING,
        initial_params=[{"learning_rate": 0.1}], random_state=0,
    )  # fmt: skip
    search.fit(X, y)
    results = search.cv_results_
    assert "stopped" in results["status"]
    rounds = np.array([results[f"split{fold}_rounds"] for fold in range(4)])
    measured = ~np.isnan([results[f"split{fold}_test_score"] for fold in range(4)])
    assert np.array_equal(~np.isnan(rounds), measured)
    assert not np.isnan(results["mean_rounds"]).any()
    assert {m.spent for m in search.history_.measurements} == {1}


def test_off_is_off():
    X, y = cancer()
    search = RandomSearchCV(
        GradientBoostingClassifier(n_estimators=5), LEARNING, n_iter=2, cv=2, random_state=0
    ).fit(X, y)
    assert not [name for name in search.cv_results_ if "rounds" in name]
    assert not hasattr(search, "rounds_")
    assert search.best_estimator_.n_estimators_ == 5


@pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite")
def test_failures_have_no_rounds():
    X, y = cancer()
    with pytest.warns(RuntimeWarning, match="2 fits failed out of a total of 4"):
        search = RandomSearchCV(
            CLASSIFIERS["hist"](), {"learning_rate": [0.3, -1.0]}, n_iter=2, cv=2,
            early_stopping=STOPPING, random_state=0,
        ).fit(X, y)  # fmt: skip
    rounds, status = search.cv_results_["mean_rounds"], search.cv_results_["status"]
    assert np.array_equal(np.isnan(rounds), status == "failed")


# --------------------------------------------------------------------------- what cannot be


@pytest.mark.parametrize(
    ("estimator", "space", "message"),
    [
        (LogisticRegression(), {"C": [1, 2]}, "LogisticRegression is none of these; write early_s"),
        (RandomForestClassifier(), {"max_depth": [1]}, "HistGradientBoostingClassifier and Hist.*"),
        (make_pipeline(StandardScaler(), LogisticRegression()), {"logisticregression__C": [1]},
         "as the last step of a Pipeline. LogisticRegression is none"),
        (Pipeline([("m", GradientBoostingClassifier())]),
         {"m": [GradientBoostingClassifier(), LogisticRegression()]}, "LogisticRegression is none"),
    ],
    ids=["linear", "forest", "pipeline", "searched"],
)  # fmt: skip
def test_what_is_no_booster_is_refused_before_the_first_fit(estimator, space, message):
    search = RandomSearchCV(estimator, space, n_iter=1, early_stopping=STOPPING)
    with pytest.raises(ResourceError, match=message):
        search.fit(*cancer())
    assert not hasattr(search, "history_")


def test_boosters_that_cannot_go_back():
    with pytest.raises(ResourceError, match="boosting_type='dart' earlier rounds change"):
        check_boosters("S", lightgbm("LGBMClassifier", boosting_type="dart"), Space(LEARNING), ())
    dart = xgboost("XGBClassifier")
    space = Space({"booster": ["gbtree", "dart"]})
    with pytest.raises(
        ResourceError, match=r"S: early_stopping .* booster='dart' it cannot go back"
    ):
        check_boosters("S", dart, space, ())
    check_boosters("S", dart, Space(LEARNING), ())
    with pytest.raises(ResourceError, match="XGBRFClassifier is none of these"):
        check_boosters("S", xgboost("XGBRFClassifier"), Space(LEARNING), ())


def test_an_evaluation_set_of_the_users_own_is_refused():
    model = lightgbm("LGBMClassifier")
    X, y = cancer()
    search = RandomSearchCV(model, LEARNING, n_iter=1, early_stopping=STOPPING)
    with pytest.raises(ResourceError, match="fit was given 'eval_set'; leave it out"):
        search.fit(X, y, eval_set=[(X, y)])


def test_lightgbm_stops_by_one_rule():
    for name in ("early_stopping_round", "n_iter_no_change"):
        with pytest.raises(ResourceError, match=f"{name}=3 is a rule of its own; leave it out"):
            check_boosters("S", lightgbm("LGBMClassifier", **{name: 3}), Space(LEARNING), ())


@pytest.mark.parametrize("kind", ["hist", "gradient", "lightgbm"])
def test_names_of_classes_do_not_matter(kind):
    X, y = cancer()
    rounds = {stopped(CLASSIFIERS[kind](), X, labels)[0] for labels in (y, y + 1, y == 1)}
    names = stopped(CLASSIFIERS[kind](), X, np.array(["bad", "good"])[y])[0]
    assert rounds == {names}
    assert names > 1


def test_true_stands_for_the_defaults():
    search = RandomSearchCV(CLASSIFIERS["hist"](), LEARNING, n_iter=1, cv=2, early_stopping=True)
    assert search.fit(*cancer()).rounds_ < 100


def test_wrong_types():
    with pytest.raises(ValueError, match=r"early_stopping.*EarlyStopping"):
        RandomSearchCV(CLASSIFIERS["hist"](), LEARNING, early_stopping=5).fit(*cancer())


def test_nets_have_an_argument_of_their_own():
    pytest.importorskip("torch", reason="needs the extra 'neural'")
    pytest.importorskip("skorch", reason="needs the extra 'neural'")
    from skhpo.neural import SoftmaxClassifier

    with pytest.raises(ResourceError, match=r"SoftmaxClassifier\(early_stopping=EarlyStopping"):
        check_boosters("S", SoftmaxClassifier(), Space({"lr": [0.1]}), ())
