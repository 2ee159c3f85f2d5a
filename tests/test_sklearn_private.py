"""What is needed of scikit-learn's private names is there, does what it should, and is in one place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

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


@pytest.mark.parametrize("indices", [np.arange(3), [0, 1, 2], range(3)])
def test_indices_like_the_data(indices):
    np.testing.assert_array_equal(_sklearn.like_data(indices, np.zeros((4, 1))), [0, 1, 2])


def test_events_do_nothing_without_callbacks():
    """Nor in releases that have none."""
    search = RandomSearchCV(SVC(), {"C": [1]})
    events = _sklearn.SearchEvents(search, None, None, None)
    events.begin_search(1)
    assert events.evaluation(0) is None
    with events.refit(SVC()):
        pass
    events.end_search()
    events.end()
