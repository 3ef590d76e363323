"""The ledger of a reverse model that treats every position by itself: what each jump costs, and why.

    Δ = E TC(x_s | x_t) + Σ_l E KL(q(x_s^l | x_t) ‖ r^l)

The first is what drawing the positions apart costs, the expected total correlation of x_s given x_t; the second is what
each position's own model adds. With e^l_i = q(x_s^l = i, x_t) and N = q(x_t), as integers over one denominator,

    Σ_l H(x_s^l | x_t) = Σ (N log N − Σ_i e_i log e_i),    H(x_s | x_t) = H(x_s) + H(x_t | x_s) − H(x_t).

Whether either is 0 is asked of rationals where balls leave it open: whether q(x_s | x_t) is the product of its
marginals, and whether rows are equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod

from flint import fmpq, fmpz

from markovdiff.arithmetic.enclosure import sign_of
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.engines.exact.position_likelihood import Findings, PositionLikelihood
from markovdiff.engines.exact.sequence_information import limited
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.measures.information import SPARE_BITS
from markovdiff.measures.ledger import Term, Unbounded, add
from markovdiff.sequences.chain import SequenceChain, SequenceMoment
from markovdiff.sequences.drawn import Drawn
from markovdiff.sequences.kept_times import Jump, jumps
from markovdiff.sequences.law import Symbols
from markovdiff.sequences.position_models import JumpRows, PositionModel, Weights
from markovdiff.sequences.surroundings import Positions

NOTHING = Quantity.of(LogForm())

MAX_PATHS = 2**21
"""Pairs (x_s, x_t) that may be walked to decide whether L = NLL."""

Logarithms = Counter[int]
"""What multiple of the logarithm of each integer a number has, over a denominator that stands elsewhere."""


@dataclass(frozen=True, eq=False)
class JumpError:
    """The model's error Δ at a jump, in its two parts."""

    apart: Quantity
    own: Term

    @property
    def total(self) -> Term:
        """Return Δ."""
        return add(self.apart, self.own)


