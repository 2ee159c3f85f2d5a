"""Two things are described alike if they mean the same, in whichever process."""

from __future__ import annotations

import copy
import functools
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import Categorical, Float, Int
from skhpo.samplers import BayesianSampler, RandomSampler
from skhpo.schedulers import AsynchronousHalving, FullBudget
from skhpo.space import Space
from skhpo.storage import describe, described_estimator
from skhpo.storage.description import described_data, described_space
from skhpo.storage.differences import differences


class Plain:
    """Neither parameters nor a repr of its own."""

    def __init__(self, a):
        self.a = a
        self.learnt_ = object()
        self._cache = object()


def things():
    """Of every kind, made anew at each call."""
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    return {
        "none": None,
        "number": 0.1,
        "array": np.arange(6).reshape(2, 3),
        "objects": np.array(["a", None, "b"], dtype=object),
        "frame": frame,
        "series": frame["b"],
        "sparse": sparse.csr_matrix(np.eye(3)),
        "folds": list(KFold(2).split(np.arange(6))),
        "set": {"red", "green", "blue"},
        "dict": {"b": 1, "a": [1, (2, None)]},
        "function": np.log1p,
        "lambda": lambda x: x,
        "partial": functools.partial(sorted, reverse=True),
        "class": SVC,
        "estimator": make_pipeline(StandardScaler(), LogisticRegression(C=2)),
        "scorer": make_scorer(mean_squared_error, greater_is_better=False),
        "distribution": stats.loguniform(1e-3, 1e3),
        "discrete": stats.randint(1, 5),
        "random": np.random.RandomState(0),
        "generator": np.random.default_rng(0),
        "sampler": BayesianSampler(),
        "scheduler": AsynchronousHalving(5, (1, 3, 9)),
        "plain": Plain([1]),
        "float": Float(0, 1),
    }


PRINTED = """
import sys
sys.path.insert(0, sys.argv[1])
from test_description import things
from skhpo.storage import describe
for name, value in things().items():
    print(name, describe(value))
"""


def test_the_same_in_every_process():
    """Whatever strings hash to, and wherever things lie in memory."""
    here = "".join(f"{name} {describe(value)}\n" for name, value in things().items())
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    command = [sys.executable, "-c", PRINTED, os.path.dirname(__file__)]
    printed = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert printed.stdout == here


def test_the_same_twice():
    first, second = things(), things()
    assert {k: describe(v) for k, v in first.items()} == {k: describe(v) for k, v in second.items()}
    assert not [text for text in map(describe, first.values()) if " at 0x" in text]


def test_using_a_sparse_matrix_does_not_change_it():
    """It takes notes of what it is asked."""
    before, X = describe(things()["sparse"]), things()["sparse"]
    assert X.has_sorted_indices
    assert X.has_canonical_format
    assert describe(X) == before


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 1.0),
        (1, "1"),
        (True, 1),
        (None, "None"),
        ([1, 2], (1, 2)),
        ([1, 2], [2, 1]),
        (np.arange(3), np.arange(3.0)),
        (np.arange(300), np.arange(300)[::-1]),
        (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
        (SVC(), SVC(C=2)),
        (SVC, SVC()),
        (stats.uniform(0, 1), stats.uniform(0, 2)),
        (stats.uniform(0, 1), stats.norm(0, 1)),
        (Float(0, 1), Float(0, 1, log=False, step=0.1)),
        (Float(0, 1), Int(0, 1)),
        (np.log, np.log1p),
        (RandomSampler(), BayesianSampler()),
        (Plain(1), Plain(2)),
        (["a" * 1000], ["a" * 999 + "b"]),
        (sparse.eye(3).tocsr(), 2 * sparse.eye(3).tocsr()),
    ],
    ids=repr,
)
def test_what_differs_is_told_apart(one, other):
    assert describe(one) != describe(other)


def test_what_was_found_out_in_the_meantime_does_not_count():
    plain = Plain(1)
    before = describe(plain)
    plain.learnt_ = 1
    plain._cache = 2
    assert describe(plain) == before
    assert describe(FullBudget(3), but=("n_trials",)) == describe(FullBudget(9), but=("n_trials",))


def test_long_descriptions_end_in_a_checksum():
    text = describe(list(range(10_000)))
    assert len(text) < 400
    assert text.startswith("list(0, 1, 2")


