"""A confined process reads and writes beneath one folder: by the environment, so that its children are confined too.

- `..`, an absolute path, a link that leads out, a name in another folder's guise     not read, not written
- a hidden file (.ssh, .netrc, .git) beneath the folder                               not read, not written
- whether a file outside exists, is a folder, is large                                not told
- a file that is there                                                                not written over
- the list of the files opened lately, in the home of the one who serves              neither shown nor changed
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import soon

import markovdiff as md
from markovdiff.study import confined
from markovdiff.study.output import write_new, write_whole
from tui import recent
from tui.engine import EngineProcess
from tui.form.judgement import MAX_TEXT, light
from tui.messages import Failed, Request
from tui.run_buffer import RunBuffer
from tui.saving import save

TEXT = """[data]
text = {{ path = "{}" }}
[noise]
steps = 2
kernel = {{ kind = "uniform" }}
schedule = {{ kind = "jump" }}
"""


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that this process is confined to; beside it, and hidden in it, are files with a secret."""
    folder = tmp_path / "in"
    for place in (folder / "deep", folder / ".ssh", tmp_path / "in2", tmp_path / "out"):
        place.mkdir(parents=True)
        (place / "words").write_text("abab")
    (folder / "words").write_text("abab")
    (folder / ".netrc").write_text("abab")
    (folder / "link").symlink_to(tmp_path / "out" / "words")
    (folder / "way").symlink_to(tmp_path / "out")
    (folder / "near").symlink_to(folder / "deep" / "words")
    (folder / "hole").symlink_to(folder / ".netrc")
    (folder / "gone").symlink_to(tmp_path / "out" / "nothing.toml")
    monkeypatch.setenv(confined.VARIABLE, str(folder))
    monkeypatch.chdir(folder)
    return folder


ALLOWED = ["words", "deep/words", "./deep/../words", "near", "{root}/in/words", "{root}/out/../in/words"]
REFUSED = [
    "../out/words", "../in2/words", "{root}/out/words", "{root}/in2/words", "link", "way/words", "way/../out/words",
    ".netrc", ".ssh/words", "hole", "deep/../../out/words", "/etc/passwd", "/dev/zero", "/proc/self/environ",
    "../out/nothing", "../out", "way/nothing", "..", "/",
]  # fmt: skip


@pytest.mark.parametrize("path", ALLOWED)
def test_what_lies_beneath_is_read(inside: Path, path: str) -> None:
    """However it is written."""
    assert md.loads(TEXT.format(path.format(root=inside.parent)), folder=inside).data.states == ("a", "b")


@pytest.mark.parametrize("path", REFUSED)
def test_nothing_else_is_read(inside: Path, path: str) -> None:
    """One sentence for all, whether there is such a file or not."""
    with pytest.raises(md.InputError, match="a served session reads no file there"):
        md.loads(TEXT.format(path.format(root=inside.parent)), folder=inside)


@pytest.mark.parametrize(
    "key",
    [
        'npy = {{ path = "{}" }}', 'csv = {{ path = "{}", label = "a", count = "n" }}',
        'weights = [1, 1]\n[noise.kernel]\nkind = "matrix"\npath = "{}.npy"',
        'weights = [1, 1]\n[reverse.model]\nkind = "table"\npath = "{}.json"',
    ],
)  # fmt: skip
def test_no_key_reads_elsewhere(inside: Path, key: str) -> None:
    """Not only a text: counts, arrays, matrices, tables."""
    kernel = "" if "noise.kernel" in key else '[noise.kernel]\nkind = "uniform"\n'
    text = (
        f"[data]\n{key.format('../out/words')}\n{kernel}"
        '[noise]\nsteps = 2\n[noise.schedule]\nkind = "constant"\nbeta = "1/2"\n'
    )
    with pytest.raises(md.InputError, match="a served session reads no file there"):
        md.run(md.loads(text, folder=inside))


@pytest.mark.usefixtures("inside")
def test_scenarios_that_ship_are_read(tmp_path: Path) -> None:
    """With the files that they name; others not, and a link in a scenario's own place does not help."""
    assert md.load("two-state").T == 64
    assert md.load("letters-uniform").data.K > 20
    (tmp_path / "s.toml").write_text(TEXT.format("words"))
    for name in (tmp_path / "s.toml", Path("../s.toml")):
        with pytest.raises(md.InputError, match="a served session reads no file there"):
            md.load(name)


