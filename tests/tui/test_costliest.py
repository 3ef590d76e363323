"""Which step costs most: from certified numbers only, in words and as a mark, at every size."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from runs import buffer_of, drawn

from tui import view
from tui.panels import PANELS, ledger
from tui.view.costliest import costliest, largest, told
from tui.waterfall import frame, steps_at

SIZES = [(31, 6), (38, 6), (38, 9), (58, 14), (66, 13), (78, 19), (98, 25), (118, 34), (198, 54)]
"""Those that the panel has from 80×24 to 200×60, alone too."""


def ball(lower: str, upper: str = "", closed: str | None = None) -> dict[str, Any]:
    return {"value": lower, "lower": lower, "upper": upper or lower, "closed_form": closed}


@pytest.mark.parametrize(
    ("name", "words", "times"),
    [
        ("two-state", "▼ t = 1 costs most: 0.24913", (1,)),
        ("elbo-mask-prior", "▼ the prior costs most: ∞", (11,)),
        ("no-loss", "▼ t = 1–2 cost most, equal: 0.45915 each", (1, 2)),
        ("impossible", "▼ t = 1 and the prior cost most, equal: 0 each", (1, 2)),
        ("infinite", "▼ the prior costs most: 2", (3,)),
    ],
)
def test_the_largest_term_is_that_of_the_result(name: str, words: str, times: tuple[int, ...]) -> None:
    """One alone, an infinite one, exact numbers that are equal."""
    found = costliest(buffer_of(name))
    assert found is not None
    assert told(found, "").forms[0] == words
    assert found.times == found.marked == times


def test_overlapping_enclosures_name_no_winner() -> None:
    """[0.1, 0.3] and [0.2, 0.4] may be in any order; the same closed form is the same number; 0.5 is above both."""
    low, high = ball("0.1", "0.3"), ball("0.2", "0.4")
    both = largest({1: low, 2: high, 3: ball("0.05", "0.1")}, 3)
    assert (both.kind, both.times, both.marked) == ("undecided", (1, 2), ())
    assert told(both, "").forms[0] == "? undecided which costs most: t = 1–2"
    assert largest({1: low, 2: high, 3: ball("0.5")}, 3).times == (3,)
    same = largest({1: ball("0.1", "0.3", "log2(5)/9"), 2: ball("0.2", "0.4", "log2(5)/9"), 3: ball("0")}, 3)
    assert (same.kind, same.times) == ("equal", (1, 2))
    alike = {"value": "0.5", "lower": None, "upper": None}
    assert largest({1: alike, 2: alike}, 2).kind == "undecided"
    assert "float64" in told(largest({1: alike, 2: ball("0")}, 2), "").forms[0]


def test_what_is_undefined_may_be_the_largest() -> None:
    """Of an undefined term nothing is known, unless another is infinite."""
    unknown = {"value": "undefined", "witness": {}}
    assert largest({1: unknown, 2: ball("3")}, 2).kind == "undecided"
    assert largest({1: unknown, 2: {"value": "inf", "witness": {}}, 3: ball("3")}, 3).times == (2,)


def marked_spans(state: view.ViewState, size: tuple[int, int]) -> list[range]:
    """Return the times of each column of the waterfall that has ▼, from the left; T + 1 is the prior's."""
    layout, rows, T = ledger._layout(state, *size), PANELS["ledger"].draw(state, *size), state.run.T
    margin, plot, _, _ = frame(ledger._sums(state.run), size[0] - layout.x, size[1] - layout.y - 1)
    columns = {x - layout.x for row in rows[layout.y + 1 :] for x in range(layout.x, size[0]) if row[x].char == "▼"}
    steps = [steps_at(x - margin, T, plot) for x in sorted(columns) if x < margin + plot]
    spans = [range(before + 1, upto + 1) for before, upto in steps]
    return [*spans, *[range(T + 1, T + 2)] * (len(spans) < len(columns))]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["two-state", "elbo-d3pm", "elbo-mask-prior", "letters-masked", "pronouns"])
