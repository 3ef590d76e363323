"""Pictures as text: every row is exactly as wide as asked, and what is seen is what the numbers say."""

from __future__ import annotations

import re
from itertools import pairwise
from math import inf, nan

import pytest
from chains import examples
from hypothesis import assume, given
from hypothesis import strategies as st
from pictures import contrast, is_a_picture
from textual.theme import Theme

from tui.glyphs import NUMERAL, columns, shorten
from tui.raster import (
    DASHED,
    DOTTED,
    LONG,
    SOLID,
    Cell,
    Row,
    Series,
    Tick,
    bar_at,
    bars,
    column_of,
    curves,
    gutter,
    placed,
    row_of,
    scrubber,
    strip,
    text,
    time_at,
)
from tui.themes import THEMES

attack = examples(100)

sizes = st.integers(1, 40)
shares = st.floats(0, 1)
wild = st.floats() | st.none()
scripts = st.characters(max_codepoint=0x10FF) | st.sampled_from("日本ｱＡ👩\u200d\ufe0f\u20ddक्षি한\ue000\U0010ffff")
labels = st.text(scripts, max_size=5)
"""Beyond Latin, Greek, Hebrew … the troublemakers by name: Unicode tables of two versions differ on the rest."""
curve = st.lists(wild, max_size=60)
BLOCKS = " ▁▂▃▄▅▆▇█"


def dots(rows: list[Row], style: str | None = None) -> dict[int, list[int]]:
    """The dots of a plot without labels: the rows from the top in which each column of dots has one."""
    places = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    found: dict[int, list[int]] = {}
    for y, row in enumerate(rows):
        for x, cell in enumerate(row[1:]):
            if "⠀" <= cell.char <= "⣿" and style in {None, cell.style}:
                for bit, (right, down) in enumerate(places):
                    if (ord(cell.char) - 0x2800) >> bit & 1:
                        found.setdefault(2 * x + right, []).append(4 * y + down)
    return found


# curves


@attack
@given(
    st.lists(
        st.builds(Series, curve, st.just("series-1"), st.sampled_from([SOLID, LONG, DASHED, DOTTED]), st.booleans()),
        max_size=3,
    ),
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.lists(st.builds(Tick, st.floats(), labels), max_size=3),
    sizes,
    sizes,
    st.none() | st.integers(-3, 70),
)
def test_whatever_is_drawn_a_plot_is_a_picture_of_the_size_asked(
    series: list[Series], low: float, high: float, ticks: list[Tick], width: int, height: int, cursor: int | None
) -> None:
    """Infinities, nans, limits in either order and labels in any script neither raise nor push a row out."""
    assert is_a_picture(curves(series, low, high, ticks, width, height, cursor), width, height)


@attack
@given(st.integers(1, 60), shares, sizes, sizes)
def test_a_constant_is_one_horizontal_line(points: int, y: float, width: int, height: int) -> None:
    drawn = dots(curves([Series([y] * points, "series-1")], 0, 1, [], width + 1, height))
    assert len({row for column in drawn.values() for row in column}) == 1
    assert sorted(drawn) == (list(range(2 * width)) if points > 1 else [0])


@attack
@given(st.lists(shares, min_size=1, max_size=99), sizes, sizes)
def test_what_falls_never_goes_up_on_the_screen(values: list[float], width: int, height: int) -> None:
    """The dots of each column are one unbroken stroke that starts no higher than the stroke before it ended."""
    drawn = dots(curves([Series(sorted(values, reverse=True), "series-1")], 0, 1, [], width + 1, height))
    strokes = [drawn[column] for column in sorted(drawn)]
    assert all(stroke == list(range(stroke[0], stroke[-1] + 1)) for stroke in strokes)
    assert all(0 <= after[0] - before[-1] <= 1 for before, after in pairwise(strokes))


@attack
@given(st.lists(shares, min_size=2, max_size=99), sizes, sizes)
def test_a_line_joins_every_two_points_without_a_hole(values: list[float], width: int, height: int) -> None:
    drawn = dots(curves([Series(values, "series-1")], 0, 1, [], width + 1, height))
    assert sorted(drawn) == list(range(2 * width))
    for column in range(2 * width - 1):
        assert min(abs(a - b) for a in drawn[column] for b in drawn[column + 1]) <= 1


