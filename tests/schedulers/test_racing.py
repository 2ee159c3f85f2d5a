from __future__ import annotations

import math

import numpy as np
import pytest
from scheduler_runs import carry_out, measure, reached
from scipy import stats
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo.history import History
from skhpo.schedulers import FoldRacing
from skhpo.schedulers.racing import p_worse
from skhpo.trial import Promote, Start


def race(scheduler, table):
    """Run it on scores of shape (n_trials, n_folds); a promotion measures the missing folds."""
    history, had = History(), {}
    while isinstance(action := scheduler.next(history), (Start, Promote)):
        first = 0 if isinstance(action, Start) else had[action.trial]
        folds = tuple(range(first, action.resource))
        number = carry_out(history, action, folds)
        had[number] = action.resource
        measure(history, number, [table[number][fold] for fold in folds])
    return history


def test_who_is_worse_on_the_same_folds_drops_out():
    table = [
        [0.9, 0.6, 0.8, 0.7],
        [0.8, 0.5, 0.7, 0.6],  # always 0.1 below
        [0.7, 0.7, 0.9, 0.8],  # cannot be told on two folds; better in the end
        [0.6, 0.6, 0.7, 0.6],  # worse than the new best
    ]
    history = race(FoldRacing(4, n_folds=4), table)
    assert reached(history) == {0: 4, 1: 2, 2: 4, 3: 2}
    assert history.best.trial == 2


def test_only_fully_evaluated_trials_can_win():
    """Good luck on the first folds is not enough, and it is not what others are compared with."""
    table = [[0.5, 0.5, 0.5], [0.9, 0.9, -0.9], [0.51, 0.51, 0.51]]
    history = race(FoldRacing(3, n_folds=3), table)
    assert reached(history) == {0: 3, 1: 3, 2: 3}
    assert history.best.trial == 2


def test_failures_drop_out():
    table = [[0.5, 0.5, 0.5], [0.9, math.nan, 0.9], [0.6, 0.7, 0.8]]
    assert reached(race(FoldRacing(3, n_folds=3), table)) == {0: 3, 1: 2, 2: 3}


@pytest.mark.parametrize("m", [2, 3, 7])
def test_the_corrected_t_test(m):
    """Against scipy's: the statistic shrinks by sqrt((1/m) / (1/m + 1/(K - 1)))."""
    differences = np.random.default_rng(m).normal(-0.3, 1, size=m)
    t = stats.ttest_1samp(differences, 0, alternative="less").statistic
    corrected = t * math.sqrt((1 / m) / (1 / m + 1 / 9))
    assert p_worse(differences, 10) == pytest.approx(stats.t.cdf(corrected, m - 1))


def test_where_there_is_nothing_to_test():
    assert p_worse(np.array([-1.0]), 5) == 1
    assert p_worse(np.array([-math.inf, -1.0]), 5) == 1
    assert p_worse(np.array([0.0, 0.0]), 5) == 1
    assert p_worse(np.array([-1.0, -1.0]), 5) == 0


def test_on_real_cross_validation():
    """No more than 0.6 of the fits, and a winner as good on data nobody has seen."""
    X, y = load_breast_cancer(return_X_y=True)
    X, X_unseen, y, y_unseen = train_test_split(X, y, test_size=0.4, random_state=0)
    cv = StratifiedKFold(5, shuffle=True, random_state=0)
    rng = np.random.default_rng(0)
    models = [
        make_pipeline(
            StandardScaler(), SVC(C=10 ** rng.uniform(-2, 3), gamma=10 ** rng.uniform(-5, 0))
        )
        for _ in range(40)
    ]
    table = np.array([cross_val_score(model, X, y, cv=cv) for model in models])
    unseen = [model.fit(X, y).score(X_unseen, y_unseen) for model in models]
    history = race(FoldRacing(40, n_folds=5), table)
    assert len(history.measurements) <= 0.6 * table.size
    noise = math.sqrt(0.25 / len(y_unseen))
    assert unseen[history.best.trial] >= unseen[int(table.mean(axis=1).argmax())] - noise


@pytest.mark.parametrize(("n_folds", "level"), [(3, 0.3), (5, 0.3), (8, 0.15), (10, 0.1125)])
def test_many_tests_share_the_level_of_three(n_folds, level):
    """A trial whose p-value at its first test is just above the level goes on, and not below."""

    def drops(p):
        # two differences of mean d and spread 1 have this p-value
        d = stats.t.ppf(p, 1) * math.sqrt((1 / 2 + 1 / (n_folds - 1)) * 2)
        table = np.zeros((2, n_folds))
        table[1, :2] = [d - 1, d + 1]
        return reached(race(FoldRacing(2, n_folds=n_folds), table))[1] == 2

    assert drops(level - 0.01)
    assert not drops(level + 0.01)


def test_bad_input():
    with pytest.raises(ValueError, match="min_folds must not be greater than n_folds, got 4 and 3"):
        FoldRacing(9, n_folds=3, min_folds=4)
    with pytest.raises(
        ValueError, match=r"alpha must be a number greater than 0 and less than 0\.5"
    ):
        FoldRacing(9, n_folds=3, alpha=0.5)
    with pytest.raises(ValueError, match="n_folds must be an integer of 1 or more, got None"):
        FoldRacing(9, n_folds=None)
