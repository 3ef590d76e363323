"""The ledger of the ELBO against the plainest account of it: every path of the noise, and every path of the model.

The account knows p_0, Q_t, R_t and π as Fractions and nothing of the ledger's formulas: L is
−E_q log p_θ(x_{0:T})/q(x_{1:T}|x0) path by path, its terms come from the forward posteriors, and p_θ(x0) is a
sum over all K^T paths. Numbers are compared as LogForms, so equal means equal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import lcm
from typing import Literal

import pytest
from chains import (
    Law,
    Process,
    constant_chain,
    data_laws,
    erasures,
    examples,
    informations,
    laws,
    markov,
    points,
    probabilities,
    row_vector,
)
from flint import fmpz
from hypothesis import assume, given
from hypothesis import strategies as st

from markovdiff.arithmetic.enclosure import accuracy
from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm, log
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact.identity_proof import Balance
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Entry, Ledger, Running, Totals
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.information import entropy, kl
from markovdiff.measures.ledger import Term, Unbounded, add
from markovdiff.process.chain import Chain, Moment
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import RankOneKernel, uniform
from markovdiff.process.reverse import (
    D3PM,
    Bayes,
    Counted,
    DenoiserTable,
    MarginalDenoiser,
    Posterior,
    PosteriorMixture,
    ReverseModel,
    ReverseTable,
    Uniform,
    row_of,
)
from markovdiff.process.schedules import jump
from markovdiff.process.transition import Dense, IdentityPlusRankOne

Rows = tuple["Law | None", ...]
UNDEFINED: Literal["undefined"] = "undefined"
Value = LogForm | Infinity | Literal["undefined"]
ZERO = Fraction(0)


def expected_log(pairs: Iterable[tuple[Fraction, Fraction]]) -> LogForm:
    """Σ c·log x over (c, x), x > 0."""
    collected: dict[Fraction, Fraction] = defaultdict(Fraction)
    for c, x in pairs:
        collected[x] += c
    d = lcm(*(c.denominator for c in collected.values()))
    terms = []
    for x, c in collected.items():
        n = fmpz(int(c * d))
        terms += [(n, fmpz(x.numerator)), (-n, fmpz(x.denominator))]
    return LogForm(terms, d)


def expected_ratio(triples: Iterable[tuple[Fraction, Fraction, Fraction | None]]) -> Value:
    """Σ c·log(a/b) over (c, a, b), c and a > 0: undefined if a b is, infinite if one is 0."""
    parts = list(triples)
    if any(b is None for _, _, b in parts):
        return UNDEFINED
    if any(b == 0 for _, _, b in parts):
        return INFINITY
    return expected_log((c, a / b) for c, a, b in parts if b is not None)


def same(a: Value, b: Value) -> bool:
    """Both undefined, both infinite, or the same number, decided."""
    if isinstance(a, LogForm) and isinstance(b, LogForm):
        return a == b
    return not isinstance(a, LogForm) and not isinstance(b, LogForm) and str(a) == str(b)


def plus(*values: Value) -> Value:
    """A sum: undefined if a part is, else infinite if one is."""
    if any(isinstance(v, str) for v in values):
        return UNDEFINED
    if any(isinstance(v, Infinity) for v in values):
        return INFINITY
    return sum((v for v in values if isinstance(v, LogForm)), LogForm())


@dataclass(frozen=True, eq=False)
class Account:
    """A process, R_1 … R_T as rows, and π: everything else from the paths."""

    process: Process
    reverse: tuple[Rows, ...]
    prior: Law

    @property
    def T(self) -> int:
        return self.process.chain.T

    def R(self, t: int, j: int, i: int) -> Fraction | None:
        """p_θ(x_{t−1} = i | x_t = j), or None where that is undefined."""
        row = self.reverse[t - 1][j]
        return None if row is None else row[i]

    def model_path(self, path: Sequence[int]) -> Fraction | None:
        """p_θ(x_{0:T}), from x_T back; None where q's path meets an undefined row."""
        factors = [self.R(t, path[t], path[t - 1]) for t in range(1, self.T + 1)]
        p = self.prior[path[-1]]
        for factor in factors:
            if factor is None:
                return None
            p *= factor
        return p

    @cached_property
    def negative_elbo(self) -> Value:
        """−E_q log( p_θ(x_{0:T}) / q(x_{1:T}|x0) )."""
        p0 = self.process.chain.data.probabilities
        return expected_ratio((q, q / p0[path[0]], self.model_path(path)) for path, q in self.process.paths.items())

    def reconstruction(self) -> Value:
        """E_q[−log p_θ(x0|x1)]."""
        pair = self.process.law(0, 1)
        return expected_ratio((q, Fraction(1), self.R(1, j, i)) for (i, j), q in pair.items())

    def denoising(self, t: int) -> Value:
        """E_q KL( q(x_{t−1}|x_t,x0) ‖ p_θ(x_{t−1}|x_t) )."""
        ends = self.process.law(0, t)
        return expected_ratio(
            (q, q / ends[k, j], self.R(t, j, i)) for (k, i, j), q in self.process.law(0, t - 1, t).items()
        )

    def prior_matching(self) -> Value:
        """E_q KL( q(x_T|x0) ‖ π )."""
        p0 = self.process.chain.data.probabilities
        return expected_ratio((q, q / p0[k], self.prior[j]) for (k, j), q in self.process.law(0, self.T).items())

    def model_error(self, t: int) -> Value:
        """Δ_t = E_q KL( q(x_{t−1}|x_t) ‖ p_θ(x_{t−1}|x_t) )."""
        now = self.process.law(t)
        return expected_ratio((q, q / now[(j,)], self.R(t, j, i)) for (i, j), q in self.process.law(t - 1, t).items())

    def prior_gap(self) -> Value:
        """KL(p_T‖π)."""
        return expected_ratio((q, q, self.prior[j]) for (j,), q in self.process.law(self.T).items())

    @cached_property
    def model_paths(self) -> dict[tuple[int, ...], Fraction] | None:
        """Every path that the model can take, with its probability; None where it meets an undefined row."""
        paths = {(j,): p for j, p in enumerate(self.prior) if p}
        for t in range(self.T, 0, -1):
            longer: dict[tuple[int, ...], Fraction] = {}
            for path, p in paths.items():
                row = self.reverse[t - 1][path[0]]
                if row is None:
                    return None
                longer.update({(i, *path): p * r for i, r in enumerate(row) if r})
            paths = longer
        return paths

    @cached_property
    def likelihood(self) -> Law | None:
        """p_θ(x0), a sum over paths."""
        if self.model_paths is None:
            return None
        total = [ZERO] * self.process.chain.K
        for path, p in self.model_paths.items():
            total[path[0]] += p
        return tuple(total)

    @cached_property
    def nll(self) -> Value:
        """−E_q log p_θ(x0)."""
        m0 = self.likelihood
        if m0 is None:
            return UNDEFINED
        p0 = self.process.chain.data.probabilities
        return expected_ratio((p, Fraction(1), m) for p, m in zip(p0, m0, strict=True) if p)

    @cached_property
    def gap(self) -> Value:
        """E_q KL( q(x_{1:T}|x0) ‖ p_θ(x_{1:T}|x0) ), undefined where L and NLL are both infinite."""
        if not isinstance(self.nll, LogForm):
            return UNDEFINED
        p0, m0 = self.process.chain.data.probabilities, self.likelihood
        assert m0 is not None
        triples = []
        for path, q in self.process.paths.items():
            p = self.model_path(path)
            triples.append((q, q / p0[path[0]], None if p is None else p / m0[path[0]]))
        return expected_ratio(triples)

    @cached_property
    def data_entropy(self) -> LogForm:
        """H(x0)."""
        return -expected_log((p, p) for p in self.process.chain.data.probabilities if p)

    @property
    def order(self) -> str:
        """H(x0), NLL and L, as the finding should put it."""
        nll, L = self.nll, self.negative_elbo
        if not isinstance(nll, LogForm):
            return f"NLL is {UNDEFINED if isinstance(nll, str) else '+∞'}"
        low = {True: "=", False: "<"}[self.data_entropy == nll]
        assert self.data_entropy <= nll
        if isinstance(L, str):
            return f"H(x0) {low} NLL, and L is undefined"
        if isinstance(L, Infinity):
            return f"H(x0) {low} NLL < L = +∞"
        assert nll <= L
        return f"H(x0) {low} NLL {'=' if nll == L else '<'} L"


