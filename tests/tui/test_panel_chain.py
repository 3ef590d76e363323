"""What is said of the chain, read as text."""

from __future__ import annotations

from runs import drawn, film_of

from tui import view


def test_the_chain_says_what_it_is() -> None:
    """Kernel, schedule, β_t exactly, the states, and what each check observed."""
    shown = drawn("chain", view.ViewState(film_of("two-state"), 3), 80, 24)
    for words in ("Two-state symmetric channel", "uniform", "constant", "1/10", "729/1000", "a b", "✓ mi-decay"):
        assert words in shown


def test_a_beta_of_zero_is_not_none() -> None:
    """β_t = 0 and ᾱ_t = 0 are numbers: the chain's panel shows 0."""
    film = film_of("no-loss")
    step = film.at(film.T)
    assert step is not None
    assert step.record["alpha_bar"] == "0"
    rows = drawn("chain", view.ViewState(film, film.T), 80, 12).splitlines()
    assert rows[4].split() == ["ᾱ_t", "0"]
