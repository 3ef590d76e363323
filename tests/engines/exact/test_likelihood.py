"""The model's likelihood of the data: m_0 = π R_T ⋯ R_1 by Fractions here, by balls and by walking back there."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from chains import (
    Law,
    Process,
    constant_chain,
    examples,
    informations,
    laws,
    markov,
    points,
    row_vector,
    unreduced,
)
from flint import fmpz
from hypothesis import given
from hypothesis import strategies as st

from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact import likelihood
from markovdiff.engines.exact.ledger import Ledger, Totals
from markovdiff.errors import UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.information import cross_entropy, entropy
from markovdiff.measures.ledger import Unbounded
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import neighbour, uniform
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseStep,
    ReverseTable,
    Row,
    Uniform,
    row_of,
)
from markovdiff.process.schedules import jump

ZERO = Fraction(0)


def rows_of(chain: Chain, model: ReverseModel) -> list[tuple[Law | None, ...]]:
    """R_1 … R_T as Fractions."""
    return [model.step(before, now).fractions() for before, now in pairwise(chain.moments())]


def pushed(prior: Law, reverse: Sequence[tuple[Law | None, ...]]) -> list[Law]:
    """m_T = π, …, m_0: m_{t−1}[i] = Σ_j m_t[j] R_t[j, i], for a model that meets no undefined row."""
    m = [prior]
    for rows in reversed(reverse):
        reached = [(a, row) for a, row in zip(m[0], rows, strict=True) if a and row is not None]
        m.insert(0, tuple(sum((a * row[i] for a, row in reached), ZERO) for i in range(len(prior))))
    return m


def ledger_of(chain: Chain, model: ReverseModel, prior: Law, digits: int = 15) -> tuple[Ledger, Totals, Finding]:
    """A ledger kept to its end."""
    ledger = Ledger(chain, model, row_vector(prior), digits)
    for now in informations(chain):
        ledger.observe(now)
    return ledger, *ledger.conclude()


def positive(K: int) -> st.SearchStrategy[Law]:
    """A law with no zeros."""
    return st.lists(st.integers(1, 6), min_size=K, max_size=K).map(lambda w: tuple(Fraction(n, sum(w)) for n in w))


@st.composite
def complete(draw: st.DrawFn) -> tuple[Process, ReverseModel, Law]:
    """A chain with a model whose every row is defined, and a prior."""
    process = draw(markov())
    chain = process.chain
    K, T = chain.K, chain.T
    some = draw(st.sampled_from([laws(K), positive(K), points(K)]))
    tables = tuple(tuple(row_of(draw(some)) for _ in range(K)) for _ in range(T))
    belief = draw(positive(K))
    believed = Chain(Distribution.from_probabilities(belief), chain.kernel, chain.betas, T)
    model, prior = draw(
        st.sampled_from(
            [
                (ReverseTable(tables), draw(laws(K))),
                (Uniform(), draw(laws(K))),
                (D3PM(MarginalDenoiser()), chain.marginal(T)),
                (Bayes(row_vector(belief)), believed.marginal(T)),
                (PosteriorMixture(Posterior(Fraction(1, 5))), chain.marginal(T)),
                (D3PM(Posterior(Fraction(1, 5))), chain.marginal(T)),
            ]
        )
    )
    return process, model, prior


Case = tuple[Process, ReverseModel, Law]


@examples(100)
@given(complete())
def test_the_walk_back_is_the_matrix_product(case: Case) -> None:
    """m_0 = π R_T ⋯ R_1, and NLL = H(p_0, m_0): +∞ exactly where m_0 misses a datum."""
    process, model, prior = case
    chain = process.chain
    ledger, totals, _ = ledger_of(chain, model, prior)
    if isinstance(totals.nll, Unbounded) and totals.nll.kind == "undefined":
        return
    m0 = pushed(prior, rows_of(chain, model))[0]
    expected = cross_entropy(chain.data.probabilities, m0)
    if isinstance(expected, LogForm):
        assert isinstance(totals.nll, Quantity)
        assert totals.nll.form() == expected
        assert ledger.likelihood.walk.m0 == row_vector(m0)
    else:
        assert isinstance(totals.nll, Unbounded)
        assert totals.nll.kind == "inf"


@examples(100)
@given(complete())
def test_no_gap_exactly_where_the_model_walks_forward_as_the_noise_does(case: Case) -> None:
    """L = NLL ⇔ m_t[j] R_t[j,i] = m_{t−1}[i] Q_t[i,j] wherever p_{t−1}[i] > 0, and the logarithms agree."""
    process, model, prior = case
    chain = process.chain
    ledger, totals, _ = ledger_of(chain, model, prior)
    if isinstance(totals.nll, Unbounded):
        return
    reverse = rows_of(chain, model)
    m = pushed(prior, reverse)
    tight = all(
        (ZERO if (row := reverse[t - 1][j]) is None else m[t][j] * row[i]) == m[t - 1][i] * chain.step(t)[i][j]
        for t in range(1, chain.T + 1)
        for i, p in enumerate(chain.marginal(t - 1))
        for j in range(chain.K)
        if p
    )
    assert ledger.likelihood.walk.tight == tight
    assert tight == (isinstance(totals.gap, Quantity) and totals.gap.form() == 0)


@examples(100)
@given(complete())
def test_nll_is_the_entropy_exactly_where_the_model_makes_the_data(case: Case) -> None:
    """NLL = H(x0) ⇔ m_0 = p_0 (Gibbs): known to be zero where it is, positive where not."""
    process, model, prior = case
    chain = process.chain
    ledger, totals, _ = ledger_of(chain, model, prior)
    if isinstance(totals.nll, Unbounded):
        return
    assert isinstance(totals.nll_excess, Quantity)
    made = pushed(prior, rows_of(chain, model))[0] == chain.data.probabilities
    assert totals.nll_excess.is_zero() == made
    assert ledger.likelihood.excess == (0 if made else 1)


@examples(60)
@given(complete(), st.sampled_from([15, 40]))
def test_the_balls_contain_the_exact_likelihood(case: Case, digits: int) -> None:
    """−Σ p_0 log m_0 by balls encloses the same sum by Fractions, to the digits asked for."""
    process, model, prior = case
    chain = process.chain
    ledger, totals, _ = ledger_of(chain, model, prior, digits)
    if isinstance(totals.nll, Unbounded) or ledger.likelihood.is_data:
        return
    truth = cross_entropy(chain.data.probabilities, pushed(prior, rows_of(chain, model))[0])
    shown = ledger.likelihood.raw.enclosed(digits, "bits")
    assert log(2) * Fraction(str(shown.lower)) <= truth <= log(2) * Fraction(str(shown.upper))


def test_a_long_walk_keeps_its_digits() -> None:
    """After 300 steps m_0 by balls still has fifteen digits of what Fractions give."""
    chain = Chain(Distribution.from_weights([1, 2, 4]), neighbour(3, 1, "reflect"), (Fraction(1, 3),) * 300, 300)
    rows = tuple(row_of(tuple(Fraction(n, sum(w)) for n in w)) for w in ([5, 1, 1], [1, 3, 1], [1, 1, 9]))
    model = ReverseTable((rows,) * 300)
    prior = (Fraction(1, 3),) * 3
    _, totals, finding = ledger_of(chain, model, prior)
    assert isinstance(totals.nll, Quantity)
    truth = cross_entropy(chain.data.probabilities, pushed(prior, rows_of(chain, model))[0])
    shown = totals.nll.enclosed(15, "nats")
    lower, upper = Fraction(str(shown.lower)), Fraction(str(shown.upper))
    assert lower <= truth <= upper
    assert upper - lower <= 2 * Fraction(1, 10**14) * Fraction(shown.value)
    assert "; H(x0) < NLL < L" in finding.detail


@examples(60)
@given(markov())
def test_bayes_from_the_marginal_is_known_without_a_walk(process: Process) -> None:
    """With Bayes' rows and π = p_T, written over whatever denominator, nothing needs to be multiplied: m_0 = p_0."""
    chain = process.chain
    prior = unreduced(row_vector(chain.marginal(chain.T)), 6)
    ledger = Ledger(chain, Bayes(), prior, 15)
    for now in informations(chain):
        ledger.observe(now)
    totals, finding = ledger.conclude()
    assert ledger.likelihood.is_data
    assert ledger.likelihood.product is None
    assert isinstance(totals.nll, Quantity)
    assert totals.nll.form() == entropy(chain.data.probabilities)
    assert "; H(x0) = NLL = L" in finding.detail


