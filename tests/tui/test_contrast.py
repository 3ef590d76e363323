"""Every theme can be read: contrasts by the formula of WCAG 2.2, relative luminance of sRGB colours."""

from __future__ import annotations

import pytest
from textual.theme import Theme

from tui.themes import MEANINGS, THEMES

TEXT, LINES = 4.5, 3.0
"""What WCAG 2.2 asks of text (1.4.3, AA) and of the parts of a graphic (1.4.11)."""

GROUNDS = {"cursor", "ground"}
"""Meanings that are never written in, except the ground inside a bar."""


def luminance(colour: str) -> float:
    """The relative luminance of "#rrggbb"."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    r, g, b = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """The ratio of two luminances, the lighter above."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


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
