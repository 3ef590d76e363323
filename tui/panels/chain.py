"""Say what the chain is: kernel, schedule, β_t, ᾱ_t, the verdicts of its checks, and its states with their laws.

It is one list of lines, which scrolls. The states come last, and only those in sight are written. Alone, the panel has
the words of `inspect` before them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

from tui.glyphs import columns, padded, shorten
from tui.messages import Question
from tui.panel import GridArea, Panel
from tui.raster import Row
from tui.rows import RowField, Words, number, paragraph, wrapped
from tui.view.times import TimeColumn, number_under, times_table
from tui.view.verdict import verdict
from tui.view.view_state import Readable, ReadNumber, ViewState, fraction_forms
from tui.view.window import TableWindow, scrolled, window

MARKS = {"good": "✓", "bad": "✗", "mark": "?"}
"""What stands before a check that holds, fails, or is undecided."""

TIMES = (
    TimeColumn("β_t", "beta"),
    TimeColumn("ᾱ_t", "alpha_bar"),
    TimeColumn("TV(p_t, π)", "total_variation_to_prior"),
)
"""What the schedule has, where the panel is alone."""

TABLE = 56
"""Columns of the schedule."""

NAME = 14
"""Columns of a state's name."""

Line: TypeAlias = tuple[Words, Readable | None]


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the lines that are in sight."""
    if view.run.opened is None:
        return paragraph([], width, height)
    left = _left(view, width)
    line_at = _lines(view, left)[1]
    rows = paragraph([line_at(n)[0] for n in table(view, width, height).rows], left, height)
    if left == width:
        return rows
    times = paragraph(times_table(view, TIMES, width - left, _times(view, height)), width - left, height)
    return [[*a, *b] for a, b in zip(rows, times, strict=True)]


def _left(view: ViewState, width: int) -> int:
    """Return the columns of the lines: all, or a part where the panel is alone and the schedule is beside them."""
    return width - TABLE if view.zoomed == PANEL.name and width >= 2 * TABLE else width


def _times(view: ViewState, height: int) -> TableWindow:
    """Return the times in sight of the schedule."""
    return window(view, "schedule", len(view.run.steps), height - 1, view.t)


def table(view: ViewState, width: int, height: int) -> TableWindow:
    """Return the lines in sight: the first ones, until one scrolls."""
    return window(view, PANEL.name, _lines(view, _left(view, width))[0], height)


def _lines(view: ViewState, width: int) -> tuple[int, Callable[[int], Line]]:
    """Return how many lines there are, and what the n-th of them is."""
    first = _facts(view, width)
    states = len(view.run.labels)

    def line_at(n: int) -> Line:
        return first[n] if n < len(first) else _state(view, n - len(first), width)

    return len(first) + states, line_at


def _schedule_and_model(schedule: str, model: str, width: int) -> list[Line]:
    """Return both on one line, or on two where one of them would be cut."""
    one = f" schedule {schedule}   reverse {model}"
    rows = (one,) if columns(one) <= width else (f" schedule {schedule}", f" reverse  {model}")
    return [([(row, "")], None) for row in rows]


def _facts(view: ViewState, width: int) -> list[Line]:
    """Return a fact to a line, then the checks, and then the head of the states.

    Alone, the panel has the checks in full, and after them what `inspect` says.
    """
    run, step, o = view.run, view.run.at(view.t), view.run.opened
    if o is None:
        return []
    beta = str(step.record["beta"]) if step and step.record["beta"] else "none"
    alpha = str(step.record["alpha_bar"]) if step and step.record["alpha_bar"] else "none"
    lines: list[Line] = [
        ([(f" {o.title}", "title")], None),
        ([(f" kernel   {o.kernel}", "")], None),
        *_schedule_and_model(o.schedule or "none", o.model or "none", width),
        ([(" β_t      ", ""), number(fraction_forms(beta))], ReadNumber("beta", view.t)),
        ([(" ᾱ_t      ", ""), number(fraction_forms(alpha))], ReadNumber("alpha_bar", view.t)),
        (verdict(run, " "), None),
    ]
    for check in run.finished["checks"] if run.finished else []:
        lines.append((_check(check), None))
        if view.zoomed == PANEL.name:
            lines += [([(f"   {words}", "")], None) for words in wrapped(_detail(check), width - 4)]
    if view.zoomed == PANEL.name:
        lines += [([("", "")], None), *_inspection(view, width)]
    apiece = "" if o.length is None else f" at each of {o.length} positions"
    head = [(padded(f" {o.K:,} states{apiece} ", NAME + 2), "dim"), *_laws(width, "q(x0)", "prior")]
    return [*lines, ([("", "")], None), (head, None)]


def _inspection(view: ViewState, width: int) -> list[Line]:
    """Return what `inspect` says of the chain, or why it says nothing, in lines of this width."""
    inspected = view.run.inspected
    if inspected is None:
        return [(words, None) for words in _indented(_awaited(view), "dim", width)]

    def found() -> list[Line]:
        said = [(text, _style(text)) for text in inspected.lines if text]
        said += [(text, "mark") for text in inspected.words.splitlines()]
        return [(words, None) for text, style in said for words in _indented(text, style, width)]

    return view.run.once(("inspection", width), found)


def _awaited(view: ViewState) -> str:
    """Return what the words of `inspect` wait for."""
    if view.run.finished is None:
        return "what inspect says comes when the run has ended"
    return "what inspect says comes when time rests" if view.playing else "inspect is computing …"


def _style(text: str) -> str:
    """Return the colour of a line of `inspect`: its warnings and heads stand out."""
    return "mark" if text.startswith("WARNING") else "" if text.startswith((" ", "note")) else "title"


def _indented(text: str, style: str, width: int) -> list[Words]:
    """Return a line in rows of this width, each begun with the line's own blanks, those after the first with more."""
    own = " " * (1 + len(text) - len(text.lstrip()))
    rows = wrapped(text, width - len(own) - 2)
    return [[(f"{own}{'  ' * (n > 0)}{row}", style)] for n, row in enumerate(rows)]


