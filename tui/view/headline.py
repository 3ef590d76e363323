"""The top line: the scenario and whether it was changed, t, the two numbers that matter, whether the checks hold."""

from __future__ import annotations

from tui.glyphs import shorten
from tui.raster import Row
from tui.rows import RowField, Words, line, number
from tui.run_buffer import RunBuffer
from tui.view.verdict import verdict
from tui.view.view_state import ViewState, roundings


def headline(view: ViewState, width: int, playing: str) -> Row:
    """Return the line. Where there is little room the title gives way, then what the chain is, then verdict words."""
    run = view.run
    star = "*" if view.edited else ""
    if run.opened is None:
        return line(_not_opened(run, star), width)
    o, t = run.opened, view.t
    kind = f"{o.kernel} · {o.schedule}" if o.schedule else o.kernel
    size = f"K={o.K}" if o.length is None else f"K={o.K} L={o.length}"
    abouts = (f"  {kind}  {size} T={o.T}", f"  {kind}  {size}", f"  {kind}", f"  {o.kernel}", "")
    title = RowField((f"  {o.title}", "") if o.title else ("",), rank=-1)
    entropy, information = (run.value(t, quantity) for quantity in ("entropy", "mutual_information"))
    fields = [
        RowField((f" {o.name}{star}", f" {shorten(o.name, 20)}{star}"), "title", rank=6),
        RowField((" edited, not saved", " edited", "") if star else ("",), "mark"),
        title,
        RowField(abouts, "dim"),
        number((f"  t={t}/{o.T} ",), "title", rank=9),
        number([f"  H={form}" for form in roundings(entropy, 5)], "title", rank=8),
        number([f"  I={form}" for form in roundings(information, 5)], "title", rank=8),
        RowField((f" {o.unit}", ""), "title", rank=7),
        *verdict(run, "  ", rank=1),
        RowField((f"  {playing}", f"  {playing[:1]}", ""), "series-2", rank=3),
    ]
    return line(fields, width)


def _not_opened(run: RunBuffer, star: str) -> Words:
    """Say that the chain is coming, or that it was not run; the card says why."""
    name = RowField((f" {run.name}{star} ", f" {shorten(run.name, 20)}{star} "), "title")
    return [name, ("opening …", "dim") if run.trouble is None else ("✗ not run", "bad")]
