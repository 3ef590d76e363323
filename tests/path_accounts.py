"""A ledger by brute force over all paths, and the processes, models and priors that are drawn to be held beside it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import lcm
from typing import Literal

from chains import (
    Law,
    Process,
    erasures,
    informations,
    laws,
    markov,
    probabilities,
    row_vector,
)
from flint import fmpz
from hypothesis import strategies as st

from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.engines.exact.information import Information
from markovdiff.engines.exact.ledger import Entry, Ledger, Totals
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.ledger import Term
from markovdiff.process.chain import Chain
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
    Row,
    Uniform,
    row_of,
)

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
def tables(draw: st.DrawFn, chain: Chain, holes: bool) -> tuple[tuple[Row | None, ...], ...]:
    """T tables: any laws, or Bayes rows with a little of another law mixed in, and with `holes` undefined rows."""
    out = []
    for before, now in pairwise(chain.moments()):
        rows: list[Row | None] = []
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
            tables(chain, holes=True).map(DenoiserTable),
        )
    )
    kind = draw(st.sampled_from(["bayes", "belief", "mixture", "d3pm", "counted", "uniform", "table", "holes"]))
    if kind == "counted":
        return Counted(
            chain, draw(st.integers(1, 30)), draw(st.sampled_from([ZERO, Fraction(1, 2)])), draw(st.integers(0, 99))
        )
    if kind in ("table", "holes"):
        return ReverseTable(draw(tables(chain, holes=kind == "holes")))
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


def enclosed(term: Term, digits: int = 15) -> object:
    """The term as it is reported, in bits."""
    assert isinstance(term, Quantity)
    return term.enclosed(digits, "bits", closed=True)