# the ledger's side


def kept(
    chain: Chain, model: ReverseModel, prior: Law, digits: int = 15, stream: Sequence[Information] | None = None
) -> tuple[list[Entry], Totals, Finding]:
    """The ledger of a whole chain: an entry a step, the totals, and the finding."""
    ledger = Ledger(chain, model, row_vector(prior), digits)
    entries = [entry for now in stream or informations(chain) if (entry := ledger.observe(now)) is not None]
    return entries, *ledger.conclude()


def value(term: Term) -> Value:
    """The term as the account has it."""
    if isinstance(term, Quantity):
        return term.form()
    return INFINITY if term.kind == "inf" else UNDEFINED


def account_of(process: Process, model: ReverseModel, prior: Law) -> Account:
    """The account of the model's own rows (what they must be is asked elsewhere)."""
    reverse = tuple(model.step(before, now).fractions() for before, now in pairwise(process.chain.moments()))
    return Account(process, reverse, prior)


# what hypothesis draws


@st.composite
def tables(draw: st.DrawFn, chain: Chain, holes: bool) -> tuple[tuple[object, ...], ...]:
    """T tables: any laws, or Bayes rows with a little of another law mixed in, and with `holes` undefined rows."""
    out = []
    for before, now in pairwise(chain.moments()):
        rows: list[object] = []
        for row in Bayes().step(before, now).fractions():
            law, share = draw(laws(chain.K)), draw(st.sampled_from([Fraction(1, 3), Fraction(0), Fraction(1)]))
            mixed = law if row is None else tuple((1 - share) * a + share * b for a, b in zip(row, law, strict=True))
            rows.append(None if holes and draw(st.integers(0, 5)) == 0 else row_of(mixed))
        out.append(tuple(rows))
    return tuple(out)


