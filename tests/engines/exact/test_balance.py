"""The balance of the ledger can fail: a stream that was tampered with does not add up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from chains import (
    Process,
    examples,
    laws,
    markov,
    row_vector,
)
from hypothesis import assume, given
from hypothesis import strategies as st
from path_accounts import kept

from markovdiff.arithmetic.enclosure import accuracy
from markovdiff.arithmetic.logform import log
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact.identity_proof import Balance
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Running
from markovdiff.measures.ledger import Term
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.reverse import (
    Uniform,
)
from markovdiff.process.transition import Dense

# the balance can fail


def written_out(moment: Moment) -> Moment:
    """The same moment with full matrices, so that any entry of them can be wrong."""
    step = moment.transition
    return replace(moment, transition=step and step.dense, cumulative=moment.cumulative.dense)


def tampered(chain: Chain, t: int, **wrong: object) -> list[Information]:
    """The stream, written out, with the moment at t replaced by one that says something else."""
    seen: list[Information] = []
    for moment in map(written_out, chain.moments()):
        told = replace(moment, **wrong) if moment.t == t else moment  # type: ignore[arg-type]
        seen.append(Information(told, seen[-1] if seen else None))
    return seen


def balanced(moments: Iterable[Moment]) -> str | None:
    """What the balance says is broken."""
    balance = Balance()
    first, *rest = moments
    balance.start(first)
    before = first
    for now in rest:
        balance.step(before, now)
        before = now
    balance.finish(before)
    return balance.broken


LETTERS = Chain(Distribution.from_weights([4, 2, 1, 1]), uniform(4), (Fraction(1, 4),) * 3, 3)


@examples(60)
@given(markov())
def test_an_honest_stream_balances(process: Process) -> None:
    """Rows sum to one, p_{t−1}Q_t = p_t and Q̄_{t−1}Q_t = Q̄_t: nothing is left over."""
    assert balanced(process.chain.moments()) is None


@examples(80)
@given(st.data())
def test_a_wrong_marginal_breaks_the_balance(data: st.DataObject) -> None:
    """If p_t is not p_{t−1}Q_t, the multiples of log p_t do not cancel."""
    process = data.draw(markov())
    chain = process.chain
    t = data.draw(st.integers(1, chain.T))
    wrong = data.draw(laws(chain.K))
    assume(wrong != chain.marginal(t))
    assert balanced(now.moment for now in tampered(chain, t, marginal=row_vector(wrong))) == f"p_{t}"


@examples(80)
@given(st.data())
def test_a_wrong_product_breaks_the_balance(data: st.DataObject) -> None:
    """If a row of Q̄_t that the data use is not that of Q̄_{t−1}Q_t, the balance names a block of step t or t + 1."""
    process = data.draw(markov())
    chain = process.chain
    t = data.draw(st.integers(1, chain.T))
    rows = list(chain.cumulative(t))
    k = data.draw(st.sampled_from(chain.data.support))
    rows[k] = data.draw(laws(chain.K))
    assume(rows[k] != chain.cumulative(t)[k])
    told = tampered(chain, t, cumulative=Dense.from_rows(rows, "rows"))
    assert balanced(now.moment for now in told) in {f"Qbar_{t}", f"R_{t + 1}", "prior"}


@examples(60)
@given(st.data())
def test_a_wrong_step_breaks_the_balance(data: st.DataObject) -> None:
    """If Q_t is not the step from p_{t−1} to p_t, or from Q̄_{t−1} to Q̄_t, something is left over."""
    process = data.draw(markov())
    chain = process.chain
    t = data.draw(st.integers(1, chain.T))
    rows = list(chain.step(t))
    i = data.draw(st.sampled_from([i for i, p in enumerate(chain.marginal(t - 1)) if p]))
    rows[i] = data.draw(laws(chain.K))
    assume(rows[i] != chain.step(t)[i])
    told = tampered(chain, t, transition=Dense.from_rows(rows, "rows"))
    assert balanced(now.moment for now in told) is not None


@examples(40)
@given(st.data())
def test_a_row_that_does_not_sum_to_one_breaks_the_balance(data: st.DataObject) -> None:
    """If row i of Q_t, which occurs, lacks mass, the multiples of log p_{t−1} do not cancel."""
    process = data.draw(markov())
    chain = process.chain
    t = data.draw(st.integers(1, chain.T))
    i = data.draw(st.sampled_from([i for i, p in enumerate(chain.marginal(t - 1)) if p]))
    rows = [tuple(x / 2 for x in row) if k == i else row for k, row in enumerate(chain.step(t))]
    leaky = Dense(type(chain.at(0).marginal).from_rows(rows))
    before = chain.at(t - 1)
    now = replace(written_out(chain.at(t)), transition=leaky, marginal=leaky.push(before.marginal))
    moments = [written_out(moment) if moment.t < t else now for moment in chain.moments() if moment.t <= t]
    assert balanced(moments) is not None


@pytest.mark.parametrize("wrong", ["transition", "cumulative"])
@pytest.mark.parametrize("target", [[1, 1, 1, 1], [0, 0, 0, 1], [1, 2, 3, 4]], ids=str)
def test_a_wrong_structured_kernel_breaks_the_balance(wrong: str, target: list[int]) -> None:
    """The O(K) books of (1−β)I + β·1πᵀ notice a Q_t or a Q̄_t that keeps a little too much."""
    kernel = RankOneKernel(Distribution.from_weights(target))
    chain = Chain(Distribution.from_weights([4, 2, 1, 1]), kernel, (Fraction(1, 4),) * 4, 4)
    moments = list(chain.moments())
    right = getattr(moments[2], wrong)
    moments[2] = replace(moments[2], **{wrong: IdentityPlusRankOne(right.keep + Fraction(1, 10**40), right.target)})
    assert balanced(chain.moments()) is None
    assert balanced(moments) is not None


@pytest.mark.parametrize(
    ("wrong", "block"),
    [
        ({"marginal": row_vector([Fraction(1, 4)] * 4)}, "p_2"),
        ({"cumulative": LETTERS.at(1).cumulative.dense}, "R_3"),
        ({"cumulative": Dense.from_rows([LETTERS.marginal(2)] * 4, "rows")}, "Qbar_2"),
    ],
    ids=["marginal", "cumulative", "same column sums"],
)
def test_the_finding_names_what_does_not_cancel(wrong: dict[str, object], block: str) -> None:
    """Of a stream with a fault at t = 2 the ledger says "violated", and the multiples of which logarithm are left."""
    _, _, finding = kept(LETTERS, Uniform(), (Fraction(1, 4),) * 4, stream=tampered(LETTERS, 2, **wrong))
    assert finding.observed == "violated"
    assert finding.detail == f"the multiples of log {block} do not cancel"
    assert kept(LETTERS, Uniform(), (Fraction(1, 4),) * 4)[2].observed == "holds"


def test_a_running_sum_is_at_hand_as_finely_as_it_was_kept() -> None:
    """Σ log n up to 128 bits needs no term a second time; finer, or exact, it is summed again."""
    terms = [Quantity.of(log(n)) for n in (2, 3, 5)]
    asked: list[bool] = []

    def again() -> Iterator[Term]:
        asked.append(True)
        return iter(terms)

    running = Running(128, again)
    for term in terms:
        running.include(term)
    total = running.total()
    assert isinstance(total, Quantity)
    assert total.ball(128).overlaps(log(30).ball(128))
    assert accuracy(total.ball(128)) > 120
    assert not asked
    assert accuracy(total.ball(256)) > 248
    assert total.form() == log(30)
    assert len(asked) == 2
