"""The page and the report in a real browser: what is seen, what is fetched, and what never runs."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from seen_pages import (
    PATIENCE,
    cell,
    check_nothing_went_wrong,
    fetched,
    open_report,
    see_all,
    store,
    text,
    texts,
    until,
)
from served_pages import served
from some_histories import AWKWARD, MARKUP, history_of, many

from skhpo import Categorical, Float, Tuner
from skhpo.dashboard import live
from skhpo.dashboard.rows import Rows
from skhpo.dashboard.server import Answers
from skhpo.dashboard.views import VIEWS, described, drawn, figure_json

#: A search that waits for a line before each of its last two trials.
RUNNING = """
import sys
from skhpo import Float, Tuner

def objective(params):
    if len(tuner.history.trials) > 5:
        print("waits", flush=True)
        sys.stdin.readline()
    return params["x"]

tuner = Tuner({"x": Float(0, 1)}, objective, random_state=0, storage=sys.argv[1])
tuner.run(7)
"""


# --------------------------------------------------------------------------- the live page


def test_a_running_search_is_seen_while_it_runs(chromium, tmp_path):
    command = [sys.executable, "-c", RUNNING, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout.readline() == b"waits\n"
            with served(tmp_path) as server:
                chromium.get_log("browser")
                chromium.get(server.url)
                see_all(chromium)
                assert f"running: process {process.pid} on" in text(chromium, "#told")
                assert "6 trials" in text(chromium, "#counts")
                assert cell(chromium, 1, 2) == "running"
                for n_finished in (6, 7):
                    process.stdin.write(b"go on\n")
                    process.stdin.flush()
                    counts = "document.getElementById('counts').textContent"
                    until(chromium, f"{counts}.includes('{n_finished} completed')")
                assert process.wait() == 0
                chromium.execute_script("document.getElementById('convergence').scrollIntoView()")
                points = "document.querySelector('#convergence .plot')._fullData[0]._length"
                until(chromium, f"{points} === 7")
                until(chromium, "document.getElementById('told').dataset.state === 'ended'")
                until(
                    chromium,
                    "document.querySelectorAll('#rows tr[data-status=running]').length === 0",
                )
                assert "budget" in text(chromium, "#told")
                best = max(float(cell(chromium, k, 3)) for k in range(1, 8))
                assert text(chromium, "#best").startswith(f"{best:.6g}, trial")
                check_nothing_went_wrong(chromium)
        finally:
            process.kill()


def test_a_long_journal_is_shown_before_it_is_read(chromium, tmp_path, monkeypatch):
    """What is known by then is there at once, and the whole as soon as it is read."""
    store(many(300), {"x": Float(0, 1), "y": Float(0, 1)}, tmp_path)
    may_go_on, catch_up = threading.Event(), Answers._catch_up

    def catch_up_with_leave(answers):
        may_go_on.wait(PATIENCE)
        catch_up(answers)

    monkeypatch.setattr(live, "_PIECE", 100)
    monkeypatch.setattr(Answers, "_catch_up", catch_up_with_leave)
    with served(tmp_path) as server:
        chromium.get_log("browser")
        chromium.get(server.url)
        see_all(chromium)
        assert "Still reading: " in text(chromium, "#message")
        assert text(chromium, "#told") == "its journal is being read"
        chromium.execute_script("document.getElementById('convergence').scrollIntoView()")
        points = "document.querySelector('#convergence .plot')._fullData[0]._length"
        until(chromium, f"{points} < 100")
        may_go_on.set()
        until(chromium, f"{points} === 300")
        until(chromium, "document.getElementById('message').hidden")
        assert "ended" in text(chromium, "#told")
        assert "300 trials" in text(chromium, "#counts")
        check_nothing_went_wrong(chromium)


def test_figures_rest_while_the_table_goes_with_the_search(chromium, tmp_path):
    """What is drawn takes the search's time: it stays as it is while its budget is used up."""
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path)
    tuner.run(4)
    with served(tmp_path) as server:
        chromium.get("about:blank")
        chromium.get(server.url)
        until(chromium, "document.getElementById('convergence')?.dataset.version")
        drawn_of = chromium.execute_script(
            "return document.getElementById('convergence').dataset.version"
        )
        see_all(chromium)
        chromium.execute_script("window.scrollTo(0, 0); Budget.PART = Budget.MOST = 0")
        chromium.get_log("performance")
        tuner.run(6)
        until(chromium, "document.querySelectorAll('#rows tr').length === 6")
        asked = [url.split("/")[-1].split("?")[0] for url in fetched(chromium)]
        assert "rows" in asked
        assert "figure" not in asked
        drawn = "document.getElementById('convergence').dataset.version"
        assert drawn_of == chromium.execute_script(f"return {drawn}")
        chromium.execute_script("Budget.PART = 1; Budget.MOST = 300")
        until(chromium, f"{drawn} !== '{drawn_of}'")


