"""A search as runs of MLflow, logged while it goes on."""

from __future__ import annotations

import math
import re
import socket
import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from importlib.util import find_spec
from time import time
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies
from zlib import crc32

from skhpo._version import __version__
from skhpo.callbacks import Callback
from skhpo.exceptions import MissingExtraError, warn_user
from skhpo.exchange._packages import package
from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.trial import Evaluation, Resource, Trial

__all__ = ["MLflowCallback"]

#: Seconds after which a server that does not answer is taken for one that is not there.
_PATIENCE = 5.0

#: Characters of a value or of an account of what went wrong; MLflow's own limit is 6,000.
_LONGEST = 5_000

#: Characters of a name: MLflow's own limit.
_LONGEST_NAME = 250

#: Parameters that MLflow takes at a time.
_BATCH = 100

#: Characters that MLflow does not take in a name.
_FOREIGN = re.compile(r"[^\w\-. :/]")

_PORTS = {"http": 80, "https": 443}


class MLflowCallback(Callback):
    """Logs a search to MLflow: one run for the search, and nested in it one run for each trial.

    A trial's run has its parameters; at each evaluation, with the resource as the step (0 where
    training is not divided), the mean of each metric over the folds, its standard deviation
    ``std_<metric>`` if there are several, ``fit_time`` and ``score_time`` (seconds, all folds
    together); and the tags ``skhpo.trial``, ``skhpo.status``, and ``skhpo.error`` of a failure. The
    run of the search has its settings, and with the number of evaluations as the step
    ``best_score``, as :attr:`~skhpo.history.History.best` judges. Greater is better in all of them:
    a :class:`~skhpo.Tuner` that minimises has negated its scores before.

    Logging is never in the way of a search. If the server cannot be reached, or fails later,
    that is warned of once, nothing more is logged, runs that are open end as ``FAILED`` if the
    server can still be told, and the search goes on. A search that is resumed begins another run,
    with what is new in it. Names and values that are longer than MLflow allows are cut; a name then
    ends in a checksum.

    Parameters
    ----------
    experiment : str, default="skhpo"
        Name of the experiment; it is made if there is none.
    tracking_uri : str or None, default=None
        Where MLflow keeps its runs, such as ``"http://127.0.0.1:5000"`` or
        ``"sqlite:///mlflow.db"``. None: as MLflow is set (``mlflow.set_tracking_uri``,
        ``MLFLOW_TRACKING_URI``).
    run_name : str or None, default=None
        Name of the run of the search. None: MLflow makes one up.
    tags : mapping of str to str or None, default=None
        Of the run of the search.

    Raises
    ------
    MissingExtraError
        If there is no MLflow.
    TypeError
        If a setting is no text.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.exchange import MLflowCallback
    >>> logging = MLflowCallback("digits", tracking_uri="sqlite:///m.db")  # doctest: +SKIP
    >>> Tuner({"x": Float(0, 1)}, f, callbacks=[logging]).run(9)  # doctest: +SKIP
    """

    def __init__(
        self,
        experiment: str = "skhpo",
        *,
        tracking_uri: str | None = None,
        run_name: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(experiment, str) or not experiment:
            raise TypeError(
                f'MLflowCallback: experiment must be a name, such as "digits", got {experiment!r}'
            )
        for label, given in (("tracking_uri", tracking_uri), ("run_name", run_name)):
            if given is not None and not isinstance(given, str):
                raise TypeError(f"MLflowCallback: {label} must be a text or None, got {given!r}")
        if tags is not None and not isinstance(tags, Mapping):
            raise TypeError(f"MLflowCallback: tags must be a dict of texts, got {tags!r}")
        if find_spec("mlflow") is None:  # to import it takes seconds
            raise MissingExtraError(
                "MLflowCallback needs mlflow, which is not installed: pip install "
                '"skhpo[mlflow]", or mlflow'
            )
        self.experiment = experiment
        self.tracking_uri = tracking_uri
        self.run_name = run_name
        self.tags = tags
        self._forget()

    def _forget(self) -> None:
        self._client: Any = None
        self._uri = self._experiment_id = self._parent = ""
        self._runs: dict[int, str] = {}
        self._open: set[int] = set()
        self._is_lost = False

    def __repr__(self) -> str:
        where = "" if self.tracking_uri is None else f", tracking_uri={self.tracking_uri!r}"
        return f"MLflowCallback({self.experiment!r}{where})"

    def __getstate__(self) -> dict[str, Any]:
        """A copy has the settings; what is being logged stays with the original."""
        return {
            name: getattr(self, name) for name in ("experiment", "tracking_uri", "run_name", "tags")
        }

    def __setstate__(self, settings: dict[str, Any]) -> None:
        self.__dict__.update(settings)
        self._forget()

    # ------------------------------------------------------------------ what is told

    def on_start(self, history: History) -> None:
        """Open the run of the search."""
        self._forget()
        self._try(self._open_search, history)

    def on_trial_start(self, history: History, trial: Trial) -> None:
        """Open the run of a trial."""
        self._try(self._run_of, trial)

    def on_evaluation(self, history: History, evaluation: Evaluation) -> None:
        """Log what came of a trial so far."""
        self._try(self._log, history, evaluation)

    def on_end(self, history: History) -> None:
        """Close what is open."""
        self._try(self._close)

    def _try(self, act: Callable[..., Any], *what: Any) -> None:
        """Log something, as long as that works."""
        if self._is_lost:
            return
        try:
            act(*what)
        except Exception as error:
            self._is_lost = True
            where = self.tracking_uri or "MLflow's tracking server"
            reason = f"{type(error).__name__}: {error}"[:_LONGEST]
            warn_user(
                f"MLflowCallback: nothing more of this search is logged to {where}, for that has "
                f"failed. The search goes on. The reason was {reason}"
            )
            with suppress(Exception):  # the server may be gone
                self._give_up()

    # ------------------------------------------------------------------ what is logged

    def _open_search(self, history: History) -> None:
        mlflow = package("mlflow", "MLflowCallback", "mlflow")
        self._uri = self.tracking_uri or mlflow.get_tracking_uri()
        _check_reachable(self._uri)
        self._client = client = mlflow.MlflowClient(tracking_uri=self._uri)
        found = client.get_experiment_by_name(self.experiment)
        self._experiment_id = (
            client.create_experiment(self.experiment) if found is None else found.experiment_id
        )
        tags = {"skhpo.version": __version__, **(self.tags or {})}
        run = client.create_run(self._experiment_id, run_name=self.run_name, tags=tags)
        self._parent = run.info.run_id
        settings = {"seed": history.seed, "metric": history.metric, "full": history.full}
        if history.trials:
            settings["trials before it was resumed"] = len(history.trials)
        self._log_params(self._parent, settings)

    def _run_of(self, trial: Trial) -> str:
        """Return the run of a trial; of one from before the search was resumed, a new one."""
        if trial.number not in self._runs:
            tags = {"mlflow.parentRunId": self._parent, "skhpo.trial": str(trial.number)}
            if trial.parent is not None:
                tags["skhpo.parent"] = str(trial.parent)
            name = f"trial {trial.number}"
            run = self._client.create_run(self._experiment_id, run_name=name, tags=tags)
            self._runs[trial.number] = run.info.run_id
            self._open.add(trial.number)
            self._log_params(run.info.run_id, trial.params)
        return self._runs[trial.number]

    def _log_params(self, run: str, params: Mapping[str, Any]) -> None:
        entities = package("mlflow.entities", "MLflowCallback", "mlflow")
        written = [
            entities.Param(_name(name), str(value)[:_LONGEST]) for name, value in params.items()
        ]
        for first in range(0, len(written), _BATCH):
            self._client.log_batch(run, params=written[first : first + _BATCH])

    def _log(self, history: History, evaluation: Evaluation) -> None:
        entities = package("mlflow.entities", "MLflowCallback", "mlflow")
        run = self._run_of(history.trials[evaluation.trial])
        moment, step = _moment(evaluation), _step(evaluation.resource)
        tags: dict[str, str] = {"skhpo.status": evaluation.status}
        error = next((m.error for m in evaluation.measurements if m.error), None)
        if error is not None:
            tags["skhpo.error"] = error[-_LONGEST:]
        self._client.log_batch(
            run,
            metrics=[
                entities.Metric(_name(name), value, moment, step)
                for name, value in _values(evaluation)
            ],
            tags=[entities.RunTag(name, text) for name, text in tags.items()],
        )
        is_completed = evaluation.status == "completed"
        self._client.set_terminated(run, "FINISHED" if is_completed else "FAILED", moment)
        self._open.discard(evaluation.trial)
        if history.best is not None and math.isfinite(history.best.score):
            n_done = len(history.evaluations)
            best = entities.Metric("best_score", history.best.score, moment, n_done)
            self._client.log_batch(self._parent, metrics=[best])

    def _close(self) -> None:
        for number in self._open:
            self._client.set_terminated(self._runs[number], "KILLED")
        self._client.set_terminated(self._parent, "FINISHED")
        self._client = None

    def _give_up(self) -> None:
        """Leave no run that seems to go on; what cannot be told at the first try is not told."""
        if self._client is not None and self._parent:
            _check_reachable(self._uri)
            for run in (*(self._runs[number] for number in self._open), self._parent):
                self._client.set_terminated(run, "FAILED")


def _name(name: str) -> str:
    """Return a name as MLflow takes it; long ones that begin alike stay different."""
    written = _FOREIGN.sub("_", name)
    if len(written) <= _LONGEST_NAME:
        return written
    checksum = f" {crc32(name.encode()):08x}"
    return written[: _LONGEST_NAME - len(checksum)] + checksum


def _values(evaluation: Evaluation) -> Iterator[tuple[str, float]]:
    """Yield the metrics of an evaluation; MLflow has no use for NaN."""
    folds = evaluation.measurements
    for metric in names(m.scores for m in folds):
        scores = [m.scores.get(metric, math.nan) for m in folds]
        if all(map(math.isfinite, scores)):
            yield metric, statistics.fmean(scores)
            if len(scores) > 1:
                yield f"std_{metric}", statistics.pstdev(scores)
    yield "fit_time", sum(m.fit_time for m in folds)
    yield "score_time", sum(m.score_time for m in folds)


def _moment(evaluation: Evaluation) -> int:
    """Return when it was finished, in milliseconds since the epoch; now where nobody looked."""
    finished = [m.finished_at for m in evaluation.measurements if math.isfinite(m.finished_at)]
    return int(1000 * max(finished, default=time()))


def _step(resource: Resource) -> int:
    return 0 if resource is None else int(resource)


def _check_reachable(uri: str) -> None:
    """Raise an OSError if nobody is there: MLflow's own client would ask again for minutes."""
    parts = urlsplit(uri)
    if parts.scheme not in _PORTS or parts.hostname is None or parts.scheme in getproxies():
        return
    address = parts.hostname, parts.port or _PORTS[parts.scheme]
    with socket.create_connection(address, timeout=_PATIENCE):
        pass
