"""What the screen and the engine's process say to each other: frozen, picklable, plain.

    screen → engine    Request, then Questions
    engine → screen    Opened, StepDone (t = 0 … T), Finished; or Failed; Answers in between
    Engine → screen    Died, where the process is gone

Exact rationals are strings "n/d". Matrices are float64 for pictures, K·K little-endian numbers row by row,
each right but for a few roundings. Nothing heavy is imported here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Unit: TypeAlias = Literal["bits", "nats"]
Kind: TypeAlias = Literal["cumulative", "step", "joint", "reverse", "marginal", "posterior", "forward"]


Likely: TypeAlias = tuple[tuple[str, ...], str, Any]
"""A sequence by its labels, its probability, and its mass under a sampler."""


@dataclass(frozen=True)
class Request:
    """Run this scenario: its TOML text, the folder that paths in it are relative to, its name.

    `unit` is used instead of the scenario's own where it is given; `source` is how a command line would name it,
    and `edited` that the text is no longer what that names.
    """

    text: str
    folder: str
    name: str
    unit: Unit | None = None
    source: str | None = None
    edited: bool = False


@dataclass(frozen=True)
class Question:
    """One exact number, please, by `kind`:

    - cumulative: Q̄_t[i, j] = q(x_t = j | x_0 = i)
    - step: Q_t[i, j] = q(x_t = j | x_{t−1} = i)
    - joint: q(x_0 = i, x_t = j)
    - reverse: q(x_{t−1} = i | x_t = j)
    - marginal: q(x_t = j), whatever i
    - posterior: q(x_0 = i | x_t = j)
    - forward: q(x_{t−1} = i | x_t = j, x_0 = x0)

    States are numbers 0 … K−1; only forward looks at x0.
    """

    kind: Kind
    t: int
    i: int
    j: int
    x0: int = 0


COLUMN_MAX_K = 1024
"""Whole columns are sent up to this K: for more there are closed forms."""


@dataclass(frozen=True)
class Column:
    """The Questions of one kind whose i runs over all states, please: a whole posterior, or a column of a matrix."""

    kind: Kind
    t: int
    j: int
    x0: int = 0


STOPPED = 0xFFFFFFFF
"""In a Sampled: no state; the particle has met a row of the reverse model that is undefined."""


@dataclass(frozen=True)
class SampleQuestion:
    """So many particles, please, from this seed; Sampled comes when the run has ended."""

    seed: int
    count: int


@dataclass(frozen=True)
class NaiveFloatQuestion:
    """What float64 makes of I(x0;x_t), please, at every t; NaiveFloatAnswer comes when the run has ended."""


@dataclass(frozen=True)
class InspectionQuestion:
    """What `inspect` says of the chain, please; InspectionAnswer comes when the run has ended."""


@dataclass(frozen=True)
class KernelParts:
    """A kernel in closed form: keep·e_i + fresh·target + gone·e_mask in row i; the mask's own row is e_mask."""

    keep: float
    fresh: float
    gone: float = 0.0


@dataclass(frozen=True)
class Opened:
    """The scenario has been read.

    `schedule` is "" and `betas` None where the kernel has no β; `model` is "" for a process with memory.
    `length` is None for one symbol. Of sequences `states` are the symbols, and `data`, `prior` and all matrices are of
    one symbol, at a position drawn at random.
    `data` and `prior` are exact, state by state, but for a marginal `prior` of a chain too big to be exact, which is
    decimals; `expectations` are the checks to be made with what is expected; `file` the scenario's text.
    `target` is the law that each step draws afresh from, and `mask` the state that its draws may also go to and never
    leave, where all matrices come in closed form; else both are None.
    """

    name: str
    title: str
    description: str
    unit: str
    states: tuple[str, ...]
    T: int
    K: int
    kernel: str
    schedule: str
    model: str
    prior: tuple[str, ...]
    data: tuple[str, ...]
    betas: tuple[str, ...] | None
    expectations: tuple[tuple[str, str], ...]
    file: str
    length: int | None = None
    target: tuple[float, ...] | None = None
    mask: int | None = None


