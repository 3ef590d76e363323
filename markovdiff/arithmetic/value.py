"""What every value of the engine has besides its fields: a line that shows it, and a way to be copied.

`in_a_line` serves as a class's `__repr__`: its fields, each cut short, in one line that never fails. A generated
`__repr__` would write out a million probabilities, and fail at an integer that Python refuses to print.
`from_fields` serves as `__reduce__`: a pickle or a copy is made anew from the fields, so it is as valid as any, and
what was remembered on the way (by `cached_property`) is left behind.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from markovdiff.arithmetic.rational import Quoter

LINE = 200
"""Characters of a line that shows a value, at most."""

FIELD = 60
"""Characters of one field, at most."""

ITEMS = 4
"""Items of a container, at most."""


class _Brief(Quoter):
    """The first few items; a matrix by its size, a ball by its first digits."""

    def repr_fmpz_mat(self, x: Any, level: int) -> str:  # noqa: ARG002
        return f"<{x.nrows()} × {x.ncols()} integers>"

    def repr_arb(self, x: Any, level: int) -> str:  # noqa: ARG002
        return str(x.str(6))


def brief(value: object) -> str:
    """Show anything in some sixty characters.

    >>> brief(tuple(range(1000))), brief("a" * 1000)[:8]
    ('(0, 1, 2, 3, ...)', "'aaaaaaa")
    """
    words = _Brief(ITEMS, FIELD).repr(value)
    return words if len(words) <= FIELD else words[: FIELD - 1] + "…"


def one_line(words: str) -> str:
    """Cut words to what a line holds; the last character stays."""
    return words if len(words) <= LINE else f"{words[: LINE - 2]}…{words[-1]}"


def in_a_line(self: Any) -> str:
    """Show a dataclass, or a struct of msgspec's, by its fields, each cut short."""
    names = [f.name for f in fields(self) if f.repr] if is_dataclass(self) else self.__struct_fields__
    return one_line(f"{type(self).__name__}({', '.join(f'{name}={brief(getattr(self, name))}' for name in names)})")


def from_fields(self: Any) -> tuple[type, tuple[object, ...]]:
    """Say how a dataclass is made again: from the fields that its constructor takes."""
    return type(self), tuple(getattr(self, f.name) for f in fields(self) if f.init)
