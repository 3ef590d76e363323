"""From what a scenario file says to the process it means: data, kernel, schedule, laws.

Here the keys meet each other: a label names a mask, a family gets its size from the labels, a stack of
matrices says how many steps there are. Whatever does not fit is an InputError with the key's path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from markovdiff.arithmetic.rational import shown, text
from markovdiff.errors import InputError, LimitError
from markovdiff.measures.checks.wording import at_steps
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import Kernel
from markovdiff.process.kernels.spec import MAX_DENSE_STATES, Brought, KernelSpec, Stack
from markovdiff.process.schedules.schedule import ScheduleSpec
from markovdiff.process.transition import check_shape
from markovdiff.study import fileformat, files
from markovdiff.study.files import MAX_STEPS
from markovdiff.study.sums import Divider, check_orientation, settle

Rates = tuple[tuple[Fraction, ...], ...]


def noise(
    spec: fileformat.Noise, data: Distribution, folder: Path, notes: list[str]
) -> tuple[Distribution, Kernel, tuple[Fraction, ...], int]:
    """Return the data (with the mask added where the kernel adds one), the kernel, β_1 … β_T, and T."""
    if spec.steps is not None and spec.steps > MAX_STEPS:
        raise LimitError("too many steps", where="noise.steps", expected=f"at most {MAX_STEPS}", got=shown(spec.steps))
    data, kernel = _kernel(spec.kernel, data, folder, notes)
    if not kernel.has_schedule:
        if spec.schedule is not None:
            raise InputError("this kernel has no schedule", where="noise.schedule", remedy="leave noise.schedule out")
        return data, kernel, (), _steps(spec.steps, kernel.steps_brought, _stack_key(spec.kernel))
    if spec.schedule is None:
        raise InputError(
            "the noise has no schedule",
            where="noise.schedule",
            expected='a table such as { kind = "constant", beta = "1/10" }',
        )
    setting = ScheduleContext(data, kernel.rank_one_target, folder, notes)
    betas = _schedule(spec.schedule, spec.steps, setting, rates=kernel.takes_rates)
    kernel = spec.kernel.scheduled(kernel, spec.schedule, betas, KernelSetting(data, folder, notes))
    return data, kernel, betas, len(betas)


def _stack_key(spec: KernelSpec) -> str:
    """Return the key that brings a kernel's matrices."""
    return "noise.kernel.path" if getattr(spec, "path", None) is not None else "noise.kernel.steps_rows"


def _steps(given: int | None, brought: int | None, where: str) -> int:
    """T as it is given, or as many as the key `where` brings entries."""
    if given is None and brought is None:
        raise InputError("the number of steps is missing", where="noise.steps", expected="an integer ≥ 1")
    if given is not None and brought is not None and given != brought:
        raise InputError(
            "not one entry a step", where=where, expected=f"{shown(given)}, as many as noise.steps", got=str(brought)
        )
    steps = given or brought or 0
    if not 1 <= steps <= MAX_STEPS:
        raise LimitError(
            "the number of steps is out of range", where="noise.steps", expected=f"1 to {MAX_STEPS}", got=shown(steps)
        )
    return steps


def _schedule(
    spec: ScheduleSpec, steps: int | None, setting: ScheduleContext, *, rates: bool = False
) -> tuple[Fraction, ...]:
    spec, notes = spec.resolved(setting), setting.notes
    T = _steps(steps, spec.length, f"noise.schedule.{spec.brings or ''}")
    spec.check(T)
    if rates and spec.tells_rates:
        return spec.rates(T)
    ceiling, betas = spec.ceiling, spec.formula(T)
    if ceiling is None:
        return betas
    cap, most = ceiling
    if above := [t for t, beta in enumerate(betas, 1) if beta > most]:
        notes.append(f"noise.schedule: β_t capped at {text(cap)} {at_steps(above, T)}")
    return tuple(min(beta, most) for beta in betas)


COLUMNS = {"betas": ("betas", "beta"), "alphas": ("alphas", "alpha_bar")}
"""What a file's column or array may be called, by the key that it stands for."""


