"""`python -m markovdiff.audit RESULT.json`."""

from __future__ import annotations

from collections.abc import Callable

from markovdiff.program import carry_out


def load() -> Callable[[], int]:
    """Import the command."""
    from markovdiff.audit.command import main

    return main


if __name__ == "__main__":
    carry_out(load)
