"""What every test shares: `chains` on the import path, and Hypothesis without a clock.

A slow machine is no counterexample. Where CI is set the examples are the same at every run; elsewhere they are
new each time. Some tests interrupt themselves: where a background shell has left Ctrl-C ignored it is heard again.
What has been imported and collected stays to the end, so the garbage collector need not look at it again and again.
"""

import gc
import os
import signal

from hypothesis import settings

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
