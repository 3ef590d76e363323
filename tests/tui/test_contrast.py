"""Every theme can be read: contrasts by the formula of WCAG 2.2, relative luminance of sRGB colours."""

from __future__ import annotations

import pytest
from breadth import few
from pictures import contrast
from rich.color import Color, ColorSystem
from sessions import session
from textual.theme import Theme

from tui.app import MarkovdiffApp
from tui.canvas import Canvas
from tui.themes import MEANINGS, THEMES

TEXT, LINES = 4.5, 3.0
"""What WCAG 2.2 asks of text (1.4.3, AA) and of the parts of a graphic (1.4.11)."""

GROUNDS = {"cursor", "ground"}
"""Meanings that are never written in, except the ground inside a bar."""


def test_the_formula() -> None:
    """Black on white has 21 to 1, a colour on itself 1; #767676 is the lightest grey that passes on white."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#123456", "#123456") == 1
    assert contrast("#767676", "#ffffff") >= TEXT > contrast("#777777", "#ffffff")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_text_can_be_read(theme: Theme) -> None:
    """The ink and every meaning on the ground; the lines of axes as parts of a graphic."""
    assert theme.background
    inks = {name: theme.variables[f"md-{name}"] for name in MEANINGS if name not in GROUNDS}
    for name, ink in {**inks, "ink": str(theme.foreground)}.items():
        assert contrast(ink, theme.background) >= (LINES if name == "axis" else TEXT), name


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_stands_on_a_tint_can_be_read(theme: Theme) -> None:
    """In the footer and on the cursor: the ink, titles, and the keys in the accent."""
    assert theme.panel
    for ink in (theme.foreground, theme.accent, theme.variables["md-title"], theme.variables["md-knob"]):
        assert contrast(str(ink), theme.panel) >= TEXT


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_mark_in_a_bar_can_be_seen(theme: Theme) -> None:
    """It is cut in the colour of the ground into the bar's own."""
    for bar in ("series-1", "highlight"):
        assert contrast(theme.variables["md-ground"], theme.variables[f"md-{bar}"]) >= LINES


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_meaning_can_be_read_on_the_cursor(theme: Theme) -> None:
    """The cursor's tint lies under any of them: as text on the ground, and it can be told from the ground."""
    tint = theme.variables["md-cursor"]
    for name in MEANINGS:
        if name not in GROUNDS | {"axis"}:
            assert contrast(theme.variables[f"md-{name}"], tint) >= TEXT, name
    assert theme.background
    assert contrast(tint, theme.background) > 1.15


@pytest.mark.usefixtures("nearby", "state")
async def test_the_cursor_is_seen_in_sixteen_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the nearest of sixteen colours to tint and ground is one, the cursor is reversed; H and I differ always."""
    async with session() as s:
        monkeypatch.setattr(type(s.app.console), "color_system", "standard")
        for theme in THEMES:
            s.app.theme = theme.name
            canvas = s.app.main.query_one("#headline", Canvas)
            canvas.forget_styles()
            sixteen = {
                name: Color.parse(theme.variables[f"md-{name}"]).downgrade(ColorSystem.STANDARD) for name in MEANINGS
            }
            reverse = bool(canvas._style("", "cursor").reverse)
            assert reverse is (sixteen["cursor"] == sixteen["ground"]), theme.name
            assert sixteen["series-1"] != sixteen["series-2"], theme.name
            assert sixteen["good"] != sixteen["bad"], theme.name
            for name in set(MEANINGS) - GROUNDS:
                assert sixteen[name] != sixteen["ground"], (theme.name, name)


def faint(app: MarkovdiffApp, part: str) -> list[tuple[str, str, float]]:
    """What is written in a part of the screen in front, letters and digits, with less contrast than text must have."""
    found, box = [], app.screen.query_one(part).region if part else app.screen.region
    assert box.area
    for strip in app.screen._compositor.render_strips(app.size)[box.y : box.bottom]:
        for segment in strip.crop(box.x, box.right):
            style = segment.style
            if style and style.color and style.bgcolor and any(char.isalnum() for char in segment.text):
                ink, ground = (colour.get_truecolor().hex for colour in (style.color, style.bgcolor))
                if contrast(ink, ground) < TEXT:
                    found.append((segment.text, f"{ink} on {ground}", contrast(ink, ground)))
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("nearby", "state")
@few("theme", THEMES, ids=lambda theme: theme.name)
async def test_all_that_is_written_can_be_read(theme: Theme) -> None:
    """Each text on the ground on which it does stand: the panels, every matrix, the form, lists, the text, the lab.

    What a small dialogue lies upon is dimmed: it is inactive, and 1.4.3 asks nothing of that.
    """
    async with session() as s:
        s.app.theme = theme.name
        s.app.session.go(9)
        for key in ("c", "c", "c", "F", "8", "f"):
            await s.press(key)
            await s.rendered()
            assert not faint(s.app, ""), key
        dialogues = {"s": "", "question_mark": "", "e": "", "ctrl+e": "", "ctrl+l": "", "ctrl+p": "CommandList",
                     "x": ".small", "colon": ".small"}  # fmt: skip
        for key, part in dialogues.items():
            await s.press(key)
            await s.until(lambda: len(s.app.screen_stack) == 2)
            await s.until(lambda part=part: not part or s.app.screen.query_one(part).region.area)
            await s.pilot.pause(0.05)
            assert not faint(s.app, part), key
            await s.home()
        await s.press("e", "down", "x")
        assert not faint(s.app, "")
