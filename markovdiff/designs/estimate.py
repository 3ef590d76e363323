"""What a plug-in estimate of I(x0;x_t) from n samples says on average, beside the truth.

With counts m_k of n samples Ĥ = log n − Σ_k (m_k/n) log m_k, and each m_k is binomial, so that

    E Ĥ_n = log n − Σ_k Σ_m C(n,m) p_k^m (1−p_k)^{n−m} (m/n) log m        (a sum of logarithms, exactly)
    E Î_n = E Ĥ_n(x0) + E Ĥ_n(x_t) − E Ĥ_n(x0, x_t)

Miller and Madow (1955) add (bins observed − 1)/(2n) to each entropy; the expected number of bins is Σ 1 − (1−p_k)^n.
For large n the binomial sum is taken over a window around its mean; what lies outside has the rest of the probability,
known as 1 minus the sum, and a term of at most log n, so the window is no approximation but part of the enclosure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, comb, factorial, isqrt
from pathlib import Path

from flint import arb, ctx, fmpq, fmpz

from markovdiff.arithmetic.decimals import as_decimal, decimal_text
from markovdiff.arithmetic.enclosure import ALONE, Unit, bits_for, bounds, in_unit
from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.quantity import Enclosed, Quantity, enclose
from markovdiff.arithmetic.rational import shown, whole
from markovdiff.errors import InputError, LimitError
from markovdiff.measures.information import entropy_of, information_left
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.study.loading import loaded
from markovdiff.study.scenario import Scenario

MAX_STATES = 64
"""States up to which the joint law of x0 and x_t is written out."""

MAX_SAMPLES = 10**9
"""Samples at most."""

MAX_EXACT = 2000
"""Terms, n times the different probabilities, up to which E Î_n is an exact sum of logarithms."""

MAX_OUTCOMES = 20_000
"""Tables of counts up to which the standard deviation is found by going through them all."""

DRAWS = 4000
"""Samples of the estimate from which the standard deviation is taken else."""

MAX_WORK = 2**22
"""Terms of one mean up to which the number of samples is looked for."""

WINDOW = 14
"""Standard deviations of a binomial count on each side of its mean that are summed one by one."""


@dataclass(frozen=True)
class EstimateFound:
    """The plug-in estimate at one t: `truth` is I(x0;x_t), `mean` is E Î_n, `miller_madow` its corrected mean.

    `standard_deviation` of Î_n is enclosed where `is_certified`, else from `DRAWS` draws. `samples_within_factor_2` is
    an n at which the mean is between half and twice the truth while at n − 1 it is not; `detail` says from which n on
    it is proved to be, or why there is none.
    """

    t: int
    truth: Enclosed
    mean: Enclosed
    miller_madow: Enclosed
    standard_deviation: Enclosed
    is_certified: bool
    samples_within_factor_2: int | None
    detail: str


@dataclass(frozen=True)
class Estimates:
    """Estimates from `samples` samples at some times. Its fields are the keys of the JSON."""

    name: str
    unit: Unit
    samples: int
    estimates: tuple[EstimateFound, ...]


Law = Counter[Fraction]
"""Different positive probabilities, and how many cells have each."""


@dataclass(frozen=True)
class _Joint:
    """The laws of x0, x_t and the pair, as different probabilities with their numbers."""

    data: Law
    marginal: Law
    pair: Law

    def signed(self) -> Iterator[tuple[int, Law]]:
        """Return the three entropies of I = H + H − H."""
        return iter(((1, self.data), (1, self.marginal), (-1, self.pair)))


def estimate(
    given: Scenario | str | Path, samples: object, times: Iterable[int] | None = None, seed: int = 0
) -> Estimates:
    """Return what a plug-in estimate of I(x0;x_t) from so many samples says, by default at t = 1 and T.

    Raises InputError for a number of samples that is not positive or a t past T, LimitError for too many states.
    """
    scenario = loaded(given)
    n, chain = whole(samples), scenario.chain_of_one_symbol("data.length")
    if n is None or not 1 <= n <= MAX_SAMPLES:
        raise InputError("no such number", where="samples", expected=f"1 to {MAX_SAMPLES:,}", got=shown(samples))
    if chain.K > MAX_STATES:
        raise LimitError("too many states", where="estimate", expected=f"at most {MAX_STATES}", got=str(chain.K))
    asked = dict.fromkeys((1, chain.T) if times is None else times)
    for t in asked:
        if whole(t) is None or not 0 <= t <= chain.T:
            raise InputError("no such time", where="t", expected=f"0 to T = {chain.T}", got=shown(t))
    found = tuple(_at(chain, t, n, scenario.digits, scenario.unit, seed) for t in sorted(asked))
    return Estimates(scenario.name, scenario.unit, n, found)


def _at(chain: Chain, t: int, n: int, digits: int, unit: Unit, seed: int) -> EstimateFound:
    moment = chain.at(t)
    joint, table = _joint(moment)
    truth = information_left(moment, entropy_of(moment.marginal))
    mean = mean_estimate(joint, n)

    def corrected(bits: int) -> arb:
        with ALONE, ctx.workprec(bits):
            bins = sum((_bins(law, n) * sign for sign, law in joint.signed()), arb(0))
            return mean.ball(bits) + (bins - 1) / (2 * n)

    deviation, certified = _deviation(table, n, digits, unit, seed)
    enough, detail = _enough(joint, truth)
    return EstimateFound(
        t,
        truth.enclosed(digits, unit),
        mean.enclosed(digits, unit, closed=True) if _is_short(joint, n) else _enclosed(mean.ball, digits, unit),
        _enclosed(corrected, digits, unit),
        deviation,
        certified,
        enough,
        detail,
    )


def _enclosed(evaluate: Callable[[int], arb], digits: int, unit: Unit) -> Enclosed:
    bits = bits_for(digits) + 128
    return enclose(lambda _bits: in_unit(evaluate(bits), unit, bits), digits)


def _joint(moment: Moment) -> tuple[_Joint, list[list[Fraction]]]:
    p0 = moment.data.rows()[0]
    table = [[p * x for x in row] for p, row in zip(p0, moment.cumulative.rows(), strict=True)]
    cells = [x for row in table for x in row]
    laws = (_law(p0), _law(moment.marginal.rows()[0]), _law(cells))
    return _Joint(*laws), table


def _law(p: Iterable[Fraction]) -> Law:
    return Counter(x for x in p if x)


def _is_short(joint: _Joint, n: int) -> bool:
    return n * sum(len(law) for _, law in joint.signed()) <= MAX_EXACT


def mean_estimate(joint: _Joint, n: int) -> Quantity:
    """E Î_n, a Quantity: exact where it is short, else with balls alone."""
    if _is_short(joint, n):
        form = log(n)
        for sign, law in joint.signed():
            for p, count in law.items():
                form = form - _exact_part(p, n) * (sign * count)
        return Quantity.of(form, 64)

    def evaluate(bits: int) -> arb:
        with ALONE, ctx.workprec(bits):
            total = arb(n).log()
            for sign, law in joint.signed():
                for p, count in law.items():
                    total -= _part(p, n) * (sign * count)
            return total

    return Quantity(evaluate, LogForm)


def _exact_part(p: Fraction, n: int) -> LogForm:
    """Σ_m C(n,m) p^m (1−p)^{n−m} (m/n) log m."""
    a, b, d = p.numerator, p.denominator - p.numerator, p.denominator
    terms = [(fmpz(comb(n, m) * a**m * b ** (n - m) * m), fmpz(m)) for m in range(2, n + 1)]
    return LogForm(terms, fmpz(d**n * n))


def _part(p: Fraction, n: int) -> arb:
    """Return the same in the current precision; the window's rest is at most its probability times log n."""
    if p == 1:
        return arb(n).log()
    mean = int(n * p)
    spread = WINDOW * (isqrt(int(n * p * (1 - p))) + 6)
    low, high = max(mean - spread, 0), min(mean + spread, n)
    x, y = _ball(p), _ball(1 - p)
    ratio = x / y
    choices = arb(n + 1).lgamma() - arb(low + 1).lgamma() - arb(n - low + 1).lgamma()
    weight = (choices + x.log() * low + y.log() * (n - low)).exp()
    total, mass = arb(0), arb(0)
    for m in range(low, high + 1):
        mass += weight
        if m > 1:
            total += weight * m * _log(m, ctx.prec)
        weight = weight * ratio * (n - m) / (m + 1)
    if low == 0 and high == n:
        return total / n
    rest = (1 - mass).upper()
    half = rest * arb(n).log() / 2
    return total / n + half + arb(0, half.upper())


