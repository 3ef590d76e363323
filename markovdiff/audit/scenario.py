"""From the resolved scenario in a record to the process, the prior, the reverse model and the questions asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from markovdiff.audit import budget, exponential, reverse, sampled
from markovdiff.audit.claims import WrongError
from markovdiff.audit.process import Matrix, Noise, Process, blend, matrix
from markovdiff.audit.record import MAX_STATES, MAX_STEPS, Part
from markovdiff.audit.reverse import Reverse, Row
from markovdiff.errors import InputError, LimitError

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
MODELS = ("bayes", "posterior-mixture", "d3pm", "counted", "uniform", "table")
CHECKS = ("mi-decay", "identities", "sdpi", "h-theorem", "elbo-ledger", "dpi", "entropy-growth", "converged")
EXPECTED = {
    "mi-decay": ("strict", "non-increasing", "equal", "violated"),
    "entropy-growth": ("non-decreasing", "violated"),
}
"""What may be expected of a check; of all others "holds" or "violated"."""

DPI_MAX_STEPS, DPI_MAX_STATES = 64, 32
"""`dpi` is asked of every Markov chain that is no larger."""

MAX_CELLS = 50_000_000
"""Entries of tables, T·K², that a record may bring."""

MAX_GRID_BITS = 2**20
"""Of the Gaussian's resolution, for all its K probabilities together: as much as a scenario could be run with."""


@dataclass(frozen=True, eq=False)
class Question:
    """A check that was asked for: what was expected, and its law or its bound."""

    name: str
    expected: str
    law: tuple[Fraction, ...] = ()
    against: str = ""
    bound: Fraction = Fraction(0)
    unit: str = "bits"


@dataclass(frozen=True, eq=False)
class Scenario:
    """What a record says was run."""

    name: str
    process: Process
    kind: str
    prior: tuple[Fraction, ...]
    prior_kind: str
    reverse: Reverse | None
    questions: tuple[Question, ...]
    is_bayes: bool
    idle: tuple[str, ...] = ()
    """What stands in the record and says nothing."""


def read(part: Part, in_balls: bool = False) -> Scenario:
    """Return the scenario of a record. Raises InputError with the path of whatever does not fit.

    A run in balls need not know p_T: a prior that is p_T may then stand there without its probabilities.
    """
    keys = ("name", "title", "description", "unit", "states", "data", "kernel", "steps", "betas", "reverse", "checks")
    if part.get("sequences") is not None:
        raise InputError(
            "a run of sequences, which the audit does not cover yet",
            where=part["sequences"].path,
            expected="a run of one symbol",
        )
    part.only(keys, ("schedule",))
    for key in ("title", "description"):
        part[key].text()
    process, kind = _process(part)
    prior = part["reverse"]["prior"].only(("kind", "probabilities"))
    prior_kind = prior["kind"].text(("marginal", "stationary", "uniform", "mask", "given"))
    model = part["reverse"]["model"]
    unknown = in_balls and prior_kind == "marginal" and prior["probabilities"].value is None
    _check_questions(part["checks"], process)
    return Scenario(
        name=part["name"].text(),
        process=process,
        kind=kind,
        prior=process.final_law() if unknown else tuple(prior["probabilities"].law(process.K)),
        prior_kind=prior_kind,
        reverse=_reverse(model, process),
        is_bayes=model.value == {"kind": "bayes"},
        idle=(
            *_idle(model),
            *_rates(part["kernel"]),
            *_unknown(part["kernel"], KERNELS),
            *_unknown(model, MODELS),
            *_schedule(part),
        ),
        questions=tuple(_question(name, part["checks"][name], process.K) for name in part["checks"].table()),
    )


def _idle(model: Part) -> tuple[str, ...]:
    """Of a table of rows the form, which is that of a denoiser."""
    brought = isinstance(model.value, dict) and model.get("rows") and model.get("form")
    return (f"{model.path}.form (of rows it says nothing)",) if brought else ()


