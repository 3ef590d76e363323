"""Scenarios and results from strangers: no code in them runs, no limit comes too late, no character steers a terminal.

Between its own processes the program talks through multiprocessing, which pickles; nothing that came from a file is
ever unpickled. A path in a scenario is taken as it is written: relative to the scenario's folder, or absolute; of a
visitor of a served session it is confined to one folder (tests/study/test_confined.py, tests/tui/test_serve.py).
"""

from __future__ import annotations

import ast
import io
import json
import os
import struct
import subprocess
import sys
import unicodedata
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import trial
from breadth import few
from sound import LABELS, SCHEDULE, SMALL
from trial import Outcome, Trial, complaint, here

import markovdiff as md
from markovdiff.study import files
from tui.app import MarkovdiffApp
from tui.canvas import Canvas
from tui.messages import Request

HOME = Path(__file__).parents[1]
SOURCES = sorted(path for room in ("markovdiff", "tui") for path in (HOME / room).rglob("*.py"))

WEIGHTS, KERNEL, PRIOR = "weights = [3, 1, 2]", '"uniform" }', 'prior = "uniform"'


# the source


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every import and every call in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return tuple(node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom | ast.Call))


@cache
def calls(path: Path) -> tuple[tuple[str, ast.Call], ...]:
    """Every call in a file, with what is called as it is written."""
    return tuple((written(node.func), node) for node in nodes(path) if isinstance(node, ast.Call))


def written(node: ast.expr) -> str:
    """The expression as it is written; names and their attributes without the long way of `unparse`."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            return f"{written(value)}.{name}"
    return ast.unparse(node)


@pytest.mark.slow
def test_nothing_that_runs_what_it_reads() -> None:
    """No eval, no exec, no shell, and no module that unpickles is imported anywhere."""
    banned = {"eval", "exec", "compile", "__import__", "os.system", "os.popen", "breakpoint"}
    modules = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "yaml", "subprocess", "runpy"}
    for path in SOURCES:
        assert not {name for name, _ in calls(path)} & banned, path
        for node in nodes(path):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            allowed = {"subprocess"} if path.name == "measure.py" else set()
            assert not {name.split(".")[0] for name in names} & (modules - allowed), path


def test_numpy_never_unpickles() -> None:
    """Every np.load says allow_pickle=False itself, whatever numpy's default is; there are some."""
    loads = [call for path in SOURCES for name, call in calls(path) if name in ("np.load", "numpy.load", "load.npy")]
    assert len(loads) >= 2
    for call in loads:
        (given,) = [keyword.value for keyword in call.keywords if keyword.arg == "allow_pickle"]
        assert isinstance(given, ast.Constant)
        assert given.value is False


def test_few_files_write() -> None:
    """Files are made, replaced or removed in these modules and in no other."""
    writing = {"write_text", "write_bytes", "mkstemp", "unlink", "rename", "replace_with", "mkdir", "hardlink_to",
               "symlink_to", "touch", "rmdir", "rmtree", "makedirs", "mkdtemp", "remove_tree"}  # fmt: skip
    found = set()
    for path in SOURCES:
        for name, call in calls(path):
            words = [a.value for a in (*call.args, *(k.value for k in call.keywords)) if isinstance(a, ast.Constant)]
            mode = name.split(".")[-1] in ("open", "fdopen") and any(
                isinstance(word, str) and set(word) & set("wxa+") and set(word) <= set("rwxabt+") for word in words
            )
            if mode or name.split(".")[-1] in writing:
                found.add(path.relative_to(HOME).as_posix())
    assert found <= {"markovdiff/study/output.py", "tui/recent.py", "tui/measure.py"}
    assert "markovdiff/study/output.py" in found


def test_few_files_read() -> None:
    """What a scenario names is read by `study.files`, which a served session confines; these read their own files."""
    own = {
        "markovdiff/audit/record.py", "markovdiff/cli/reading.py", "markovdiff/cli/streams.py",
        "markovdiff/audit/command.py",
        "markovdiff/study/output.py", "tui/dialogues.py", "tui/engine.py", "tui/measure.py", "tui/session.py",
        "markovdiff/process/plugins.py", "markovdiff/reports/page.py", "tui/picture.py", "tui/recent.py",
        "tui/serving/server.py",
    }  # fmt: skip
    reading = {"read_text", "read_bytes", "open", "fdopen", "FileIO", "FileResponse", "loadtxt", "fromfile", "memmap"}
    found = {
        path.relative_to(HOME).as_posix()
        for path in SOURCES
        for name, _ in calls(path)
        if name.rpartition(".")[2] in reading
        and name not in ("files.read_text", "files.read_bytes", "read_bytes", "read_text")
    }
    assert found - own == {"markovdiff/study/files.py"}


