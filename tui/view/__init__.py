"""Say what is looked at, and draw the lines around the panels: pure functions from that and a size to rows of cells."""

from tui.view.headline import headline
from tui.view.preview import preview
from tui.view.view_state import MATRICES, SCALES, Readable, ReadNumber, ViewState

__all__ = ["MATRICES", "SCALES", "ReadNumber", "Readable", "ViewState", "headline", "preview"]
