"""The habits of practical code by name, one record each, and what a person writes to ask for them.

A habit has a name, its number where it takes one, and what it makes of a recipe. `NAME=ε` gives the number; `+` takes
habits together, such as fp32+eps=1e-6.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from markovdiff.arithmetic.rational import rational, shown
from markovdiff.arithmetic.value import in_a_line
from markovdiff.errors import InputError
from markovdiff.practice.formats import BF16, FP16, FP32, FP64, NumberFormat
from markovdiff.practice.recipe import Recipe


@dataclass(frozen=True)
class Habit:
    """A habit: `example` is how it is asked for, `words` what it does, `applied` what it makes of a recipe.

    A habit that takes a number says in `range` between which two it lies, both left out.
    """

    name: str
    words: str
    applied: Callable[[Recipe, Fraction], Recipe]
    example: str = ""
    range: tuple[int, int] | None = None

    __repr__ = in_a_line


SMALL = (0, 1)


def _nothing(numbers: NumberFormat, _K: int, _unit: str) -> Any:
    return numbers.number(Fraction(0))


def _log_of_states(numbers: NumberFormat, K: int, unit: str) -> Any:
    return numbers.log(numbers.zeros((1,)) + numbers.number(Fraction(K)), unit)[0]


HABITS: dict[str, Habit] = {
    habit.name: habit
    for habit in (
        Habit("fp64", "every operation in float64, as NumPy has it", lambda r, _: r.but(numbers=FP64)),
        Habit("fp32", "every operation in float32, as Torch and JAX have it", lambda r, _: r.but(numbers=FP32)),
        Habit("fp16", "every operation in float16", lambda r, _: r.but(numbers=FP16)),
        Habit("bf16", "every operation in bfloat16, 8 bits of significand", lambda r, _: r.but(numbers=BF16)),
        Habit(
            "eps",
            "ε added in each logarithm: log(x + ε), as in D3PM's code",
            lambda r, x: r.but(added=x),
            "eps=1e-6",
            SMALL,
        ),
        Habit(
            "clamp",
            "probabilities in logarithms are at least ε: log(max(x, ε))",
            lambda r, x: r.but(least=x),
            "clamp=1e-20",
            SMALL,
        ),
        Habit(
            "clamp-log",
            "log-probabilities are at least a bound, as in VQ-Diffusion's code",
            lambda r, x: r.but(least_log=x),
            "clamp-log=-70",
            (-10_000, 0),
        ),
        Habit(
            "unnormalised",
            "ε added to each probability, and the law not divided by its sum",
            lambda r, x: r.but(spread=x),
            "unnormalised=1e-6",
            SMALL,
        ),
        Habit(
            "smoothed",
            "ε added to each probability, and the law divided by its sum",
            lambda r, x: r.but(spread=x, normalised=True),
            "smoothed=1e-6",
            SMALL,
        ),
        Habit("drop-prior", "L without its prior term", lambda r, _: r.but(prior=_nothing)),
        Habit("constant-prior", "log K for the prior term, whatever x_T is", lambda r, _: r.but(prior=_log_of_states)),
        Habit("mean-over-t", "the mean over t for the sum of the terms", lambda r, _: r.but(averaged=True)),
    )
}
"""Every habit by its name."""


@dataclass(frozen=True)
class Practice:
    """What was asked for: its text, in words, and the recipe."""

    text: str
    words: str
    recipe: Recipe

    __repr__ = in_a_line


def practices(asked: Sequence[str]) -> tuple[Practice, ...]:
    """Return the practices that are asked for, each once: a text has one or several with commas between.

    Raises InputError for a habit that is not known, with those that are, and for a number that does not fit.

    >>> [practice.text for practice in practices(["fp32,eps=1e-6", "bf16+clamp=1e-20"])]
    ['fp32', 'eps=1e-6', 'bf16+clamp=1e-20']
    """
    texts = [part.strip() for text in asked for part in text.split(",")]
    return tuple(_practice(text) for text in dict.fromkeys(texts))


def _practice(text: str) -> Practice:
    recipe, words = Recipe(), []
    for part in text.split("+"):
        name, equals, number = (piece.strip() for piece in part.partition("="))
        habit = HABITS.get(name)
        if habit is None:
            raise _unknown(name)
        recipe = habit.applied(recipe, _number(habit, number if equals else None))
        words.append(habit.words)
    return Practice(text, "; ".join(words), recipe)


def _unknown(name: str) -> InputError:
    close = difflib.get_close_matches(name, HABITS, n=1)
    return InputError(
        "no such habit",
        where="--practice",
        expected=f"one of {', '.join(habit.example or habit.name for habit in HABITS.values())}",
        got=shown(name),
        remedy=f"did you mean {close[0]}?" if close else "a comma between two of them, a + to take them together",
    )


def _number(habit: Habit, given: str | None) -> Fraction:
    """Return the number that a habit is given; 0 where it takes none."""
    if habit.range is None:
        if given is None:
            return Fraction(0)
        raise InputError(f"{habit.name} takes no number", where="--practice", expected=habit.name, got=shown(given))
    low, high = habit.range
    value = None if given is None else rational(given, "--practice")
    if value is None or not low < value < high:
        raise InputError(
            f"{habit.name} takes a number between {low} and {high}",
            where="--practice",
            expected=f"such as {habit.example}",
            got="none" if given is None else shown(given),
        )
    return value
