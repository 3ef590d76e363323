"""What the chain is at some times, in exact rationals rounded once: Q̄_t, p_t beside the data, and q(x0 | x_t).

Matrices share one scale from 0 to 1 and one bar; a row that conditions on what is impossible is left blank.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markovdiff.errors import LimitError
from markovdiff.figures.style import curve_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from markovdiff.process.chain import Chain

MOST_STATES = 512
"""States of a matrix that is drawn."""

LABELLED = 26
"""States up to which labels are shown."""

ROWS_LABELLED = 16
"""Labels that have room one above another beside a matrix; of more states every second one has its label."""


def matrix(figure: Figure, panels: Sequence[Axes], chain: Chain, times: Sequence[int]) -> None:
    """Draw q(x_t | x0) at each time, a row for each x0. Raises LimitError past 512 states."""
    _tables(figure, panels, chain, times, "matrix", chain.cumulative)
    panels[0].set_ylabel("$x_0$")
    for axes in panels:
        axes.set_xlabel("$x_t$")


def posterior(figure: Figure, panels: Sequence[Axes], chain: Chain, times: Sequence[int]) -> None:
    """Draw q(x0 | x_t) at each time, a row for each x_t, blank where that is impossible.

    Raises LimitError past 512 states.
    """
    _tables(figure, panels, chain, times, "posterior", chain.data_posterior)
    panels[0].set_ylabel("$x_t$")
    for axes in panels:
        axes.set_xlabel("$x_0$")


def _tables(
    figure: Figure, panels: Sequence[Axes], chain: Chain, times: Sequence[int], what: str, rows_at: Any
) -> None:
    if chain.K > MOST_STATES:
        raise LimitError("too many states to draw", where=what, expected=f"at most {MOST_STATES}", got=f"{chain.K}")
    for axes, t in zip(panels, times, strict=True):
        rows = [[math.nan] * chain.K if row is None else [float(x) for x in row] for row in rows_at(t)]
        image = axes.imshow(rows, vmin=0, vmax=1, interpolation="nearest", aspect="equal")
        axes.set_title(f"$t={t}$", pad=4)
        _label_states(axes, chain.states, both=True)
        axes.spines[:].set_visible(False)
    figure.colorbar(image, ax=list(panels), label="probability", shrink=0.9)


def _label_states(axes: Axes, states: Sequence[str], *, both: bool) -> None:
    if len(states) > LABELLED:
        return
    places = range(0, len(states), math.ceil(len(states) / ROWS_LABELLED) if both else 1)
    names = [states[k] for k in places]
    axes.set_xticks(places, names, rotation=90 if max(map(len, names)) > 2 else 0)
    if both:
        axes.set_yticks(places, names)


def marginal(_figure: Figure, panels: Sequence[Axes], chain: Chain, times: Sequence[int]) -> None:
    """Draw p_t at each time on one pair of axes, and the data as bars behind them."""
    (axes,) = panels
    places = range(chain.K)
    axes.bar(places, [float(x) for x in chain.marginal(0)], color="0.85", label="data")
    for k, t in enumerate(t for t in times if t > 0):
        axes.plot(places, [float(x) for x in chain.marginal(t)], label=f"$t={t}$", **curve_of(k, chain.K))
    _label_states(axes, chain.states, both=False)
    axes.set_xlabel("state")
    axes.set_ylabel("$p_t$")
    axes.legend()
