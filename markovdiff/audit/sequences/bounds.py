"""The check `sampler`, decided anew: whether what each sampler draws is as near to the data as the scenario says.

A check has entries; each names a row of `sampler` and says what is at most how much. A bound is broken, holds, or is
undecided because the number is undefined. The first that is broken is the witness, else the first that is undecided.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from markovdiff.audit.claims import WrongError, witness_text
from markovdiff.audit.confirm import unit_of_last_digit
from markovdiff.audit.logsum import LogSum
from markovdiff.audit.numerals import Decimal, decimal, quoted
from markovdiff.audit.questions import compare
from markovdiff.audit.record import Part
from markovdiff.audit.sequences.sampler import NoNumber
from markovdiff.audit.sequences.sampler_claims import SamplerRow
from markovdiff.audit.verdicts import Checked
from markovdiff.errors import MarkovdiffError

BOUNDS = ("kl", "excess", "total_variation", "outside_support")
NAMES = ("steps", "times", "unmask")
MOST_DIGITS = 7
"""Digits of a number in a sentence at most."""

MOST_SHOWN = 80
"""Characters of a list of times or sizes that a sentence shows."""


@dataclass(frozen=True, eq=False)
class SamplerBound:
    """One bound of one entry: what is said of which number of which sampler; `sign` is that of the number less it."""

    says: str
    name: str
    bound: Fraction
    row: SamplerRow
    unit: str

    @property
    def is_known(self) -> bool:
        """Whether the audit found the number."""
        return self.name in self.row.numbers

    @property
    def sign(self) -> int | None:
        """Return the sign of the number less the bound; None where it is undefined."""
        found = self.row.numbers[self.name]
        if isinstance(found, NoNumber):
            return 1 if found.kind == "inf" else None
        if isinstance(found, LogSum):
            return compare(found, self.bound, self.unit)
        return (found > self.bound) - (found < self.bound)


def bounds_of(question: Part, rows: Sequence[SamplerRow]) -> Iterator[SamplerBound]:
    """Yield each bound of each entry. Raise InputError for an entry about a sampler that the record has not."""
    unit = question["unit"].text(("bits", "nats"))
    for entry in question["entries"].items(most=10_000):
        by = [name for name in NAMES if entry.get(name) is not None]
        named = [name for name in BOUNDS if entry.get(name) is not None]
        if len(by) != 1 or not named:
            raise entry.fail("not one sampler and what is bounded of it")
        entry.only((*by, *named), ("order",))
        row = next((row for row in rows if _is_named(entry, by[0], row)), None)
        if row is None:
            raise entry.fail("a check on a sampler that the record has not")
        value = str(entry[by[0]].value)
        if len(value) > MOST_SHOWN:
            value = f"{value[: MOST_SHOWN - 3]}..."
        for name in named:
            yield SamplerBound(f"{by[0]} = {value}", name, entry[name].ratio(), row, unit)


def _is_named(entry: Part, by: str, row: SamplerRow) -> bool:
    if by == "steps":
        return row.steps is not None and row.steps == entry[by].value
    told = [item.count(0, 10**9) for item in entry[by].items()]
    if by == "times":
        return row.steps is None and row.times is not None and list(row.times) == told
    order = entry.get("order")
    meant = None if order is None else order.value
    same = order is None or (row.order if isinstance(row.order, str) else list(row.order or ())) == meant
    return row.unmask is not None and list(row.unmask) == told and same


def check(part: Part, question: Part, rows: Sequence[SamplerRow]) -> Checked:
    """Confirm the check. Raise WrongError where something in it is false."""
    where = "check sampler"
    part.only(("check", "expected", "observed", "verdict", "witness", "decided", "detail"))
    question.only(("expected", "entries", "unit"))
    expected = question["expected"].text(("holds", "violated"))
    if part["check"].value != "sampler" or part["expected"].value != expected:
        said = f"{quoted(part['check'].value)}, expected {quoted(part['expected'].value)}"
        raise WrongError(part.path, said, f"sampler, expected {expected}")
    bounds = list(bounds_of(question, rows))
    if not all(bound.is_known for bound in bounds):
        return Checked(True, "not covered (a sampler that is too much to walk)", (where,))
    broken = next((bound for bound in bounds if bound.sign == 1), None)
    unknown = next((bound for bound in bounds if bound.sign is None), None)
    observed = "violated" if broken else "undecided" if unknown else "holds"
    said, verdict = part["observed"].text(), part["verdict"].text()
    if said == "undecided" != observed:
        if verdict != said:
            raise WrongError(f"{where}, verdict", quoted(verdict), said)
        return Checked(True, observed, (f"{where}: its words",))
    if said != observed:
        raise WrongError(f"{where}, observed", quoted(said), observed)
    true = "undecided" if observed == "undecided" else "holds" if observed == expected else "fails"
    if verdict != true:
        raise WrongError(f"{where}, verdict", quoted(verdict), true)
    shows = broken or unknown
    witness = None if shows is None else {"sampler": shows.says, "bound": shows.name}
    if part["witness"].value != witness:
        told = "none" if part["witness"].value is None else witness_text(part["witness"].witness())
        raise WrongError(f"{where}, witness", told, "none" if witness is None else witness_text(witness))
    if part["decided"].value != "exact":
        raise WrongError(f"{where}, decided", quoted(part["decided"].value), "exact")
    confirmed = _is_told(f"{where}, detail", part["detail"].text(), bounds, shows, observed)
    return Checked(observed == "undecided", observed, () if confirmed else (f"{where}: its words",), int(confirmed))


def _is_told(where: str, said: str, bounds: Sequence[SamplerBound], shows: SamplerBound | None, observed: str) -> bool:
    """Return whether the sentence is one that is known. Raise WrongError where it is, and false."""
    clauses = said.split("; ")
    told = [shows] if shows is not None else list(bounds[:3])
    if shows is None:
        whole = "the one bound holds" if len(bounds) == 1 else f"each of {len(bounds)} bounds holds"
        first, clauses = clauses[0], clauses[1:]
        if first != f"{whole}: proved":
            raise WrongError(where, quoted(first, 160), f"{whole}: proved")
        if len(bounds) > 3 and clauses[-1:] == ["…"]:
            clauses.pop()
    if len(clauses) != len(told):
        return False
    matches = [_match(clause, bound, observed) for clause, bound in zip(clauses, told, strict=True)]
    for clause, bound, match in zip(clauses, told, matches, strict=True):
        if match is not None and not (_is_near(match["value"], bound) and _is_number(match["bound"], bound.bound)):
            raise WrongError(where, quoted(clause, 160), "another number")
    return all(match is not None for match in matches)


def _match(clause: str, bound: SamplerBound, observed: str) -> re.Match[str] | None:
    """Return the value and the bound that a clause states, if it speaks of this one."""
    says, name = re.escape(bound.says), bound.name
    value = r"(?P<value>\S+)" + (f" {bound.unit}?" if name in ("kl", "excess") else "")
    form = {
        "holds": rf"{says}: {name} = {value} ≤ (?P<bound>.+)",
        "violated": rf"{says}: {name} = {value} > (?P<bound>.+): proved",
        "undecided": rf"{says}: whether {name} is at most (?P<bound>.+) was not decided \(= {value}\)",
    }[observed]
    return re.fullmatch(form, clause)


def _is_near(said: str, bound: SamplerBound) -> bool:
    """Return whether a number is the true one in the digits it has, three at least, or says why it is none."""
    found = bound.row.numbers[bound.name]
    if isinstance(found, NoNumber):
        return said == found.kind
    value = _read(said)
    if value is None or value.shown > MOST_DIGITS:
        return False
    if value.value == 0:
        return found.is_zero() if isinstance(found, LogSum) else found == 0
    one = unit_of_last_digit(value.value, max(value.shown, 3))
    if isinstance(found, Fraction):
        return bool(abs(found - value.value) < one)
    low, high = (compare(found, value.value + off, bound.unit) for off in (-one, one))
    return low > 0 > high


def _is_number(said: str, value: Fraction) -> bool:
    """Return whether a bound is written as it is, or by its six leading digits."""
    about, told = said.startswith("about "), _read(said.removeprefix("about "))
    if said == str(value) or told is None:
        return said == str(value)
    return told.value == value or (about and abs(told.value - value) < unit_of_last_digit(value, 6))


def _read(said: str) -> Decimal | None:
    try:
        return decimal(said.replace("e+", "e"))
    except MarkovdiffError:
        return None
