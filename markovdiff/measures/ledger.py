"""A term of the ledger, a number or the finding that it is infinite or undefined; and the ledger's lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from markovdiff.arithmetic.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Unbounded:
    """A term that is +∞ or undefined, with its place and the reason in words."""

    kind: Literal["inf", "undefined"]
    witness: dict[str, object]
    words: str


Term: TypeAlias = "Quantity | Unbounded"

N_co = TypeVar("N_co", covariant=True)
"""A term in the numbers of an arithmetic."""


@dataclass(frozen=True, slots=True)
class Entry(Generic[N_co]):
    """What step t adds: its term of the ELBO and the model's own error in it."""

    term: N_co
    error: N_co


@dataclass(frozen=True, slots=True)
class Totals(Generic[N_co]):
    """The ledger's lines: gap = L − NLL, model_error = ΣΔ_t, prior_gap = KL(p_T‖π), nll_excess = NLL − H(x0)."""

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


def add(*terms: Term) -> Term:
    """The sum of terms that are not negative: undefined if one is, else infinite if one is."""
    for kind in ("undefined", "inf"):
        for term in terms:
            if isinstance(term, Unbounded) and term.kind == kind:
                return term
    return Quantity.total([term for term in terms if isinstance(term, Quantity)])
