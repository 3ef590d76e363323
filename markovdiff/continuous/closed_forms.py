"""Two examples small enough for a formula: the triangular law, and the chain on two states. Exact.

Triangular, p_k = k/Z, k = 1…K, Z = K(K+1)/2:  H = log Z − (1/Z) Σ k log k. How it grows: f(x) = x log x is convex, so
the trapezoidal rule on each [k, k+1] overestimates its integral, by at most (f'(k+1) − f'(k))/8. Summed over k = 1…K−1,

    Σ_{k=1}^{K} k log k = ½K² log K − ¼K² + ¼ + ½K log K + E,   0 ≤ E ≤ ⅛ log K.

The two terms with log K make Z·log K. What is left, with Z = K(K+1)/2, is

    log K − H = (log 2 − ½) + 1/(2K) − log(1 + 1/K) + E/Z,   0 ≤ E/Z ≤ log K / (4K(K+1)),

so H = log K − (log 2 − ½) + O(1/K): about 0.1931 nats below the uniform law, for good. (p_k is near to the density 2x
on [0, 1], whose differential entropy is ½ − log 2: the same constant.)

Two states: every Q̄ = ᾱI + (1−ᾱ)1πᵀ, and I(x0; x_t) = h(p_t) − Σ_i p_0[i] h(Q̄[i]) with h the binary entropy.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.rational import rational, shown
from markovdiff.continuous.reals import whole
from markovdiff.errors import InputError
from markovdiff.measures.information import entropy
from markovdiff.process.distribution import triangular

MAX_TRIANGULAR = 20_000
"""K up to which the triangular entropy is written out exactly."""


@dataclass(frozen=True, eq=False)
class Shifted:
    """A sum of logarithms plus a rational, `form` + `shift`: exact, and decided against a LogForm."""

    form: LogForm
    shift: Fraction

    def enclosure(self, digits: int = 15) -> tuple[Fraction, Fraction]:
        """Return (lower, upper) around the number in nats; `digits` are those of the logarithms."""
        lower, upper = self.form.enclosure(digits)
        return lower + self.shift, upper + self.shift

    def __float__(self) -> float:
        return float(self.enclosure(30)[0])

    def at_most(self, other: LogForm) -> bool:
        """Return whether this number is ≤ other, decided."""
        return self.form - other <= -self.shift

    def at_least(self, other: LogForm) -> bool:
        """Return whether this number is ≥ other, decided."""
        return self.form - other >= -self.shift


TRIANGULAR_DEFICIT = Shifted(log(2), Fraction(-1, 2))
"""log 2 − ½, what log K − H tends to."""


def triangular_entropy(K: int) -> LogForm:
    """Return H of p_k = k/Z, k = 1…K.

    >>> print(triangular_entropy(2))
    −2/3·log 2 + log 3
    """
    whole(K, "K", "a distribution needs at least one state", most=MAX_TRIANGULAR)
    Z = K * (K + 1) // 2
    return entropy([Fraction(k, Z) for k in triangular(K)])


def triangular_deficit_bounds(K: int) -> tuple[Shifted, Shifted]:
    """Return a lower and an upper bound of log K − H, the module's theorem; both tend to log 2 − ½.

    >>> lower, upper = triangular_deficit_bounds(100)
    >>> lower.at_most(log(100) - triangular_entropy(100)), upper.at_least(log(100) - triangular_entropy(100))
    (True, True)
    """
    whole(K, "K", "a distribution needs at least one state", most=MAX_TRIANGULAR)
    lower = Shifted(log(2) - log(1 + Fraction(1, K)), Fraction(1, 2 * K) - Fraction(1, 2))
    return lower, Shifted(lower.form + Fraction(1, 4 * K * (K + 1)) * log(K), lower.shift)


def binary_entropy(p: object) -> LogForm:
    """Return h(p) = −p log p − (1−p) log(1−p).

    >>> print(binary_entropy("1/2"))
    log 2
    """
    x = _probability(p, "p")
    return entropy([x, 1 - x])


def two_state_information(p: object, alpha_bar: object, target: object = "1/2") -> LogForm:
    """Return I(x0; x_t) for x0 ~ (p, 1−p) and Q̄_t = ᾱI + (1−ᾱ)1πᵀ with π = (target, 1−target).

    target = ½ is the symmetric channel, which flips with probability e = (1−ᾱ)/2, and there
    I = h(p(1−e) + (1−p)e) − h(e).

    >>> print(two_state_information("1/2", 1), two_state_information("1/2", 0))
    log 2 0
    """
    a, kept, pi = _probability(p, "p"), _probability(alpha_bar, "alpha_bar"), _probability(target, "target")
    stays, comes = kept + (1 - kept) * pi, (1 - kept) * pi
    average = a * stays + (1 - a) * comes
    return binary_entropy(average) - a * binary_entropy(stays) - (1 - a) * binary_entropy(comes)


def _probability(value: object, where: str) -> Fraction:
    x = rational(value, where)
    if not 0 <= x <= 1:
        raise InputError("not a probability", where=where, expected="an exact number from 0 to 1", got=shown(x))
    return x
