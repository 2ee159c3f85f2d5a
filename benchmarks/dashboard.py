"""What the live page costs: the first view, how late a new trial is on it, and the search's time.

    OMP_NUM_THREADS=1 python benchmarks/dashboard.py

Needs the extra dashboard, selenium, and Chromium with its driver.

*First view*: the page of a search that is on disk, from the request until its summary and the table
stand there, and until the first figure does, by the clock of the browser; how long the server took
to read the journal before. *New*: a browser that has the page open has never seen it; *known*: it
has the scripts in its cache, and compiled them. CPU seconds are those of server and browser
together: on a machine where others work, too, they say more.

*Late*: seconds from a record in the journal until the table shows its trial, of a page that has
read all that was there before; how long that took since the page was opened.

*Slow-down*: the same search without and with its page open in a browser, in turns. Each trial
computes for a given time, in one process or in as many as there are cores. The CPU time of server
and browser, as a part of the machine's, is what a search that keeps all cores busy can lose.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from selenium import webdriver

from skhpo import Float, Space, Tuner  # noqa: F401  # for the searches in other processes
from skhpo.history import History
from skhpo.storage import Store
from skhpo.trial import Assignment, Measurement, Trial

SPACE = Space({**{f"x{k}": Float(0, 1) for k in range(5)}, "kind": ["a", "b", "c"]})

#: When summary and table were painted, and when the first figure was: since the request.
SEEN = """
const done = arguments[0];
const painted = () => new Promise((resolve) => requestAnimationFrame(
  () => setTimeout(() => resolve(performance.now()))));
const version = (id) => document.getElementById(id)?.dataset.version;
const stands = (id) => new Promise((resolve) => {
  const look = () => version(id) ? painted().then(resolve) : setTimeout(look, 5);
  look();
});
Promise.all([stands("trials"), stands("convergence")]).then(done);
"""

#: Until the whole journal is read, and the page says no more that it is not.
READ = """
const done = arguments[0];
const look = () => {
  if (document.getElementById("message").hidden) done(); else setTimeout(look, 50);
};
look();
"""

#: Writes down when each trial was first seen in the table.
WATCH = """
window.seen = {};
setInterval(() => {
  for (const cell of document.querySelectorAll("#rows tr[data-status=completed] td:first-child")) {
    window.seen[cell.textContent] ??= Date.now();
  }
}, 10);
"""


class CPU:
    """CPU seconds that processes and all that they started have taken, since this was made."""

    def __init__(self, *pids: int) -> None:
        self._processes = [psutil.Process(pid) for pid in pids]
        self._before = self._total()

    def seconds(self) -> float:
        """Return how many."""
        return self._total() - self._before

    def _total(self) -> float:
        total = 0.0
        for process in self._processes:
            for each in (process, *process.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    total += sum(each.cpu_times()[:2])
        return total


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser that has never seen anything, while the block runs."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1280,900")
    service = webdriver.chrome.service.Service(shutil.which("chromedriver"))
    browser = webdriver.Chrome(options=options, service=service)
    browser.set_script_timeout(120)
    try:
        yield browser
    finally:
        browser.quit()


@contextmanager
def page(path: Path) -> Iterator[tuple[str, int, float]]:
    """A served page: its address, its process, and CPU seconds until it was served."""
    command = [sys.executable, "-u", "-m", "skhpo", "dashboard", str(path), "--no-browser"]
    command += ["--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            process.stdout.readline()
            url = process.stdout.readline().strip()
            yield url, process.pid, sum(psutil.Process(process.pid).cpu_times()[:2])
        finally:
            process.terminate()


class Writer:
    """A search on disk that grows as it is told."""

    def __init__(self, path: Path, n_folds: int = 1) -> None:
        self._rng = np.random.default_rng(0)
        self._n_folds = n_folds
        self._clock = time.time() - 1e6
        self._store, self._history = Store(path), History()
        self._store.attach(self._history, SPACE, {})

    def add(self, n_trials: int = 1) -> None:
        """Write some trials."""
        for _ in range(n_trials):
            number = len(self._history.trials)
            self._history.append(Trial(number, SPACE.sample(self._rng)))
            self._history.append(Assignment(number, None, tuple(range(self._n_folds))))
            for fold in range(self._n_folds):
                self._history.append(
                    Measurement(
                        number, fold, None, "completed", {"score": self._rng.random()},
                        fit_time=1.0, started_at=self._clock, finished_at=self._clock + 1.0,
                    )
                )  # fmt: skip
                self._clock += 1.01

    def close(self) -> None:
        """Let go of it."""
        self._store.close("budget")


def first_view(folder: Path, n_trials: int, repeats: int) -> None:
    """Open the page of a search of so many trials."""
    path = folder / f"first-{n_trials}"
    writer = Writer(path)
    writer.add(n_trials)
    writer.close()
    new, known = [], []
    with page(path) as (url, server, seconds):
        for _ in range(repeats):
            with chromium() as browser:
                time.sleep(3.0)  # until it has nothing to do
                for views in (new, [], [], known):  # scripts are compiled and kept at the third
                    browser.get("about:blank")
                    cpu = CPU(server, browser.service.process.pid)
                    browser.get(url)
                    table, figure = browser.execute_async_script(SEEN)
                    views.append((table / 1e3, figure / 1e3, cpu.seconds()))
    print(f"{n_trials:7,} trials: served after {seconds:.1f} s CPU", flush=True)
    for name, views in (("new", new), ("known", known)):
        table, figure, cpu_seconds = map(told, map(list, zip(*views, strict=True)))
        print(f"    {name}: table {table}; first figure {figure}; CPU {cpu_seconds}", flush=True)


def lateness(folder: Path, n_before: int, n_new: int) -> None:
    """Write trials one by one while the page is open."""
    path = folder / f"late-{n_before}"
    writer = Writer(path)
    writer.add(n_before)
    rng, written = np.random.default_rng(1), {}
    with page(path) as (url, _, _), chromium() as browser:
        opened = time.time()
        browser.get(url)
        browser.execute_async_script(SEEN)
        browser.execute_async_script(READ)
        print(f"{n_before:7,} trials: all are read after {time.time() - opened:.1f} s", flush=True)
        browser.execute_script(WATCH)
        for number in range(n_before, n_before + n_new):
            time.sleep(rng.uniform(0.5, 2.5))  # at no fixed place between two looks of the page
            writer.add()
            written[number] = time.time()
        time.sleep(5.0)
        seen = browser.execute_script("return window.seen")
    writer.close()
    late = [seen.get(str(k), math.inf) / 1e3 - at for k, at in written.items()]
    print(f"{n_before:7,} trials: the next {n_new} are on the page after {told(late)}", flush=True)


def compute(params: dict[str, Any]) -> float:
    """Take about 20 ms of CPU time, wherever one is."""
    total = 0.0
    for k in range(200_000):
        total += k * params["x0"]
    return total


def searched(path: Path, n_trials: int, n_jobs: int) -> float:
    """Return seconds that a search takes, in a process of its own."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import dashboard as b;"
        "t = b.Tuner(b.SPACE, b.compute, random_state=0, storage=sys.argv[2],"
        " n_jobs=int(sys.argv[4]));"
        "t.run(4); begin = time.perf_counter(); t.run(4 + int(sys.argv[3]));"
        "print(time.perf_counter() - begin)"
    )
    arguments = [str(Path(__file__).parent), str(path), str(n_trials), str(n_jobs)]
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        return float(process.stdout.read())