@attack
@given(st.lists(shares | st.none(), max_size=40), sizes, sizes)
def test_dashes_are_a_part_of_the_line(values: list[float | None], width: int, height: int) -> None:
    solid, *others = (
        dots(curves([Series(values, "series-1", dash)], 0, 1, [], width + 1, height))
        for dash in (SOLID, LONG, DASHED, DOTTED)
    )
    for dashed in others:
        assert all(set(rows) <= set(solid[column]) for column, rows in dashed.items())
        assert bool(solid) == bool(dashed)


@attack
@given(st.lists(shares | st.none(), max_size=40), sizes, sizes)
def test_a_heavy_line_is_the_line_and_the_dots_beneath(values: list[float | None], width: int, height: int) -> None:
    """At the foot, where nothing is beneath, those above; no column has other dots."""
    thin, heavy = (
        dots(curves([Series(values, "series-1", heavy=heavy)], 0, 1, [], width + 1, height)) for heavy in (False, True)
    )
    foot = 4 * height - 1
    for column, rows in thin.items():
        wanted = {*rows, *(row + 1 for row in rows if row < foot), *(row - 1 for row in rows if row == foot)}
        assert set(heavy[column]) == wanted
    assert set(heavy) == set(thin)


@given(shares, sizes)
def test_a_point_is_in_its_row(y: float, height: int) -> None:
    """The row that is said of a value is the one in which its dot is drawn."""
    rows = curves([Series([y], "series-1")], 0, 1, [], 2, height)
    assert [k for k, row in enumerate(rows) if row[1].char != " "] == [row_of(y, 0, 1, height)]


@pytest.mark.parametrize("points", [[0.5, 0.5], [0, 1], [1, 0], [1, 0, 1]], ids=str)
def test_half_of_a_dashed_line_is_left_out_flat_or_steep(points: list[float]) -> None:
    solid, dashed = (
        sum(map(len, dots(curves([Series(points, "series-1", dash)], 0, 1, [], 17, 32)).values()))
        for dash in (SOLID, DASHED)
    )
    assert abs(2 * dashed - solid) <= 8


def test_the_picture_of_a_vee() -> None:
    rows = curves([Series([1, 0, 1], "series-1")], 0, 1, [Tick(1, "1.0"), Tick(0, "0.0"), Tick(2, "out")], 12, 3)
    assert text(rows) == "1.0┤⠱⡀    ⢀⠎\n   │ ⠈⢆  ⢠⠃ \n0.0┤   ⠱⡰⠁  "


def test_values_beyond_the_limits_run_along_the_edge_and_none_is_a_gap() -> None:
    above = curves([Series([5, inf], "series-1")], 0, 1, [], 4, 2)
    below = curves([Series([-5, -inf], "series-1")], 0, 1, [], 4, 2)
    assert text(above) == "│⠉⠉⠉\n│   "
    assert text(below) == "│   \n│⣀⣀⣀"
    assert text(curves([Series([1, None, nan, 1], "series-1")], 0, 1, [], 5, 1)) == "│⠁  ⠈"


def test_one_point_alone_is_a_dot_in_the_first_column() -> None:
    assert text(curves([Series([0.0], "series-1", dash=DASHED)], 0, 1, [], 4, 1)) == "│⡀  "


def test_the_later_series_has_the_shared_cell_and_no_dot_is_lost() -> None:
    [row] = curves([Series([1, 1], "series-1"), Series([0, None], "series-2")], 0, 1, [], 3, 1)
    assert row[1:] == [Cell("⡉", "series-2"), Cell("⠉", "series-1")]


@attack
@given(st.integers(0, 300), sizes, sizes, st.data())
def test_the_cursor_is_the_column_of_its_time(T: int, width: int, height: int, data: st.DataObject) -> None:
    t = data.draw(st.integers(0, T))
    ticks = [Tick(0, "0.0")]
    rows = curves([Series([0.5] * (T + 1), "series-1")], 0, 1, ticks, gutter(ticks) + width, height, t)
    assert {x for row in rows for x, cell in enumerate(row) if cell.back == "cursor"} == {
        gutter(ticks) + column_of(t, T, width)
    }
    assert all(row[gutter(ticks) + column_of(t, T, width)].back == "cursor" for row in rows)


@attack
@given(st.integers(0, 400), sizes)
def test_time_runs_from_the_first_column_to_the_last_and_back_again(T: int, width: int) -> None:
    """A click finds the t whose column is nearest; the ends find 0 and T; where all fit, each t finds itself."""
    columns = [column_of(t, T, width) for t in range(T + 1)]
    assert columns == sorted(columns)
    assert columns[0] == 0
    assert columns[-1] == (width - 1 if T else 0)
    for column in range(width):
        assert abs(columns[time_at(column, T, width)] - column) == min(abs(c - column) for c in columns)
    if len(set(columns)) == T + 1:
        assert [time_at(column, T, width) for column in columns] == list(range(T + 1))
    if width > 1:
        assert (time_at(0, T, width), time_at(width - 1, T, width)) == (0, T)


