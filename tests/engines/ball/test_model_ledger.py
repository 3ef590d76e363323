"""The ledger of any reverse model in balls, against the exact one."""

from __future__ import annotations

import pytest
from chains import constant_chain, examples, informations
from flint import arb, ctx
from hypothesis import assume, given
from modelled import Modelled, check_meets, exactly, in_balls, modelled, pairs

from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.ball import model_ledger as ball_models
from markovdiff.engines.ball.reverse import BallReverseStep
from markovdiff.errors import UnfinishedError
from markovdiff.measures.ledger import Entry, Totals
from markovdiff.process.kernels import RankOneKernel
from markovdiff.process.reverse import D3PM, Posterior
from markovdiff.process.reverse.numbers import BesideBayes


def something_vanishes(drawn: Modelled, steps: list[Entry], totals: Totals) -> bool:
    """Whether some number that the ledger is made of is exactly zero, which balls alone cannot tell."""
    known = [x for now in informations(drawn.chain)[1:] for x in (now.mutual_information, now.loss)]
    parts = [*known, *(entry.error for entry in steps), *(getattr(totals, name) for name in Totals.__slots__)]
    return any(isinstance(x, Quantity) and x.is_zero() for x in parts)


@examples(200)
@given(modelled())
def test_every_line_holds_the_exact_one(drawn: Modelled) -> None:
    """Each Δ_t, each term and each total encloses the exact one; what vanishes is known to."""
    assume(not isinstance(drawn.chain.kernel, RankOneKernel))
    near = in_balls(drawn, cheap=True)
    for name, a, b in pairs(exactly(drawn), near):
        check_meets(a, b, name)
    assert near[2].observed == "holds"


@pytest.mark.slow
@examples(200)
@given(modelled())
def test_balls_alone_tell_what_does_not_vanish(drawn: Modelled) -> None:
    """Where the exact chain is too dear to be asked, only beside an exact zero is anything left open."""
    assume(not isinstance(drawn.chain.kernel, RankOneKernel))
    books, near = exactly(drawn), in_balls(drawn, cheap=False)
    for name, a, b in pairs(books, near):
        try:
            check_meets(a, b, name)
        except UnfinishedError:
            assert something_vanishes(drawn, books[0], books[1]), name
    assert near[2].observed == "holds"


def test_a_wrong_error_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second formula of a step's term does not meet a Δ_t that is off by 1e-20 of itself."""
    drawn = Modelled(constant_chain(["1/2", "1/2"], [["2/3", "1/3"], ["1/4", "3/4"]], 3), D3PM(Posterior()), None)
    assert in_balls(drawn, cheap=False)[2].observed == "holds"
    right = ball_models.model_error

    def wrong(step: BallReverseStep, reverse: BesideBayes) -> arb:
        with ctx.workprec(step.bits):
            return right(step, reverse) * (1 + arb(10) ** -20)

    monkeypatch.setattr(ball_models, "model_error", wrong)
    assert in_balls(drawn, cheap=False)[2].observed == "violated"
