"""Hold forecasts against runs: `python tests/forecasts.py [FIRST [LAST]]`, all of the spread by default (minutes).

Each run is forecast (in wall-clock time, which may be a second at most) and then made, in processor time, which other
work on the machine does not lengthen. A line a run: the forecast, the truth, their ratio. Below a second both count as
a second: a forecast says "under 1 s" there. The command ends with 1 where a forecast took longer than a second, or was
wrong by more than a factor of 3.
"""

from __future__ import annotations

import sys
import time
from random import Random

import markovdiff as md
from markovdiff.study.foresight import foresee

FACTOR, SECOND = 3.0, 1.0

SPREAD = """
exact uniform     300  200 cosine   uniform    bayes   15
exact uniform     150  500 cosine   marginal   bayes   15
exact uniform      50 1000 linear   uniform    bayes   15
exact uniform    2000   40 linear   marginal   bayes   15
exact uniform    3000   15 constant uniform    bayes   15
exact uniform      30 1000 cosine   stationary bayes   15
exact absorbing   300  200 cosine   mask       bayes   15
exact absorbing  1500   40 linear   marginal   bayes   15
exact absorbing   100  600 linear   mask       bayes   15
exact absorbing  4000   12 constant marginal   bayes   15
exact absorbing   400  200 alpha    mask       bayes   15
exact neighbour     8  250 linear   uniform    bayes   15
exact neighbour    16  250 linear   uniform    bayes   15
exact neighbour    24   50 constant uniform    bayes   15
exact neighbour    32   30 linear   uniform    bayes   15
exact neighbour    48   30 constant uniform    bayes   15
exact neighbour    64   24 linear   uniform    bayes   15
exact matrix        8   90 linear   marginal   bayes   15
exact matrix       16   64 constant marginal   bayes   15
exact matrix       32   32 linear   uniform    bayes   15
exact matrix       64   30 constant marginal   bayes   15
exact gaussian     16   60 linear   marginal   bayes   15
exact gaussian     32   24 linear   marginal   bayes   15
exact gaussian     48   60 cosine   marginal   bayes   15
exact neighbour    16   60 linear   uniform    mixture 15
exact neighbour    16   60 linear   uniform    d3pm    15
exact neighbour    24   50 linear   uniform    mixture 15
exact neighbour    12   60 linear   uniform    counted 15
exact neighbour    24   40 linear   uniform    uniform 15
exact uniform      24   60 linear   uniform    mixture 15
exact uniform      32   40 linear   uniform    d3pm    15
exact absorbing    64   40 linear   uniform    uniform 15
ball  uniform     256 3000 cosine   uniform    bayes   15
ball  uniform    5000  200 cosine   uniform    bayes   15
ball  uniform     500 1000 linear   marginal   bayes   50
ball  uniform   20000   40 constant uniform    bayes   15
ball  uniform      20 2000 constant uniform    bayes  200
ball  uniform     100  300 cosine   uniform    bayes 1000
ball  absorbing   256 3000 cosine   marginal   bayes   15
ball  absorbing  5000  200 cosine   mask       bayes   15
ball  absorbing   500 1000 linear   mask       bayes   50
ball  absorbing 20000   40 constant marginal   bayes   15
ball  neighbour    16 1000 linear   uniform    bayes   15
ball  neighbour    32  500 linear   uniform    bayes   15
ball  neighbour    64  200 constant uniform    bayes   15
ball  neighbour    64   80 linear   uniform    bayes  100
ball  neighbour   128   50 linear   uniform    bayes   15
ball  gaussian     32  200 linear   uniform    bayes   15
ball  gaussian     64  100 cosine   uniform    bayes   15
ball  gaussian    128   40 linear   uniform    bayes   15
ball  gaussian    256   12 linear   marginal   bayes   15
ball  matrix       16  200 constant marginal   bayes   15
ball  matrix       64   80 constant uniform    bayes   15
ball  matrix       96   40 linear   marginal   bayes   15
ball  neighbour    16   60 linear   uniform    mixture 15
ball  neighbour    32   30 linear   uniform    d3pm    15
ball  gaussian     48   40 linear   uniform    mixture 15
ball  uniform      24   60 linear   uniform    mixture 15
ball  uniform      24  100 linear   uniform    counted 15
ball  absorbing    64   60 linear   uniform    d3pm    15
ball  neighbour    64   60 linear   uniform    uniform 15
float neighbour    64 1000 linear   marginal   bayes   15
float gaussian    128 1000 linear   marginal   bayes   15
float neighbour   256  400 linear   uniform    bayes   15
float gaussian    256  400 linear   marginal   bayes   15
float neighbour   512   50 linear   marginal   bayes   15
float matrix      128 3000 constant marginal   bayes   15
float uniform    5000 1500 linear   uniform    bayes   15
float absorbing 50000  300 linear   marginal   bayes   15
float uniform     100 2000 linear   uniform    bayes   15
float neighbour    64 1200 linear   uniform    mixture 15
float uniform     100  900 linear   uniform    d3pm    15
float gaussian    128  500 linear   uniform    mixture 15
"""
"""Arithmetic, kernel, K, T, schedule, prior, reverse model and digits of each run."""

