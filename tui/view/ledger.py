"""Panel 5: the ELBO's lines, which add up; what this step pays; and the marked chain's beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tui.film import NO_NUMBERS, Film, short
from tui.raster import Row
from tui.view.scene import Number, Scene, Spot, Words, paragraph

DECIMALS = 6
"""The same in every line, so that the lines add up before one's eyes."""

TOTALS = (
    ("reconstruction", "reconstruction", "series-1"),
    ("denoising", "denoising", "series-1"),
    ("prior", "prior matching", "series-1"),
    ("negative_elbo", "L = −ELBO", "title"),
    ("data_entropy", "= H(x0)", "dim"),
    ("model_error", "+ model error", "dim"),
    ("prior_gap", "+ prior gap", "dim"),
    ("nll", "NLL", "dim"),
    ("gap", "L − NLL", "dim"),
)
"""A total's name in the result, its words here, its colour."""

Line = tuple[Words, Spot | None]


def paint(scene: Scene, width: int, height: int) -> list[Row]:
    """The lines as many as there is room for."""
    return paragraph([words for words, _ in _lines(scene, width, height)], width, height)


def _lines(scene: Scene, width: int, height: int) -> list[Line]:
    film, t = scene.film, scene.t
    if film.opened is None:
        return []
    if film.finished is not None and film.finished["elbo"]["negative_elbo"] is None:
        return [([(" a process with memory has no ledger", "dim")], None)]
    here: list[Line] = []
    for quantity, words, style in _step(t):
        here.append(_row(words, style, film.value(t, quantity), Number(quantity, t)))
    if film.finished is None:
        return [*here, ([("", "")], None), ([(" the totals come at the end", "dim")], None)]
    beside = scene.beneath if width >= 48 else None
    totals: list[Line] = [([(f" {'':<18}{'':>12}{_name(beside):>14}", "beneath")], None)] if beside else []
    totals += [_total(film, beside, *entry) for entry in TOTALS]
    rule: Line = ([(" " + "─" * 29, "axis")], None)
    place = 3 + bool(beside)
    totals[place:place] = [rule]
    spare = height - len(totals)
    return totals if spare < 2 else [*totals, ([("", "")], None), *here][:height]


def _name(film: Film) -> str:
    name = film.opened.name if film.opened else ""
    return name if len(name) <= 13 else name[:12] + "…"


def _step(t: int) -> list[tuple[str, str, str]]:
    """The lines of step t: its term, and what that pays for."""
    if t == 0:
        return []
    paid = ("conditional_entropy", "H(x0|x_1)") if t == 1 else ("information_loss", "lost here")
    return [("elbo_term", f"term of t = {t}", "title"), (*paid, "series-2"), ("model_error", "model error", "series-3")]


def _row(words: str, style: str, record: dict[str, Any] | None, spot: Spot) -> Line:
    return [(f" {words:<18}", style), (f"{aligned(record):>12}", "title" if style == "title" else "")], spot


def _total(film: Film, beside: Film | None, key: str, words: str, style: str) -> Line:
    assert film.finished is not None
    label, number = _row(words, style, film.finished["elbo"][key], Number(key, None))[0]
    other = beside.finished["elbo"][key] if beside and beside.finished else None
    return [label, number, (f"{aligned(other):>14}" if beside else "", "beneath")], Number(key, None)


def aligned(record: dict[str, Any] | None) -> str:
    """A certified number with its point in place; one too small to be seen so, in its own size."""
    if record is None or record["value"] in {*NO_NUMBERS, "0"}:
        return short(record)
    number = Decimal(str(record["value"]))
    return f"{number:.{DECIMALS}f}" if abs(number) >= Decimal(1).scaleb(-DECIMALS) else f"{number:.2e}"


def spot(scene: Scene, x: int, y: int, width: int, height: int) -> Spot | None:  # noqa: ARG001  (a Finder)
    """The number of the line."""
    lines = _lines(scene, width, height)
    return lines[y][1] if y < len(lines) else None


def here(scene: Scene) -> Spot:
    """L, once it is known."""
    return Number("negative_elbo", None) if scene.film.finished else Number("elbo_term", scene.t)


ABOUT = (
    "Each denoising term pays for the information its step destroyed, the reconstruction for H(x0|x_1), the prior for "
    "I(x0;x_T): together H(x0). What L has above it is all error: of the steps, and of the prior."
)
FORMULA = "L = L_0 + ΣL_(t−1) + L_T = H(x0) + ΣΔ_t + KL(p_T‖π)"