@st.composite
def models(draw: st.DrawFn, chain: Chain) -> ReverseModel:
    """Any of the reverse models."""
    error = st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 10)]) | probabilities
    denoiser = draw(
        st.one_of(
            error.map(Posterior),
            st.just(MarginalDenoiser()),
            tables(chain, holes=True).map(DenoiserTable),  # type: ignore[arg-type]
        )
    )
    kind = draw(st.sampled_from(["bayes", "belief", "mixture", "d3pm", "counted", "uniform", "table", "holes"]))
    if kind == "counted":
        return Counted(
            chain, draw(st.integers(1, 30)), draw(st.sampled_from([ZERO, Fraction(1, 2)])), draw(st.integers(0, 99))
        )
    if kind in ("table", "holes"):
        return ReverseTable(draw(tables(chain, holes=kind == "holes")))  # type: ignore[arg-type]
    return {
        "bayes": Bayes(),
        "belief": Bayes(row_vector(draw(laws(chain.K)))),
        "mixture": PosteriorMixture(denoiser),
        "d3pm": D3PM(denoiser, draw(st.sampled_from(["prediction", "formula"]))),
        "uniform": Uniform(),
    }[kind]


@st.composite
def priors(draw: st.DrawFn, chain: Chain) -> Law:
    """p_T itself, the uniform law, or any law, zeros and all."""
    K = chain.K
    return draw(st.one_of(st.just(chain.marginal(chain.T)), st.just((Fraction(1, K),) * K), laws(K)))


@st.composite
def modelled(draw: st.DrawFn) -> tuple[Process, ReverseModel, Law]:
    """A chain with a model and a prior."""
    process = draw(markov() | erasures(2, 3))
    return process, draw(models(process.chain)), draw(priors(process.chain))


Case = tuple[Process, ReverseModel, Law]


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
        paid = now.conditional.form() if t == 1 else before.mutual.form() - now.mutual.form()
        term = account.reconstruction() if t == 1 else account.denoising(t)
        assert same(term, plus(paid, account.model_error(t)))
    assert same(account.prior_matching(), plus(seen[-1].mutual.form(), account.prior_gap()))


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


