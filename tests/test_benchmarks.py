"""The benchmark of samplers: its problems, its runner, its arithmetic; peers where there are any."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import replace
from importlib.metadata import PackageNotFoundError

import numpy as np
import pytest

from benchmarks.samplers import contestants, functions, runner
from benchmarks.samplers.__main__ import main
from benchmarks.samplers.comparison import FLOOR, Estimate, compare
from benchmarks.samplers.contestant import BRANCH, FlatSpace
from benchmarks.samplers.contestants import CONTESTANTS, Contestant, available
from benchmarks.samplers.problem import FAMILIES, REFERENCE, Problem
from benchmarks.samplers.problems import PROBLEMS
from benchmarks.samplers.report import Report, judged
from benchmarks.samplers.results import Results, Run
from skhpo import Float, Int, Space

DERIVED = {name: p for name, p in PROBLEMS.items() if p.optimum is not None}
SEARCHED = {name: p for name, p in PROBLEMS.items() if p.optimum is None}

#: As the literature has them; of the others the best value is 0.
LITERATURE = {
    "branin": -0.397887,
    "noisy-branin": -0.397887,
    "hartmann3": 3.86278,
    "hartmann6": 3.32237,
    "noisy-hartmann6": 3.32237,
    "hartmann4-of-20": 3.729841,  # of the function that is not rescaled
    "camel": 1.0316285,
    "noisy-camel": 1.0316285,
    "michalewicz5": 4.687658,
    "styblinski-tang3-of-15": 3 * 39.166166,
}

# --------------------------------------------------------------------------- problems


@pytest.mark.parametrize("name", DERIVED)
def test_the_optimum_is_the_best_there_is(name):
    problem = PROBLEMS[name]
    space = Space(problem.space)
    space.check(problem.optimum)
    assert problem.best == pytest.approx(LITERATURE.get(name, 0.0), abs=5e-6)
    assert problem.random_values(300).max() < problem.best
    rng = np.random.default_rng(0)
    (row,) = space.encoding.encode([problem.optimum])
    slack = 1e-6 * (problem.best - problem.median)
    for scale in (1e-5, 1e-3, 1e-1):
        near = space.encoding.neighbours(row, rng, n=30, scale=scale)
        values = [problem.true_value(space.encoding.decode(each)) for each in near]
        assert max(values) <= problem.best + slack


@pytest.mark.parametrize("name", SEARCHED)
def test_a_model_has_one_value_for_a_configuration(name):
    problem = PROBLEMS[name]
    space = Space(problem.space)
    before = repr(problem.space)
    for branch in range(len(space.branches)):
        rng = np.random.default_rng(branch)
        params = {key: domain.sample(rng) for key, domain in space.branches[branch].items()}
        value = problem.true_value(params)
        assert math.isfinite(value)
        again = replace(problem.true_value)  # one that remembers nothing
        assert again(params) == value
    assert repr(problem.space) == before
    assert problem.median < problem.best


def test_every_family_is_in_both_splits():
    for split in ("development", "claim"):
        families = {p.family for p in PROBLEMS.values() if p.split == split}
        assert families == set(FAMILIES)


def test_the_splits_share_no_data():
    data = {
        split: {p.true_value.data for p in SEARCHED.values() if p.split == split}
        for split in ("development", "claim")
    }
    assert not data["development"] & data["claim"]


def test_the_splits_share_no_function():
    used = {"development": set(), "claim": set()}
    for problem in PROBLEMS.values():

        def notice(frame, event, _, found=used[problem.split]):
            if event == "call" and frame.f_code.co_filename == functions.__file__:
                name, x = frame.f_code.co_name, frame.f_locals["x"]
                # Hartmann's constants are others in each dimension.
                found.add((name, len(x)) if name == "hartmann" else name)

        if problem.name not in SEARCHED:
            params = Space(problem.space).sample(np.random.default_rng(0))
            sys.setprofile(notice)
            try:
                problem.true_value(params)
            finally:
                sys.setprofile(None)
    assert min(map(len, used.values())) > 3
    assert not used["development"] & used["claim"]


def test_the_table_of_values_is_complete():
    table = json.loads(REFERENCE.read_text())
    assert set(table) == set(PROBLEMS)
    for name, row in table.items():
        assert set(row) == ({"median"} if name in DERIVED else {"median", "best"})


def test_noise_depends_on_problem_and_seed_alone():
    problem = PROBLEMS["noisy-branin"]
    here, there = {"x0": 0.0, "x1": 0.0}, {"x0": 1.0, "x1": 2.0}
    errors = [
        problem.evaluate(params, problem.noise_rng(seed)) - problem.true_value(params)
        for params in (here, there)
        for seed in (0, 1)
    ]
    assert errors[0] == pytest.approx(errors[2])
    assert errors[1] == pytest.approx(errors[3])
    assert errors[0] != pytest.approx(errors[1])
    rng = problem.noise_rng(0)
    observed = [problem.evaluate(here, rng) for _ in range(2000)]
    assert np.std(observed) == pytest.approx(problem.noise, rel=0.1)


# --------------------------------------------------------------------------- flat spaces


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_configuration_survives_the_way_through_a_flat_space(name):
    space, flat = Space(PROBLEMS[name].space), FlatSpace(PROBLEMS[name].space)
    rng = np.random.default_rng(0)
    for _ in range(20):
        params = space.sample(rng)
        branch = space.find_branch(params)
        values = {BRANCH: branch}
        for variable in flat.active(branch):
            value = params[variable.name]
            is_list = variable.values is not None
            values[variable.label] = variable.domain.key(value) if is_list else value
        assert space.key(flat.params(values)) == space.key(params)


def test_what_branches_share_is_one_variable():
    flat = FlatSpace(
        [
            {"kind": ["a"], "C": Float(1, 10), "n": Int(1, 5)},
            {"kind": ["b"], "C": Float(1, 10), "n": Int(1, 9)},
        ]
    )
    assert [(v.label, v.branches) for v in flat.variables] == [
        ("C", (0, 1)),
        ("n.0", (0,)),
        ("n.1", (1,)),
    ]
    assert flat.params({BRANCH: 1, "C": 10.0 + 1e-12, "n.1": 7.0}) == {"kind": "b", "C": 10, "n": 7}


# --------------------------------------------------------------------------- peers

PEERS = [name for name in CONTESTANTS if not name.startswith("skhpo-")]

SQUARE = {"x": Float(0, 1), "y": Float(0, 1)}
CONDITIONAL = [
    {
        "kind": ["svm"],
        "C": Float(1e-3, 1e3, log=True),
        "degree": Int(1, 5),
        "shrinking": [True, False],
    },
    {
        "kind": ["forest"],
        "n_estimators": Int(10, 1000, log=True),
        "max_features": ["sqrt", "log2", None],
        "max_depth": [2, 4, 8, 16],
        "ccp_alpha": Float(0, 0.1),
    },
]


def begin(name, space, n_trials):
    """Begin a search with a contestant that is installed."""
    try:
        CONTESTANTS[name].versions()
    except PackageNotFoundError as error:
        pytest.skip(f"{error.name} is not installed")
    return CONTESTANTS[name].load()(space, 0, n_trials)


def bowl(params):
    return -((params["x"] - 0.9) ** 2) - (params["y"] - 0.2) ** 2


def late_scores(name, sign):
    """Return the mean of what the last five of 25 trials are worth, where ``sign`` times it is told."""
    search, found = begin(name, SQUARE, 25), []
    for _ in range(25):
        params = search.ask()
        found.append(bowl(params))
        search.tell(params, sign * found[-1])
    return np.mean(found[-5:])


@pytest.mark.filterwarnings("ignore")  # of what is deprecated in their own dependencies
@pytest.mark.parametrize("name", [name for name in PEERS if not name.endswith("-random")])
def test_a_peer_is_told_that_greater_is_better(name):
    space = Space(SQUARE)
    drawn = [
        np.mean([bowl(space.sample(rng)) for _ in range(25)])
        for rng in map(np.random.default_rng, range(9))
    ]
    assert late_scores(name, -1) < np.median(drawn) < late_scores(name, +1)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_searches_all_of_a_space_and_nothing_else(name):
    """That is what the first 15 of 60 trials show, with scores that tell nothing."""
    space, found = Space(CONDITIONAL), []
    search = begin(name, CONDITIONAL, 60)
    for number in range(15):
        found.append(search.ask())
        space.check(found[-1])
        search.tell(found[-1], math.sin(number))
    for parameter in ("kind", "C", "n_estimators", "max_features", "max_depth"):
        assert len({params[parameter] for params in found if parameter in params}) > 1


# --------------------------------------------------------------------------- runner


class Counting:
    """A search that walks upwards and counts the searches there were."""

    n_started = 0

    def __init__(self, space, seed, n_trials):
        type(self).n_started += 1
        self._x = 0.0

    def ask(self):
        self._x += 0.1
        return {"x": self._x}

    def tell(self, params, score):
        pass


class Failing(Counting):
    def tell(self, params, score):
        if params["x"] > 0.25:
            raise RuntimeError("out of ideas")


RISING = Problem("rising", "smooth", "claim", {"x": Float(0, 1)}, lambda p: p["x"])
NOISY = Problem("shaky", "noisy", "claim", {"x": Float(0, 1)}, lambda p: p["x"], noise=1.0)


@pytest.fixture
def both(monkeypatch):
    """Two contestants: one that counts, one that fails."""
    monkeypatch.setattr(Counting, "n_started", 0)
    monkeypatch.setattr(Failing, "n_started", 0)
    return {
        name: Contestant(lambda cls=cls: cls, ("skhpo",))
        for name, cls in (("failing", Failing), ("skhpo-counting", Counting))
    }


@pytest.fixture
def counting(both):
    return {"skhpo-counting": both["skhpo-counting"]}


def test_runs_what_is_missing_and_no_more(tmp_path, counting):
    results = Results(tmp_path)
    runner.run_all([RISING, NOISY], counting, 1, 5, results)
    assert Counting.n_started == 2
    runner.run_all([RISING, NOISY], counting, 3, 5, results)
    assert Counting.n_started == 6
    assert len(results.runs()) == 6
    runner.run_all([RISING], counting, 1, 7, results)  # longer than before
    assert Counting.n_started == 7
    assert len(results.runs()["rising", "skhpo-counting", 0].scores) == 7


def test_a_line_that_was_cut_off_is_run_again(tmp_path, counting):
    results = Results(tmp_path)
    runner.run_all([RISING], counting, 2, 5, results)
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text()[:-40])
    assert len(results.runs()) == 1
    runner.run_all([RISING], counting, 2, 5, results)
    assert Counting.n_started == 3
    assert sorted(seed for _, _, seed in results.runs()) == [0, 1]


def test_a_failure_is_recorded_and_the_others_go_on(tmp_path, both, capsys):
    results = Results(tmp_path)
    runner.run_all([RISING], both, 1, 5, results)
    failed = results.runs()["rising", "failing", 0]
    assert "out of ideas" in failed.error
    assert "FAILED: RuntimeError: out of ideas" in capsys.readouterr().out
    assert failed.scores == pytest.approx([0.1, 0.2])
    assert results.runs()["rising", "skhpo-counting", 0].error is None
    runner.run_all([RISING], both, 1, 5, results)
    assert Failing.n_started == 1


def test_the_incumbent_is_what_a_search_would_return(counting):
    run = runner.run_one(NOISY, "skhpo-counting", counting["skhpo-counting"], 0, 8)
    assert len(run.cpu_seconds) == 8
    for n in range(1, 9):
        best = int(np.argmax(run.scores[:n]))
        assert run.incumbents[n - 1] == pytest.approx(0.1 * (best + 1))
    assert run.incumbents != pytest.approx(run.scores)


def test_what_cannot_be_loaded_is_not_available(monkeypatch):
    def load():
        raise ImportError("not installed")

    missing = {"missing": Contestant(load, ())}
    monkeypatch.setattr(contestants, "CONTESTANTS", {**CONTESTANTS, **missing})
    assert available(["skhpo-random", "skhpo-gp", "missing"]) == ["skhpo-random", "skhpo-gp"]


# --------------------------------------------------------------------------- comparison

FROM_ONE_TO_ZERO = Problem("ten", "smooth", "claim", {"x": Float(0, 1)}, lambda p: 10.0, optimum={})
FROM_ONE_TO_ZERO.__dict__["median"] = 0.0
ANOTHER = Problem("other", "mixed", "claim", {"x": Float(0, 1)}, lambda p: 10.0, optimum={})
ANOTHER.__dict__["median"] = 0.0


def run_of(problem, sampler, seed, incumbents, **kwargs):
    n = len(incumbents)
    return Run(problem, sampler, seed, incumbents, incumbents, [0.002] * n, {}, **kwargs)


def by_key(*runs):
    return {run.key: run for run in runs}


HAND_MADE = by_key(
    run_of("ten", "skhpo-gp", 0, [0.0, 5.0, 9.0]),  # regrets 1, 0.5, 0.1
    run_of("ten", "skhpo-gp", 1, [0.0, 9.0, 10.0]),  # 1, 0.1, 0
    run_of("ten", "peer", 0, [0.0, 0.0, 5.0]),  # 1, 1, 0.5
    run_of("ten", "peer", 1, [-10.0, 0.0, 10.0]),  # 2, 1, 0
    run_of("ten", "peer", 2, [10.0, 10.0, 10.0]),  # we have no such seed
    run_of("other", "skhpo-gp", 0, [5.0, 8.0, 8.0]),  # 0.5, 0.2, 0.2
    run_of("other", "peer", 0, [9.0, 9.0, 9.0]),  # 0.1, 0.1, 0.1
)
BOTH = ["skhpo-gp", "peer"]


def test_means_by_hand():
    compared = compare(HAND_MADE, BOTH, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    assert compared.n_runs == 3
    # seeds first, then problems
    np.testing.assert_allclose(compared.arithmetic[0], [0.75, 0.25, 0.125])
    np.testing.assert_allclose(compared.arithmetic[1], [0.8, 0.55, 0.175])
    ours = math.sqrt(math.sqrt(0.1 * FLOOR) * 0.2)
    theirs = math.sqrt(math.sqrt(0.5 * FLOOR) * 0.1)
    np.testing.assert_allclose(compared.geometric[:, 2], [ours, theirs])
    end = compared.at(3)
    assert end.arithmetic("peer").value == pytest.approx(0.175)
    assert end.geometric("skhpo-gp").value == pytest.approx(ours)
    assert end.rank("skhpo-gp").value == pytest.approx((1.25 + 2) / 2)  # a tie is half a rank
    assert end.arithmetic_ratio("skhpo-gp", "peer").value == pytest.approx(0.125 / 0.175)
    assert end.geometric_ratio("skhpo-gp", "peer").value == pytest.approx(ours / theirs)
    assert compared.trials_to_level("skhpo-gp", 0.25, compared.arithmetic) == 2
    assert compared.trials_to_level("skhpo-gp", 0.1, compared.arithmetic) is None
    assert compared.only(["other"]).arithmetic[1, 2] == pytest.approx(0.1)


def test_intervals_of_hand_made_runs():
    compared = compare(HAND_MADE, BOTH, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    # at the top twice "other"; nothing at all, twice "ten" with only seed 1, is too rare
    interval = compared.at(3).arithmetic("skhpo-gp")
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.2))
    one_run = compare(HAND_MADE, BOTH, [ANOTHER], 3).at(3).arithmetic_ratio("skhpo-gp", "peer")
    assert (one_run.low, one_run.value, one_run.high) == pytest.approx((2.0, 2.0, 2.0))


def test_intervals_agree_with_the_standard_error():
    values = np.random.default_rng(0).normal(5.0, 1.0, size=400)
    runs = by_key(*(run_of("ten", "a", s, [10.0 * (1 - v)]) for s, v in enumerate(values)))
    interval = compare(runs, ["a"], [FROM_ONE_TO_ZERO], 1).at(1).arithmetic("a")
    assert interval.value == pytest.approx(values.mean())
    half = 1.96 * values.std() / math.sqrt(400)
    assert interval.high - interval.value == pytest.approx(half, rel=0.15)
    assert interval.value - interval.low == pytest.approx(half, rel=0.15)


def test_a_run_that_failed_stays_at_what_it_found():
    failed = run_of("ten", "peer", 0, [5.0], error="Traceback\nValueError: no")
    nothing = run_of("other", "peer", 0, [], error="Traceback\nValueError: no")
    runs = {**HAND_MADE, **by_key(failed, nothing)}
    compared = compare(runs, BOTH, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    assert list(compared.regrets) == ["ten"]
    np.testing.assert_allclose(compared.regrets["ten"][1, 0], [0.5, 0.5, 0.5])
    problems = {"ten": FROM_ONE_TO_ZERO, "other": ANOTHER}
    text = Report(compared, "skhpo-gp", problems, runs).text()
    assert "FAILED: peer on ten, seed 0, after 1 trials: ValueError: no" in text
    assert "FAILED: peer on other, seed 0, after 0 trials: ValueError: no" in text


def test_nothing_in_common_is_said():
    with pytest.raises(
        ValueError, match=r"no problem and seed that all have.*'peer': 4, 'third': 0"
    ):
        compare(HAND_MADE, ["peer", "third"], [FROM_ONE_TO_ZERO], 3)


def test_the_verdict_names_what_was_missed():
    compared = compare(HAND_MADE, BOTH, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    problems = {"ten": FROM_ONE_TO_ZERO, "other": ANOTHER}
    verdict = Report(compared, "skhpo-gp", problems, HAND_MADE).text().split("\n\n")[-1]
    lines = {line.split("  ")[0]: line for line in verdict.splitlines()}
    assert lines["mean / the best peer's (peer)"].split()[-3:] == ["0.71", "0.55", "MISSED"]
    reached = lines["trials to the mean that peer has after 3"]
    assert reached.split()[-3:] == ["3", "40", "met"]
    assert lines["mean rank @3"].split()[-3:] == ["best", "MISSED:", "peer"]


def test_the_verdict_on_families_and_on_samplers_of_the_same_kind():
    runs = HAND_MADE | by_key(
        run_of("ten", "skhpo-tpe", 0, [0.0, 5.0, 8.0]),
        run_of("ten", "optuna-tpe-group", 0, [0.0, 5.0, 9.0]),
        run_of("other", "skhpo-tpe", 0, [0.0, 5.0, 8.0]),
        run_of("other", "optuna-tpe-group", 0, [0.0, 5.0, 9.0]),
    )
    samplers = [*BOTH, "skhpo-tpe", "optuna-tpe-group"]
    compared = compare(runs, samplers, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    problems = {"ten": FROM_ONE_TO_ZERO, "other": ANOTHER}
    verdict = Report(compared, "skhpo-gp", problems, runs).text().split("\n\n")[-1]
    lines = {line.split("  ")[0]: line.split() for line in verdict.splitlines()}
    tpe = lines["skhpo-tpe: geometric mean / optuna-tpe-group's"]
    assert tpe[-5:] == ["2.00", "[2.00,", "2.00]", "1", "MISSED"]
    assert lines["smooth: geometric mean / optuna-tpe-group's"][-1] == "level"  # 0.1 and 0.1
    assert lines["mixed: geometric mean / peer's"][-1] == "MISSED"  # 0.2 and 0.1


@pytest.mark.parametrize(
    ("value", "low", "high", "verdict"),
    [
        (0.5, 0.2, 0.99, "met"),
        (0.5, 0.2, 1.0, "level"),
        (0.5, 0.2, 1.5, "level"),
        (1.0, 1.0, 1.0, "level"),
        (1.5, 0.9, 2.0, "level"),
        (1.5, 1.0, 2.0, "level"),
        (1.5, 1.01, 2.0, "MISSED"),
    ],
)
def test_an_interval_with_1_in_it_is_level(value, low, high, verdict):
    assert judged(Estimate(value, low, high)) == verdict


def test_the_verdict_on_samplers_of_the_same_kind_by_family():
    runs = HAND_MADE | by_key(
        run_of("ten", "skhpo-tpe", 0, [0.0, 5.0, 8.0]),
        run_of("ten", "skhpo-tpe", 1, [0.0, 5.0, 9.0]),
        run_of("ten", "optuna-tpe-group", 0, [0.0, 5.0, 9.0]),
        run_of("ten", "optuna-tpe-group", 1, [0.0, 5.0, 8.0]),
        run_of("other", "skhpo-tpe", 0, [0.0, 5.0, 9.0]),
        run_of("other", "optuna-tpe-group", 0, [0.0, 5.0, 8.0]),
    )
    samplers = [*BOTH, "skhpo-tpe", "optuna-tpe-group"]
    compared = compare(runs, samplers, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    problems = {"ten": FROM_ONE_TO_ZERO, "other": ANOTHER}
    rule, verdict = Report(compared, "skhpo-gp", problems, runs).text().split("\n\n")[-2:]
    assert "level if 1 is in it" in rule
    lines = {line.split("  ")[0]: line.split()[-5:] for line in verdict.splitlines()}
    on_all, smooth, mixed = (
        lines[f"skhpo-tpe{where}: geometric mean / optuna-tpe-group's"]
        for where in ("", " on smooth", " on mixed")
    )
    assert on_all == ["0.71", "[0.50,", "1.41]", "1", "level"]
    assert smooth == ["1.00", "[0.50,", "2.00]", "1", "level"]
    assert mixed == ["0.50", "[0.50,", "0.50]", "1", "met"]
    default = lines["smooth: geometric mean / peer's"]
    assert default == ["0.45", "[0.20,", "1.00]", "1", "level"]


def test_no_problem_hides_where_the_default_is_behind():
    """Over both it is level; on one of them the peer is ahead, and that is said."""
    compared = compare(HAND_MADE, BOTH, [FROM_ONE_TO_ZERO, ANOTHER], 3)
    problems = {"ten": FROM_ONE_TO_ZERO, "other": ANOTHER}
    assert judged(compared.at(3).geometric_ratio(*BOTH)) == "level"
    text = Report(compared, "skhpo-gp", problems, HAND_MADE).text()
    means, ratios, behind = (" ".join(part.split()) for part in text.split("\n\n")[4:7])
    assert "mean @3 skhpo-gp peer" in means
    assert "ten 0.05 0.25 other 0.20 0.10" in means
    assert "skhpo-gp / peer @3 peer" in ratios
    assert "ten 0.45 [0.20, 1.00] other 2.00 [2.00, 2.00]" in ratios
    assert "above 1: other (peer)." in behind
    only = compared.only(["ten"])
    assert "above 1: none." in Report(only, "skhpo-gp", problems, HAND_MADE).text()


def test_from_the_command_line(tmp_path, capsys):
    command = ["--results", str(tmp_path), "--problems", "camel", "branin", "--split", "claim"]
    trials = ["--trials", "6", "--samplers"]
    main(["run", *command, "--seeds", "2", *trials, "skhpo-random", "skhpo-gp"])
    results = Results(tmp_path)
    assert {(problem, seed) for problem, _, seed in results.runs()} == {
        ("branin", 0),
        ("branin", 1),
    }
    for seed in (0, 1):
        results.add(run_of("branin", "optuna-tpe", seed, [-30.0, -20.0, -10.0, -9.0, -8.0, -7.0]))
    fragment = tmp_path / "tables.rst"
    main(["report", *command, *trials, "skhpo-gp", "optuna-tpe", "--rst", str(fragment)])
    text = capsys.readouterr().out
    assert fragment.read_text() in text
    assert "Problems: 1; seeds of each: 2;" in text
    assert "geometric mean / optuna-tpe's" in text


@pytest.mark.filterwarnings("ignore:Attempting to set identical")  # matplotlib 3.7, of a flat line
def test_the_picture_from_the_command_line(tmp_path, monkeypatch):
    """All curves, over all problems and by family, each with a name."""
    pyplot = pytest.importorskip("matplotlib.pyplot", reason="pictures need matplotlib")
    for sampler in ("skhpo-gp", "skhpo-random", "optuna-tpe"):
        for problem, least in (("branin", -30.0), ("tree-of-models", 0.5)):
            Results(tmp_path).add(run_of(problem, sampler, 0, [least, least + 0.1, least + 0.2]))
    picture = tmp_path / "samplers.svg"
    command = ["report", "--results", str(tmp_path), "--problems", "branin", "tree-of-models"]
    before = pyplot.get_fignums()
    with pyplot.rc_context({"svg.fonttype": "none"}):  # words stay words
        main([*command, "--trials", "3", "--picture", str(picture)])
    drawn = picture.read_text()
    for words in (
        *("skhpo-gp", "skhpo-random", "optuna-tpe", "normalised regret", "trials"),
        *("all: arithmetic mean of 2", "smooth: geometric mean of 1", "conditional: geometric"),
    ):
        assert words in drawn
    assert pyplot.get_fignums() == before
