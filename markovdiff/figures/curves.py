"""What a run found, over time: each number drawn is the float nearest to the certified one.

On a logarithmic axis a 0 has no place; the curve's name says from which t on it is exactly 0, or below 1e-300, where
the axis ends. What is infinite, undefined or undecided is marked at its t (see marks).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.figures.marks import FLOOR, at_edge, is_logarithmic, scale_heights, unbounded, whole_numbers
from markovdiff.figures.style import curve_of
from markovdiff.study.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Series = list[tuple[int, Enclosed | None]]


def information(axes: Axes, results: Sequence[Result], scale: str | None) -> None:
    """Draw I(x0;x_t) of each result."""
    _curves(axes, results, [("mutual_information", "")], scale)
    axes.set_ylabel(f"$I(x_0;x_t)$ / {results[0].unit}")


def loss(axes: Axes, results: Sequence[Result], scale: str | None) -> None:
    """Draw what each step loses, I_{t−1} − I_t."""
    _curves(axes, results, [("information_loss", "")], scale)
    axes.set_ylabel(f"$I_{{t-1}}-I_t$ / {results[0].unit}")


def entropy(axes: Axes, results: Sequence[Result], scale: str | None) -> None:
    """Draw H(x_t), H(x0 | x_t) and H(x_t | x0)."""
    named = [("entropy", "$H(x_t)$"), ("conditional_entropy", "$H(x_0|x_t)$"), ("noise_entropy", "$H(x_t|x_0)$")]
    _curves(axes, results, named, scale)
    axes.set_ylabel(f"entropy / {results[0].unit}")


def _curves(axes: Axes, results: Sequence[Result], named: Sequence[tuple[str, str]], scale: str | None) -> None:
    series = [
        (_label(result, words, several=len(results) > 1), [(step.t, getattr(step, key)) for step in result.steps])
        for result in results
        for key, words in named
    ]
    series = [(label, [(t, q) for t, q in points if q is not None]) for label, points in series]
    logarithmic = is_logarithmic(scale, (float(q) for _, points in series for _, q in points if q is not None))
    if logarithmic:
        axes.set_yscale("log")
    for k, (label, points) in enumerate(series):
        _curve(axes, label, points, curve_of(k, len(points)), logarithmic)
    axes.set_xlabel("$t$")
    axes.margins(x=0.02, y=0.02 if logarithmic else 0.05)
    scale_heights(axes, logarithmic=logarithmic)
    whole_numbers(axes.xaxis)
    if any(label for label, _ in series):
        axes.legend()


def _label(result: Result, words: str, *, several: bool) -> str:
    name = str(result.scenario["name"]) if several else ""
    return f"{words} {name}".strip() if words else name


def _curve(axes: Axes, label: str, points: Series, look: dict[str, Any], logarithmic: bool) -> None:
    values = [(t, math.nan if q is None else float(q)) for t, q in points]
    shown = [(t, x if math.isfinite(x) and (x >= FLOOR or not logarithmic) else math.nan) for t, x in values]
    low = [(t, q.value == "0") for t, q in points if q is not None and q.is_finite and 0 <= float(q) < FLOOR]
    if logarithmic and low and low[-1][0] == points[-1][0]:
        words = "0" if low[-1][1] else f"below {FLOOR:g}"
        label = f"{label} ({words} from $t={_run_of([t for t, zero in low if zero == low[-1][1]])}$)".strip()
    axes.plot(*zip(*shown, strict=True), label=label or None, **look)
    for t, q in points:
        if (sign := unbounded(q)) is not None:
            at_edge(axes, t, sign, look["color"])


def _run_of(times: list[int]) -> int:
    """Return the first of the run of times that ends the list."""
    first = times[-1]
    for t in reversed(times):
        if t < first - 1:
            break
        first = t
    return first
