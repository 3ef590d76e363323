"""What a scenario's run will cost in any arithmetic, in well under a second, and which arithmetic to take instead.

Nothing is walked but what is quick: the bits that balls will need are seen in float64 where that takes a moment, and
else estimated from how fast a few steps contract a vector that sums to zero. No stationary law is solved for, no
reverse model is made, no prior is formed.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import log2
from typing import TYPE_CHECKING, get_args

from markovdiff.arithmetic.enclosure import bits_for
from markovdiff.engines.exact.triangle import pairs_of, times_of
from markovdiff.errors import UnfinishedError
from markovdiff.measures.protocol import ArithmeticName
from markovdiff.process.chain import Chain
from markovdiff.study.forecast import (
    Forecast,
    admitted,
    forecast,
    forecast_balls,
    forecast_float,
    forecast_mixing,
    forecast_sequences,
    is_admitted,
    with_model,
    with_positions,
)
from markovdiff.study.scenario import Scenario, check_sequence_arithmetic

if TYPE_CHECKING:
    from markovdiff.arithmetic.arrays import Floats
    from markovdiff.sequences.chain import SequenceChain

WALKED = 0.15
"""Seconds of float64 that may be spent to see how many bits balls will need."""

LOOKED = 2**22
"""Entries of Q_t that may be looked at where a walk would take longer."""

FLOAT_RANGE = 1100
"""Bits of a deviation that float64 cannot follow further; then the precision is raised as it turns out."""

MUCH_FASTER = 8.0
"""Another arithmetic is named where it is faster by this factor, and this one takes a minute or more."""

MINUTE = 60.0


def foresee(scenario: Scenario, chain: Chain, arithmetic: ArithmeticName | None = None) -> Forecast:
    """Return the forecast of a run, in the scenario's arithmetic or another; nothing is refused."""
    kind = arithmetic or scenario.file.arithmetic.kind
    if (sequences := scenario.sequence_chain()) is not None:
        check_sequence_arithmetic(kind)
        made = forecast_sequences(sequences, kind, scenario.digits)
        return made if scenario.model.is_bayes else _with_positions(made, scenario, sequences)
    pairs = pairs_of(chain.T) if scenario.compares_pairs else 0
    bayes = not chain.is_markov or scenario.model.is_bayes
    if kind == "exact":
        if bayes or chain.kernel.structure_bits is None:
            return forecast(chain, pairs, classes=_classes(scenario, chain))
        alone, paired = (forecast(chain, n) for n in (0, pairs))  # of its pairs no matrix is made, whatever the model
        return forecast(chain, dense=True).plus(paired.seconds - alone.seconds, 0)
    if kind == "float":
        made = forecast_float(chain, 1 + len(times_of(chain.T)) / 2 if pairs else 1)
        return made if bayes else with_model(made, chain)
    made = _of_balls(scenario, chain, bayes=bayes)
    return with_triangle(made, chain, pairs) if pairs and made.arithmetic == "ball" else made


def _with_positions(made: Forecast, scenario: Scenario, chain: SequenceChain) -> Forecast:
    """Return the forecast with a per-position model and the samplers that the file asks for."""
    from markovdiff.sequences.orders import MAX_OUTCOMES, choice, outcomes
    from markovdiff.study.sampler_keys import asked

    wanted = asked(scenario)
    grids = {tuple(range(chain.T + 1)), *(one.times for one in wanted if one.times is not None)}
    jumps = {jump for grid in grids for jump in pairwise(grid)}
    drawn = 0
    for one in wanted:
        if one.unmask is not None and one.order is not None:
            way = choice(one.order, chain.length)
            found = outcomes(one.unmask, chain.K - 1, way)
            drawn += found if found <= MAX_OUTCOMES or not way.is_random else 0
    walked = sum(len(grid) - 1 for grid in grids)
    return with_positions(made, chain, walked, len(jumps) + chain.T, drawn)


def _of_balls(scenario: Scenario, chain: Chain, *, bayes: bool) -> Forecast:
    from markovdiff.study import balls

    digits, structured = scenario.digits, chain.kernel.rank_one_target is not None
    if bayes and balls.is_masked(chain):
        return forecast_mixing(chain, chain.K, bits_for(digits))
    if structured and bayes:
        return forecast_mixing(chain, _classes(scenario, chain) or chain.K, bits_for(digits))
    if structured and balls.exact_words(chain) < balls.CHEAP_WORDS:
        return foresee(scenario, chain, "exact")
    bits, cheap = foreseen_bits(chain, digits), balls.is_cheap(chain)
    made = forecast_balls(chain, bits, rows_of(chain), cheap=cheap)
    if cheap and _ends(chain):
        made = made.plus(forecast(chain).seconds, 0)
    return made if bayes else with_model(made, chain)


def _ends(chain: Chain) -> bool:
    """Return whether H(x0) is a whole number of bits, as H(x_t) may then be too: the exact chain decides that."""
    weights = [w for w in chain.data.weights if w]
    return len(set(weights)) == 1 and len(weights) & (len(weights) - 1) == 0


def _classes(scenario: Scenario, chain: Chain) -> int | None:
    """Return the number of classes of like states in a structured chain; a law given number by number counts."""
    if chain.kernel.rank_one_target is None:
        return None
    named = (scenario.file.reverse.prior, *scenario.named_laws().values())
    laws = [law for law in named if isinstance(law, list)]
    return len(chain.classes_beside(laws).first)


