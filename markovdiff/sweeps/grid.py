"""The grid of a sweep: a base scenario and the values that its keys run through.

    base = "base.toml"                   a file, relative to this one, or a name that ships
    keep = ["elbo.negative_elbo"]        what is kept of each result; by default its totals, its verdicts and I_T
    [grid]                               every combination of these, the last key running fastest
    "data.family.size" = [8, 16, 32]
    "noise.schedule.beta" = { start = "1/100", stop = "1/10", count = 4, scale = "log" }
    [zip]                                lists of one length, taken together; they run faster than the grid
    "noise.steps" = [10, 20]
    "arithmetic.digits" = [15, 30]

A range's values are exact on a linear scale; on a logarithmic one each is rounded once to 15 significant digits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import reduce
from itertools import islice, product
from math import prod
from pathlib import Path
from typing import Any, TypeAlias

from markovdiff._version import __version__
from markovdiff.arithmetic.rational import rational, shown, text
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InputError, LimitError
from markovdiff.study.files import read_text
from markovdiff.study.fingerprint import fingerprint
from markovdiff.study.loading import MAX_FILE_BYTES, load
from markovdiff.study.reading import parsed, structured
from markovdiff.study.scenario import Scenario
from markovdiff.study.settings import Tree, assigned, plain, tree

Point: TypeAlias = dict[str, Any]
"""Keys of the scenario and their values."""

MAX_POINTS = 1_000_000
"""A grid has at most so many points."""

LOOKED_AT = 1000
"""Points whose keys are looked at before anything is run."""

RANGE_DIGITS = 15
"""Significant digits of a value on a logarithmic range."""


@dataclass(frozen=True, eq=False)
class Grid:
    """A base scenario, its axes, and what is kept of each result (None: totals, verdicts and I_T).

    `axes` are lists of points that set the same keys: one key of `[grid]` each, all keys of `[zip]` together.
    """

    base: Scenario
    axes: tuple[tuple[Point, ...], ...]
    keep: tuple[str, ...] | None

    __repr__ = in_a_line

    def __len__(self) -> int:
        return prod(map(len, self.axes))

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that are set, in the order of the columns."""
        return tuple(key for axis in self.axes for key in axis[0])

    def points(self) -> Iterator[Point]:
        """Yield every point, the last axis running fastest."""
        for parts in product(*self.axes):
            yield {key: value for part in parts for key, value in part.items()}

    def digest(self) -> str:
        """Return a hash of all that the rows depend on: the base, its data and noise, axes, what is kept, version."""
        facts = (__version__, fingerprint(self.base), self.axes, self.keep)
        return hashlib.sha256(json.dumps(facts, default=str, ensure_ascii=True).encode()).hexdigest()


def load_grid(source: str | Path) -> Grid:
    """Return the grid in a TOML file. Raises InputError that names the file and the key."""
    path = Path(source)
    try:
        return grid(parsed(read_text(path, "grid", MAX_FILE_BYTES)), folder=path.parent)
    except InputError as error:
        raise error.located(shown(path)) from None


def grid(tables: Mapping[str, Any], *, folder: str | Path = ".") -> Grid:
    """Return the grid that plain tables say, with the keys of a grid file; `base` may be a Scenario.

    Raises InputError for an unknown key, an empty axis or lists of two lengths under `zip`, LimitError past a million
    points.
    """
    known = ("base", "keep", "grid", "zip")
    for key in tables:
        if key not in known:
            raise InputError(f"unknown key {shown(key)}", where=str(key), expected=f"one of {', '.join(known)}")
    if "base" not in tables:
        raise InputError("the key 'base' is missing", where="base", expected="a scenario's file, or a name that ships")
    given = tables["base"]
    base = given if isinstance(given, Scenario) else load(_beside(given, Path(folder)))
    singles = [tuple({key: value} for value in _values(f"grid.{key}", what)) for key, what in _table(tables, "grid")]
    zipped = {key: _values(f"zip.{key}", what) for key, what in _table(tables, "zip")}
    if len({len(values) for values in zipped.values()}) > 1:
        lengths = ", ".join(f"{key} {len(values)}" for key, values in zipped.items())
        raise InputError(
            "lists of different lengths are taken together", where="zip", expected="one length", got=lengths
        )
    together = [tuple(dict(zip(zipped, values, strict=True)) for values in zip(*zipped.values(), strict=True))]
    if twice := [key for key in zipped for axis in singles if key in axis[0]]:
        raise InputError("a key in both tables", where=f"zip.{twice[0]}", expected="it in [grid] or in [zip]")
    made = Grid(base, (*singles, *together * bool(zipped)), _kept(tables.get("keep")))
    if not made.axes:
        raise InputError("a grid without axes", where="grid", expected='a key with its values: "noise.steps" = [8, 16]')
    if len(made) > MAX_POINTS:
        raise LimitError("too many points", where="grid", expected=f"at most {MAX_POINTS:,}", got=f"{len(made):,}")
    _check_keys(made)
    return made


