"""Saving a scenario under a name: what is a name, and what a visitor of a served session may write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, Static

from markovdiff.study import confined
from tui.screens.save import SaveAs
from tui.themes import THEMES

TEXT = '[data]\nweights = [1]\nnoise = { steps = 1, kernel = { kind = "uniform" }, schedule = { kind = "jump" } }\n'


class Host(App[Path | None]):
    def __init__(self, into: Path) -> None:
        super().__init__()
        self.into = into
        self.register_theme(THEMES[0])
        self.theme = THEMES[0].name

    def on_mount(self) -> None:
        self.push_screen(SaveAs(TEXT, self.into, "s", self.into), self.exit)


@asynccontextmanager
async def saving(into: Path, name: str) -> AsyncIterator[tuple[Pilot[Path | None], str]]:
    """After a name and enter: the screen, and what it says."""
    app = Host(into)
    async with app.run_test() as pilot:
        await pilot.pause()
        app.screen.query_one(Input).value = name
        await pilot.press("enter")
        await pilot.pause()
        said = str(app.screen.query_one("#said", Static).content) if isinstance(app.screen, SaveAs) else ""
        yield pilot, said


@pytest.mark.parametrize("name", ["/", ".", "..", "", " ", "//", "a/..", "./"])
async def test_what_is_no_name_is_said(tmp_path: Path, name: str) -> None:
    """And ends nothing."""
    (tmp_path / "in").mkdir()
    async with saving(tmp_path / "in", name) as (_, said):
        assert said == "✗ a file needs a name"
    assert [path.name for path in tmp_path.rglob("*")] == ["in"]


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (tmp_path / "out").mkdir()
    (folder / "way").symlink_to(tmp_path / "out")
    (folder / "mine.toml").write_text("mine")
    monkeypatch.setenv(confined.VARIABLE, str(folder))
    return folder


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../s", "beneath its own folder only"),
        ("{root}/s.toml", "beneath its own folder only"),
        ("way/s.toml", "beneath its own folder only"),
        (".s.toml", "beneath its own folder only"),
        ("s.py", ".toml files only"),
        ("s.toml.py", ".toml files only"),
        ("s.TOML", ".toml files only"),
        (".toml", "beneath its own folder only"),
        ("none/s.toml", "cannot be written"),
        ("s\x1b.toml", "not a plain file name"),
        ("s\0.toml", "not a plain file name"),
    ],
)
async def test_a_visitor_saves_scenarios_beneath_the_folder_only(
    served: Path, tmp_path: Path, name: str, said: str
) -> None:
    """Every other name is refused with a sentence, and nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    async with saving(served, name.format(root=tmp_path)) as (_, words):
        assert words.startswith("✗")
        assert said in words
    assert sorted(tmp_path.rglob("*")) == before


async def test_a_visitor_saves_a_new_scenario(served: Path) -> None:
    """In the folder, or in one beneath it."""
    async with saving(served, "deep/s") as (pilot, _):
        assert pilot.app.return_value == served / "deep" / "s.toml"
    assert (served / "deep" / "s.toml").read_text() == TEXT


async def test_a_visitor_is_not_asked_whether_to_write_over(served: Path) -> None:
    """What is there stays, whatever is pressed."""
    async with saving(served, "mine") as (pilot, said):
        assert "writes over nothing" in said
        await pilot.press("y", "enter")
        await pilot.pause()
    assert (served / "mine.toml").read_text() == "mine"
