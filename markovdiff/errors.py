"""What can go wrong, and what the person in front of it should do.

    MarkovdiffError                     every error raised on purpose
    ├── InputError (ValueError)         bad input or usage                    exit status 2
    │   ├── InexactError (TypeError)    a binary float where an exact number is needed
    │   └── LimitError                  past a fixed limit (K, T, digits, file size)
    ├── UnfinishedError                 this machine cannot finish it         exit status 3
    │   └── TooLongError                an exact form too long to be written out
    └── InternalError                   two routes to one fact disagree: a bug, never hidden

A message says what is wrong, where, what was expected, what came, and what to do about it. What it quotes may come from
strangers: control characters are written out, so that none reaches a terminal.
"""

from __future__ import annotations

from typing import Self

NO_MEMORY = (MemoryError, SystemError)
"""What Python raises where memory has run out: the second where there was none left for the first."""


def printable(words: str) -> str:
    r"""Return the words in one line, with every unprintable character written out.

    >>> print(printable("a\x1b[31m\n"))
    a\x1b[31m\n
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in words)


class MarkovdiffError(Exception):
    """An error with its parts kept apart, so that a screen can lay them out as it likes.

    >>> print(InputError("the weights are all zero", where="data.weights", remedy="give one state a weight"))
    the weights are all zero
      where     data.weights
      remedy    give one state a weight
    """

    status = 2

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        got: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.expected = expected
        self.got = got
        self.remedy = remedy

    def __str__(self) -> str:
        parts = ("where", "expected", "got", "remedy")
        lines = [f"  {part:<9} {printable(getattr(self, part))}" for part in parts if getattr(self, part)]
        return "\n".join([printable(self.what), *lines])

    def located(self, place: str) -> Self:
        """Return a new error of this kind with `place` put in front of where it happened."""
        return self.but(where=f"{place}: {self.where}" if self.where else place)

    def but(self, *, where: str | None = None, remedy: str | None = None) -> Self:
        """Return a new error of this kind that says another place or another remedy, where one is given."""
        where, remedy = where or self.where, remedy or self.remedy
        return type(self)(self.what, where=where, expected=self.expected, got=self.got, remedy=remedy)


class InputError(MarkovdiffError, ValueError):
    """The input is malformed, inconsistent or out of range."""


class InexactError(InputError, TypeError):
    """A binary floating-point number was given where an exact one is needed."""


class LimitError(InputError):
    """The input asks for more than a fixed limit allows."""


class UnfinishedError(MarkovdiffError):
    """The run cannot be finished here: too big for this machine, or interrupted."""

    status = 3


class TooLongError(UnfinishedError):
    """An exact form has too many digits to be written out; enclosures still hold."""


class InternalError(MarkovdiffError):
    """Two independent routes to the same fact disagree. Please report it."""

    status = 3
