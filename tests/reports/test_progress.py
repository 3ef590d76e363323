"""Progress in a notebook is one output of the cell that moves; on a terminal one line; elsewhere nothing at all."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import kernel
import notebook
import pytest

import markovdiff as md
from markovdiff.study import progress_display
from markovdiff.study.progress_display import Progressed

TWO = md.load("two-state").replace({"noise.steps": 4, "checks": {"dpi": "holds"}})
GRID = {"base": TWO, "grid": {"noise.steps": [1, 2, 3]}}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _every_state(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_display, "EVERY", 0.0)


def seen(states: list[Any]) -> list[tuple[str, float]]:
    return [(state.words, state.share) for state in states]


def test_a_sweep_is_one_output_that_moves() -> None:
    """One display with an id, brought up to date at each point, the last with all of them and no time left."""
    with notebook.kernel() as displayed:
        md.sweep(GRID, workers=1, progress=True)
    (states,) = displayed
    assert seen(states) == [(f"{k} of 3 points", k / 3) for k in range(4)]
    assert states[0].left is states[-1].left is None
    assert states[1].left > 0


def test_a_run_shows_its_tasks_at_one_place() -> None:
    """Steps, then pairs of times; each goes up to the whole."""
    with notebook.kernel() as displayed:
        md.run(TWO, progress=True)
    (states,) = displayed
    for task in ("two-state: steps", "two-state: pairs of times"):
        shares = [state.share for state in states if state.words == task]
        assert shares == sorted(shares)
        assert shares[-1] == 1


def test_a_terminal_has_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each state over the one before, the last ends the line; without a terminal there is none."""
    for stream, lines in ((Terminal(), 1), (io.StringIO(), 0)):
        monkeypatch.setattr(sys, "stderr", stream)
        md.sweep(GRID, workers=1, progress=True)
        assert stream.getvalue().count("\n") == lines
        assert stream.getvalue().endswith("3 of 3 points, 100%\n" if lines else "")


def test_nothing_is_shown_unasked() -> None:
    """In a notebook too; and a function is still called."""
    calls: list[tuple[int, int]] = []
    with notebook.kernel() as displayed:
        md.run(TWO)
        md.sweep(GRID, workers=1, progress=lambda done, count: calls.append((done, count)))
    assert not displayed
    assert calls == [(k, 3) for k in range(4)]


def test_words_are_escaped() -> None:
    """A scenario's name is text, in markup and on a terminal."""
    assert "&lt;b&gt;" in Progressed("<b>", 0.5)._repr_html_()
    with notebook.kernel() as displayed:
        md.run(TWO.replace("name", "a\x1b[2Jb"), progress=True)
    assert "\x1b" not in repr(displayed[0][0])


def test_a_real_kernel_is_told(tmp_path: Any) -> None:
    """The notebook that ships, in Jupyter's own kernel: a display, updates of the same id, the last as in its file."""
    pytest.importorskip("jupyter_client", reason="needs ipykernel and jupyter_client")
    page = json.loads(notebook.PAGE.read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"]
    (states,) = [found for published in kernel.messages(cells) if (found := kernel.states(published))]
    assert len(states) > 1
    assert states[-1] == "6 of 6 points, 100%"
