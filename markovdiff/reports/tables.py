"""The tables of a report as plain data, and written as Markdown, LaTeX and HTML to be pasted elsewhere.

A cell is text; a column of numbers stands to the right. What a cell says comes from a result, at the digits that a
terminal shows, and every character that means something in the form it is written in is escaped. LaTeX needs the
package booktabs and nothing else: letters and signs outside ASCII become its commands, other ones stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from markovdiff.errors import printable
from markovdiff.reports.terminal import (
    DECAY,
    adding_up,
    chosen,
    fixed,
    has_parts,
    hybrid_loss,
    number,
    outcome,
    paid_at,
    parts_of,
    readings,
    reasons,
    short,
)
from markovdiff.study.result import Check, Elbo, Result
from markovdiff.study.sampled import Sampled

NO_LEDGER = "no ledger: the process has memory, or the run was interrupted"


@dataclass(frozen=True)
class TextTable:
    """A caption, a header (empty for none), rows of text; `right` are the columns of numbers, `total` marks a sum.

    `sentences` is a column of long text, which LaTeX has to break.
    """

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    total: bool = False
    sentences: int | None = None

    def align(self, column: int) -> str:
        """Return "right" for a column of numbers, else "left"."""
        return "right" if column in self.right else "left"


def steps(result: Result, rows: range | None = None) -> TextTable:
    """Return what is left and lost at each step, the rows that the terminal shows or those asked for."""
    body = tuple(
        (
            str(step.t),
            "" if step.beta is None else short(step.beta),
            number(step.entropy),
            number(step.mutual_information),
            "" if step.information_loss is None else number(step.information_loss),
            DECAY[step.decay],
        )
        for step in chosen(result.steps, rows)
    )
    caption = printable(str(result.scenario["title"]))
    if len(body) < len(result.steps):
        caption += f" ({len(body)} of {len(result.steps)} rows)"
    header = ("t", "β", "H(x_t)", "I(x0;x_t)", "lost", "")
    return TextTable(f"{caption}, {result.unit}", header, body, (0, 1, 2, 3, 4))


def terms(result: Result, rows: range | None = None) -> TextTable:
    """Return each step's term of L: what the step lost (at t = 1 it is H(x0|x_1)), and the model's own error.

    Of sequences the error's two parts stand beside it, where the model treats each position by itself.
    """
    body = tuple(
        (
            str(step.t),
            *map(number, (step.elbo_term, paid, step.model_error)),
            *map(number, parts_of(step) or ()),
        )
        for step in result.steps[1:]
        if (rows is None or step.t in rows) and step.elbo_term and step.model_error and (paid := paid_at(step))
    )
    parts = ("drawn apart", "each position's own") if has_parts(result) else ()
    header = ("t", "term", "lost", "model error", *parts)
    return TextTable(f"Terms of −ELBO, {result.unit}", header, body, tuple(range(len(header))))


def ledger(elbo: Elbo, unit: str | None) -> TextTable:
    """Return L three times, by its terms and by the two splits of its excess over H(x0); each column adds up."""
    if elbo.negative_elbo is None:
        return TextTable(NO_LEDGER, (), ())
    lines_of = readings(elbo)
    columns = [adding_up([value for _, value in lines], elbo.negative_elbo) for lines in lines_of]
    rows = [
        tuple(cell for lines, column in zip(lines_of, columns, strict=True) for cell in (lines[k][0], column[k]))
        for k in range(3)
    ]
    rows.append(("L = −ELBO", fixed(elbo.negative_elbo)) * 3)
    ways = ("by its terms", "by the model's error", "by the likelihood")
    return TextTable(
        "The ELBO's ledger" if unit is None else f"Where every {unit[:-1]} of the ELBO goes",
        tuple(cell for way in ways for cell in (way, unit or "")),
        tuple(rows),
        (1, 3, 5),
        total=True,
    )


def verdicts(checks: Sequence[Check]) -> TextTable:
    """Return a row for each check: its verdict, its name, the finding in words, and how it was decided."""
    rows = tuple((check.verdict, check.check, printable(outcome(check)), check.decided) for check in checks)
    return TextTable("Verdicts", ("verdict", "check", "finding", "decided by"), rows, sentences=2)


def sequences(result: Result) -> list[TextTable]:
    """Return what is known of the law of sequences, and of each sampler; nothing where the data are one symbol."""
    facts = result.sequence
    if facts is None:
        return []
    named = [("total correlation", facts.total_correlation), ("dual total correlation", facts.dual_total_correlation)]
    named += [(f"one position, {j} others known", c) for j, c in enumerate(facts.information_curve or ())]
    rows = tuple((name, number(value)) for name, value in named if value is not None)
    made = [TextTable(f"{facts.length} symbols before any noise", ("quantity", result.unit), rows, (1,))]
    header = ("sampler", "excess", "KL(q‖ν)", "total variation", "outside the support")
    drawn = tuple(
        (
            _sampler(one),
            *("" if q is None else number(q) for q in (one.excess, one.kl, one.total_variation, one.outside_support)),
        )
        for one in result.sampler
    )
    return [*made, TextTable(f"What samplers draw, {result.unit}", header, drawn, (1, 2, 3, 4))] if drawn else made


def _sampler(one: Sampled) -> str:
    if one.unmask is not None:
        order = one.order if isinstance(one.order, str) else ", ".join(map(str, one.order or ()))
        return printable(f"unmask {'+'.join(map(str, one.unmask))}, {order}")
    return (
        f"{one.steps} step{'s' * (one.steps > 1)}"
        if one.steps is not None
        else f"times {', '.join(map(str, one.times or ()))}"
    )


def html(table: TextTable) -> str:
    """Return a table as HTML, every character of its text escaped; one without rows is its caption as a sentence."""
    if not table.rows:
        return f"<p>{escape(table.caption)}</p>"
    lines = [f"<table><caption>{escape(table.caption)}</caption>"]
    if table.header:
        cells = (f'<th scope="col"{_side(table, k)}>{escape(cell)}</th>' for k, cell in enumerate(table.header))
        lines.append(f"<thead><tr>{''.join(cells)}</tr></thead>")
    lines.append("<tbody>")
    for k, row in enumerate(table.rows):
        mark = ' class="total"' if table.total and k == len(table.rows) - 1 else ""
        cells = (f"<td{_side(table, column)}>{escape(cell)}</td>" for column, cell in enumerate(row))
        lines.append(f"<tr{mark}>{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _side(table: TextTable, column: int) -> str:
    return ' align="right"' if table.align(column) == "right" else ""


def markdown(table: TextTable) -> str:
    """Return a table as GitHub's Markdown: the caption in bold, a header (empty where there is none), the rows."""
    if not table.rows:
        return _markdown(table.caption)
    width = len(table.rows[0])
    header = table.header or ("",) * width
    rule = ["---:" if table.align(k) == "right" else "---" for k in range(width)]
    rows = [[_markdown(cell) for cell in row] for row in (header, *table.rows)]
    if table.total:
        rows[-1] = [f"**{cell}**" for cell in rows[-1]]
    lines = [f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:])]
    return "\n".join([f"**{_markdown(table.caption)}**", "", *lines])


