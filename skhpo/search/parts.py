"""Refuses to set what has no parameters: parts that are given whole, such as a surrogate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from skhpo.exceptions import did_you_mean
from skhpo.samplers.choices import chosen_acquisition, chosen_surrogate

__all__ = ["check_parts"]

#: What a name given for a part stands for.
_CHOSEN: dict[str, Callable[[Any], Any]] = {
    "surrogate": chosen_surrogate,
    "acquisition": chosen_acquisition,
}


def check_parts(search: Any, params: Mapping[str, Any]) -> None:
    """Raise an error for the first parameter of a part that has none.

    Parameters
    ----------
    search : TunerSearchCV
        Whose parameters are to be set.
    params : mapping of str to object
        As for ``set_params``.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    own = search.get_params(deep=False) | params
    for name in params:
        part_name, _, setting = name.partition("__")
        if setting and part_name in own and not hasattr(own[part_name], "set_params"):
            raise ValueError(_message(name, part_name, setting, own[part_name]))


def _message(name: str, part_name: str, setting: str, given: Any) -> str:
    part = _CHOSEN[part_name](given) if part_name in _CHOSEN else given
    if not is_dataclass(part) or isinstance(part, type):
        return f"{name!r} cannot be set: {part_name}={given!r} has no parameters."
    kind, settings = type(part).__name__, [field.name for field in fields(part)]
    if setting not in settings:
        return (
            f"{name!r} cannot be set: {kind} has no {setting!r}.{did_you_mean(setting, settings)} "
            f"Its settings are {settings}; give them by set_params({part_name}={kind}(...))."
        )
    return (
        f"{name!r} cannot be set: {part_name}={given!r} is given whole; write "
        f"set_params({part_name}={kind}({setting}=...))."
    )
