"""What every kernel has: Q(β) in exact rationals, and from it a correct default for all that an engine asks.

A kernel is a frozen dataclass with `K` and `transition`. Everything else has a default made from `transition`; a
kernel overrides what it can do faster, or knows without looking. What `transition` takes is β_t; a kernel that has no
schedule, or says that it `takes_time`, is handed t instead (`Chain.strength`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import log2
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from flint import arb_mat

from markovdiff.arithmetic.enclosure import stochastic_ball
from markovdiff.arithmetic.logform import LogForm, log
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text
from markovdiff.process.distribution import Distribution
from markovdiff.process.transition import Dense, Transition

if TYPE_CHECKING:
    from markovdiff.arithmetic.arrays import Flags, Floats
    from markovdiff.process.masked import MaskedNoise

Rates: TypeAlias = "tuple[tuple[Fraction, ...], ...]"
"""R[i][j] ≥ 0 beside the diagonal, rows that sum to 0."""

NoiseLevel: TypeAlias = "Fraction | LogForm"
"""σ, rational or −log of a rational ᾱ."""


def level_of(alpha_bar: Fraction) -> LogForm | None:
    """Return σ = −log ᾱ; None where ᾱ = 0."""
    return -log(alpha_bar) if alpha_bar else None


class Kernel(ABC):
    """q(x_t | x_{t−1}) on K states, as a function of β_t, or of t where there is no schedule."""

    if TYPE_CHECKING:

        @property
        def K(self) -> int:
            """The number of states."""

    has_schedule: ClassVar[bool] = True
    """Whether a schedule gives β_1 … β_T."""

    takes_time: ClassVar[bool] = False
    """Whether Q_t is more than a function of β_t; then `transition` takes t, and the β_t are the kernel's own."""

    takes_rates: ClassVar[bool] = False
    """Whether a schedule's numbers may be rates, of any size, where it has a form for that."""

    is_markov: ClassVar[bool] = True
    """Whether x_t depends on x_{t−1} alone."""

    is_structured: ClassVar[bool] = False
    """Whether no K × K matrix is needed: Q(β) = (1−β)I + β·1πᵀ."""

    is_symmetric: ClassVar[bool] = False
    """Whether every Q(β) is known to be symmetric."""

    is_mirrored: ClassVar[bool] = False
    """Whether Q(β)[i, j] = Q(β)[K−1−i, K−1−j] is known."""

    has_own_forms: ClassVar[bool] = False
    """Whether `floats`, `own_balls` and `dobrushin_formula` are made without Q(β) in rationals."""

    @abstractmethod
    def transition(self, beta: Fraction) -> Transition:
        """Return Q(β), exactly; for a kernel without a schedule, Q_t of the t handed in."""

    def scheduled(self, betas: Sequence[Fraction]) -> Kernel:
        """Return the kernel with its β_1 … β_T, once they are known. Raises InputError where they do not suit it."""
        return self

    # what a kernel may be, besides a matrix for each β

    @property
    def rank_one_target(self) -> Distribution | None:
        """The law π where Q(β) = (1−β)I + β·1πᵀ."""
        return None

    @property
    def endpoint(self) -> Dense | None:
        """The matrix M where Q(β) = (1−β)I + βM."""
        return None

    @property
    def matrices_given_x0(self) -> tuple[Dense, ...] | None:
        """q(x_t | x_{t−1}, x_0 = k) for each k, the same at every t, where the process has memory."""
        return None

    @property
    def masked_noise(self) -> MaskedNoise | None:
        """The mask and the rates, where every step is a `MaskedRankOne`."""
        return None

    def identity(self) -> Transition | None:
        """Return Q̄_0 in the shape that its steps have; None where that is a matrix."""
        return None

    def kept(self, beta: Fraction) -> Fraction | None:
        """Return the share of ᾱ_{t−1} that ᾱ_t is; None where the kernel has no ᾱ."""
        return None

    @property
    def generator(self) -> Rates | None:
        """The rates R where Q(β) is e^{sR}, up to the rounding of its entries; None where there are none."""
        return None

    def level(self, betas: Sequence[Fraction]) -> NoiseLevel | None:
        """Return the σ of e^{σR} after these steps; None where it is infinite, or there are no rates."""
        return None

    @property
    def steps_brought(self) -> int | None:
        """How many steps the kernel brings, where that is settled by the kernel."""
        return None

    @property
    def grid(self) -> Fraction | None:
        """What the entries are rounded down to multiples of, where they are rounded."""
        return None

    def erased(self, beta: Fraction) -> int:
        """Return how many entries that are positive in the formula were rounded to 0."""
        return 0

    @property
    def moves(self) -> int:
        """How many entries beside the diagonal the formula has; asked where entries are rounded."""
        return self.K * (self.K - 1)

    def matrices(self, betas: Sequence[Fraction]) -> Iterator[Transition]:
        """Return the different matrices of a chain with these β_t (or t), each once."""
        return map(self.transition, dict.fromkeys(betas))

    # what it keeps, and how much it contracts

    def preserves(self, law: RationalMatrix, betas: Sequence[Fraction]) -> bool:
        """Return whether every step preserves the law, exactly."""
        return all(step.push(law) == law for step in self.matrices(betas))

    def same_stationary_law(self, betas: Sequence[Fraction]) -> Transition | None:
        """Return a matrix whose stationary laws are those of the whole chain; None where the steps have to be asked."""
        return None

    def dobrushin_formula(self, beta: Fraction) -> Fraction | None:
        """Return η(Q(β)) by a formula; None where rows have to be compared."""
        return None

    def least_probability(self, betas: Sequence[Fraction]) -> Fraction:
        """Return the least positive entry of all steps, to float64's accuracy where a float can hold it."""
        return min(least_entry(step.dense) for step in self.matrices(betas))

    # other arithmetics

    def floats(self, beta: Fraction) -> Floats:
        """Return Q(β) in float64, K × K, each entry rounded once or twice."""
        import numpy as np

        return np.array(self.transition(beta).dense.floats())

    def own_balls(self, beta: Fraction, bits: int) -> tuple[arb_mat, Flags] | None:
        """Return Q(β) in balls of `bits` bits, and where it is not zero; None to enclose Q(β) in rationals."""
        return None

    # what it costs, and how it is written down

    @property
    def structure_bits(self) -> float | None:
        """The bits that stand once in any product of steps; None where steps are K × K matrices."""
        return None

    def bits(self, beta: Fraction) -> float:
        """Return the bits that this step adds to the denominator of Q̄_t: by default log2 of the denominator of Q(β)."""
        return log2(int(self.transition(beta).dense.denominator))

    def record(self, betas: Sequence[Fraction]) -> dict[str, object]:
        """Return what an audit needs of the kernel besides its kind and the β_t: by default all rows of all steps."""
        return {"steps_rows": each_step(betas, lambda beta: written(self.transition(beta)))}

    def record_entries(self, T: int, kinds: int) -> tuple[int, int]:
        """Return how many numbers the record writes of T steps of so many kinds, and how many that share few texts."""
        return self.K**2 * T, 0


