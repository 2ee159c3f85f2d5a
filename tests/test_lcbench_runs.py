"""The benchmark on learning curves: what is run, what is kept of it, and what is said about it."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from some_curves import Bowl

from benchmarks.lcbench.report import PLAIN, Estimate, Report
from benchmarks.lcbench.results import Results, Run
from benchmarks.lcbench.runner import run_all, run_one
from benchmarks.lcbench.simulation import Cluster, simulate
from skhpo import Tuner
from skhpo.schedulers import AsynchronousHalving

RUN = Run("a", "bowl", 0, 1, 10.0, [1.0, 4.0], [0.5, 0.25], 10, 20, 0.5, {})


def runs(*each):
    return {run.key: run for run in each}


# --------------------------------------------------------------------------- what is run


def test_what_is_missing_is_run_and_no_more(tmp_path, capsys):
    results, cluster = Results(tmp_path), Cluster(2, 0.2)
    run_all([Bowl()], ["skhpo-asha", "skhpo-random"], 2, [cluster], results)
    first = results.runs()
    assert sorted(first) == [
        (name, "bowl", seed, 2) for name in ("skhpo-asha", "skhpo-random") for seed in (0, 1)
    ]
    assert len(capsys.readouterr().out.splitlines()) == 4
    run_all([Bowl()], ["skhpo-asha", "skhpo-random"], 2, [cluster], results)
    run_all([Bowl()], ["skhpo-asha"], 2, [Cluster(2, 0.1)], results)  # a longer one is there
    assert capsys.readouterr().out == ""
    assert results.runs() == first
    run_all([Bowl()], ["skhpo-asha"], 1, [Cluster(2, 0.4)], results)
    assert len(capsys.readouterr().out.splitlines()) == 1
    longer = results.runs()["skhpo-asha", "bowl", 0, 2]
    assert longer.budget == 0.4
    assert longer.n_tasks > first[longer.key].n_tasks


def test_a_run_is_decided_by_task_and_seed():
    class Other(Bowl):
        name = "other"

    def start(space, seed, cluster):
        return Tuner(space, scheduler=AsynchronousHalving(None, [1, 5, 51], 3), random_state=seed)

    one, again, other_seed, other_task = (
        run_one("skhpo-asha", start, task, seed, Cluster(1, 0.5))
        for task, seed in ((Bowl(), 0), (Bowl(), 0), (Bowl(), 1), (Other(), 0))
    )
    assert one.regrets == again.regrets
    assert one.times == again.times
    assert one.regrets != other_seed.regrets
    assert one.regrets != other_task.regrets  # no luck that all tasks share


def test_the_incumbent_is_the_best_after_most_training():
    """By hand: one worker, three configurations, of which the middle one is trained further."""

    class ByHand:
        def __init__(self, space):
            self.space, self.told, self.tuner = (
                space,
                [],
                Tuner(space, scheduler=AsynchronousHalving(6, [1, 51], 2), random_state=0),
            )

        def ask(self):
            return self.tuner.ask()

        def tell(self, task, accuracy):
            self.told.append((task, accuracy))
            self.tuner.tell(task, accuracy)

    searches = []

    def start(space, seed, cluster):
        searches.append(ByHand(space))
        return searches[0]

    trace = simulate(start, Bowl(), 0, Cluster(1, 100.0))
    now, best, expected = 0.0, (-math.inf, -math.inf), []
    for task, accuracy in searches[0].told:
        now += (task.resource - (task.reached or 0.0)) / Bowl.full_training  # an epoch is a second
        assert accuracy == Bowl().curve(task.params).accuracy(task.resource)
        if (task.resource, accuracy) > best:
            best = (task.resource, accuracy)
            expected.append((now, Bowl().regret(task.params)))
    assert trace.times == pytest.approx([at for at, _ in expected])
    assert trace.regrets == [regret for _, regret in expected]
    assert trace.n_tasks == len(searches[0].told) > trace.n_trials == 6
    assert trace.cpu_seconds > 0.0


def test_what_a_contestant_raises_is_kept_and_not_run_again(tmp_path, capsys):
    def start(space, seed, cluster):
        raise RuntimeError("no such thing")

    run = run_one("skhpo-asha", start, Bowl(), 0, Cluster(1, 1.0))
    assert "RuntimeError: no such thing" in run.error
    assert run.regret(1.0) == 1.0
    results = Results(tmp_path)
    results.add(run)
    run_all([Bowl()], ["skhpo-asha"], 1, [Cluster(1, 1.0)], results)
    assert capsys.readouterr().out == ""
    text = Report(results.runs(), ["skhpo-asha"], ["bowl"], "skhpo-asha").text()
    assert "FAILED: skhpo-asha on bowl, seed 0, 1 workers: RuntimeError: no such thing" in text


# --------------------------------------------------------------------------- what is kept


def test_runs_come_back_and_the_last_counts(tmp_path):
    results = Results(tmp_path)
    longer = replace(RUN, budget=20.0, times=[1.0, 4.0, 12.0], regrets=[0.5, 0.25, 0.125])
    results.add(RUN)
    results.add(replace(RUN, seed=1))
    results.add(longer)
    (file,) = tmp_path.glob("*.jsonl")
    with file.open("a") as stream:
        stream.write('{"contestant": "a", "ta')  # the machine died
    results.add(replace(RUN, seed=2))
    found = results.runs()
    assert [key[2] for key in found] == [0, 1, 2]
    assert found[longer.key] == longer


def test_regret_at_a_time():
    assert [RUN.regret(time) for time in (0.0, 1.0, 3.9, 4.0, 10.0)] == [1.0, 0.5, 0.5, 0.25, 0.25]


# --------------------------------------------------------------------------- what is said


def test_a_mean_and_its_error():
    estimate = Estimate.of(np.array([1.0, 2.0, 3.0]))
    assert (estimate.mean, estimate.error) == (2.0, pytest.approx(1.0 / math.sqrt(3.0)))
    assert str(estimate) == "2.000 ± 0.577"
    assert not Estimate(-0.1, 0.06).is_below_zero
    assert Estimate(-0.1, 0.04).is_below_zero
    assert math.isnan(Estimate.of(np.array([1.0])).error)


def told(ours, plain, milliseconds):
    """Report on regrets by task, and the verdict's rows by what they are about."""
    each = [
        replace(RUN, contestant=name, task=str(task), times=[1.0], regrets=[regret],
                cpu_seconds=milliseconds * 10 / 1e3)
        for name, regrets in (("ours", ours), (PLAIN, plain))
        for task, regret in enumerate(regrets)
    ]  # fmt: skip
    tasks = [str(task) for task in range(len(ours))]
    text = Report(runs(*each), [PLAIN, "ours"], tasks, "ours").text()
    lines = [line for line in text.splitlines() if line.startswith("1 workers, 10 T: ")]
    return text, {line.split("  ")[0].removeprefix("1 workers, 10 T: "): line for line in lines}


