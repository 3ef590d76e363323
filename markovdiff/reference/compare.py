"""`compare`: your arrays beside the truth, where they first differ, and what they look like instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import one_line
from markovdiff.errors import InputError, MarkovdiffError
from markovdiff.reference.arrays import NAMES, OF_STEPS, Array, absent, arrays
from markovdiff.reference.case import Case
from markovdiff.reference.given import SCALARS, Given, located, read_given, taken
from markovdiff.reference.hypotheses import diagnoses
from markovdiff.study.loading import loaded
from markovdiff.study.scenario import Scenario

RTOL, ATOL = 1e-6, 1e-9


@dataclass(frozen=True)
class Difference:
    """An array that is not the truth: the first entry that differs, by how much, how many do, and what it looks like.

    `t` is None for a scalar; `entry` are the states, in the order of the array's axes after time. `expected` is the
    float nearest to the true number. `of` counts the entries compared.
    """

    name: str
    t: int | None
    entry: tuple[str, ...]
    got: float
    expected: float
    count: int
    of: int
    largest: float
    diagnoses: tuple[str, ...]

    def __str__(self) -> str:
        place = _told(self.name, self.t, self.entry)
        head = f"{place}: {self.got:.12g}, the truth is {self.expected:.15g} ({self.count} of {self.of} entries differ)"
        told = self.diagnoses or ("like none of the habits that are known here",)
        return "\n".join([head, *(f"  looks like  {words}" for words in told)])


@dataclass(frozen=True)
class Comparison:
    """Which arrays agree, which differ and how; `undefined` counts the entries that have no true value."""

    agree: tuple[str, ...]
    differences: tuple[Difference, ...]
    undefined: int
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        named = ", ".join(d.name for d in self.differences) or "nothing"
        return one_line(f"<Comparison: {len(self.agree)} arrays agree; {named} differs>")

    @property
    def passed(self) -> bool:
        """Whether all agree."""
        return not self.differences

    @property
    def diagnoses(self) -> tuple[str, ...]:
        """What the arrays look like, each once."""
        return tuple(dict.fromkeys(words for d in self.differences for words in d.diagnoses))

    def record(self) -> dict[str, Any]:
        """Return the comparison as plain dicts and lists; NaN and infinity are strings."""
        return {
            "agree": list(self.agree),
            "differences": [
                {key: _plain(value) for key, value in vars(d).items() if key != "diagnoses"}
                | {"diagnoses": list(d.diagnoses)}
                for d in self.differences
            ],
            "undefined": self.undefined,
            "notes": list(self.notes),
        }


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def compare(
    scenario: Scenario | str | Path,
    given: Mapping[str, Any] | str | Path,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
) -> Comparison:
    """Hold arrays beside the truth, by the names and shapes of `md.export`, and say what differs.

    `given` is a dict of arrays (NumPy, Torch, JAX), or an .npz file. Numbers agree where |yours − truth| ≤ atol +
    rtol·|truth|; where the truth is undefined nothing is compared, and that is counted.

    Raises InputError for names, kinds and shapes that do not fit, and for NaN where the truth is a number; LimitError
    for what is too large to be compared.
    """
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not 0 <= tolerance < 1:
            raise InputError("not a tolerance", where=name, expected="from 0 to 1", got=shown(tolerance))
    study = loaded(scenario)
    arrays_given = given if isinstance(given, Mapping) else read_given(given)
    try:
        found = taken(arrays_given, study)
    except MarkovdiffError as error:
        raise (error if isinstance(given, Mapping) else located(error, given)) from None
    study = study if found.unit is None else study.with_options(unit=found.unit)
    none = absent(study.chain())
    for name in found.arrays:
        if name in none:
            raise InputError(f"there is no true {name!r}", where=name, got=none[name], remedy="leave it out")
    truth = arrays(study, list(found.arrays), found.times)
    return _compared(study, found, truth, rtol, atol)


def _compared(study: Scenario, found: Given, truth: dict[str, Array], rtol: float, atol: float) -> Comparison:
    agree: list[str] = []
    differences: list[Difference] = []
    undefined, shared = 0, dict[Any, Any]()
    for name in (name for name in NAMES if name in found.arrays):
        mine, true = found.arrays[name], _trimmed(found, name, name, truth[name])
        _check_numbers(found, study, name, mine, true)
        undefined += int(np.isnan(true).sum())
        wrong = ~_close(mine, true, rtol, atol) & ~np.isnan(true)
        if not wrong.any():
            agree.append(name)
            continue
        trimmed, near = partial(_trimmed, found, name), partial(_close, rtol=rtol, atol=atol)
        case = Case(study, name, mine, true, found.times, trimmed, near, found.arrays, shared)
        differences.append(_difference(study, found, name, mine, true, wrong, diagnoses(case)))
    notes = [f"{name}: without the mask's row and column" for name in NAMES if name in found.unmasked]
    return Comparison(tuple(agree), tuple(differences), undefined, tuple(notes))


def _trimmed(found: Given, like: str, name: str, array: Array) -> Array:
    """Return a true array without the mask's row and column where the array `like` was given without them."""
    if like not in found.unmasked:
        return array
    axes = array.ndim - 1 if name not in SCALARS else 0
    return array[(slice(None), *(slice(-1),) * axes)]


def _close(mine: Array, true: Array, rtol: float, atol: float) -> Any:
    """Return where two arrays agree; infinite numbers agree where they are equal."""
    with np.errstate(invalid="ignore"):
        near = np.abs(mine - true) <= atol + rtol * np.abs(true)
    return np.where(np.isfinite(true), near, mine == true)


def _check_numbers(found: Given, study: Scenario, name: str, mine: Array, true: Array) -> None:
    """Raise InputError for NaN where there is a truth: NaN is how an undefined number is written, not a wrong one."""
    missing = np.isnan(mine) & ~np.isnan(true)
    if missing.any():
        first = tuple(int(i) for i in np.argwhere(missing)[0])
        t, states = _place(study, found, name, first)
        raise InputError(
            f"NaN where there is a number, in {int(missing.sum())} of {int((~np.isnan(true)).sum())} entries",
            where=_told(name, t, states),
            expected=f"{true[first]:.15g}",
            got="nan",
            remedy="mend the 0·log 0 or 0/0 that makes it, or leave the array out",
        )


def _place(study: Scenario, found: Given, name: str, entry: tuple[int, ...]) -> tuple[int | None, tuple[str, ...]]:
    """Return the time of an entry, None of a scalar, and its states."""
    if name in SCALARS:
        return None, ()
    states = tuple(study.data.states[i] for i in entry[1:])
    if found.times is not None and name != "betas":
        return found.times[entry[0]], states
    return entry[0] + (name in (*OF_STEPS, "elbo_terms", "betas")), states


def _told(name: str, t: int | None, states: tuple[str, ...]) -> str:
    return name + (f", t = {t}" if t is not None else "") + "".join(f", {s}" for s in states)


def _difference(
    study: Scenario, found: Given, name: str, mine: Array, true: Array, wrong: Any, words: list[str]
) -> Difference:
    first = tuple(int(i) for i in np.argwhere(wrong)[0])
    t, states = _place(study, found, name, first)
    with np.errstate(invalid="ignore"):
        largest = float(np.abs(mine - true)[wrong].max())
    count, of = int(wrong.sum()), int((~np.isnan(true)).sum())
    return Difference(name, t, states, float(mine[first]), float(true[first]), count, of, largest, tuple(words))
