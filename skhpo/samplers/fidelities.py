"""Every measurement a search has made, at every rung: what a model over fidelities learns from.

A *point* is a configuration's row and, where trials were trained differently, one more column: the
fidelity it was, or is being, measured at. What was measured early says something about what would
be measured late; how much, the model finds out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.samplers.belief import columns_of, n_fitted, n_fitted_of_many
from skhpo.samplers.observations import Observations, amount, observe, rows_of
from skhpo.space import Space
from skhpo.surrogates.base import Array, Posterior
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.section import PosteriorSection
from skhpo.surrogates.transforms import normalise
from skhpo.trial import Assignment

__all__ = ["Measured", "measured"]

#: Resources a hundred times apart are one unit of the fidelity apart.
_UNIT = math.log(100.0)
_UNDIVIDED = 2.0  # where resources are compared, training without one counts as so many times more
_APART = 1.5  # measurements of a trial with resources that differ by less say nearly the same
_N_AT_THE_TOP = 300  # contenders where all trials are trained alike, besides those running
_N_BELOW = 50  # contenders that are not at the highest fidelity


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured; former knowledge comes first.

    Parameters
    ----------
    configurations : array of shape (k, n_columns)
        The rows of all trials, each once.
    points : array of shape (n, d)
        What was, or is being, measured.
    scores : array of shape (n,)
        Greater is better; the worst score at the fidelity after a failure, NaN while running.
    places : array of int, shape (n,)
        Whose they are: places in ``configurations``.
    is_top : array of bool, shape (n,)
        Which of them are at the highest fidelity with a score.
    contenders : array of int, shape (c,)
        Who may be the best, in ascending order: places in ``configurations``. With one fidelity
        the best and what is running; with several, all that are at the highest one, and of the
        others those that are worth most so far. The bad ones need no second look.
    columns : Columns
        The parameters the columns of the points belong to.
    """

    configurations: Array
    points: Array
    scores: Array
    places: NDArray[np.intp]
    is_top: NDArray[np.bool_]
    contenders: NDArray[np.intp]
    columns: Columns

    @property
    def is_running(self) -> NDArray[np.bool_]:
        """Which of them have no score yet."""
        return np.isnan(self.scores)

    @property
    def has_fidelities(self) -> bool:
        """Whether trials were trained differently."""
        return bool(self.points.shape[1] > self.configurations.shape[1])

    @property
    def n_fitted(self) -> int:
        """How many of the scores the hyperparameters of a model are fitted to."""
        if self.has_fidelities:
            return n_fitted_of_many(int(np.count_nonzero(~self.is_running)))
        return n_fitted(self.is_running)

    @property
    def expected(self) -> Array:
        """Points whose scores are as good as known: what a model expects of them.

        That is what is running, and what will come of each contender at the highest fidelity, if
        it is not there yet. Who promotes trials does so by their scores: a twin of one that was
        not promoted would not be either, however little is known of what would have become of it.
        """
        running = self.points[self.is_running]
        if not self.has_fidelities:
            return running
        below = self.configurations[np.setdiff1d(self.contenders, self.places[self.is_top])]
        top = np.broadcast_to(self._top, (len(below), 1))
        return np.concatenate([running, np.hstack([below, top])])

    @property
    def rivals(self) -> Array:
        """Rows to improve on.

        One that is expected to be good, but was not promoted, is a rival too. Otherwise its twins
        would be suggested again and again, and never promoted either. What has had more training
        than anything at the highest fidelity, which is former knowledge, is still to be found.
        """
        if not self.has_fidelities:
            return self.configurations[self.contenders]
        beyond = self.places[self.points[:, -1] > self._top]
        return self.configurations[np.setdiff1d(self.contenders, beyond)]

    @property
    def finished(self) -> Array:
        """Rows of contenders with a score at any fidelity, each once."""
        is_finished = np.isin(self.contenders, self.places[~self.is_running])
        return self.configurations[self.contenders[is_finished]]

    def outputs(self, n: int) -> Array:
        """Return what a model is shown of the first ``n`` scores.

        From rung to rung, scores rise or fall for all trials alike, often by far more than they
        differ at one rung. So much is taken away first.

        Parameters
        ----------
        n : int
            How many of the scores there are.
        """
        first = np.flatnonzero(~self.is_running)[:n]
        scores = self.scores[first]
        if self.has_fidelities:
            scores = _levelled(scores, self.points[first, -1], self.places[first])
        return normalise(scores)

    def at_the_top(self, posterior: Posterior) -> Posterior:
        """Return a belief over points as one over rows, at the highest fidelity.

        Parameters
        ----------
        posterior : Posterior
            Over points.
        """
        return PosteriorSection(self._top, posterior) if self.has_fidelities else posterior

    @property
    def _top(self) -> Array:
        """The highest fidelity, of shape (1,)."""
        return self.points[self.is_top][0, -1:]


