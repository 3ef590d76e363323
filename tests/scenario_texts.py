"""Scenarios as text: a small one with one part at choice, and one whose reverse model a table brings."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import markovdiff as md
from markovdiff.errors import InputError

CONSTANT = '{ kind = "constant", beta = "1/10" }'

GOOD = [[["3/4", "1/4"], ["1/2", "1/2"]], [["5/8", "3/8"], ["1/3", "2/3"]]]
"""R_1, R_2 for two states."""


def text(data: str = "weights = [3, 1]", kernel: str = '{ kind = "uniform" }', noise: str | None = None) -> str:
    """A scenario's text, sound wherever it is not replaced."""
    noise = f"steps = 3\nschedule = {CONSTANT}" if noise is None else noise
    return f"[data]\n{data}\n\n[noise]\nkernel = {kernel}\n{noise}\n"


def scenario_text(
    model: str = 'kind = "bayes"',
    prior: str = '"marginal"',
    *,
    data: str = "weights = [3, 1]",
    kernel: str = '{ kind = "uniform" }',
    noise: str = 'schedule = { kind = "constant", beta = "1/3" }',
    T: int = 2,
    more: str = "",
) -> str:
    return (
        f"[data]\n{data}\n[noise]\nsteps = {T}\nkernel = {kernel}\n{noise}\n"
        f"[reverse]\nmodel = {{ {model} }}\nprior = {prior}\n{more}\n"
    )


def run(*arguments: str, folder: Path | str = ".", **options: Any) -> md.Result:
    return md.run(md.loads(scenario_text(*arguments, **options), folder=folder))


def refused(*arguments: str, folder: Path | str = ".", **options: Any) -> InputError:
    """The error that the scenario is refused with, before anything is run: status 2, and it says where."""
    with pytest.raises(InputError) as caught:
        md.loads(scenario_text(*arguments, **options), folder=folder)
    assert caught.value.status == 2
    assert caught.value.what
    assert caught.value.where
    return caught.value


def toml(rows: object) -> str:
    """A nested list as TOML writes it (JSON without nulls is the same)."""
    return json.dumps(rows)


def table(rows: object) -> str:
    return f'kind = "table", rows = {toml(rows)}'


def brought(path: Path, more: str = "") -> str:
    return f'kind = "table", path = "{path.name}"{more}'


def as_json(folder: Path, content: object) -> Path:
    path = folder / "rows.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def as_npz(folder: Path, **arrays: object) -> Path:
    path = folder / "rows.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def floats(rows: object) -> np.ndarray[Any, Any]:
    """The nearest doubles of a nested list of fractions."""
    return np.array([[[float(Fraction(x)) for x in row] for row in matrix] for matrix in rows])  # type: ignore[attr-defined]


def model_record(result: md.Result) -> dict[str, Any]:
    record: Any = result.scenario["reverse"]
    return dict(record["model"])