def _schedule(part: Part) -> tuple[str, ...]:
    """How the β_t came about: they are taken as they stand."""
    schedule = part.get("schedule")
    if schedule is None or schedule.value is None:
        return ()
    return tuple(f"{schedule.path}.{key} (β_t are taken as they stand)" for key in schedule.table())


def _rates(kernel: Part) -> tuple[str, ...]:
    """Of rates what their exponentials are: the rows are taken as they stand."""
    if kernel.value is None or kernel["kind"].value != "rate":
        return ()
    return tuple(
        f"{kernel.path}.{key} (the rows are taken as they stand)" for key in ("rates", "resolution", "strength")
    )


def _unknown(part: Part, known: Sequence[str]) -> tuple[str, ...]:
    """Of a kernel or a model that another package brought the name: its rows are taken as they stand."""
    is_known = part.value is None or part["kind"].value in known
    return () if is_known else (f"{part.path}.kind (not a kind that is known here)",)


def _check_questions(part: Part, process: Process) -> None:
    """Ask what every run asks; h-theorem only where there is a law to ask it of, the others on request."""
    asked = ["mi-decay", "identities"]
    if process.is_markov:
        asked += ["sdpi", "elbo-ledger"]
        if process.T <= DPI_MAX_STEPS and process.K <= DPI_MAX_STATES:
            asked.append("dpi")
        if process.noise.target and any(process.betas):
            asked.append("h-theorem")
    for name in asked:
        if name not in part.table():
            raise InputError(f"the check {name!r} is missing", where=part.path, expected=f"{', '.join(asked)} at least")


