"""What a sampler draws, as the panel shows it: beside the result, and beside sums that must come out."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from breadth import few
from runs import buffer_of
from sessions import SCENARIOS, session

import markovdiff as md
from tui import raster, view
from tui.canvas import PanelWidget
from tui.messages import Request
from tui.panels import PANELS, drawn
from tui.view import reading

NAMES = ["pronouns", "parity", "onegin", "sonnets", "pair-uniform", "bridge-plug-in", "bridge-mixture"]


def shown(name: str, width: int, height: int, sampler: int = 0) -> list[str]:
    """The panel's rows."""
    return raster.text(drawn.draw(view.ViewState(buffer_of(name), 1, sampler=sampler), width, height)).splitlines()


@pytest.mark.parametrize("name", ["pronouns", "parity", "pair-uniform", "bridge-plug-in", "bridge-mixture"])
def test_what_is_drawn_adds_up(name: str) -> None:
    """Of few sequences all are there: q sums to 1, ν too, what is false to the mass outside, |q − ν|/2 to TV."""
    buffer = buffer_of(name)
    assert buffer.finished is not None
    for row, true in zip(buffer.finished["sampler"], buffer.drawn, strict=True):
        false = [ends(one["mass"]) for one in row["false"]]
        inside = [(Fraction(q), ends(mass)) for _, q, mass in true]
        assert sum(q for q, _ in inside) == 1
        assert holds([*(mass for _, mass in inside), *false], 1)
        assert holds([*false, negative(ends(row["outside_support"]))], 0)
        far = [tuple(sorted((abs(q - low), abs(q - high)))) for q, (low, high) in inside]
        twice = negative(ends(row["total_variation"]))
        assert holds([*far, *false, twice, twice], 0)


def ends(record: dict[str, Any]) -> tuple[Fraction, Fraction]:
    """The enclosure of a number."""
    return Fraction(record["lower"]), Fraction(record["upper"])


def negative(span: tuple[Fraction, Fraction]) -> tuple[Fraction, Fraction]:
    """The enclosure of −x."""
    return -span[1], -span[0]


def holds(spans: list[tuple[Fraction, ...]], value: int) -> bool:
    """Whether the sum of the enclosures has the value in it, and is narrow."""
    low, high = (sum((span[k] for span in spans), Fraction(0)) for k in (0, 1))
    return low <= value <= high <= low + Fraction(1, 10**12)


@few("name", ["pronouns", "sonnets"])
def test_the_likeliest_are_those_of_the_law(name: str) -> None:
    """The ten likeliest sequences, of a text its most frequent windows, with their shares."""
    corpus = (SCENARIOS / "sonnets.txt").read_text(encoding="utf-8")
    law = md.load(name).sequences
    assert law is not None
    top = sorted((-weight, x) for x, weight in law.support)[:10]
    for true in buffer_of(name).drawn:
        assert [x for x, _, _ in true] == [law.labels(x) for _, x in top]
        assert [Fraction(q) for _, q, _ in true] == [Fraction(-n, law.total) for n, _ in top]
        assert all(0 < Fraction(mass["lower"]) <= Fraction(mass["upper"]) for _, _, mass in true)
    assert "the" in corpus


def test_what_never_occurs_is_marked_by_signs_and_words() -> None:
    """Not by colour alone; what occurs has its share instead."""
    rows = shown("parity", 78, 9)
    assert [row[:6].strip() for row in rows[1:9]] == ["000", "011", "101", "110", "✗ 001", "✗ 010", "✗ 100", "✗ 111"]
    assert all(("never occurs" in row) == ("✗" in row) == ("▒" in row) == ("1/4" not in row) for row in rows[1:9])