def test_a_budget_is_a_hundredth_of_the_time_for_half_a_minute(chromium, tmp_path):
    Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path).run(1)
    script = """
        let now = 0;
        const clock = performance.now;
        performance.now = () => now;
        const budget = new Budget();
        const left = [budget.earn()];
        const spend = (took) => { now += took; budget.spendFrom(now - took); left.push(budget.saved); };
        const rest = (pause) => { now += pause; left.push(budget.earn()); };
        spend(100); rest(5_000); rest(60_000); spend(2_000); rest(15_000); rest(15_000); rest(100);
        performance.now = clock;
        return left;
    """
    with served(tmp_path) as server:
        chromium.get("about:blank")
        chromium.get(server.url)
        left = chromium.execute_script(script)
    assert left == pytest.approx([300, 200, 250, 300, -300, -150, 0, 1])


def test_whatever_becomes_of_the_journal(chromium, tmp_path):
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path)
    tuner.run(4)
    journal = tmp_path / "journal.jsonl"
    content = journal.read_bytes()
    with served(tmp_path) as server:
        chromium.get_log("browser")
        chromium.get(server.url)
        see_all(chromium)
        journal.unlink()
        until(chromium, "document.getElementById('message').textContent.includes('is gone')")
        assert len(texts(chromium, "#rows tr")) == 4
        journal.write_bytes(content + b"no record")
        until(chromium, "document.getElementById('message').textContent.includes('not finished')")
        journal.write_bytes(content)
        until(chromium, "document.getElementById('message').hidden")
        check_nothing_went_wrong(chromium)
    until(chromium, "!document.getElementById('message').hidden")
    assert "Is its page still served?" in text(chromium, "#message")


def test_texts_of_the_journal_stay_text(chromium, tmp_path):
    space = {MARKUP: Categorical([MARKUP, "b"]), "$x$": Categorical(["%{y} &lt;b&gt;", 7])}
    configurations = [{MARKUP: MARKUP, "$x$": 7}, {MARKUP: "b", "$x$": "%{y} &lt;b&gt;"}] * 4
    history = history_of(configurations, lambda p, k: MARKUP if k % 4 == 3 else float(k))
    store(history, space, tmp_path)
    with served(tmp_path) as server:
        chromium.get("about:blank")  # the page before asks no more
        chromium.get_log("browser")
        chromium.get_log("performance")
        chromium.get(server.url)
        see_all(chromium)
        assert MARKUP in texts(chromium, "#columns th")
        assert texts(chromium, "#rows pre") == [f"Traceback ...\nValueError: {MARKUP}"] * 2
        # cut, but letter by letter as it is, also in the figures
        ticks = texts(chromium, "#parallel .annotation-text")
        assert "<scr…/scrip…" in ticks
        assert "%{y}…t;b&gt;" in ticks
        assert "$x$" in texts(chromium, "#parallel .xtick")
        check_nothing_went_wrong(chromium)
        assert {url.split("/")[2] for url in fetched(chromium) if url.startswith("http")} == {
            server.hosts[0]
        }


