"""What a run found, over time: each number drawn is the float nearest to the certified one.

Infinite values stand at the top edge as ∞, undefined and undecided ones at the bottom edge as ?, each at its t: a gap
in a curve never means 0. On a logarithmic axis a 0 has no place; the curve's name says from which t on it is exactly 0,
or below 1e-300, where the axis ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.errors import InputError
from markovdiff.figures.style import ERROR, LOST, PRIOR, curve_of
from markovdiff.study.result import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FLOOR = 1e-300
"""A logarithmic axis goes down to this."""

DECADES = 4
"""A scale that was not asked for is logarithmic where what is drawn spans more powers of ten than this."""

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
    logarithmic = scale == "log" or (scale is None and _spans(series))
    if logarithmic:
        axes.set_yscale("log")
    for k, (label, points) in enumerate(series):
        _curve(axes, label, points, curve_of(k, len(points)), logarithmic)
    axes.set_xlabel("$t$")
    axes.margins(x=0.02, y=0.02 if logarithmic else 0.05)
    if not logarithmic:
        axes.set_ylim(bottom=0)
    elif axes.get_ylim()[0] < FLOOR:
        axes.set_ylim(bottom=FLOOR)
    _whole_times(axes)
    if any(label for label, _ in series):
        axes.legend()


def _label(result: Result, words: str, *, several: bool) -> str:
    name = str(result.scenario["name"]) if several else ""
    return f"{words} {name}".strip() if words else name


def _spans(series: Sequence[tuple[str, Series]]) -> bool:
    """Return whether the positive values span more than four decades."""
    found = [x for _, points in series for _, q in points if q is not None and (x := float(q)) > 0 and x < math.inf]
    return bool(found) and math.log10(max(found)) - math.log10(min(found)) > DECADES


def _curve(axes: Axes, label: str, points: Series, look: dict[str, Any], logarithmic: bool) -> None:
    values = [(t, math.nan if q is None else float(q)) for t, q in points]
    shown = [(t, x if math.isfinite(x) and (x >= FLOOR or not logarithmic) else math.nan) for t, x in values]
    low = [(t, q.value == "0") for t, q in points if q is not None and q.is_finite and 0 <= float(q) < FLOOR]
    if logarithmic and low and low[-1][0] == points[-1][0]:
        words = "0" if low[-1][1] else f"below {FLOOR:g}"
        label = f"{label} ({words} from $t={_run_of([t for t, zero in low if zero == low[-1][1]])}$)".strip()
    axes.plot(*zip(*shown, strict=True), label=label or None, **look)
    edge = {"transform": axes.get_xaxis_transform(), "clip_on": False, "color": look["color"], "ha": "center"}
    for t, q in points:
        if q is not None and q.value == "inf":
            axes.text(t, 1.0, "∞", va="bottom", **edge)
        elif q is not None and q.value in ("undefined", "undecided"):
            axes.text(t, 0.0, "?", va="bottom", **edge)


def _run_of(times: list[int]) -> int:
    """Return the first of the run of times that ends the list."""
    first = times[-1]
    for t in reversed(times):
        if t < first - 1:
            break
        first = t
    return first


def ledger(axes: Axes, results: Sequence[Result], scale: str | None) -> None:
    """Draw each step's term of L: the information that it lost, and upon it the model's error; the prior's term last.

    The terms add up to L: Σ(I_{t−1} − I_t) + I_T = H(x0), ΣΔ_t, and KL(p_T‖π). A term that is infinite or undefined is
    said at its place. Raises InputError for a process with memory, which has no ledger.
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
    lost = [_finite(step.information_loss) for step in steps]
    error = [_finite(step.model_error) for step in steps]
    edges = [t - 0.5 for t in (*times, T + 1)]
    axes.stairs(lost, edges, fill=True, color=LOST, label="lost to noise")
    tops = [a + b for a, b in zip(lost, error, strict=True)]
    axes.stairs(tops, edges, baseline=lost, fill=True, color=ERROR, hatch="////", label=r"model's error $\Delta_t$")
    left, gap, wide = _finite(result.steps[-1].mutual_information), _finite(total.prior_gap), max(1.0, 0.03 * T)
    at = T + 0.5 + wide
    axes.bar([at], [left], wide, color=LOST, edgecolor=PRIOR, hatch="....", label=r"left at $T$")
    axes.bar([at], [gap], wide, bottom=[left], color=PRIOR, hatch="xx", label=r"prior's gap")
    for t, step in zip(times, steps, strict=True):
        _unbounded(axes, t, step.elbo_term)
    _unbounded(axes, at, total.prior)
    parts = f"data {_short(total.data_entropy)} + model {_short(total.model_error)} + prior {_short(total.prior_gap)}"
    axes.set_title(f"$L$ = {_short(total.negative_elbo)} = {parts} {result.unit}", pad=12)
    axes.set_xlabel("$t$ (last: the prior)")
    axes.set_ylabel(f"terms of $-$ELBO / {result.unit}")
    _whole_times(axes)
    axes.legend()


def _whole_times(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _finite(q: Enclosed | None) -> float:
    """Return what can be drawn as a height; what is infinite or undefined is said beside it."""
    return float(q) if q is not None and q.is_finite else 0.0


def _unbounded(axes: Axes, t: float, q: Enclosed | None) -> None:
    if q is not None and not q.is_finite:
        words = {"inf": "∞"}.get(q.value, "?")
        axes.text(t, 1.0, words, transform=axes.get_xaxis_transform(), ha="center", va="bottom", clip_on=False)


def _short(q: Enclosed | None) -> str:
    if q is None:
        return "?"
    return format(q, ".4g") if q.is_finite else {"inf": "∞"}.get(q.value, q.value)
