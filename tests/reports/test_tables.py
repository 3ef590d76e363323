"""Tables to paste say what the terminal says, and survive any character in a title."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import markovdiff as md
from markovdiff.cli import main
from markovdiff.cli.running import FORMATS
from markovdiff.reports import tables
from markovdiff.reports.tables import TextTable
from markovdiff.reports.terminal import fixed, number
from markovdiff.study.schema import result_schema

Streams = pytest.CaptureFixture[str]
RESULT = md.run(md.load("elbo-d3pm"))
ODD = "<b>|a & b_1 \\ ~^ $x$ {} # % *c* `d` [e](f)"


class Cells(HTMLParser):
    """The text of each cell, row by row."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: Any) -> None:  # noqa: ARG002
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and data.strip():
            self.rows[-1][-1] += data


def test_html_has_the_cells() -> None:
    """Read back by a parser, the cells are those of the table, and no tag comes from a word."""
    table = TextTable(ODD, ("t", ODD), (("1", ODD), ("2", "x")), (0,))
    cells = Cells()
    cells.feed(tables.html(table))
    assert cells.rows == [["t", ODD], ["1", ODD], ["2", "x"]]
    assert cells.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td"}


def test_markdown_has_the_cells() -> None:
    """Split at bars that are not escaped, each line has the cells, and each mark of Markdown is escaped."""
    lines = tables.markdown(TextTable("c", ("t", ODD), (("1", ODD),), (0,))).splitlines()[2:]
    rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    assert rows[1] == ["---:", "---"]
    for row in (rows[0], rows[2]):
        assert re.sub(r"\\([^A-Za-z0-9 ])", r"\1", row[1]) == ODD


def test_latex_has_no_bare_sign() -> None:
    """What means something to LaTeX is a command; a row has as many cells as there are columns."""
    lines = tables.latex(TextTable("c", ("t", ODD), (("1", ODD), ("2.5e-07", "∞"), ("", "β")), (0,))).splitlines()
    body = [line.strip() for line in lines if line.endswith(r"\\")]
    assert [len(re.findall(r"(?<!\\)&", line)) for line in body] == [1, 1, 1, 1]
    assert body[2] == r"$2.5 \times 10^{-7}$ & $\infty$ \\"
    odd = body[1].split("& ", 1)[1].removesuffix(r" \\")
    assert odd.startswith(r"$<$b$>$$|$a \& b\_1 \textbackslash{} \textasciitilde{}\textasciicircum{} \$x\$ \{\} \# \%")
    assert [word in "\n".join(lines) for word in (r"\toprule", r"\midrule", r"\bottomrule", r"\begin{tabular}{rl}")]


def test_the_steps_are_the_result_s() -> None:
    """A row a step with the numbers rounded as on the terminal; those asked for where some are."""
    table = tables.steps(RESULT)
    for row, step in zip(table.rows, RESULT.steps, strict=True):
        assert row[0] == str(step.t)
        assert row[2:4] == (number(step.entropy), number(step.mutual_information))
    assert [row[0] for row in tables.steps(RESULT, range(3, 5)).rows] == ["3", "4"]


def test_each_column_of_the_ledger_adds_up() -> None:
    """The three readings end in one total, and the lines above it sum to it, digit by digit."""
    *parts, total = tables.ledger(RESULT.elbo, "bits").rows
    for k in (1, 3, 5):
        assert sum(Decimal(row[k]) for row in parts) == Decimal(total[k])


HYBRID = """
data = { states = ["a", "b"], probabilities = ["3/4", "1/4"] }
noise = { steps = 2, kernel = { kind = "uniform" }, schedule = { kind = "constant", beta = "1/4" } }
reverse = { model = { kind = "d3pm" }, hybrid = 2 }
"""


def test_the_hybrid_loss_is_told_in_every_form(tmp_path: Path) -> None:
    """Where a weight asks for it, it stands below the ledger, in ASCII for LaTeX; elsewhere it is not named."""
    result = md.run(md.loads(HYBRID))
    assert result.elbo.hybrid is not None
    written = [tables.document([result], form) for form in ("markdown", "latex", "html")]
    page = Path(tmp_path / "page.html")
    md.report([result], page)
    for text in (*written, page.read_text(encoding="utf-8")):
        assert f"= {fixed(result.elbo.hybrid)}, with" in text
    assert "hybrid" not in tables.document([RESULT], "markdown")
    assert written[1].isascii()


SHOWN = ("two-state", "elbo-d3pm", "elbo-mask-prior", "memory", "pair-uniform", "pronouns")


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    """What `run --format … --ledger` writes of scenarios with an infinite ELBO, with memory, with samplers."""
    results = [md.run(md.load(name)) for name in SHOWN]
    return {form: tables.document(results, form, ledger_terms=True) for form in ("markdown", "latex")}


def test_every_markdown_table_has_a_header(documents: dict[str, str]) -> None:
    """No header is a row of empty cells, which GitHub would show as an empty line."""
    lines = documents["markdown"].splitlines()
    headers = [lines[k - 1] for k, line in enumerate(lines) if line.startswith(("| ---", "| ---:"))]
    assert len(headers) > 3 * len(SHOWN)
    assert all(re.search(r"\w", header) for header in headers)


