"""Draw the screen as an SVG without a terminal: `python -m tui.picture two-state --t 17 -o screen.svg`.

The engine runs to its end first, in its own process as always, so that every panel is complete. `-o FILE` writes over
FILE, since a picture of this kind is made anew whenever the screen changes.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from markovdiff.study.output import write_whole
from markovdiff.study.shipped import find
from tui.app import MarkovdiffApp
from tui.engine import EngineProcess
from tui.messages import Request

SIZE = (120, 40)
PATIENCE = 120.0
"""Seconds that the engine may take to end."""


def main() -> None:
    """Read the arguments, draw, and write the file."""
    parser = argparse.ArgumentParser(prog="python -m tui.picture", description="Draw the screen as an SVG.")
    parser.add_argument("scenario", help="a file, or the name of a scenario that ships")
    parser.add_argument("--t", type=int, default=0, help="the time to show (default 0)")
    parser.add_argument("--size", default="x".join(map(str, SIZE)), help="columns and rows (default %(default)s)")
    parser.add_argument("-o", "--output", type=Path, required=True, help="the file to write")
    asked = parser.parse_args()
    columns, rows = map(int, asked.size.split("x"))
    path = find(asked.scenario)
    request = Request(path.read_text(encoding="utf-8"), str(path.parent), path.stem, None, asked.scenario)
    write_whole({("--output", str(asked.output)): asyncio.run(drawn(request, asked.t, (columns, rows)))})


async def drawn(request: Request, t: int, size: tuple[int, int] = SIZE) -> str:
    """Return the screen at time t of a finished run, as SVG text. Raise TimeoutError where the run takes too long."""
    async with stage(request, size) as (app, pilot):
        app.session.go(t)
        await settled(app, pilot)
        return picture_of(app, f"markovdiff tui {request.name} --t {t}")


@asynccontextmanager
async def stage(
    request: Request, size: tuple[int, int], theme: str = "markovdiff-dark"
) -> AsyncIterator[tuple[MarkovdiffApp, Pilot[None]]]:
    """Show a screen to nobody, its run at its end or in trouble. Raise TimeoutError where the run takes too long."""
    engine = EngineProcess()
    engine.run(request)
    app = MarkovdiffApp(request, engine, play=False, fps=30, theme=theme)
    async with app.run_test(size=size) as pilot:
        async with asyncio.timeout(PATIENCE):
            while (app.session.run.finished is None or app.session.run.sampled is None) and not app.session.run.trouble:
                await pilot.pause(0.05)
        yield app, pilot


async def settled(app: MarkovdiffApp, pilot: Pilot[None]) -> None:
    """Wait until all that was asked of the engine is answered and drawn."""
    await pilot.pause()
    while app.session.is_waiting or app.main.view.arrived < app.session.run.arrived:
        await pilot.pause(0.01)
    await pilot.pause()


def picture_of(app: MarkovdiffApp, title: str) -> str:
    """Return the screen as it is, as SVG text."""
    return slim(app.export_screenshot(title=title))


def slim(svg: str) -> str:
    r"""Return the same picture in fewer bytes, without the fonts that Rich would load from elsewhere.

    Names are shortened. The frames that cut each line to its width go, since `textLength` sets that already. The colour
    that most cells have becomes the window's own, so that they need no rectangles.

    >>> slim('<text class="terminal-12-r1" x="0" clip-path="url(#terminal-12-line-0)">a&#160;b</text>')
    '<text class="m-r1" x="0">a\xa0b</text>'
    """
    for pattern, instead in (
        (r"\s*@font-face \{.*?\}", ""),
        (r"terminal-\d+-", "m-"),
        (r"&#160;", "\xa0"),
        (r'<clipPath id="m-line-\d+">.*?</clipPath>\s*', ""),
        (r' clip-path="url\(#m-line-\d+\)"', ""),
        (r' shape-rendering="crispEdges"', ""),
        (r"\n\s+", "\n"),
    ):
        svg = re.sub(pattern, instead, svg, flags=re.DOTALL)
    cells = Counter(re.findall(r'<rect fill="(#\w+)" x=', svg))
    for colour, _ in cells.most_common(1):
        svg = re.sub(rf'<rect fill="{colour}" x="[^>]*/>', "", svg)
        svg = re.sub(r'<rect fill="#\w+" stroke', f'<rect fill="{colour}" stroke', svg, count=1)
    return svg


if __name__ == "__main__":
    main()
