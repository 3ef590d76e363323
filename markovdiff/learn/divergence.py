"""Two distributions: the cost of the wrong code, likelihood, and what KL is and is not.

Exact throughout, but for the fits of `forward-reverse` and `modes`, which are float64 and say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

import markovdiff as md
from markovdiff.learn.blocks import Ask, Bar, Block, Facts, Formula, Picture, Prose, TableBlock, bits
from markovdiff.learn.page import Page, Parameter, Values, count, probability
from markovdiff.learn.pictures import EIGHTHS

if TYPE_CHECKING:
    from markovdiff.arithmetic.logform import Infinity
    from markovdiff.continuous.projection import Projection

SURE_Q = "a code that gives an outcome probability 0 has no word for it: log q needs 0 < q < 1 (see `infinite`)"

SURE_C = "with a coin that always falls on one side some KL here is infinite (see `infinite`): 0 < p < 1"


def coin(p: Fraction) -> list[Fraction]:
    """Return the law of a coin."""
    return [p, 1 - p]


def finite(value: md.LogForm | Infinity) -> md.LogForm:
    """Return the value; the second law misses nothing of the first."""
    assert isinstance(value, md.LogForm)
    return value


def cross_entropy(values: Values) -> Sequence[Block]:
    """Build the page on H(P,Q) = H(P) + KL(P‖Q) as Q moves."""
    p, q = values["p"], values["q"]
    P, H = coin(p), md.entropy(coin(p))
    grid = sorted({Fraction(k, 8) for k in range(1, 8)} | {q})
    costs = [(x, md.cross_entropy(P, coin(x))) for x in grid]
    most = max(float(c) for _, c in costs)
    rows = [(x, bits(c), Bar((float(H) / most, (float(c) - float(H)) / most), 40)) for x, c in costs]
    kl = md.kl(P, coin(q))
    return (
        Prose(
            f"Outcomes come from P = ({p}, {1 - p}). Your code was built for Q and spends −log2 q bits "
            "on an outcome. The average bill is the cross-entropy."
        ),
        Formula(("H(P,Q) = −Σ p log q = H(P) + KL(P‖Q)",)),
        Ask("For which q is the bill smallest, and how small can it get?"),
        TableBlock(("q", "H(P,Q)", "H(P) █   KL(P‖Q) ▒"), tuple(rows)),
        Facts(
            (
                ("H(P)", bits(H)),
                (f"KL(P‖Q), q = {q}", bits(kl)),
                (f"H(P,Q), q = {q}", bits(md.cross_entropy(P, coin(q)))),
            )
        ),
        Prose("H(P) is owed in any case. Only KL depends on Q, and it is 0 only at Q = P."),
    )


def likelihood(values: Values) -> Sequence[Block]:
    """Build the page on the negative log-likelihood of a sample, n times a cross-entropy."""
    heads, tails = int(values["heads"]), int(values["tails"])
    n = heads + tails
    seen = Fraction(heads, n)
    guesses = sorted({Fraction(k, 6) for k in range(1, 6)} | {seen})
    rows = []
    for q in guesses:
        cost = md.cross_entropy(coin(seen), coin(q))
        rows.append((q, bits(nll(heads, n, q)), bits(cost), bits(md.kl(coin(seen), coin(q)))))
    q = Fraction(1, 3)
    return (
        Prose(
            f"Data: {heads} heads in {n} throws. A model says q for heads. It gives the whole sequence the "
            "probability q^heads · (1 − q)^tails; training makes −log of that small."
        ),
        Formula(("−log q(data) = n · H(F,Q) = n·H(F) + n·KL(F‖Q)      F: frequencies seen",)),
        Ask("Which q will training choose, and what is left of the loss there?"),
        TableBlock(("q", "−log q(data), bits", "a throw: H(F,Q)", "KL(F‖Q)"), tuple(rows)),
        Facts(
            (
                ("difference at q = 1/3", bits(nll(heads, n, q) - n * finite(md.cross_entropy(coin(seen), coin(q))))),
                ("one-hot P, q(class) = 1/3", bits(md.cross_entropy([1, 0], coin(q)))),
            )
        ),
        Prose(
            "Training chooses q = F, and n·H(F) is left. The difference is 0: likelihood is coding. With one label, P "
            "is one-hot, H(P) = 0, and the cross-entropy is −log q(true class): the loss most classifiers train on."
        ),
    )


def nll(heads: int, n: int, q: Fraction) -> md.LogForm:
    """Return −log of the probability of one sequence of throws, by its product."""
    return -md.log(q**heads * (1 - q) ** (n - heads))


def kl(values: Values) -> Sequence[Block]:
    """Build the page on KL(P‖Q) term by term: terms may be negative, the sum may not."""
    p, q = values["p"], values["q"]
    terms = [(a * md.log(a / b)) if a else md.log(1) for a, b in zip(coin(p), coin(q), strict=True)]
    total = md.kl(coin(p), coin(q))
    grid = [Fraction(k, 4) for k in range(1, 4)]
    along = [(x, md.kl(coin(p), coin(x))) for x in sorted({*grid, q, p} - {Fraction(0), Fraction(1)})]
    most = max(float(d) for _, d in along) or 1.0
    return (
        Prose("KL(P‖Q) is what you pay on top when outcomes come from P and you believe Q: expected extra surprise."),
        Formula(("KL(P‖Q) = Σ p log(p/q) = E_P[ s_Q − s_P ]",)),
        Ask("Where q > p a term is negative: there Q is less surprised than P. Can the sum be negative?"),
        Facts(
            (
                (f"heads: {p} log({p} / {q})", bits(terms[0])),
                (f"tails: {1 - p} log({1 - p} / {1 - q})", bits(terms[1])),
                ("KL(P‖Q)", bits(total)),
            )
        ),
        TableBlock(("q", "KL, bits", ""), tuple((x, bits(d), Bar((float(d) / most,), 40)) for x, d in along)),
        Prose("Never (Gibbs): log x ≤ x − 1 gives −KL ≤ Σ p (q/p − 1) ≤ 0, with equality only where q = p."),
    )


def not_a_distance(values: Values) -> Sequence[Block]:
    """Build the page on why KL is no distance: it is not symmetric, and a detour may be shorter."""
    a, b, c = (coin(values[name]) for name in "abc")
    there, back = finite(md.kl(a, c)), finite(md.kl(c, a))
    legs = finite(md.kl(a, b)), finite(md.kl(b, c))
    detour = legs[0] + legs[1]
    fails = detour < there
    shown = "So KL is no distance" if fails or there != back else "Not so for most coins, so KL is no distance"
    return (
        Prose("A distance is the same there and back, and no detour is shorter than the straight way."),
        Ask("Three coins, A, B and C. Is KL(A‖C) = KL(C‖A)? Is KL(A‖C) ≤ KL(A‖B) + KL(B‖C)?"),
        Facts(
            (
                ("A, B, C", f"heads with probability {a[0]}, {b[0]}, {c[0]}"),
                ("KL(A‖C)", bits(there)),
                ("KL(C‖A)", bits(back)),
                ("KL(A‖C) − KL(C‖A)", bits(there - back)),
            )
        ),
        Facts(
            (
                ("KL(A‖B)", bits(legs[0])),
                ("KL(B‖C)", bits(legs[1])),
                ("by way of B", bits(detour)),
                ("straight on", bits(there)),
            )
        ),
        Prose(
            f"Decided: {'not symmetric' if there != back else 'symmetric for these two'}; the triangle inequality "
            f"{'fails, the detour is shorter' if fails else 'happens to hold'}. {shown}. Its "
            "order matters: the first law draws the samples, the second is judged by them."
        ),
    )


def infinite(values: Values) -> Sequence[Block]:
    """Build the page on KL = ∞, where Q forbids what P does, and on what a patch makes of it."""
    p, eps = values["p"], values["eps"]
    P, Q = [p, 1 - p], [Fraction(0), Fraction(1)]
    patches = [Fraction(1, 1000), Fraction(1, 10**6), Fraction(1, 10**20), eps]
    rows = [(_power(e), bits(md.kl(P, [e, 1 - e]))) for e in sorted(patches, reverse=True)]
    return (
        Prose(
            f"P says heads with probability {p}. Q says heads never happens. The first time it does, Q's code has no "
            "word for it."
        ),
        Ask("What does that cost on average? And if one writes a small number in place of Q's 0?"),
        Facts((("KL(P‖Q)", bits(md.kl(P, Q))), ("KL(Q‖P)", bits(md.kl(Q, P))))),
        TableBlock(("0 replaced by", "KL, bits"), tuple(rows)),
        Prose(
            "Infinite is the answer, not an accident: no finite fine makes up for calling the possible impossible. "
            "The patched numbers measure the patch. Each further factor of 10 in it moves them by p·log2 10 in "
            f"the end, here {bits(p * md.log(10)).written(30)}."
        ),
        Prose(
            "The other way round is finite: what Q never does, it never pays for. In diffusion this bites where "
            "a prior is all mask and some token is not masked yet."
        ),
    )


def _power(e: Fraction) -> str:
    """Return 1e-20 rather than twenty zeros."""
    digits = len(str(e.denominator)) - 1
    return f"1e-{digits:02d}" if e == Fraction(1, 10**digits) else str(e)


def forward_reverse(values: Values) -> Sequence[Block]:
    """Build the page on one Gaussian fitted to two peaks, by KL in each direction."""
    from markovdiff.continuous.densities import mixture
    from markovdiff.continuous.projection import fit_gaussian

    d, weight = values["d"], values["w"]
    p = mixture([weight, 1 - weight], [-d, d], [1, 1])
    forward, reverse = fit_gaussian(p, "forward"), fit_gaussian(p, "reverse")
    fits = [("KL(P‖Q) forward", forward.best), *(("KL(Q‖P) reverse", fit) for fit in reverse.minima)]
    rows = tuple((name, round(fit.centre, 6) + 0.0, fit.width, fit.divergence) for name, fit in fits)
    return (
        Prose(
            f"P has two peaks of width 1, at −{d} (weight {weight}) and at {d}. Q may be one Gaussian only. Two ways "
            "to ask for the nearest:"
        ),
        Formula(
            (
                "forward  min KL(P‖Q)  samples from P: maximum likelihood",
                "reverse  min KL(Q‖P)  samples from Q: variational inference",
            )
        ),
        Ask("One will cover both peaks, one will settle on a single one. Which does which?"),
        TableBlock(("minimised", "centre", "width", "KL, nats (float)"), rows),
        Facts((("mean of P", round(p.mean, 6) + 0.0), ("width of P", p.sigma))),
        Prose(
            f"Nothing of this was put in: from six starts each, these minima were found ({len(reverse.minima)} in "
            "reverse). Forward, every sample of P must be affordable, so Q covers: it takes P's mean and variance. "
            + _seeks(reverse, (-d, d))
        ),
    )


def _seeks(reverse: Projection, peaks: tuple[Fraction | int, Fraction | int]) -> str:
    """Say what the reverse fit does, as far as it was found to do so."""
    if len(reverse.minima) < 2:
        return "Reverse, peaks as near or as unequal as these leave one minimum: move them apart."
    off = min(abs(reverse.best.centre - float(peak)) for peak in peaks)
    if off < float(peaks[1] - peaks[0]) / 4:
        return "Reverse, Q must not stand where P is not: the lowest minimum is on one peak."
    return "Reverse, the lowest minimum still covers both peaks: move them further apart."


K_MODES, LEFT = 20, 5
"""States of the page `modes`, and where its left peak stands."""


def two_peaks(gap: int, weight: Fraction) -> list[Fraction]:
    """Return discrete Gaussians, w·2^−(i−a)² + (1−w)·2^−(i−b)², normalised: rational."""
    ends = ((LEFT, weight), (LEFT + gap, 1 - weight))
    heights = [sum(w / 2 ** (i - at) ** 2 for at, w in ends) for i in range(K_MODES)]
    return [h / sum(heights) for h in heights]


def modes(values: Values) -> Sequence[Block]:
    """Build the page on one bell fitted to two peaks on twenty states, by KL in each direction."""
    from markovdiff.continuous.projection import bell, fit_bell

    gap, weight = int(values["gap"]), values["w"]
    P = two_peaks(gap, weight)
    forward, reverse = fit_bell(P, "forward"), fit_bell(P, "reverse")
    fits = [("KL(P‖Q) forward", forward.best), *(("KL(Q‖P) reverse", fit) for fit in reverse.minima)]
    drawn = [("P", [float(p) for p in P]), *((name, bell(K_MODES, f.centre, f.width)) for name, f in fits)]
    top = max(max(law) for _, law in drawn)
    rows = [f"{name:<16} " + "".join(3 * EIGHTHS[round(8 * p / top)] for p in law) for name, law in drawn]
    means = [sum(i * float(p) for i, p in enumerate(law)) for _, law in drawn[:2]]
    return (
        Prose(
            f"The same on {K_MODES} states. P has peaks at {LEFT} (weight {weight}) and {LEFT + gap}, each ∝ "
            "2^−(steps away)². Q must be one bell:"
        ),
        Formula(("q_i ∝ exp(−(i − c)²/2w²)      centre c, width w",)),
        Ask("Where does the forward fit put its centre: on a peak, or where P has little mass?"),
        Picture(tuple(rows)),
        TableBlock(
            ("minimised", "centre", "width", "KL, nats (float)"),
            tuple((n, f.centre, f.width, f.divergence) for n, f in fits),
        ),
        Facts((("means of P and forward Q", " and ".join(f"{mean:.6g}" for mean in means) + "  (float)"),)),
        Prose(
            "Forward Q has P's mean and variance, though P may have little there. "
            f"{_seeks(reverse, (LEFT, LEFT + gap))} So a model too simple for its data makes blends that no datum "
            "looks like if trained forward, and leaves data out if trained in reverse."
        ),
    )


PAGES = (
    Page(
        "cross-entropy",
        "The wrong code",
        "H(P,Q) = H(P) + KL(P‖Q): the bill for a code made for Q",
        cross_entropy,
        (probability("p", "3/4", "heads, truly"), probability("q", "1/3", "heads, believed", SURE_Q, "both")),
    ),
    Page(
        "likelihood",
        "Training is coding",
        "the negative log-likelihood is n times a cross-entropy",
        likelihood,
        (
            count("heads", 7, 0, 1000, "seen", "throws are counted, from none to a thousand"),
            count("tails", 3, 1, 1000, "seen", "without data there is no frequency to learn: keep one throw at least"),
        ),
    ),
    Page(
        "kl",
        "Extra surprise",
        "KL is never negative, though its terms may be",
        kl,
        (probability("p", "1/4", "heads, truly"), probability("q", "2/3", "heads, believed", SURE_Q, "both")),
    ),
    Page(
        "not-a-distance",
        "Not a distance",
        "KL is not symmetric, and a detour may be shorter",
        not_a_distance,
        tuple(
            probability(name, default, f"coin {name.upper()}", SURE_C, "both")
            for name, default in (("a", "1/2"), ("b", "3/4"), ("c", "9/10"))
        ),
    ),
    Page(
        "infinite",
        "What Q rules out",
        "KL is infinite where Q forbids what P does, and a patch hides it",
        infinite,
        (
            probability("p", "1/4", "heads", "with p = 0 Q is right, with p = 1 there is no tails: 0 < p < 1", "both"),
            Parameter(
                "eps",
                Fraction(1, 100),
                Fraction(0),
                Fraction(1),
                "patch",
                "a patch replaces 0 by something: with eps = 0 nothing is patched, and with 1 tails are ruled out",
                open="both",
            ),
        ),
    ),
    Page(
        "forward-reverse",
        "Cover or seek",
        "one peak fitted to two: forward KL covers, reverse KL seeks",
        forward_reverse,
        (
            Parameter(
                "d",
                Fraction(3),
                Fraction(1, 2),
                Fraction(12),
                "half distance",
                "nearer than ½ the two peaks are one; further than 12 the reverse fit cannot see the other at all",
            ),
            Parameter(
                "w",
                Fraction(1, 2),
                Fraction(1, 100),
                Fraction(99, 100),
                "left weight",
                "with less than 1/100 on one side hardly a second peak is left to choose",
            ),
        ),
    ),
    Page(
        "modes",
        "Peaks on states",
        "the same on states: one bell for two peaks, by either KL, and drawn",
        modes,
        (
            count("gap", 8, 2, 9, "between the peaks", "the peaks need a state between them, and room on 20 states"),
            Parameter(
                "w",
                Fraction(2, 5),
                Fraction(1, 100),
                Fraction(99, 100),
                "left weight",
                "with less than 1/100 on one side hardly a second peak is left to choose",
            ),
        ),
    ),
)
