"""Says so where the scores of a rung told little about those of the next."""

from __future__ import annotations

from skhpo.exceptions import warn_user
from skhpo.history import History
from skhpo.inspection import rung_correlations

__all__ = ["warn_of_uninformative_rungs"]

_INFORMATIVE = 0.5  # rank correlation from which a rung is worth its training
_ENOUGH = 10  # promoted trials; of fewer, one look in twenty is one too many


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
    table = rung_correlations(history)
    is_beyond_doubt = (table["high"] < _INFORMATIVE) & (table["n"] >= _ENOUGH)
    for k in is_beyond_doubt.nonzero()[0][:1]:
        lower, upper = table["lower"][k], table["upper"][k]
        warn_user(
            f"{owner}: scores after {lower:.10g} ({resource}) tell little about those after "
            f"{upper:.10g}: their rank correlation is {table['correlation'][k]:.2f} (90 % interval "
            f"{table['low'][k]:.2f} to {table['high'][k]:.2f}; {table['n'][k]} configurations were "
            f"measured at both), so that it was nearly chance who went on. Write "
            f"min_resources={upper:.10g}, or select less sharply with factor=2."
        )
