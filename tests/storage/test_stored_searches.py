"""What goes on with what is stored, and what does not."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import stat
import subprocess
import sys
import warnings
from functools import partial
from pathlib import Path

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupKFold, KFold, ShuffleSplit, cross_validate
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from stored_searches import SEARCHES, SPACE, X, found, n_passes, search_of, y

from skhpo import Categorical, Float, Int, RandomSearchCV, Tuner
from skhpo.exceptions import SkhpoWarning, SpaceError, StorageError, StorageMismatchError
from skhpo.history import History
from skhpo.inspection import summary
from skhpo.inspection.tables import statuses
from skhpo.retention import Retention
from skhpo.samplers import QuasiRandomSampler
from skhpo.schedulers import (
    AsynchronousHalving,
    Bracket,
    FullBudget,
    PatienceStopping,
    SuccessiveHalving,
)
from skhpo.status import status
from skhpo.storage import Checkpoints, Store, read_journal, reading
from skhpo.storage.lines import decode_line, encode_line
from skhpo.storage.lock import FileLock
from skhpo.storage.view import read_search
from skhpo.testing import outcomes
from skhpo.trial import Assignment, Measurement, Trial

DATA = Path(__file__).parent / "data"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


# --------------------------------------------------------------------------- going on


@pytest.mark.parametrize("name", SEARCHES)
def test_what_is_complete_is_not_done_again(name, log, tmp_path):
    first = search_of(name, tmp_path / "search", log).fit(X, y)
    n = n_passes(log)
    journal = tmp_path / "search" / "journal.jsonl"
    before = journal.read_bytes()
    again = search_of(name, str(tmp_path / "search"), log).fit(X, y)
    assert found(again) == found(first)
    assert n_passes(log) == n
    assert journal.read_bytes() == before, "nothing is written where nothing happens"
    assert again.stop_reason_ == first.stop_reason_ == "budget"


@pytest.mark.parametrize("name", SEARCHES)
def test_from_outside_it_is_told_the_same(name, log, tmp_path):
    """Who won, with what training, and who was given up."""
    search = search_of(name, tmp_path / "search", log).fit(X, y)
    stored = read_search(tmp_path / "search")
    for own, other in zip(search.history_.evaluations, stored.history.evaluations, strict=True):
        assert (own.trial, own.resource) == (other.trial, other.resource)
        assert own.fold_scores == other.fold_scores
    assert stored.history.best.trial == search.history_.best.trial
    assert stored.history.best.resource == search.history_.best.resource
    assert stored.history.full == search.history_.full
    assert list(statuses(stored.history)) == list(statuses(search.history_))


def test_where_training_may_be_too_long_the_best_is_that_of_all_also_from_outside(tmp_path):
    """Scores that fall: the best had the least training."""

    def falls(params, resource):
        return -resource - params["x"]

    tuner = Tuner(
        {"x": Float(0, 1)}, falls, scheduler=PatienceStopping(4, (1, 2, 3, 4)),
        random_state=0, storage=tmp_path,
    ).run()  # fmt: skip
    assert status(tuner).best_resource == status(tmp_path).best_resource == 1
    assert summary(read_search(tmp_path)).splitlines()[2] == summary(tuner).splitlines()[2]


@pytest.mark.parametrize(
    ("name", "less", "more"),
    [
        ("random", {"n_iter": 3}, {"n_iter": 6}),
        ("racing", {"n_iter": 3}, {"n_iter": 6}),
        ("bayes", {"n_iter": 5}, {"n_iter": 7}),
        ("tpe", {"n_iter": 5}, {"n_iter": 7}),
        ("cma-es", {"n_iter": 4}, {"n_iter": 9}),
        ("evolution", {"n_iter": 5}, {"n_iter": 9}),
    ],
)
def test_more_of_it_is_as_if_it_had_been_asked_for_at_first(name, less, more, log, tmp_path):
    expected = search_of(name, None, tmp_path / "other", **more).fit(X, y)
    n = n_passes(tmp_path / "other")
    search_of(name, tmp_path / "search", log, **less).fit(X, y)
    extended = search_of(name, tmp_path / "search", log, **more).fit(X, y)
    assert found(extended) == found(expected)
    assert n_passes(log) == n


def test_more_candidates_for_asha(log, tmp_path):
    """Who rested may be promoted after all, from its checkpoint."""
    search_of("asha", tmp_path / "search", log, n_candidates=4).fit(X, y)
    more = search_of("asha", tmp_path / "search", log, n_candidates=9).fit(X, y)
    assert more.n_candidates_[0] == 9
    spent = sum(m.spent for m in more.history_.measurements)
    assert n_passes(log) == spent, "each pass was made once"
    for m in more.history_.measurements:
        before = [
            0,
            *(
                o.resource
                for o in more.history_.measurements
                if (o.trial, o.fold) == (m.trial, m.fold) and o.resource < m.resource
            ),
        ]
        assert m.spent == m.resource - max(before)


def test_fewer_of_it(log, tmp_path):
    """What is there stays."""
    search_of("random", tmp_path / "search", log, n_iter=5).fit(X, y)
    fewer = search_of("random", tmp_path / "search", log, n_iter=2).fit(X, y)
    assert len(fewer.cv_results_["params"]) == 5


@pytest.mark.parametrize(
    ("name", "backend"),
    [("random", "threading"), ("asha", "threading"), ("asha", "loky"), ("pbt", "threading")],
)
def test_two_workers(name, backend, log, tmp_path):
    """Cut in the middle, by one worker or two; complete in the end, and nothing done twice."""
    storage = tmp_path / "search"
    with joblib.parallel_config(backend):
        whole = search_of(name, storage, log, n_jobs=2).fit(X, y)
        journal = storage / "journal.jsonl"
        lines = journal.read_bytes().splitlines(keepends=True)
        half = lines[: len(lines) // 2]
        kept = [json.loads(line) for line in half]
        journal.write_bytes(b"".join(half))
        log.write_text("")
        resumed = search_of(name, storage, log, n_jobs=2).fit(X, y)
    measurements = resumed.history_.measurements
    n_kept = sum(line["kind"] == "measurement" for line in kept)
    assert 0 < n_kept < len(measurements)
    assert len(resumed.history_.pending) == 0
    assert n_passes(log) == sum(m.spent or 1 for m in measurements[n_kept:])
    if name == "random":
        assert found(resumed) == found(whole)


@pytest.mark.parametrize("refit_from", ["scratch", "checkpoint"])
def test_the_best_is_refitted_as_before(refit_from, log, tmp_path):
    settings = {
        "cv": ShuffleSplit(1, random_state=0), "refit": True, "refit_from": refit_from,
    }  # fmt: skip
    first = search_of("asha", tmp_path / "search", log, **settings).fit(X, y)
    n = n_passes(log)
    again = search_of("asha", tmp_path / "search", log, **settings).fit(X, y)
    np.testing.assert_array_equal(again.best_estimator_.coef_, first.best_estimator_.coef_)
    assert n_passes(log) - n == (4 if refit_from == "scratch" else 0)


def test_a_seed_that_nobody_gave_is_that_of_the_search(log, tmp_path):
    first = search_of("random", tmp_path / "search", log, random_state=None, n_iter=3).fit(X, y)
    more = search_of("random", tmp_path / "search", log, random_state=None, n_iter=6).fit(X, y)
    assert more.cv_results_["params"][:3] == first.cv_results_["params"]
    assert more.history_.seed == first.history_.seed


def test_without_storage_nothing_is_written_and_all_is_done_anew(log, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    search = search_of("random", None, log)
    search.fit(X, y)
    search.fit(X, y)
    assert n_passes(log) == 2 * 2 * 5
    assert os.listdir(tmp_path) == ["log"]


def test_choices_that_are_estimators(tmp_path):
    space = {"kernel": ["linear", "rbf"], "gamma": ["scale", 0.1, 1.0], "C": Int(1, 100, log=True)}
    runs = [
        RandomSearchCV(SVC(), space, n_iter=n, cv=2, random_state=0, storage=tmp_path).fit(X, y)
        for n in (3, 6)
    ]
    alone = RandomSearchCV(SVC(), space, n_iter=6, cv=2, random_state=0).fit(X, y)
    assert found(runs[1]) == found(alone)
    assert runs[1].best_params_ == alone.best_params_


def test_failures_are_results(log, tmp_path):
    """They are not tried again, and are told of again."""
    space = {"alpha": [-1.0, 0.1]}
    search = search_of("random", tmp_path / "search", log).set_params(
        param_distributions=space, n_iter=2
    )
    for _ in range(2):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            search.fit(X, y)
        assert "2 fits failed" in str(caught[0].message)
        assert sorted(search.cv_results_["status"]) == ["completed", "failed"]
        assert n_passes(log) == 2 + 2  # the failing ones count themselves before they fail
        error = next(m.error for m in search.history_.measurements if m.error)
        assert "Traceback" in error


# --------------------------------------------------------------------------- another search


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"X": X[::-1]}, ["X"]),
        ({"y": (y + 1) % 3}, ["y"]),
        ({"random_state": 1}, ["seed"]),
        ({"cv": 3}, ["folds"]),
        ({"cv": KFold(2, shuffle=True, random_state=0)}, ["folds", "there 2 folds"]),
        ({"X": X.astype("float32")}, ["X", "float32"]),
        ({"scoring": "balanced_accuracy"}, ["scoring"]),
        ({"scoring": ["accuracy", "f1_macro"]}, ["scoring.accuracy", "scoring.f1_macro", "metric"]),
        ({"estimator__penalty": "l1"}, ["estimator.penalty"]),
        ({"estimator": SVC()}, ["estimator:", "estimator.kernel"]),
        ({"param_distributions": {**SPACE, "alpha": Float(1e-3, 1, log=True)}}, ["space.alpha"]),
        ({"param_distributions": {"alpha": SPACE["alpha"]}}, ["space.eta0", "here nothing"]),
        ({"param_distributions": [SPACE, {"alpha": [1.0]}]}, ["space[0].alpha"]),
        ({"initial_params": [{"alpha": 0.1, "eta0": 0.1}]}, ["sampler"]),
        ({"return_train_score": True}, ["return_train_score"]),
        ({"racing": True, "cv": 3}, ["scheduler", "folds"]),
    ],
    ids=repr,
)
def test_another_search_is_refused(change, named, log, tmp_path):
    """Before the first fit, with a list of what differs; and what is stored stays as it is."""
    search_of("random", tmp_path / "search", log).fit(X, y)
    n, before = n_passes(log), (tmp_path / "search" / "journal.jsonl").read_bytes()
    data = {"X": X, "y": y, **{k: v for k, v in change.items() if k in ("X", "y")}}
    settings = {k: v for k, v in change.items() if k not in data}
    search = search_of("random", tmp_path / "search", log).set_params(n_iter=9)
    for name in sorted(settings, key=len):
        search.set_params(**{name: settings[name]})
    if "estimator" in settings:
        search.set_params(param_distributions={"C": Float(0.1, 1)})
    with pytest.raises(StorageMismatchError, match="holds another search") as told:
        search.fit(**data)
    for name in named:
        assert name in str(told.value)
    assert n_passes(log) == n
    assert (tmp_path / "search" / "journal.jsonl").read_bytes() == before


WORDS = ["almond milk", "nutmeg oil", "cinnamon bark", "cardamom pod"] * 8
KINDS = ["drink", "essence", "spice", "kernel"] * 8


class Weighed(KNeighborsClassifier):
    """Takes weights, and does without."""

    def fit(self, X, y, sample_weight=None):
        return super().fit(X, y)


def test_no_cell_of_the_data_is_in_the_journal(tmp_path):
    """Data as lists; and if they are others the search is, too."""
    model = make_pipeline(TfidfVectorizer(), Weighed())
    search = RandomSearchCV(
        model, {"weighed__n_neighbors": Int(1, 3)}, n_iter=2, cv=GroupKFold(2), random_state=0,
        storage=tmp_path,
    )  # fmt: skip
    groups = [f"shelf {n % 3} of the pantry" for n in range(32)]
    weights = [0.015625 + n / 7 for n in range(32)]
    data = {"X": WORDS, "y": KINDS, "groups": groups, "weighed__sample_weight": weights}
    search.fit(**data)
    journal = (tmp_path / "journal.jsonl").read_text()
    header = journal.splitlines()[0]
    cells = {*" ".join(WORDS).split(), *KINDS, "pantry", *map(str, weights)}
    assert not [cell for cell in cells if cell in header]
    assert not [cell for cell in cells if cell in journal]
    search.fit(**data)
    others = {
        "X": [*WORDS[:-1], "vanilla"],
        "y": [*KINDS[:-1], "drink"],
        "weighed__sample_weight": [*weights[:-1], 1.0],
    }
    for name, other in others.items():
        with pytest.raises(StorageMismatchError, match=rf"(?m)^  \S*{name.split('__')[-1]}: "):
            search.fit(**{**data, name: other})


def test_the_order_of_an_array_in_memory_is_no_difference(log, tmp_path):
    search_of("random", tmp_path / "search", log).fit(X, y)
    n = n_passes(log)
    search_of("random", tmp_path / "search", log).fit(np.asfortranarray(X), y)
    assert n_passes(log) == n


LAMBDAS = """
import sys
sys.path.insert(0, sys.argv[1])
from stored_searches import X, search_of, y
score = lambda estimator, X, y: float(estimator.score(X, y))
search_of("random", sys.argv[2], sys.argv[3], n_iter=2, scoring=score).fit(X, y)
print("accepted")
"""


def test_a_lambda_that_scores_is_known_by_what_it_does(log, tmp_path):
    """To another process, and under another line of the script."""

    def run(script):
        command = [sys.executable, "-c", script, os.path.dirname(__file__), tmp_path / "s", log]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert run(LAMBDAS).stdout == "accepted\n"
    n = n_passes(log)
    assert run("\n\n# moved" + LAMBDAS).stdout == "accepted\n"
    refused = run(LAMBDAS.replace("float(", "-float("))
    assert "StorageMismatchError" in refused.stderr
    assert "scoring" in refused.stderr
    assert n_passes(log) == n


def test_fewer_candidates_than_are_stored_come_as_far(log, tmp_path):
    """What is stored counts: nobody is told that the highest rung will not be reached."""
    search_of("asha", tmp_path / "search", log).fit(X, y)
    fewer = search_of("asha", tmp_path / "search", log, n_candidates=2).fit(X, y)
    assert max(fewer.n_resources_) == 4
    with pytest.warns(SkhpoWarning, match="the last rung will be at 2"):
        search_of("asha", tmp_path / "other", log, n_candidates=2).fit(X, y)


@pytest.mark.parametrize("seed", [None, 0])
@pytest.mark.parametrize("name", ["random", "asha"])
def test_what_is_no_folder(name, seed, log, tmp_path):
    file = tmp_path / "file"
    file.write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for path, kind in [
        (file, "a file"),
        (file / "search", "a file"),
        (tmp_path / "link", "a link that leads nowhere"),
        (tmp_path / "link" / "search", "a link that leads nowhere"),
    ]:
        with pytest.raises(StorageError, match=f"is {kind}, not a folder: write the name of"):
            search_of(name, path, log, random_state=seed).fit(X, y)
    with pytest.raises(StorageError, match="null character"):
        search_of(name, "a\0b", log, random_state=seed).fit(X, y)
    assert file.read_text() == "kept"
    assert not log.exists()


def test_one_folder_for_all_folds_of_an_outer_cross_validation(log, tmp_path):
    """Each of them is another search, and is told what to write."""
    search = search_of("random", tmp_path / "search", log, n_iter=2, refit=True)
    with pytest.raises(StorageMismatchError, match=r"cross_validate.*storage=None") as told:
        cross_validate(search, X, y, cv=2, error_score="raise")
    assert str(told.value).count("One folder is for one fit") == 1


@pytest.mark.parametrize("cv", [KFold(2, shuffle=True), ShuffleSplit(2)])
def test_folds_that_are_drawn_anew_are_refused_at_once(cv, log, tmp_path):
    search = search_of("random", tmp_path / "search", log, cv=cv)
    with pytest.raises(StorageError, match="an integer as random_state"):
        search.fit(X, y)
    assert not log.exists()  # nothing was trained
    assert not (tmp_path / "search").exists()


def test_names_of_folders(log, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    search_of("random", "~/search", log).fit(X, y)
    assert (tmp_path / "search" / "journal.jsonl").exists()
    with pytest.raises(StorageError, match="empty"):
        search_of("random", "", log).fit(X, y)


def test_another_class_is_another_search(log, tmp_path):
    search_of("random", tmp_path / "search", log).fit(X, y)
    with pytest.raises(StorageMismatchError, match="sampler: there RandomSampler"):
        search_of("bayes", tmp_path / "search", log).fit(X, y)


def test_halving_cannot_be_extended(log, tmp_path):
    """Its rungs were filled: with more candidates they are others."""
    search_of("halving", tmp_path / "search", log).fit(X, y)
    with pytest.raises(StorageMismatchError, match="scheduler"):
        search_of("halving", tmp_path / "search", log, n_candidates=8).fit(X, y)


def test_settings_that_do_not_matter(log, tmp_path):
    search_of("random", tmp_path / "search", log).fit(X, y)
    settings = {"n_jobs": 2, "verbose": 0, "refit": True, "error_score": 0.0, "pre_dispatch": 1}
    with joblib.parallel_config("threading"):
        search_of("random", tmp_path / "search", log, **settings).fit(X, y)


def test_a_value_that_cannot_be_written_is_told(tmp_path):
    from skhpo.space.domains import Domain

    class Pairs(Float):
        def to_plain(self, value):
            return Domain.to_plain(self, (value, value))

    tuner = Tuner({"x": Pairs(0, 1)}, len, random_state=0, storage=tmp_path)
    for _ in range(2):
        with pytest.raises(SpaceError, match="leave storage out"):
            tuner.run(1)
        assert FileLock.holder(str(tmp_path / "journal.lock")) is None


# --------------------------------------------------------------------------- the search itself


def test_a_search_is_cloned_and_pickled(log, tmp_path):
    search = search_of("asha", tmp_path / "search", log).fit(X, y)
    copy = pickle.loads(pickle.dumps(search))
    assert found(copy) == found(search)
    assert copy.history_.written is None
    assert clone(search).storage == tmp_path / "search"
    assert found(copy.fit(X, y)) == found(search)


def test_pickled_while_it_runs(log, tmp_path):
    """A copy of the history is written by nobody."""
    tuner = Tuner({"x": Float(0, 1)}, random_state=0, storage=tmp_path / "search")
    tuner.tell(tuner.ask(), 0.5)
    assert tuner.history.written is not None
    copy = pickle.loads(pickle.dumps(tuner.history))
    copy.append(Trial(1, {"x": 0.5}))
    assert len(read_journal(tmp_path / "search").lines) == 1 + 3
    tuner.close()


def test_rights(log, tmp_path):
    """What is stored can be read by its owner only."""
    search_of("asha", tmp_path / "search", log).fit(X, y)
    for folder, _, files in os.walk(tmp_path / "search"):
        if folder.endswith(("search", "states")):
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
        for name in files:
            assert stat.S_IMODE(os.stat(os.path.join(folder, name)).st_mode) == 0o600


class Trap:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_state_that_someone_else_has_left_is_not_loaded(log, tmp_path):
    """Nor any other than the one that was recorded: training begins anew."""
    whole = search_of("asha", tmp_path / "search", log).fit(X, y)
    journal = tmp_path / "search" / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))
    trap = pickle.dumps(Trap(tmp_path / "caught"))
    for state in (tmp_path / "search" / "states").glob("*/*.pkl"):
        state.write_bytes(trap)
    resumed = search_of("asha", tmp_path / "search", log).fit(X, y)
    assert found(resumed)["mean_test_score"] == found(whole)["mean_test_score"]
    assert not (tmp_path / "caught").exists()
    n_again, n_once = (sum(m.spent for m in s.history_.measurements) for s in (resumed, whole))
    assert n_again > n_once, "who was promoted found no state to go on from"


def test_states_of_others_are_refused(log, tmp_path):
    """A folder for states that is a link leads elsewhere."""
    (tmp_path / "search").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "search" / "states").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="not a folder of your own"):
        search_of("asha", tmp_path / "search", log).fit(X, y)


def test_only_what_is_ours_is_deleted(log, tmp_path):
    """Where somebody has a folder of this name already."""
    theirs = tmp_path / "search" / "states" / "2024"
    theirs.mkdir(parents=True)
    for path in (theirs / "report.pkl", theirs.parent / "notes.txt"):
        path.write_text("mine")
    (theirs / "0-3.0.pkl").write_text("of a trial that is not there any more")
    search_of("asha", tmp_path / "search", log).fit(X, y)
    assert os.listdir(theirs) == ["report.pkl"]
    assert (theirs.parent / "notes.txt").exists()


def test_states_are_bounded(log, tmp_path):
    """Those of trials that are out go, some records later; nobody's are left over."""
    search = search_of("halving", tmp_path / "search", log, n_candidates=16).fit(X, y)
    states = {int(path.name) for path in (tmp_path / "search" / "states").iterdir()}
    assert len(search.history_.trials) == 16
    assert search.history_.best.trial in states
    assert len(states) < 10