def measured(space: Space, history: History) -> Measured | None:
    """Return what a history tells about a space, each measurement once.

    Former knowledge counts as if it came from twice as much training as any trial has had.

    Parameters
    ----------
    space : Space
        Its encoding makes the rows. Trials outside of it (it may have changed since) are passed
        over.
    history : History
        The trials, and what was known before.

    Returns
    -------
    Measured or None
        None if there is no finite score at all.
    """
    seen = observe(space, history)
    if seen is None:
        return None
    resources = {amount(evaluation.resource) for evaluation in history.evaluations}
    if len(resources | ({math.inf} if seen.n_former else set())) > 1:
        return _over_fidelities(space, history, seen)
    all_rows = np.arange(len(seen.rows))
    return Measured(
        configurations=seen.rows,
        points=seen.rows,
        scores=seen.scores,
        places=all_rows,
        is_top=np.ones(len(all_rows), dtype=bool),
        contenders=np.sort(_best_first(seen.scores)[: _N_AT_THE_TOP + seen.is_running.sum()]),
        columns=columns_of(space),
    )


def _over_fidelities(space: Space, history: History, seen: Observations) -> Measured:
    """Return one point for each measurement: the row, and the logarithm of its resource.

    They are in the order in which they came in, with what is running at the end. Trials are
    trained for very different times: in the order of the decisions, old gaps would be filled long
    after, and each time the model fitted to the first of them would be out of date.
    """
    numbers = rows_of(space, history).numbers
    place = {number: seen.n_former + at for at, number in enumerate(numbers)}
    found = {(each.trial, amount(each.resource)): each.score for each in history.evaluations}
    decided = {key: key not in found for key in _decided(history) if key[0] in place}
    keys = [key for key in found if key in decided]
    keys += [key for key, is_running in decided.items() if is_running]

    n_former = seen.n_former
    former = [known.score for known in history.former if space.contains(known.params)]
    scores = np.array([*former, *(found.get(key, math.nan) for key in keys)])
    places = np.array([*range(n_former), *(place[number] for number, _ in keys)], dtype=np.intp)
    resources = np.array([math.inf] * n_former + [resource for _, resource in keys])
    is_running = np.array([False] * n_former + [key not in found for key in keys], dtype=bool)

    is_finite = np.isfinite(scores)
    is_own = np.arange(len(scores)) >= n_former
    counts = is_finite & is_own if (is_finite & is_own).any() else is_finite
    is_top = resources == resources[counts].max()
    for failed in np.flatnonzero(~is_finite & ~is_running):
        peers = is_finite & (resources == resources[failed])
        scores[failed] = scores[peers if peers.any() else is_finite].min()

    longest = resources[np.isfinite(resources)].max(initial=1.0)
    fidelities = np.log(np.minimum(resources, _UNDIVIDED * longest)) / _UNIT
    columns = columns_of(space)
    scores[is_running] = math.nan
    return Measured(
        configurations=seen.rows,
        points=np.column_stack([seen.rows[places], fidelities]),
        scores=scores,
        places=places,
        is_top=is_top,
        contenders=_contenders(scores, fidelities, places, is_top),
        columns=Columns((*columns.widths, 1), columns.effective_dimension + 1.0),
    )


def _contenders(
    scores: Array, fidelities: Array, places: NDArray[np.intp], is_top: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return who may be the best; those without a score may be anything."""
    at_the_top = np.unique(places[is_top])
    below = np.setdiff1d(places, at_the_top)
    worth = np.full(places.max() + 1, math.inf)
    has_score = ~np.isnan(scores)
    newest = places[has_score]  # of several of a trial, the last one counts
    worth[newest] = _levelled(scores[has_score], fidelities[has_score], newest)
    return np.sort(np.concatenate([at_the_top, below[_best_first(worth[below])[:_N_BELOW]]]))


def _best_first(scores: Array) -> NDArray[np.intp]:
    """Return the places of scores, greatest first; those that are missing before all others."""
    return np.argsort(-np.where(np.isnan(scores), math.inf, scores), kind="stable")


def _levelled(scores: Array, fidelities: Array, places: NDArray[np.intp]) -> Array:
    """Return scores without what one more rung adds to those of all trials alike.

    That is the median difference to the rung below of trials measured at both: trials that were
    promoted were better than others before.
    """
    levelled = scores.copy()
    below: dict[int, float] = {}
    for fidelity in np.unique(fidelities):
        here = np.flatnonzero(fidelities == fidelity)
        both = [at for at in here if int(places[at]) in below]
        if both:
            gains = [scores[at] - below[int(places[at])] for at in both]
            levelled[here] -= np.median(gains)
        elif below:
            levelled[here] += np.median(list(below.values())) - np.median(scores[here])
        below.update({int(places[at]): float(levelled[at]) for at in here})
    return levelled


def _decided(history: History) -> list[tuple[int, float]]:
    """Return trials and resources as they were assigned, as far as they are worth modelling.

    A trial may be measured after every epoch, and the cost of a model grows with the cube of the
    number of measurements. Those are passed over that followed soon on another, except for the
    newest of each trial.
    """
    newest: dict[int, float] = {}
    last: dict[int, float] = {}
    kept: dict[tuple[int, float], bool] = {}
    for record in history.records:
        if isinstance(record, Assignment):
            number, resource = record.trial, amount(record.resource)
            newest[number] = resource
            kept[number, resource] = resource >= _APART * last.get(number, 0.0)
            if kept[number, resource]:
                last[number] = resource
    return [key for key, is_apart in kept.items() if is_apart or newest[key[0]] == key[1]]
