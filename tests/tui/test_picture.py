"""The picture of the screen that the README shows: drawn without a terminal, small, and alone."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from tui import picture
from tui.messages import Request

ROOT = Path(__file__).parents[2]
SHOWN = ROOT / ".github" / "screen.svg"
VALUE = "0.0151352636058108"


def words(svg: str) -> str:
    """What the picture says, without its drawing."""
    return re.sub(r"<[^>]*>", "", svg).replace("\xa0", " ")


def test_a_finished_run_is_drawn() -> None:
    """I(x0;x_17) stands in the picture, the checks have concluded, and nothing is loaded from elsewhere."""
    path = ROOT / "scenarios" / "two-state.toml"
    request = Request(path.read_text(encoding="utf-8"), str(path.parent), "two-state")
    svg = asyncio.run(picture.drawn(request, 17))
    assert VALUE in words(svg)
    assert "checks hold" in words(svg)
    assert "url(http" not in svg
    assert len(svg.encode()) <= 60_000


def test_the_picture_that_is_shown_is_of_this_program() -> None:
    """`markovdiff tui two-state --t 17 --record .github/screen.svg` made it: the same number stands in it."""
    svg = SHOWN.read_text(encoding="utf-8")
    assert VALUE in words(svg)
    assert len(svg.encode()) <= 60_000
