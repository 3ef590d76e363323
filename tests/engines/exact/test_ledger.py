"""The ledger of the ELBO against the plainest account of it: every path of the noise, and every path of the model.

The account knows p_0, Q_t, R_t and π as Fractions and nothing of the ledger's formulas: L is
−E_q log p_θ(x_{0:T})/q(x_{1:T}|x0) path by path, its terms come from the forward posteriors, and p_θ(x0) is a
sum over all K^T paths. Numbers are compared as LogForms, so equal means equal.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from chains import (
    Law,
    constant_chain,
    examples,
    informations,
    row_vector,
)
from hypothesis import given
from path_accounts import (
    UNDEFINED,
    ZERO,
    Account,
    Case,
    Rows,
    account_of,
    enclosed,
    kept,
    modelled,
    plus,
    same,
    value,
)

from markovdiff.arithmetic.logform import INFINITY, LogForm, log
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.engines.exact.ledger import Entry, Totals
from markovdiff.measures.ledger import Unbounded, add
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform
from markovdiff.process.reverse import (
    Bayes,
    Posterior,
    PosteriorMixture,
    ReverseTable,
    row_of,
)

# the ledger and the paths agree


@examples(160)
@given(modelled())
def test_every_line_is_what_the_paths_say(case: Case) -> None:
    """L, its three parts, NLL, the gap, ΣΔ_t and KL(p_T‖π) equal their definitions: as numbers, as +∞, as undefined."""
    process, model, prior = case
    account = account_of(*case)
    _, totals, _ = kept(process.chain, model, prior)
    T = process.chain.T
    later = [account.denoising(t) for t in range(2, T + 1)]
    assert same(value(totals.reconstruction), account.reconstruction())
    assert same(value(totals.denoising), plus(*later))
    assert same(value(totals.prior), account.prior_matching())
    assert same(value(totals.negative_elbo), account.negative_elbo)
    assert same(value(totals.nll), account.nll)
    assert same(value(totals.gap), account.gap)
    assert same(value(totals.data_entropy), account.data_entropy)
    assert same(value(totals.model_error), plus(*(account.model_error(t) for t in range(1, T + 1))))
    assert same(value(totals.prior_gap), account.prior_gap())
    assert same(value(totals.nll_excess), plus(account.nll, -account.data_entropy))


@examples(100)
@given(modelled())
def test_every_entry_is_what_the_paths_say(case: Case) -> None:
    """Step by step: the reconstruction at t = 1, a denoising term after it, and Δ_t, each from its definition."""
    process, model, prior = case
    account = account_of(*case)
    entries, _, _ = kept(process.chain, model, prior)
    assert len(entries) == process.chain.T
    for t, entry in enumerate(entries, 1):
        assert same(value(entry.term), account.reconstruction() if t == 1 else account.denoising(t))
        assert same(value(entry.error), account.model_error(t))


@examples(100)
@given(modelled())
def test_every_bit_is_accounted_for(case: Case) -> None:
    """L = L_0 + ΣL_{t−1} + L_T = H(x0) + ΣΔ_t + KL(p_T‖π), also where that is infinite or undefined."""
    process, model, prior = case
    entries, totals, finding = kept(process.chain, model, prior)
    errors = [value(entry.error) for entry in entries]
    L = value(totals.negative_elbo)
    assert same(L, plus(value(totals.reconstruction), value(totals.denoising), value(totals.prior)))
    assert same(L, plus(value(totals.data_entropy), *errors, value(totals.prior_gap)))
    assert same(L, plus(*(value(entry.term) for entry in entries), value(totals.prior)))
    assert (finding.observed, finding.decided) == ("holds", "exact")


@examples(100)
@given(modelled())
def test_each_term_pays_for_what_its_step_destroyed(case: Case) -> None:
    """L_0 = H(x0|x_1) + Δ_1, L_{t−1} = (I_{t−1} − I_t) + Δ_t, L_T = I_T + KL(p_T‖π)."""
    process = case[0]
    account = account_of(*case)
    seen = informations(process.chain)
    for t, (before, now) in enumerate(pairwise(seen), 1):
        paid = (
            now.conditional_entropy.form()
            if t == 1
            else before.mutual_information.form() - now.mutual_information.form()
        )
        term = account.reconstruction() if t == 1 else account.denoising(t)
        assert same(term, plus(paid, account.model_error(t)))
    assert same(account.prior_matching(), plus(seen[-1].mutual_information.form(), account.prior_gap()))


@examples(160)
@given(modelled())
def test_the_finding_puts_the_three_in_their_order(case: Case) -> None:
    """H(x0) ≤ NLL ≤ L, and the finding's = and < are those of the exact numbers; nothing small is left undecided."""
    process, model, prior = case
    account = account_of(*case)
    _, totals, finding = kept(process.chain, model, prior)
    assert f"; {account.order}" in finding.detail
    if account.order.startswith("H(x0)"):
        order = re.search(r"H\(x0\) [<=] NLL(?: [<=] L(?: = \+∞)?|, and L is undefined)", finding.detail)
        assert order is not None
        assert order[0] == account.order
    unbounded = isinstance(totals.negative_elbo, Unbounded)
    assert finding.witness == (totals.negative_elbo.witness if isinstance(totals.negative_elbo, Unbounded) else None)
    assert ("both sides are" in finding.detail) == unbounded