def test_a_gutter_that_leaves_no_plot_is_left_out() -> None:
    assert gutter([Tick(0, "0.25")]) == 5
    assert gutter([]) == 1
    assert text(curves([Series([0, 0], "series-1")], 0, 1, [Tick(0, "0.25")], 5, 1)) == "⣀" * 5


# bars


@attack
@given(
    st.lists(st.floats(), max_size=60),
    st.floats(allow_nan=False),
    sizes,
    sizes,
    st.lists(labels, max_size=60),
    st.lists(wild, max_size=60),
    st.none() | st.integers(-3, 70),
)
def test_whatever_the_values_bars_are_a_picture_of_the_size_asked(
    values: list[float],
    top: float,
    width: int,
    height: int,
    names: list[str],
    marks: list[float | None],
    highlight: int | None,
) -> None:
    assert is_a_picture(bars(values, top, width, height, names, marks, highlight=highlight), width, height)


@attack
@given(st.lists(shares, min_size=1, max_size=20), sizes, st.integers(20, 60))
def test_a_bar_is_as_high_as_its_value_to_an_eighth(values: list[float], height: int, width: int) -> None:
    """The largest is full, 0 is empty, and each has its part of 8 · height eighths, within one half."""
    top = max(values) or 1.0
    rows = bars(values, top, width, height)
    for k, value in enumerate(values):
        column = [row[k * (width + 1) // len(values)].char for row in rows]
        eighths = sum(map(BLOCKS.index, column))
        assert abs(eighths - value / top * 8 * height) <= 0.5 + 1e-9
        assert column == sorted(column, key=BLOCKS.index)


@attack
@given(st.lists(shares, min_size=1, max_size=99), sizes)
def test_of_more_values_than_columns_none_of_the_largest_is_lost(values: list[float], width: int) -> None:
    [row] = bars(values, 1.0, width, 1)
    assert max(BLOCKS.index(cell.char) for cell in row) == round(8 * max(values))


@attack
@given(st.integers(1, 40), sizes)
def test_bars_are_equally_wide_and_apart_where_there_is_room(count: int, width: int) -> None:
    [row] = bars([1.0] * count, 1.0, width, 1)
    drawn = "".join(cell.char for cell in row).split()
    assert len(set(drawn)) == 1 or width < 2 * count - 1
    assert len(drawn) == count or width < 2 * count - 1


def test_the_picture_of_bars() -> None:
    rows = bars([0.25, 0, 0.5, 1], 1, 7, 3, ["a", "b", "c", "d"])
    assert text(rows) == "      █\n▄   █ █\na b c d"
    assert text(bars([1, 0], 1, 11, 3, ["long label", "日本"])) == "█████      \n█████      \nlong… 日本 "


def test_a_mark_is_seen_over_its_bar_and_above_it() -> None:
    """Above a bar it has its own colour; on one it is cut out of it, whichever colour the bar has."""
    rows = bars([1.0, 0.25], 1, 3, 4, marks=[0.5, 0.5], highlight=0)
    assert text(rows) == "█  \n─ ─\n█  \n█ █"
    assert rows[1][0] == Cell("─", "ground", "highlight")
    assert rows[1][2] == Cell("─", "mark")
    assert rows[3] == [Cell("█", "highlight"), Cell(" "), Cell("█", "series-1")]


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
@pytest.mark.parametrize("bar", ["series-1", "series-2", "series-3", "highlight"])
def test_a_mark_on_a_bar_is_told_from_it_in_every_theme(theme: Theme, bar: str) -> None:
    """Three to one at least, which is what WCAG 2.1 (1.4.11) asks of a part of a picture."""
    assert contrast(theme.variables["md-ground"], theme.variables[f"md-{bar}"]) >= 3


# strip and scrubber

STYLES = {"↑": "bad", "=": "dim", "↓": "good"}


@attack
@given(st.text("↑=↓日", max_size=60), sizes, st.none() | st.integers(-3, 70))
def test_the_worst_step_is_never_hidden_in_a_strip(marks: str, width: int, cursor: int | None) -> None:
    row = strip(marks, width, cursor, STYLES)
    assert is_a_picture([row], width, 1)
    for mark, style in STYLES.items():
        shown = {x for x, cell in enumerate(row) if cell.style == style}
        held = {column_of(t, len(marks) - 1, width) for t, at in enumerate(marks) if at == mark}
        assert shown <= held
        assert shown == held or mark != "↑"
    lit = [x for x, cell in enumerate(row) if cell.back == "cursor"]
    here = cursor is not None and 0 <= cursor < len(marks)
    assert lit == ([column_of(cursor, len(marks) - 1, width)] if here and cursor is not None else [])


def test_the_picture_of_a_strip() -> None:
    assert text([strip("↓↓=↓", 4, None, STYLES)]) == "↓↓=↓"
    assert text([strip("↓↓=↓", 2, None, STYLES)]) == "↓="
    assert strip("↓", 1, 0, STYLES) == [Cell("↓", "good", "cursor")]


@attack
@given(st.integers(0, 300), sizes, st.integers(-3, 303))
def test_the_knob_is_where_the_time_is(T: int, width: int, t: int) -> None:
    row = scrubber(t, T, width)
    assert is_a_picture([row], width, 1)
    knob = text([row]).index("●")
    assert knob == column_of(t, T, width)
    assert text([row]) == "━" * knob + "●" + "─" * (width - 1 - knob)
    assert [cell.style for cell in row] == ["past"] * knob + ["knob"] + ["axis"] * (width - 1 - knob)


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 3), (3, 0), (-1, -1)])
def test_no_room_is_an_empty_picture(width: int, height: int) -> None:
    pictures = [
        curves([Series([0, 1], "series-1")], 0, 1, [Tick(0, "0")], width, height, 0),
        bars([1.0], 1, width, height, ["a"], [1.0]),
    ]
    assert ["".join(text(picture).split()) for picture in pictures] == [""] * 2
    assert strip("↓", 0, 0, STYLES) == scrubber(0, 0, 0) == []
    assert time_at(0, 5, width) in range(6)


