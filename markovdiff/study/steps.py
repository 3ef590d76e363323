"""A step and the ledger's totals as they are reported: written once, each engine supplies the numbers.

What is reported is asked for in one order, whatever the arithmetic: asking an enclosure for its digits may sharpen
those that come after it.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, TypeVar

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.measures.ledger import Entry, Totals, Unbounded
from markovdiff.measures.protocol import Decay
from markovdiff.study.result import Elbo, Law, Rational, Step

N = TypeVar("N")
N_co = TypeVar("N_co", covariant=True)
Report: TypeAlias = Callable[[N | Unbounded], Enclosed]
"""How a term is written, in the digits and the unit of the run."""


class Timed(Protocol):
    """The process at one time."""

    @property
    def beta(self) -> Fraction | None:
        """β_t, None at t = 0 and where the kernel has none."""


class Reported(Protocol[N_co]):
    """What an arithmetic knows at time t, in its numbers; loss, decay and bound belong to a step."""

    @property
    def t(self) -> int:
        """The time."""

    @property
    def moment(self) -> Timed:
        """The process at that time."""

    @property
    def before(self) -> object | None:
        """What is known of t − 1, None at t = 0."""

    @property
    def entropy(self) -> N_co:
        """H(x_t)."""

    @property
    def conditional_entropy(self) -> N_co:
        """H(x0 | x_t)."""

    @property
    def noise_entropy(self) -> N_co:
        """H(x_t | x0)."""

    @property
    def mutual_information(self) -> N_co:
        """I(x0; x_t)."""

    @property
    def loss(self) -> N_co:
        """I_{t−1} − I_t."""

    @property
    def decay(self) -> Decay:
        """The verdict on the step."""

    @property
    def dobrushin(self) -> Fraction | float | None:
        """η(Q_t)."""

    @property
    def bound(self) -> N_co | None:
        """η(Q_t)·I_{t−1}."""


class Writer(Protocol):
    """What an engine adds to a step beside its entropies; `now` is what its own arithmetic knows."""

    def number(self, value: Any) -> Rational | None:
        """Return a rational, or a float, as this arithmetic reports it."""

    def alpha_bar(self, now: Any) -> Rational | None:
        """Return ᾱ_t."""

    def distance(self, now: Any) -> Rational | None:
        """Return TV(p_t, π), None where it cannot be separated from 0."""

    def law(self, now: Any) -> Law:
        """Return the law p_t, written out when asked for."""


def step_of(now: Reported[N], entry: Entry[N | Unbounded] | None, report: Report[N], writer: Writer) -> Step:
    """Return what is reported of time t; `entry` is what the ledger has of it, if there is a ledger."""
    first = now.before is None
    return Step(
        t=now.t,
        beta=writer.number(now.moment.beta),
        alpha_bar=writer.alpha_bar(now),
        entropy=report(now.entropy),
        conditional_entropy=report(now.conditional_entropy),
        noise_entropy=report(now.noise_entropy),
        mutual_information=report(now.mutual_information),
        information_loss=None if first else report(now.loss),
        decay=None if first else now.decay,
        dobrushin=writer.number(now.dobrushin),
        sdpi_bound=None if now.bound is None else report(now.bound),
        total_variation_to_prior=writer.distance(now),
        elbo_term=None if entry is None else report(entry.term),
        model_error=None if entry is None else report(entry.error),
        law=writer.law(now),
        cross_entropy=None if entry is None or entry.cost is None else report(entry.cost),
    )


def elbo_of(totals: Totals[N | Unbounded], report: Report[N], hybrid: N | Unbounded | None) -> Elbo:
    """Return the ledger's totals as they are reported, and the hybrid loss where it is asked for."""
    return Elbo(
        reconstruction=report(totals.reconstruction),
        denoising=report(totals.denoising),
        prior=report(totals.prior),
        negative_elbo=report(totals.negative_elbo),
        nll=report(totals.nll),
        data_entropy=report(totals.data_entropy),
        gap=report(totals.gap),
        model_error=report(totals.model_error),
        prior_gap=report(totals.prior_gap),
        cross_entropy=None if totals.cross_entropy is None else report(totals.cross_entropy),
        hybrid=None if hybrid is None else report(hybrid),
        nll_excess=report(totals.nll_excess),
    )


def unbounded(term: Unbounded) -> Enclosed:
    """Return a term that is +∞ or undefined as it is reported."""
    return Enclosed(term.kind, witness=term.witness, words=term.words)
