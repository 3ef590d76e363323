"""Record the screen without a terminal: a picture of one time as SVG, or a stretch of time as an asciicast.

An asciicast of version 2 is a header and then a line an event, [seconds, "o", what the terminal is sent]; players of
asciinema read it. Here each t is an event. Only rows that changed are sent, and nothing that is the clock's or the
machine's: the same scenario and options give the same bytes.
"""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError, MarkovdiffError, UnfinishedError
from markovdiff.study import files
from markovdiff.study.loading import loads
from markovdiff.study.output import check_writable, write_whole
from tui.messages import Request, Unit
from tui.picture import SIZE, picture_of, settled, stage

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.app import MarkovdiffApp

SECONDS = 0.125
"""How long each time is shown."""

HELD = 2.0
"""How long the last one is."""


def record(
    path: Path,
    source: str,
    to: str,
    *,
    t: int | None = None,
    start: int | None = None,
    end: int | None = None,
    size: tuple[int, int] = SIZE,
    theme: str | None = None,
    unit: Unit | None = None,
) -> int:
    """Run a scenario to its end, write the file `to`, by its name an .svg at `t` or a .cast of start … end; return 0.

    Raises InputError for a name of another kind, options that do not go with it, or a time that there is not, and
    what the run itself raises.
    """
    kind = Path(to).suffix
    if kind not in (".svg", ".cast"):
        raise InputError("unknown kind of record", where="--record", expected="a name in .svg or .cast", got=shown(to))
    if kind == ".svg" and (start, end) != (None, None):
        raise InputError("a picture has one time", where="--from, --to", remedy="say which with --t, or record a .cast")
    if kind == ".cast" and t is not None:
        raise InputError("a .cast has many times", where="--t", remedy="say which with --from and --to")
    check_writable({"--record": to}, [path])
    text = files.read_text(path, "scenario")
    loads(text, folder=path.parent, name=path.stem)
    request = Request(text, str(path.parent), path.stem, unit, source)
    times = (t or 0, t or 0) if kind == ".svg" else (start or 0, end)
    made = asyncio.run(_recorded(request, kind, times, size, f"markovdiff-{theme or 'dark'}"))
    write_whole({("--record", to): made})
    return 0


async def _recorded(
    request: Request, kind: str, times: tuple[int, int | None], size: tuple[int, int], theme: str
) -> str:
    async with stage(request, size, theme) as (app, pilot):
        if app.session.run.finished is None:
            raise failure(app)
        T = app.session.run.T
        first, last = times[0], T if times[1] is None else times[1]
        if not 0 <= first <= last <= T:
            where = "--t" if kind == ".svg" else "--from, --to"
            got = str(first) if kind == ".svg" else f"{first} and {last}"
            raise InputError("no such time", where=where, expected=f"0 ≤ from ≤ to ≤ {T}", got=got)
        if kind == ".svg":
            app.session.go(first)
            await settled(app, pilot)
            return picture_of(app, f"markovdiff tui {request.name} --t {first}")
        return await _cast(app, pilot, range(first, last + 1))


def failure(app: MarkovdiffApp) -> MarkovdiffError:
    """Return why the run did not finish: what its engine said."""
    said = (app.session.run.trouble or "the engine ended").splitlines()
    return UnfinishedError(said[0], where="--record", got="\n  ".join(said[1:]) or None)


async def _cast(app: MarkovdiffApp, pilot: Pilot[None], times: range) -> str:
    """Return the asciicast."""
    width, height = app.size
    header = {"version": 2, "width": width, "height": height, "title": f"markovdiff tui {app.session.request.name}"}
    lines: list[str] = [json.dumps(header, ensure_ascii=False)]
    before: list[str] = []
    for n, t in enumerate(times):
        app.session.go(t)
        await settled(app, pilot)
        now = list(rows_of(app))
        changed = [f"\x1b[{y + 1};1H{row}" for y, row in enumerate(now) if row not in before[y : y + 1]]
        lines.append(json.dumps([n * SECONDS, "o", ("\x1b[?25l\x1b[2J" if n == 0 else "") + "".join(changed)]))
        before = now
    lines.append(json.dumps([(len(times) - 1) * SECONDS + HELD, "o", "\x1b[?25h"]))
    return "\n".join(lines) + "\n"


def rows_of(app: MarkovdiffApp) -> Iterator[str]:
    """Return each row of the screen as a terminal with 24-bit colours is sent it."""
    width, height = app.size
    console = Console(
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        legacy_windows=False,
    )
    for strip in app.screen._compositor.render_strips(app.size):  # noqa: SLF001  (export_screenshot has no other way)
        yield strip.render(console)
