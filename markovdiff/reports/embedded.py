"""What the page's slider needs of a scenario, as plain data: certified decimals as text, laws packed into one string.

A number of the ledger is {"v", "l", "u", "c", "w"}: value, bounds, closed form, and why there is no number, each only
where there is such a thing. An entry of a law is correct to 12 digits (a matrix's is the float64 nearest to the exact
number, rounded once more), and has its fraction beside it where that has at most 11 characters. A law is packed as its
entries with a blank between them; one that stood in it before is written "." and its number in base 36, so that a
matrix of few values is short.

Of a long run some times are kept, of many states the most probable ones, and matrices up to 64 states: `left_out`
says so in words.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

from markovdiff.arithmetic.decimals import decimal_text, fraction_text
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import text
from markovdiff.errors import printable
from markovdiff.process.chain import Chain
from markovdiff.reports.terminal import thinned
from markovdiff.study.result import Elbo, Rational, Result, Step, states_of
from markovdiff.study.scenario import Scenario

QUANTITIES = (
    ("mutual_information", "I(x0;x_t)"),
    ("entropy", "H(x_t)"),
    ("conditional_entropy", "H(x0|x_t)"),
    ("noise_entropy", "H(x_t|x0)"),
    ("information_loss", "lost at this step"),
    ("sdpi_bound", "η(Q_t)·I(x0;x_t−1)"),
    ("elbo_term", "term of L"),
    ("model_error", "model's error Δ_t"),
    ("cross_entropy", "cross-entropy of the denoiser"),
)
RATIONALS = (
    ("beta", "β_t"),
    ("alpha_bar", "ᾱ_t"),
    ("dobrushin", "Dobrushin's η(Q_t)"),
    ("total_variation_to_prior", "TV(p_t, prior)"),
)

MOST_TIMES = 160
"""Times of a long run that are kept."""

MOST_STATES = 64
"""States that are drawn, and up to which there are matrices."""

MOST_ENTRIES = 76_000
"""Entries of laws of one scenario: about a megabyte where no two are equal."""

DIGITS = 12
"""Significant digits of an entry of a law."""

MOST_FRACTION = 11
"""Characters of a fraction that is shown beside its decimal."""

EXACT_WORK = 200_000
"""K²·T up to which the exact chain is walked for its fractions."""


@dataclass(frozen=True)
class Embedded:
    """One scenario's data for the page, and in words what was left out."""

    data: dict[str, Any]
    left_out: tuple[str, ...]


