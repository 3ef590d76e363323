"""The tour: ten stops on the real screens, each a question to be answered before the screen answers it.

A Stop is data: what to look at, before and after, and the words. Nothing here computes or knows Textual; what the
words claim of a scenario is for the engine to confirm, and a test asks it. A Tour is where a person is: a value.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace

from tui.messages import Kind
from tui.panels import PANELS
from tui.raster import Row
from tui.rows import Words, line

LETTERS = "abc"

KEYS = {panel.name: panel.key for panel in PANELS.values()}
"""What the words call a panel by: "panel {matrix}" is read as panel 2."""


@dataclass(frozen=True, slots=True)
class TourSetting:
    """What the screen is brought to: a shipped scenario, a time, a panel in focus; `state` is the one of x_t."""

    scenario: str
    t: int
    panel: str
    scale: str = "linear"
    matrix: Kind = "cumulative"
    state: int = 0


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop: look at `before`, predict, and see in `after`; `answer` is the letter of one of the choices."""

    title: str
    text: str
    question: str
    choices: tuple[str, str, str]
    answer: str
    because: str
    before: TourSetting
    after: TourSetting

    @property
    def words(self) -> str:
        """The text, with the key of each panel in place of its name."""
        return self.text.format_map(KEYS)


STOPS = (
    Stop(
        "two curves",
        "A biased coin goes through a noisy channel, again and again. Panel {information} draws H(x_t), its entropy, "
        "and I(x0;x_t), what it still tells of the start. At t = 0 both are H(x0).",
        "Noise comes in. How do the two curves go on?",
        ("both fall", "both rise", "H rises, I falls"),
        "c",
        "Each step makes x_t harder to guess, and makes it tell less of x0. What noise adds is entropy; it is not "
        "about the data. Play on with space, step with [ and ].",
        TourSetting("two-state", 0, "information"),
        TourSetting("two-state", 20, "information"),
    ),
    Stop(
        "looking back",
        "The same chain after one step. You see x_t = b. Panel {posterior} is what Bayes then makes of x0: it was b, "
        "and that is fairly safe. In the data themselves a is three times as frequent as b.",
        "After 64 steps you see b once more. What was x0?",
        ("a, at three to one", "b, just about", "an even bet"),
        "a",
        "The posterior is back at the data's own law, 3/4 and 1/4, to within a thousandth. What you see hardly "
        "changes what you believe: that is what it means that x_t has forgotten x0. j and k choose what you see.",
        TourSetting("two-state", 1, "posterior", state=1),
        TourSetting("two-state", 64, "posterior", state=1),
    ),
    Stop(
        "a histogram stands still",
        "Here each step redraws the letter, with probability 1/8, from the data's own law. So p(x_t), panel "
        "{marginal}, never changes: a thousand samples of x_t look like the data at every t.",
        "Does x_t go on telling as much about x0?",
        ("yes: nothing changes", "no, less at each step", "less once, then no more"),
        "b",
        "H(x_t) stands still, exactly, while I(x0;x_t) falls at every step, to less than a ten-thousandth of what it "
        "was. Who watches only marginals cannot see diffusion happen.",
        TourSetting("own-marginal", 0, "marginal"),
        TourSetting("own-marginal", 40, "marginal"),
    ),
    Stop(
        "entropy turns",
        "A fair coin is erased: at each step, with probability 1/8, it becomes [MASK] and stays so. At t = 0 its "
        "entropy is 1 bit.",
        "What does H(x_t) do from here?",
        ("rises all the way", "falls all the way", "rises, then falls"),
        "c",
        "Heads, tails and [MASK] are nearest to equally likely at t = 3; a coin that is surely masked surprises "
        "nobody. I(x0;x_t) only falls. So entropy does not measure what has been lost.",
        TourSetting("mask-hump", 0, "information"),
        TourSetting("mask-hump", 24, "information"),
    ),
    Stop(
        "all rows alike",
        "Eight levels in a row; a step stays or moves to one of the nearest. In panel {matrix}, row i of Qbar is the "
        "law of x_t when x0 = i. At t = 0 that is the identity: x_t is still x0.",
        "What does Qbar look like once x0 is forgotten?",
        ("all rows are the same", "all entries are 0", "the identity, reversed"),
        "a",
        "Wherever x0 was, x_t has the same law: here 1/8 everywhere, to within a thousandth. Rows always add up to 1, "
        "so they cannot all become 0; they can only become alike.",
        TourSetting("neighbours", 0, "matrix"),
        TourSetting("neighbours", 40, "matrix"),
    ),
    Stop(
        "two rooms",
        "Four seats in one room, two in another. The noise moves people to other seats, but only within their room. "
        "Panel {matrix} has Qbar; x0 is a seat, each equally likely.",
        "Where does I(x0;x_t) come to rest?",
        ("at 0, as always", "at the entropy of the room", "at H(x0): nothing is lost"),
        "b",
        "Rows become alike within a block, never across. x_t forgets the seat and keeps the room, h(1/3) = 0.918 bits, "
        "and after t = 9 it loses exactly nothing: = 0 is decided, not rounded.",
        TourSetting("two-rooms", 0, "matrix"),
        TourSetting("two-rooms", 16, "matrix"),
    ),
    Stop(
        "the strong inequality",
        "An English letter is masked sooner or later. Panel {inequality} has the data-processing inequality, and its "
        "strong form: after a step at most η(Q_t) times the information is left. A bound, in general not met.",
        "How near does masking come to that bound?",
        ("it meets it, every time", "half way, on average", "it passes it, now and then"),
        "a",
        "What is left is what is not yet masked, I(x0;x_t) = ᾱ_t·H(x0), and a step leaves the share 1 − β_t of it, "
        "which is η(Q_t). Equality is decided at each step.",
        TourSetting("letters-masked", 0, "inequality"),
        TourSetting("letters-masked", 25, "inequality"),
    ),
    Stop(
        "below all floats",
        "A dense matrix on eight states, and panel {information} on a logarithmic scale (v changes it). At t = 20 the "
        "information is 2e-20 bits. In float64 the textbook formula no longer tells it from 0.",
        "What does I(x0;x_t) do from here to t = 256?",
        ("it is 0", "it falls at each step", "it wanders up and down"),
        "b",
        "Nearly a straight line, down to 7e-256 bits at t = 256, and each fall is proved with exact arithmetic. What "
        "wanders up and down, or below 0, is the rounding of a program.",
        TourSetting("dense-late", 20, "information", scale="logarithmic"),
        TourSetting("dense-late", 256, "information", scale="logarithmic"),
    ),
    Stop(
        "noise that remembers",
        "This noise looks up x0 at every step: q(x_t | x_(t−1), x0). After the first step the coin is exactly fair, "
        "either way: I(x0;x_1) = 0, nothing is left.",
        "Can what is lost come back?",
        ("no: lost is lost", "only a part, by luck", "yes, step by step"),
        "c",
        "It rises at every further step, to 0.196 bits, out of the noise itself. The inequality is a theorem on Markov "
        "chains and this is none. A check that could not fail here would be worth nothing.",
        TourSetting("memory", 1, "information"),
        TourSetting("memory", 12, "information"),
    ),
    Stop(
        "the bill",
        "Last, the reverse process and its ELBO. Training pays L = reconstruction + denoising + prior. Here the "
        "reverse steps are the true posterior's, and it starts from the true p(x_T).",
        "How far is L above the data's entropy H(x0)?",
        ("by all that noise destroyed", "by the prior term", "not at all"),
        "c",
        "L = NLL = H(x0), exactly. Denoising terms pay for what their steps destroyed, the other two for H(x0|x_1) and "
        "I(x0;x_T): together H(x0), where the bars end. Only errors come on top. Go on: e edits the chain, ctrl+l is "
        "the lab.",
        TourSetting("elbo-tight", 30, "ledger"),
        TourSetting("elbo-tight", 30, "ledger"),
    ),
)


