"""A chain's matrices as the screen has them: number by number, in square blocks, or in closed form.

All are asked alike: for one entry, or for the largest of each square block of so many states. What has few distinct
values is never written out: 50,000 states are two or three numbers a step and a law. The numbers are floats for
pictures, each right but for a few roundings.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import isnan
from typing import Protocol

from tui.messages import KernelParts


class MatrixPicture(Protocol):
    """A matrix for the screen."""

    @property
    def grain(self) -> int:
        """The least number of states that a block can have."""

    def entry(self, i: int, j: int) -> float | None:
        """Return an entry; None where it is undefined, or not known one by one."""

    def blocks(self, size: int) -> list[list[float | None]]:
        """Return the largest entry of each square block of so many states, a multiple of the grain."""


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A matrix with all its entries, or the largest of each block of `grain` states; None where undefined."""

    rows: Sequence[Sequence[float | None]]
    grain: int

    @classmethod
    def of(cls, packed: bytes, grain: int) -> WrittenOut:
        """Read a square matrix of doubles, NaN where undefined."""
        numbers = array("d")
        numbers.frombytes(packed)
        n = round(len(numbers) ** 0.5)
        return cls([[None if isnan(x) else x for x in numbers[i * n : (i + 1) * n]] for i in range(n)], grain)

    def entry(self, i: int, j: int) -> float | None:
        """Return an entry where all are known."""
        return self.rows[i][j] if self.grain == 1 else None

    def blocks(self, size: int) -> list[list[float | None]]:
        """Return the largest of each block."""
        step = size // self.grain
        if step == 1:
            return [list(row) for row in self.rows]
        firsts = range(0, len(self.rows), step)
        return [
            [
                max((v for row in self.rows[i : i + step] for v in row[j : j + step] if v is not None), default=None)
                for j in firsts
            ]
            for i in firsts
        ]


@dataclass(frozen=True, slots=True)
class ClosedForm:
    """The matrix of source·(keep·e_i + fresh·target + gone·e_mask)·given in row i; that of the mask is e_mask.

    `source` weighs the rows and `given` the columns, 0 where those are undefined; each is None where all weigh 1.
    `turned` shows the columns as rows. A block costs what its rows and columns cost, not their product.
    """

    parts: KernelParts
    target: Sequence[float]
    mask: int | None = None
    source: Sequence[float] | None = None
    given: Sequence[float] | None = None
    turned: bool = False
    grain: int = field(default=1, init=False)

    def entry(self, i: int, j: int) -> float | None:
        """Return an entry, row i, column j as they are shown."""
        i, j = (j, i) if self.turned else (i, j)
        if self.given is not None and not self.given[j]:
            return None
        weight = (1.0 if self.source is None else self.source[i]) * (1.0 if self.given is None else self.given[j])
        if i == self.mask:
            return weight * (i == j)
        p = self.parts
        return weight * (p.keep * (i == j) + p.fresh * self.target[j] + p.gone * (j == self.mask))

    def blocks(self, size: int) -> list[list[float | None]]:
        """Return the largest of each block: off the diagonal the largest row by the largest column, and that on it."""
        K, m = len(self.target), self.mask
        ends = [*range(0, K, size), K]
        column = self._columns()
        rows = [1.0] * K if self.source is None else [*self.source]
        diagonal = [a * (b + c) for a, b, c in zip(rows, self._kept(), column, strict=True)]
        if m is not None:
            diagonal[m] = rows[m] * (1.0 if self.given is None else self.given[m])
            rows[m] = 0.0
        tops = [max(rows[a:b]) for a, b in pairwise(ends)]
        wide = [max(column[a:b]) for a, b in pairwise(ends)]
        some = [self.given is None or any(self.given[a:b]) for a, b in pairwise(ends)]
        found: list[list[float | None]] = [
            [top * most if known else None for most, known in zip(wide, some, strict=True)] for top in tops
        ]
        for n, (a, b) in enumerate(pairwise(ends)):
            if some[n]:
                found[n][n] = max(found[n][n] or 0.0, *diagonal[a:b])
        return [list(row) for row in zip(*found, strict=True)] if self.turned else found

    def _columns(self) -> list[float]:
        """Return what a row has in each column besides what it keeps."""
        p = self.parts
        column = [p.fresh * x for x in self.target]
        if self.mask is not None:
            column[self.mask] += p.gone
        return column if self.given is None else [x * g for x, g in zip(column, self.given, strict=True)]

    def _kept(self) -> list[float]:
        """Return what a row keeps in its own column."""
        keep = self.parts.keep
        return [keep] * len(self.target) if self.given is None else [keep * g for g in self.given]
