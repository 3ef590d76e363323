"""Heat maps as text and as colours: entries are equal rectangles, and what is pointed at is what is shown."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from pictures import is_a_picture, luminance

from tui.heat import cell_at, cividis, heat
from tui.raster import Cell, text

attack = examples(100)

sizes = st.integers(1, 40)
shares = st.floats(0, 1)
wild = st.floats() | st.none()
matrices = st.integers(1, 20).flatmap(
    lambda columns: st.lists(st.lists(wild, min_size=columns, max_size=columns), max_size=20)
)


@attack
@given(matrices, sizes, sizes, st.none() | st.tuples(st.integers(-2, 25), st.integers(-2, 25)), st.booleans(), wild)
def test_whatever_the_matrix_heat_is_a_picture_of_the_size_asked(
    matrix: list[list[float | None]],
    width: int,
    height: int,
    cursor: tuple[int, int] | None,
    coloured: bool,
    top: float | None,
) -> None:
    rows = heat(matrix, width, height, cursor, cividis if coloured else None, 1.0 if top is None else top)
    assert is_a_picture(rows, width, height)


@attack
@given(st.integers(1, 30), st.integers(1, 30), sizes, sizes, st.booleans(), st.data())
def test_a_click_finds_the_entry_that_is_shown(
    lines: int, columns: int, width: int, height: int, half: bool, data: st.DataObject
) -> None:
    """Where only one entry is not 0, exactly the cells that lead to its block are not blank or dark."""
    i, j = data.draw(st.tuples(st.integers(0, lines - 1), st.integers(0, columns - 1)))
    matrix = [[float((k, m) == (i, j)) for m in range(columns)] for k in range(lines)]
    rows = heat(matrix, width, height, colour=cividis if half else None)
    bright = {(x, y) for y, row in enumerate(rows) for x, c in enumerate(row) if c.char == "█" or c.style == cividis(1)}
    found = {(x, y): cell_at(x, y, lines, columns, width, height, half) for x in range(width) for y in range(height)}
    below = {block for block in found.values() if block and block[0] <= i and block[1] <= j}
    assert bright <= {place for place, block in found.items() if block == max(below)}
    assert half or bright == {place for place, block in found.items() if block == max(below)}
    assert all((rows[y][x].char == " " and not rows[y][x].style) or found[x, y] for x, y in found)


def test_entries_are_equal_rectangles_as_large_as_fit_and_the_rest_is_blank() -> None:
    assert text(heat([[1, 0, 0.3], [None, 0.5, 1]], 10, 2)) == "███   ▒▒▒ \n·╳·▒▒▒███ "
    assert text(heat([[0.0, 1e-300, 0.25, 0.26, 0.75, 1.0]], 6, 1)) == " ░░▒▓█"


def test_a_cell_shows_two_rows_of_a_matrix() -> None:
    [first, second] = heat([[0.0], [1.0], [0.5]], 1, 2, colour=cividis)
    assert first == [Cell("▀", cividis(0), cividis(1))]
    assert second == [Cell("▀", cividis(0.5))]


def test_a_matrix_too_large_is_shown_by_the_largest_of_equal_blocks() -> None:
    matrix: list[list[float | None]] = [[0.0, 0.0, 0.0, 1.0], [0.5, None, 0.0, 0.0]]
    assert text(heat(matrix, 2, 1)) == "▒█"
    assert cell_at(1, 0, 2, 4, 2, 1, half=False) == (0, 2)


def test_the_undefined_is_hatched_and_is_not_zero() -> None:
    assert heat([[None], [None]], 2, 1, colour=cividis) == [[Cell("╳", "undefined"), Cell("·", "undefined")]]
    assert heat([[None], [0.0]], 1, 1, colour=cividis) == [[Cell("▀", "undefined", cividis(0))]]


@attack
@given(st.integers(1, 9), sizes, sizes, shares | st.none(), st.booleans(), st.data())
def test_the_chosen_entry_is_told_from_its_neighbours(
    size: int, width: int, height: int, value: float | None, coloured: bool, data: st.DataObject
) -> None:
    i, j = data.draw(st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)))
    matrix = [[value] * size for _ in range(size)]
    colour = cividis if coloured else None
    plain, chosen = heat(matrix, width, height, None, colour), heat(matrix, width, height, (i, j), colour)
    assert plain != chosen
    if not coloured:
        assert text(plain) != text(chosen)
        assert {"[", "]"} <= set(text(chosen)) or "◆" in text(chosen)


def test_the_rim_leaves_the_inside_of_an_entry_to_be_seen() -> None:
    rows = heat([[1.0]], 3, 2, (0, 0), cividis)
    black, bright = "#000000", cividis(1)
    assert rows[0] == [Cell("▀", black, black), Cell("▀", black, bright), Cell("▀", black, black)]
    assert rows[1] == [Cell("▀", black, black), Cell("▀", bright, black), Cell("▀", black, black)]
    assert heat([[0.0]], 3, 2, (0, 0), cividis)[0][0] == Cell("▀", "#ffffff", "#ffffff")


@given(st.integers(0, 254))
def test_cividis_rises_in_luminance_at_every_step(k: int) -> None:
    """So it is read in greyscale too."""
    assert luminance(cividis(k / 255)) < luminance(cividis((k + 1) / 255))


def test_cividis_has_its_published_ends_and_is_clipped() -> None:
    assert (cividis(0), cividis(1)) == ("#00224e", "#fee838")
    assert (cividis(-inf), cividis(7)) == (cividis(0), cividis(1))


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 3), (3, 0), (-1, -1)])
@pytest.mark.parametrize("colour", [None, cividis])
def test_no_room_is_an_empty_heat_map(width: int, height: int, colour: Callable[[float], str] | None) -> None:
    assert "".join(text(heat([[1.0]], width, height, (0, 0), colour)).split()) == ""
    assert cell_at(0, 0, 1, 1, width, height, half=True) is None
