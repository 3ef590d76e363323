"""The model's likelihood of the data, NLL = −Σ q(x_0) log m_0(x_0), with m_T = π and m_{t−1} = m_t R_t.

m_t is walked back from T between integer bounds, over moments that are made again, block by block, from a few that were
kept. Where a record claims an equality it is walked back once more over rationals, and

    L = NLL ⇔ m_t[j] R_t[j][i] = m_{t−1}[i] q(x_t = j | x_{t−1} = i) wherever x_{t−1} = i occurs, for every t,

since L − NLL = Σ_t E KL( q(x_t|x_{t−1}) ‖ p_θ(x_t|x_{t−1}) ) where
p_θ(x_t = j | x_{t−1} = i) = m_t[j] R_t[j][i] / m_{t−1}[i].
Where every Δ_t is 0 and π = p_T, m_t = p_t for every t, by Bayes' rule, and L = NLL = H(x_0).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from math import gcd, isqrt, lcm

from markovdiff.audit import budget
from markovdiff.audit.facts import Facts
from markovdiff.audit.logarithm import log_two, logarithms
from markovdiff.audit.logsum import Interval, LogSum
from markovdiff.audit.process import Moment
from markovdiff.audit.reverse import Rows, step_of
from markovdiff.audit.scenario import Scenario

MAX_EXACT_BITS = 200_000
"""The exact walk back gives up where a common denominator is longer."""


class Likelihood:
    """The likelihood of the data under the model; it observes every step, then encloses NLL."""

    def __init__(self, scenario: Scenario) -> None:
        assert scenario.reverse is not None
        self.prior = scenario.prior
        self.process = scenario.process
        self.reverse = scenario.reverse
        self.masks: list[tuple[int | None, ...]] = []
        self.kept: list[Moment] = []
        self.stride = isqrt(self.process.T) + 1
        self.is_bayes = True
        self.bounds: tuple[int, list[int], list[int]] | None = None

    def start(self, now: Moment) -> None:
        """Take in the process at t = 0."""
        self.kept.append(now)

    def observe(self, facts: Facts) -> None:
        """Take in step t."""
        now = facts.now
        assert facts.rows is not None
        self.masks.append(tuple(None if row is None else _mask(row[0]) for row in facts.rows))
        self.is_bayes = self.is_bayes and isinstance(facts.error, LogSum) and facts.error.is_zero()
        if now.t % self.stride == 0:
            self.kept.append(now)
        if now.t == self.process.T:
            self.is_bayes = self.is_bayes and now.marginal() == list(self.prior)

    def unsaid(self, t: int, j: int) -> bool:
        """Return whether the model reaches x_t = j, of which R_t says nothing."""
        return self.masks[t - 1][j] is None and bool(self.reached[t] >> j & 1)

    @cached_property
    def reached(self) -> list[int]:
        """For t = 0 … T the states that π R_T ⋯ R_{t+1} reaches, as bits; rows that say nothing lead nowhere."""
        reached = [_mask([p.numerator for p in self.prior])]
        for masks in reversed(self.masks):
            back = 0
            for j, mask in enumerate(masks):
                if reached[-1] >> j & 1:
                    back |= mask or 0
            reached.append(back)
        return reached[::-1]

    @cached_property
    def is_undefined(self) -> bool:
        """Whether NLL is undefined."""
        K = range(self.process.K)
        return any(self.unsaid(t, j) for t in range(1, self.process.T + 1) for j in K)

    @cached_property
    def missed(self) -> list[int]:
        """The data that the model cannot produce."""
        return [i for i, w in enumerate(self.process.data) if w and not self.reached[0] >> i & 1]

    def enclose(self, bits: int) -> Interval | None:
        """Return −Σ w log m_0 / Σw, from the bounds on m_0."""
        bits, low, high = self._likelihood(bits)
        logs, (two, two_slack) = logarithms(bits), log_two(bits)
        down = up = 0
        for w, a, b in zip(self.process.data, low, high, strict=True):
            if w:
                if not a:
                    return None
                down += w * (logs.below(a) - bits * (two + two_slack))
                up += w * (logs.below(b) + logs.slack - bits * two)
        whole = sum(self.process.data)
        return Interval(-up // whole, -(down // whole), bits)

    def _likelihood(self, bits: int) -> tuple[int, list[int], list[int]]:
        """Return integers with low ≤ 2^bits·m_0 ≤ high, for these bits or more."""
        if self.bounds is None or self.bounds[0] < bits:
            low = [(p.numerator << bits) // p.denominator for p in self.prior]
            high = [(-p.numerator << bits) // p.denominator for p in self.prior]
            for _, _, rows in self.backwards():
                low, high = _pushed_back(low, rows), _pushed_back(high, rows)
            self.bounds = bits, low, [-n for n in high]
        return self.bounds

    def backwards(self) -> Iterator[tuple[Moment, Moment, Rows]]:
        """Yield the steps from T to 1, made again block by block from the moments that were kept."""
        end = self.process.T
        for first in reversed(self.kept):
            block = [first]
            while block[-1].t < end:
                block.append(self.process.after(block[-1]))
            for before, now in zip(reversed(block[:-1]), reversed(block[1:]), strict=True):
                yield before, now, self.reverse.rows(before, now)
            end = first.t

    @cached_property
    def walk(self) -> tuple[list[Fraction] | None, bool | None]:
        """m_0, and whether L = NLL, over rationals; None where numbers grew too long to say."""
        if self.is_bayes:
            return self.process.p0, True
        m: list[Fraction] | None = list(self.prior)
        tight: bool | None = True
        for before, now, rows in self.backwards():
            behind = _alike(rows) if m is None else _exactly_back(m, rows)
            if behind is not None and lcm(*(x.denominator for x in behind)).bit_length() > MAX_EXACT_BITS:
                behind = None
            if tight:
                tight = None if m is None or behind is None else _walks_forward(m, behind, before, now, rows)
            m = behind
        return m, tight

    def form(self) -> LogSum | None:
        """Return NLL exactly, where m_0 could be had."""
        m0 = self.walk[0]
        if m0 is None:
            return None
        terms = [(p, m) for p, m in zip(self.process.p0, m0, strict=True) if p]
        form = LogSum().minus_logarithms([(p, m.numerator) for p, m in terms])
        return form.minus_logarithms([(-p, m.denominator) for p, m in terms])


def _mask(numerators: list[int]) -> int:
    return sum(1 << i for i, n in enumerate(numerators) if n)


def _pushed_back(m: list[int], rows: Rows) -> list[int]:
    """Return bounds from below on m R, rounded down at every product; for −m they bound −m R, and so m R from above."""
    fine = max((row[1].bit_length() for row in rows if row is not None), default=0)
    budget.spend(len(m) ** 2 * budget.product(fine, max(m, key=abs).bit_length()))
    sums = [0] * len(m)
    for a, row in zip(m, rows, strict=True):
        if a and row is not None:
            weight = (a << fine) // row[1]
            for i, n in enumerate(row[0]):
                if n:
                    sums[i] += weight * n
    return [x >> fine for x in sums]


def _exactly_back(m: list[Fraction], rows: Rows) -> list[Fraction]:
    """Return m R over rationals: one denominator, then lowest terms."""
    used = [(a / row[1], row[0]) for a, row in zip(m, rows, strict=True) if a and row is not None]
    d = lcm(*(weight.denominator for weight, _ in used))
    sums = [0] * len(m)
    budget.spend(len(m) ** 2 * budget.product(d.bit_length(), d.bit_length()))
    for weight, numerators in used:
        scaled = weight.numerator * (d // weight.denominator)
        for i, n in enumerate(numerators):
            sums[i] += scaled * n
    g = gcd(d, *sums)
    return [Fraction(x // g, d // g) for x in sums]


def _alike(rows: Rows) -> list[Fraction] | None:
    """Return the one row that every row of R_t is, if so: then m_{t−1} is that row, whatever m_t."""
    laws = [[Fraction(n, row[1]) for n in row[0]] for row in rows if row is not None]
    return laws[0] if laws and all(law == laws[0] for law in laws) else None


def _walks_forward(m: list[Fraction], behind: list[Fraction], before: Moment, now: Moment, rows: Rows) -> bool:
    """Return whether m_t[j] R_t[j][i] = m_{t−1}[i] q(x_t = j | x_{t−1} = i) for all j, where x_{t−1} = i occurs."""
    step = step_of(now)
    for i, (P, b, line) in enumerate(zip(before.P, behind, step.N, strict=True)):
        if not P:
            continue
        for a, row, n in zip(m, rows, line, strict=True):
            back = Fraction(row[0][i], row[1]) if row is not None else Fraction(0)
            if a * back != b * Fraction(n, step.d):
                return False
    return True
