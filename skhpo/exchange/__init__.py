"""Searches for other tools: an Optuna study made of a history and back, runs for MLflow."""

from skhpo.exchange.from_optuna import from_optuna
from skhpo.exchange.mlflow_callback import MLflowCallback
from skhpo.exchange.to_optuna import to_optuna

__all__ = ["MLflowCallback", "from_optuna", "to_optuna"]
