"""What all figures look like, and what they say where there is nothing to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skhpo.dashboard.texts import plot_text
from skhpo.exceptions import MissingExtraError

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = [
    "BLUE",
    "FAILED",
    "GREEN",
    "GREY",
    "INK",
    "ORANGE",
    "VERMILLION",
    "VIRIDIS",
    "empty",
    "figure",
    "graph_objects",
]

# Of Okabe and Ito, for people who do not see all colours; see skhpo.plotting.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
INK, GREY = "#333333", "#A6A6A6"
FAILED = {"symbol": "x-thin", "size": 8, "line": {"color": VERMILLION, "width": 2}}

#: Without its end that is too light on white.
VIRIDIS = [
    [0.0, "#440154"],
    [0.25, "#3e4989"],
    [0.5, "#26828e"],
    [0.75, "#35b779"],
    [1.0, "#b5de2b"],
]


def graph_objects() -> Any:
    """Return ``plotly.graph_objects``.

    Raises
    ------
    MissingExtraError
        If there is no plotly.
    """
    try:
        import plotly.graph_objects
    except ImportError as error:
        raise MissingExtraError(
            "the live page and the report need plotly, which is not installed: "
            'pip install "skhpo[dashboard]"'
        ) from error
    return plotly.graph_objects


def figure(
    traces: list[Any],
    x: dict[str, Any] | str,
    y: dict[str, Any] | str,
    note: str = "",
    width: float = 0.0,
    **layout: Any,
) -> Figure:
    """Return a figure with its axes.

    Parameters
    ----------
    traces : list
        What is drawn.
    x, y : dict or str
        The axes, or only what they are called.
    note : str, default=""
        What there is to be said of it, for the page; in the figure's ``layout.meta``.
    width : float, default=0.0
        Pixels that it takes at least, for the page: it can be scrolled where there are fewer.
    **layout : object
        What else plotly is to know.
    """
    line = {"gridcolor": "#e5e5e5", "zeroline": False, "linecolor": INK, "ticks": "outside"}
    axes = [{"title": {"text": a}} if isinstance(a, str) else a for a in (x, y)]
    new: Figure = graph_objects().Figure(traces)
    new.update_layout(
        template="none",
        font={"family": "system-ui, sans-serif", "size": 13, "color": INK},
        margin={"l": 64, "r": 16, "t": 16, "b": 52},
        hoverlabel={"align": "left", "namelength": -1},
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
        hovermode="closest",
        uirevision="kept",  # where somebody zoomed to stays when new trials come in
        xaxis={"automargin": True, **line, **axes[0]},
        yaxis={"automargin": True, **line, **axes[1]},
        meta={"note": note, "width": width},
    )
    return new.update_layout(**layout)


def empty(text: str) -> Figure:
    """Return a figure that says why there is nothing to be seen.

    Parameters
    ----------
    text : str
        Why.
    """
    new: Figure = graph_objects().Figure()
    new.update_layout(
        template="none",
        xaxis={"visible": False},
        yaxis={"visible": False},
        margin={"l": 16, "r": 16, "t": 16, "b": 16},
        meta={"note": "", "width": 0.0},
    )
    return new.add_annotation(
        text=plot_text(text), x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False,
        font={"color": "#666666", "size": 14},
    )  # fmt: skip
