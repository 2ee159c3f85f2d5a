"""What ``verbose`` prints."""

from __future__ import annotations

import io
import sys

import pytest
from search_parts import Anything

from skhpo import BayesSearchCV, RandomSearchCV

VALUES = {"value": [1, "a"]}


def printed(capsys, verbose, iris, n_iter=2, **settings):
    space = {"value": list(range(n_iter))}
    search = RandomSearchCV(Anything(), space, n_iter=n_iter, cv=2, verbose=verbose, **settings)
    search.fit(*iris)
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out.splitlines()


def test_silence(capsys, iris):
    assert printed(capsys, 0, iris) == []


def test_plain_lines_where_there_is_no_terminal(capsys, iris):
    lines = printed(capsys, 1, iris, n_iter=25)
    assert lines[0] == "Fitting 2 folds for each of 25 candidates, totalling 50 fits"
    assert 10 <= len(lines) <= 15
    assert lines[-1].startswith("50/50 fits, best score 0.")


def test_trials_and_folds(capsys, iris):
    trials = printed(capsys, 2, iris, initial_params=[{"value": 1}])
    assert sum(line.startswith("[trial ") for line in trials) == 2
    assert any(line.startswith("[trial 1/2] value=1; 0.") for line in trials)
    folds = printed(capsys, 3, iris)
    assert sum(line.startswith("[trial 2/2 fold 2/2] score=0.") for line in folds) == 1
    assert sum("total time=" in line for line in folds) == 4


def test_failures_are_told(capsys, iris):
    class Fails(Anything):
        def fit(self, X, y):
            raise ValueError("no")

    search = RandomSearchCV(Fails(), VALUES, n_iter=2, cv=2, verbose=3, random_state=0)
    with pytest.raises(ValueError, match="All the 4 fits failed"):
        search.fit(*iris)
    out = capsys.readouterr().out
    assert out.count("failed") == 6  # four folds, two trials
    assert "4/4 fits, no score yet" in out


def test_last_line_tells_where_a_search_ended(capsys, iris):
    """Also where it ended early: 4 of 30, between two of the regular lines."""

    class Interrupted(Anything):
        def fit(self, X, y):
            if self.value == 4:
                raise KeyboardInterrupt
            return super().fit(X, y)

    values = [{"value": value} for value in range(30)]
    space = {"value": list(range(30))}
    search = RandomSearchCV(Interrupted(), space, n_iter=30, initial_params=values, verbose=1)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*iris)
    assert capsys.readouterr().out.splitlines()[-1].startswith("20/150 fits, best score 0.")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar_in_a_terminal(iris, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    search = BayesSearchCV(Anything(), VALUES, n_iter=2, cv=2, verbose=1, random_state=0)
    search.fit(*iris)
    shown = terminal.getvalue()
    assert "4/4" in shown
    assert f"best score {search.best_score_:.4g}" in shown
    assert shown.endswith("\n")
