"""What a page shows first, how often it asks, and what stays as it is when something is new."""

from __future__ import annotations

import threading

import pytest

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from seen_pages import PATIENCE, is_seen, open_report, see_all, text, texts, until
from served_pages import served
from some_histories import AWKWARD

from skhpo import Float, Tuner
from skhpo.dashboard import server as server_module

SUMMARY, TABLE = "document.getElementById('summary')", "document.getElementById('trials')"
FIGURES = "document.querySelectorAll('#figures section')"


def objective(params):
    if params["x"] < 0.7:
        raise ValueError("too small")
    return params["x"]


@pytest.fixture
def tuner(tmp_path):
    """A search on disk of six trials, some of which have failed."""
    new = Tuner({"x": Float(0, 1)}, objective, random_state=0, storage=tmp_path / "search")
    return new.run(6)


def test_how_it_stands_is_seen_before_plotly_is_there(chromium, tuner, tmp_path, monkeypatch):
    """A browser that is new to it takes long to compile it."""
    may_come, asset = threading.Event(), server_module.asset

    def held_back(name):
        if name == server_module.PLOTLY:
            may_come.wait(PATIENCE)
        return asset(name)

    monkeypatch.setattr(server_module, "asset", held_back)
    with served(tmp_path / "search") as server:
        try:
            chromium.get(server.url)
            until(chromium, f"{TABLE}.dataset.version && {FIGURES}.length === 5")
            assert is_seen(chromium, SUMMARY)
            assert is_seen(chromium, TABLE)
            assert len(texts(chromium, "#rows tr")) == 6
            assert chromium.execute_script("return typeof Plotly") == "undefined"
            assert texts(chromium, "#figures .main-svg, #figures .note") == [""] * 5
        finally:
            may_come.set()
        assert see_all(chromium) == 5


def test_a_page_without_plotly_says_so(chromium, tuner, tmp_path, monkeypatch):
    monkeypatch.setattr(server_module, "PLOTLY", "elsewhere.js")
    with served(tmp_path / "search") as server:
        chromium.get(server.url)
        note = "document.querySelector('#convergence .note')?.textContent"
        until(chromium, note)
        assert chromium.execute_script(f"return {note}") == (
            "This figure cannot be drawn: plotly.js did not come; reload the page"
        )
        assert is_seen(chromium, "document.querySelector('#convergence .note').parentElement")
        assert is_seen(chromium, SUMMARY)
        assert is_seen(chromium, TABLE)


def test_a_new_trial_is_asked_for_within_two_seconds(chromium, tmp_path):
    open_report(chromium, AWKWARD["one trial"], tmp_path)
    pauses = chromium.execute_script(
        "const pauses = [];"
        "window.setTimeout = (_, pause) => pauses.push(pause);"
        "const silent = { isLive: true, ask: async () => { throw new Error('nothing'); } };"
        "return new Page(silent).run().then(() => pauses)"
    )
    assert len(pauses) == 1
    assert 0 < pauses[0] <= 1500


def test_rows_stay_as_they_are_when_trials_come_in(chromium, tuner, tmp_path):
    """With what was opened in them."""
    with served(tmp_path / "search") as server:
        chromium.get(server.url)
        see_all(chromium)
        chromium.execute_script(
            "window.rows = [...document.querySelectorAll('#rows tr')];"
            "document.querySelector('#rows details').open = true"
        )
        tuner.run(8)
        until(chromium, "document.querySelectorAll('#rows tr').length === 8")
        assert texts(chromium, "#rows td:first-child") == [str(k) for k in range(8)[::-1]]
        assert chromium.execute_script(
            "const now = [...document.querySelectorAll('#rows tr')].slice(2);"
            "return now.every((row, place) => row === window.rows[place])"
        )
        assert len(texts(chromium, "#rows details[open]")) == 1


def test_the_title_says_how_it_stands(chromium, tuner, tmp_path):
    """It is all that is seen of a page in another tab."""
    with served(tmp_path / "search") as server:
        chromium.get(server.url)
        until(chromium, f"!{SUMMARY}.hidden")
        for n_trials in (6, 60):
            tuner.run(n_trials)
            title = f"{tuner.best_score:.6g} · ended · search"
            until(chromium, "document.title === arguments[0]", title)
            assert text(chromium, "#best").startswith(f"{tuner.best_score:.6g}, ")
        best = max(e.score for e in tuner.history.evaluations[:6] if e.is_usable)
        assert tuner.best_score > best


def test_the_figure_that_has_waited_longest_is_drawn_first(chromium, tmp_path):
    """Where what may be spent is enough for one or two of three, which take 200 ms each."""
    open_report(chromium, AWKWARD["one trial"], tmp_path)
    drawn = chromium.execute_script(
        """
        let now = 1_000;
        const clock = performance.now;
        performance.now = () => now;
        let asked = "";
        const source = {
          isLive: true,
          plotly: async () => {},
          ask: async (_, { name }) => {
            asked += name;
            now += 200;
            return { data: [], layout: { meta: { note: "", width: 0 } } };
          },
        };
        const figures = new Figures(source);
        figures.show([..."abc"].map((name) => ({ name, title: name, choices: [] })));
        figures.watched.disconnect();
        for (const figure of figures.known.values()) figure.isVisible = true;
        const look = async () => {
          const before = asked.length;
          await figures.update(`${now}`);
          now += 20_000;
          return asked.slice(before);
        };
        return (async () => {
          const drawn = [];
          for (let k = 0; k < 5; k++) drawn.push(await look());
          performance.now = clock;
          return drawn;
        })();
        """
    )
    assert drawn == ["abc", "ab", "c", "a", "b"]
