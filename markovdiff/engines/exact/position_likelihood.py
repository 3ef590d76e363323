"""What a per-position sampler draws, beside the data: KL(q‖ν), TV(q, ν), the mass outside the support.

    NLL = H(x_0) + KL(q‖ν),    KL(q‖ν) ≤ L − H(x_0)

The bound pays for the path, the sampler forgets it. ν is found as fractions; where these would be too long, in balls of
any precision, and then what only fractions decide is undecided. What can be drawn at all is known exactly either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from flint import arb, ctx, fmpq, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import ALONE, sign_of
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.arithmetic.rational import to_fraction
from markovdiff.cached import cached_property
from markovdiff.engines.exact.sequence_information import MOST_BITS, divergence
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.errors import InternalError, TooLongError, UnfinishedError
from markovdiff.measures.ledger import Term, Unbounded
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.drawn import Balls, Drawn, Masses, Prior, Rationals, UndefinedRow, drawn
from markovdiff.sequences.law import Symbols, check_joint
from markovdiff.sequences.orders import Choice, drawn_by_counts
from markovdiff.sequences.position_models import PositionModel
from markovdiff.sequences.surroundings import Positions


@dataclass(frozen=True, eq=False)
class Share:
    """A number ≥ 0 that is a fraction, or else known in balls of any precision."""

    exact: Fraction | None
    evaluate: Callable[[int], arb]
    is_zero: bool | None


Draw: TypeAlias = "Callable[[Masses[Any]], Drawn[Any] | UndefinedRow]"
"""Find ν, its masses kept in the arithmetic that is given."""


class DrawnLaw:
    """The law ν of what a sampler draws, beside q(x_0); `draw` finds it in the arithmetic that it is given.

    `ties` counts the sequences shown on the way at which equals were told apart from the left, once ν was found.
    """

    def __init__(self, chain: SequenceChain, draw: Draw) -> None:
        self.chain, self.draw = chain, draw
        self.ties = 0
        self.balls: dict[int, Drawn[arb]] = {}

    @cached_property
    def exact(self) -> Drawn[fmpq] | UndefinedRow | None:
        """ν in fractions, or where it is undefined; None where it is too long."""
        try:
            return self.draw(Rationals())
        except TooLongError:
            return None

    def at(self, bits: int) -> Drawn[arb]:
        """Return ν in balls (remembered at the finest)."""
        finest = max(self.balls, default=0)
        if finest < bits:
            if bits > MOST_BITS:
                raise UnfinishedError("too close to 0 to tell", expected="another number", got=f"{MOST_BITS} bits")
            found = self.draw(Balls(bits))
            assert isinstance(found, Drawn)
            self.balls = {bits: found}
            return found
        return self.balls[finest]

    @cached_property
    def found(self) -> Drawn[Any] | UndefinedRow:
        """ν as it is known."""
        if self.exact is not None:
            return self.exact
        bits = _bits_within(FIRST_BITS)
        first = self.draw(Balls(bits))
        if isinstance(first, Drawn):
            self.balls = {bits: first}
        return first

    @cached_property
    def unbounded(self) -> Unbounded | None:
        """Why KL(q‖ν) is undefined or infinite, where it is."""
        found = self.found
        if isinstance(found, UndefinedRow):
            labels = self.chain.labels(found.x)
            words = f"the sampler reaches x_{found.t} = {labels!r}, of which R_{found.t} says nothing"
            return Unbounded("undefined", {"t": found.t, "x_t": labels}, words)
        for (x0, _), mass in zip(self.chain.law.support, found.inside, strict=True):
            if mass == 0:
                labels = self.chain.labels(x0)
                return Unbounded("inf", {"t": 0, "x0": labels}, f"the sampler cannot draw x0 = {labels!r}")
        return None

    @cached_property
    def vectors(self) -> tuple[RationalMatrix, RationalMatrix, Fraction] | None:
        """The vectors q and ν on the support, and what ν has outside; None where ν is not known in fractions."""
        if not isinstance(self.exact, Drawn):
            return None
        law, common = self.chain.law, fmpz(1)
        for mass in self.exact.inside:
            common = common.lcm(mass.q)
        q = RationalMatrix(fmpz_mat([[fmpz(w) for _, w in law.support]]), fmpz(law.total))
        nu = RationalMatrix(fmpz_mat([[mass.p * (common // mass.q) for mass in self.exact.inside]]), common)
        return q, nu, 1 - to_fraction(sum(self.exact.inside, fmpq(0)))

    @cached_property
    def is_data(self) -> bool | None:
        """Whether ν = q; None where it is not known in fractions and balls leave it open."""
        if self.vectors is not None:
            q, nu, _ = self.vectors
            return q == nu
        if self.found_outside:
            return False
        return False if any(sign_of(x) for x in self._differences(2 * FIRST_BITS)) else None

    @property
    def found_outside(self) -> bool:
        """Whether anything false is drawn."""
        assert isinstance(self.found, Drawn)
        return any(mass != 0 for mass in self.found.false.values())

    def _differences(self, bits: int) -> list[arb]:
        """Return the balls q − ν on the support."""
        law, found = self.chain.law, self.at(bits)
        with ALONE, ctx.workprec(bits):
            pairs = zip(law.support, found.inside, strict=True)
            return [arb(fmpz(w)) / fmpz(law.total) - nu for (_, w), nu in pairs]

    @cached_property
    def divergence(self) -> Quantity:
        """KL(q‖ν), where it is finite."""
        if self.vectors is None:
            return Quantity(self._divergence_ball, _no_form, zero=self.is_data)
        found = divergence(*self.vectors)
        assert found is not None
        return found

    def _divergence_ball(self, bits: int) -> arb:
        law, more = self.chain.law, _bits_within(bits)
        found = self.at(more)
        with ALONE, ctx.workprec(more):
            total = arb(0)
            for (_, w), nu in zip(law.support, found.inside, strict=True):
                total += (arb(fmpz(w)) / fmpz(law.total) / nu).log() * fmpz(w)
            return total / fmpz(law.total)

    @cached_property
    def total_variation(self) -> Share:
        """TV(q, ν), over all sequences."""
        if self.vectors is not None:
            q, nu, outside = self.vectors
            pairs = zip(q.N.entries(), nu.N.entries(), strict=True)
            apart = sum((abs(a * nu.d - b * q.d) for a, b in pairs), fmpz(0))
            return _share((to_fraction(fmpq(apart, q.d * nu.d)) + outside) / 2)
        return Share(None, self._distance_ball, self.is_data)

    def _distance_ball(self, bits: int) -> arb:
        differences, outside = self._differences(bits + 64), self._outside_ball(bits)
        with ALONE, ctx.workprec(bits + 64):
            return (sum((abs(x) for x in differences), arb(0)) + outside) / 2

    @cached_property
    def outside_support(self) -> Share:
        """1 − ν(supp q)."""
        if self.vectors is not None:
            return _share(self.vectors[2])
        return Share(None, self._outside_ball, not self.found_outside)

    def _outside_ball(self, bits: int) -> arb:
        false = self.at(bits + 64).false.values()
        with ALONE, ctx.workprec(bits + 64):
            return sum(false, arb(0))

    def false(self, most: int) -> list[tuple[Symbols, Share]]:
        """Return the likeliest sequences that never occur, and their masses; of equals the first in order."""
        found = self.found
        assert isinstance(found, Drawn)
        if self.exact is not None:
            exact = sorted((-mass, x) for x, mass in found.false.items() if mass != 0)[:most]
            return [(x, _share(to_fraction(-mass))) for mass, x in exact]
        ranked = sorted((-float(mass.mid()), x) for x, mass in found.false.items())[:most]
        return [(x, Share(None, self._false_ball(x), is_zero=False)) for _, x in ranked]

    def true(self, most: int) -> list[tuple[Symbols, Fraction, Share]]:
        """Return the likeliest sequences of the data, q(x_0) and ν(x_0); of equals the first in order."""
        found, law = self.found, self.chain.law
        assert isinstance(found, Drawn)
        ranked = sorted(range(len(law.support)), key=lambda n: (-law.support[n][1], n))[:most]
        return [(law.support[n][0], Fraction(law.support[n][1], law.total), self._true_share(n)) for n in ranked]

    def _true_share(self, n: int) -> Share:
        if isinstance(self.exact, Drawn):
            return _share(to_fraction(self.exact.inside[n]))
        assert isinstance(self.found, Drawn)
        return Share(None, lambda bits: self.at(bits + 64).inside[n], is_zero=self.found.inside[n] == 0)

    def _false_ball(self, x: Symbols) -> Callable[[int], arb]:
        return lambda bits: self.at(bits + 64).false[x]


def _bits_within(bits: int) -> int:
    """Return how many bits ν needs for so many of KL(q‖ν), the smaller where q and ν are nearly alike."""
    return 2 * bits + 64


def _share(value: Fraction) -> Share:
    def evaluate(bits: int) -> arb:
        with ALONE, ctx.workprec(bits):
            return arb(fmpz(value.numerator)) / fmpz(value.denominator)

    return Share(value, evaluate, value == 0)


def _no_form() -> LogForm:
    raise TooLongError("what is drawn has too many digits to be written out exactly")


@dataclass(frozen=True, eq=False)
class Findings:
    """What a sampler's ledger knows beside it: the excess of its bound, and whether KL(q‖ν) is all of it."""

    excess: Callable[[], Term]
    is_tight: Callable[[Drawn[fmpq]], bool | None]


