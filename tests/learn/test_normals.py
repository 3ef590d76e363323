"""Exercise 2 with any means and covariances: what is taken, what is refused, and the code that is to be pasted."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from math import log

import numpy as np
import pytest
from breadth import few
from rich.cells import cell_len

from markovdiff.cli import main
from markovdiff.errors import InputError
from markovdiff.learn.blocks import Facts
from markovdiff.learn.contents import find
from markovdiff.learn.layout import layout
from markovdiff.learn.page import HEIGHT, WIDTH

LAWS = {
    "of the page": [],
    "correlated": ["S1=[[2, 1/2], [1/2, 1]]", "S2=[[1, -0.25], [-0.25, 3]]", "m1=[1/3, -2]", "m2=[0, 1]"],
    "one": ["S1=[[4]]", "S2=[[1/4]]"],
    "four": ["S2=[[9,1,0,0],[1,4,1,0],[0,1,3,1],[0,0,1,2]]", "m1=[1,0,-1,2]", "seed=7"],
}
LONG = "-24898/997"
WIDE = "33.333"


def arguments(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def independent(settings: list[str]) -> tuple[float, float]:
    """KL and the spread of log p − log q, from the lists as written: by eigenvalues of S2^−½ S1 S2^−½."""
    lists = dict(setting.split("=") for setting in settings)
    own = {
        "m1": "[1]*n",
        "m2": "[0]*n",
        "S1": "[[0.5**abs(i-j) for j in range(n)] for i in range(n)]",
        "S2": "np.eye(n)",
    }
    n = len(eval(next((v for k, v in lists.items() if k in own), "[0, 0]")))
    m1, S1, m2, S2 = (np.array(eval(lists.get(k, own[k]), {"np": np, "n": n}), float) for k in ("m1", "S1", "m2", "S2"))
    values, vectors = np.linalg.eigh(S2)
    root = vectors @ np.diag(values**-0.5) @ vectors.T
    ratios, axes = np.linalg.eigh(root @ S1 @ root)
    away = axes.T @ root @ (m1 - m2)
    kl = 0.5 * sum(r - 1 - log(r) + a * a for r, a in zip(ratios, away, strict=True))
    return kl, float(np.sqrt(sum(0.5 * (r - 1) ** 2 + r * a * a for r, a in zip(ratios, away, strict=True))))


@pytest.mark.slow
@few("name", LAWS)
def test_the_code_runs_as_pasted(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Cut out of the page and given to Python, it prints the closed form, and an average as near as the page says."""
    assert main(["learn", "exercise-2-code", *arguments(LAWS[name])]) == 0
    lines = capsys.readouterr().out.splitlines()
    code = lines[lines.index("import numpy as np") :]
    code = code[: next(k for k, line in enumerate(code) if line.startswith("print(")) + 1]
    ran = subprocess.run([sys.executable, "-"], input="\n".join(code), capture_output=True, text=True, check=True)
    _, formula, _, average, _, error = ran.stdout.split()
    kl, spread = independent(LAWS[name])
    assert float(formula) == pytest.approx(kl, rel=1e-12)
    assert float(error) == pytest.approx(spread / 100_000**0.5, rel=0.02)
    assert abs(float(average) - kl) < 4 * float(error)
    assert ran.stderr == ""


@pytest.mark.parametrize("topic", ["exercise-2", "exercise-2-code"])
@pytest.mark.parametrize("name", LAWS)
def test_the_closed_form_is_that_of_the_laws_set(topic: str, name: str) -> None:
    """By the eigenvalues of S2^−½ S1 S2^−½, which the page does not use; and the spread likewise."""
    if (topic, name) == ("exercise-2", "of the page"):
        return
    page = find(topic)
    facts = [block for block in page.build(page.read(LAWS[name])) if isinstance(block, Facts)]
    kl, spread = independent(LAWS[name])
    assert facts[0]["KL(P‖Q), closed form"].value == pytest.approx(kl, rel=1e-12)  # type: ignore[union-attr]
    if topic == "exercise-2-code":
        expected = facts[0]["s/√100000, what to expect"].value  # type: ignore[union-attr]
        assert expected == pytest.approx(spread / 100_000**0.5, rel=1e-9)


