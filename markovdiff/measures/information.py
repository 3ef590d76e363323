"""Entropy, cross-entropy, divergences and mutual information of rational distributions, exactly.

    H(p) = −Σ p log p            H(p, q) = −Σ p log q          KL(p‖q) = Σ p log(p/q) = H(p, q) − H(p)
    JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m), m = ½(p + q)
    I(X;Y) = Σ p(x,y) log( p(x,y) / (p(x) p(y)) )              H(X|Y) = H(X,Y) − H(Y)

with 0·log 0 = 0. Each function takes sequences of exact numbers and returns a LogForm; a
divergence that is infinite returns INFINITY.

For digits the same divergences are also given as Quantities by the centred formula
Σ q·f(p/q − 1), f(r) = (1+r)log(1+r) − r ≥ 0: no term cancels another, so a divergence of 1e-400 has
as many correct digits as one of 1.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Literal

from flint import arb, fmpz

from markovdiff.arithmetic.enclosure import accuracy, centred_ball, combine, entropy_ball
from markovdiff.arithmetic.logform import INFINITY, Infinity, LogForm
from markovdiff.arithmetic.matrix import RationalMatrix, cofactors
from markovdiff.arithmetic.quantity import Quantity
from markovdiff.arithmetic.rational import over_common_denominator, rational, shown
from markovdiff.errors import InputError
from markovdiff.process.distribution import check_distribution
from markovdiff.process.grouping import GroupedRow, total
from markovdiff.process.moment import Moment
from markovdiff.process.rank_one import IdentityPlusRankOne
from markovdiff.process.transition import Deviation

Numbers = Sequence[object]

SPARE_BITS = 64
"""Bits that an entropy is evaluated with beyond those asked for, so that a difference of two can spare them."""


def entropy(p: Numbers) -> LogForm:
    """Return H(p) = −Σ p log p.

    >>> print(entropy(["3/4", "1/4"]))
    2·log 2 − 3/4·log 3
    """
    values = _distribution(p, "p")
    return -_expected_log(values, values)


def cross_entropy(p: Numbers, q: Numbers) -> LogForm | Infinity:
    """Return H(p, q) = −Σ p log q, the cost of coding p with q's code; INFINITY where q misses mass of p.

    >>> print(cross_entropy(["3/4", "1/4"], ["1/2", "1/2"]))
    log 2
    """
    a, b = pair(p, q)
    return INFINITY if first_missing(a, b) is not None else -_expected_log(a, b)


def kl(p: Numbers, q: Numbers) -> LogForm | Infinity:
    """Return KL(p‖q) = Σ p log(p/q) ≥ 0, zero only where p = q; INFINITY where q misses mass of p.

    >>> print(kl(["1/2", "1/2"], ["3/4", "1/4"]), kl([1, 0], [0, 1]))
    log 2 − 1/2·log 3 ∞
    """
    a, b = pair(p, q)
    return INFINITY if first_missing(a, b) is not None else _expected_log(a, a) - _expected_log(a, b)


def jensen_shannon(p: Numbers, q: Numbers) -> LogForm:
    """Return JS(p, q) = H(½(p + q)) − ½H(p) − ½H(q), between 0 and log 2 (Lin 1991).

    >>> print(jensen_shannon([1, 0], [0, 1]))
    log 2
    """
    a, b = pair(p, q)
    middle = [(x + y) / 2 for x, y in zip(a, b, strict=True)]
    return -_expected_log(middle, middle) + (_expected_log(a, a) + _expected_log(b, b)) / 2


def joint_entropy(joint: Sequence[Numbers]) -> LogForm:
    """Return H(X, Y) of a joint table, `joint[x][y]` = p(x, y)."""
    return _entropy_of_cells(_joint(joint))


def conditional_entropy(joint: Sequence[Numbers], given: Literal["columns", "rows"] = "columns") -> LogForm:
    """Return H(X|Y) of a joint table `joint[x][y]`: the row's entropy once the column is known.

    With q(x_0, x_t), x_0 down the rows, this is H(x_0 | x_t). `given="rows"` is H(Y|X).

    >>> print(conditional_entropy([["1/2", 0], [0, "1/2"]]))
    0
    """
    if not isinstance(given, str) or given not in ("columns", "rows"):
        raise InputError("unknown axis", where="given", expected="'columns' or 'rows'", got=shown(given))
    table = _joint(joint)
    sums = [sum(line, Fraction(0)) for line in (zip(*table, strict=True) if given == "columns" else table)]
    return _entropy_of_cells(table) + _expected_log(sums, sums)


def mutual_information(joint: Sequence[Numbers]) -> LogForm:
    """Return I(X;Y) = H(X) + H(Y) − H(X,Y) of a joint table `joint[x][y]`.

    >>> print(mutual_information([["1/2", 0], [0, "1/2"]]))
    log 2
    """
    table = _joint(joint)
    rows = [sum(row, Fraction(0)) for row in table]
    columns = [sum(column, Fraction(0)) for column in zip(*table, strict=True)]
    return -_entropy_of_cells(table) - _expected_log(rows, rows) - _expected_log(columns, columns)


def first_missing(p: Iterable[object], q: Iterable[object]) -> int | None:
    """Return the first i with p_i > 0 = q_i: the witness of an infinite KL(p‖q)."""
    return next((i for i, (a, b) in enumerate(zip(p, q, strict=True)) if a != 0 and b == 0), None)


def entropy_of(p: RationalMatrix) -> Quantity:
    """Return H(p) of a row vector, ready for any number of digits."""
    numerators = [(n, m) for n, m in zip(p.N.entries(), p.multiplicities, strict=True) if n != 0]

    def exact() -> LogForm:
        terms = [(-n * m, n) for n, m in numerators]
        return LogForm([*terms, (total(p), p.d)], p.d)

    certain = len(numerators) == 1 and numerators[0][1] == 1
    return Quantity(lambda bits: entropy_ball(numerators, p.d, bits + SPARE_BITS), exact, zero=certain)


def information_of(deviation: Deviation) -> Quantity:
    """Return I(source; target) in the centred form; zero exactly where no row deviates."""
    return centred(deviation.columns, deviation.scale, deviation.vanishes)


def information_left(moment: Moment, entropy: Quantity) -> Quantity:
    """Return I(x_0; x_t), given H(x_t).

    Where the kernel forgets towards one target H(x_t|x_0) has a few terms, and H(x_t) − H(x_t|x_0) costs one
    logarithm a state; where that cancels too far, late in a chain, the centred form takes over.
    """
    if not isinstance(moment.seen, IdentityPlusRankOne):
        return information_of(moment.deviation)
    noise = LogForm(*moment.seen.noise_terms(moment.data))
    return _cheap_difference(entropy, noise, lambda: information_of(moment.deviation), moment.is_independent)


def divergence_of(p: RationalMatrix, q: RationalMatrix, entropy: Quantity | None = None) -> Quantity | None:
    """Return KL(p‖q) of two row vectors in the centred form; None where it is infinite.

    With H(p) given, and like states taken as one, as H(p, q) − H(p) as long as that does not cancel too far.
    """
    q = p.aligned_with(q)
    if first_missing(p.N.entries(), q.N.entries()) is not None:
        return None
    if entropy is None or not isinstance(p, GroupedRow):
        return _centred_divergence(p, q)
    return _cheap_difference(cross_entropy_of(p, q), entropy, lambda: _centred_divergence(p, q), p == q)


def _centred_divergence(p: RationalMatrix, q: RationalMatrix) -> Quantity:
    u, v = cofactors(p.d, q.d)
    pairs = zip(p.N.entries(), q.N.entries(), p.multiplicities, strict=True)
    columns = [(y * v, [(fmpz(m), x * u - y * v)]) for x, y, m in pairs if y != 0]
    return centred(columns, p.d * u, all(E == 0 for _, [(_, E)] in columns))


def _cheap_difference(
    larger: Quantity | LogForm, smaller: Quantity | LogForm, careful: Callable[[], Quantity], zero: bool
) -> Quantity:
    """Return a difference by plain subtraction if that leaves enough digits, else by `careful`."""
    a, b = (Quantity.of(x, SPARE_BITS) if isinstance(x, LogForm) else x for x in (larger, smaller))
    kept: list[Quantity] = []

    def evaluate(bits: int) -> arb:
        more = bits + SPARE_BITS
        x = combine([(fmpz(1), a.ball(bits)), (fmpz(-1), b.ball(bits))], fmpz(1), more)
        if accuracy(x) >= bits - SPARE_BITS // 4:
            return x
        kept[:] = kept or [careful()]
        return kept[0].ball(bits)

    return Quantity(evaluate, lambda: a.form() - b.form(), zero)


def cross_entropy_of(p: RationalMatrix, q: RationalMatrix) -> LogForm:
    """Return H(p, q) of two row vectors, q positive where p is."""
    entries = zip(p.N.entries(), q.N.entries(), p.multiplicities, strict=True)
    return LogForm([(total(p), q.d), *((-n * m, x) for n, x, m in entries if n != 0)], p.d)


def centred(columns: Sequence[tuple[fmpz, list[tuple[fmpz, fmpz]]]], scale: fmpz, zero: bool) -> Quantity:
    """Return Σ_j P_j Σ_w w·f(E/P_j) / scale as a Quantity."""

    def exact() -> LogForm:
        """Return Σ w·P·(1+r)·log(1+r) with 1+r = (P+E)/P; the r by themselves sum to zero."""
        terms = []
        for P, cells in columns:
            for w, E in cells:
                n = P + E
                if n != 0:
                    terms += [(w * n, n), (-w * n, P)]
        return LogForm(terms, scale)

    return Quantity(lambda bits: centred_ball(columns, scale, bits), exact, zero)


def _entropy_of_cells(table: Sequence[Sequence[Fraction]]) -> LogForm:
    cells = [cell for row in table for cell in row]
    return -_expected_log(cells, cells)


def _expected_log(p: Sequence[Fraction], q: Sequence[Fraction]) -> LogForm:
    """Return Σ p log q over p > 0."""
    coefficients, d = over_common_denominator(p)
    terms: list[tuple[fmpz, fmpz]] = []
    for c, x in zip(coefficients, q, strict=True):
        if c:
            terms += [(fmpz(c), fmpz(x.numerator)), (fmpz(-c), fmpz(x.denominator))]
    return LogForm(terms, d)


def _distribution(p: Numbers, name: str) -> list[Fraction]:
    values = [rational(x, f"{name}[{i}]") for i, x in enumerate(_sequence(p, name))]
    check_distribution(values, name)
    return values


def pair(p: Numbers, q: Numbers) -> tuple[list[Fraction], list[Fraction]]:
    """Return two distributions on one set, checked."""
    a, b = _distribution(p, "p"), _distribution(q, "q")
    if len(a) != len(b):
        raise InputError(
            "distributions on different sets", where="q", expected=f"{len(a)} numbers, as in p", got=str(len(b))
        )
    return a, b


def _joint(joint: Sequence[Numbers]) -> list[list[Fraction]]:
    table = [
        [rational(x, f"joint[{i}][{j}]") for j, x in enumerate(_sequence(row, f"joint[{i}]"))]
        for i, row in enumerate(_sequence(joint, "joint"))
    ]
    for i, row in enumerate(table):
        if len(row) != len(table[0]):
            raise InputError(
                "a ragged table", where=f"joint[{i}]", expected=f"{len(table[0])} numbers", got=str(len(row))
            )
    check_distribution([x for row in table for x in row], "joint")
    return table


def _sequence(values: object, name: str) -> Sequence[object]:
    if not isinstance(values, str | bytes | dict | set | frozenset) and hasattr(values, "__iter__"):
        with contextlib.suppress(TypeError):  # an array of no dimension has `__iter__`, and no items
            return list(values)
    raise InputError(
        "not a sequence of numbers", where=name, expected="a list or tuple of exact numbers", got=shown(values)
    )
