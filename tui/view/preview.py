"""A small picture of a run, for a list of scenarios: what it is in a line, and how its information falls."""

from __future__ import annotations

from tui import raster
from tui.glyphs import shorten
from tui.raster import Row, Series
from tui.rows import RowField, line, number, paragraph
from tui.run_buffer import RunBuffer, short


def preview(run: RunBuffer, width: int, height: int) -> list[Row]:
    """Return H(x_t) and I(x0;x_t) over all of time under a line of words."""
    if height < 1:
        return []
    if run.trouble is not None:
        return paragraph([[(f" ✗ {run.trouble.splitlines()[0]}", "bad")]], width, height)
    if run.opened is None:
        return paragraph([[(" …", "dim")]], width, height)
    o = run.opened
    kind = f"{o.kernel}, {o.schedule}" if o.schedule else o.kernel
    falls = [[short(run.value(t, "mutual_information"), digits) for t in (0, o.T)] for digits in (4, 3, 2)]
    ends = [f"  I: {first} → {last} {o.unit}" for first, last in falls] if run.at(o.T) else []
    words = [
        number((f" K={o.K} T={o.T}",), "title", rank=3),
        RowField((f"  {shorten(kind, 30)}", f"  {shorten(o.kernel, 30)}", ""), "title"),
        number(ends, "series-2", rank=1),
    ]
    entropy, information = run.numbers("entropy"), run.numbers("mutual_information")
    high = max((y for y in [*entropy, *information] if y is not None), default=1.0) or 1.0
    series = [Series(entropy, "series-1", dash=raster.DASHED), Series(information, "series-2")]
    return [line(words, width), *raster.curves(series, 0.0, high, [], width, height - 1)]
