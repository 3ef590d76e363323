"""Every numeral on the screen is true, at the sizes where a layout changes and at others, on all shipped scenarios."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from breadth import few
from numerals import Truth

import markovdiff as md
from tui import raster, view
from tui.app import MarkovdiffApp
from tui.canvas import PanelWidget
from tui.messages import InspectionQuestion, Message, NaiveFloatQuestion, Request, SampleQuestion
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.view import reading
from tui.view.window import scrolled
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
NAMES = sorted(path.stem for path in SCENARIOS.glob("*.toml") if path.stem != "vq-diffusion")
"""All but one, whose 4,097² entries of Q̄_t nobody writes out to look numerals up in."""
LAYOUTS = ((60, 15), (80, 19), (80, 20), (80, 24), (99, 30), (100, 30), (120, 40), (159, 45), (160, 45), (200, 60))
"""Screens on both sides of every breakpoint, and the usual ones."""


@cache
def buffer_of(name: str) -> RunBuffer:
    """A whole run of a shipped scenario, with its particles and what `inspect` says."""
    sent: list[Message] = []
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    study = Study(Request(text, str(SCENARIOS), name), sent.append)
    study.perform(lambda: None)
    study.ask(SampleQuestion(0, 64))
    study.ask(NaiveFloatQuestion())
    study.ask(InspectionQuestion())
    buffer = RunBuffer()
    for message in sent:
        buffer.take(message)
    return buffer


@cache
def chain_of(name: str) -> md.Chain:
    """The chain, for its posteriors."""
    return md.load(name).chain()


def all_strangers(name: str, sizes: dict[str, set[tuple[int, int]]], random: Random) -> list[tuple[object, ...]]:
    """What is not true on a scenario's panels of these sizes, at the ends of time, next to them, and in between."""
    buffer, chain = buffer_of(name), chain_of(name)
    K, wrong = len(buffer.labels), []
    for t in {0, min(1, buffer.T), buffer.T, random.randint(0, buffer.T)}:
        scale, matrix = random.choice(view.SCALES), random.choice(view.MATRICES)
        back, colour = random.random() < 0.5, random.random() < 0.5
        chosen, source = random.randrange(K), random.randrange(K)
        shadow = random.random() < 0.5
        state = view.ViewState(buffer, t, scale, matrix, chosen, source, colour, backward=back, shadow=shadow)
        among, alone = (Truth(replace(state, zoomed=zoomed), chain) for zoomed in ("", "chain"))
        for panel, places in sizes.items():
            for width, height in places:
                seen = state
                if panel == "headline":
                    rows = [view.headline(state, width, "▶ 1/8x ↻")]
                elif panel == "reading":
                    rows = [reading.render(state, view.ReadNumber("mutual_information", t), None, width)]
                else:  # without colours particles are drawn with digits
                    zoomed = panel if random.random() < 0.5 else ""
                    seen = replace(state, colour=colour or panel == "trajectories", zoomed=zoomed)
                    seen = scrolled_by_chance(seen, panel, width, height, random)
                    rows = PANELS[panel].draw(seen, width, height)
                text, times = raster.text(rows), range(0)
                if panel in TABLES_OF_TIMES and seen.zoomed:
                    times = times_in_sight(seen, panel, width, height)
                truth = alone if (panel, seen.zoomed) == ("chain", "chain") else among
                strangers = truth.strangers(panel, text, times)
                wrong += [(name, panel, t, width, height, token, text) for token in strangers]
    return wrong


TABLES_OF_TIMES = ("ledger", "inequality", "chain")
"""Panels that have a table of other times too, where they are alone."""


def times_in_sight(seen: view.ViewState, panel: str, width: int, height: int) -> range:
    """The times that a panel's table can have: where it is scrolled to, or around t."""
    if panel == "chain":
        return range(max(seen.t - height, 0), seen.t + height)
    table = PANELS[panel].table(seen, width, height)
    return table.rows if table else range(0)


def scrolled_by_chance(state: view.ViewState, panel: str, width: int, height: int, random: Random) -> view.ViewState:
    """The panel's table, if it has one, anywhere."""
    table = PANELS[panel].table(state, width, height)
    if table is None:
        return state
    return replace(state, scrolled=scrolled(state, panel, table.moved(random.randint(-table.total, table.total))))


def some_sizes(count: int, random: Random) -> dict[str, set[tuple[int, int]]]:
    """Sizes of panels from those of a screen of 60×15 up to a whole one of 200×60."""
    panels = {n: {(random.randint(26, 198), random.randint(5, 56)) for _ in range(count)} for n in PANELS}
    lines = {line: {(random.randint(60, 200), 1) for _ in range(count)} for line in ("headline", "reading")}
    return {**panels, **lines}


