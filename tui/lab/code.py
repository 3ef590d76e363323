"""View 2: a code made for Q, outcomes from P. Q's bars are moved; H(P), KL(P‖Q) and H(P,Q) stack up.

Q is the bars' weights, each divided by their sum: so every Q one makes is a law, and any law on the four states can be
made. A weight of 0 rules a state out; where P does not, KL is infinite, and says at which state.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from markovdiff.errors import InputError
from tui import raster
from tui.lab.dial import Dial, Values
from tui.lab.written import LABEL, exact
from tui.raster import Cell, Row
from tui.rows import line

if TYPE_CHECKING:
    from tui.lab.numbers import CodingCost

TITLE = "the wrong code"
IDEA = "Outcomes of P, coded for Q, cost H(P) in any case and KL(P‖Q) on top of it."
TOPIC = "cross-entropy"
P = (Fraction(1, 2), Fraction(1, 4), Fraction(1, 8), Fraction(1, 8))
STATES = "abcd"
DIALS = tuple(
    Dial(
        f"q({state})", Fraction(0), Fraction(512), start, Fraction(1), Fraction(8), f"weight of {state}",
        "a weight is at least 0, which rules the state out, and 512 at most: to raise a share more, lower the others",
        whole=True,
    )
    for state, start in zip(STATES, map(Fraction, (8, 8, 40, 8)), strict=True)
)  # fmt: skip


def check(values: Values) -> None:
    """Refuse weights of which none is left."""
    if not any(values.values()):
        raise InputError("with all weights 0 there is no law", where="q", expected="a weight above 0", got="none")


def measure(values: Values) -> CodingCost:
    """Return what coding costs with these weights."""
    from tui.lab import numbers

    return numbers.coding_cost(P, tuple(values[dial.name] for dial in DIALS))


def render(values: Values, measured: CodingCost | None, chosen: int, width: int, height: int) -> list[Row]:
    """Draw the bars of Q with P's marks, the stack, the numbers."""
    if measured is None:
        return []
    q = [float(x) for x in measured.q]
    labels = [f"{state} {x}" for state, x in zip(STATES, measured.q, strict=True)]
    picture = max(height - 8 if height >= 14 else height - 6, 2)
    bars = raster.bars(q, 1.0, width - 2, picture, labels, [float(x) for x in P], "series-1", chosen)
    witness = f"Q rules out {STATES[measured.missing]}, P does not" if measured.missing is not None else ""
    stack = _stack(measured, width)
    weights = " : ".join(str(values[dial.name]) for dial in DIALS)
    return [
        line([(" █ Q", "series-1"), (f" in the ratio {weights}", "dim"), ("   ─ P = ½ ¼ ⅛ ⅛", "mark")], width),
        *([Cell(" "), *row, Cell(" ")] for row in bars),
        *(stack if height >= 14 else stack[1:]),
        *([line([], width)] if height >= 14 else []),
        exact("H(P)", measured.entropy, "bits", width, "series-3"),
        exact("KL(P‖Q)", measured.divergence, "bits", width, "series-2", witness),
        exact("H(P,Q)", measured.cost, "bits", width, "title", witness),
        exact("KL(Q‖P)", measured.reverse, "bits", width),
    ]


def _stack(measured: CodingCost, width: int) -> list[Row]:
    """Draw H(P) and KL(P‖Q) end to end, which is H(P,Q); where that is infinite the bar has no end."""
    room = width - LABEL - 3
    H, D = float(measured.entropy), float(measured.divergence)
    if measured.missing is not None:
        whole, first = room, round(room / 2)
    else:
        scale = room / max(H + D, 2 * H)
        whole, first = round((H + D) * scale), round(H * scale)
    end = ("▶", "bad") if measured.missing is not None else ("", "")
    parts = [(f" {'H(P,Q) =':<{LABEL}}", "title"), ("█" * first, "series-3"), ("▒" * (whole - first), "series-2"), end]
    head = [(" " * (LABEL + 1), ""), ("█ H(P)", "series-3"), (" + ", "dim"), ("▒ KL(P‖Q)", "series-2")]
    return [line(head, width), line(parts, width)]


def grab(values: Values, x: int, y: int, width: int, height: int) -> tuple[str, Fraction] | None:
    """Return the weight that brings the top of a bar to a place above it, the others' weights as they are."""
    picture = max(height - 8 if height >= 14 else height - 6, 2)
    state = raster.bar_at(x - 1, len(P), width - 2)
    plot = picture - 1 if picture >= 3 else picture
    if state is None or not 1 <= y <= picture:
        return None
    share = Fraction(max(2 * (plot - y) + 1, 0), 2 * plot)
    others = sum((values[dial.name] for dial in DIALS), Fraction(0)) - values[DIALS[state].name]
    name, high = DIALS[state].name, DIALS[state].high
    if not others:
        return name, high if share > Fraction(1, 2) else Fraction(1)
    return name, Fraction(round(share / (1 - share) * others)) if share < 1 else high + 1


def settings(values: Values) -> list[str]:  # noqa: ARG001
    """Return nothing: the chapter's page has two states, and keeps its own numbers."""
    return []
