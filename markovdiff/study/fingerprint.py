"""A hash of what a scenario says: its keys, and the data, noise and reverse model that they and their files led to."""

from __future__ import annotations

import hashlib
import json

from markovdiff.study.record import scenario_record
from markovdiff.study.scenario import Scenario
from markovdiff.study.settings import tree


def fingerprint(scenario: Scenario) -> str:
    """Return a SHA-256 in hexadecimal: two scenarios with one hash give the same result."""
    chain, model, joint = scenario.chain(), None, None
    if scenario.sequences is None:
        model = scenario.reverse_model(chain)
    elif scenario.model.read and (sequences := scenario.sequence_chain()) is not None:
        joint = scenario.joint_reverse(sequences)
    facts = (tree(scenario.file), scenario_record(scenario, chain, None, model, joint), scenario.unit)
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
