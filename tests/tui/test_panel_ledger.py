"""What the ledger of the ELBO shows, read as text."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from runs import NAMES, OWN, drawn, film_of, lines

from tui import view


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
    film = film_of("two-state", 0.5)
    shown = drawn("ledger", view.ViewState(film, 3), 50, 12)
    assert "term of t = 3" in shown
    assert "totals come at the end" in shown


def test_both_ledgers_stand_side_by_side() -> None:
    """The marked chain's totals are those of its own ledger."""
    this, other = film_of("two-state"), film_of("two-rooms")
    shown = drawn("ledger", view.ViewState(this, 3, overlay_run=other), 60, 24).splitlines()
    alone = drawn("ledger", view.ViewState(other, 3), 60, 24).splitlines()
    (both,) = [row.split() for row in shown if "L = −ELBO" in row]
    (own,) = [row.split() for row in alone if "L = −ELBO" in row]
    assert both[-1] == own[-1] != both[-2]
