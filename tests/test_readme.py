"""The README's own promises: its Python runs as it stands, its commands exist, its first one prints what is shown."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

from click.testing import CliRunner

import markovdiff as md
from markovdiff.cli import cli

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_python_block_runs_and_says_what_it_promises() -> None:
    """Every line of the block runs, and the values in its comments are the values."""
    block = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert block is not None
    names: dict[str, object] = {}
    exec(block[1], names)
    promised = re.search(r"mutual_information\.value  # '([0-9.]+)'", block[1])
    assert promised is not None
    result, study = names["result"], names["study"]
    assert isinstance(result, md.Result)
    assert isinstance(study, md.Scenario)
    assert result.steps[17].mutual_information.value == promised[1]
    assert result.steps[17].dobrushin == Fraction(9, 10)
    assert names["h"] == 2 * md.log(2) - Fraction(3, 4) * md.log(3)


def test_every_command_that_is_shown_exists() -> None:
    """Each `markovdiff …` line names a command, and its options are ones that the command has."""
    for command, rest in re.findall(r"^markovdiff (\w+)([^#\n|]*)", README, re.MULTILINE):
        shown = CliRunner().invoke(cli, [command, "--help"]).output
        assert "Usage" in shown
        assert all(option in shown for option in re.findall(r"--[a-z]+", rest))


def test_the_first_command_prints_what_is_shown() -> None:
    """Each line of the block below the first command is printed by it; ellipses stand for the rest."""
    shown = re.search(r"run two-state\n```\n\n```\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    printed = CliRunner().invoke(cli, ["run", "two-state"]).output.splitlines()
    assert not [line for line in shown[1].splitlines() if line.strip() != "…" and line not in printed]


def test_it_is_read_in_two_minutes() -> None:
    """The page has at most 120 lines."""
    assert len(README.splitlines()) <= 120