def test_estimators_are_told_parameter_by_parameter():
    described = described_estimator(make_pipeline(StandardScaler(), LogisticRegression(C=2)))
    assert described["estimator"] == "sklearn.pipeline.Pipeline"
    assert "C=2" in described["estimator.steps"]
    assert described_estimator(None) == {"estimator": "None"}


def test_a_repr_that_fails_is_no_obstacle():
    class Rude:
        __slots__ = ()

        def __repr__(self):
            raise RuntimeError

    assert "Rude" in describe(Rude())


def test_something_that_holds_itself():
    plain = Plain(None)
    plain.a = plain
    assert describe(plain) == describe(plain)
    held = []
    held.append(held)
    assert "list" in describe(held)


def test_spaces():
    space = Space(
        [
            {"k": [SVC(), None, len], "x": stats.uniform(0, 1)},
            {"n": Int(1, 3), "o": Categorical(["a", "b"])},
        ]
    )
    first, second = described_space(space)
    assert first["k"][1:] == ["None", "builtins.len"]
    assert first["k"][0].startswith("sklearn.svm")
    assert "uniform_gen(0, 1" in first["x"]
    assert second["o"] == ["'a'", "'b'"]
    assert "Int(" in second["n"]


def test_nothing_is_nothing_whatever_does_not_matter():
    assert describe(None, but=("together",)) == "None"


TEXTS = ["sesame", "marzipan", "saffron"]


@pytest.mark.parametrize(
    "data",
    [
        TEXTS,
        tuple(TEXTS),
        [[text] for text in TEXTS],
        dict.fromkeys(TEXTS, 1),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS),
        pd.DataFrame({"spice": TEXTS}),
        [17.25, 4711.5, 0.0625],
    ],
    ids=repr,
)
def test_no_cell_of_data_is_told(data):
    described = described_data(data)
    assert not [text for text in (*TEXTS, "17.25", "4711.5", "0.0625") if text in described]
    assert described == described_data(copy.deepcopy(data))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (TEXTS, TEXTS[::-1]),
        (TEXTS, tuple(TEXTS)),
        (TEXTS, np.array(TEXTS)),
        (TEXTS, [*TEXTS, "sesame"]),
        ([1.0, 2.0], [1.0, 2.5]),
        ([[1.0], [2.0]], [[1.0], [2.5]]),
        (np.eye(3), np.eye(3) * 2),
        (np.eye(3), np.eye(3, dtype="float32")),
        (np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2)),
        (sparse.eye(3).tocsr(), 2 * sparse.eye(3).tocsr()),
        (None, []),
        (1.0, 2.0),
    ],
    ids=repr,
)
def test_other_data_are_told_apart(one, other):
    assert described_data(one) != described_data(other)


def test_the_order_in_memory_does_not_count():
    X = np.arange(12.0).reshape(3, 4)
    twin = np.asfortranarray(X)
    assert twin.flags.f_contiguous
    assert described_data(twin) == described_data(X)
    assert described_data(np.repeat(X, 2, axis=1)[:, ::2]) == described_data(X)


def test_lambdas_are_told_apart_by_what_they_do():
    first, again, second = lambda x: x + 1, lambda x: x + 1, lambda x: x + 2
    nested, other = lambda x: [y + 1 for y in x], lambda x: [y + 2 for y in x]
    assert describe(first) == describe(again)
    assert describe(first) != describe(second)
    assert describe(nested) != describe(other)
    assert describe(lambda x: x.min()) != describe(lambda x: x.max())


def test_differences_are_shown_where_they_are():
    """Of long descriptions that begin alike."""
    alike = "scheduler(" + "a" * 200
    shown = differences({"scheduler": alike + "=1" + "b" * 200}, {"scheduler": alike + "=2"})
    line, what_now = shown.splitlines()
    there, here = line.split(", here ")
    assert "a=1b" in there
    assert "a=2" in here
    assert len(line) < 300
    assert "n_candidates" in what_now
    assert differences({"X": "1"}, {"X": "1"}) is None
    assert "there nothing, here 1" in differences({}, {"a": "1"})
    assert "and 5 more" in differences({}, {str(n): "1" for n in range(25)})
