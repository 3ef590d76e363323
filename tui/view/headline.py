"""The top line: the scenario, t, and the two numbers that matter."""

from __future__ import annotations

from tui.film import Film, short
from tui.raster import Row
from tui.view.scene import Scene, Words, fit, line


def headline(scene: Scene, width: int, playing: str) -> Row:
    """The line; what the chain is gives way first where there is little room."""
    film = scene.film
    if film.opened is None:
        return line(_not_opened(film), width)
    o, t = film.opened, scene.t
    kind = f"{o.kernel} · {o.schedule}" if o.schedule else o.kernel
    entropy, information = (short(film.value(t, quantity), 5) for quantity in ("entropy", "mutual_information"))
    numbers = f"t={t}/{o.T}   H={entropy}  I={information} {o.unit}"
    room = width - len(numbers) - len(playing) - 7
    name = fit(o.name, max(room, 20))
    room -= len(name)
    abouts = (f"  {kind}  K={o.K} T={o.T}", f"  {kind}  K={o.K}", f"  {kind}", f"  {o.kernel}", "")
    about = next(words for words in abouts if len(words) <= max(room, 0))
    return line([(f" {name}", "title"), (about, "dim"), (f"  {numbers}", "title"), (f"  {playing}", "series-2")], width)


def _not_opened(film: Film) -> Words:
    """Before there is a chain: that it is coming, or why it is not, and what can be done."""
    if film.trouble is None:
        return [(" opening …", "dim")]
    return [(f" ✗ {film.trouble.splitlines()[0]}", "bad"), ("   e edit  s scenarios", "dim")]
