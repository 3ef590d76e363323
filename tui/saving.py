"""Saving what is on the screen: a picture, the numbers, the result, the scenario. Never over another file."""

from __future__ import annotations

import csv
import io
import shlex
import tomllib
from itertools import count
from pathlib import Path
from typing import Any

from tui.messages import Request
from tui.run_buffer import RunBuffer


def save(kind: str, run: RunBuffer, request: Request, t: int, folder: Path, picture: str | None = None) -> Path:
    """Write one of "svg", "csv", "json", "toml" into the folder under a name that is free; the path.

    Raises ValueError where the run is not far enough, OSError where the folder cannot be written.
    """
    stem = f"{request.name}-t{t}" if kind == "svg" else request.name
    content = _content(kind, run, request, picture)
    from markovdiff.study.output import write_new

    for n in count(1):
        path = folder / (f"{stem}.{kind}" if n == 1 else f"{stem}-{n}.{kind}")
        try:
            write_new(path, content)
        except FileExistsError:
            continue
        return path
    raise AssertionError


def _content(kind: str, run: RunBuffer, request: Request, picture: str | None) -> str:
    if kind == "svg":
        return picture or ""
    if kind == "toml":
        return request.text
    if run.finished is None:
        raise ValueError("the run has not ended yet")
    steps = [step.record for step in run.steps]
    if kind == "csv":
        return _table(steps)
    from markovdiff.study.result import dump

    return dump({**run.finished, "steps": steps})


def _table(steps: list[dict[str, Any]]) -> str:
    from markovdiff.study.result import csv_cell

    out = io.StringIO(newline="")
    names = [name for name in steps[0] if name != "marginal"]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for step in steps:
        writer.writerow([csv_cell(name, step[name]) for name in names])
    return out.getvalue()


def command_line(request: Request, t: int) -> str:
    """Return the command that shows this scenario at this time."""
    unit = f" --unit {request.unit}" if request.unit not in (None, _own_unit(request.text)) else ""
    return f"markovdiff tui {shlex.quote(request.source or request.name)} --t {t}{unit}"


def _own_unit(text: str) -> object:
    """Return the unit that a scenario's text names."""
    try:
        return tomllib.loads(text).get("unit", "bits")
    except ValueError:
        return None
