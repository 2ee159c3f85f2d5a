"""Data and estimators that several test files share; importable by worker processes."""

from __future__ import annotations

import os

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.preprocessing import scale

from skhpo import Space
from skhpo.resources import TrainingSet

#: Nothing is searched.
NOTHING = Space({})

DIGITS_X, DIGITS_Y = load_digits(n_class=4, return_X_y=True)
DIGITS_X = DIGITS_X[:240] / 16
DIGITS_Y = DIGITS_Y[:240]
CANCER_X, CANCER_Y = load_breast_cancer(return_X_y=True)
CANCER_X = scale(CANCER_X)[:200]
CANCER_Y = CANCER_Y[:200]
DIABETES_X, DIABETES_Y = load_diabetes(return_X_y=True)
DIABETES_X, DIABETES_Y = DIABETES_X[:150], scale(DIABETES_Y[:150])

DIGITS = TrainingSet(DIGITS_X, DIGITS_Y, every_y=DIGITS_Y)
CANCER = TrainingSet(CANCER_X, CANCER_Y, every_y=CANCER_Y)
DIABETES = TrainingSet(DIABETES_X, DIABETES_Y, every_y=DIABETES_Y)


class CountedSGD(SGDClassifier):
    """Writes a line into a file for each pass it makes, in whichever process that is."""

    def __init__(self, log=None, *, alpha=0.0001, random_state=None):
        super().__init__(alpha=alpha, random_state=random_state)
        self.log = log

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        if self.log is not None:
            with open(self.log, "a") as file:
                file.write(f"{len(X)}\n")
        return super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what its methods were given."""

    def __init__(self, value=0, width=1, batch_size=10):
        self.value = value
        self.width = width
        self.batch_size = batch_size

    def fit(self, X, y, sample_weight=None):
        self.calls_ = [("fit", X, y, {"sample_weight": sample_weight})]
        self.classes_ = np.unique(y)
        return self

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        given = {"classes": classes, "sample_weight": sample_weight}
        self.calls_ = [*getattr(self, "calls_", []), ("partial_fit", X, y, given)]
        self.batch_sizes_ = [*getattr(self, "batch_sizes_", []), self.batch_size]
        return self

    def predict(self, X):
        return np.zeros(len(X), dtype=int)


class CountedScaler(TransformerMixin, BaseEstimator):
    """Counts how often it is fitted, in a file."""

    def __init__(self, log=None):
        self.log = log

    def fit(self, X, y=None):
        with open(self.log, "a") as file:
            file.write("fit\n")
        self.mean_ = X.mean(axis=0)
        return self

    def transform(self, X):
        return X - self.mean_


def lines(path):
    """How many lines a file has; none if it is not there."""
    if not os.path.exists(path):
        return 0
    with open(path) as file:
        return sum(1 for _ in file)
