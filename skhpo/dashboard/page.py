"""The page and the report: one document, one script, with the data asked for or in it."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from skhpo.dashboard.figures._style import graph_objects

__all__ = ["PLOTLY", "asset", "live_page", "whole_page"]

#: How the page calls plotly.js, which comes with the package plotly.
PLOTLY = "plotly.min.js"

_LIVE = """\
<link rel="stylesheet" href="page.css">
<link rel="preload" as="script" href="/plotly.min.js?{version}">
<script src="page.js"></script>"""


@cache
def asset(name: str) -> bytes:
    """Return a file of the page.

    Parameters
    ----------
    name : {"page.html", "page.css", "page.js", "plotly.min.js"}
        Which one.

    Raises
    ------
    MissingExtraError
        If there is no plotly.
    """
    if name != PLOTLY:
        return files("skhpo.dashboard").joinpath(name).read_bytes()
    graph_objects()
    return files("plotly").joinpath("package_data", PLOTLY).read_bytes()


def live_page() -> str:
    """Return the document of the live page."""
    return _document(_LIVE.replace("{version}", version("plotly")))


def whole_page(data: dict[str, Any]) -> str:
    """Return a document with all that it needs, which asks nobody for anything.

    Parameters
    ----------
    data : dict
        Plain data: what the live page would ask for.
    """
    scripts = [asset(PLOTLY).decode(), asset("page.js").decode()]
    # Only these scripts may run, whatever stands in the data, and nothing may be fetched.
    allowed = " ".join(f"'sha256-{_checksum(script)}'" for script in scripts)
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; "
        f"img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    return _document(
        "\n".join(
            [
                f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
                f"<style>{asset('page.css').decode()}</style>",
                f'<script type="application/json" id="data">{_inert(data)}</script>',
                *(f"<script>{script}</script>" for script in scripts),
            ]
        )
    )


def _document(head: str) -> str:
    return asset("page.html").decode().replace("<!-- head -->", head)


def _checksum(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _inert(data: dict[str, Any]) -> str:
    """Return JSON in which no tag can begin or end."""
    text = json.dumps(data, allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