# known models


@examples(80)
@given(markov(4, 3))
def test_bayes_from_the_marginal_pays_the_entropy_and_no_more(process: Process) -> None:
    """With Bayes' own reverse process and π = p_T: every Δ_t = 0 and L = NLL = H(x0), decided."""
    chain = process.chain
    entries, totals, finding = kept(chain, Bayes(), chain.marginal(chain.T))
    H = entropy(chain.data.probabilities)
    assert all(same(value(entry.error), LogForm()) for entry in entries)
    assert same(value(totals.negative_elbo), H)
    assert same(value(totals.nll), H)
    assert same(value(totals.gap), LogForm())
    assert "; H(x0) = NLL = L" in finding.detail


@examples(60)
@given(st.data())
def test_after_the_jump_the_start_no_longer_matters(data: st.DataObject) -> None:
    """Where x_T is independent of x0 (jump), Bayes makes p_0 from any π: NLL = H(x0), and L is above by KL(p_T‖π)."""
    p0 = data.draw(data_laws(4))
    T = data.draw(st.integers(1, 4))
    chain = Chain(p0, uniform(p0.K), jump(T), T)
    prior = data.draw(laws(p0.K))
    uniform_law = (Fraction(1, p0.K),) * p0.K
    assume(prior != uniform_law)
    _, totals, finding = kept(chain, Bayes(), prior)
    H, excess = entropy(p0.probabilities), kl(uniform_law, prior)
    assert same(value(totals.nll), H)
    assert same(value(totals.negative_elbo), plus(H, excess))
    assert same(value(totals.gap), excess)
    assert f"; H(x0) = NLL < L{' = +∞' if excess == INFINITY else ''}" in finding.detail


@examples(80)
@given(st.data())
def test_a_consistent_wrong_belief_has_no_jensen_gap(data: st.DataObject) -> None:
    """Bayes under r ≫ p_0 from r's own marginal makes r: NLL = L = H(x0) + KL(p_0‖r), above H(x0) unless r = p_0."""
    process = data.draw(markov(3, 3))
    chain = process.chain
    p0 = chain.data.probabilities
    weights = data.draw(st.lists(st.integers(1, 6), min_size=chain.K, max_size=chain.K))
    r = tuple(Fraction(w, sum(weights)) for w in weights)
    believed = Chain(Distribution.from_probabilities(r), chain.kernel, chain.betas, chain.T)
    _, totals, finding = kept(chain, Bayes(row_vector(r)), believed.marginal(chain.T))
    excess = kl(p0, r)
    expected = plus(entropy(p0), excess)
    assert same(value(totals.nll), expected)
    assert same(value(totals.negative_elbo), expected)
    assert same(value(totals.nll_excess), excess)
    assert f"; H(x0) {'=' if r == p0 else '<'} NLL = L" in finding.detail


@examples(60)
@given(markov())
def test_the_mixture_of_the_truth_errs_nowhere(process: Process) -> None:
    """Fed q(x0|x_t), the posterior mixture has Δ_t = 0 at every t, and L = NLL = H(x0)."""
    chain = process.chain
    entries, totals, finding = kept(chain, PosteriorMixture(Posterior()), chain.marginal(chain.T))
    assert all(isinstance(entry.error, Quantity) and entry.error.is_zero() for entry in entries)
    assert same(value(totals.nll), entropy(chain.data.probabilities))
    assert "; H(x0) = NLL = L" in finding.detail


@examples(60)
@given(markov())
def test_d3pm_of_the_data_forgets_only_the_first_step(process: Process) -> None:
    """Fed q(x0), equation 4 has Δ_t = 0 for t ≥ 2 and Δ_1 = I_1: it makes the last step blindly."""
    chain = process.chain
    first, *later = kept(chain, D3PM(MarginalDenoiser()), chain.marginal(chain.T))[0]
    assert same(value(first.error), informations(chain)[1].mutual.form())
    assert all(same(value(entry.error), LogForm()) for entry in later)