@lru_cache(maxsize=2**16)
def _log(m: int, bits: int) -> arb:
    with ALONE, ctx.workprec(bits):
        return arb(m).log()


def _bins(law: Law, n: int) -> arb:
    """Return the expected number of cells observed, in the current precision."""
    return sum(((1 - _ball(1 - p) ** n) * count for p, count in law.items()), arb(0))


def _deviation(
    table: Sequence[Sequence[Fraction]], n: int, digits: int, unit: Unit, seed: int
) -> tuple[Enclosed, bool]:
    """Return the standard deviation of Î_n, and whether it is enclosed, by going through every table of counts."""
    cells = [(i, j, x) for i, row in enumerate(table) for j, x in enumerate(row) if x]
    if comb(n + len(cells) - 1, len(cells) - 1) > MAX_OUTCOMES:
        return Enclosed(decimal_text(as_decimal(_drawn(cells, n, unit, seed), 3))), False
    bits = bits_for(digits) + 192
    with ALONE, ctx.workprec(bits):
        first, second = arb(0), arb(0)
        factorials = [arb(factorial(m)) for m in range(n + 1)]
        powers = [[_ball(x) ** m / factorials[m] for m in range(n + 1)] for _, _, x in cells]
        for counts in _counts(n, len(cells)):
            weight, value = factorials[n], arb(n).log() * n
            rows: Counter[int] = Counter()
            columns: Counter[int] = Counter()
            for (i, j, _), m, power in zip(cells, counts, powers, strict=True):
                weight = weight * power[m]
                rows[i] += m
                columns[j] += m
                value += _xlogx(m, bits)
            value -= sum((_xlogx(m, bits) for m in (*rows.values(), *columns.values())), arb(0))
            value = value / n
            first, second = first + weight * value, second + weight * value * value
        variance = second - first * first
        found = variance.sqrt() if variance > 0 else arb(0).union(variance.abs_upper().sqrt())
    return enclose(lambda _bits: in_unit(found, unit, bits), digits), True