def _beside(given: object, folder: Path) -> str | Path:
    """Return the base's path: relative to the grid's folder where there is such a file, else as a name that ships."""
    if not isinstance(given, str):
        raise InputError("not a scenario", where="base", expected="a file, or a name that ships", got=shown(given))
    path = folder / given
    return path if len(Path(given).parts) != 1 or given.endswith(".toml") or path.exists() else given


def _table(tables: Mapping[str, Any], name: str) -> list[tuple[str, Any]]:
    found = tables.get(name, {})
    if not isinstance(found, Mapping):
        raise InputError("not a table", where=name, expected="keys of the scenario and their values", got=shown(found))
    return list(_flat(found, ""))


def _flat(table: Mapping[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and values; a key written without quotes was read as tables within tables."""
    for key, value in table.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, Mapping) and not {"start", "stop", "count"} & value.keys():
            yield from _flat(value, path)
        else:
            yield path, value


def _values(where: str, given: object) -> list[Any]:
    """Return an axis' values: a list as it is, a range value by value."""
    found = plain(given, where)
    if isinstance(found, dict):
        return _range(where, found)
    if not isinstance(found, list):
        raise InputError("not an axis", where=where, expected="a list, or { start, stop, count }", got=shown(given))
    if not found:
        raise InputError("an empty axis", where=where, expected="at least one value")
    return found


def _range(where: str, given: Tree) -> list[Any]:
    for key in given:
        if key not in ("start", "stop", "count", "scale"):
            raise InputError(f"unknown key {shown(key)}", where=f"{where}.{key}", expected="start, stop, count, scale")
    for key in ("start", "stop", "count"):
        if key not in given:
            raise InputError(f"the key {key!r} is missing", where=f"{where}.{key}", expected="{ start, stop, count }")
    start, stop = rational(given["start"], f"{where}.start"), rational(given["stop"], f"{where}.stop")
    count, scale = given["count"], given.get("scale", "linear")
    if not isinstance(count, int) or isinstance(count, bool) or not 2 <= count <= MAX_POINTS:
        expected = f"an integer from 2 to {MAX_POINTS:,}"
        raise InputError("not a number of values", where=f"{where}.count", expected=expected, got=shown(count))
    if scale not in ("linear", "log"):
        raise InputError("unknown scale", where=f"{where}.scale", expected="linear or log", got=shown(scale))
    if scale == "log" and not (start > 0 and stop > 0):
        raise InputError("a logarithmic range needs positive ends", where=where, got=f"{start} … {stop}")
    shares = [Fraction(i, count - 1) for i in range(count)]
    made = [start + (stop - start) * s if scale == "linear" else _between(start, stop, s) for s in shares]
    return [int(x) if x.denominator == 1 else text(x) for x in made]


def _between(start: Fraction, stop: Fraction, share: Fraction) -> Fraction:
    """Return start·(stop/start)^share, the ends exact, what is between them rounded to 15 significant digits."""
    if share in (0, 1):
        return stop if share else start
    wide = Context(prec=3 * RANGE_DIGITS)
    ratio = wide.divide(Decimal((stop / start).numerator), Decimal((stop / start).denominator))
    power = wide.power(ratio, wide.divide(Decimal(share.numerator), Decimal(share.denominator)))
    found = wide.multiply(power, wide.divide(Decimal(start.numerator), Decimal(start.denominator)))
    return Fraction(Context(prec=RANGE_DIGITS, rounding=ROUND_HALF_EVEN).plus(found))


def _kept(given: object) -> tuple[str, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list | tuple) or not given or not all(isinstance(path, str) for path in given):
        expected = 'a list of paths, such as ["elbo.nll", "steps.10.mutual_information"]'
        raise InputError("not a list of what to keep", where="keep", expected=expected, got=shown(given))
    return tuple(given)


def _check_keys(made: Grid) -> None:
    """Raise InputError for a key that is unknown at every point looked at; one that only some kinds have is a row's."""
    base, unknown = tree(made.base.file), None
    for point in islice(made.points(), 0, None, len(made) // LOOKED_AT + 1):
        error = _refusal(base, point)
        if error is None or not error.what.startswith("unknown key"):
            return
        unknown = unknown or error
    if unknown is not None:
        raise unknown


def _refusal(base: Tree, point: Point) -> InputError | None:
    try:
        structured(reduce(lambda tables, key: assigned(tables, key, point[key]), point, base))
    except InputError as error:
        return error
    return None
