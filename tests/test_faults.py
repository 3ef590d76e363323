"""What may go wrong around the program: kill −9, full disks, closed streams, folders in the way, too little memory.

In each: no half file, no traceback, and an exit status that is right. Status 1 is a verdict (a check failed, a number
is wrong), so no fault may end with it. SIGINT and SIGTERM are in test_interrupt, the terminal interface's in tests/tui.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from breadth import few
from waiting import soon

import markovdiff as md
from markovdiff.cli import main
from markovdiff.engines.float64 import contraction
from markovdiff.study.output import write_new, write_whole

SCENARIO = """[data]
weights = [3, 1, 2]
[noise]
steps = 24
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/10" }
"""

LONG = """[data]
family = { kind = "triangular", size = 64 }
[noise]
steps = 300
kernel = { kind = "neighbour" }
schedule = { kind = "linear", start = "1/1000", stop = "997/1999" }
"""

WRITERS = {
    "json": ("run", "s.toml", "--json", "out.json"),
    "csv": ("run", "s.toml", "--csv", "out.csv"),
    "certificate": ("run", "s.toml", "--certificate", "out.cert"),
    "all": ("run", "s.toml", "--json", "out.json", "--csv", "out.csv", "--certificate", "out.cert"),
    "new": ("new", "out.toml"),
}
"""Command lines that write files."""

SPEAKERS = {
    "run": ("run", "s.toml"),
    "verify": ("verify", "s.toml"),
    "run --json -": ("run", "s.toml", "--json", "-"),
    "audit": ("audit", "r.json"),
    "list": ("list",),
    "new": ("new",),
    "--help": ("--help",),
}
"""Command lines that write to stdout; each ends with 0 where nothing is in the way."""

PATIENCE = 300


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test runs in a folder with a scenario, its result, and one with a number that is wrong."""
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(SCENARIO, encoding="utf-8")
    result = md.run(md.loads(SCENARIO, name="s")).to_json()
    Path("r.json").write_text(result, encoding="utf-8")
    Path("wrong.json").write_text(result.replace('"value": "1.', '"value": "2.', 1), encoding="utf-8")
    Path("failing.toml").write_text(SCENARIO + '[checks]\nmi-decay = "violated"\n', encoding="utf-8")
    return tmp_path


def program(*arguments: str, module: str = "markovdiff", **options: Any) -> subprocess.CompletedProcess[str]:
    """The real program, with faults."""
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, text=True, encoding="utf-8", timeout=PATIENCE, check=False, **given)


