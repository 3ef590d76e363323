"""The line that reads one number out: its name, its exact fraction or closed form, its certified enclosure."""

from __future__ import annotations

from tui.film import NO_NUMBERS, short
from tui.messages import Question
from tui.raster import Row
from tui.view.scene import Number, Scene, Spot, approximate, line

STEP_NAMES = {
    "entropy": "H(x_{t})",
    "mutual_information": "I(x0;x_{t})",
    "conditional_entropy": "H(x0|x_{t})",
    "noise_entropy": "H(x_{t}|x0)",
    "information_loss": "I(x0;x_{s}) − I(x0;x_{t})",
    "sdpi_bound": "η(Q_{t})·I(x0;x_{s})",
    "dobrushin": "η(Q_{t})",
    "beta": "β_{t}",
    "alpha_bar": "ᾱ_{t}",
    "total_variation_to_prior": "TV(p_{t},π)",
    "elbo_term": "term of t = {t}",
    "model_error": "Δ_{t}",
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


def paint(scene: Scene, spot: Spot | None, answer: str | None, width: int) -> Row:
    """The row; `answer` is the exact fraction where the engine has given it."""
    if spot is None or scene.film.opened is None:
        return line([], width)
    if isinstance(spot, Question):
        name = question_name(scene, spot)
        return line([(f" {name} ", "dim"), *_fraction(answer, _picture(scene, spot), width - len(name) - 2)], width)
    return _number(scene, spot, width)


def question_name(scene: Scene, q: Question) -> str:
    """What is asked for, in the notation of the panels."""
    t, i, j, past = q.t, scene.state(q.i), scene.state(q.j), q.t - 1
    return {
        "cumulative": f"q(x_{t}={j} | x_0={i})",
        "step": f"q(x_{t}={j} | x_{past}={i})",
        "joint": f"q(x_0={i}, x_{t}={j})",
        "reverse": f"q(x_{past}={i} | x_{t}={j})",
        "marginal": f"q(x_{t}={j})",
        "posterior": f"q(x_0={i} | x_{t}={j})",
        "forward": f"q(x_{past}={i} | x_{t}={j}, x_0={scene.state(q.x0)})",
    }[q.kind]


def _picture(scene: Scene, q: Question) -> float | None:
    """The entry as the picture has it, until the engine has answered."""
    film = scene.film
    column: list[float] | None
    if q.kind == "marginal":
        step = film.at(q.t)
        return step.marginal[q.j] if step and q.j < len(step.marginal) else None
    if q.kind in ("posterior", "forward"):
        column = film.posterior(q.t, q.j) if q.kind == "posterior" else film.forward(q.t, q.j, q.x0)
        return column[q.i] if column else None
    entries = film.matrix(q.t, q.kind)
    if entries is None or max(q.i, q.j) >= len(entries):
        return None
    return entries[q.j][q.i] if q.kind == "reverse" else entries[q.i][q.j]


def _fraction(exact: str | None, picture: float | None, room: int) -> list[tuple[str, str]]:
    """= n/d and its size; a long one by its size and its length; ≈ the picture while there is no answer."""
    if exact is None:
        return [(f"≈ {picture:.6g}" if picture is not None else "…", "dim")]
    if exact in ("undefined", "unknown"):
        return [(exact, "undefined")]
    if "." in exact or "e" in exact:  # a decimal, of ball or float arithmetic
        return [(f"≈ {exact}", "title")]
    if "/" not in exact:
        return [(f"{'≈' if '.' in exact or 'e' in exact else '='} {exact}", "title")]
    size = approximate(exact, 15)
    if len(exact) + len(size) + 4 <= room:
        return [(f"= {exact}", "title"), (f"  {size}", "dim")]
    if len(exact) + 2 <= room:
        return [(f"= {exact}", "title")]
    n, _, d = exact.partition("/")
    words = f"  a fraction of {len(n):,} over {len(d):,} digits"
    return [(size, "title"), (words if len(size) + len(words) <= room else f"  {len(n):,}/{len(d):,} digits", "dim")]


def _number(scene: Scene, spot: Number, width: int) -> Row:
    film = scene.film
    if spot.t is None:
        name, record = TOTAL_NAMES[spot.quantity], film.finished["elbo"][spot.quantity] if film.finished else None
    else:
        name = STEP_NAMES[spot.quantity].format(t=spot.t, s=spot.t - 1)
        record = film.value(spot.t, spot.quantity)
    room = width - len(name) - 2
    words = [(f" {name} ", "dim")]
    if record is None:
        return line([*words, ("…" if film.at(spot.t or 0) is None else "is not defined here", "dim")], width)
    if isinstance(record, str):
        return line([*words, *_fraction(record, None, room)], width)
    beside = _shadow(scene, spot, room - len(str(record["value"])) - len(scene.unit) - 1)
    return line([*words, *_certified(record, scene.unit, room - len(beside)), (beside, "dim")], width)


def _shadow(scene: Scene, spot: Number, room: int) -> str:
    """What float64 has instead of I(x0;x_t), how far it is off, what is wrong with it in kind: as much as goes in."""
    shade = scene.film.shade(spot.t) if scene.shadow and spot.t is not None else None
    if shade is None or spot.quantity != "mutual_information":
        return ""
    if shade["mutual_information"] is None:
        return "  float64: no number"
    value, error = float(shade["mutual_information"]), shade["relative_error"]
    off = f", error ≤ {error['upper']}" if error else ", where the truth is 0" if value else ""
    kinds = {"false_rise": "↑ false rise", "stands_still": "= stuck", "negative": "− negative"}
    slips = [words for key, words in kinds.items() if shade[key]]
    marks = "".join(f" {words[0]}" for words in slips)
    found = f"  float64 {value:.6g}"
    longer = [f"{found}{off} {' '.join(slips)}".rstrip(), f"{found}{off}{marks}", f"{found}{marks}", found]
    return next((words for words in longer if len(words) <= room), "")


def _certified(record: dict[str, object], unit: str, room: int) -> list[tuple[str, str]]:
    """= the closed form, ≈ the value, ∈ the enclosure: as many of them as there is room for."""
    if "lower" not in record or record["lower"] is None:
        value = short(record, 15) if record["value"] in NO_NUMBERS else str(record["value"])
        words = _witness(record) if "witness" in record else f"{unit}, float64: not certified"
        return [(value, "title"), (f" {words}", "dim")]
    value, lower, upper = (str(record[key]) for key in ("value", "lower", "upper"))
    closed = record["closed_form"]
    exact = str(closed) if closed and str(closed) != value else ""
    if lower == upper:
        both = [(f"= {value} {unit}", "title"), (f"  = {exact}" if exact else "", "title"), ("  exactly", "dim")]
        return both if sum(len(text) for text, _ in both) <= room else [(f"= {value} {unit}", "title")]
    enclosure = f"∈ [{lower}, {upper}]"
    if len(value) + len(unit) + len(enclosure) + 3 > room:
        enclosure = f"∈ {narrowed(lower, upper)}"
    found = [(f"{value} {unit}", "title"), (f" {enclosure}", "dim"), (f"  = {exact}" if exact else "", "title")]
    while sum(len(text) for text, _ in found) > room and len(found) > 1:
        found.pop(1 if exact and len(found) == 3 else -1)
    return found


def narrowed(lower: str, upper: str) -> str:
    """An enclosure with what its ends share written once: 0.3421[4, 7].

    >>> narrowed("0.34214", "0.34217"), narrowed("9.9e-5", "1.1e-4")
    ('0.3421[4, 7]', '[9.9e-5, 1.1e-4]')
    """
    (a, _, e), (b, _, f) = lower.partition("e"), upper.partition("e")
    shared = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), 0)
    if e != f or len(a) != len(b) or shared < 3:
        return f"[{lower}, {upper}]"
    return f"{a[:shared]}[{a[shared:]}, {b[shared:]}]" + (f"e{e}" if e else "")


def _witness(record: dict[str, object]) -> str:
    """Where it is infinite or undefined."""
    witness = record.get("witness")
    return ", ".join(f"{key} = {value}" for key, value in witness.items()) if isinstance(witness, dict) else ""
