"""`sampler`: whether what a sampler draws is as near to the data as the file says.

Each entry names one that `[sampler]` has, by `steps`, `times` or `unmask`, and what is at most how much: KL(q‖ν) and
the excess of the bound in the file's unit, TV(q, ν), the mass outside the support.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Protocol

from markovdiff.arithmetic.decimals import as_decimal, decimal_text
from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import InputError, UnfinishedError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.kind import CheckKind, CheckSetting
from markovdiff.process.table import Table

BOUNDS = ("kl", "excess", "total_variation", "outside_support")
"""What may be bounded."""

FIGURES = 7
"""Significant digits of a number beside its bound, and of a bound: a file that is proved to hold is often as tight."""


class SamplerBound(Table, frozen=True):
    """A sampler, and what is at most how much of what it draws."""

    steps: int | None = None
    times: list[int] | None = None
    unmask: list[int] | None = None
    order: Literal["random", "left-to-right", "confidence"] | list[int] | None = None
    kl: Fraction | None = None
    excess: Fraction | None = None
    total_variation: Fraction | None = None
    outside_support: Fraction | None = None

    @property
    def named(self) -> dict[str, object]:
        """What the entry names its sampler by."""
        return {name: value for name in ("steps", "times", "unmask") if (value := getattr(self, name)) is not None}

    @property
    def bounds(self) -> dict[str, Fraction]:
        """What is at most how much."""
        return {name: value for name in BOUNDS if (value := getattr(self, name)) is not None}

    @property
    def says(self) -> str:
        """The sampler as the file names it."""
        return ", ".join(f"{name} = {shown(value)}" for name, value in self.named.items())


class Bounded(Protocol):
    """What a sampler draws, as far as it may be bounded."""

    def compare(self, name: str, bound: Fraction, unit: Unit) -> int | None:
        """Return the sign of a number less its bound; None where it is undefined, or cannot be told."""

    def describe(self, name: str, unit: Unit) -> str:
        """Return a few digits of a number, with its unit if it has one."""


@dataclass(frozen=True)
class Claim:
    """One bound of one entry, and the sampler that it speaks of."""

    says: str
    name: str
    bound: Fraction
    sampler: Bounded


class Sampler(CheckKind):
    """Each bound of each entry. It is made only where a file gives them, and concluded once the samplers are known."""

    name = "sampler"
    asks = list[SamplerBound]
    needs_markov = True
    of_sequences = True

    @classmethod
    def record(cls, expected: str, asked: Any, setting: CheckSetting) -> object:
        entries = [
            {**entry.named, **({} if entry.order is None else {"order": entry.order})}
            | {name: text(bound) for name, bound in entry.bounds.items()}
            for entry in asked
        ]
        return {"expected": expected, "entries": entries, "unit": setting.file_unit}


def claims_of(asked: Sequence[SamplerBound], find: Callable[[SamplerBound, str], Bounded]) -> list[Claim]:
    """Return each bound of each entry; `find` returns the sampler that an entry names, or raises InputError."""
    found: list[Claim] = []
    for i, entry in enumerate(asked):
        where = f"checks.sampler[{i}]"
        if len(entry.named) != 1:
            raise InputError(
                "no one sampler", where=where, expected="one of steps, times, unmask", got=entry.says or "none of them"
            )
        if not entry.bounds:
            raise InputError("nothing is bounded", where=where, expected=f"at least one of {', '.join(BOUNDS)}")
        for name, bound in entry.bounds.items():
            if bound < 0:
                raise InputError("a negative bound", where=f"{where}.{name}", expected="≥ 0", got=shown(bound))
        found += [Claim(entry.says, name, bound, find(entry, where)) for name, bound in entry.bounds.items()]
    return found


def conclusion(claims: Sequence[Claim], unit: Unit) -> Finding:
    """Return the finding on all bounds: the first that is broken, else the first that is undecided."""
    broken = unknown = None
    for claim in claims:
        try:
            sign = claim.sampler.compare(claim.name, claim.bound, unit)
        except UnfinishedError:
            sign = None
        if sign is None:
            unknown = unknown or claim
        elif sign > 0:
            broken = broken or claim
    shows = broken or unknown
    if shows is None:
        bounds = "the one bound holds" if len(claims) == 1 else f"each of {len(claims)} bounds holds"
        told = "; ".join(_told(claim, "≤", unit) for claim in claims[:3])
        return Finding("holds", "exact", f"{bounds}: proved; {told}{'; …' if len(claims) > 3 else ''}")
    witness: dict[str, object] = {"sampler": shows.says, "bound": shows.name}
    if broken is not None:
        return Finding("violated", "exact", f"{_told(broken, '>', unit)}: proved", witness)
    detail = f"{shows.says}: whether {shows.name} is at most {_written(shows.bound)} was not decided"
    return Finding("undecided", "exact", f"{detail} ({shows.sampler.describe(shows.name, unit)})", witness)


def _told(claim: Claim, sign: str, unit: Unit) -> str:
    return f"{claim.says}: {claim.name} {claim.sampler.describe(claim.name, unit)} {sign} {_written(claim.bound)}"


def _written(bound: Fraction) -> str:
    """Return a bound as a short fraction, as the decimal that it is, or by its leading digits.

    >>> _written(Fraction(5, 8)), _written(Fraction("0.540569")), _written(Fraction(10**9, 3))
    ('5/8', '0.540569', 'about 3.33333e+08')
    """
    exact = as_decimal(bound, FIGURES)
    if len(text(bound)) > FIGURES and Fraction(exact) == bound:
        return decimal_text(exact)
    return shown(bound, FIGURES)
