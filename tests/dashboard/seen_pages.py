"""What is seen of a page in a browser."""

from __future__ import annotations

import json
import time

from skhpo import Space
from skhpo.dashboard import report
from skhpo.history import History
from skhpo.storage import Store

#: Seconds within which everything happens that happens at all.
PATIENCE = 90


def until(browser, script, *arguments):
    """Wait until a script returns something, and return it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = browser.execute_script(f"return {script}", *arguments)
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"never true: {script}")


def see_all(browser):
    """Scroll through the page until every figure is drawn."""
    until(browser, "document.querySelectorAll('#figures section').length")
    n_figures = browser.execute_script(
        "return document.querySelectorAll('#figures section').length"
    )
    for k in range(n_figures):
        section = f"document.querySelectorAll('#figures section')[{k}]"
        browser.execute_script(f"{section}.scrollIntoView()")
        until(browser, f"{section}.dataset.version")
        assert is_seen(browser, f"{section}.querySelector('.plot .main-svg')")
    until(browser, "document.getElementById('trials').dataset.version")
    assert is_seen(browser, "document.getElementById('summary')")
    assert is_seen(browser, "document.getElementById('trials')")
    return n_figures


def is_seen(browser, node):
    """Whether a node is there, takes room, and nothing hides it."""
    return browser.execute_script(
        f"const node = {node}; if (!node) return false;"
        "const { width, height } = node.getBoundingClientRect();"
        "return node.checkVisibility({ opacityProperty: true, visibilityProperty: true })"
        " && width > 50 && height > 50"
    )


def text(browser, selector):
    return browser.execute_script(f"return document.querySelector({selector!r}).textContent")


def texts(browser, selector):
    script = f"return [...document.querySelectorAll({selector!r})].map((node) => node.textContent)"
    return browser.execute_script(script)


def check_nothing_went_wrong(browser):
    """Whether no script raised or was refused, and no markup of the search became any."""
    assert browser.get_log("browser") == []
    assert (
        browser.execute_script("return document.querySelectorAll('img, iframe, body a').length")
        == 0
    )
    outside = "#figures svg a, #figures foreignObject, body script"
    assert browser.execute_script(f"return document.querySelectorAll('{outside}').length") == 0


def fetched(browser):
    """All addresses that were asked since the last look."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]


def store(history, space, path):
    """Keep a history as a search would have written it."""
    kept = Store(path)
    written = History()
    kept.attach(written, Space(space), {})
    for record in history:
        written.append(record)
    kept.close("budget")


def cell(browser, row, column):
    return text(browser, f"#rows tr:nth-child({row}) td:nth-child({column})")


def open_report(browser, source, tmp_path):
    report(source, tmp_path / "report.html")
    browser.get_log("browser")
    browser.get_log("performance")
    browser.get((tmp_path / "report.html").as_uri())
    return see_all(browser)
