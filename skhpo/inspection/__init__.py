"""What happened in a search: tidy tables of its history."""

from skhpo.inspection.tables import Savings, measurements, savings, survival

__all__ = ["Savings", "measurements", "savings", "survival"]
