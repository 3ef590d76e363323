"""The chapter's four conceptual questions, answered in words and shown on a small example each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Cell, Facts, Formula, Prose, TableBlock, bits
from markovdiff.learn.chains import few, informations, uniform_chain
from markovdiff.learn.diffusion import REDRAW, STEPS
from markovdiff.learn.divergence import finite
from markovdiff.learn.page import Page, Values, count, probability


def never_negative(values: Values) -> Sequence[Block]:
    """Build question 1: KL ≥ 0, by coding; words have whole lengths, so Shannon's code is used."""
    p = values["p"]
    P = [p, (1 - p) / 2, (1 - p) / 4, (1 - p) / 4]
    Q = [Fraction(1, 8), Fraction(1, 8), Fraction(1, 4), Fraction(1, 2)]
    lengths = [[word_length(x) for x in law] for law in (P, Q)]
    rows = [(name, *cells) for name, *cells in zip("abcd", P, Q, *lengths, strict=True)]
    costs = [sum((x * n for x, n in zip(P, code, strict=True)), Fraction(0)) for code in lengths]
    kraft = [sum((Fraction(1, 2**n) for n in code), Fraction(0)) for code in lengths]
    return (
        Prose("Question 1. Why is KL never negative? Explain it by coding."),
        Ask("Letters come from P. Could a code made for another Q be shorter on average?"),
        TableBlock(("letter", "P", "Q", "bits, P's code", "bits, Q's code"), tuple(rows)),
        Facts(
            (
                ("H(P)", bits(md.entropy(P))),
                ("H(P,Q) − H(P) = KL(P‖Q)", bits(md.kl(P, Q))),
                ("average length, P's code", bits(costs[0] * md.log(2))),
                ("average length, Q's code", bits(costs[1] * md.log(2))),
                ("Σ 2^−length, P's and Q's", f"{kraft[0]} and {kraft[1]}, {'both' if max(kraft) <= 1 else 'NOT'} ≤ 1"),
            )
        ),
        Prose(
            "A code that can be read back obeys Kraft, Σ 2^−length ≤ 1: short words for some letters force long "
            "words on others. So lengths are −log2 of some law Q, or wastefully longer (words are whole bits: "
            "⌈−log2 q⌉). Trade −log2 p for −log2 q: a letter gains log2(q/p) ≤ (q/p − 1)/ln 2. Weighted by p that is "
            "at most Σ (q − p)/ln 2 = 0. No Q gains; what it costs on top is KL."
        ),
    )


def word_length(q: Fraction) -> int:
    """Return ⌈−log2 q⌉: the least n with 2^−n ≤ q, on integers."""
    n = 0
    while Fraction(1, 2**n) > q:
        n += 1
    return n


def same_minimum(values: Values) -> Sequence[Block]:
    """Build question 2: with P fixed, H(P,Q) and KL(P‖Q) differ by a constant."""
    p = values["p"]
    P = [p, 1 - p]
    grid = sorted({Fraction(k, 8) for k in range(1, 8)} | ({p} - {Fraction(0), Fraction(1)}))
    rows: list[tuple[Cell, ...]] = []
    differences = []
    for q in grid:
        cost, divergence = finite(md.cross_entropy(P, [q, 1 - q])), finite(md.kl(P, [q, 1 - q]))
        difference = cost - divergence
        differences.append(difference)
        rows.append((q, bits(cost), bits(divergence), bits(difference)))
    constant = all(d == md.entropy(P) for d in differences)
    return (
        Prose(
            f"Question 2. P = ({p}, {1 - p}) is fixed. Why is minimising H(P,Q) over Q the same as minimising KL(P‖Q)?"
        ),
        Ask("Look at the two columns: what do they have in common from row to row?"),
        TableBlock(("q", "H(P,Q)", "KL(P‖Q)", "difference"), tuple(rows)),
        Facts((("H(P)", bits(md.entropy(P))), ("differences", "all H(P), decided" if constant else "NOT constant"))),
        Prose(
            "H(P,Q) = H(P) + KL(P‖Q), and H(P) does not know Q. The two have the same slope in q and the same minimum, "
            "Q = P. So a classifier or a language model trained by cross-entropy minimises KL to the data without "
            "ever knowing H(P): at best its loss ends at H(P), not at 0."
        ),
    )


