"""q(x_t | x0) in float64 from each x0 that a reverse model speaks of, also from those that are not in the data.

The rows of the data are those of `DenseState`; the others are followed beside them in the same way. While some
Q̄_t[k, j] is under half of p_t[j], or is zero, Q̄_t itself is carried too (`Wide`: a model can condition on what float64
would lose). After that 1 + r says it all: the least Q̄_t[k, j]/p_t[j] of all never falls.
Of κI + (1−κ)1πᵀ everything is a formula in ᾱ_t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from markovdiff.arithmetic.arrays import Floats, complements, ratio
from markovdiff.arithmetic.wide import LOW, Wide
from markovdiff.cached import cached_property
from markovdiff.engines.float64.forward import GONE, DenseState, FloatState, RankOneState, forgets_all
from markovdiff.engines.float64.rounding import size
from markovdiff.process.chain import Chain
from markovdiff.process.support import SupportPattern, support_pattern

FINE = 2.0**-50
"""The share of itself that r may be off by."""

COARSE = 2.0**-48
"""The share of itself that an entry of R_t may be off by where it is a product of matrices."""


@dataclass(frozen=True, eq=False)
class ConditionalLaws:
    """The process at t as a model sees it; `p0`, r and Q_bar have the rows of `pattern`, p0 with zeros.

    Q_bar is None while 1 + r serves instead; `law` is p_t once more, however small. `vanished` says that r is known
    to be zero, `blur` what it may be off by.
    """

    pattern: SupportPattern
    p0: Floats
    p: Floats
    law: Wide
    Q: Floats | None
    r: Floats
    Q_bar: Wide | None
    vanished: bool
    blur: float

    @property
    def t(self) -> int:
        """The time."""
        return self.pattern.t

    @cached_property
    def u(self) -> Floats:
        """Q̄_t/p_t, where Q̄_t is not carried."""
        return 1 + self.r

    @cached_property
    def posterior(self) -> Floats:
        """q(x0 = k | x_t = j), a row for each j; zeros where x_t = j is impossible."""
        if self.Q_bar is None:
            return (self.p0[:, None] * self.u).T
        return (Wide.of(self.p0[:, None]) * self.Q_bar).transposed().shares()

    @property
    def is_plain(self) -> bool:
        """Whether 1 + r serves instead of Q̄_t."""
        return self.Q_bar is None

    @property
    def cumulative(self) -> Wide:
        """Q̄_t."""
        return Wide.of(self.u) * self.law if self.Q_bar is None else self.Q_bar

    def back(self, step: Floats) -> Floats:
        """Return q(x_t | x_{t+1} = j), a row for each j, for Q_{t+1}."""
        return (self.law.transposed() * Wide.of(step)).transposed().shares()


class ConditionalLawsRecursion:
    """Asked for t = 0, 1, … in turn. Of a shaken process it takes the decisions that it took of the process itself."""

    def __init__(self, chain: Chain, rows: tuple[int, ...]) -> None:
        self.chain = chain
        self.pattern = support_pattern(chain, rows)
        self.known = self.pattern.known
        self.extra: Floats | None = None
        self.last: ConditionalLaws | None = None
        self.like: ConditionalLaws | None = None

    def at(self, now: FloatState, like: ConditionalLaws | None = None) -> ConditionalLaws:
        """Return the process at `now`; `like` is the same, not shaken."""
        self.like = like
        self.last = self._forgotten(now) if isinstance(now, RankOneState) else self._followed(now)
        self.pattern = self.last.pattern
        return self.last

    def _forgotten(self, now: RankOneState) -> ConditionalLaws:
        K, rows = len(now.p), list(self.pattern.rows)
        target, stays = now.pi > 0, np.eye(K, dtype=bool)[rows]
        seen, Q = self.pattern, None
        if now.beta is not None:
            beta = now.beta
            Q = float(beta) * np.tile(now.pi, (K, 1))
            Q[np.arange(K), np.arange(K)] += float(1 - beta)
            step = (np.eye(K, dtype=bool) & (beta < 1)) | (target & (beta > 0))
            reach = (stays & (now.alpha_bar > 0)) | (target & (now.alpha_bar < 1))
            seen = SupportPattern(now.t, seen.rows, seen.known, reach, step)
        r = now.kept * ratio(np.where(stays, complements(now.p0), -now.p0), now.seen)
        vanished = now.alpha_bar == 0 or len(rows) == 1
        p0 = now.p0[rows]
        plain = self._is_plain(seen, now.p, r)
        Q_bar = None if plain else Wide.of(np.where(stays, now.kept, 0.0) + now.fresh * now.pi)
        return ConditionalLaws(
            seen, p0, now.p, Wide.of(now.p[None, :]), Q, r, Q_bar, vanished, FINE * float(np.abs(r).max())
        )

    def _followed(self, now: DenseState) -> ConditionalLaws:
        before = self.last
        seen = self.pattern if now.Q is None else self.pattern.after(now.Q > 0)
        r = np.empty((len(self.known), len(now.p)))
        r[self.known] = now.r
        vanished = self._vanished(now)
        if not self.known.all():
            self._follow_others(now, vanished)
            r[~self.known] = ratio(self._others(), now.p)
        blur = FINE * float(np.abs(r).max(initial=0.0))
        if now.unresolved:
            hidden = float(ratio(size(now.error), now.p).max()) / float(now.p0.min()) ** 0.5
            blur += hidden if before is None else max(before.blur, hidden)
        law = Wide.of(now.p[None, :]) if before is None or now.Q is None else before.law @ Wide.of(now.Q)
        Q_bar = None if self._is_plain(seen, now.p, r) else self._cumulative(now.Q)
        p0 = np.zeros(len(self.known))
        p0[self.known] = now.p0
        return ConditionalLaws(seen, p0, now.p, law, now.Q, r, Q_bar, vanished, blur)

    def _cumulative(self, Q: Floats | None) -> Wide:
        """Q̄_t."""
        before = self.last
        if before is None or Q is None:
            return Wide.of(np.eye(self.chain.K)[list(self.pattern.rows)])
        return before.cumulative @ Wide.of(Q)

    def _vanished(self, now: DenseState) -> bool:
        if self.like is not None:
            return self.like.vanished
        if self.known.all():
            return now.vanished
        if self.last is None or now.Q is None:
            return len(self.known) == 1
        return self.last.vanished or forgets_all(self.chain, now.t, now.Q, np.any(self.pattern.reach, axis=0))

    def _others(self) -> Floats:
        assert self.extra is not None
        return self.extra

    def _follow_others(self, now: DenseState, vanished: bool) -> None:
        """Q̄_t − p_t of the rows that are not the data's."""
        if now.Q is None or now.W is None:
            self.extra = np.eye(len(now.p))[list(self.pattern.rows)][~self.known] - now.p
            return
        D = np.zeros_like(self._others()) if vanished else self._others() @ now.W
        D -= D.sum(axis=1)[:, None] * now.p
        self.extra = D if np.abs(D).max(initial=0.0) >= GONE else np.zeros_like(D)

    def _is_plain(self, seen: SupportPattern, p: Floats, r: Floats) -> bool:
        """Whether 1 + r has all the digits of Q̄_t/p_t, and p_t those of p_t."""
        if self.like is not None:
            return self.like.Q_bar is None
        return seen.full and bool((p > LOW).all()) and bool((r >= -0.5).all())