@dataclass(frozen=True, slots=True)
class Tour:
    """Where one is: at which stop, and what was predicted there."""

    at: int = 0
    chosen: str = ""

    @property
    def stop(self) -> Stop:
        """The stop."""
        return STOPS[self.at]

    @property
    def setting(self) -> TourSetting:
        """What the screen should show."""
        return self.stop.after if self.chosen else self.stop.before

    def answered(self, letter: str) -> Tour:
        """Return the tour with a prediction."""
        return replace(self, chosen=letter)

    def onward(self) -> Tour | None:
        """Return the tour at the next stop; None after the last."""
        return Tour(self.at + 1) if self.at + 1 < len(STOPS) else None

    def back(self) -> Tour:
        """Return the tour at this stop's question again; from there, at the one before."""
        return Tour(self.at if self.chosen else max(self.at - 1, 0))

    @property
    def title(self) -> str:
        """The card's upper edge."""
        return f"tour {self.at + 1}/{len(STOPS)}: {self.stop.title}"

    @property
    def keys(self) -> str:
        """The card's lower edge."""
        if not self.chosen:
            return "a b c predict · esc leaves"
        last = self.at + 1 == len(STOPS)
        return f"enter {'ends the tour' if last else 'goes on'} · backspace back · esc leaves"


def card(tour: Tour, width: int, brief: bool = False) -> list[Row]:
    """Return the card's rows: what to look at, the question, the choices; or the verdict and the reason.

    `brief` leaves out what to look at, where a screen has few rows.
    """
    stop = tour.stop
    if tour.chosen:
        return [*_wrapped(*_verdict(tour), width), *_wrapped(stop.because, "", width)]
    text = [] if brief else _wrapped(stop.words, "", width)
    return [*text, *_wrapped(stop.question, "highlight", width), *_choices(stop, width)]


