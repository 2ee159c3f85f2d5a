"""Learning curves of LCBench, as a trained surrogate predicts them.

A *resource* is an epoch after the first one, which is the nearly untrained net: resource 1 is
epoch 2 of the surrogate, resource 51 its last.

Reference: L. Zimmer, M. Lindauer, F. Hutter: Auto-PyTorch Tabular: Multi-Fidelity MetaLearning for
Efficient and Robust AutoDL. IEEE TPAMI 43(9), 2021.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skhpo import Float, Int, Space

__all__ = ["DATA", "MAX_RESOURCE", "Curve", "Data", "Split", "Task"]

Array: TypeAlias = NDArray[np.float64]
Split: TypeAlias = Literal["development", "claim"]

#: Where the surrogate is looked for: beside the repository.
DATA = Path(__file__).parents[3] / "shared" / "data" / "lcbench"

MAX_RESOURCE = 51
_SECONDS, _ACCURACY = 0, 1  # outputs of the surrogate
_NAMES = (
    "batch_size",
    "learning_rate",
    "momentum",
    "weight_decay",
    "num_layers",
    "max_units",
    "max_dropout",
)  # in the order of its inputs
_N_RANDOM = 20_000  # configurations that say what is good, and what is usual


@dataclass(frozen=True)
class Curve:
    """What comes of a configuration.

    Parameters
    ----------
    accuracies : array of shape (MAX_RESOURCE,)
        Validation accuracy in percent after 1, 2, … units of the resource.
    seconds : array of shape (MAX_RESOURCE,)
        Training time up to there; it never falls.
    """

    accuracies: Array
    seconds: Array

    def accuracy(self, resource: float) -> float:
        """Return the accuracy after ``resource``."""
        return float(self.accuracies[int(resource) - 1])

    def duration(self, resource: float, reached: float | None) -> float:
        """Return the seconds of training up to ``resource`` from the state at ``reached``."""
        before = 0.0 if reached is None else self.seconds[int(reached) - 1]
        return float(self.seconds[int(resource) - 1] - before)


class Data:
    """The surrogate in a folder.

    Parameters
    ----------
    folder : Path
        With ``model.onnx``, ``config_space.json``, ``encoding.json`` and
        ``tasks-for-development.txt``.

    Raises
    ------
    FileNotFoundError
        If it is not there.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "model.onnx").exists():
            raise FileNotFoundError(
                f"there is no LCBench surrogate in {folder}. It is part of the data of YAHPO Gym "
                f"(github.com/slds-lmu/yahpo_data, folder lcbench); say where it is by --data."
            )
        import onnxruntime  # here, so that simulations of other curves go without

        self._folder = folder
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._model = onnxruntime.InferenceSession(folder / "model.onnx", options)
        self._codes = self._json("encoding.json")["OpenML_task_id"]

    def tasks(self, split: Split) -> list[Task]:
        """Return the tasks to develop on, or those to make claims on: all others."""
        names = self._parameters["OpenML_task_id"]["choices"]
        development = (self._folder / "tasks-for-development.txt").read_text().split()
        wanted = [name for name in names if (name in development) == (split == "development")]
        return [Task(name, self) for name in wanted]

    @cached_property
    def space(self) -> Space:
        """What may be tried on every task."""
        return Space({name: _domain(self._parameters[name]) for name in _NAMES})

    def predict(self, task: str, epochs: Array, params: Sequence[Mapping[str, Any]]) -> Array:
        """Ask the surrogate; shapes (n,), n configurations -> (n, 2): seconds, accuracies."""
        values = [[each[name] for name in _NAMES] for each in params]
        inputs = {
            "x_cont": np.column_stack([epochs, values]).astype(np.float32),
            "x_cat": np.full((len(epochs), 1), self._codes[task], dtype=np.int32),
        }
        (outputs,) = self._model.run(None, inputs)
        return np.asarray(outputs[:, [_SECONDS, _ACCURACY]], dtype=float)

    @cached_property
    def _parameters(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self._json("config_space.json")["hyperparameters"]}

    def _json(self, name: str) -> Any:
        return json.loads((self._folder / name).read_text())


class Task:
    """A data set on which nets are trained.

    Parameters
    ----------
    name : str
        Its number at OpenML.
    data : Data
        The surrogate.
    """

    def __init__(self, name: str, data: Data) -> None:
        self.name = name
        self.space = data.space
        self._data = data

    def curve(self, params: Mapping[str, Any]) -> Curve:
        """Return what comes of a configuration."""
        epochs = np.arange(1, MAX_RESOURCE + 2)
        seconds, accuracies = self._data.predict(self.name, epochs, [params] * len(epochs)).T
        return Curve(accuracies[1:], np.maximum.accumulate(seconds)[1:])

    def regret(self, params: Mapping[str, Any]) -> float:
        """Return what a configuration lacks after full training.

        0 is the best of 20,000 random configurations, 1 their median.
        """
        best, median, _ = self._usual
        return (best - self.curve(params).accuracy(MAX_RESOURCE)) / (best - median)

    @property
    def full_training(self) -> float:
        """Seconds of one full training, the mean over random configurations: the unit of time."""
        return self._usual[2]

    @cached_property
    def _usual(self) -> tuple[float, float, float]:
        """Best and median accuracy of random configurations, and their mean time."""
        rng = np.random.default_rng(0)
        params = [self.space.sample(rng) for _ in range(_N_RANDOM)]
        epochs = np.full(_N_RANDOM, MAX_RESOURCE + 1)
        seconds, accuracies = self._data.predict(self.name, epochs, params).T
        return float(accuracies.max()), float(np.median(accuracies)), float(seconds.mean())


def _domain(parameter: Mapping[str, Any]) -> Float | Int:
    kind = Int if parameter["type"] == "uniform_int" else Float
    return kind(parameter["lower"], parameter["upper"], log=parameter["log"])
