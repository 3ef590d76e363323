"""From the resolved scenario in a record to the process, the prior, the reverse model and the questions asked of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from markovdiff.audit import reverse, sampled
from markovdiff.audit.claims import WrongError
from markovdiff.audit.noise import KERNELS, check_cells, noise_of, strength_of
from markovdiff.audit.process import Process
from markovdiff.audit.record import MAX_STATES, MAX_STEPS, Part
from markovdiff.audit.reverse import Reverse, Row
from markovdiff.errors import InputError

MODELS = ("bayes", "posterior-mixture", "d3pm", "counted", "uniform", "table")
CHECKS = ("mi-decay", "identities", "sdpi", "h-theorem", "elbo-ledger", "dpi", "entropy-growth", "converged")
EXPECTED = {
    "mi-decay": ("strict", "non-increasing", "equal", "violated"),
    "entropy-growth": ("non-decreasing", "violated"),
}
"""What may be expected of a check; of all others "holds" or "violated"."""

DPI_MAX_STEPS, DPI_MAX_STATES = 64, 32
"""`dpi` is asked of every Markov chain that is no larger."""


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
    hybrid: Fraction | None = None
    """λ of the hybrid loss, where it was asked for."""
    idle: tuple[str, ...] = ()
    """What stands in the record and says nothing."""


def read(part: Part, in_balls: bool = False) -> Scenario:
    """Return the scenario of a record. Raises InputError with the path of whatever does not fit.

    A run in balls need not know p_T: a prior that is p_T may then stand there without its probabilities.
    """
    keys = ("name", "title", "description", "unit", "states", "data", "kernel", "steps", "betas", "reverse", "checks")
    part.only(keys, ("schedule",))
    for key in ("title", "description"):
        part[key].text()
    process, kind = process_of(part, labels_of(part), part["data"].law)
    prior = part["reverse"]["prior"].only(("kind", "probabilities"))
    prior_kind = prior["kind"].text(("marginal", "stationary", "uniform", "mask", "given"))
    model = part["reverse"]["model"]
    unknown = in_balls and prior_kind == "marginal" and prior["probabilities"].value is None
    return Scenario(
        name=part["name"].text(),
        process=process,
        kind=kind,
        prior=process.final_law() if unknown else tuple(prior["probabilities"].law(process.K)),
        prior_kind=prior_kind,
        reverse=_reverse(model, process),
        is_bayes=model.value == {"kind": "bayes"},
        hybrid=hybrid_of(part["reverse"]),
        idle=(*_idle(model), *idle_of(part)),
        questions=questions_of(part["checks"], process),
    )


def idle_of(part: Part) -> tuple[str, ...]:
    """Return what a record says of its kernel, model and schedule that nothing follows from."""
    kernel = part["kernel"]
    return (
        *_rates(kernel),
        *_unknown(kernel, KERNELS),
        *_unknown(part["reverse"]["model"], MODELS),
        *_schedule(part),
    )


def questions_of(part: Part, process: Process, more: Sequence[str] = ()) -> tuple[Question, ...]:
    """Return the checks that were asked for, but those called by one of `more`; those of every run must be there."""
    _check_questions(part, process)
    return tuple(_question(name, part[name], process.K) for name in part.table() if name not in more)


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


def labels_of(part: Part) -> tuple[str, ...]:
    """Return the labels of the states."""
    states = tuple(item.text() for item in part["states"].items(most=MAX_STATES))
    if not states or len(set(states)) != len(states):
        raise InputError("not a list of different labels", where=part["states"].path)
    return states


def process_of(part: Part, states: tuple[str, ...], data: Callable[[int], list[Fraction]]) -> tuple[Process, str]:
    """Return the process of one symbol, from its data's law for so many states, and the kind of its kernel."""
    K = len(states)
    T = part["steps"].count(1, MAX_STEPS)
    law = data(K)
    s = lcm(*(p.denominator for p in law))
    weights = tuple(p.numerator * (s // p.denominator) for p in law)
    kernel = part["kernel"]
    kind = kernel["kind"].text(None if kernel.get("steps_rows") else KERNELS)
    betas: tuple[Fraction, ...] = ()
    if kind in ("per-step", "conditional"):
        if part["betas"].value is not None:
            raise part["betas"].fail("this kernel has no β", "null")
    elif kind in KERNELS or part["betas"].value is not None:
        betas = tuple(strength_of(item, kernel) for item in part["betas"].items(T))
    return Process(states, weights, T, betas, noise_of(kernel, kind, states, T, betas)), kind


def hybrid_of(part: Part) -> Fraction | None:
    """Return λ of the hybrid loss, where it was asked for."""
    part.only(("model", "prior"), ("hybrid",))
    given = part.get("hybrid")
    if given is None:
        return None
    weight = given.ratio()
    if weight < 0:
        raise given.fail("a negative weight", "λ ≥ 0")
    return weight


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
    check_cells(process.T, K, part.path)
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
