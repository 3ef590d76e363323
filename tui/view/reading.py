"""The line that reads one number out: its name, its exact fraction or closed form, its certified enclosure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tui.glyphs import shorten
from tui.messages import Answer, Question
from tui.raster import Row
from tui.rows import RowField, Words, line, number
from tui.run_buffer import NO_NUMBERS, short
from tui.view.view_state import Readable, ReadNumber, ViewState, bits, fraction_forms, roundings

STEP_NAMES = {
    "entropy": "H(x_{t})",
    "mutual_information": "I(x0;x_{t})",
    "conditional_entropy": "H(x0|x_{t})",
    "noise_entropy": "H(x_{t}|x0)",
    "information_loss": "I(x0;x_{s}) − I(x0;x_{t})",
    "sdpi_bound": "η(Q_{t})·I(x0;x_{s})",
    "dobrushin": "η(Q_{t})",
    "dobrushin_product": "η(⊗Q_{t})",
    "beta": "β_{t}",
    "alpha_bar": "ᾱ_{t}",
    "total_variation_to_prior": "TV(p_{t},π)",
    "elbo_term": "term of t = {t}",
    "model_error": "Δ_{t}",
    "expected_total_correlation": "E TC(x_{s}|x_{t})",
    "position_error": "Σ_l E KL(q(x^l_{s}|x_{t})‖r^l)",
}
TOTAL_NAMES = {
    "reconstruction": "reconstruction L_0",
    "denoising": "denoising ΣL_(t−1)",
    "prior": "prior matching L_T",
    "negative_elbo": "L = −ELBO",
    "nll": "NLL",
    "data_entropy": "H(x0)",
    "gap": "L − NLL",
    "model_error": "ΣΔ_t",
    "prior_gap": "KL(p_T‖π)",
}

PERCENT_FROM, PLAIN_BELOW = Decimal("0.001"), 10**6
"""Relative errors from which on they are in per cent, and below which they are written without a power of ten."""

SAMPLER_NAMES = {"kl": "KL(q‖ν)"}


GREETING = (
    " new here?  T is a tour in ten questions, ? the help; space plays, e changes the chain",
    " new here?  T is a tour, ? the help; space plays, e edits",
)
"""What is said once, the first time."""


def greeting(width: int) -> Row:
    """Return the row that says where to begin."""
    return line([RowField(GREETING, "title")], width)


def render(view: ViewState, spot: Readable | None, answer: str | None, width: int) -> Row:
    """Return the row; `answer` is the exact fraction where the engine has given it."""
    if spot is None or view.run.opened is None:
        return line([], width)
    if isinstance(spot, Question):
        names = dict.fromkeys(f" {question_name(view, spot, letters)} " for letters in (30, 12, 6))
        return line([RowField([*names], "dim", rank=5), *_fraction(answer, _picture(view, spot), width)], width)
    return _number(view, spot, width)


def question_name(view: ViewState, q: Question, letters: int = 30) -> str:
    """Return what is asked for, in the notation of the panels, with labels of so many columns at most."""
    t, past = q.t, q.t - 1
    i, j, k = (shorten(view.state(state), letters) for state in (q.i, q.j, q.x0))
    return {
        "cumulative": f"q(x_{t}={j} | x_0={i})",
        "step": f"q(x_{t}={j} | x_{past}={i})",
        "joint": f"q(x_0={i}, x_{t}={j})",
        "reverse": f"q(x_{past}={i} | x_{t}={j})",
        "marginal": f"q(x_{t}={j})",
        "posterior": f"q(x_0={i} | x_{t}={j})",
        "forward": f"q(x_{past}={i} | x_{t}={j}, x_0={k})",
    }[q.kind]


def _picture(view: ViewState, q: Question) -> float | None:
    """Return the entry as the picture has it, until the engine has answered."""
    run = view.run
    column: list[float] | None
    if q.kind == "marginal":
        step = run.at(q.t)
        return step.marginal[q.j] if step and q.j < len(step.marginal) else None
    if q.kind in ("posterior", "forward"):
        column = run.posterior(q.t, q.j) if q.kind == "posterior" else run.forward(q.t, q.j, q.x0)
        return column[q.i] if column else None
    entries = run.matrix(q.t, q.kind)
    if entries is None or max(q.i, q.j) >= run.K:
        return None
    return entries.entry(q.j, q.i) if q.kind == "reverse" else entries.entry(q.i, q.j)


def _fraction(exact: str | None, picture: float | None, width: int) -> Words:
    """Write = n/d and its size, a long one by size and length, or ≈ the picture while there is no answer."""
    if exact is None:
        return [number([f"≈ {picture:.{n}g}" for n in (6, 4, 2)] if picture is not None else ("…",), "dim", rank=9)]
    if exact in ("undefined", "unknown"):
        return [(exact, "undefined")]
    sizes = fraction_forms(exact)[1:]
    if "." in exact or "e" in exact:  # a decimal, of ball or float arithmetic
        return [number((f"≈ {exact}", *sizes), "title", rank=9)]
    if "/" not in exact:
        return [number((f"= {exact}", *sizes), "title", rank=9)]
    n, _, d = exact.partition("/")
    if len(exact) + 2 <= width // 2:
        size = sizes[0] if sizes[0].startswith("≈") else f"= {sizes[0]}"
        return [number((f"= {exact}", *sizes), "title", rank=9), number((f"  {size}",), "dim")]
    lengths = (f"  a fraction of {len(n):,} over {len(d):,} digits", f"  {len(n):,}/{len(d):,} digits")
    return [number(sizes, "title", rank=9), number(lengths, "dim")]


def _record(view: ViewState, spot: ReadNumber) -> Any:
    """Return what the result has for a number: a record, a fraction, or None."""
    finished = view.run.finished
    if spot.sampler is not None:
        rows = finished["sampler"] if finished else []
        return rows[spot.sampler][spot.quantity] if spot.sampler < len(rows) else None
    if spot.t is None:
        return finished["elbo"][spot.quantity] if finished else None
    return view.run.value(spot.t, spot.quantity)


def _name(view: ViewState, spot: ReadNumber) -> str:
    """Return what a number is called; of sequences the bound is formed by the product kernel."""
    if spot.sampler is not None:
        return SAMPLER_NAMES[spot.quantity]
    if spot.t is None:
        return TOTAL_NAMES[spot.quantity]
    name = STEP_NAMES[spot.quantity].format(t=spot.t, s=spot.t - 1)
    return name.replace("η(Q", "η(⊗Q") if view.has_sequences and spot.quantity == "sdpi_bound" else name


def _number(view: ViewState, spot: ReadNumber, width: int) -> Row:
    record, name = _record(view, spot), _name(view, spot)
    words = (f" {name} ", "dim")
    if record is None:
        return line([(f" {name}: {_missing(view, spot)}", "dim")], width)
    if isinstance(record, str):
        return line([words, *_fraction(record, None, width)], width)
    return line([words, *_certified(record, view.unit), number(_shadow(view, spot), "dim", rank=2)], width)


def _missing(view: ViewState, spot: ReadNumber) -> str:
    """Return why a number is not there: it is still to come, the run ended before it, or there is none such."""
    if view.run.at(spot.t or 0) is None:
        return "was not computed" if view.run.trouble else "…"
    if spot.t == 0:
        return "there is no step into t = 0"
    if spot.quantity in ("beta", "alpha_bar"):
        return "this kernel has none"
    if spot.quantity == "total_variation_to_prior":
        return "undecided"
    return "too large to find" if view.has_sequences else "a process with memory has none"


def _shadow(view: ViewState, spot: ReadNumber) -> list[str]:
    """Return what float64 has instead of I(x0;x_t), how far it is off, what is wrong with it in kind; and shorter."""
    float_error = view.run.float_error(spot.t) if view.shadow and spot.t is not None else None
    if float_error is None or spot.quantity != "mutual_information":
        return []
    if float_error["mutual_information"] is None:
        return ["  float64: no number"]
    value, error = float(float_error["mutual_information"]), float_error["relative_error"]
    off = f", {off_by(error['upper'])}" if error else ", where the truth is 0" if value else ""
    kinds = {"false_rise": "↑ false rise", "stands_still": "= stuck", "negative": "− negative"}
    slips = [words for key, words in kinds.items() if float_error[key]]
    marks = "".join(f" ({words[0]})" for words in slips)
    found = f"  float64 {value:.6g}"
    words = "".join(f" ({kind})" for kind in slips)
    return [f"{found}{off}{words}", f"{found}{off}{marks}", f"{found}{marks}", found]


def off_by(upper: str) -> str:
    """Return a bound of a relative error as one says it.

    >>> off_by("3.6e0"), off_by("4.8e3"), off_by("2.1e-2")
    ('off by up to 3.6 times the value', 'off by up to 4,800 times the value', 'off by up to 2.1%')
    >>> off_by("1.4e-12"), off_by("7.5e30"), off_by("0")
    ('off by up to 1.4e-12 of it', 'off by up to 7.5e30 times the value', 'exact')
    """
    error = Decimal(upper)
    if not error:
        return "exact"
    if error > 1:
        return f"off by up to {upper if error >= PLAIN_BELOW else f'{error:,f}'} times the value"
    return f"off by up to {f'{upper} of it' if error < PERCENT_FROM else f'{error.scaleb(2):f}%'}"


def _certified(record: dict[str, Any], unit: str) -> Words:
    """Write = the closed form, ≈ the value, ∈ the enclosure: as many of them as there is room for."""
    value = str(record["value"])
    unit = bits(unit, value)
    shorter = [f"{form} {unit}" for form in roundings(record, 15)] + [*roundings(record, 6)]
    if "lower" not in record or record["lower"] is None:
        if value in NO_NUMBERS:
            return [(short(record), "title"), RowField(_because(record), "dim")]
        return [number((value, *shorter), "title", rank=9), RowField((f" {unit}, float64: not certified",), "dim")]
    lower, upper = str(record["lower"]), str(record["upper"])
    closed = str(record["closed_form"] or "")
    exact = RowField((f"  = {closed}" if closed != value and closed else "", ""), "title", 1, whole=True)
    if lower == upper:
        return [number((f"= {value} {unit}", *shorter), "title", rank=9), exact, RowField(("  exactly", ""), "dim")]
    enclosures = dict.fromkeys((f" ∈ [{lower}, {upper}]", f" ∈ {narrowed(lower, upper)}"))
    return [number((f"{value} {unit}", *shorter), "title", rank=9), number([*enclosures], "dim"), exact]


def whole(view: ViewState, spot: Readable | None) -> str:
    """Return the number that is read out with all its digits, and its enclosure if it has one; "" if not known.

    A fraction is as the engine has answered it, however long.
    """
    if isinstance(spot, Question):
        answer = view.answer(spot)
        return answer.exact if isinstance(answer, Answer) else ""
    record = _record(view, spot) if spot else None
    if record is None or isinstance(record, str):
        return record or ""
    value, lower, upper = record["value"], record.get("lower"), record.get("upper")
    return str(value) if lower is None or lower == upper else f"{value} [{lower}, {upper}]"


def in_full(view: ViewState, spot: Readable | None) -> tuple[str, list[tuple[str, str]]]:
    """Return what is read out by its name, and its parts, each with its words and all its digits; none if not known."""
    if spot is None:
        return "", []
    name = question_name(view, spot) if isinstance(spot, Question) else _name(view, spot)
    record = None if isinstance(spot, Question) else _record(view, spot)
    if isinstance(record, dict):
        parts = {"value": "value", "not below": "lower", "not above": "upper", "closed form": "closed_form"}
        return name, [(words, str(record[key])) for words, key in parts.items() if record.get(key) is not None]
    n, slash, d = (exact := whole(view, spot)).partition("/")
    if not slash:
        return name, [("value", exact)] if exact else []
    lengths = ((f"numerator, {len(n):,} digits", n), (f"denominator, {len(d):,} digits", d))
    size = fraction_forms(exact)[1]
    return name, [*lengths, ("about" if size.startswith("≈") else "exactly", size)]


def narrowed(lower: str, upper: str) -> str:
    """Return an enclosure with what its ends share written once: 0.3421[4, 7].

    >>> narrowed("0.34214", "0.34217"), narrowed("9.9e-5", "1.1e-4")
    ('0.3421[4, 7]', '[9.9e-5, 1.1e-4]')
    """
    (a, _, e), (b, _, f) = lower.partition("e"), upper.partition("e")
    shared = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    if e != f or len(a) != len(b) or shared < 3:
        return f"[{lower}, {upper}]"
    return f"{a[:shared]}[{a[shared:]}, {b[shared:]}]" + (f"e{e}" if e else "")


def _because(record: dict[str, Any]) -> list[str]:
    """Return why it is infinite or undefined, in as many words as there is room for: where the reverse model gives 0.

    >>> _because({"value": "inf", "witness": {"t": 2, "x0": "a", "x_t": "b"}})[1]
    ' because the reverse model gives 0 to (x0 = a, x_t = b) at t = 2'
    """
    witness = dict(record.get("witness") or {})
    if not witness:
        return [""]
    t = witness.pop("t", None)
    what = ", ".join(f"{key} = {value}" for key, value in witness.items())
    at = "" if t is None else f" at t = {t}"
    if record["value"] != "inf":
        return [f" because of ({what}){at}", f" ({what}){at}"]
    return [
        f" because the reverse model gives 0 to what occurs: ({what}){at}",
        f" because the reverse model gives 0 to ({what}){at}",
        f" because the model gives 0 to ({what}){at}",
        f" because p = 0 for ({what}){at}",
        f" because p = 0{at}",
    ]