def limited(kind: int, amount: int) -> Callable[[], None]:
    """For `preexec_fn`: this limit, and no core."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(kind, (amount, amount))

    return limit


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


# full disks


@few("line", WRITERS.values(), (WRITERS["all"], WRITERS["new"]), " ".join)
def test_a_disk_that_fills_up_while_writing(line: tuple[str, ...], folder: Path) -> None:
    """Where a file would not fit nothing is written, old files stay, and the message says which option and why."""
    for name in ("out.json", "out.csv", "out.cert"):
        (folder / name).write_text("old", encoding="utf-8")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    done = program(*line, preexec_fn=limited(resource.RLIMIT_FSIZE, 1000))
    assert done.returncode == 2
    assert done.stderr.startswith("markovdiff: the file cannot be written: File too large\n  where ")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@few("line", SPEAKERS.values(), (SPEAKERS["run --json -"], SPEAKERS["audit"], SPEAKERS["list"]), " ".join)
def test_a_stdout_that_is_full(line: tuple[str, ...]) -> None:
    """What cannot be written to stdout is status 2 and one message: not 1, which is a verdict, and not 120."""
    with Path("/dev/full").open("w") as full:
        done = program(*line, stdout=full)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "No space left" in done.stderr


BAD = (("run", "absent.toml"), ("audit", "absent.json"), ("run", "s.toml", "--steps", "x"))


@few("line", BAD, ids=" ".join)
@pytest.mark.parametrize("stream", ["full", "closed"])
def test_a_message_that_cannot_be_written(line: tuple[str, ...], stream: str) -> None:
    """Bad input is status 2 also where nobody can be told."""
    done = without_stderr(stream, *line)
    assert (done.returncode, done.stdout) == (2, "")


@few("stream", ["closed", "full"])
def test_a_run_needs_no_stderr(stream: str) -> None:
    """A run that is well is not spoilt by a stderr that is full or closed."""
    done = without_stderr(stream, "run", "s.toml")
    assert done.returncode == 0
    assert "✓ holds" in done.stdout


def without_stderr(stream: str, *line: str) -> subprocess.CompletedProcess[str]:
    redirection = {"full": "2>/dev/full", "closed": "2>&-"}[stream]
    command = ["bash", "-c", f'exec "$@" {redirection}', "bash", sys.executable, "-m", "markovdiff", *line]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", timeout=PATIENCE, check=False)


# closed pipes


@few("line", SPEAKERS.values(), (SPEAKERS["verify"], SPEAKERS["audit"], SPEAKERS["--help"]), " ".join)
def test_a_reader_that_is_gone(line: tuple[str, ...]) -> None:
    """`| head` before the first line: no word about it, and the status that it would have had."""
    done = into_nobody(*line)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("line", "status"), [(("verify", "failing.toml"), 1), (("audit", "wrong.json"), 1)], ids=["verify", "audit"]
)
def test_a_verdict_needs_no_reader(line: tuple[str, ...], status: int) -> None:
    """A check that fails and a number that is wrong are status 1, read or not."""
    assert into_nobody(*line).returncode == main(list(line)) == status


def test_the_audit_alone_likewise() -> None:
    """`python -m markovdiff.audit` has the same statuses: nobody reads, nothing fits, nothing comes in."""
    gone = into_nobody("r.json", module="markovdiff.audit")
    assert (gone.returncode, gone.stderr) == (0, "")
    with Path("/dev/full").open("w") as full:
        done = program("r.json", module="markovdiff.audit", stdout=full)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False)
        assert program("absent", module="markovdiff.audit", stderr=full).returncode == 2
    command = ["bash", "-c", 'exec "$@" <&-', "bash", sys.executable, "-m", "markovdiff.audit", "-"]
    closed = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (closed.returncode, closed.stderr.splitlines()[0]) == (2, "markovdiff audit: stdin is closed")


def test_the_audit_speaks_to_an_ascii_terminal() -> None:
    """What the terminal cannot show is spelled out."""
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = program("r.json", "--steps", "0:2", module="markovdiff.audit", env=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2026" in done.stdout


def into_nobody(*line: str, module: str = "markovdiff") -> subprocess.CompletedProcess[str]:
    read, write = os.pipe()
    os.close(read)
    try:
        return program(*line, module=module, stdout=write)
    finally:
        os.close(write)


# folders and files in the way


@pytest.mark.parametrize("line", WRITERS.values(), ids=WRITERS)
@pytest.mark.parametrize("where", ["missing/out", "folder", "s.toml/out", "proc"])
def test_a_place_that_cannot_be_written_to(
    line: tuple[str, ...], where: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is not there, one where a file is wanted, a file as a folder, the kernel's own: status 2."""
    (folder / "folder").mkdir()
    before = names(folder)
    place = "/proc/self/out" if where == "proc" else where
    last = next(k for k in reversed(range(len(line))) if line[k].startswith("out"))
    assert main([*line[:last], place, *line[last + 1 :]]) == 2
    error = capsys.readouterr().err
    assert place.partition("/out")[0] in error
    assert "remedy" in error
    assert names(folder) == before


def test_a_folder_that_may_not_be_written_to(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the right to write it is refused before the run (root has the right, so the system's answer is set)."""
    locked = folder / "locked"
    locked.mkdir()
    locked.chmod(0o555)
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: may(path, mode) and Path(path) != locked)
    for option in ("--json", "--csv", "--certificate"):
        assert main(["run", "s.toml", option, "locked/out"]) == 2
        assert f"cannot be written\n  where     {option}\n" in capsys.readouterr().err
    assert main(["new", "locked/out"]) == 2
    assert list(locked.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "verify", "audit"])
