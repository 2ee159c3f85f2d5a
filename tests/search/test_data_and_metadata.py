"""Every kind of data and metadata that scikit-learn's searches take."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
from search_parts import Anything, assert_same_search, searched_both
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_diabetes, load_digits, load_wine, make_multilabel_classification
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge, RidgeClassifier
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, LeaveOneGroupOut, ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KernelDensity, KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhpo import BayesSearchCV, RandomSearchCV


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(n_class=4, return_X_y=True)
    return X[:120], y[:120]


# --------------------------------------------------------------------------- data


@pytest.mark.parametrize("kind", [sp.csr_matrix, sp.csc_matrix, sp.csr_array, sp.coo_matrix])
def test_sparse(kind, digits):
    X, y = digits
    mine, _, theirs, _ = searched_both(RidgeClassifier(), {"alpha": [0.1, 99]}, (kind(X), y), cv=3)
    assert_same_search(mine, theirs)


def test_data_frame_with_mixed_columns():
    wine = load_wine(as_frame=True)
    X = wine.data[["alcohol", "malic_acid", "ash"]].assign(
        shop=np.where(wine.data["proline"] > 700, "north", "south"),
        open=wine.data["hue"] > 1,
        grade=pd.Categorical(np.where(wine.data["ash"] > 2.3, "a", "b")),
    )
    y = wine.target.map({0: "red", 1: "white", 2: "rosé"})
    columns = make_column_transformer(
        (StandardScaler(), ["alcohol", "malic_acid", "ash"]),
        (OneHotEncoder(sparse_output=False), ["shop", "grade"]),
        remainder="passthrough",
    )
    model = make_pipeline(columns, SVC()).set_output(transform="pandas")
    grid = {"svc__C": [0.1, 10], "columntransformer__standardscaler__with_std": [True, False]}
    mine, _, theirs, _ = searched_both(model, grid, (X, y), cv=3)
    assert_same_search(mine, theirs)
    assert list(mine.feature_names_in_) == list(X.columns)
    assert mine.n_features_in_ == 6
    assert list(mine.classes_) == ["red", "rosé", "white"]
    assert list(mine.predict(X)) == list(theirs.predict(X))
    assert isinstance(mine.best_estimator_[:-1].transform(X), pd.DataFrame)


@pytest.mark.parametrize("how", ["of the estimator", "of the configuration"])
def test_search_over_a_transformer_follows_set_output(how):
    X = load_wine(as_frame=True).data
    globally = "pandas" if how == "of the configuration" else "default"
    locally = "pandas" if how == "of the estimator" else None
    with sklearn.config_context(transform_output=globally):
        model = PCA().set_output(transform=locally)
        mine, _, theirs, _ = searched_both(model, {"n_components": [1, 2]}, (X,))
        assert_same_search(mine, theirs)
        assert list(mine.transform(X).columns) == ["pca0", "pca1"]
        assert mine.inverse_transform(mine.transform(X)).shape == X.shape


@pytest.mark.parametrize("labels", [["a", "b", "c"], [-1, 0, 5], [True, False, True]], ids=repr)
def test_labels(labels, iris):
    X, y = iris
    named = np.array(labels)[y]
    mine, _, theirs, _ = searched_both(KNeighborsClassifier(), {"n_neighbors": [1, 9]}, (X, named))
    assert_same_search(mine, theirs)
    assert set(mine.predict(X)) == set(named)


def test_lists(iris):
    X, y = iris
    data = X.tolist(), y.tolist()
    mine, _, theirs, _ = searched_both(KNeighborsClassifier(), {"n_neighbors": [1, 9]}, data)
    assert_same_search(mine, theirs)


def test_several_outputs():
    X, y = load_diabetes(return_X_y=True)
    Y = np.column_stack([y, X[:, 2] * y])[:90]
    mine, _, theirs, _ = searched_both(Ridge(), {"alpha": [0.1, 10.0]}, (X[:90], Y), cv=3)
    assert_same_search(mine, theirs)
    assert mine.predict(X).shape == (len(X), 2)


def test_several_labels():
    data = make_multilabel_classification(60, random_state=0)
    mine, _, theirs, _ = searched_both(
        DecisionTreeClassifier(random_state=0), {"max_depth": [1, 3]}, data, cv=3
    )
    assert_same_search(mine, theirs)


@pytest.mark.parametrize("target", [(), (None,)], ids=["left out", "None"])
@pytest.mark.parametrize(
    ("estimator", "grid"),
    [
        (KMeans(n_init=1, random_state=0), {"n_clusters": [2, 3]}),
        (KernelDensity(), {"bandwidth": [0.1, 1.0]}),
    ],
)
def test_unsupervised(estimator, grid, target, iris):
    mine, _, theirs, _ = searched_both(estimator, grid, (iris[0], *target), cv=3)
    assert_same_search(mine, theirs)


def test_precomputed_kernel(iris):
    X, y = iris
    kernel = X @ X.T
    mine, _, theirs, _ = searched_both(SVC(kernel="precomputed"), {"C": [1e-4, 1]}, (kernel, y))
    assert_same_search(mine, theirs)
    assert mine.predict(kernel).shape == y.shape
    with pytest.raises(ValueError, match="square"):
        RandomSearchCV(SVC(kernel="precomputed"), {"C": [1]}, n_iter=1, error_score="raise").fit(
            kernel[:, :5], y
        )


@pytest.mark.parametrize("dimensions", [1, 3])
def test_data_of_any_dimension(dimensions, iris):
    X = np.zeros((90, *[2] * (dimensions - 1)))
    mine, _, theirs, _ = searched_both(Anything(), {"value": [1, "a"]}, (X, iris[1]), cv=3)
    assert_same_search(mine, theirs)


class WritesToItsData(Anything):
    """Fits in place, on its part of the data, which is a copy, whatever the whole is."""

    def fit(self, X, y):
        X[:] = 0
        return super().fit(X, y)


def test_large_read_only_data_in_workers():
    X = np.random.default_rng(0).normal(size=(600, 250))  # more than a megabyte: mapped
    y = (X[:, 0] > 0).astype(int)
    X.setflags(write=False)
    grid = {"value": [1, "a"]}
    mine, _, theirs, _ = searched_both(WritesToItsData(), grid, (X, y), cv=2, refit=False, n_jobs=2)
    assert_same_search(mine, theirs)


# --------------------------------------------------------------------------- splits


def test_generator_of_splits_is_used_once(iris):
    n_given = 0

    def splits():
        nonlocal n_given
        for split in ShuffleSplit(3, random_state=0).split(iris[0]):
            n_given += 1
            yield split

    search = RandomSearchCV(SVC(), {"C": [0.1, 1, 10]}, n_iter=3, random_state=0, cv=splits())
    search.fit(*iris)
    assert (n_given, search.n_splits_) == (3, 3)
    with pytest.raises(ValueError, match="No fits were performed"):
        search.fit(*iris)


def test_random_splits_are_the_same_for_all_candidates(iris):
    cv = ShuffleSplit(3, test_size=0.2, random_state=np.random.RandomState(0))
    search = RandomSearchCV(
        SVC(), [{"C": [1.0]}, {"C": [1.0], "gamma": ["scale"]}], n_iter=2, random_state=0, cv=cv
    )
    scores = search.fit(*iris).cv_results_
    for split in range(3):
        assert np.ptp(scores[f"split{split}_test_score"]) == 0


# --------------------------------------------------------------------------- metadata


@pytest.mark.parametrize("cv", [GroupKFold(3), LeaveOneGroupOut()])
def test_groups(cv, iris):
    groups = np.arange(90) % 4
    mine, _, theirs, _ = searched_both(
        SVC(), {"C": [0.1, 1]}, iris, cv=cv, fit_params={"groups": groups}
    )
    assert_same_search(mine, theirs)


def test_sample_weight_without_routing(iris):
    weight = np.where(iris[1] == 0, 10.0, 0.1)
    mine, my_warnings, theirs, their_warnings = searched_both(
        GaussianNB(),
        {"var_smoothing": [1e-9, 0.3]},
        iris,
        cv=3,
        fit_params={"sample_weight": weight},
    )
    assert_same_search(mine, theirs)
    assert [str(w.message) for w in my_warnings] == [str(w.message) for w in their_warnings]
    priors = mine.best_estimator_.class_prior_
    assert priors == pytest.approx(np.bincount(iris[1], weights=weight) / weight.sum())


def test_fit_params_are_cut_only_if_they_fit(iris):
    class Wants(Anything):
        def fit(self, X, y, per_sample=None, setting=None):
            assert len(per_sample) == len(X)
            assert setting == [1, 2]
            return super().fit(X, y)

    search = RandomSearchCV(Wants(), {"value": [1]}, n_iter=1, error_score="raise")
    search.fit(*iris, per_sample=list(range(90)), setting=[1, 2])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_metadata_routing(n_jobs, iris):
    weight = np.where(iris[1] == 0, 10.0, 0.1)
    metadata = {"sample_weight": weight, "groups": np.arange(90) % 4}
    with sklearn.config_context(enable_metadata_routing=True):
        model = GaussianNB().set_fit_request(sample_weight=True)
        weighted = make_scorer(accuracy_score).set_score_request(sample_weight=True)
        plain = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        mine, _, theirs, _ = searched_both(
            make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model),
            {"gaussiannb__var_smoothing": [1e-9, 0.3]},
            iris,
            cv=GroupKFold(3),
            scoring={"weighted": weighted, "plain": plain},
            refit="weighted",
            n_jobs=n_jobs,
            fit_params=metadata,
        )
        assert_same_search(mine, theirs)
        scores = [search.score(*iris, sample_weight=weight) for search in (mine, theirs)]
        assert scores[0] == scores[1] != mine.score(*iris)


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_routing_through_a_search_in_a_search(search, iris):
    weight = np.where(iris[1] == 0, 10.0, 0.1)
    with sklearn.config_context(enable_metadata_routing=True):
        model = GaussianNB().set_fit_request(sample_weight=True)
        scoring = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        inner = search(
            model, {"var_smoothing": [1e-9, 0.3]}, n_iter=2, cv=2, scoring=scoring, random_state=0
        )
        outer = GridSearchCV(inner, {"n_iter": [1, 2]}, cv=2, scoring=scoring)
        outer.fit(*iris, sample_weight=weight)
        unrequested = search(GaussianNB(), {"var_smoothing": [0.3]}, n_iter=1)
        with pytest.raises(ValueError, match=r"sample_weight.* but are not explicitly set"):
            unrequested.fit(*iris, sample_weight=weight)
    priors = outer.best_estimator_.best_estimator_.class_prior_
    assert priors == pytest.approx(np.bincount(iris[1], weights=weight) / weight.sum())


def test_scorer_metadata_without_routing_is_refused(iris):
    search = RandomSearchCV(SVC(), {"C": [1]}, n_iter=1).fit(*iris)
    with pytest.raises(ValueError, match="enable_metadata_routing"):
        search.score(*iris, sample_weight=np.ones(90))
