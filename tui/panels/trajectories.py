"""Draw particles that wander as time passes, and others that come back from the prior.

A line is a particle, time goes to the right, a colour is a state; half a row is enough for one. Forwards, what lies
beyond t has not happened yet; backwards, what lies before t: that is faint, and without colours has a letter only
where the state changes. The particles shown are every n-th of those sampled,
sorted by their whole paths from where they start: bands that fray. The letters beside them name the state in which
a band starts. Without colours a particle has a row of letters, or of shades where there are too many; the caption says
what they stand for.

At the right all particles at t are counted: frequencies as bars, p_t as marks, TV = ½ Σ |frequency − p_t|, which is
a picture's float and marked ≈. Where states outnumber columns a bar is the sum of so many neighbours each.
"""

from __future__ import annotations

import re
import struct
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from math import ceil
from typing import TypeAlias

from tui import raster
from tui.glyphs import NUMERAL, columns, glyphs, shorten
from tui.heat import cividis
from tui.messages import STOPPED, Question, SampleAnswer
from tui.panel import GridArea, Panel
from tui.raster import Cell, Row
from tui.rows import BLANK, RowField, line, number, wrapped
from tui.view.view_state import Readable, ViewState

PALETTE = ("#0072b2", "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#d55e00", "#cc79a7", "#999999")
"""Colours of few states, from Okabe & Ito (2008); many states take theirs from cividis, by their number."""

SHADES = "░▒▓█"
NUMBERS = "0123456789abcdefghijklmnopqrstuvwxyz"

NAMED = 256
"""Labels are compared by their first letters up to so many states: more are never all different."""


Path: TypeAlias = Sequence[int]


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw the caption; under it particles over their axis, and beside them the two histograms."""
    sampled = view.run.sampled
    if sampled is None or not sampled.forward or view.run.at(view.t) is None:
        why = sampled.words if sampled else "the particles come when the run has ended"
        return _filled([line([(f" {why}", "dim")], width)], width, height)
    wide = _histogram_width(width)
    room = width - wide - 1 if wide else width
    below = height - 1
    if view.backward and sampled.reverse is None:
        picture = [line([(f" {words}", "undefined")], room) for words in wrapped(sampled.words, room - 1)]
    else:
        picture = _particles(view, sampled, room, below)
    rows = _filled(picture, room, below)
    if wide:
        beside = _histograms(view, sampled, wide, below)
        rows = [[*row, Cell(" "), *other] for row, other in zip(rows, beside, strict=True)]
    return [_caption(view, sampled, width), *rows][: max(height, 0)]


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:  # noqa: ARG001  (a Finder)
    """Return the probability, at t, of the state whose bar is under the mouse."""
    wide, K = _histogram_width(width), view.run.opened.K if view.run.opened else 0
    firsts = _firsts(K, wide)
    bar = raster.bar_at(x - (width - wide), len(firsts), _used(len(firsts), wide))
    return None if bar is None or y < 1 else Question("marginal", view.t, 0, firsts[bar])


def here(view: ViewState) -> Readable:
    """Return the probability of the chosen state."""
    return Question("marginal", view.t, 0, view.chosen)


def _histogram_width(width: int) -> int:
    """Return a third of the panel, if it has one to give."""
    return min(max(width // 3, 16 if width >= 34 else 14), 48) if width >= 26 else 0


def _filled(rows: list[Row], width: int, height: int) -> list[Row]:
    return [*rows[: max(height, 0)], *([Cell(" ")] * width for _ in range(height - len(rows)))]


def _caption(view: ViewState, sampled: SampleAnswer, width: int) -> Row:
    if view.backward:
        titles = (" reverse: from the prior at T back to the data", " reverse, from the prior", " reverse")
    else:
        titles = (" forward: from the data at 0 into the noise", " forward, from the data", " forward")
    stopped = f"  {sampled.undefined} stopped"
    undefined = number([f"{stopped}  where R_t is undefined", stopped], "undefined", rank=3)
    return line(
        [
            RowField([title for title in titles if columns(title) <= width // 2] or titles[-1:], "title", rank=1),
            *([undefined] if sampled.undefined else []),
            number((f"  n={sampled.count}",), "dim", rank=2),
            number((f" seed {sampled.seed}",), "dim"),
            *([] if view.colour else [RowField(_legend(view.run.labels), "dim", rank=2)]),
        ],
        width,
    )


# particles


def _particles(view: ViewState, sampled: SampleAnswer, width: int, height: int) -> list[Row]:
    """Half a row, or without colour a row, for each particle, and the axis of time."""
    assert view.run.opened is not None
    labels = view.run.labels
    letters = None if view.colour else _letters(labels)
    margin, T, t = _margin(labels), view.run.T, view.t
    plot, rows = width - margin, height - 1
    if plot < 1 or rows < 1:
        return []
    whole, faint = (
        _picture(sampled, view.backward, len(labels), letters, plot, rows, ahead) for ahead in (False, True)
    )
    at = raster.column_of(t, T, plot)
    shown = _shown(sampled, view.backward, rows * (2 if view.colour else 1))
    now = _column(shown, t, len(labels), letters)
    before, after = (faint, whole) if view.backward else (whole, faint)
    picture = [[*a[:at], cell, *b[at + 1 :]] for a, cell, b in zip(before, now, after, strict=True)]
    names = _names(shown, T if view.backward else 0, labels, margin, 2 if view.colour else 1)
    if view.backward:
        return [*(row + name for row, name in zip(picture, names, strict=True)), _axis(t, T, plot) + [BLANK] * margin]
    return [*(name + row for row, name in zip(picture, names, strict=True)), [BLANK] * margin + _axis(t, T, plot)]


def _margin(labels: Sequence[str]) -> int:
    """Columns for a state's name and a blank: one letter where that tells the states apart."""
    if firsts := _ends_of(labels[:NAMED], 0):
        return 1 + max(columns(first) for first in firsts) if len(firsts) == len(labels) else 6
    return min(max(columns(label) for label in labels[-9:]), 5) + 1


