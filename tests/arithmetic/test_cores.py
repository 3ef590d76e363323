"""A large product of balls is shared out over the cores: the balls are the same, and FLINT is left as it was."""

from __future__ import annotations

from random import Random

import pytest
from flint import arb_mat, ctx, fmpz

from markovdiff.arithmetic import enclosure
from markovdiff.arithmetic.enclosure import product_ball, stochastic_ball


def law(random: Random, K: int) -> tuple[list[fmpz], fmpz]:
    weights = [fmpz(random.randrange(1, 10**9)) for _ in range(K)]
    return weights, sum(weights, fmpz(0))


@pytest.mark.parametrize("bits", [114, 400])
def test_the_number_of_threads_changes_no_ball(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every midpoint and radius of a 128 × 128 × 128 product, on one to four threads."""
    random = Random(bits)
    A, B = (stochastic_ball([law(random, 128) for _ in range(128)], bits) for _ in range(2))
    seen = []
    for n in (1, 2, 3, 4):
        monkeypatch.setattr(enclosure, "cores", lambda n=n: n)
        seen.append([(x.mid().man_exp(), x.rad().man_exp()) for x in product_ball(A, B, bits).entries()])
        assert ctx.threads == 1
    assert seen[0] == seen[1] == seen[2] == seen[3]


def test_threads_are_given_back_where_a_product_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the shapes do not fit."""
    monkeypatch.setattr(enclosure, "cores", lambda: 2)
    before = ctx.threads, ctx.prec
    with pytest.raises(ValueError, match="shape"):
        product_ball(arb_mat(256, 255), arb_mat(256, 256), 128)
    assert (ctx.threads, ctx.prec) == before
