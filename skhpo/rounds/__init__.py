"""Boosters whose number of rounds is found on a validation part, in place of being searched."""

from skhpo.rounds.base import Booster
from skhpo.rounds.choose import check_boosters, fit_early, of_rounds

__all__ = ["Booster", "check_boosters", "fit_early", "of_rounds"]