@few("name", NAMES, ["pronouns", "parity", "pair-uniform", "bridge-plug-in", "bridge-mixture"])
def test_every_sampler_can_be_chosen_and_read_out(name: str) -> None:
    """A click on its line chooses it; its line is marked, and KL(q‖ν) is read out as the result has it."""
    buffer = buffer_of(name)
    assert buffer.finished is not None
    rows = buffer.finished["sampler"]
    seen = view.ViewState(buffer, 1)
    for n, row in enumerate(rows):
        clicked = drawn.click(seen, 60, n + 1, 78, 12)
        assert clicked == replace(seen, sampler=n)
        marked = [line for line in raster.text(drawn.draw(clicked, 78, 12)).splitlines() if "▸" in line]
        assert len(marked) == 1
        assert drawn.name_of(row) in marked[0]
        spot = drawn.here(clicked)
        assert spot == drawn.spot(seen, 60, n + 1, 78, 12) == view.ReadNumber("kl", None, sampler=n)
        assert row["kl"]["value"] in raster.text([reading.render(clicked, spot, None, 120)])


def test_bars_are_as_long_as_the_numbers() -> None:
    """On its line a sampler's bar is █ up to KL and ░ up to the excess, on one scale, to half a cell."""
    buffer = buffer_of("bridge-plug-in")
    assert buffer.finished is not None
    rows = buffer.finished["sampler"]
    lines = [line for line in shown("bridge-plug-in", 116, 9) if re.search(r"\d steps", line[51:])]
    top = max(float(row["excess"]["value"]) for row in rows)
    longest = max(line.count("█", 51) + line.count("░", 51) for line in lines)
    for row, line in zip(rows, lines, strict=True):
        for key, signs in (("kl", "█"), ("excess", "█░")):
            found = sum(line.count(sign, 51) for sign in signs)
            assert abs(found - float(row[key]["value"]) / top * longest) <= 0.5


def test_the_area_is_the_excess() -> None:
    """Under the stairs of the blocks, cell by cell: 1 bit of a curve 1, 1, 0 in blocks 1+2 is one whole stair."""
    buffer = buffer_of("parity")
    assert buffer.finished is not None
    names = [drawn.name_of(row) for row in buffer.finished["sampler"]]
    full, none = (shown("parity", 116, 34, names.index(name)) for name in ("1+2 random", "2+1 random"))
    area = [row for row in full if "░" in row and ("│" in row or "┤" in row)]
    assert len({row.count("░") for row in area}) == 1
    plot = next(row for row in full if "┤━" in row)
    assert abs(area[0].count("░") * 3 - (plot.count("━") + plot.count("─"))) <= 3
    assert not any("░" in row for row in none if "┤" in row or "│" in row)
    assert "the area ░ is the excess, 1.00000" in "\n".join(full)


def test_of_one_symbol_there_is_a_sentence() -> None:
    """And before the end of a run there is another."""
    assert "the data are one symbol" in shown("two-state", 90, 9)[0]
    narrow = " ".join(" ".join(shown("two-state", 38, 6)).split())
    assert narrow == "the data are one symbol: one is drawn at a time, and nothing is lost by drawing apart"
    assert "comes when the run has ended" in raster.text(drawn.draw(view.ViewState(buffer_of("parity", 0.5), 0), 90, 9))


@pytest.mark.usefixtures("nearby", "state")
@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
async def test_it_stands_in_front_where_the_data_are_sequences(size: tuple[int, int]) -> None:
    """At each size it can be asked for, from 100 columns on it is there at once; of one symbol there are particles."""
    text = (SCENARIOS / "parity.toml").read_text(encoding="utf-8")
    async with session(size=size) as s:
        panel, particles = (s.app.query_one(f"#panel-{name}", PanelWidget) for name in ("drawn", "trajectories"))
        assert not panel.display
        s.app.session.begin(Request(text, str(SCENARIOS), "parity"))
        await s.until(lambda: s.app.main.view.has_sequences)
        if size[0] >= 100:
            await s.until(lambda: panel.display and not particles.display)
        await s.press("9", "D")
        await s.until(lambda: "▸" in raster.text(panel.rows) and "1+1+1" in raster.text(panel.rows))
        assert PANELS["drawn"].title(s.app.main.view) == "what is drawn"
