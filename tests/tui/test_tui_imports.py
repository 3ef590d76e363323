"""The terminal interface is loaded by nobody else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize("arguments", [["--help"], ["run", "two-state", "--quiet"], ["list"], ["tui", "--help"]])
def test_no_textual_without_the_screen(arguments: list[str], tmp_path: Path) -> None:
    """Help, a run and the list load neither Textual nor the screen."""
    code = (
        f"import sys\nfrom markovdiff.cli import main\nassert main({arguments!r}) == 0\n"
        "assert 'textual' not in sys.modules\nassert 'tui.app' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_pure_modules_know_no_textual(tmp_path: Path) -> None:
    """Painting, saving and the engine's two sides can be used without Textual."""
    code = (
        "import sys, tui.view, tui.panels, tui.run_buffer, tui.saving, tui.playback, tui.actions, tui.engine\n"
        "import tui.open, tui.session, tui.worker.study\n"
        "assert 'textual' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
