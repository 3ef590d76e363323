"""The posterior mixture Σ_k q(x_{t−1} | x_t, x0 = k) p̃(x0 = k | x_t): exact where p̃ is the true posterior.

The k that cannot reach x_t = j have no posterior; p̃ is restricted to the others and rescaled, and `restricted` says
that this happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar, Literal

from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse.by_position import ByPosition, named_denoiser
from markovdiff.process.reverse.denoised import Denoised
from markovdiff.process.reverse.denoisers import Denoiser, denoiser_of
from markovdiff.process.reverse.model import ReverseModel, ReverseStep
from markovdiff.process.reverse.numbers import BesideBayes, StepNumbers, bayes
from markovdiff.process.reverse.rows import Row, columns, over_each, weighted
from markovdiff.process.reverse.spec import ModelSetting, ModelSpec

if TYPE_CHECKING:
    from markovdiff.process.support import ReverseSupport, SupportPattern


@dataclass(frozen=True, eq=False)
class PosteriorMixture(Denoised):
    """Σ_k q(x_{t−1} | x_t, x0 = k) p̃(x0 = k | x_t)."""

    denoiser: Denoiser

    __repr__ = in_a_line
    __reduce__ = from_fields

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return R_t[j, i] = Σ_k p̃_k Q̄_{t−1}[k, i] Q_t[i, j] / Q̄_t[k, j] over the k that reach j."""
        reached = columns(now.cumulative.dense.table)
        rows: list[Row | None] = []
        restricted: list[int] = []
        for j, guess in enumerate(self.denoiser.given(now)):
            if guess is None:
                rows.append(None)
                continue
            if any(g != 0 and n == 0 for g, n in zip(guess[0], reached[j], strict=True)):
                restricted.append(j)
            rows.append(weighted(over_each(guess[0], reached[j]), before, now, j))
        return ReverseStep(tuple(rows), tuple(restricted))

    def is_bayes_at(self, t: int) -> bool:
        """Say whether p̃ is the posterior."""
        return self.denoiser.is_posterior

    def support(self, chain: Chain, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """Return where Q_t[i, j] > 0 and some k with p̃(k | j) > 0 reaches i at t−1 and j at t."""
        from markovdiff.process.support import ReverseSupport, through

        guess = self.denoiser.support(chain, now)
        met = guess.cells & now.reach.T
        cells = through(met, before.reach) & now.back
        return ReverseSupport(cells, guess.defined & cells.any(axis=1), bool((guess.cells & ~met).any()))

    def beside_bayes(self, x: StepNumbers) -> BesideBayes:
        """Return ρ from what c adds to the posterior: from differences of deviations where these say it all."""
        split = self.denoiser.split(x)
        before, now = x.before, x.now
        if split.c is None or before.vanished or (split.as_data and now.vanished):
            return bayes(x)
        alpha = x.number(split.alpha)
        c = x.where(split.defined[:, None] & now.pattern.reach.T, split.c)
        C = c.sum(axis=1)
        Z = x.where(x.allowed.defined, alpha + C, otherwise=True)[:, None]
        share = float((C / Z[:, 0]).max()) if x.coarse else 0.0
        cancels = split.as_data or x.coarse > 0  # numbers that carry their error lose nothing by a plain difference
        if cancels and before.is_plain and now.is_plain and now.pattern.full:
            d = now.r.T
            w = (-c * d if split.as_data else c) / (1 + d)
            rho = x.where(x.seen, (x.product(w, before.r) - x.along(w, now.r)[:, None]) / Z)
            blur = 2 * (before.blur + now.blur)
            noise = blur and blur * (share * x.largest(now.r) if split.as_data else share)
            if before.pattern.full:
                return BesideBayes(x.B * (1 + rho), x.B, rho, noise)
            return BesideBayes(x.where(x.allowed.cells, (alpha * x.B + x.through(c)) / Z), x.B, rho, noise)
        added = x.through(c)
        R = x.where(x.allowed.cells, (alpha * x.B + added) / Z)
        rho = x.where(x.seen, (x.divided(added, x.B, x.seen) - C[:, None]) / Z)
        return BesideBayes(R, x.B, rho, x.coarse * share)


class PosteriorMixtureSpec(ModelSpec, frozen=True, tag="posterior-mixture"):
    """Σ_k q(x_{t−1} | x_t, x0 = k) p̃(x0 = k | x_t); of sequences, position by position."""

    error: Fraction | None = None
    denoiser: Literal["data", "leave-one-out"] | None = None

    rank: ClassVar[int] = 1

    def model(self, setting: ModelSetting) -> PosteriorMixture:
        """Return the mixture. Raises InputError for two denoisers, or an error that is no probability."""
        return PosteriorMixture(denoiser_of(named_denoiser(self.error, self.denoiser)))

    def by_position(self) -> ByPosition:
        """Return the mixture with the denoiser named. Raises InputError as `model` does."""
        return ByPosition("posterior-mixture", named_denoiser(self.error, self.denoiser))

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return which denoiser it is."""
        return self.keys()
