from __future__ import annotations

import pytest
from sklearn.datasets import load_iris
from sklearn.preprocessing import scale
from sklearn.utils import shuffle


@pytest.fixture(scope="session")
def iris():
    """Iris, shuffled, scaled, and cut to 90 samples."""
    X, y = shuffle(*load_iris(return_X_y=True), random_state=0)
    return scale(X[:90]), y[:90]
