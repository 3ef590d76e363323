"""Saved files: what is in them, and that nothing is written over."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from breadth import few

import markovdiff as md
from markovdiff.study.schema import result_schema
from tui.messages import Request
from tui.run_buffer import RunBuffer
from tui.saving import command_line, save
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def filmed(name: str) -> tuple[RunBuffer, Request]:
    buffer = RunBuffer()
    request = Request((SCENARIOS / f"{name}.toml").read_text(encoding="utf-8"), str(SCENARIOS), name)
    Study(request, buffer.take).perform(lambda: None)
    return buffer, request


@few("name", ["memory", "two-state", "elbo-mask-prior", "permutation", "letters-masked"])
def test_files_are_those_of_the_command_line(name: str, tmp_path: Path) -> None:
    """CSV as `--csv` writes it; JSON as `--json --distributions`, valid by the schema; TOML as it was read."""
    buffer, request = filmed(name)
    result = md.run(md.load(name))
    assert save("csv", buffer, request, 3, tmp_path).read_text(encoding="utf-8") == result.to_csv()
    text = save("json", buffer, request, 3, tmp_path).read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), result_schema())
    assert text == result.to_json(distributions=True)
    assert save("toml", buffer, request, 3, tmp_path).read_text(encoding="utf-8") == request.text


@pytest.mark.parametrize("kind", ["svg", "csv", "json", "toml"])
def test_never_over_another(kind: str, tmp_path: Path) -> None:
    """A name that is taken is left alone: -2, -3, ..."""
    buffer, request = filmed("memory")
    stem = "memory-t5" if kind == "svg" else "memory"
    (tmp_path / f"{stem}.{kind}").write_text("mine", encoding="utf-8")
    (tmp_path / f"{stem}-3.{kind}").mkdir()
    for name in (f"{stem}-2.{kind}", f"{stem}-4.{kind}"):
        assert save(kind, buffer, request, 5, tmp_path, "<svg/>") == tmp_path / name
    assert (tmp_path / f"{stem}.{kind}").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_an_unfinished_run_has_no_numbers(kind: str, tmp_path: Path) -> None:
    """Before the end there is an error and no file."""
    with pytest.raises(ValueError, match="not ended"):
        save(kind, RunBuffer(), Request("", ".", "x"), 0, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_is_quoted() -> None:
    """A path with blanks comes back as one word."""
    assert command_line(Request("", ".", "x", source="my dir/x.toml"), 7) == "markovdiff tui 'my dir/x.toml' --t 7"
