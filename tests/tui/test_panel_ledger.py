"""What the ledger of the ELBO shows, read as text."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from runs import NAMES, OWN, buffer_of, drawn, lines

from tui import raster, view
from tui.panels import PANELS


def amounts(name: str, t: int) -> dict[str, Decimal]:
    """The ledger's lines as they are shown."""
    found = [re.match(r" (.*?) +(-?\d\S*)\s*$", row) for row in lines("ledger", name, t, 40, 24)]
    return {m[1].strip(): Decimal(m[2]) for m in found if m}


def last_digit(number: Decimal) -> Decimal:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return Decimal(1).scaleb(exponent)


@pytest.mark.parametrize(
    "name", ["two-state", "letters-masked", "two-rooms", "elbo-tight", "elbo-wrong-belief", "elbo-d3pm", "jump-uniform"]
)
def test_the_ledger_adds_up_as_it_is_shown(name: str) -> None:
    """Reconstruction + denoising + prior is L, and so is H(x0) + model error + prior gap, but for last digits."""
    shown = amounts(name, 2)
    (L,) = [number for words, number in shown.items() if words.startswith("L = −ELBO")]
    for parts in (["reconstruction", "denoising", "prior matching"], ["= H(x0)", "+ model error", "+ prior gap"]):
        numbers = [shown[part] for part in parts]
        assert abs(sum(numbers) - L) <= sum(map(last_digit, [*numbers, L])), (parts, shown)


def test_an_infinite_ledger_says_so() -> None:
    """Where L is infinite the panel has ∞, and what is not defined is called undefined."""
    found = [name for name in [*NAMES, *OWN] if "∞" in "".join(lines("ledger", name, 1))]
    assert "elbo-mask-prior" in found or "infinite" in found


def test_a_process_with_memory_has_no_ledger() -> None:
    """Its panel says that and nothing else."""
    shown = lines("ledger", "memory", 3)
    assert shown[0].strip() == "a process with memory has no ledger"
    assert not "".join(shown[1:]).strip()


def test_totals_come_at_the_end() -> None:
    """While the run goes on, the ledger has this step's lines and says that the totals come."""
    buffer = buffer_of("two-state", 0.5)
    shown = drawn("ledger", view.ViewState(buffer, 3), 50, 12)
    assert "term of t = 3" in shown
    assert "totals come at the end" in shown


def test_both_ledgers_stand_side_by_side() -> None:
    """The marked chain's totals are those of its own ledger."""
    this, other = buffer_of("two-state"), buffer_of("two-rooms")
    shown = drawn("ledger", view.ViewState(this, 3, overlay_run=other), 60, 24).splitlines()
    alone = drawn("ledger", view.ViewState(other, 3), 60, 24).splitlines()
    (both,) = [row.split() for row in shown if "L = −ELBO" in row]
    (own,) = [row.split() for row in alone if "L = −ELBO" in row]
    assert both[-1] == own[-1] != both[-2]


@pytest.mark.parametrize("name", ["two-state", "elbo-d3pm", "elbo-mask-prior", "infinite", "dense-late"])
@pytest.mark.parametrize("size", [(38, 7), (38, 9), (58, 14), (66, 13), (118, 34), (198, 56)])
def test_the_totals_are_in_sight(name: str, size: tuple[int, int]) -> None:
    """At the sizes that a panel has from 80×24 to 200×60, zoomed too: L and all that it is the sum of."""
    for t in (0, 1, buffer_of(name).T):
        shown = drawn("ledger", view.ViewState(buffer_of(name), t), *size)
        assert "L = −ELBO" in shown
        assert all(
            any(words in shown for words in term)
            for term in (("= H(x0)",), ("ΣΔ_t", "model error"), ("KL(", "prior gap"))
        )


@pytest.mark.parametrize("size", [(38, 9), (58, 14), (66, 13), (118, 34), (198, 56)])
def test_the_waterfall_is_there_from_the_usual_screen_on(size: tuple[int, int]) -> None:
    """It has its key, the prior's bar, and the bar of each time that can be clicked is that of its term."""
    state = view.ViewState(buffer_of("elbo-d3pm"), 5)
    rows = PANELS["ledger"].draw(state, *size)
    shown = raster.text(rows)
    assert "lost" in shown
    assert "prior" in shown
    assert "π" in shown.splitlines()[-1]
    assert any(cell.back == "series-3" or cell.char == "▒" for row in rows[-5:-1] for cell in row) or size[1] > 9
    found = {PANELS["ledger"].click(state, x, size[1] - 2, *size).t for x in range(size[0])}
    assert found == set(range(1, 17))
    spots = {PANELS["ledger"].spot(state, x, size[1] - 2, *size) for x in range(size[0] - 30, size[0])}
    assert view.ReadNumber("elbo_term", 16) in spots


def test_the_strong_bound_is_beside_the_step() -> None:
    """Where there is room: I_t, and what the strong inequality leaves at most."""
    buffer = buffer_of("two-state")
    shown = drawn("ledger", view.ViewState(buffer, 17), 66, 14)
    assert "I_t 0.015135 ≤ η·I_(t−1) 0.016840" in shown
    assert "t=17 0.003576 = lost 0.003576 + model error 0" in shown


def test_alone_the_ledger_has_its_formula() -> None:
    """Zoomed, both sums that L is stand under the numbers; and only then."""
    buffer = buffer_of("elbo-d3pm")
    for zoomed in ("", "ledger"):
        shown = drawn("ledger", view.ViewState(buffer, 5, zoomed=zoomed), 118, 34)
        assert ("L = L_0 + ΣL_(t−1) + L_T" in shown) is ("= H(x0) + ΣΔ_t + KL(p_T‖π)" in shown) is bool(zoomed)


@pytest.mark.parametrize("name", ["pair-uniform", "bridge-plug-in"])
def test_the_model_error_of_positions_has_its_parts(name: str) -> None:
    """Where each position is drawn by itself Δ_t = E TC + Σ_l E KL, as shown; of one symbol there are no parts."""
    for t in (1, 2):
        shown = amounts(name, t)
        parts = shown["drawn apart"], shown["positions' own"]
        assert abs(sum(parts) - shown["model error"]) <= sum(map(last_digit, [*parts, shown["model error"]]))
    assert "drawn apart" not in amounts("two-state", 1)