@examples(100)
@given(modelled())
def test_what_is_zero_is_known_to_be(case: Case) -> None:
    """A line that is exactly 0 says so; one that is not does not: Δ_t, KL(p_T‖π), L − NLL and NLL − H(x0) alike."""
    process, model, prior = case
    entries, totals, _ = kept(process.chain, model, prior)
    lines = [getattr(totals, name) for name in Totals.__slots__] + [
        e for entry in entries for e in (entry.term, entry.error)
    ]
    for line in lines:
        if isinstance(line, Quantity):
            assert line.is_zero() == (line.form() == 0)
            assert line.form() >= 0


# infinite and undefined


def events(case: Case) -> tuple[Account, Totals, list[Entry]]:
    process, model, prior = case
    entries, totals, _ = kept(process.chain, model, prior)
    return account_of(*case), totals, entries


def check_witness(account: Account, term: Unbounded) -> None:
    """The event that the witness names has positive probability under q, and the model rules it out."""
    states = account.process.chain.states
    at = {name: states.index(str(state)) for name, state in term.witness.items() if name != "t"}
    t = term.witness["t"]
    assert isinstance(t, int)
    assert term.words
    if term.kind == "undefined":
        assert account.reverse[t - 1][at["x_t"]] is None
        assert account.process.law(t).get((at["x_t"],), ZERO) > 0
    elif "x_t-1" in at:
        assert account.process.law(0, t - 1, t)[at["x0"], at["x_t-1"], at["x_t"]] > 0
        assert account.R(t, at["x_t"], at["x_t-1"]) == 0
    else:
        assert t == account.T
        assert account.process.law(0, t)[at["x0"], at["x_t"]] > 0
        assert account.prior[at["x_t"]] == 0


@examples(160)
@given(modelled())
def test_an_unbounded_line_names_where(case: Case) -> None:
    """L is infinite for a step of q that the model rules out, undefined for a row that q reaches and nobody gave."""
    account, totals, entries = events(case)
    lines = [totals.reconstruction, totals.denoising, totals.prior, totals.negative_elbo, totals.model_error]
    for term in [*lines, totals.prior_gap, *(t for entry in entries for t in (entry.term, entry.error))]:
        if isinstance(term, Unbounded):
            check_witness(account, term)
    for t, entry in enumerate(entries, 1):
        if isinstance(entry.error, Unbounded):
            assert entry.error.witness["t"] == t


@examples(160)
@given(modelled())
def test_an_unbounded_likelihood_names_where(case: Case) -> None:
    """NLL is infinite at a datum that no path of the model ends in, undefined at a row that the model reaches."""
    account, totals, _ = events(case)
    nll = totals.nll
    if not isinstance(nll, Unbounded):
        return
    states, t = account.process.chain.states, nll.witness["t"]
    assert isinstance(t, int)
    assert nll.words
    if nll.kind == "inf":
        x0 = states.index(str(nll.witness["x0"]))
        assert t == 0
        assert account.process.chain.data.probabilities[x0] > 0
        assert account.likelihood is not None
        assert account.likelihood[x0] == 0
    else:
        j = states.index(str(nll.witness["x_t"]))
        assert account.reverse[t - 1][j] is None
        assert reaches(account.prior, account.reverse[t:], j)


