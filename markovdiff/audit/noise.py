"""From the kernel in a record to the noise that the audit walks with, each kind seen to be what the record calls it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm

from markovdiff.audit import budget, exponential
from markovdiff.audit.claims import WrongError
from markovdiff.audit.process import Matrix, Noise, blend, matrix
from markovdiff.audit.record import Part
from markovdiff.errors import LimitError

KERNELS = (
    "uniform",
    "absorbing",
    "mixing",
    "mask-uniform",
    "neighbour",
    "matrix",
    "rate",
    "gaussian",
    "per-step",
    "conditional",
)


MAX_CELLS = 50_000_000
"""Entries of tables, T·K², that a record may bring."""

MAX_GRID_BITS = 2**20
"""Of the Gaussian's resolution, for all its K probabilities together: as much as a scenario could be run with."""


def strength_of(item: Part, kernel: Part) -> Fraction:
    """Return β_t, or a rate, which may be above 1."""
    if kernel.get("strength") is None or kernel["strength"].text(("rate", "alpha")) == "alpha":
        return item.probability()
    rate = item.ratio()
    if rate < 0:
        raise item.fail("a negative rate", "≥ 0")
    return rate


def noise_of(part: Part, kind: str, states: Sequence[str], T: int, betas: Sequence[Fraction]) -> Noise:
    """Return the noise of a kernel; WrongError where it is not what its kind says, InputError where it is none."""
    K = len(states)
    if kind in ("uniform", "absorbing", "mixing", "neighbour", "matrix"):
        return _by_beta(part, kind, states, T, betas)
    if kind == "conditional":
        part.only(("kind", "rows_by_source"))
        return Noise(memory=tuple(matrix(item.rows(K)) for item in part["rows_by_source"].items(K)))
    check_cells(T, K, part.path)
    if kind == "mask-uniform":
        return _masking(part, states, betas)
    if jumps := part.get("steps_jumps"):
        part.only(("kind", "steps_jumps", "resolution"), ("bands",))
        steps = _distinct(jumps.items(T), lambda step: _banded(step, K))
    elif kind == "rate":
        part.only(("kind", "steps_rows", "resolution", "rates", "strength"))
        steps = _distinct(part["steps_rows"].items(T), lambda step: step.rows(K))
    else:
        part.only(("kind", "steps_rows", *["resolution"] * (kind == "gaussian")), ["bands"] * (kind == "gaussian"))
        steps = _distinct(part["steps_rows"].items(T), lambda step: step.rows(K))
    if kind == "gaussian":
        bands = part["bands"].count(1, 10**18) if part.get("bands") else K
        _check_gaussian(part["resolution"], steps, betas, bands)
    return Noise(steps=tuple(steps))


DESCRIBED = {"neighbour": ("reach", "boundary"), "uniform": ("bands",), "absorbing": ("mask",)}
"""What a record may say of a kind besides its matrices."""


def _by_beta(part: Part, kind: str, states: Sequence[str], T: int, betas: Sequence[Fraction]) -> Noise:
    """Return a matrix, a law, or a law a step, that β moves towards; perhaps each state at a pace of its own."""
    K = len(states)
    towards = next((key for key in ("targets", "target") if part.get(key)), "rows")
    part.only(("kind", towards), ("scale", *DESCRIBED.get(kind, ())))
    scale = tuple(item.ratio() for item in part["scale"].items(K)) if part.get("scale") else ()
    if scale and (min(scale) < 0 or max(scale) * max(betas) > 1):
        raise part["scale"].fail("a state that moves with a probability that is none", "β·scale from 0 to 1")
    if towards == "targets":
        tables = [[_law(law, kind, K)] * K for law in part["targets"].items(T)]
    else:
        rows = _rows(part["rows"], kind, K) if towards == "rows" else [_law(part["target"], kind, K)] * K
        _check_described(part, rows, states)
        if not scale:
            return Noise(blended=tuple(map(tuple, rows))) if towards == "rows" else Noise(target=_weights(rows[0]))
        tables = [rows] * T
    check_cells(T, K, part.path)
    budget.spend(4000 * T * K**2)
    return Noise(steps=tuple(blend(beta, M, scale) for beta, M in zip(betas, tables, strict=True)))


def _check_described(part: Part, rows: Sequence[Sequence[Fraction]], states: Sequence[str]) -> None:
    """Raise WrongError where the matrix is not what the record calls it: its mask, its bands, its reach."""
    K = len(states)
    if mask := part.get("mask"):
        label = mask.text()
        if label not in states or any(row[states.index(label)] != 1 for row in rows):
            raise WrongError(mask.path, label, "not the state that all noise moves to")
    if bands := part.get("bands"):
        most = bands.count(1, 10**18)
        if any(x * K != (abs(i - j) <= most) for i, row in enumerate(rows) for j, x in enumerate(row) if i != j):
            raise WrongError(bands.path, str(most), "rows that move to another distance")
    if part.get("reach") or part.get("boundary"):
        far = part["reach"].count(1, K)
        periodic = part["boundary"].text(("reflect", "periodic")) == "periodic"
        made = exponential.neighbour_rows(K, far, periodic=periodic)
        if any(x * 2 * far != n for a, b in zip(rows, made, strict=True) for x, n in zip(a, b, strict=True)):
            raise WrongError(part.path, f"reach {far}", "rows of another reach or boundary")


