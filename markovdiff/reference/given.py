"""Arrays from elsewhere, made ready to be compared: from NumPy, Torch or JAX, or an .npz file.

An array may lack the mask's row and column where the kernel adds a mask; then the truth is read without them, too.
Beside the arrays there may be `times` and `unit`, which are honoured, and `markovdiff` and `scenario`, which are not.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InputError, MarkovdiffError
from markovdiff.reference.arrays import NAMES, OF_STEPS, Array
from markovdiff.study.files import read_bytes
from markovdiff.study.scenario import Scenario

BESIDE = ("times", "unit", "markovdiff", "scenario")

AXES = {"betas": 0, "marginal": 1, "forward_posterior": 3, "entropy": 0, "mutual_information": 0, "elbo_terms": 0}
"""Axes of states, after that of time; two where nothing else is said."""

SCALARS = ("prior_term", "negative_elbo", "nll")


@dataclass(frozen=True, eq=False)
class Given:
    """Arrays as float64, by name; the times they are at (None: all), their unit (None: the scenario's).

    `unmasked` are the names of those without the mask's row and column.
    """

    arrays: dict[str, Array]
    times: tuple[int, ...] | None
    unit: Unit | None
    unmasked: frozenset[str]

    __repr__ = in_a_line


def read_given(path: str | Path) -> dict[str, Any]:
    """Return what an .npz file has, by name. Raises InputError for another file; objects in it are not loaded."""
    content = read_bytes(Path(path), "")
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except Exception as error:  # what NumPy raises for a file that is none is not limited to a few kinds
        is_archive = content.startswith(b"PK") and "pickle" in str(error)
        reason = "it holds objects, which are never loaded" if is_archive else "it is no .npz file"
        raise InputError(
            f"the arrays cannot be read: {reason}", where=shown(Path(path)), expected="numpy.savez(file, Q=…, Qbar=…)"
        ) from None


def taken(given: Mapping[str, Any], study: Scenario) -> Given:
    """Return arrays made ready. Raises InputError for names, kinds, shapes and times that do not fit."""
    unknown = [name for name in given if name not in (*NAMES, *BESIDE)]
    if unknown:
        raise InputError("no such array", where=shown(unknown[0]), expected=f"one of {', '.join((*NAMES, *BESIDE))}")
    times = _times(given.get("times"), study)
    found = {name: _numbers(name, given[name]) for name in NAMES if name in given}
    if not found:
        raise InputError("there is nothing to compare", where="compare", expected=f"one of {', '.join(NAMES)}")
    unmasked = {name for name, array in found.items() if _check_shape(name, array, study, times)}
    return Given(found, times, _unit(given.get("unit")), frozenset(unmasked))


def _times(given: Any, study: Scenario) -> tuple[int, ...] | None:
    if given is None:
        return None
    array = np.asarray(given)
    times = tuple(array.tolist()) if array.ndim == 1 and array.dtype.kind in "iu" else ()
    if not times or not all(0 <= t <= study.T for t in times) or len(set(times)) < len(times):
        raise InputError("times that do not fit", where="times", expected=f"different ones of 0 … {study.T}")
    return times


def _unit(given: Any) -> Unit | None:
    if given is None:
        return None
    text = str(given)
    if text == "bits":
        return "bits"
    if text == "nats":
        return "nats"
    raise InputError("unknown unit", where="unit", expected="bits or nats", got=shown(text))


def _numbers(name: str, given: Any) -> Array:
    """Return an array of real numbers as float64; a tensor that has a gradient is taken without it."""
    for step in ("detach", "cpu"):
        given = getattr(given, step)() if callable(getattr(given, step, None)) else given
    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError):
        wider = getattr(given, "float", None)  # bfloat16, which NumPy does not have
        array = np.asarray(wider() if callable(wider) else None)
    if array.dtype.kind == "V" and array.dtype.names is None:  # JAX's bfloat16, which is opaque to NumPy
        with suppress(AttributeError, TypeError, ValueError):
            array = np.asarray(given.astype("float32"))
    if array.dtype.kind not in "fiu":
        kind = {"O": "objects", "c": "complex numbers", "b": "booleans"}.get(array.dtype.kind, str(array.dtype))
        raise InputError("not an array of numbers", where=name, expected="real numbers", got=kind)
    return array.astype(np.float64)


def _check_shape(name: str, array: Array, study: Scenario, times: tuple[int, ...] | None) -> bool:
    """Return whether the array lacks the mask's row and column. Raises InputError where its shape is neither."""
    K, T = study.K, study.T
    if name in SCALARS:
        lead: tuple[int, ...] = ()
    elif name == "betas" or (times is None and name in (*OF_STEPS, "elbo_terms")):
        lead = (T,)
    else:
        lead = (T + 1 if times is None else len(times),)
    axes = 0 if name in SCALARS else AXES.get(name, 2)
    whole, less = (*lead, *(K,) * axes), (*lead, *(K - 1,) * axes)
    if array.shape == whole:
        return False
    if axes and study.mask is not None and study.labels == K - 1 and array.shape == less:
        return True
    raise InputError(
        "an array of the wrong shape",
        where=name,
        expected=" × ".join(map(str, whole)) or "a single number",
        got=" × ".join(map(str, array.shape)) or "a single number",
        remedy=_remedy_of_shape(name, array, lead, times),
    )


def _remedy_of_shape(name: str, array: Array, lead: tuple[int, ...], times: tuple[int, ...] | None) -> str:
    """Return what to do about a shape: only where the first axis alone is wrong can `times` be the cause."""
    if name in SCALARS:
        single = "its one entry, as in array.item()" if array.size == 1 else "one number for the whole chain"
        return f"{single}; elbo_terms are by t"
    if array.shape[:1] == lead:
        return "one entry a state, in the order of the scenario's states"
    if name == "betas":
        return "one β for each step, whatever `times` are"
    return "`times` beside the arrays says which times they are at" if times is None else "as many as `times`"


def located(error: MarkovdiffError, path: str | Path) -> MarkovdiffError:
    """Return an error that names the file, too."""
    return error.located(shown(Path(path)))
