"""The checks: claims about a whole chain, watched step by step and concluded at the end. One file a check.

An observer is given each time's information as it streams past, remembers the little it needs, and says at the end
what was observed, how that was decided, and in words. It does not know what is expected: a scenario compares the
observation with that.

Every check can come out either way. Those that are theorems for a Markov chain are still computed, and a process with
memory, a law that is not stationary, or an entropy that falls show the other side.

To add one: a file with a subclass of `CheckKind`, its class in `CHECKS`, a case in `tests/measures/test_registry.py`,
and in the audit, which shares no code with this, the same question asked a second time.
"""

from __future__ import annotations

from markovdiff.measures.checks.converged import Converged
from markovdiff.measures.checks.dpi import Dpi
from markovdiff.measures.checks.elbo_ledger import ElboLedger
from markovdiff.measures.checks.entropy_growth import EntropyGrowth
from markovdiff.measures.checks.h_theorem import HTheorem
from markovdiff.measures.checks.identities import Identities
from markovdiff.measures.checks.kind import CheckKind
from markovdiff.measures.checks.mi_decay import MiDecay
from markovdiff.measures.checks.sampler import Sampler
from markovdiff.measures.checks.sdpi import Sdpi

__all__ = [
    "CHECKS",
    "CheckKind",
    "Converged",
    "Dpi",
    "ElboLedger",
    "EntropyGrowth",
    "HTheorem",
    "Identities",
    "MiDecay",
    "Sampler",
    "Sdpi",
]

CHECKS: dict[str, type[CheckKind]] = {
    check.name: check
    for check in (MiDecay, Identities, Sdpi, HTheorem, ElboLedger, Dpi, EntropyGrowth, Converged, Sampler)
}
"""Every check by its name, in the order in which a file's schema and a result have them."""
