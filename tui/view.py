"""What each panel shows at a time: pure functions from a scene to rows of cells.

A scene is the film, t, and what the person has chosen to look at. Nothing here knows Textual, and nothing
computes: numbers are the engine's, only placed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt

from tui import raster
from tui.film import Film, short
from tui.messages import Kind
from tui.raster import Cell, Row, Series, Tick

SCALES = ("linear", "square root", "logarithmic")
MATRICES: tuple[Kind, ...] = ("cumulative", "step", "joint", "reverse")
MATRIX_NAMES = {
    "cumulative": "Qbar = q(x_t|x0)",
    "step": "Q = q(x_t|x_t-1)",
    "joint": "q(x0, x_t)",
    "reverse": "q(x_t-1|x_t)",
}
MARKS = {"strict": "↓", "equal": "=", "violated": "↑", "undecided": "?"}
MARK_STYLES = {"↑": "bad", "?": "mark", "=": "dim", "↓": "good", "·": "axis"}

Words = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Scene:
    """The film, the time, and the choices of the person who looks."""

    film: Film
    t: int
    scale: str = "linear"
    matrix: Kind = "cumulative"
    chosen: int = 0
    colour: bool = True


Painter = Callable[[Scene, int, int], list[Row]]


def line(words: Words, width: int) -> Row:
    """Words with their styles as one row, cut or filled to the width."""
    row = [Cell(c, style) for text, style in words for c in raster.narrow(text)][:width]
    return row + [Cell(" ")] * (width - len(row))


def paragraph(lines: Sequence[Words], width: int, height: int) -> list[Row]:
    """Rows of words, filled up with empty ones."""
    rows = [line(words, width) for words in lines[:height]]
    return rows + [line([], width) for _ in range(height - len(rows))]


def headline(scene: Scene, width: int, playing: str) -> Row:
    """The top line: the scenario, t, and the two numbers that matter."""
    film = scene.film
    if film.opened is None:
        return line([(" opening …", "dim")], width)
    o, t = film.opened, scene.t
    name = o.name if len(o.name) <= 20 else o.name[:19] + "…"
    kind = f"{o.kernel} · {o.schedule}" if o.schedule else o.kernel
    entropy, information = (short(film.value(t, quantity), 5) for quantity in ("entropy", "mutual_information"))
    numbers = f"t={t}/{o.T}   H={entropy}  I={information} {o.unit}"
    room = width - len(name) - len(numbers) - len(playing) - 7
    abouts = (f"  {kind}  K={o.K} T={o.T}", f"  {kind}  K={o.K}", f"  {kind}", f"  {o.kernel}", "")
    about = next(words for words in abouts if len(words) <= max(room, 0))
    return line([(f" {name}", "title"), (about, "dim"), (f"  {numbers}", "title"), (f"  {playing}", "series-2")], width)


def information(scene: Scene, width: int, height: int) -> list[Row]:
    """H(x_t), I(x0;x_t), H(x0|x_t) and the bound, over all of time, with the cursor at t."""
    film = scene.film
    wanted = [
        ("sdpi_bound", "series-4", True, "bound"),
        ("conditional_entropy", "series-3", True, "H(x0|x_t)"),
        ("entropy", "series-1", False, "H(x_t)"),
        ("mutual_information", "series-2", False, "I(x0;x_t)"),
    ]
    if height < 3 or not film.steps:
        return paragraph([], width, height)
    logarithmic = scene.scale == "logarithmic"
    series = []
    for quantity, style, dashed, _ in wanted:
        points = film.logarithms(quantity) if logarithmic else film.numbers(quantity)
        if scene.scale == "square root":
            points = [None if y is None else sqrt(max(y, 0.0)) for y in points]
        series.append(Series(points, style, dashed))
    low, high, ticks = _frame([y for s in series for y in s.points if y is not None], scene.scale, height)
    legend = [(f" {'╌╌' if dashed else '━━'} {words} ", style) for _, style, dashed, words in reversed(wanted)]
    legend.append((f" {scene.scale}", "dim"))
    if width < 60:
        legend = [(f" {words} ", style) for _, style, _, words in reversed(wanted)]
    return [line(legend, width), *raster.curves(series, low, high, ticks, width, height - 1, scene.t)]


def _frame(values: Sequence[float], scale: str, height: int) -> tuple[float, float, list[Tick]]:
    """The range of the curves' axis and its labels."""
    if not values:
        return 0.0, 1.0, [Tick(0.0, "0")]
    if scale == "logarithmic":
        bottom, top = floor(min(values)), ceil(max(values))
        step = max(1, ceil((top - bottom) / max(height // 3, 1)))
        ticks = [Tick(float(y), f"1e{y}") for y in range(top, bottom - 1, -step)]
        return float(bottom), float(max(top, bottom + 1)), ticks
    high = max(values) or 1.0
    marks = [high, high / 2, 0.0]
    return 0.0, high, [Tick(y, f"{(y * y if scale == 'square root' else y):.2f}") for y in marks]


def matrix(scene: Scene, width: int, height: int) -> list[Row]:
    """The chosen matrix as a heat map, rows from top to bottom, the chosen x_t marked."""
    film = scene.film
    entries = film.matrix(scene.t, scene.matrix)
    if entries is None:
        step = film.at(scene.t)
        kept = step is not None and step.matrices is not None
        why = "no such matrix at t = 0" if kept and scene.t == 0 else "not kept for this chain"
        return paragraph([[(f" {why}", "dim")]], width, height)
    top = max((x for row in entries for x in row if x is not None), default=1.0) or 1.0
    cursor = (scene.chosen, scene.chosen) if scene.chosen < len(entries) else None
    return raster.heat(entries, width, height, cursor, raster.cividis if scene.colour else None, top)


def marginal(scene: Scene, width: int, height: int) -> list[Row]:
    """p_t as bars, with the data as marks over them."""
    film, step = scene.film, scene.film.at(scene.t)
    if step is None or film.opened is None or height < 2:
        return paragraph([], width, height)
    data = film.steps[0].marginal
    top = max(*step.marginal, *data)
    note = [(" █ q(x_t) ", "series-1"), ("─ q(x0) ", "mark"), (f"TV {_decimal(film, scene.t)}", "dim")]
    labels = film.opened.states
    return [
        line(note, width),
        *raster.bars(step.marginal, top, width, height - 1, labels, data, "series-1", scene.chosen),
    ]


def _decimal(film: Film, t: int) -> str:
    """The distance to the prior: the fraction where it is short, else its size."""
    step = film.at(t)
    exact = str(step.record["total_variation_to_prior"]) if step else ""
    if len(exact) <= 9:
        return exact
    n, _, d = exact.partition("/")
    ratio = float(n[:15]) / float(d[:15])
    exponent = (len(n) - len(n[:15])) - (len(d) - len(d[:15]))
    return (
        f"≈{ratio:.4f}"
        if exponent == 0 and ratio >= 1e-3
        else f"≈{ratio:.2e}"
        if exponent == 0
        else f"≈{ratio:.2f}e{exponent}"
    )


def posterior(scene: Scene, width: int, height: int) -> list[Row]:
    """q(x_{t−1} | x_t = chosen) and q(x0 | x_t = chosen): what the reverse process would have to know."""
    film = scene.film
    joint = film.matrix(scene.t, "joint")
    if joint is None or film.opened is None:
        return paragraph([[(" kept for K up to 64", "dim")]], width, height)
    j, states = min(scene.chosen, film.opened.K - 1), film.opened.states
    column = [row[j] or 0.0 for row in joint]
    total = sum(column)
    head: Words = [(f" given x_t = {states[j]}", "title"), ("   j k to choose", "dim")]
    if total == 0:
        return paragraph([head, [(" undefined: this x_t cannot occur", "undefined")]], width, height)
    reverse = film.matrix(scene.t, "reverse")
    wide = min(max((width - 22) // 2, 2), 12)
    lines: list[Words] = [head, [(f" {'':<7}{'q(x0|x_t)':<{wide + 7}}q(x_t-1|x_t)", "dim")]]
    for i, p in enumerate(column):
        back = reverse[j][i] if reverse else None
        lines.append(
            [
                (f" {states[i][:6]:<7}", ""),
                (_bar(p / total, wide), "series-2"),
                (f"{p / total:6.3f} ", ""),
                (_bar(back or 0.0, wide), "series-3"),
                (f"{back:6.3f}" if back is not None else "", ""),
            ]
        )
    return paragraph(lines, width, height)


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)[:width]


def ledger(scene: Scene, width: int, height: int) -> list[Row]:
    """The ELBO's lines, which add up; and what this step pays."""
    film = scene.film
    if film.opened is None:
        return paragraph([], width, height)
    unit = film.opened.unit
    lines: list[Words] = [_ledger_line(f"t = {scene.t}: this term", film.value(scene.t, "elbo_term"), "title")]
    paid = film.value(scene.t, "conditional_entropy" if scene.t == 1 else "information_loss")
    if scene.t:
        lines.append(_ledger_line("H(x0|x_1)" if scene.t == 1 else "lost here", paid, "series-2"))
        lines.append(_ledger_line("model error", film.value(scene.t, "model_error"), "series-3"))
    if film.finished is None:
        return paragraph([*lines, [("", "")], [(" the totals come at the end of the run", "dim")]], width, height)
    elbo = film.finished["elbo"]
    if elbo["negative_elbo"] is None:
        return paragraph([[(" a process with memory has no ledger", "dim")]], width, height)
    names = (("reconstruction", "reconstruction"), ("denoising", "denoising"), ("prior", "prior matching"))
    lines.append([("", "")])
    lines += [_ledger_line(words, elbo[key], "series-1") for key, words in names]
    lines.append([(" " + "─" * 30, "axis")])
    lines.append(_ledger_line(f"L = −ELBO, {unit}", elbo["negative_elbo"], "title"))
    rest = (
        ("data_entropy", "= H(x0)"),
        ("model_error", "+ model error"),
        ("prior_gap", "+ prior gap"),
        ("nll", "NLL"),
        ("gap", "Jensen gap"),
    )
    lines += [_ledger_line(words, elbo[key], "dim") for key, words in rest]
    return paragraph(lines, width, height)


def _ledger_line(words: str, record: dict[str, object] | None, style: str) -> Words:
    return [(f" {words:<18}", style), (f"{short(record, 7):>12}", style if style == "title" else "")]


def inequality(scene: Scene, width: int, height: int) -> list[Row]:
    """The verdict on this step, what it lost, the bound, and the history as a strip of marks."""
    film, step = scene.film, scene.film.at(scene.t)
    history = [MARKS.get(str(s.record["decay"]), "·") for s in film.steps[1:]]
    marks = ["·", *history, *["·"] * (film.T - len(history))]
    strip = raster.strip(marks, max(width - 2, 1), scene.t, MARK_STYLES)
    if step is None or step.t == 0:
        lines: list[Words] = [[(" t = 0: nothing is lost yet", "dim")]]
    else:
        verdict = str(step.record["decay"])
        style = MARK_STYLES[MARKS[verdict]]
        proved = {"strict": "falls strictly, proved", "equal": "stays the same, proved", "violated": "RISES, proved"}
        bound = step.record["sdpi_bound"]
        eta = step.record["dobrushin"]
        lines = [
            [(f" {MARKS[verdict]} {verdict}", style), (f"  I {proved.get(verdict, '')}", "")],
            [(f" lost   {short(film.value(step.t, 'information_loss'), 9)}", "")],
            [(f" I_t    {short(film.value(step.t, 'mutual_information'), 9)}", "series-2")],
            [(f" bound  {short(bound, 9)}", "series-4"), ("  = η·I_(t−1)" if bound else "  none with memory", "dim")],
            [(f" η      {eta if eta and len(str(eta)) <= width - 9 else '·' if not eta else 'a long fraction'}", "")],
        ]
    rows = paragraph(lines, width, max(height - 1, 0))
    return [*rows, [Cell(" "), *strip, Cell(" ")][:width]] if height else []


def chain(scene: Scene, width: int, height: int) -> list[Row]:
    """What the chain is: kernel, schedule, β_t, ᾱ_t, states, and the verdicts of its checks."""
    film, step = scene.film, scene.film.at(scene.t)
    if film.opened is None:
        return paragraph([], width, height)
    o = film.opened
    beta = str(step.record["beta"]) if step and step.record["beta"] else "none"
    alpha = str(step.record["alpha_bar"]) if step and step.record["alpha_bar"] else "none"
    lines: list[Words] = [
        [(f" {o.title}", "title")],
        [(f" kernel   {o.kernel}", "")],
        [(f" schedule {o.schedule or 'none'}", ""), (f"   reverse {o.model}", "")],
        [(f" β_t      {fit(beta, width - 11)}", "")],
        [(f" ᾱ_t      {fit(alpha, width - 11)}", "")],
        [(f" states   {fit(' '.join(o.states), width - 11)}", "dim")],
    ]
    for check in film.finished["checks"] if film.finished else []:
        good = check["verdict"] == "holds"
        lines.append(
            [(f" {'✓' if good else '✗'} {check['check']:<15}", "good" if good else "bad"), (check["observed"], "dim")]
        )
    return paragraph(lines, width, height)


def fit(text: str, room: int) -> str:
    """Text cut to the room there is."""
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"


PANELS: dict[str, tuple[str, Painter]] = {
    "1": ("information", information),
    "2": ("Qbar", matrix),
    "3": ("p(x_t)", marginal),
    "4": ("posterior", posterior),
    "5": ("ELBO", ledger),
    "6": ("the inequality", inequality),
    "8": ("the chain", chain),
}


def time_under(scene: Scene, x: int, width: int, height: int) -> int | None:
    """The time under a column of the panel of curves."""
    if not scene.film.steps or height < 3:
        return None
    logarithmic = scene.scale == "logarithmic"
    read = scene.film.logarithms if logarithmic else scene.film.numbers
    points = [y for q in ("entropy", "mutual_information") for y in read(q) if y is not None]
    _, _, ticks = _frame([sqrt(y) for y in points] if scene.scale == "square root" else points, scene.scale, height)
    gutter = raster.gutter(ticks)
    return raster.time_at(x - gutter, scene.film.T, width - gutter) if x >= gutter else None
