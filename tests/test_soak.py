"""A short soak of the terminal interface."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SOAK = Path(__file__).parent / "soak.py"


@pytest.mark.slow
def test_what_is_done_by_chance_ends_well() -> None:
    """Keys, mouse, sizes and edits by chance bring no crash and leave no process (seeded)."""
    done = subprocess.run([sys.executable, SOAK, "150", "3"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