def slow_down(folder: Path, n_trials: int, n_jobs: int, repeats: int) -> None:
    """Run a search without and with its page, in turns."""
    ratios, parts = [], []
    for repeat in range(repeats):
        seconds = {}
        for has_page in (False, True) if repeat % 2 else (True, False):
            path = folder / f"slow-{n_jobs}-{repeat}-{has_page}"
            searched(path, 2, n_jobs)  # something to be shown
            if not has_page:
                seconds[has_page] = searched(path, n_trials, n_jobs)
                continue
            with page(path) as (url, server, _), chromium() as browser:
                browser.get(url)
                browser.execute_async_script(SEEN)
                time.sleep(10.0)  # until the other figures are drawn, too
                cpu = CPU(server, browser.service.process.pid)
                seconds[has_page] = searched(path, n_trials, n_jobs)
                parts.append(cpu.seconds() / seconds[has_page] / (os.cpu_count() or 1))
        ratios.append(seconds[True] / seconds[False])
    error = np.std(ratios, ddof=1) / math.sqrt(repeats) if repeats > 1 else math.nan
    print(
        f"{n_jobs} of {os.cpu_count()} cores busy: with the page a search takes "
        f"{np.median(ratios):.3f} times as long (median of {repeats}; mean "
        f"{np.mean(ratios):.3f} +- {error:.3f}); the page took {np.median(parts):.1%} of the "
        f"machine's CPU time",
        flush=True,
    )


def told(seconds: list[float]) -> str:
    """Return the median and the extremes."""
    return f"{np.median(seconds):.2f} s ({min(seconds):.2f} ... {max(seconds):.2f})"


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, nargs="*", default=[1_000, 100_000])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--new", type=int, default=20, help="trials that come while it is open")
    parser.add_argument("--search", type=int, default=500, help="trials of the search; 0: none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for n_trials in given.trials:
            first_view(folder, n_trials, given.repeats)
        for n_trials in given.trials if given.new else ():
            lateness(folder, n_trials, given.new)
        for n_jobs in (1, os.cpu_count() or 1) if given.search else ():
            slow_down(folder, given.search, n_jobs, given.repeats)


if __name__ == "__main__":
    main()
