"""What the verdict on a step shows, read as text."""

from __future__ import annotations

from fractions import Fraction

import pytest
from runs import buffer_of, drawn, lines

from tui import view
from tui.panels import PANELS, inequality


@pytest.mark.parametrize(
    ("name", "word"),
    [("two-state", "strict"), ("permutation", "equal"), ("memory", "violated"), ("mask-hump", "strict")],
)
def test_the_inequality_says_its_verdict(name: str, word: str) -> None:
    """At every step the panel has the engine's own verdict in words; and this word somewhere in the run."""
    buffer, words = buffer_of(name), set()
    for t in range(1, buffer.T + 1):
        step = buffer.at(t)
        assert step is not None
        verdict = step.record["decay"]
        assert f" {inequality.MARKS[verdict]} {verdict} " in lines("inequality", name, t, 60, 8)[0]
        words.add(verdict)
    assert word in words


def test_the_inequality_begins_with_nothing() -> None:
    """At t = 0 no step has been made."""
    assert "t = 0: nothing is lost yet" in lines("inequality", "two-state", 0)[0]


def test_the_strip_has_the_verdict_of_each_step() -> None:
    """With a column to a step, the strip under the panel is the verdicts' marks in order."""
    buffer = buffer_of("memory")
    wanted = "·" + "".join(inequality.MARKS[s.record["decay"]] for s in buffer.steps[1:])
    strip = drawn("inequality", view.ViewState(buffer, 5), 15, 8).splitlines()[-1]
    assert strip == f" {wanted} "


@pytest.mark.parametrize("width", [28, 31, 34, 37, 44, 70])
def test_the_number_of_a_chain_beneath_is_rounded_and_not_cut(width: int) -> None:
    """Whatever the width, what stands beside I_t is I_t of the other chain to the digits it has, or nothing."""
    other = buffer_of("two-rooms")
    for t in (1, 5, 12, 16):
        truth = Fraction(str(other.value(t, "mutual_information")["value"]))
        rows = PANELS["inequality"].draw(view.ViewState(buffer_of("two-state"), t, overlay_run=other), width, 8)
        shown = "".join(cell.char for cell in rows[2] if cell.style == "beneath").replace("beneath", "").strip()
        digits = len(shown.partition(".")[2])
        assert not shown or (digits >= 2 and abs(Fraction(shown) - truth) <= Fraction(1, 2 * 10**digits))
