"""Where the program begins: signals and a lack of memory are provided for before anything large is imported."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import NoReturn

from markovdiff import signals


def entry(*before: str) -> NoReturn:
    """Run the console script with the words of the command line, after those in `before`."""
    signals.at_start()
    try:
        from markovdiff.cli import main
    except (MemoryError, ImportError, OSError, SystemError) as error:
        _give_up(error)
    try:
        status = main([*before, *sys.argv[1:]])
    except Exception:  # a bug is seen, and is no verdict
        sys.excepthook(*sys.exc_info())
        status = signals.STATUS
    signals.settled()
    sys.exit(status)


def _give_up(error: Exception) -> NoReturn:
    """Say what is missing, memory as a rule, with what memory there is; Python's own exit status is 1, a verdict."""
    reason = str(error) if isinstance(error, ModuleNotFoundError | OSError) else "out of memory"
    with contextlib.suppress(OSError):
        os.write(2, f"markovdiff: the program cannot be loaded: {reason}\n".encode())
    os._exit(signals.STATUS)
