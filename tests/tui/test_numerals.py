"""Every numeral on the screen is true, at the sizes where a layout changes and at others, on all shipped scenarios."""

from __future__ import annotations

import asyncio
import sys
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from numerals import Truth

import markovdiff as md
from tui import raster, view
from tui.app import MarkovdiffApp
from tui.canvas import PanelWidget
from tui.messages import Message, Request, Sample
from tui.panels import PANELS
from tui.run_buffer import RunBuffer
from tui.worker.study import Study

SCENARIOS = Path(__file__).parents[2] / "scenarios"
NAMES = sorted(
    path.stem
    for path in SCENARIOS.glob("*.toml")
    if path.stem != "vq-diffusion" and "length" not in tomllib.loads(path.read_text(encoding="utf-8"))["data"]
)
"""All but one, whose 4,097² entries of Q̄_t nobody writes out to look numerals up in; sequences have no screen."""
LAYOUTS = ((60, 15), (80, 19), (80, 20), (80, 24), (99, 30), (100, 30), (120, 40), (159, 45), (160, 45), (200, 60))
"""Screens on both sides of every breakpoint, and the usual ones."""


@cache
def film_of(name: str) -> RunBuffer:
    """A whole run of a shipped scenario, with its particles."""
    sent: list[Message] = []
    text = (SCENARIOS / f"{name}.toml").read_text(encoding="utf-8")
    study = Study(Request(text, str(SCENARIOS), name), sent.append)
    study.perform(lambda: None)
    study.ask(Sample(0, 64))
    film = RunBuffer()
    for message in sent:
        film.take(message)
    return film


@cache
def chain_of(name: str) -> md.Chain:
    """The chain, for its posteriors."""
    return md.load(name).chain()


def all_strangers(name: str, sizes: dict[str, set[tuple[int, int]]], random: Random) -> list[tuple[object, ...]]:
    """What is not true on a scenario's panels of these sizes, at the ends of time, next to them, and in between."""
    film, chain = film_of(name), chain_of(name)
    K, wrong = len(film.labels), []
    for t in {0, min(1, film.T), film.T, random.randint(0, film.T)}:
        scale, matrix = random.choice(view.SCALES), random.choice(view.MATRICES)
        back, colour = random.random() < 0.5, random.random() < 0.5
        chosen, source = random.randrange(K), random.randrange(K)
        scene = view.ViewState(film, t, scale, matrix, chosen, source, colour, backward=back)
        truth = Truth(scene, chain)
        for panel, places in sizes.items():
            for width, height in places:
                if panel == "headline":
                    rows = [view.headline(scene, width, "▶ 1/8x ↻")]
                else:  # without colours particles are drawn with digits
                    zoomed = panel if random.random() < 0.5 else ""
                    seen = replace(scene, colour=colour or panel == "trajectories", zoomed=zoomed)
                    rows = PANELS[panel].draw(seen, width, height)
                text = raster.text(rows)
                wrong += [(name, panel, t, width, height, token, text) for token in truth.strangers(panel, text)]
    return wrong


def some_sizes(count: int, random: Random) -> dict[str, set[tuple[int, int]]]:
    """Sizes of panels from those of a screen of 60×15 up to a whole one of 200×60."""
    panels = {n: {(random.randint(26, 198), random.randint(5, 56)) for _ in range(count)} for n in PANELS}
    return {**panels, "headline": {(random.randint(60, 200), 1) for _ in range(count)}}


@pytest.fixture(scope="module")
def sizes_of_layouts() -> dict[str, set[tuple[int, int]]]:
    """The panels' sizes on those screens."""
    return asyncio.run(measured())


async def measured() -> dict[str, set[tuple[int, int]]]:
    """Turn to each panel where several share a place, and note the size it gets, and what one gets alone."""
    app = MarkovdiffApp(Request((SCENARIOS / "two-state.toml").read_text(encoding="utf-8"), ".", "two-state"))
    found: dict[str, set[tuple[int, int]]] = {"headline": {(width, 1) for width, _ in LAYOUTS}}
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


@pytest.mark.parametrize("name", NAMES)
def test_every_numeral_is_true(name: str, sizes_of_layouts: dict[str, set[tuple[int, int]]]) -> None:
    """In the layouts, and at sizes by chance (seeded): the number of the result, rounded, or chrome."""
    random = Random(f"{name} 1")
    assert len(sizes_of_layouts) == len(PANELS) + 1
    assert not all_strangers(name, sizes_of_layouts, random)
    assert not all_strangers(name, some_sizes(3, random), random)


def test_a_slice_is_a_stranger() -> None:
    """What was once seen is refused: 1/10 for 1/1000, 7.2 for 7.2e-5, 4 digits cut where the fifth rounds up."""
    for name, t, panel, text, found in (
        ("elbo-mask-prior", film_of("elbo-mask-prior").T, "marginal", " TV 1/10", ["1/10"]),
        ("letters-uniform", 49, "marginal", "TV ≈7.2", ["7.2"]),
        ("letters-uniform", 49, "marginal", "TV ≈7.2e-5 ≈7.235e-5", []),
        ("two-state", 3, "headline", "t=3/64 H=0.9019 I=0.3295", ["0.3295"]),
        ("two-state", 3, "headline", "t=3/6 H=0.9019", ["6"]),
    ):
        assert Truth(view.ViewState(film_of(name), t), None).strangers(panel, text) == found


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
