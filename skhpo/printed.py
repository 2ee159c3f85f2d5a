"""What prints as a few lines, also where a notebook shows the last value of a cell."""

from __future__ import annotations

from typing import Any

__all__ = ["as_printed"]


def as_printed(value: Any, printer: Any, cycle: bool) -> None:
    """Show a value in IPython and notebooks as it prints: its class's ``_repr_pretty_``.

    Each class needs it as its own, for IPython prefers a class's ``__repr__`` to what it inherits,
    and a dataclass has one.

    Parameters
    ----------
    value : object
        What is shown.
    printer : IPython.lib.pretty.RepresentationPrinter
        Takes the text, line by line.
    cycle : bool
        Whether it is shown within itself, which it never is.
    """
    for number, line in enumerate(str(value).split("\n")):
        if number:
            printer.break_()
        printer.text(line)