def test_a_child_is_confined(inside: Path) -> None:
    """The command in a process of its own, and the engine's process of the screen."""
    (inside / "s.toml").write_text(TEXT.format("../out/words"))
    line = [sys.executable, "-m", "markovdiff", "run", "s.toml"]
    done = subprocess.run(line, cwd=inside, capture_output=True, text=True, check=False)
    assert (done.returncode, "a served session reads no file there" in done.stderr) == (2, True)
    engine = EngineProcess()
    engine.keeps_spare = False
    try:
        engine.run(Request(TEXT.format("../out/words"), str(inside), "s"))
        messages = soon(engine.poll)
    finally:
        engine.close()
    (failed,) = messages
    assert isinstance(failed, Failed)
    assert "a served session reads no file there" in failed.message


def test_how_large_a_file_is_elsewhere_is_not_told(inside: Path) -> None:
    """A form treats scenarios with large files otherwise: with large ones beneath, and with none elsewhere."""
    for place in (inside, inside.parent / "out"):
        (place / "large").write_text("ab" * MAX_TEXT)
    assert not light(TEXT.format("large"), inside)
    assert light(TEXT.format("../out/large"), inside)
    assert light(TEXT.format("../out/none"), inside)


@pytest.mark.parametrize("path", ["s.toml", "deep/s.toml", "deep/../s.toml", "{root}/in/s.toml"])
def test_beneath_a_new_file_is_written(inside: Path, path: str) -> None:
    """Also in a folder that is there."""
    write_new(Path(path.format(root=inside.parent)), "x")
    assert len(list(inside.rglob("s.toml"))) == 1


@pytest.mark.parametrize(
    "path",
    [
        "../s.toml", "../out/s.toml", "{root}/s.toml", "way/s.toml", ".s.toml", ".ssh/s.toml", "deep/../../s.toml",
        "/s.toml", "..", "deep/..", "a\x1b[2J.toml", "a\n.toml", "\u202elmot.toml", "a\0.toml", "b" * 101,
    ],
)  # fmt: skip
def test_nowhere_else_is_a_file_written(inside: Path, path: str) -> None:
    """Nor one with a name that steers a terminal; by neither way of writing."""
    before = sorted(inside.parent.rglob("*"))
    with pytest.raises(md.InputError, match=r"served session|plain file name"):
        write_new(Path(path.format(root=inside.parent)), "x")
    with pytest.raises(md.InputError, match=r"served session|plain file name"):
        write_whole({("--json", path.format(root=inside.parent)): "x"})
    assert sorted(inside.parent.rglob("*")) == before


@pytest.mark.parametrize("name", ["words", "link", "near", "gone", "deep"])
def test_nothing_is_written_over(inside: Path, name: str) -> None:
    """Not a file, not what a link leads to, not a link that leads nowhere, not a folder."""
    with pytest.raises(md.InputError, match="writes over nothing"):
        write_whole({("--json", name): "x"})
    with pytest.raises(FileExistsError):
        write_new(Path(name), "x")
    assert {path.read_text() for path in inside.parent.rglob("words")} == {"abab"}
    assert not (inside.parent / "out" / "nothing.toml").exists()


def test_an_export_takes_the_next_name(inside: Path) -> None:
    """Where a link that leads out has the first; and a scenario whose file has an odd name leads nowhere."""
    (inside / "s.toml").symlink_to(inside.parent / "out" / "words")
    buffer = RunBuffer()
    assert save("toml", buffer, Request("x", ".", "s"), 0, inside).name == "s-2.toml"
    with pytest.raises(md.InputError, match="saves beneath its own folder only"):
        save("toml", buffer, Request("x", ".", "../out/s"), 0, inside)


def test_the_list_of_recent_files_is_not_a_visitors(
    inside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither read nor written, though it lies in the home of the one who serves."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with monkeypatch.context() as free:
        free.delenv(confined.VARIABLE)
        recent.remember(inside / "words")
        assert recent.known() == [inside / "words"]
    assert recent.known() == []
    recent.remember(inside / "near")
    monkeypatch.delenv(confined.VARIABLE)
    assert recent.known() == [inside / "words"]


def test_without_the_variable_nothing_is_confined(inside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty one is none; `to` confines for a while, and then all is as before."""
    out = inside.parent / "out"
    for value in (None, ""):
        if value is None:
            monkeypatch.delenv(confined.VARIABLE)
        else:
            monkeypatch.setenv(confined.VARIABLE, value)
        assert md.loads(TEXT.format("words"), folder=out).data.states == ("a", "b")
        with confined.to(str(inside)), pytest.raises(md.InputError):
            md.loads(TEXT.format("words"), folder=out)
        assert os.environ.get(confined.VARIABLE) == value
