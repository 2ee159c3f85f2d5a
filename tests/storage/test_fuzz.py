"""Whatever is put in, what comes out is an answer or one of the documented errors.

A hundred inputs each; ``SKHPO_FUZZ=10000`` tries that many.
"""

from __future__ import annotations

import os
import warnings
from contextlib import suppress
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression

from skhpo import Categorical, Float, Int, Tuner
from skhpo.cli import main
from skhpo.exceptions import SpaceError, StorageError
from skhpo.history import History
from skhpo.search.warm_start import warm_start
from skhpo.space import Space
from skhpo.storage import describe, read_journal
from skhpo.storage.lines import decode_line, encode_line
from skhpo.storage.records import from_plain, to_plain
from skhpo.storage.repair import repair
from skhpo.storage.view import read_search

N = int(os.environ.get("SKHPO_FUZZ", "100"))

fuzzed = settings(
    max_examples=N,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)

pytestmark = pytest.mark.timeout(max(180, N))

SPACE = {"x": Float(0, 1), "k": Int(1, 9), "c": [None, "a", len]}

simple = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
plain = st.recursive(
    simple,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder, and what is in the journal of a search there."""
    folder = tmp_path_factory.mktemp("fuzz")
    tuner_of(folder).run(4)
    return folder, (folder / "journal.jsonl").read_bytes()


def tuner_of(folder):
    return Tuner(SPACE, lambda params: params["x"], random_state=0, storage=folder)


# --------------------------------------------------------------------------- journals


@st.composite
def wounds(draw, content):
    """Bytes changed, taken out, put in, doubled, or cut off."""
    content = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(st.integers(0, len(content))), draw(st.integers(0, 400))
        kind = draw(st.sampled_from(["change", "take", "put", "double", "cut", "zero"]))
        if kind == "change":
            content[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == "take":
            del content[at : at + length]
        elif kind == "put":
            content[at:at] = draw(st.binary(max_size=40))
        elif kind == "double":
            content[at:at] = content[at : at + length]
        elif kind == "zero":
            content[at : at + length] = bytes(min(length, len(content) - at))
        else:
            del content[at:]
    return bytes(content)


@fuzzed
@given(data=st.data())
def test_bytes_of_a_journal(data, stored):
    """It is read, in whole or in part, or refused; what is read is what was written."""
    folder, whole = stored
    content = data.draw(wounds(whole) | st.binary(max_size=200))
    (folder / "journal.jsonl").write_bytes(content)
    right = [decode_line(line, k) for k, line in enumerate(whole.splitlines(keepends=True))]
    try:
        contents = read_journal(folder)
    except StorageError:
        pass
    else:
        assert [contents.header, *contents.lines] == right[: 1 + len(contents.lines)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            assert len(tuner_of(folder).history.trials) <= 4
    except StorageError:
        pass
    finally:
        (folder / "journal.jsonl").write_bytes(whole)


@fuzzed
@given(data=st.data())
def test_journals_that_are_repaired(data, stored):
    """What is left is a search that can be gone on with to its end."""
    folder, whole = stored
    (folder / "journal.jsonl").write_bytes(data.draw(wounds(whole)))
    try:
        done = repair(folder)
        if done.copy is not None:
            os.remove(done.copy)
        assert repair(folder).copy is None
        kept = read_search(folder).history.measurements
        history = tuner_of(folder).run(4).history
        assert len(history.trials) == len(history.measurements) == 4
        assert list(map(repr, history.measurements[: len(kept)])) == list(map(repr, kept))
    except StorageError:  # not even the first line is left
        assert not (folder / "journal.jsonl").read_bytes().startswith(whole.splitlines(True)[0])
    finally:
        (folder / "journal.jsonl").write_bytes(whole)


@fuzzed
@given(line=st.binary(max_size=300), number=st.integers(-1, 20))
def test_bytes_of_a_line(line, number):
    """Also of one with a right checksum, which anybody can compute."""
    for candidate in (line, line + b',"crc":"%08x"}\n' % crc32(line)):
        with suppress(StorageError):
            assert isinstance(decode_line(candidate, number), dict)


names = st.sampled_from(
    ["kind", "number", "branch", "params", "parent", "parent_resource", "replaces", "trial", "fold",
     "folds", "resource", "status", "scores", "train_scores", "error", "spent", "state", "rounds",
     "attempts", "fit_time", "started_at", "x", "k", "c"]
)  # fmt: skip
words = st.sampled_from(
    ["trial", "assignment", "measurement", "session", "end", "completed", "nan"]
)
values = st.recursive(
    simple | words | st.integers(0, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
forged = st.dictionaries(names, values, max_size=12)


@fuzzed
@given(contents=st.lists(forged, max_size=4), data=st.data())
def test_records_that_are_forged(contents, data, stored):
    """With the right numbers and checksums, behind or in place of what is there."""
    folder, whole = stored
    right = [decode_line(line, k) for k, line in enumerate(whole.splitlines(keepends=True))]
    at = data.draw(st.integers(0, len(right)))
    mixed = [*right[:at], *contents]
    if at < len(right) and data.draw(st.booleans()):  # a right one with something changed
        name = data.draw(st.sampled_from(sorted(right[at])))
        mixed = [*right[:at], {**right[at], name: data.draw(plain)}, *right[at + 1 :]]
    journal = b"".join(encode_line(k, content) for k, content in enumerate(mixed))
    (folder / "journal.jsonl").write_bytes(journal)
    try:
        space = Space(SPACE)
        for content in contents:
            try:
                record = from_plain(content, space)
            except StorageError:
                continue
            assert repr(from_plain(to_plain(record, space), space)) == repr(record)
        for read in (tuner_of, read_search):
            with suppress(StorageError):
                read(folder)
        for command, *options in (["status"], ["tail"], ["export", "--to", "-"]):
            assert main([command, str(folder), *options]) in (0, 1)
    finally:
        (folder / "journal.jsonl").write_bytes(whole)


@fuzzed
@given(content=st.dictionaries(st.text(max_size=5), plain, max_size=4))
def test_plain_data_comes_back(content):
    """All but numbers that are not finite, which are texts then; and it never changes again."""
    content.pop("n", None)
    content.pop("crc", None)
    once = decode_line(encode_line(0, content), 0)
    assert decode_line(encode_line(0, once), 0) == once


# --------------------------------------------------------------------------- spaces


distributions = st.sampled_from(
    [stats.uniform(0, 1), stats.loguniform(1e-3, 1), stats.randint(1, 5), stats.norm(), stats.cauchy(),
     stats.uniform, stats.poisson(3), stats.uniform(0, 0), stats.loguniform(1e-300, 1e300)]
)  # fmt: skip
numbers = st.integers() | st.floats() | st.sampled_from([0, 1, 1e-320, 1e308, 2**70, True])
domains = (
    st.builds(Float, numbers, numbers, log=st.booleans(), step=st.none() | numbers)
    | st.builds(Int, numbers, numbers, log=st.booleans(), step=numbers)
    | st.builds(Categorical, plain, st.none() | st.booleans())
    | distributions
    | plain
    | st.sampled_from([np.arange(3), np.zeros((2, 2)), np.array([]), LogisticRegression(), {1, 2}])
)
branches = st.dictionaries(st.text(max_size=4) | st.integers(), domains, max_size=3)


@fuzzed
@given(given_space=branches | st.lists(branches, max_size=3) | plain)
def test_spaces(given_space):
    """Refused by name, or a space that can be drawn from, stored, and told apart."""
    try:
        space = Space(given_space)
    except (SpaceError, TypeError):
        return
    params = space.sample(np.random.default_rng(0))
    assert space.contains(params)
    assert space.key(params) == space.key(dict(params))
    number = space.find_branch(params)
    for name, value in params.items():
        domain = space.branches[number][name]
        again = domain.from_plain(domain.to_plain(value))
        assert again == value or domain.key(again) == domain.key(value)
    assert isinstance(describe(space.branches[number]), str)


# --------------------------------------------------------------------------- former results


columns = st.dictionaries(
    st.sampled_from(["params", "mean_test_score", "status", "n_resources", "iter", "mean_test_f1"])
    | st.text(max_size=4),
    plain
    | st.lists(st.floats(), max_size=4)
    | st.lists(
        st.dictionaries(st.sampled_from(["C", "x", "penalty"]), simple, max_size=2), max_size=4
    ),
    max_size=6,
)
former = st.recursive(
    columns | plain | st.builds(lambda seed: History(seed=seed), st.integers(0, 9)),
    lambda inner: st.lists(inner, max_size=2),
    max_leaves=3,
)


@fuzzed
@given(results=former)
def test_former_results(results):
    """Used, in whole or in part, or refused."""
    space = Space({"C": Float(1e-3, 10)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = warm_start(results, space, LogisticRegression(), ["score"])
        except (SpaceError, TypeError, ValueError, NotFittedError):
            return
    for trial in found.trials:
        assert space.contains(trial.params)
        assert isinstance(trial.score, float)
