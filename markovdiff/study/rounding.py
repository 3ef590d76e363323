"""What rounding to `resolution` took away, in sentences: a step that became the identity, entries that became 0.

The kernel and the schedule of a run are exactly what they were rounded to. Where that is not what the formula says in
kind (0 for what is not 0, 1 for what is below 1), the result says so, and so do the checks it bears on.
"""

from __future__ import annotations

from collections.abc import Iterator

from markovdiff.arithmetic.rational import text
from markovdiff.measures.checks.wording import at_steps
from markovdiff.study.scenario import Scenario


def rounding(scenario: Scenario) -> tuple[str, ...]:
    """Return sentences on the schedule and on the kernel; none where nothing changed in kind."""
    return (*_of_schedule(scenario), *_of_kernel(scenario))


def _of_schedule(scenario: Scenario) -> Iterator[str]:
    spec, betas, T = scenario.file.noise.schedule, scenario.betas, scenario.T
    if spec is None or spec.grid is None:
        return
    rounded = f"noise.schedule: rounding to {text(spec.grid)} makes β_t"
    if gone := [t for t, beta in enumerate(betas, 1) if beta == 0 and not spec.is_zero(t)]:
        yield f"{rounded} 0 {at_steps(gone, T)}, and so Q_t the identity; in the formula it is not"
    if whole := [
        t for t, beta in enumerate(betas, 1) if beta == 1 and not (spec.is_one(t, T) or scenario.kernel.takes_rates)
    ]:
        yield f"{rounded} 1 {at_steps(whole, T)}; in the formula it is less"


def _of_kernel(scenario: Scenario) -> Iterator[str]:
    kernel, T = scenario.kernel, scenario.T
    if kernel.grid is None:
        return
    erased = [kernel.erased(beta) for beta in scenario.chain().strengths]
    most = kernel.moves
    whole = [t for t, n in enumerate(erased, 1) if n == most > 0]
    partly = [t for t, n in enumerate(erased, 1) if 0 < n < most]
    told = [f"all {at_steps(whole, T)}, the identity there"] * bool(whole)
    if partly:
        told.append(f"up to {max(erased[t - 1] for t in partly)} {at_steps(partly, T)}")
    if told:
        rounded = f"noise.kernel: rounding down to {text(kernel.grid)} makes 0, of the {most} entries of Q_t beside"
        yield f"{rounded} the diagonal, {', and '.join(told)}; in the formula none is 0"
