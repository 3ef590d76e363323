"""The schemas of findings hold of what `inspect`, `steps` and `unmask` write with --json, and of nothing else."""

from __future__ import annotations

import json
from copy import deepcopy

import jsonschema
import pytest
from click.testing import CliRunner

import markovdiff as md
from markovdiff.cli import cli
from markovdiff.designs.schema import inspection_schema

NAMES = ("two-state", "two-rooms", "permutation", "memory", "jump-masked", "neighbours", "elbo-tight")
"""One class and several, a period, a process with memory, steps that change, a law of x0 that ends."""


@pytest.mark.parametrize("name", NAMES)
def test_what_is_written_is_what_the_schema_says(name: str) -> None:
    """By jsonschema, from the command itself."""
    written = json.loads(CliRunner().invoke(cli, ["inspect", name, "--json"]).output)
    jsonschema.validate(written, inspection_schema())
    assert written == json.loads(json.dumps(md.inspect(name).record()))


def test_the_schema_refuses_what_is_not_written() -> None:
    """A key more, a key less, a number in place of a rational, a period that is a word."""
    schema = json.loads(CliRunner().invoke(cli, ["schema", "inspect"]).output)
    jsonschema.Draft202012Validator.check_schema(schema)
    honest = json.loads(json.dumps(md.inspect("two-state").record()))
    wrong = [deepcopy(honest) for _ in range(4)]
    wrong[0]["more"] = 1
    del wrong[1]["kernels"][0]["eta_kl"]
    wrong[2]["kernels"][0]["eta_tv"] = 0.9
    wrong[3]["kernels"][0]["classes"][0]["period"] = "one"
    assert not any(jsonschema.Draft202012Validator(schema).is_valid(record) for record in wrong)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("steps", ["parity"]),
        ("steps", ["bridge-plug-in", "--steps", "2"]),
        ("steps", ["parity", "--steps", "2", "--set", "reverse.prior=uniform"]),
        ("unmask", ["parity", "--stages", "2"]),
        ("unmask", ["sonnets", "--stages", "3", "--set", "data.length=6"]),
    ],
)
def test_what_steps_and_unmask_write_is_what_their_schemas_say(command: str, arguments: list[str]) -> None:
    """Numbers that are undefined and those that are not found too; no key more, no key less, no word for a number."""
    schema = json.loads(CliRunner().invoke(cli, ["schema", command]).output)
    jsonschema.Draft202012Validator.check_schema(schema)
    written = json.loads(CliRunner().invoke(cli, [command, *arguments, "--json", "-"]).output)
    jsonschema.validate(written, schema)
    wrong = [deepcopy(written) for _ in range(4)]
    wrong[0]["more"] = 1
    del wrong[1]["entropy"]
    wrong[2]["length"] = "three"
    wrong[3]["schema"] = "markovdiff.result/2"
    assert not any(jsonschema.Draft202012Validator(schema).is_valid(record) for record in wrong)
