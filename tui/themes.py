"""Colours: few, each with one meaning, told apart by people who see red and green alike.

The series are those of the palette of Okabe & Ito (2008), lighter or darker where a ground asks for it. State is never told by colour alone: every
verdict has its word, the second kind of line its dashes, the cursor its tint and its mark on the scrubber.
Text has a contrast of 4.5 to 1 at least, on the ground and on the cursor's tint, the lines of an axis 3 to 1: WCAG
2.2, criteria 1.4.3 and 1.4.11.
"""

from __future__ import annotations

from textual.theme import Theme

MEANINGS = ("axis", "dim", "series-1", "series-2", "series-3", "series-4", "mark", "highlight", "cursor", "past", "knob",
            "good", "bad", "title", "undefined", "beneath", "ground")  # fmt: skip


def _theme(name: str, dark: bool, ground: str, ink: str, colours: dict[str, str]) -> Theme:
    return Theme(
        name=name,
        primary=colours["series-1"],
        secondary=colours["series-3"],
        accent=colours["series-2"],
        warning=colours["series-2"],
        error=colours["bad"],
        success=colours["good"],
        foreground=ink,
        background=ground,
        surface=colours["cursor"],
        panel=colours["cursor"],
        dark=dark,
        variables={
            **{f"md-{meaning}": colour for meaning, colour in {**colours, "ground": ground}.items()},
            **dict.fromkeys(("text-muted", "text-disabled"), colours["dim"]),
            "block-cursor-foreground": ground,
            "block-cursor-background": colours["series-1"],
            "block-cursor-blurred-foreground": ink,
            "block-cursor-blurred-background": colours["cursor"],
        },
    )


DARK = _theme("markovdiff-dark", True, "#11151a", "#d8dee6", {
    "axis": "#5c6773", "dim": "#929ca8", "beneath": "#a491d0", "title": "#ffffff", "cursor": "#27313c", "undefined": "#8d99a6",
    "series-1": "#56b4e9", "series-2": "#e69f00", "series-3": "#3fbf97", "series-4": "#d284ae",
    "mark": "#f0e442", "highlight": "#f0e442", "past": "#56b4e9", "knob": "#ffffff", "good": "#3fbf97", "bad": "#ff7a45",
})  # fmt: skip
LIGHT = _theme("markovdiff-light", False, "#fbfbf8", "#20262c", {
    "axis": "#8a9097", "dim": "#5f6872", "beneath": "#7157a8", "title": "#000000", "cursor": "#e2e8ed", "undefined": "#5f6872",
    "series-1": "#0069a5", "series-2": "#8a4d00", "series-3": "#006b4a", "series-4": "#9a4274",
    "mark": "#735600", "highlight": "#8a4d00", "past": "#0069a5", "knob": "#000000", "good": "#006b4a", "bad": "#a83800",
})  # fmt: skip
CONTRAST = _theme("markovdiff-contrast", True, "#000000", "#ffffff", {
    "axis": "#b0b0b0", "dim": "#d0d0d0", "beneath": "#c0a8ff", "title": "#ffffff", "cursor": "#363636", "undefined": "#b0b0b0",
    "series-1": "#7fd0ff", "series-2": "#ffb000", "series-3": "#5fffc0", "series-4": "#ff9fd8",
    "mark": "#ffff60", "highlight": "#ffff60", "past": "#ffffff", "knob": "#ffffff", "good": "#5fffc0", "bad": "#ff8050",
})  # fmt: skip

THEMES = (DARK, LIGHT, CONTRAST)
