"""Limits on the work of an audit: it is counted, not timed, so that the same record always ends in the same way.

Each piece of work is estimated in nanoseconds of a common machine before it is done. An audit that would take more
than its limit is told so and stopped: at once where one piece alone is too much, else as soon as the pace of the steps
behind it says that the steps ahead would not fit.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from math import log

from markovdiff.errors import UnfinishedError

MINUTES = 10
"""The default limit."""

MAX_HELD = 4 * 2**30
"""Bytes that an audit may hold."""

SOON = 5e8
"""Nanoseconds of work after which the pace is looked at."""


class _Budget:
    """What may be spent and what has been."""

    def __init__(self) -> None:
        self.limit: float | None = None
        self.spent = 0.0
        self.held = 0.0
        self.behind: list[float] = []


_NOW = _Budget()


@contextmanager
def limited(minutes: float) -> Iterator[None]:
    """Raise UnfinishedError in the block once the work would take more than so many minutes."""
    before = _NOW.limit, _NOW.spent, _NOW.held, _NOW.behind
    _NOW.limit, _NOW.spent, _NOW.held, _NOW.behind = minutes * 6e10, 0.0, 0.0, []
    try:
        yield
    finally:
        _NOW.limit, _NOW.spent, _NOW.held, _NOW.behind = before


def spend(nanoseconds: float) -> None:
    """Count a piece of work that is about to be done. Raise UnfinishedError where it is too much."""
    _NOW.spent += nanoseconds
    if _NOW.limit is not None and _NOW.spent > _NOW.limit:
        raise _too_much(_NOW.spent)


def hold(size: float, *, for_long: bool) -> None:
    """Count bytes that are about to be kept. Raise UnfinishedError where they are too many."""
    if _NOW.limit is not None and _NOW.held + size > MAX_HELD:
        raise UnfinishedError(
            "the audit would take too much memory",
            expected=f"about {MAX_HELD / 2**30:.3g} GiB at most",
            remedy="audit the first steps with --steps 0:B",
        )
    if for_long:
        _NOW.held += size


def check_pace(done: int, of: int) -> None:
    """Raise UnfinishedError where the steps done so far (called after each in turn) say that the rest will not fit.

    Steps become dearer as their numbers grow, seldom cheaper: a share of the steps is at most that share of the work.
    From how work has grown since half of them follows a guess at all of it; that has to be well past the limit.
    """
    if done <= 1:
        _NOW.behind = [_NOW.spent]  # nothing at 0, so that each step has its own place
    _NOW.behind.append(_NOW.spent)
    begun, half = _NOW.behind[0], _NOW.behind[done // 2]
    spent = _NOW.spent - begun
    if _NOW.limit is None or spent < SOON:
        return
    growth = 1.0
    if done >= 16 and half > begun:
        growth = log(spent / (half - begun)) / log((done - 1) / (done // 2 - 1))
        growth = min(max(growth, 1.0), 3.0)
    for whole, most in ((spent * of / done, 1.0), (spent * (of / done) ** growth, 3.0)):
        if begun + whole > most * _NOW.limit:
            raise _too_much(begun + whole)


def _too_much(whole: float) -> UnfinishedError:
    assert _NOW.limit is not None
    return UnfinishedError(
        "the audit would take too long",
        expected=f"about {_NOW.limit / 6e10:.3g} minutes at most",
        got=f"more than {whole / 6e10:.3g} minutes",
        remedy="allow more with --minutes, or audit the first steps with --steps 0:B",
    )


def product(bits: float, other: float) -> float:
    """Return the cost of a product of two whole numbers of so many bits."""
    a, b = sorted((bits / 30 + 1, other / 30 + 1))
    return 60 + (1.1 * a * b if a < 70 else 1.1 * 70**0.415 * a**0.585 * b)


def logarithm(bits: float) -> float:
    """Return the cost of a logarithm at a precision."""
    return 2500 + bits / 24 * product(bits, bits)


def common_divisor(bits: float, other: float) -> float:
    """Return the cost of the greatest common divisor of two whole numbers of so many bits."""
    return 100 + product(bits, other) + 2 * (min(bits, other) / 30) ** 2
