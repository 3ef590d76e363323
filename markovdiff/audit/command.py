"""`markovdiff audit`, and `python -m markovdiff.audit`: a file in, a verdict on it out.

0  every claim examined is true            2  the file is malformed, or has no enclosures
1  one is not; it is named                 3  interrupted, too long, undecided, or nothing was confirmed
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import sys
import time
from contextlib import suppress
from typing import IO, Self

from markovdiff import signals
from markovdiff.audit import budget, record
from markovdiff.audit.claims import WrongError
from markovdiff.audit.examination import Examination
from markovdiff.audit.numerals import quoted
from markovdiff.audit.report import Report
from markovdiff.audit.sequences.examination import SequenceExamination
from markovdiff.errors import NO_MEMORY, InputError, MarkovdiffError

ABOUT = """Recompute a result (or a certificate) by an independent route and confirm every number in it.

Standard library only: integers, fractions, and logarithms between proven bounds; nothing of the engine."""


def steps_of(text: str) -> range:
    """Read A:B as the steps A … B.

    >>> steps_of("3:5"), steps_of("7")
    (range(3, 6), range(7, 8))
    """
    match = re.fullmatch(r"([0-9]{1,9})?(:)?([0-9]{1,9})?", text, re.ASCII)
    if match is None or not (match[1] or match[3]) or (match[3] and not match[2]):
        raise InputError("not a range of steps", where="--steps", expected="A:B, such as 0:16 or 60:", got=quoted(text))
    a = int(match[1] or 0)
    b = int(match[3] or 10**9) if match[2] else a
    if a > b:
        raise InputError("an empty range of steps", where="--steps", expected="A ≤ B", got=quoted(text))
    return range(a, b + 1)


def audit(
    path: str,
    steps: range | None = None,
    sample: int | None = None,
    seed: int = 0,
    *,
    scenario: str | None = None,
    minutes: float = budget.MINUTES,
) -> int:
    """Audit a file, print what was found, and return the exit status."""
    try:
        with signals.interrupting(), budget.limited(minutes):
            return _audit(path, steps, sample, seed, scenario)
    except MarkovdiffError as error:
        return _complain(str(error), error.status)
    except KeyboardInterrupt:
        return _complain("interrupted; nothing was decided", 3)
    except (*NO_MEMORY, RecursionError):
        return _complain("out of memory; audit a part with --steps or --sample", 3)


def _audit(path: str, steps: range | None, sample: int | None, seed: int, scenario: str | None) -> int:
    statuses = []
    for part in record.load(path):
        name = ""
        try:
            read = examination(part, None if scenario is None else record.digest(scenario))
            name = read.scenario.name
            chosen = _chosen(read.T, steps, sample, seed)
            with Bar(name) as bar:
                report = read.run(chosen, bar.tick)
        except WrongError as wrong:
            _say(f"{quoted(name)[1:-1]}: WRONG at {wrong.where}\n  said      {wrong.said}\n  true      {wrong.true}")
            return 1
        statuses.append(report.status)
        _say(_summary(report, sample, seed))
    return max(statuses)


def examination(part: record.Part, sha256: str | None = None) -> Examination | SequenceExamination:
    """Return what examines a record, of one symbol or of sequences. Raise InputError where it is no result."""
    part["schema"].text((*record.RESULTS, record.CERTIFICATE))
    return (SequenceExamination if part["scenario"].get("sequences") else Examination)(part, sha256)


def _chosen(T: int, steps: range | None, sample: int | None, seed: int) -> list[int] | None:
    """Return the steps to be audited; None for all."""
    if steps is None and sample is None:
        return None
    within = [t for t in range(T + 1) if steps is None or t in steps]
    if not within:
        raise InputError("no such steps", where="--steps", expected=f"within 0 … {T}")
    if sample is not None and sample < len(within):
        within = sorted(random.Random(seed).sample(within, sample))  # noqa: S311  (sampling, not secrets)
    return within


def _summary(report: Report, sample: int | None, seed: int) -> str:
    """Return what was confirmed and what was not; the last line says what the audit does not cover."""
    found = ", ".join(f"{n} {what}" for what, n in report.counts.items() if n) or "nothing"
    left = f"; {report.open_count} left undecided" if report.open_count else ""
    line = f"{quoted(report.name)[1:-1]}: confirmed {found}; none wrong{left}"
    if report.is_whole:
        line = f"{line} (all of t = 0…{report.T}, the ledger, the checks)"
    else:
        which = _runs(report.steps) + (f", sampled with seed {seed}" if sample is not None else "")
        line = (
            f"{line} (a part: {len(report.steps)} of {report.T + 1} times, t = {which}; not the ledger, not the checks)"
        )
    if report.open_count:
        more = ["…"] * (report.open_count > len(report.left_open))
        line += "\n  the result leaves undecided what is: " + "; ".join([*report.left_open, *more])
    return f"{line}\n  not covered: {'; '.join(report.uncovered)}"


def _runs(times: tuple[int, ...]) -> str:
    """Return the first few times as runs: 3, 5…8 and so on."""
    runs: list[list[int]] = []
    for t in times:
        if runs and t == runs[-1][1] + 1:
            runs[-1][1] = t
        else:
            runs.append([t, t])
    words = [str(a) if a == b else f"{a}…{b}" for a, b in runs]
    return ", ".join(words[:12]) + (", …" if len(words) > 12 else "")


class Bar:
    """A bar on a terminal's stderr, once a second has passed."""

    def __init__(self, name: str) -> None:
        self.name = quoted(name)[1:-1]
        self.shown = sys.stderr is not None and sys.stderr.isatty()
        self.begun = self.last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.shown and self.last > self.begun:
            self._write("\r\x1b[K")

    def tick(self, share: float) -> None:
        """Show that this share of the work is done."""
        now = time.monotonic()
        if not self.shown or now - self.begun < 1 or now - self.last < 0.1:
            return
        self.last = now
        done = round(30 * share)
        self._write(f"\r{self.name:.30} [{'#' * done}{'.' * (30 - done)}] {100 * share:3.0f} %")

    @staticmethod
    def _write(text: str) -> None:
        with suppress(OSError):
            sys.stderr.write(text)
            sys.stderr.flush()


