"""Say where float64 goes wrong: from when on, in which way, and as a strip of marks, t by t.

Its I(x0;x_t) is wrong in kind where it is negative, rises, or stands still while the certified one falls; and it is off
where fewer than three of its digits are right.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log10, sqrt
from typing import Any

from tui import raster
from tui.raster import Row
from tui.rows import RowField, Words, line
from tui.run_buffer import RunBuffer
from tui.view.view_state import ViewState

SLIPS = {"−": "dim", "↑": "dim", "=": "axis", "·": "axis"}
"""Where float64 is negative, rises falsely, stands still, or is none of these; the first of a column is shown."""

SLIP_WORDS = {"−": "is negative", "↑": "rises falsely", "=": "stands still"}


def moment(view: ViewState) -> Words:
    """Return when float64 stops being right, where that is asked for: what comes first, where both do not fit."""
    run = view.run
    if not view.shadow or (run.shadowed and run.shadowed.words):
        return []
    if not run.float_errors:
        return [("  float64 …", "dim")]
    slip, lost = first_slip(run), run.shadowed.lost if run.shadowed else None
    if lost is not None and lost >= len(run.steps):
        lost = None  # of a time that has not come
    fewer = "" if lost is None else f"fewer than 3 digits from t = {lost}"
    if slip is None:
        kinds = "no false rise, none negative, none stuck"
        if lost is not None:
            forms = (f"  float64: {fewer}; {kinds}", f"  float64: {fewer}", f"  f64 off from t = {lost}", "")
            return [RowField(forms, "bad", whole=True)]
        return [RowField((f"  float64: {kinds}", "  float64: no slip", ""), "dim")]
    t, mark = slip
    wrong = f"{SLIP_WORDS[mark]} at t = {t}"
    both = (f"  float64 has {fewer} and {wrong}", f"  float64: {fewer}; {mark} at t = {t}") if fewer else ()
    first = (f"  float64 {wrong}", f"  f64 {mark} t = {t}")
    if lost is not None and lost <= t:
        first = (f"  float64: {fewer}", f"  f64 off from t = {lost}")
    return [RowField((*both, *first, ""), "bad", whole=True)]


def first_slip(run: RunBuffer) -> tuple[int, str] | None:
    """Return the first time at which float64 is wrong in kind, and the mark for how; None where it never is."""
    marks = ((t, slip_of(error)) for t, error in enumerate(run.float_errors))
    return next(((t, mark) for t, mark in marks if mark in SLIP_WORDS), None)


def slip_of(error: dict[str, Any]) -> str:
    """Return the mark for how float64 is wrong in kind at a step; · where it is not."""
    kinds = {"−": "negative", "↑": "false_rise", "=": "stands_still"}
    return next((mark for mark, kind in kinds.items() if error[kind]), "·")


def strip(view: ViewState, width: int, margin: int, last: int) -> Row:
    """Return what is wrong with float64 in kind, t by t."""
    marks = [slip_of(error) for error in view.run.float_errors]
    marks += [" "] * (last + 1 - len(marks))
    return [*line([("f64".rjust(margin - 1), "dim")], margin), *raster.strip(marks, width, None, SLIPS)]


def points(run: RunBuffer, scale: str) -> Sequence[float | None]:
    """Return float64's I(x0;x_t) on a scale; what is not positive has no place on a logarithmic one."""
    said = [error["mutual_information"] for error in run.float_errors]
    found = [None if text is None else float(text) for text in said]
    if scale == "logarithmic":
        return [log10(y) if y is not None and y > 0 else None for y in found]
    return [None if y is None else sqrt(max(y, 0.0)) for y in found] if scale == "square root" else found
