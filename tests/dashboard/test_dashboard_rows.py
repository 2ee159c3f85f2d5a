"""The table of trials: a page of it, sorted, filtered, and growing."""

from __future__ import annotations

import math
from collections import Counter

import pytest
from some_histories import AWKWARD, MARKUP, history_of

from skhpo.dashboard.rows import Query, Rows
from skhpo.history import History


def column(page, key):
    place = [each["key"] for each in page["columns"]].index(key)
    return [row[place] for row in page["rows"]]


@pytest.mark.parametrize("kind", AWKWARD)
def test_every_history_by_every_column(kind):
    rows = Rows(AWKWARD[kind])
    first = rows.page(Query(page_size=4))
    keys = [each["key"] for each in first["columns"]]
    for key in [*keys, "nothing of that kind", "param:nothing"]:
        for descending in (False, True):
            page = rows.page(Query(sort=key, descending=descending, page_size=10_000))
            assert len(page["rows"]) == page["n_all"] == first["n_all"]
            assert all(isinstance(text, str) for row in page["rows"] for text in row)


def test_the_newest_is_the_first_one():
    page = Rows(AWKWARD["gaps"]).page(Query(page_size=5))
    assert column(page, "trial") == ["11", "10", "9", "8", "7"]
    assert (page["page"], page["n_pages"], page["n_rows"]) == (0, 3, 12)
    assert column(Rows(AWKWARD["gaps"]).page(Query(page_size=5, page=2)), "trial") == ["1", "0"]


def test_a_page_that_is_not_there():
    for asked, given in ((99, 2), (-5, 0)):
        assert Rows(AWKWARD["gaps"]).page(Query(page_size=5, page=asked))["page"] == given


def test_sorting_puts_what_is_missing_last():
    rows = Rows(AWKWARD["gaps"])
    for descending in (False, True):
        page = rows.page(Query(sort="param:y", descending=descending))
        assert column(page, "param:y") == ["7"] * 6 + [""] * 6
    failed = Rows(AWKWARD["some failed"]).page(Query(sort="score", descending=True))
    assert column(failed, "score") == ["6", "3", "0"] + ["–"] * 6


def test_numbers_are_sorted_as_numbers_and_the_rest_as_text():
    history = history_of([{"x": x} for x in ("b", 10, None, 9.5, "a", True)])
    page = Rows(history).page(Query(sort="param:x"))
    assert column(page, "param:x") == ["True", "9.5", "10", "a", "b", "None"]


def test_scores_have_the_sign_of_the_user():
    page = Rows(AWKWARD["two trials"], sign=-1).page(Query(sort="score"))
    assert column(page, "score") == ["-1", "0"]


def test_words_are_looked_for_everywhere():
    rows = Rows(AWKWARD["some failed"])
    assert rows.page(Query(words="BROKE"))["n_rows"] == 6
    assert rows.page(Query(words="failed valueerror"))["n_rows"] == 6
    assert rows.page(Query(words="completed broke"))["n_rows"] == 0
    assert rows.page(Query(words="x=0.4"))["n_rows"] == 1
    assert rows.page(Query(words="nothing"))["n_pages"] == 1


def test_running_trials_are_above_all_others():
    page = Rows(AWKWARD["waiting"]).page(Query())
    assert column(page, "status") == ["running"]
    assert column(page, "n_folds") == ["0"]


def test_it_grows_with_its_history():
    whole = AWKWARD["rungs"]
    history = History()
    rows = Rows(history)
    for record in whole:
        history.append(record)
        assert rows.page(Query()) == Rows(history).page(Query())
    assert column(rows.page(Query()), "resource") == ["9", "3", "1"] * 4


def test_texts_stay_what_they_are_but_not_without_end():
    page = Rows(AWKWARD["markup"]).page(Query())
    assert f"Traceback ...\nValueError: {MARKUP}" in column(page, "error")
    assert MARKUP in column(page, f"param:{MARKUP}")
    long = history_of([{"x": "y" * 10**6}], lambda p, k: "z" * 10**6)
    (row,) = Rows(long).page(Query())["rows"]
    assert max(map(len, row)) < 5_000


def test_nobody_knows_the_time():
    history = history_of([{"x": math.nan}])
    assert column(Rows(history).page(Query()), "param:x") == ["–"]


@pytest.mark.parametrize("kind", AWKWARD)
def test_trials_are_counted_as_they_stand(kind):
    history, rows = History(), None
    for record in AWKWARD[kind] if kind != "many" else ():
        history.append(record)
        rows = rows or Rows(history)
        pending = {trial.number for trial in history.pending}
        expected = Counter(
            "running"
            if trial.number in pending or history.latest(trial.number) is None
            else history.latest(trial.number).status
            for trial in history.trials
        )
        assert rows.counts() == {"trials": len(history.trials), **expected}