def test_the_table_is_sorted_filtered_and_paged_on_the_server(chromium, tmp_path):
    store(many(1_000), {"x": Float(0, 1), "y": Float(0, 1)}, tmp_path)
    with served(tmp_path) as server:
        chromium.get_log("browser")
        chromium.get(server.url)
        see_all(chromium)
        first = "document.querySelector('#rows td').textContent"
        assert text(chromium, "#found") == "1,000 rows, page 1 of 40"
        chromium.execute_script("document.getElementById('next').click()")
        until(chromium, f"{first} === '974'")
        press = "document.querySelector('#columns th:nth-child(3) button').click()"
        chromium.execute_script(press)
        until(chromium, "document.querySelector('th[aria-sort=ascending]')")
        chromium.execute_script(press)
        until(chromium, f"{first} === '500'")  # the best one
        chromium.execute_script(
            "const words = document.getElementById('words'); words.value = 'x=0.99';"
            "words.dispatchEvent(new Event('input'))"
        )
        until(chromium, "document.getElementById('found').textContent.includes('among 1,000')")
        assert all(
            value.startswith("0.99") for value in texts(chromium, "#rows td:nth-child(6)")[1:]
        )
        check_nothing_went_wrong(chromium)


def test_choices(chromium, tmp_path):
    store(AWKWARD["gaps"], [{"kind": ["a"], "x": Float(0, 1)}, {"kind": ["b"], "y": [7]}], tmp_path)
    with served(tmp_path) as server:
        chromium.get_log("browser")
        chromium.get(server.url)
        see_all(chromium)
        axis = "document.querySelector('#{} .plot').layout.xaxis.title.text"
        for name, place, title in (
            ("parameter", 2, "y"),
            ("convergence", 1, "seconds since the first start"),
        ):
            chromium.execute_script(
                f"const choice = document.querySelector('#{name} select');"
                f"choice.selectedIndex = {place}; choice.dispatchEvent(new Event('change'))"
            )
            until(chromium, f"{axis.format(name)} === {title!r}")
        check_nothing_went_wrong(chromium)


# --------------------------------------------------------------------------- the report


@pytest.mark.parametrize("kind", ["empty", "all failed", "rungs", "markup"])
def test_a_report_draws_all_figures_and_fetches_nothing(chromium, kind, tmp_path):
    n_figures = open_report(chromium, AWKWARD[kind], tmp_path)
    assert n_figures == len(described(Rows(AWKWARD[kind])))
    assert chromium.execute_script(
        "return [...document.querySelectorAll('#figures .plot')]"
        ".every((plot) => plot.querySelector('.trace, .point, .annotation-text'))"
    )
    check_nothing_went_wrong(chromium)
    assert not [url for url in fetched(chromium) if not url.startswith(("file:", "data:", "blob:"))]


def test_every_figure_of_every_history_is_drawn(chromium, tmp_path):
    open_report(chromium, AWKWARD["one trial"], tmp_path)
    for kind, history in AWKWARD.items():
        for name in VIEWS:
            figure = figure_json(drawn(history, name))
            texts = chromium.execute_script(
                "const [figure] = arguments, plot = document.querySelector('#convergence .plot');"
                "Plotly.react(plot, figure.data, figure.layout);"
                "return [...plot.querySelectorAll('text')].map((node) => node.textContent)",
                figure,
            )
            assert texts, (kind, name)
    check_nothing_went_wrong(chromium)


def test_the_table_of_a_report(chromium, tmp_path):
    open_report(chromium, AWKWARD["some failed"], tmp_path)
    press = "document.querySelector('#columns th:nth-child(3) button').click()"
    chromium.execute_script(press)
    chromium.execute_script(press)
    until(chromium, "document.querySelector('#rows td').textContent === '6'")
    chromium.execute_script(
        "const words = document.getElementById('words'); words.value = 'BROKE failed';"
        "words.dispatchEvent(new Event('input'))"
    )
    until(chromium, "document.getElementById('found').textContent.startsWith('6 rows found')")


@pytest.mark.parametrize("width", [1280, 400])
def test_nothing_is_wider_than_the_window(chromium, tmp_path, width):
    size = chromium.get_window_size()
    try:
        chromium.set_window_size(width, 1000)
        open_report(chromium, AWKWARD["markup"], tmp_path)
        assert chromium.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth"
        )
    finally:
        chromium.set_window_size(size["width"], size["height"])