def embedded(result: Result, study: Scenario | None, entries: int = MOST_ENTRIES) -> Embedded:
    """Return what the page needs of a result; matrices are there where its scenario is given, too."""
    kept = thinned(result.steps, MOST_TIMES)
    times = [step.t for step in kept]
    chain = study.chain() if study is not None and study.sequences is None else None
    labels = states_of(result)
    K = len(labels)
    chosen = _most_probable(result, K)
    square = chain is not None and K <= MOST_STATES
    at = _evenly(times, max(2, entries // (2 * K * K + K if square else K)))
    laws = _marginals([step for step in kept if step.t in set(at)], chosen)
    if chain is not None and square:
        laws |= _matrices(chain, study, at)
    why = "" if chain is not None else "no matrices: a result alone has none; give the scenario"
    if study is not None and study.sequences is not None:
        why = "no matrices: the data are sequences"
    words = list(_left_out(result, K, len(times), len(at), why))
    data = {
        "name": printable(str(result.scenario["name"])),
        "unit": result.unit,
        "certified": result.arithmetic["kind"] != "float",
        "T": result.scenario["steps"],
        "states": [printable(str(labels[k])) for k in chosen],
        "steps": [_step(step) for step in kept],
        "elbo": _totals(result.elbo),
        "lawTimes": at,
        "laws": laws,
    }
    return Embedded(data, tuple(words))


def _left_out(result: Result, K: int, times: int, laws: int, why_no_matrices: str) -> Iterable[str]:
    all_times = len(result.steps)
    if times < all_times:
        yield f"thinned: {times} of {all_times} times are kept: both ends, turning points, and evenly between"
    if laws < times:
        yield f"thinned: matrices and marginals at {laws} of {times} times; between these the one before is shown"
    if K > MOST_STATES:
        yield f"thinned: {MOST_STATES} of {K:,} states, the most probable ones at t = 0 or at the end; no matrices"
    elif why_no_matrices:
        yield why_no_matrices


def _most_probable(result: Result, K: int) -> list[int]:
    if K <= MOST_STATES:
        return list(range(K))
    ends = (result.steps[0].marginal, result.steps[-1].marginal)
    law = [max(float(p or 0), float(q or 0)) for p, q in zip(*ends, strict=True)]
    return sorted(sorted(range(K), key=lambda k: -law[k])[:MOST_STATES])


def _evenly(times: Sequence[int], most: int) -> list[int]:
    if len(times) <= most:
        return list(times)
    last = len(times) - 1
    return sorted({times[round(k * last / (most - 1))] for k in range(most)})


def _step(step: Step) -> dict[str, Any]:
    record: dict[str, Any] = {"t": step.t, "decay": step.decay}
    for name, _ in QUANTITIES:
        if (value := getattr(step, name)) is not None:
            record[name] = number(value)
    for name, _ in RATIONALS:
        if (rational := getattr(step, name)) is not None:
            record[name] = _rational(rational)
    return record


def _totals(elbo: Elbo) -> dict[str, Any]:
    names = ("negative_elbo", "prior", "prior_gap")
    return {name: number(value) for name in names if (value := getattr(elbo, name)) is not None}


def number(value: Enclosed) -> dict[str, str]:
    """Return a certified number as the page has it: value, bounds, closed form, and words, where there are such."""
    found = {"v": value.value, "l": value.lower, "u": value.upper, "c": value.closed_form, "w": value.words}
    return {key: printable(part) for key, part in found.items() if part is not None}


def _rational(x: Rational) -> dict[str, str]:
    decimal = _decimal(x)
    exact = text(x) if isinstance(x, Fraction) else None
    return {"v": decimal} | ({"c": exact} if exact not in (None, decimal) and len(exact) <= 4 * MOST_FRACTION else {})


def _decimal(x: Rational) -> str:
    if isinstance(x, Decimal):
        return decimal_text(Context(prec=DIGITS).create_decimal(x).normalize() if x else Decimal(0))
    return fraction_text(x, DIGITS)


def _marginals(kept: Sequence[Step], chosen: Sequence[int]) -> dict[str, list[str]]:
    packed = []
    for step in kept:
        law = step.marginal
        packed.append(pack(_entry(law[k]) for k in chosen))
    return {"marginal": packed}


def _entry(x: Rational | None) -> str:
    """Return an entry as text: decimal=fraction where the fraction is short; "?" where float64 cannot tell."""
    if x is None:
        return "?"
    decimal = _decimal(x)
    return _with_fraction(decimal, x) if isinstance(x, Fraction) else decimal


def _with_fraction(decimal: str, x: Fraction | None) -> str:
    if x is None:
        return decimal
    brief = x.denominator < 10**MOST_FRACTION and len(text(x)) <= MOST_FRACTION
    return f"{decimal}={text(x)}" if brief and x.denominator > 1 else decimal


def _matrices(chain: Chain, study: Scenario | None, at: Sequence[int]) -> dict[str, list[str]]:
    """Return Q̄_t and q(x0|x_t) at each time, an impossible condition as "-"."""
    from markovdiff.reference.arrays import arrays

    assert study is not None
    made = arrays(study, ("Qbar", "data_posterior"), at)
    exact = chain.K**2 * chain.T <= EXACT_WORK
    cumulative, posterior = [], []
    for k, t in enumerate(at):
        fractions = _fractions(chain.at(t).cumulative.dense.matrix) if exact else []
        cumulative.append(_packed(made["Qbar"][k].ravel().tolist(), fractions))
        posterior.append(_packed(made["data_posterior"][k].ravel().tolist(), _posterior(chain, t, fractions)))
    return {"matrix": cumulative, "posterior": posterior}


def _fractions(matrix: RationalMatrix) -> list[Fraction | None]:
    """Return the entries in lowest terms, None where the denominator has more than twice the digits that are shown."""
    d, longest = matrix.d, 10 ** (2 * MOST_FRACTION)
    lowest = ((n, d // n.gcd(d)) for n in matrix.N.entries())
    return [Fraction(int(n * lower // d), int(lower)) if lower < longest else None for n, lower in lowest]


def _posterior(chain: Chain, t: int, fractions: Sequence[Fraction | None]) -> list[Fraction | None]:
    """Return q(x0 = k | x_t = j) at j·K + k where Q̄_t has short entries, a long number of no use elsewhere."""
    if not fractions or any(x is None or len(text(x)) > 2 * MOST_FRACTION for x in fractions):
        return []
    return [x for row in chain.data_posterior(t) for x in row or [Fraction(0)] * chain.K]


def _packed(floats: Sequence[float], fractions: Sequence[Fraction | None]) -> str:
    decimals = ["-" if math.isnan(x) else probability_text(x) for x in floats]
    if fractions:
        pairs = zip(decimals, fractions, strict=True)
        decimals = [d if d == "-" else _with_fraction(d, x) for d, x in pairs]
    return pack(decimals)


def probability_text(x: float) -> str:
    """Return a float from 0 to 1 in 12 digits as decimals are written everywhere, which Python's own %g does there.

    >>> probability_text(0.25), probability_text(1 / 3), probability_text(1e-5), probability_text(0.0)
    ('0.25', '0.333333333333', '1e-05', '0')
    """
    return f"{x:.{DIGITS}g}"


def pack(entries: Iterable[str]) -> str:
    """Return entries with a blank between them, one that stood there before as "." and its number in base 36.

    >>> pack(["0.5=1/2", "0", "0.5=1/2", "0", "0.25"])
    '0.5=1/2 0 .0 .1 0.25'
    """
    seen: dict[str, int] = {}
    words = []
    for entry in entries:
        if entry in seen:
            words.append(f".{_base36(seen[entry])}")
        else:
            seen[entry] = len(seen)
            words.append(entry)
    return " ".join(words)


def _base36(n: int) -> str:
    digits = ""
    while True:
        n, rest = divmod(n, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[rest] + digits
        if not n:
            return digits
