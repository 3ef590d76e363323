"""Sequences: what drawing several positions at once costs, and how to draw in few stages. Exact, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Facts, Formula, Picture, Prose, Table, bits
from markovdiff.learn.page import Page, Values, count, probability
from markovdiff.learn.pictures import curve as drawn

if TYPE_CHECKING:
    from markovdiff.sequences.curve import InformationCurve
    from markovdiff.sequences.unmasking import BestUnmasking, Unmasking


def parallel(values: Values) -> Sequence[Block]:
    """Two words that must agree, drawn one after the other or at once; and parity, where the order of blocks counts."""
    from markovdiff.sequences.unmasking import unmasking

    p = values["p"]
    law = {("she", "sells"): p, ("they", "sell"): 1 - p}
    first, second = {"she": p, "they": 1 - p}, {"sells": p, "sell": 1 - p}
    sentences = [(a, b) for a in first for b in second]
    q = [law.get(s, Fraction(0)) for s in sentences]
    apart = [first[a] * second[b] for a, b in sentences]
    words, parity = md.information_curve(law), md.information_curve({"000": 1, "011": 1, "101": 1, "110": 1})
    wrong = sum((x for s, x in zip(sentences, apart, strict=True) if not law.get(s)), Fraction(0))
    rows = tuple((" ".join(s), x, y, Bar((float(y),), 20)) for s, x, y in zip(sentences, q, apart, strict=True))
    return (
        Prose(
            "Two words are masked. The network sees neither, so the best it can say of each is how often the word "
            "occurs. Drawn at once, each by itself, they need not agree."
        ),
        Ask("How many bits does the perfect network lose when it draws both words at once?"),
        Table(("sentence", "data", "drawn apart", ""), rows),
        Facts(
            (
                ("lost at once, the words' I", bits(unmasking(words, (2,)).excess)),
                ("lost one by one", bits(unmasking(words, (1, 1)).excess)),
                ("sentences that never occur", wrong),
                ("3 bits of even parity, 2 then 1", bits(unmasking(parity, (2, 1)).excess)),
                ("3 bits of even parity, 1 then 2", bits(unmasking(parity, (1, 2)).excess)),
            )
        ),
        Prose(
            "What is lost is the conditional total correlation of what is drawn together, given what is seen: no "
            "training removes it, the network is perfect already. Two bits of parity are independent until the third "
            "is seen; then one decides the other. So the order of block sizes counts (arXiv 2502.09622, 2505.21400)."
        ),
    )


def chain_curve(stay: Fraction, length: int) -> InformationCurve:
    """The curve of a two-state chain with a fair start that stays where it is with the given probability."""
    from markovdiff.process.distribution import Distribution
    from markovdiff.sequences.law import MarkovSequences

    rows = ((stay, 1 - stay), (1 - stay, stay))
    return md.information_curve(MarkovSequences.make(Distribution.from_weights([1, 1]), rows, length))


def best_blocks(values: Values) -> Sequence[Block]:
    """The curve of a Markov chain as a staircase; the best block sizes beside equal ones and the cosine's."""
    from markovdiff.sequences.unmasking import cosine_sizes, equal_sizes, unmasking

    L, n = int(values["L"]), int(values["n"])
    curve = chain_curve(values["stay"], L)
    best = md.best_unmasking(curve, n)
    named: list[tuple[str, Unmasking]] = [
        ("best", best),
        ("equal", unmasking(curve, equal_sizes(L, n))),
        ("cosine", unmasking(curve, cosine_sizes(L, n))),
    ]
    heights = [float(c.enclosed(6, "bits")) for c in curve.increments]
    begins = {0, *accumulate(best.sizes[:-1])}
    marks = "".join("│" if m in begins else " " for m in range(L))
    return (
        Prose(
            f"c_j: what one of {L} symbols still holds once j others, anywhere, are seen. Drawing b at once pays c_m "
            "for each, m the number seen before; one by one would have paid c_m, c_(m+1), …"
        ),
        Formula(("excess = Σ over stages Σ_{j=m}^{m+b−1} (c_m − c_j)      (random order)",)),
        Ask(f"In {n} stages: are equal blocks best, or should the first be small?"),
        Picture((*drawn(heights, 3), marks)),
        Table(("blocks", "excess", "sizes"), tuple((name, bits(u.excess), sizes(u)) for name, u in named)),
        Facts(
            (
                ("TC, DTC", f"{short(curve.total_correlation)}, {short(curve.dual_total_correlation)} bits"),
                ("the best is", standing(best)),
            )
        ),
        Prose(
            "Equal steps under a falling curve: the left Riemann sum is too high by the area above. Where the curve is "
            "steep, blocks must be small (arXiv 2511.04647, 2510.25544). Marks: where the best blocks begin."
        ),
    )


def sizes(of: Unmasking) -> str:
    """Block sizes as they are listed."""
    return " ".join(map(str, of.sizes))


def short(quantity: object) -> str:
    """Six digits for a line that holds two numbers."""
    from markovdiff.arithmetic.quantity import Quantity

    assert isinstance(quantity, Quantity)
    return quantity.enclosed(6, "bits").value


def standing(best: BestUnmasking) -> str:
    """Whether others are as good."""
    if not best.decided:
        return "as good as any; whether alone is undecided"
    return "alone, decided" if best.ties == 1 else f"one of {best.ties} that are equal, decided"


SHARE = "p is the share of “she”: from none, 0, to all, 1"
STAY = "a chain stays with some probability: from never, 0, to always, 1"

PAGES = (
    Page(
        "parallel",
        "Together or apart",
        "why several positions drawn at once err, though the network is perfect",
        parallel,
        (probability("p", "1/2", "she", SHARE),),
    ),
    Page(
        "best-blocks",
        "The best blocks",
        "the information curve, and the block sizes of least excess, decided",
        best_blocks,
        (
            probability("stay", "9/10", "stays", STAY),
            count(
                "L", 64, 16, 64, "symbols", "a page has room for one column a symbol, and sixteen stages need as many"
            ),
            count("n", 8, 1, 16, "stages", "each stage draws at least one symbol, and more than 16 fill the line"),
        ),
    ),
)