@pytest.mark.parametrize("topic", ["exercise-2", "exercise-2-code"])
@pytest.mark.parametrize("entry", [LONG, WIDE])
def test_the_longest_lists_fit_the_page(topic: str, entry: str) -> None:
    """Four dimensions of the longest numbers: 23 lines of 80 columns."""
    n = 4
    S = [[str(abs(Fraction(entry)) * 4).replace("-", "") if i == j else entry for j in range(n)] for i in range(n)]
    if entry == WIDE:
        S = [["100" if i == j else "-33.331" for j in range(n)] for i in range(n)]
    listed = "[" + ",".join(f"[{','.join(row)}]" for row in S) + "]"
    mean = f"[{','.join([entry] * n)}]"
    page = find(topic)
    values = page.read(
        [f"S1={listed}", f"S2={listed}", f"m1={mean}", f"m2=[{','.join(['-1/997'] * n)}]", "seed=1000000"]
    )
    lines = [line.text for part in layout(page, values) for line in part]
    assert len(lines) <= HEIGHT
    assert all(cell_len(line) <= WIDTH for line in lines)


@pytest.mark.parametrize(
    ("settings", "where", "words"),
    [
        (["S1=[[1, 2], [2, 1]]"], "--set S1", "positive definite"),
        (["S2=[[1, 0], [0, 0]]"], "--set S2", "positive definite"),
        (["S1=[[1, 2], [1, 5]]"], "--set S1[1][0]", "symmetric"),
        (["S1=[[1, 2], [2]]"], "--set S1[1]", "square"),
        (["S1=[[1, 0]]"], "--set S1[0]", "square"),
        (["S1=[1, 2]"], "--set S1", "not a matrix"),
        (["S1=[[1]], [2]"], "--set S1", "not a matrix"),
        (["S1="], "--set S1", "not a matrix"),
        (["m1=[[1]]"], "--set m1", "not a list"),
        (["m1=1"], "--set m1", "not a list"),
        (["S1=[[1, x], [x, 1]]"], "--set S1[0][1]", "not a rational"),
        (["S1=[[]]"], "--set S1[0][0]", "not a rational"),
        (["m1=[0, 0]", "S2=[[1]]"], "--set S2", "different dimensions"),
        (["m1=[0]", "S1=[[1]]"], "--set", "the same law"),
        (["m1=[0,0,0,0,0]"], "--set m1", "more coordinates"),
        (["m1=[101]"], "--set m1[0]", "too long"),
        (["m1=[1/1001]"], "--set m1[0]", "too long"),
        (["S2=[[100, 0], [0, 1/1000]]", "S1=[[1, 0.999], [0.999, 1]]"], "", ""),
        (["S2=[[100, 99.999], [99.999, 99.999]]"], "", ""),
        (["S3=[[1]]"], "--set S3", "no such number"),
    ],
)
def test_what_is_no_gaussian_is_refused(settings: list[str], where: str, words: str) -> None:
    """Each refusal names the key and the entry; what is far from round but positive definite is taken."""
    page = find("exercise-2-code")
    if not where:
        assert page.build(page.read(settings))
        return
    with pytest.raises(InputError, match=words) as caught:
        page.read(settings)
    assert caught.value.where == where
    assert caught.value.expected


def test_a_covariance_that_floats_take_for_singular_is_refused() -> None:
    """Positive definite, by a determinant of 997^−2; but one variance is more than 10^8 times the other."""
    rows = "[[641/997, 4000/997], [4000/997, 24961/997]]"
    page = find("exercise-2-code")
    with pytest.raises(InputError, match="nearly singular") as caught:
        page.read([f"S1={rows}"])
    assert caught.value.where == "--set S1"


@pytest.mark.parametrize(
    ("settings", "where", "words"),
    [
        (["d=3", "m1=[0, 0]"], "--set d", "different dimensions"),
        (["rho=1/3", "S1=[[1]]"], "--set rho", "two covariances"),
    ],
)
def test_what_was_set_twice_is_refused(settings: list[str], where: str, words: str) -> None:
    """Beside lists, `d` must be their dimension, and r would be a second covariance of P; else both are taken."""
    page = find("exercise-2")
    with pytest.raises(InputError, match=words) as caught:
        page.read(settings)
    assert caught.value.where == where
    assert page.build(page.read(["d=2", "m1=[0, 0]", "rho=1/3"]))


def test_other_pages_take_no_lists() -> None:
    """A list is refused where a page has only numbers."""
    with pytest.raises(InputError, match="no such number"):
        find("entropy").read(["S1=[[1]]"])
