"""Whether the sentences of a result are true: its `detail`s, written a second time from what the audit itself found.

A detail is clauses with "; " between them. Of each check the true clauses are written out here, and a clause that is
one of them is confirmed. One that has the form of a known clause but says something else is wrong. What has no form
that is known here is neither: the audit names it as not covered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

from markovdiff.audit.claims import WrongError
from markovdiff.audit.numerals import quoted

WHERE = r"(at the one step|at each of \d+ steps|at \d+ of \d+ steps? \(t = [\d…, ]+\))"
"""Where, in words: what `at_steps` writes."""

_PAIR = r"I\(x_\d+;x_\d+\)"
_SIGN = r"(<|=|>|≤ \([a-z ]+\))"
_NUMBER = r"[-\d./e]+"

FORMS = tuple(
    re.compile(form, re.DOTALL)
    for form in (
        rf"I\(x0;x_t\) (falls strictly|stays the same|rises|rises at least) {WHERE}.*",
        rf"undecided {WHERE}",
        rf"whether I\(x0;x_t\) falls {WHERE} .*",
        r"the four formulas of I\(x0;x_t\) agree at each t = 0…\d+, .*",
        r"the formulas of I\(x0;x_t\) differ at t = \d+",
        rf"I_t [≤>] η\(Q_t\)·I_\(t−1\) {WHERE}(, always with equality|, with equality {WHERE})?: .*",
        rf"I_t [≤>] η_KL\(Q_t\)·I_\(t−1\) {WHERE}: .*",
        rf"KL\(p_t ‖ [^)]*\) (never rises in \d+ steps?|rises( at least)? {WHERE}): proved",
        rf"H\(x_t\) (never falls in \d+ steps?|falls( at least)? {WHERE}): proved",
        rf"I\(x0;x_\d+\) = {_NUMBER} (bits|nats) is (at most|more than) .*: proved",
        r"I\(x_s;x_u\) ≤ min\(I\(x_s;x_t\), I\(x_t;x_u\)\) for s ≤ t ≤ u in .*: proved",
        rf"{_PAIR} > {_PAIR}: the triangle is violated, proved",
        rf"H\(x0\) {_SIGN} NLL(, and L is undefined| {_SIGN} L( = \+∞)?)",
        r"NLL is (\+∞|undefined): .*",
        rf"p̃ was restricted to the x0 that can reach x_t {WHERE}",
        r"both sides are (\+∞|undefined): .*",
        r"L = H\(x0\) \+ ΣΔ_t \+ KL\(p_T‖π\), coefficient by coefficient: proved",
        r"the enclosures of both sides of L = H\(x0\) \+ ΣΔ_t \+ KL\(p_T‖π\) meet",
        r"at each step the enclosures of both formulas of its term meet",
        r"(the multiples of log .* do not cancel|the order of .* is broken: .*|the term.*)",
    )
)
"""What clauses look like, right or wrong."""


Answer: TypeAlias = 'bool | Literal["untold"] | None'
UNTOLD: Literal["untold"] = "untold"


@dataclass(frozen=True)
class Truths:
    """The clauses that are true: those that must be said, and others that may be.

    `decides` says of a clause that cannot be written out beforehand whether it is true, UNTOLD where that cannot be
    told, and None of all others.
    """

    must: Sequence[str] = ()
    may: Sequence[str] = ()
    decides: Callable[[str], Answer] = field(default=lambda _clause: None)


def is_confirmed(where: str, said: str, truths: Truths) -> bool:
    """Return whether a detail is true in all its clauses and leaves none out. Raise WrongError where one is false."""
    true = sorted((*truths.must, *truths.may), key=len, reverse=True)
    clauses = list(_clauses(said, true))
    for clause in clauses:
        if clause not in true and (found := truths.decides(clause)) is not True:
            if found is False or (found is None and any(form.fullmatch(clause) for form in FORMS)):
                raise WrongError(where, quoted(clause, 160), quoted("; ".join(truths.must), 160))
            return False
    return all(clause in clauses for clause in truths.must)


def _clauses(said: str, true: Iterable[str]) -> Iterable[str]:
    """Return the clauses in order; true ones first, since a label in one may hold what stands between clauses."""
    rest: str | None = said
    while rest is not None:
        known = next((c for c in true if rest == c or rest.startswith(f"{c}; ")), None)
        if known is None:
            clause, between, rest_of_it = rest.partition("; ")
        else:
            clause, between, rest_of_it = known, rest[len(known) : len(known) + 2], rest[len(known) + 2 :]
        yield clause
        rest = rest_of_it if between else None


def at_steps(times: Sequence[int], T: int) -> str:
    """Return the steps in words.

    >>> at_steps([5, 7, 8], 64), at_steps([1], 1), at_steps([1, 3, 5, 7], 9)
    ('at 3 of 64 steps (t = 5, 7…8)', 'at the one step', 'at 4 of 9 steps (t = 1, 3, 5, …)')
    """
    if len(times) == T:
        return "at the one step" if T == 1 else f"at each of {T} steps"
    breaks = [0, *(k for k, (a, b) in enumerate(pairwise(times), 1) if b != a + 1), len(times)]
    runs = [(times[a], times[b - 1]) for a, b in pairwise(breaks)]
    listed = [str(a) if a == b else f"{a}…{b}" for a, b in runs[:3]] + ["…"] * (len(runs) > 3)
    return f"at {len(times)} of {T} {steps(T)} (t = {', '.join(listed)})"


def is_split(times: Sequence[int], named: str, undecided: str, T: int) -> Answer:
    """Return whether those `named` are among the times, and every other time is among those `undecided`.

    UNTOLD where not every time is written out.

    >>> is_split([2, 3], "at 1 of 3 steps (t = 2)", "at 1 of 3 steps (t = 3)", 3)
    True
    >>> is_split([2, 3], "at 1 of 3 steps (t = 1)", "at 1 of 3 steps (t = 3)", 3)
    False
    """
    first, second = _listed(named), _listed(undecided)
    if first is None or second is None:
        return False
    (listed, number), (others, more) = first, second
    complete = len(listed) == number and len(others) == more
    if not listed <= set(times) or listed & others or number > len(times) or number + more < len(times):
        return False
    if max(listed | others) > T or number + more > T:
        return False
    if not complete:
        return UNTOLD
    written = (at_steps(sorted(listed), T), at_steps(sorted(others), T)) == (named, undecided)
    return written and set(times) <= listed | others


def _listed(where: str) -> tuple[set[int], int] | None:
    """Return the times written out in what `at_steps` says, and how many there are; None for anything else."""
    counted = re.fullmatch(r"at (\d{1,6}) of \d{1,6} steps? \(t = (.*)\)", where)
    if counted is None:
        return None
    runs = [run.split("…") for run in counted[2].split(", ") if run != "…"]
    if not all(end.isdecimal() and len(end) < 7 for run in runs for end in run):
        return None
    return {t for run in runs for t in range(int(run[0]), int(run[-1]) + 1)}, int(counted[1])


def steps(n: int) -> str:
    """Return the word for n steps."""
    return "step" if n == 1 else "steps"