class PositionReverse:
    """R_1 … R_T of a per-position model; a `JointReverse`."""

    def __init__(self, chain: SequenceChain, model: PositionModel) -> None:
        self.chain, self.model = chain, model
        self.positions = Positions(chain)
        self.errors: dict[tuple[int, int], JumpError] = {}
        self.costs: dict[int, Term] = {}
        self.walked: dict[tuple[int, ...], tuple[JointPrior, PositionLikelihood]] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the denoiser."""
        return self.model.denoiser.notes

    def error(self, before: SequenceMoment, now: SequenceMoment) -> Term:
        """Return Δ_t."""
        return self.parts(self._jump(before, now)).total

    def _jump(self, before: SequenceMoment, now: SequenceMoment) -> Jump:
        return Jump(before, now, self.chain.symbol.transition(now.t))

    def cross_entropy(self, before: SequenceMoment, now: SequenceMoment) -> Term:
        """Return Σ_l E[−log p̃^l(x_0^l | x_t)] (remembered): undefined where some possible x_t has no p̃, else ≤ ∞."""
        if now.t not in self.costs:
            self.costs[now.t] = self._cross_entropy(before, now)
        return self.costs[now.t]

    def _cross_entropy(self, before: SequenceMoment, now: SequenceMoment) -> Term:
        rows = JumpRows(self.positions, self.model, self._jump(before, now))
        found, certain = Logarithms(), True
        infinite: Unbounded | None = None
        for x in self.chain.possible(now):
            for place in range(len(x)):
                seen = rows.evidence(x, place)
                joint, belief = seen.joint, self.model.denoiser.belief(seen)
                if belief is None:
                    return self._undefined(now.t, x)
                if (k := _missing(joint, belief)) is not None:
                    infinite = infinite or self._infinite(now.t, x, place, k)
                else:
                    _code(found, joint, belief)
                    certain &= sum(map(bool, belief)) == 1
        scale = rows.surroundings.scale * now.symbol.cumulative.dense.matrix.d
        return infinite or _quantity(found, scale, certain)

    def split(self, before: SequenceMoment, now: SequenceMoment) -> tuple[Term, Term]:
        """Return E TC(x_{t−1} | x_t), and what each position's own model adds."""
        found = self.parts(self._jump(before, now))
        return found.apart, found.own

    def likelihood(self, chain: SequenceChain, last: SequenceMoment, prior: JointPrior) -> PositionLikelihood:  # noqa: ARG002
        """Return what all T steps make of the prior."""
        return self.sampler(tuple(range(chain.T + 1)), prior)

    def sampler(self, times: Sequence[int], prior: JointPrior) -> PositionLikelihood:
        """Return what a sampler draws that keeps these times (remembered for a prior)."""
        kept = tuple(times)
        if kept not in self.walked or self.walked[kept][0].symbol is not prior.symbol:
            self.walked[kept] = prior, self._sampler(kept, prior)
        return self.walked[kept][1]

    def _sampler(self, times: tuple[int, ...], prior: JointPrior) -> PositionLikelihood:
        findings = Findings(lambda: self.excess(times, prior), lambda drawn: self._is_tight(times, prior, drawn))
        return PositionLikelihood(self.chain, self.positions, self.model, prior, times, findings)

    def excess(self, times: Sequence[int], prior: JointPrior) -> Term:
        """Return L − H(x_0) of a sampler that keeps these times: its jumps' errors and the prior's."""
        gap = prior.divergence(self.chain.at(self.chain.T))
        return add(*(self.parts(jump).total for jump in jumps(self.chain, times)), gap)

    def parts(self, jump: Jump) -> JumpError:
        """Return the error of a jump in its two parts (remembered)."""
        key = (jump.s, jump.t)
        if key not in self.errors:
            rows = JumpRows(self.positions, self.model, jump)
            self.errors[key] = JumpError(self._apart(rows), NOTHING if self.model.is_ideal else self._own(rows))
        return self.errors[key]

    def _apart(self, rows: JumpRows) -> Quantity:
        """E TC(x_s | x_t), with whether it is 0 decided on rationals where balls do not settle it."""
        found = Logarithms()
        for row, times in rows.marginals():
            _code(found, row, row, times)
        before, now = rows.jump.before.marginal, rows.jump.now.marginal
        alone = LogForm(_terms(found), rows.scale)
        together = _entropy(before) - _entropy(now) + _noise(rows.jump, self.chain.length)
        form = alone - together
        evaluate = cache(lambda bits: form.ball(bits + SPARE_BITS))
        zero = sign_of(evaluate(FIRST_BITS)) != 1 and self._is_apart(rows)
        atoms = len(found) + len(set(before.N.entries())) + len(set(now.N.entries()))
        return limited(evaluate, lambda: form, atoms, zero=zero)

    def _is_apart(self, rows: JumpRows) -> bool:
        """Whether the positions of x_s are independent given x_t, for each x_t."""
        jump, L = rows.jump, self.chain.length
        p, Q = jump.before.marginal, jump.columns
        weights = {self.chain.space.sequence(n): int(w) for n, w in enumerate(p.N.entries())}
        kernel = int(p.d) * int(jump.step.dense.matrix.d) ** L
        for y in self.chain.possible(jump.now):
            found = rows.bayes(y)
            N = sum(found[0])
            for x in product(*([i for i, e in enumerate(row) if e] for row in found)):
                joint = weights.get(x, 0) * prod(Q[j][i] for i, j in zip(x, y, strict=True))
                if joint * rows.scale * N ** (L - 1) != prod(r[i] for r, i in zip(found, x, strict=True)) * kernel:
                    return False
        return True

    def _own(self, rows: JumpRows) -> Term:
        """Σ_l E KL(q(x_s^l | x_t) ‖ r^l): undefined where a row is, else perhaps infinite; 0 where all are alike."""
        found, alike, t = Logarithms(), True, rows.jump.t
        infinite: Unbounded | None = None
        for x in self.chain.possible(rows.jump.now):
            model = rows.of_model(x)
            if model is None:
                return self._undefined(t, x)
            for place, (q, r) in enumerate(zip(rows.bayes(x), model, strict=True)):
                if (k := _missing(q, r)) is not None:
                    infinite = infinite or self._infinite(t, x, place, k)
                elif not _alike(q, r):
                    alike = False
                    _code(found, q, r)
                    _code(found, q, q, -1)
        return infinite or _quantity(found, rows.scale, alike)

    def _undefined(self, t: int, x: Symbols) -> Unbounded:
        labels = self.chain.labels(x)
        return Unbounded("undefined", {"t": t, "x_t": labels}, f"R_{t} says nothing of x_{t} = {labels!r}")

    def _infinite(self, t: int, x: Symbols, place: int, k: int) -> Unbounded:
        labels, symbol = self.chain.labels(x), self.chain.law.symbols[k]
        words = f"at x_{t} = {labels!r} the model does not expect {symbol!r} at position {place}, and q does"
        return Unbounded("inf", {"t": t, "x_t": labels, "position": place, "symbol": symbol}, words)

    def _is_tight(self, times: Sequence[int], prior: JointPrior, drawn: Drawn[fmpq]) -> bool | None:
        """Whether KL(q‖ν) is the whole excess: given x_0, the model's paths are q's. None where they are too many.

        With g(x_t) = p(x_t … x_T)/q(x_t … x_T), the same for all that comes after x_t, g(x_s) is g(x_t) times
        R(x_s|x_t)/q(x_s|x_t) and must not depend on x_t; at last ν(x_0) = g(x_0)·q(x_0).
        """
        p, last, space = prior.law, self.chain.final_marginal, self.chain.space
        g = {space.sequence(n): fmpq(a, p.d) / fmpq(b, last.d) for n, (a, b) in _pairs(p, last)}
        walked = 0
        for jump in jumps(self.chain, times):
            rows = JumpRows(self.positions, self.model, jump)
            found: dict[Symbols, fmpq] = {}
            for y in self.chain.possible(jump.now):
                model, bayes = rows.of_model(y), rows.bayes(y)
                assert model is not None
                joint = self._predecessors(jump, y, bayes)
                walked += len(joint)
                if walked > MAX_PATHS:
                    return None
                total = fmpq(prod(map(sum, model)))
                for x, q in joint.items():
                    r = fmpq(prod(row[i] for row, i in zip(model, x, strict=True))) / total
                    ratio = g[y] * r / q
                    if found.setdefault(x, ratio) != ratio:
                        return False
            g = found
        law = self.chain.law
        return all(g[x] * fmpq(w, law.total) == nu for (x, w), nu in zip(law.support, drawn.inside, strict=True))

    def _predecessors(self, jump: Jump, y: Symbols, bayes: list[Weights]) -> dict[Symbols, fmpq]:
        """q(x_s | x_t = y) for each x_s that is possible."""
        p, space = jump.before.marginal, self.chain.space
        found = {}
        for x in product(*([i for i, e in enumerate(row) if e] for row in bayes)):
            n = space.number(x)
            if n is not None and p.N[0, n] != 0:
                found[x] = fmpq(p.N[0, n] * prod(jump.columns[j][i] for i, j in zip(x, y, strict=True)))
        total = sum(found.values(), fmpq(0))
        return {x: q / total for x, q in found.items()}


