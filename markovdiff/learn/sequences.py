"""Sequences: what drawing several positions at once costs, and how to draw in few stages. Exact, in bits."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Cell, Facts, Formula, Picture, Prose, TableBlock, bits
from markovdiff.learn.bound import finite
from markovdiff.learn.page import Page, Values, count, probability
from markovdiff.learn.pictures import curve as drawn

if TYPE_CHECKING:
    from markovdiff.arithmetic.quantity import Quantity
    from markovdiff.engines.exact.position_likelihood import PositionLikelihood, Share
    from markovdiff.sequences.chain import SequenceChain
    from markovdiff.sequences.curve import InformationCurve
    from markovdiff.sequences.position_models import PositionModel
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
        TableBlock(("sentence", "data", "drawn apart", ""), rows),
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
    """Return the curve of a two-state chain with a fair start that stays where it is with the given probability."""
    from markovdiff.process.distribution import Distribution
    from markovdiff.sequences.law import MarkovSequences

    rows = ((stay, 1 - stay), (1 - stay, stay))
    return md.information_curve(MarkovSequences.make(Distribution.from_weights([1, 1]), rows, length))


def best_blocks(values: Values) -> Sequence[Block]:
    """Return the curve of a Markov chain as a staircase; the best block sizes beside equal ones and the cosine's."""
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
        TableBlock(("blocks", "excess", "sizes"), tuple((name, bits(u.excess), sizes(u)) for name, u in named)),
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


def short(quantity: Quantity) -> str:
    """Six digits for a line that holds two numbers."""
    return quantity.enclosed(6, "bits").value


def standing(best: BestUnmasking) -> str:
    """Return whether others are as good."""
    if not best.decided:
        return "as good as any; whether alone is undecided"
    return "alone, decided" if best.ties == 1 else f"one of {best.ties} that are equal, decided"


def two_bits(agree: Fraction, T: int, *, masked: bool) -> SequenceChain:
    """Two fair bits that agree with the given probability, noised in T even steps by a mask, or evenly."""
    from markovdiff.process.chain import Chain
    from markovdiff.process.distribution import Distribution
    from markovdiff.process.kernels import absorbing, uniform
    from markovdiff.sequences.chain import SequenceChain
    from markovdiff.sequences.law import SequenceLaw

    symbols = ["0", "1", "?"] if masked else ["0", "1"]
    law = SequenceLaw.from_weights({"00": agree, "11": agree, "01": 1 - agree, "10": 1 - agree}, symbols)
    betas = tuple(Fraction(1, T - t) for t in range(T))
    bit = Distribution.from_weights([1, 1, 0][: len(symbols)], symbols)
    return SequenceChain(law, Chain(bit, absorbing(3, 2) if masked else uniform(2), betas, T))


def sampler(chain: SequenceChain, model: PositionModel, n: int) -> PositionLikelihood:
    """Return what a sampler in n steps draws, and the excess of its bound."""
    from markovdiff.engines.exact.position_ledger import PositionReverse
    from markovdiff.engines.exact.sequence_ledger import JointPrior
    from markovdiff.sequences.kept_times import evenly

    return PositionReverse(chain, model).sampler(evenly(n, chain.T), JointPrior(chain, None))


def two_numbers(drawn: PositionLikelihood) -> tuple[Quantity, Quantity]:
    """Return the excess of the bound, and KL(q‖ν); both are finite on these pages."""
    return finite(drawn.path_excess), drawn.excess


