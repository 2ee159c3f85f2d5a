"""Peers in the simulation of learning curves: each of them, where it is installed, really searches."""

from __future__ import annotations

import numpy as np
import pytest
from some_curves import Bowl

from benchmarks.lcbench.contestants import CONTESTANTS, available
from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.simulation import Cluster, simulate

PEERS = [name for name in CONTESTANTS if not name.startswith("skhpo-")]

#: Peers warn of what is deprecated in their own dependencies.
pytestmark = pytest.mark.filterwarnings("ignore")


class Watched:
    """A peer, and everything it asked for in the order in which it did."""

    def __init__(self, peer):
        self.peer, self.tasks = peer, []
        self.running = set()

    def ask(self):
        task = self.peer.ask()
        if task is not None:
            assert task.trial not in self.running
            self.running.add(task.trial)
            self.tasks.append(task)
        return task

    def tell(self, task, accuracy):
        self.running.remove(task.trial)
        self.peer.tell(task, accuracy)


def search(name, seed, n_workers, budget):
    """Run a peer; return what it asked for and what it found."""
    if name not in available([name]):
        pytest.skip(f"{', '.join(CONTESTANTS[name].packages)}: not installed")
    begin, watched = CONTESTANTS[name].load(), []

    def start(space, seed, cluster):
        watched.append(Watched(begin(space, seed, cluster)))
        return watched[0]

    trace = simulate(start, Bowl(), seed, Cluster(n_workers, budget))
    return watched[0].tasks, trace


@pytest.mark.parametrize("n_workers", [1, 2])
@pytest.mark.parametrize("name", PEERS)
def test_a_trial_goes_on_where_it_was_left(name, n_workers):
    tasks, trace = search(name, 0, n_workers, 1.6 / n_workers)
    reached, params = {}, {}
    for task in tasks:
        assert params.setdefault(task.trial, task.params) == task.params
        assert task.reached == reached.get(task.trial)
        assert (task.reached or 0) < task.resource <= MAX_RESOURCE
        assert task.resource == int(task.resource)
        reached[task.trial] = task.resource
    assert len(set(map(str, params.values()))) == len(params) == trace.n_trials


@pytest.mark.parametrize("name", PEERS)
def test_what_is_promoted_is_better(name):
    tasks, _ = search(name, 1, 1, 2.0)
    regrets = {task.trial: Bowl().regret(task.params) for task in tasks}
    promoted = [regrets[task.trial] for task in tasks if task.reached]
    assert np.mean(promoted) < np.mean(list(regrets.values()))


@pytest.mark.parametrize("name", PEERS)
def test_the_seed_decides(name):
    params = [[task.params for task in search(name, seed, 2, 0.1)[0]] for seed in (3, 3, 4)]
    assert params[0] == params[1]
    assert params[0] != params[2]


@pytest.mark.parametrize("name", PEERS)
def test_workers_never_wait(name):
    tasks, trace = search(name, 2, 8, 0.05)
    assert len(tasks) == trace.n_tasks + 8
