"""What wrong arrays look like: each habit is tried, and named where it gives the very numbers that were found.

A hypothesis says what an array would hold if the code had that one habit, from the true arrays or from the arrays of a
scenario that has the habit. It is named where every number fits within the tolerance, and the truth does not. Several
may fit; all are named. None is a proof: it says what the numbers look like.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import accumulate
from typing import Any

import numpy as np

from markovdiff.errors import MarkovdiffError
from markovdiff.reference.arrays import OF_STEPS, OF_TIMES, Array, absent, arrays
from markovdiff.reference.case import TERMS, Case, Near, meets
from markovdiff.reference.formulas import clamps, posteriors
from markovdiff.study.scenario import Scenario

LAWS = (*OF_STEPS, *OF_TIMES)
MATRICES = ("Q", "Qbar", "data_posterior", "bayes_reverse", "reverse", "forward_posterior")
MOST_TERMS = 10**6
"""K³T up to which the terms are made with ε in their logarithms."""

MOST_TABLES = 10**6
"""Entries of Q̄ from which on scenarios with other schedules are not computed to be held beside the arrays."""

BACKWARDS = "the schedule backwards: β_T first"

FINE = Fraction(1, 2**80)
"""A resolution far below what the tolerance shows."""


def diagnoses(case: Case) -> list[str]:
    """Return what the array looks like, in words; empty where no hypothesis fits."""
    with np.errstate(all="ignore"):
        fitting = [words for words, expected in _expectations(case) if meets(case, expected)]
        return list(dict.fromkeys([*fitting, *_other_scenarios(case)]))


def _expectations(case: Case) -> Iterator[tuple[str, Array | None]]:
    """Yield each hypothesis in words, and what the array would be."""
    if case.name in MATRICES:
        yield "transposed: the last two axes are swapped", case.truth.swapaxes(-1, -2)
    if case.name == "betas":
        yield from _of_betas(case)
    if case.name in LAWS:
        yield from _of_laws(case)
    if case.name == "marginal":
        yield "transposed: p_0 multiplied from the other side", _from_the_other_side(case)
    if case.name == "forward_posterior":
        yield from _of_posteriors(case)
    if case.name in TERMS:
        yield from _of_terms(case)
        yield from _of_logarithms(case)
    if case.times is None and case.name not in ("prior_term", "negative_elbo", "nll"):
        yield from _shifted(case)


def _shifted(case: Case) -> Iterator[tuple[str, Array | None]]:
    """Yield the truth a step later and a step earlier; at the end without a truth the array may be anything."""
    mine, truth = case.mine, case.truth
    if len(truth) < 3:
        return
    yield "shifted by a step: entry t holds what belongs to t + 1", np.concatenate([truth[1:], mine[-1:]])
    yield "shifted by a step: entry t holds what belongs to t − 1", np.concatenate([mine[:1], truth[:-1]])


def _from_the_other_side(case: Case) -> Array:
    """Return Q̄_t p_0, which is no law."""
    turned = np.einsum("tij,j->ti", case.true("Qbar"), case.law_of_data)
    return case.trimmed("marginal", turned)


def _of_posteriors(case: Case) -> Iterator[tuple[str, Array | None]]:
    """Yield what the formula gives with another factor, or with ε in it; looked at where the array first differs."""
    index, late = case.first[0], int(case.times is None)
    Q, Q_bar = case.true("Q"), case.true("Qbar")

    def made(part: slice) -> Iterator[tuple[str, Array]]:
        before = Q_bar[:-1][part] if late else None
        for words, array in posteriors(before, Q[part], Q_bar[late:][part]):
            yield words, np.where(np.isnan(case.truth[part]), math.nan, array)

    here = slice(index, index + 1)
    fitting = {words for words, array in made(here) if meets(case, array, here)}
    if fitting:
        yield from ((words, array) for words, array in made(slice(None)) if words in fitting)


def _of_logarithms(case: Case) -> Iterator[tuple[str, Array | None]]:
    """Yield the terms of L, or L, with ε in the logarithms; terms are looked at where they first differ."""
    study, T = case.study, case.study.T
    of_terms = case.name == "elbo_terms"
    if case.times is not None or not (of_terms or case.name == "negative_elbo") or study.K**3 * T > MOST_TERMS:
        return
    ledger = case.ledger
    for words, inside, alone in clamps():
        for factor, suffix in case.units:
            if factor != 1 and meets(case, case.truth * factor):
                break  # the unit alone fits
            scale = factor / (math.log(2) if study.unit == "bits" else 1)
            if of_terms:
                index = case.first[0]
                there = np.array([ledger.term(index + 1, inside, model_alone=alone) * scale])
                if not meets(case, there, [index]):
                    continue
            terms = np.array([ledger.term(t, inside, model_alone=alone) for t in range(1, T + 1)])
            if of_terms:
                yield words + suffix, terms * scale
                continue
            prior = ledger.prior_term((lambda x: x) if alone else inside)
            yield words + suffix, np.array(terms.sum() + prior) * scale


def _of_betas(case: Case) -> Iterator[tuple[str, Array | None]]:
    beta = case.truth
    alpha_bar = np.array([float(x) for x in accumulate((1 - b for b in case.betas), lambda a, b: a * b)])
    yield "α_t = 1 − β_t for β_t", 1 - beta
    yield "ᾱ_t for β_t", alpha_bar
    yield "1 − ᾱ_t for β_t", 1 - alpha_bar
    yield "σ_t = −log(1 − β_t) for β_t", -np.log1p(-beta)
    yield "1 − exp(−β_t) for β_t: each β_t taken for a rate", -np.expm1(-beta)
    yield "the total noise σ̄_t = −log ᾱ_t for β_t", -np.log(alpha_bar)
    yield BACKWARDS, beta[::-1]


def _of_laws(case: Case) -> Iterator[tuple[str, Array | None]]:
    mine, truth, name = case.mine, case.truth, case.name
    of_step, none = case.times is None, absent(case.study.chain())
    if name == "Q":
        cumulative = case.true("Qbar")
        yield "cumulative for one-step: Q̄_t in place of Q_t", cumulative[1:] if of_step else _from_t1(case, cumulative)
    if name == "Qbar" and "Q" not in none:
        Q = case.true("Q")
        first = mine[:1]
        one_step = np.concatenate([first, Q]) if of_step else np.where(np.isnan(Q), mine, Q)
        yield "one-step for cumulative: Q_t in place of Q̄_t", one_step
    yield "log-probabilities: exp of them is right", np.where(case.near(np.exp(mine), truth), mine, np.log(truth))
    if name != "marginal" or mine.ndim == 2:
        yield "logits: softmax of them is right, and they are not normalised", _logits(mine, truth, case.near)
    sums = np.nansum(mine, axis=-1, keepdims=True)
    if not np.allclose(sums[sums != 0], 1, rtol=1e-9, atol=0):
        yield "not normalised: each row divided by its sum is right", truth * np.where(np.isnan(truth), 1, sums)
    yield from _clamped(mine, truth)


def _from_t1(case: Case, cumulative: Array) -> Array:
    """Return Q̄_t at the chosen times, with NaN at t = 0, where a step has nothing."""
    assert case.times is not None
    return np.where(np.array(case.times)[:, None, None] == 0, math.nan, cumulative)


def _logits(mine: Array, truth: Array, near: Near) -> Array | None:
    """Return log truth plus what each row was shifted by, where that is not 0 throughout."""
    shift = np.nanmax(np.where(truth > 0, mine - np.log(truth), -np.inf), axis=-1, keepdims=True)
    if not np.isfinite(shift).any() or np.all(np.abs(shift[np.isfinite(shift)]) < 1e-9):
        return None
    shift = np.where(np.isfinite(shift), shift, math.nan)
    return np.where(near(np.exp(mine - shift), truth), mine, np.log(truth) + shift)


def _clamped(mine: Array, truth: Array) -> Iterator[tuple[str, Array | None]]:
    """Yield the truth with ε for what is smaller, and with ε added, as they are or divided by their sums.

    ε is read off the smallest of the numbers given where the truth is smaller than they are.
    """
    raised = mine[(mine > truth) & np.isfinite(truth)]
    if not raised.size or not 0 < (eps := float(raised.min())) < 1:
        return
    for low in dict.fromkeys((eps, float(f"{eps:.0e}"))):
        forms = {"everything below ε raised to it": np.maximum(truth, low), "ε added to everything": truth + low}
        for how, made in forms.items():
            yield f"a clamp: {how}, ε ≈ {low:.3g}", np.where(np.isnan(truth), mine, made)
            divided = made / made.sum(axis=-1, keepdims=True)
            yield f"a clamp: {how}, then divided by the sums, ε ≈ {low:.3g}", np.where(np.isnan(truth), mine, divided)


def _of_terms(case: Case) -> Iterator[tuple[str, Array | None]]:
    """Yield the unit, the sign, and what sums leave out, in the unit and in the other one."""
    for scale, suffix in case.units:
        if scale != 1:
            yield suffix.removeprefix(", and "), case.truth * scale
            if meets(case, case.truth * scale):
                break  # what else was done besides changes nothing within the tolerance
        yield f"the sign: this is minus the number{suffix}", -case.truth * scale
        if case.name == "negative_elbo":
            for words, expected in _of_sums(case):
                yield words + suffix, expected * scale
                if not meets(case, -case.truth * scale):  # else the sign alone fits
                    yield f"{words}, and the sign{suffix}", -expected * scale
        if case.name == "prior_term":
            yield "a dropped prior term", np.zeros(())
            yield f"a constant prior term: log K, whatever x_T is{suffix}", np.array(_log_K(case)) * scale
    if case.mine.shape == case.truth.shape and np.isinf(case.truth).any():
        finite = np.where(np.isinf(case.truth) & np.isfinite(case.mine), case.mine, case.truth)
        yield "finite where the truth is infinite: something was clamped", finite


def _log_K(case: Case) -> float:
    return math.log(case.study.K) / (math.log(2) if case.study.unit == "bits" else 1)


def _of_sums(case: Case) -> Iterator[tuple[str, Array]]:
    key = "terms"
    if key not in case.shared:
        case.shared[key] = arrays(case.study, ["elbo_terms", "prior_term"])
    terms, prior = case.shared[key]["elbo_terms"], case.shared[key]["prior_term"]
    T = len(terms)
    yield "a dropped prior term", case.truth - prior
    yield "a constant prior term: log K, whatever x_T is", case.truth - prior + _log_K(case)
    yield "the reconstruction (t = 1) left out", case.truth - terms[0]
    yield "the mean over t for the sum of the terms", np.array(terms.mean() + prior)
    yield "everything divided by T", case.truth / T
    yield "the mean over t, and a dropped prior term", np.array(terms.mean())
    yield (
        "the terms t ≥ 2 as their mean, the others whole",
        np.array(terms[0] + terms[1:].mean() + prior) if T > 1 else prior,
    )
    yield "the prior term twice", case.truth + prior


def _other_scenarios(case: Case) -> Iterator[str]:
    """Yield the conventions of other people that give the array."""
    study = case.study
    if study.K**2 * study.T > MOST_TABLES:
        return
    for words, keys in conventions(study):
        if case.name == "betas" and "noise.schedule" in keys:
            continue  # β_t told another way has its own words
        try:
            other = study.replace(keys)
        except MarkovdiffError:
            continue
        for scale, suffix in case.units:
            if scale != 1 and meets(case, case.truth * scale):
                break  # the unit alone fits
            if case.is_of(other, words, scale):
                yield words + suffix


def conventions(study: Scenario) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield other people's conventions for a scenario: what they are in words, and the keys that make them."""
    noise, model = study.file.noise, study.model
    schedule = type(noise.schedule).__name__ if noise.schedule is not None else None
    power = getattr(noise.schedule, "power", None)
    if noise.schedule is not None and noise.schedule.kind() == "cosine" and power is not None:
        words = "cos for cos²" if power == 2 else "cos² for cos"
        yield (
            f"{words} in the schedule (Nichol & Dhariwal square it, D3PM's code does not)",
            {"noise.schedule.power": 3 - power},
        )
    if schedule is not None:
        yield (
            "σ for β: each β_t taken for a rate, 1 − exp(−β_t) in its place",
            _explicit([Fraction(1 - math.exp(-beta)) for beta in study.betas]),
        )
        yield (
            "β for σ: −log(1 − β_t) in the place of β_t",
            _explicit([Fraction(-math.log1p(-float(beta))) if beta < 1 else Fraction(1) for beta in study.betas]),
        )
        alphas = list(accumulate((1 - beta for beta in study.betas), lambda a, b: a * b))
        rounded = [Fraction(float(1 - alpha)) for alpha in alphas]  # exact ones would be longer at every t
        yield "β for ᾱ: ᾱ_t taken for 1 − β_t", _explicit(rounded)
        yield "α for β: 1 − β_t in the place of β_t", _explicit([1 - beta for beta in study.betas])
        yield BACKWARDS, _explicit(list(reversed(study.betas)))
    if noise.kernel.kind() == "rate" and noise.schedule is not None and not noise.schedule.tells_rates:
        yield "β for σ: s_t = β_t in the place of −log(1 − β_t)", _explicit(list(study.betas))
    finer = {
        f"noise.{part}.resolution": FINE
        for part, spec in (("kernel", noise.kernel), ("schedule", noise.schedule))
        if hasattr(spec, "resolution")
    }
    if finer:
        yield "not rounded to `resolution`: nothing is wrong here, the scenario needs a finer one", finer
    if noise.kernel.kind() == "gaussian" and study.K > 1 and schedule is not None:
        scale = Fraction(study.K - 1, 255) ** 2
        yield (
            "Gaussian on the grid 0…255 whatever K is, as D3PM's code has it",
            _explicit([min(beta * scale, Fraction(1)) for beta in study.betas]),
        )
    if model.kind() == "d3pm" or getattr(model, "form", None) == "d3pm":
        if getattr(model, "last", None) == "formula":
            yield "the prediction itself at t = 1, in the place of equation 4", {"reverse.model.last": "prediction"}
        else:  # the default of one symbol
            yield "equation 4 at t = 1 too, in the place of the prediction itself", {"reverse.model.last": "formula"}


def _explicit(betas: list[Fraction]) -> dict[str, Any]:
    return {"noise.schedule": {"kind": "explicit", "betas": betas}}