def reaches(prior: Law, steps: Sequence[Rows], j: int) -> bool:
    """Whether the model, from π by R_T … R_{t+1}, can be in j at t."""
    now = {i for i, p in enumerate(prior) if p}
    for rows in reversed(steps):
        now = {i for at in now if (row := rows[at]) is not None for i, p in enumerate(row) if p}
    return j in now


@examples(100)
@given(modelled())
def test_infinite_is_decided_by_paths(case: Case) -> None:
    """L is +∞ exactly where a possible path is impossible for the model, unless a row that q reaches is missing."""
    account, totals, _ = events(case)
    probability = [account.model_path(path) for path in account.process.paths]
    expected = "undefined" if None in probability else "inf" if 0 in probability else "finite"
    L = totals.negative_elbo
    assert (L.kind if isinstance(L, Unbounded) else "finite") == expected


def test_undefined_counts_before_infinite() -> None:
    """A sum with an undefined part is undefined, though another part is infinite; the first of each kind is named."""
    one = Quantity.of(log(2))
    inf, other = (Unbounded("inf", {"t": t}, "") for t in (1, 2))
    hole = Unbounded("undefined", {"t": 3}, "")
    assert add(one, inf, hole, other) is hole
    assert add(inf, one, other) is inf
    total = add(one, one)
    assert isinstance(total, Quantity)
    assert total.form() == log(4)


def test_undefined_counts_before_infinite_across_steps() -> None:
    """Where Δ_2 is infinite and Δ_3 undefined, ΣΔ_t, the denoising line and L are undefined, with Δ_3's witness."""
    chain = constant_chain(["1/2", "1/2"], [["1/2", "1/2"]] * 2, 3)
    half, never = row_of((Fraction(1, 2),) * 2), row_of((Fraction(1), ZERO))
    entries, totals, _ = kept(chain, ReverseTable(((half, half), (half, never), (half, None))), (Fraction(1, 2),) * 2)
    assert [str(value(entry.error)) for entry in entries] == ["0", "∞", "undefined"]
    for line in (totals.denoising, totals.model_error, totals.negative_elbo):
        assert isinstance(line, Unbounded)
        assert (line.kind, line.witness) == ("undefined", {"t": 3, "x_t": "1"})


def test_a_prior_may_miss_what_q_reaches_and_still_make_all_data() -> None:
    """Half a step of erasure under an all-mask prior: L = +∞, and NLL = H(x0) all the same."""
    data = Distribution.from_weights([1, 1]).with_extra_state("[MASK]")
    chain = Chain(data, RankOneKernel(Distribution.from_weights([0, 0, 1])), (Fraction(1, 2),), 1)
    _, totals, finding = kept(chain, Bayes(), (ZERO, ZERO, Fraction(1)))
    assert isinstance(totals.negative_elbo, Unbounded)
    assert totals.negative_elbo.witness == {"t": 1, "x0": "0", "x_t": "0"}
    assert same(value(totals.nll), log(2))
    assert same(value(totals.gap), INFINITY)
    assert same(value(totals.prior_gap), INFINITY)
    assert same(value(totals.model_error), LogForm())
    assert "H(x0) = NLL < L = +∞" in finding.detail
    assert "both sides are +∞" in finding.detail


def test_a_prior_beyond_what_bayes_knows_leaves_nll_undefined() -> None:
    """L is finite where π gives mass to an x_T that never occurs, but NLL there asks for a row that Bayes has not."""
    chain = constant_chain([1, 0], [[1, 0], [0, 1]], 1)
    _, totals, finding = kept(chain, Bayes(), (Fraction(1, 2), Fraction(1, 2)))
    assert same(value(totals.negative_elbo), log(2))
    assert isinstance(totals.nll, Unbounded)
    assert (totals.nll.kind, totals.nll.witness) == ("undefined", {"t": 1, "x_t": "1"})
    assert same(value(totals.gap), UNDEFINED)
    assert "NLL is undefined" in finding.detail
    assert finding.observed == "holds"