def test_latex_is_balanced(documents: dict[str, str]) -> None:
    """Each environment ends, each row has the columns that the table declares, and all of it is ASCII."""
    text = documents["latex"]
    assert text.isascii()
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") > 3 * len(SHOWN)
    for body in re.findall(r"\\begin{tabular}(.*?)\\end{tabular}", text, re.DOTALL):
        columns = len(re.findall(r"[lrp]", re.sub(r"p{[^}]*}", "p", body.split("\n")[0])))
        rows = [line for line in body.splitlines()[1:] if line.strip().endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {columns}
        assert re.sub(r"\\[{}]", "", body).count("{") == re.sub(r"\\[{}]", "", body).count("}")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs a TeX of the system")
def test_latex_compiles(documents: dict[str, str], tmp_path: Path) -> None:
    """With booktabs and nothing else pdfTeX makes pages of it, and stops nowhere."""
    odd = tables.latex(TextTable(ODD, ("t", ODD), (("1", ODD), ("2.5e-07", "∞")), (0,)))
    whole = (
        rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{documents['latex']}{odd}\end{{document}}"
    )
    (tmp_path / "t.tex").write_text(whole, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "text"])
@pytest.mark.parametrize("command", ["run", "verify"])
def test_the_command_writes_each_form(command: str, form: str, capsys: Streams) -> None:
    """`--format` changes the tables and nothing else: status, and every verdict, stay."""
    assert main([command, "elbo-d3pm", "memory", "--format", form]) == 0
    out = capsys.readouterr().out
    for result in (RESULT, md.run(md.load("memory"))):
        assert all(check.check in out for check in result.checks)
    assert {"markdown": "| --- |", "latex": r"\toprule", "html": "<table>"}[form] in out


def test_the_ledger_step_by_step(capsys: Streams) -> None:
    """With --ledger there is a table of terms, its first row the reconstruction."""
    assert main(["run", "elbo-d3pm", "--format", "markdown", "--ledger", "--steps", "1:2"]) == 0
    first = RESULT.steps[1]
    row = f"| 1 | {number(first.elbo_term)} | {number(first.conditional_entropy)} | {number(first.model_error)} |"
    assert row in capsys.readouterr().out


def test_the_ledger_of_sequences_has_both_parts_of_the_error(capsys: Streams) -> None:
    """Of the plug-in bridge E TC and what each position's own model adds, in every form; one symbol has no parts."""
    bridge = md.run(md.load("bridge-plug-in"))
    second = bridge.steps[2]
    assert second.expected_total_correlation is not None
    assert second.position_error is not None
    parts = [number(q) for q in (second.model_error, second.expected_total_correlation, second.position_error)]
    assert parts == ["0.1404033", "0.008785248", "0.1316180"]
    assert main(["run", "bridge-plug-in", "--ledger", "--steps", "2:2"]) == 0
    assert " ".join(["2", *parts]) in " ".join(capsys.readouterr().out.split())
    assert tables.terms(bridge).rows[1][-3:] == tuple(parts)
    assert tables.terms(RESULT).header == ("t", "term", "lost", "model error")


def test_infinite_and_missing_ledgers_are_said() -> None:
    """∞ is a formula with its reason below; without a ledger none is shown."""
    study = md.load("two-state").replace({"reverse.prior": [1, 0], "noise.steps": 3})
    text = tables.document([md.run(study)], "latex")
    assert r"$\infty$ \\" in text
    assert "ELBO goes" not in tables.document([md.run(md.load("memory"))], "markdown")


def test_samplers_are_the_result_s() -> None:
    """A row a sampler with its numbers; none of these tables for one symbol."""
    result = md.run(md.load("parity"))
    facts, drawn = tables.sequences(result)
    assert ("total correlation", "1") in facts.rows
    for row, one in zip(drawn.rows, result.sampler, strict=True):
        assert row[1] == number(one.excess)
        assert row[0].startswith("unmask" if one.unmask else str(one.steps or "times"))
    assert not tables.sequences(RESULT)


def test_float64s_table_is_text(capsys: Streams) -> None:
    """--shadow has no other form, and says so."""
    assert main(["run", "two-state", "--shadow", "--format", "html"]) == 2
    assert "--shadow" in capsys.readouterr().err


def test_decimals_are_the_rationals_rounded(tmp_path: Path) -> None:
    """With --decimal each rational of a step is a decimal within half a unit of its last digit, the rest unchanged."""
    for option in ([], ["--decimal"]):
        assert (
            main(["run", "jump-masked", "--json", str(tmp_path / f"r{len(option)}"), "-q", "--distributions", *option])
            == 0
        )
    exact, decimal = (json.loads((tmp_path / f"r{k}").read_text(encoding="utf-8")) for k in (0, 1))
    jsonschema.validate(decimal, result_schema())
    assert exact["scenario"] == decimal["scenario"]
    for one, other in zip(exact["steps"], decimal["steps"], strict=True):
        for key in ("beta", "alpha_bar", "dobrushin", "total_variation_to_prior"):
            compare(one.pop(key), other.pop(key))
        for pair in zip(one.pop("marginal"), other.pop("marginal"), strict=True):
            compare(*pair)
        one.pop("dobrushin_product"), other.pop("dobrushin_product")
        assert one == other


def compare(exact: str | None, decimal: str | None) -> None:
    if exact is None:
        assert decimal is None
        return
    assert decimal is not None
    assert "/" not in decimal
    assert abs(Fraction(decimal) - Fraction(exact)) <= Fraction(exact) / 2 / 10**14
