"""Audit many random scenarios of sequences: `python tests/audit/many_sequences.py 300 1`, their number and the seed.

Laws with zeros and Markov laws; every kernel, with an added mask and with an ordinary label as mask; every model by
position, brought tables with gaps and the joint Bayes reverse; priors that miss symbols; samplers by steps, by grids,
by block sizes in every order; bounds that hold and that do not. Each is run, a third of them in balls, and all of the
result is recomputed by the second route. It stops with status 1 at the first number that is wrong.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from many import print_summary, rows

import markovdiff as md
from markovdiff.audit.claims import WrongError
from markovdiff.audit.record import Part
from markovdiff.audit.sequences.examination import SequenceExamination

KERNELS = (
    "uniform",
    "absorbing",
    "absorbing",
    "absorbing",
    "mixing",
    "neighbour",
    "matrix",
    "per-step",
    "mask-uniform",
)
SCHEDULES = ('kind = "jump"', 'kind = "constant", beta = "1/7"', 'kind = "linear", start = "1/10", stop = "1"')
DENOISERS = ("", ', error = "1/5"', ', denoiser = "data"', ', denoiser = "leave-one-out"')
BOUNDS = ("kl", "excess", "total_variation", "outside_support")


def scenario(random: Random, folder: Path) -> str:
    """The text of one; a table that it reads is written into the folder."""
    K, T = random.randint(1, 3), random.randint(1, 4)
    L = random.randint(1, 2 if K == 3 else 3)
    weights = {"".join(x): random.choice((0, 1, 1, 2, 5)) for x in product("abc"[:K], repeat=L)}
    law = {x: w for x, w in weights.items() if w} or {"a" * L: 1}
    used = sorted({symbol for x in law for symbol in x})
    kernel, added = _kernel(random, used, T)
    K = len(used) + added
    data = f"sequences = {{ {', '.join(f'{x} = {w}' for x, w in law.items())} }}"
    if random.random() < 1 / 6:
        data = f"states = {json.dumps(used)}\nmarkov = {{ initial = {_law(len(used), random)}, "
        data += f"rows = {json.dumps(rows(len(used), random))} }}"
    prior = random.choice(('"marginal"', '"marginal"', '"uniform"', _law(K, random)))
    model = _model(random, folder, (K, L, T))
    text = f'unit = "{random.choice(("bits", "nats"))}"\n[data]\nlength = {L}\n{data}\n[noise]\nsteps = {T}\n{kernel}'
    text += f"[reverse]\nprior = {prior}\nmodel = {model}\n"
    if "bayes" not in model:
        text += _samplers(random, L, T, unmasks=added == 1 and '"absorbing"' in kernel)
    return (
        text
        + f'[arithmetic]\nkind = "{random.choice(("exact", "exact", "ball"))}"\n'
        + (f"digits = {random.choice((1, 6, 15, 30))}\n")
    )


def _law(K: int, random: Random) -> str:
    return json.dumps(rows(K, random)[0])


def _kernel(random: Random, used: list[str], T: int) -> tuple[str, int]:
    """A kernel and its schedule, and how many symbols it adds."""
    kind, K = random.choice(KERNELS), len(used)
    ordinary = kind == "absorbing" and random.random() < 1 / 3
    fields = {
        "mixing": ', target = "data"',
        "neighbour": ', boundary = "reflect"',
        "matrix": f", rows = {json.dumps(rows(K, random))}",
        "per-step": f", steps_rows = {json.dumps([rows(K, random) for _ in range(T)])}",
        "mask-uniform": ', uniform = { kind = "constant", beta = "1/5" }',
        "absorbing": f', mask = "{used[-1]}"' if ordinary else "",
    }.get(kind, "")
    schedule = "" if kind == "per-step" else f"schedule = {{ {random.choice(SCHEDULES)} }}\n"
    added = kind == "mask-uniform" or (kind == "absorbing" and not ordinary)
    return f'kernel = {{ kind = "{kind}"{fields} }}\n{schedule}', int(added)


def _model(random: Random, folder: Path, sizes: tuple[int, int, int]) -> str:
    kind = random.choice(("posterior-mixture", "posterior-mixture", "d3pm", "d3pm", "table", "bayes"))
    if kind == "bayes":
        return '{ kind = "bayes" }'
    if kind == "table":
        K, L, T = sizes
        said = [
            [None if random.random() < 1 / 7 else [rows(K, random)[0] for _ in range(L)] for _ in range(K**L)]
            for _ in range(T)
        ]
        (folder / "denoiser.json").write_text(json.dumps({"denoiser": said}), encoding="utf-8")
        form = random.choice(("d3pm", "posterior-mixture"))
        return f'{{ kind = "table", path = "denoiser.json", form = "{form}" }}'
    last = random.choice(("", ', last = "formula"', ', last = "prediction"')) if kind == "d3pm" else ""
    return f'{{ kind = "{kind}"{random.choice(DENOISERS)}{last} }}'


def _samplers(random: Random, L: int, T: int, *, unmasks: bool) -> str:
    """Samplers, and the check on them."""
    steps = sorted({random.randint(1, T) for _ in range(2)})
    grid = [0, *sorted(random.sample(range(1, T), random.randint(0, T - 1))), T]
    text = f"[sampler]\nsteps = {steps}\ntimes = [{grid}]\n"
    entries = [f"steps = {steps[0]}", f"times = {grid}"]
    if unmasks:
        sizes: list[int] = []
        while sum(sizes) < L:
            sizes.append(random.randint(1, L - sum(sizes)))
        order = random.choice(('"random"', '"confidence"', '"left-to-right"', str(random.sample(range(L), L))))
        text += f"unmask = [{sizes}]\norder = {order}\n"
        entries.append(f"unmask = {sizes}")
    bounds = [f'{random.choice(BOUNDS)} = "{random.choice(("0", "1/3", "1/100", "2"))}"' for _ in entries]
    said = ", ".join(f"{{ {entry}, {bound} }}" for entry, bound in zip(entries, bounds, strict=True))
    return f"{text}[checks]\nsampler = [{said}]\n"


def main(wanted: int = 300, seed: int = 1) -> int:
    """Run and audit them; the exit status."""
    random, counts, uncovered = Random(seed), Counter[str](), Counter[str]()
    left = 0
    with TemporaryDirectory(prefix="markovdiff-sequences-") as place:
        for _ in range(wanted):
            text = scenario(random, Path(place))
            result = md.run(md.loads(text, folder=Path(place)))
            try:
                report = SequenceExamination(Part(json.loads(result.to_json(distributions=True)), "")).run()
            except WrongError as wrong:
                print(f"WRONG at {wrong.where}: said {wrong.said}, true {wrong.true}\n{text}")
                return 1
            counts.update(report.counts)
            left += report.open_count
            uncovered.update(report.uncovered)
    print_summary(f"seed {seed}: {wanted} scenarios of sequences", counts, left, uncovered)
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
