"""A reverse model that balls and float64 have no formula for is computed from its exact rows, never taken for 1/K."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import pytest
from chains import Process, constant_chain, examples, markov
from hypothesis import assume, given
from mixed_with_uniform import MixedWithUniform
from modelled import Modelled, check_meets, check_near, exactly, in_balls, in_float64, pairs

from markovdiff.errors import LimitError
from markovdiff.process.kernels import RankOneKernel
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import (
    D3PM,
    Denoiser,
    MarginalDenoiser,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Row,
)


@dataclass(frozen=True, eq=False)
class MarginalByAnotherName(Denoiser):
    """q(x0), whatever x_t is: a denoiser that balls and float64 do not recognise."""

    def given(self, now: Moment) -> tuple[Row | None, ...]:
        """The same row for each j."""
        return MarginalDenoiser().given(now)


def brought(drawn: Modelled) -> Modelled:
    """The same model with its exact rows brought as a table."""
    moments = list(drawn.chain.moments())
    tables = tuple(drawn.model.step(a, b).rows for a, b in pairwise(moments))
    return Modelled(drawn.chain, ReverseTable(tables), drawn.prior)


SKEWED = constant_chain(["5/8", "1/4", "1/8"], [["3/4", "1/4", "0"], ["0", "1/2", "1/2"], ["1/8", "1/8", "3/4"]], 4)


def test_each_arithmetic_reports_the_exact_loss() -> None:
    """L of ½ Bayes + ½ uniform is what its exact rows give, and not what 1/K gives."""
    drawn = Modelled(SKEWED, MixedWithUniform(), None)
    truth = float(exactly(drawn)[1].negative_elbo.ball(200))
    taken_for_uniform = float(exactly(Modelled(SKEWED, MixedWithUniform(Fraction(1)), None))[1].negative_elbo.ball(200))
    assert taken_for_uniform > 1.2 * truth
    assert float(in_balls(drawn, cheap=False)[1].negative_elbo.ball(60)) == pytest.approx(truth, rel=1e-15)
    assert in_float64(drawn)[1].negative_elbo.value == pytest.approx(truth, rel=1e-12)


OTHERS = {
    "mixed with uniform": MixedWithUniform(),
    "mixture": PosteriorMixture(MarginalByAnotherName()),
    "d3pm": D3PM(MarginalByAnotherName()),
    "d3pm, formula": D3PM(MarginalByAnotherName(), "formula"),
}


@pytest.mark.parametrize("model", OTHERS.values(), ids=OTHERS)
@examples(40)
@given(process=markov(3, 4))
def test_every_line_holds_the_exact_one(model: ReverseModel, process: Process) -> None:
    """Each Δ_t, each term and each total agree with the exact ledger in balls and in float64."""
    assume(not isinstance(process.chain.kernel, RankOneKernel))
    drawn = Modelled(process.chain, model, None)
    books = exactly(drawn)
    for name, a, b in pairs(books, in_balls(drawn, cheap=True)):
        check_meets(a, b, name)
    for name, a, b in pairs(books, in_float64(drawn)):
        check_near(a, b, name)


def test_it_costs_no_digit_beside_a_table_of_the_same_rows() -> None:
    """In float64 the ledger is that of the same rows brought as a table, number for number."""
    drawn = Modelled(SKEWED, MixedWithUniform(), None)
    ours, table = in_float64(drawn), in_float64(brought(drawn))
    assert ours[1] == table[1]


def test_float64_refuses_rows_that_it_cannot_hold() -> None:
    """A probability below float64's range is an error that names the reverse model, not a zero."""
    with pytest.raises(LimitError, match=r"reverse\.model"):
        in_float64(Modelled(SKEWED, MixedWithUniform(Fraction(1, 2**1080)), None))