WATCH = """
import os, sys
from pathlib import Path
written = set()
def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and isinstance(arguments[2], int):
        if arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            written.add(arguments[0])
    elif event in ("os.system", "subprocess.Popen", "os.exec", "os.mkdir", "socket.connect", "pickle.find_class"):
        if not (event == "pickle.find_class" and ours(*arguments)):
            written.add(f"{event} {arguments}")
def ours(module, name):
    return module.split(".")[0] in ("markovdiff", "builtins", "fractions", "decimal", "pathlib", "msgspec")
sys.addaudithook(watch)
from markovdiff.cli import main
status = main(sys.argv[1:])
folder = os.path.realpath(".") + "/.markovdiff-"
print(status, *sorted(name for name in written if not name.startswith(folder) and name != os.devnull))
"""


def test_only_what_was_named_is_written(tmp_path: Path) -> None:
    """Watched by the interpreter itself, a run opens nothing for writing but its output's temporary file."""
    (tmp_path / "s.toml").write_text(SMALL.replace(WEIGHTS, 'npy = { path = "p.npy" }'), encoding="utf-8")
    np.save(tmp_path / "p.npy", np.array([3, 1, 2]))
    command = [sys.executable, "-B", "-c", WATCH, "run", "s.toml", "-q", "--json", "out.json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert {path.name for path in tmp_path.iterdir()} == {"s.toml", "p.npy", "out.json"}


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    """An .npy file of objects, whose pickle would write a file, is refused, alone and inside an .npz."""
    payload = f"cposix\nsystem\n(S'touch {tmp_path}/owned'\ntR.".encode()
    evil = header((1,), "|O") + payload
    files = {"k.npy": evil, "r.npz": zipped({"reverse.npy": evil})}
    for text in (
        SMALL.replace(KERNEL, '"matrix", path = "k.npy" }'),
        SMALL.replace(PRIOR, 'model = { kind = "table", path = "r.npz" }'),
    ):
        (folder := tmp_path / f"{len(text)}").mkdir()
        tried(Trial(("run", "s.toml"), {**files, "s.toml": text.encode()}, frozenset({2})), folder)
        assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("path", ["~/x.npy", "$HOME/x.npy", "${HOME}/x.npy", "%HOME%/x.npy", "file:///x.npy", "*.npy"])
def test_a_path_means_what_it_says(path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No home, no variable, no address, no wildcard is expanded: what is not there is not found."""
    np.save(tmp_path / "x.npy", np.array([3, 1, 2]))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(md.InputError, match="no such file"):
        md.loads(SMALL.replace(WEIGHTS, f'npy = {{ path = "{path}" }}'), folder=tmp_path)
    assert md.loads(SMALL.replace(WEIGHTS, f'npy = {{ path = "{tmp_path}/x.npy" }}'), folder="/").data.total == 6


# limits


def header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    """The beginning of an .npy file that claims to hold such an array."""
    words = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    words += b" " * (63 - (10 + len(words)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(words)) + words


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


@cache
def packed_bomb() -> bytes:
    """Two megabytes that unpack to half a gigabyte."""
    packed = io.BytesIO()
    archive = zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open("reverse.npy", "w") as member:
        member.write(header((2**26,)))
        for _ in range(512):
            member.write(bytes(2**20))
    return packed.getvalue()


def bomb(says: int | None = None) -> bytes:
    """The packed half gigabyte; its directory may say otherwise."""
    content = bytearray(packed_bomb())
    if says is not None:
        for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
            k = content.rindex(mark) + at
            content[k : k + 4] = struct.pack("<I", says)
    return bytes(content)


NINES = "9" * 9990
PER_STEP = '[data]\nweights = [1]\n[noise]\nkernel = {{ kind = "per-step", {} }}\n'


def small(before: str, after: str) -> str:
    assert before in SMALL
    return SMALL.replace(before, after)


HUGE_SCENARIOS = {
    "a size": small(WEIGHTS, 'family = { kind = "uniform", size = 1000000000000 }'),
    "long weights": small(WEIGHTS, f'family = {{ kind = "geometric", size = 131072, ratio = "1/{NINES}" }}'),
    "a reach": small(KERNEL, '"neighbour", reach = 1000000000000 }'),
    "steps": small("steps = 4", "steps = 1000000000000000000"),
    "many steps": small("steps = 4", "steps = 100000"),
    "steps of long numbers": small("steps = 4", "steps = 100000").replace(
        '"constant", beta = "1/10"', f'"linear", start = "1/{NINES}", stop = "1/2"'
    ),
    "a fine cosine": small("steps = 4", "steps = 100000").replace(
        '"constant", beta = "1/10"', f'"cosine", resolution = "1/{NINES}"'
    ),
    "a decimal": small('"1/10"', "1e999999999"),
    "a small decimal": small('"1/10"', "1e-999999999"),
    "a quoted decimal": small('"1/10"', '"1e1000000000"'),
    "an exponent": small('"1/10"', "1e9999999999999999999"),
    "digits": small('"1/10"', "9" * 1_000_000),
    "decimal digits": small('"1/10"', "0." + "9" * 1_000_000),
    "hexadecimal digits": small('"1/10"', "0x" + "f" * 1_000_000),
    "some hexadecimal digits": small('"1/10"', "0x" + "f" * 20_000),
    "quoted digits": small('"1/10"', '"' + "9" * 5_000_000 + '"'),
    "certified digits": small("digits = 12", "digits = 1000000000"),
    "trajectories": small(PRIOR, 'model = { kind = "counted", trajectories = 1000000000000 }'),
    "nested lists": "x = " + "[" * 1_000_000,
    "nested tables": "x = " + "{a=" * 1_000_000,
    "dotted keys": ".".join(["a"] * 1_000_000) + " = 1",
    "dotted tables": "[" + " . ".join(['"a"'] * 1_000_000) + "]",
    "a label": small("[data]", f'[data]\nstates = ["{"x" * 5_000_000}", "b", "b"]'),
    "a key": "x" * 5_000_000 + " = 1\n" + SMALL,
    "a file": SMALL + "#" * (16 * 2**20),
    "long numbers": small("[3, 1, 2]", "[" + ("'" + "9" * 39_999 + "', ") * 390 + "1]"),
    "rows": small(KERNEL, '"matrix", rows = [' + "[1, 0, 0]," * 100_000 + "] }"),
    "too many steps": PER_STEP.format('path = "many.npy"'),
    "too many steps in json": PER_STEP.format('path = "many.json"'),
    "a million steps": PER_STEP.format('path = "million.npy"'),
    "a million steps in json": PER_STEP.format('path = "million.json"'),
}
"""Scenarios that ask for too much, each in its own way."""

RARE = {
    "a key",
    "a label",
    "long numbers",
    "many steps",
    "rows",
    "too many steps in json",
    "a million steps",
    "a million steps in json",
}
"""Those that take seconds to be read."""

HUGE_TABLES: dict[str, bytes] = {
    "tera.npy": header((2**37,)) + bytes(64),
    "tera-rows.npy": header((3, 2**36), "<i8") + bytes(64),
    "negative.npy": header((-5,)) + bytes(64),
    "dimensions.npy": header((1,) * 200) + bytes(64),
    "text.npy": header((1,), "<U1000000000") + bytes(64),
    "numbers.npy": header((2**24,), "|i1") + bytes(2**24),
    "nested.json": b"[" * 2_000_000,
    "tables.json": b'{"a":' * 1_000_000,
    "digits.json": b"[[" + b"9" * 10_000_000 + b"]]",
    "exponent.json": b"[[1e999999999, 0, 0], [0, 1, 0], [0, 0, 1]]",
    "numbers.json": b"[[" + b"1," * 2**23 + b"1]]",
    "field.csv": b"x" * 20_000_000 + b",1\n",
    "quote.csv": b'"' + b"x\n" * 5_000_000,
    "numbers.csv": b"1,0,0\n" * 2**22,
    "rows.json": b"[" + b"[1,0,0]," * 2**21 + b"[1,0,0]]",
}
"""Tables of a matrix that claim or hold too much."""


def tried(given: Trial, folder: Path) -> Outcome:
    """Ended within the limits of `trial` and as it should: the complaint is none."""
    ended = here(given, folder)
    assert complaint(given, ended) is None
    return ended


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for what a sound file may bring, and none for what these ask for."""
    monkeypatch.setattr(trial, "MEMORY", 2**31)
    monkeypatch.setattr(trial, "DEADLINE", 20)


@pytest.mark.usefixtures("little")
@few("name", HUGE_SCENARIOS, set(HUGE_SCENARIOS) - RARE)
def test_too_much_is_refused_before_it_is_made(name: str, tmp_path: Path) -> None:
    """Status 2, or 3 where only this machine is too small, and a message of a few lines."""
    text = HUGE_SCENARIOS[name]
    files = {"s.toml": text.encode()}
    for stem, n in (("many", 100_001), ("million", 1_000_000)):
        if f"{stem}.npy" in text:
            files[f"{stem}.npy"] = header((n, 1, 1), "|i1") + b"\1" * n
        if f"{stem}.json" in text:
            files[f"{stem}.json"] = b"[" + b"[[1]]," * (n - 1) + b"[[1]]]"
    ended = tried(Trial(("run", "s.toml"), files, frozenset({2, 3})), tmp_path)
    assert ended.err.startswith("markovdiff: ")
    assert len(ended.err) < 1500


@pytest.mark.usefixtures("little")
@few("name", HUGE_TABLES, set(HUGE_TABLES) - {"rows.json", "quote.csv", "field.csv"})
def test_a_table_of_too_much_is_refused(name: str, tmp_path: Path) -> None:
    """What a file claims costs nothing, and what it holds is counted first: status 2."""
    text = small(KERNEL, f'"matrix", path = "{name}" }}')
    ended = tried(
        Trial(("run", "s.toml"), {"s.toml": text.encode(), name: HUGE_TABLES[name]}, frozenset({2})), tmp_path
    )
    assert name in ended.err


@pytest.mark.usefixtures("little")
@few("says", [100, None])
def test_a_bomb_is_not_unpacked(says: int | None, tmp_path: Path) -> None:
    """An archive that unpacks to 512 MB is refused, also where its directory says 100 bytes."""
    text = small(PRIOR, 'model = { kind = "table", path = "bomb.npz" }')
    given = Trial(("run", "s.toml"), {"s.toml": text.encode(), "bomb.npz": bomb(says)}, frozenset({2}))
    assert "bomb.npz" in tried(given, tmp_path).err


@pytest.mark.usefixtures("little")
@few("path", ["fifo", "/dev/zero", "/dev/urandom", "loop", ".", "/proc/self/mem", "holes"], ("fifo", "/dev/zero", "."))
def test_a_text_without_end(path: str, tmp_path: Path) -> None:
    """A device, a pipe, links in a circle, a folder, memory, a file of 4 TB with nothing in it: none is read."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(2**42)
    where = path if path.startswith("/") else f"{tmp_path}/{path}"
    for form in (f'text = {{ path = "{where}" }}', f'csv = {{ path = "{where}", label = "a", count = "b" }}'):
        folder = tmp_path / form[:3]
        folder.mkdir()
        given = Trial(("run", "s.toml"), {"s.toml": small(WEIGHTS, form).encode()}, frozenset({2}))
        assert "where" in tried(given, folder).err


def test_no_file_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What calls itself a regular file and has nothing to say yet, as some of the kernel's own do, is an error."""
    os.mkfifo(tmp_path / "silent")
    writer = os.open(tmp_path / "silent", os.O_RDWR)
    monkeypatch.setattr("stat.S_ISREG", lambda _mode: True)
    try:
        with pytest.raises(md.InputError, match="cannot be read: Resource temporarily unavailable"):
            files.read_bytes(tmp_path / "silent", "data")
    finally:
        os.close(writer)


@pytest.mark.usefixtures("little")
@pytest.mark.parametrize("path", ["/dev/zero", "fifo", "long"])
def test_a_certificate_of_a_file_without_end(path: str, tmp_path: Path) -> None:
    """What is hashed is what could be a scenario: no device, no pipe, nothing that is too long."""
    os.mkfifo(tmp_path / "fifo")
    with (tmp_path / "long").open("wb") as file:
        file.truncate(2**40)
    where = path if path.startswith("/") else f"{tmp_path}/{path}"
    tried(Trial(("run", where, "--certificate", "c"), {}, frozenset({2})), tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("little")
@few("unit", ["byte", "character", "word"], ["word"])
def test_a_long_text_is_counted_as_it_is_read(unit: str, tmp_path: Path) -> None:
    """Ten million symbols take no more memory than the text."""
    text = small(WEIGHTS, f'text = {{ path = "t", unit = "{unit}" }}').replace("[3, 1, 2]", "")
    given = Trial(("run", "s.toml", "-q"), {"s.toml": text.encode(), "t": b"ab c " * 2_000_000}, frozenset({0}))
    monkey = pytest.MonkeyPatch()
    with monkey.context() as patch:
        patch.setattr(trial, "MEMORY", 700 * 2**20)
        tried(given, tmp_path)


HUGE_RESULTS = {
    "nested": (b"", b"[", 1_000_000, b""),
    "values": (b"[", b"1,", 2**25, b"1]"),
    "objects": (b"", b'{"schema":', 500_000, b""),
    "digits": (b"", b"9", 10_000_000, b""),
}
"""Results that hold too much: how it begins, what is repeated how often, and how it ends."""


@pytest.mark.usefixtures("little")
@few("name", HUGE_RESULTS, set(HUGE_RESULTS) - {"values"})
def test_a_result_of_too_much(name: str, tmp_path: Path) -> None:
    """The audit refuses what is too deep, too much or too long: status 2."""
    first, part, count, last = HUGE_RESULTS[name]
    tried(Trial(("audit", "r.json"), {"r.json": first + part * count + last}, frozenset({2})), tmp_path)


# characters

STEERS = "\x1b[2J\x1b]0;t\x07\x9b31m\u202eabc\u2066\n\r\t\x00"
"""Clears the screen, sets the title, colours, turns the direction of writing, breaks the line."""

NAMED = f"""name = {json.dumps(STEERS)}
title = {json.dumps("T" + STEERS)}
description = {json.dumps("D" + STEERS)}
""" + SMALL.replace("[data]", LABELS)


def steering(text: str) -> set[str]:
    """The characters of a text that do more than stand there: controls, and those that turn the direction."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c != "\n"}


@pytest.mark.parametrize(
    "line",
    [("run", "s.toml"), ("run", "s.toml", "--ledger"), ("verify", "s.toml"), ("run", "s.toml", "--forecast"),
     ("audit", "r.json")],
    ids=" ".join,
)  # fmt: skip
def test_no_word_of_a_file_steers_the_terminal(line: tuple[str, ...], tmp_path: Path) -> None:
    """Names, titles, descriptions and labels are shown with such characters written out."""
    result = md.run(md.loads(NAMED)).to_json().encode()
    ended = tried(Trial(line, {"s.toml": NAMED.encode(), "r.json": result}), tmp_path)
    assert not steering(ended.out + ended.err)
    assert "\\x1b[2J" in ended.out


BAD_NAMES = {
    "a label": SMALL.replace("[data]", f"[data]\nstates = [{json.dumps(STEERS)}, {json.dumps(STEERS)}, 'c']"),
    "a key": json.dumps(STEERS) + " = 1\n" + SMALL,
    "a value": SMALL.replace('"1/10"', json.dumps(STEERS)),
    "a choice": SMALL.replace('"strict"', json.dumps(STEERS)),
    "a path": SMALL.replace(WEIGHTS, f"npy = {{ path = {json.dumps(STEERS.replace(chr(0), ''))} }}"),
    "a column": SMALL.replace(WEIGHTS, f'csv = {{ path = "c.csv", label = {json.dumps(STEERS)}, count = "n" }}'),
    "a mask": SMALL.replace(SCHEDULE, f"schedule = {json.dumps(STEERS)}"),
}


@pytest.mark.parametrize("name", BAD_NAMES)
def test_no_message_steers_the_terminal(name: str, tmp_path: Path) -> None:
    """What a message quotes of a bad file is written out, too."""
    files = {"s.toml": BAD_NAMES[name].encode(), "c.csv": f"{STEERS},n\na,1\n".encode()}
    ended = tried(Trial(("run", "s.toml"), files, frozenset({2})), tmp_path)
    assert not steering(ended.err)


def test_no_path_of_the_command_line_steers_it(tmp_path: Path) -> None:
    """Nor does the name of a file that is given or made."""
    name = "\x1b[31m\u202e.toml"
    for k, line in enumerate(
        (("new", name), ("run", name), ("show", name), ("audit", name), ("run", "s", "--csv", name))
    ):
        folder = tmp_path / str(k)
        folder.mkdir()
        ended = here(Trial(line, {"s": SMALL.encode()}), folder)
        assert not steering(ended.out + ended.err), line


@pytest.mark.slow
async def test_no_word_of_a_file_steers_the_screen() -> None:
    """Nothing that the terminal interface paints holds such a character, in any panel, at any time."""
    app = MarkovdiffApp(Request(NAMED, ".", "s\x1b[2J\u202e"))
    async with app.run_test(size=(200, 60)) as pilot:
        for _ in range(3000):
            if app.session.run.finished is not None:
                break
            await pilot.pause(0.02)
        assert app.session.run.finished is not None
        rendered = ""
        for key in ("1", "2", "3", "4", "5", "6", "7", "8", "s", "escape", "e", "escape", "question_mark"):
            await pilot.press(key)
            await pilot.pause()
            rendered += "".join(cell.char for canvas in app.query(Canvas) for row in canvas.rows for cell in row)
            lines = [strip.text for strip in app.screen._compositor.render_strips()]
            rendered += "".join(lines)
    assert not steering(rendered.replace("\n", ""))
    assert "□[2J" in rendered
