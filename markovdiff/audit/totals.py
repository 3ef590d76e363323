"""What is true of each of the ledger's totals: a number, +∞, or nothing, and what then shows it.

A sum is undefined where one of its terms is, else infinite where one is. NLL is undefined where the model reaches a row
that is, infinite where it misses a datum; L − NLL is undefined where NLL is either (L is then infinite too).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from markovdiff.audit.claims import WrongError
from markovdiff.audit.confirm import Fact, Unbounded
from markovdiff.audit.ledger import Ledger
from markovdiff.audit.sums import Sum

TOTALS = (
    *("reconstruction", "denoising", "prior", "negative_elbo", "nll"),
    *("data_entropy", "gap", "model_error", "prior_gap"),
)


def totals(ledger: Ledger, shown: Collection[str]) -> dict[str, Fact | None]:
    """Return the truth about each total; `shown` names those whose witness a step has confirmed."""
    assert ledger.first is not None
    later = {t: kind for t, kind in ledger.kinds.items() if t > 1}
    missing = None if ledger.prior_gap is not None else Unbounded("inf", lambda witness: _misses(ledger, witness))

    def total(name: str, kinds: Mapping[int, str], finite: Fact, other: Unbounded | None = None) -> Fact:
        return _unbounded(kinds, other, name in shown) or finite

    facts: dict[str, Fact | None] = {
        "reconstruction": ledger.first.term,
        "denoising": total("denoising", later, ledger.denoising),
        "prior": missing or ledger.prior,
        "negative_elbo": total("negative_elbo", ledger.kinds, ledger.negative_elbo, missing),
        "nll": _likelihood(ledger),
        "data_entropy": ledger.end.data_entropy,
        "gap": total("gap", ledger.kinds, ledger.gap, missing),
        "model_error": total("model_error", ledger.kinds, ledger.model_error),
        "prior_gap": missing or ledger.prior_gap,
    }
    if isinstance(nll := facts["nll"], Unbounded):
        facts["gap"] = Unbounded("undefined", nll.holds)
    elif facts["gap"] is ledger.gap and ledger.disagrees():
        raise WrongError("the audit itself", "L from its terms", "not H(x0) + ΣΔ_t + KL(p_T‖π)")
    return facts


def _unbounded(kinds: Mapping[int, str], other: Unbounded | None, is_shown: bool) -> Unbounded | None:
    """Return the finding on a sum over the steps, of these kinds, and one more term; None where it is a number."""
    if not kinds and other is None:
        return None
    kind = "undefined" if "undefined" in kinds.values() else "inf"

    def holds(witness: Mapping[str, Any]) -> bool:
        if other is not None and kind == other.kind and other.holds(witness):
            return True
        t = witness.get("t")
        return is_shown and isinstance(t, int) and kinds.get(t) == kind

    return Unbounded(kind, holds)


def _misses(ledger: Ledger, witness: Mapping[str, Any]) -> bool:
    """Return whether x_0 → x_T occurs and the prior gives x_T nothing."""
    process, now = ledger.process, ledger.end.now
    if set(witness) != {"t", "x0", "x_t"} or witness["t"] != process.T:
        return False
    if witness["x0"] not in process.states or witness["x_t"] not in process.states:
        return False
    k, j = process.states.index(witness["x0"]), process.states.index(witness["x_t"])
    return now.joint[k][j] > 0 and not ledger.scenario.prior[j]


def _likelihood(ledger: Ledger) -> Fact:
    states, likelihood = ledger.process.states, ledger.likelihood

    def meets(witness: Mapping[str, Any]) -> bool:
        t, label = witness.get("t"), witness.get("x_t")
        if set(witness) != {"t", "x_t"} or not isinstance(t, int) or not 1 <= t <= ledger.process.T:
            return False
        return label in states and likelihood.unsaid(t, states.index(label))

    def misses(witness: Mapping[str, Any]) -> bool:
        missed = [states[i] for i in likelihood.missed]
        return set(witness) == {"t", "x0"} and witness["t"] == 0 and witness["x0"] in missed

    if likelihood.is_undefined:
        return Unbounded("undefined", meets)
    return Unbounded("inf", misses) if likelihood.missed else Sum(likelihood.enclose, likelihood.form)