def test_a_belief_that_excludes_the_truth_is_undefined_where_the_truth_leads() -> None:
    """Who believes x0 = 0 under noise that does nothing has no answer at x_1 = 1, which occurs."""
    chain = constant_chain(["1/2", "1/2"], [[1, 0], [0, 1]], 1)
    entries, totals, finding = kept(chain, Bayes(row_vector((Fraction(1), ZERO))), (Fraction(1), ZERO))
    assert isinstance(entries[0].error, Unbounded)
    assert entries[0].error.witness == {"t": 1, "x_t": "1"}
    assert same(value(totals.negative_elbo), UNDEFINED)
    assert same(value(totals.nll), INFINITY)
    assert same(value(totals.gap), UNDEFINED)
    assert finding.witness == {"t": 1, "x_t": "1"}


def test_both_infinite_leaves_no_gap() -> None:
    """A model that never makes a datum: L = NLL = +∞, their difference is undefined, and the missed datum is named."""
    chain = constant_chain(["1/2", "1/2"], [["1/2", "1/2"]] * 2, 1)
    always = ReverseTable(((row_of((Fraction(1), ZERO)),) * 2,))
    entries, totals, _ = kept(chain, always, (Fraction(1, 2),) * 2)
    assert isinstance(totals.nll, Unbounded)
    assert totals.nll.witness == {"t": 0, "x0": "1"}
    assert isinstance(entries[0].error, Unbounded)
    assert entries[0].error.witness["x_t-1"] == "1"
    assert isinstance(totals.gap, Unbounded)
    assert totals.gap.kind == "undefined"


# digits


@examples(60)
@given(modelled())
def test_more_digits_lie_within_fewer(case: Case) -> None:
    """The enclosures of a ledger kept for 50 digits lie within those for 15, and both contain the exact number."""
    process, model, prior = case
    coarse, fine = (kept(process.chain, model, prior, digits)[1] for digits in (15, 50))
    for name in Totals.__slots__:
        wide, narrow = getattr(coarse, name), getattr(fine, name)
        assert isinstance(wide, Unbounded) == isinstance(narrow, Unbounded)
        if isinstance(wide, Quantity) and isinstance(narrow, Quantity):
            a, b = wide.enclosed(15, "bits"), narrow.enclosed(50, "bits")
            (low, high), (least, most) = ends(a), ends(b)
            assert low <= least <= most <= high
            assert contains(wide.enclosed(50, "bits"), narrow.form())
            assert contains(b, wide.form())
            assert contains(a, narrow.form())


def ends(shown: Enclosed) -> tuple[Fraction, Fraction]:
    """The bounds of a certified number."""
    assert shown.lower is not None
    assert shown.upper is not None
    return Fraction(shown.lower), Fraction(shown.upper)


def contains(shown: object, truth: LogForm) -> bool:
    """Whether the exact number of nats lies between the decimal bounds, which are in bits."""
    lower, upper = Fraction(shown.lower), Fraction(shown.upper)  # type: ignore[attr-defined]
    return log(2) * lower <= truth <= log(2) * upper


@pytest.mark.parametrize("exponent", [3, 40, 300])
def test_a_tiny_error_has_all_its_digits(exponent: int) -> None:
    """A denoiser that errs by 10^−n makes errors of about 10^−2n: each, and their sum, certified to 15 digits."""
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 3),) * 3, 3)
    model = PosteriorMixture(Posterior(Fraction(1, 10**exponent)))
    entries, totals, finding = kept(chain, model, chain.marginal(3))
    for term in [*(entry.error for entry in entries), totals.model_error, totals.nll_excess, totals.gap]:
        shown = enclosed(term)
        lower, upper, middle = (Fraction(getattr(shown, part)) for part in ("lower", "upper", "value"))
        assert 0 < lower <= middle <= upper
        assert upper - lower <= 2 * Fraction(1, 10**14) * middle
        assert upper < Fraction(1, 10 ** (2 * exponent - 2))
        assert isinstance(term, Quantity)
        below, above = term.form().enclosure(25, "bits")
        assert lower <= below <= above <= upper
    assert "; H(x0) < NLL < L" in finding.detail