def _markdown(words: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|&~#])", r"\\\1", words)


def latex(table: TextTable) -> str:
    r"""Return a table as LaTeX, with the rules of booktabs and its caption.

    >>> print(latex(TextTable("A & B", ("t", "H(x_t)"), (("0", "1.75"),), right=(0, 1))))
    \begin{table}
      \centering
      \caption{A \& B}
      \begin{tabular}{rr}
        \toprule
        $t$ & $H(x_t)$ \\
        \midrule
        0 & 1.75 \\
        \bottomrule
      \end{tabular}
    \end{table}
    """
    if not table.rows:
        return _latex(table.caption)
    columns = "".join(_latex_column(table, k) for k in range(len(table.rows[0])))
    lines = [_latex_row(row) for row in table.rows]
    if table.total:
        lines.insert(-1, r"\midrule")
    head = [_latex_row(table.header), r"\midrule"] if table.header else []
    body = [r"\toprule", *head, *lines, r"\bottomrule"]
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{_latex(table.caption)}}}",
            rf"  \begin{{tabular}}{{{columns}}}",
            *(f"    {line}" for line in body),
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )


def _latex_column(table: TextTable, k: int) -> str:
    if k == table.sentences:
        return r"p{0.45\linewidth}"
    return "r" if table.align(k) == "right" else "l"


