"""What samplers draw, against how many steps they take: excess and KL in one panel, two probabilities in the other.

Samplers of n evenly kept steps are a curve. A grid of times and a row of unmasking are open points without a line, at
their number of jumps or stages, named beside their excess: by the block sizes, and the order where it is not random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.errors import InputError
from markovdiff.figures.marks import at_edge, is_logarithmic, legend_below, scale_heights, unbounded, whole_numbers
from markovdiff.figures.style import curve_of
from markovdiff.study.result import Result
from markovdiff.study.sampled import Sampled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PANELS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("excess", "excess of $L$"), ("kl", "KL of data from drawn")),
    (("total_variation", "total variation"), ("outside_support", "mass outside the support")),
)
"""Each panel's numbers, as a result names them, and in words."""

SIZES = (4.5, 2.0)
"""Of the markers of a panel's two numbers, in points: where they are equal both are seen."""

LINE = 0.09
"""The height of a line of names, as a share of the panel's."""


def samplers(panels: Sequence[Axes], results: Sequence[Result], scale: str | None) -> None:
    """Draw excess, KL, total variation and mass outside the support of each sampler against its number of steps.

    Raises InputError where the scenario asks for no sampler.
    """
    (result,) = results
    if not result.sampler:
        raise InputError(
            "no sampler to draw",
            where=str(result.scenario["name"]),
            expected="a scenario of sequences that asks for samplers",
            remedy="add [sampler] with steps = [1, 2, 4], or see markovdiff steps",
        )
    for k, (axes, named) in enumerate(zip(panels, PANELS, strict=True)):
        heights = [float(q) for one in result.sampler for key, _ in named if (q := _number(one, key)) is not None]
        logarithmic = is_logarithmic(scale, heights)
        if logarithmic:
            axes.set_yscale("log")
        for j, (key, words) in enumerate(named):
            look = curve_of(2 * k + j, 1) | {"markersize": SIZES[j]}
            _points(axes, result.sampler, key, words, look, logarithmic=logarithmic)
        axes.margins(x=0.06, y=0.08)
        scale_heights(axes, logarithmic=logarithmic)
        whole_numbers(axes.xaxis)
    _name_open_points(panels[0], result.sampler)
    panels[0].set_ylabel(result.unit)
    panels[1].set_ylabel("probability")
    panels[-1].set_xlabel("steps of the sampler (open: jumps or stages)")
    legend_below(panels[0], panels[1])


def count(one: Sampled) -> int:
    """Return how many steps a sampler takes: its jumps from one kept time to the next, or its stages of unmasking."""
    if one.unmask is not None:
        return len(one.unmask)
    return one.steps or len(one.times or ()) - 1


def _points(
    axes: Axes, drawn: Sequence[Sampled], key: str, words: str, look: dict[str, Any], *, logarithmic: bool
) -> None:
    label: str | None = words
    for evenly, kind in ((True, {}), (False, {"linestyle": "none", "fillstyle": "none"})):
        rows = [(count(one), _number(one, key)) for one in drawn if (one.steps is not None) is evenly]
        found = [(n, q) for n, q in rows if q is not None]
        finite = sorted((n, float(q)) for n, q in found if q.is_finite)
        if finite:
            axes.plot(*zip(*finite, strict=True), label=label, clip_on=logarithmic, zorder=3, **(look | kind))
            label = None
        for n, q in found:
            sign = unbounded(q) or ("0" if logarithmic and q.value == "0" else None)
            if sign is not None:
                at_edge(axes, n, sign, look["color"])


def _number(one: Sampled, key: str) -> Enclosed | None:
    found = getattr(one, key)
    assert found is None or isinstance(found, Enclosed)
    return found


def _name_open_points(axes: Axes, drawn: Sequence[Sampled]) -> None:
    """Write each row's name beside its excess; those too close to be read apart share a line, the highest first."""
    opened = [one for one in drawn if one.steps is None and one.excess.is_finite]
    written: tuple[int, float] | None = None
    for one in sorted(opened, key=lambda one: (count(one), -float(one.excess))):
        n, height = count(one), _height(axes, float(one.excess))
        if written is None or written[0] != n or written[1] - height > LINE:
            place = (n, float(one.excess))
            label = axes.annotate(_name(one), place, (4, 3), textcoords="offset points", fontsize=6)
            written = n, height
        else:
            label.set_text(f"{label.get_text()}, {_name(one)}")


def _height(axes: Axes, y: float) -> float:
    """Return how high a value stands, from 0 at the bottom of the axes to 1 at the top."""
    pixels = axes.transData.transform((1.0, y))
    return float(axes.transAxes.inverted().transform(pixels)[1])


def _name(one: Sampled) -> str:
    if one.unmask is None:
        return "times given"
    order = "" if one.order == "random" else f" {one.order if isinstance(one.order, str) else 'in order'}"
    return "+".join(map(str, one.unmask)) + order
