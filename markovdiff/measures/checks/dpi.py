"""`dpi`: I(x_s; x_u) ≤ min(I(x_s; x_t), I(x_t; x_u)) for s ≤ t ≤ u, all pairs of times.

The engines compare the pairs (`triangle`) and conclude; here stands when the check is made.
"""

from __future__ import annotations

from markovdiff.measures.checks.kind import CheckKind, CheckSetting

MAX_STEPS, MAX_STATES = 64, 32
"""`dpi` compares T²/2 pairs of times: by default only up to here."""


class Dpi(CheckKind):
    """The data-processing triangle: a theorem for a Markov chain; a process with memory may break it."""

    name = "dpi"

    @classmethod
    def default(cls, setting: CheckSetting) -> str | None:
        is_small = setting.T <= MAX_STEPS and setting.K <= MAX_STATES
        return "holds" if is_small and setting.is_markov else None
