"""The ELBO derived: every line of the argument with its value, on a chain small enough to list all its paths.

From log p_θ(x0) = log Σ p_θ(x_{0:T}), the sum over all x_1 … x_T, to the sum of KLs that training minimises. Each line
is an expectation over q(x0), an exact LogForm. It carries the relation to the line before that the argument claims,
"=" or "≥", and the one that is found, decided and not rounded. One line may lose: Jensen's, log E ≥ E log. Where q
misses a path that p_θ can walk, the line that writes the marginal as an expectation under q loses that path's
share as well, and then it too claims only "≥".

The lines are computed each in its own way, by a product of matrices, by a sum over paths, by pairs of neighbouring
states, by posteriors, by divergences: that they agree is a finding, not a definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from markovdiff.arithmetic.logform import Infinity, LogForm
from markovdiff.errors import InternalError
from markovdiff.learn.paths import Paths, Row, Rows, expected_log
from markovdiff.measures.information import entropy, kl
from markovdiff.process.chain import Chain

Claim: TypeAlias = Literal["=", "≥"]
Found: TypeAlias = Literal["=", ">", "<"]
Draft: TypeAlias = "tuple[str, str, str, LogForm, Claim | None]"


@dataclass(frozen=True, eq=False)
class DerivationLine:
    """One line of the derivation; `claimed` and `found` relate the line before to this one (None in the first)."""

    name: str
    formula: str
    reason: str
    value: LogForm
    claimed: Claim | None
    found: Found | None

    @property
    def holds(self) -> bool:
        """Whether what was found is allowed by what was claimed."""
        return self.found == self.claimed or (self.claimed == "≥" and self.found != "<")


@dataclass(frozen=True, eq=False)
class Derivation:
    """The lines from E log p_θ(x0) down to the sum of KLs and its reading, and the three terms."""

    lines: tuple[DerivationLine, ...]
    reconstruction: LogForm
    """E −log p_θ(x0|x1)."""
    denoising: tuple[LogForm, ...]
    """E KL(q(x_{t−1}|x_t,x0) ‖ p_θ(x_{t−1}|x_t)) for t = 2 … T."""
    prior: LogForm
    """E KL(q(x_T|x0) ‖ π)."""
    paths: int
    """How many paths the noise can walk."""

    def __getitem__(self, name: str) -> DerivationLine:
        """Return the line of that name."""
        return next(line for line in self.lines if line.name == name)

    @property
    def elbo(self) -> LogForm:
        """The ELBO, expected over the data."""
        return self["three terms"].value

    @property
    def gap(self) -> LogForm:
        """E log p_θ(x0) − ELBO ≥ 0: what Jensen's line loses."""
        return self["likelihood"].value - self.elbo

    @property
    def holds(self) -> bool:
        """Whether every line is what it claims to be."""
        return all(line.holds for line in self.lines)


def derive_elbo(chain: Chain, reverse: Sequence[Sequence[object]], prior: Sequence[object]) -> Derivation:
    """Return the derivation for a chain, a model `reverse[t−1][j]` = p_θ(x_{t−1} | x_t = j), t ≥ 1, and π = `prior`.

    A row of `reverse` may be None where neither the noise nor the model ever is. For one x0 alone, give a chain
    whose data sit on that state. Raises LimitError where there are too many paths; InputError for rows that are no
    distributions, for a process with memory, and for a model that forbids a path of the noise (log 0).
    """
    paths = Paths.of(chain, reverse, prior)
    terms = (_reconstruction(paths), tuple(_denoising(paths, t) for t in range(2, chain.T + 1)), _prior(paths))
    return Derivation(tuple(_related(_drafts(paths, *terms))), *terms, paths=len(paths.q))


def bayes_model(chain: Chain) -> tuple[tuple[Rows, ...], Row]:
    """Return (reverse, prior) of the best model there is: the Bayes reverse, started from p_T itself.

    >>> from markovdiff.process.distribution import Distribution
    >>> from markovdiff.process.kernels import uniform
    >>> coin = Chain(Distribution.from_weights([3, 1]), uniform(2), (Fraction(1, 2),) * 2, 2)
    >>> best = derive_elbo(coin, *bayes_model(coin))
    >>> print(best.elbo, "|", best["likelihood"].value, "|", best.holds)
    −2·log 2 + 3/4·log 3 | −2·log 2 + 3/4·log 3 | True
    """
    return tuple(chain.bayes_reverse(t) for t in range(1, chain.T + 1)), chain.marginal(chain.T)


def _related(drafts: Iterable[Draft]) -> Iterator[DerivationLine]:
    """Return the lines, each compared with the one before."""
    before: LogForm | None = None
    for name, formula, reason, value, claimed in drafts:
        sign = 0 if before is None else (before - value).sign()
        found: Found = "=" if sign == 0 else ">" if sign > 0 else "<"
        yield DerivationLine(name, formula, reason, value, claimed, None if before is None else found)
        before = value


