"""Where the program begins: before anything large is imported, signals are provided for."""

from __future__ import annotations

import sys
from typing import NoReturn

from markovdiff import signals


def entry(*before: str) -> NoReturn:
    """The console script: the words of the command line, after those `before` them."""
    signals.at_start()
    from markovdiff.cli import main

    status = main([*before, *sys.argv[1:]])
    signals.settled()
    sys.exit(status)
