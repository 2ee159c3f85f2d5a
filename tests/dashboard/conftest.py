"""A browser that ends."""

from __future__ import annotations

import shutil

import pytest


@pytest.fixture(scope="module")
def _browser():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("there is no Chromium: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1280,1000")
    options.page_load_strategy = "eager"  # what a page does before plotly.js is there is seen, too
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.chrome.service.Service(driver)
    browser = webdriver.Chrome(options=options, service=service)
    yield browser
    browser.quit()


@pytest.fixture
def chromium(_browser):
    """A headless Chromium that writes down all that it fetches, and all that goes wrong."""
    _browser.get("about:blank")  # a page of the last test may still ask its server, which is gone
    for log in ("browser", "performance"):
        _browser.get_log(log)
    return _browser
