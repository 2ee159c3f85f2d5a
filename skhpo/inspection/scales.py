"""What kind of axis a parameter has: numbers, evenly or in powers of ten, or names.

========== =====================================================================
kind       for
========== =====================================================================
linear     finite numbers
log        positive numbers of which the space says so. Where no space is known:
           those that span more than two orders of magnitude, some of them (more
           than 3 %) small: of those that lie evenly, 1 % would be; and the first
           twenty of them lie more evenly in powers of ten. Where the best are
           crowded later on says nothing about the scale
categories everything else: each value has a place of its own, in the order of the
           list in the space where that is known; where there are too many, the rarer
           ones share the last place. A parameter that has one value only has one
           place.
========== =====================================================================

A configuration that does not have the parameter, because its branch of the space does not, is a
gap: it has no place on the axis.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count, groupby, takewhile
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skhpo.trial import Params

__all__ = [
    "GAP",
    "Gap",
    "NumberKind",
    "Scale",
    "distinct_labels",
    "elided",
    "label",
    "scale_of",
    "score_scale_of",
    "telling_range",
    "values_of",
]

#: How numbers lie on an axis.
NumberKind: TypeAlias = Literal["linear", "log"]

#: Where nobody says so, positive numbers are shown in powers of ten if more than this part of them
#: is less than the greatest one by more than this factor. Of numbers that lie evenly it would be
#: one in a hundred.
_SMALL_PART, _LOGARITHMIC = 0.03, 100.0

_FIRST = 20  # values that were tried before any search knows where to look
_FAR = 4.0  # times the spread of the middle half, from where on a score is far off
_HUGE = 1e300  # numbers from which differences are no numbers any more
_LONGEST = 24  # letters of a name
_LATER = 4  # letters that tell names apart, before the last part of a name
_N_TICKS = 5
_MANY_DIGITS = re.compile(r"-?\d+\.\d{6,}(e[+-]?\d+)?")


class Gap(Enum):
    """Where the value of a parameter would be, in a configuration that does not have it."""

    GAP = "-"


GAP = Gap.GAP


@dataclass(frozen=True)
class Scale:
    """The axis of a parameter.

    Parameters
    ----------
    name : str
        Of the parameter.
    kind : {"linear", "log", "categories"}
        What kind of axis it is.
    low, high : float
        The least and the greatest number; of categories, the first and the last place.
    is_integer : bool
        Whether all values are whole numbers.
    places : dict of str to int
        Which place each category has, by its full name.
    texts : tuple of str
        What stands at each place.
    """

    name: str
    kind: Literal["linear", "log", "categories"]
    low: float
    high: float
    is_integer: bool
    places: dict[str, int]
    texts: tuple[str, ...]

    @property
    def is_constant(self) -> bool:
        """Whether there is one value only, or none."""
        return self.kind == "categories" and len(self.texts) < 2

    def coordinates(self, values: Iterable[Any]) -> NDArray[np.float64]:
        """Return values as numbers: themselves, or the place of their category.

        Parameters
        ----------
        values : iterable of object
            Values of the parameter, or gaps.

        Returns
        -------
        ndarray of shape (n_values,)
            NaN for gaps, and on an axis of numbers for what is no number.
        """
        if self.kind == "categories":
            last = len(self.texts) - 1  # of values never seen before, too
            known: dict[int, float] = {}
            listed = list(values)  # alive as long as their ids are used
            for value in listed:
                if id(value) not in known:
                    place = math.nan if value is GAP else self.places.get(_full_name(value), last)
                    known[id(value)] = place
            return np.array([known[id(value)] for value in listed], dtype=float)
        return np.array([_number(value) for value in values], dtype=float)

    def positions(self, values: Iterable[Any]) -> NDArray[np.float64]:
        """Return where values are on the axis, from 0 to 1.

        Parameters
        ----------
        values : iterable of object
            Values of the parameter, or gaps.

        Returns
        -------
        ndarray of shape (n_values,)
            NaN for gaps, and on an axis of numbers for what is no number on it.
        """
        return self._position(self.coordinates(values))

    def ticks(self) -> tuple[NDArray[np.float64], list[str]]:
        """Return where there are marks on the axis, from 0 to 1, and what stands there."""
        if self.kind == "categories":
            return self._position(np.arange(len(self.texts), dtype=float)), list(self.texts)
        if self.kind == "log":
            marks = _powers(self.low, self.high)
        else:
            marks = _round_numbers(self.low, self.high, self.is_integer)
        return self._position(np.array(marks)), [f"{mark:.6g}" for mark in marks]

    def _position(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        low, high = self.low, self.high
        if self.kind == "log":
            with np.errstate(divide="ignore", invalid="ignore"):
                coordinates = np.log10(coordinates)
            coordinates[np.isinf(coordinates)] = math.nan
            low, high = math.log10(low), math.log10(high)
        if low == high:
            return np.where(np.isnan(coordinates), math.nan, 0.5)
        position: NDArray[np.float64] = (coordinates - low) / (high - low)
        return position


def score_scale_of(name: str, scores: Sequence[float]) -> Scale:
    """Return the axis of scores: linear in every picture, however many powers of ten they span.

    Parameters
    ----------
    name : str
        What stands at the axis.
    scores : sequence of float
        All that are to be shown.
    """
    return scale_of(name, scores, kind="linear")


def values_of(parameter: str, configurations: Iterable[Params]) -> list[Any]:
    """Return what a parameter is in each configuration, :data:`GAP` where there is none.

    Parameters
    ----------
    parameter : str
        Its name.
    configurations : iterable of mapping of str to object
        The configurations.
    """
    return [params.get(parameter, GAP) for params in configurations]


def scale_of(
    name: str,
    values: Sequence[Any],
    most: int = 12,
    kind: NumberKind | None = None,
    order: Sequence[Any] = (),
) -> Scale:
    """Return the axis for the values that a parameter has.

    Parameters
    ----------
    name : str
        Its name.
    values : sequence of object
        All that are to be shown, in the order of the trials; gaps do not count.
    most : int, default=12
        How many categories have a place of their own.
    kind : {"linear", "log"} or None, default=None
        How the values lie if all of them are numbers, as from
        :func:`~skhpo.inspection.spaces.kinds_of`. None: nobody knows, and they tell it themselves.
    order : sequence of object, default=()
        Values in the order in which categories stand, as from
        :func:`~skhpo.inspection.spaces.orders_of`. Those that are not in it follow: numbers by
        size, then the others by the alphabet.

    Returns
    -------
    Scale

    Examples
    --------
    >>> from skhpo.inspection.scales import GAP, scale_of
    >>> scale = scale_of("C", [0.01, 1.0, 100.0, GAP])
    >>> scale.kind, scale.positions([0.1, 10.0, GAP])
    ('log', array([0.25, 0.75,  nan]))
    >>> scale_of("kernel", ["rbf", "linear", "rbf"]).texts
    ('linear', 'rbf')
    >>> scale_of("size", ["large", "small"], order=["small", "medium", "large"]).texts
    ('small', 'large')
    """
    there = [value for value in values if value is not GAP]
    numbers = np.array([_number(value) for value in there], dtype=float)
    if len(there) and not np.isnan(numbers).any() and numbers.min() < numbers.max():
        low, high = float(numbers.min()), float(numbers.max())
        is_log = low > 0 and (_is_logarithmic(numbers) if kind is None else kind == "log")
        is_integer = all(isinstance(value, Integral) for value in there)
        return Scale(name, "log" if is_log else "linear", low, high, is_integer, {}, ())
    return _categories(name, there, most, order)


def _is_logarithmic(numbers: NDArray[np.float64]) -> bool:
    """Whether positive numbers span powers of ten, and the first of them lie evenly there."""
    if np.mean(numbers < numbers.max() / _LOGARITHMIC) <= _SMALL_PART:
        return False
    evenly, in_powers = _off_middle(numbers), _off_middle(np.log10(numbers))
    return in_powers <= evenly


def _off_middle(numbers: NDArray[np.float64]) -> float:
    """Return how far from the middle of the range the first numbers lie, by their median."""
    low, high = numbers.min(), numbers.max()
    return abs(float(np.median((numbers[:_FIRST] - low) / (high - low))) - 0.5)


def _categories(name: str, values: Sequence[Any], most: int, declared: Sequence[Any] = ()) -> Scale:
    """Return an axis of names: as declared, then numbers by size, then by the alphabet."""
    ranks = {full: rank for rank, full in enumerate(dict.fromkeys(map(_full_name, declared)))}
    by_id: dict[int, str] = {}
    order: dict[str, tuple[int, bool, float, str]] = {}
    for value in values:
        if id(value) not in by_id:
            by_id[id(value)] = full = _full_name(value)
            number = _number(value)
            is_text = math.isnan(number)
            rank = ranks.get(full, len(ranks))
            order[full] = (rank, is_text, 0.0 if is_text else number, full)
    often = [full for full, _ in Counter(by_id[id(value)] for value in values).most_common()]
    named = sorted(often[:most], key=order.__getitem__)
    places = {full: place for place, full in enumerate(named)}
    texts = _labels(named)
    n_others = len(often) - len(named)
    if n_others:
        places |= dict.fromkeys(often[most:], len(named))
        texts.append(f"{n_others} others")
    last = float(max(len(texts) - 1, 0))
    return Scale(name, "categories", 0.0, last, False, places, tuple(texts))


def _number(value: Any) -> float:
    """Return a finite number as such, NaN for everything else."""
    if isinstance(value, float):  # also numpy's: by far the most
        number = value
    elif isinstance(value, (str, bool, np.bool_)) or not isinstance(value, Real):
        return math.nan
    else:
        try:
            number = float(value)
        except OverflowError:
            return math.nan
    return number if abs(number) < _HUGE else math.nan


def _full_name(value: Any) -> str:
    """Return what a value is called: classes and functions by their name, the rest as printed."""
    return " ".join(str(getattr(value, "__name__", value)).split())


def label(text: str, longest: int = _LONGEST) -> str:
    """Return a text that is not too long for a picture, on one line.

    Parameters
    ----------
    text : str
        Whatever it is.
    longest : int, default=24
        How many letters it may have.
    """
    text = " ".join(text.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def elided(text: str, longest: int) -> str:
    """Return a name that is not too long, on one line: of nested ones, the end says most.

    Parameters
    ----------
    text : str
        The name.
    longest : int
        How many letters it may have.
    """
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    n_first = longest // 3
    return f"{text[:n_first]}…{text[len(text) - (longest - n_first - 1) :]}"


def telling_range(scores: NDArray[np.float64], sign: int) -> tuple[float, float]:
    """Return between what scores matter: on the bad side not farther than far from the others.

    That is four times the spread of the middle half from it, as long as they have any.

    Parameters
    ----------
    scores : ndarray
        All that are drawn; of those that are not finite nothing is taken.
    sign : int
        1 where greater is better, otherwise -1.
    """
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    bad, good = (float(q) for q in np.quantile(sign * finite, (0.25, 0.75)))
    worst = sign * (bad - _FAR * (good - bad))
    if bad == good:
        return low, high
    return (max(low, worst), high) if sign > 0 else (low, min(high, worst))


def distinct_labels(names: Sequence[str], longest: int) -> list[str]:
    """Return names that are not too long, no two of them alike: for names side by side.

    Of those that are too long, what they have in common is cut, and what tells them apart is kept:
    each letter in which one of them is the first to differ from another one, the begin of the last
    part of a nested name, and of what follows these, as much as there is room for. Where nothing
    else is left, they are counted.

    Parameters
    ----------
    names : sequence of str
        The names; one that is there twice has the same label twice.
    longest : int
        How many letters a label may have; more where there are more names than such labels.

    Returns
    -------
    list of str
        A label for each name, on one line.

    Examples
    --------
    >>> from skhpo.inspection.scales import distinct_labels
    >>> names = ["columns__numbers__step_0__regularisation",
    ...          "columns__numbers__step_1__regularisation", "model__C"]
    >>> distinct_labels(names, 24)
    ['…step_0__regularisation', '…step_1__regularisation', 'model__C']
    >>> distinct_labels(names, 16)
    ['…step_0__regula…', '…step_1__regula…', 'model__C']
    """
    texts = {name: " ".join(name.split()) for name in names}
    long = sorted({text for text in texts.values() if len(text) > longest})
    short = {text: _squeezed(text, _telling(text, long), longest) for text in long}
    labels: dict[str, str] = {}
    taken = Counter(short.get(text, text) for text in texts.values())
    for name, text in texts.items():
        found = short.get(text, text)
        if taken[found] > 1:
            numbers = (f" #{number}" for number in count(1))
            counted = (label(found, max(1, longest - len(n))) + n for n in numbers)
            found = next(each for each in counted if each not in taken)
            taken[found] = 1
        labels[name] = found
    return [labels[name] for name in names]


def _telling(text: str, others: Collection[str]) -> set[int]:
    """Return the places of the letters that tell a name from others: none if it stands alone."""
    shared = (
        sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False)))
        for other in others
        if other != text
    )
    return {min(place, len(text) - 1) for place in shared}


def _squeezed(text: str, telling: Collection[int], longest: int) -> str:
    """Return as much of a name as there is room for around the letters that tell."""
    if not telling:
        return elided(text, longest)
    last = _begin_of_part(text, len(text) - 1)
    is_told_last = not last or max(telling) >= last
    first_costs = [*((place, 0) for place in telling), *([] if is_told_last else [(last, _LATER)])]
    cost: dict[int, float] = {}
    for place, first_cost in first_costs:
        for at in range(_begin_of_part(text, place), len(text)):
            # Half as far to the begin of the word that a letter is in, which makes it a word.
            far = first_cost + (at - place if at >= place else (place - at) / 2)
            cost[at] = min(far, cost.get(at, math.inf))
    kept: set[int] = set()
    for at in sorted(cost, key=lambda at: (cost[at], -at)):
        if len(_with_gaps(text, kept | {at})) <= longest:
            kept.add(at)
    first = min(telling)
    begin = min(kept, default=first)
    words = [at for at in range(begin, first) if text[at] == "_"]
    if begin > _begin_of_part(text, first) and len(words) > 1:  # within a word that is not needed
        kept -= set(range(words[0] + 1))
    return _with_gaps(text, kept) if kept else elided(text, longest)


def _begin_of_part(text: str, place: int) -> int:
    """Return where the part of a nested name begins that a letter is in."""
    return text.rfind("__", 0, place) + 2 if "__" in text[:place] else 0


def _with_gaps(text: str, kept: Collection[int]) -> str:
    """Return the letters at these places, and a sign for all others between two of them."""
    runs = groupby(range(len(text)), key=lambda at: at in kept)
    return "".join("".join(text[at] for at in run) if is_kept else "…" for is_kept, run in runs)


def _labels(names: Sequence[str]) -> list[str]:
    """Return short names of values, no two of them alike: the begin, or what tells them apart."""
    short = [label(_rounded(name)) for name in names]
    return short if len(set(short)) == len(names) else distinct_labels(names, _LONGEST)


def _rounded(name: str) -> str:
    """Return a number with many digits with fewer of them, everything else as it is."""
    return f"{float(name):.6g}" if _MANY_DIGITS.fullmatch(name) else name


def _powers(low: float, high: float) -> list[float]:
    """Return powers of ten between two numbers; round numbers where fewer than two are."""
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if last <= first:
        return _round_numbers(low, high, False)
    step = max(1, math.ceil((last - first) / _N_TICKS))
    return [10.0**exponent for exponent in range(first, last + 1, step)]


def _round_numbers(low: float, high: float, whole: bool) -> list[float]:
    """Return round numbers between two others."""
    raw = (high - low) / _N_TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * (1 - 1e-9))
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [step * k for k in range(first, last + 1)]