def test_which_step_costs_most_is_in_sight(name: str, size: tuple[int, int]) -> None:
    """In words at every size, and ▼ above its bar wherever there are bars."""
    buffer, where = buffer_of(name), {"elbo-mask-prior": "prior", "pronouns": "4", "two-state": "1"}.get(name, "")
    found = costliest(buffer)
    assert found is not None
    for zoomed in ("", "ledger") if size[0] >= 78 else ("",):
        state = view.ViewState(buffer, min(5, buffer.T), zoomed=zoomed)
        rows = drawn("ledger", state, *size).splitlines()
        (words,) = [row for row in rows if re.search(r"▼ (t ?=|(the )?prior|\d+ equal)", row)]
        assert where in words[words.index("▼") :]
        assert "most" in words or "equal" in words
        if "π" in rows[-1]:
            marked = marked_spans(state, size)
            assert all(any(t in span for t in found.marked) for span in marked)
            assert all(sum(t in span for span in marked) == 1 for t in found.marked)


def test_a_run_that_goes_on_has_no_largest_term_yet() -> None:
    """Another may come."""
    buffer = buffer_of("two-state", 0.5)
    assert costliest(buffer) is None
    assert "most" not in drawn("ledger", view.ViewState(buffer, 3), 58, 14)


@pytest.mark.parametrize("name", ["two-state", "elbo-mask-prior"])
@pytest.mark.parametrize("size", [(78, 19), (98, 25), (118, 34)])
def test_alone_the_ledger_has_its_terms_by_step(name: str, size: tuple[int, int]) -> None:
    """At 80×24 too: a table that scrolls, says which of its rows are in sight, and has every term of those."""
    buffer = buffer_of(name)
    state = view.ViewState(buffer, 7, zoomed="ledger")
    rows = drawn("ledger", state, *size)
    table = PANELS["ledger"].table(state, *size)
    assert table is not None
    assert table.total == buffer.T + 2  # with t = 0, and π
    assert f"of {buffer.T + 2}" in table.words(30) or table.room >= table.total
    assert 7 in table.rows
    (head,) = [y for y, row in enumerate(rows.splitlines()) if row.split()[:4] == ["t", "term", "lost", "Δ_t"]]
    row = rows.splitlines()[head + 1 + 7 - table.first]
    assert row.split()[0] == "▸7"
    value = buffer.value(7, "elbo_term")
    assert value is not None
    assert row.split()[1].rstrip("0") == str(value["value"])[: len(row.split()[1])].rstrip("0")
    marked = found.marked if (found := costliest(buffer)) else ()
    for t in range(1, buffer.T + 1):
        seen = PANELS["ledger"].table(replace(state, t=t), *size)
        now = drawn("ledger", replace(state, t=t), *size).splitlines()
        (head,) = [y for y, row in enumerate(now) if row.split()[:4] == ["t", "term", "lost", "Δ_t"]]
        assert seen is not None
        firsts = [row.split()[0] for row in now[head + 1 :][: len(seen.rows)]]
        names = {buffer.T + 1: "π"}
        assert firsts == [f"{'▸' * (n == t)}{'▼' * (n in marked)}{names.get(n, n)}" for n in seen.rows]


@pytest.mark.parametrize("name", ["two-state", "letters-uniform", "elbo-d3pm", "pronouns"])
def test_the_columns_of_the_ledgers_table_add_up(name: str) -> None:
    """With the prior's row: terms to L, what is lost to H(x0), the rest to the model's errors and the prior's gap."""
    buffer = buffer_of(name)
    assert buffer.finished is not None
    totals = {key: Decimal(record["value"]) for key, record in buffer.finished["elbo"].items() if record}
    state = view.ViewState(buffer, buffer.T, zoomed="ledger")
    rows = drawn("ledger", state, 118, 100).splitlines()
    (head,) = [y for y, row in enumerate(rows) if row.split()[:4] == ["t", "term", "lost", "Δ_t"]]
    table = [[Decimal(x) for x in row.split()[1:4]] for row in rows[head + 2 :][: buffer.T + 1]]
    sums = [sum(column) for column in zip(*table, strict=True)]
    errors = totals["model_error"] + totals["prior_gap"]
    for found, total in zip(sums, (totals["negative_elbo"], totals["data_entropy"], errors), strict=True):
        assert abs(found - total) < Decimal("1e-7"), (found, total)
    under = {PANELS["ledger"].spot(state, x, head + buffer.T + 2, 118, 100) for x in range(40)}
    assert {view.ReadNumber("prior", None), view.ReadNumber("mutual_information", buffer.T)} <= under
