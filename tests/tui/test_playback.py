"""The player's t is a function of the clock: never outside 0 … T, never slowed by a late look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.playback import SPEEDS, Playback

RATE = 8.0


class Clock:
    """A clock that is moved by hand, in 64ths of a second so that floats are exact."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def advance(self, ticks: int) -> None:
        self.now += ticks / 64


def player(T: int) -> tuple[Playback, Clock]:
    clock = Clock()
    return Playback(T, clock, RATE), clock


last_times = st.integers(0, 100)
waits = st.integers(0, 64 * 20)
operations = st.one_of(
    waits.map(lambda ticks: ("advance", ticks)),
    st.sampled_from(["play", "pause", "toggle", "faster", "slower", "reverse", "toggle_loop"]).map(lambda o: (o, None)),
    st.integers(-200, 200).map(lambda n: ("step", n)),
    st.integers(-200, 200).map(lambda t: ("go", t)),
    last_times.map(lambda T: ("T", T)),
)


def perform(playback: Playback, clock: Clock, operation: tuple[str, int | None]) -> None:
    name, argument = operation
    if name == "advance":
        assert argument is not None
        clock.advance(argument)
    elif name == "T":
        assert argument is not None
        playback.T = argument
    elif argument is None:
        getattr(playback, name)()
    else:
        getattr(playback, name)(argument)


@given(last_times, st.lists(operations, max_size=40))
def test_t_is_always_a_time_there_is(T: int, done: list[tuple[str, int | None]]) -> None:
    """Whatever is done and however late one looks, 0 ≤ t ≤ T and the speed is one of those there are."""
    playback, clock = player(T)
    for operation in done:
        perform(playback, clock, operation)
        assert 0 <= playback.t <= playback.T
        assert playback.speed in SPEEDS


@given(last_times, st.lists(operations, max_size=20), st.lists(waits, max_size=8))
def test_looking_changes_nothing(T: int, done: list[tuple[str, int | None]], looks: list[int]) -> None:
    """t depends on the clock alone, not on how often it was looked at: a late callback skips, time is not slowed."""
    (seen, its_clock), (unseen, other_clock) = player(T), player(T)
    for operation in done:
        perform(seen, its_clock, operation)
        perform(unseen, other_clock, operation)
        assert seen.playing in (True, False)
    for ticks in looks:
        its_clock.advance(ticks)
        assert 0 <= seen.t <= seen.T
    other_clock.advance(sum(looks))
    assert (seen.t, seen.playing) == (unseen.t, unseen.playing)


@given(st.integers(0, 1000), waits, st.sampled_from(SPEEDS))
def test_there_and_back(start: int, ticks: int, speed: float) -> None:
    """Playing forwards and then as long backwards returns to where it began."""
    playback, clock = player(10_000)
    set_speed(playback, speed)
    playback.go(start)
    playback.play()
    clock.advance(ticks)
    playback.reverse()
    clock.advance(ticks)
    assert playback.t == start


def set_speed(playback: Playback, speed: float) -> None:
    while playback.speed > speed:
        playback.slower()
    while playback.speed < speed:
        playback.faster()


@given(st.integers(0, 20), st.integers(0, len(SPEEDS) - 2))
def test_twice_the_speed_is_twice_the_way(seconds: int, place: int) -> None:
    """In the same whole seconds, twice the speed goes twice as far, and speed 1 goes `rate` steps a second."""
    ways = []
    for speed in SPEEDS[place : place + 2]:
        playback, clock = player(100_000)
        set_speed(playback, speed)
        playback.play()
        clock.advance(64 * seconds)
        ways.append(playback.t)
    assert ways == [RATE * SPEEDS[place] * seconds, 2 * ways[0]]


@given(st.lists(st.sampled_from(["faster", "slower"]), max_size=30), st.integers(1, 7))
def test_a_change_of_speed_keeps_the_phase(changes: list[str], ticks: int) -> None:
    """Keys pressed faster than time goes by do not stop it: t is the integral of the speed."""
    playback, clock = player(1_000_000)
    playback.play()
    way = 0.0
    for change in changes:
        getattr(playback, change)()
        clock.advance(ticks)
        way += RATE * playback.speed * ticks / 64
        assert playback.t == int(way)


def test_it_stops_at_the_end_and_starts_again_from_the_other() -> None:
    playback, clock = player(16)
    playback.play()
    clock.advance(64 * 60)
    assert (playback.t, playback.playing) == (16, False)
    playback.toggle()
    assert (playback.t, playback.playing) == (0, True)
    playback.reverse()
    assert (playback.t, playback.playing) == (0, False)
    playback.play()
    assert (playback.t, playback.playing) == (16, True)
    clock.advance(64)
    assert playback.t == 8


@given(st.integers(0, 50), waits, st.booleans())
def test_looping_wraps(T: int, ticks: int, backwards: bool) -> None:
    """Looping, t goes round the T + 1 times there are, each held equally long, and never stops."""
    playback, clock = player(T)
    playback.toggle_loop()
    if backwards:
        playback.reverse()
    playback.play()
    clock.advance(ticks)
    steps = ticks // 8
    assert playback.t == (-steps if backwards else steps) % (T + 1)
    assert playback.playing


def test_a_step_pauses_and_does_not_wrap() -> None:
    playback, clock = player(10)
    playback.toggle_loop()
    playback.play()
    playback.step(4)
    clock.advance(640)
    assert (playback.t, playback.playing) == (4, False)
    playback.step(99)
    assert playback.t == 10
    playback.step(-99)
    assert playback.t == 0


def test_playing_goes_on_from_where_it_is_put() -> None:
    playback, clock = player(100)
    playback.play()
    clock.advance(7)
    playback.go(50)
    clock.advance(7)
    assert playback.t == 50
    clock.advance(1)
    assert (playback.t, playback.playing) == (51, True)


def test_a_shorter_chain_takes_t_with_it() -> None:
    playback, _ = player(100)
    playback.go(80)
    playback.T = 30
    assert (playback.t, playback.T) == (30, 30)


def test_a_clock_that_jumps_back_moves_nothing() -> None:
    playback, clock = player(100)
    playback.go(50)
    playback.play()
    clock.advance(-640)
    assert playback.t == 50


def test_there_is_no_last_time_before_the_first() -> None:
    with pytest.raises(ValueError, match="0 or later"):
        Playback(-1)


@pytest.mark.parametrize("T", [10, 64, 1000, 10_000])
def test_a_run_plays_in_ten_seconds(T: int) -> None:
    """Whatever T is, at speed 1: half of it is there after five seconds, and the end after ten and not before."""
    clock = Clock()
    playback = Playback(T, clock)
    playback.play()
    clock.advance(5 * 64)
    assert abs(playback.t - T / 2) <= 1
    clock.advance(5 * 64 - 8)
    assert playback.playing
    clock.advance(9)
    assert (playback.t, playback.playing) == (T, False)


@pytest.mark.parametrize("T", [1, 3])
def test_a_short_run_makes_a_step_a_second(T: int) -> None:
    """It would stand still for too long otherwise."""
    clock = Clock()
    playback = Playback(0, clock)
    playback.T = T
    playback.play()
    clock.advance(64)
    assert playback.t == 1
    clock.advance(64 * (T - 1))
    assert not playback.playing