@pytest.mark.parametrize("outlives", [False, True])
def test_deletion_lags_behind_where_the_end_of_the_record_may_be_lost(outlives, tmp_path):
    checkpoints = Checkpoints(str(tmp_path), outlives=outlives)
    history, n_left = History(), []
    retention = Retention(checkpoints, SuccessiveHalving(Bracket((2, 1), (1, 2))))
    retention.on_start(history)
    for number, score in enumerate((0.1, 0.9)):
        history.append(Trial(number, {}))
        history.append(Assignment(number, 1, (0,)))
        checkpoints.save(number, 0, 1, "state")
        evaluation = history.append(Measurement(number, 0, 1, "completed", {"score": score}))
        retention.on_evaluation(history, evaluation)
    for number in range(2, 40):
        n_left.append(len(os.listdir(tmp_path)))
        history.append(Trial(number, {}))
        retention.on_evaluation(history, evaluation)
    assert n_left == ([1] * 38 if not outlives else [2] * 32 + [1] * 6)


# --------------------------------------------------------------------------- any objective


def test_a_tuner_goes_on(tmp_path):
    measured = []

    def objective(params):
        measured.append(params)
        return params["x"] ** 2

    def tuner():
        return Tuner(
            {"x": Float(-1, 1)}, objective, sampler=QuasiRandomSampler(), direction="minimize",
            random_state=0, storage=tmp_path,
        )  # fmt: skip

    first = tuner().run(5)
    later = tuner()
    assert later.best_score == first.best_score
    assert len(later.history.trials) == 5, "before it runs"
    later.run(8)
    assert len(measured) == 8
    later.run(10)
    assert len(measured) == 10
    first.run(10)
    assert outcomes(first.history) == outcomes(later.history), "what another has found in between"
    assert len(measured) == 10


