"""Say which term of L is the largest, from the certified numbers: one, several that are equal, or undecided.

A term is the largest where no other's enclosure comes up to its own. Where enclosures overlap, terms are equal if they
are the same exact number or have the same closed form, and undecided otherwise: the middles of two overlapping
enclosures say nothing of which is larger. An infinite term is larger than any that is finite. Of one that is undefined
or undecided nothing is known, nor of float64's numbers that are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal

from tui.rows import RowField
from tui.run_buffer import NO_NUMBERS, RunBuffer, short

EXACT = 9
"""Characters of an exact number that is not rounded, at the most."""

MOST_SPANS = 3
"""Times are listed where they are no more spans than this, and else counted."""

Kind = Literal["largest", "equal", "undecided"]


@dataclass(frozen=True, slots=True)
class Costliest:
    """The times of the largest terms, T + 1 for the prior's, and whether that is proved; `record` has their number."""

    kind: Kind
    times: tuple[int, ...]
    record: dict[str, Any]
    prior: int

    @property
    def marked(self) -> tuple[int, ...]:
        """The times whose bars are marked: none where it is undecided."""
        return () if self.kind == "undecided" else self.times


def costliest(run: RunBuffer) -> Costliest | None:
    """Return which term is the largest; None until the run has ended, or where there is no ledger."""
    if run.finished is None or run.finished["elbo"]["prior"] is None:
        return None
    prior = {run.T + 1: run.finished["elbo"]["prior"]}

    def found() -> Costliest:
        terms = {t: term for t in range(1, len(run.steps)) if (term := run.value(t, "elbo_term"))}
        return largest(terms | prior, run.T + 1)

    return run.once(("costliest",), found)


def largest(terms: Mapping[int, dict[str, Any]], prior: int) -> Costliest:
    """Return the largest of some certified numbers, at least one.

    >>> ball = lambda lower, upper: {"value": lower, "lower": lower, "upper": upper, "closed_form": None}
    >>> found = largest({1: ball("0.1", "0.3"), 2: ball("0.2", "0.4"), 3: ball("0", "0.1")}, 3)
    >>> found.kind, found.times
    ('undecided', (1, 2))
    """
    unknown = [t for t, term in terms.items() if term["value"] in NO_NUMBERS - {"inf"}]
    infinite = [t for t, term in terms.items() if term["value"] == "inf"]
    if infinite:
        return Costliest("equal" if len(infinite) > 1 else "largest", tuple(infinite), terms[infinite[0]], prior)
    finite = {t: _ends(term) for t, term in terms.items() if t not in unknown}
    least = max((lower for lower, _ in finite.values()), default=Decimal(0))
    first = [t for t, (_, upper) in finite.items() if upper >= least]
    times = tuple(sorted([*first, *unknown]))
    same = not unknown and len({_same(terms[t], t) for t in first}) == 1
    kind: Kind = "largest" if len(times) == 1 and not unknown else "equal" if same else "undecided"
    return Costliest(kind, times, terms[times[0]], prior)


def _ends(term: dict[str, Any]) -> tuple[Decimal, Decimal]:
    """Return a number's enclosure; float64's number is its own."""
    lower, upper = term.get("lower"), term.get("upper")
    value = term["value"]
    return Decimal(str(value if lower is None else lower)), Decimal(str(value if upper is None else upper))


def _same(term: dict[str, Any], t: int) -> object:
    """Return what equal terms share: the number where it is exact, else the closed form; nothing else proves it."""
    lower = term.get("lower")
    if lower is not None and lower == term.get("upper"):
        return Decimal(str(lower))
    return term.get("closed_form") or ("unlike any other", t)


def told(found: Costliest | None, before: str = " ", rank: int = 0) -> RowField:
    """Return the words for it, from the longest to the shortest; the mark of its bar stands before them."""
    if found is None:
        return RowField(("",))
    where, count = spans(found.times, found.prior), len(found.times)
    exact, size = found.record.get("lower"), str(found.record["value"])
    value = size if exact == found.record.get("upper", "") and len(size) <= EXACT else short(found.record)
    brief = where.replace("t = ", "t=").replace("the ", "")
    if found.kind == "undecided":
        forms = [f"? undecided which costs most: {where}", f"? most: undecided, {brief}", f"? most: {brief}", "? most"]
    elif count == 1:
        forms = [f"▼ {where} costs most: {form}" for form in (value, short(found.record, 3))]
        forms += [f"▼ {brief} costs most", f"▼ {brief}: most", f"▼ {brief}"]
    else:
        forms = [f"▼ {where} cost most, equal: {form} each" for form in (value, short(found.record, 3))]
        forms += [f"▼ {brief} cost most, equal", f"▼ {brief} equal", f"▼ {count} equal"]
    if found.record.get("lower", "") is None:
        forms = [f"{forms[0]}, float64", *forms]
    return RowField([*(before + form for form in forms), ""], "mark", rank, whole=True)


def spans(times: Sequence[int], prior: int) -> str:
    """Return times in words, those in a row as a span; many are only counted.

    >>> spans([7], 11), spans([1, 2, 3, 8], 11), spans([11], 11), spans([10, 11], 11), spans([1, 3, 5, 7, 11], 11)
    ('t = 7', 't = 1–3, 8', 'the prior', 't = 10 and the prior', '4 steps and the prior')
    """
    steps = [t for t in times if t != prior]
    runs = [[t for _, t in run] for _, run in groupby(enumerate(steps), key=lambda pair: pair[1] - pair[0])]
    words = ", ".join(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
    named = [f"{len(steps)} steps" if len(runs) > MOST_SPANS else f"t = {words}"] if steps else []
    return " and ".join([*named, *["the prior"] * (prior in times)])