@examples(60)
@given(markov(), st.data())
def test_bayes_by_another_name_makes_the_data(process: Process, data: st.DataObject) -> None:
    """A table of Bayes' rows, anything at all where x_t is impossible, from p_T: L = NLL = H(x0), found by walking."""
    chain = process.chain
    hole = st.none() | laws(chain.K)
    tables = []
    for rows in rows_of(chain, Bayes()):
        filled = [data.draw(hole) if row is None else row for row in rows]
        tables.append(tuple(row and row_of(row) for row in filled))
    _, totals, finding = ledger_of(chain, ReverseTable(tuple(tables)), chain.marginal(chain.T))
    assert isinstance(totals.nll, Quantity)
    assert totals.nll.form() == entropy(chain.data.probabilities)
    assert "; H(x0) = NLL = L" in finding.detail


# where the exact walk is given up


def between(quantity: Quantity, truth: LogForm) -> bool:
    """Whether the reported enclosure holds the truth."""
    shown = quantity.enclosed(15, "nats")
    assert shown.lower is not None
    assert shown.upper is not None
    return Fraction(shown.lower) <= truth <= Fraction(shown.upper)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is walked back exactly, and enclosures are not refined for long."""
    monkeypatch.setattr(likelihood, "MAX_BITS", 0)
    monkeypatch.setattr(likelihood, "MAX_PRECISION", 512)


@pytest.mark.usefixtures("impatient")
def test_what_is_strict_needs_no_walk() -> None:
    """Where the order is strict enclosures settle it: H(x0) < NLL < L without one exact product."""
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 3),) * 3, 3)
    ledger, _, finding = ledger_of(chain, PosteriorMixture(Posterior(Fraction(1, 2))), (Fraction(1, 3), Fraction(2, 3)))
    assert ledger.likelihood.walk.m0 is None
    assert "; H(x0) < NLL < L" in finding.detail


@pytest.mark.usefixtures("impatient")
def test_what_is_barely_strict_is_settled_by_finer_enclosures() -> None:
    """A prior 2^-400 off p_T costs about 2^-800: without the walk, and unseen at 4·bits, it is still "<"."""
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 3),) * 2, 2)
    a, b = chain.marginal(2)
    off = Fraction(1, 2**400)
    model = PosteriorMixture(Posterior(ZERO))
    ledger, _, finding = ledger_of(chain, model, (a - off, b + off))
    assert ledger.likelihood.walk.m0 is None
    assert "; H(x0) < NLL " in finding.detail


@pytest.mark.usefixtures("impatient")
def test_an_equality_nobody_walked_to_is_said_to_be_undecided() -> None:
    """A wrong belief consistent in itself has L = NLL; without the walk that is "undecided", never "<" nor "=".

    The digits of NLL stay right, and what is not decided is shown as undefined, not as a small number.
    """
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 3),) * 2, 2)
    _, totals, finding = ledger_of(chain, Bayes(row_vector([Fraction(1, 2)] * 2)), (Fraction(1, 2),) * 2)
    assert "; H(x0) < NLL ≤ (undecided) L" in finding.detail
    assert finding.observed == "undecided"
    assert isinstance(totals.nll, Quantity)
    assert isinstance(totals.gap, Unbounded)
    assert totals.gap.kind == "undefined"
    assert between(totals.nll, log(2))


@pytest.mark.usefixtures("impatient")
def test_nll_is_undecided_against_the_entropy_too() -> None:
    """After a jump m_0 = p_0 from any prior; a table of those rows, not known to be Bayes', leaves that undecided.

    The rows of R_2 are not Bayes', only their mean is p_1 = (5/8, 3/8), which is all that m_1 takes from them.
    """
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), jump(2), 2)
    first, _ = rows_of(chain, Bayes())
    wrong = ((Fraction(1), ZERO), (Fraction(1, 4), Fraction(3, 4)))
    model = ReverseTable(tuple(tuple(row_of(row) for row in rows if row is not None) for rows in (first, wrong)))
    _, totals, finding = ledger_of(chain, model, (Fraction(1, 2),) * 2)
    assert isinstance(totals.nll, Quantity)
    assert between(totals.nll, entropy(["3/4", "1/4"]))
    assert "; H(x0) ≤ (undecided) NLL" in finding.detail


@examples(60)
@given(complete())
def test_giving_up_never_makes_a_wrong_claim(case: Case) -> None:
    """Without the exact walk each of the two signs is the true one or undecided."""
    process, model, prior = case
    chain = process.chain
    patient, totals, _ = ledger_of(chain, model, prior)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(likelihood, "MAX_BITS", 0)
        patch.setattr(likelihood, "MAX_PRECISION", 512)
        hasty, others, _ = ledger_of(chain, model, prior)
    if isinstance(totals.nll, Unbounded) or isinstance(others.nll, Unbounded):
        assert totals.nll == others.nll
        return
    assert hasty.likelihood.excess in (None, patient.likelihood.excess)
    truth = totals.nll.form()
    try:
        assert between(others.nll, truth)
    except UnfinishedError:
        assert truth == 0


def test_a_likelihood_of_one_is_no_endless_search(impatient: None) -> None:
    """All data on one state and a table that is sure of it: NLL = 0, which no enclosure tells without the walk."""
    chain = constant_chain([1, 0, 0], [["1/3", "1/3", "1/3"]] * 3, 1)
    first, last = ([fmpz(1), fmpz(0), fmpz(0)], fmpz(1)), ([fmpz(0), fmpz(0), fmpz(1)], fmpz(1))
    prior = (Fraction(1, 3), Fraction(2, 3), Fraction(0))
    _, totals, _ = ledger_of(chain, ReverseTable(((first, first, last),)), prior)
    assert isinstance(totals.nll, Quantity)
    with pytest.raises(UnfinishedError, match="not told from 0"):
        totals.nll.enclosed(15, "nats")


# the order can be found broken


def scaled(rows: tuple[Row | None, ...], factor: Fraction) -> tuple[Row | None, ...]:
    """Rows that sum to `factor`: no distributions, and no user can bring them."""
    return tuple(row and ([n * factor.numerator for n in row[0]], row[1] * factor.denominator) for row in rows)


@pytest.mark.parametrize(("factor", "words"), [(Fraction(2), "H(x0) > NLL"), (Fraction(1, 2), "NLL > L")])
def test_a_model_that_is_no_distribution_is_caught(factor: Fraction, words: str) -> None:
    """Rows that sum to 2 would make NLL < H(x0), rows that sum to 1/2 NLL > L: a violation, and said to be one."""
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 3),) * 2, 2)
    honest = [Bayes().step(before, now).rows for before, now in pairwise(chain.moments())]
    model = ReverseTable(tuple(scaled(rows, factor) for rows in honest))
    _, _, finding = ledger_of(chain, model, chain.marginal(2))
    assert finding.observed == "violated"
    assert finding.decided == "enclosure"
    assert words in finding.detail


@pytest.mark.parametrize("odd", range(3))
def test_rows_are_alike_only_if_each_is(odd: int) -> None:
    """R_t makes m_{t−1} known whatever m_t only where every defined row is the same, however it is written."""
    one, same, other = ([fmpz(1), fmpz(2)], fmpz(3)), ([fmpz(2), fmpz(4)], fmpz(6)), ([fmpz(2), fmpz(1)], fmpz(3))
    found = likelihood._same_row(ReverseStep((None, one, same, one)))
    assert found is not None
    assert found.rows() == ((Fraction(1, 3), Fraction(2, 3)),)
    assert likelihood._same_row(ReverseStep((one, None))) is not None
    rows: list[Row | None] = [one, same, one]
    rows[odd] = other
    assert likelihood._same_row(ReverseStep(tuple(rows))) is None


# where the likelihood is not a number


def test_a_row_that_only_the_model_reaches() -> None:
    """An undefined row that q never reaches leaves L finite; where the model reaches it NLL is undefined, at (t, j)."""
    chain = constant_chain([1, 0], [[1, 0], [0, 1]], 2)
    half = row_of((Fraction(1, 2), Fraction(1, 2)))
    model = ReverseTable(((half, None), (half, half)))
    _, totals, _ = ledger_of(chain, model, (Fraction(1), ZERO))
    assert isinstance(totals.negative_elbo, Quantity)
    assert totals.negative_elbo.form() == log(4)
    assert isinstance(totals.nll, Unbounded)
    assert (totals.nll.kind, totals.nll.witness) == ("undefined", {"t": 1, "x_t": "1"})
    assert totals.gap == totals.nll
    assert totals.nll_excess == totals.nll


def test_a_row_that_nobody_reaches_does_not_matter() -> None:
    """An undefined row that neither q nor the model reaches changes nothing."""
    chain = constant_chain([1, 0], [[1, 0], [0, 1]], 2)
    stay = ([fmpz(1), fmpz(0)], fmpz(1))
    _, totals, finding = ledger_of(chain, ReverseTable(((stay, None),) * 2), (Fraction(1), ZERO))
    assert isinstance(totals.nll, Quantity)
    assert totals.nll.is_zero()
    assert "; H(x0) = NLL = L" in finding.detail
