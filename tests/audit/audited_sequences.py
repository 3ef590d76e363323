"""A chain of the engine as the audit has it, and the audit's numbers beside the engine's and beside printed digits."""

from __future__ import annotations

from fractions import Fraction

from markovdiff.audit.confirm import unit_of_last_digit
from markovdiff.audit.numerals import decimal as read
from markovdiff.audit.record import Part
from markovdiff.audit.sequences import bounds
from markovdiff.audit.sequences.positions import PositionwiseModel
from markovdiff.audit.sequences.process import SequenceProcess
from markovdiff.audit.sequences.sampler_claims import SamplerClaims


def process_of(chain):
    law = {x: Fraction(w, chain.law.total) for x, w in chain.law.support}
    steps = [tuple(map(tuple, chain.symbol.step(t))) for t in range(1, chain.T + 1)]
    return SequenceProcess(chain.K, chain.length, chain.T, chain.mask, law, steps)


def is_same(form, found):
    """Whether the engine's exact sum of logarithms is the audit's."""
    return found.is_form([(Fraction(c), int(b)) for c, b in form])


def decimal(found, digits):
    """Whether the audit's number has these digits in bits, the last of them rounded."""
    said = read(digits)
    if found.equals(said.value, "bits"):
        return True
    half, x = unit_of_last_digit(said.value, said.shown) / 2, found.enclose(192).in_bits()
    return x.above(said.value - half) and x.below(said.value + half)


def claims_on(scenario, record):
    """What the audit takes of a record's samplers, the process and model from the scenario itself."""
    model, prior = record["scenario"]["reverse"]["model"], record["scenario"]["reverse"]["prior"]["probabilities"]
    return SamplerClaims(
        process_of(scenario.sequence_chain()),
        record["scenario"]["states"],
        PositionwiseModel(
            model["kind"],
            denoiser=model.get("denoiser", "posterior"),
            error=Fraction(model.get("error", "0")),
            last=model.get("last", "formula"),
        ),
        prior and [Fraction(p) for p in prior],
        record["unit"],
        record["arithmetic"]["digits"],
    )


def audited(scenario, record):
    """Confirm all that a record says of its samplers; returns the claims and what became of the check."""
    found, part = claims_on(scenario, record), Part(record, "")
    found.confirm_sequence(part["sequence"])
    found.confirm_samplers(part["sampler"], part["scenario"].get("samplers"))
    check = next((check for check in part["checks"].items() if check["check"].value == "sampler"), None)
    return found, check and bounds.check(check, part["scenario"]["checks"]["sampler"], found.rows)
