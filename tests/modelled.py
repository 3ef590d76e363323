"""Reverse models of every kind for Hypothesis to draw, and the ledger of a chain under one in each arithmetic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from chains import Law, Process, erasures, informations, laws, markov, row_vector
from hypothesis import strategies as st

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.ball.forward import EnclosureRecursion
from markovdiff.engines.ball.information import BallInformation, ExactOracle, TimeStep
from markovdiff.engines.ball.model_ledger import BallModelLedger
from markovdiff.engines.exact.ledger import Ledger
from markovdiff.engines.float64.deviation_from_law import DeviationFromLaw
from markovdiff.engines.float64.forward import forward, last_of
from markovdiff.engines.float64.information import information as in_float
from markovdiff.engines.float64.model_ledger import FloatModelLedger
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import Entry, Totals, Unbounded
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    Counted,
    Denoiser,
    DenoiserTable,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Row,
    Uniform,
    row_of,
)
from markovdiff.study.balls import needed_bits


@dataclass(frozen=True, eq=False)
class Modelled:
    """A chain, a reverse model of it, and a prior: None is p_T."""

    chain: Chain
    model: ReverseModel
    prior: RationalMatrix | None

    def __repr__(self) -> str:
        chain = self.chain
        steps = [chain.step(t) for t in range(1, chain.T + 1)]
        return f"{self.model!r}, prior {self.prior and self.prior.rows()}, data {chain.data.probabilities}, {steps}"


errors = st.sampled_from([Fraction(0), Fraction(1)]) | st.fractions(0, 1, max_denominator=10**9)


def tables(K: int, T: int) -> st.SearchStrategy[tuple[tuple[Row | None, ...], ...]]:
    """T tables of K rows, some of which are missing."""
    row = laws(K).map(row_of)
    table = st.lists(row | row | row | st.none(), min_size=K, max_size=K).map(tuple)
    return st.lists(table, min_size=T, max_size=T).map(tuple)


def denoisers(K: int, T: int) -> st.SearchStrategy[Denoiser]:
    """p̃ of each kind."""
    return st.one_of(errors.map(Posterior), st.just(MarginalDenoiser()), tables(K, T).map(DenoiserTable))


def models(chain: Chain) -> st.SearchStrategy[ReverseModel]:
    """A model of each kind but the Bayes reverse itself."""
    K, T = chain.K, chain.T
    counted = st.tuples(st.integers(1, 40), st.sampled_from([Fraction(0), Fraction(1, 2), Fraction(3)]))
    return st.one_of(
        denoisers(K, T).map(PosteriorMixture),
        st.builds(D3PM, denoisers(K, T), st.sampled_from(["prediction", "formula"])),
        laws(K).map(lambda law: Bayes(row_vector(law))),
        tables(K, T).map(ReverseTable),
        counted.map(lambda pair: Counted(chain, pair[0], pair[1], 7)),
        st.just(Uniform()),
    )


@st.composite
def modelled(draw: st.DrawFn) -> Modelled:
    """Any Markov chain with any model and any prior."""
    process: Process = draw(markov(3, 4) | erasures(3, 4))
    law: Law | None = draw(st.none() | laws(process.chain.K))
    return Modelled(process.chain, draw(models(process.chain)), law and row_vector(law))


Books = tuple[list[Entry], Totals, Finding]


def exactly(drawn: Modelled) -> Books:
    """The exact ledger."""
    chain, prior = drawn.chain, drawn.prior
    ledger = Ledger(chain, drawn.model, prior if prior is not None else chain.final_marginal, 15)
    entries = [ledger.observe(now) for now in informations(chain)]
    return entries[1:], *ledger.conclude()


def in_float64(drawn: Modelled) -> Books:
    """The ledger in float64."""
    chain, before = drawn.chain, None
    approach = DeviationFromLaw(chain, drawn.prior, last_of(chain) if drawn.prior is None else None)
    ledger = FloatModelLedger(chain, drawn.prior, approach, drawn.model)
    entries = []
    for moment in forward(chain):
        now = in_float(moment, before, None, None)
        approach.at(moment)
        entries.append(ledger.observe(now))
        before = now.forget()
    return entries[1:], *ledger.conclude()


def in_balls(drawn: Modelled, *, cheap: bool) -> Books:
    """The ledger in balls; `cheap` says whether the exact chain may be asked what vanishes."""
    chain, before = drawn.chain, None
    walk = EnclosureRecursion(chain, needed_bits(chain, 15))
    zeros = ExactOracle(chain, walk, cheap)
    ledger = BallModelLedger(chain, drawn.prior, drawn.model, walk, cheap)
    entries = []
    for t in range(chain.T + 1):
        walk.at(t)
        now = BallInformation(TimeStep(t, None, None, True), before, zeros, None)
        entries.append(ledger.observe(now))
        before = now.forget()
    return entries[1:], *ledger.conclude()


def pairs(books: Books, near: Books) -> Iterator[tuple[str, object, object]]:
    """Each line of the ledger, exactly and in balls; what a model without a denoiser lacks, both lack."""
    for t, (a, b) in enumerate(zip(books[0], near[0], strict=True), 1):
        yield f"Δ_{t}", a.error, b.error
        yield f"term {t}", a.term, b.term
        if not a.cost is b.cost is None:
            yield f"cross-entropy {t}", a.cost, b.cost
    for name in Totals.__slots__:
        a, b = getattr(books[1], name), getattr(near[1], name)
        if not a is b is None:
            yield name, a, b


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


def check_near(exact: object, near: object, name: str) -> None:
    """A term is the exact one to within 1e-9 of itself or to its noise, with its sign where one is told.

    It is infinite or undefined as that is, in the same place.
    """
    if isinstance(exact, Unbounded):
        assert isinstance(near, Unbounded), (name, exact, near)
        assert (near.kind, near.witness) == (exact.kind, exact.witness), name
        return
    assert not isinstance(near, Unbounded), (name, near)
    truth = 0.0 if exact.sign() == 0 else float(exact.ball(200))  # of an exact 0 a ball's middle is not 0
    assert abs(near.value - truth) <= 1e-9 * truth + min(near.noise, 1e-13), (name, truth, near)
    assert near.sign() in (None, exact.sign()), (name, truth, near)