def _ends_of(labels: Sequence[str], at: int) -> list[str]:
    """Return the first glyph (0) or the last (−1) of each label, where these differ and are no part of a numeral."""
    found = [glyphs(label)[at][0] if glyphs(label) else " " for label in labels]
    halved = any(n.end() - n.start() > 1 for label in labels for n in _numerals_at(label, at))
    return found if len(set(found) - {" "}) == len(labels) and not halved else []


def _numerals_at(label: str, at: int) -> list[re.Match[str]]:
    """Return the numeral in which a label begins or ends, if it does."""
    return [n for n in NUMERAL.finditer(label) if (n.end() == len(label) if at else n.start() == 0)]


def _names(shown: Sequence[Path], start: int, labels: Sequence[str], margin: int, each: int) -> list[Row]:
    """Beside the first row of a band the state in which it starts, or nothing."""
    names, before = [], -1
    for path in shown[::each]:
        name = _name(labels[path[start]], margin - 1) if path[start] != before else ""
        before = path[start]
        names.append(line([(name if start == 0 else f" {name}", "dim")], margin))
    return names


def _name(label: str, room: int) -> str:
    """Return a label; in one column or two, where it does not go in, its first letter."""
    if room > 2 or columns(label) <= room or NUMERAL.search(label):
        return shorten(label, room)
    return glyphs(label)[0][0]


def _axis(t: int, T: int, width: int) -> Row:
    """Return the axis of time; where the knob stands, no number does."""
    row, knob = [Cell("─", "axis")] * width, raster.column_of(t, T, width)
    for column, label in ((width - len(str(T)), str(T)), (0, "0")):
        if column >= 0 and width > len(str(T)) + 2 and not column <= knob < column + len(label):
            row[column : column + len(label)] = [Cell(c, "dim") for c in label]
    row[knob] = Cell("▲", "knob")
    return row


def _rows(sampled: SampleAnswer, backward: bool) -> list[Path]:
    """Return the states of all particles, a row a time."""
    packed, n = (sampled.reverse if backward else sampled.forward) or b"", sampled.count
    return [struct.unpack_from(f"<{n}I", packed, start) for start in range(0, len(packed), 4 * n)]


@lru_cache(maxsize=2)
def _sorted(sampled: SampleAnswer, backward: bool) -> list[Path]:
    """Return the paths x_0 … x_T, in the order of their states from where they start."""
    if not backward:
        return [array("I", path) for path in sorted(zip(*_rows(sampled, backward), strict=True))]
    return [array("I", path[::-1]) for path in sorted(zip(*_rows(sampled, backward)[::-1], strict=True))]


