"""What one step can do: the classes, stationary laws, contraction and symmetries of each different Q_t of a chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.designs.cumulative import constant_step
from markovdiff.errors import LimitError
from markovdiff.measures.contraction import contraction
from markovdiff.process.chain import Chain
from markovdiff.process.stationary import stationary_laws
from markovdiff.process.transition import Transition

Row = tuple[Fraction, ...]

MAX_KINDS = 16
"""Different steps that are looked at one by one; of more, the first, the middle and the last."""


@dataclass(frozen=True)
class ClassFound:
    """A communicating class by its labels; `period` is None where no state is ever met again."""

    states: tuple[str, ...]
    is_closed: bool
    period: int | None


@dataclass(frozen=True)
class LawFound:
    """A stationary law, in the order of the states, and whether the step is reversible under it (detailed balance)."""

    probabilities: Row
    is_reversible: bool


@dataclass(frozen=True)
class KernelFound:
    """What one step Q can do, and the `times` t at which Q_t is it, as words.

    `eta_tv` is Dobrushin's coefficient with the pair of rows that reaches it. `eta_kl` is the contraction of
    information, with the pair and the share λ of its first state in the input that reaches it; where `eta_kl_attained`
    is False, it is a limit λ → 0 or 1. None where `notes` says why. `stationary_laws` has one a closed class.
    """

    times: str
    classes: tuple[ClassFound, ...]
    stationary_laws: tuple[LawFound, ...] | None
    is_doubly_stochastic: bool
    is_identity: bool
    interchangeable: tuple[tuple[str, ...], ...]
    eta_tv: Fraction
    eta_tv_pair: tuple[str, str] | None
    eta_kl: Enclosed | None
    eta_kl_pair: tuple[str, str] | None
    eta_kl_share: Fraction | None
    eta_kl_attained: bool | None
    notes: tuple[str, ...]


def kernels_found(chain: Chain, digits: int, notes: list[str]) -> Iterable[KernelFound]:
    """Yield what each different step can do; what was left out goes to `notes`."""
    places: dict[Fraction, list[int]] = {}
    for t, strength in enumerate(chain.strengths, 1):
        places.setdefault(strength, []).append(t)
    if constant_step(chain) is not None:
        places = {chain.strengths[0]: list(range(1, chain.T + 1))}
    kinds = list(places)
    if len(kinds) > MAX_KINDS:
        notes.append(f"{len(kinds)} different steps: the first, the middle and the last are looked at")
        kinds = [kinds[0], kinds[len(kinds) // 2], kinds[-1]]
    for strength in kinds:
        yield _kernel(chain.transition(places[strength][0]), chain.states, _spans(places[strength]), digits)


def _spans(ts: Sequence[int]) -> str:
    """Return the times as words: "1…64", "1, 3, 5, …"."""
    if len(ts) > 1 and ts[-1] - ts[0] == len(ts) - 1:
        return f"{ts[0]}…{ts[-1]}"
    return ", ".join(map(str, ts[:8])) + (", …" if len(ts) > 8 else "")


def _kernel(step: Transition, states: tuple[str, ...], times: str, digits: int) -> KernelFound:
    classes = step.communicating_classes()
    notes: list[str] = []
    laws: tuple[LawFound, ...] | None = None
    try:
        found = stationary_laws(step, classes)
        laws = tuple(LawFound(law.rows()[0], step.is_reversible(law)) for law in found)
    except LimitError as error:
        notes.append(f"stationary laws: {error.what}")
    try:
        kl = contraction(step, digits)
    except LimitError as error:
        kl = None
        notes.append(f"η_KL: {error.what} (at most {error.expected.rpartition(' ')[2] if error.expected else '64'})")
    pair = step.widest_pair()
    return KernelFound(
        times=times,
        classes=tuple(ClassFound(tuple(states[i] for i in c.states), c.is_closed, c.period) for c in classes),
        stationary_laws=laws,
        is_doubly_stochastic=step.is_doubly_stochastic,
        is_identity=step.is_identity,
        interchangeable=tuple(tuple(states[i] for i in group) for group in step.interchangeable()),
        eta_tv=step.dobrushin,
        eta_tv_pair=None if pair is None else (states[pair[0]], states[pair[1]]),
        eta_kl=None if kl is None else kl.enclosed,
        eta_kl_pair=None if kl is None or kl.pair is None else (states[kl.pair[0]], states[kl.pair[1]]),
        eta_kl_share=None if kl is None else kl.share,
        eta_kl_attained=None if kl is None else kl.is_attained,
        notes=tuple(notes),
    )


def few_of(labels: Sequence[str]) -> str:
    """Labels in braces, the first eight of many."""
    return "{" + ", ".join(labels[:8]) + (", …" if len(labels) > 8 else "") + "}"
