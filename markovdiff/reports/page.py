"""`report`: one HTML page that stands alone, of one or several scenarios, with a slider through t.

The page holds its style, its script and its data, and asks nobody for anything: its own Content-Security-Policy forbids
every request, and names its script and its style by their hashes. Words that come from a scenario are escaped, and in
the data every < > & is written as an escape of JSON, so no text can end the data's element.

The curves are SVG of our own. Of the libraries that were weighed, uPlot takes 51 kB (no bars that stack, no matrices),
Chart.js 210 kB and Plotly 4,800 kB in each page; page.js takes 20 kB and does all that is shown.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError, MarkovdiffError, printable
from markovdiff.reports import tables
from markovdiff.reports.embedded import MOST_ENTRIES, QUANTITIES, RATIONALS, embedded
from markovdiff.reports.terminal import MARKS, facts, hybrid_loss, outcome, reasons
from markovdiff.study.loading import load
from markovdiff.study.output import check_writable, write_whole
from markovdiff.study.result import Check, Result
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario

Given = Scenario | Result | str | Path

MOST_SCENARIOS = 100
"""Scenarios on one page."""

PAGE_ENTRIES = 4 * MOST_ENTRIES
"""Entries of laws of all scenarios of a page."""


def report(given: Given | Sequence[Given], path: str | Path | None = None) -> str:
    """Return one HTML page of scenarios, side by side, and write it to `path` (.html).

    `given` are scenarios, their names or files, or results; matrices and posteriors need the scenario. The page makes
    no request: it can be sent, kept and opened without a network.

    Raises InputError for what cannot be shown or written.
    """
    if path is not None:
        if Path(path).suffix.lower() not in (".html", ".htm"):
            raise InputError("unknown kind of page", where="-o", expected=".html", got=shown(str(path)))
        check_writable({"-o": str(path)})
    several = [given] if isinstance(given, Scenario | Result | str | Path) else list(given)
    if not 1 <= len(several) <= MOST_SCENARIOS:
        raise InputError("too few or too many", where="report", expected="1 … 100 scenarios", got=f"{len(several)}")
    subjects = [load(one) if isinstance(one, str | Path) else one for one in several]
    entries = min(MOST_ENTRIES, PAGE_ENTRIES // len(subjects))
    made = [_subject(k, one, entries) for k, one in enumerate(subjects)]
    text = _whole([article for article, _, _ in made], [data for _, data, _ in made], [title for _, _, title in made])
    if path is not None:
        write_whole({("-o", str(path)): text})
    return text


def _subject(k: int, subject: Scenario | Result, entries: int) -> tuple[str, dict[str, Any], str]:
    """Return the k-th scenario's part of the page, its data, and its title."""
    result, study = (subject, None) if isinstance(subject, Result) else (_run(subject), subject)
    found = embedded(result, study, entries)
    title = printable(str(result.scenario["title"]))
    notes = [f"note: {printable(note)}" for note in result.notes]
    if result.partial:
        notes.append(f"partial: interrupted after t = {result.steps[-1].t}")
    parts = [
        f'<article id="scenario-{k}" aria-labelledby="title-{k}">',
        f'<h2 id="title-{k}">{escape(title)}</h2>',
        f'<p class="facts">{escape(_facts(result))}</p>',
        *(f"<p>{escape(printable(' '.join(words.split())))}</p>" for words in _paragraphs(result)),
        *(f'<p class="note">{escape(words)}</p>' for words in (*notes, *found.left_out)),
        f'<ul class="verdicts">{"".join(map(_verdict, result.checks))}</ul>',
        '<div class="live"></div>',
        f'<div class="wide">{tables.html(tables.ledger(result.elbo, result.unit))}</div>',
        *(f'<div class="wide">{tables.html(table)}</div>' for table in tables.sequences(result)),
        *(f'<p class="note">{escape(why)}</p>' for why in [*hybrid_loss(result.elbo), *reasons(result.elbo)]),
        "</article>",
    ]
    return "\n".join(parts), found.data, title


def _run(study: Scenario) -> Result:
    try:
        return run(study)
    except MarkovdiffError as error:
        raise error.located(study.name) from None


def _facts(result: Result) -> str:
    kind, digits = result.arithmetic["kind"], result.arithmetic["digits"]
    how = "float64, not certified" if kind == "float" else f"{kind} arithmetic, certified to {digits} digits"
    return f"{printable(str(result.scenario['name']))} · {printable(facts(result))} · {how}, in {result.unit}"


def _paragraphs(result: Result) -> list[str]:
    return [part for part in str(result.scenario["description"]).split("\n\n") if part.strip()]


def _verdict(check: Check) -> str:
    mark, _ = MARKS[check.verdict]
    words = f"{mark} <b>{escape(check.check)}</b> {escape(check.verdict)}: {escape(printable(outcome(check)))}"
    return f'<li class="{escape(check.verdict)}">{words}</li>'


def _whole(articles: Sequence[str], data: Sequence[dict[str, Any]], titles: Sequence[str]) -> str:
    style, script, template = (_asset(name) for name in ("page.css", "page.js", "page.html"))
    names = {"quantities": QUANTITIES, "rationals": RATIONALS, "scenarios": data}
    contents = "".join(f'<li><a href="#scenario-{k}">{escape(title)}</a></li>' for k, title in enumerate(titles))
    return Template(template).substitute(
        title=escape(titles[0] if len(titles) == 1 else f"{len(titles)} scenarios"),
        policy=f"default-src 'none'; img-src data:; script-src '{_digest(script)}'; style-src '{_digest(style)}'",
        style=style,
        script=script,
        contents=f'<nav aria-label="Scenarios"><ol>{contents}</ol></nav>' if len(titles) > 1 else "",
        count="one" if len(titles) == 1 else "several",
        articles="\n".join(articles),
        data=embeddable(names),
    )


def _asset(name: str) -> str:
    return files("markovdiff.reports").joinpath(name).read_text(encoding="utf-8")


def _digest(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def embeddable(record: object) -> str:
    r"""Return JSON that may stand in an HTML script element, whatever its strings hold.

    >>> embeddable(["</script>"])
    '["\\u003c/script\\u003e"]'
    """
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
