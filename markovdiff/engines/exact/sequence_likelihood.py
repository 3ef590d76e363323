"""The joint Bayes reverse of sequences, started from a prior π that is no p_T: what it makes of the data.

As for one symbol (`measures.prior_likelihood`), w = π/p_T where p_T > 0, and each position is treated by itself:

    m_0 = p_0 ∘ g,   g = Q̄_T^⊗L w,   NLL − H(x0) = Σ p_0 (δ − log(1+δ)),   δ = Q̄_T^⊗L (w − 1)

since Σ p_0 δ = 0. w is a ratio for each sequence, so g is kept in balls; it is found exactly, to be asked whether
it is 1, where it is not too long. L = NLL is asked of w itself: it must be the same over all that each x_0 can become.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, ctx, fmpz, fmpz_mat

from markovdiff.arithmetic.enclosure import ALONE, accuracy, sign_of
from markovdiff.arithmetic.logform import LogForm
from markovdiff.arithmetic.matrix import RationalMatrix, cofactors
from markovdiff.arithmetic.quantity import FIRST_BITS, Quantity
from markovdiff.cached import cached_property
from markovdiff.engines.exact.sequence_information import MOST_BITS, divergence
from markovdiff.errors import TooLongError, UnfinishedError
from markovdiff.measures.information import first_missing
from markovdiff.measures.ledger import Unbounded
from markovdiff.sequences.chain import SequenceChain, SequenceMoment
from markovdiff.sequences.spaces import over_positions

MOST_WRITTEN = 2**28
"""Bits up to which g is written out as rationals, all sequences together."""


@dataclass(frozen=True, eq=False)
class SequencePriorLikelihood:
    """What the joint Bayes reverse makes of a prior on the space's sequences; `elsewhere` where it reaches others."""

    chain: SequenceChain
    last: SequenceMoment
    prior: RationalMatrix
    elsewhere: Sequence[str] | None

    @cached_property
    def is_final(self) -> bool:
        """Whether π = p_T."""
        return self.elsewhere is None and self.prior == self.last.marginal

    @cached_property
    def pairs(self) -> list[tuple[fmpz, fmpz]]:
        """π and p_T over one denominator, sequence by sequence."""
        p, pi = self.last.marginal, self.prior
        u, v = cofactors(pi.d, p.d)
        return [(a * u, b * v) for a, b in zip(pi.N.entries(), p.N.entries(), strict=True)]

    @cached_property
    def unbounded(self) -> Unbounded | None:
        """Where π reaches what has no posterior (undefined), or no x_T of π can come from a datum (infinite)."""
        T, space = self.last.t, self.chain.space
        j = first_missing((a for a, _ in self.pairs), (b for _, b in self.pairs))
        if j is not None or self.elsewhere is not None:
            x = self.elsewhere if j is None else self.chain.labels(space.sequence(j))
            assert x is not None
            words = f"the model reaches x_{T} = {list(x)!r}, of which R_{T} says nothing"
            return Unbounded("undefined", {"t": T, "x_t": list(x)}, words)
        reached = over_positions(space, [a != 0 for a, _ in self.pairs], self.reach, any)
        for x0, _ in self.chain.law.support:
            n = space.number(x0)
            if n is not None and not reached[n]:
                labels = self.chain.labels(x0)
                words = f"the model cannot produce x0 = {labels!r}"
                return Unbounded("inf", {"t": 0, "x0": labels}, words)
        return None

    @cached_property
    def reach(self) -> list[list[int]]:
        """What each symbol can become by T."""
        table = self.last.symbol.cumulative.dense.table
        return [[j for j, n in enumerate(row) if n != 0] for row in table]

    @cached_property
    def is_tight(self) -> bool:
        """Whether L = NLL."""
        if self.is_final:
            return True
        kinds: dict[tuple[int, int], int] = {}
        for a, b in self.pairs:
            kinds.setdefault(_ratio(a, b), len(kinds))
        number = [kinds[_ratio(a, b)] for a, b in self.pairs]
        space = self.chain.space
        low, high = (over_positions(space, number, self.reach, best) for best in (min, max))
        return all(low[n] == high[n] for x0, _ in self.chain.law.support if (n := space.number(x0)) is not None)

    @cached_property
    def is_data(self) -> bool | None:
        """Whether m_0 = p_0, so that NLL = H(x0); None where neither balls nor rationals can tell."""
        if self.is_final:
            return True
        if any(sign_of(delta) for bits in (FIRST_BITS, 512) for _, _, delta in self._drawn(bits)):
            return False
        if (g := self.exact) is None:
            return None
        return all(g.N.entries()[n] == g.d for n in self._data)

    @cached_property
    def _data(self) -> list[int]:
        found = (self.chain.space.number(x0) for x0, _ in self.chain.law.support)
        return [n for n in found if n is not None]

    @cached_property
    def exact(self) -> RationalMatrix | None:
        """The vector g; None where it would be too long."""
        common = fmpz(1)
        for a, b in self.pairs:
            if a != 0:
                common = common.lcm(b // b.gcd(a))
                if common.bit_length() * len(self.pairs) > MOST_WRITTEN:
                    return None
        w = [a * common // b if a != 0 else fmpz(0) for a, b in self.pairs]
        return self.chain.space.pull(RationalMatrix(fmpz_mat([w]), common), self.last.symbol.cumulative)

    @cached_property
    def excess(self) -> Quantity:
        """NLL − H(x0), where it is finite."""
        return Quantity(self._ball, self._form, zero=self.is_data)

    def _form(self) -> LogForm:
        if (g := self.exact) is None:
            raise TooLongError("the model's likelihood has too many digits to be written out exactly")
        p0 = self.chain.space.start(self.chain.law)
        numerators = [a * b for a, b in zip(p0.N.entries(), g.N.entries(), strict=True)]
        found = divergence(p0, RationalMatrix(fmpz_mat([numerators]), p0.d * g.d))
        assert found is not None
        return found.form()

    def _ball(self, bits: int) -> arb:
        """With more bits until δ, whose two parts may cancel, leaves enough."""
        spare = 32
        while accuracy(found := self._once(bits + spare)) < bits - 16:
            spare *= 2
            if spare > MOST_BITS:
                raise UnfinishedError("too close to 0 to tell", expected="another prior", got=f"{MOST_BITS} bits")
        return found

    def _once(self, bits: int) -> arb:
        drawn = self._drawn(bits)
        with ALONE, ctx.workprec(bits):
            total = arb(0)
            for mass, g, delta in drawn:
                total += (delta - (delta.log1p() if abs(delta) < HALF else g.log())) * mass
            return total

    def _drawn(self, bits: int) -> list[tuple[arb, arb, arb]]:
        """For each possible x0: p_0, g and δ."""
        with ALONE, ctx.workprec(bits):
            w = [arb(0) if b == 0 else arb(a) / b for a, b in self.pairs]
            off = [arb(0) if b == 0 else arb(a - b) / b for a, b in self.pairs]
            g, delta = (self.chain.space.pull_balls(v, self.last.symbol.cumulative) for v in (w, off))
            law = self.chain.law
            found = []
            for x0, weight in law.support:
                n = self.chain.space.number(x0)
                assert n is not None
                found.append((arb(weight) / law.total, g[n], delta[n]))
            return found


HALF = arb(1) / 2


def _ratio(a: fmpz, b: fmpz) -> tuple[int, int]:
    common = a.gcd(b)
    return (int(a // common), int(b // common)) if common != 0 else (0, 0)
