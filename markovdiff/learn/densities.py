"""Densities: entropy that may be negative, the Gaussian's maximum, KL in closed form, and Gaussian noise.

Continuous quantities are float64 and say so; what a grid of states does beside them is exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import log

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Facts, Formula, Prose, TableBlock, decimal, nats
from markovdiff.learn.chains import few
from markovdiff.learn.page import Page, Parameter, Values, count


def differential(values: Values) -> Sequence[Block]:
    """Build the page on the entropy h of a uniform density, and on H of the same law cut into bins."""
    from markovdiff.continuous.gaussian import uniform_entropy

    width = values["width"]
    rows = []
    for n in (2, 10, 100, 1000):
        H = md.entropy([Fraction(1, n)] * n)
        rows.append((n, width / n, nats(H), nats(float(H) + log(width / n))))
    return (
        Prose(
            f"A number is drawn evenly from an interval of width {width}. Its density is the constant 1/width. "
            "Put it where p was:"
        ),
        Formula(("h(X) = −∫ f log f = log(width)",)),
        Ask("Entropy was never negative. Can this one be? For which widths?"),
        Facts((("h(X)", nats(uniform_entropy(width))), ("h for width 1", nats(uniform_entropy(1))))),
        Prose("To see what h is, cut the interval into n bins of width D. Which bin it is, is an ordinary H:"),
        TableBlock(("n bins", "D", "H(bin), nats", "H(bin) + log D (float)"), tuple(rows)),
        Prose(
            "H(bin) grows without end: a real number known to the last digit would be worth infinitely many nats. "
            "h is what remains when −log D is set aside, so it depends on the unit of x, and is negative below "
            "width 1. Differences of two h, and every KL, do not depend on it."
        ),
    )


def gaussian_maximum(values: Values) -> Sequence[Block]:
    """Build the page on three densities of one variance."""
    from markovdiff.continuous.gaussian import entropies_at_variance

    variance = values["variance"]
    found = entropies_at_variance(variance)
    top = found["gaussian"]
    longest = max(top - h for h in found.values())
    rows = [(name, nats(h), nats(top - h), Bar(((top - h) / longest,))) for name, h in found.items()]
    return (
        Prose(
            f"Three densities, all of variance {variance}: flat, peaked with heavier tails (Laplace), and the Gaussian."
        ),
        Ask("The uniform law had the most entropy on K states. Is it the flat one that wins here, too?"),
        TableBlock(("density", "h, nats (float)", "short of the Gaussian", ""), tuple(rows)),
        Formula(
            (
                "h(Gaussian) = ½ log(2πe σ²)",
                "h(g) − h(f) = KL(f‖g) ≥ 0     g the Gaussian with f's mean and variance",
            )
        ),
        Prose(
            "Why: log g is quadratic in x. Its average needs only a mean and a variance, which f and g share, so "
            "−E_f log g = −E_g log g = h(g). Subtract h(f) and a KL stands there."
        ),
        Prose(
            "So of all noise of a given variance the Gaussian has the most entropy. Another variance moves all "
            "three alike, and the gaps stay."
        ),
    )


def gaussians(values: Values) -> Sequence[Block]:
    """Build the page on KL of two Gaussians in closed form, beside quadrature."""
    from markovdiff.continuous.densities import normal
    from markovdiff.continuous.gaussian import gaussian_kl, kl_to_standard_normal
    from markovdiff.continuous.quadrature import kl_by_quadrature

    m, s = values["m"], values["s"]
    P, Q = normal(0, 1), normal(m, s)
    return (
        Prose(f"P = N(0, 1) and Q = N(m, s²), m = {m}, s = {s}. Both logarithms are quadratic, so KL is a formula."),
        Formula(
            (
                "KL(P‖Q) = log s + (1 + m²)/(2s²) − ½",
                "KL(Q‖P) = ½ (m² + s² − 1 − log s²)      the prior term of a VAE",
            )
        ),
        Ask("Which of the two is larger? Where must a sample fall to hurt, and who draws the samples?"),
        Facts(
            (
                ("KL(P‖Q)", nats(gaussian_kl(0, 1, m, s))),
                ("  by quadrature", nats(kl_by_quadrature(P, Q).value)),
                ("KL(Q‖P)", nats(gaussian_kl(m, s, 0, 1))),
                ("  by quadrature", nats(kl_by_quadrature(Q, P).value)),
                ("KL(Q‖P), d = 3", nats(kl_to_standard_normal([m] * 3, [s] * 3))),
            )
        ),
        Prose(
            "The formula and the integral share nothing but the definition. Samples of the wider law fall where the "
            "narrower one has almost no mass, and that is dear. For independent coordinates the terms add: the "
            "last line is three times the one for d = 1."
        ),
    )


def gaussian_noise(values: Values) -> Sequence[Block]:
    """Build the page on I(x0; x_t) of a Gaussian under noise, on the line and on K states."""
    from markovdiff.continuous.discretised import preserving_beside

    K, beta, T = int(values["K"]), values["beta"], int(values["T"])
    steps = preserving_beside(K, [beta] * T)
    top = steps[0].limit.information
    shown = [steps[t - 1] for t in few(T, 5, first=1)]
    rows = [
        (s.t, s.limit.information, s.information, s.limit.entropy, s.entropy, Bar((s.limit.information / top,), 16))
        for s in shown
    ]
    return (
        Prose(
            "Data x0 ~ N(0, 1); each step shrinks and adds noise: x_t = √(1−β) x_{t−1} + √β ε. The variance stays 1 "
            "(variance preserving), and given x0 all is Gaussian."
        ),
        Formula(
            (
                "I(x0; x_t) = h(x_t) − h(x_t|x0) = −½ log(1 − ᾱ_t),   ᾱ_t = (1−β)^t",
                "h(x_t) = ½ log 2πe at every t, h(x_t|x0) = ½ log 2πe(1 − ᾱ_t)",
            )
        ),
        Ask(
            f"The same on a grid of {K} states, a discrete chain: must it lose the same information? The same entropy?"
        ),
        TableBlock(("t", "I line", "I grid", "h line", "H + log Δx", "I, nats (float)"), tuple(rows)),
        Facts((("Δx / √β", steps[0].spacing / float(beta) ** 0.5), ("I grid − I line at T", steps[-1].error))),
        Prose(
            "Information needs no correction, entropy needs + log Δx (see `differential`). The grid follows the line "
            "while its spacing Δx is finer than a step, √β. On one much coarser little moves: I falls too slowly."
        ),
    )


SIZES = (12, 16, 20, 32)
"""Grids on which the walk of `gaussian_noise` is shown to converge."""


def grids(values: Values) -> Sequence[Block]:
    """Build the page on what a grid keeps of the line: D3PM's discretised Gaussian, and refinement."""
    from markovdiff.continuous.discretised import exploding_beside, refined

    K = int(values["K"])
    steps = exploding_beside(K, Fraction(1, 50), Fraction(1, 5), 10)
    shown = [steps[t - 1] for t in (1, 4, 10)]
    table = [(s.t, s.limit.information, s.information, s.limit.entropy, s.entropy) for s in shown]
    finer = refined(SIZES, [Fraction(1, 4)] * 4)
    rows = [(s.K, s.spacing, s.error, s.entropy - log(s.spacing), s.entropy) for s in finer]
    return (
        Prose(
            f"D3PM's Gaussian kernel on {K} states in [−1, 1], β = 1/50, adds noise and does not shrink (variance "
            "exploding, σ_t² = tβ/2). Data: N(0, s0²), s0 = 1/5."
        ),
        Formula(("I(x0; x_t) = ½ log(1 + s0²/σ_t²)      h(x_t) = ½ log(2πe (s0² + σ_t²))",)),
        Ask("Two grids: this one, and that of `gaussian-noise`. Which gap to the line will close as K grows?"),
        TableBlock(("t", "I line", "I grid (float)", "h line", "H + log Δx"), tuple(table)),
        Prose("And `gaussian-noise` (β = 1/4, t = 4, on [−6, 6]) on finer and finer grids:"),
        TableBlock(("K", "Δx", "I grid − I line", "H", "H + log Δx (float)"), tuple(rows)),
        Prose(
            "The second gap falls faster than any power of Δx, down to what the box and rounding to 2⁻³² leave. H "
            f"grows without end, H + log Δx tends to h = {decimal(finer[-1].limit.entropy)}. The first gap stays "
            "however large K: the box is narrow, and what should leave [−1, 1] is kept inside."
        ),
    )


