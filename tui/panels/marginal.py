"""Draw p_t as bars, with the data and the prior as marks over them."""

from __future__ import annotations

from dataclasses import replace

from tui import raster
from tui.glyphs import columns
from tui.messages import Question
from tui.panel import GridArea, Panel
from tui.raster import Row
from tui.rows import RowField, line, paragraph
from tui.view.view_state import Readable, ViewState, fraction_forms

LONGEST, LEGEND = 9, 9
"""Columns of a distance at the most, and of the shortest legend before it."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the bars under their legend."""
    run, step = view.run, view.run.at(view.t)
    if step is None or run.opened is None or height < 2:
        return paragraph([], width, height)
    data, prior = run.steps[0].marginal, run.prior
    top = max(*step.marginal, *data, *prior)
    note = [
        RowField((" █ p_t", "█p"), "series-1", rank=1),
        RowField((" ─ data", " ─x0"), "mark", rank=1),
        RowField((" ╌ prior", " ╌π"), "beneath", rank=1),
        RowField(_distance(view, step.record["total_variation_to_prior"], width), "dim", whole=True),
    ]
    labels = run.labels
    bars = raster.bars(step.marginal, top, width, height - 1, labels, data, "series-1", view.chosen, behind=prior)
    return [line(note, width), *bars]


def _distance(view: ViewState, told: object, width: int) -> list[str]:
    """Return how far p_t is from the prior, and shorter; nothing of sequences, for it is that of whole ones."""
    forms = ("undecided", "?") if told is None else fraction_forms(str(told))
    numbers = [form for form in forms if len(form) <= LONGEST]
    names = ["TV(p_t, prior)", "TV to prior", "TV to π"]
    if view.has_sequences or not any(columns(f"  {names[-1]} {form}") <= width - LEGEND for form in numbers):
        return [""]
    told = [f"  {name} {form}" for name in names for form in numbers]
    if view.zoomed != PANEL.name:
        return told
    equal = [form if form.startswith("≈") else f"= {form}" for form in numbers]
    return [*(f"  TV(p_t, prior) = ½ Σ_j |p_t[j] − prior[j]| {form}" for form in equal), *told]


def state_at(view: ViewState, x: int, width: int) -> int | None:
    """Return the state whose bar is in the column; where bars stand for several, the first of them."""
    K = view.run.opened.K if view.run.opened else 0
    return raster.bar_at(x, K, width)


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Choose the state of x_t whose bar it is."""
    state = state_at(view, x, width)
    return view if state is None else replace(view, chosen=state)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:  # noqa: ARG001  (a Finder)
    """Return the probability of the bar under the mouse."""
    state = state_at(view, x, width)
    return None if state is None or y < 1 else Question("marginal", view.t, 0, state)


def here(view: ViewState) -> Readable:
    """Return the probability of the chosen state."""
    return Question("marginal", view.t, 0, view.chosen)


PANEL = Panel(
    key="3",
    name="marginal",
    subject="symbol",
    words="the marginal",
    title=lambda _: "p(x_t)",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "The marginal of x_t as bars, the data and the prior as marks. It can stand still while information is lost: "
        "look at a chain that starts in its stationary law."
    ),
    formula="p_t = q(x0) Qbar_t;   TV(p, π) = ½ Σ |p − π|",
    areas={"short": GridArea(stack="rest"), "narrow": GridArea(), "normal": GridArea(2), "wide": GridArea(4)},
    click=click,
)
