"""Show what is known of x_0 given x_t, and of x_{t−1} given both.

Two columns over all states: q(x_0 | x_t = j), and q(x_{t−1} | x_t = j, x_0 = k), which the denoising terms of the
ELBO compare a model with. The state j of x_t and k of x_0 are chosen. While time runs the shares are pictures;
when it rests the engine is asked, and a fraction stands wherever it is short.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui.glyphs import columns, padded, shorten
from tui.messages import Column, ColumnAnswer, Question
from tui.panel import Panel, Place
from tui.raster import Row
from tui.rows import Field, Words, paragraph
from tui.view.view_state import Readable, ViewState

HEAD = 2
"""Rows above the states."""

LABEL = 8
"""Columns that a state's name and its mark have."""


def columns_of(view: ViewState) -> tuple[Column, ...]:
    """Return what the engine is asked for when time rests."""
    first = Column("posterior", view.t, view.chosen)
    return (first, Column("forward", view.t, view.chosen, view.source)) if view.t else (first,)


def draw(view: ViewState, width: int, height: int) -> list[Row]:
    """Draw both columns, the chosen x_0 marked and in sight."""
    opened = view.run.opened
    if opened is None or view.run.at(view.t) is None:
        return paragraph([], width, height)
    given, before = _columns(view)
    j, k, past = view.state(view.chosen), view.state(view.source), f"x_{view.t - 1}" if view.t else ""
    head: Words = [
        Field((f" given x_{view.t} = {shorten(j, 12)}", f" x_{view.t} = {shorten(j, 6)}"), "title", rank=1),
        Field(("  j k", ""), "dim"),
        Field((f"   x_0 = {shorten(k, 12)}", f"  x_0 = {shorten(k, 6)}"), "title", rank=1),
        Field(("  J K", ""), "dim"),
    ]
    if given is None:
        undefined = view.run.matrix(view.t, "joint") is not None or _answer(view, 0) is not None
        why = "undefined: this x_t cannot occur" if undefined else "when time rests, for K up to 1,024"
        return paragraph([head, [(f" {why}", "undefined")]], width, height)
    half = max((width - LABEL) // 2, 1)
    t = view.t
    names: Words = [
        (_elsewhere(view, height), "mark"),
        (padded(_first_that_fits(half - 1, f"q(x_0|x_{t})", "q(x_0|x_t)", "x_0"), half), "dim"),
        (_first_that_fits(half - 1, f"q({past}|x_{t},x_0={k})", f"q({past}|x_{t},x_0)", past) if past else "", "dim"),
    ]
    lines: list[Words] = [head, names]
    for i in _window(view, height):
        mark = "▸" if i == view.source else " "
        name = padded(shorten(view.state(i), LABEL - 3), LABEL - 2)
        label = (f" {mark}{name}", "highlight" if i == view.source else "")
        lines.append([label, *_share(given, _exact(view, 0), i, half, "series-2")])
        if past:
            if before is None:
                lines[-1] = [*lines[-1], (_no_column(view) if i == _window(view, height)[0] else "", "undefined")]
            else:
                lines[-1] = [*lines[-1], *_share(before, _exact(view, 1), i, half, "series-3")]
    return paragraph(lines, width, height)


def _first_that_fits(room: int, *names: str) -> str:
    return next((name for name in names if columns(name) <= room), "")


def _elsewhere(view: ViewState, height: int) -> str:
    """Return how many states are above the first that is shown, and below the last."""
    shown, K = _window(view, height), len(view.run.labels)
    above, below = shown.start, K - shown.stop
    signs = f"▲{above}" * (above > 0) + f"▼{below}" * (below > 0)
    return padded(signs if len(signs) <= LABEL else "▲▼", LABEL)


def _columns(view: ViewState) -> tuple[Sequence[float] | None, Sequence[float] | None]:
    """Both columns: the engine's answers, or pictures until they are there."""
    answers = [_answer(view, n) for n in (0, 1)]
    posterior = answers[0].shares if answers[0] else view.run.posterior(view.t, view.chosen)
    before = answers[1].shares if answers[1] else view.run.forward(view.t, view.chosen, view.source)
    return posterior, before


def _no_column(view: ViewState) -> str:
    """Why there is no q(x_{t−1} | x_t, x_0): the pair has probability 0, or it has not been computed."""
    joint = view.run.matrix(view.t, "joint")
    if joint is not None and joint[view.source][view.chosen] == 0:
        return "  impossible"
    return "  …" if _answer(view, 1) is None else "  not known"


def _answer(view: ViewState, n: int) -> ColumnAnswer | None:
    wanted = columns_of(view)
    answer = view.answer(wanted[n]) if n < len(wanted) else None
    return answer if isinstance(answer, ColumnAnswer) else None


def _exact(view: ViewState, n: int) -> Sequence[str | None]:
    answer = _answer(view, n)
    return answer.exact if answer else ()


def _share(shares: Sequence[float], exact: Sequence[str | None], i: int, room: int, style: str) -> Words:
    """Return a bar, and the fraction if it is short; else the decimal."""
    whole = exact[i] if i < len(exact) else None
    forms = [f"{shares[i]:.{digits}f}" for digits in (4, 3, 2)]
    if 0 < shares[i] < 0.0001:
        forms = [f"{shares[i]:.{digits}e}".replace("e-0", "e-") for digits in (1, 0)]
    if whole is not None and len(whole) <= max(room - 5, 6):
        forms = [whole, *forms]
    text = next((form for form in forms if len(form) < room), "")
    wide = max(room - 1 - max(len(text), 9), 0)
    return [(_bar(shares[i], wide), style), (text.rjust(room - 1 - wide) + " ", "")]


def _bar(share: float, width: int) -> str:
    full, rest = divmod(round(share * width * 8), 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)[:width]


def _window(view: ViewState, height: int) -> range:
    """Return the states that are in sight: the chosen x_0 is always among them."""
    K = view.run.opened.K if view.run.opened else 0
    room = max(height - HEAD, 1)
    first = min(max(view.source - room // 2, 0), max(K - room, 0))
    return range(first, min(first + room, K))


def state_at(view: ViewState, y: int, height: int) -> int | None:
    """Return the state whose row that is."""
    window = _window(view, height)
    return window[y - HEAD] if HEAD <= y < HEAD + len(window) else None


def click(view: ViewState, x: int, y: int, width: int, height: int) -> ViewState:  # noqa: ARG001  (a Click)
    """Choose the state of x_0 whose row it is."""
    state = state_at(view, y, height)
    return view if state is None else replace(view, source=state)


def spot(view: ViewState, x: int, y: int, width: int, height: int) -> Readable | None:
    """Return the probability in the row and column that the mouse is over."""
    i = state_at(view, y, height)
    if i is None:
        return None
    if x >= LABEL + (width - LABEL) // 2 and view.t:
        return Question("forward", view.t, i, view.chosen, view.source)
    return Question("posterior", view.t, i, view.chosen)


def here(view: ViewState) -> Readable:
    """Return the chosen x_0 given the chosen x_t."""
    return Question("posterior", view.t, view.source, view.chosen)


PANEL = Panel(
    key="4",
    name="posterior",
    words="the posterior",
    title=lambda _: "posterior",
    draw=draw,
    spot=spot,
    here=here,
    about=(
        "What x_t = one state says of x0, and of x_(t−1) if x0 is known as well. A model sees only x_t: that it cannot "
        "know x0 is what its denoising terms cost at the least."
    ),
    formula="q(x0|x_t) = q(x0) Qbar_t / p_t;   q(x_(t−1)|x_t,x0) = Qbar_(t−1)[x0,·] Q_t / Qbar_t[x0,x_t]",
    places={"short": Place(stack="rest"), "narrow": Place(stack="rest"), "normal": Place(2), "wide": Place(4)},
    click=click,
    columns=columns_of,
)
