"""Guide: the lab, and the tour through the real screens."""

from __future__ import annotations

from tui.doing.study import StudyActions
from tui.lab.bench import Bench
from tui.screens.lab import Lab


class GuideActions(StudyActions):
    """The actions that teach."""

    bench: Bench | None = None

    def action_lab(self) -> None:
        """The lab, as it was left."""
        self.playback.pause()

        def left(bench: Bench | None) -> None:
            self.bench = bench

        self.push_screen(Lab(self.bench), left)
