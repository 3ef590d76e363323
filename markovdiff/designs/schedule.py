"""Schedules by target: ᾱ_t such that I(x0;x_t) is a given share of H(x0), by default 1 − t/T.

For Q = (1−β)I + β·1πᵀ the law of (x0, x_t) depends on ᾱ alone, and I(ᾱ) rises with it:

    I(ᾱ) = Σ_i p_i [ r_i log r_i + Σ_{j≠i} (1−ᾱ)π_j log((1−ᾱ)π_j) ] − Σ_j q_j log q_j
    r_i = ᾱ + (1−ᾱ)π_i,   q = ᾱp + (1−ᾱ)π

Newton's method proposes ᾱ_t; what is proved is a bracket: I is below the target at its lower end and above it at its
upper end, in balls. Each β_t = 1 − ᾱ_t/ᾱ_{t−1} is then rounded once to the grid, and how far the rounded chain is from
the curve is enclosed. Under a mask apart I = ᾱ·H(x0), so ᾱ_t is the share itself, exactly (D3PM, arXiv 2107.03006).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, ctx, fmpq

from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.enclosure import ALONE, bounds
from markovdiff.arithmetic.quantity import Enclosed, enclose
from markovdiff.arithmetic.rational import rational, shown, text, whole
from markovdiff.errors import InputError, InternalError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.schedules.schedule import RESOLUTION
from markovdiff.study.scenario import Scenario

BITS = 256
"""Working precision: a share of a thousandth of H(x0) loses some twenty bits to cancellation."""

WIDTH = 128
"""The bracket around each ᾱ_t is 2^-WIDTH wide on each side."""

MAX_STEPS = 100_000
"""Steps that are designed at most."""


@dataclass(frozen=True)
class Design:
    """A schedule by target: the shares of H(x0) asked for, ᾱ_t enclosed before rounding, and β_t as they are written.

    `deviation` is what |I_t − share_t·H(x0)| of the rounded chain is at most, in the unit. `scenario` is TOML text.
    """

    name: str
    unit: str
    steps: int
    resolution: Fraction
    shares: tuple[Fraction, ...]
    alphas: tuple[Enclosed, ...]
    betas: tuple[Fraction, ...]
    deviation: Enclosed
    scenario: str

    @property
    def summary(self) -> str:
        """How near it is to its goal, in words."""
        away = "none" if self.deviation.value == "0" else f"at most {self.deviation.upper} {self.unit}"
        return f"deviation from the curve: {away}"


class _Curve:
    """I(ᾱ) and its slope in balls, for data p and target π."""

    def __init__(self, chain: Chain) -> None:
        groups = chain.alike
        assert groups is not None
        data, target = chain.data, chain.target
        self.cells = [
            (fmpq(data.weights[i], data.total), fmpq(target.weights[i], target.total), m)
            for i, m in zip(groups.first, groups.multiplicities, strict=True)
        ]
        with ALONE, ctx.workprec(BITS):
            self.H = -sum((arb(p) * arb(p).log() * m for p, _, m in self.cells if p), arb(0))
            self.L = sum((arb(w) * arb(w).log() * m for _, w, m in self.cells if w), arb(0))

    def at(self, alpha: arb) -> tuple[arb, arb]:
        """Return I and dI/dᾱ at 0 < ᾱ < 1, in the current precision."""
        move = 1 - alpha
        log_move = move.log()
        value, slope = arb(0), arb(0)
        for p, w, m in self.cells:
            own, q = alpha + move * w, alpha * p + move * w
            if p:
                rest = (1 - arb(w)) * log_move + self.L - (arb(w) * arb(w).log() if w else 0)
                value += (own * own.log() + move * rest) * p * m
                slope += ((1 - arb(w)) * own.log() - rest) * p * m
            if p or w:
                value -= q * q.log() * m
                slope -= (arb(p) - arb(w)) * q.log() * m
        return value, slope


def mutual_information_schedule(
    scenario: Scenario, steps: int | None = None, curve: Sequence[object] | None = None, resolution: object = RESOLUTION
) -> Design:
    """Return the schedule with I_t = share_t·H(x0), share_t = 1 − t/T unless a curve of shares is given.

    Raises InputError where the kernel is not told by ᾱ, the data have no information, or the curve does not fall.
    """
    chain = scenario.chain_of_one_symbol("data.length")
    if chain.kernel.rank_one_target is None:
        raise InputError(
            "a schedule by information needs a kernel that ᾱ alone tells",
            where="noise.kernel",
            expected="uniform, absorbing or mixing",
            got=scenario.file.noise.kernel.kind(),
            remedy="another kernel",
        )
    if len(chain.data.support) <= 1:
        raise InputError("the data are one state: there is no information to schedule", where="data")
    shares = _shares(chain.T if steps is None else steps, curve)
    grid = rational(resolution, "resolution")
    if grid <= 0 or grid.numerator != 1:
        raise InputError("not one over an integer", where="resolution", expected="1/n", got=shown(grid))
    found = _Curve(chain)
    to = chain.target.support
    apart = len(to) == 1 and to[0] not in chain.data.support
    with ALONE, ctx.workprec(BITS):
        alphas = [_ball(x) for x in shares] if apart else list(_solved(found, shares))
    betas = _exact_betas(shares) if apart else _betas(alphas, grid)
    zero = Enclosed("0", "0", "0", "0")
    deviation = zero if apart else _deviation(found, betas, shares, in_bits=scenario.unit == "bits")
    reported = tuple(enclose(_always(alpha), 20) for alpha in alphas)
    written = _toml(scenario, betas, grid, deviation, curve is not None)
    return Design(scenario.name, scenario.unit, len(shares), grid, shares, reported, tuple(betas), deviation, written)


def _shares(steps: object, curve: Sequence[object] | None) -> tuple[Fraction, ...]:
    T = whole(steps if curve is None else len(curve))
    if T is None or not 1 <= T <= MAX_STEPS:
        raise InputError("no such number of steps", where="steps", expected=f"1 to {MAX_STEPS}", got=shown(steps))
    if curve is None:
        return tuple(Fraction(T - t, T) for t in range(1, T + 1))
    shares = tuple(rational(x, f"curve[{t}]") for t, x in enumerate(curve))
    before = Fraction(1)
    for t, share in enumerate(shares):
        if not 0 <= share <= before:
            raise InputError(
                "information cannot rise", where=f"curve[{t}]", expected=f"0 to {text(before)}", got=shown(share)
            )
        before = share
    return shares


def _solved(curve: _Curve, shares: Sequence[Fraction]) -> Iterator[arb]:
    """ᾱ_t of each share, as proved brackets; in the current precision."""
    start = arb(1) - arb(2) ** -20
    for share in shares:
        if share in (0, 1):
            yield arb(int(share))
            continue
        target = curve.H * fmpq(share.numerator, share.denominator)
        x = _newton(curve, target, start)
        spread = arb(2) ** -WIDTH
        low, high = x - spread, x + spread
        if not (low > 0 and high < 1 and curve.at(low)[0] < target and curve.at(high)[0] > target):
            raise LimitError(
                "an ᾱ could not be enclosed", where=f"share {shown(share)}", expected="a share not so near 0 or 1"
            )
        yield low.union(high)
        start = x


def _newton(curve: _Curve, target: arb, start: arb) -> arb:
    """Return a number near the root, by Newton's method kept inside a bracket by bisection."""
    low, high, x = arb(0), arb(1), start
    for _ in range(400):
        value, slope = curve.at(x)
        if value > target:
            high = x
        else:
            low = x
        y = (x - (value - target) / slope).mid()
        if not (low < y < high):
            y = ((low + high) / 2).mid()
        if abs(y - x) < arb(2) ** -(WIDTH + 16):
            return y
        x = y
    raise InternalError("Newton's method kept inside a bracket did not end")