def test_targets_that_are_met():
    text, rows = told(ours=[0.1, 0.2, 0.15], plain=[0.4, 0.5, 0.6], milliseconds=20.0)
    assert rows["regret / skhpo-asha's"].split()[-3:] == ["0.30", "0.55", "met"]
    assert rows["CPU ms a trial"].split()[-3:] == ["20.00", "50", "met"]
    assert "-0.350 ± 0.050" in rows["less skhpo-asha"]
    assert rows["less skhpo-asha"].endswith("met")
    assert "0.150 ± 0.029" in text
    assert "0.500 ± 0.058" in text


def test_targets_that_are_missed():
    _, rows = told(ours=[0.1, 0.9, 0.5], plain=[0.4, 0.5, 0.6], milliseconds=60.0)
    assert rows["regret / skhpo-asha's"].split()[-3:] == ["1.00", "0.55", "MISSED"]
    assert rows["CPU ms a trial"].split()[-3:] == ["60.00", "50", "MISSED"]
    assert rows["less skhpo-asha"].endswith("MISSED")


def test_tasks_count_and_not_runs():
    each = [
        replace(RUN, contestant=name, task=task, seed=seed, regrets=[0.9, regret])
        for name, regrets in (("ours", (0.2, 0.2, 0.6)), (PLAIN, (0.4, 0.4, 0.4)))
        for (task, seed), regret in zip((("0", 0), ("0", 1), ("1", 0)), regrets, strict=True)
    ]
    text = Report(runs(*each), [PLAIN, "ours"], ["0", "1"], "ours").text()
    (row,) = [line for line in text.splitlines() if line.startswith("1 workers, 10 T  [")]
    # tasks: 0.2 and 0.6 against 0.4 twice; drawn anew, the ratio is 0.5, 1 or 1.5
    assert row.split("  ")[1].strip() == "[0.50, 1.50]"
    assert "0.000 ± 0.200" in row
    assert "1 of 2" in row
    assert "0.200, 0.400" in row
    assert row.endswith(" 50")


def test_differences_are_paired():
    """Only where both were run long enough; a run that is missing is no excuse."""
    each = [
        replace(RUN, contestant="ours", task="0", regrets=[0.5, 0.2]),
        replace(RUN, contestant="ours", task="1", regrets=[0.5, 0.9]),
        replace(RUN, contestant="ours", task="2", regrets=[0.5, 0.9]),
        replace(RUN, contestant=PLAIN, task="0", regrets=[0.5, 0.4]),
        replace(RUN, contestant=PLAIN, task="1", regrets=[0.5, 0.9], budget=5.0),
        replace(RUN, contestant=PLAIN, task="2", regrets=[0.5, 0.9], error="Traceback"),
    ]
    text = Report(runs(*each), [PLAIN, "ours"], ["0", "1", "2"], "ours").text()
    (row,) = [line for line in text.splitlines() if line.startswith("1 workers, 10 T: less")]
    assert "-0.200 ± nan" in row
    assert row.endswith("MISSED")  # one run shows nothing
