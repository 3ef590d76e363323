"""A hash of what a scenario says: its keys, and the data, noise and reverse model that they and their files led to."""

from __future__ import annotations

import hashlib
import json

from markovdiff.study.run import resolved
from markovdiff.study.scenario import Scenario
from markovdiff.study.settings import tree


def fingerprint(scenario: Scenario) -> str:
    """Return a SHA-256 in hexadecimal: two scenarios with one hash give the same result."""
    chain = scenario.chain()
    model = scenario.reverse_model(chain) if scenario.sequences is None else None
    facts = (tree(scenario.file), resolved(scenario, chain, None, model), scenario.unit)
    return hashlib.sha256(json.dumps(facts, default=str).encode()).hexdigest()