# words under bars


@attack
@given(st.integers(1, 130), st.integers(1, 120), st.integers(0, 2000))
def test_a_numeral_under_a_bar_is_the_number_of_its_state(count: int, width: int, first: int) -> None:
    """Each numeral covers the bar of the state that has this label, or stands within; whole, with blanks around it."""
    names = [str(first + k) for k in range(count)]
    rows = bars([1.0] * count, 1.0, width, 3, names)
    line = text(rows[-1:])
    for found in re.finditer(r"\d+", line):
        bar = {x for x in range(width) if bar_at(x, count, width) == int(found[0]) - first}
        under = set(range(*found.span()))
        assert bar
        assert bar <= under or under <= bar
    assert len(str(first)) > width or re.search(r"\d", line)


@attack
@given(labels, st.integers(0, 12))
def test_a_shortened_text_fits_and_keeps_its_numerals_whole(label: str, room: int) -> None:
    """It is no wider than asked, and each of its numerals is one of the whole text's."""
    for words in (label, f"{label} 1/1000 7.25e-5 {label}"):
        shown = shorten(words, room)
        assert columns(shown) <= room
        assert columns(words) > room or shown == words
        if "…" not in label:
            whole = [numeral[0] for numeral in NUMERAL.finditer(words)]
            assert all(numeral[0] in whole for numeral in NUMERAL.finditer(shown))


@given(
    st.lists(st.text("abM[]0", min_size=1, max_size=7), min_size=1, max_size=12), st.integers(1, 6), st.integers(0, 2)
)
def test_a_label_is_at_its_bar_and_apart_from_the_next(labels: list[str], size: int, gap: int) -> None:
    """It covers its bar or stands within it, is whole or keeps three letters, and a blank is between two that are long.

    Where one is left out none is shortened, and none are shortened to the same.
    """
    lefts, width = tuple(k * (size + gap) for k in range(len(labels))), len(labels) * (size + gap) - gap
    assume(width >= 7)
    found = placed(tuple(labels), lefts, size, width)
    for k, x, words in found:
        assert x >= 0
        assert x + len(words) <= width
        assert x <= lefts[k] <= lefts[k] + size <= x + len(words) or lefts[k] <= x <= x + len(words) <= lefts[k] + size
        assert words == labels[k] or (words[-1] == "…" and len(words) > 3)
    for (_, x, words), (_, after, then) in pairwise(found):
        assert x + len(words) + (max(len(words), len(then)) > 1) <= after
    if any(words != labels[k] for k, _, words in found):
        assert len({words for _, _, words in found}) == len(set(labels))
        assert len(found) == len(labels)
