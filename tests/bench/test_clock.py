"""The clock, on a clock that is moved by hand: no test here waits, and none depends on how fast this machine is."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from markovdiff.bench.clock import BLAS, alone, calibrated, interleaved_timing, one_thread, rounds_for


class Hands:
    """A clock, and runs that move it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ran: list[str] = []

    def __call__(self) -> float:
        return self.now

    def run(self, name: str, *taking: float) -> Callable[[], None]:
        """A run that takes these times one after the other, then the last again and again."""
        left = list(taking)

        def go() -> None:
            self.ran.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return go


def test_the_ratio_is_the_second_over_the_first() -> None:
    """Two runs of 0.25 s and 1 s: four times, without spread."""
    hands = Hands()
    found = interleaved_timing(hands.run("a", 0.25), hands.run("b", 1.0), hands)
    assert (found.first, found.second) == (0.25, 1.0)
    assert found.times == found.least == found.largest == 4.0


def test_the_spread_is_that_of_the_rounds() -> None:
    """Ratios 4, 8 and 2: the median is 4, from 2 to 8."""
    hands = Hands()
    found = interleaved_timing(hands.run("a", 0.25), hands.run("b", 1.0, 2.0, 0.5), hands)
    assert (found.times, found.least, found.largest, found.rounds) == (4.0, 2.0, 8.0, 3)


def test_they_take_turns_at_beginning() -> None:
    """a b, then b a, then a b."""
    hands = Hands()
    interleaved_timing(hands.run("a", 1.0), hands.run("b", 1.0), hands)
    assert "".join(hands.ran) == "abbaab"


def test_what_takes_long_runs_once() -> None:
    """Ten seconds are not spent three times."""
    hands = Hands()
    found = interleaved_timing(hands.run("a", 0.25), hands.run("b", 16.0), hands)
    assert hands.ran == ["a", "b"]
    assert found.rounds == 1


def test_a_short_run_is_repeated_within_a_round() -> None:
    """At 2^-10 s, 32 runs make a round of 20 ms, found by doubling; what is told is the time of one."""
    hands = Hands()
    found = interleaved_timing(hands.run("a", 2**-10), hands.run("b", 2**-4), hands)
    assert found.first == 2**-10
    assert found.times == 64
    assert hands.ran.count("a") == 1 + 2 + 4 + 8 + 16 + 32 * found.rounds
    assert hands.ran.count("b") == found.rounds


def test_alone_it_is_the_median_of_three() -> None:
    """One slow run in three does not show."""
    hands = Hands()
    assert alone(hands.run("a", 0.25, 0.5, 0.25), hands) == 0.25
    hands = Hands()
    assert alone(hands.run("a", 4.0), hands) == 4.0
    assert hands.ran == ["a"]


def test_a_coarse_clock_is_waited_for() -> None:
    """A clock that moves in steps of 2^-6 s reads 0 after one run of 2^-12 s: runs are added until it can be read."""
    hands = Hands()
    n, each = calibrated(hands.run("a", 2**-12), lambda: hands.now // 2**-6 * 2**-6)
    assert (n, each) == (128, 2**-12)


@pytest.mark.parametrize("once", [1e-9, 1e-4, 0.1, 0.3, 3.0, 100.0])
def test_more_rounds_for_what_is_shorter(once: float) -> None:
    """At least one round of everything."""
    assert rounds_for(once) >= rounds_for(2 * once) >= 1


def test_blas_is_held_to_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """True only where that was said before numpy was loaded."""
    for name in BLAS:
        monkeypatch.setenv(name, "8")
    monkeypatch.setitem(sys.modules, "numpy", None)  # type: ignore[arg-type]
    assert not one_thread()
    assert {os.environ[name] for name in BLAS} == {"1"}
    assert one_thread()
    monkeypatch.setenv(BLAS[0], "8")
    monkeypatch.delitem(sys.modules, "numpy")
    assert one_thread()
