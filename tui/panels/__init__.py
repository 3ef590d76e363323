"""The panels of the main screen, a file each. A module here that has a PANEL is on the screen: no list names it."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tui.panel import Panel

PANELS: dict[str, Panel] = {
    panel.name: panel
    for panel in sorted(
        (import_module(f"{__name__}.{module.name}").PANEL for module in iter_modules(__path__)),
        key=lambda panel: panel.key,
    )
}
"""The panels by name, in the order of their keys."""
