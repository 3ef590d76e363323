"""Sequences: the information curve with the best block sizes, and samplers, beside plain programs.

    windows    a text's windows, each projection of them on each subset counted anew, p log p by Fraction and mpmath
    markov     the O(L²) formula with powers of P in Fractions, whose denominators grow with the power
    samplers   what n steps of an added mask draw, a sequence at a time in Fractions
    ledger     I(x0;x_t) under uniform noise from the joint law in Fractions; the engine keeps its whole ledger as well

For a curve the plain program then tries every number of stages by the same recursion in 38 digits. Its answer in bits,
c_0 … c_{L−1} or KL(q‖ν) for rising n, is held against the engine's enclosures before its time counts.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import combinations, pairwise, product
from math import comb, prod
from typing import Any

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.bench.baselines import BITS
from markovdiff.bench.engine import DIGITS
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import absorbing
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.kept_times import evenly
from markovdiff.sequences.law import MarkovSequences
from markovdiff.sequences.position_models import PositionMixture, PositionPosterior

STAYS = ((Fraction(9, 10), Fraction(1, 10)), (Fraction(1, 10), Fraction(9, 10)))


@dataclass(frozen=True)
class SequenceTask:
    """What is asked, by name and size; `plain` is None where the plain program would take far too long."""

    name: str
    size: Callable[[], str]
    find: Callable[[int], list[Enclosed]]
    """The answer to so many digits, in bits."""
    plain: Callable[[], Sequence[Any]] | None

    def answer(self, digits: int = DIGITS) -> list[Enclosed]:
        """Return what the engine finds."""
        return self.find(digits)


def curve_and_best(law: object, stages: Sequence[int], digits: int) -> list[Enclosed]:
    """Return the curve, the best block sizes for each number of stages found as well."""
    curve = md.information_curve(law)
    for n in stages:
        md.best_unmasking(curve, n).excess.enclosed(digits, "bits")
    return [c.enclosed(digits, "bits") for c in curve.increments]


@cache
def text(length: int, seed: int = 1) -> str:
    """Words of letters, drawn by a seed: some are common and most are rare, as in a language."""
    rng = random.Random(seed)  # noqa: S311  (no secret: a benchmark)
    words = ["".join(rng.choices("etaoinshrdlucmfwyp", k=rng.randint(2, 7))) for _ in range(2000)]
    chosen = rng.choices(words, [1 / (rank + 3) for rank in range(len(words))], k=length)
    return " ".join(chosen)[:length]


def windows(length: int, width: int, *, with_plain: bool) -> SequenceTask:
    """Return the windows of a text."""

    def counted() -> Counter[str]:
        whole = text(length)
        return Counter(whole[i : i + width] for i in range(length - width + 1))

    return SequenceTask(
        f"windows of {width} in {length // 1000} kB of text",
        lambda: f"{len(counted()):,} sequences",
        lambda digits: curve_and_best(counted(), range(1, width + 1), digits),
        (lambda: best_of(plain_subsets(counted(), width), range(1, width + 1))) if with_plain else None,
    )


@cache
def chain(K: int, length: int, seed: int = 1) -> MarkovSequences:
    """Return a chain with rows of positive counts, as bigrams give."""
    rng = random.Random(seed)  # noqa: S311
    weights = [[rng.randint(1, 1000) for _ in range(K)] for _ in range(K)]
    rows = [[Fraction(n, sum(row)) for n in row] for row in weights]
    return MarkovSequences.make(Distribution.from_weights(weights[0]), rows, length)


def markov(K: int, length: int, stages: int, *, with_plain: bool) -> SequenceTask:
    """Return a Markov law."""
    return SequenceTask(
        f"Markov, best of {stages} stages",
        lambda: f"K = {K}, L = {length}",
        lambda digits: curve_and_best(chain(K, length), (stages,), digits),
        (lambda: best_of(plain_markov(chain(K, length)), (stages,))) if with_plain else None,
    )


def plain_subsets(weights: Counter[str], length: int) -> list[Any]:
    """Return h_0 … h_L in bits by the definition."""
    import mpmath

    total, means = sum(weights.values()), []
    with mpmath.workprec(BITS):
        for j in range(length + 1):
            h = mpmath.mpf(0)
            for kept in combinations(range(length), j):
                seen: Counter[tuple[str, ...]] = Counter()
                for x, n in weights.items():
                    seen[tuple(x[i] for i in kept)] += n
                h += plain_entropy([Fraction(n, total) for n in seen.values()])
            means.append(h / comb(length, j))
    return means


def plain_markov(law: MarkovSequences) -> list[Any]:
    """Return h_0 … h_L in bits by the O(L²) formula."""
    import mpmath

    L, p, P = law.length, list(law.initial.probabilities), law.rows
    marginals = [p]
    for _ in range(1, L):
        marginals.append(times([marginals[-1]], P)[0])
    power, given = [list(row) for row in P], []
    with mpmath.workprec(BITS):
        for g in range(1, L):
            weight = [sum(column, Fraction(0)) for column in zip(*marginals[: L - g], strict=True)]
            given.append(mpmath.fsum(real(w) * plain_entropy(row) for w, row in zip(weight, power, strict=True)))
            power = times(power, P)
        alone = [plain_entropy(p) for p in marginals]
        return [mpmath.mpf(0)] + [
            (
                mpmath.fsum(comb(L - a, j - 1) * alone[a - 1] for a in range(1, L + 1))
                + mpmath.fsum(comb(L - g - 1, j - 2) * given[g - 1] for g in range(1, L) if j > 1)
            )
            / comb(L, j)
            for j in range(1, L + 1)
        ]


def times(A: Sequence[Sequence[Fraction]], B: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """Return A·B."""
    columns = list(zip(*B, strict=True))
    return [[sum((a * b for a, b in zip(row, column, strict=True)), Fraction(0)) for column in columns] for row in A]


def plain_entropy(p: Sequence[Fraction]) -> Any:
    """Return −Σ p log2 p."""
    import mpmath

    return -mpmath.fsum(real(x) * mpmath.log(real(x), 2) for x in p if x)


def real(x: Fraction) -> Any:
    """Return a rational in the precision that is set."""
    import mpmath

    return mpmath.mpf(x.numerator) / x.denominator


def best_of(means: Sequence[Any], stages: Sequence[int]) -> list[Any]:
    """Return c_0 … c_{L−1}, once the least excess is found for each number of stages."""
    import mpmath

    with mpmath.workprec(BITS):
        c = [more - less for less, more in pairwise(means)]
        L = len(c)
        for n in stages:
            least = {L: mpmath.mpf(0)}
            for k in range(1, n + 1):
                least = {
                    m: min((end - m) * c[m] + cost for end, cost in least.items() if end > m)
                    for m in range(n - k, L - k + 1)
                }
        return c


def masked(length: int, T: int) -> SequenceChain:
    """Bits that stay as they are nine times in ten, masked in T even steps."""
    law = MarkovSequences.make(Distribution.from_weights([1, 1]), STAYS, length).law().with_extra_symbol("?")
    bit = Distribution.from_weights([1, 1, 0], law.symbols)
    return SequenceChain(law, Chain(bit, absorbing(3, 2), tuple(Fraction(1, T - t) for t in range(T)), T))


def samplers(length: int, T: int, *, with_plain: bool) -> SequenceTask:
    """Return KL(q‖ν) of samplers that keep 1, 2, 4, … of T steps, T a power of two; the excess is found as well."""
    counts = [2**k for k in range(T.bit_length())]

    def find(digits: int) -> list[Enclosed]:
        chain = masked(length, T)
        reverse, prior = PositionReverse(chain, PositionMixture(PositionPosterior())), JointPrior(chain, None)
        drawn = [reverse.sampler(evenly(n, T), prior) for n in counts]
        for one in drawn:
            if isinstance(excess := one.path_excess, Quantity):
                excess.enclosed(digits, "bits")
        return [one.excess.enclosed(digits, "bits") for one in drawn]

    return SequenceTask(
        f"masked, 1 to {T} steps drawn",
        lambda: f"K = 2, L = {length}",
        find,
        (lambda: [plain_sampler(length, n) for n in counts]) if with_plain else None,
    )


def plain_sampler(length: int, n: int) -> Any:
    """Return KL(q‖ν) in bits: a mask is taken off in one of n steps, each symbol by its odds beside what is shown."""
    import mpmath

    law = {
        x: Fraction(w) for x, w in MarkovSequences.make(Distribution.from_weights([1, 1]), STAYS, length).law().support
    }
    total, drawn = sum(law.values()), dict[tuple[int | None, ...], Fraction]()
    drawn[(None,) * length] = Fraction(1)
    for left in range(n, 0, -1):
        after: dict[tuple[int | None, ...], Fraction] = {}
        for x, mass in drawn.items():
            fits = {y: w for y, w in law.items() if all(k is None or k == i for k, i in zip(x, y, strict=True))}
            rows = [_row(k, place, fits, Fraction(1, left)) for place, k in enumerate(x)]
            for chosen in product(*rows):
                y = tuple(k for k, _ in chosen)
                after[y] = after.get(y, Fraction(0)) + mass * prod(p for _, p in chosen)
        drawn = after
    with mpmath.workprec(BITS):
        return mpmath.fsum(real(w / total) * mpmath.log(real(w / total / drawn[x]), 2) for x, w in law.items())


def _row(
    k: int | None, place: int, fits: dict[tuple[int, ...], Fraction], shown: Fraction
) -> list[tuple[int | None, Fraction]]:
    """Return what stands at a place after a step, and how likely: a mask goes with probability `shown`."""
    if k is not None:
        return [(k, Fraction(1))]
    odds: dict[int, Fraction] = {}
    for y, w in fits.items():
        odds[y[place]] = odds.get(y[place], Fraction(0)) + w
    total = sum(odds.values())
    stays: list[tuple[int | None, Fraction]] = [(None, 1 - shown)] if shown < 1 else []
    return [*stays, *((i, shown * w / total) for i, w in odds.items())]


LIKES = ("1/2", "1/3", "1/6"), ("1/6", "1/2", "1/3"), ("1/3", "1/6", "1/2")
"""Three symbols, each with a favourite successor."""


def ledger(length: int, T: int, *, with_plain: bool) -> SequenceTask:
    """Return I(x0;x_1) … I(x0;x_T) of three symbols under uniform noise, with the joint Bayes ledger."""

    def find(digits: int) -> list[Enclosed]:
        study = md.scenario(
            {
                "data": {"length": length, "markov": {"initial": list(LIKES[0]), "rows": [list(row) for row in LIKES]}},
                "noise": {"steps": T, "kernel": {"kind": "uniform"}, "schedule": {"kind": "constant", "beta": "1/10"}},
                "reverse": {"model": {"kind": "bayes"}},
                "arithmetic": {"digits": digits},
            }
        )
        return [step.mutual_information for step in md.run(study, closed_forms=False).steps[1:]]

    return SequenceTask(
        f"uniform, {T} steps, ledger",
        lambda: f"K = 3, L = {length}",
        find,
        (lambda: plain_information(length, T)) if with_plain else None,
    )


def plain_information(length: int, T: int) -> list[Any]:
    """Return I(x0;x_t) in bits for t = 1 … T, from q(x_0, x_t) written out."""
    import mpmath

    P = [[Fraction(p) for p in row] for row in LIKES]
    law = {
        x: P[0][x[0]] * prod((P[a][b] for a, b in pairwise(x)), start=Fraction(1))
        for x in product(range(3), repeat=length)
    }
    found = []
    for t in range(1, T + 1):
        kept = Fraction(9**t, 10**t)
        Q = [[kept * (a == b) + (1 - kept) / 3 for b in range(3)] for a in range(3)]
        noise = {
            (x, y): prod((Q[a][b] for a, b in zip(x, y, strict=True)), start=Fraction(1)) for x in law for y in law
        }
        p = {y: sum(w * noise[x, y] for x, w in law.items()) for y in law}
        with mpmath.workprec(BITS):
            costs = (real(law[x] * q) * mpmath.log(real(q / p[y]), 2) for (x, y), q in noise.items())
            found.append(mpmath.fsum(costs))
    return found


SMALL = (
    windows(10_000, 6, with_plain=True),
    markov(6, 32, 6, with_plain=True),
    samplers(4, 4, with_plain=True),
    ledger(2, 4, with_plain=True),
)
"""What takes seconds."""

LARGE = (
    windows(100_000, 8, with_plain=True),
    markov(9, 48, 8, with_plain=True),
    markov(27, 256, 16, with_plain=False),
    samplers(6, 8, with_plain=True),
    samplers(8, 8, with_plain=False),
    ledger(4, 16, with_plain=True),
    ledger(6, 16, with_plain=False),
)
"""What takes minutes with the plain program."""
