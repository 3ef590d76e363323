"""What the matrix shows, read as text."""

from __future__ import annotations

import pytest
from runs import NAMES, OWN, drawn, film_of

from tui import view


@pytest.mark.parametrize("matrix", view.MATRICES)
@pytest.mark.parametrize("name", [*NAMES, *OWN])
def test_every_matrix_and_state_has_a_picture(name: str, matrix: str) -> None:
    """Every matrix and posterior, for each state of x_t, at the first, second and last times."""
    film = film_of(name)
    assert film.opened is not None
    for t in (0, 1, film.T):
        for chosen in range(0, film.opened.K, 5):
            for colour in (True, False):
                scene = view.ViewState(film, t, matrix=matrix, chosen=chosen, colour=colour)
                drawn("matrix", scene, 33, 9)
                drawn("posterior", scene, 60, 9)


def test_no_step_matrix_at_zero() -> None:
    """At t = 0 there has been no step: the panel says so instead of a picture."""
    for matrix in ("step", "reverse"):
        shown = drawn("matrix", view.ViewState(film_of("two-state"), 0, matrix=matrix), 40, 9)
        assert "no such matrix at t = 0" in shown


def test_a_chain_too_large_for_pictures_says_so() -> None:
    """With K > 64 no matrix is sent, and the panels of matrices say so at every t."""
    film = film_of("many-states")
    for t in range(film.T + 1):
        assert "not kept for this chain" in drawn("matrix", view.ViewState(film, t), 40, 9)
        assert "K up to 1,024" in drawn("posterior", view.ViewState(film, t), 40, 9)


def test_a_memory_process_has_no_step_matrix() -> None:
    """Q_t alone does not exist where noise remembers x0: at t = 1 the reason is not t = 0."""
    shown = drawn("matrix", view.ViewState(film_of("memory"), 1, matrix="step"), 60, 9)
    assert "t = 0" not in shown
    assert shown.strip()
