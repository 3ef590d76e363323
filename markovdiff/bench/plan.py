"""What is measured, by default in under a minute and in full at sizes that take some minutes.

comparison    an arithmetic and a baseline on one chain, in turn
late    chains whose information falls far below 1e-16, every entry's false rises and negative values counted
cost    one arithmetic alone, against K and against T
sequences   the information curve and the best block sizes beside a plain program
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from markovdiff.bench.baselines import BASELINES
from markovdiff.bench.chains import BenchProblem, dense
from markovdiff.bench.engine import ENGINES
from markovdiff.bench.entries import BenchEntry
from markovdiff.bench.sequences import LARGE, SMALL, SequenceTask

PARTS = (*BASELINES, "ball", "late", "cost", "sequences")
"""What `--only` takes: the comparisons with a baseline, those of ball arithmetic, and the other three tables."""

EVERYONE = ENGINES | BASELINES


@dataclass(frozen=True)
class Comparison:
    """`engine` and `baseline`, by name, on the dense chain of K states and T steps."""

    engine: str
    baseline: str
    K: int
    T: int

    @property
    def problem(self) -> BenchProblem:
        """The chain."""
        return dense(self.K, self.T)

    def belongs_to(self, parts: frozenset[str]) -> bool:
        """Return whether it is one of the parts asked for."""
        return bool(parts & {self.engine, self.baseline})


@dataclass(frozen=True)
class GrowthSeries:
    """K and T of the chains on which cost is followed; one of the two grows."""

    variable: str
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BenchPlan:
    """All that a bench measures."""

    comparisons: tuple[Comparison, ...]
    late: tuple[tuple[int, int], ...]
    cost: tuple[GrowthSeries, ...]
    sequences: tuple[SequenceTask, ...] = ()
    patience: int = 1
    """How many times as much as in a short run a slow baseline may be asked on late chains."""

    def only(self, parts: frozenset[str]) -> BenchPlan:
        """Return the plan with only the parts asked for; all of it where none is named."""
        if not parts:
            return self
        return BenchPlan(
            tuple(comparison for comparison in self.comparisons if comparison.belongs_to(parts)),
            self.late if "late" in parts else (),
            self.cost if "cost" in parts else (),
            self.sequences if "sequences" in parts else (),
            self.patience,
        )

    def asked_late(self, problem: BenchProblem) -> Iterator[BenchEntry]:
        """Yield the programs that are installed and can answer a late chain in reasonable time."""
        for one in EVERYONE.values():
            if not one.missing and (one.most is None or problem.cells <= self.patience * one.most):
                yield one


SHORT = BenchPlan(
    comparisons=(
        Comparison("exact", "fraction", 8, 64),
        Comparison("exact", "fraction", 16, 64),
        Comparison("exact", "sympy", 8, 12),
        Comparison("exact", "dit", 16, 64),
        Comparison("ball", "fraction", 8, 64),
        Comparison("ball", "exact", 16, 64),
        Comparison("float", "numpy", 16, 64),
        Comparison("float", "numpy", 64, 64),
        Comparison("float", "dit", 16, 64),
    ),
    late=((2, 128), (4, 128), (8, 128)),
    cost=(
        GrowthSeries("K", tuple((K, 64) for K in (8, 12, 16, 24, 32))),
        GrowthSeries("T", tuple((16, T) for T in (16, 32, 64, 96, 128))),
    ),
    sequences=SMALL,
)

FULL = BenchPlan(
    comparisons=(
        *SHORT.comparisons,
        Comparison("exact", "fraction", 16, 256),
        Comparison("exact", "sympy", 8, 64),
        Comparison("ball", "fraction", 16, 64),
        Comparison("ball", "exact", 64, 64),
    ),
    late=((2, 256), (4, 256), (8, 256), (16, 128)),
    cost=(
        GrowthSeries("K", tuple((K, 64) for K in (8, 16, 24, 32, 48, 64))),
        GrowthSeries("T", tuple((16, T) for T in (32, 64, 128, 256, 512))),
    ),
    sequences=(*SMALL, *LARGE),
    patience=16,
)
