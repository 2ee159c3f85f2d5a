"""What a search shows in a notebook: notebooks are run by a kernel, and what they keep is read."""

from __future__ import annotations

import re

import pytest

nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
kernelspec = pytest.importorskip("ipykernel.kernelspec", reason="ipykernel is not installed")
v4 = pytest.importorskip("nbformat.v4", reason="nbformat is not installed")

PREPARATION = """
import signal
import warnings
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.svm import SVC
from skhpo import BayesSearchCV, Float, HalvingASHASearchCV, HyperbandSearchCV, bars
from skhpo.callbacks import Callback

X, y = load_iris(return_X_y=True)
space = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 10, log=True)}
alphas = {"alpha": Float(1e-6, 1, log=True)}
of_bayes = {"n_iter": 4, "cv": 2, "random_state": 0, "verbose": 1}

class Noisy(SVC):
    def fit(self, X, y):
        print("fitting")
        warnings.warn("something is odd")
        return super().fit(X, y)

class Fails(SVC):
    def fit(self, X, y):
        raise ValueError("no")

class Interrupts(Callback):
    '''As the stop button does.'''
    def on_measurement(self, history, measurement):
        if len(history.measurements) == 3:
            signal.raise_signal(signal.SIGINT)
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that runs a cell in a notebook, and returns the outputs that the file keeps."""
    folder = tmp_path_factory.mktemp("jupyter")
    kernelspec.write_kernel_spec(folder / "kernels" / "tested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
            patch.setenv(name, str(folder / name.lower()))
        patch.delenv("MPLBACKEND", raising=False)  # the kernel's own draws in the notebook
        notebook = v4.new_notebook()
        client = nbclient.NotebookClient(
            notebook, kernel_name="tested", timeout=120, allow_errors=True
        )

        def run(source):
            notebook.cells.append(v4.new_code_cell(source))
            return client.execute_cell(notebook.cells[-1], len(notebook.cells) - 1).outputs

        with client.setup_kernel():
            assert run(PREPARATION) == []
            yield run


def bars_of(outputs):
    """Return all bars, as text, after a look at what they and their surroundings are made of."""
    texts = []
    for output in outputs:
        if output.output_type == "display_data":
            text, page = output.data["text/plain"], output.data["text/html"]
            beside = text.rpartition("| ")[2]
            n_done, n_total = re.match(r"(\d+)/(\d+) fits \[", beside).groups()
            assert page.startswith(f'<progress value="{n_done}" max="{n_total}"')
            assert page.endswith(f"% | {beside}")
            texts.append(text)
        elif output.output_type == "stream":
            assert not re.search(r"[\r\x1b]|%\|", output.text), "no bar of characters"
    return texts


def said_in(outputs):
    """Return what was printed, which comes in pieces."""
    return "".join(output.text for output in outputs if output.output_type == "stream")


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize(
    "search",
    [
        "BayesSearchCV(SVC(), space, **of_bayes",
        "HalvingASHASearchCV(SGDClassifier(), alphas, random_state=0, verbose=1",
        "HyperbandSearchCV(SGDClassifier(), alphas, random_state=0, verbose=1",
    ],
)
def test_one_bar_that_ends_at_the_end(search, n_jobs, run):
    outputs = run(f"search = {search}, n_jobs={n_jobs}).fit(X, y)")
    (bar,) = bars_of(outputs)
    (told,) = run(
        "len(search.history_.measurements), f'best score {search.history_.best.score:.4g}'"
    )
    n_fits, best = eval(told.data["text/plain"])
    assert bar.startswith(f"100%|██████████| {n_fits}/{n_fits} fits [")
    assert f", {best}, " in bar
    assert bar.endswith("trials]"), "nothing is left"
    assert re.fullmatch(r"Fitting .* fits\n(Advice: .*\n)*", said_in(outputs)), "nothing besides"


def test_each_search_has_a_bar(run):
    outputs = run("for _ in range(2):\n    BayesSearchCV(SVC(), space, **of_bayes).fit(X, y)")
    first, second = bars_of(outputs)
    assert first.startswith("100%|")
    assert second.startswith("100%|")


def test_no_bar_is_broken_by_what_others_print(run):
    outputs = run("BayesSearchCV(Noisy(), space, **of_bayes).fit(X, y);")
    (bar,) = bars_of(outputs)
    assert bar.startswith("100%|")
    said = said_in(outputs)
    assert "fitting\n" in said
    assert "UserWarning: something is odd\n" in said


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupted_search_stops_where_it_was(n_jobs, run):
    outputs = run(
        "search = BayesSearchCV(SVC(), space, **of_bayes)\n"
        f"search.set_params(n_iter=20, n_jobs={n_jobs}, callbacks=Interrupts()).fit(X, y)"
    )
    assert outputs[-1].ename == "KeyboardInterrupt"
    (bar,) = bars_of(outputs)
    (told,) = run("len(search.history_.measurements)")
    n_fits = int(told.data["text/plain"])
    assert 3 <= n_fits < 40
    assert re.search(rf"\| {n_fits}/40 fits \[\d\d:\d\d, best score 0\.\d+, \d+ trials?\]$", bar)


def test_a_search_whose_fits_all_fail(run):
    outputs = run("BayesSearchCV(Fails(), space, **of_bayes).fit(X, y)")
    (bar,) = bars_of(outputs)
    assert re.search(r"8/8 fits \[\d\d:\d\d, no score yet, 4 trials, 4 of them failed\]$", bar)
    assert outputs[-1].ename == "ValueError"


def test_lines_where_they_were_asked_for(run):
    outputs = run("BayesSearchCV(SVC(), space, **{**of_bayes, 'verbose': 2}).fit(X, y);")
    assert {output.output_type for output in outputs} == {"stream"}
    lines = said_in(outputs).splitlines()
    assert sum(line.startswith("[trial ") for line in lines) == 4


def test_lines_where_the_output_is_captured(run):
    """Each change of a bar would be one more output there."""
    assert run("%%capture caught\nsearch = BayesSearchCV(SVC(), space, **of_bayes).fit(X, y)") == []
    (told,) = run("len(caught.outputs), caught.stdout")
    n_outputs, lines = eval(told.data["text/plain"])
    assert n_outputs == 0
    assert "\n8/8 fits, best score " in lines


def test_a_bar_is_drawn_now_and_then_and_last_of_all(run):
    """A fast search would drown the browser in messages."""
    outputs = run(
        "bars._INTERVAL = 3600\n"
        "bar = bars.NotebookBar(1, 1000)\n"
        "for n in range(1000):\n"
        "    bar.show(n + 1, 1000, f'news {n + 1}')"
    )
    assert bars_of(outputs) == ["  0%|          | 1/1000 fits [00:00]"]
    outputs = run(
        "bar.close()\n"
        "bar = bars.NotebookBar(1, 1000)\n"
        "bar.show(999, 1000, 'old')\n"
        "bar.show(1000, 1000, 'news')\n"
        "bar.close()"
    )
    assert bars_of(outputs) == ["100%|██████████| 1000/1000 fits [00:00, news]"]


def test_the_newest_is_drawn_even_if_nothing_follows(run):
    outputs = run(
        "import threading\n"
        "bars._INTERVAL = 0.01\n"
        "bar = bars.NotebookBar(0, 10)\n"
        "for n in range(1, 6):\n"
        "    bar.show(n, 10, f'news {n}')\n"
        "for each in threading.enumerate():\n"
        "    if isinstance(each, threading.Timer):\n"
        "        each.join()"
    )
    assert bars_of(outputs) == [" 50%|█████     | 5/10 fits [00:00, news 5]"]


def test_pictures_are_shown_in_place(run):
    pytest.importorskip("matplotlib")
    searched = (
        "from skhpo import plotting\nsearch = BayesSearchCV(SVC(), space, n_iter=4, cv=2).fit(X, y)"
    )
    assert run(searched) == []
    (shown,) = run("plotting.convergence(search);")
    assert shown.data["image/png"]


def test_figures_of_the_page_are_shown_in_place(run):
    pytest.importorskip("plotly")
    run("search = BayesSearchCV(SVC(), space, n_iter=4, cv=2).fit(X, y)")
    (shown,) = run("from skhpo.dashboard import figures\nfigures.convergence(search)")
    assert shown.data["application/vnd.plotly.v1+json"]["data"]