def _counts(n: int, cells: int) -> Iterator[tuple[int, ...]]:
    """All ways to share n among so many cells."""
    if cells == 1:
        yield (n,)
        return
    for m in range(n + 1):
        for rest in _counts(n - m, cells - 1):
            yield (m, *rest)


def _xlogx(m: int, bits: int) -> arb:
    return _log(m, bits) * m if m > 1 else arb(0)


def _drawn(cells: Sequence[tuple[int, int, Fraction]], n: int, unit: Unit, seed: int) -> float:
    """Return the standard deviation of DRAWS estimates, drawn by the seed."""
    import numpy as np

    p = np.array([float(x) for _, _, x in cells])
    counts = np.random.default_rng(seed).multinomial(n, p / p.sum(), size=DRAWS).astype(float)
    rows, columns = (np.array([cell[axis] for cell in cells]) for axis in (0, 1))

    def surprise(groups: object) -> object:
        x = counts @ (np.asarray(groups)[:, None] == np.unique(np.asarray(groups))[None, :])
        return (x * np.log(np.where(x > 0, x, 1))).sum(axis=1) / n

    pair = (counts * np.log(np.where(counts > 0, counts, 1))).sum(axis=1) / n
    values = np.log(n) + pair - surprise(rows) - surprise(columns)
    return float(np.std(values, ddof=1)) / (float(np.log(2)) if unit == "bits" else 1.0)


def _enough(joint: _Joint, truth: Quantity) -> tuple[int | None, str]:
    """Return an n at which the mean comes within a factor of 2 of the truth, with n − 1 outside, looked for from above.

    −log(1 + (S−1)/n) ≤ E Ĥ_n − H ≤ 0 for S cells (Paninski 2003, proposition 1), so all n from one on are within. The
    mean may be within at a few samples on its way up, and outside again after.
    """
    if truth.is_zero():
        return None, "the truth is 0: no estimate above 0 is within a factor of it"
    bits = 192
    data, marginal, pair = (law.total() for _, law in joint.signed())
    sure = ceil(max(pair - 1, 2 * (data + marginal - 2)) / bounds(truth.ball(bits))[0])
    low, high = sure // 2, sure
    try:
        while low > 1 and _is_within(joint, truth, low, bits):
            low, high = low // 2, low
        if high > MAX_SAMPLES:
            return None, f"more than {MAX_SAMPLES:,} samples"
        low = max(low, 1)  # one sample says 0
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if _is_within(joint, truth, middle, bits) else (middle, high)
    except LimitError as error:
        return None, error.what
    sooner = f"the mean is within a factor of 2 at n = {high:,} and not at n = {high - 1:,}"
    return high, f"{sooner}; from n = {sure:,} on it is proved to be"


def _is_within(joint: _Joint, truth: Quantity, n: int, bits: int) -> bool:
    cells = sum(len(law) for _, law in joint.signed())
    if cells * WINDOW * isqrt(n) > MAX_WORK:
        raise LimitError("too many terms to follow the mean to so many samples")
    mean, true = mean_estimate(joint, n).ball(bits), truth.ball(bits)
    with ALONE, ctx.workprec(bits):
        if mean <= 2 * true and 2 * mean >= true:
            return True
        if mean > 2 * true or 2 * mean < true:
            return False
    raise LimitError(f"undecided at n = {n:,}: the mean may be exactly at a factor of 2")


def _ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))
