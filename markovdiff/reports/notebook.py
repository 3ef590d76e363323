"""What a notebook shows of a result, its ledger, a chain, a scenario or a sweep: a short table as HTML.

Nothing long is computed for it: the marginals of a chain are shown where the chain is small.
"""

from __future__ import annotations

from html import escape

from markovdiff.errors import printable
from markovdiff.process.chain import Chain
from markovdiff.reports import tables
from markovdiff.reports.tables import TextTable
from markovdiff.reports.terminal import facts, short, thinned
from markovdiff.study.result import Elbo, Result
from markovdiff.study.scenario import Scenario
from markovdiff.sweeps.sweep import Sweep

MOST_ROWS = 10
MOST_STATES = 8
MOST_WORK = 20_000
"""K²·T up to which a chain's marginals are computed to be shown."""


def of_result(result: Result) -> str:
    """Return what it is in a line, the steps worth a row, the ledger and the verdicts."""
    steps = thinned(result.steps, MOST_ROWS) if len(result.steps) > 2 * MOST_ROWS else result.steps
    kept = {step.t for step in steps}
    whole = tables.steps(result, range(len(result.steps)))
    rows = tuple(row for step, row in zip(result.steps, whole.rows, strict=True) if step.t in kept)
    caption = (
        whole.caption if len(rows) == len(whole.rows) else f"{whole.caption} ({len(rows)} of {len(whole.rows)} rows)"
    )
    parts = [
        f"<p>{escape(printable(facts(result)))}</p>",
        tables.html(TextTable(caption, whole.header, rows, whole.right)),
        tables.html(tables.ledger(result.elbo, result.unit)),
        tables.html(tables.verdicts(result.checks)) if result.checks else "<p>interrupted: no verdicts</p>",
    ]
    return "\n".join([*parts, *(f"<p>note: {escape(printable(note))}</p>" for note in result.notes)])


def of_ledger(elbo: Elbo) -> str:
    """Return L three times, each a column that adds up."""
    return tables.html(tables.ledger(elbo, None))


def of_chain(chain: Chain) -> str:
    """Return the chain in a line, and where it is small p_t at t = 0, T/2 and T."""
    line = escape(repr(chain))
    if chain.K > MOST_STATES or chain.K**2 * chain.T > MOST_WORK:
        return f"<p>{line}</p>"
    times = sorted({0, chain.T // 2, chain.T})
    rows = tuple((str(t), *map(short, chain.marginal(t))) for t in times)
    header = ("t", *(f"p_t({printable(state)})" for state in chain.states))
    return f"<p>{line}</p>\n" + tables.html(TextTable("Marginals", header, rows, tuple(range(len(header)))))


def of_scenario(scenario: Scenario) -> str:
    """Return its title, its description, and what it asks."""
    asked = ", ".join(f"{check}: {expected}" for check, expected in scenario.expectations.items())
    rows = (("scenario", printable(repr(scenario)[1:-1])), ("checks", asked))
    about = f"<p>{escape(printable(' '.join(scenario.description.split())))}</p>" if scenario.description else ""
    return f"<h4>{escape(printable(scenario.title))}</h4>{about}\n" + tables.html(TextTable("What it asks", (), rows))


def of_sweep(sweep: Sweep) -> str:
    """Return the first rows of the table."""
    rows = tuple(tuple("" if cell is None else printable(str(cell)) for cell in row) for row in sweep.rows[:MOST_ROWS])
    caption = f"{len(sweep)} points" + (f", the first {len(rows)}" if len(rows) < len(sweep) else "")
    return tables.html(TextTable(caption, tuple(map(printable, sweep.columns)), rows))
