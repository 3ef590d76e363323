"""Runs made in this process without a screen, and what the panels show of them as text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pictures import is_a_picture, is_a_row

from tui import raster, view
from tui.messages import Ask, InspectionQuestion, Message, NaiveFloatQuestion, Request
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.view import reading
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SIZES = [(1, 1), (1, 60), (200, 1), (2, 2), (3, 3), (5, 9), (20, 6), (39, 5), (58, 14), (80, 24), (120, 40), (200, 60)]
JUMP = 'noise = { steps = 2, kernel = { kind = "%s" }, schedule = { kind = "jump" } }\n'

OWN = {
    "one-state": "data = { weights = [1] }\n" + JUMP % "uniform",
    "many-states": f"data = {{ weights = {[1] * 70} }}\n" + JUMP % "uniform",
    "no-loss": "data = { weights = [1, 0, 2] }\n" + JUMP % "absorbing",
    "infinite": "data = { weights = [1, 2, 3] }\n" + JUMP % "absorbing" + '[reverse]\nprior = "uniform"\n',
    "impossible": "data = { weights = [1, 0] }\n"
    'noise = { steps = 1, kernel = { kind = "per-step", steps_rows = [[[1, 0], [0, 1]]] } }\n',
    "wide": 'title = "日本語 e\\u0301 \\t 👩‍👩‍👧 done"\n'
    'data = { states = ["日", "e\\u0301", "👩‍👩‍👧"], weights = [1, 2, 3] }\n' + JUMP % "uniform",
    "long-name": f'title = "{"long " * 60}"\ndata = {{ states = ["{"a" * 90}", "b"], weights = [1, 2] }}\n'
    + JUMP % "uniform",
}
NAMES = ["two-state", "memory", "letters-masked", "permutation", "dense-late", "elbo-mask-prior", "two-rooms"]


@cache
def messages(name: str) -> tuple[Message, ...]:
    """What the engine's process would send of a scenario, without the process."""
    text = OWN[name] if name in OWN else (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    sent: list[Message] = []
    Study(Request(text, str(SCENARIOS), name), sent.append).perform(lambda: None)
    return tuple(sent)


def buffer_of(name: str, part: float = 1.0) -> RunBuffer:
    """A run buffer as far as this part of its messages."""
    buffer, sent = RunBuffer(), messages(name)
    for message in sent[: round(part * len(sent))]:
        buffer.take(message)
    return buffer


def drawn(number: str, state: view.ViewState, width: int, height: int) -> str:
    """The text of a panel, its form checked: height rows of width columns."""
    rows = PANELS[number].draw(state, width, height)
    assert is_a_picture(rows, width, height), (number, width, height)
    return raster.text(rows)


def lines(number: str, name: str, t: int, width: int = 80, height: int = 24) -> list[str]:
    return drawn(number, view.ViewState(buffer_of(name), t), width, height).splitlines()


def read_out(state: view.ViewState, spot: view.Readable, answer: str | None = None, width: int = 120) -> str:
    row = reading.render(state, spot, answer, width)
    assert is_a_row(row, width)
    return raster.text([row])


@cache
def shaded(name: str, kind: str = "exact") -> RunBuffer:
    """A whole run buffer with what float64 has beside it."""
    return _asked(name, NaiveFloatQuestion(), f'\n[arithmetic]\nkind = "{kind}"\n')


@cache
def inspected(name: str) -> RunBuffer:
    """A whole run buffer with what `inspect` says beside it."""
    return _asked(name, InspectionQuestion())


def _asked(name: str, question: Ask, more: str = "") -> RunBuffer:
    """A whole run buffer of a scenario with more text at its end, and the reply to a question."""
    text = OWN[name] if name in OWN else (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    sent: list[Message] = []
    study = Study(Request(text + more, str(SCENARIOS), name), sent.append)
    study.perform(lambda: None)
    study.ask(question)
    buffer = RunBuffer()
    for message in sent:
        buffer.take(message)
    return buffer
