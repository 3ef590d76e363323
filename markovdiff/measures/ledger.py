"""A term of the ledger, a number or the finding that it is infinite or undefined; the ledger's lines, and its words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeAlias, TypeVar

from markovdiff.arithmetic.quantity import Quantity
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.wording import at_steps


@dataclass(frozen=True, slots=True)
class Unbounded:
    """A term that is +∞ or undefined, with its place and the reason in words."""

    kind: Literal["inf", "undefined"]
    witness: dict[str, object]
    words: str


Term: TypeAlias = "Quantity | Unbounded"

N_co = TypeVar("N_co", covariant=True)
"""A term in the numbers of an arithmetic."""

Now_contra = TypeVar("Now_contra", contravariant=True)
"""What an arithmetic knows of a time."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[N_co]):
    """What step t adds: its term of the ELBO and the model's own error in it.

    `cost` is the cross-entropy of the denoiser, None where there is none.
    """

    term: N_co
    error: N_co
    cost: N_co | None = None


@dataclass(frozen=True, slots=True)
class Totals(Generic[N_co]):
    """The ledger's lines: gap = L − NLL, model_error = ΣΔ_t, prior_gap = KL(p_T‖π), nll_excess = NLL − H(x0).

    Beside them `cross_entropy`, the denoiser's summed over all steps, None where there is none.
    """

    reconstruction: N_co
    denoising: N_co
    prior: N_co
    negative_elbo: N_co
    nll: N_co
    data_entropy: N_co
    gap: N_co
    model_error: N_co
    prior_gap: N_co
    nll_excess: N_co
    cross_entropy: N_co | None = None


class LedgerOf(Protocol[Now_contra, N_co]):
    """A ledger, kept step by step in the numbers of an arithmetic."""

    def observe(self, now: Now_contra) -> Entry[N_co | Unbounded] | None:
        """Enter step t in the ledger; None at t = 0, where nothing is entered."""

    def conclude(self) -> tuple[Totals[N_co | Unbounded], Finding]:
        """Return the lines of the ledger, and the verdict on it, once x_T has been seen."""


def unbounded_of(terms: Iterable[object]) -> Unbounded | None:
    """Return why a sum of terms that are not negative is no number: undefined if one is, else infinite if one is."""
    found = [term for term in terms if isinstance(term, Unbounded)]
    return next((term for term in found if term.kind == "undefined"), found[0] if found else None)


def add(*terms: Term) -> Term:
    """Return the sum of terms that are not negative: undefined if one is, else infinite if one is."""
    lost = unbounded_of(terms)
    return lost or Quantity.total([term for term in terms if isinstance(term, Quantity)])


def unbounded_gap(over: object, excess: object) -> Unbounded | None:
    """Return why L − NLL is no number, from what each has over H(x0): undefined where both are infinite."""
    if isinstance(excess, Unbounded):
        both = Unbounded("undefined", excess.witness, f"L and NLL are both infinite: {excess.words}")
        return excess if excess.kind == "undefined" else both
    return over if isinstance(over, Unbounded) else None


def in_order(totals: Totals[N_co | Unbounded], relation: Callable[[N_co], str]) -> str:
    """Return H(x0), NLL and L in words; `relation` says how two compare by their difference."""
    nll, gap, L = totals.nll_excess, totals.gap, totals.negative_elbo
    if isinstance(nll, Unbounded):
        return f"NLL is {'+∞' if nll.kind == 'inf' else 'undefined'}: {nll.words}"
    low = f"H(x0) {relation(nll)} NLL"
    if isinstance(L, Unbounded):
        return f"{low} < L = +∞" if L.kind == "inf" else f"{low}, and L is undefined"
    return low if isinstance(gap, Unbounded) else f"{low} {relation(gap)} L"


def remarks(restricted: Sequence[int], T: int, L: object) -> list[str]:
    """Return where a mixture was restricted, and why L is no number, in words."""
    told = [f"p̃ was restricted to the x0 that can reach x_t {at_steps(restricted, T)}"] if restricted else []
    if isinstance(L, Unbounded):
        told.append(f"both sides are {'+∞' if L.kind == 'inf' else 'undefined'}: {L.words}")
    return told
