"""Whoever types what is on a page gets what the page says."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path
from textwrap import dedent

import joblib
import numpy as np
import pytest

ROOT = Path(__file__).parent.parent

#: Pages whose blocks of code make one script each, and how many of them print what follows.
PAGES = {
    "README.md": 1,
    "docs/inspection.rst": 0,
    "docs/monitoring.rst": 0,
    "docs/multi_fidelity.rst": 6,
    "docs/plotting.rst": 0,
    "docs/samplers.rst": 0,
    "docs/space.rst": 0,
    "docs/stopping_and_warm_start.rst": 0,
    "docs/storage.rst": 1,
    "docs/tuner.rst": 0,
}

#: Pages about nets and images, and what is smaller here than there.
OF_NETS = {
    "docs/datasets.rst": {},
    "docs/neural.rst": {
        "digits.images[:600] / 16, digits.target[:600]": "digits.images[:90] / 16, digits.target[:90]",
    },
    "docs/transfer.rst": {
        'weights="default", max_epochs=10': 'trained_blocks="all", max_epochs=1',
        "n_iter=20, cv=3": "n_iter=2, cv=2",
    },
}

#: How a block begins, in Markdown or in reStructuredText.
_BEGIN = re.compile(r"(?:```|\.\. code-block:: )(python|text)$")


def blocks(page):
    """Return language and text of each block of code or output, in order."""
    found, lines = [], (ROOT / page).read_text().splitlines()
    for at, line in enumerate(lines):
        begin = _BEGIN.match(line)
        if begin is None:
            continue
        inside = []
        for following in lines[at + 1 :]:
            is_end = following == "```" if line.startswith("`") else following[:1].strip()
            if is_end:
                break
            inside.append(following)
        found.append((begin[1], dedent("\n".join(inside)).strip("\n")))
    return found


def test_blocks_of_both_kinds():
    languages = [language for language, _ in blocks("README.md")]
    assert languages == ["python", "python", "text"]
    languages = [language for language, _ in blocks("docs/multi_fidelity.rst")]
    assert languages[:4] == ["python", "text", "python", "python"]
    assert all(text and not text.startswith(" ") for _, text in blocks("docs/samplers.rst"))


def run(page, text, namespace):
    """Run code of a page; return what it prints."""
    threads = joblib.parallel_config("threading")
    with threads, contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(text, page, "exec"), namespace)
    return output.getvalue()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("page", "n_outputs"), PAGES.items(), ids=list(PAGES))
def test_a_page_is_a_script_that_prints_what_it_shows(page, n_outputs, monkeypatch, tmp_path):
    """One block after the other, in one namespace; warnings are errors.

    In threads: processes take seconds to start, and what workers are is tested elsewhere.
    """
    if any("skhpo.plotting" in text for _, text in blocks(page)):
        pytest.importorskip("matplotlib", reason="pictures need the extra 'plot'")
    monkeypatch.chdir(tmp_path)
    namespace, printed, n_shown = {"__name__": "__main__"}, "", 0
    for language, text in blocks(page):
        if language == "python":
            printed = run(page, text, namespace)
        elif printed:
            assert printed.splitlines() == text.splitlines()
            n_shown += 1
    assert n_shown == n_outputs


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", OF_NETS)
def test_a_page_about_nets_is_a_script(page, request, monkeypatch, tmp_path):
    """The same, with less to learn from, and without the internet."""
    pytest.importorskip("torch", reason="needs the extra 'neural'")
    pytest.importorskip("skorch", reason="needs the extra 'neural'")
    if page == "docs/transfer.rst":
        request.getfixturevalue("torchvision")
    if page == "docs/datasets.rst":
        monkeypatch.setenv("SCIKIT_LEARN_DATA", str(request.getfixturevalue("fashion_mnist")))
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__", "images": np.zeros((8, 32, 32)), "labels": [0, 1] * 4}
    script = "\n".join(text for language, text in blocks(page) if language == "python")
    for there, here in OF_NETS[page].items():
        assert there in script
        script = script.replace(there, here)
    run(page, script, namespace)
