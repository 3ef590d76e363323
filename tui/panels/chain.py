"""Say what the chain is: kernel, schedule, β_t, ᾱ_t, states, and the verdicts of its checks."""

from __future__ import annotations

from typing import Any

from tui.glyphs import shorten
from tui.panel import Panel, Place
from tui.raster import Row
from tui.rows import Words, number, paragraph
from tui.view.verdict import verdict
from tui.view.view_state import Number, Readable, ViewState, fraction_forms

MARKS = {"good": "✓", "bad": "✗", "mark": "?"}
"""What stands before a check that holds, fails, or is undecided."""

LINES: dict[int, str] = {3: "beta", 4: "alpha_bar"}
"""The rows that hold a number of the step."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw one fact to a line."""
    run, step = view.run, view.run.at(view.t)
    if run.opened is None:
        return paragraph([], width, height)
    o, room = run.opened, width - 10
    beta = str(step.record["beta"]) if step and step.record["beta"] else "none"
    alpha = str(step.record["alpha_bar"]) if step and step.record["alpha_bar"] else "none"
    lines: list[Words] = [
        [(f" {o.title}", "title")],
        [(f" kernel   {o.kernel}", "")],
        [(f" schedule {o.schedule or 'none'}", ""), (f"   reverse {o.model or 'none'}", "")],
        [(" β_t      ", ""), number(fraction_forms(beta))],
        [(" ᾱ_t      ", ""), number(fraction_forms(alpha))],
        [(f" states   {shorten(f'{o.K}: ' + ' '.join(run.labels[:200]), room)}", "dim")],
    ]
    checks = [_check(check) for check in run.finished["checks"]] if run.finished else []
    if len(lines) + len(checks) <= height:
        return paragraph([*lines, *checks], width, height)
    shown = [*lines[: max(height - 1, 0)], [verdict(run, " ")]]
    return paragraph(shown, width, height, below=len(lines) + len(checks) - len(shown) + 1)


def _check(check: dict[str, Any]) -> Words:
    """Return a check and what it observed."""
    style = {"holds": "good", "fails": "bad"}.get(check["verdict"], "mark")
    return [(f" {MARKS[style]} {check['check']:<15}", style), (check["observed"], "dim")]


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:  # noqa: ARG001  (a Finder)
    """Read out β_t or ᾱ_t."""
    return Number(LINES[y], view.t) if y in LINES else None


def here(view: ViewState) -> Readable:
    """Read out β_t."""
    return Number("beta", view.t)


PANEL = Panel(
    key="8",
    name="chain",
    words="the chain",
    title=lambda _: "the chain",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "The kernel and, where it has them, the noise β_t of this step and the fraction ᾱ_t that all steps so far have "
        "kept, exactly as the engine has them. Below, what the scenario claims and whether it came out so."
    ),
    formula="Q_t = (1−β_t) I + β_t M, but for gaussian, per-step and conditional kernels;   ᾱ_t = (1−β_1) ⋯ (1−β_t)",
    places={
        "short": Place(stack="rest"),
        "narrow": Place(stack="rest"),
        "normal": Place(2, "pair"),
        "wide": Place(3),
    },
)