def test_a_folder_given_as_a_file(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a file is read and a folder is named, that is bad input."""
    (folder / "in").mkdir()
    assert main([command, "in"]) == 2
    said = capsys.readouterr()
    assert "in" in said.err
    assert said.out == ""


# memory


def test_too_little_memory_is_status_3(folder: Path) -> None:
    """A run that outgrows its address space ends with 3 and a sentence, and writes nothing."""
    (folder / "dense.toml").write_text(LONG.replace("steps = 300", "steps = 30"), encoding="utf-8")
    before = names(folder)
    done = program("run", "dense.toml", "--json", "out.json", preexec_fn=limited(resource.RLIMIT_AS, 110 * 2**20))
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "memory" in done.stderr
    assert names(folder) == before


@pytest.mark.parametrize("megabytes", [28, 44, 52])
def test_too_little_memory_to_begin(megabytes: int, folder: Path) -> None:
    """Where there is not even room for the libraries the status is 3, or 0 where there is: never 1."""
    before = names(folder)
    done = program("run", "s.toml", "-q", preexec_fn=limited(resource.RLIMIT_AS, megabytes * 2**20))
    assert done.returncode in (0, 3)
    assert (done.returncode == 3) == ("markovdiff: " in done.stderr)
    assert names(folder) == before


def test_scipy_is_not_loaded_where_there_is_no_room_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its BLAS would look for memory for ever; where there is none that is a MemoryError, and so status 3."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    monkeypatch.setattr(contraction, "mmap", full)
    monkeypatch.delitem(sys.modules, "scipy.spatial", raising=False)
    with pytest.raises(MemoryError):
        contraction.widest(np.array([[0.5, 0.5], [0.25, 0.75]]))


AUDIT = "from markovdiff.program import carry_out\nfrom markovdiff.audit.__main__ import load\ncarry_out(load)"


def without(module: str, error: str, program: str) -> subprocess.CompletedProcess[str]:
    """What a program does where importing a module raises an error."""
    code = (
        "import sys\n"
        "class Full:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {module!r}: raise {error}\n"
        "sys.meta_path.insert(0, Full())\n"
    )
    line = [sys.executable, "-c", code + program]
    return subprocess.run(line, capture_output=True, text=True, timeout=PATIENCE, check=False)


def console(*arguments: str) -> str:
    """The console script's beginning."""
    return f"from markovdiff.start import entry\nentry(*{arguments!r})"


@pytest.mark.parametrize(
    ("module", "program"), [("click", console("list")), ("markovdiff.audit.examination", AUDIT)], ids=["all", "audit"]
)
def test_too_little_memory_to_be_loaded(module: str, program: str) -> None:
    """Where the program's own modules do not fit the status is 3: Python's own end is 1."""
    done = without(module, "MemoryError", program)
    said = "markovdiff: the program cannot be loaded: out of memory\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", said)


def test_an_exception_lost_for_lack_of_memory() -> None:
    """Where there is no memory for the MemoryError either Python raises SystemError: that is status 3 too."""
    done = without("markovdiff.study.loading", "SystemError", console("verify", "two-state"))
    said = "markovdiff: out of memory; fewer states or steps, or shorter denominators\n"
    assert (done.returncode, done.stdout, done.stderr) == (3, "", said)


@pytest.mark.parametrize(
    ("module", "program"),
    [
        ("markovdiff.study.loading", console("verify", "two-state")),
        ("nothing", f"import markovdiff.audit.command as c\nc.main = lambda: {{}}['bug']\n{AUDIT}"),
    ],
    ids=["all", "audit"],
)
def test_a_bug_is_no_verdict(module: str, program: str) -> None:
    """An exception that nobody foresaw is shown whole, and ends with 3: 1 says that a check failed."""
    done = without(module, "KeyError('bug')", program)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("KeyError: 'bug'\n")


def test_an_audit_asks_for_no_memory_that_it_does_not_need() -> None:
    """A small result is audited in an address space smaller than the largest file that it would read."""
    done = program("audit", "r.json", preexec_fn=limited(resource.RLIMIT_AS, 128 * 2**20))
    assert (done.returncode, done.stderr) == (0, "")


# kill −9


ENDLESS = """
import sys
from itertools import cycle
from pathlib import Path
from markovdiff.study.output import write_new, write_whole
old, new = "old\\n" * 500_000, "new\\n" * 700_000
print("ready", flush=True)
for n, text in enumerate(cycle((old, new))):
    if sys.argv[1] == "whole":
        write_whole({("a", "a.out"): text, ("b", "b.out"): text})
    else:
        write_new(Path(f"{n}.out"), text)
        Path(f"{n - 1}.out").unlink(missing_ok=True)
"""


