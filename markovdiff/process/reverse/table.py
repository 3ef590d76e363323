"""Tables that are brought: R_t itself, or a denoiser p̃(x0 | x_t) that one of the two mixtures makes R_t of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

from flint import fmpz

from markovdiff.arithmetic.value import from_fields, in_a_line
from markovdiff.errors import InputError, InternalError
from markovdiff.process.chain import Chain
from markovdiff.process.kernels.spec import Normalise
from markovdiff.process.moment import Moment
from markovdiff.process.reverse.by_position import ByPosition, DenoiserFile, Form
from markovdiff.process.reverse.d3pm import D3PM
from markovdiff.process.reverse.denoisers import DenoiserTable
from markovdiff.process.reverse.mixture import PosteriorMixture
from markovdiff.process.reverse.model import ReverseModel, ReverseStep
from markovdiff.process.reverse.numbers import BesideBayes, StepNumbers, compared
from markovdiff.process.reverse.rows import Rows, shares, written
from markovdiff.process.reverse.spec import WHERE, Last, ModelSetting, ModelSpec

if TYPE_CHECKING:
    from markovdiff.process.support import ReverseSupport, SupportPattern


class Tabled(ReverseModel):
    """A model whose R_1 … R_T are tables, whatever the numbers of the process."""

    depends_on_process: ClassVar[bool] = False

    if TYPE_CHECKING:

        @property
        def tables(self) -> tuple[Rows, ...]:
            """R_1 … R_T."""

    def step(self, before: Moment, now: Moment) -> ReverseStep:
        """Return the table of step t."""
        return ReverseStep(self.tables[now.t - 1])

    def rows_alone(self, chain: Chain, t: int) -> Rows:
        """Return the table of step t."""
        return self.tables[t - 1]

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Return all the tables' probabilities."""
        return shares(self.tables)

    def support(self, chain: Chain, before: SupportPattern, now: SupportPattern) -> ReverseSupport:
        """Return where the table of step t is not 0."""
        from markovdiff.process.support import brought

        return brought(self.tables[now.t - 1])

    def beside_bayes(self, x: StepNumbers) -> BesideBayes:
        """Return the table of step t, rounded."""
        return compared(x, x.brought(self.tables[x.now.pattern.t - 1]), x.fine)


@dataclass(frozen=True, eq=False)
class ReverseTable(Tabled):
    """R_t given outright; `notes` says what was done to it as it was read."""

    tables: tuple[Rows, ...]
    notes: tuple[str, ...] = ()

    __repr__ = in_a_line
    __reduce__ = from_fields


class TableModelSpec(ModelSpec, frozen=True, tag="table"):
    """R_t[j][i] for t = 1…T, or a table p̃(x0 | x_t) put through one of the two mixtures."""

    rows: list[list[list[Fraction]]] | None = None
    path: str | None = None
    form: Form = "posterior-mixture"
    last: Last | None = None
    normalise: Normalise = False
    softmax: bool = False

    rank: ClassVar[int] = 5
    read: ClassVar[tuple[str, ...]] = ("rows", "path", "normalise", "softmax")

    def model(self, setting: ModelSetting) -> ReverseModel:
        """Return the model of the tables. Raises InputError where they do not fit, or `last` has nothing to choose."""
        brought = setting.tables(self)
        if self.last is not None and (brought.name == "reverse" or self.form != "d3pm"):
            raise InputError(
                "no formula that `last` could choose", where=f"{WHERE}.last", expected='a denoiser and form = "d3pm"'
            )
        if brought.name == "reverse":
            return ReverseTable(brought.rows, brought.notes)
        denoiser = DenoiserTable(brought.rows, brought.notes)
        return D3PM(denoiser, self.last or "prediction") if self.form == "d3pm" else PosteriorMixture(denoiser)

    def by_position(self) -> ByPosition:
        """Return the form, with the file as the denoiser. Raises InputError for what is no file of a denoiser."""
        if self.path is None or self.softmax:
            raise InputError(
                "not a table of a denoiser",
                where=WHERE,
                expected="path to a file with probabilities under `denoiser`, as [t−1][x_t][l][k]",
                got="softmax" if self.softmax else "rows" if self.rows is not None else "no path",
            )
        if self.last is not None and self.form != "d3pm":
            raise InputError("no formula that `last` could choose", where=f"{WHERE}.last", expected='form = "d3pm"')
        return ByPosition(self.form, DenoiserFile(self.path, self.normalise), self.last or "prediction")

    def record(self, model: ReverseModel, chain: Chain) -> dict[str, object]:
        """Return the form and the rows of R_t or of p̃."""
        match model:
            case ReverseTable(tables):
                return {**self.keys(), "rows": [written(rows) for rows in tables]}
            case PosteriorMixture(denoiser=DenoiserTable(tables)):
                return {**self.keys(), "denoiser_rows": [written(rows) for rows in tables]}
            case D3PM(denoiser=DenoiserTable(tables), last=last):
                return {**self.keys(), "last": last, "denoiser_rows": [written(rows) for rows in tables]}
        raise InternalError(f"a model made of tables was expected, not {model!r}")