def test_what_is_known_is_not_read_again(tmp_path, monkeypatch):
    """Only its bytes are compared: lines are decoded once, and again if any of them is another."""
    tuner_of = partial(Tuner, {"x": Float(0, 1)}, len, random_state=0, storage=tmp_path)
    tuner_of().run(3)
    decoded = []
    monkeypatch.setattr(
        reading, "decode_line", lambda *line: decoded.append(line) or decode_line(*line)
    )
    tuner, n_lines = tuner_of(), len(read_journal(tmp_path).lines)
    decoded.clear()
    other = tuner_of().run(4)
    n_headers = 2
    assert len(decoded) == n_headers + n_lines, "when it was made, and not when it ran"
    decoded.clear()
    tuner.run(4)
    assert len(decoded) == 1 + len(read_journal(tmp_path).lines) - n_lines
    assert outcomes(tuner.history) == outcomes(other.history)

    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    n_torn = len(b"".join(lines[:9]))
    os.truncate(journal, n_torn)  # less than what is known: all is compared, and written again
    tuner.run(5)
    assert len(read_search(tmp_path).history.trials) == 5
    assert outcomes(read_search(tmp_path).history) == outcomes(tuner.history)


def test_more_trials_by_the_scheduler(tmp_path):
    def tuner(n_trials):
        return Tuner(
            {"x": Float(-1, 1)}, lambda params: params["x"], scheduler=FullBudget(n_trials),
            random_state=0, storage=tmp_path,
        )  # fmt: skip

    tuner(3).run()
    assert len(tuner(6).run().history.trials) == 6
    with pytest.raises(StorageMismatchError, match="scheduler"):
        Tuner({"x": Float(-1, 1)}, len, scheduler=AsynchronousHalving(3, (1, 3)), storage=tmp_path)


