"""What stands on the lab: the view, where its dials stand, which of them is in hand, and what was last refused.

A lab is a value: whatever is done to it gives another one. What a dial refuses leaves every value as it was, and
the reason is kept until the next thing is done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from markovdiff.errors import InputError
from tui.lab import VIEWS, View
from tui.lab.dial import Dial, Values


def _at_first() -> dict[str, Values]:
    return {key: {dial.name: dial.start for dial in view.dials} for key, view in VIEWS.items()}


@dataclass(frozen=True, slots=True)
class LabState:
    """The state of the lab."""

    key: str = "1"
    settings: dict[str, Values] = field(default_factory=_at_first)
    hands: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VIEWS, 0))
    refused: str = ""

    @property
    def view(self) -> View:
        """The view that is shown."""
        return VIEWS[self.key]

    @property
    def values(self) -> Values:
        """Where its dials stand."""
        return self.settings[self.key]

    @property
    def chosen(self) -> int:
        """Which dial is in hand."""
        return self.hands[self.key]

    @property
    def dial(self) -> Dial:
        """The dial in hand."""
        return self.view.dials[self.chosen]

    def turned(self, key: str) -> LabState:
        """Turn to another view, as it was left."""
        return replace(self, key=key, refused="")

    def picked(self, way: int) -> LabState:
        """Take the next dial in hand."""
        return self.took((self.chosen + way) % len(self.view.dials))

    def took(self, index: int) -> LabState:
        """Take that dial in hand."""
        return replace(self, hands={**self.hands, self.key: index}, refused="")

    def moved(self, way: int, far: bool = False) -> LabState:
        """Move the dial in hand by a step or a leap."""
        return self.tried(lambda: self.dial.moved(self.values[self.dial.name], way, far))

    def typed(self, written: str) -> LabState:
        """Put the dial in hand at a number that was typed."""
        return self.tried(lambda: self.dial.read(written))

    def put(self, name: str, value: Fraction) -> LabState:
        """Put a dial at a value, or at its end and say why no further; it is in hand now."""
        index = [dial.name for dial in self.view.dials].index(name)
        return self.took(index).nearest(value)

    def dragged(self, index: int, share: float) -> LabState:
        """Put a dial at a share of its rail, whose ends are as far as it goes."""
        held = self.took(index)
        return held.nearest(held.dial.at(share))

    def nearest(self, value: Fraction) -> LabState:
        """Put the dial in hand at the value, or at the end of its range before it and say why no further."""
        dial = self.dial
        end = dial.low if value < dial.low else dial.high if value > dial.high else None
        if end is None:
            return self.tried(lambda: dial.check(value))
        return replace(self.tried(lambda: dial.check(end)), refused=f"{dial.name} goes to {end}: {dial.why}")

    def reset(self) -> LabState:
        """Put this view back as it was at first."""
        return replace(self, settings={**self.settings, self.key: _at_first()[self.key]}, refused="")

    def tried(self, value: Callable[[], Fraction]) -> LabState:
        """Put the dial in hand at that value; or leave all as it was, and say why."""
        try:
            values = {**self.values, self.dial.name: value()}
            self.view.check(values)
        except InputError as error:
            return replace(self, refused=sentence(error))
        return replace(self, settings={**self.settings, self.key: values}, refused="")


def sentence(error: InputError) -> str:
    """Return an error in one line: what came, why it cannot be, what can.

    >>> sentence(InputError("a share", where="p", expected="0 to 1", got="101/100"))
    'p = 101/100? a share (0 to 1)'
    """
    came = f"{error.where} = {error.got}? " if error.where and error.got else ""
    return f"{came}{error.what}" + (f" ({error.expected})" if error.expected else "")
