"""How long a move of the page's slider takes, on the browser's own clock: script and layout; a frame has 16.7 ms.

python tests/reports/moves.py [SCENARIO]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from statistics import median

import chromium

import markovdiff as md

FRAMES = """
const done = arguments[0], range = document.querySelector("input[type=range]"), work = [], frames = [];
let t = 0, before;
function frame(now) {
  if (before !== undefined) frames.push(now - before);
  before = now;
  if (t > Number(range.max)) return done({ work, frames });
  const begun = performance.now();
  range.value = t++;
  range.dispatchEvent(new Event("input"));
  document.body.getBoundingClientRect();
  work.push(performance.now() - begun);
  requestAnimationFrame(frame);
}
requestAnimationFrame(frame);
"""
"""Moves the slider once a frame to its end; `work` is script and layout of a move, `frames` the time between frames."""


def main(name: str = "letters-uniform") -> None:
    """Measure the second walk to the end: the first makes what is kept."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        md.report(name, path)
        with chromium.opened(path) as window:
            window.execute_async_script(FRAMES)
            measured = window.execute_async_script(FRAMES)
    work, frames = measured["work"], measured["frames"]
    print(f"{name}: {len(work)} moves, median {median(work):.1f} ms, longest {max(work):.1f} ms;", end=" ")
    print(f"a frame every {median(frames):.1f} ms")


if __name__ == "__main__":
    main(*sys.argv[1:])
