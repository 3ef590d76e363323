"""The ledger of any reverse model in balls, against the exact one."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import pytest
from chains import constant_chain, examples, informations
from flint import arb, ctx
from hypothesis import assume, given
from modelled import Books, Modelled, exactly, in_balls, modelled

from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.ball import model_ledger as ball_models
from markovdiff.engines.ball.reverse import BallReverse, Step
from markovdiff.errors import UnfinishedError
from markovdiff.measures.ledger import Entry, Totals, Unbounded
from markovdiff.process.kernels import RankOneKernel
from markovdiff.process.reverse import D3PM, Posterior


def check_meets(exact: object, near: object, name: str) -> None:
    """Fifteen digits of a term are those of the exact one; infinite or undefined as that is."""
    if isinstance(exact, Unbounded):
        assert isinstance(near, Unbounded), (name, exact, near)
        assert (near.kind, near.witness) == (exact.kind, exact.witness), name
        return
    assert isinstance(exact, Quantity)
    assert isinstance(near, Quantity), (name, near)
    assert near.is_zero() == exact.is_zero(), name
    a, b = exact.enclosed(15, "nats"), near.enclosed(15, "nats")
    assert Fraction(str(b.lower)) <= Fraction(str(a.upper)), (name, a, b)
    assert Fraction(str(a.lower)) <= Fraction(str(b.upper)), (name, a, b)


def something_vanishes(drawn: Modelled, steps: list[Entry], totals: Totals) -> bool:
    """Whether some number that the ledger is made of is exactly zero, which balls alone cannot tell."""
    known = [x for now in informations(drawn.chain)[1:] for x in (now.mutual, now.loss)]
    parts = [*known, *(entry.error for entry in steps), *(getattr(totals, name) for name in Totals.__slots__)]
    return any(isinstance(x, Quantity) and x.is_zero() for x in parts)


def pairs(books: Books, near: Books) -> Iterator[tuple[str, object, object]]:
    """Each line of the ledger, exactly and in balls."""
    for t, (a, b) in enumerate(zip(books[0], near[0], strict=True), 1):
        yield f"Δ_{t}", a.error, b.error
        yield f"term {t}", a.term, b.term
    for name in Totals.__slots__:
        yield name, getattr(books[1], name), getattr(near[1], name)


@examples(200)
@given(modelled())
def test_every_line_holds_the_exact_one(drawn: Modelled) -> None:
    """Each Δ_t, each term and each total encloses the exact one; what vanishes is known to."""
    assume(not isinstance(drawn.chain.kernel, RankOneKernel))
    near = in_balls(drawn, cheap=True)
    for name, a, b in pairs(exactly(drawn), near):
        check_meets(a, b, name)
    assert near[2].observed == "holds"


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

    def wrong(step: Step, reverse: BallReverse) -> arb:
        with ctx.workprec(step.bits):
            return right(step, reverse) * (1 + arb(10) ** -20)

    monkeypatch.setattr(ball_models, "model_error", wrong)
    assert in_balls(drawn, cheap=False)[2].observed == "violated"
