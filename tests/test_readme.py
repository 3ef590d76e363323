"""The README's own promises: its Python runs as it stands, and its commands exist."""

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


def test_every_kind_of_the_file_format_is_told() -> None:
    """Each kernel, schedule, family, model and check that a scenario may name stands in the README."""
    kinds: list[str] = []
    from markovdiff.study import fileformat

    def tags(union: object) -> list[str]:
        return [str(member.__struct_config__.tag) for member in union.__args__]  # type: ignore[attr-defined]

    for union in (fileformat.Kernel, fileformat.Schedule, fileformat.Family, fileformat.Model):
        kinds += tags(union)
    kinds += [name.replace("_", "-") for name in fileformat.Checks.__struct_fields__]
    assert not [kind for kind in kinds if f"`{kind}`" not in README]
