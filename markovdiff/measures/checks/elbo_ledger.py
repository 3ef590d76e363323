"""`elbo-ledger`: L = H(x0) + ΣΔ_t + KL(p_T‖π), coefficient by coefficient, and H(x0) ≤ NLL ≤ L.

The engines keep the ledger and conclude; here stands when the check is made.
"""

from __future__ import annotations

from markovdiff.measures.checks.kind import CheckKind, CheckSetting


class ElboLedger(CheckKind):
    """The ELBO's ledger balances: a theorem for a Markov chain, and a process with memory has no ledger."""

    name = "elbo-ledger"
    needs_markov = True

    @classmethod
    def default(cls, setting: CheckSetting) -> str | None:
        return "holds" if setting.is_markov else None
