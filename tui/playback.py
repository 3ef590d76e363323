"""Playing time: which t is shown now, reckoned from a clock and never counted in ticks.

A timer that is late therefore skips steps, and time runs as fast as before. While playing,

    t = start ± ⌊phase + rate·speed·(now − since)⌋

so each t is held for a whole period and a turn-round after n steps takes n steps to come back. A change
of speed keeps the phase, the part of the period that has passed; anything that moves t begins a new one.
The rate is such that 0 … T takes ten seconds at speed 1, be T 10 or 10,000; a step takes a second at most.
Everything is reckoned anew when it is asked for: nothing here needs to be called regularly.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import floor

SPEEDS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""The speeds there are; 1 is `rate` steps a second."""

WHOLE = 10.0
"""Seconds that a whole run takes at speed 1."""


def rate_for(T: int) -> float:
    """Return the steps a second by which 0 … T takes ten seconds, and at least one.

    >>> rate_for(1), rate_for(64), rate_for(1000)
    (1.0, 6.4, 100.0)
    """
    return max(T / WHOLE, 1.0)


class Playback:
    """A t in 0 … T that a clock moves, by `rate` steps a second; as `rate_for` says where none is given.

    >>> now = [0.0]
    >>> playback = Playback(64, clock=lambda: now[0], rate=8)
    >>> playback.play(); now[0] = 2.0; playback.t
    16
    """

    def __init__(self, T: int, clock: Callable[[], float] = time.monotonic, rate: float | None = None) -> None:
        self._clock = clock
        self._given = rate
        self._T = _last(T)
        self._t = 0
        self._since = 0.0
        self._phase = 0.0
        self._speed = 1.0
        self._playing = self._backwards = self._loop = False

    @property
    def t(self) -> int:
        """The time that is shown now."""
        self._settle()
        return self._t

    @property
    def T(self) -> int:
        """The last time there is. Setting it keeps t within 0 … T."""
        return self._T

    @T.setter
    def T(self, T: int) -> None:
        self._settle()
        self._T = _last(T)
        self._t = min(self._t, self._T)

    @property
    def _rate(self) -> float:
        """Steps a second at speed 1."""
        return rate_for(self._T) if self._given is None else self._given

    @property
    def playing(self) -> bool:
        """Whether the clock moves t; no longer so once the end is reached, unless looping."""
        self._settle()
        return self._playing

    @property
    def speed(self) -> float:
        """One of SPEEDS."""
        return self._speed

    @property
    def backwards(self) -> bool:
        """Whether t falls as time goes by."""
        return self._backwards

    @property
    def loop(self) -> bool:
        """Whether one end is followed by the other."""
        return self._loop

    @property
    def words(self) -> str:
        """What the clock does, in a few characters."""
        sign = ("◀" if self.backwards else "▶") if self.playing else "‖"
        speed = f"{self.speed:g}x" if self.speed >= 1 else f"1/{round(1 / self.speed)}x"
        return f"{sign} {speed}{' ↻' if self.loop else ''}"

    def play(self) -> None:
        """Let the clock move t; from the end it starts at the other end again."""
        if self.playing:
            return
        if self._t == self._end and not self._loop:
            self._t = self._T - self._end
        self._playing = True
        self._begin_period()

    def pause(self) -> None:
        """Rest at this t."""
        self._settle()
        self._playing = False

    def toggle(self) -> None:
        """Play if paused, pause if playing."""
        if self.playing:
            self.pause()
        else:
            self.play()

    def step(self, n: int) -> None:
        """Rest, and move by n steps, to an end at most."""
        self.pause()
        self.go(self._t + n)

    def go(self, t: int) -> None:
        """Move to t, or to the nearest there is; playing goes on from there."""
        self._settle()
        self._t = min(max(t, 0), self._T)
        self._begin_period()

    def faster(self) -> None:
        """Double the speed, if there is such a one."""
        self._change_speed(+1)

    def slower(self) -> None:
        """Halve the speed, if there is such a one."""
        self._change_speed(-1)

    def reverse(self) -> None:
        """Turn round."""
        self._settle()
        self._backwards = not self._backwards
        self._begin_period()

    def toggle_loop(self) -> None:
        """Go round and round, or stop at the end."""
        self._settle()
        self._loop = not self._loop

    @property
    def _end(self) -> int:
        """Where playing in this direction arrives."""
        return 0 if self._backwards else self._T

    def _begin_period(self) -> None:
        self._since, self._phase = self._clock(), 0.0

    def _change_speed(self, by: int) -> None:
        self._settle()
        place = SPEEDS.index(self._speed) + by
        self._speed = SPEEDS[min(max(place, 0), len(SPEEDS) - 1)]

    def _settle(self) -> None:
        """Bring t up to now, and keep what has passed of the period."""
        if not self._playing:
            return
        now = self._clock()
        passed = self._phase + self._rate * self._speed * max(now - self._since, 0.0)
        steps = floor(passed)
        self._since, self._phase = now, passed - steps
        if self._loop:
            self._t = (self._t + (-steps if self._backwards else steps)) % (self._T + 1)
            return
        self._t += min(steps, abs(self._end - self._t)) * (-1 if self._backwards else 1)
        self._playing = self._t != self._end


def _last(T: int) -> int:
    if T < 0:
        raise ValueError(f"the last time is 0 or later, not {T}")
    return T
