"""Use the terminal interface as nobody would: `python tests/soak.py [EVENTS] [SEED]`, by default 10,000 and seed 1.

Keys of the registry, other printable ones, the mouse, sizes from 60×15 to 200×60, by chance; the palette, the lists,
the dialogues, the form, the text, the lab and the tour are opened and keys pressed in them at once. There is no
terminal, but there are real engine processes, in a folder of their own. Now and then the program is left and opened
anew (a key may do that, too). Every 500 events the interface is brought back to one chain at rest, and the memory it
has then is told. The command ends with 1 on a crash, on a process that outlives the program, or where the memory of the
last quarter is, in the mean, more than GROWTH above that of the second: the first fills what is kept on purpose. About
30 events a second.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import multiprocessing
import os
import shutil
import string
import sys
import tempfile
import time
import traceback
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random
from statistics import fmean

from textual import events
from textual.pilot import OutOfBounds, Pilot

from tui.actions import ACTIONS
from tui.app import MarkovdiffApp
from tui.messages import Request

SCENARIOS = Path(__file__).parents[1] / "scenarios"

GROWTH = 16
"""Megabytes from the second quarter of a use to its last."""

MARK = 500
"""Events between two looks at the memory."""

PATIENCE = 120
"""Seconds for one event, or for a chain to be run."""

KEYS = [key for action in ACTIONS if action.name != "quit" for key in action.keys.split(",")]

MOVES = (
    "escape", "escape", "enter", "enter", "tab", "shift+tab", "up", "down", "down", "left", "right", "pageup",
    "pagedown", "home", "end", "backspace", "delete", "space", "ctrl+s", "ctrl+z", "ctrl+e", "ctrl+a", "ctrl+k",
    "ctrl+l", "ctrl+p", "ctrl+w", "f1", "shift+right", "y", "n",
)  # fmt: skip

OPENERS = ("ctrl+p", "s", "e", "ctrl+e", "x", "colon", "slash", "w", "question_mark", "ctrl+l", "T")
"""What opens a list, a form, a text, a dialogue, a page, the lab and the tour."""

INSIDE = (
    "pageup", "pagedown", "up", "down", "home", "end", "ctrl+home", "ctrl+end", "shift+home", "shift+end", "left",
    "right", "tab", "shift+tab", "backspace", "delete", "enter", "space", "ctrl+k", "ctrl+u", "ctrl+z", "ctrl+s",
    "shift+left", "shift+right", "ctrl+right", "1", "2", "3", "4", "5", "6", "a", "b", "c", "e", "i", "t", "z", "=",
    "0", "[", "]", "{", "}",
)  # fmt: skip
"""What is pressed there, at once after it opens and while it fills."""

PRINTABLE = [c for c in string.digits * 3 + "./-" * 3 + string.ascii_letters + "[]{}\"'=#,é✓" if c != "q"]

PASTED = ("1/3", "0.05", "uniform", "[", '"', "\n\n[noise]\nsteps = 7\n", "\x1b[31m", "\u202e", "9" * 300, "x.toml")


class Soak:
    """One use of the interface: what has been done, and what was measured."""

    def __init__(self, count: int, seed: int, folder: Path) -> None:
        self.count, self.folder = count, folder
        self.random = Random(seed)
        self.done = 0
        self.last: deque[str] = deque(maxlen=30)
        self.kinds: Counter[str] = Counter()
        self.levels: list[float] = []
        self.sessions = 0

    def request(self) -> Request:
        """A chain to open with."""
        path = self.random.choice(sorted(self.folder.glob("*.toml")))
        return Request(path.read_text(encoding="utf-8"), str(path.parent), path.stem, source=str(path))

    async def session(self) -> None:
        """Open, use until the program is left or all is done, and leave."""
        self.sessions += 1
        app = MarkovdiffApp(self.request(), play=True, fps=10)
        async with app.run_test(size=(120, 40)) as pilot:
            while self.done < self.count and app.is_running and app.return_code is None:
                self.done += 1
                if await asyncio.wait_for(self.event(app, pilot), PATIENCE):
                    break
                if self.done % MARK == 0 and app.is_running and app.return_code is None:
                    self.measure(await self.at_rest(app, pilot))

    async def event(self, app: MarkovdiffApp, pilot: Pilot[None]) -> bool:
        """One thing that a person does; whether it was to leave."""
        choices: tuple[tuple[Callable[[MarkovdiffApp, Pilot[None]], Awaitable[None]], int], ...] = (
            (self.key, 400), (self.move, 220), (self.type, 120), (self.click, 100), (self.hover, 60), (self.wheel, 50),
            (self.drag, 20), (self.resize, 25), (self.paste, 10), (self.home, 40), (self.wait, 20), (self.inside, 120),
        )  # fmt: skip
        if self.random.random() < 0.002:
            self.note("leave", "")
            return True
        acts, weights = zip(*choices, strict=True)
        try:
            await self.random.choices(acts, weights)[0](app, pilot)
        except OutOfBounds:
            self.last.append("(outside)")
        return False

    def note(self, kind: str, what: object) -> None:
        self.kinds[kind] += 1
        self.last.append(f"{self.done}: {kind} {what!r}")

    async def press(self, kind: str, key: str, pilot: Pilot[None]) -> None:
        self.note(kind, key)
        await pilot.press(key)

    async def key(self, _app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        await self.press("key", self.random.choice(KEYS), pilot)

    async def move(self, _app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        await self.press("move", self.random.choice(MOVES), pilot)

    async def type(self, _app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        await self.press("type", self.random.choice(PRINTABLE), pilot)

    async def inside(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        """Open one thing, and press keys in it before and after it is laid out."""
        opener = self.random.choice(OPENERS)
        keys = [self.random.choice(INSIDE) for _ in range(self.random.randint(1, 8))]
        self.note("inside", (opener, *keys))
        if self.random.random() < 0.7:
            for _ in range(6):
                if len(app.screen_stack) > 1:
                    await pilot.press("escape")
        for key in (opener, *keys):  # one by one without a pause: what they come upon may not be laid out
            app.simulate_key(key)
        await pilot.pause()

    def place(self, app: MarkovdiffApp) -> tuple[int, int]:
        return self.random.randrange(app.size.width), self.random.randrange(app.size.height)

    async def click(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        place, times = self.place(app), self.random.choice((1, 1, 1, 2))
        self.note("click", (place, times))
        await pilot.click(offset=place, times=times)

    async def hover(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        place = self.place(app)
        self.note("hover", place)
        await pilot.hover(offset=place)

    async def wheel(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        place, way = self.place(app), self.random.choice((events.MouseScrollDown, events.MouseScrollUp))
        self.note("wheel", (place, way.__name__))
        await pilot._post_mouse_events([way], offset=place, button=0)

    async def drag(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        places = [self.place(app) for _ in range(3)]
        if self.random.random() < 0.6:  # the scrubber is the second line
            places = [(x, 1) for x, _ in places]
        self.note("drag", places)
        await pilot.mouse_down(offset=places[0])
        try:
            await pilot.hover(offset=places[1])
        finally:
            await pilot.mouse_up(offset=places[2])

    async def resize(self, _app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        size = self.random.randint(60, 200), self.random.randint(15, 60)
        self.note("resize", size)
        await pilot.resize_terminal(*size)

    async def paste(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        text = self.random.choice(PASTED)
        self.note("paste", text)
        app.post_message(events.Paste(text))
        await pilot.pause()

    async def home(self, app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        self.note("home", "")
        for _ in range(6):
            if len(app.screen_stack) > 1:
                await pilot.press("escape")

    async def wait(self, _app: MarkovdiffApp, pilot: Pilot[None]) -> None:
        self.note("wait", "")
        await pilot.pause(self.random.uniform(0, 0.3))

    async def at_rest(self, app: MarkovdiffApp, pilot: Pilot[None]) -> MarkovdiffApp:
        """One chain, run to its end, nothing marked, nothing over it."""
        await self.home(app, pilot)
        if app.session.tour is not None:
            app.session.leave_tour()
        app.session.pinned_run = app.session.lab = None
        path = SCENARIOS / "two-state.toml"
        app.session.begin(Request(path.read_text(encoding="utf-8"), str(path.parent), path.stem))
        deadline = time.monotonic() + PATIENCE
        while app.session.run.finished is None or app.session.run.sampled is None:
            assert time.monotonic() < deadline, "the chain was not run"
            await pilot.pause(0.02)
        return app

    def measure(self, app: MarkovdiffApp) -> None:
        """Tell the memory, when what is not needed has been given back."""
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        self.levels.append(resident())
        living = len(multiprocessing.active_children())
        widgets = len(app.screen.query("*"))
        print(f"{self.done:>7,} events  {self.levels[-1]:6.1f} MB  {living} processes  {widgets} widgets", flush=True)


def resident() -> float:
    """This process's memory in MB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def orphans() -> list[str]:
    """The engine's processes that still live: ours, or whoever's if their parent is gone."""
    found = [f"{child.pid}" for child in multiprocessing.active_children()]
    mine = f"SOAK={os.getpid()}".encode()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            alive = (place / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
            if alive and b"spawn_main" in (place / "cmdline").read_bytes() and mine in (place / "environ").read_bytes():
                found.append(place.name)
        except OSError:
            continue
    return sorted(set(found))


def main(count: int = 10_000, seed: int = 1) -> int:
    """Soak; the exit status."""
    with tempfile.TemporaryDirectory(prefix="markovdiff-soak-") as name:
        folder = Path(name) / "work"
        shutil.copytree(SCENARIOS, folder)
        for variable in ("HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
            os.environ[variable] = name
        os.environ["SOAK"] = str(os.getpid())
        os.chdir(folder)
        begun, soak = time.monotonic(), Soak(count, seed, folder)
        try:
            while soak.done < count:
                asyncio.run(soak.session())
                if left := orphans():
                    print(f"seed {seed}: processes outlive the program: {left}, after {soak.last}")
                    return 1
        except Exception:
            traceback.print_exc()
            print(f"seed {seed}: a crash at event {soak.done:,}; the last were\n  " + "\n  ".join(soak.last))
            return 1
        finally:
            os.chdir("/")
    kinds = ", ".join(f"{n:,} {kind}" for kind, n in soak.kinds.most_common())
    grown = growth(soak.levels)
    print(f"seed {seed}: {count:,} events in {time.monotonic() - begun:.0f} s ({kinds}), {soak.sessions} sessions;")
    told = "too few to tell whether memory grows" if grown is None else f"memory at rest grew by {grown:.1f} MB"
    print(f"no crash, no process left; {told}")
    return 1 if grown is not None and grown > GROWTH else 0


def growth(levels: list[float]) -> float | None:
    """How much higher the last quarter is than the second, in the mean; None of fewer than four.

    >>> growth([90, 100, 101, 99, 100, 101, 99, 100]), growth([90, 100, 110, 120, 130, 140, 150, 160])
    (-0.5, 40.0)
    """
    quarter = len(levels) // 4
    return fmean(levels[-quarter:]) - fmean(levels[quarter : 2 * quarter]) if quarter else None


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
