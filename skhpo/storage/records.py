"""Records of a history as plain data, and back.

What a configuration holds is written by the space: a number as a number, one of a list of values
by its position. So estimators and functions among them are never stored, and what is read can be
nothing but a value of the space.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, get_args

from skhpo.exceptions import StorageError
from skhpo.space import Space
from skhpo.summary import Record
from skhpo.trial import Assignment, Measurement, Params, Resource, Status, Trial

__all__ = ["Readable", "ReadableSpace", "from_plain", "to_plain"]

#: Of a measurement: seconds.
_TIMES = ("fit_time", "score_time", "started_at", "finished_at")

_STATUSES = frozenset(get_args(Status))

#: Characters of an account of what went wrong; an exception may quote all of its data.
_LONGEST_ERROR = 20_000


class Readable(Protocol):
    """Domain of a parameter, as far as reading goes."""

    def from_plain(self, plain: Any) -> Any:
        """Return the value that was written."""
        ...


class ReadableSpace(Protocol):
    """A space, as far as reading goes: also one of which there is only a description."""

    @property
    def branches(self) -> Sequence[Mapping[str, Readable]]:
        """What each parameter of each branch may be."""
        ...

    def contains(self, params: Params) -> bool:
        """Whether a configuration is in it."""
        ...


def to_plain(record: Record, space: Space) -> dict[str, Any]:
    """Return a record as a dict of plain data.

    Parameters
    ----------
    record : Trial, Assignment or Measurement
        What happened.
    space : Space
        What its configuration is of.

    Raises
    ------
    SpaceError
        If a value of the configuration cannot be written.
    """
    if isinstance(record, Trial):
        number = space.find_branch(record.params)
        assert number is not None, "samplers stay inside of the space"
        branch = space.branches[number]
        return {
            "kind": "trial",
            "number": record.number,
            "branch": number,
            "params": {name: branch[name].to_plain(v) for name, v in record.params.items()},
            **_given(record, "parent", "parent_resource", "replaces"),
        }
    if isinstance(record, Assignment):
        return {
            "kind": "assignment",
            "trial": record.trial,
            "resource": record.resource,
            "folds": list(record.folds),
        }
    return {
        "kind": "measurement",
        "trial": record.trial,
        "fold": record.fold,
        "resource": record.resource,
        "status": record.status,
        "scores": {name: float(score) for name, score in record.scores.items()},
        **{name: getattr(record, name) for name in _TIMES},
        **({"attempts": record.attempts} if record.attempts != 1 else {}),
        **_given(record, "train_scores", "spent", "state", "rounds"),
        **_shortened(record, "error", "deaths"),
    }


def from_plain(content: Mapping[str, Any], space: ReadableSpace) -> Record:
    """Return the record that was written.

    Parameters
    ----------
    content : mapping
        What :func:`to_plain` returned, read from JSON.
    space : Space
        The same one, or what is known of it.

    Raises
    ------
    StorageError
        If it is none.
    """
    try:
        return _READERS[content["kind"]](content, space)
    except StorageError:
        raise
    except Exception as error:  # whatever a stranger may have written there
        raise StorageError(f"it is not a record of this search: {content!r:.200}") from error


def _trial(content: Mapping[str, Any], space: ReadableSpace) -> Trial:
    branch = space.branches[_whole(content["branch"])]
    written = content["params"]
    if written.keys() != branch.keys():
        raise StorageError(f"it sets {sorted(written)}, where the space has {list(branch)}")
    params = {name: branch[name].from_plain(value) for name, value in written.items()}
    return Trial(
        number=_whole(content["number"]),
        params=_inside(params, space),
        parent=_whole_or_none(content.get("parent")),
        parent_resource=_resource(content.get("parent_resource")),
        replaces=_whole_or_none(content.get("replaces")),
    )


def _assignment(content: Mapping[str, Any], space: ReadableSpace) -> Assignment:
    folds = tuple(map(_whole, content["folds"]))
    return Assignment(_whole(content["trial"]), _resource(content["resource"]), folds)


def _measurement(content: Mapping[str, Any], space: ReadableSpace) -> Measurement:
    status = content["status"]
    if status not in _STATUSES:
        raise StorageError(f"nothing ends as {status!r}")
    train_scores = content.get("train_scores")
    return Measurement(
        trial=_whole(content["trial"]),
        fold=_whole(content["fold"]),
        resource=_resource(content["resource"]),
        status=status,
        scores=_scores(content["scores"]),
        train_scores=None if train_scores is None else _scores(train_scores),
        fit_time=float(content.get("fit_time", 0.0)),
        score_time=float(content.get("score_time", 0.0)),
        started_at=float(content.get("started_at", math.nan)),
        finished_at=float(content.get("finished_at", math.nan)),
        attempts=_whole(content.get("attempts", 1)),
        error=_text_or_none(content.get("error")),
        spent=_resource(content.get("spent")),
        state=_text_or_none(content.get("state")),
        rounds=_whole_or_none(content.get("rounds")),
        deaths=_text_or_none(content.get("deaths")),
    )


_READERS: dict[str, Callable[[Mapping[str, Any], ReadableSpace], Record]] = {
    "trial": _trial,
    "assignment": _assignment,
    "measurement": _measurement,
}


def _given(record: Record, *names: str) -> dict[str, Any]:
    """What is not None: most records have none of these."""
    values = {name: getattr(record, name) for name in names}
    return {name: value for name, value in values.items() if value is not None}


def _shortened(record: Record, *names: str) -> dict[str, str]:
    """Accounts of what went wrong, as far as there are any: the beginning and the end say most."""
    half = _LONGEST_ERROR // 2 - 10
    return {
        name: text if len(text) <= _LONGEST_ERROR else f"{text[:half]}\n [...]\n{text[-half:]}"
        for name, text in _given(record, *names).items()
    }


def _inside(params: Params, space: ReadableSpace) -> Params:
    if not space.contains(params):
        raise StorageError(f"its configuration is not in the space: {params!r:.200}")
    return params


def _scores(written: Mapping[str, Any]) -> dict[str, float]:
    return {str(name): float(score) for name, score in written.items()}


def _whole(value: Any) -> int:
    if type(value) is int:  # and not bool
        return value
    raise StorageError(f"{value!r} stands in the place of an integer")


def _whole_or_none(value: Any) -> int | None:
    return None if value is None else _whole(value)


def _text_or_none(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise StorageError(f"{value!r:.200} stands in the place of a text")


def _resource(value: Any) -> Resource:
    """A resource as it was: an integer stays one."""
    if value is None or type(value) in (float, int):
        return value  # type: ignore[no-any-return]
    raise StorageError(f"{value!r:.200} stands in the place of a resource")
