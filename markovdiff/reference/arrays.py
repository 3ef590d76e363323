"""A scenario as NumPy arrays of float64, each entry the float nearest to the true number.

    betas                (T,)          β_t
    Q, bayes_reverse     (T, K, K)     Q_t[x_{t−1}][x_t];  q(x_{t−1} | x_t) as [t−1][x_t][x_{t−1}]
    reverse              (T, K, K)     the scenario's model R_t, likewise
    forward_posterior    (T, K, K, K)  q(x_{t−1} | x_t, x_0) as [t−1][x_0][x_t][x_{t−1}]
    Qbar, data_posterior (T+1, K, K)   Q̄_t[x_0][x_t];  q(x_0 | x_t) as [t][x_t][x_0]
    marginal             (T+1, K)      p_t
    entropy, mutual_information (T+1,) H(x_t), I(x0;x_t), in the scenario's unit
    elbo_terms           (T,)          the terms of L, that of t = 1 the reconstruction
    prior_term, negative_elbo, nll     scalars

With chosen times the first axis is these, NaN at t = 0 for what belongs to a step. Undefined is NaN, infinite is inf.
Laws and matrices come from balls whose precision is raised until every rounding is decided, the numbers of the ledger
from a certified run. What a scenario lacks is left out: Q of a process with memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from flint import ctx

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import shown
from markovdiff.engines.ball.forward import EnclosureRecursion
from markovdiff.engines.ball.model_ledger import BallModel
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import ReverseModel
from markovdiff.reference.at_time import EnclosedTables, ExactTables, table
from markovdiff.reference.rounding import nearest_float, with_enough_bits, with_enough_digits
from markovdiff.study.result import Result
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"

OF_STEPS = ("Q", "bayes_reverse", "forward_posterior", "reverse")
OF_TIMES = ("Qbar", "data_posterior", "marginal")
OF_RUN = ("entropy", "mutual_information", "elbo_terms", "prior_term", "negative_elbo", "nll")
NAMES = ("betas", "Q", "Qbar", "marginal", "data_posterior", "bayes_reverse", "forward_posterior", "reverse", *OF_RUN)

MOST_BY_DEFAULT = 10**7
"""Entries of `forward_posterior` from which on it is left out unless it is asked for."""

MOST_ENTRIES = 2**28
"""Entries of all arrays together: 2 GiB."""


def arrays(
    scenario: Scenario, what: Sequence[str] | None = None, times: Sequence[int] | None = None
) -> dict[str, Array]:
    """Return the arrays by name, all that the scenario has, or those asked for, at all times or at those chosen.

    Raises InputError for an unknown name or time and for what the scenario does not have, LimitError where the arrays
    would be too large, UnfinishedError where a rounding is not decided.
    """
    chain = scenario.chain_of_one_symbol("export")
    chosen = _times(chain, times)
    names = _names(chain, what, len(chosen) if times is not None else chain.T + 1)
    made: dict[str, Array] = {}
    if "betas" in names:
        made["betas"] = np.array([float(beta) for beta in chain.betas])
    if wanted := {*names} & {*OF_STEPS, *OF_TIMES}:
        model = scenario.reverse_model(chain) if "reverse" in wanted else None
        made |= with_enough_bits(lambda bits: _walked(chain, model, wanted, chosen, times is not None, bits))
    if set(names) & set(OF_RUN):
        made |= with_enough_digits(lambda digits: _of_run(scenario, names, chosen, times is not None, digits))
    return {name: made[name] for name in names}


def _times(chain: Chain, times: Sequence[int] | None) -> list[int]:
    if times is None:
        return list(range(chain.T + 1))
    found = list(times)
    good = all(isinstance(t, int) and not isinstance(t, bool) and 0 <= t <= chain.T for t in found)
    if not found or not good or len(set(found)) < len(found):
        raise InputError("no such times", where="--t", expected=f"different ones of 0 … {chain.T}", got=shown(found))
    return found


def absent(chain: Chain) -> dict[str, str]:
    """Return the arrays that a chain does not have, and why."""
    none = {} if chain.betas else {"betas": "the kernel has no schedule"}
    if not chain.is_markov:
        steps = (*OF_STEPS, *OF_RUN[2:])
        none |= dict.fromkeys(steps, "a process with memory has no one-step matrix, and so no ledger")
    return none


def _names(chain: Chain, what: Sequence[str] | None, n: int) -> list[str]:
    none = absent(chain)
    for name in what or ():
        if name not in NAMES:
            raise InputError("no such array", where="--what", expected=f"one of {', '.join(NAMES)}", got=shown(name))
        if name in none:
            raise InputError(f"there is no {name!r}", where="--what", got=none[name], remedy="leave it out")
    K = chain.K
    default = [
        name for name in NAMES if name not in none and (name != "forward_posterior" or n * K**3 <= MOST_BY_DEFAULT)
    ]
    names = default if what is None else [name for name in NAMES if name in what]
    sizes = {name: n * K ** {"marginal": 1, "forward_posterior": 3}.get(name, 2) for name in (*OF_STEPS, *OF_TIMES)}
    total = sum(sizes.get(name, n) for name in names)
    if total > MOST_ENTRIES:
        largest = max(names, key=lambda name: sizes.get(name, n))
        raise LimitError(
            "the arrays would be too large",
            where="export",
            expected=f"at most {MOST_ENTRIES:,} entries in all (2 GiB)",
            got=f"{total:,}, of them {sizes[largest]:,} in {largest!r}",
            remedy="choose times with --t, or arrays with --what",
        )
    return names


def _walked(
    chain: Chain, model: ReverseModel | None, wanted: set[str], chosen: Sequence[int], picked: bool, bits: int
) -> dict[str, Array]:
    """Return laws and matrices from a walk in balls of so many bits. Raises UnroundedError where that is too few."""
    K, of_steps = chain.K, wanted & set(OF_STEPS)
    found: dict[tuple[str, int], Any] = {}
    walk = EnclosureRecursion(chain, bits, range(K))
    start, reverse = walk.at(0).p, None if model is None else BallModel(chain, model, walk)
    for t in range(max(chosen) + 1):
        before, now = (walk.at(t - 1) if t else None), walk.at(t)
        if t not in chosen:
            continue
        with ALONE, ctx.workprec(bits):
            step = walk.step(t)[0].tolist() if t and of_steps else []
            enclosed, exact = EnclosedTables(start, before, now, step, reverse), ExactTables(chain, model, t)
            for name in wanted if t else wanted - of_steps:
                found[name, t] = table(name, enclosed, exact, bits)
    shapes = dict.fromkeys(wanted, (K, K)) | {"marginal": (K,), "forward_posterior": (K, K, K)}
    return {
        name: _stacked(partial(_at, found, name), chosen, picked, name in OF_STEPS, shapes[name]) for name in wanted
    }


def _at(found: dict[tuple[str, int], Any], name: str, t: int) -> Any:
    return found[name, t]


def _stacked(
    at: Callable[[int], Any], chosen: Sequence[int], picked: bool, of_step: bool, shape: tuple[int, ...]
) -> Array:
    """Stack what there is at each time; what belongs to a step is NaN at a chosen t = 0, and else begins at t = 1."""
    times = [t for t in chosen if picked or t > 0 or not of_step]
    empty = np.full(shape, math.nan)
    return np.array([empty if of_step and t == 0 else at(t) for t in times], dtype=np.float64)


def _of_run(
    scenario: Scenario, names: Sequence[str], chosen: Sequence[int], picked: bool, digits: int
) -> dict[str, Array]:
    kind = scenario.file.arithmetic.kind
    result = run(scenario.with_options(digits=digits, arithmetic="ball" if kind == "float" else kind))
    return _reported(result, names, chosen, picked, nearest_float)


def approximate(scenario: Scenario, times: Sequence[int] | None) -> dict[str, Array]:
    """Return all that is of a run from one in float64, right to 2·10⁻¹⁰; NaN where that leaves a number undecided.

    Raises what `run` raises.
    """
    result = run(scenario.with_options(arithmetic="float"))
    return _reported(result, OF_RUN, _times(scenario.chain(), times), times is not None, float)


def _reported(
    result: Result, names: Sequence[str], chosen: Sequence[int], picked: bool, number: Callable[[Enclosed], float]
) -> dict[str, Array]:
    steps, totals, made = result.steps, result.elbo, {}
    for name in ("entropy", "mutual_information"):
        if name in names:
            made[name] = np.array([number(getattr(steps[t], name)) for t in chosen])
    if "elbo_terms" in names:
        terms = [math.nan if step.elbo_term is None else number(step.elbo_term) for step in steps]
        made["elbo_terms"] = _stacked(terms.__getitem__, chosen, picked, True, ())
    for name, total in (("prior_term", totals.prior), ("negative_elbo", totals.negative_elbo), ("nll", totals.nll)):
        if name in names and total is not None:
            made[name] = np.array(number(total))
    return made