def _detail(check: dict[str, Any]) -> str:
    """Return what was expected of a check, how it was decided, and what was found."""
    how = {"exact": "decided exactly", "enclosure": "decided by enclosures", "float": "seen in float64"}
    decided = how.get(check["decided"], str(check["decided"]))
    return f"expected: {check['expected']}; {decided}. {check['detail'] or ''}".strip()


def _state(view: ViewState, i: int, width: int) -> Line:
    """Return a state's name, its mass in the data, and in the prior."""
    o, chosen = view.run.opened, i == view.chosen
    assert o is not None
    name = padded(shorten(view.state(i), NAME - 1), NAME)
    words: Words = [(f" {'▸' if chosen else ' '}{name}", "highlight" if chosen else "")]
    return [*words, *_laws(width, o.data[i], o.prior[i])], Question("marginal", 0, 0, i)


def _laws(width: int, data: str, prior: str) -> Words:
    """Return both columns: the data's, and where there is room the prior's."""
    room = max((width - NAME - 3) // 2, 0)
    fields = [number([padded(form, room) for form in _fitting(data, room)])]
    return [*fields, RowField((*_fitting(prior, room),), whole=True)] if room >= 6 else fields


def _fitting(text: str, room: int) -> list[str]:
    """Return the forms of a number that go into a column with a blank behind them, or ""."""
    return [form for form in fraction_forms(text) if len(form) < room] or [""]


def _check(check: dict[str, Any]) -> Words:
    """Return a check and what it observed."""
    style = {"holds": "good", "fails": "bad"}.get(check["verdict"], "mark")
    return [(f" {MARKS[style]} {check['check']:<15}", style), (_observed(check), "dim")]


def _observed(check: dict[str, Any]) -> str:
    """Return what was observed; that a violation was what is expected is said."""
    expected = check["observed"] == "violated" and check["verdict"] == "holds"
    return f"{check['observed']}, as expected" if expected else str(check["observed"])


def found(view: ViewState, state: int, width: int, height: int) -> ViewState:
    """Choose the state of x_t, and bring its row into sight."""
    seen, row = table(view, width, height), len(_facts(view, _left(view, width))) + state
    there = seen if row in seen.rows else seen.moved(row - seen.first - seen.room // 2)
    return replace(view, chosen=state, scrolled=scrolled(view, PANEL.name, there))


def _line_under(view: ViewState, y: int, width: int, height: int) -> int | None:
    """Return the number of the line in a row."""
    rows = table(view, width, height).rows
    return rows[y] if view.run.opened is not None and 0 <= y < len(rows) else None


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:
    """Choose the state of x_t whose row it is."""
    if x >= _left(view, width):
        return view
    n, first = _line_under(view, y, width, height), len(_facts(view, _left(view, width)))
    return view if n is None or n < first else replace(view, chosen=n - first)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Read out β_t or ᾱ_t, a state's mass in the data, or a number of the schedule."""
    left, times = _left(view, width), _times(view, height).rows
    if x >= left:
        there = 1 <= y <= len(times)
        return number_under(view, TIMES, x - left, width - left, times[y - 1]) if there else None
    n = _line_under(view, y, width, height)
    return None if n is None else _lines(view, left)[1](n)[1]


def here(view: ViewState) -> Readable:
    """Read out β_t."""
    return ReadNumber("beta", view.t)


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
        "kept, exactly as the engine has them. Below, what the scenario claims and whether it came out so; then the "
        "states with their mass in the data and the prior. ↑ ↓ and the page keys scroll. Alone (f), it also has what "
        "inspect says of the chain: classes, laws, limit, contraction, rate, times, capacity, warnings."
    ),
    formula="Q_t = (1−β_t) I + β_t M, but for gaussian, per-step and conditional kernels;   ᾱ_t = (1−β_1) ⋯ (1−β_t)",
    areas={
        "short": GridArea(stack="rest"),
        "narrow": GridArea(stack="rest"),
        "normal": GridArea(2, "pair"),
        "wide": GridArea(3),
    },
    click=click,
    inspects=True,
    table=table,
    found=found,
)