def _latex_row(cells: Sequence[str]) -> str:
    return f"{' & '.join(map(_latex_cell, cells))} \\\\"


FORMULAS = {
    "t": "$t$",
    "β": r"$\beta_t$",
    "H(x_t)": "$H(x_t)$",
    "I(x0;x_t)": "$I(x_0;x_t)$",
    "H(x0)": "$H(x_0)$",
    "NLL − H(x0)": r"$\mathrm{NLL} - H(x_0)$",
    "L − NLL": r"$L - \mathrm{NLL}$",
    "L = −ELBO": r"$L = -\mathrm{ELBO}$",
    "∞": r"$\infty$",
}
"""What is set as a formula where it is a whole cell."""

POWER = re.compile(r"(-?[0-9.]+)e(-?[0-9]+)")

SIGNS = {
    **{character: f"\\{character}" for character in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": "$|$",
    '"': "''",
    "−": "$-$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "≈": r"$\approx$",
    "·": r"$\cdot$",
    "×": r"$\times$",
    "∞": r"$\infty$",
    "‖": r"$\|$",
    "Σ": r"$\Sigma$",
    "Δ": r"$\Delta$",
    "β": r"$\beta$",
    "η": r"$\eta$",
    "π": r"$\pi$",
    "ν": r"$\nu$",
    "λ": r"$\lambda$",
    "μ": r"$\mu$",
    "κ": r"$\kappa$",
    "ᾱ": r"$\bar\alpha$",
    "…": r"\ldots{}",
    "–": "--",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "√": r"$\surd$",
    "→": r"$\to$",
    "≠": r"$\neq$",
    "ε": r"$\varepsilon$",
}


def _latex_cell(words: str) -> str:
    if words in FORMULAS:
        return FORMULAS[words]
    power = POWER.fullmatch(words)
    if power:
        return rf"${power[1]} \times 10^{{{int(power[2])}}}$"
    return _latex(words)


def _latex(words: str) -> str:
    return "".join(SIGNS.get(character, character) for character in words)


WRITERS: dict[str, Callable[[TextTable], str]] = {"markdown": markdown, "latex": latex, "html": html}


def document(results: Sequence[Result], form: str, rows: range | None = None, *, ledger_terms: bool = False) -> str:
    """Return the tables of a run in a form to be pasted: steps, ledger and verdicts of each result, and its notes."""
    made: list[TextTable] = []
    for result in results:
        made.append(steps(result, rows))
        if result.elbo.negative_elbo is not None:
            made += [terms(result, rows)] if ledger_terms else []
            made.append(ledger(result.elbo, result.unit))
        made += sequences(result)
        made.append(verdicts(result.checks))
        made += [TextTable(f"note: {printable(note)}", (), ()) for note in result.notes]
        made += [TextTable(why, (), ()) for why in [*hybrid_loss(result.elbo), *reasons(result.elbo)]]
    return "\n\n".join(map(WRITERS[form], made)) + "\n"


def verdict_document(results: Sequence[Result], form: str) -> str:
    """Return one table of verdicts for all results, the scenario's name first."""
    made = [
        (printable(str(result.scenario["name"])), *row) for result in results for row in verdicts(result.checks).rows
    ]
    header = ("scenario", *verdicts(()).header)
    return WRITERS[form](TextTable("Verdicts", header, tuple(made), sentences=3)) + "\n"
