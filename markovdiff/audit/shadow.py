"""What float64 is said to have beside I(x_0;x_t), computed again with Python's own floats.

    Q̄_t = Q̄_{t−1} Q_t,   q(i, j) = p_0[i] Q̄_t[i, j],   p_t = p_0 Q̄_t,   I_t = Σ q(i, j)·log( q(i, j) / (p_0[i] p_t[j]) )

each sum from its first term to its last, one rounding an operation: float64 is the same everywhere, but for the
logarithm, whose last bit differs between machines. So a value that is not this machine's own is wrong where even
logarithms that are two units of their last place off could not make it; else it is not covered. What is said about a
value (its relative error, and what is wrong with it) follows from it, from the bounds on I_t and from the verdict.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import MAX_EMAX, MIN_EMIN, ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction

from markovdiff.audit import budget
from markovdiff.audit.claims import Claim, WrongError
from markovdiff.audit.numerals import quoted
from markovdiff.audit.process import Process
from markovdiff.audit.record import Part

KEYS = ("mutual_information", "relative_error", "false_rise", "stands_still", "negative")
MOST_STATES = 512

Floats = list[list[float]]


class Shadow:
    """float64's values in a record: `confirm` takes every step's in turn."""

    def __init__(self, process: Process, unit: str) -> None:
        self.process = process
        self.log: Callable[[float], float] = math.log2 if unit == "bits" else math.log
        self.p0 = [float(p) for p in process.p0]
        K = range(process.K)
        self.Q_bar = [[float(i == j) for j in K] for i in K]
        self.t = 0
        self.before: float | None = None

    def confirm(self, part: Part, truth: Claim | None, decay: str | None) -> bool:
        """Raise WrongError where something is not so; `truth` is the claim on I_t, already confirmed."""
        part.only(KEYS)
        value = self._value(part["mutual_information"])
        moved = None if value is None or self.before is None else (value > self.before) - (value < self.before)
        self.before = value
        error = None if value is None or truth is None else _error(value, truth)
        self._is(part["relative_error"], error)
        self._is(part["false_rise"], moved == 1 and decay in ("strict", "equal"))
        self._is(part["stands_still"], moved == 0 and decay == "strict")
        self._is(part["negative"], value is not None and value < 0)
        return self._computed(part["mutual_information"], value)

    @staticmethod
    def _value(part: Part) -> float | None:
        if part.value is None:
            return None
        try:
            value = float(part.text())
        except ValueError:
            raise part.fail("not a number that float64 has", "what repr(float) writes") from None
        if repr(value) != part.value or not math.isfinite(value):
            raise part.fail("not a number that float64 has", "what repr(float) writes")
        return value

    @staticmethod
    def _is(part: Part, true: object) -> None:
        if part.value != true or isinstance(part.value, bool) != isinstance(true, bool):
            said = quoted(part.value) if not isinstance(part.value, dict) else quoted(str(part.value))
            raise WrongError(part.path, said, quoted(true) if not isinstance(true, dict) else quoted(str(true)))

    def _computed(self, part: Part, said: float | None) -> bool:
        K = self.process.K
        if self.t:
            budget.spend(100 * K**3)
            self.Q_bar = self._product(self.Q_bar, self.t)
        self.t += 1
        budget.spend(400 * K**2)
        found, room = self._information()
        if said == (found if math.isfinite(found) else None):
            return True
        if said is None or not math.isfinite(found) or abs(said - found) > room:
            raise WrongError(part.path, str(said), f"{found!r}, as the textbook formula gives in float64")
        return False

    def _product(self, rows: Floats, t: int) -> Floats:
        if not self.process.is_markov:
            made = [self._kernel_of(M.N, M.d) for M in self.process.noise.memory]
            return [_times([row], Q)[0] for row, Q in zip(rows, made, strict=True)]
        return _times(rows, self._kernel(t))

    def _kernel(self, t: int) -> Floats:
        """Return (1−β)I + βM from rounded β and M, as people write it; else the entries rounded."""
        noise, K = self.process.noise, range(self.process.K)
        if noise.steps:
            return self._kernel_of(noise.steps[t - 1].N, noise.steps[t - 1].d)
        beta = self.process.betas[t - 1]
        if noise.target:
            whole = sum(noise.target)
            M = [[w / whole for w in noise.target]] * self.process.K
        else:
            M = [[float(x) for x in row] for row in noise.blended]
        stay, go = float(1 - beta), float(beta)
        return [[go * M[i][j] + stay * float(i == j) for j in K] for i in K]

    @staticmethod
    def _kernel_of(numerators: list[list[int]], d: int) -> Floats:
        return [[n / d for n in row] for row in numerators]

    def _information(self) -> tuple[float, float]:
        """Return the sum, and how far logarithms that are two units off in their last place could move it."""
        p_t = _times([self.p0], self.Q_bar)[0]
        total, room = 0.0, 0.0
        for p, row in zip(self.p0, self.Q_bar, strict=True):
            for x, y in zip(row, p_t, strict=True):
                q, apart = p * x, p * y
                if q > 0:
                    part = q * (self.log(q / apart) if apart else math.inf)
                    total += part
                    room += 2.0**-49 * (abs(part) + abs(total))
        return total, room


def _times(A: Floats, Q: Floats) -> Floats:
    """Return the product A Q, each entry summed from its first product on."""
    product = []
    for row in A:
        sums = [row[0] * x for x in Q[0]]
        for a, line in zip(row[1:], Q[1:], strict=True):
            sums = [s + a * x for s, x in zip(sums, line, strict=True)]
        product.append(sums)
    return product


def _error(value: float, truth: Claim) -> dict[str, str] | None:
    """Return |v − I| / I for all I between the bounds claimed, in two digits outward; it falls, then rises in I."""
    if truth.kind != "finite":
        return None
    v, lower, upper = Fraction(value), truth.lower, truth.upper
    if v == 0 == upper:
        return {"lower": "0", "upper": "0"}
    if lower <= 0:
        return None
    ends = [abs(v - lower) / lower, abs(v - upper) / upper]
    low = Fraction(0) if lower <= v <= upper else min(ends)
    return {"lower": _two_digits(low, ROUND_FLOOR), "upper": _two_digits(max(ends), ROUND_CEILING)}


def _two_digits(x: Fraction, rounding: str) -> str:
    if not x:
        return "0"
    context = Context(prec=2, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return f"{context.divide(Decimal(x.numerator), Decimal(x.denominator)):.1e}".replace("e+", "e")
