"""All kinds of reverse model: those that ship, and those of other packages, by the entry point `markovdiff.reverse`."""

from __future__ import annotations

from markovdiff.process.plugins import with_plugins
from markovdiff.process.reverse.bayes import BayesSpec
from markovdiff.process.reverse.counted import CountedSpec
from markovdiff.process.reverse.d3pm import D3PMSpec
from markovdiff.process.reverse.mixture import PosteriorMixtureSpec
from markovdiff.process.reverse.spec import ModelSpec
from markovdiff.process.reverse.table import TableModelSpec
from markovdiff.process.reverse.uniform import UniformModelSpec

SHIPPED: dict[str, type[ModelSpec]] = {
    spec.kind(): spec
    for spec in (
        BayesSpec,
        PosteriorMixtureSpec,
        D3PMSpec,
        CountedSpec,
        UniformModelSpec,
        TableModelSpec,
    )
}
"""The kinds that an audit knows by name."""

MODELS: dict[str, type[ModelSpec]] = with_plugins("markovdiff.reverse", ModelSpec, "reverse model", SHIPPED)
"""Every kind, the simplest first."""
