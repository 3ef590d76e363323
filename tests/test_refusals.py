"""What no call of the public API takes is refused with an InputError: never a TypeError from within, never for ever."""

from __future__ import annotations

import enum
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from samples import scenario

import markovdiff as md


class Sullen:
    """Something that cannot even be quoted."""

    def __repr__(self) -> str:
        raise RuntimeError


class One(enum.IntEnum):
    """A subclass of int that stands for a number."""

    ONE = 1


def nested(depth: int) -> list[Any]:
    """A list in a list, and so on."""
    out: list[Any] = []
    for _ in range(depth):
        out = [out]
    return out


NOWHERE = {
    "None": None,
    "a float": 1.5,
    "nan": float("nan"),
    "a numpy boolean": np.True_,
    "a numpy float": np.float32(0.5),
    "an array of no dimension": np.array(1.0),
    "an array of floats": np.array([0.5, 0.5]),
    "an array of objects": np.array([None, 1], dtype=object),
    "an empty array": np.array([]),
    "a date": np.datetime64("2020"),
    "bytes": b"1/2",
    "bytearray": bytearray(b"1"),
    "Decimal NaN": Decimal("NaN"),
    "Decimal infinity": Decimal("Infinity"),
    "complex": 1j,
    "a set": {Fraction(1, 2)},
    "a dict": {"a": 1},
    "nested": nested(5000),
    "an object": Sullen(),
    "a type": object,
    "a module": md,
}
"""What is neither a time nor a state, a number of digits, a unit, a path, a scenario, a distribution or a number."""

CALLS: dict[str, Callable[[Any], object]] = {
    "entropy": md.entropy,
    "entropy of one": lambda x: md.entropy([x]),
    "joint entropy": md.joint_entropy,
    "conditional entropy": lambda x: md.conditional_entropy([[1], x]),
    "mutual information": lambda x: md.mutual_information([[x]]),
    "kl": lambda x: md.kl(x, [1]),
    "cross-entropy": lambda x: md.cross_entropy([1], [x]),
    "jensen-shannon": lambda x: md.jensen_shannon([1], x),
    "log": md.log,
    "load": md.load,
    "loads": md.loads,
    "run": md.run,
    "marginal": lambda x: scenario().chain().marginal(x),
    "forward posterior": lambda x: scenario().chain().forward_posterior(1, x0=x),
    "digits": lambda x: md.log(2).enclosure(digits=x if x is not None else 0),
    "unit": lambda x: md.log(2).enclosure(unit=x),
    "closed form's unit": lambda x: md.log(2).closed_form(x),
    "with digits": lambda x: scenario().with_options(digits=x if x is not None else 0),
    "with a unit": lambda x: scenario().with_options(unit=x if x is not None else ""),  # type: ignore[arg-type]
    "in arithmetic": lambda x: scenario().with_options(arithmetic=x if x is not None else ""),  # type: ignore[arg-type]
    "in a folder": lambda x: md.loads("", folder=x),
    "by a name": lambda x: md.loads("", name=x),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("wrong", NOWHERE)
def test_what_has_no_place_is_refused(call: str, wrong: str) -> None:
    """With a message that fits a screen and says where."""
    with pytest.raises(md.InputError) as caught:
        CALLS[call](NOWHERE[wrong])
    assert len(str(caught.value)) < 800
    assert caught.value.where or wrong in ("a float", "nan", "a numpy float") or call == "log"


@pytest.mark.parametrize("listener", ["on_step", "on_begin", "progress"])
@pytest.mark.parametrize("wrong", [1, "print", [print]], ids=repr)
def test_a_listener_is_a_function(listener: str, wrong: object) -> None:
    """Told before the run, not at its first step."""
    with pytest.raises(md.InputError, match="not a function"):
        md.run(scenario(), **{listener: wrong})  # type: ignore[arg-type]


def test_subclasses_of_numbers_and_one_pass_iterators_are_taken() -> None:
    """An IntEnum, a subclass of Fraction, a generator, a range and a tuple of strings are exact numbers in order."""

    class Half(Fraction):
        pass

    assert md.entropy([Half(1, 2), One.ONE / Fraction(2)]) == md.log(2)
    assert md.entropy(x for x in ("1/2", "1/2")) == md.log(2)  # type: ignore[arg-type]
    assert md.entropy(range(2)) == 0
    assert scenario().chain().marginal(One.ONE) == scenario().chain().marginal(1)
