"""One point of a sweep: the scenario with its keys set is run, and its row is what is kept of the result.

A row has the point's keys, the paths that are kept, `status` and `error`. A path leads through the result's attributes,
as in "elbo.nll", "steps.10.mutual_information" or "sampler.0.kl"; T stands for the last step, and "checks.mi-decay" is
that check's verdict. What a result does not have is None: a step past its T, the ledger of a process with memory.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from typing import Any

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import from_decimal, shown
from markovdiff.errors import NO_MEMORY, InputError, MarkovdiffError, UnfinishedError
from markovdiff.measures.checks import CHECKS
from markovdiff.study.result import TOTALS, Elbo, Result, Step
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario

LAST = "T"
"""The last step's name in a path."""

Row = dict[str, Any]


def row_of(base: Scenario, point: Mapping[str, Any], keep: Sequence[str] | None, certified: bool) -> Row:
    """Run one point and return its row; what goes wrong is said in the row and is never raised.

    `status` is "ok" where every check comes out as expected, else "fails", or "undecided" where none fails and some is
    not decided; "refused" where the scenario is not sound or too big for this machine, "error" where it could not be
    finished. With `certified` each number's column is followed by its `_lower` and `_upper`, rounded outward.
    """
    try:
        result = run(base.replace(point), closed_forms=False)
        kept = _kept(result, keep, certified)
    except (InputError, UnfinishedError) as error:
        return {"status": "refused", "error": _in_a_line(error)}
    except MarkovdiffError as error:
        return {"status": "error", "error": _in_a_line(error)}
    except (*NO_MEMORY, ArithmeticError, RuntimeError, OSError) as error:
        return {"status": "error", "error": f"{type(error).__name__}: {error}"}
    verdicts = {check.verdict for check in result.checks}
    status = "fails" if "fails" in verdicts else "undecided" if "undecided" in verdicts else "ok"
    return kept | {"status": status, "error": None}


def _in_a_line(error: MarkovdiffError) -> str:
    return "; ".join(" ".join(line.split()) for line in str(error).splitlines())


def _kept(result: Result, keep: Sequence[str] | None, certified: bool) -> Row:
    row: Row = {}
    for path in default_paths(result) if keep is None else keep:
        found = found_at(result, path)
        row[path] = number(found)
        if certified and not isinstance(found, str | bool):
            row[f"{path}_lower"], row[f"{path}_upper"] = bounds(found)
    return row


def default_paths(result: Result) -> list[str]:
    """Return what is kept of a result where nothing is asked for: its totals, its verdicts, and I_T."""
    totals = [f"elbo.{name}" for name in TOTALS]
    return [*totals, f"steps.{LAST}.mutual_information", *(f"checks.{check.check}" for check in result.checks)]


def check_paths(keep: Sequence[str]) -> None:
    """Raise InputError for a path whose first words no result has."""
    for path in keep:
        first, _, rest = path.partition(".")
        t, _, name = rest.partition(".")
        known = {
            "elbo": {f.name for f in fields(Elbo)},
            "checks": set(CHECKS),
            "steps": {f.name for f in fields(Step)} - {"law"},
        }
        if first not in known:
            if first in {f.name for f in fields(Result)} and rest:
                continue
            raise InputError("no such part of a result", where="keep", expected=", ".join(known), got=shown(path))
        if first == "steps" and t != LAST and not t.isdecimal():
            raise InputError("no such step", where="keep", expected="steps.10.…, or steps.T.…", got=shown(path))
        wanted = name if first == "steps" else rest
        if wanted not in known[first]:
            raise InputError(
                f"no such part of {first}", where="keep", expected=f"one of {', '.join(sorted(known[first]))}",
                got=shown(path),
            )  # fmt: skip


def found_at(result: Result, path: str) -> object:
    """Return what a path leads to in a result, None where it has no such thing."""
    first, _, rest = path.partition(".")
    if first == "checks":
        return next((check.verdict for check in result.checks if check.check == rest), None)
    at: object = result
    for part in path.split("."):
        if isinstance(at, Mapping):
            at = at.get(part)
        elif isinstance(at, Sequence) and not isinstance(at, str):
            index = len(at) - 1 if part == LAST else int(part) if part.isdecimal() else len(at)
            at = at[index] if index < len(at) else None
        else:
            at = None if part.startswith("_") else getattr(at, part, None)
    return at


def number(found: object) -> float | str | bool | None:
    """Return a quantity as the float nearest to it, NaN if undefined, None if there is none or it is undecided."""
    if isinstance(found, Enclosed):
        return None if found.value == "undecided" else float(found)
    if isinstance(found, Fraction | Decimal | int) and not isinstance(found, bool):
        return float(found)
    return found if isinstance(found, float | str | bool) or found is None else str(found)


def bounds(found: object) -> tuple[float | None, float | None]:
    """Return floats around a quantity: the largest not above its lower bound, the smallest not below its upper one."""
    if isinstance(found, Enclosed):
        if found.value == "inf":
            return math.inf, math.inf
        if found.lower is None or found.upper is None:
            return None, None
        return _outward(from_decimal(found.lower), -math.inf), _outward(from_decimal(found.upper), math.inf)
    if isinstance(found, Fraction | int):
        return _outward(Fraction(found), -math.inf), _outward(Fraction(found), math.inf)
    return None, None


def _outward(x: Fraction, towards: float) -> float:
    try:
        nearest = float(x)
    except OverflowError:
        nearest = math.copysign(math.inf, x)
    if math.isinf(nearest):
        return nearest if nearest == towards else math.copysign(1.7976931348623157e308, x)
    beyond = Fraction(nearest) > x if towards < 0 else Fraction(nearest) < x
    return math.nextafter(nearest, towards) if beyond else nearest
