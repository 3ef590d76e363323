"""Show what is known of x_0 given x_t, and of x_{t−1} given both.

Two columns over all states: q(x_0 | x_t = j), its likeliest states marked ★, and q(x_{t−1} | x_t = j, x_0 = k), which
the denoising terms of the ELBO compare a model with. The state j of x_t and k of x_0 are chosen. While time runs the
shares are pictures; when it rests the engine is asked, and a fraction stands wherever it is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from tui.glyphs import columns, padded, shorten
from tui.messages import COLUMN_MAX_K, Column, ColumnAnswer, Question
from tui.panel import GridArea, Panel
from tui.raster import Row
from tui.rows import RowField, Words, number, paragraph
from tui.view.view_state import Readable, ViewState, fraction
from tui.view.window import TableWindow, scrolled, window

HEAD = 2
"""Rows above the states."""

LABEL, WIDE_LABEL, MARKS = 8, 20, 3
"""Columns that a state's name and its marks have at least; those where the panel is alone; the marks'."""

PRIOR = 16
"""Columns of q(x_0) where the panel is alone."""

AT = "▸"
"""The mark of the chosen x_0."""

CLOSE = 1 - 1e-9
"""From which part of the largest share on another may be as large, and only fractions decide: the floats of exact and
ball runs are within 1e-15 of what they stand for; a run in float64 is as good as float64."""


class Modes(NamedTuple):
    """The likeliest states, and whether that is decided: one above all others, or several that are equal exactly."""

    states: tuple[int, ...]
    is_decided: bool

    @property
    def mark(self) -> str:
        """★, or ☆ where it is not decided."""
        return "★" if self.is_decided else "☆"


def likeliest(shares: Sequence[float], exact: Sequence[str | None]) -> Modes:
    """Return the likeliest states by floats; of those that floats do not separate, by their fractions where known.

    >>> likeliest([0.5, 0.5, 0.0], ["1/2", "1/2", "0"]), likeliest([0.5, 0.5, 0.0], [])
    (Modes(states=(0, 1), is_decided=True), Modes(states=(0, 1), is_decided=False))
    """
    least = max(shares) * CLOSE
    near = [i for i, share in enumerate(shares) if share >= least]
    known = [exact[i] if i < len(exact) else None for i in near]
    fractions = [Fraction(text) for text in known if text is not None and text.replace("/", "").isdigit()]
    if len(near) == 1 or len(fractions) < len(near):
        return Modes(tuple(near), len(near) == 1)
    return Modes(tuple(i for i, p in zip(near, fractions, strict=True) if p == max(fractions)), True)


def columns_of(view: ViewState) -> tuple[Column, ...]:
    """Return what the engine is asked for when time rests."""
    if view.run.K > COLUMN_MAX_K:  # the closed form has them
        return ()
    first = Column("posterior", view.t, view.chosen)
    return (first, Column("forward", view.t, view.chosen, view.source)) if view.t else (first,)


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw both columns, the chosen x_0 marked and in sight."""
    opened = view.run.opened
    if opened is None or view.run.at(view.t) is None:
        return paragraph([], width, height)
    given, before = _columns(view)
    j, k, past = view.state(view.chosen), view.state(view.source), f"x_{view.t - 1}" if view.t else ""
    modes = likeliest(given, _exact(view, 0)) if given else None
    head: Words = [
        RowField((f" given x_{view.t} = {shorten(j, 12)}", f" x_{view.t} = {shorten(j, 6)}"), "title", rank=1),
        RowField(("  j k", ""), "dim"),
        RowField((f"   {AT} x_0 = {shorten(k, 12)}", f"  {AT} x_0 = {shorten(k, 6)}"), "highlight", rank=1),
        RowField(("  J K", ""), "dim"),
        _named(view, modes),
    ]
    if given is None:
        joint = view.run.matrix(view.t, "joint")
        undefined = (joint is not None and joint.grain == 1) or _answer(view, 0) is not None
        impossible = (f" undefined: x_{view.t} = {shorten(j, 12)} is impossible", " undefined: x_t is impossible")
        why = impossible if undefined else (f" when time rests, for K up to {COLUMN_MAX_K:,}",)
        return paragraph([head, [RowField(why, "undefined")]], width, height)
    label, left, t = _label_width(view, width), _left(view, width), view.t
    half = max((width - left) // 2, 1)
    prior = padded("q(x_0)  ", left - label, ">") if left > label else ""
    names: Words = [
        (" " * (left - columns(prior)), ""),
        (prior, "dim"),
        (padded(_first_that_fits(half - 1, f"q(x_0|x_{t})", "q(x_0|x_t)", "x_0"), half), "dim"),
        (_first_that_fits(half - 1, f"q({past}|x_{t},x_0={k})", f"q({past}|x_{t},x_0)", past) if past else "", "dim"),
    ]
    states = _states(view, height).rows
    first = _shares(given, _exact(view, 0), states, half, "series-2")
    second = _shares(before, _exact(view, 1), states, half, "series-3") if before and past else []
    if past and not second and states:
        second = [[(_no_column(view), "undefined")]]
    lines: list[Words] = [head, names]
    for n, i in enumerate(states):
        lines.append([*_label(view, i, label, left > label, modes), *first[n], *(second[n] if n < len(second) else [])])
    if _has_formula(view, height):
        blank: list[Words] = [[("", "")]] * (height - 1 - len(lines))
        lines += [*blank, _formula(view)]
    return paragraph(lines, width, height)


def _left(view: ViewState, width: int) -> int:
    """Return the columns left of the shares: those of a name, and where the panel is alone those of q(x_0)."""
    return _label_width(view, width) + PRIOR * _is_roomy(view, width)


def _is_roomy(view: ViewState, width: int) -> bool:
    """Return whether the panel is alone and has room for more."""
    return view.zoomed == PANEL.name and width >= 3 * (WIDE_LABEL + PRIOR)


def _label_width(view: ViewState, width: int) -> int:
    """Return the columns of a state's name and marks: as many as the longest needs, if that is not too many."""
    if _is_roomy(view, width):
        return WIDE_LABEL
    longest = view.run.once(("longest label",), lambda: max(map(columns, view.run.labels), default=0))
    return max(LABEL, min(longest + MARKS, 3 * width // 10))


def _label(view: ViewState, i: int, room: int, has_prior: bool, modes: Modes | None) -> Words:
    """Return a state's mark and name, where there is room its mass in the data, and whether it is the likeliest."""
    opened, mine = view.run.opened, i == view.source
    assert opened is not None
    mark = (modes.mark if modes and i in modes.states else " ", "title")
    name = padded(shorten(view.state(i), room - MARKS), room - MARKS)
    words = (f" {AT if mine else ' '}{name}", "highlight" if mine else "")
    if not has_prior:
        return [words, mark]
    return [words, (padded(fraction(opened.data[i], PRIOR - 5), PRIOR - 3, ">") + " ─▶ ", "dim"), mark]


def _named(view: ViewState, modes: Modes | None) -> RowField:
    """Return which x_0 is the likeliest, in words."""
    if modes is None:
        return RowField(("",))
    names, count = ", ".join(shorten(view.state(i), 12) for i in modes.states[:3]), len(modes.states)
    how = "" if count == 1 else "equal" if modes.is_decided else "nearly equal"
    many = f"{modes.mark} {count} {how}"
    if count > 3:
        forms = [f"{modes.mark} likeliest: {count} {how}", many]
    elif count > 1:
        forms = [f"{modes.mark} likeliest x_0, {how}: {names}", f"{modes.mark} {how}: {names}", many]
    else:
        forms = [f"{modes.mark} likeliest x_0 = {names}", f"{modes.mark} likeliest {names}", f"{modes.mark} {names}"]
    return RowField(
        [*(f"   {form}" for form in forms[:1]), *(f"  {form}" for form in forms), ""], "title", 2, whole=True
    )


def _has_formula(view: ViewState, height: int) -> bool:
    """Return whether the last row has the formula with its numbers: where the panel is alone."""
    joint = view.run.matrix(view.t, "joint")
    return view.zoomed == PANEL.name and height >= HEAD + 4 and joint is not None and joint.grain == 1


def _formula(view: ViewState) -> Words:
    """Return the chosen posterior as Bayes has it, with the numbers of the pictures."""
    run, t, j, k = view.run, view.t, view.chosen, view.source
    kernel, step, given = run.matrix(t, "cumulative"), run.at(t), run.posterior(t, j)
    entry = kernel.entry(k, j) if kernel else None
    if entry is None or step is None or given is None or run.opened is None:
        return []
    values = [_number(x) for x in (entry, step.marginal[j], given[k])]
    value = f"{fraction(run.opened.data[k], 12)} · {values[0]} / {values[1]} {'≈' if given[k] else '='} {values[2]}"
    name = f" q(x_0={shorten(view.state(k), 9)}|x_{t}={shorten(view.state(j), 9)})"
    return [number((f"{name} = q(x_0) Qbar_t[x_0,x_{t}] / p_{t} = {value}", f"{name} = {value}", f" {value}"), "dim")]


def _number(x: float) -> str:
    if not x:
        return "0"
    return f"{x:.4f}" if x >= 0.0001 else f"{x:.2e}".replace("e-0", "e-")


def _first_that_fits(room: int, *names: str) -> str:
    return next((name for name in names if columns(name) <= room), "")


def _columns(view: ViewState) -> tuple[Sequence[float] | None, Sequence[float] | None]:
    """Both columns: the engine's answers, or pictures until they are there."""
    answer = _answer(view, 1)
    before = answer.shares if answer else None
    return _given(view), before or view.run.forward(view.t, view.chosen, view.source)


def _given(view: ViewState) -> Sequence[float] | None:
    """Return the first of them."""
    answer = _answer(view, 0)
    return (answer.shares if answer else None) or view.run.posterior(view.t, view.chosen)


def _no_column(view: ViewState) -> str:
    """Why there is no q(x_{t−1} | x_t, x_0): the pair has probability 0, or it has not been computed."""
    joint = view.run.matrix(view.t, "joint")
    if joint is not None and joint.entry(view.source, view.chosen) == 0:
        return "  impossible"
    return "  …" if _answer(view, 1) is None else "  not known"


def _answer(view: ViewState, n: int) -> ColumnAnswer | None:
    wanted = columns_of(view)
    answer = view.answer(wanted[n]) if n < len(wanted) else None
    return answer if isinstance(answer, ColumnAnswer) else None


def _exact(view: ViewState, n: int) -> Sequence[str | None]:
    answer = _answer(view, n)
    return answer.exact if answer else ()


def _shares(
    shares: Sequence[float], exact: Sequence[str | None], states: range, room: int, style: str
) -> list[Words]:  # fmt: skip
    """Return for each state a bar, all on one scale, and the fraction if it is short; else the decimal."""
    most = room - max(5, room // 3)
    texts = []
    for i in states:
        whole = exact[i] if i < len(exact) else None
        forms = [f"{shares[i]:.{digits}f}" for digits in (4, 3, 2)]
        if shares[i] == 0:
            forms = ["0"]
        elif shares[i] < 0.0001:
            forms = [f"{shares[i]:.{digits}e}".replace("e-0", "e-") for digits in (1, 0)]
        if whole is not None and len(whole) <= max(most, 6):
            forms = [whole, *forms]
        texts.append(next((form for form in forms if len(form) < room), ""))
    wide = max(room - 1 - max(9, *map(len, texts)), 0)
    return [
        [(_bar(shares[i], wide), style), (padded(text, room - 1 - wide, ">") + " ", "")]
        for i, text in zip(states, texts, strict=True)
    ]


def _bar(share: float, width: int) -> str:
    full, rest = divmod(round(share * width * 8), 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)[:width]


def table(view: ViewState, width: int, height: int) -> TableWindow | None:  # noqa: ARG001  (a Tabled)
    """Return the states in sight, until one scrolls: those round x_0. None where nothing is known."""
    joint, step, answer = view.run.matrix(view.t, "joint"), view.run.at(view.t), _answer(view, 0)
    known = joint is not None and joint.grain == 1 and step is not None and step.marginal[view.chosen] > 0
    return _states(view, height) if known or (answer is not None and answer.shares is not None) else None


def _states(view: ViewState, height: int) -> TableWindow:
    """Return the states in sight: those round the chosen x_0, or until one is chosen the first likeliest."""
    room, middle = height - HEAD - _has_formula(view, height), view.source
    if room < view.run.K and not (view.has_source or view.source) and (given := _given(view)):
        likely = likeliest(given, _exact(view, 0)).states[0]
        middle = likely if likely >= room else 0
    return window(view, PANEL.name, view.run.K, room, view.source, middle)


def state_at(view: ViewState, y: int, height: int) -> int | None:
    """Return the state whose row that is."""
    states = _states(view, height).rows
    return states[y - HEAD] if HEAD <= y < HEAD + len(states) else None


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Choose the state of x_0 whose row it is; the rows stay where they are."""
    state = state_at(view, y, height)
    if state is None:
        return view
    seen = replace(_states(view, height), around=state)
    return replace(view, source=state, has_source=True, scrolled=scrolled(view, PANEL.name, seen))


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the probability in the row and column that the mouse is over."""
    i = state_at(view, y, height)
    if i is None:
        return None
    left = _left(view, width)
    if x >= left + (width - left) // 2 and view.t:
        return Question("forward", view.t, i, view.chosen, view.source)
    return Question("posterior", view.t, i, view.chosen)


def here(view: ViewState) -> Readable:
    """Return the chosen x_0 given the chosen x_t."""
    return Question("posterior", view.t, view.source, view.chosen)


PANEL = Panel(
    key="4",
    name="posterior",
    subject="symbol",
    words="the posterior",
    title=lambda _: "posterior",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "What x_t = one state says of x0, its likeliest marked ★ (all that are equal; ☆ where that is not decided), "
        "and of x_(t−1) if x0, the row of ▸, is known as well. A model sees only x_t: that it cannot know x0 is what "
        "its denoising terms cost at the least."
    ),
    formula="q(x0|x_t) = q(x0) Qbar_t / p_t;   q(x_(t−1)|x_t,x0) = Qbar_(t−1)[x0,·] Q_t / Qbar_t[x0,x_t]",
    areas={
        "short": GridArea(stack="rest"),
        "narrow": GridArea(stack="rest"),
        "normal": GridArea(2),
        "wide": GridArea(4),
    },
    click=click,
    columns=columns_of,
    table=table,
    found=lambda view, state, _width, _height: replace(view, source=state, has_source=True),
)