@examples(60)
@given(markov())
def test_d3pm_of_the_truth_errs_only_later(process: Process) -> None:
    """Fed q(x0|x_t), equation 4 has Δ_1 = 0."""
    chain = process.chain
    assert same(value(kept(chain, D3PM(Posterior()), chain.marginal(chain.T))[0][0].error), LogForm())


@examples(60)
@given(markov())
def test_d3pm_of_the_data_forgets_nothing_with_the_formula(process: Process) -> None:
    """Fed q(x0), equation 4 at t = 1 too has every Δ_t = 0, and L = NLL = H(x0) under the prior p_T."""
    chain = process.chain
    entries, totals, finding = kept(chain, D3PM(MarginalDenoiser(), "formula"), chain.marginal(chain.T))
    assert all(same(value(entry.error), LogForm()) for entry in entries)
    assert same(value(totals.negative_elbo), entropy(chain.data.probabilities))
    assert "; H(x0) = NLL = L" in finding.detail


def test_d3pm_of_the_truth_errs_at_once_with_the_formula() -> None:
    """Fed q(x0|x_t), equation 4 at t = 1 counts x_1 twice: Δ_1 > 0 where p̃ itself has Δ_1 = 0.

    By hand, two letters 3 : 1 and one uniform step of β = 1/2: Q keeps with 3/4, p_1 = (5/8, 3/8),
    q(x0 = 0 | x_1) = 9/10 and 1/2; R_1[j] ∝ Q[·, j]·q(x0 | x_1 = j) gives 27/28 and 1/4 to x0 = 0.
    """
    chain = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 2),), 1)
    by_hand = sum(
        (
            Fraction(weight) * log(Fraction(p) / Fraction(r))
            for weight, p, r in [
                ("9/16", "9/10", "27/28"),
                ("1/16", "1/10", "1/28"),
                ("3/16", "1/2", "1/4"),
                ("3/16", "1/2", "3/4"),
            ]
        ),
        LogForm(),
    )
    (first,), *_ = kept(chain, D3PM(Posterior(), "formula"), chain.marginal(1))
    assert same(value(first.error), by_hand)
    assert by_hand > 0


@pytest.mark.parametrize("T", [2, 3, 6])
def test_d3pm_of_the_truth_errs_on_letters(T: int) -> None:
    """Uniform noise on (1/2, 1/4, 1/8, 1/8): with the true posterior every Δ_t but the first is positive."""
    chain = Chain(Distribution.from_weights([4, 2, 1, 1]), uniform(4), (Fraction(1, 4),) * T, T)
    first, *later = (value(entry.error) for entry in kept(chain, D3PM(Posterior()), chain.marginal(T))[0])
    assert first == 0
    assert all(error > 0 for error in later)  # type: ignore[operator]


@examples(60)
@given(erasures())
def test_d3pm_is_right_about_masks(process: Process) -> None:
    """Absorbing noise with the mask outside the data: fed q(x0|x_t), equation 4 is the Bayes reverse, all Δ_t = 0."""
    chain = process.chain
    for model in (D3PM(Posterior()), D3PM(Posterior(), "formula")):
        entries, _, finding = kept(chain, model, chain.marginal(chain.T))
        assert all(same(value(entry.error), LogForm()) for entry in entries)
        assert "; H(x0) = NLL = L" in finding.detail


def test_a_masked_first_letter_errs() -> None:
    """With the mask among the data that is no longer so: three letters, one of them the mask, and Δ_2 > 0."""
    data = Distribution.from_weights([2, 1, 1])
    chain = Chain(data, RankOneKernel(Distribution.from_weights([0, 0, 1])), (Fraction(1, 3),) * 2, 2)
    assert value(kept(chain, D3PM(Posterior()), chain.marginal(2))[0][1].error) > 0  # type: ignore[operator]


