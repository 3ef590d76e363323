"""What an audit reports: what it confirmed, what the record left undecided, and what the audit does not cover."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from markovdiff.audit.claims import WrongError
from markovdiff.audit.record import CERTIFICATE, RESULTS, Part
from markovdiff.errors import InputError


@dataclass(frozen=True)
class Report:
    """What was confirmed, what the record left undecided, and what the audit does not cover."""

    name: str
    counts: Mapping[str, int]
    steps: tuple[int, ...]
    T: int
    left_open: tuple[str, ...] = ()
    open_count: int = 0
    uncovered: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether all of the record was examined."""
        return len(self.steps) == self.T + 1

    @property
    def status(self) -> int:
        """0 where something was confirmed and nothing is left open, else 3."""
        return 3 if self.open_count or not any(self.counts.values()) else 0


def identity(part: Part, sha256: str | None) -> list[str]:
    """Read what a record says of itself that cannot be recomputed, and list it by name.

    `sha256` is that of the file which a certificate is said to be of, where it is at hand.
    """
    uncovered = ["the scenario's name, title and description"]
    schema = part["schema"].value
    if schema == CERTIFICATE:
        uncovered += ["versions", *_digest(part["scenario_sha256"], sha256)]
        for key in part["versions"].table():
            part["versions"][key].text()
        return uncovered
    if sha256 is not None:
        raise InputError("a result has no hash of its scenario", where="--scenario", expected="a certificate")
    part["markovdiff"].text()
    uncovered.append("markovdiff (the version)")
    if schema == RESULTS[-1]:
        notes = [note.text() for note in part["notes"].items()]
        uncovered += [f"notes ({len(notes)})"] if notes else []
        uncovered += ["practice"] if part.get("practice") else []
    return uncovered


def _digest(part: Part, sha256: str | None) -> list[str]:
    """Check that a hash has the form of one, and is that of the file where there is one to compare."""
    given = part.text()
    if not re.fullmatch("[0-9a-f]{64}", given) or len(set(given)) < 3:
        raise part.fail("not the hash of a file", "64 hexadecimal digits")
    if sha256 is None:
        return ["scenario_sha256 (--scenario FILE compares it)"]
    if sha256 != given:
        raise WrongError("scenario_sha256", given, sha256)
    return []
