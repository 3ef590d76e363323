"""What the measures take as a distribution, and what they refuse: no float, nothing renormalised, nothing padded."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from markovdiff.errors import InexactError, InputError
from markovdiff.measures.information import (
    conditional_entropy,
    cross_entropy,
    entropy,
    jensen_shannon,
    joint_entropy,
    kl,
    mutual_information,
)

one_argument: list[Callable[[list[object]], object]] = [
    entropy,
    lambda p: kl(p, p),
    lambda p: kl(["1/2", "1/2"], p),
    lambda p: cross_entropy(["1/2", "1/2"], p),
    lambda p: jensen_shannon(p, ["1/2", "1/2"]),
    lambda p: joint_entropy([p]),
    lambda p: conditional_entropy([p]),
    lambda p: mutual_information([p]),
]
named = pytest.mark.parametrize(
    "measure",
    one_argument,
    ids=["entropy", "kl", "kl-q", "cross-q", "js", "joint", "conditional", "mutual"],
)


@named
@pytest.mark.parametrize("half", [0.5, np.float64(0.5), np.float32(0.5)], ids=repr)
def test_a_float_is_refused_and_the_message_says_why(measure: Callable[[list[object]], object], half: object) -> None:
    """0.5 is exact by luck, 0.1 is not: no float is taken, and the message names it and its place."""
    with pytest.raises(InexactError, match="binary float") as caught:
        measure(["1/2", half])
    assert "[1]" in str(caught.value)
    with pytest.raises(InexactError):
        measure(np.array([half, half]))  # type: ignore[arg-type]  # floats: that is refused


@named
@pytest.mark.parametrize(
    ("p", "by"),
    [
        (["1/3", "1/3"], "less by 1/3"),
        (["0.1", "0.8"], "less by 1/10"),
        ([1, 1], "more by 1"),
        ([0, 0], "less by 1"),
        ([Fraction(1, 2), Fraction(1, 2) + Fraction(1, 10**30)], "more by 1/1000000000000000000000000000000"),
    ],
)
def test_nothing_is_renormalised(measure: Callable[[list[object]], object], p: list[object], by: str) -> None:
    """Probabilities that do not sum to exactly one are refused, with the exact amount they are off by."""
    with pytest.raises(InputError, match="do not sum to one") as caught:
        measure(p)
    assert by in str(caught.value)


@pytest.mark.parametrize(
    "p",
    [[10**400, 0], [Fraction(10**400, 3), 0], [Fraction(1, 2), Fraction(1, 2) + Fraction(1, 10**400)]],
    ids=["10^400", "10^400/3", "1+10^-400"],
)
def test_probabilities_of_any_size_are_refused_readably(p: list[object]) -> None:
    """A sum beyond, or a difference below, what a float can hold is bad input like any other."""
    for measure in (entropy, lambda p: mutual_information([p])):
        with pytest.raises(InputError, match="do not sum to one") as caught:
            measure(p)
        assert "less by about 0" not in str(caught.value)
        assert "more by about 0" not in str(caught.value)


@named
def test_negative_probabilities_are_refused(measure: Callable[[list[object]], object]) -> None:
    """3/2 − 1/2 = 1 is no distribution; the message names the place."""
    with pytest.raises(InputError, match="negative probability") as caught:
        measure(["3/2", "-1/2"])
    assert "-1/2" in str(caught.value)


@pytest.mark.parametrize("measure", [kl, cross_entropy, jensen_shannon], ids=lambda f: f.__name__)
def test_distributions_on_different_sets_are_refused(measure: Callable[..., object]) -> None:
    """Nothing is padded with zeros."""
    with pytest.raises(InputError, match="different sets"):
        measure(["1/2", "1/2"], ["1/2", "1/2", 0])


@pytest.mark.parametrize("measure", [joint_entropy, conditional_entropy, mutual_information], ids=lambda f: f.__name__)
def test_ragged_tables_are_refused(measure: Callable[..., object]) -> None:
    """A row of another length is named."""
    with pytest.raises(InputError, match="ragged") as caught:
        measure([["1/2", 0], ["1/2"]])
    assert "joint[1]" in str(caught.value)


@pytest.mark.parametrize("values", ["1", "1/2", b"1", {0: 1}, 1, None, Fraction(1)], ids=repr)
def test_what_is_no_sequence_is_refused(values: object) -> None:
    """Text is not read letter by letter, nor a mapping by its keys."""
    for measure in (entropy, mutual_information, lambda p: mutual_information([p])):
        with pytest.raises(InputError, match="not a sequence"):
            measure(values)  # type: ignore[arg-type]  # no sequence: that is refused


@pytest.mark.parametrize("empty", [[], [[]], [[], []]], ids=repr)
def test_there_is_no_distribution_on_nothing(empty: list[object]) -> None:
    """The empty sum is 0, not 1."""
    for measure in (joint_entropy, conditional_entropy, mutual_information):
        with pytest.raises(InputError):
            measure(empty)
    with pytest.raises(InputError):
        entropy([])


def test_an_unknown_axis_is_refused() -> None:
    """Conditioning is on "columns" or on "rows"."""
    with pytest.raises(InputError, match="axis"):
        conditional_entropy([["1/2", "1/2"]], "diagonals")  # type: ignore[arg-type]  # no axis: that is refused


@pytest.mark.parametrize(
    "measure", [entropy, joint_entropy, conditional_entropy, mutual_information], ids=lambda f: f.__name__
)
def test_an_iterator_is_taken_as_the_sequence_it_runs_through(measure: Callable[..., object]) -> None:
    """What entropy accepts once, zip(…) or map(…), every measure accepts: it is read once."""
    values: list[object] = ["1/2", "1/2"] if measure is entropy else [["1/2", 0], ["1/4", "1/4"]]
    assert measure(iter(values)) == measure(values)