def rows_of(chain: Chain) -> int:
    """Return how many rows of Q̄_t a run in balls will hold."""
    n, support = len(chain.data.support), chain.data.support
    last = chain.K - 1
    mirrored = chain.kernel.is_mirrored and list(support) == [last - i for i in reversed(support)]
    return (n + 1) // 2 if mirrored else n


def with_triangle(made: Forecast, chain: Chain, pairs: int) -> Forecast:
    """Return the forecast with the pairs of times, compared in exact arithmetic where that is not too much."""
    alone, paired = (forecast(chain, n) for n in (0, pairs))
    if not is_admitted(paired):
        return made
    return made.plus(paired.seconds - alone.seconds, paired.memory)


def foreseen_bits(chain: Chain, digits: int) -> int:
    """Return about what `needed_bits` will find."""
    if forecast_float(chain).seconds <= WALKED:
        from markovdiff.study.balls import needed_bits

        return needed_bits(chain, digits)
    return with_deviation(chain, digits, min(_decay(chain), FLOAT_RANGE))


def with_deviation(chain: Chain, digits: int, bits: float) -> int:
    """Return the precision of a walk whose deviations and cancellations cost so many bits."""
    return int(bits_for(digits) + bits + 2 * log2(chain.K) + log2(chain.T + 1)) + 24


def _decay(chain: Chain) -> float:
    """Return about −log2 of what is left at T of a vector that sums to zero, as a few steps shrink it."""
    import numpy as np

    kernel, K, T = chain.kernel, chain.K, chain.T
    most = max(LOOKED // K**2, 1)
    vector = np.cos(np.arange(K) + 1.0)
    vector -= vector.mean()
    too_many = K**2 > LOOKED and not kernel.has_own_forms
    if too_many or not (vector.any() and chain.is_markov) or kernel.rank_one_target is not None:
        return 0.0

    def rate(Q: Floats, times: int) -> float:
        v, before = vector, 1.0
        for _ in range(times):
            v = v / np.abs(v).sum()
            v = v @ Q
            before = float(np.abs(v).sum())
            if before == 0:
                return 2.0**-FLOAT_RANGE
        return min(before, 1.0)

    def rates() -> Iterator[float]:
        if kernel.endpoint is not None:
            own = rate(np.array(kernel.endpoint.floats()), 50)
            yield from (1 - float(b) + float(b) * own for b in chain.betas)
        else:
            n = min(T, most, 24)
            for k in range(n):
                Q = kernel.floats(chain.strengths[(2 * k + 1) * T // (2 * n)])
                yield rate(Q, 12 if kernel.has_schedule and not kernel.takes_time else 4) ** (T / n)

    return sum(-log2(max(x, 2.0**-FLOAT_RANGE)) for x in rates())


def admit(scenario: Scenario, chain: Chain) -> Forecast:
    """Return the forecast of the scenario's run. Raise UnfinishedError, with an alternative, where it is refused."""
    made = foresee(scenario, chain)
    try:
        return admitted(made, chain)
    except UnfinishedError as error:
        raise error.but(remedy=remedy(scenario, chain, made)) from None


def asked_for(scenario: Scenario) -> ArithmeticName:
    """Return the arithmetic that the scenario asks for."""
    return scenario.file.arithmetic.kind


def others(scenario: Scenario, chain: Chain, tried: Forecast) -> list[Forecast]:
    """Return the forecasts of what the scenario does not ask for and its run does not do; certified arithmetic first.

    Sequences have none: they cost the same in exact and ball arithmetic.
    """
    if scenario.sequences is not None:
        return []
    kinds = [kind for kind in get_args(ArithmeticName) if kind not in (asked_for(scenario), tried.arithmetic)]
    found = [foresee(scenario, chain, kind) for kind in kinds]
    return [made for kind, made in zip(kinds, found, strict=True) if kind == made.arithmetic]


def remedy(scenario: Scenario, chain: Chain, tried: Forecast) -> str:
    """Return what to do instead of a run that is refused, and what would be refused too."""
    made = others(scenario, chain, tried)
    fit = [said(other) for other in made if is_admitted(other)]
    if fit or not made:
        return "; or ".join([" or ".join(fit), smaller(scenario, chain)] if fit else [smaller(scenario, chain)])
    return f"{smaller(scenario, chain)}; too big here as well: {', '.join(map(said, made))}"


def said(made: Forecast) -> str:
    """Return the name of an arithmetic and what it would take."""
    return f"`--arithmetic {made.arithmetic}` (forecast: {made})"


def smaller(scenario: Scenario, chain: Chain) -> str:
    """Return what would make the run itself smaller."""
    if scenario.sequences is not None:
        return "a shorter length or fewer steps; `markovdiff unmask` needs the information curve alone"
    if asked_for(scenario) == "float":
        return "fewer steps or states"
    if asked_for(scenario) == "ball":
        return "fewer steps, states or digits"
    shorter = "coarser entries"
    if chain.betas:
        shorter = "a coarser `resolution`, a constant β" if len(set(chain.betas)) > 1 else "a rounder β"
    return f"fewer steps or states, or numbers with shorter denominators ({shorter})"


def advice(scenario: Scenario, chain: Chain, made: Forecast) -> str | None:
    """Return what does in seconds what this run does in minutes, if anything does."""
    if made.seconds < MINUTE:
        return None
    fast = [x for x in others(scenario, chain, made) if x.seconds < MINUTE and x.seconds * MUCH_FASTER < made.seconds]
    return " or ".join(map(said, fast)) or None
