"""Hostile input: the cases that once went wrong, and a short run of the fuzzer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import CASES, case
from trial import apart, complaint

FUZZ = Path(__file__).parent / "fuzz.py"


@pytest.mark.parametrize("folder", sorted(CASES.iterdir()), ids=lambda folder: folder.name)
def test_what_was_found_stays_mended(folder: Path, tmp_path: Path) -> None:
    """Each input that once ended wrongly ends as it should."""
    given = case(folder)
    assert complaint(given, apart(given, tmp_path)) is None


@pytest.mark.parametrize("inputs", ["25", pytest.param("200", marks=pytest.mark.slow)])
def test_what_is_mutated_ends_well(inputs: str) -> None:
    """No mutated scenario, table or result brings a traceback, a hang or a wrong status (seeded)."""
    done = subprocess.run([sys.executable, FUZZ, inputs, "7"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
