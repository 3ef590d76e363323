"""Show what a sampler draws: ν beside q(x_0), what that costs in bits, and the information curve with its stairs.

A row is a sampler of the scenario; `d` and `D` choose one. On the left are sequences, ✗ before those that never occur;
on the right all samplers, each a bar that is █ as far as KL(q‖ν) and ░ as far as the excess of the bound. Where there
is room the curve c_j lies below, and between it and the stairs of the block sizes the excess as an area. All numbers
are the result's; only lengths are made from them here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

from tui.glyphs import columns, padded, shorten
from tui.panel import GridArea, Panel
from tui.raster import Cell, Row, cells
from tui.rows import RowField, Words, line, number, paragraph, wrapped
from tui.run_buffer import RunBuffer, short
from tui.view.view_state import Readable, ReadNumber, ViewState, fraction_forms, roundings
from tui.view.window import TableWindow, window

BESIDE_FROM = 70
"""Columns from which on the samplers stand beside the sequences, not above them."""

CURVE = 9
"""Rows that the curve needs; less is left out."""

NUMBERS = 8
"""Columns of a number and the blank before it."""


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the sequences, the samplers, and the curve below where there is room."""
    run = view.run
    if (why := without(view)) or run.finished is None:
        return paragraph([[(f" {words}", "dim")] for words in wrapped(why, width - 1)], width, height)
    rows = run.finished["sampler"]
    if not rows:
        words: list[Words] = [[(" no [sampler] in the scenario: nothing is drawn", "dim")]]
        return [*paragraph(words, width, min(1, height)), *_curve(view, width, max(height - 1, 0))]
    beside, top, head = _rooms(view, width, height)
    lines, seen = _sequences(view, _left(width) if beside else width), table(view, width, height)
    if seen is not None:
        lines = [lines[0], *(lines[1 + n] for n in seen.rows)]
    if not beside:
        samplers = _samplers(view, width, head)
        above = [*samplers[:top], *paragraph(lines, width, max(top - head, 0))]
    else:
        left, right = paragraph(lines, _left(width), top), _samplers(view, width - _left(width), top)
        above = [[*one, *other] for one, other in zip(left, right, strict=True)]
    return [*above, *_curve(view, width, height - top)]


