"""D3PM's equation 4 (Austin et al. 2021, arXiv 2107.03006): ∝ Σ_k q(x_{t−1}, x_t | x0 = k) p̃(x0 = k | x_t).

It is not the posterior mixture: the k-th term lacks the division by q(x_t | x0 = k), and so it is not in general the
Bayes reverse when p̃ is the true posterior. At t = 1 the model is p̃(x0 | x_1) itself or the formula once more.
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
from markovdiff.process.reverse.denoisers import Denoiser, DenoiserSplit, denoiser_of
from markovdiff.process.reverse.model import ReverseModel, ReverseStep
from markovdiff.process.reverse.numbers import BesideBayes, StepNumbers, bayes, compared
from markovdiff.process.reverse.rows import weighted
from markovdiff.process.reverse.spec import Last, ModelSetting, ModelSpec

if TYPE_CHECKING:
    from markovdiff.process.reverse.numbers import Array
    from markovdiff.process.support import ReverseSupport, SupportPattern


@dataclass(frozen=True, eq=False)
class D3PM(Denoised):
    """∝ Σ_k q(x_{t−1}, x_t | x0 = k) p̃(x0 = k | x_t) for t ≥ 2.

    `last` says what the last step backward, t = 1, is: p̃(x0 | x_1) itself (`prediction`: D3PM's code for images), or
    the same formula (`formula`: its code for text).
    """

    denoiser: Denoiser
    last: Last = "prediction"

    __repr__ = in_a_line
    __reduce__ = from_fields

    def is_prediction(self, t: int) -> bool:
        """Say whether R_t is p̃ itself."""
        return t == 1 and self.last == "prediction"

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return R_t[j, i] ∝ Q_t[i, j] Σ_k p̃_k Q̄_{t−1}[k, i]."""
        guesses = self.denoiser.given(now)
        if self.is_prediction(now.t):
            return ReverseStep(guesses)
        return ReverseStep(tuple(g and weighted(g[0], before, now, j) for j, g in enumerate(guesses)))

    def is_bayes_at(self, t: int) -> bool:
        """Say whether p̃ is what makes this step exact: the posterior where R_t is p̃, q(x0) where it is the formula."""
        return self.denoiser.is_posterior if self.is_prediction(t) else self.denoiser.is_data

    @property
    def ends_in_data(self) -> bool:
        """Whether R_1 is p̃, and p̃ is q(x0)."""
        return self.denoiser.is_data and self.is_prediction(1)

    def support(self, chain: Chain, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """Return where Q_t[i, j] > 0 and some k with p̃(k | j) > 0 reaches i at t−1; where p̃ > 0, if R_t is p̃."""
        import numpy as np

        from markovdiff.process.support import ReverseSupport, through

        guess = self.denoiser.support(chain, now)
        if self.is_prediction(now.t):
            cells = np.zeros_like(now.back)
            cells[:, list(now.rows)] = guess.cells
            return ReverseSupport(cells, guess.defined)
        cells = through(guess.cells, before.reach) & now.back
        return ReverseSupport(cells, guess.defined & cells.any(axis=1))

    def beside_bayes(self, x: StepNumbers) -> BesideBayes:
        """Return 1 + ρ = (1 + a)/(1 + b), from deviations where these have all the digits."""
        split = self.denoiser.split(x)
        if self.is_prediction(x.now.pattern.t):
            return outright(x, split)
        if self.denoiser.is_data or x.before.vanished:
            return bayes(x)
        if not (x.before.is_plain and x.now.is_plain):
            return compared(x, x.where(x.allowed.defined[:, None], x.pairs(split.whole(x))), x.coarse)
        a, b, noise = _shifts(x, split)
        rho = x.where(x.seen, (a - b[:, None]) / (1 + b[:, None]))
        return BesideBayes(x.B * (1 + rho) if x.before.pattern.full else x.pairs(split.whole(x)), x.B, rho, noise)


def _shifts(x: StepNumbers, split: DenoiserSplit) -> tuple[Array, Array, float]:
    """Return a, b, and what they may be off by."""
    before, now, blur = x.before, x.now, x.before.blur + x.now.blur
    added = None if split.as_data else split.c
    if split.alpha or added is None:
        alpha = x.number(split.alpha)
        a = alpha * x.product((x.p0[:, None] * now.r).T, before.r)
        b = alpha * x.product(x.p0[None, :], now.r * now.r)[0]
        noise = blur and 2 * float(split.alpha) * x.largest(now.r) * blur
        if added is None:
            return a, b, noise
        return a + x.product(added, before.r), b + x.along(added, now.r), noise + _added(added, blur)
    return x.product(added, before.r), x.along(added, now.r), _added(added, blur)


def _added(c: Array, blur: float) -> float:
    """Return what the sums over c may be off by."""
    return blur and 2 * float(c.sum(axis=1).max()) * blur


def outright(x: StepNumbers, split: DenoiserSplit) -> BesideBayes:
    """Return R_1 = p̃: c/q(x0 | x_1) − (1 − α) is its ρ."""
    if split.c is None:
        return bayes(x)
    R = x.spread(x.where(x.allowed.defined[:, None], split.whole(x)))
    posterior, now = x.spread(x.posterior), x.now
    if split.alpha == 0 and split.as_data and now.is_plain and now.pattern.full:
        return BesideBayes(R, posterior, x.where(x.seen, x.spread((-now.r / (1 + now.r)).T)), now.blur)
    rest = x.number(1 - split.alpha)
    rho = x.where(x.seen, x.divided(x.spread(split.c), posterior, x.seen) - rest)
    noise = x.fine and x.fine * max(rest, float(split.c.max()))
    return BesideBayes(R, posterior, rho, noise)


class D3PMSpec(ModelSpec, frozen=True, tag="d3pm"):
    """∝ Σ_k q(x_{t−1}, x_t | x0 = k) p̃(x0 = k | x_t); at t = 1 p̃ itself ("prediction"), or the same formula.

    The formula is the default of leave-one-out, the prediction that of every other denoiser.
    """

    error: Fraction | None = None
    denoiser: Literal["data", "leave-one-out"] | None = None
    last: Last | None = None

    rank: ClassVar[int] = 2

    def model(self, setting: ModelSetting) -> D3PM:
        """Return the model. Raises InputError for two denoisers, or an error that is no probability."""
        return D3PM(denoiser_of(named_denoiser(self.error, self.denoiser)), self.at_the_end)

    def by_position(self) -> ByPosition:
        """Return the formula with the denoiser named. Raises InputError as `model` does."""
        return ByPosition("d3pm", named_denoiser(self.error, self.denoiser), self.at_the_end)

    @property
    def at_the_end(self) -> Last:
        """What is done at t = 1, also where the file leaves it out."""
        return self.last or ("formula" if self.denoiser == "leave-one-out" else "prediction")

    def keys(self) -> dict[str, object]:
        """Return what the table says, and what is done at t = 1 where it does not say it."""
        return {**super().keys(), "last": self.at_the_end}

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return which denoiser it is, and what is done at t = 1."""
        return self.keys()
