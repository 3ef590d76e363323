"""The second route: a result is recomputed and every number in it confirmed, or the first wrong one named.

    logarithm → logsum → facts, ledger, likelihood, questions → verdicts → examination → command
    record → scenario → process, reverse, exponential, sampled     numerals, claims → confirm
    sentences, shadow                                              confirmer, report, budget

Records of sequences have a room of their own, `sequences`.
Nothing here but Python's standard library (and `markovdiff.errors` and `signals`, which are nothing but that): no
FLINT, no numpy, and nothing of the engine. Probabilities are integers over common denominators, logarithms integers
between proven bounds, and the formulas are others than the engine's wherever there are others: information from
entropies of joint laws and not from deviations, a loss as a conditional mutual information and not as a difference,
the ELBO from its terms and not from H(x_0) and the model's errors, NLL by walking the prior back. Both share the
mathematics in the docstrings.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markovdiff.audit.command import audit

__all__ = ["audit"]


def __getattr__(name: str) -> Any:
    """Load `audit` when it is first used: `python -m` imports this before the program begins."""
    if name not in __all__:
        raise AttributeError(f"module 'markovdiff.audit' has no attribute {name!r}")
    from markovdiff.audit.command import audit

    return audit