def _rooms(view: ViewState, width: int, height: int) -> tuple[bool, int, int]:
    """Return whether the samplers stand beside the sequences, the rows of both, those of the samplers above."""
    samplers = 1 + len(view.run.finished["sampler"] if view.run.finished else ())
    lines, beside = 1 + max(len(shown(view)), 1), width >= BESIDE_FROM
    needed = max(lines, samplers) if beside else lines + samplers
    top = height if height < needed + CURVE else max(needed, min(needed + 1, height - CURVE))
    return beside, top, 0 if beside else min(samplers, max((top + 1) // 2, 2))


def table(view: ViewState, width: int, height: int) -> TableWindow | None:
    """Return the sequences in sight: the likeliest, until one scrolls. None where there is no row for one."""
    found = shown(view)
    _, top, head = _rooms(view, width, height)
    return window(view, PANEL.name, len(found), top - head - 1) if found and top - head > 1 else None


def _left(width: int) -> int:
    """Return the columns of the sequences, where the samplers stand beside them."""
    return 4 * width // 9


def without(view: ViewState) -> str:
    """Return why there is nothing to show; "" where there is."""
    if view.run.opened is None:
        return ""
    if not view.has_sequences:
        return "the data are one symbol: one is drawn at a time, and nothing is lost by drawing apart"
    return "" if view.run.finished else "what is drawn comes when the run has ended"


def chosen(view: ViewState) -> int:
    """Return the number of the sampler that is looked at."""
    rows = view.run.finished["sampler"] if view.run.finished else ()
    return view.sampler % len(rows) if rows else 0


def name_of(row: dict[str, Any]) -> str:
    """Return a sampler in a few words.

    >>> name_of({"steps": 1, "times": [0, 8]}), name_of({"steps": None, "times": [0, 2, 8]})
    ('1 step', 'at 0 2 8')
    >>> name_of({"unmask": [1, 2], "order": "random"}), name_of({"unmask": [3], "order": [2, 0, 1]})
    ('1+2 random', '3 order 2 0 1')
    """
    if "unmask" in row:
        sizes, order = "+".join(map(str, row["unmask"])), row["order"]
        return f"{sizes} {order if isinstance(order, str) else 'order ' + ' '.join(map(str, order))}"
    if row["steps"] is None:
        return "at " + " ".join(map(str, row["times"]))
    return f"{row['steps']} step{'s' * (row['steps'] != 1)}"


# sequences


def shown(view: ViewState) -> list[tuple[tuple[str, ...], str | None, dict[str, Any]]]:
    """Return sequences by their labels, q(x_0) or None where that is 0, and ν(x_0): the likelier of the two first."""
    run, n = view.run, chosen(view)
    if run.finished is None or n >= len(run.drawn):
        return []
    false = [(tuple(one["x0"]), None, one["mass"]) for one in run.finished["sampler"][n]["false"]]
    return sorted([*run.drawn[n], *false], key=lambda one: -max(_length(one[2]), _ratio(one[1])))


def _sequences(view: ViewState, width: int) -> list[Words]:
    """Return a head and a line for each sequence."""
    run, found = view.run, shown(view)
    assert run.finished is not None
    row = run.finished["sampler"][chosen(view)]
    title = name_of(row)
    if not found:
        kind = row["kl"]["value"] if row["kl"] else "too much to walk"
        return [[(f" {title}", "title")], [(f" ν is {kind}", "undefined")]]
    visible = dict(zip(run.opened.states, run.labels, strict=True)) if run.opened else {}
    apart = "" if all(columns(visible.get(label, label)) == 1 for x, _, _ in found for label in x) else " "
    names = [apart.join(visible.get(label, label) for label in x) for x, _, _ in found]
    label = min(max(map(columns, names)) + 4, 9 * width // 20)
    half = max((width - label) // 2, 1)
    head: Words = [
        RowField((padded(" x_0", label),), "dim"),
        (padded("q: the data" if half > 11 else "q", half), "series-1"),
        RowField((f"ν: drawn in {title}" if "unmask" not in row else f"ν: {title}", "ν: drawn", "ν"), "series-2"),
    ]
    top = max(max(_length(mass), _ratio(q)) for _, q, mass in found) or 1.0
    lines: list[Words] = [head]
    for name, (_, q, mass) in zip(names, found, strict=True):
        never = q is None
        mark, style = (" ✗ ", "bad") if never else ("   ", "")
        absent = (padded("never occurs" if half > 12 else "never", half), "bad")
        lines.append([
            (padded(mark + shorten(name, max(label - 4, 1)), label), style),
            *(_bar(_ratio(q), top, half, fraction_forms(q), "series-1") if q is not None else [absent]),
            *_bar(_length(mass), top, half, roundings(mass, 4), "bad" if never else "series-2", "▒" if never else "█"),
        ])  # fmt: skip
    return lines


def _bar(size: float, top: float, room: int, forms: Sequence[str], style: str, ink: str = "█") -> Words:
    """Return a bar and the finest form of its number that goes into its columns."""
    wide = max(room - NUMBERS - 1, 0)
    full = min(max(round(size / top * wide), int(size > 0)), wide)
    text = next((form for form in forms if columns(form) < min(NUMBERS, room)), "")
    return [
        (ink * full + " " * (wide - full), style),
        RowField((padded(text, min(NUMBERS, room - 1), ">") + " ",), whole=True),
    ]


# samplers


def _samplers(view: ViewState, width: int, height: int) -> list[Row]:
    """Return a head and a line for each sampler, the chosen one in sight."""
    run = view.run
    assert run.finished is not None
    rows, at = run.finished["sampler"], chosen(view)
    room = max(height - 1, 1)
    first = min(max(at - room // 2, 0), max(len(rows) - room, 0))
    names = [name_of(row) for row in rows]
    label = max(min(max(map(columns, names)) + 3, width - 3 * NUMBERS - 1), 8)
    wide = max(width - label - 3 * NUMBERS - 1, 0)
    ends = [padded(word, NUMBERS, ">") for word in ("excess", "KL", "outside")]
    legend = RowField(
        (padded("█ KL ░ excess", wide), padded("█KL ░", wide), " " * wide) if wide >= 13 else (" " * wide,), "dim"
    )
    head: Words = [(padded("  d D", label), "dim"), legend, *((end, "dim") for end in ends)]
    top = max((_length(row["excess"]) for row in rows), default=0.0) or 1.0
    lines: list[Words] = [head]
    for n in range(first, min(first + room, len(rows))):
        row, (mark, style) = rows[n], (" ▸", "highlight") if n == at else ("  ", "")
        excess, kl = (min(round(_length(row[key]) / top * wide), wide) for key in ("excess", "kl"))
        bar = "█" * kl + "░" * max(excess - kl, 0)
        lines.append([
            (padded(f"{mark}{shorten(names[n], max(label - 3, 1))}", label), style),
            (padded(bar, wide), "series-2"),
            *(_number(row[key]) for key in ("excess", "kl", "outside_support")),
        ])  # fmt: skip
    return paragraph(lines, width, height)


def _number(record: dict[str, Any] | None) -> RowField:
    forms = ("–",) if record is None else roundings(record, 5)
    text = next((form for form in forms if columns(form) < NUMBERS), "")
    return RowField((padded(text, NUMBERS, ">"),), whole=True)


# the curve


def _curve(view: ViewState, width: int, height: int) -> list[Row]:
    """Return the staircase c_j, and over it the stairs of the chosen block sizes with the excess between them."""
    run = view.run
    curve = run.finished["sequence"]["information_curve"] if run.finished else None
    if height < CURVE:
        return paragraph([], width, height)
    if curve is None:
        return paragraph([[(" the information curve has too many subsets to be found", "dim")]], width, height)
    sizes, row = _blocks(run, chosen(view))
    words: list[tuple[str, str] | RowField] = [(" c_j, what a position costs once j are known  ━", "series-1")]
    if sizes:
        words += [RowField((f"   stairs of {name_of(row)} ─", " stairs ─"), "series-4")]
        excess = [f"   the area ░ is the excess, {form}" for form in roundings(row["excess"], 6)]
        words += [number(excess, "series-2", rank=1)]
    highest, L = _length(curve[0]) or 1.0, len(curve)
    label = short(curve[0], 4)
    margin, plot = columns(label) + 2, height - 2
    room = width - margin - 1
    if room < L:
        return paragraph([words], width, height)
    starts = [m for m, b in zip(_begins(sizes), sizes, strict=True) for _ in range(b)]
    picture = [[Cell(" ")] * room for _ in range(plot)]
    for x in range(room):
        j = x * L // room
        low = min(int(_length(curve[j]) / highest * plot), plot - 1)
        if starts:
            high = min(int(_length(curve[starts[j]]) / highest * plot), plot - 1)
            for y in range(low, high):
                picture[plot - 1 - y][x] = Cell("░", "series-2")
            picture[plot - 1 - high][x] = Cell("─", "series-4")
        picture[plot - 1 - low][x] = Cell("━", "series-1")
    names = {0: label, plot - 1: "0"}
    left = [[*cells(padded(names.get(y, ""), margin - 1, ">"), "dim"), Cell("┤" if y in names else "│", "axis")]
            for y in range(plot)]  # fmt: skip
    foot = _foot(L, room)
    return [line(words, width), *([*a, *b, Cell(" ")] for a, b in zip(left, picture, strict=True)),
            line([(" " * margin, ""), (foot, "dim")], width)]  # fmt: skip


def _foot(L: int, room: int) -> str:
    """Return j below its stair; of many every n-th, so that a blank is between two."""
    foot, each = "", room // L
    step = max(1, -(-(len(str(L)) + 2) // max(each, 1)))
    for j in range(0, L, step):
        at = -(-j * room // L)
        text = f"j={j}" if j == 0 else str(j)
        foot = foot.ljust(at) + text if at >= len(foot) + (j > 0) and at + len(text) <= room else foot
    return foot


def _blocks(run: RunBuffer, n: int) -> tuple[list[int], dict[str, Any]]:
    """Return the block sizes whose excess is the area, those in random order; none for any other sampler."""
    rows = run.finished["sampler"] if run.finished else []
    row: dict[str, Any] = rows[n] if n < len(rows) else {}
    return (list(row["unmask"]) if row.get("order") == "random" else []), row


def _begins(sizes: Sequence[int]) -> list[int]:
    """Return how many positions are known before each block."""
    return [sum(sizes[:k]) for k in range(len(sizes))]


def _length(record: dict[str, Any] | None) -> float:
    """Return a number for a bar's length; 0 where there is none."""
    try:
        value = float(record["value"]) if record else 0.0
    except ValueError:  # undefined, undecided
        return 0.0
    return value if isfinite(value) else 0.0


def _ratio(exact: str | None) -> float:
    n, _, d = (exact or "0").partition("/")
    return int(n) / int(d or 1)


# reading and choosing


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:
    """Choose the sampler whose line it is."""
    n = _row_at(view, x, y, width, height)
    return view if n is None else replace(view, sampler=n)


def _row_at(view: ViewState, x: int, y: int, width: int, height: int) -> int | None:
    rows = view.run.finished["sampler"] if view.run.finished and view.has_sequences else []
    if not rows or (width >= BESIDE_FROM and x < _left(width)) or y < 1:
        return None
    room = height if width >= BESIDE_FROM else min(len(rows) + 1, max((height + 1) // 2, 2))
    room = max(room - 1, 1)
    first = min(max(chosen(view) - room // 2, 0), max(len(rows) - room, 0))
    return first + y - 1 if y <= min(room, len(rows) - first) else None


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return KL(q‖ν) of the sampler whose line it is."""
    n = _row_at(view, x, y, width, height)
    return None if n is None else ReadNumber("kl", None, sampler=n)


def here(view: ViewState) -> Readable | None:
    """Return KL(q‖ν) of the chosen sampler."""
    has_rows = view.run.finished is not None and view.run.finished["sampler"]
    return ReadNumber("kl", None, sampler=chosen(view)) if has_rows else None


PANEL = Panel(
    key="9",
    name="drawn",
    subject="sequences",
    words="what is drawn",
    title=lambda _: "what is drawn",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "What a sampler makes, ν, beside the data, q: positions that are drawn together do not know of each other, so "
        "sequences come out that never occur (✗). KL(q‖ν) is what is lost, and the excess what the bound says of it; d "
        "and D choose the sampler. With room, the curve c_j and the excess as the area under the stairs."
    ),
    formula="KL(q‖ν) ≤ L − H(x0);   excess of blocks: Σ (c_m − c_j), m known before the block of j",
    areas={
        "short": GridArea(stack="rest"),
        "narrow": GridArea(stack="rest"),
        "normal": GridArea(4, "walk"),
        "wide": GridArea(6, "walk"),
    },
    click=click,
    table=table,
)
