"""The streams: results on stdout, everything else on stderr, and what to do when one of them is closed or full."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import IO, TYPE_CHECKING, Any

import click

from markovdiff.errors import InputError, LimitError, printable

if TYPE_CHECKING:
    from rich.console import Console


def out(text: str) -> None:
    """Write text to stdout. If the reader closes the pipe early, as `| head` does, that is no error."""
    if sys.stdout is None:
        raise InputError("stdout is closed", remedy="leave it open, or write to files with --quiet")
    with _stdout():
        sys.stdout.write(text)
        sys.stdout.flush()


@contextlib.contextmanager
def _stdout() -> Iterator[None]:
    """Write to stdout in the block: it arrives, or the reader has left, or an error says why it did not."""
    try:
        yield
    except BrokenPipeError:
        abandon(sys.stdout)
    except OSError as error:
        abandon(sys.stdout)
        raise InputError(
            f"stdout cannot be written: {error.strerror}", remedy="make room, or write elsewhere"
        ) from None


def abandon(stream: IO[str]) -> None:
    """Discard what a stream still holds, so that the interpreter does not stumble over it at its end."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def given_on_stdin(limit: int) -> bytes:
    """Return all that stdin holds. Raise InputError where it cannot be read, LimitError past `limit` bytes."""
    if sys.stdin is None:
        raise InputError("stdin is closed", where="-", remedy="leave it open, or name a file")
    try:
        content = sys.stdin.buffer.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise InputError(f"stdin cannot be read: {reason}", where="-", remedy="name a file") from None
    if len(content) > limit:
        raise LimitError("too much on stdin", where="-", expected=f"at most {limit} bytes")
    return content


def aside(message: str) -> None:
    """Write a message to stderr; where that is impossible, the exit status has to be enough."""
    try:
        click.echo(message, err=True)
    except OSError:
        abandon(sys.stderr)


def draw(render: Callable[[Console], None]) -> None:
    """Print with Rich on a terminal, else as plain text without the padding that Rich leaves."""
    from rich.console import Console

    console = Console(highlight=False, file=sys.stdout or io.StringIO())
    with _stdout(), console.capture() as captured:
        render(console)
    text = captured.get()
    if not console.is_terminal:
        text = "".join(line.rstrip() + "\n" for line in text.splitlines())
    out(text)


@contextlib.contextmanager
def progress(name: str, shown: bool) -> Iterator[Callable[[str, float], None]]:
    """Show a bar on stderr for a run that lasts over a second; `tick(task, share)` moves it."""
    begun = time.monotonic()
    bar: Any = None
    tasks: dict[str, Any] = {}

    def tick(task: str, share: float) -> None:
        nonlocal bar
        if not shown or (bar is None and time.monotonic() - begun < 1):
            return
        if bar is None:
            from rich.console import Console
            from rich.progress import Progress

            bar = Progress(console=Console(stderr=True), transient=True)
            bar.start()
        if task not in tasks:
            from rich.markup import escape

            tasks[task] = bar.add_task(escape(printable(f"{name}: {task}")), total=1.0)
        bar.update(tasks[task], completed=share)

    try:
        yield tick
    finally:
        if bar is not None:
            bar.stop()


def is_terminal(stream: object) -> bool:
    """Return whether a person reads the stream; a closed stream has no reader."""
    return isinstance(stream, io.TextIOBase) and stream.isatty()


def speak_utf8() -> None:
    """Use UTF-8 for files and pipes; on a terminal its own encoding, with "?" for what it cannot show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="replace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
