"""What is said of the chain, read as text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from breadth import few
from runs import buffer_of, drawn, inspected
from sessions import Nearby, session, squeezed

import markovdiff as md
from markovdiff.designs.words import lines
from markovdiff.errors import LimitError, MarkovdiffError
from tui import view
from tui.messages import Ask, Died, InspectionAnswer, InspectionQuestion
from tui.panels import PANELS
from tui.run_buffer import veiled
from tui.view.window import scrolled

FACTS = {
    "two-state": ("period 1", "η_KL = 0.81 = 81/100, reached by an input on a and b", "tends to λ²", "first at t = 38"),
    "two-rooms": ("WARNING: every Q_t looked at: 2 classes are closed", "class {B1, B2}: closed", "is not unique"),
    "permutation": ("has period 7, so p_t need not settle", "not reversible", "leading excited |λ| = 1"),
}
"""What is known of each of these chains, in the words of `inspect`."""


def alone(name: str, width: int = 80, height: int = 200) -> str:
    return drawn("chain", view.ViewState(inspected(name), 1, zoomed="chain"), width, height)


def test_a_narrow_panel_names_the_reverse_model_in_full() -> None:
    """In 31 columns, those of a screen of 100, it has a line of its own."""
    for width, rows in ((80, ["schedule constant reverse bayes"]), (31, ["schedule constant", "reverse bayes"])):
        shown = drawn("chain", view.ViewState(buffer_of("two-state"), 3), width, 10)
        assert [" ".join(row.split()) for row in shown.splitlines()[2 : 2 + len(rows)]] == rows


def test_the_chain_says_what_it_is() -> None:
    """Kernel, schedule, β_t exactly, what each check observed, and the states with their laws."""
    shown = drawn("chain", view.ViewState(buffer_of("two-state"), 3), 80, 24)
    for words in ("Two-state symmetric channel", "uniform", "constant", "1/10", "729/1000", "✓ mi-decay", "2 states"):
        assert words in shown
    assert "✓ 7 checks hold, proved" in shown
    laws = [row.split() for row in shown.splitlines()[15:17]]
    assert [row[:2] for row in laws] == [["▸a", "3/4"], ["b", "1/4"]]
    assert [row[2][:6] for row in laws] == ["≈0.500", "≈0.499"]
    alone = drawn("chain", view.ViewState(buffer_of("two-state"), 3, zoomed="chain"), 80, 40)
    assert "I(x0;x_64) = 7.52e-07 bits is at most 1/100000: proved" in " ".join(alone.split())


def test_a_beta_of_zero_is_not_none() -> None:
    """β_t = 0 and ᾱ_t = 0 are numbers: the chain's panel shows 0."""
    buffer = buffer_of("no-loss")
    step = buffer.at(buffer.T)
    assert step is not None
    assert step.record["alpha_bar"] == "0"
    rows = drawn("chain", view.ViewState(buffer, buffer.T), 80, 12).splitlines()
    assert rows[4].split() == ["ᾱ_t", "0"]


@pytest.mark.parametrize("name", FACTS)
@few("width", [58, 98, 158], [98])
def test_alone_it_says_what_inspect_says(name: str, width: int) -> None:
    """The words of md.inspect, all of them and in their order, and only where the panel is alone."""
    said = list(lines(md.inspect(md.load(name))))
    beside = 56 if width == 158 else 0  # the schedule
    page = "\n".join(row[: width - beside] for row in alone(name, width).splitlines())
    assert squeezed("".join(said)) in squeezed(page)
    for fact in FACTS[name]:
        assert squeezed(fact) in squeezed(page)
    among_others = drawn("chain", view.ViewState(inspected(name), 1), width, 200)
    assert not any(line.strip() in among_others for line in said if line)


