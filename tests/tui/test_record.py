"""What `tui --record` writes: played back, a frame has the numbers of its time, as a picture has."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import buffer_of

from markovdiff.cli import main
from tui.run_buffer import short

SGR = re.compile(r"\x1b\[[\d;]*m")


def played(cast: Path) -> Iterator[tuple[float, list[str]]]:
    """A terminal that knows as much as the file needs: where to write, and to forget colours."""
    header, *events = map(json.loads, cast.read_text(encoding="utf-8").splitlines())
    screen = [""] * header["height"]
    for seconds, kind, sent in events:
        assert kind == "o"
        for y, row in re.findall(r"\x1b\[(\d+);1H((?:(?!\x1b\[\d+;1H).)*)", sent, flags=re.DOTALL):
            screen[int(y) - 1] = SGR.sub("", row)
        yield seconds, list(screen)


@pytest.mark.slow
def test_a_cast_has_each_time_in_turn(folder: Path) -> None:
    """The headline of frame n is that of t = from + n, with H and I of the result; the header has the size."""
    assert main(["tui", "parity", "--record", "p.cast", "--from", "1", "--to", "4", "--size", "100x30"]) == 0
    header = json.loads((folder / "p.cast").read_text(encoding="utf-8").splitlines()[0])
    assert (header["version"], header["width"], header["height"]) == (2, 100, 30)
    *frames, (last, _) = played(folder / "p.cast")
    buffer = buffer_of("parity")
    assert len(frames) == 4
    for n, (seconds, rows) in enumerate(frames):
        assert seconds == n / 8
        assert f"t={n + 1}/6 " in rows[0]
        assert f"H={short(buffer.value(n + 1, 'entropy'), 5)}" in rows[0]
        assert f"I={short(buffer.value(n + 1, 'mutual_information'), 5)}" in rows[0]
        assert "checks hold" in rows[0]
        assert any("what is drawn" in row for row in rows)
    assert last == frames[-1][0] + 2


@pytest.mark.slow
@pytest.mark.usefixtures("nearby")
def test_the_same_gives_the_same_bytes(folder: Path) -> None:
    """Nothing of the clock is in a record."""
    for name in ("a", "b"):
        assert main(["tui", "pronouns", "--record", f"{name}.cast", "--to", "1"]) == 0
        assert main(["tui", "pronouns", "--record", f"{name}.svg", "--t", "2", "--theme", "light"]) == 0
    assert (folder / "a.cast").read_bytes() == (folder / "b.cast").read_bytes()
    picture = (folder / "a.svg").read_text(encoding="utf-8")
    assert picture == (folder / "b.svg").read_text(encoding="utf-8")
    assert "t=2/4" in re.sub(r"<[^>]*>", "", picture).replace("\xa0", " ")
    assert "#fbfbf8" in picture


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--record", "p.png"], "unknown kind of record"),
        (["--record", "p.svg", "--from", "1"], "a picture has one time"),
        (["--record", "p.cast", "--t", "1"], "a .cast has many times"),
        (["--record", "p.svg", "--serve"], "neither served nor played"),
        (["--record", "none/p.svg"], "no such folder"),
        (["--from", "1"], "nothing is recorded"),
        (["--size", "80x24"], "nothing is recorded"),
        (["--record", "p.svg", "--size", "80"], "columns and rows"),
        (["--record", "p.svg", "--t", "9"], "no such time"),
        (["--record", "p.cast", "--from", "3", "--to", "2"], "no such time"),
    ],
)
def test_what_does_not_go_together_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """With exit status 2, before a file is written."""
    assert main(["tui", "pronouns", *options]) == 2
    assert said in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_a_wrong_scenario_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As by `run`; one that cannot be finished has status 3."""
    (folder / "wrong.toml").write_text("data = 1", encoding="utf-8")
    assert main(["tui", "wrong.toml", "--record", "p.svg"]) == 2
    large = """data = { family = { kind = "zipf", size = 900 } }
noise = { steps = 900, kernel = { kind = "neighbour" }, schedule = { kind = "constant", beta = "1/3" } }
"""
    (folder / "large.toml").write_text(large, encoding="utf-8")
    assert main(["tui", "large.toml", "--record", "p.svg"]) == 3
    assert len(capsys.readouterr().err.splitlines()) > 2
    assert not (folder / "p.svg").exists()