@examples(40)
@given(markov())
def test_the_uniform_model_pays_for_its_ignorance(process: Process) -> None:
    """R = 1/K and π = 1/K: Δ_t = log K − H(x_{t−1}|x_t), NLL = log K whatever the data."""
    chain = process.chain
    K, T = chain.K, chain.T
    entries, totals, _ = kept(chain, Uniform(), (Fraction(1, K),) * K)
    for t, entry in enumerate(entries, 1):
        pair, now = process.law(t - 1, t), process.law(t)
        conditional = -expected_log((q, q / now[(j,)]) for (_, j), q in pair.items())
        assert same(value(entry.error), log(K) - conditional)
    assert same(value(totals.nll), log(K))
    noise = -expected_log((q, q / chain.data.probabilities[path[0]]) for path, q in process.paths.items())
    assert same(value(totals.negative_elbo), (T + 1) * log(K) - noise)


def test_the_terms_of_four_letters() -> None:
    """Uniform noise, K = 4, p_0 = (1/2, 1/4, 1/8, 1/8), three steps of the jump schedule, Bayes: worked by hand.

    The terms sum to H(x0) = 7/4 bits and the prior costs nothing.
    """
    chain = Chain(Distribution.from_weights([4, 2, 1, 1]), uniform(4), jump(3), 3)
    entries, totals, _ = kept(chain, Bayes(), chain.marginal(3))
    shown = [enclosed(entry.term).value for entry in entries]
    assert shown == ["1.06960024696829", "0.501629167387823", "0.178770585643888"]
    assert enclosed(totals.prior).value == "0"
    L = enclosed(totals.negative_elbo)
    assert (L.value, L.lower, L.upper, L.closed_form) == ("1.75", "1.75", "1.75", "7/4")


@pytest.mark.parametrize("T", [1, 3])
@pytest.mark.parametrize(
    "model", [Bayes(), Uniform(), D3PM(MarginalDenoiser()), PosteriorMixture(Posterior(Fraction(1)))]
)
def test_one_state_costs_nothing(T: int, model: ReverseModel) -> None:
    """With K = 1 every line of the ledger is an exact 0, and all three are equal."""
    chain = Chain(Distribution.from_weights([1]), uniform(1), (Fraction(1, 2),) * T, T)
    entries, totals, finding = kept(chain, model, (Fraction(1),))
    for term in [*(getattr(totals, name) for name in Totals.__slots__), *(entry.term for entry in entries)]:
        assert enclosed(term).value == "0"
    assert "; H(x0) = NLL = L" in finding.detail


@examples(40)
@given(st.data())
def test_data_on_one_state_pay_for_the_model_alone(data: st.DataObject) -> None:
    """Where H(x0) = 0 and Bayes knows the datum, L = KL(p_T‖π) and every denoising term is 0."""
    process = data.draw(markov())
    chain = process.chain
    point = Distribution.from_probabilities(data.draw(points(chain.K)))
    known = Process(Chain(point, chain.kernel, chain.betas, chain.T), process.laws)
    prior = data.draw(priors(known.chain))
    entries, totals, _ = kept(known.chain, Bayes(), prior)
    assert all(same(value(entry.term), LogForm()) for entry in entries)
    assert same(value(totals.negative_elbo), kl(known.chain.marginal(chain.T), prior))


def test_a_restricted_mixture_is_noted() -> None:
    """Where p̃ had to be cut down to what can reach x_t, the finding says so and at which t."""
    chain = constant_chain(["1/2", "1/2"], [[1, 0], [0, 1]], 2)
    _, _, finding = kept(chain, PosteriorMixture(MarginalDenoiser()), chain.marginal(2))
    assert "p̃ was restricted to the x0 that can reach x_t at each of 2 steps" in finding.detail
    _, _, plain = kept(chain, PosteriorMixture(Posterior()), chain.marginal(2))
    assert "restricted" not in plain.detail


# digits


def enclosed(term: Term, digits: int = 15) -> object:
    """The term as it is reported, in bits."""
    assert isinstance(term, Quantity)
    return term.enclosed(digits, "bits", closed=True)


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
            assert Fraction(a.lower) <= Fraction(b.lower) <= Fraction(b.upper) <= Fraction(a.upper)  # type: ignore[arg-type]
            assert contains(wide.enclosed(50, "bits"), narrow.form())
            assert contains(b, wide.form())
            assert contains(a, narrow.form())


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