def variational(values: Values) -> Sequence[Block]:
    """Build question 3: with a posterior known up to its normaliser, KL(Q‖P) can be minimised, KL(P‖Q) cannot."""
    prior = values["prior"]
    joint = [prior * Fraction(9, 10), (1 - prior) * Fraction(1, 5)]
    evidence = sum(joint, Fraction(0))
    posterior = [x / evidence for x in joint]
    grid = sorted({Fraction(k, 4) for k in range(5)} | {posterior[0]})
    rows: list[tuple[Cell, ...]] = []
    for a in grid:
        Q = [a, 1 - a]
        bound = lower_bound(Q, joint)
        gap = finite(md.kl(Q, posterior))
        rows.append((_short(a), bits(bound), bits(gap), bits(bound + gap)))
    return (
        Prose(
            f"Question 3. A cause z, on with probability {prior}, makes x happen with 9/10, else 1/5. x happened. "
            "Wanted: P = p(z|x). Why minimise KL(Q‖P)?"
        ),
        Formula(("log p(x) = E_Q[ log p(x,z) − log Q(z) ] + KL(Q‖P)      bound + gap",)),
        Ask("If p(x) = Σ p(x,z) is too big a sum to do: KL(Q‖P) or KL(P‖Q), which can be made small?"),
        TableBlock(("Q(on)", "bound", "KL(Q‖P)", "sum"), tuple(rows)),
        Facts((("log p(x)", bits(md.log(evidence))), ("P(on)", posterior[0]))),
        Prose(
            "The bound averages over Q, which we can sample. log p(x) is a constant, so raising the bound lowers "
            "KL(Q‖P). KL(P‖Q) averages over P, the very thing we lack. The price: Q may settle on one mode. In "
            "diffusion z is the noise path, and Q is fixed: the noise itself."
        ),
    )


def lower_bound(Q: Sequence[Fraction], joint: Sequence[Fraction]) -> md.LogForm:
    """Return E_Q[log p(x,z) − log Q(z)], without z of Q(z) = 0."""
    return sum((a * md.log(w / a) for a, w in zip(Q, joint, strict=True) if a), md.log(1))


def _short(x: Fraction) -> str:
    return str(x) if len(str(x)) <= 11 else f"≈{float(x):.6f}"


def more_entropy(values: Values) -> Sequence[Block]:
    """Build question 4: H(x_t) = I(x0; x_t) + H(x_t | x0)."""
    T, beta = int(values["T"]), values["beta"]
    chain = uniform_chain([7, 1], (beta,) * T)
    known = informations(chain)
    rows: list[tuple[Cell, ...]] = []
    for t in few(T, 6):
        now = known[t]
        shares = tuple(float(x.enclosed(15, "bits")) for x in (now.mutual_information, now.noise_entropy))
        rows.append((t, bits(now.entropy), bits(now.mutual_information), bits(now.noise_entropy), Bar(shares, 30)))
    joint = chain.joint(T)
    told, noise = md.mutual_information(joint), md.conditional_entropy(joint, given="rows")
    return (
        Prose("Question 4. The forward process raises the entropy. So does it add information?"),
        Prose(f"A coin, 7/8 to 1/8. Each step throws it anew, fairly, with probability {beta}."),
        Ask("H(x_t) grows. Each bit of it is a bit you need to describe x_t. A bit about what?"),
        TableBlock(("t", "H(x_t)", "= I(x0;x_t)", "+ H(x_t|x0)", "about x0 █   noise ▒"), tuple(rows)),
        Facts(
            (
                ("H(x_T) − I − H(x_T|x0)", bits(md.entropy(chain.marginal(T)) - told - noise)),
                ("lost about x0", bits(known[0].mutual_information.minus(known[-1].mutual_information))),
            )
        ),
        Prose(
            "No. H(x_t) = I(x0;x_t) + H(x_t|x0): the noise adds bits of its own, H(x_t|x0), and they describe the "
            "noise. The bits about x0 only fall. A snowing screen has much to tell, and nothing about the film."
        ),
    )


PAGES = (
    Page(
        "question-1",
        "Why KL ≥ 0",
        "why KL is never negative, by coding",
        never_negative,
        (probability("p", "1/2", "letter a", "letters a and b must occur to have a code word: 0 < p < 1", "both"),),
    ),
    Page(
        "question-2",
        "One minimum",
        "why minimising cross-entropy is minimising KL",
        same_minimum,
        (probability("p", "3/4", "heads"),),
    ),
    Page(
        "question-3",
        "Why reverse KL",
        "why variational inference minimises KL(Q‖P)",
        variational,
        (
            probability(
                "prior", "1/4", "cause on", "with 0 or 1 the cause is known beforehand and x has nothing to say", "both"
            ),
        ),
    ),
    Page(
        "question-4",
        "More, yet less",
        "noise raises the entropy: does it add information?",
        more_entropy,
        (probability("beta", "1/5", "redraw", REDRAW), count("T", 12, 1, 64, "steps", STEPS)),
    ),
)