def _weights(law: Sequence[Fraction]) -> tuple[int, ...]:
    d = lcm(*(p.denominator for p in law))
    return tuple(p.numerator * (d // p.denominator) for p in law)


def _rows(part: Part, kind: str, K: int) -> list[list[Fraction]]:
    """Return the rows of a matrix, once it is seen to be what such a kernel moves towards."""
    rows = part.rows(K)
    is_such, words = {
        "neighbour": (exponential.is_neighbour, "rows that do not move to the nearest states alone, evenly"),
        "uniform": (exponential.is_banded, "rows that do not move evenly to the states within some distance"),
        "matrix": (lambda _rows: True, ""),
    }.get(kind, (exponential.is_one_law, "rows that are not one law"))
    if not is_such(rows):
        raise WrongError(part.path.rpartition(".")[0] + ".kind", kind, words)
    return rows


def _law(part: Part, kind: str, K: int) -> list[Fraction]:
    """Return a law, once it is seen to be a target of such a kernel."""
    law = part.law(K)
    is_such = {"uniform": len(set(law)) == 1, "absorbing": 1 in law, "mixing": True}
    if not is_such.get(kind, False):
        raise part.fail(f"not the target of a kernel called {kind!r}")
    return law


def _banded(part: Part, K: int) -> list[list[Fraction]]:
    """Return the rows whose entry at (i, j) is the jump by |i−j|; the diagonal takes the rest."""
    jumps = [Fraction(0), *(item.probability() for item in part.items(K - 1))]
    rows = [[jumps[abs(i - j)] for j in range(K)] for i in range(K)]
    for i, row in enumerate(rows):
        row[i] = 1 - sum(row, Fraction(0))
        if row[i] < 0:
            raise part.fail("jumps of more than probability one", f"at most 1 from state {i}")
    return rows


def _masking(part: Part, states: Sequence[str], betas: Sequence[Fraction]) -> Noise:
    """Masked with probability γ_t, else drawn evenly from the other states with probability b_t; the mask stays."""
    part.only(("kind", "mask", "uniform_betas"))
    K, T = len(states), len(betas)
    label = part["mask"].text()
    if label not in states or K < 2:
        raise part["mask"].fail("not one of two states or more")
    m, n = states.index(label), K - 1
    drawn = [item.probability() for item in part["uniform_betas"].items(T)]
    budget.spend(4000 * T * K**2)
    steps = []
    for gamma, b in zip(betas, drawn, strict=True):
        rows = [[(1 - gamma) * ((1 - b) * (i == j) + b / n) for j in range(K)] for i in range(K)]
        for i, row in enumerate(rows):
            row[m] = gamma
            if i == m:
                rows[i] = [Fraction(int(j == m)) for j in range(K)]
        steps.append(matrix(rows))
    return Noise(steps=tuple(steps), kept=tuple((1 - gamma) * (1 - b) for gamma, b in zip(betas, drawn, strict=True)))


def _distinct(parts: Sequence[Part], rows: Callable[[Part], list[list[Fraction]]]) -> list[Matrix]:
    """Return a matrix a step; equal neighbours are read once."""
    steps: list[Matrix] = []
    for t, part in enumerate(parts):
        same = t > 0 and part.value == parts[t - 1].value
        steps.append(steps[-1] if same else matrix(rows(part)))
    return steps


def _check_gaussian(resolution: Part, steps: Sequence[Matrix], betas: Sequence[Fraction], bands: int) -> None:
    """Every step is the discretised Gaussian of its β: its probabilities rounded down, the diagonal takes the rest."""
    grid = resolution.ratio()
    if grid <= 0 or grid.numerator != 1:
        raise resolution.fail("not one over a whole number")
    if len(steps[0].N) * grid.denominator.bit_length() > MAX_GRID_BITS:
        raise LimitError("too fine a grid", where=resolution.path, expected=f"at most {MAX_GRID_BITS} bits in all")
    checked: dict[Fraction, tuple[object, int]] = {}
    for t, (step, beta) in enumerate(zip(steps, betas, strict=True), 1):
        if checked.get(beta) != (step.N, step.d) and not _is_gaussian(step, beta, grid.denominator, bands):
            raise WrongError(f"{resolution.path}, t = {t}", "a gaussian kernel", "not its formula on this grid")
        checked[beta] = step.N, step.d


def _is_gaussian(step: Matrix, beta: Fraction, grid: int, bands: int) -> bool:
    K, scale = len(step.N), Fraction(step.d, grid)
    budget.spend(K * (2000 + 60 * K + 20 * grid.bit_length()))
    jumps = [n * scale * (k <= bands) for k, n in enumerate(exponential.gaussian_jumps(K, beta, grid), 1)]
    return all(row[i + 1 :] == jumps[: K - 1 - i] and row[:i] == jumps[:i][::-1] for i, row in enumerate(step.N))


def check_cells(T: int, K: int, where: str) -> None:
    """Raise LimitError where T·K² entries are too many."""
    if T * K * K > MAX_CELLS:
        raise LimitError("too many numbers", where=where, expected=f"T·K² at most {MAX_CELLS}", got=f"{T}·{K}²")
