"""Exercise 2: KL of two Gaussians in d dimensions, by formula and by sampling, and the code for it to paste.

Both pages take any means and covariances, as lists. What is not given keeps the page's own: m1 = (1, …, 1),
S1_ij = r^|i−j|, m2 = 0, S2 = I. The lists are exact; everything computed from them here is float64 and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from textwrap import wrap

from markovdiff.errors import InputError
from markovdiff.learn.blocks import Ask, Bar, Block, Code, Facts, Formula, Prose, TableBlock, nats
from markovdiff.learn.page import Array, Nested, Page, Parameter, Settings, Values, arrays_of, count

WIDEST = 1e8
"""The largest ratio of two variances within one covariance: beyond it SciPy takes the matrix for singular."""

SAMPLES = 100_000
"""Samples that the code draws."""

Floats = list[list[float]]


@dataclass(frozen=True)
class GaussianPair:
    """P = N(m1, S1) and Q = N(m2, S2), exactly as they were set."""

    m1: Sequence[Fraction]
    S1: Sequence[Sequence[Fraction]]
    m2: Sequence[Fraction]
    S2: Sequence[Sequence[Fraction]]

    @property
    def d(self) -> int:
        """The dimension."""
        return len(self.m1)

    def floats(self) -> tuple[list[float], Floats, list[float], Floats]:
        """Return the four lists as floats."""
        S1, S2 = ([[float(x) for x in row] for row in S] for S in (self.S1, self.S2))
        return [float(x) for x in self.m1], S1, [float(x) for x in self.m2], S2


def pair(values: Values) -> GaussianPair:
    """Return both laws; raise InputError, with the key at fault, where they are no Gaussians of one dimension."""
    given = arrays_of(values)
    first = next(iter(given), "d")
    d = len(given[first]) if given else int(values.get("d", 2))
    if isinstance(values, Settings) and "d" in values.chosen and values["d"] != d:
        raise _dimensions("d", str(values["d"]), d, first)
    rho = values.get("rho", Fraction(1, 2))
    own: dict[str, Nested] = {
        "m1": (Fraction(1),) * d,
        "S1": tuple(tuple(rho ** abs(i - j) for j in range(d)) for i in range(d)),
        "m2": (Fraction(0),) * d,
        "S2": tuple(tuple(Fraction(i == j) for j in range(d)) for i in range(d)),
    }
    if "S1" in given and isinstance(values, Settings) and "rho" in values.chosen:
        raise InputError(
            "two covariances for P", where="--set rho", expected="either rho, for S1_ij = r^|i−j|, or S1", got="both"
        )
    for name, array in given.items():
        if len(array) != d:
            raise _dimensions(name, str(len(array)), d, first)
    found = GaussianPair(**{**own, **given})  # type: ignore[arg-type]
    for name, S in (("S1", found.S1), ("S2", found.S2)):
        _check_covariance(name, [[float(x) for x in row] for row in S])
    if (found.m1, found.S1) == (found.m2, found.S2):
        raise InputError(
            "P and Q are the same law: KL is 0, and there is nothing to estimate",
            where="--set",
            expected="two different Gaussians",
            got="m1 = m2 and S1 = S2",
        )
    return found


def _dimensions(name: str, got: str, d: int, other: str) -> InputError:
    return InputError(
        "Gaussians of different dimensions",
        where=f"--set {name}",
        expected=f"{d} dimension{'s' if d > 1 else ''}, as in {other}",
        got=got,
    )


def _check_covariance(name: str, S: Floats) -> None:
    import numpy as np

    from markovdiff.continuous.covariance import cholesky

    cholesky(S, f"--set {name}")
    variances = np.linalg.eigvalsh(np.array(S))
    if variances[-1] > WIDEST * variances[0]:
        raise InputError(
            "a covariance that is nearly singular: floats cannot separate it from one with no density",
            where=f"--set {name}",
            expected=f"a largest variance of at most {WIDEST:.0e} times the smallest, over all directions",
            got=f"about {variances[-1]:.3g} and {variances[0]:.3g}",
        )


def divergence(laws: GaussianPair) -> float:
    """Return KL(P‖Q) in nats."""
    from markovdiff.continuous.gaussian import multivariate_gaussian_kl

    return multivariate_gaussian_kl(*laws.floats())


def spread(laws: GaussianPair) -> float:
    """Return the standard deviation of log p − log q under P.

    With x = m1 + Lz, S1 = LLᵀ and z ~ N(0, I) it is a quadratic form, ½ zᵀ(M − I)z + bᵀz and a constant, with
    M = LᵀS2⁻¹L and b = LᵀS2⁻¹(m1 − m2): its variance is ½ tr (M − I)² + bᵀb.
    """
    import numpy as np

    m1, S1, m2, S2 = map(np.array, laws.floats())
    L = np.linalg.cholesky(S1)
    M, b = L.T @ np.linalg.solve(S2, L), L.T @ np.linalg.solve(S2, m1 - m2)
    return sqrt(float(0.5 * ((M - np.eye(laws.d)) ** 2).sum() + b @ b))


def sampled(values: Values) -> Sequence[Block]:
    """Build exercise 2: the closed form, and errors of sampling at four sizes."""
    from markovdiff.continuous.densities import multivariate_normal
    from markovdiff.continuous.sampling import errors_by_size

    laws = pair(values)
    m1, S1, m2, S2 = laws.floats()
    truth = divergence(laws)
    found = errors_by_size(
        multivariate_normal(m1, S1),
        multivariate_normal(m2, S2),
        truth,
        [100, 400, 1600, 6400],
        repeats=40,
        seed=int(values["seed"]),
    )
    longest = max(found.errors)
    rows = tuple(
        (n, error, claimed, Bar((error / longest,), 24))
        for n, error, claimed in zip(found.sizes, found.errors, found.claimed, strict=True)
    )
    given = arrays_of(values)
    own = {"m1": "m1 = (1, …, 1)", "S1": f"S1_ij = r^|i−j| with r = {values['rho']}", "m2": "m2 = 0", "S2": "S2 = I"}
    told = ", ".join(f"{name} as set" if name in given else words for name, words in own.items())
    return (
        Prose(
            f"Exercise 2. P = N(m1, S1) and Q = N(m2, S2) in {laws.d} dimension{'s' if laws.d > 1 else ''}: {told}. "
            "Compare the formula with averages over samples."
        ),
        Formula(("KL(P‖Q) = ½ [ tr S2⁻¹S1 + m·S2⁻¹m − d + log(det S2/det S1) ],  m = m2 − m1",)),
        Ask("You want one more correct digit from sampling. How many times more samples? And if d doubles?"),
        Facts((("KL(P‖Q), closed form", nats(truth)),)),
        TableBlock(("samples n", "typical error", "claimed", "floats, nats"), rows),
        Facts((("slope on log axes", found.slope), ("slope by theory", Fraction(-1, 2)))),
        Prose(
            "A hundred times more. The average of n terms errs by s/√n, with s the spread of log p − log q: 4 times "
            "the samples halve the error. d enters through s alone"
            + (": at large d, s² grows as d does, so twice the d is √2 times the error. " if not given else ". ")
            + "'Claimed' is s/√n, what an estimate says of itself; 'typical' is what 40 did."
        ),
    )


def to_paste(values: Values) -> Sequence[Block]:
    """Build the exercise as a program that needs NumPy and SciPy alone."""
    laws = pair(values)
    return (
        Prose("Any Gaussians may be set: --set 'S1=[[2, 1/2], [1/2, 1]]', and so S2, m1, m2."),
        Ask(f"How near should the formula and an average of {SAMPLES} samples be?"),
        Code(tuple(program(laws, int(values["seed"])))),
        Facts(
            (
                ("KL(P‖Q), closed form", nats(divergence(laws))),
                (f"s/√{SAMPLES}, what to expect", nats(spread(laws) / sqrt(SAMPLES))),
            )
        ),
    )


def program(laws: GaussianPair, seed: int) -> list[str]:
    """Return the lines of the program; fractions are written as quotients, which Python makes the nearest float."""

    def plain(x: object) -> str:
        return f"[{', '.join(map(plain, x))}]" if isinstance(x, tuple) else str(x)

    settings = [
        f"m1, m2 = np.array({plain(laws.m1)}), np.array({plain(laws.m2)})",
        f"S1 = np.array({plain(laws.S1)})",
        f"S2 = np.array({plain(laws.S2)})",
    ]
    return [
        "import numpy as np",
        "from scipy.stats import multivariate_normal as normal",
        *(part for line in settings for part in wrap(line, 79, subsequent_indent="    ")),
        "d, inverse = m1 - m2, np.linalg.inv(S2)",
        "logdet = np.linalg.slogdet(S2)[1] - np.linalg.slogdet(S1)[1]",
        "kl = (np.trace(inverse @ S1) + d @ inverse @ d - len(d) + logdet) / 2",
        f"x = np.random.default_rng({seed}).multivariate_normal(m1, S1, {SAMPLES})",
        "terms = normal(m1, S1).logpdf(x) - normal(m2, S2).logpdf(x)",
        'print("formula", kl, "samples", terms.mean(), "+-", terms.std() / len(x) ** 0.5)',
    ]


D = count("d", 3, 1, 12, "dimensions", "a vector has a coordinate at least; above 12 the page takes too long")
RHO = Parameter(
    "rho",
    Fraction(1, 2),
    Fraction(-9, 10),
    Fraction(9, 10),
    "correlation r",
    "at r = ±1 coordinates determine each other: some direction has no variance, and S is not positive definite",
)
SEED = count("seed", 0, 0, 10**6, "dice", "a seed names a run of random numbers: a whole number from 0")
ARRAYS = (
    Array("m1", "mean of P", square=False),
    Array("S1", "covariance of P", square=True),
    Array("m2", "mean of Q", square=False),
    Array("S2", "covariance of Q", square=True),
)

PAGES = (
    Page(
        "exercise-2",
        "Formula and dice",
        "KL of Gaussians in d dimensions: closed form against Monte Carlo",
        sampled,
        (D, RHO, SEED),
        ARRAYS,
        pair,
    ),
    Page(
        "exercise-2-code",
        "The same, to paste",
        "KL of any two Gaussians as a program in NumPy and SciPy",
        to_paste,
        (SEED,),
        ARRAYS,
        pair,
    ),
)
