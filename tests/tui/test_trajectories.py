"""The panel of particles, read as text; its colours, where it has some, told apart by the states they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from struct import pack

import pytest
from breadth import few
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from pictures import is_a_picture

import markovdiff as md
from markovdiff.process.trajectories import forward
from tui import raster
from tui.heat import cividis
from tui.messages import STOPPED, Question, Request, SampleAnswer, SampleQuestion
from tui.panels.trajectories import PALETTE, SHADES, _letters, draw, here, spot
from tui.run_buffer import RunBuffer
from tui.view.view_state import ViewState
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"

NOISE = "noise = { steps = %d, kernel = { kind = %s }, schedule = { kind = 'jump' } }\n"
OWN = {
    "three": "data = { states = ['a', 'b', 'c'], weights = [2, 1, 1] }\n" + NOISE % (4, "'uniform'"),
    "alike": "data = { states = ['x1', 'x2', 'x3'], weights = [2, 1, 1] }\n" + NOISE % (4, "'uniform'"),
    "wide": 'data = { states = ["日", "e\\u0301", "👩‍👩‍👧"], weights = [1, 2, 3] }\n' + NOISE % (2, "'uniform'"),
    "one-state": "data = { weights = [1] }\n" + NOISE % (1, "'uniform'"),
    "levels": f"data = {{ weights = {[1] * 70} }}\n" + NOISE % (3, "'uniform'"),
    "elsewhere": "data = { states = ['a', 'b', 'c'], weights = [1, 1, 0] }\n"
    "reverse = { prior = 'uniform', model = { kind = 'bayes', data = ['1', '0', '0'] } }\n"
    + NOISE
    % (3, "'matrix', rows = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]"),
}
NAMES = ["two-state", "letters-masked", "permutation", "memory", *OWN]
SIZES = [(1, 1), (3, 9), (25, 4), (26, 2), (30, 5), (38, 8), (80, 12), (110, 18), (200, 20)]


@cache
def buffer_of(name: str, count: int = 40) -> RunBuffer:
    """A whole run with its particles."""
    text = OWN[name] if name in OWN else (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    buffer = RunBuffer()
    study = Study(Request(text, str(SCENARIOS), name), buffer.take)
    study.ask(SampleQuestion(7, count))
    study.perform(lambda: None)
    assert buffer.trouble is None
    return buffer


def packed(paths: Sequence[Sequence[int]]) -> bytes:
    return b"".join(pack(f"<{len(row)}I", *row) for row in zip(*paths, strict=True))


def with_paths(
    name: str, forward: Sequence[Sequence[int]], reverse: Sequence[Sequence[int]] | None = None
) -> RunBuffer:
    """The run, with these paths x_0 … x_T as its particles."""
    back = None if reverse is None else packed(reverse)
    stopped = sum(path[0] == STOPPED for path in reverse or ())
    return replace(buffer_of(name), sampled=SampleAnswer(1, len(forward), packed(forward), back, stopped, ""))


def shown(state: ViewState, width: int, height: int) -> list[str]:
    rows = draw(state, width, height)
    assert is_a_picture(rows, width, height)
    return raster.text(rows).split("\n")


def plain(buffer: RunBuffer, t: int, *, backward: bool = False) -> ViewState:
    return ViewState(buffer, t, colour=False, backward=backward)


# form


@few("name", NAMES, NAMES[:2])
def test_it_fills_its_place_exactly(name: str) -> None:
    """At every size and time, either way, with colours or without: height rows of width cells of one column."""
    buffer = buffer_of(name)
    for width, height in SIZES:
        for t in {0, 1, buffer.T // 2, buffer.T}:
            for colour in (True, False):
                for backward in (True, False):
                    shown(ViewState(buffer, t, colour=colour, backward=backward), width, height)


@pytest.mark.slow
@examples(150)
@given(data=st.data())
def test_any_size_can_be_painted(data: st.DataObject) -> None:
    """Whatever is between those sizes."""
    buffer = buffer_of(data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from([1, 2, 40])))
    state = ViewState(
        buffer,
        data.draw(st.integers(0, buffer.T)),
        colour=data.draw(st.booleans()),
        backward=data.draw(st.booleans()),
    )
    shown(state, data.draw(st.integers(1, 200)), data.draw(st.integers(1, 30)))


def test_before_there_are_particles_it_says_so() -> None:
    """While the run lasts, and where nothing can be sampled, there are words."""
    buffer = buffer_of("three")
    assert "when the run has ended" in shown(ViewState(replace(buffer, sampled=None), 1), 60, 5)[0]
    large = SampleAnswer(1, 0, b"", None, 0, "too large to sample: too many steps")
    assert shown(ViewState(replace(buffer, sampled=large), 1), 60, 5)[0].strip() == large.words
    assert shown(ViewState(RunBuffer(), 0), 60, 3)[1:] == [" " * 60] * 2


# the particles

PATHS = [(2, 2, 0, 1, 1), (0, 0, 0, 0, 2), (1, 0, 2, 2, 2), (0, 0, 1, 1, 0)]


def nearest(path: Sequence[int], width: int) -> str:
    """The letters of a path, each column that of the nearest time."""
    return "".join("abc"[path[raster.time_at(x, len(path) - 1, width)]] for x in range(width))


def test_particles_are_sorted_by_their_paths() -> None:
    """By x_0, then x_1, …; the first of a band is named."""
    rows = shown(plain(with_paths("three", PATHS), 4), 24, 6)
    order = zip("a bc", (1, 3, 2, 0), strict=True)
    assert rows[1:5] == [f"{name} {nearest(PATHS[n], 22)}" for name, n in order]
    assert rows[5] == "  0────────────────────▲"


def test_backwards_they_are_sorted_from_the_end() -> None:
    """By x_T, then x_{T−1}, …; the names stand where they start, at the right."""
    rows = shown(plain(with_paths("three", PATHS, PATHS), 0, backward=True), 24, 6)
    order = zip("abc ", (3, 0, 1, 2), strict=True)
    assert rows[1:5] == [f"{nearest(PATHS[n], 22)} {name}" for name, n in order]
    assert rows[5] == "▲────────────────────4  "


def sparse(path: Sequence[int], width: int, backward: bool) -> str:
    """The letters of a path where it comes into another state, dots while it stays."""
    letters = nearest(path, width)
    past = letters[1:] + " " if backward else " " + letters[:-1]
    return "".join("·" if a == b else a for a, b in zip(letters, past, strict=True))


@pytest.mark.parametrize("t", range(5))
def test_what_has_not_happened_is_faint(t: int) -> None:
    """Forwards beyond the column of t, backwards before it, only the changes have letters; that of t shows x_t."""
    buffer, at = with_paths("three", PATHS, PATHS), raster.column_of(t, 4, 22)
    there = [row[2:] for row in shown(plain(buffer, t), 24, 6)[1:5]]
    back = [row[:22] for row in shown(plain(buffer, t, backward=True), 24, 6)[1:5]]
    for row, n in zip(there, (1, 3, 2, 0), strict=True):
        assert row[:at] == nearest(PATHS[n], 22)[:at]
        assert row[at + 1 :] == sparse(PATHS[n], 22, backward=False)[at + 1 :]
    for row, n in zip(back, (3, 0, 1, 2), strict=True):
        assert row[:at] == sparse(PATHS[n], 22, backward=True)[:at]
        assert row[at + 1 :] == nearest(PATHS[n], 22)[at + 1 :]
    assert [row[at] for row in there] == ["abc"[PATHS[n][t]] for n in (1, 3, 2, 0)]


def test_faint_is_the_same_colour_on_the_ground() -> None:
    """With colours the future has those that it will have, faint, over the whole width."""
    buffer = with_paths("three", PATHS, PATHS)
    for backward in (False, True):
        now, later = (
            draw(ViewState(buffer, t, backward=backward), 24, 4)[1:3] for t in ((0, 4) if not backward else (4, 0))
        )
        for row, other in zip(now, later, strict=True):
            cells = [(a, b) for a, b in zip(row, other, strict=True) if "~" in a.style]
            assert len(cells) == 21
            assert all((a.style, a.back) == (f"~{b.style}", f"~{b.back}") for a, b in cells if "~" not in b.style)


def test_of_many_every_nth_is_shown() -> None:
    """Eight particles in four rows: the second, fourth, sixth and eighth of the sorted paths."""
    paths = [(k // 3, 0, 0, 0, k % 3) for k in range(8)]
    rows = shown(plain(with_paths("three", paths[::-1]), 4), 24, 6)
    assert [row[2] + row[-1] for row in rows[1:5]] == ["ab", "ba", "bc", "cb"]


def test_a_column_of_many_times_shows_t_itself() -> None:
    """Where T exceeds the columns, the column of t shows x_t, not that of another time in it."""
    buffer = buffer_of("two-state")
    path = [t % 2 for t in range(buffer.T + 1)]
    odd = with_paths("two-state", [path])
    for t in range(buffer.T + 1):
        row = shown(plain(odd, t), 12, 3)[1]
        assert row[2 + raster.column_of(t, buffer.T, 10)] == "ab"[t % 2]


def test_half_rows_have_the_colours_of_their_states() -> None:
    """With colours a cell holds two particles, the upper in front, the lower behind."""
    a, b, c = PALETTE[:3]
    rows = draw(ViewState(with_paths("three", PATHS), 4), 24, 4)
    assert [(row[23].char, row[23].style, row[23].back) for row in rows[1:3]] == [("▀", c, a), ("▀", c, b)]
    assert [(row[2].char, row[2].style, row[2].back) for row in rows[1:3]] == [("▀", a, a), ("▀", b, c)]


def test_the_colours_of_many_states_are_cividis() -> None:
    """State j of K has cividis at j/(K − 1)."""
    rows = draw(ViewState(with_paths("levels", [(0, 0, 0, 69), (69, 69, 69, 35)]), 3), 20, 3)
    assert (rows[1][-1].style, rows[1][-1].back) == (cividis(1), cividis(35 / 69))


def test_where_labels_begin_alike_their_ends_tell() -> None:
    """Without colours, x1, x2, x3 are 1, 2, 3, with their names beside them."""
    rows = shown(plain(with_paths("alike", PATHS), 0), 24, 6)
    assert [row[:4] for row in rows[1:5]] == ["x1 1", "   1", "x2 2", "x3 3"]


def test_the_stopped_are_crossed_out_and_counted() -> None:
    """From its first undefined row on a particle is ╳, or with colours a hole; the caption says how many."""
    buffer = with_paths(
        "elsewhere", [(0, 0, 0, 0)] * 3, [(0, 0, 0, 0), (STOPPED, STOPPED, 1, 1), (STOPPED,) * 3 + (2,)]
    )
    rows = shown(plain(buffer, 0, backward=True), 12, 5)
    assert [(row[0], row[9]) for row in rows[1:4]] == [("a", "a"), ("╳", "b"), ("╳", "c")]
    assert "2 stopped" in shown(plain(buffer, 0, backward=True), 80, 5)[0]
    coloured = draw(ViewState(buffer, 0, backward=True), 12, 3)
    assert (coloured[1][0].char, coloured[1][0].style, coloured[1][0].back) == ("▀", PALETTE[0], "")
    drawn = buffer_of("elsewhere").sampled
    assert drawn is not None
    assert drawn.undefined > 0
    assert f"{drawn.undefined} stopped" in shown(ViewState(buffer_of("elsewhere"), 0), 80, 5)[0]


# the histograms


def test_frequencies_are_those_of_all_particles_at_t() -> None:
    """Two a and two others: bars of a half and its parts, whatever is drawn at the left."""
    buffer = with_paths("three", PATHS)
    rows = shown(plain(buffer, 0), 60, 12)
    head = rows[1][-20:]
    assert head.startswith("forward TV≈0.000")
    bars = [row[-20:] for row in rows[2:6]]
    assert bars[0].split() == ["──────"]
    assert bars[-1].split() == ["██████", "██████", "██████"]


@pytest.mark.parametrize(
    ("paths", "distance"), [([(0,) * 5] * 4, "0.500"), ([(2,) * 5] * 4, "0.750"), (PATHS, "0.000")]
)
def test_the_distance_is_the_total_variation(paths: list[tuple[int, ...]], distance: str) -> None:
    """½ Σ |n_j/n − p_j| at t = 0, where p is (1/2, 1/4, 1/4)."""
    assert f"TV≈{distance}" in shown(plain(with_paths("three", paths), 0), 60, 12)[1]


def test_the_stopped_are_far_from_everything() -> None:
    """To have stopped is a state that p_t gives no mass: three of four are 3/4 away."""
    stopped = (STOPPED,) * 4 + (0,)
    buffer = with_paths("three", [(0,) * 5] * 4, [(0,) * 5, stopped, stopped, stopped])
    text = "\n".join(shown(plain(buffer, 0, backward=True), 120, 12))
    assert "reverse TV≈0.750, to q(x0) ≈0.750" in text


def test_many_states_are_added_up() -> None:
    """70 states in 16 columns: bars of five, fourteen of them; every third has the label of its first state."""
    buffer = with_paths("levels", [(5 * (k % 14),) * 4 for k in range(28)])
    rows = draw(plain(buffer, 0), 40, 8)
    text = raster.text(rows).split("\n")
    assert [row[-16:] for row in text[2:5]] == ["─" * 14 + "  ", "█" * 14 + "  ", "0 15 30 45 60   "]


def test_memory_has_no_way_back_and_says_why() -> None:
    """A process with memory: forwards as others; backwards words, and no second histogram."""
    buffer = buffer_of("memory")
    assert "reverse: none" in "\n".join(shown(ViewState(buffer, 1), 80, 12))
    words = " ".join(row[:50].strip() for row in shown(ViewState(buffer, 1, backward=True), 80, 12)[1:])
    assert "a process with memory has no reverse model" in words


def test_every_bar_is_a_spot() -> None:
    """Under the mouse is p_t of the bar's state, its first where it stands for several; elsewhere nothing."""
    three, levels = ViewState(buffer_of("three"), 2), ViewState(buffer_of("levels"), 2)
    assert {spot(three, x, 5, 60, 12) for x in range(40)} == {None}
    states = [found.j for x in range(40, 60) if isinstance(found := spot(three, x, 5, 60, 12), Question)]
    assert sorted(set(states)) == [0, 1, 2]
    assert spot(three, 41, 0, 60, 12) is None
    assert spot(levels, 25, 5, 40, 8) == Question("marginal", 2, 0, 5)
    assert here(replace(three, chosen=1)) == Question("marginal", 2, 0, 1)


