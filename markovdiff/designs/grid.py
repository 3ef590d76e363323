"""Which N of T times a sampler of sequences should keep: the grid whose bound has the least excess, decided.

The forward process backward is Markov, and so is the model, so the divergence of their paths is a sum over jumps:

    L − H(x_0) = Σ_i Δ(s_{i−1}, s_i) + KL(p_T‖π),   Δ(s, t) = E TC(x_s | x_t) + Σ_l E KL(q(x_s^l | x_t) ‖ r^l)

Δ(s, t) depends on its two times alone, and the best grid 0 = s_0 < … < s_N = T is a cheapest path over them: T(T+1)/2
jumps instead of C(T−1, N−1) grids. Sums are compared as exact numbers, so a tie is told. KL(q‖ν) and TV(q, ν) are no
such sums: for them the best grid may be another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import comb
from pathlib import Path

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.quantity import Enclosed, Quantity
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.shortest_path import cheapest_path
from markovdiff.engines.exact.position_ledger import PositionReverse
from markovdiff.engines.exact.sequence_ledger import JointPrior
from markovdiff.errors import InputError, UnfinishedError
from markovdiff.measures.ledger import Term, Unbounded, add
from markovdiff.process.transition import Transition
from markovdiff.sequences.chain import SequenceChain
from markovdiff.sequences.kept_times import Jump, evenly
from markovdiff.study.forecast import forecast_sequences, is_admitted, with_positions
from markovdiff.study.loading import loaded
from markovdiff.study.position_reverse import check_joint_reverse
from markovdiff.study.scenario import Scenario, check_sequence_arithmetic
from markovdiff.study.steps import unbounded
from markovdiff.study.written import toml_of


@dataclass(frozen=True)
class GridDesign:
    """The best N of T times: `times` are kept, from 0 to T, and `excess` is that of their bound over H(x0).

    `ties` of the `grids` there are share it, and `times` are the first in lexicographic order; where `decided` is False
    some are as good as far as enclosures reach. `even_times` are i·T/N rounded half up, with their excess.
    `unusable` jumps have an error that is infinite or undefined, and are never taken. `scenario` is TOML text.
    """

    name: str
    unit: Unit
    steps: int
    keep: int
    times: tuple[int, ...]
    excess: Enclosed
    grids: int
    ties: int
    decided: bool
    even_times: tuple[int, ...]
    even_excess: Enclosed
    unusable: int
    scenario: str

    @property
    def summary(self) -> str:
        """What was found, in words."""
        kept, even = ", ".join(map(str, self.times)), f"equal jumps have {self.even_excess.short()}"
        others = "" if self.ties == 1 else f", as in {self.ties} grids"
        open_tie = "" if self.decided else " (undecided)"
        lost = f"; {self.unusable} jumps have no finite error" if self.unusable else ""
        return f"times {kept}: excess {self.excess.short()} {self.unit}{others}{open_tie}; {even}{lost}"


def grid(given: Scenario | str | Path, keep: int) -> GridDesign:
    """Return the best `keep` of a scenario's T times for its sampler, T itself among them.

    Raises InputError where the data are no sequences, the model is the joint Bayes reverse, `keep` is not among 1 … T,
    or no grid has a finite excess; UnfinishedError where there is too much to find.
    """
    scenario = loaded(given)
    chain = _chain(scenario)
    even = evenly(keep, chain.T, "keep")
    model = scenario.joint_reverse(chain)
    assert isinstance(model, PositionReverse)
    is_marginal = scenario.file.reverse.prior == "marginal"
    prior = JointPrior(chain, None if is_marginal else scenario.prior(chain.symbol))
    gap = prior.divergence(chain.at(chain.T))
    if isinstance(gap, Unbounded):
        raise InputError(f"every grid has an excess of +∞: {gap.words}", where="reverse.prior", remedy="another prior")
    errors = {(jump.s, jump.t): model.parts(jump).total for jump in all_jumps(chain)}
    usable = {pair: error for pair, error in errors.items() if isinstance(error, Quantity)}
    numbers = {pair: n for n, pair in enumerate(usable)}

    def step(s: int, t: int) -> tuple[int, int] | None:
        return (numbers[s, t], 1) if (s, t) in numbers else None

    try:
        path = cheapest_path(list(usable.values()), chain.T, keep, step)
    except InputError:
        reason = next(error.words for error in errors.values() if isinstance(error, Unbounded))
        raise InputError(
            "no grid has a finite excess", where="reverse.model", got=reason, remedy="another model, or another --keep"
        ) from None

    def excess(times: tuple[int, ...]) -> Term:
        return add(*(errors[pair] for pair in pairwise(times)), gap)

    best = excess(path.places)
    assert isinstance(best, Quantity)
    digits, unit = scenario.digits, scenario.file_unit
    found, evenly_found = best.enclosed(digits, unit, closed=True), excess(even)
    return GridDesign(
        name=scenario.name,
        unit=unit,
        steps=chain.T,
        keep=keep,
        times=path.places,
        excess=found,
        grids=comb(chain.T - 1, keep - 1),
        ties=path.ties,
        decided=path.decided,
        even_times=even,
        even_excess=unbounded(evenly_found)
        if isinstance(evenly_found, Unbounded)
        else evenly_found.enclosed(digits, unit, closed=True),
        unusable=len(errors) - len(usable),
        scenario=toml_of(_written(scenario, path.places, even, found, path.ties if path.decided else None)),
    )


def _chain(scenario: Scenario) -> SequenceChain:
    """Return the process of sequences, of which a position is drawn by itself, and not too much to look at."""
    chain = scenario.sequence_chain()
    if chain is None:
        raise InputError(
            "which steps to keep is a question about sequences: one symbol drawn by its own posterior loses nothing",
            where="data",
            expected="data that are sequences",
            remedy="add `length` to [data]",
        )
    check_joint_reverse(scenario.model, has_sampler=True)
    check_sequence_arithmetic(scenario.file.arithmetic.kind)
    jumps = chain.T * (chain.T + 1) // 2
    made = with_positions(forecast_sequences(chain, "exact", scenario.digits), chain, 0, jumps, 0)
    if not is_admitted(made):
        masked = ", and `markovdiff unmask` the best block sizes" if chain.mask is not None else ""
        raise UnfinishedError(
            "the errors of all jumps are too much to find on this machine",
            where=f"{jumps} jumps among {chain.T + 1} times",
            got=f"a forecast of {made}",
            remedy=f"fewer noise.steps; `markovdiff steps` has the grids of equal jumps{masked}",
        )
    return chain


def all_jumps(chain: SequenceChain) -> Iterator[Jump]:
    """Return the jump from each t down to each s < t, with the steps between them composed."""
    moments = list(chain.moments())
    for t in range(chain.T, 0, -1):
        step: Transition | None = None
        for s in range(t - 1, -1, -1):
            first = chain.symbol.transition(s + 1)
            step = first if step is None else first.then(step)
            yield Jump(moments[s], moments[t], step)


def _written(
    scenario: Scenario, times: tuple[int, ...], even: tuple[int, ...], excess: Enclosed, ties: int | None
) -> Scenario:
    """Return the scenario with this grid, beside the even one, and a check that proves how small the excess is."""
    T, keep, unit = scenario.T, len(times) - 1, scenario.file_unit
    grids = comb(T - 1, keep - 1)
    if grids == 1:
        told = "the only grid there is"
    elif ties is None:
        told = f"no more than that of any other of the {shown(grids)} grids, as far as this was decided"
    elif ties == 1:
        told = f"less than that of any other of the {shown(grids)} grids"
    else:
        told = f"no more than that of any other of the {shown(grids)} grids, {shown(ties)} of which share it"
    sampler = {"times": [list(times)], **({} if even == times else {"steps": [keep]})}
    return scenario.replace(
        {
            "name": f"{scenario.name}-{keep}-of-{T}",
            "title": f"The best {keep} of {T} times to keep",
            "description": f"Made by `markovdiff design`: the excess is at most {excess.upper} {unit}, {told}.",
            "sampler": sampler,
            "checks.sampler": [{"times": list(times), "excess": excess.upper}],
        }
    )