def _verdict(tour: Tour) -> tuple[str, str]:
    stop = tour.stop
    right = stop.choices[LETTERS.index(stop.answer)]
    if tour.chosen == stop.answer:
        return f"✓ {stop.answer}: {right}.", "good"
    return f"✗ {tour.chosen}: {stop.choices[LETTERS.index(tour.chosen)]}? It is {stop.answer}: {right}.", "bad"


def _choices(stop: Stop, width: int) -> list[Row]:
    """Draw the choices in one line where they fit, else a line each."""
    pairs = [
        [(f" {letter})", "series-2"), (f" {words}  ", "title")]
        for letter, words in zip(LETTERS, stop.choices, strict=True)
    ]
    if _together(stop, width):
        return [line([word for pair in pairs for word in pair], width)]
    return [line(pair, width) for pair in pairs]


def _together(stop: Stop, width: int) -> bool:
    return sum(len(words) + 6 for words in stop.choices) <= width


def choice_at(tour: Tour, x: int, y: int, width: int, brief: bool = False) -> str:
    """Return the letter of the choice shown at column x of row y of the card; "" elsewhere."""
    stop = tour.stop
    first = len(card(tour, width, brief)) - (1 if _together(stop, width) else 3)
    if tour.chosen or y < first:
        return ""
    if not _together(stop, width):
        return LETTERS[y - first : y - first + 1]
    for letter, words in zip(LETTERS, stop.choices, strict=True):
        if x < len(words) + 6:
            return letter
        x -= len(words) + 6
    return ""


def card_height(width: int) -> int:
    """Return as many rows as any stop needs: the card does not jump."""
    tours = [Tour(at, chosen) for at in range(len(STOPS)) for chosen in ("", "a", "b", "c")]
    return max(len(card(tour, width)) for tour in tours)


def _wrapped(text: str, style: str, width: int) -> list[Row]:
    words: list[Words] = [[(f" {part}", style)] for part in textwrap.wrap(text, max(width - 2, 1))]
    return [line(one, width) for one in words]
