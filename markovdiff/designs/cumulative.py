"""Q̄_t in balls, and how much it still tells: I(x0;x_t), the distance from a law, the capacity between two bounds.

A constant kernel is raised to its power by squaring, (1−β)I + β·1πᵀ by its one number, and any other is multiplied
step by step. An entry that no path reaches is the exact 0 in every route, so nothing infinite hides in a ball.

Capacity: for every input p, I(p) ≤ max I ≤ max_i KL(Q̄_t[i] ‖ pQ̄_t), with equality at the best p (Kuhn and Tucker;
Gallager 1968, theorem 4.5.1). The iteration of Blahut and Arimoto (1972) proposes p in float64; the two bounds at
that p are what is proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod

from flint import arb, arb_mat, ctx, fmpq, fmpz

from markovdiff.arithmetic.enclosure import ALONE, f_series, product_ball, stochastic_ball
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.transition import Dense, Transition

MAX_PRODUCTS = 2**31
"""K³ times the steps up to which Q̄_t is multiplied step by step: about half a minute."""

MAX_DENSE = 512
"""States up to which Q̄_t is written out in balls."""

ROUNDS = 2000
"""Rounds of Blahut and Arimoto at most."""


class Cumulative:
    """Q̄_t of a chain in balls of `bits` bits; of a constant kernel at any t, beyond T too."""

    def __init__(self, chain: Chain, bits: int) -> None:
        if chain.K > MAX_DENSE:
            raise LimitError("too many states to write Q̄_t out", expected=f"at most {MAX_DENSE}", got=str(chain.K))
        self.chain, self.bits = chain, bits
        self.constant = constant_step(chain)
        self.squares: list[arb_mat] = []

    def at(self, t: int) -> arb_mat:
        """Return Q̄_t. Raises LimitError where that takes too many products."""
        if t == 0:
            return ball_of(Dense(RationalMatrix.identity(self.chain.K)), self.bits)
        if self.chain.kernel.rank_one_target is not None:
            return self._rank_one(t)
        if self.constant is None:
            *_, last = self.stream(t)
            return last
        found: arb_mat | None = None
        for k in range(t.bit_length()):
            if t >> k & 1:
                square = self._square(k)
                found = square if found is None else product_ball(found, square, self.bits)
        assert found is not None
        return found

    def stream(self, last: int) -> Iterator[arb_mat]:
        """Return Q̄_1, …, Q̄_last. Raises LimitError where that takes too many products."""
        chain = self.chain
        if chain.K**3 * last > MAX_PRODUCTS:
            raise LimitError(
                "too many products of steps that all differ",
                expected=f"K³ times the steps at most 2^{MAX_PRODUCTS.bit_length() - 1}",
                got=f"{chain.K}³ × {last}",
                remedy="markovdiff run --arithmetic ball shows I(x0;x_t) at each t",
            )
        if not chain.is_markov:
            for t in range(1, last + 1):
                yield ball_of(chain.at(t).cumulative, self.bits)
            return
        found: arb_mat | None = None
        for t in range(1, last + 1):
            step = ball_of(chain.transition(t), self.bits)
            found = step if found is None else product_ball(found, step, self.bits)
            yield found

    def _square(self, k: int) -> arb_mat:
        if not self.squares:
            assert self.constant is not None
            self.squares.append(ball_of(self.constant, self.bits))
        while len(self.squares) <= k:
            self.squares.append(product_ball(self.squares[-1], self.squares[-1], self.bits))
        return self.squares[k]

    def _rank_one(self, t: int) -> arb_mat:
        kappa, target = kept(self.chain, t), self.chain.target
        with ALONE, ctx.workprec(self.bits):
            stay, go = (arb(fmpq(x.numerator, x.denominator)) for x in (kappa, 1 - kappa))
            fresh = [go * w / target.total for w in target.weights]
            K = range(self.chain.K)
            return arb_mat([[stay + x if i == j else x for j, x in enumerate(fresh)] for i in K])


def kept(chain: Chain, t: int) -> Fraction:
    """Return ᾱ_t of a kernel that forgets towards one law; where β is constant, beyond T too."""
    if t > chain.T:
        return Fraction(1 - chain.betas[0]) ** t
    return prod((1 - beta for beta in chain.betas[:t]), start=Fraction(1))


def constant_step(chain: Chain) -> Transition | None:
    """Return Q where every step is the same one, else None."""
    if not chain.is_markov:
        return None
    kinds = dict.fromkeys(chain.strengths)
    if len(kinds) == 1:
        return chain.transition(1)
    first, *others = kinds
    made = chain.kernel.transition(first)
    return made if all(chain.kernel.transition(other) == made for other in others) else None


def ball_of(step: Transition, bits: int) -> arb_mat:
    """Return a transition matrix in balls; what is 0 is the exact 0."""
    dense = step.dense
    return stochastic_ball([(row, dense.matrix.d) for row in dense.table], bits)


def marginal_ball(Q_bar: arb_mat, weights: Sequence[int], bits: int) -> list[arb]:
    """Return p_0 Q̄_t for weights that sum to `total`."""
    total = fmpz(sum(weights))
    with ALONE, ctx.workprec(bits):
        return list((arb_mat([[arb(fmpz(w)) / total for w in weights]]) * Q_bar).entries())


def information_ball(Q_bar: arb_mat, weights: Sequence[int], bits: int) -> arb:
    """Return I(x0;x_t) in nats, in the centred form."""
    p = marginal_ball(Q_bar, weights, bits)
    rows = Q_bar.table()
    with ALONE, ctx.workprec(bits):
        found = arb(0)
        for w, row in zip(weights, rows, strict=True):
            if w:
                found += divergence_ball(row, p, bits) * w
        return found / fmpz(sum(weights))


def divergence_ball(row: Sequence[arb], p: Sequence[arb], bits: int) -> arb:
    """Return KL(row ‖ p) in nats as Σ p_j·f(row_j/p_j − 1); p_j is positive where the row is."""
    found = arb(0)
    for a, q in zip(row, p, strict=True):
        if a.is_zero():
            found += q
            continue
        away = a - q
        r = away / q
        size = r.abs_upper()
        if size < 2**-24:
            found += q * _series(r, bits)
        else:
            found += a * (a / q).log() - away
    return found


def _series(r: arb, bits: int) -> arb:
    if r.is_zero():
        return arb(0)
    mantissa, exponent = (int(part) for part in r.abs_upper().man_exp())
    return f_series(r, min(-(mantissa.bit_length() + exponent), bits), bits)


def distance_ball(Q_bar: arb_mat, law: Sequence[Fraction], bits: int) -> list[arb]:
    """Return TV(Q̄_t[i], μ) for each i."""
    with ALONE, ctx.workprec(bits):
        mu = [arb(fmpq(x.numerator, x.denominator)) for x in law]
        return [sum((abs(a - q) for a, q in zip(row, mu, strict=True)), arb(0)) / 2 for row in Q_bar.table()]


def capacity_ball(Q_bar: arb_mat, bits: int) -> tuple[arb, arb]:
    """Return a lower and an upper bound on max_p I(p) in nats."""
    weights = proposed_input(Q_bar)
    p = marginal_ball(Q_bar, weights, bits)
    total = fmpz(sum(weights))
    with ALONE, ctx.workprec(bits):
        lower, upper = arb(0), arb(0)
        for w, row in zip(weights, Q_bar.table(), strict=True):
            cost = divergence_ball(row, p, bits)
            lower += cost * w / total
            upper = max(upper, cost.upper())
        return max(lower.lower(), arb(0)), upper


def proposed_input(Q_bar: arb_mat) -> list[int]:
    """Return a nearly best input, as positive weights, by Blahut and Arimoto in float64, sped up by over-relaxation."""
    import numpy as np

    Q = np.array([[float(x.mid()) for x in row] for row in Q_bar.table()])
    K = len(Q)
    p = np.full(K, 1 / K)
    speed = 1.0
    with np.errstate(all="ignore"):
        logs = np.where(Q > 0, np.log(np.where(Q > 0, Q, 1)), 0.0)
        before = -1.0
        for _ in range(ROUNDS):
            q = p @ Q
            cost = (Q * (logs - np.log(np.where(q > 0, q, 1)))).sum(axis=1)
            value, gap = float(p @ cost), float(cost.max() - p @ cost)
            if gap <= 1e-15 or not np.isfinite(value):
                break
            speed = min(speed * 1.2, 1 / max(float(np.ptp(cost)), 1e-300)) if value >= before else 1.0
            before = value
            p = p * np.exp(speed * (cost - cost.max()))
            p /= p.sum()
    grid = 2**52
    return [max(int(x * grid), 1) for x in p]
