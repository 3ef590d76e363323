"""Entropy: surprise, its average, and what the average does with two variables, with knowledge, at most.

Every number is an exact LogForm, shown in bits; where the page says "=" between two of them, equality was decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Facts, Formula, Picture, Prose, TableBlock, bits
from markovdiff.learn.page import Page, Values, count, probability
from markovdiff.learn.pictures import curve, mark


def surprisal(values: Values) -> Sequence[Block]:
    """Build the page on −log p, and on why two independent surprises add."""
    p = values["p"]
    rarities = [p, p * p, p**3]
    longest = float(md.log(1 / p**3)) or 1.0
    rows = [(name, q, bits(md.log(1 / q)), Bar((float(md.log(1 / q)) / longest,))) for name, q in
            zip(("once", "twice", "three times"), rarities, strict=True)]  # fmt: skip
    return (
        Prose(
            "How surprising is an event of probability p? Ask three things of an answer: what is certain surprises "
            "nobody; what is rarer surprises more; and two independent surprises add up. Only one function does "
            "all three, up to its unit: the surprisal."
        ),
        Formula(("s(p) = −log p          in bits: −log2 p, and a fair coin is the unit",)),
        Ask(f"An event has probability {p}. It happens, independently, three times in a row. What is that in bits?"),
        TableBlock(("it happens", "p", "bits", ""), tuple(rows)),
        Facts(
            (
                ("s(p)", bits(md.log(1 / p))),
                ("s(p·p) − 2·s(p)", bits(md.log(1 / (p * p)) - 2 * md.log(1 / p))),
            )
        ),
        Prose(
            "Probabilities multiply, surprisals add. The zero is decided, not rounded. The rarer, the larger: no bound."
        ),
    )


def entropy(values: Values) -> Sequence[Block]:
    """Build the page on H(p) of a coin, on the curve over all p."""
    p = values["p"]
    sides = (("heads", p), ("tails", 1 - p))
    rows = []
    for side, x in sides:
        surprise = bits(md.log(1 / x)) if x else bits(md.INFINITY)
        share = bits(x * md.log(1 / x)) if x else "0, as 0·log 0 = 0"
        rows.append((side, x, surprise, share))
    width = 65
    grid = [md.entropy([Fraction(k, width - 1), 1 - Fraction(k, width - 1)]) for k in range(width)]
    drawn = curve([float(h) / float(md.log(2)) for h in grid], 4)
    at = round(p * (width - 1))
    return (
        Prose("Entropy is the surprise to expect: each outcome's surprisal, weighted by how often it comes."),
        Formula(("H(X) = E[−log p(X)] = −Σ p log p",)),
        Ask(f"A coin falls heads with probability {p}. Is its entropy more than half a bit, or less?"),
        TableBlock(("side", "p", "surprisal", "share of H"), tuple(rows)),
        Facts((("H(p)", bits(md.entropy([p, 1 - p]))), ("at p = 1/2", bits(md.entropy(["1/2", "1/2"]))))),
        Picture((*drawn, mark(width, [(0, "0"), (width // 2, "1/2"), (width - 1, "1"), (at, "▲")]))),
        Prose("H ≥ 0, and H = 0 only where nothing is left to chance. The top of the curve is the fair coin."),
    )


def additivity(values: Values) -> Sequence[Block]:
    """Build the page on H(X,Y) of independent X and Y, and of a copy."""
    p, q = values["p"], values["q"]
    X, Y = [p, 1 - p], [q, 1 - q]
    joint = md.joint_entropy([[a * b for b in Y] for a in X])
    copy = md.joint_entropy([[p, 0], [0, 1 - p]])
    H_X, H_Y = md.entropy(X), md.entropy(Y)
    return (
        Prose(
            f"Two coins, heads with probability {p} and {q}, thrown apart from each other. Four outcomes, whose "
            "probabilities are products. Surprisals add, and so do their averages."
        ),
        Formula(("H(X,Y) = H(X) + H(Y)      when X and Y are independent",)),
        Ask("And if the second coin is glued to the first, so that Y is always X: what is H(X,Y) then?"),
        Facts(
            (
                ("H(X)", bits(H_X)),
                ("H(Y)", bits(H_Y)),
                ("H(X,Y) thrown apart", bits(joint)),
                ("H(X,Y) − H(X) − H(Y)", bits(joint - H_X - H_Y)),
                ("H(X,X) glued", bits(copy)),
            )
        ),
        Prose(
            "The difference is exactly 0: the logarithms cancel one by one. A copy adds nothing. In general "
            "H(X,Y) ≤ H(X) + H(Y), and what is missing is what the two have in common: their mutual information."
        ),
    )


def conditioning(values: Values) -> Sequence[Block]:
    """Build the page on H(X|Y) ≤ H(X), though a single y may raise the entropy."""
    f, e = values["f"], values["e"]
    joint = [[f, Fraction(0)], [(1 - f) * e, (1 - f) * (1 - e)]]
    rows = []
    for y, name in enumerate(("rings", "silent")):
        column = [row[y] for row in joint]
        total = sum(column, Fraction(0))
        after = bits(md.entropy([x / total for x in column])) if total else "impossible"
        rows.append((name, total, column[0] / total if total else "undefined", after))
    before, left = md.entropy([f, 1 - f]), md.conditional_entropy(joint)
    return (
        Prose(
            f"A machine is faulty (X) with probability {f}. Its alarm (Y) always rings for a fault, and rings for "
            f"nothing with probability {e}. Listening to the alarm costs nothing."
        ),
        Ask("Can it happen that you hear the alarm and are less certain about the machine than before?"),
        TableBlock(("the alarm", "p(y)", "p(faulty | y)", "H(X | Y = y), bits"), tuple(rows)),
        Facts((("H(X) before", bits(before)), ("H(X|Y) on average", bits(left)), ("gained", bits(before - left)))),
        Prose(
            "One message may confuse: compare H(X | Y = y) with H(X) in each row. On average none does: "
            "H(X|Y) ≤ H(X), with equality only where Y is independent of X. "
            f"Decided here: H(X|Y) {'<' if left < before else '='} H(X)."
        ),
    )


def maximum(values: Values) -> Sequence[Block]:
    """Build the page on H(p) ≤ log K, by KL(p ‖ uniform)."""
    K, tilt = int(values["K"]), values["tilt"]
    even = [Fraction(1, K)] * K
    top = md.log(K)
    rows = []
    for a in sorted({Fraction(k, 4) for k in range(5)} | {tilt}):
        law = tilted(K, a)
        H = md.entropy(law)
        rows.append((a, bits(H), bits(top - H), Bar((float(H) / float(top),))))
    chosen = tilted(K, tilt)
    gap = md.log(K) - md.entropy(chosen)
    divergence = md.kl(chosen, even)
    return (
        Prose(
            f"Take {K} states and tilt them: a share a of the mass goes to the first, and the rest, 1 − a, is spread "
            f"evenly over all {K}, the first among them. a = 0 is uniform, a = 1 is certain."
        ),
        Ask(f"Which a has the most entropy, and how many bits are they? (K = {K}.)"),
        TableBlock(("a", "H, bits", "log2 K − H", ""), tuple(rows)),
        Facts(
            (
                ("log K", bits(top)),
                (f"log K − H at a = {tilt}", bits(gap)),
                ("KL(p ‖ uniform)", bits(divergence)),
            )
        ),
        Prose(
            f"The last two are {'equal, decided' if gap == divergence else 'NOT equal'}: log K − H(p) = "
            "KL(p ‖ uniform) ≥ 0. So no law on K states beats the uniform one, which has log K."
        ),
    )


def tilted(K: int, a: Fraction) -> list[Fraction]:
    """Return the law with a share `a` on the first state, the rest evenly on all K."""
    return [a + (1 - a) / K] + [(1 - a) / K] * (K - 1)


PAGES = (
    Page(
        "surprisal",
        "Surprise, measured",
        "what −log p measures, and why no other function will do",
        surprisal,
        (
            probability(
                "p",
                "1/4",
                "probability",
                "a number outside 0 < p ≤ 1 has no surprisal: log p needs p > 0, and as p → 0 the surprise is infinite",
                open="low",
            ),
        ),
    ),
    Page(
        "entropy",
        "Average surprise",
        "expected surprise: 0 for what is certain, most for a fair coin",
        entropy,
        (probability("p", "9/10", "chance of heads"),),
    ),
    Page(
        "additivity",
        "Two at once",
        "independent entropies add; a copy adds nothing",
        additivity,
        (probability("p", "3/4", "first coin"), probability("q", "1/3", "second coin")),
    ),
    Page(
        "conditioning",
        "Knowing helps",
        "knowing Y never raises the entropy of X on average, though one y may",
        conditioning,
        (probability("f", "1/8", "fault"), probability("e", "1/7", "false alarm")),
    ),
    Page(
        "maximum",
        "The most there is",
        "no law on K states has more than log K: the gap is a KL",
        maximum,
        (
            count("K", 8, 2, 1000, "states", "one state has no choice to tilt; above a thousand the page says no more"),
            probability("tilt", "1/3", "the share a"),
        ),
    ),
)
