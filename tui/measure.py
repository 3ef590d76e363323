"""How fast the screen is: `python -m tui.measure` prints the time to a first picture, to a redraw, to a key's answer.

The first is from the command to the first t on the screen, in a pseudo-terminal of 120×40, the median of five. The
second is the processor time that this process spends on a frame, all panels of a chain with K = 16 and T = 256, from
setting t to the bytes written, each t from 0 to T once. The third is from a key sent to the next t on the screen while
the engine works on K = 64, T = 256. Nothing here is a test: a busy machine is a slow one.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles

from tui.messages import Request

SIZE = (120, 40)
BETWEEN = 0.03
"""Seconds between two frames: enough for all that a frame sets off."""

KEYS = 40
"""Keys that are sent while the engine works."""

SCENARIO = """\
name = "measured"
data = { family = { kind = "triangular", size = 16 } }
noise = { steps = 256, kernel = { kind = "neighbour" }, schedule = { kind = "constant", beta = "1/20" } }
"""


def main() -> int:
    """Measure the three, and print them; with `--redraws-to FILE`, what the child of the second does."""
    parser = argparse.ArgumentParser(
        prog="python -m tui.measure",
        description="Time the screen: to a first picture, a redraw, and the answer to a key. It takes about a minute.",
    )
    parser.add_argument("--redraws-to", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    if (file := parser.parse_args().redraws_to) is not None:
        measured(file)
        return 0
    starts = sorted(first_picture() for _ in range(5))
    print(f"first picture: {median(starts):.2f} s (of five: {starts[0]:.2f} to {starts[-1]:.2f})")
    works = redraws()
    cuts = quantiles(works, n=20)
    print(f"redraw at {SIZE[0]}×{SIZE[1]}, K = 16, T = 256: median {median(works):.1f} ms, p95 {cuts[18]:.1f} ms")
    keys = answers()
    print(f"a key while K = 64, T = 256 runs: median {median(keys):.0f} ms, worst of {len(keys)} {max(keys):.0f} ms")
    return 0


def first_picture() -> float:
    """Return seconds from the command to its first picture."""
    begun = time.monotonic()
    seen = b""
    seconds = 0.0

    def look(some: bytes) -> bytes | None:
        nonlocal seen, seconds
        seen += some
        seconds = time.monotonic() - begun
        return None if b"/64" in seen else b""

    in_terminal([sys.executable, "-m", "markovdiff", "tui", "two-state"], look)
    return seconds


def redraws() -> list[float]:
    """Return milliseconds of work, frame by frame."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "works.json"
        in_terminal([sys.executable, "-m", "tui.measure", "--redraws-to", str(file)], lambda _some: b"")
        found: list[float] = json.loads(file.read_text(encoding="utf-8"))
    return found


def answers() -> list[float]:
    """Return milliseconds from a key to its answer on the screen, while a large chain runs."""
    found: list[float] = []
    sent = 0.0
    seen = b""

    def look(some: bytes) -> bytes | None:
        nonlocal sent, seen
        seen += some
        if not sent:
            if b"t=" not in seen:
                return b""
        elif f"t={len(found) + 1}/256".encode() in seen:
            found.append(1000 * (time.monotonic() - sent))
            if len(found) == KEYS:
                return None
        else:
            return b""
        seen, before, sent = b"", sent, time.monotonic()
        return b"]" if before else b"g]"

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.toml"
        file.write_text(SCENARIO.replace("size = 16", "size = 64"), encoding="utf-8")
        in_terminal([sys.executable, "-m", "markovdiff", "tui", str(file)], look)
    return found


def in_terminal(command: list[str], answer: Callable[[bytes], bytes | None]) -> None:
    """Run a command in a terminal of its own, giving it what `answer` says to what it writes; None ends it."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", XDG_STATE_HOME=os.devnull)
        os.execv(command[0], command)  # noqa: S606  (our own interpreter)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
    try:
        while (keys := answer(os.read(terminal, 65536))) is not None:
            os.write(terminal, keys)
        os.kill(child, 9)
    except OSError:
        pass  # it has ended, and its terminal with it
    finally:
        os.close(terminal)
        os.waitpid(child, 0)


def measured(file: Path) -> None:
    """Run the interface, go through all t, and write what each frame took."""
    from tui.app import MarkovdiffApp

    class Measured(MarkovdiffApp):
        """Itself, with a stopwatch."""

        works: list[float]
        since = 0.0

        def on_mount(self) -> None:
            self.works = []
            self.set_interval(BETWEEN, self.frame)

        def frame(self) -> None:
            """Note what the last one took, and begin the next."""
            if self.session.run.finished is None or self.session.run.sampled is None:
                return
            now = time.process_time()
            if self.since:
                self.works.append(1000 * (now - self.since))
            if len(self.works) > self.session.run.T:
                file.write_text(json.dumps(self.works), encoding="utf-8")
                self.exit()
                return
            self.session.playback.play()
            self.session.playback.go(len(self.works))
            self.since = time.process_time()
            self.session.look()

    Measured(Request(SCENARIO, ".", "measured"), fps=5, clock=lambda: 0.0).run()


if __name__ == "__main__":
    sys.exit(main())