def test_of_sequences_it_says_why_inspect_refuses() -> None:
    """In the refusal's own words, with what can be had."""
    with pytest.raises(MarkovdiffError) as refused:
        md.inspect(md.load("pronouns"))
    assert squeezed(str(refused.value)) in squeezed(alone("pronouns"))
    assert "this speaks of one symbol, not of sequences" in alone("pronouns")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (LimitError("the chain is too large to inspect", expected="fewer states"), "the chain is too large to inspect"),
        (MemoryError(), "out of memory"),
        (ZeroDivisionError("by nought"), "ZeroDivisionError: by nought"),
    ],
)
def test_what_goes_wrong_is_said(error: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit, a full memory, a bug: the panel says which, and never waits for ever."""

    def broken(_scenario: object) -> None:
        raise error

    monkeypatch.setattr("tui.worker.study.inspect", broken)
    inspected.cache_clear()
    page = alone("one-state")
    inspected.cache_clear()
    assert words in page
    assert "is computing" not in page


def test_it_says_what_the_words_wait_for() -> None:
    """The end of the run, rest, the engine; an engine that died is waited for no more, and the tour tells nothing."""
    for buffer, playing, words in (
        (buffer_of("two-state", 0.5), False, "when the run has ended"),
        (buffer_of("two-state"), True, "when time rests"),
        (buffer_of("two-state"), False, "inspect is computing"),
    ):
        state = view.ViewState(buffer, 1, zoomed="chain", playing=playing)
        assert words in drawn("chain", state, 80, 60)
        assert words not in drawn("chain", replace(state, zoomed=""), 80, 60)
    buffer = buffer_of("two-state")
    buffer.take(Died(-9))
    assert "the engine's process ended" in drawn("chain", view.ViewState(buffer, 1, zoomed="chain"), 80, 60)
    assert veiled(inspected("two-state"), 3).inspected is None


@pytest.mark.parametrize("name", ["two-rooms", "pronouns", "wide"])
def test_alone_every_line_can_be_brought_into_sight(name: str) -> None:
    """Page by page the panel shows the lines that it shows at once where it is tall enough."""
    state, found = view.ViewState(inspected(name), 1, zoomed="chain"), []
    seen = PANELS["chain"].table(state, 60, 9)
    assert seen is not None
    while True:
        found += drawn("chain", replace(state, scrolled=scrolled(state, "chain", seen)), 60, 9).splitlines()[
            -len(seen.rows) :
        ]
        if seen.rows.stop == seen.total:
            break
        seen = replace(seen, first=seen.rows.stop)
    assert found == alone(name, 60, seen.total).splitlines()


@pytest.mark.usefixtures("state", "nearby")
async def test_inspect_is_asked_once_and_only_of_a_panel_that_is_alone_and_at_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not in the layout, not for another panel, not while time runs; then once, however often one comes back."""
    asked: list[Ask] = []
    ask = Nearby.ask

    def noting(self: Nearby, question: Ask) -> None:
        asked.append(question)
        ask(self, question)

    monkeypatch.setattr(Nearby, "ask", noting)

    def times() -> int:
        return asked.count(InspectionQuestion())

    async with session() as s:
        await s.press("8")
        assert times() == 0
        await s.press("1", "f")
        assert s.app.main.view.zoomed == "information"
        assert times() == 0
        s.app.session.playback.play()
        await s.press("8")
        assert s.app.main.view.zoomed == "chain"
        assert s.app.main.view.playing
        assert times() == 0
        s.app.session.playback.pause()
        await s.until(lambda: s.app.main.view.run.inspected is not None, "inspect was not asked")
        answer = s.app.main.view.run.inspected
        assert answer == InspectionAnswer(tuple(lines(md.inspect(md.load("two-state")))))
        await s.press("f", "f", "1", "8", "right")
        assert times() == 1
        s.app.session.begin(s.app.session.request)
        await s.opened()
        s.app.session.playback.pause()  # the next run plays at once
        await s.until(lambda: times() == 2, "inspect was not asked of the next run")
