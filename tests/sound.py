"""What the fuzzer begins from: scenarios, the tables beside them, results and certificates, all of them sound.

SPOILS lists changes of SMALL that certainly make it bad input.
"""

from __future__ import annotations

import io
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import markovdiff as md
from markovdiff.study.certificate import certificate
from markovdiff.study.result import dump

HOME = Path(__file__).parents[1]

SMALL = """[data]
weights = [3, 1, 2]
[noise]
steps = 4
kernel = { kind = "uniform" }
schedule = { kind = "constant", beta = "1/10" }
[reverse]
prior = "uniform"
[checks]
mi-decay = "strict"
[arithmetic]
digits = 12
"""

SCHEDULE = 'schedule = { kind = "constant", beta = "1/10" }'
LABELS = '[data]\nstates = ["\\u001b[2J", "[/b]", "\\u202e\\n"]'

OTHERS = (
    SMALL,
    SMALL.replace("weights = [3, 1, 2]", 'family = { kind = "binomial", p = "1/3", size = 4 }'),
    SMALL.replace("weights = [3, 1, 2]", 'family = { kind = "zipf", exponent = 2, size = 5 }'),
    SMALL.replace("weights = [3, 1, 2]", 'text = { path = "corpus.txt", unit = "word", top = 4, other = "…" }'),
    SMALL.replace("weights = [3, 1, 2]", 'csv = { path = "counts.csv", label = "symbol", count = "n" }'),
    SMALL.replace("weights = [3, 1, 2]", 'npy = { path = "p.npy", normalise = "any" }'),
    SMALL.replace('"uniform" }', '"matrix", path = "k.npy", normalise = "any" }'),
    SMALL.replace('"uniform" }', '"matrix", path = "k.csv" }'),
    SMALL.replace('"uniform" }', '"per-step", path = "k.json" }').replace(SCHEDULE, "").replace("steps = 4", ""),
    SMALL.replace('"uniform" }', '"gaussian", resolution = "1/128" }'),
    SMALL.replace('"constant", beta = "1/10"', '"cosine", s = "1/100", power = 1, cap = "9/10", resolution = "1/512"'),
    SMALL.replace('"constant", beta = "1/10"', '"geometric", start = "1/100", stop = "1/2"'),
    SMALL.replace('"constant", beta = "1/10"', '"alpha", alphas = ["4/5", "3/5", "2/5", 0]'),
    SMALL.replace('prior = "uniform"', 'model = { kind = "table", path = "r.npz", normalise = "any" }'),
    SMALL.replace('prior = "uniform"', 'model = { kind = "table", path = "r.json", form = "d3pm" }'),
    SMALL.replace('prior = "uniform"', 'model = { kind = "d3pm", error = "1/9", last = "formula" }'),
    SMALL.replace('prior = "uniform"', 'model = { kind = "counted", trajectories = 20, smoothing = "1/2", seed = 3 }'),
    SMALL.replace('prior = "uniform"', 'model = { kind = "bayes", data = ["1/2", "1/4", "1/4"] }'),
    'name = "\\u001b[31m"\ntitle = "[/b] \\u009b"\ndescription = "\\u0007"\n'
    + SMALL.replace("[data]", LABELS).replace('"uniform"\n', "[0, 0, 1]\n"),
    SMALL.replace('mi-decay = "strict"', 'h-theorem = { against = "data" }\nconverged = { information = "1/100" }'),
)  # fmt: skip

SPOILS: tuple[tuple[str, str], ...] = (
    ("weights", "wieghts"), ("[3, 1, 2]", "[3, -1, 2]"), ("[3, 1, 2]", "[0, 0, 0]"), ("[3, 1, 2]", "[]"),
    ("[3, 1, 2]", "[3, nan, 2]"), ("[3, 1, 2]", '[3, "x", 2]'), ("[3, 1, 2]", "3"), ("steps = 4", "steps = 0"),
    ("steps = 4", "steps = -4"), ("steps = 4", "steps = 4.0"), ("steps = 4", 'steps = "4"'), ("steps = 4",
    "steps = 100001"),
    ("steps = 4", ""), ('"1/10"', '"11/10"'), ('"1/10"', '"-1/10"'), ('"1/10"', '"1/0"'), ('"1/10"', "true"),
    ('"constant"', '"constantly"'), ('"uniform" }', '"absorbing", mask = 3 }'), ("digits = 12", "digits = 1001"),
    ("digits = 12", "digits = 0"), ('prior = "uniform"', 'prior = ["1/2", "1/2"]'), ('prior = "uniform"',
    'prior = ["1/2", "1/2", "1/9"]'),
    ('prior = "uniform"', 'prior = "mask"'), ('"strict"', '"strictly"'), ("[noise]", "[noise"), ("[checks]",
    "[chekcs]"),
    ('"uniform" }', '"matrix", rows = [[1, 0, 0], [0, 1, 0], [0, "1/2", "1/3"]] }'), ("[data]", "[data]\nunit = 3"),
    ('"uniform" }', '"matrix", path = "absent.npy" }'), ("weights = [3, 1, 2]", 'states = ["a"]\nweights = [3, 1, 2]'),
    ("[3, 1, 2]", "[3, 1e99999, 2]"), ("weights = [3, 1, 2]", 'text = { path = "/absent/text" }'),
)  # fmt: skip
"""Words of SMALL and what, put in their place, makes it bad input."""


@cache
def scenarios() -> tuple[str, ...]:
    """What ships, with its long runs made shorter, and one of each thing that does not ship."""
    shipped = [path.read_text(encoding="utf-8") for path in sorted((HOME / "scenarios").glob("*.toml"))]
    return (*(re.sub(r"steps = [2-9][0-9]+", "steps = 9", text) for text in shipped if "gaussian" not in text), *OTHERS)


@cache
def tables() -> dict[str, bytes]:
    """The files beside them."""
    rows = [[1, 2, 1], [0, 3, 1], [5, 0, 5]]
    exact = [["1/2", "1/4", "1/4"], ["0", "1", "0"], ["1/3", "1/3", "1/3"]]
    beside = (path for path in (HOME / "scenarios").iterdir() if path.suffix in (".csv", ".json", ".txt"))
    found = {path.name: path.read_bytes() for path in beside}
    found |= {
        "p.npy": _npy(np.array([0.5, 0.25, 0.3])),
        "k.npy": _npy(np.array(rows)),
        "k.json": dump([exact] * 4).encode(),
    }
    found |= {"k.csv": "\n".join(map(",".join, exact)).encode(), "counts.csv": b"symbol,n\na,3\nb,1/2\nc,0\n"}
    found |= {
        "corpus.txt": b"to be or not to be, that is the question",
        "r.json": dump({"denoiser": [exact] * 4}).encode(),
    }
    packed = io.BytesIO()
    np.savez(packed, reverse=np.array([rows] * 4, dtype=float))
    return {**found, "r.npz": packed.getvalue()}


def _npy(array: Any) -> bytes:
    packed = io.BytesIO()
    np.save(packed, array)
    return packed.getvalue()


@cache
def results() -> tuple[str, ...]:
    """Results and certificates of small scenarios."""
    ran = [md.run(md.loads(text)) for text in (OTHERS[0], OTHERS[1], OTHERS[9], OTHERS[15])]
    ran += [md.run(md.load(name)) for name in ("memory", "elbo-mask-prior", "elbo-table", "jump-masked")]
    return (
        *(r.to_json(distributions=k % 2 == 0) for k, r in enumerate(ran)),
        *(dump(certificate(r, "0" * 64)) for r in ran[::2]),
    )