def test_letters_numbers_or_shades() -> None:
    """First letters, else last ones, else numbers; for more states than there are of those, shades."""
    assert _letters(["ab", "cd"]) == "ac"
    assert _letters(["A1", "A2", "B3"]) == "123"
    assert _letters(["A1", "A2", "B1"]) == "012"
    assert _letters([f"x{n}y" for n in range(40)]) == SHADES


def test_without_colours_letters_are_explained() -> None:
    """Which state each stands for is in the caption, where that is not its name; fewer, with …, where not all go in."""

    def caption(name: str, width: int, *, colour: bool = False) -> str:
        return shown(ViewState(buffer_of(name), 1, colour=colour), width, 6)[0]

    for width in (64, 110, 200):
        assert "  h=heads  t=tails" in caption("memory", width)
        assert "  1=x1  2=x2  3=x3" in caption("alike", width)
        assert "  [=[MASK]" in caption("letters-masked", width)
        assert "  ░=0–17  ▒=18–34  ▓=35–52  █=53–69" in caption("levels", width)
        assert "=" not in caption("two-state", width).replace("n=", "")
        assert "heads" not in caption("memory", width, colour=True)
    assert caption("alike", 28).split()[-1] == "…"


def test_particles_that_are_masked_or_drawn_anew() -> None:
    """Of noise by a mask and by uniform draws: shares of x_1 are those of p_1, and nothing leaves the mask."""
    noise = 'steps = 3, kernel = { kind = "mask-uniform", mask = "b", uniform = { kind = "constant", beta = "1/2" } }'
    study = md.loads(
        'data = { states = ["a", "b", "c"], weights = [3, 0, 1] }\n'
        f'noise = {{ {noise}, schedule = {{ kind = "constant", beta = "1/4" }} }}'
    )
    chain = study.chain()
    rows = forward(chain, 20_000, Random(1))
    for t in (1, 3):
        for j, p in enumerate(chain.marginal(t)):
            assert abs(rows[t].count(j) / 20_000 - float(p)) < 0.015
    assert all(b == 1 for a, b in zip(rows[1], rows[2], strict=True) if a == 1)