def _process(part: Part) -> tuple[Process, str]:
    states = [item.text() for item in part["states"].items(most=MAX_STATES)]
    K = len(states)
    if not K or len(set(states)) != K:
        raise InputError("not a list of different labels", where=part["states"].path)
    T = part["steps"].count(1, MAX_STEPS)
    law = part["data"].law(K)
    s = lcm(*(p.denominator for p in law))
    data = tuple(p.numerator * (s // p.denominator) for p in law)
    kernel = part["kernel"]
    kind = kernel["kind"].text(None if kernel.get("steps_rows") else KERNELS)
    betas: tuple[Fraction, ...] = ()
    if kind in ("per-step", "conditional"):
        if part["betas"].value is not None:
            raise part["betas"].fail("this kernel has no β", "null")
    elif kind in KERNELS or part["betas"].value is not None:
        betas = tuple(_strength(item, kernel) for item in part["betas"].items(T))
    process = Process(tuple(states), data, T, betas, _noise(kernel, kind, states, T, betas))
    return process, kind


def _strength(item: Part, kernel: Part) -> Fraction:
    """β_t, or a rate, which may be above 1."""
    if kernel.get("strength") is None or kernel["strength"].text(("rate", "alpha")) == "alpha":
        return item.probability()
    rate = item.ratio()
    if rate < 0:
        raise item.fail("a negative rate", "≥ 0")
    return rate


def _noise(part: Part, kind: str, states: Sequence[str], T: int, betas: Sequence[Fraction]) -> Noise:
    K = len(states)
    if kind in ("uniform", "absorbing", "mixing", "neighbour", "matrix"):
        return _by_beta(part, kind, states, T, betas)
    if kind == "conditional":
        part.only(("kind", "rows_by_source"))
        return Noise(memory=tuple(matrix(item.rows(K)) for item in part["rows_by_source"].items(K)))
    _check_cells(T, K, part.path)
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
    _check_cells(T, K, part.path)
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


def _check_cells(T: int, K: int, where: str) -> None:
    if T * K * K > MAX_CELLS:
        raise LimitError("too many numbers", where=where, expected=f"T·K² at most {MAX_CELLS}", got=f"{T}·{K}²")


def _reverse(part: Part, process: Process) -> Reverse | None:
    if part.value is None or not process.is_markov:
        if process.is_markov or part.value is not None:
            raise part.fail("a Markov chain has a reverse model, and a process with memory has none")
        return None
    kind, K = part["kind"].text(None if part.get("rows") else MODELS), process.K
    if kind not in MODELS:
        part.only(("kind", "rows"))
        return reverse.table(_tables(part["rows"], process))
    if kind == "bayes":
        part.only(("kind",), ("data",))
        return reverse.bayes(_belief(part, process))
    if kind == "uniform":
        part.only(("kind",))
        return reverse.uniform(K)
    if kind == "counted":
        part.only(("kind", "rows", "trajectories", "smoothing", "seed"))
        return reverse.table(_counted(part, process))
    if kind == "table" and (rows := part.get("rows")):
        part.only(("kind", "rows"), ("form", "last"))
        return reverse.table(_tables(rows, process))
    form = part["form"].text(("posterior-mixture", "d3pm")) if kind == "table" else kind
    may = ("last",) if form == "d3pm" else ()
    if kind == "table":
        part.only(("kind", "form", "denoiser_rows"), may)
    else:
        part.only(("kind",), ("denoiser" if "denoiser" in part.table() else "error", *may))
    last = part["last"].text(("prediction", "formula")) if part.get("last") else "prediction"
    guess = _guess(part, kind, process)
    return reverse.d3pm(guess, last) if form == "d3pm" else reverse.posterior_mixture(guess)


def _counted(part: Part, process: Process) -> list[list[Row | None]]:
    """Return the rows, once the seed has been seen to give them."""
    tables = _tables(part["rows"], process)
    seed, most = part["seed"].count(-(10**18), 10**18), sampled.MAX_DRAWS // process.T
    trajectories, smoothing = part["trajectories"].count(1, most), part["smoothing"].ratio()
    if smoothing < 0:
        raise part["smoothing"].fail("negative smoothing", "≥ 0")
    if differs := sampled.first_difference(process, trajectories, seed, smoothing, tables):
        where = "{}[{}][{}]".format(part["rows"].path, differs[0] - 1, differs[1])
        raise WrongError(where, "counted", f"not what {trajectories} trajectories from seed {seed} give")
    return tables


def _belief(part: Part, process: Process) -> Sequence[int]:
    """Return the belief over the labels of [data]; a mask that was added has none."""
    given = part.get("data")
    if given is None:
        return process.data
    values = [item.probability() for item in given.items()]
    if not process.K - 1 <= len(values) <= process.K or sum(values, Fraction(0)) != 1:
        raise given.fail("not a law on the states", f"{process.K} probabilities (without an added mask one less)")
    d = lcm(*(p.denominator for p in values))
    belief = [p.numerator * (d // p.denominator) for p in values]
    return belief + [0] * (process.K - len(belief))


def _guess(part: Part, kind: str, process: Process) -> reverse.Guess:
    if kind == "table":
        return reverse.brought(_tables(part["denoiser_rows"], process))
    if denoiser := part.get("denoiser"):
        denoiser.text(("data",))
        return reverse.data_guess(process.data)
    error = part.get("error")
    return reverse.posterior(error.probability() if error else Fraction(0))


def _tables(part: Part, process: Process) -> list[list[Row | None]]:
    K = process.K
    _check_cells(process.T, K, part.path)
    return [
        [None if line.value is None else reverse.row_of(line.law(K)) for line in table.items(K)]
        for table in part.items(process.T)
    ]


def _question(name: str, part: Part, K: int) -> Question:
    if name not in CHECKS:
        raise InputError(f"an unknown check {name!r:.60}", where=part.path)
    words = EXPECTED.get(name, ("holds", "violated"))
    if name == "h-theorem":
        part.only(("expected", "against", "law"))
        against = part["against"].text(("stationary", "uniform", "data", "mask", "given"))
        return Question(name, part["expected"].text(words), tuple(part["law"].law(K)), against)
    if name == "converged":
        part.only(("expected", "information", "unit"))
        return Question(
            name,
            part["expected"].text(words),
            bound=part["information"].ratio(),
            unit=part["unit"].text(("bits", "nats")),
        )
    return Question(name, part.text(words))