def _drafts(paths: Paths, reconstruction: LogForm, denoising: tuple[LogForm, ...], prior: LogForm) -> Iterator[Draft]:
    value = _mean_log(paths, paths.likelihood())
    yield "likelihood", "E log p_θ(x0)", "p_θ(x0) is an entry of π R_T ⋯ R_1", value, None

    value = _mean_log(paths, paths.summed(paths.p))
    yield "marginal", "E log Σ p_θ(x_{0:T})", "a marginal is a sum over all paths", value, "="

    claim: Claim = "≥" if paths.misses else "="
    reason = "times q over q" + (", but q misses paths of p_θ" if paths.misses else "")
    value = _mean_log(paths, paths.summed({x: w * (paths.p[x] / w) for x, w in paths.q.items()}))
    yield "expectation", "E log E_q[ p_θ(x_{0:T}) / q(x_{1:T}|x0) ]", reason, value, claim

    value = expected_log((paths.data[x[0]] * w, paths.p[x] / w) for x, w in paths.q.items())
    yield "jensen", "E E_q log[ p_θ(x_{0:T}) / q(x_{1:T}|x0) ]", "log E ≥ E log", value, "≥"

    formula = "E[ log π(x_T) + Σ log p_θ(x_{t−1}|x_t) − Σ log q(x_t|x_{t−1}) ]"
    yield "chain rule", formula, "the logarithm of a product of steps", _by_pairs(paths), "="

    formula = "the same, q(x_t|x_{t−1}) = q(x_{t−1}|x_t,x0) q(x_t|x0) / q(x_{t−1}|x0)"
    yield "bayes", formula, "Bayes' rule given x0, t ≥ 2", _by_posteriors(paths), "="

    formula = "−E[−log p_θ(x0|x1)] − Σ E KL(q(x_{t−1}|x_t,x0) ‖ p_θ) − E KL(q(x_T|x0) ‖ π)"
    total = -(reconstruction + sum(denoising, LogForm()) + prior)
    yield "three terms", formula, "q(x_t|x0) telescopes; KLs are left", total, "="

    formula = "−H(x0) − Σ E KL(q(x_{t−1}|x_t) ‖ p_θ(x_{t−1}|x_t)) − KL(p_T ‖ π)"
    yield "ledger", formula, "a term is the information lost plus the model's error", _ledger(paths), "="


def _mean_log(paths: Paths, likelihood: Row) -> LogForm:
    return expected_log((a, x) for a, x in zip(paths.data, likelihood, strict=True) if a)


def _mean_log_prior(paths: Paths) -> LogForm:
    p_T = paths.chain.marginal(paths.T)
    return expected_log((a, b) for a, b in zip(p_T, paths.prior, strict=True) if a)


def _by_pairs(paths: Paths) -> LogForm:
    """Return the value from the laws of (x_{t−1}, x_t) alone."""
    total = _mean_log_prior(paths)
    for t, Q in enumerate(paths.Q, 1):
        p = paths.chain.marginal(t - 1)
        pairs = [(p[i] * b, i, j) for i, row in enumerate(Q) for j, b in enumerate(row) if p[i] * b]
        total += expected_log((w, paths.row(t, j)[i] / Q[i][j]) for w, i, j in pairs)
    return total


def _by_posteriors(paths: Paths) -> LogForm:
    """Return the value with each q(x_t | x_{t−1}), t ≥ 2, turned around given x0; nothing has telescoped yet."""
    total = _mean_log_prior(paths)
    total += expected_log((w, paths.row(1, j)[k] / paths.Q[0][k][j]) for w, k, j in _ends(paths, 1))
    for t in range(2, paths.T + 1):
        now, before = paths.chain.cumulative(t), paths.chain.cumulative(t - 1)
        triples = [(w * b, b, k, i, j) for w, k, j in _ends(paths, t) for i, b in _posterior(paths, t, k, j) if b]
        total += expected_log((w, paths.row(t, j)[i] / (b * now[k][j] / before[k][i])) for w, b, k, i, j in triples)
    return total


def _ends(paths: Paths, t: int) -> list[tuple[Fraction, int, int]]:
    """Return (q(x0 = k, x_t = j), k, j) where that is positive."""
    return [(w, k, j) for k, row in enumerate(paths.chain.joint(t)) for j, w in enumerate(row) if w]


def _posterior(paths: Paths, t: int, k: int, j: int) -> Iterator[tuple[int, Fraction]]:
    """Return (i, q(x_{t−1} = i | x_t = j, x0 = k))."""
    row = paths.chain.forward_posterior(t, k)[j]
    assert row is not None
    return enumerate(row)


def _reconstruction(paths: Paths) -> LogForm:
    return -expected_log((w, paths.row(1, j)[k]) for w, k, j in _ends(paths, 1))


def _denoising(paths: Paths, t: int) -> LogForm:
    """Return E KL(q(x_{t−1}|x_t,x0) ‖ p_θ(x_{t−1}|x_t))."""
    parts = [w * _kl([b for _, b in _posterior(paths, t, k, j)], paths.row(t, j)) for w, k, j in _ends(paths, t)]
    return sum(parts, LogForm())


def _prior(paths: Paths) -> LogForm:
    """Return E KL(q(x_T|x0) ‖ π)."""
    rows = zip(paths.data, paths.chain.cumulative(paths.T), strict=True)
    return sum((a * _kl(row, paths.prior) for a, row in rows if a), LogForm())


def _ledger(paths: Paths) -> LogForm:
    total = entropy(paths.data) + _kl(paths.chain.marginal(paths.T), paths.prior)
    for t in range(1, paths.T + 1):
        p, reverse = paths.chain.marginal(t), paths.chain.bayes_reverse(t)
        total += sum((p[j] * _kl(row, paths.row(t, j)) for j, row in enumerate(reverse) if row is not None), LogForm())
    return -total


def _kl(p: Sequence[Fraction], q: Sequence[Fraction]) -> LogForm:
    """Return a divergence; the check of the paths has shown it to be finite."""
    divergence = kl(p, q)
    if isinstance(divergence, Infinity):
        raise InternalError("a divergence is infinite although every path of the noise is possible", where="KL")
    return divergence
