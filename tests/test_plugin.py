"""A package that brings a kernel by the entry point is used in every arithmetic, and its results are audited."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "plugin"

SCENARIO = """
data = { states = ["a", "b", "c"], weights = [3, 2, 1] }
[noise]
steps = 5
kernel = { kind = "mask-and-uniform", masked = "2/3" }
schedule = { kind = "linear", start = "1/10", stop = "1/2" }
[reverse]
prior = "mask"
model = { kind = "d3pm", error = "1/10" }
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the package and what an installer writes beside it."""
    target = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    shutil.copy(PLUGIN / "mask_and_uniform.py", target)
    info = target / f"mask_and_uniform-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    for group, points in project["entry-points"].items():
        lines = [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    (target / "s.toml").write_text(SCENARIO, encoding="utf-8")
    return target


def run(target: Path, *arguments: str, known: bool = True) -> subprocess.CompletedProcess[str]:
    """Python with these arguments in that folder, the package importable where it is to be known."""
    places = [str(target)] * known + [place for place in sys.path if place]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=target, capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("arithmetic", ["exact", "ball", "float"])
def test_a_kernel_from_another_package_runs(installed: Path, arithmetic: str) -> None:
    """The three arithmetics agree, and the record has the rows of every step."""
    done = run(installed, "-m", "markovdiff", "run", "s.toml", "--json", "-", "--arithmetic", arithmetic)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["scenario"]["kernel"]["kind"] == "mask-and-uniform"
    assert record["scenario"]["kernel"]["steps_rows"][0][0] == ["41/45", "1/90", "1/90", "1/15"]
    assert float(record["elbo"]["negative_elbo"]["value"]) > 0


@pytest.mark.parametrize("arithmetic", ["exact", "ball"])
def test_its_result_is_confirmed_without_knowing_the_kind(installed: Path, arithmetic: str) -> None:
    """The audit takes the rows as they stand, and says that the kind's name is not covered."""
    name = f"{arithmetic}.json"
    made = run(installed, "-m", "markovdiff", "run", "s.toml", "--json", name, "--arithmetic", arithmetic)
    assert made.returncode == 0, made.stderr
    done = run(installed, "-m", "markovdiff", "audit", name, known=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none wrong" in done.stdout
    assert "scenario.kernel.kind" in done.stdout


def test_it_stands_in_the_schema_and_in_the_form(installed: Path) -> None:
    """The schema and the form are made from the registry."""
    code = (
        "from markovdiff.study.schema import scenario_schema\n"
        "from tui.form.tables import tables\n"
        "assert 'MaskAndUniformSpec' in scenario_schema()['$defs']\n"
        "found = tables('noise.kernel')\n"
        "assert list(found)[-1] == 'mask-and-uniform'\n"
        "assert [key.name for key in found['mask-and-uniform'].keys] == ['masked', 'mask']\n"
    )
    done = run(installed, "-c", code)
    assert done.returncode == 0, done.stderr


def test_without_the_package_the_kind_is_unknown(installed: Path) -> None:
    """An unknown kind is refused by name."""
    done = run(installed, "-m", "markovdiff", "run", "s.toml", known=False)
    assert done.returncode == 2
    assert "mask-and-uniform" in done.stderr