def test_what_was_handed_out_and_not_told_is_asked_again(tmp_path):
    def tuner():
        return Tuner({"x": Float(0, 1)}, random_state=0, storage=tmp_path, max_concurrent_trials=3)

    first = tuner()
    tasks = [first.ask() for _ in range(3)]
    first.tell(tasks[1], 0.5)
    first.close()
    second = tuner()
    again = [second.ask() for _ in range(2)]
    assert [task.params for task in again] == [tasks[0].params, tasks[2].params]
    second.tell(again[1], status="failed", error="the flask broke")
    new = second.ask()
    assert new.trial == 3
    for task in (again[0], new):
        second.tell(task, float("nan"))
    second.close()
    third = tuner()
    assert [m.status for m in third.history.measurements] == ["completed", "failed"] + 2 * [
        "completed"
    ]
    assert third.best_score == 0.5
    assert third.ask().trial == 4
    third.close()


def test_either_history_or_storage(tmp_path):
    history = Tuner({"x": Float(0, 1)}, len, random_state=0).run(2).history
    with pytest.raises(ValueError, match="either history or storage"):
        Tuner({"x": Float(0, 1)}, len, history=history, storage=tmp_path)


def test_a_history_that_is_another_one(tmp_path):
    """Somebody has put another journal of the same search there."""
    tuner = Tuner({"x": Float(0, 1)}, len, random_state=0, storage=tmp_path / "a")
    tuner.run(2)
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    other = Tuner({"x": Float(0, 1)}, len, random_state=0, storage=tmp_path / "b")
    tuner.run(3)
    other.run(3)
    shutil.copy(tmp_path / "b" / "journal.jsonl", tmp_path / "a" / "journal.jsonl")
    with pytest.raises(StorageError, match="another search has written it in the meantime"):
        tuner.run(4)