def forgotten(values: Values) -> Sequence[Block]:
    """Two masked bits in n steps: the bound's excess beside what is really drawn."""
    from markovdiff.sequences.position_models import PositionMixture, PositionPosterior
    from markovdiff.study.few_steps import doublings

    a, T = values["agree"], int(values["T"])
    chain = two_bits(a, T, masked=True)
    found = {n: sampler(chain, PositionMixture(PositionPosterior()), n) for n in doublings(T)}
    numbers = {n: two_numbers(drawn) for n, drawn in found.items()}
    top = max((float(excess.enclosed(6, "bits")) for excess, _ in numbers.values()), default=0.0) or 1.0
    rows: list[tuple[Cell, ...]] = []
    for n, (excess, kl) in numbers.items():
        most, drawn = (float(x.enclosed(6, "bits")) / top for x in (excess, kl))
        outside = finite_share(found[n].law.outside_support)
        rows.append((n, bits(excess), bits(kl), outside, Bar((drawn, most - drawn), 26)))
    below = all(kl.minus(excess).sign() <= 0 for excess, kl in numbers.values())
    return (
        Prose(
            f"Two bits that agree with probability {a} are masked, each by itself, and drawn in n steps by a perfect "
            "network. What is drawn together in a step is drawn apart."
        ),
        Formula(("NLL = H(x0) + KL(q ‖ ν)  ≤  L = H(x0) + excess",)),
        Ask("The excess of the bound is what the steps lose, added up. Is what is drawn, ν, as wrong as that?"),
        TableBlock(("n", "excess", "KL(q ‖ ν)", "never occurs", "█ KL ▒ the bound's"), tuple(rows)),
        Facts((("KL ≤ excess", "in every row, decided" if below else "NOT in every row"),)),
        Prose(
            "No. The bound pays along the path: which bit came first counts there. The sample has forgotten its path, "
            "and ν adds up all that lead to it. Twice the steps halve the excess; KL falls faster where both "
            "bits can be anything (try agree=9/10 against agree=1; arXiv 2505.21400 on rates)."
        ),
    )


def finite_share(share: Share) -> Fraction:
    """Return a probability, which on these small chains is known as a fraction."""
    assert share.exact is not None
    return share.exact


def plug_in(values: Values) -> Sequence[Block]:
    """Two bits under even noise: D3PM's formula fed with a perfect prediction, and with one that leaves the bit out."""
    from markovdiff.sequences.position_models import LeaveOneOut, PositionD3PM, PositionMixture, PositionPosterior

    a = values["agree"]
    rows: list[tuple[Cell, ...]] = []
    same = True
    for T in (2, 4, 8, 16):
        chain = two_bits(a, T, masked=False)
        twice = sampler(chain, PositionD3PM(PositionPosterior(), "prediction"), T)
        once = sampler(chain, PositionD3PM(LeaveOneOut(), "formula"), T)
        mixed = sampler(chain, PositionMixture(PositionPosterior()), T)
        same &= all(x.form() == y.form() for x, y in zip(two_numbers(once), two_numbers(mixed), strict=True))
        rows.append((T, *map(bits, two_numbers(twice)), "", *map(bits, two_numbers(once))))
    return (
        Prose(
            f"Two bits that agree with probability {a}, redrawn evenly. D3PM's step is r ∝ q(x_t|x_(t−1))·Σ_k "
            "q(x_(t−1)|k) p̃(k), bit by bit, p̃ what the network says of the bit in x_0. Left: a perfect p̃, given all of "
            "x_t. Right: a perfect p̃, given the other bit of x_t alone."
        ),
        Ask("The network on the left knows more. Which bound gets better with more steps?"),
        TableBlock(("T", "L − H(x0)", "KL(q ‖ ν)", "", "left out: L − H(x0)", "KL(q ‖ ν)"), tuple(rows)),
        Facts((("left out, and the posterior mixture", "the same, decided" if same else "NOT the same"),)),
        Prose(
            "On the left x_t's own bit is counted twice: it is in p̃, and again in q(x_t|x_(t−1)). With more steps it "
            "is counted more often. On the right it is counted once, and r is q(x_(t−1)|x_t) of that bit exactly. "
            "Under masking nothing counts twice: a bit that is seen is certain (arXiv 2605.22765; D3PM: 2107.03006)."
        ),
    )


SHARE = "p is the share of “she”: from none, 0, to all, 1"
AGREE = "two bits agree with some probability: from never, 0, to always, 1"
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
    Page(
        "bound-and-sampler",
        "The path forgotten",
        "what is drawn is better than its bound: the bound pays for the path",
        forgotten,
        (
            probability("agree", "9/10", "agree", AGREE),
            count(
                "T",
                16,
                1,
                32,
                "steps",
                "there is at least one step, and more than 32 say nothing new",
            ),
        ),
    ),
    Page(
        "plug-in",
        "Counted twice",
        "a perfect prediction in D3PM's formula: with more steps a worse bound",
        plug_in,
        (probability("agree", "9/10", "agree", AGREE),),
    ),
)