@dataclass(frozen=True)
class StepDone:
    """A step: its record as the JSON has it; p_t and the matrices as floats.

    The record has p_t exactly too, as "marginal", unless that would be megabytes of digits. Of sequences the record
    speaks of x_t as a whole, without that, and p_t and the matrices of one symbol at a position drawn at random.

    `marginal` is p_t, packed where there may be many states.
    `matrices` has "cumulative" Q̄_t[i, j] and "joint" q(x_0 = i, x_t = j), and for t ≥ 1 "step" Q_t[i, j] (not of a
    process with memory) and "reverse", whose row j is q(x_{t−1} | x_t = j), NaN throughout where x_t = j is
    impossible. For large K each number is the largest of a square block of `grain` states, or it is None and `parts`
    has Q̄_t, and for t ≥ 1 Q_t, in closed form; or both are None, where neither can be had.
    """

    t: int
    record: dict[str, Any]
    marginal: Sequence[float]
    matrices: dict[str, bytes] | None
    grain: int = 1
    parts: tuple[KernelParts, KernelParts | None] | None = None


@dataclass(frozen=True)
class Finished:
    """The whole result as the JSON has it, its "steps" empty, for they have been sent.

    `drawn` has for each sampler the likeliest sequences of the data: their labels, q(x_0) as "n/d", and ν(x_0) as the
    JSON has a number. Those that never occur are in the record.
    """

    record: dict[str, Any]
    drawn: tuple[tuple[Likely, ...], ...] = ()


@dataclass(frozen=True)
class Failed:
    """The run ended early: a message for people, and the exit status it would have had (2 or 3)."""

    message: str
    status: int


@dataclass(frozen=True)
class Answer:
    """The exact number "n/d".

    "undefined" where it conditions on the impossible or there is no such entry, and "unknown" where the run
    failed before it came there.
    """

    question: Question
    exact: str


@dataclass(frozen=True)
class ColumnAnswer:
    """The probabilities of a Column, i = 0 … K−1, as floats; and exactly where that is short, else None.

    `shares` is None where it conditions on the impossible, or cannot be had ("unknown" of an Answer).
    """

    column: Column
    shares: tuple[float, ...] | None
    exact: tuple[str | None, ...]


@dataclass(frozen=True)
class SampleAnswer:
    """Particles: `count` of them, maybe fewer than asked for.

    `forward` has for t = 0 … T a row of `count` states, little-endian uint32: x_0 from the data, then the noise.
    `reverse` is arranged alike: x_T from the prior, then the reverse model down to x_0; STOPPED from the first
    undefined row on, which `undefined` of the particles met. It is None where it cannot be had, and `forward`
    empty; `words` then say why.
    """

    seed: int
    count: int
    forward: bytes
    reverse: bytes | None
    undefined: int
    words: str


@dataclass(frozen=True)
class NaiveFloatAnswer:
    """Float64 beside the certified values: for t = 0 … T the "shadow" of the JSON.

    `steps` is empty where it cannot be had; `words` then say why. `lost` is the first t at which fewer than three
    digits are right, None where there is none.
    """

    steps: tuple[dict[str, Any], ...]
    words: str = ""
    lost: int | None = None


@dataclass(frozen=True)
class InspectionAnswer:
    """What `inspect` says of the chain: a fact to a line, those of a section indented below its head.

    `lines` is empty where it cannot be had; `words` then say why.
    """

    lines: tuple[str, ...]
    words: str = ""


@dataclass(frozen=True)
class Died:
    """The engine's process is gone, unasked; −n where signal n ended it."""

    exitcode: int


Ask: TypeAlias = Question | Column | SampleQuestion | NaiveFloatQuestion | InspectionQuestion
Reply: TypeAlias = Answer | ColumnAnswer | SampleAnswer | NaiveFloatAnswer | InspectionAnswer
Message: TypeAlias = Opened | StepDone | Finished | Failed | Reply | Died