def test_records_that_do_not_fit_are_refused(tmp_path):
    """Each line is right, and together they make no history."""
    tuner = Tuner({"x": Float(0, 1)}, random_state=0, storage=tmp_path)
    tuner.ask()
    tuner.close()
    store = Store(tmp_path)
    store._journal.append({"kind": "assignment", "trial": 7, "resource": None, "folds": [0]})
    store.close()
    with pytest.raises(StorageError, match=r"line 6 of .* there is no such trial"):
        Tuner({"x": Float(0, 1)}, random_state=0, storage=tmp_path)


# --------------------------------------------------------------------------- versions


def test_version_1_is_read_and_gone_on_from(tmp_path):
    """As it was written by the first release that stored anything; never write this file anew."""
    shutil.copytree(DATA / "version1", tmp_path / "search")
    tuner = Tuner(
        {"x": Float(0, 1), "kind": Categorical(["a", None, 3])},
        scheduler=AsynchronousHalving(5, (1, 3)),
        direction="minimize",
        random_state=0,
        storage=tmp_path / "search",
    )
    history = tuner.history
    assert [m.status for m in history.measurements] == ["completed", "failed", "completed"]
    assert history.measurements[1].error == "the flask broke"
    assert tuner.best_score == 0.5
    assert tuner.best_params == {"kind": None, "x": 0.34776831374136297}
    ((assignment, missing),) = history.unfinished
    assert (assignment.trial, assignment.resource, missing) == (3, 1, (0,))
    assert tuner.ask().trial == 3
    tuner.close()


def test_newer_versions_are_refused(log, tmp_path):
    search_of("random", tmp_path / "search", log).fit(X, y)
    journal = tmp_path / "search" / "journal.jsonl"
    first, *others = journal.read_bytes().splitlines(keepends=True)
    header = {**decode_line(first, 0), "version": 2}
    journal.write_bytes(b"".join([encode_line(0, header), *others]))
    with pytest.raises(StorageError, match="version 2 of the format"):
        search_of("random", tmp_path / "search", log).fit(X, y)


def test_a_torn_end_is_told_by_a_search(log, tmp_path):
    search_of("random", tmp_path / "search", log).fit(X, y)
    journal = tmp_path / "search" / "journal.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"n":99,')
    with pytest.warns(SkhpoWarning, match="its 8 bytes are cut off"):
        search_of("random", tmp_path / "search", log).fit(X, y)
