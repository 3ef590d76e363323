"""What every test shares: `chains` on the import path, and Hypothesis without a clock.

A slow machine is no counterexample. Where CI is set the examples are the same at every run; elsewhere they are
new each time. Some tests interrupt themselves: where a background shell has left Ctrl-C ignored it is heard again.
What has been imported and collected stays to the end, so the garbage collector need not look at it again and again,
and at what tests make it looks seldom. Each worker has a core, so numpy computes in one thread: others would wait by
spinning. Half of collecting is pytest's rewriting of assertions: every other worker goes backwards through the tests,
so that each finds the half rewritten that another has been through.
"""

import gc
import os
import signal
import sys
from collections.abc import Generator
from compileall import compile_dir
from pathlib import Path
from py_compile import PycInvalidationMode

import pytest
from hypothesis import settings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is imported, which is later
TESTS = Path(__file__).parent
ROOMS = [TESTS.parent / room for room in ("markovdiff", "tui")]
UNWRITTEN = sys.dont_write_bytecode
DRAWN = {"whole": 100, "third": 33}.get(os.environ.get("MARKOVDIFF_SEARCH", ""), 8)
"""Examples of a test that draws them and does not say how many."""
settings.register_profile("here", deadline=None, max_examples=DRAWN)
settings.register_profile("ci", deadline=None, max_examples=DRAWN, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Compile the modules once where Python may not keep them compiled: each process that a test starts needs them.

    They are known by what is in their source, not by its date, and are removed at the end.
    """
    if hasattr(config, "workerinput"):
        sys.dont_write_bytecode = False  # until all is collected
    elif UNWRITTEN:
        known = compiled()
        for room in ROOMS:
            compile_dir(room, quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        config.add_cleanup(lambda: remove(compiled() - known))


def compiled() -> set[Path]:
    """The compiled modules that there are."""
    return {file for room in (TESTS, *ROOMS) for file in room.rglob("*.pyc")}


def remove(files: set[Path]) -> None:
    """Take away compiled modules, and their folders once they are empty."""
    for file in files:
        file.unlink(missing_ok=True)
    for folder in {file.parent for file in files}:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def is_backward(config: pytest.Config) -> bool:
    """Whether this worker reads the tests from the last to the first."""
    worker = getattr(config, "workerinput", {"workerid": "gw0"})["workerid"]
    return int(worker.removeprefix("gw")) % 2 == 1


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if isinstance(collector, pytest.Directory) and is_backward(collector.config):
        report.result.reverse()
    return report


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Few tests have an example in a docstring: look for doctests only where there is a prompt."""
    prompted = file_path.suffix == ".py" and b">>>" in file_path.read_bytes()
    return [collector for collector in (yield) if prompted or type(collector) is pytest.Module]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In one order, whichever way they were read."""
    items.sort(key=lambda item: (item.path, isinstance(item, pytest.Function)))  # a file's doctests first


def pytest_itemcollected(item: pytest.Item) -> None:
    """What draws examples is a search."""
    if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
        item.add_marker(pytest.mark.search)


def pytest_collection_finish() -> None:
    sys.dont_write_bytecode = UNWRITTEN
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)  # tests make much that soon goes, and less of it in circles