def _shown(sampled: SampleAnswer, backward: bool, room: int) -> list[Path]:
    """Return every n-th of the sorted paths: as many as there is room for, each once."""
    paths = _sorted(sampled, backward)
    size = min(room, len(paths))
    return [paths[(2 * k + 1) * len(paths) // (2 * size)] for k in range(size)]


@lru_cache(maxsize=4)
def _picture(
    sampled: SampleAnswer, backward: bool, K: int, letters: str | None, width: int, rows: int, ahead: bool
) -> list[Row]:  # fmt: skip
    """Draw the whole run, t = 0 … T, as what has happened or as what lies `ahead`."""
    shown = _shown(sampled, backward, rows * (2 if letters is None else 1))
    T = len(shown[0]) - 1
    columns = [_column(shown, raster.time_at(x, T, width), K, letters) for x in range(width)]
    picture = [list(row) for row in zip(*columns, strict=True)]
    if not ahead:
        return picture
    return [_changes(row, backward) if letters is not None else [_faint(cell) for cell in row] for row in picture]


@lru_cache(maxsize=1024)
def _faint(cell: Cell) -> Cell:
    """Return a cell in the colours of what has not happened yet."""
    return Cell(cell.char, *(f"~{colour}" if colour.startswith("#") else colour for colour in cell[1:]))


def _changes(row: Row, backward: bool) -> Row:
    """Return letters only where a particle comes into another state, and dots while it stays."""
    came_from = [*row[1:], BLANK] if backward else [BLANK, *row[:-1]]
    return [Cell("·" if cell == past else cell.char, "dim") for cell, past in zip(row, came_from, strict=True)]


def _column(shown: Sequence[Path], t: int, K: int, letters: str | None) -> list[Cell]:
    """Return the particles at t from top to bottom."""
    states = [path[t] for path in shown]
    if letters is not None:
        return [Cell("╳", "undefined") if j == STOPPED else Cell(letters[j * len(letters) // K]) for j in states]
    colour = _colours(K)
    styles = [colour(j) if j != STOPPED else "" for j in states] + [None] * (len(states) % 2)
    return [_pair(upper or "", lower) for upper, lower in zip(styles[::2], styles[1::2], strict=True)]


@lru_cache(maxsize=1024)
def _pair(upper: str, lower: str | None) -> Cell:
    """Draw two particles in one cell: a stopped one leaves its half blank, two stopped give ╳; None is no particle."""
    if not upper and not lower:
        return Cell("╳", "undefined")
    return Cell("▀", upper, lower or "") if upper else Cell("▄", lower or "")


def _colours(K: int) -> Callable[[int], str]:
    if len(PALETTE) >= K:
        return PALETTE.__getitem__
    return lambda j: cividis(j / (K - 1))


def _letters(labels: Sequence[str]) -> str:
    """Return what stands for the states: first or last letters of labels if these differ, else numbers, or shades."""
    if len(labels) > NAMED:
        return SHADES
    told = ("".join(_ends_of(labels, at)) for at in (0, -1))
    narrow = [letters for letters in told if letters and len(letters) == columns(letters) == len(labels)]
    return narrow[0] if narrow else NUMBERS[: len(labels)] if len(labels) <= len(NUMBERS) else SHADES


def _legend(labels: Sequence[str]) -> list[str]:
    """Return what each letter or shade stands for, where that is not its name; and fewer of them with …, and nothing.

    >>> _legend(["heads", "tails"])
    ['  h=heads  t=tails', '  h=heads  …', '']
    """
    letters, K = _letters(labels), len(labels)
    firsts = [ceil(n * K / len(letters)) for n in range(len(letters) + 1)]
    named = [labels[a] if b == a + 1 else f"{labels[a]}–{labels[b - 1]}" for a, b in pairwise(firsts)]
    told = [f"  {letter}={shorten(name, 20)}" for letter, name in zip(letters, named, strict=True) if letter != name]
    return ["".join(told[:n]) + "  …" * (n < len(told)) for n in range(len(told), 0, -1)] + [""]


# histograms


def _histograms(view: ViewState, sampled: SampleAnswer, width: int, height: int) -> list[Row]:
    """Both where there is room, else the one of the direction that is shown."""
    if height >= 6:
        upper = (height + 1) // 2
        return [
            *_histogram(view, sampled, False, width, upper),
            *_histogram(view, sampled, True, width, height - upper),
        ]
    return _histogram(view, sampled, view.backward, width, height)


def _histogram(view: ViewState, sampled: SampleAnswer, backward: bool, width: int, height: int) -> list[Row]:
    """Return the frequencies at t under their distance from p_t, and for the reverse from the data."""
    step, name = view.run.at(view.t), "reverse" if backward else "forward"
    if step is None or (sampled.reverse if backward else sampled.forward) is None:
        of_sequences = view.run.opened is not None and view.run.opened.length is not None
        why = "see what is drawn" if backward and of_sequences else "none"
        return _filled([line([(f"{name}: {why}", "dim")], width)], width, height)
    counts, n = Counter(_rows_at(sampled, backward, view.t)), sampled.count
    short, far = (f"≈{_distance(counts, n, p):.3f}" for p in (step.marginal, view.run.steps[0].marginal))
    head = [f"{name} TV{short}", f"{name} {short}", short]
    if backward:
        head.insert(0, f"{name} TV{short}, to q(x0) {far}")
    title = number(head, "title" if backward == view.backward else "dim")
    counts.pop(STOPPED, None)
    bars = _bars(view, {j: c / n for j, c in counts.items()}, step.marginal, width, height - 1)
    return _filled([line([title], width), *bars], width, height)


def _rows_at(sampled: SampleAnswer, backward: bool, t: int) -> Path:
    packed, n = (sampled.reverse if backward else sampled.forward) or b"", sampled.count
    return struct.unpack_from(f"<{n}I", packed, 4 * n * t)


def _distance(counts: Counter[int], n: int, p: Sequence[float]) -> float:
    """Return the total variation between the particles' frequencies and p; stopped ones count as one more state."""
    return sum(max(c / n - (p[j] if j != STOPPED else 0.0), 0.0) for j, c in counts.items())


def _bars(view: ViewState, shares: Mapping[int, float], p: Sequence[float], width: int, height: int) -> list[Row]:
    """Bars in the colours of their states, with p_t as marks, and labels below if there is room."""
    assert view.run.opened is not None
    labels, K = view.run.labels, len(p)
    firsts = _firsts(K, width)
    found, marks = [0.0] * len(firsts), [sum(p[j : j + firsts.step]) for j in firsts]
    for j, share in shares.items():
        found[j // firsts.step] += share
    used = _used(len(firsts), width)
    rows = raster.bars(found, max(*found, *marks), used, height, [labels[j] for j in firsts], marks)
    if view.colour:
        colour = _colours(K)
        lefts = [k * (used + 1) // len(firsts) for k in range(len(firsts) + 1)]
        mine = [colour(first) for first, a, b in zip(firsts, lefts, lefts[1:], strict=False) for _ in range(b - a)]
        rows = [[_coloured(*pair) for pair in zip(row, mine, strict=False)] for row in rows]
    return [row + [Cell(" ")] * (width - used) for row in rows]


def _firsts(K: int, width: int) -> range:
    """Return the first state of each bar: equally many states to a bar, as few as there is room for."""
    return range(0, K, max(ceil(K / max(width, 1)), 1))


def _used(bars: int, width: int) -> int:
    """Columns for so many bars: all, but if that leaves no gap between each two of them, then none."""
    return width if width + 1 >= 2 * bars else bars


def _coloured(cell: Cell, mine: str) -> Cell:
    """Return a bar in its state's colour, and a mark over it in black or white, as is seen on that."""
    if cell.back:
        return Cell(cell.char, "#000000" if mine[3:5] > "7f" else "#ffffff", mine)
    return Cell(cell.char, mine) if cell.style == "series-1" else cell


PANEL = Panel(
    key="7",
    name="trajectories",
    subject="symbol",
    words="the trajectories",
    title=lambda _: "trajectories",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "Particles, each a line: the noise scatters them, and the reverse model brings others back from the prior "
        "towards the data. What has not happened yet at t is faint. Their frequencies come near p_t as far as their "
        "number, and the model, allow."
    ),
    formula="x_t ~ Q_t[x_(t−1), ·];   x_T ~ π, x_(t−1) ~ R_t[x_t, ·];   TV = ½ Σ |n_j/n − p_t[j]|",
    areas={
        "short": GridArea(stack="rest"),
        "narrow": GridArea(stack="rest"),
        "normal": GridArea(4, "walk"),
        "wide": GridArea(6, "walk"),
    },
)