class PositionLikelihood:
    """What a sampler that keeps some of the times makes of the prior; a `JointLikelihood`."""

    def __init__(
        self,
        chain: SequenceChain,
        positions: Positions,
        model: PositionModel,
        prior: JointPrior,
        times: Sequence[int],
        findings: Findings,
    ) -> None:
        self.times, self.findings = times, findings
        start = prior_of(chain, prior)
        self.law = DrawnLaw(chain, lambda masses: drawn(chain, positions, model, start, times, masses))

    @cached_property
    def path_excess(self) -> Term:
        """L − H(x_0)."""
        return self.findings.excess()

    @property
    def unbounded(self) -> Unbounded | None:
        """Why NLL is infinite or undefined, where it is."""
        return self.law.unbounded

    @cached_property
    def excess(self) -> Quantity:
        """NLL − H(x_0) = KL(q‖ν), where it is finite."""
        if self.law.is_data is None and isinstance(self.path_excess, Quantity) and self.path_excess.known_zero:
            return Quantity.of(LogForm())
        return self.law.divergence

    @cached_property
    def is_data(self) -> bool | None:
        """Whether ν = q."""
        return True if self.excess.known_zero else self.law.is_data

    @cached_property
    def is_tight(self) -> bool | None:
        """Whether L = NLL, both finite. Raises InternalError where NLL is found to be the larger."""
        L = self.path_excess
        if not isinstance(L, Quantity):
            return None
        if L.known_zero:
            return True
        for bits in (FIRST_BITS, 512):
            with ALONE, ctx.workprec(bits):
                sign = sign_of(L.ball(bits) - self.excess.ball(bits))
            if sign == 1:
                return False
            if sign == -1:
                raise InternalError("KL(q‖ν) came out above the excess of the bound")
        return self.findings.is_tight(self.law.exact) if isinstance(self.law.exact, Drawn) else None


def prior_of(chain: SequenceChain, prior: JointPrior) -> Prior:
    """Return where a sampler starts. Raises LimitError where a symbol's law makes too many sequences."""
    if prior.symbol is None:
        p, space = chain.final_marginal, chain.space
        return {space.sequence(n): int(w) for n, w in enumerate(p.N.entries()) if w != 0}, int(p.d)
    weights = {k: int(n) for k, n in enumerate(prior.symbol.N.entries()) if n != 0}
    check_joint(len(weights), chain.length, "reverse.prior")
    found: dict[Symbols, int] = {(): 1}
    for _ in range(chain.length):
        found = {(*x, k): m * n for x, m in found.items() for k, n in weights.items()}
    return found, int(prior.symbol.d) ** chain.length


def unmasked(chain: SequenceChain, positions: Positions, sizes: Sequence[int], way: Choice) -> DrawnLaw:
    """Return what unmasking by counts draws."""

    def draw(masses: Masses[Any]) -> Drawn[Any]:
        found, law.ties = drawn_by_counts(chain, positions, sizes, way, masses)
        return found

    law = DrawnLaw(chain, draw)
    return law
