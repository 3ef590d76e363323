"""What the marginal shows, read as text."""

from __future__ import annotations

from runs import lines


def test_the_marginal_names_states() -> None:
    """Under the bars stand the states; above, the distance to the prior."""
    rows = lines("marginal", "two-state", 3, 40, 12)
    assert rows[-1].split() == ["a", "b"]
    assert "TV" in rows[0]
