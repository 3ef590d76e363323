"""Where the console script begins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import NoReturn

from markovdiff.program import carry_out


def entry(*before: str) -> NoReturn:
    """Run the console script with the words of the command line, after those in `before`."""

    def load() -> Callable[[], int]:
        from markovdiff.cli import main

        return lambda: main([*before, *sys.argv[1:]])

    carry_out(load)