def _betas(alphas: Sequence[arb], grid: Fraction) -> list[Fraction]:
    betas, before = [], arb(1)
    for t, alpha in enumerate(alphas, 1):
        if before.is_zero():
            betas.append(Fraction(1))
            continue
        with ALONE, ctx.workprec(BITS):
            ratio = 1 - alpha / before
        exact = _exact_value(ratio)
        if exact is not None and (exact / grid).denominator == 1:
            betas.append(exact)
        else:
            betas.append(rounded(_always(ratio), grid, "nearest", None, f"noise.schedule, t = {t}"))
        before = alpha
    return betas


def _always(ball: arb) -> Callable[[int], arb]:
    """Return the ball at any precision asked for: it was made once, with `BITS` bits."""
    return lambda _bits: ball


def _exact_value(x: arb) -> Fraction | None:
    return bounds(x)[0] if x.is_exact() else None


def _exact_betas(shares: Sequence[Fraction]) -> list[Fraction]:
    betas, before = [], Fraction(1)
    for share in shares:
        betas.append(1 - share / before if before else Fraction(1))
        before = share
    return betas


def _deviation(curve: _Curve, betas: Sequence[Fraction], shares: Sequence[Fraction], *, in_bits: bool) -> Enclosed:
    """Return a bound on |I_t − share_t·H(x0)| at every t, of the chain with these β_t."""
    with ALONE, ctx.workprec(BITS):
        alpha, widest = arb(1), arb(0)
        for beta, share in zip(betas, shares, strict=True):
            alpha *= _ball(1 - beta)
            value = arb(0) if alpha.is_zero() else curve.H if alpha == 1 else curve.at(alpha)[0]
            away = abs(value - curve.H * fmpq(share.numerator, share.denominator))
            widest = max(widest, away.upper())
        unit = arb(2).log() if in_bits else arb(1)
        found = (widest / unit).upper()
    return enclose(lambda _bits: found, 6)


