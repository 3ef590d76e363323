"""An inspection as plain lines: one fact a line, wrapped at 80 columns by what prints it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import shown
from markovdiff.designs.estimate import Estimates
from markovdiff.designs.inspection import CapacityFound, Inspection
from markovdiff.designs.one_step import KernelFound, few_of
from markovdiff.designs.rate import DecayRate
from markovdiff.designs.times import FirstTime

FEW = 8
"""Classes, groups or probabilities that a line names at most."""


def lines(found: Inspection) -> Iterator[str]:
    """Yield what was found, section by section."""
    kind = "one kernel at every step" if found.is_constant else f"{len(found.kernels)} kernels looked at"
    yield f"{found.name}: {len(found.states)} states, T = {found.steps}, {kind}"
    yield from (f"note: {note}" for note in found.notes)
    for warning in found.warnings:
        yield f"WARNING: {warning}"
    for kernel in found.kernels:
        yield ""
        yield from _kernel(kernel, found.states)
    yield ""
    yield "for ever" if found.is_constant else "for ever, as far as that can be said"
    yield from _for_ever(found)
    yield ""
    yield "at some times"
    for capacity in found.capacities:
        yield from _capacity(capacity, found.unit)


def estimate_lines(found: Estimates) -> Iterator[str]:
    """Yield what samples would say, time by time."""
    yield f"{found.name}: plug-in estimates of I(x0;x_t) from n = {found.samples:,} samples, in {found.unit}"
    for at in found.estimates:
        yield ""
        yield f"t = {at.t}"
        yield f"  truth           {_number(at.truth)}"
        yield f"  mean of plug-in {_number(at.mean)}"
        yield f"  Miller–Madow    {_number(at.miller_madow)} (its mean, with the bins observed)"
        how = "" if at.is_certified else " (Monte Carlo, not certified)"
        yield f"  std of plug-in  {_number(at.standard_deviation)}{how}"
        yield f"  samples needed  {at.detail}"


def _kernel(kernel: KernelFound, states: tuple[str, ...]) -> Iterator[str]:
    yield f"Q_t at t = {kernel.times}{', the identity' if kernel.is_identity else ''}"
    for c in kernel.classes[:FEW]:
        period = "never met again" if c.period is None else f"period {c.period}"
        yield f"  class {few_of(c.states)}: {'closed' if c.is_closed else 'left for good'}, {period}"
    if len(kernel.classes) > FEW:
        yield f"  … {len(kernel.classes)} classes in all"
    for law in (kernel.stationary_laws or ())[:FEW]:
        reversible = "reversible" if law.is_reversible else "not reversible"
        yield f"  stationary law {_law(law.probabilities, states)}, {reversible}"
    yield f"  doubly stochastic: {'yes' if kernel.is_doubly_stochastic else 'no'}"
    groups = [few_of(group) for group in kernel.interchangeable[:FEW]]
    yield f"  states that can be interchanged: {'; '.join(groups) if groups else 'none'}"
    at = "" if kernel.eta_tv_pair is None else f", by the rows {' and '.join(kernel.eta_tv_pair)}"
    yield f"  η_TV = {shown(kernel.eta_tv, 24)} (Dobrushin, exact){at}"
    if kernel.eta_kl is not None:
        yield f"  η_KL = {_number(kernel.eta_kl)}{_place(kernel)}"
    yield from (f"  {note}" for note in kernel.notes)


def _place(kernel: KernelFound) -> str:
    if kernel.eta_kl_pair is None or kernel.eta_kl_share is None:
        return ""
    i, k = kernel.eta_kl_pair
    if kernel.eta_kl_attained:
        share = kernel.eta_kl_share
        size = shown(share) if share.denominator <= 1000 else f"about {float(share):.6g}"
        return f", reached by an input on {i} and {k}, {i} with probability {size}"
    which = i if kernel.eta_kl_share == 1 else k
    return f", the limit as an input on {i} and {k} tends to {which} alone: not attained"


def _for_ever(found: Inspection) -> Iterator[str]:
    limit = found.limit
    if limit.law is not None:
        yield f"  limit of Q̄_t: {_law(limit.law, found.states)} in every row"
    elif limit.rows is not None:
        yield f"  limit of Q̄_t: {limit.detail}"
        for state, row in list(zip(found.states, limit.rows, strict=True))[:FEW]:
            yield f"    from {state}: {_law(row, found.states)}"
    else:
        yield f"  limit of Q̄_t: {limit.detail}"
    yield from _rate(found.rate)
    yield f"  {_time('I(x0;x_t)', found.information_time, found.unit)}"
    yield f"  {_time('mixing: every row of Q̄_t within', found.mixing_time, '')}"


def _rate(rate: DecayRate) -> Iterator[str]:
    if rate.modulus is not None:
        yield f"  leading excited |λ| = {_number(rate.modulus)}"
    if rate.decay is not None:
        yield f"  limsup I_t^(1/t) = {_number(rate.decay)}"
    yield f"  rate: {rate.detail}"


def _time(what: str, found: FirstTime, unit: str) -> str:
    bound = f"{'≤ ' if unit else ''}{shown(found.epsilon, 24)}{' ' + unit if unit else ' of the stationary law'}"
    if found.t is None:
        return f"{what} {bound}: {found.detail}"
    past = " (past T, if the same step went on)" if found.is_beyond else ""
    return f"{what} {bound}: first at t = {found.t}{past}"


def _capacity(found: CapacityFound, unit: str) -> Iterator[str]:
    if found.lower is not None:
        yield f"  t = {found.t}: capacity of Q̄_t from {found.lower} to {found.upper} {unit}"
    if found.eta_chi_squared is not None:
        words = "information of its own, no bound on I_t/I_(t−1)"
        yield f"  t = {found.t}: η_χ²(p_(t−1), Q_t) = {_number(found.eta_chi_squared)} ({words})"
    if found.detail:
        yield f"  t = {found.t}: {found.detail}"


def _number(x: Enclosed) -> str:
    if x.closed_form is not None and x.closed_form != x.value and len(x.closed_form) <= 24:
        return f"{x.value} = {x.closed_form}"
    return x.value if x.is_finite else f"{x.value} ({x.words})"


def _law(row: tuple[Fraction, ...], states: tuple[str, ...]) -> str:
    """Return the first probabilities of a law; of one that sits on a state, the state."""
    if row.count(Fraction(0)) == len(row) - 1:
        return f"all on {states[row.index(Fraction(1))]}"
    few = ", ".join(shown(x, 12) for x in row[:FEW])
    return f"({few}{', …' if len(row) > FEW else ''})"