def _say(text: str) -> None:
    """Print on stdout. A reader who has left early is no error: the exit status is still the verdict."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _abandon(sys.stdout)
    except OSError as error:
        _abandon(sys.stdout)
        raise InputError(
            f"stdout cannot be written: {error.strerror}", remedy="make room, or write elsewhere"
        ) from None


def _complain(text: str, status: int) -> int:
    """Print on stderr; where that is impossible the exit status has to be enough."""
    if sys.stderr is None:  # where print() would take stdout instead
        return status
    try:
        print(f"markovdiff audit: {text}", file=sys.stderr, flush=True)
    except OSError:
        _abandon(sys.stderr)
    return status


def _abandon(stream: IO[str]) -> None:
    """Discard what a stream still holds, so that the interpreter does not stumble over it at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def main(arguments: list[str] | None = None) -> int:
    """Run the program `python -m markovdiff.audit` and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m markovdiff.audit", description=ABOUT, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("result", metavar="RESULT.json", help="a result or a certificate; - for stdin")
    parser.add_argument("--steps", metavar="A:B", help="audit these steps only")
    parser.add_argument("--sample", type=_positive, metavar="N", help="audit N steps, drawn by the seed")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="for --sample (default 0)")
    parser.add_argument("--scenario", metavar="FILE", help="compare the hash in a certificate with this file's")
    parser.add_argument(
        "--minutes", type=_minutes, default=budget.MINUTES, metavar="M", help="work allowed (default %(default)s)"
    )
    given = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        steps = None if given.steps is None else steps_of(given.steps)
    except InputError as error:
        return _complain(str(error), error.status)
    return audit(given.result, steps, given.sample, given.seed, scenario=given.scenario, minutes=given.minutes)


def _positive(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) is None or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number above zero is needed")
    return int(text)


def _minutes(text: str) -> float:
    if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text, re.ASCII) is None or float(text) <= 0:
        raise argparse.ArgumentTypeError("a number of minutes above zero is needed")
    return float(text)