PAGES = (
    Page(
        "differential",
        "Of a density",
        "the entropy of a density depends on the unit, and may be negative",
        differential,
        (
            Parameter(
                "width",
                Fraction(1, 10),
                Fraction(0),
                Fraction(1000),
                "of the interval",
                "an interval of no width is a point: its density is infinite, and log 0 would be its entropy",
                open="low",
            ),
        ),
    ),
    Page(
        "gaussian-maximum",
        "Why Gaussian noise",
        "of all densities of one variance the Gaussian has the most entropy",
        gaussian_maximum,
        (
            Parameter(
                "variance",
                Fraction(1),
                Fraction(0),
                Fraction(10_000),
                "of all three",
                "a variance is an average of squares: it is positive, or there is no density at all",
                open="low",
            ),
        ),
    ),
    Page(
        "gaussians",
        "KL in closed form",
        "KL of two Gaussians by formula, and beside it the integral",
        gaussians,
        (
            Parameter(
                "m",
                Fraction(1),
                Fraction(-20),
                Fraction(20),
                "mean of Q",
                "beyond 20 each law has all its mass far out in the other's tail, and the page says no more",
            ),
            Parameter(
                "s",
                Fraction(2),
                Fraction(1, 20),
                Fraction(20),
                "width of Q",
                "a standard deviation is positive: at 0 there is no density and KL is infinite",
            ),
        ),
    ),
    Page(
        "gaussian-noise",
        "On the line",
        "Gaussian noising in closed form, and the same on K states",
        gaussian_noise,
        (
            count("K", 48, 8, 96, "grid points", "fewer than 8 points are no grid; above 96 the page takes too long"),
            Parameter(
                "beta",
                Fraction(1, 4),
                Fraction(1, 50),
                Fraction(99, 100),
                "noise a step",
                "β is the share of variance replaced by noise: with 0 nothing happens, with 1 nothing is left",
            ),
            count("T", 6, 1, 16, "steps", "time is counted in steps, and each costs a product of K × K matrices here"),
        ),
    ),
    Page(
        "grids",
        "On a grid",
        "D3PM's discretised Gaussian beside the line, and grids refined",
        grids,
        (count("K", 64, 8, 256, "grid points", "fewer than 8 points are no grid; above 256 the page takes minutes"),),
    ),
)