def _pairs(p: RationalMatrix, q: RationalMatrix) -> Iterator[tuple[int, tuple[fmpz, fmpz]]]:
    """Return the entries of two vectors where the second is not 0."""
    return ((n, (a, b)) for n, (a, b) in enumerate(zip(p.N.entries(), q.N.entries(), strict=True)) if b != 0)


def _missing(q: Weights, r: Weights) -> int | None:
    return next((k for k, (a, b) in enumerate(zip(q, r, strict=True)) if a and not b), None)


def _alike(q: Weights, r: Weights) -> bool:
    total, other = sum(q), sum(r)
    return all(a * other == b * total for a, b in zip(q, r, strict=True))


def _code(found: Logarithms, q: Weights, r: Weights, times: int = 1) -> None:
    """Add so many times what a code for r costs on q, −Σ q log(r/Σr), to the multiples of logarithms."""
    for a, b in zip(q, r, strict=True):
        if a:
            found[b] -= times * a
    found[sum(r)] += times * sum(q)


def _terms(found: Logarithms) -> Iterator[tuple[fmpz, fmpz]]:
    return ((fmpz(c), fmpz(b)) for b, c in found.items() if c)


def _quantity(found: Logarithms, scale: fmpz | int, zero: bool) -> Quantity:
    form = LogForm(_terms(found), scale)
    return limited(lambda bits: form.ball(bits + SPARE_BITS), lambda: form, len(found), zero=zero)


def _entropy(p: RationalMatrix) -> LogForm:
    """H(p), however many logarithms it has."""
    return LogForm([*((-n * m, n) for n, m in Counter(p.N.entries()).items() if n != 0), (p.d, p.d)], p.d)


def _noise(jump: Jump, length: int) -> LogForm:
    """H(x_t | x_s): L times that of a symbol at a position drawn at random."""
    p, d = jump.before.symbol.marginal, jump.step.dense.matrix.d
    terms = [(length * p.d * d, d)]
    for a, row in zip(p.N.entries(), jump.step.dense.table, strict=True):
        terms += [(-length * a * n, n) for n in row if a != 0 and n != 0]
    return LogForm(terms, p.d * d)
