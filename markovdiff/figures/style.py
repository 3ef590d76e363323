"""How figures look: the width of a column, type of 8 points, colours of Okabe and Ito with a dash each.

The colours are those of M. Okabe and K. Ito, "Color Universal Design" (2008), told apart with any colour vision; a dash
and a marker of its own tell each curve apart in grey. Nothing is set globally: a figure takes these settings and no
other figure does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN = 3.4
"""Inches: the width of a column of a two-column paper."""

BOTH_COLUMNS = 7.0
"""Inches: the width of a two-column paper's text."""

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
DASHES: tuple[Any, ...] = (
    "-",
    (0, (5, 1.5)),
    (0, (1, 1)),
    (0, (5, 1.5, 1, 1.5)),
    (0, (3, 1)),
    (0, (8, 2)),
    (0, (1, 3)),
)
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
    """Let Matplotlib have our settings for a while, and of the user's fonts those that there are.

    Raises InputError where there is none of them: Matplotlib would take another, and say so for every word.
    """
    import matplotlib

    with matplotlib.rc_context(SETTINGS):  # type: ignore[arg-type]  # its keys are listed one by one
        families = list(matplotlib.rcParams["font.family"])
        matplotlib.rcParams["font.family"] = found = [family for family in families if _is_font(family)]
        if not found:
            raise InputError(
                "no such font",
                where="font.family in matplotlibrc",
                got=", ".join(map(shown, families)),
                remedy="install it, or name one that is there, such as sans-serif",
            )
        yield


def _is_font(family: str) -> bool:
    from matplotlib.font_manager import FontProperties, findfont

    try:
        findfont(FontProperties(family=[family]), fallback_to_default=False)
    except ValueError:
        return False
    return True


@contextmanager
def drawn(
    panels: int = 1, size: tuple[float, float] | None = None, *, stacked: bool = False
) -> Iterator[tuple[Figure, list[Any]]]:
    """Give a figure and its axes, one beside another or `stacked` over one another, drawn with our settings.

    Raises InputError where Matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise InputError("figures need Matplotlib", where="plot", remedy="pip install 'markovdiff[plot]'") from None
    with settings():
        figure = Figure(figsize=size or _inches(panels, stacked=stacked), layout="constrained")
        rows, columns = (panels, 1) if stacked else (1, panels)
        yield figure, list(figure.subplots(rows, columns, squeeze=False, sharex=stacked).flat)


def _inches(panels: int, *, stacked: bool) -> tuple[float, float]:
    """Return a figure's width and height: a column's, or up to both columns' where panels stand abreast."""
    if stacked:
        return COLUMN, 0.52 * COLUMN * panels
    return min(COLUMN * panels**0.7, BOTH_COLUMNS), 0.72 * COLUMN


def curve_of(k: int, count: int) -> dict[str, Any]:
    """Return the look of the k-th curve, of 49 different ones; where each has few points they are marked."""
    n = len(COLOURS)
    look = {"color": COLOURS[k % n], "linestyle": DASHES[(k + k // n) % n]}
    return look | ({"marker": MARKERS[(k + k // n) % n], "markersize": 3} if count <= 24 else {})
