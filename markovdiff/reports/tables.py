"""The tables of a report as plain data, and written as HTML.

A cell is text; a column of numbers stands to the right. What a cell says comes from a result, at the digits that a
terminal shows, and every character of a name or a sentence is escaped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from markovdiff.errors import printable
from markovdiff.reports.terminal import DECAY, adding_up, chosen, fixed, number, outcome, readings, short
from markovdiff.study.result import Check, Elbo, Result

NO_LEDGER = "no ledger: the process has memory, or the run was interrupted"


@dataclass(frozen=True)
class Table:
    """A caption, a header (empty for none), rows of text; `right` are the columns of numbers, `total` marks a sum."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    total: bool = False

    def align(self, column: int) -> str:
        """Return "right" for a column of numbers, else "left"."""
        return "right" if column in self.right else "left"


def steps(result: Result, rows: range | None = None) -> Table:
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
    return Table(f"{caption}, {result.unit}", header, body, (0, 1, 2, 3, 4))


def ledger(elbo: Elbo, unit: str) -> Table:
    """Return L three times, by its terms and by the two splits of its excess over H(x0); each column adds up."""
    if elbo.negative_elbo is None:
        return Table(NO_LEDGER, (), ())
    lines_of = readings(elbo)
    columns = [adding_up([value for _, value in lines], elbo.negative_elbo) for lines in lines_of]
    rows = [
        tuple(cell for lines, column in zip(lines_of, columns, strict=True) for cell in (lines[k][0], column[k]))
        for k in range(3)
    ]
    rows.append(("L = −ELBO", fixed(elbo.negative_elbo)) * 3)
    return Table(f"Where every {unit[:-1]} of the ELBO goes", (), tuple(rows), (1, 3, 5), total=True)


def verdicts(checks: Sequence[Check]) -> Table:
    """Return a row for each check: its verdict, its name, the finding in words, and how it was decided."""
    rows = tuple((check.verdict, check.check, printable(outcome(check)), check.decided) for check in checks)
    return Table("Verdicts", ("verdict", "check", "finding", "decided by"), rows)


def html(table: Table) -> str:
    """Return a table as HTML, every character of its text escaped."""
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


def _side(table: Table, column: int) -> str:
    return ' align="right"' if table.align(column) == "right" else ""
