"""A program from its first line to its exit status: 1 is a verdict, so nothing that goes wrong may end with it.

Signals and a lack of memory are provided for before anything large is imported.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from typing import NoReturn

from markovdiff import signals


def carry_out(load: Callable[[], Callable[[], int]]) -> NoReturn:
    """Import what `load` imports, run what it returns, and end the process with the status that this gives.

    Where it cannot be imported a sentence says why; an exception that nobody foresaw is shown whole. Both end with 3.
    """
    signals.at_start()
    try:
        main = load()
    except (MemoryError, ImportError, OSError, SystemError) as error:
        _give_up(error)
    try:
        status = main()
    except Exception:  # a bug is seen, and is no verdict
        sys.excepthook(*sys.exc_info())
        status = signals.STATUS
    signals.settled()
    sys.exit(status)


def _give_up(error: Exception) -> NoReturn:
    """Say what is missing, memory as a rule, with what memory there is."""
    reason = str(error) if isinstance(error, ModuleNotFoundError | OSError) else "out of memory"
    with contextlib.suppress(OSError):
        os.write(2, f"markovdiff: the program cannot be loaded: {reason}\n".encode())
    os._exit(signals.STATUS)
