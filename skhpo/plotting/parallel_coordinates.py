"""All configurations at once: a line through an axis for each hyperparameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.columns import names
from skhpo.inspection.convergence import convergence
from skhpo.inspection.scales import Scale, score_scale_of, values_of
from skhpo.inspection.spaces import declared_scale
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import metric_of
from skhpo.plotting._axes import axes_for, beyond, clipped, edge_note, legend, note, plain_labels
from skhpo.plotting._colours import ACCENT, GREY, number_colours
from skhpo.plotting._dots import spread
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import configurations_of, measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["parallel_coordinates"]

_GAP = -0.12  # the level of what a configuration does not have
_MANY = 300  # lines from which they are finer
_LONGEST = 14  # letters at a mark: as many as there is room for beside an axis


@picture
def parallel_coordinates(
    source: Any,
    *,
    parameters: Sequence[str] | None = None,
    metric: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw each configuration as a line through one axis for each hyperparameter, and the score.

    Lines are coloured by their score, good ones lighter and on top of others, and the best is wider
    than all. A line passes beneath the axis of a parameter that its configuration does not have.
    Configurations without a score are grey, and end before the last axis. Where training is
    divided, the score is that after the most training that the configuration had.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    parameters : sequence of str or None, default=None
        Names of the hyperparameters, from left to right. None: all of them.
    metric : str or None, default=None
        Which score is drawn, where there are several. None: the one that is optimised.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw. None: on a new figure, which is wider where there are many parameters.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingExtraError
        If there is no matplotlib.
    TypeError
        If there is no history in it, or ``ax`` is something else.
    ValueError
        If there is no such parameter or metric, or no parameter is named in ``parameters``.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import parallel_coordinates
    >>> space = {"x": Float(0, 1), "y": Float(0, 1)}
    >>> tuner = Tuner(space, lambda params: params["x"] - params["y"], random_state=0)
    >>> ax = parallel_coordinates(tuner.run(n_trials=20))       # doctest: +SKIP
    """
    if isinstance(parameters, str):
        raise TypeError(f"parameters must be a list of names: write [{parameters!r}]")
    history, sign = measured(source), sign_of(source)
    scored = metric_of(source, history, metric)
    configurations = configurations_of(history, "parameters", parameters or ())
    if parameters is not None and not len(parameters):
        raise ValueError(f"parameters must name one at least. There are: {names(configurations)}")
    chosen = names(configurations) if parameters is None else list(dict.fromkeys(parameters))
    ax = axes_for(ax, (max(7.0, 1.5 * (len(chosen) + 1)), 4.5))
    table = convergence(source, metric)
    newest = dict(zip(table["trial"].tolist(), range(len(table["trial"])), strict=True))
    drawn = [configurations[trial] for trial in newest]
    scores = table["score"][list(newest.values())]
    columns = [values_of(name, drawn) for name in chosen]
    scales = [
        declared_scale(source, name, values) for name, values in zip(chosen, columns, strict=True)
    ]
    heights = np.array([_heights(s, v) for s, v in zip(scales, columns, strict=True)])
    is_scored = ~np.isnan(scores)
    shown = clipped(scores, sign)
    winner = _place(newest, table["trial"][table["is_best"]])
    scores_scale = score_scale_of(scored.label, shown[is_scored].tolist())
    heights = np.vstack(
        [heights.reshape(len(chosen), -1), scores_scale.positions(shown.tolist())]
    ).T
    _draw_lines(ax, heights[~is_scored, :-1], GREY)
    order = np.flatnonzero(is_scored)[np.argsort(sign * shown[is_scored], kind="stable")]
    if len(order):
        goodness = sign * shown[order]
        colours = number_colours(goodness.min(), goodness.max())
        _draw_lines(ax, heights[order], colours.to_rgba(goodness))
    if winner is not None:
        ax.plot(heights[winner], color="white", lw=4.4, zorder=3)
        ax.plot(heights[winner], color=ACCENT, lw=2.6, zorder=3, label="best")
        legend(ax)
    _draw_axes(ax, [*scales, scores_scale], bool((heights == _GAP).any()))
    failed = [f"{(~is_scored).sum()} failed"] if not is_scored.all() else []
    edge_note(ax, [*failed, *beyond(scores, shown)])
    if not is_scored.any():
        note(ax, "no trial has a score")
    return ax


def _place(newest: dict[int, int], winners: NDArray[np.int_]) -> int | None:
    """Return the place of the trial that won, among all that are drawn."""
    return list(newest).index(int(winners[-1])) if len(winners) else None


def _heights(scale: Scale, values: Sequence[Any]) -> NDArray[np.float64]:
    """Return where configurations cross an axis: those at the same place a little apart."""
    positions = scale.positions(values)
    is_there = ~np.isnan(positions)
    if scale.kind == "categories":
        positions = spread(positions, 0.15 / max(len(scale.texts), 3))
    return np.where(is_there, positions, _GAP)


def _draw_lines(ax: Axes, heights: NDArray[np.float64], colours: Any) -> None:
    from matplotlib.collections import LineCollection

    n_lines, n_axes = heights.shape
    across = np.broadcast_to(np.arange(n_axes, dtype=float), heights.shape)
    is_many = n_lines > _MANY
    ax.add_collection(
        LineCollection(
            list(np.stack([across, heights], axis=2)),
            colors=colours,
            linewidths=0.6 if is_many else 1.1,
            alpha=0.5 if is_many else 0.8,
            rasterized=is_many,
            zorder=2,
        )
    )


def _draw_axes(ax: Axes, scales: Sequence[Scale], has_gaps: bool) -> None:
    """Draw the axis of each parameter, with what stands at its marks."""
    from matplotlib.patheffects import withStroke

    texts = plain_labels([scale.name for scale in scales])
    slanted: dict[str, Any] = {"rotation": 20, "ha": "right", "rotation_mode": "anchor"}
    is_wide = max(map(len, texts)) > 14
    ax.set_xticks(range(len(scales)), texts, **(slanted if is_wide else {}))
    ax.tick_params(length=0)
    ax.set_yticks([_GAP] if has_gaps else [], ["not there"] if has_gaps else [])
    ax.set_xlim(-0.35, len(scales) - 0.85)
    ax.set_ylim(_GAP - 0.06 if has_gaps else -0.06, 1.06)
    for side in ax.spines.values():
        side.set_visible(False)
    halo = [withStroke(linewidth=2.5, foreground="white")]
    for place, scale in enumerate(scales):
        ax.plot([place, place], [0.0, 1.0], color="0.3", lw=1.0, zorder=4)
        heights, marks = scale.ticks()
        for height, text in zip(heights, plain_labels(marks, _LONGEST), strict=True):
            ax.plot([place - 0.03, place], [height, height], color="0.3", lw=1.0, zorder=4)
            ax.text(
                place - 0.05,
                height,
                text,
                fontsize="x-small",
                ha="right",
                va="center",
                path_effects=halo,
                zorder=5,
            )