def least_blended(betas: Sequence[Fraction], least: Fraction) -> Fraction:
    """Return the least positive of β·`least` and 1 − β over all β."""
    moves, stays = [beta for beta in betas if beta], [1 - beta for beta in betas if beta != 1]
    return min([*stays, *(beta * least for beta in moves)])


def each_step(betas: Sequence[Fraction], made_of: Callable[[Fraction], list[list[str]]]) -> list[list[list[str]]]:
    """Return what is made of each β, once for all steps that have it."""
    made = {beta: made_of(beta) for beta in dict.fromkeys(betas)}
    return [made[beta] for beta in betas]


def enclosed(step: Dense, bits: int) -> tuple[arb_mat, Flags]:
    """Return a matrix in balls, and where it is not zero."""
    import numpy as np

    table = step.table
    return stochastic_ball([(row, step.matrix.d) for row in table], bits), np.array(
        [[n != 0 for n in row] for row in table]
    )


def least_entry(step: Dense) -> Fraction:
    """Return the least positive entry: as its float, exactly where that is below what float64 can work with."""
    import numpy as np

    from markovdiff.arithmetic.arrays import LEAST

    table = np.array(step.floats())
    if table.min() < LEAST and (low := np.array(step.support) & (table < LEAST)).any():
        rows = step.rows()
        return min((rows[i][j] for i, j in np.argwhere(low).tolist()), default=Fraction(0))
    return Fraction(float(table[table > 0].min()))


def written(step: Transition) -> list[list[str]]:
    """Return the rows as exact texts."""
    return [[text(p) for p in row] for row in step.dense.rows()]
