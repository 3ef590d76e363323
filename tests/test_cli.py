"""The program as a shell sees it: exit statuses, streams, files."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import mpmath
import pytest
from breadth import few

import markovdiff as md
from markovdiff.cli import main
from markovdiff.study.schema import result_schema, scenario_schema

SHIPPED = sorted(path.stem for path in (Path(__file__).parents[1] / "scenarios").glob("*.toml"))

COIN = """[data]
weights = [3, 1]
[noise]
steps = 3
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/10" }
"""
FAILING = COIN + '[checks]\nmi-decay = "violated"\n'
TOO_BIG = """[data]
family = { kind = "triangular", size = 512 }
[noise]
steps = 1000
kernel = { kind = "neighbour" }
schedule = { kind = "constant", beta = "1/3" }
"""

Streams = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test runs in a folder with one sound scenario, one that fails, one that is broken, one too big."""
    monkeypatch.chdir(tmp_path)
    for name, content in (("coin", COIN), ("failing", FAILING), ("broken", "[data\n"), ("big", TOO_BIG)):
        (tmp_path / f"{name}.toml").write_text(content, encoding="utf-8")
    return tmp_path


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def program(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """The real program, in the current folder."""
    command = [sys.executable, "-m", "markovdiff", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False, **options
    )


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """A line of bash in which `M` is the program."""
    line = f'M() {{ "{sys.executable}" -m markovdiff "$@"; }}; {command}'
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, encoding="utf-8", timeout=300, check=False
    )


# exit statuses


ENDS = [("coin.toml", 0), ("failing.toml", 1), ("broken.toml", 2), ("big.toml", 3)]


@few(
    ("command", "scenario", "status"),
    [(command, *end) for end in ENDS for command in ("run", "verify")],
    [("verify", "coin.toml", 0), ("run", "failing.toml", 1), ("verify", "broken.toml", 2), ("run", "big.toml", 3)],
)
def test_the_exit_status_is_the_verdict(command: str, scenario: str, status: int) -> None:
    """0: as expected; 1: some check is not; 2: bad input; 3: cannot finish here. `run` and `verify` alike."""
    done = program(command, scenario)
    assert done.returncode == status
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (status > 1)
    assert bool(done.stdout) == (status < 2)


