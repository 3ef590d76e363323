"""Where every bit of L goes, stacked by step: the information that each step lost, and the model's error upon it.

The prior's term stands last, at its own place: what is left at T, and the prior's gap. All heights add up to
L = H(x0) + ΣΔ_t + KL(p_T‖π), which the title says with its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.errors import InputError
from markovdiff.figures.marks import INFINITE, at_edge, legend_below, scale_heights, unbounded
from markovdiff.figures.style import ERROR, LOST, PRIOR
from markovdiff.study.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NAMED_STEPS = 5
"""Steps whose t stands below the bars, at most, beside the prior."""


def ledger(axes: Axes, results: Sequence[Result], scale: str | None) -> None:
    """Draw each step's term of L: the information that it lost, and upon it the model's error; the prior's term last.

    The terms add up to L: Σ(I_{t−1} − I_t) + I_T = H(x0), ΣΔ_t, and KL(p_T‖π). A term that is infinite or undefined is
    marked at its place; a part that is 0 at every step is left out of the legend.

    Raises InputError for a process with memory, which has no ledger.
    """
    (result,) = results
    total = result.elbo
    if total.negative_elbo is None or total.prior_gap is None or total.model_error is None:
        raise InputError(
            "there is no ledger", where=str(result.scenario["name"]), expected="a Markov process, run whole"
        )
    if scale == "log":
        raise InputError("stacked terms have no logarithmic scale", where="--scale", expected="linear")
    steps = result.steps[1:]
    times = [step.t for step in steps]
    T = times[-1]
    lost = [_height(step.information_loss) for step in steps]
    error = [_height(step.model_error) for step in steps]
    edges = [t - 0.5 for t in (*times, T + 1)]
    tops = [a + b for a, b in zip(lost, error, strict=True)]
    axes.stairs(lost, edges, fill=True, color=LOST, label="lost to noise")
    look: dict[str, Any] = {"fill": True, "facecolor": ERROR, "edgecolor": "black", "linewidth": 0.0, "hatch": "////"}
    axes.stairs(tops, edges, baseline=lost, label=_named(r"model's error $\Delta_t$", error), **look)
    left, gap, wide = _height(result.steps[-1].mutual_information), _height(total.prior_gap), max(1.0, 0.06 * T)
    at = T + 0.5 + wide
    dotted: dict[str, Any] = {"color": LOST, "edgecolor": "black", "linewidth": 0.0}
    axes.bar([at], [left], wide, hatch="....", label=_named("left at $T$", [left]), **dotted)
    crossed = dotted | {"color": PRIOR}
    axes.bar([at], [gap], wide, bottom=[left], hatch="xx", label=_named("prior's gap", [gap]), **crossed)
    if total.prior is not None and total.prior.is_finite:
        axes.annotate(
            _short(total.prior), (at, left + gap), (0, 1), textcoords="offset points", ha="center", fontsize=6
        )
    for t, step in zip(times, steps, strict=True):
        _mark(axes, t, step.elbo_term)
    _mark(axes, at, total.prior)
    parts = f"data {_short(total.data_entropy)} + model {_short(total.model_error)} + prior {_short(total.prior_gap)}"
    axes.set_title(f"$L$ = {_short(total.negative_elbo)} = {parts} {result.unit}", pad=12)
    axes.set_xlabel("$t$")
    axes.set_ylabel(f"terms of $-$ELBO / {result.unit}")
    scale_heights(axes, logarithmic=False)
    _name_places(axes, T, at)
    legend_below(axes)


def _named(words: str, heights: Sequence[float]) -> str | None:
    """Return a part's name for the legend, None where there is nothing of it to see."""
    return words if any(heights) else None


def _name_places(axes: Axes, T: int, prior: float) -> None:
    from matplotlib.ticker import MaxNLocator

    last = T if T <= NAMED_STEPS else 0.95 * T
    places = [t for t in MaxNLocator(NAMED_STEPS, integer=True).tick_values(1, T) if 1 <= t <= last]
    axes.set_xticks([*places, prior], [*(f"{t:.0f}" for t in places), "prior"])


def _height(q: Enclosed | None) -> float:
    """Return what can be drawn as a height; what is infinite or undefined is marked at its place."""
    return float(q) if q is not None and q.is_finite else 0.0


def _mark(axes: Axes, x: float, q: Enclosed | None) -> None:
    if (sign := unbounded(q)) is not None:
        at_edge(axes, x, sign)


def _short(q: Enclosed | None) -> str:
    if q is None:
        return "?"
    return format(q, ".4g") if q.is_finite else {"inf": INFINITE}.get(q.value, q.value)
