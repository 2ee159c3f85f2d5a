from __future__ import annotations

from skhpo import Space
from skhpo.history import History
from skhpo.samplers.seen import seen_keys
from skhpo.trial import Trial

SPACE = Space({"n": [1, 2, 3]})


def test_every_trial_counts_and_the_index_grows():
    history = History()
    assert seen_keys(SPACE, history) == set()
    for number, n in enumerate([2, 3]):
        history.append(Trial(number, {"n": n}))
        assert SPACE.key({"n": n}) in seen_keys(SPACE, history)
    assert len(seen_keys(SPACE, history)) == 2


def test_trials_outside_of_the_space_are_passed_over():
    history = History()
    for number, params in enumerate([{"n": 7}, {"other": 1}, {"n": 1}]):
        history.append(Trial(number, params))
    assert seen_keys(SPACE, history) == {SPACE.key({"n": 1})}


def test_another_space_is_read_anew():
    history = History()
    history.append(Trial(0, {"n": 3}))
    other = Space({"n": [3, 4]})
    assert seen_keys(SPACE, history) == {SPACE.key({"n": 3})}
    assert seen_keys(other, history) == {other.key({"n": 3})}
    assert seen_keys(SPACE, history) == {SPACE.key({"n": 3})}
