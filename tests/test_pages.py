"""The pages beside the README: their tables are current, their examples run, their links lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import reference
from click.testing import CliRunner

import markovdiff as md
from markovdiff.cli import cli
from tui.actions import ACTIONS, spelled
from tui.panels import PANELS

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/*.md")])
FORMAT = reference.PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```toml\n(.*?)```", FORMAT, re.DOTALL)


def test_the_reference_is_made_from_the_file_format() -> None:
    """The tables of scenarios/README.md are those that the structs give."""
    assert reference.renewed(FORMAT) == FORMAT, f"out of date: run `{reference.COMMAND}`"


@pytest.mark.parametrize("block", [block for block in BLOCKS if "[noise]" in block])
def test_each_scenario_on_the_page_runs(block: str) -> None:
    """A whole scenario that the page shows is one, and its checks hold."""
    assert md.run(md.loads(block)).passed


def test_the_network_on_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The logits that the page's Python writes are read by the page's [reverse.model]."""
    monkeypatch.chdir(tmp_path)
    code = re.search(r"```python\n(.*?)```", FORMAT, re.DOTALL)
    assert code is not None
    exec(code[1], {})
    whole = next(block for block in BLOCKS if "rows = [" in block)
    brought = next(block for block in BLOCKS if block.startswith("[reverse.model]"))
    text = whole[: whole.index("[reverse.model]")] + brought
    assert tomllib.loads(text)["reverse"]["model"]["softmax"]
    result = md.run(md.loads(text, folder=tmp_path))
    assert result.passed
    assert result.notes


def test_the_python_of_the_engine_s_page_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of it runs, and a step is printed as it is found."""
    code = re.search(r"```python\n(.*?)```", (ROOT / "markovdiff" / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert code is not None
    exec(code[1], {})
    assert len(capsys.readouterr().out.splitlines()) == 65


def test_the_screen_s_page_has_every_panel() -> None:
    """The table of panels is what their records say."""
    rows = ["| `{}` | {} | {} |".format(p.key, p.name, p.about.replace("|", r"\|")) for p in PANELS.values()]
    page = (ROOT / "tui" / "README.md").read_text(encoding="utf-8")
    assert "\n".join(rows) in page, "\n".join(["tui/README.md is out of date:", *rows])


def test_every_command_on_a_page_exists() -> None:
    """Each `markovdiff …` line names a command, and its options are ones that the command has."""
    for page in PAGES:
        for command, rest in re.findall(
            r"^markovdiff (\w+)([^#\n|&]*)", page.read_text(encoding="utf-8"), re.MULTILINE
        ):
            shown = CliRunner().invoke(cli, [command, "--help"]).output
            assert "Usage" in shown, command
            assert all(option in shown for option in re.findall(r"--[a-z]+", rest)), rest


def anchors(page: Path) -> set[str]:
    """What a link may name after a #: each heading in lower case, without punctuation, joined by hyphens."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link of a page, or picture in it, is a file of the project, and each anchor a heading."""
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_exist(page: Path) -> None:
    """Each program that a page tells to run with Python is a file or a module of the project."""
    text = page.read_text(encoding="utf-8")
    for name in re.findall(r"python3? (\w[\w/]*\.py)\b", text):
        assert (ROOT / name).is_file(), name
    for module in re.findall(r"python3? -m ((?:tui|markovdiff)[\w.]*)", text):
        base = ROOT.joinpath(*module.split("."))
        assert base.with_suffix(".py").is_file() or (base / "__main__.py").is_file(), module


def test_each_key_of_the_screen_is_told() -> None:
    """The first key of each action stands in tui/README.md."""
    page = (ROOT / "tui" / "README.md").read_text(encoding="utf-8")
    keys = [spelled(action.keys.split(",")[0]) for action in ACTIONS]
    assert not [key for key in keys if f"`{key}`" not in page and key not in map(str, range(2, 8))]


def test_each_room_is_told() -> None:
    """Each room of the engine stands in markovdiff/README.md."""
    page = (ROOT / "markovdiff" / "README.md").read_text(encoding="utf-8")
    rooms = [folder.name for folder in (ROOT / "markovdiff").iterdir() if (folder / "__init__.py").exists()]
    assert not [room for room in rooms if f"`{room}/`" not in page]


def test_the_workflow_runs_each_version_that_is_claimed() -> None:
    """The workflow's Python versions are those of pyproject.toml's classifiers."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = [found[1] for line in project["classifiers"] if (found := re.fullmatch(r".* :: (3\.\d+)", line))]
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    listed = re.search(r"python: \[(.*)\]", workflow)
    assert listed is not None
    assert re.findall(r"3\.\d+", listed[1]) == claimed
