"""Panel 4: given x_t, what is known of x_0; given both, what is known of x_{t−1}.

Two columns over all states: q(x_0 | x_t = j), and q(x_{t−1} | x_t = j, x_0 = k), which the denoising terms of the
ELBO compare a model with. The state j of x_t and k of x_0 are chosen. While time runs the shares are pictures;
when it rests the engine is asked, and a fraction stands wherever it is short.
"""

from __future__ import annotations

from collections.abc import Sequence

from tui.messages import Column, ColumnAnswer, Question
from tui.raster import Row
from tui.view.scene import Scene, Spot, Words, fit, paragraph

HEAD = 2
"""Rows above the states."""

LABEL = 8
"""Columns that a state's name and its mark have."""


def columns_of(scene: Scene) -> tuple[Column, ...]:
    """What the engine is asked for when time rests."""
    first = Column("posterior", scene.t, scene.chosen)
    return (first, Column("forward", scene.t, scene.chosen, scene.source)) if scene.t else (first,)


def paint(scene: Scene, width: int, height: int) -> list[Row]:
    """Both columns, the chosen x_0 marked and in sight."""
    opened = scene.film.opened
    if opened is None or scene.film.at(scene.t) is None:
        return paragraph([], width, height)
    given, before = _columns(scene)
    j, k, past = scene.state(scene.chosen), scene.state(scene.source), f"x_{scene.t - 1}" if scene.t else ""
    head: Words = [(f" given x_{scene.t} = {fit(j, 12)}", "title"), ("  j k", "dim")]
    head = [*head, (f"   x_0 = {fit(k, 12)}", "title"), ("  J K", "dim")]
    if given is None:
        undefined = scene.film.matrix(scene.t, "joint") is not None or _answer(scene, 0) is not None
        why = "undefined: this x_t cannot occur" if undefined else "when time rests, for K up to 1,024"
        return paragraph([head, [(f" {why}", "undefined")]], width, height)
    half = max((width - LABEL) // 2, 1)
    names = f"{'':<{LABEL}}{fit(f'q(x_0|x_{scene.t})', half - 1):<{half}}"
    names += fit(f"q({past}|x_{scene.t},x_0={k})" if past else "", half - 1)
    lines: list[Words] = [head, [(names, "dim")]]
    for i in _window(scene, height):
        mark = "▸" if i == scene.source else " "
        label = (f" {mark}{fit(scene.state(i), LABEL - 3):<{LABEL - 2}}", "highlight" if i == scene.source else "")
        lines.append([label, *_share(given, _exact(scene, 0), i, half, "series-2")])
        if past:
            words = [("  cannot be" if i == 0 else "", "undefined")] if before is None else None
            lines[-1] = [*lines[-1], *(words or _share(before or [], _exact(scene, 1), i, half, "series-3"))]
    return paragraph(lines, width, height)


def _columns(scene: Scene) -> tuple[Sequence[float] | None, Sequence[float] | None]:
    """Both columns: the engine's answers, or pictures until they are there."""
    answers = [_answer(scene, n) for n in (0, 1)]
    posterior = answers[0].shares if answers[0] else scene.film.posterior(scene.t, scene.chosen)
    before = answers[1].shares if answers[1] else scene.film.forward(scene.t, scene.chosen, scene.source)
    return posterior, before


def _answer(scene: Scene, n: int) -> ColumnAnswer | None:
    wanted = columns_of(scene)
    return next((a for a in scene.columns if n < len(wanted) and a.column == wanted[n]), None)


def _exact(scene: Scene, n: int) -> Sequence[str | None]:
    answer = _answer(scene, n)
    return answer.exact if answer else ()


def _share(shares: Sequence[float], exact: Sequence[str | None], i: int, room: int, style: str) -> Words:
    """A bar, and the fraction if it is short; else the decimal."""
    whole = exact[i] if i < len(exact) else None
    text = whole if whole is not None and len(whole) <= max(room - 5, 6) else f"{shares[i]:.4f}"
    wide = max(room - 1 - max(len(text), 9), 0)
    return [(_bar(shares[i], wide), style), (text.rjust(room - 1 - wide) + " ", "")]


def _bar(share: float, width: int) -> str:
    full, rest = divmod(round(share * width * 8), 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(width)[:width]


def _window(scene: Scene, height: int) -> range:
    """The states that are in sight: the chosen x_0 is always among them."""
    K = scene.film.opened.K if scene.film.opened else 0
    room = max(height - HEAD, 1)
    first = min(max(scene.source - room // 2, 0), max(K - room, 0))
    return range(first, min(first + room, K))


def state_at(scene: Scene, y: int, height: int) -> int | None:
    """The state whose row that is."""
    window = _window(scene, height)
    return window[y - HEAD] if HEAD <= y < HEAD + len(window) else None


def spot(scene: Scene, x: int, y: int, width: int, height: int) -> Spot | None:
    """The probability in the row and column that the mouse is over."""
    i = state_at(scene, y, height)
    if i is None:
        return None
    if x >= LABEL + (width - LABEL) // 2 and scene.t:
        return Question("forward", scene.t, i, scene.chosen, scene.source)
    return Question("posterior", scene.t, i, scene.chosen)


def here(scene: Scene) -> Spot:
    """The chosen x_0 given the chosen x_t."""
    return Question("posterior", scene.t, scene.source, scene.chosen)


ABOUT = (
    "What x_t = one state says of x0, and of x_(t−1) if x0 is known as well. A model sees only x_t: that it cannot "
    "know x0 is what its denoising terms cost at the least."
)
FORMULA = "q(x0|x_t) = q(x0) Qbar_t / p_t;   q(x_(t−1)|x_t,x0) = Qbar_(t−1)[x0,·] Q_t / Qbar_t[x0,x_t]"