@dataclass(frozen=True)
class ScheduleContext:
    """The data, the law that the kernel forgets towards if any, the folder of paths, and the notes on what is read."""

    data: Distribution
    target: Distribution | None
    folder: Path
    notes: list[str]

    def series(self, key: str, given: Sequence[Fraction] | None, path: str | None) -> list[Fraction]:
        """Return the numbers under their key, or in a file."""
        if (given is None) == (path is None):
            raise InputError(
                "the numbers are given twice" if given is not None else "the numbers are missing",
                where="noise.schedule",
                expected=f"either {key} or path",
            )
        if path is None:
            return list(given or ())
        found, done = files.read_series(self.folder / path, COLUMNS[key], "noise.schedule.path")
        self.notes.extend(done)
        if key == "alphas" and found[:1] == [1]:
            self.notes.append("noise.schedule.path: the first number is 1, and so ᾱ_0; it was left out")
            return found[1:]
        return found


def _kernel(spec: KernelSpec, data: Distribution, folder: Path, notes: list[str]) -> tuple[Distribution, Kernel]:
    K = data.K
    if not spec.is_structured and K > MAX_DENSE_STATES:
        raise LimitError(
            "too many states for a kernel written out as a K × K matrix",
            where="noise.kernel",
            expected=f"at most {MAX_DENSE_STATES} states",
            got=shown(K),
            remedy="a uniform, absorbing or mixing kernel, or fewer states",
        )
    label = spec.added_state()
    if label is not None and label not in data.states:
        data = data.with_extra_state(label)
    return data, spec.kernel(KernelSetting(data, folder, notes))


@dataclass(frozen=True)
class KernelSetting:
    """The data, the folder that paths are relative to, and the notes on what was done to what is read."""

    data: Distribution
    folder: Path
    notes: list[str]

    def law(self, named: str | list[Fraction], where: str) -> Distribution:
        """Return the law on the data's states: given, or by its name."""
        return law(named, self.data, where)

    def rates(self, given: Sequence[Sequence[Fraction]] | None, spec: Brought) -> tuple[tuple[Fraction, ...], ...]:
        """Return the rates by rows: under `rows`, or in a file."""
        return _rates(given, spec, self)

    def schedule(self, spec: ScheduleSpec, T: int, where: str) -> tuple[Fraction, ...]:
        """Return β_1 … β_T of a schedule that stands elsewhere; its errors and notes say where."""
        notes: list[str] = []
        try:
            betas = _schedule(spec, T, ScheduleContext(self.data, None, self.folder, notes))
        except InputError as error:
            raise error.but(where=(error.where or where).replace("noise.schedule", where)) from None
        self.notes.extend(note.replace("noise.schedule", where) for note in notes)
        return betas

    def matrices(self, key: str, given: Stack | None, spec: Brought, *, single: bool = False) -> tuple[str, Stack]:
        """Return where the matrices stand, and the matrices, by rows: under their key, or in a file."""
        return _matrices(key, given, spec, self, single=single)


def _matrices(
    key: str,
    given: Stack | None,
    spec: Brought,
    setting: KernelSetting,
    *,
    single: bool,
) -> tuple[str, Stack]:
    data, notes = setting.data, setting.notes
    place, stack = _brought(key, given, spec, setting)
    where = f"noise.kernel.{key}" if spec.path is None else "noise.kernel.path"
    turned = " (transposed)" if spec.convention == "columns" else ""
    return f"{where}{turned}", _stochastic(stack, spec, data.K, where, place, notes, single=single)


def _brought(key: str, given: Stack | None, spec: Brought, setting: KernelSetting) -> tuple[str, Stack]:
    """Return the place of the matrices, and they as they stand: under their key, or in a file."""
    data, folder, notes = setting.data, setting.folder, setting.notes
    if (given is None) == (spec.path is None):
        raise InputError(
            "the matrix is given twice" if given is not None else "the matrix is missing",
            where="noise.kernel",
            expected=f"either {key} or path",
        )
    if given is not None:
        if spec.normalise:
            raise InputError(
                "`normalise` is for files", where="noise.kernel.normalise", remedy="write rows that sum to one"
            )
        return f"noise.kernel.{key}", given
    assert spec.path is not None
    stack, done = files.read_matrices(folder / spec.path, data.K, data.states, "noise.kernel.path")
    notes += done
    return f"noise.kernel.path ({folder / spec.path})", stack


