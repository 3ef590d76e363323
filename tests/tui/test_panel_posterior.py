"""What the posteriors show, read as text."""

from __future__ import annotations

import re

from runs import drawn, film_of

from tui import view


def test_the_posterior_is_a_distribution() -> None:
    """The shares of x0 given x_t that are shown add up to 1, and so do those of x_(t-1)."""
    film = film_of("two-rooms")
    assert film.opened is not None
    rows = drawn("posterior", view.ViewState(film, 5, chosen=2), 60, 20).splitlines()
    assert f"given x_5 = {film.opened.states[2]}" in rows[0]
    found = [re.findall(r"\d\.\d{3}", row) for row in rows[2 : 2 + film.opened.K]]
    for column in zip(*found, strict=True):
        assert abs(sum(map(float, column)) - 1) < 0.0006 * film.opened.K


def test_an_impossible_state_has_no_posterior() -> None:
    """Where x_t cannot occur, the posterior is undefined, and the panel says that."""
    assert "undefined" in drawn("posterior", view.ViewState(film_of("impossible"), 1, chosen=1), 60, 9)
