"""Real signals to the real program: it ends at once, with status 3, and leaves whole files or none.

The program writes to a terminal of its own, so that it shows the progress bar that a person would see. A test waits
for words there, sends its signal, and reads on to the end: no clock decides anything. DEADLINE only keeps a run that
hangs from hanging the tests. How soon it ended is told in processor time, which a busy machine does not lengthen.
"""

from __future__ import annotations

import json
import os
import pty
import resource
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from breadth import few

from markovdiff.cli import main
from markovdiff.measures.checks import Identities
from markovdiff.study.schema import result_schema

DEADLINE = 300.0
"""Seconds without a word after which a run is given up."""

AT_ONCE = 1.5
"""Seconds of processor time that the program may still take once it was told to stop; the whole run takes minutes."""

STEPS = {"exact": 400, "ball": 1_000, "float": 40_000}
"""Enough for each arithmetic to be busy for longer than anyone waits here."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)

UNDER_WAY = b"slow: steps"
"""The label of the progress bar, drawn when a step is done."""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the engine has no process of its own")


@dataclass(frozen=True)
class Ended:
    """How a run ended: its status, what it said, and the processor time it took after the signal."""

    status: int
    said: str
    seconds: float


def slow(folder: Path, arithmetic: str) -> Path:
    """A walk among 64 neighbours, which forgets slowly, with long denominators.

    A named prior, for with p_T the exact run would first have to walk to T.
    """
    path = folder / "slow.toml"
    data = 'data = { family = { kind = "zipf", exponent = 1, size = 64 } }\nreverse = { prior = "uniform" }'
    noise = 'kernel = { kind = "neighbour" }\nschedule = { kind = "constant", beta = "333333333333/1000000000039" }'
    path.write_text(f'name = "slow"\n{data}\n[noise]\nsteps = {STEPS[arithmetic]}\n{noise}\n')
    return path


def interrupted(arguments: list[str], number: signal.Signals, sign: bytes, *, everyone: bool = False) -> Ended:
    """Run the program, send it a signal when it has written `sign`, and wait for its end.

    With `everyone` its whole process group is sent the signal, as a terminal does on Ctrl-C.
    """
    ours, theirs = pty.openpty()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        [sys.executable, "-m", "markovdiff", "run", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "100"},
        start_new_session=True,
        preexec_fn=_hear_signals,  # noqa: PLW1509  (it takes no lock)
    )
    os.close(theirs)
    try:
        said, spent = _until(sign, ours), _processor_seconds(process.pid)
        (os.killpg if everyone else os.kill)(process.pid, number)
        said += _until(None, ours)
        status = process.wait(DEADLINE)
    finally:
        os.close(ours)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Ended(status, said.decode("utf-8", "replace"), took - spent)


def _hear_signals() -> None:
    """A background shell leaves SIGINT ignored, and children inherit that."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def _until(sign: bytes | None, terminal: int) -> bytes:
    """What is written until `sign` is there; without one, until the terminal is let go."""
    said = b""
    while sign is None or sign not in said:
        ready, _, _ = select.select([terminal], [], [], DEADLINE)
        assert ready, f"not a word for {DEADLINE:.0f} s, after {said[-2000:]!r}"
        try:
            new = os.read(terminal, 65536)
        except OSError:  # how Linux says that nobody holds the other end
            new = b""
        if not new:
            assert sign is None, f"it ended without {sign!r}: {said[-2000:]!r}"
            break
        said += new
    return said