LARGE = 4000
"""From here on p_k ∝ ⌊10^9/k⌋, else 1/k, of which the common denominator has about 1.4 bits for each state."""

SCHEDULES = {
    "constant": '{ kind = "constant", beta = "1/50" }',
    "linear": '{ kind = "linear", start = "1/1000", stop = "1/10" }',
    "cosine": '{ kind = "cosine" }',
}
MODELS = {
    "bayes": '{ kind = "bayes" }',
    "mixture": '{ kind = "posterior-mixture", error = "1/50" }',
    "d3pm": '{ kind = "d3pm", error = "1/50" }',
    "counted": '{ kind = "counted", trajectories = 1000 }',
    "uniform": '{ kind = "uniform" }',
}


def scenario(row: str) -> md.Scenario:
    """The scenario of a row of the spread."""
    arithmetic, kernel, size, steps, schedule, prior, model, digits = row.split()
    K, T = int(size), int(steps)
    alphas = ", ".join(f'"{1000 * T - 999 * t}/{1000 * T}"' for t in range(1, T + 1))
    chosen = SCHEDULES.get(schedule, f'{{ kind = "alpha", alphas = [{alphas}] }}')
    data = f'family = {{ kind = "{"uniform" if kernel == "gaussian" else "zipf"}", size = {K} }}'
    if K > LARGE:
        data = f"weights = {[10**9 // k for k in range(1, K + 1)]}"
    rows = f", rows = {matrix(K)}" if kernel == "matrix" else ""
    return md.loads(
        f"data = {{ {data} }}\n"
        f'reverse = {{ prior = "{prior}", model = {MODELS[model]} }}\narithmetic = {{ digits = {digits} }}\n'
        f'[noise]\nsteps = {T}\nkernel = {{ kind = "{kernel}"{rows} }}\nschedule = {chosen}\n'
    ).with_options(arithmetic=arithmetic)  # type: ignore[arg-type]


def matrix(K: int) -> str:
    """Rows of thousandths, some of them zero."""
    random, rows = Random(K), []
    for _ in range(K):
        cuts = sorted(random.randrange(1001) for _ in range(K - 1))
        rows.append([f"{b - a}/1000" for a, b in zip([0, *cuts], [*cuts, 1000], strict=True)])
    return str(rows).replace("'", '"')


def measured(study: md.Scenario) -> tuple[float, float, float]:
    """What was forecast, what the run took, and what the forecast itself took, in seconds."""
    start = time.perf_counter()
    made = foresee(study, study.chain())
    looked = time.perf_counter() - start
    start = time.process_time()
    md.run(study).to_json()
    return made.seconds, time.process_time() - start, looked


def main() -> int:
    """Measure, and say how far off the worst is."""
    rows = SPREAD.strip().splitlines()
    for kind in ("exact", "ball", "float"):  # so that no run pays for what is imported
        md.run(scenario(f"{kind} neighbour 3 2 constant uniform mixture 15"))
    first, last = (*map(int, sys.argv[1:]), len(rows))[:2] if len(sys.argv) > 1 else (1, len(rows))
    worst, slowest, below = 1.0, 0.0, 0
    for k, row in enumerate(rows[first - 1 : last], first):
        said, took, looked = measured(scenario(row))
        ratio = max(said, SECOND) / max(took, SECOND)
        print(f"{k:3}  {row:52}  forecast {said:8.2f} s, took {took:8.2f} s, ratio {ratio:5.2f}", flush=True)
        worst, slowest, below = max(worst, ratio, 1 / ratio), max(slowest, looked), below + (took < SECOND)
    n = len(rows[first - 1 : last])
    print(f"{n} runs, {below} of them under a second; worst ratio {worst:.2f}, longest forecast {slowest:.2f} s")
    return 1 if worst > FACTOR or slowest > SECOND else 0


if __name__ == "__main__":
    sys.exit(main())