@few("how", ["whole", "new"])
def test_a_kill_while_writing(how: str, folder: Path) -> None:
    """At whatever moment it comes (seeded), each file under its own name is wholly the old one or wholly the new."""
    wholes, random, found = {b"old\n" * 500_000, b"new\n" * 700_000}, Random(7), 0
    for _ in range(6):
        child = subprocess.Popen([sys.executable, "-c", ENDLESS, how], stdout=subprocess.PIPE)
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        time.sleep(random.uniform(0, 0.06))
        child.kill()
        child.communicate(timeout=PATIENCE)
        outs = list(folder.glob("*.out"))
        assert {path.read_bytes() for path in outs} <= wholes
        found += len(outs)
        for path in (*outs, *folder.glob(".markovdiff-*.tmp")):
            path.unlink()
    assert found


def test_a_killed_run_leaves_no_process_and_no_file(folder: Path) -> None:
    """Kill −9 in the middle of a run: the engine's process ends too, and nothing was begun under the output's name."""
    (folder / "long.toml").write_text(LONG, encoding="utf-8")
    before = names(folder)
    child = subprocess.Popen([sys.executable, "-m", "markovdiff", "run", "long.toml", "-q", "--json", "out.json"])
    try:
        engine = soon(lambda: children(child.pid))
    finally:
        child.kill()
        child.wait(PATIENCE)
    assert soon(lambda: all(map(has_ended, engine)))
    assert names(folder) == before


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def has_ended(pid: int) -> bool:
    """Gone, or a zombie that nobody has asked for."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_an_engine_that_is_killed(folder: Path) -> None:
    """Kill −9 of the engine's process alone: status 3, one message that says so, no file."""
    (folder / "long.toml").write_text(LONG, encoding="utf-8")
    before = names(folder)
    command = [sys.executable, "-m", "markovdiff", "run", "long.toml", "-q", "--json", "out.json"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    os.kill(soon(lambda: children(child.pid))[0], signal.SIGKILL)
    _, error = child.communicate(timeout=PATIENCE)
    assert (child.returncode, error.splitlines()[0]) == (3, "markovdiff: the engine's process ended before the run did")
    assert names(folder) == before


# a new file


def test_a_new_file_is_new(folder: Path) -> None:
    """`write_new` writes what it is given, with the usual rights, and over no file, folder or loose link."""
    mask = os.umask(0o027)
    try:
        write_new(folder / "a", "β\r\n")
    finally:
        os.umask(mask)
    assert ((folder / "a").read_bytes(), (folder / "a").stat().st_mode & 0o777) == ("β\r\n".encode(), 0o640)
    (folder / "b").mkdir()
    (folder / "c").symlink_to("nowhere")
    before = names(folder)
    for name in "abc":
        with pytest.raises(FileExistsError):
            write_new(folder / name, "other")
    with pytest.raises(UnicodeEncodeError):
        write_new(folder / "d", "\udc80")
    assert (folder / "a").read_bytes() == "β\r\n".encode()
    assert names(folder) == before


def test_a_file_system_without_links(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There a new file is as whole, and as new; and where it fails in the end nothing is left."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    before = names(folder)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_new(folder / "a", "text")
    assert ((folder / "a").read_text(encoding="utf-8"), names(folder) - before) == ("text", {"a"})
    with pytest.raises(FileExistsError):
        write_new(folder / "a", "other")
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(PermissionError):
        write_new(folder / "b", "text")
    assert names(folder) - before == {"a"}


def test_all_or_none(folder: Path) -> None:
    """Of several files none is replaced where one cannot be written."""
    (folder / "a").write_text("old", encoding="utf-8")
    script = textwrap.dedent("""
        import resource
        from markovdiff.study.output import write_whole
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
        write_whole({("--json", "a"): "x" * 50, ("--csv", "b"): "y" * 500})
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert "InputError: the file cannot be written: File too large\n  where     --csv" in done.stderr
    assert (folder / "a").read_text(encoding="utf-8") == "old"
    assert not {name for name in names(folder) if name.startswith(".")} | ({"b"} & names(folder))


def test_a_device_takes_what_a_file_would(folder: Path) -> None:
    """/dev/full as a file: the message names it, and the file beside it is not written."""
    (folder / "a").write_text("old", encoding="utf-8")
    with pytest.raises(md.InputError, match="No space left") as caught:
        write_whole({("--json", "a"): "new", ("--csv", "/dev/full"): "x"})
    assert caught.value.where == "--csv"
    assert (folder / "a").read_text(encoding="utf-8") == "old"
