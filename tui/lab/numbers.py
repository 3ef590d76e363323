"""The numbers of the lab: each from the engine's public functions, exact ones certified to the last digit shown.

An exact number comes as Enclosed; what comes as a float is for a picture, or is said to be one. They are small enough
to be computed where the screen is: a few milliseconds at most. Only the fits take longer, and the first of them has to
load an optimiser: they are computed beside the screen. Imported when a view is first measured, not before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import log2

import markovdiff as md
from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.logform import Infinity, LogForm
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.continuous import closed_forms
from markovdiff.learn.chains import uniform_chain
from markovdiff.measures.information import first_missing

DIGITS = 10
"""Certified significant digits."""

GRID = 100
"""Steps of p along the curve of the binary entropy."""

DOUBLINGS, PER_DOUBLING = 10, 4
"""The curves over K run from 1 to 2^10, four points to a doubling."""

LAST = 64
"""The last time of the two-state chain."""


def certified(form: LogForm | Infinity, unit: Unit = "bits") -> Enclosed:
    """Return a number as it is shown, with its closed form where that is short."""
    if isinstance(form, Infinity):
        return Enclosed("inf")
    return Quantity.of(form).enclosed(DIGITS, unit, closed=True)


def in_bits(form: LogForm) -> float:
    """Return the number in bits, as a float for a picture."""
    return float(certified(form))


@dataclass(frozen=True, slots=True)
class BinaryEntropy:
    """Binary entropy at p, in bits: the two sides' shares of it, and what it falls short of a fair coin's."""

    entropy: Enclosed
    heads: Enclosed
    tails: Enclosed
    shortfall: Enclosed


@lru_cache(maxsize=256)
def binary_entropy(p: Fraction) -> BinaryEntropy:
    """Return h(p) and its parts."""
    heads, tails = (certified(x * md.log(1 / x) if x else LogForm()) for x in (p, 1 - p))
    shortfall = md.kl([p, 1 - p], ["1/2", "1/2"])
    return BinaryEntropy(certified(closed_forms.binary_entropy(p)), heads, tails, certified(shortfall))


@lru_cache(maxsize=1)
def entropies_of_coins() -> tuple[float, ...]:
    """Return h(k/GRID) for all k."""
    return tuple(in_bits(closed_forms.binary_entropy(Fraction(k, GRID))) for k in range(GRID + 1))


@dataclass(frozen=True, slots=True)
class CodingCost:
    """What outcomes of P cost in a code made for Q, in bits; `missing` is a state that P has and Q has not."""

    q: tuple[Fraction, ...]
    entropy: Enclosed
    divergence: Enclosed
    reverse: Enclosed
    cost: Enclosed
    missing: int | None


@lru_cache(maxsize=256)
def coding_cost(p: tuple[Fraction, ...], weights: tuple[Fraction, ...]) -> CodingCost:
    """Return H(P), KL both ways, H(P,Q), with Q the weights' shares of their sum."""
    total = sum(weights, Fraction(0))
    q = tuple(w / total for w in weights)
    return CodingCost(
        q,
        certified(md.entropy(p)),
        certified(md.kl(p, q)),
        certified(md.kl(q, p)),
        certified(md.cross_entropy(p, q)),
        first_missing(p, q),
    )


@dataclass(frozen=True, slots=True)
class Peak:
    """A fitted Gaussian or bell, its divergence in nats, and its density along the picture. Floats."""

    centre: float
    width: float
    divergence: float
    density: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Peaks:
    """P with its two peaks, the forward fit, and every minimum of the reverse one. Floats, nats."""

    d: Fraction
    weight: Fraction
    mean: float
    width: float
    density: tuple[float, ...]
    forward: Peak
    reverse: tuple[Peak, ...]
    reach: float
    """The picture is drawn from −reach to reach."""


POINTS = 240
"""Points of a density in a picture, less one."""


@lru_cache(maxsize=64)
def peaks(d: Fraction, weight: Fraction) -> Peaks:
    """Fit one Gaussian in each direction to two peaks, by half their distance d and the left one's weight."""
    import numpy as np

    from markovdiff.continuous.densities import Mixture, mixture, normal
    from markovdiff.continuous.projection import Fit, fit_gaussian

    p = mixture([weight, 1 - weight], [-d, d], [1, 1])
    reach = float(d) + 4.0
    x = np.linspace(-reach, reach, POINTS + 1)

    def along(law: Mixture) -> tuple[float, ...]:
        return tuple(float(y) for y in np.exp(law.log_density(x)))

    def peak(fit: Fit) -> Peak:
        return Peak(fit.centre, fit.width, fit.divergence, along(normal(fit.centre, fit.width)))

    forward, reverse = fit_gaussian(p, "forward").best, fit_gaussian(p, "reverse").minima
    return Peaks(d, weight, p.mean, p.sigma, along(p), peak(forward), tuple(map(peak, reverse)), reach)


@dataclass(frozen=True, slots=True)
class DiscreteFits:
    """The same on states: a law with two peaks, and the bells fitted to it. Floats, nats."""

    gap: int
    weight: Fraction
    mean: float
    width: float
    law: tuple[float, ...]
    forward: Peak
    reverse: tuple[Peak, ...]


