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
from markovdiff.audit.examination import Examination

KERNELS = ("uniform", "absorbing", "mixing", "neighbour", "gaussian", "matrix", "per-step", "conditional")
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
        "neighbour": f', boundary = "{random.choice(("reflect", "periodic"))}", reach = {random.randint(1, K)}',
        "gaussian": f', resolution = "1/{2 ** random.choice((3, 16, 32))}"',
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
    bound = random.choice(("1/2", "1/1000", "0.125", "1e-12"))
    asked = random.choice(('entropy-growth = "non-decreasing"', 'h-theorem = { against = "data", expected = "holds" }'))
    if kind == "conditional":
        asked = 'dpi = "holds"'
    text += f"checks = {{ {asked}, converged = {{ information = '{bound}' }} }}\n"
    return text + f"arithmetic = {{ kind = '{arithmetic}', digits = {random.choice((1, 6, 15, 30))} }}\n"


def main(wanted: int = 300, seed: int = 1) -> int:
    """Run and audit them; the exit status."""
    random, counts, kinds, uncovered = Random(seed), Counter[str](), Counter[str](), Counter[str]()
    done = refused = left = 0
    while done < wanted:
        text = scenario(random)
        alone = random.random() < 1 / 2
        try:
            with patch("markovdiff.study.balls.CHEAP_SECONDS", 0.0 if alone else 5.0):
                result = md.run(md.loads(text), shadow=random.random() < 1 / 3)
        except md.MarkovdiffError:
            refused += 1
            continue
        part = record.Part(json.loads(result.to_json(distributions=True)), "")
        try:
            report = Examination(part).run(None, lambda _share: None)
        except WrongError as wrong:
            print(f"WRONG at {wrong.where}: said {wrong.said}, true {wrong.true}\n{text}")
            return 1
        counts.update(report.counts)
        left += report.open_count
        uncovered.update(report.uncovered)
        kinds[str(result.arithmetic["kind"])] += 1
        done += 1
    balls = f"{kinds['ball']} in balls; {refused} others refused"
    print_summary(f"seed {seed}: {done} scenarios ({balls})", counts, left, uncovered)
    return 0


def print_summary(done: str, counts: Counter[str], left: int, uncovered: Counter[str]) -> None:
    """Print what was confirmed of what was done."""
    print(f"{done}, {sum(counts.values()):,} claims confirmed, none wrong, {left:,} left undecided")
    print(", ".join(f"{n:,} {what}" for what, n in counts.items()))
    print("not covered: " + ", ".join(f"{what} ({n:,})" for what, n in uncovered.items()))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
