"""What is measured, by default in under a minute and in full at sizes that take some minutes.

duel    an arithmetic and a rival on one chain, in turn
late    chains whose information falls far below 1e-16, every contestant's false rises and negative values counted
cost    one arithmetic alone, against K and against T
sequences   the information curve and the best block sizes beside a plain program
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markovdiff.bench.chains import Problem, dense
from markovdiff.bench.contestants import Contestant
from markovdiff.bench.engine import ENGINES
from markovdiff.bench.rivals import RIVALS
from markovdiff.bench.sequences import LARGE, SMALL, SequenceTask

PARTS = (*RIVALS, "ball", "late", "cost", "sequences")
"""What `--only` takes: the duels with a rival, those of ball arithmetic, and the other three tables."""

EVERYONE = ENGINES | RIVALS


@dataclass(frozen=True)
class Duel:
    """`engine` and `rival`, by name, on the dense chain of K states and T steps."""

    engine: str
    rival: str
    K: int
    T: int

    @property
    def problem(self) -> Problem:
        """The chain."""
        return dense(self.K, self.T)

    def belongs_to(self, parts: frozenset[str]) -> bool:
        """Return whether it is one of the parts asked for."""
        return bool(parts & {self.engine, self.rival})


@dataclass(frozen=True)
class Series:
    """K and T of the chains on which cost is followed; one of the two grows."""

    variable: str
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Plan:
    """All that a bench measures."""

    duels: tuple[Duel, ...]
    late: tuple[tuple[int, int], ...]
    cost: tuple[Series, ...]
    sequences: tuple[SequenceTask, ...] = ()
    patience: int = 1
    """How many times as much as in a short run a slow rival may be asked on late chains."""

    def only(self, parts: frozenset[str]) -> Plan:
        """Return the plan with only the parts asked for; all of it where none is named."""
        if not parts:
            return self
        return Plan(
            tuple(duel for duel in self.duels if duel.belongs_to(parts)),
            self.late if "late" in parts else (),
            self.cost if "cost" in parts else (),
            self.sequences if "sequences" in parts else (),
            self.patience,
        )

    def asked_late(self, problem: Problem) -> Iterator[Contestant]:
        """Yield the programs that are installed and can answer a late chain in reasonable time."""
        for one in EVERYONE.values():
            if not one.missing and (one.most is None or problem.cells <= self.patience * one.most):
                yield one


SHORT = Plan(
    duels=(
        Duel("exact", "fraction", 8, 64),
        Duel("exact", "fraction", 16, 64),
        Duel("exact", "sympy", 8, 12),
        Duel("exact", "dit", 16, 64),
        Duel("ball", "fraction", 8, 64),
        Duel("ball", "exact", 16, 64),
        Duel("float", "numpy", 16, 64),
        Duel("float", "numpy", 64, 64),
        Duel("float", "dit", 16, 64),
    ),
    late=((2, 128), (4, 128), (8, 128)),
    cost=(
        Series("K", tuple((K, 64) for K in (8, 12, 16, 24, 32))),
        Series("T", tuple((16, T) for T in (16, 32, 64, 96, 128))),
    ),
    sequences=SMALL,
)

FULL = Plan(
    duels=(
        *SHORT.duels,
        Duel("exact", "fraction", 16, 256),
        Duel("exact", "sympy", 8, 64),
        Duel("ball", "fraction", 16, 64),
        Duel("ball", "exact", 64, 64),
    ),
    late=((2, 256), (4, 256), (8, 256), (16, 128)),
    cost=(
        Series("K", tuple((K, 64) for K in (8, 16, 24, 32, 48, 64))),
        Series("T", tuple((16, T) for T in (32, 64, 128, 256, 512))),
    ),
    sequences=(*SMALL, *LARGE),
    patience=16,
)