def _processor_seconds(pid: int) -> float:
    """What a process and its children have taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(_processor_seconds(int(child)) for child in children)


def names(folder: Path) -> set[str]:
    """What lies in a folder."""
    return {path.name for path in folder.iterdir()}


@few("number", SIGNALS, ids=lambda number: number.name)
@few("arithmetic", STEPS)
def test_an_interrupted_run_ends_at_once_and_writes_nothing(
    arithmetic: str, number: signal.Signals, tmp_path: Path
) -> None:
    """Amid the steps of each arithmetic: status 3, a sentence, and no file but the scenario, not even a temporary."""
    scenario = slow(tmp_path, arithmetic)
    files = ["--json", str(tmp_path / "r.json"), "--csv", str(tmp_path / "r.csv")]
    ended = interrupted([str(scenario), "--arithmetic", arithmetic, *files], number, UNDER_WAY)
    assert ended.status == 3
    assert "interrupted; nothing was written" in ended.said
    assert "Traceback" not in ended.said
    assert names(tmp_path) == {"slow.toml"}
    assert ended.seconds < AT_ONCE


@pytest.mark.slow
@few("number", SIGNALS, ids=lambda number: number.name)
@few("arithmetic", STEPS)
def test_with_partial_what_is_done_is_kept(arithmetic: str, number: signal.Signals, tmp_path: Path) -> None:
    """Status 3, and a file that is marked partial, keeps to the schema, and holds the steps 0, 1, … without a gap."""
    scenario, file = slow(tmp_path, arithmetic), tmp_path / "r.json"
    options = ["--arithmetic", arithmetic, "--partial", "--json", str(file)]
    ended = interrupted([str(scenario), *options], number, UNDER_WAY)
    assert ended.status == 3
    assert "marked as partial" in ended.said
    record = json.loads(file.read_text())
    jsonschema.Draft202012Validator(result_schema()).validate(record)
    assert record["partial"] is True
    assert [step["t"] for step in record["steps"]] == list(range(len(record["steps"])))
    assert 0 < len(record["steps"]) <= STEPS[arithmetic]
    assert names(tmp_path) == {"r.json", "slow.toml"}


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_reaches_every_process(tmp_path: Path) -> None:
    """Sent to the whole group, the engine's process too, it is the same end: one sentence, no traceback, no orphan."""
    scenario = slow(tmp_path, "exact")
    ended = interrupted([str(scenario)], signal.SIGINT, UNDER_WAY, everyone=True)
    assert ended.status == 3
    assert ended.said.count("interrupted") == 1
    assert "Traceback" not in ended.said


@pytest.mark.slow
def test_what_it_says_is_what_is_there(tmp_path: Path) -> None:
    """Interrupted as soon as the forecast is told, it says that nothing was written if and only if no file is there."""
    file = tmp_path / "r.json"
    options = ["--partial", "--json", str(file)]
    ended = interrupted([str(slow(tmp_path, "exact")), *options], signal.SIGTERM, b"slow: forecast")
    assert ended.status == 3
    assert ("nothing was written" in ended.said) == (not file.exists())
    assert "Traceback" not in ended.said


# in this process


@pytest.fixture
def coin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a scenario of three steps."""
    monkeypatch.chdir(tmp_path)
    kernel, schedule = "{ kind = 'uniform' }", "{ kind = 'constant', beta = '1/10' }"
    text = f"[data]\nweights = [3, 1]\n[noise]\nsteps = 3\nkernel = {kernel}\nschedule = {schedule}\n"
    (tmp_path / "coin.toml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("options", "process"), [(["--shadow"], os.getppid), ([], os.getpid)])
def test_ctrl_c_writes_nothing(
    options: list[str],
    process: Callable[[], int],
    coin: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Interrupted in the middle of a run the program ends with 3, says so, and has written nothing.

    Ctrl-C is this process's to answer, whether the engine is its child or, for a short run, works in it.
    """
    before = sorted(coin.iterdir())
    observe: Callable[..., None] = Identities.observe

    def interrupted(self: Identities, now: Any) -> None:
        observe(self, now)
        if now.t == 2:
            os.kill(process(), signal.SIGINT)
            signal.pause()

    monkeypatch.setattr(Identities, "observe", interrupted)
    assert main(["run", "coin.toml", "--json", "o.json", "--csv", "o.csv", *options]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "interrupted" in captured.err
    assert sorted(coin.iterdir()) == before


@pytest.mark.parametrize("number", SIGNALS)
def test_with_partial_a_signal_waits_for_the_files(
    number: signal.Signals, coin: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that comes as the files are written ends the program when they are whole; a second one waits for nothing."""
    rename = Path.replace

    def interrupted(source: Path, target: Path) -> Path:
        os.kill(os.getpid(), number)
        return rename(source, target)

    monkeypatch.setattr(Path, "replace", interrupted)
    assert main(["run", "coin.toml", "--partial", "--json", "r.json"]) == 3
    assert len(json.loads((coin / "r.json").read_text())["steps"]) == 4
    assert capsys.readouterr().err == "markovdiff: interrupted as the result was written; it is kept\n"
    assert main(["run", "coin.toml", "--partial", "--json", "a.json", "--csv", "b.csv"]) == 3
    assert capsys.readouterr().err.strip() == "markovdiff: interrupted"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
