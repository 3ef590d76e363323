"""A small picture of a run, for a list of scenarios: what it is in a line, and how its information falls."""

from __future__ import annotations

from tui import raster
from tui.film import Film, short
from tui.raster import Row, Series
from tui.view.scene import fit, line, paragraph


def preview(film: Film, width: int, height: int) -> list[Row]:
    """H(x_t) and I(x0;x_t) over all of time under a line of words."""
    if height < 1:
        return []
    if film.trouble is not None:
        return paragraph([[(f" ✗ {film.trouble.splitlines()[0]}", "bad")]], width, height)
    if film.opened is None:
        return paragraph([[(" …", "dim")]], width, height)
    o = film.opened
    kind = f"{o.kernel}, {o.schedule}" if o.schedule else o.kernel
    ends = f"  I: {short(film.value(0, 'mutual_information'), 4)} → {short(film.value(o.T, 'mutual_information'), 4)}"
    words = [(f" K={o.K} T={o.T}  {fit(kind, 30)}", "title"), (f"{ends} {o.unit}" if film.at(o.T) else "", "series-2")]
    entropy, information = film.numbers("entropy"), film.numbers("mutual_information")
    high = max((y for y in [*entropy, *information] if y is not None), default=1.0) or 1.0
    series = [Series(entropy, "series-1", dashed=True), Series(information, "series-2")]
    return [line(words, width), *raster.curves(series, 0.0, high, [], width, height - 1)]
