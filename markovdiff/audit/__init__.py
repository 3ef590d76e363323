"""The second route: a result is recomputed and every number in it confirmed, or the first wrong one named.

    logarithm → logsum → facts, ledger, likelihood, questions → examination → command
    record → scenario → process, reverse                                     numerals, claims → confirm

Nothing here but Python's standard library (and `markovdiff.errors`, which is nothing but that): no FLINT, no numpy, and
nothing of the engine. Probabilities are integers over common denominators, logarithms integers between proven bounds,
and the formulas are others than the engine's wherever there are others: information from entropies of joint laws and
not from deviations, a loss as a conditional mutual information and not as a difference, the ELBO from its terms and
not from H(x_0) and the model's errors, NLL by walking the prior back. Both share the mathematics in the docstrings.
"""

from markovdiff.audit.command import audit

__all__ = ["audit"]