@cache
def sizes_of_layouts() -> dict[str, set[tuple[int, int]]]:
    """The panels' sizes on those screens; in a test, where no pilot waits for a time to pass."""
    return asyncio.run(measured())


async def measured() -> dict[str, set[tuple[int, int]]]:
    """Turn to each panel where several share a place, and note the size it gets, and what one gets alone."""
    app = MarkovdiffApp(Request((SCENARIOS / "two-state.toml").read_text(encoding="utf-8"), ".", "two-state"))
    found = {line: {(width, 1) for width, _ in LAYOUTS} for line in ("headline", "reading")}
    async with app.run_test(size=LAYOUTS[0]) as pilot:
        for size in LAYOUTS:
            await pilot.resize_terminal(*size)
            for name in PANELS:
                app.session.focus(name)
                await pilot.pause()
                for widget in app.query(PanelWidget):
                    if widget.display:
                        found.setdefault(widget.panel.name, set()).add((widget.size.width, widget.size.height))
            await pilot.press("f")
            (alone,) = [(widget.size.width, widget.size.height) for widget in app.query(PanelWidget) if widget.display]
            for name in PANELS:
                found[name].add(alone)
            await pilot.press("f")
    return found


@few("name", NAMES, ("two-state", "pronouns"))
def test_every_numeral_is_true(name: str) -> None:
    """In the layouts, and at sizes by chance (seeded): the number of the result, rounded, or chrome."""
    random = Random(f"{name} 1")
    assert len(sizes_of_layouts()) == len(PANELS) + 2
    assert not all_strangers(name, sizes_of_layouts(), random)
    assert not all_strangers(name, some_sizes(3, random), random)


@pytest.mark.slow
def test_a_slice_is_a_stranger() -> None:
    """What was once seen is refused: 1/10 for 1/1000, 7.2 for 7.2e-5, 4 digits cut where the fifth rounds up.

    Of numbers in a list each is looked at by itself; a comma before three digits parts thousands.
    """
    for name, t, panel, text, found in (
        ("elbo-mask-prior", buffer_of("elbo-mask-prior").T, "marginal", " TV 1/10", ["1/10"]),
        ("letters-uniform", 49, "marginal", "TV ≈7.2", ["7.2"]),
        ("letters-uniform", 49, "marginal", "TV ≈7.2e-5 ≈7.235e-5", []),
        ("two-state", 3, "headline", "t=3/64 H=0.9019 I=0.3295", ["0.3295"]),
        ("two-state", 3, "headline", "t=3/6 H=0.9019", ["6"]),
        ("neighbours", 1, "posterior", "☆ likeliest x_0, nearly equal: 6, 7", []),
        ("neighbours", 1, "posterior", "☆ likeliest x_0, nearly equal: 6, 6,007", ["6,007"]),
        ("two-state", 40, "reading", "float64 0.000118202, off by up to 1.4e-12 of it", []),
        ("two-state", 40, "reading", "float64 0.000118203, off by up to 1.5e-12 of it", ["0.000118203", "1.5e-12"]),
        ("two-state", 40, "reading", "∈ 0.00011820240972045[0, 1]", []),
        ("two-state", 40, "reading", "∈ 0.00011820240972045[1, 7]", ["0.000118202409720457"]),
    ):
        assert Truth(view.ViewState(buffer_of(name), t, shadow=True), None).strangers(panel, text) == found


def test_what_inspect_did_not_find_is_a_stranger() -> None:
    """An end of the capacity, η and a first time that are not the chain's; and all of them where others are beside."""
    state = view.ViewState(buffer_of("two-state"), 1, zoomed="chain")
    true, false = ["0.713603042884043", "0.81", "38"], ["0.713603042884047", "0.82", "39"]
    for zoomed, found in (("chain", false), ("", [*true, *false])):
        assert Truth(replace(state, zoomed=zoomed), None).strangers("chain", " ".join([*true, *false])) == found


def main(count: int = 200, seed: int = 1) -> int:
    """Paint each scenario's panels at so many sizes each; the exit status."""
    random, looked = Random(seed), 0
    for name in NAMES:
        sizes = some_sizes(count, random)
        wrong = all_strangers(name, sizes, random)
        looked += 4 * sum(map(len, sizes.values()))
        for one in wrong[:5]:
            print(*one[:6], one[6], sep="\n")
        print(f"{name}: {len(wrong)} of the numerals are not of the result", flush=True)
        if wrong:
            return 1
    print(f"seed {seed}: about {looked:,} pictures, every numeral is true")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
