"""The scenario file, key by key: what may be written, and of what type.

This is the file format and nothing else: the shape of each table, as frozen structs that refuse an
unknown key. What the numbers mean, and whether they fit together, is `scenario`'s business. The
JSON Schema that ships is made from these structs.

Every number is a `Number`: a TOML integer, a decimal (read as the decimal written, never as a
binary float), or a string such as "3/4".
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, field

from markovdiff.arithmetic.rational import MAX_DIGITS
from markovdiff.measures.checks import CHECKS
from markovdiff.process.kernels.registry import KERNELS
from markovdiff.process.kernels.spec import KernelSpec, Normalise
from markovdiff.process.reverse.registry import MODELS
from markovdiff.process.reverse.spec import ModelSpec
from markovdiff.process.schedules.registry import Schedule
from markovdiff.process.table import Table
from markovdiff.sequences.law import MAX_LENGTH

Number = Fraction
Count = Annotated[int, Meta(ge=1)]


# [data]


class UniformFamilySpec(Table, frozen=True, tag_field="kind", tag="uniform"):
    """p_k = 1/size."""

    size: Count | None = None


class TriangularFamilySpec(Table, frozen=True, tag_field="kind", tag="triangular"):
    """p_k = k/Z, k = 1…size."""

    size: Count | None = None


class ZipfFamilySpec(Table, frozen=True, tag_field="kind", tag="zipf"):
    """p_k ∝ k^−exponent, k = 1…size."""

    size: Count | None = None
    exponent: Annotated[int, Meta(ge=0, le=16)] = 1


class GeometricFamilySpec(Table, frozen=True, tag_field="kind", tag="geometric"):
    """p_k ∝ ratio^k, k = 0…size−1."""

    ratio: Number
    size: Count | None = None


class BinomialFamilySpec(Table, frozen=True, tag_field="kind", tag="binomial"):
    """The number of successes in size−1 trials of probability p."""

    p: Number
    size: Count | None = None


class PointFamilySpec(Table, frozen=True, tag_field="kind", tag="point"):
    """All mass on one state, named by its label or its number."""

    state: str | int
    size: Count | None = None


class Text(Table, frozen=True):
    """Relative frequencies of a text's characters, words or bytes."""

    path: str
    unit: Literal["character", "word", "byte"] = "character"
    alphabet: str | None = None
    other: str | None = None
    top: Count | None = None


class Csv(Table, frozen=True):
    """Counts from a CSV file with a header."""

    path: str
    label: str
    count: str


class Npy(Table, frozen=True):
    """Integers as weights, or floats as the exact dyadic rationals they are."""

    path: str
    normalise: Normalise = False


class WeightedSequence(Table, frozen=True):
    """A sequence by its symbols, and its weight."""

    tokens: list[str]
    weight: Number


class Markov(Table, frozen=True):
    """The law of the first symbol, or "stationary", and for each symbol the law of the next."""

    initial: Literal["stationary"] | list[Number]
    rows: list[list[Number]]


Family = (
    UniformFamilySpec
    | TriangularFamilySpec
    | ZipfFamilySpec
    | GeometricFamilySpec
    | BinomialFamilySpec
    | PointFamilySpec
)


class Data(Table, frozen=True):
    """q(x0): exactly one of the forms; with `length`, of sequences."""

    states: list[str] | None = None
    length: Annotated[int, Meta(ge=1, le=MAX_LENGTH)] | None = None
    probabilities: list[Number] | None = None
    weights: list[Number] | None = None
    family: Family | None = None
    text: Text | None = None
    csv: Csv | None = None
    npy: Npy | None = None
    sequences: dict[str, Number] | list[WeightedSequence] | None = None
    markov: Markov | None = None


# [noise]


if TYPE_CHECKING:
    Kernel: TypeAlias = KernelSpec
    Model: TypeAlias = ModelSpec
else:
    Kernel = reduce(or_, KERNELS.values())
    Model = reduce(or_, MODELS.values())


class Noise(Table, frozen=True):
    """The forward process."""

    kernel: Kernel
    steps: Count | None = None
    schedule: Schedule | None = None


# [reverse]


class Reverse(Table, frozen=True):
    """The reverse model and the prior it starts from."""

    prior: Literal["marginal", "stationary", "uniform", "mask"] | list[Number] = "marginal"
    model: Model | None = None
    """Bayes for one symbol, posterior-mixture for sequences."""
    hybrid: Number | None = None
    """λ: report D3PM's hybrid loss L + λ·ΣC_t too, C_t the denoiser's cross-entropy at step t."""


# [sampler]


class SamplerSpec(Table, frozen=True):
    """What is asked of samplers of sequences: numbers of steps, grids of times, and block sizes of unmasking."""

    steps: list[Count] | None = None
    times: list[list[int]] | None = None
    unmask: list[list[int]] | None = None
    order: Literal["random", "left-to-right", "confidence"] | list[int] = "random"


# [checks]

ArithmeticKind = Literal["exact", "ball", "float"]

# a field for each check of the registry; its type is known when the module is loaded, not before
if TYPE_CHECKING:
    Checks = Table
else:
    Checks = msgspec.defstruct(
        "Checks",
        [(name.replace("-", "_"), check.asks | None, None) for name, check in CHECKS.items()],
        bases=(Table,),
        frozen=True,
        rename="kebab",
        namespace={"__doc__": "What is expected of the chain.", "__module__": __name__},
    )


# the file


class Arithmetic(Table, frozen=True):
    """How numbers are computed, and to how many digits they are certified."""

    kind: ArithmeticKind = "exact"
    digits: Annotated[int, Meta(ge=1, le=1000)] = 15


class File(Table, frozen=True):
    """A scenario file."""

    data: Data
    noise: Noise
    name: str | None = None
    title: str = ""
    description: str = ""
    unit: Literal["bits", "nats"] = "bits"
    reverse: Reverse = field(default_factory=Reverse)
    sampler: SamplerSpec | None = None
    checks: Checks | None = None
    arithmetic: Arithmetic = field(default_factory=Arithmetic)


def schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a scenario file, read as JSON."""
    made = msgspec.json.schema(File, schema_hook=_number_schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "markovdiff scenario",
        "description": "A TOML decimal stands for exactly the decimal written; a string may hold a fraction.",
        **made,
    }


def _number_schema(kind: type) -> dict[str, Any]:
    if kind is not Fraction:
        raise NotImplementedError(kind)
    pattern = r"^\s*[+-]?([0-9]+(/[0-9]+)?|([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,9})?)\s*$"
    text = {"type": "string", "pattern": pattern, "maxLength": MAX_DIGITS}
    return {"title": "rational number", "anyOf": [{"type": "number"}, text]}
