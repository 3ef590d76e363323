"""Files opened lately: the newest first, few, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tui import recent


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


def files(folder: Path, count: int) -> list[Path]:
    made = [folder / f"{n}.toml" for n in range(count)]
    for path in made:
        path.write_text("", encoding="utf-8")
    return made


def test_the_newest_comes_first_and_once(tmp_path: Path) -> None:
    """A file opened again moves to the head."""
    a, b, c = files(tmp_path, 3)
    for path in (a, b, c, a):
        recent.remember(path)
    assert recent.known() == [a, c, b]


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    """The oldest are forgotten."""
    made = files(tmp_path, recent.MOST + 3)
    for path in made:
        recent.remember(path)
    assert recent.known() == made[::-1][: recent.MOST]


def test_what_is_gone_is_not_shown(tmp_path: Path) -> None:
    """A file that was removed is no choice."""
    a, b = files(tmp_path, 2)
    recent.remember(a)
    recent.remember(b)
    b.unlink()
    assert recent.known() == [a]


def test_where_nothing_can_be_kept_nothing_happens(tmp_path: Path, state: Path) -> None:
    """A file in the way of the folder: no list, no error."""
    state.write_text("in the way", encoding="utf-8")
    recent.remember(tmp_path / "a.toml")
    assert recent.known() == []


def test_a_list_that_is_no_text_is_no_list(state: Path) -> None:
    """Bytes of something else."""
    (state / "markovdiff").mkdir(parents=True)
    (state / "markovdiff" / "recent").write_bytes(b"\xff\xfe\x00")
    assert recent.known() == []