@lru_cache(maxsize=64)
def discrete_fits(gap: int, weight: Fraction) -> DiscreteFits:
    """Return the chapter's law of two peaks, `gap` states apart: one bell fitted in each direction."""
    from markovdiff.continuous.projection import Fit, bell, fit_bell
    from markovdiff.learn.divergence import two_peaks

    p = two_peaks(gap, weight)
    mean = sum((i * x for i, x in enumerate(p)), Fraction(0))
    variance = sum(((i - mean) ** 2 * x for i, x in enumerate(p)), Fraction(0))

    def peak(fit: Fit) -> Peak:
        return Peak(fit.centre, fit.width, fit.divergence, bell(len(p), fit.centre, fit.width))

    forward, reverse = fit_bell(p, "forward").best, fit_bell(p, "reverse").minima
    law = tuple(map(float, p))
    return DiscreteFits(gap, weight, float(mean), float(variance) ** 0.5, law, peak(forward), tuple(map(peak, reverse)))


@dataclass(frozen=True, slots=True)
class Growth:
    """H of p_k = k/Z and log K in bits; the gap between them and its limit in nats; whether its bounds hold."""

    entropy: Enclosed
    uniform: Enclosed
    gap: Enclosed
    limit: str
    bounded: bool


@lru_cache(maxsize=256)
def growth(K: int) -> Growth:
    """Return the triangular law on K states; the bounds on the gap are decided, not compared in floats."""
    H = closed_forms.triangular_entropy(K)
    gap = md.log(K) - H
    lower, upper = closed_forms.triangular_deficit_bounds(K)
    return Growth(
        certified(H),
        certified(md.log(K)),
        certified(gap, "nats"),
        common_digits(*closed_forms.TRIANGULAR_DEFICIT.enclosure(30)),
        lower.at_most(gap) and upper.at_least(gap),
    )


def common_digits(lower: Fraction, upper: Fraction) -> str:
    """Return the decimals, DIGITS of them, to which both ends round; fails where the ends disagree.

    >>> common_digits(Fraction(19314718055, 10**11), Fraction(193147180552, 10**12))
    '0.1931471806'
    """
    below, above = round(lower, DIGITS), round(upper, DIGITS)
    if below != above:
        raise md.InternalError("an enclosure too wide for its digits", got=f"{float(lower)} … {float(upper)}")
    return f"{float(below):.{DIGITS}f}"


def doublings() -> tuple[float, ...]:
    """Return where the curves over K have their points: evenly along log2 K."""
    return tuple(j / PER_DOUBLING for j in range(DOUBLINGS * PER_DOUBLING + 1))


@lru_cache(maxsize=1)
def growths() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return H in bits and log K − H in nats at each of `doublings`, on lines between two whole K."""
    gaps = [_gap_between(x) for x in doublings()]
    return tuple(x - gap / float(md.log(2)) for x, gap in zip(doublings(), gaps, strict=True)), tuple(gaps)


def _gap_between(x: float) -> float:
    K = int(2**x)
    part = (x - log2(K)) / (log2(K + 1) - log2(K))
    here, there = (float(certified(md.log(k) - closed_forms.triangular_entropy(k), "nats")) for k in (K, K + 1))
    return here + part * (there - here)


def limit_in_bits() -> float:
    """Return log 2 − ½ in bits, for a picture."""
    return float(closed_forms.TRIANGULAR_DEFICIT) / float(md.log(2))


@dataclass(frozen=True, slots=True)
class Channel:
    """The two-state chain at t, in bits: closed form, what the step took, and whether the chain itself agrees."""

    kept: Fraction
    entropy: Enclosed
    information: Enclosed
    lost: Enclosed | None
    agrees: bool


@lru_cache(maxsize=256)
def channel(p: Fraction, beta: Fraction, t: int) -> Channel:
    """Compute I(x0; x_t) in closed form, and by the joint law of the chain: equal or not, decided."""
    now, kept = closed_forms.two_state_information(p, (1 - beta) ** t), (1 - beta) ** t
    chain = uniform_chain([p.numerator, p.denominator - p.numerator], [beta] * max(t, 1))
    rows = zip(chain.data.probabilities, chain.cumulative(t), strict=True)
    joint = [[mass * entry for entry in row] for mass, row in rows]
    lost = closed_forms.two_state_information(p, (1 - beta) ** (t - 1)) - now if t else None
    return Channel(
        kept,
        certified(md.entropy(chain.marginal(t))),
        certified(now),
        None if lost is None else certified(lost),
        now == md.mutual_information(joint),
    )


@lru_cache(maxsize=64)
def channel_curves(p: Fraction, beta: Fraction) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return H(x_t) and I(x0; x_t) for t = 0 … LAST."""
    kept = [(1 - beta) ** t for t in range(LAST + 1)]
    marginals = [p * a + (1 - a) / 2 for a in kept]
    entropies = tuple(in_bits(closed_forms.binary_entropy(m)) for m in marginals)
    return entropies, tuple(in_bits(closed_forms.two_state_information(p, a)) for a in kept)


def page(topic: str, settings: Sequence[str]) -> tuple[list[tuple[str, str]], str]:
    """Return a page of the chapter as lines with what they are; and why the settings could not be had, or ""."""
    from markovdiff.learn.contents import find
    from markovdiff.learn.layout import layout

    found, refused = find(topic), ""
    try:
        values = found.read(settings)
    except md.InputError as error:
        values, refused = found.read(()), f"{error.where}: {error.what}"
    stretches = layout(found, values)
    return [(line.text, line.role) for lines in stretches for line in lines], refused
