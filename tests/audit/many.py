"""Audit many random scenarios: `python tests/audit/many.py [SCENARIOS] [SEED]`, 300 and 1 by default.

Each is run by the engine, with its distributions, and every number of the result is recomputed by the second route.
A third is run in balls, half of these without the exact chain that settles equalities beside them.
It prints how many quantities were confirmed, and stops with status 1 at the first that is wrong.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from random import Random
from unittest.mock import patch

import markovdiff as md
from markovdiff.audit import record
from markovdiff.audit.claims import WrongError
from markovdiff.audit.examination import OPEN, Examination

KERNELS = ("uniform", "absorbing", "mixing", "neighbour", "matrix", "per-step", "conditional")
SCHEDULES = ('kind = "jump"', 'kind = "constant", beta = "1/7"', 'kind = "linear", start = "1/100", stop = "1/3"',
             'kind = "cosine"', 'kind = "geometric", start = "1/1000", stop = "1/2"')  # fmt: skip
MODELS = ('kind = "bayes"', 'kind = "uniform"', 'kind = "d3pm", error = "1/9"', 'kind = "d3pm", denoiser = "data"',
          'kind = "posterior-mixture", error = "1/5"', 'kind = "d3pm", error = "1/9", last = "formula"',
          'kind = "counted", trajectories = 50, smoothing = "1/2"')  # fmt: skip


def rows(K: int, random: Random) -> list[list[str]]:
    """A stochastic matrix, with zeros."""
    found = []
    for _ in range(K):
        weights = [random.choice((0, 0, 1, 2, 3, 7)) for _ in range(K)]
        weights[random.randrange(K)] += 1
        found.append([f"{w}/{sum(weights)}" for w in weights])
    return found


def scenario(random: Random) -> str:
    """The text of one."""
    arithmetic = random.choice(("exact", "exact", "ball"))
    K, T = random.randint(1, 5), random.randint(1, 24)
    weights = [random.choice((0, 1, 1, 2, 5, 9)) for _ in range(K)]
    weights[random.randrange(K)] += 1
    kind = random.choice(KERNELS)
    fields = {
        "mixing": ', target = "data"',
        "matrix": f", rows = {json.dumps(rows(K, random))}",
        "per-step": f", steps_rows = {json.dumps([rows(K, random) for _ in range(T)])}",
        "conditional": f", rows_by_source = {json.dumps([rows(K, random) for _ in range(K)])}",
    }.get(kind, "")
    schedule = "" if kind in ("per-step", "conditional") else f", schedule = {{ {random.choice(SCHEDULES)} }}"
    text = f'unit = "{random.choice(("bits", "nats"))}"\ndata = {{ weights = {weights} }}\n'
    text += f'noise = {{ steps = {T}, kernel = {{ kind = "{kind}"{fields} }}{schedule} }}\n'
    if kind != "conditional":
        text += f'reverse = {{ prior = "{random.choice(("marginal", "uniform"))}", '
        text += f"model = {{ {random.choice(MODELS)} }} }}\n"
    return text + f"arithmetic = {{ kind = '{arithmetic}', digits = {random.choice((1, 6, 15, 30))} }}\n"


def main(wanted: int = 300, seed: int = 1) -> int:
    """Run and audit them; the exit status."""
    random, counts, kinds, done, refused = Random(seed), Counter[str](), Counter[str](), 0, 0
    while done < wanted:
        text = scenario(random)
        alone = random.random() < 1 / 2
        try:
            with patch("markovdiff.study.balls.CHEAP_SECONDS", 0.0 if alone else 5.0):
                result = md.run(md.loads(text))
        except md.MarkovdiffError:
            refused += 1
            continue
        part = record.Part(json.loads(result.to_json(distributions=True)), "")
        try:
            counts.update(Examination(part).run(None, lambda _share: None).counts)
        except WrongError as wrong:
            print(f"WRONG at {wrong.where}: said {wrong.said}, true {wrong.true}\n{text}")
            return 1
        kinds[str(result.arithmetic["kind"])] += 1
        done += 1
    left = counts.pop(OPEN, 0)
    claims = f"{sum(counts.values()):,} claims confirmed, none wrong, {left:,} {OPEN}"
    print(f"seed {seed}: {done} scenarios ({kinds['ball']} in balls; {refused} others refused), {claims}")
    print(", ".join(f"{n:,} {what}" for what, n in counts.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
