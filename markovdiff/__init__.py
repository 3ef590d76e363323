"""markovdiff: exactly how much information about x0 is left at every step of discrete diffusion.

    import markovdiff as md
    result = md.run(md.load("two-state"))
    result.steps[17].mutual_information.value

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from markovdiff._version import __version__

if TYPE_CHECKING:
    from markovdiff.arithmetic.logform import INFINITY, LogForm, log
    from markovdiff.designs.continuous_time import continuous_time
    from markovdiff.designs.estimate import estimate
    from markovdiff.designs.goals import design
    from markovdiff.designs.inspection import Inspection, inspect
    from markovdiff.errors import (
        InexactError,
        InputError,
        InternalError,
        LimitError,
        MarkovdiffError,
        TooLongError,
        UnfinishedError,
    )
    from markovdiff.figures.figure import plot
    from markovdiff.measures.distances import chi_squared, renyi, total_variation
    from markovdiff.measures.information import (
        conditional_entropy,
        cross_entropy,
        entropy,
        jensen_shannon,
        joint_entropy,
        kl,
        mutual_information,
    )
    from markovdiff.process.chain import Chain
    from markovdiff.reference.compare import compare
    from markovdiff.reference.export import export
    from markovdiff.reports.page import report
    from markovdiff.sequences.curve import information_curve
    from markovdiff.sequences.unmasking import best_unmasking
    from markovdiff.study.loading import load, loads, scenario
    from markovdiff.study.result import Result
    from markovdiff.study.run import run
    from markovdiff.study.scenario import Scenario
    from markovdiff.sweeps.sweep import sweep

_HOMES = {
    "markovdiff.arithmetic.logform": ("INFINITY", "LogForm", "log"),
    "markovdiff.errors": (
        "InexactError",
        "InputError",
        "InternalError",
        "LimitError",
        "MarkovdiffError",
        "TooLongError",
        "UnfinishedError",
    ),
    "markovdiff.designs.continuous_time": ("continuous_time",),
    "markovdiff.designs.estimate": ("estimate",),
    "markovdiff.designs.goals": ("design",),
    "markovdiff.designs.inspection": ("Inspection", "inspect"),
    "markovdiff.figures.figure": ("plot",),
    "markovdiff.measures.distances": ("chi_squared", "renyi", "total_variation"),
    "markovdiff.measures.information": (
        "conditional_entropy",
        "cross_entropy",
        "entropy",
        "jensen_shannon",
        "joint_entropy",
        "kl",
        "mutual_information",
    ),
    "markovdiff.process.chain": ("Chain",),
    "markovdiff.reference.compare": ("compare",),
    "markovdiff.reference.export": ("export",),
    "markovdiff.reports.page": ("report",),
    "markovdiff.sequences.curve": ("information_curve",),
    "markovdiff.sequences.unmasking": ("best_unmasking",),
    "markovdiff.study.result": ("Result",),
    "markovdiff.study.run": ("run",),
    "markovdiff.study.loading": ("load", "loads", "scenario"),
    "markovdiff.study.scenario": ("Scenario",),
    "markovdiff.sweeps.sweep": ("sweep",),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022  (by theme)
    "load", "loads", "scenario", "run", "sweep", "plot", "report", "export", "compare", "inspect", "design", "estimate",
    "continuous_time",
    "Scenario", "Chain", "Result", "Inspection",
    "entropy", "cross_entropy", "kl", "jensen_shannon", "joint_entropy", "conditional_entropy", "mutual_information",
    "total_variation", "chi_squared", "renyi",
    "information_curve", "best_unmasking",
    "log", "LogForm", "INFINITY",
    "MarkovdiffError", "InputError", "InexactError", "LimitError", "UnfinishedError", "TooLongError", "InternalError",
    "__version__",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load a public name from its home on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'markovdiff' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
