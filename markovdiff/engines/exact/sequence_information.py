"""Data processing for sequences, exactly: the joint p_t is walked, and no kernel of it is ever written out.

    H(x_t | x_0) = Σ_l Σ_a q(x_0^l = a) H(Q̄_t[a, ·])           noise is a sum over positions
    I_t = H(x_t) − H(x_t | x_0)

The difference cancels late in a chain, so its ball is asked for with more bits until the digits asked for are left;
whether it is 0, and whether a step loses nothing, is decided on one symbol's integers (`sequences.facts`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpz

from markovdiff.arithmetic.enclosure import entropy_ball, sign_of
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix, cofactors
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.errors import InternalError, TooLongError, UnfinishedError
from markovdiff.measures.information import SPARE_BITS, centred, first_missing
from markovdiff.measures.protocol import ArithmeticName, Decay
from markovdiff.process.transition import Dense, Transition
from markovdiff.sequences.chain import SequenceChain, SequenceMoment
from markovdiff.sequences.facts import (
    dobrushin_of_product,
    is_independent,
    is_noiseless,
    loses_nothing,
    reveals,
)
from markovdiff.sequences.spaces import product_law

MOST_ATOMS = 1024
"""Logarithms that an equality is decided over, where balls do not settle it; beyond, it is undecided."""

MOST_BITS = 2**13
"""Balls over more logarithms than that are not refined past this many bits."""


def entropy_of_joint(p: RationalMatrix) -> Quantity:
    """Return H(p) of a row vector; equal probabilities are taken as one."""
    numerators = [(n, m) for n, m in Counter(p.N.entries()).items() if n != 0]
    certain = len(numerators) == 1 and numerators[0][1] == 1
    return limited(
        lambda bits: entropy_ball(numerators, p.d, bits + SPARE_BITS),
        lambda: LogForm([*((-n * m, n) for n, m in numerators), (p.d, p.d)], p.d),
        len(numerators),
        zero=certain,
    )


def limited(evaluate: Callable[[int], arb], exact: Callable[[], LogForm], atoms: int, *, zero: bool | None) -> Quantity:
    """Return a number over so many logarithms; one of too many is not asked what only they decide.

    Then its exact form raises TooLongError, and a ball past MOST_BITS UnfinishedError: what needs it is undecided.
    """
    if atoms <= MOST_ATOMS:
        return Quantity(evaluate, exact, zero)

    def at_most(bits: int) -> arb:
        if bits > MOST_BITS:
            raise UnfinishedError("too close to 0 to tell", expected="another number", got=f"{MOST_BITS} bits")
        return evaluate(bits)

    def too_long() -> LogForm:
        raise TooLongError("too many logarithms to compare exactly", expected=f"{MOST_ATOMS}", got=f"{atoms}")

    return Quantity(at_most, too_long, zero)


def noise_entropy_of(data: RationalMatrix, kernel: Dense, length: int) -> LogForm:
    """Return H(x_t | x_0): L times that of a symbol at a position drawn at random."""
    d = kernel.matrix.d
    terms = [(length * data.d * d, d)]
    for a, row in zip(data.N.entries(), kernel.table, strict=True):
        terms += [(-length * a * n, n) for n in row if a != 0 and n != 0]
    return LogForm(terms, data.d * d)


def divergence(p: RationalMatrix, q: RationalMatrix, elsewhere: Fraction = Fraction(0)) -> Quantity | None:
    """Return KL(p‖q) in the centred form, None where it is infinite; q has `elsewhere` outside of the vectors."""
    if first_missing(p.N.entries(), q.N.entries()) is not None:
        return None
    u, v = cofactors(p.d, q.d)
    cells = Counter(zip(p.N.entries(), q.N.entries(), strict=True))
    columns = [(y * v, [(fmpz(m), x * u - y * v)]) for (x, y), m in cells.items() if y != 0]
    if elsewhere:
        rest = fmpz((elsewhere * int(p.d * u)).numerator)
        columns.append((rest, [(fmpz(1), -rest)]))
    zero = all(E == 0 for _, [(_, E)] in columns)
    found = centred(columns, p.d * u, zero)
    return limited(found.ball, found.form, len(columns), zero=zero)


@dataclass(frozen=True, eq=False)
class SequenceSnapshot:
    """What the step to t asks of t − 1."""

    moment: SequenceMoment
    entropy: Quantity
    mutual_information: Quantity
    data_entropy: Quantity


@dataclass(frozen=True, eq=False)
class SequenceInformation:
    """What is known at time t, and what the step to it destroyed. `arithmetic` says how the run words it."""

    chain: SequenceChain
    moment: SequenceMoment
    before: SequenceSnapshot | None
    arithmetic: ArithmeticName
    contraction: Fraction | None = None

    @property
    def t(self) -> int:
        return self.moment.t

    @property
    def markov(self) -> bool:
        return True

    @property
    def law_stays(self) -> bool:
        return self.before is not None and self.moment.marginal == self.before.moment.marginal

    def divergence(self, law: RationalMatrix) -> Quantity | None:
        """Return KL(p_t‖μ^⊗L), for one symbol's law μ."""
        return divergence(self.moment.marginal, *product_law(self.chain.space, law))

    def inconsistency(self) -> dict[str, object] | None:
        return self._inconsistency

    @cached_property
    def _inconsistency(self) -> dict[str, object] | None:
        """Where p_0 Q̄_t^⊗L is not p_t, which never met Q̄_t, or a row of Q̄_t does not sum to one."""
        moment, symbol = self.moment, self.moment.symbol
        if self.t and self.chain.space.at(self.chain.law, symbol.cumulative) != moment.marginal:
            return {"t": self.t, "sum": "Σ_i J_ij ≠ p_t[j]"}
        if symbol.cumulative.row_sums_differ(symbol.support):
            return {"t": self.t, "sum": "Σ_j J_ij ≠ p_0[i]"}
        return None

    def forget(self) -> SequenceSnapshot:
        """Return what the next step asks of this one."""
        return SequenceSnapshot(self.moment, self.entropy, self.mutual_information, self.data_entropy)

    @cached_property
    def entropy(self) -> Quantity:
        return entropy_of_joint(self.moment.marginal)

    @cached_property
    def data_entropy(self) -> Quantity:
        return self.entropy if self.before is None else self.before.data_entropy

    @cached_property
    def noise_entropy(self) -> Quantity:
        form = noise_entropy_of(self.moment.symbol.data, self._kernel.dense, self.chain.length)
        zero = is_noiseless(self.chain.law, self._kernel)
        return Quantity(lambda bits: form.ball(bits + SPARE_BITS), lambda: form, zero)

    @cached_property
    def mutual_information(self) -> Quantity:
        if self.before is not None and self.loses_nothing:
            return self.before.mutual_information
        return self.entropy.minus(self.noise_entropy, zero=is_independent(self.chain.supports, self._kernel))

    @cached_property
    def conditional_entropy(self) -> Quantity:
        """H(x_0 | x_t) = H(x_0) − I_t."""
        return self.data_entropy.minus(self.mutual_information, zero=reveals(self.chain.law, self._kernel))

    @cached_property
    def loss(self) -> Quantity:
        assert self.before is not None
        return self.before.mutual_information.minus(self.mutual_information, zero=self.loses_nothing)

    @cached_property
    def loses_nothing(self) -> bool:
        """Whether x_0 and x_{t−1} are independent given x_t."""
        assert self.before is not None
        before, now = self.before.moment.symbol, self.moment.symbol
        assert now.transition is not None
        return loses_nothing(self.chain.law, before.cumulative, now.transition, now.cumulative)

    @cached_property
    def decay(self) -> Decay:
        assert self.before is not None
        if self.loses_nothing:
            own = self.entropy.minus(self.noise_entropy)
            if sign_of(self.before.mutual_information.minus(own).ball(FIRST_BITS)):
                raise InternalError(
                    "x0 and x_{t−1} are independent given x_t, yet the information changed", where=f"t = {self.t}"
                )
            return "equal"
        if self.loss.sign() < 0:
            raise InternalError("a Markov step gained information", where=f"t = {self.t}")
        return "strict"

    @property
    def dobrushin(self) -> Fraction | None:
        """η(Q_t) of one symbol."""
        return None if self.moment.symbol.transition is None else self.moment.symbol.transition.dobrushin

    @cached_property
    def bound(self) -> Quantity | None:
        """η(Q_t^⊗L)·I_{t−1}."""
        if self.contraction is None or self.before is None:
            return None
        return self.before.mutual_information.times(self.contraction)

    @cached_property
    def slack_sign(self) -> int | None:
        """The sign of η(Q_t^⊗L)·I_{t−1} − I_t; None where it is too near to 0 for what may be compared."""
        assert self.before is not None
        if self.bound is None:
            return None
        try:
            return self.bound.minus(
                self.mutual_information, zero=True if self._is_tight_by_structure() else None
            ).sign()
        except UnfinishedError:
            return None

    def _is_tight_by_structure(self) -> bool:
        """Nothing lost at η = 1, or nothing left; or one symbol that is erased, of which I_t = ᾱ_t·H(x0)."""
        assert self.before is not None
        kept = self.contraction == 1 and self.loses_nothing
        erased = self.chain.length == 1 and self.chain.mask is not None
        return kept or erased or self.contraction == 0 or self.before.mutual_information.known_zero

    @property
    def _kernel(self) -> Transition:
        return self.moment.symbol.cumulative


def contraction_of(moment: SequenceMoment, length: int) -> Fraction | None:
    """Return η(Q_t^⊗L); None at t = 0 and where it is too much to find."""
    step = moment.symbol.transition
    return None if step is None else dobrushin_of_product(step, length)
