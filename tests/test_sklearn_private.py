"""What is needed of scikit-learn's private names is there, does what it should, and is in one place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
from sklearn.utils.metaestimators import _safe_split

import skhpo
from skhpo import RandomSearchCV, _sklearn

PACKAGE = Path(skhpo.__file__).parent

#: A module or a name of scikit-learn that begins with an underscore.
PRIVATE = re.compile(
    r"^\s*(from sklearn[\w.]*\._|import sklearn[\w.]*\._|from sklearn[\w.]* import [^#\n]*\b_\w)",
    re.MULTILINE,
)


def test_private_names_are_imported_in_one_place():
    users = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if PRIVATE.search(path.read_text())
    }
    assert users == {"_sklearn.py"}


def test_all_names_are_there():
    for name in _sklearn.__all__:
        assert callable(getattr(_sklearn, name))


def test_base_class_is_that_of_grid_search():
    assert _sklearn.BaseSearchCV in GridSearchCV.__mro__
    assert _sklearn.BaseSearchCV in RandomSearchCV.__mro__


def test_format_results_adds_columns():
    search = RandomSearchCV(SVC(), {"C": [1, 2]})
    outcomes = [
        {"fit_time": 1.0, "score_time": 2.0, "test_scores": {"score": score}}
        for score in (0.1, 0.3, 0.5, 0.7)
    ]
    results = _sklearn.format_results(
        search, [{"C": 1}, {"C": 2}], 2, outcomes, {"status": ["completed", "failed"]}
    )
    np.testing.assert_allclose(results["mean_test_score"], [0.2, 0.6])
    assert list(results["rank_test_score"]) == [2, 1]
    assert list(results["status"]) == ["completed", "failed"]


DATA = {
    "array": lambda X: X,
    "subclass": lambda X: np.ma.masked_array(X),
    "frame": lambda X: pytest.importorskip("pandas").DataFrame(X),
    "sparse": lambda X: sparse.csr_matrix(X),
    "list": lambda X: X.tolist(),
}


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize("positions", [np.asarray, list], ids=["array", "list"])
@pytest.mark.parametrize("estimator", [SVC(), SVC(kernel="precomputed")], ids=["plain", "pairwise"])
@pytest.mark.parametrize("with_y", [True, False])
def test_split_like_scikit_learn(kind, positions, estimator, with_y):
    if kind in ("list", "frame") and estimator.kernel == "precomputed":
        return  # scikit-learn wants kernels as arrays or matrices
    X = DATA[kind](np.arange(36.0).reshape(6, 6))
    y = np.arange(6) if with_y else None
    train, test = positions([0, 2, 3, 5]), positions([1, 4])
    parts = _sklearn.split_data(estimator, X, y, train, test)
    expected = [
        _safe_split(estimator, X, y, np.asarray(train)),
        _safe_split(estimator, X, y, np.asarray(test), np.asarray(train)),
    ]
    for (X_part, y_part, at), (X_expected, y_expected), given in zip(
        parts, expected, (train, test), strict=True
    ):
        assert type(X_part) is type(X_expected)
        dense = [part.toarray() if sparse.issparse(part) else part for part in (X_part, X_expected)]
        np.testing.assert_array_equal(*dense)
        np.testing.assert_array_equal(y_part, y_expected)
        np.testing.assert_array_equal(at, given)


def test_split_parts_are_copies():
    """What a fit does to its part harms nobody else's."""
    X = np.arange(6.0).reshape(3, 2)
    (X_train, _, _), _ = _sklearn.split_data(SVC(), X, None, [0, 1], [2])
    X_train[:] = -1
    assert X.min() == 0


def test_events_do_nothing_without_callbacks():
    """Nor in releases that have none."""
    search = RandomSearchCV(SVC(), {"C": [1]})
    events = _sklearn.SearchEvents(search, None, None, None)
    events.begin_search(1)
    assert events.evaluation() is None
    with events.refit(SVC()):
        pass
    events.end_search()
    events.end()
