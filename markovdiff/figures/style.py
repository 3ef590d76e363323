"""How figures look: the width of a column, type of 8 points, colours of Okabe and Ito with a dash each.

The colours are those of M. Okabe and K. Ito, "Color Universal Design" (2008), told apart with any colour vision; a dash
and a marker of its own tell each curve apart in grey. Nothing is set globally: a figure takes these settings and no
other figure does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from markovdiff.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN = 3.4
"""Inches: the width of a column of a two-column paper."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)), (0, (3, 1)), (0, (8, 2)), "-")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

LOST, ERROR, PRIOR = COLOURS[4], COLOURS[1], COLOURS[3]
"""In the ledger: information lost to noise, the model's error, the prior's part."""

SETTINGS: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8,
    "axes.labelsize": 8,
    "legend.fontsize": 7,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.2,
    "legend.frameon": False,
    "hatch.linewidth": 0.5,
    "image.cmap": "cividis",
    "svg.fonttype": "none",
    "svg.hashsalt": "markovdiff",
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
}
"""Matplotlib's settings. Text stays text in SVG and PDF; the same figure gives the same bytes."""


@contextmanager
def settings() -> Iterator[None]:
    """Let Matplotlib have our settings for a while."""
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]  # its keys are listed one by one
        yield


@contextmanager
def drawn(panels: int = 1, size: tuple[float, float] | None = None) -> Iterator[tuple[Figure, list[Any]]]:
    """Give a figure and its axes, one beside another, drawn and saved with our settings.

    Raises InputError where Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("figures need Matplotlib", where="plot", remedy="pip install 'markovdiff[plot]'") from None
    with settings():
        width, height = size or (COLUMN * min(panels, 4) ** 0.7, 0.72 * COLUMN)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(1, panels, squeeze=False)[0]
        yield figure, list(axes)


def curve_of(k: int, count: int) -> dict[str, Any]:
    """Return the look of the k-th curve; where each has few points they are marked."""
    look = {"color": COLOURS[k % len(COLOURS)], "linestyle": DASHES[k % len(DASHES)]}
    return look | ({"marker": MARKERS[k % len(MARKERS)], "markersize": 3} if count <= 24 else {})
