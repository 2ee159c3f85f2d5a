"""Figures as text: tables that are reStructuredText, and can be read as they are."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.samplers.comparison import Estimate

__all__ = ["interval", "number", "table"]


def number(value: float) -> str:
    """Return two digits that mean something; all of a count."""
    if isinstance(value, int):
        return str(value)
    return f"{value:.2g}" if value < 0.1 else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def interval(estimate: Estimate) -> str:
    """Return a figure with its interval."""
    return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a simple table of reStructuredText."""
    # an empty first cell would continue the row above; an empty header is written as a backslash
    cells = [[cell or "\\" for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    first, *others = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    return "\n".join([rule, first, rule, *others, rule])
