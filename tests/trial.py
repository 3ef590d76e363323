"""One input to the program, tried where it can do no harm: in a child with a deadline, then judged from outside.

A `Trial` is a folder's files and a command line. The child has a limit on its processor time, its memory and its
files; runs that the forecast puts over PATIENCE seconds are refused there, so that whatever does run has to end within
DEADLINE, or the forecast was wrong. `complaint` says what is wrong with how it ended, in words, or nothing:

    the status is 0, 1, 2 or 3 and one that the input allows     no traceback, no control character in a message
    2 comes with a message and leaves no file behind             0 and 1 agree with the verdicts in the JSON written
"""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markovdiff.cli import main
from markovdiff.study import forecast

PATIENCE = 2
"""Seconds that a run may be forecast to last."""

DEADLINE = 30
"""Seconds of processor time that any input may take: the forecast is right to a factor of a few."""

WALL = 300
"""Seconds by the clock, for what waits and does not compute."""

MEMORY = 4 * 2**30

CRASHED = 99
"""The child's status where an exception came out of `main`."""

ANY = frozenset(range(4))


@dataclass(frozen=True)
class Trial:
    """Files by name, a command line, the statuses that are right; stdin is the file called "stdin", or empty."""

    arguments: tuple[str, ...]
    files: dict[str, bytes] = field(default_factory=dict)
    allowed: frozenset[int] = ANY

    def write(self, folder: Path) -> None:
        for name, content in self.files.items():
            (folder / name).write_bytes(content)


@dataclass(frozen=True)
class Outcome:
    """How it ended. A negative status is a signal; None stands for no end at all."""

    status: int | None
    out: str
    err: str
    files: dict[str, bytes]


def here(trial: Trial, folder: Path) -> Outcome:
    """Try it in a fork of this process, which has everything imported."""
    inner = _prepared(trial, folder)
    child = multiprocessing.get_context("fork").Process(target=_child, args=(trial.arguments, inner))
    child.start()
    child.join(WALL)
    if child.exitcode is None:
        child.kill()
        child.join()
        return _outcome(None, folder)
    return _outcome(child.exitcode, folder)


def apart(trial: Trial, folder: Path) -> Outcome:
    """Try it in a fresh interpreter, as a shell would."""
    inner = _prepared(trial, folder)
    patient = f"import markovdiff.start as s, markovdiff.study.forecast as f; f.MAX_SECONDS = {PATIENCE}; s.entry()"
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err, _stdin(inner).open("rb") as stdin:
        try:
            done = subprocess.run(
                [sys.executable, "-c", patient, *trial.arguments], cwd=inner, stdin=stdin, stdout=out, stderr=err,
                timeout=WALL, check=False, preexec_fn=_limit,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _outcome(None, folder)
    return _outcome(done.returncode, folder)


def _prepared(trial: Trial, folder: Path) -> Path:
    inner = folder / "in"
    inner.mkdir()
    trial.write(inner)
    return inner


def _stdin(inner: Path) -> Path:
    return inner / "stdin" if (inner / "stdin").exists() else Path(os.devnull)


def _limit(held: int = 0) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (DEADLINE, DEADLINE + 1))
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, held + MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _child(arguments: Sequence[str], inner: Path) -> None:
    forecast.MAX_SECONDS = PATIENCE
    _limit(_held())
    os.chdir(inner)
    sys.stdin = _stdin(inner).open(encoding="utf-8")
    sys.stdout, sys.stderr = ((inner.parent / name).open("w", encoding="utf-8") for name in ("out", "err"))
    try:
        status = main(list(arguments))
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        status = CRASHED
    sys.stderr.flush()
    os._exit(status)


def _held() -> int:
    """Bytes that a fork begins with: those of all tests before it."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()


def _outcome(status: int | None, folder: Path) -> Outcome:
    out, err = ((folder / name).read_bytes().decode("utf-8", "backslashreplace") for name in ("out", "err"))
    return Outcome(status, out, err, {path.name: path.read_bytes() for path in (folder / "in").iterdir()})


def complaint(trial: Trial, ended: Outcome) -> str | None:
    """What is wrong with how a trial ended, if anything is."""
    if ended.status is None:
        return f"no end within {WALL} s"
    if ended.status not in ANY:
        return f"ended with status {ended.status}: {ended.err[-400:]}"
    if ended.status not in trial.allowed:
        return f"status {ended.status}, where only {sorted(trial.allowed)} is right: {ended.err[:400]}"
    if "Traceback" in ended.out + ended.err:
        return f"a traceback: {ended.err[-400:]}"
    said = ended.err + ("" if "-" in trial.arguments else ended.out)
    if odd := {c for c in said if not c.isprintable() and c not in "\n\t"}:
        return f"control characters reach the screen: {odd} in {said[:400]!r}"
    return _message(ended) or _files(trial, ended) or _verdict(trial, ended)


def _message(ended: Outcome) -> str | None:
    if ended.status == 2 and not ended.err.strip():
        return "status 2 without a message"
    if ended.status in (0, 1) and ended.err:
        return f"status {ended.status} with a message: {ended.err[:400]}"
    if "out of memory" in ended.err:
        return f"memory was asked for before it was known to be enough: {ended.err[:400]}"
    if len(ended.err) > 4000:
        return f"a message of {len(ended.err)} characters"
    return None


def _files(trial: Trial, ended: Outcome) -> str | None:
    if changed := [name for name, content in trial.files.items() if ended.files.get(name) != content]:
        return f"changed its input {changed}"
    new = sorted(ended.files.keys() - trial.files.keys())
    if new and ended.status == 2:
        return f"status 2 and yet there is {new}"
    if parts := [name for name in new if name.startswith(".markovdiff-")]:
        return f"left {parts} behind"
    return None


def _verdict(trial: Trial, ended: Outcome) -> str | None:
    """The status against the verdicts in the JSON, where a run wrote one."""
    if trial.arguments[:1] not in (("run",), ("verify",)) or "out.json" not in trial.arguments:
        return None
    if ended.status == 2 or (ended.status == 3 and "out.json" not in ended.files):
        return None
    if "out.json" not in ended.files:
        return f"status {ended.status} and no JSON"
    record: Any = json.loads(ended.files["out.json"])
    results = record if isinstance(record, list) else [record]
    verdicts = {check["verdict"] for result in results for check in result["checks"]}
    right = 1 if "fails" in verdicts else 3 if "undecided" in verdicts else 0
    return None if ended.status == right else f"status {ended.status}, though the verdicts are {verdicts}"
