"""What has no height is said at an edge, at its place: ∞ at the top, ? at the bottom; and the ticks of an axis.

Where a number is infinite, undefined or undecided there is a gap in the curve and a mark, so that a gap never means 0.
On a logarithmic axis a 0 has no place, and is marked 0 at the bottom.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.quantity import Enclosed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

FLOOR = 1e-300
"""A logarithmic axis goes down to this."""

DECADES = 4
"""A scale that was not asked for is logarithmic where what is drawn spans more powers of ten than this."""

STRIDES = (1, 2, 5, 10, 20, 50)
"""Powers of ten from one tick to the next, on an axis of many decades."""

MOST_TICKS = 8
"""Ticks of a logarithmic axis."""

INFINITE, NO_NUMBER, NOT_RUN = "∞", "?", "×"


def unbounded(q: Enclosed | None) -> str | None:
    """Return the mark of a quantity that is no number, or None for one that is."""
    if q is None or q.is_finite:
        return None
    return INFINITE if q.value == "inf" else NO_NUMBER


def at_edge(axes: Axes, x: float, sign: str, colour: str = "black") -> None:
    """Write a mark at x: ∞ above the top edge, any other on the bottom edge."""
    top = sign == INFINITE
    axes.text(
        x,
        float(top),
        sign,
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="bottom",
        color=colour,
        clip_on=False,
    )


def is_logarithmic(scale: str | None, values: Iterable[float]) -> bool:
    """Return whether a scale is the logarithmic one: as asked for, else where the values span over four decades."""
    if scale is not None:
        return scale == "log"
    positive = [x for x in values if 0 < x < math.inf]
    return bool(positive) and math.log10(max(positive)) - math.log10(min(positive)) > DECADES


def scale_heights(axes: Axes, *, logarithmic: bool) -> None:
    """Let the vertical axis begin at 0, or end at 1e-300 with ticks at round powers of ten; call it with all drawn."""
    if logarithmic:
        low, high = axes.get_ylim()
        axes.set_ylim(bottom=max(low, FLOOR))
        _round_powers(axes, math.log10(max(low, FLOOR)), math.log10(high))
        return
    axes.update_datalim([(axes.dataLim.x0, 0.0)])
    axes.autoscale_view()
    axes.set_ylim(bottom=min(0.0, axes.dataLim.y0))


def _round_powers(axes: Axes, low: float, high: float) -> None:
    """Put ticks at multiples of 2, 5, 10 … powers of ten where each power has no room."""
    if high - low <= MOST_TICKS:
        return
    stride = next((n for n in STRIDES if (high - low) / n <= MOST_TICKS), STRIDES[-1])
    first = math.ceil(low / stride) * stride
    axes.set_yticks([10.0**k for k in range(first, math.floor(high) + 1, stride)])
    axes.set_yticks([], minor=True)


def whole_numbers(axis: Axis) -> None:
    """Put ticks at whole numbers only."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def legend_below(*panels: Axes, columns: int = 2, title: str | None = None) -> None:
    """Put one legend of all panels below them, where it hides nothing that is drawn."""
    named = [axes.get_legend_handles_labels() for axes in panels]
    handles, labels = ([one for both in named for one in both[k]] for k in (0, 1))
    if labels:
        figure: Any = panels[0].figure
        figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)), title=title)
