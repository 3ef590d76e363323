"""The `reverse.model` table of a scenario file: one struct a kind, which makes the reverse model that the table means.

A kind is a subclass of `ModelSpec` with its keys as fields and `tag` as its name. What lies outside of the table
(the chain, the labels of [data], other files) is asked of the `ModelSetting`, so that nothing here reads a file.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol

import msgspec

from markovdiff.arithmetic.rational import text
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels.spec import Normalise
from markovdiff.process.reverse.model import ReverseModel
from markovdiff.process.reverse.rows import Rows, written
from markovdiff.process.table import Kind

if TYPE_CHECKING:
    from markovdiff.process.reverse.by_position import ByPosition

WHERE = "reverse.model"
"""The table's path in a scenario file."""

OF_SEQUENCES = 'kind = "posterior-mixture", "d3pm" or "table" with a denoiser, by position, or "bayes", the joint one'
"""What is expected where the data are sequences."""

Last = Literal["prediction", "formula"]


class BringsTables(Protocol):
    """A table that brings K × K tables, one a step, under `rows` or in a file."""

    @property
    def rows(self) -> list[list[list[Fraction]]] | None:
        """The tables."""

    @property
    def path(self) -> str | None:
        """The file."""

    @property
    def normalise(self) -> Normalise:
        """Whether rows may be divided by their sums."""

    @property
    def softmax(self) -> bool:
        """Whether the file has logits."""


@dataclass(frozen=True)
class Tables:
    """Tables as they were read: of R_t or of a denoiser, and what was done to them."""

    name: Literal["reverse", "denoiser"]
    rows: tuple[Rows, ...]
    notes: tuple[str, ...]


class ModelSetting(Protocol):
    """What a reverse model's table stands in."""

    @property
    def chain(self) -> Chain:
        """The chain that is reversed."""

    def belief(self, probabilities: list[Fraction]) -> Distribution:
        """Return a law over the labels of [data] on the chain's states. Raises InputError where it does not fit."""

    def tables(self, spec: BringsTables) -> Tables:
        """Return the tables that the spec brings. Raises InputError where they do not fit the chain."""


class ModelSpec(Kind, frozen=True, tag_field="kind"):
    """A kind of reverse model, as it is written in a scenario file."""

    rank: ClassVar[int] = 100
    """Its place in lists: the simplest first."""

    read: ClassVar[tuple[str, ...]] = ()
    """The keys that a record leaves out, since it has what was read by them."""

    @property
    def is_bayes(self) -> bool:
        """Whether the table asks for the Bayes reverse under the data themselves."""
        return False

    def model(self, setting: ModelSetting) -> ReverseModel:
        """Return the reverse model of the setting's chain. Raises InputError where the table does not fit it."""
        raise NotImplementedError

    def by_position(self) -> ByPosition | None:
        """Return how each position of a sequence is treated; None for the joint Bayes reverse.

        Raises InputError for a model that speaks of one symbol only, as every kind does that says nothing of it.
        """
        raise InputError("a reverse model of one symbol", where=WHERE, expected=OF_SEQUENCES)

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return what an audit needs to know besides the kind: by default all rows of all steps."""
        steps = (model.step(before, now) for before, now in pairwise(chain.moments()))
        return {"rows": [written(step.rows) for step in steps]}

    def keys(self) -> dict[str, object]:
        """Return what the table says, key by key, as a record has it."""
        values = {name: getattr(self, name) for name in self.__struct_fields__ if name not in self.read}
        return {name: msgspec.to_builtins(value, enc_hook=text) for name, value in values.items() if value is not None}
