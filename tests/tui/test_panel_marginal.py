"""What the marginal shows, read as text."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

import pytest
from runs import buffer_of, drawn, lines

from tui.view import ViewState


def test_the_marginal_names_states() -> None:
    """Under the bars stand the states; above, the distance to the prior."""
    rows = lines("marginal", "two-state", 3, 40, 12)
    assert rows[-1].split() == ["a", "b"]
    assert "TV" in rows[0]


@pytest.mark.parametrize("name", ["two-state", "letters-uniform", "elbo-mask-prior"])
@pytest.mark.parametrize("width", [*range(24, 50), 76, 98])
def test_the_distance_says_of_what(name: str, width: int) -> None:
    """TV has what it is measured to, at every width, and its number is a rounding; alone it has its definition."""
    buffer = buffer_of(name)
    for t in (0, 5, buffer.T):
        state, step = ViewState(buffer, t), buffer.at(t)
        assert step is not None
        exact = Fraction(step.record["total_variation_to_prior"])
        head, alone = (
            drawn("marginal", one, width, 5).splitlines()[0] for one in (state, replace(state, zoomed="marginal"))
        )
        (shown,) = re.findall(r"  (?:TV\(p_t, prior\)|TV to (?:π|prior)) ≈?(\S+)", head)
        assert abs(Fraction(shown) - exact) <= exact / 3  # one digit at least
        assert width < 76 or "= ½ Σ_j |p_t[j] − prior[j]| " in alone
