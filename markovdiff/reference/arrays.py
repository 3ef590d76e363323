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
Laws and matrices come from balls whose precision is raised until every rounding is decided, the model and the numbers
of the ledger from exact rows and a certified run. What a scenario lacks is left out: Q of a process with memory.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from flint import arb, ctx

from markovdiff.arithmetic.enclosure import ALONE
from markovdiff.arithmetic.rational import shown
from markovdiff.engines.ball.forward import EnclosureRecursion, Enclosures
from markovdiff.errors import InputError, LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.reverse import exact_step
from markovdiff.reference.rounding import nearest, nearest_float, with_enough_bits, with_enough_digits
from markovdiff.study.run import run
from markovdiff.study.scenario import Scenario

Array: TypeAlias = "np.ndarray[Any, np.dtype[np.float64]]"
Table: TypeAlias = list[list[float]]

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
    if set(names) & {"Q", "Qbar", "marginal", "data_posterior", "bayes_reverse", "forward_posterior"}:
        made |= with_enough_bits(lambda bits: _walked(chain, names, chosen, times is not None, bits))
    if "reverse" in names:
        made["reverse"] = _model(scenario, chain, chosen, times is not None)
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


def _walked(chain: Chain, names: Sequence[str], chosen: Sequence[int], picked: bool, bits: int) -> dict[str, Array]:
    """Return laws and matrices from a walk in balls of so many bits. Raises UnroundedError where that is too few."""
    K, wanted = chain.K, set(names) & {*OF_STEPS, *OF_TIMES} - {"reverse"}
    found: dict[tuple[str, int], Any] = {}
    walk = EnclosureRecursion(chain, bits, range(K))
    start = walk.at(0).p
    for t in range(max(chosen) + 1):
        before, now = (walk.at(t - 1) if t else None), walk.at(t)
        if t not in chosen:
            continue
        with ALONE, ctx.workprec(bits):
            rows = _cleared(now)
            if "marginal" in wanted:
                found["marginal", t] = nearest(now.p)
            if "Qbar" in wanted:
                found["Qbar", t] = [nearest(row) for row in rows]
            if "data_posterior" in wanted:
                found["data_posterior", t] = [_given(start, [row[j] for row in rows], now.p[j]) for j in range(K)]
            if before is not None and wanted & {"Q", "bayes_reverse", "forward_posterior"}:
                Q = walk.step(t)[0].tolist()
                if "Q" in wanted:
                    found["Q", t] = [nearest(row) for row in Q]
                columns = [list(column) for column in zip(*Q, strict=True)]
                if "bayes_reverse" in wanted:
                    found["bayes_reverse", t] = [_given(before.p, columns[j], now.p[j]) for j in range(K)]
                if "forward_posterior" in wanted:
                    earlier = _cleared(before)
                    found["forward_posterior", t] = [
                        [_given(earlier[k], columns[j], rows[k][j]) for j in range(K)] for k in range(K)
                    ]
    shapes = dict.fromkeys(wanted, (K, K)) | {"marginal": (K,), "forward_posterior": (K, K, K)}
    return {
        name: _stacked(partial(_at, found, name), chosen, picked, name in OF_STEPS, shapes[name]) for name in wanted
    }


def _at(found: dict[tuple[str, int], Any], name: str, t: int) -> Any:
    return found[name, t]


def _cleared(state: Enclosures) -> list[list[arb]]:
    """Return Q̄_t row by row, with 0 where no path leads: a product of balls may leave a small ball there."""
    return [
        [x if there else arb(0) for x, there in zip(row, reached, strict=True)]
        for row, reached in zip(state.rows, state.reach, strict=True)
    ]


def _given(weights: Sequence[arb], column: Sequence[arb], total: arb) -> list[float]:
    """Return weights·column / total, rounded; NaN throughout where the total is 0, the condition being impossible."""
    if total.is_zero():
        return [math.nan] * len(weights)
    return nearest(w * x / total for w, x in zip(weights, column, strict=True))


def _stacked(
    at: Callable[[int], Any], chosen: Sequence[int], picked: bool, of_step: bool, shape: tuple[int, ...]
) -> Array:
    """Stack what there is at each time; what belongs to a step is NaN at a chosen t = 0, and else begins at t = 1."""
    times = [t for t in chosen if picked or t > 0 or not of_step]
    empty = np.full(shape, math.nan)
    return np.array([empty if of_step and t == 0 else at(t) for t in times], dtype=np.float64)


def _model(scenario: Scenario, chain: Chain, chosen: Sequence[int], picked: bool) -> Array:
    """Return the model's rows, exact ones rounded once; NaN where it has none."""
    model, K = scenario.reverse_model(chain), chain.K
    assert model is not None

    def rows(t: int) -> Table:
        made = exact_step(chain, model, t).fractions()
        return [[math.nan] * K if row is None else [float(x) for x in row] for row in made]

    return _stacked(rows, chosen, picked, True, (K, K))


def _of_run(
    scenario: Scenario, names: Sequence[str], chosen: Sequence[int], picked: bool, digits: int
) -> dict[str, Array]:
    kind = scenario.file.arithmetic.kind
    result = run(scenario.with_options(digits=digits, arithmetic="ball" if kind == "float" else kind))
    steps, totals, made = result.steps, result.elbo, {}
    for name in ("entropy", "mutual_information"):
        if name in names:
            made[name] = np.array([nearest_float(getattr(steps[t], name)) for t in chosen])
    if "elbo_terms" in names:
        made["elbo_terms"] = _stacked(
            lambda t: nearest_float(steps[t].elbo_term), chosen, picked, True, ()  # type: ignore[arg-type]
        )  # fmt: skip
    for name, total in (("prior_term", totals.prior), ("negative_elbo", totals.negative_elbo), ("nll", totals.nll)):
        if name in names and total is not None:
            made[name] = np.array(nearest_float(total))
    return made
