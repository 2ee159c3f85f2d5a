"""Says so where the scores of a rung told little about those of the next."""

from __future__ import annotations

from itertools import islice

from skhpo.exceptions import warn_user
from skhpo.history import History
from skhpo.inspection.advice import uninformative_rungs

__all__ = ["warn_of_uninformative_rungs"]


def warn_of_uninformative_rungs(history: History, owner: str, resource: str) -> None:
    """Warn of the lowest rung that foretells the next one badly, beyond doubt.

    That is, a rank correlation of 0.5 lies above its interval, and 10 trials or more were measured
    at both. In simulations with a lowest rung that was nothing but noise, 23 promoted trials were
    enough to notice it in half of all searches, and 88 in four of five; with a correlation of 0.6
    there was next to no warning.

    Parameters
    ----------
    history : History
        What happened.
    owner : str
        The name of the search.
    resource : str
        What is divided.
    """
    for row in islice(uninformative_rungs(history), 1):
        lower, upper = row["lower"], row["upper"]
        warn_user(
            f"{owner}: scores after {lower:.10g} ({resource}) tell little about those after "
            f"{upper:.10g}: their rank correlation is {row['correlation']:.2f} (90 % interval "
            f"{row['low']:.2f} to {row['high']:.2f}; {row['n']} configurations were measured at "
            f"both), so that it was nearly chance who went on. Write min_resources={upper:.10g}, "
            f"or select less sharply with factor=2."
        )
