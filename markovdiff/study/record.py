"""What a result keeps of its scenario: everything that an independent recomputation needs, exact, as strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import text
from markovdiff.process.chain import Chain
from markovdiff.process.kernels import Kernel
from markovdiff.process.kernels.registry import SHIPPED as KERNELS
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.reverse.registry import SHIPPED as MODELS
from markovdiff.process.reverse.spec import ModelSpec
from markovdiff.study.scenario import Scenario

if TYPE_CHECKING:
    from markovdiff.engines.exact.sequence_ledger import JointReverse


def scenario_record(
    scenario: Scenario,
    chain: Chain,
    prior: RationalMatrix | None,
    model: ReverseModel | None,
    joint: JointReverse | None = None,
) -> dict[str, object]:
    """Return the scenario with everything an independent recomputation needs, exact, as strings.

    `model` reverses one symbol, `joint` sequences; what of `joint` stands in the scenario already needs not be given.
    `prior` is None where it is p_T and p_T was not computed exactly; then its kind, "marginal", says all.
    """
    reverse = scenario.file.reverse
    named = reverse.prior if isinstance(reverse.prior, str) else "given"
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "unit": scenario.unit,
        "states": list(chain.states),
        "data": None if scenario.sequences else [text(p) for p in chain.data.probabilities],
        **({"sequences": _law(scenario)} if scenario.sequences else {}),
        "kernel": _kernel(scenario, chain),
        "schedule": None if (schedule := scenario.file.noise.schedule) is None else schedule.described(),
        "steps": chain.T,
        "betas": [text(beta) for beta in chain.betas] or None,
        "reverse": {
            "model": _model(scenario, model, chain) if joint is None else _joint_model(scenario, joint),
            "prior": {"kind": named, "probabilities": prior and [text(p) for p in prior.rows()[0]]},
            **({} if reverse.hybrid is None else {"hybrid": text(reverse.hybrid)}),
        },
        "checks": scenario.check_records(),
        **({"samplers": _samplers(scenario)} if scenario.sequences else {}),
    }


def _samplers(scenario: Scenario) -> list[dict[str, object]]:
    """Return which samplers were asked for, in their order."""
    from markovdiff.study.sampler_keys import asked

    return [one.record() for one in asked(scenario)]


def _law(scenario: Scenario) -> dict[str, object]:
    from markovdiff.study.sequence_data import record_of

    assert scenario.sequences is not None
    return record_of(scenario.sequences)


def _kernel(scenario: Scenario, chain: Chain) -> dict[str, object]:
    """Return the kernel's kind and what an audit needs; for a kind that no audit knows, the rows of every step."""
    spec, kernel = scenario.file.noise.kernel, chain.kernel
    kind, described = spec.kind(), spec.described()
    record = kernel.record(chain.strengths) if kind in KERNELS else Kernel.record(kernel, chain.strengths)
    return {"kind": kind, **described, **record}


def _joint_model(scenario: Scenario, joint: JointReverse) -> dict[str, object]:
    from markovdiff.study.position_reverse import brought_tables

    return {"kind": scenario.model.kind(), **scenario.model.keys(), **brought_tables(joint)}


def _model(scenario: Scenario, model: ReverseModel | None, chain: Chain) -> dict[str, object] | None:
    """Return the model's kind and what an audit needs of it: of a kind that no audit knows, the rows of every step."""
    spec = scenario.model
    if scenario.sequences is not None:
        return {"kind": spec.kind(), **spec.keys()}
    if model is None:
        return None
    record = spec.record(model, chain) if spec.kind() in MODELS else ModelSpec.record(spec, model, chain)
    return {"kind": spec.kind(), **record}