def _ball(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


def _toml(scenario: Scenario, betas: Sequence[Fraction], grid: Fraction, deviation: Enclosed, has_curve: bool) -> str:
    """Return the scenario with this schedule; its checks are those that the property implies."""
    spec, labels = scenario.file.noise.kernel, scenario.labels
    quoted = [json.dumps(state, ensure_ascii=False) for state in scenario.data.states]
    law = [f'"{text(p)}"' for p in scenario.data.probabilities]
    kind = spec.kind()
    if kind == "uniform":
        kernel = '{ kind = "uniform" }'
    elif kind == "absorbing":
        kernel = f'{{ kind = "absorbing", mask = {json.dumps(scenario.mask, ensure_ascii=False)} }}'
    else:
        target = [f'"{text(p)}"' for p in scenario.chain().target.probabilities]
        kernel = f'{{ kind = "mixing", target = [{", ".join(target)}] }}'
    curve = "a given curve" if has_curve else "I_t = (1 − t/T)·H(x0)"
    away = f"within {deviation.upper} {scenario.unit} of it" if deviation.upper != "0" else "on it exactly"
    rounding = "" if deviation.value == "0" else f", each β_t rounded once to a multiple of {text(grid)}"
    end = deviation.upper if deviation.is_finite and deviation.upper not in (None, "0") else "0"
    last = f'converged = {{ information = "{end}" }}\n' if not has_curve else ""
    rows = ",\n  ".join(f'"{text(beta)}"' for beta in betas)
    return (
        f"name = {json.dumps(scenario.name + '-mutual-information', ensure_ascii=False)}\n"
        f'title = "Information falls along {curve}"\n'
        f'description = "Made by `markovdiff design`: {curve}; I(x0;x_t) is {away}{rounding}."\n'
        f'unit = "{scenario.unit}"\n\n'
        f"[data]\nstates = [{', '.join(quoted[:labels])}]\nprobabilities = [{', '.join(law[:labels])}]\n\n"
        f"[noise]\nsteps = {len(betas)}\nkernel = {kernel}\n"
        f'schedule = {{ kind = "explicit", betas = [\n  {rows},\n] }}\n\n'
        f'[checks]\nmi-decay = "{"strict" if not has_curve else "non-increasing"}"\n{last}'
    )
