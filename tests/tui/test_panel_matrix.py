"""What the matrix shows, read as text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from runs import NAMES, OWN, buffer_of, drawn

from tui import raster, view
from tui.glyphs import columns
from tui.heat import cividis
from tui.kernels import ClosedForm
from tui.messages import KernelParts, Kind, Question, Request
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.worker.study import Study


@pytest.mark.parametrize("matrix", view.MATRICES)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_matrix_and_state_has_a_picture(name: str, matrix: str) -> None:
    """Every matrix and posterior, for each state of x_t, at the first, second and last times."""
    buffer = buffer_of(name)
    assert buffer.opened is not None
    for t in (0, 1, buffer.T):
        for chosen in range(0, buffer.opened.K, 5):
            for colour in (True, False):
                state = view.ViewState(buffer, t, matrix=matrix, chosen=chosen, colour=colour)
                drawn("matrix", state, 33, 9)
                drawn("posterior", state, 60, 9)


def test_no_step_matrix_at_zero() -> None:
    """At t = 0 there has been no step: the panel says so instead of a picture."""
    for matrix in ("step", "reverse"):
        shown = drawn("matrix", view.ViewState(buffer_of("two-state"), 0, matrix=matrix), 40, 9)
        assert "no such matrix at t = 0" in shown


def test_what_is_too_large_to_be_walked_exactly_says_so() -> None:
    """Without matrices and closed forms the panels say why there is nothing, at every t."""
    buffer = buffer_of("many-states")
    buffer.steps[:] = [replace(step, parts=None) for step in buffer.steps]
    for t in range(buffer.T + 1):
        told = drawn("matrix", view.ViewState(buffer, t), 60, 9)
        assert "unknown: exact arithmetic would take too long" in told
        assert "K up to 1,024" in drawn("posterior", view.ViewState(buffer, t), 40, 9)
    assert "no such matrix at t = 0" in drawn("matrix", view.ViewState(buffer, 0, matrix="step"), 60, 9)


def test_a_memory_process_has_no_step_matrix() -> None:
    """Q_t alone does not exist where noise remembers x0: at t = 1 the reason is not t = 0."""
    shown = drawn("matrix", view.ViewState(buffer_of("memory"), 1, matrix="step"), 60, 9)
    assert "t = 0" not in shown
    assert shown.strip()


def test_entries_are_squares_with_numbers_and_names() -> None:
    """Two states at t = 1 of the symmetric channel: 0.95 stays, 0.05 flips; a cell is twice as wide as it is high."""
    rows = PANELS["matrix"].draw(view.ViewState(buffer_of("two-state"), 1), 60, 13)
    shown = raster.text(rows).splitlines()
    assert shown[0].split()[:2] == ["a", "b"]
    numbers = [[float(word.strip("▀")) for word in re.findall(r"\d\.\d+", row)] for row in shown]
    assert [row for row in numbers if row] == [[0.95, 0.05], [0.05, 0.95]]
    corner = rows[1][2].style
    across = sum(1 for cell in rows[1][2:] if cell.style == corner)
    down = 2 * sum(1 for row in rows[1:] if row[2].style == corner and row[2].char == "▀")
    assert across == down == 12


def test_blocks_merge_rows_as_columns() -> None:
    """26 letters on few rows: a cell is the largest of as many rows as columns, and the panel says of how many."""
    buffer = buffer_of("letters-uniform")
    entries = buffer.matrix(3, "cumulative")
    assert entries is not None
    state = view.ViewState(buffer, 3, chosen=0, source=25)
    rows = PANELS["matrix"].draw(state, 60, 7)
    assert "the largest of 3×3" in raster.text(rows[:1])
    largest = max(x for row in entries.blocks(1)[3:6] for x in row[:3] if x is not None)
    assert rows[1][0].back == cividis(largest)
    assert PANELS["matrix"].spot(state, 0, 2, 60, 7) == Question("cumulative", 3, 6, 0)
    assert PANELS["matrix"].spot(state, 59, 2, 60, 7) is None


def test_wide_names_stand_beside_their_rows() -> None:
    """日 takes two columns at the left and above; each row still has as many columns as the panel."""
    rows = PANELS["matrix"].draw(view.ViewState(buffer_of("wide"), 1), 60, 26)
    assert all(sum(columns(cell.char) if cell.char else 0 for cell in row) == 60 for row in rows)
    assert "日" in raster.text(rows[:1])
    assert any("日" in raster.text([row[:4]]) for row in rows[1:])


def test_what_does_not_fit_has_its_numbers_beside_it() -> None:
    """70 states alone on a screen: blocks of them, the few values in words, and the entries around the chosen one."""
    state = view.ViewState(buffer_of("many-states"), 1, matrix="step", chosen=40, source=40, zoomed="matrix")
    shown = drawn("matrix", state, 110, 30).splitlines()
    assert shown[0].split()[:4] == ["diagonal", "≈0.5071", "else", "≈0.007143"]  # 1/2 + 1/140, 1/140
    assert "a cell: the largest of 2×2" in shown[1]
    assert shown[1].split()[-7:-1] == ["37", "38", "39", "40", "41", "42"]
    numbers = [found for row in shown[2:] if len(found := re.findall(r"\d\.\d+(?:e-\d)?", row)) > 1]
    assert numbers == [["0.5071" if k == n else "7.14e-3" for k in range(6)] for n in range(6)]
    spots = {PANELS["matrix"].spot(state, x, y, 110, 30) for x in range(110) for y in range(30)}
    assert Question("step", 1, 42, 38) in spots
    plain = drawn("matrix", replace(state, colour=False), 110, 30)
    assert plain.count("7.14e-3") == 20


@pytest.mark.parametrize("matrix", view.MATRICES)
def test_of_a_large_dense_matrix_the_chosen_entries_are_asked_for(matrix: Kind) -> None:
    """K = 70, of which blocks are sent: alone, while time rests, the columns that are shown come with their numbers."""
    text = f"data = {{ weights = {[1] * 70} }}\n"
    text += 'noise = { steps = 1, kernel = { kind = "neighbour" }, schedule = { kind = "constant", beta = "1/5" } }'
    buffer, answers = RunBuffer(), []
    study = Study(Request(text, ".", "dense"), buffer.take)
    study.perform(lambda: None)
    state = view.ViewState(buffer, 1, matrix=matrix, chosen=40, source=41)
    assert not PANELS["matrix"].columns(state)
    state = replace(state, zoomed="matrix")
    assert "0.8000" not in drawn("matrix", state, 118, 34)
    study.send = answers.append
    for column in PANELS["matrix"].columns(state):
        study.ask(column)
    shown = drawn("matrix", replace(state, answers=tuple(answers)), 118, 34)
    numbers = [found for row in shown.splitlines() if len(found := re.findall(r"\d\.\d+(?:e-\d)?", row)) > 1]
    stay, leave = ("0.0114", "1.43e-3") if matrix == "joint" else ("0.8000", "0.1000")
    assert len(numbers) == 6
    assert all(set(row) == {stay, leave} for row in numbers)


def test_the_whole_of_fifty_thousand_states_takes_no_matrix() -> None:
    """Closed forms of K = 50,000: the diagonal, the mask's column, and nothing as large as K² anywhere."""
    K = 50_000
    for parts, target, mask in (
        (KernelParts(0.6, 0.4), [1 / K] * K, None),
        (KernelParts(0.6, 0.4), [0.0] * (K - 1) + [1.0], None),
        (KernelParts(0.5, 0.25, 0.25), [1 / (K - 1)] * (K - 1) + [0.0], K - 1),
    ):
        blocks = ClosedForm(parts, target, mask).blocks(2000)
        assert len(blocks) == len(blocks[0]) == 25
        assert blocks[3][3] == parts.keep + parts.fresh * target[0]
        assert blocks[3][4] == parts.fresh * target[0]
        assert blocks[3][-1] == max(parts.gone, parts.fresh * target[-1])


@pytest.mark.parametrize("name", ["pronouns", "d3pm-text", "elbo-mask-prior", "letters-uniform"])
@pytest.mark.parametrize("size", [(28, 9), (32, 9), (38, 10), (76, 20), (118, 34)])
def test_the_heads_of_columns_are_whole_names(name: str, size: tuple[int, int]) -> None:
    """All of them, or every n-th and the last, and no name is cut; what has blocks of states says so."""
    state = view.ViewState(buffer_of(name), 2)
    heads = drawn("matrix", state, *size).splitlines()[0].rsplit("▀", 1)[0].split()
    if "largest" not in heads:
        every = "".join(state.run.labels)  # single letters have no blank between them where entries have none
        assert set(heads) <= {*state.run.labels, every}
        assert heads[0] in (state.state(0), every)
        assert {state.run.labels[-1], every} & set(heads)