def _rates(given: Sequence[Sequence[Fraction]] | None, spec: Brought, setting: KernelSetting) -> Rates:
    """Rates ≥ 0 beside the diagonal, and rows that sum to 0, as far as `convention` and `normalise` make them so."""
    place, (matrix, *more) = _brought("rows", None if given is None else [given], spec, setting)
    if more:
        raise InputError("not one matrix", where=place, expected="one", got=f"{1 + len(more)} matrices")
    check_shape(matrix, setting.data.K, place)
    rows = [list(row) for row in matrix]
    if spec.convention == "columns":
        rows = [list(column) for column in zip(*rows, strict=True)]
        setting.notes.append(f"{place}: read by columns, and so transposed")
    widest = Fraction(0)
    for i, row in enumerate(rows):
        low = next((j for j, x in enumerate(row) if x < 0 and j != i), None)
        if low is not None:
            raise InputError("a negative rate", where=f"{place}[{i}][{low}]", expected="≥ 0", got=shown(row[low]))
        off = sum(row, Fraction(0))
        widest = max(widest, abs(off))
        leaves = sum(row, Fraction(0)) - row[i]
        if off and not (spec.normalise == "any" or (spec.normalise and abs(off) <= leaves / 10**6)):
            raise InputError(
                "rates of a row that do not sum to 0",
                where=f"{place}[{i}]",
                expected=f"{shown(-leaves)} on the diagonal, less what leaves",
                got=shown(row[i]),
                remedy="correct the diagonal; `normalise = true` forgives rounding in a file",
            )
        row[i] = -leaves
    if widest:
        setting.notes.append(
            f"{place}: the diagonal was made what the other rates leave, {shown(widest, 4)} off at most"
        )
    return tuple(map(tuple, rows))


def _stochastic(
    stack: Stack,
    spec: Brought,
    K: int,
    where: str,
    place: str,
    notes: list[str],
    *,
    single: bool,
) -> Stack:
    """Return the matrices by rows that sum to one, as far as `convention` and `normalise` make them so."""

    def at(m: int) -> str:
        return place if single else f"{place}[{m}]"

    for m, matrix in enumerate(stack):
        check_shape(matrix, K, at(m))
    by_columns = spec.convention == "columns"
    rows: Stack = stack
    if by_columns:
        rows = [list(zip(*matrix, strict=True)) for matrix in stack]
        notes.append(f"{where}: read by columns, and so transposed")
    words = ("columns", "rows") if by_columns else ("rows", "columns")
    meaning = "q(x_t = j | x_(t−1) = i) stands at " + ("[i][j]" if by_columns else "[j][i]")
    check_orientation(rows, words, at, f'if {meaning}, write `convention = "{words[1]}"`')
    if spec.path is None:
        return rows
    one = words[0].removesuffix("s")
    divider = Divider(spec.normalise, empty="say where the state goes: 1 on the diagonal if it stays", one=one)
    found = settle(rows, divider, lambda m, i: f"{at(m)}, {one} {i}")
    notes += divider.note(where, f"{words[0]} divided by their sums, which")
    return found


def law(named: str | list[Fraction], data: Distribution, where: str, mask: str | None = None) -> Distribution:
    """Return a law on the chain's states: given, or "uniform", "data", "mask"."""
    if isinstance(named, list):
        if len(named) != data.K:
            raise InputError(
                "a law of the wrong length",
                where=where,
                expected=f"{data.K} probabilities, one a state",
                got=str(len(named)),
            )
        return Distribution.from_probabilities(named, data.states, where)
    if named == "data":
        return data
    if named == "uniform":
        return Distribution.from_weights([1] * data.K, data.states, where)
    if mask is None:
        raise InputError("there is no mask", where=where, expected="an absorbing kernel", got=repr(named))
    return Distribution.from_weights([int(label == mask) for label in data.states], data.states, where)
