"""Kinds that a package brings by entry points are used in every arithmetic, and their results are audited."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from breadth import few

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

L_OF_R = 2.27490548421388
"""−ELBO of the hedging model in bits, as the audit confirms it."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has the package and what an installer writes beside it."""
    target = tmp_path_factory.mktemp("site")
    project = tomllib.loads((PLUGIN / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for module in PLUGIN.glob("*.py"):
        shutil.copy(module, target)
    info = target / f"markovdiff_example-{project['version']}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines: list[str] = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    (target / "s.toml").write_text(SCENARIO, encoding="utf-8")
    hedged = SCENARIO.replace('kind = "d3pm", error = "1/10"', 'kind = "mixed-with-uniform", share = "1/10"')
    hedged = hedged.replace('prior = "mask"', 'prior = "uniform"')
    (target / "r.toml").write_text(hedged, encoding="utf-8")
    plain = hedged.replace('kind = "mask-and-uniform", masked = "2/3"', 'kind = "uniform"')
    (target / "u.toml").write_text(plain, encoding="utf-8")
    return target


def run(target: Path, *arguments: str, known: bool = True) -> subprocess.CompletedProcess[str]:
    """Python with these arguments in that folder, the package importable where it is to be known."""
    places = [str(target)] * known + [place for place in sys.path if place]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=target, capture_output=True, text=True, check=False, env=environment)


@few("arithmetic", ["ball", "exact", "float"])
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


@few("arithmetic", ["ball", "exact", "float"])
def test_a_reverse_model_from_another_package_runs(installed: Path, arithmetic: str) -> None:
    """The three arithmetics agree, and the record has the rows of every step, by which the audit confirms it."""
    name = f"r-{arithmetic}.json"
    done = run(installed, "-m", "markovdiff", "run", "r.toml", "--json", name, "--arithmetic", arithmetic)
    assert done.returncode == 0, done.stderr
    record = json.loads((installed / name).read_text(encoding="utf-8"))
    assert set(record["scenario"]["reverse"]["model"]) == {"kind", "rows"}
    assert record["scenario"]["reverse"]["model"]["rows"][0][0][0] == "607/664"  # 9/10·82/83 + 1/40
    assert float(record["elbo"]["negative_elbo"]["value"]) == pytest.approx(L_OF_R, rel=1e-14)
    if arithmetic != "float":
        audited = run(installed, "-m", "markovdiff", "audit", name, known=False)
        assert audited.returncode == 0, audited.stdout + audited.stderr
        assert "scenario.reverse.model.kind" in audited.stdout


def test_they_stand_in_the_schema_and_in_the_form(installed: Path) -> None:
    """The schema and the form are made from the registries."""
    code = (
        "from markovdiff.study.schema import scenario_schema\n"
        "from tui.form.tables import tables\n"
        "assert {'MaskAndUniformSpec', 'MixedWithUniformSpec'} <= set(scenario_schema()['$defs'])\n"
        "assert list(tables('reverse.model'))[-1] == 'mixed-with-uniform'\n"
        "assert [key.name for key in tables('reverse.model')['mixed-with-uniform'].keys] == ['share']\n"
        "found = tables('noise.kernel')\n"
        "assert list(found)[-1] == 'mask-and-uniform'\n"
        "assert [key.name for key in found['mask-and-uniform'].keys] == ['masked', 'mask']\n"
    )
    done = run(installed, "-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("file", "kind"), [("s.toml", "mask-and-uniform"), ("u.toml", "mixed-with-uniform")])
def test_without_the_package_the_kind_is_unknown(installed: Path, file: str, kind: str) -> None:
    """An unknown kind is refused by name."""
    done = run(installed, "-m", "markovdiff", "run", file, known=False)
    assert done.returncode == 2
    assert kind in done.stderr