@pytest.mark.parametrize(
    "arguments",
    [
        ["run"],
        ["rnu"],
        ["run", "coin.toml", "--jsno", "x"],
        ["run", "coin.toml", "--digits", "0"],
        ["run", "coin.toml", "--digits", "1001"],
        ["run", "coin.toml", "--digits", "1.5"],
        ["run", "coin.toml", "--digits", "9" * 400],
        ["run", "coin.toml", "--unit", "bytes"],
        ["run", "coin.toml", "--arithmetic", "exakt"],
        ["run", "coin.toml", "--steps", "a:b"],
        ["run", "coin.toml", "--steps", "1:2:3"],
        ["run", "coin.toml", "--steps", "3:1"],
        ["run", "coin.toml", "--steps", "-2:-1"],
        ["run", "coin.toml", "--steps", ""],
        ["run", "coin.toml", "--steps", "4:5"],
        ["run", "coin.toml", "--steps", "1:9"],
        ["verify", "coin.toml", "failing.toml", "--steps", "4:"],
        ["run", "coin.toml", "--json", "-", "--csv", "-"],
        ["run", "coin.toml", "--json", "out", "--csv", "out"],
        ["run", "coin.toml", "--json", "out", "--csv", "./out"],
        ["run", "coin.toml", "--json", "coin.toml"],
        ["run", "coin.toml", "--json", "."],
        ["run", "coin.toml", "--json", ""],
        ["run", "coin.toml", "--json", "absent/out"],
        ["run", "coin.toml", "--csv", "coin.toml/out"],
        ["run", "coin.toml", "--json", "x" * 300],
        ["run", "absent.toml"],
        ["run", "two-stat"],
        ["run", "."],
        ["run", ""],
        ["run", "x" * 1000],
        ["run", "absent\nfile.toml"],
        ["run", "a\0b"],
        ["run", "/dev/zero"],
        ["run", "coin.toml/x"],
        ["show"],
        ["show", "two-stat"],
        ["show", "coin.toml"],
        ["show", "."],
        ["new", "coin.toml"],
        ["new", "."],
        ["new", "absent/x.toml"],
        ["new", "x" * 300],
        ["schema", "x"],
        ["completion", "tcsh"],
        ["list", "x"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40].replace("\0", "NUL"),
)
def test_bad_usage_is_status_2(arguments: list[str], folder: Path, capsys: Streams) -> None:
    """Bad usage ends with 2, one message on stderr that fits a screen, nothing on stdout, and no file touched."""
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert 0 < len(captured.err) < 2000
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("kind", ["pipe", "loop", "dangling", "binary", "latin-1", "empty"])
def test_what_is_no_scenario_file(kind: str, folder: Path, capsys: Streams) -> None:
    """A pipe, a loop of links, bytes that are no text, an empty file: refused at once with status 2."""
    path = folder / "odd.toml"
    match kind:
        case "pipe":
            os.mkfifo(path)
        case "loop" | "dangling":
            path.symlink_to("odd.toml" if kind == "loop" else "nowhere")
        case _:
            path.write_bytes({"binary": bytes(range(256)), "latin-1": b"title = '\xe9'", "empty": b""}[kind])
    assert main(["run", "odd.toml"]) == 2
    assert "odd.toml" in capsys.readouterr().err


def test_a_message_says_what_where_expected_and_what_to_do(folder: Path, capsys: Streams) -> None:
    """An error is one message: what is wrong, then where, expected, got and remedy, a line each."""
    (folder / "s.toml").write_text(COIN.replace("[3, 1]", "[3, 1]\nprobabilitys = 1"), encoding="utf-8")
    assert main(["run", "s.toml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "markovdiff: unknown key 'probabilitys'"
    assert lines[1].split(maxsplit=1) == ["where", "s.toml: data.probabilitys"]
    assert lines[2].split()[0] == "expected"
    assert lines[3].split(maxsplit=1) == ["remedy", "did you mean 'probabilities'?"]


def test_the_worst_verdict_counts(capsys: Streams) -> None:
    """Of several scenarios one that fails makes the status 1; one that is broken makes it 2."""
    assert main(["verify", "coin.toml", "failing.toml", "coin.toml"]) == 1
    assert main(["verify", "coin.toml", "failing.toml", "broken.toml"]) == 2


@pytest.mark.parametrize(("second", "status"), [("broken.toml", 2), ("big.toml", 3), ("absent.toml", 2)])
def test_one_broken_scenario_and_nothing_is_written(second: str, status: int, folder: Path, capsys: Streams) -> None:
    """Where one of several scenarios cannot be run, no file is written and stdout stays empty."""
    before = files(folder)
    assert main(["run", "coin.toml", second, "--json", "o.json", "--csv", "o.csv"]) == status
    assert files(folder) == before
    assert capsys.readouterr().out == ""


# streams


@pytest.mark.parametrize("command", ["run", "verify"])
def test_stdout_is_the_json_alone(command: str) -> None:
    """With `--json -` stdout is one JSON text, valid under the schema, and nothing else."""
    done = program(command, "coin.toml", "--json", "-")
    assert (done.returncode, done.stderr) == (0, "")
    jsonschema.validate(json.loads(done.stdout), result_schema())


def test_stdout_is_the_csv_alone(capsys: Streams) -> None:
    """With `--csv -` stdout is the table alone, and a JSON file beside it changes nothing."""
    assert main(["run", "coin.toml", "--csv", "-", "--json", "o.json"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["t"] for row in rows] == ["0", "1", "2", "3"]
    assert [step["t"] for step in json.loads(Path("o.json").read_text(encoding="utf-8"))["steps"]] == [0, 1, 2, 3]


def test_failing_checks_do_not_spoil_the_json(capsys: Streams) -> None:
    """Status 1 still writes the whole result: the verdict is in it."""
    assert main(["verify", "failing.toml", "--json", "-"]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert [check["check"] for check in checks if check["verdict"] == "fails"] == ["mi-decay"]


@pytest.mark.slow
def test_the_program_writes_the_librarys_bytes(capsys: Streams) -> None:
    """What `--json -` writes is `md.run(md.load(…)).to_json()`, byte for byte, and again the next time."""
    assert main(["run", "two-state", "--json", "-", "--distributions"]) == 0
    first = capsys.readouterr().out
    assert main(["run", "two-state", "--json", "-", "--distributions"]) == 0
    assert capsys.readouterr().out == first == md.run(md.load("two-state")).to_json(distributions=True)


def test_several_scenarios_make_an_array(capsys: Streams) -> None:
    """Several scenarios give a JSON array in their order, one alone an object."""
    assert main(["run", "coin.toml", "two-state", "coin.toml", "--json", "-"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [result["scenario"]["name"] for result in results] == ["coin", "two-state", "coin"]


def test_several_scenarios_lead_with_a_column(capsys: Streams) -> None:
    """Several scenarios give one CSV whose first column is `scenario`; one alone has no such column."""
    assert main(["run", "coin.toml", "mask-hump", "--csv", "-"]) == 0
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0][:2] == ["scenario", "t"]
    assert [row[0] for row in rows[1:]] == ["coin"] * 4 + ["mask-hump"] * 25
    assert main(["run", "coin.toml", "--csv", "-"]) == 0
    assert capsys.readouterr().out.startswith("t,")


def test_keys_can_be_set(capsys: Streams) -> None:
    """--set KEY=VALUE runs the scenario with that key."""
    assert main(["run", "coin.toml", "--set", "noise.steps=2", "--set", "noise.schedule.beta=1/4", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario"]["betas"] == ["1/4", "1/4"]
    assert main(["verify", "coin.toml", "--set", 'checks.mi-decay="violated"']) == 1


def test_a_scenario_on_stdin(capsys: Streams) -> None:
    """- is the scenario on stdin, with paths from the current folder."""
    assert main(["run", "coin.toml", "--json", "-", "--set", "name=it"]) == 0
    assert program("run", "-", "--json", "-", "--set", "name=it", input=COIN).stdout == capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "text", "words"),
    [
        (["-"], "[data\n", ["not readable as TOML", "where     stdin\n"]),
        (["-", "-"], COIN, ["stdin holds one scenario"]),
        (["-", "--certificate", "c.json"], COIN, []),
    ],
    ids=["broken", "twice", "certified"],
)
def test_what_stdin_is_not(
    arguments: list[str], text: str, words: list[str], capsys: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is wrong with it is said as of a file, it is read once, and there is no file to certify."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["run", *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert all(word in said.err for word in words)
    assert not Path("c.json").exists()


def test_quiet_says_nothing(capsys: Streams) -> None:
    """With --quiet a run prints nothing; its status still speaks."""
    assert (main(["run", "coin.toml", "-q"]), main(["verify", "failing.toml", "--quiet"])) == (0, 1)
    assert capsys.readouterr() == ("", "")


def test_verify_is_one_line_a_check(capsys: Streams) -> None:
    """`verify` prints one line a check, with its verdict, the scenario's name and the check's name."""
    assert main(["verify", "two-state", "memory", "failing.toml"]) == 1
    lines = capsys.readouterr().out.splitlines()
    expected = [
        (check.verdict, name, check.check)
        for name in ("two-state", "memory", "failing.toml")
        for check in md.run(md.load(name)).checks
    ]
    assert [tuple(line.split()[1:4]) for line in lines] == [
        (verdict, name.removesuffix(".toml"), check) for verdict, name, check in expected
    ]


@pytest.mark.parametrize("name", ["two\\nlines", "\\u001b[31mred", "\\u009b31m", "bell\\u0007"])
def test_a_name_cannot_steer_the_terminal(name: str, folder: Path, capsys: Streams) -> None:
    """Control characters in a name or a title do not reach the terminal, and a check stays one line."""
    (folder / "odd.toml").write_text(f'name = "{name}"\ntitle = "{name}"\n' + COIN, encoding="utf-8")
    assert main(["verify", "odd.toml"]) == 0
    out = capsys.readouterr().out
    assert all(line.startswith("✓ holds") for line in out.splitlines())
    assert main(["run", "odd.toml"]) == 0
    assert not set(out + capsys.readouterr().out) & set("\x1b\x9b\x07")


def test_a_pipe_gets_plain_text() -> None:
    """Piped output has no escape sequences and no progress bar, whatever the terminal is called."""
    done = program("run", "coin.toml", env={**os.environ, "TERM": "xterm-256color"})
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_no_color_is_honoured() -> None:
    """Where colour is forced on a pipe, NO_COLOR takes the colours away again."""
    forced = {**os.environ, "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = program("verify", "coin.toml", env={**forced, "NO_COLOR": "1"})
    assert "\x1b[3" not in done.stdout
    assert "holds" in done.stdout


def test_a_table_fits_eighty_columns(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report of every scenario that ships fits 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("two-state", "two-rooms", "mask-hump"):
        assert main(["run", name]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_rows_on_request(capsys: Streams) -> None:
    """`--steps A:B` shows the rows t = A … B; A: and :B reach to the ends."""

    def shown(rows: str) -> list[int]:
        assert main(["run", "coin.toml", f"--steps={rows}"]) == 0
        first = [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.strip()]
        return [int(word) for word in first if word.isdecimal()]

    assert [shown("1:2"), shown("2:"), shown(":1"), shown("0:0"), shown("2")] == [[1, 2], [2, 3], [0, 1], [0], [2]]


@few("command", ["list", "run two-state", "run two-state --json - --digits 1000", "schema result"])
def test_a_reader_may_leave_early(command: str) -> None:
    """`| head -1` ends the program quietly with the status it would have had."""
    done = shell(f"M {command} | head -c 1; exit ${{PIPESTATUS[0]}}")
    assert (done.returncode, done.stderr) == (0, "")


@few("command", ["run coin.toml --json -", "verify coin.toml"])
def test_a_full_disk_is_no_traceback(command: str) -> None:
    """What cannot be written to stdout is one message and a status, not a traceback."""
    done = shell(f"M {command} > /dev/full")
    assert done.returncode in (2, 3)
    assert "Traceback" not in done.stderr
    assert done.stderr


def test_a_closed_stdout_is_no_traceback() -> None:
    """A stdout that was never open is no traceback either."""
    done = shell("M verify coin.toml >&-")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["run", "verify"])
def test_an_ascii_terminal_is_no_traceback(command: str) -> None:
    """On a terminal that cannot show ✓ or β the report is written with what it can show."""
    done = program(command, "coin.toml", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "mi-decay" in done.stdout


def test_an_ascii_stdout_still_gets_json(folder: Path) -> None:
    """JSON goes to a stdout of any encoding."""
    (folder / "s.toml").write_text('title = "é"\n' + COIN, encoding="utf-8")
    done = program("run", "s.toml", "--json", "-", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["scenario"]["title"] == "é"


# files


def test_files_are_written_whole(folder: Path, capsys: Streams) -> None:
    """A file that was there is replaced by a whole one with the same permissions, and nothing is left beside it."""
    target = folder / "o.json"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    before = files(folder)
    assert main(["run", "coin.toml", "-q", "--json", "o.json"]) == 0
    assert files(folder) == before
    assert target.stat().st_mode & 0o777 == 0o640
    jsonschema.validate(json.loads(target.read_text(encoding="utf-8")), result_schema())


def test_a_link_stays_a_link(folder: Path, capsys: Streams) -> None:
    """Writing through a link replaces what it points to, not the link."""
    (folder / "real.json").write_text("old", encoding="utf-8")
    (folder / "link.json").symlink_to("real.json")
    assert main(["run", "coin.toml", "-q", "--json", "link.json"]) == 0
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "real.json").read_text(encoding="utf-8"))["unit"] == "bits"


def test_a_long_file_name_can_be_written(folder: Path, capsys: Streams) -> None:
    """Any name that the file system takes will do."""
    assert main(["run", "coin.toml", "-q", "--json", "o" * 250]) == 0
    assert (folder / ("o" * 250)).is_file()


def test_a_write_that_fails_leaves_the_old_file(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Streams) -> None:
    """Where the last step of writing fails the old file is untouched, no temporary file stays, and the status is 2."""
    (folder / "o.json").write_text("old", encoding="utf-8")
    before = files(folder)

    def fail(self: Path, target: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    assert main(["run", "coin.toml", "-q", "--json", "o.json"]) == 2
    assert (folder / "o.json").read_text(encoding="utf-8") == "old"
    assert files(folder) == before
    assert "No space left" in capsys.readouterr().err


def test_a_device_is_written_to(capsys: Streams) -> None:
    """/dev/null is a place to write to, and is not replaced by a file."""
    assert main(["run", "coin.toml", "-q", "--json", os.devnull]) == 0
    assert not Path(os.devnull).is_file()


def test_dev_stdout_is_stdout() -> None:
    """`--json /dev/stdout` into a pipe is a pipe, not a file."""
    done = program("run", "coin.toml", "-q", "--json", "/dev/stdout")
    assert done.returncode == 0
    assert json.loads(done.stdout)["unit"] == "bits"


def test_a_file_name_that_is_no_utf8(folder: Path) -> None:
    """A scenario whose file name is not UTF-8 runs, and its result is still valid JSON."""
    name = os.fsdecode(b"a\xff.toml")
    (folder / name).write_text(COIN, encoding="utf-8")
    done = program("run", name, "-q", "--json", "o.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((folder / "o.json").read_text(encoding="utf-8"))["unit"] == "bits"


# the other commands


def test_list_names_every_scenario_first(capsys: Streams) -> None:
    """`list` has a line for each scenario that ships, its name first."""
    assert main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[0] for line in lines) == SHIPPED
    assert all(len(line.split()) > 1 for line in lines)


def test_list_keeps_names_whole_on_a_narrow_screen(capsys: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    """However narrow the screen, the names that scripts cut out of `list` are whole."""
    monkeypatch.setenv("COLUMNS", "20")
    assert main(["list"]) == 0
    assert sorted(line.split()[0] for line in capsys.readouterr().out.splitlines()) == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_show_prints_what_ships(name: str, capsys: Streams) -> None:
    """`show NAME` prints the file as it is, and what it prints loads."""
    assert main(["show", name]) == 0
    text = capsys.readouterr().out
    root = Path(__file__).parents[1] / "scenarios"
    assert text == (root / f"{name}.toml").read_text(encoding="utf-8")
    assert md.loads(text, folder=root).T >= 1


def test_new_writes_a_scenario_that_runs(capsys: Streams) -> None:
    """`new FILE` writes a starter whose checks hold; without FILE, or with -, it goes to stdout."""
    assert main(["new", "mine.toml"]) == 0
    assert "mine.toml" in capsys.readouterr().out
    assert main(["verify", "mine.toml", "-q"]) == 0
    for arguments in (["new"], ["new", "-"]):
        assert main(arguments) == 0
        assert capsys.readouterr().out == Path("mine.toml").read_text(encoding="utf-8")


def test_schema_prints_both(capsys: Streams) -> None:
    """`schema result` and `schema scenario` print the schemas that the library gives."""
    for what, schema in (("result", result_schema()), ("scenario", scenario_schema())):
        assert main(["schema", what]) == 0
        assert json.loads(capsys.readouterr().out) == schema


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_prints_a_script(name: str, capsys: Streams) -> None:
    """`completion SHELL` prints a script that completes `markovdiff`."""
    assert main(["completion", name]) == 0
    assert "markovdiff" in capsys.readouterr().out


def test_completion_knows_the_shipped_names() -> None:
    """The shell completes the names of scenarios that ship."""
    words = {"_MARKOVDIFF_COMPLETE": "bash_complete", "COMP_WORDS": "markovdiff run two-", "COMP_CWORD": "2"}
    code = "from markovdiff.start import entry; entry()"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **words})
    names = {line.partition(",")[2] for line in done.stdout.splitlines()}
    assert {name for name in SHIPPED if name.startswith("two-")} <= names


def test_version(capsys: Streams) -> None:
    """`--version` is the package's."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"markovdiff {md.__version__}\n"


def test_no_command_shows_help(capsys: Streams) -> None:
    """Without a command the help is shown; that is usage, so the status is 2, and --help is 0."""
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert "verify" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "verify", "list", "new", "show", "schema", "completion"])
def test_every_command_has_help(command: str, capsys: Streams) -> None:
    """Each command explains itself."""
    assert main([command, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: markovdiff {command}")


def test_options_reach_the_result(capsys: Streams) -> None:
    """--digits, --unit and --distributions stand in place of the scenario's."""
    assert main(["run", "coin.toml", "--json", "-", "--digits", "30", "--unit", "nats", "--distributions"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["unit"], result["arithmetic"]["digits"]) == ("nats", 30)
    with mpmath.workdps(60):
        truth = Decimal(mpmath.nstr(2 * mpmath.log(2) - mpmath.log(3) * 3 / 4, 50))
    value = Decimal(result["steps"][0]["entropy"]["value"])
    assert value.as_tuple().exponent == -30
    assert abs(value - truth) < Decimal("1e-30")
    assert result["steps"][0]["marginal"] == ["3/4", "1/4"]


def test_a_thousand_digits(capsys: Streams) -> None:
    """The most digits that may be asked for are all there."""
    assert main(["run", "coin.toml", "--json", "-", "--digits", "1000"]) == 0
    value = json.loads(capsys.readouterr().out)["steps"][0]["entropy"]["value"]
    assert len(value) == len("0.") + 1000
