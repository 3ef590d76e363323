"""Hunt for what float64 says and is not so: `python tests/float_hunt.py [COUNT] [SEED]`, 300 scenarios and seed 1.

Each scenario is drawn where float64 is weakest: masses from 1e-300 to 1e-1, rows that differ by 1e-30, nearly
deterministic steps, states that merge, ᾱ that leaves the range, thousands of steps, zeros, periods, closed classes,
every kernel, reverse model and prior. It is run in float64 and exactly, and everything that the two results say is
compared: each number to 1e-9 of itself, each verdict on a step, each check. What float64 leaves undecided or refuses by
name is counted; what it says and is not so is printed with its scenario, and the command ends with 1.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from decimal import Context, Decimal
from fractions import Fraction
from math import isinf
from pathlib import Path
from random import Random
from shutil import rmtree

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.result import TOTALS, Check, Result, Step

TOLERANCE = Fraction(1, 10**9)
KERNELS = ("uniform", "absorbing", "mixing", "neighbour", "gaussian", "matrix", "per-step", "per-step", "conditional")
QUANTITIES = ("entropy", "conditional_entropy", "noise_entropy", "mutual_information", "information_loss",
              "sdpi_bound", "elbo_term", "model_error")  # fmt: skip
RATIONALS = ("alpha_bar", "dobrushin", "total_variation_to_prior")
TABLE = "denoiser.json"
REACH = "as far as float64 reaches"
"""What a claim says that float64 found nothing against, and could not confirm at every step."""


def tiny(random: Random, most: int = 300) -> Fraction:
    """A mass between 1e-300 and 1, its exponent drawn evenly, or small."""
    return Fraction(random.randint(1, 9), 10 ** random.choice((random.randint(1, most), random.randint(1, 20), 1)))


def law(K: int, random: Random, most: int = 300) -> list[Fraction]:
    """A law with zeros, or with masses that are far apart, or plain."""
    kind = random.choice(("plain", "plain", "zeros", "far", "far", "point"))
    weights = [Fraction(random.randint(1, 9)) for _ in range(K)]
    if kind == "zeros":
        weights = [w * random.randint(0, 1) for w in weights]
    elif kind == "far":
        weights = [w * random.choice((Fraction(1), tiny(random, most))) for w in weights]
    elif kind == "point" and random.random() < 0.3:
        weights = [Fraction(0)] * K
    if not any(weights):
        weights[random.randrange(K)] = Fraction(1)
    return [w / sum(weights) for w in weights]


def matrix(K: int, random: Random) -> list[list[Fraction]]:
    """A stochastic matrix: independent rows, nearly equal ones, nearly certain, merging, periodic, reducible."""
    kind = random.choice(("rows", "near", "certain", "merging", "permuted", "closed", "symmetric"))
    rows = [law(K, random) for _ in range(K)]
    if kind == "near":
        base, eps = law(K, random), tiny(random, 60)
        rows = [mixed(base, row, random.choice((eps, eps, Fraction(0)))) for row in rows]
    elif kind == "certain":
        eps = tiny(random, 60)
        rows = [mixed(point(random.randrange(K), K), row, random.choice((eps, Fraction(0)))) for row in rows]
    elif kind == "merging":
        rows = [rows[random.randrange(i + 1)] for i in range(K)]
    elif kind == "permuted":
        order = random.sample(range(K), K)
        rows = [mixed(point(order[i], K), rows[i], random.choice((Fraction(0), tiny(random, 40)))) for i in range(K)]
    elif kind == "closed":
        wall = random.randint(1, K)
        rows = [[*law(wall, random), *[Fraction(0)] * (K - wall)] if i < wall else row for i, row in enumerate(rows)]
    elif kind == "symmetric" and K == 3:
        a, b = tiny(random, 20) / 2, Fraction(1, random.randint(3, 9))
        rows = [[1 - a - b, a, b], [a, 1 - a - b, b], [b, b, 1 - 2 * b]]
    return rows


def mixed(a: list[Fraction], b: list[Fraction], share: Fraction) -> list[Fraction]:
    """(1−share)·a + share·b."""
    return [(1 - share) * x + share * y for x, y in zip(a, b, strict=True)]


def point(i: int, K: int) -> list[Fraction]:
    """The law that is on one state."""
    return [Fraction(int(i == j)) for j in range(K)]


def schedule(T: int, random: Random) -> str:
    """β_1 … β_T: plain ones, or all but 0, all but 1."""
    near = random.choice((tiny(random, 30), 1 - tiny(random, 30), tiny(random, 3), Fraction(1, 2), Fraction(1, 7)))
    mixed_up = [random.choice((near, Fraction(0), Fraction(1, 3))) for _ in range(T)]
    some = (
        f'{{ kind = "constant", beta = "{near}" }}',
        '{ kind = "jump" }',
        '{ kind = "linear", start = "1/1000", stop = "1/3" }',
        '{ kind = "cosine" }',
        f'{{ kind = "explicit", betas = {words(mixed_up)} }}',
    )
    return random.choice(some)


def words(numbers: object) -> str:
    """Rationals in lists as TOML."""
    return json.dumps(numbers, default=str)


def model(K: int, T: int, n: int, random: Random) -> str:
    """A reverse model on K states, n of them labels of the data."""
    error = str(random.choice((tiny(random), tiny(random, 20), Fraction(1, 5), Fraction(0), Fraction(1))))
    kind = random.choice(
        ("bayes", "bayes", "believed", "posterior-mixture", "d3pm", "uniform", "counted", "table", "denoiser", "data")
    )
    match kind:
        case "believed":
            return f'{{ kind = "bayes", data = {words(law(n, random))} }}'
        case "posterior-mixture" | "d3pm":
            return f'{{ kind = "{kind}", error = "{error}" }}'
        case "data":
            return f'{{ kind = "{random.choice(("d3pm", "posterior-mixture"))}", denoiser = "data" }}'
        case "counted":
            smoothing = random.choice((Fraction(0), Fraction(1, 2), tiny(random)))
            return f'{{ kind = "counted", trajectories = {random.choice((3, 30, 300))}, smoothing = "{smoothing}" }}'
        case "denoiser":
            return f'{{ kind = "table", path = "{TABLE}", form = "{random.choice(("d3pm", "posterior-mixture"))}" }}'
        case "table":
            return f'{{ kind = "table", rows = {words([[law(K, random) for _ in range(K)] for _ in range(T)])} }}'
    return f'{{ kind = "{kind if kind == "uniform" else "bayes"}" }}'


def checks(K: int, markov: bool, random: Random) -> str:
    """What is expected of the chain, now and then something that is not so."""
    lines = [f'mi-decay = "{random.choice(("strict", "non-increasing", "non-increasing", "equal", "violated"))}"']
    if random.random() < 0.5:
        lines.append('entropy-growth = "non-decreasing"')
    if random.random() < 0.4:
        lines.append(f'converged = {{ information = "{random.choice((tiny(random), Fraction(1, 10), Fraction(0)))}" }}')
    if markov and random.random() < 0.4:
        against = random.choice(('"uniform"', '"data"', words(law(K, random))))
        lines.append(f"h-theorem = {{ against = {against} }}")
    return "[checks]\n" + "\n".join(lines) + "\n"


def scenario(random: Random) -> tuple[str, str]:
    """The text of one, and that of the denoiser's table beside it, if there is one."""
    kind = random.choice(KERNELS)
    long = kind in KERNELS[:3] and random.random() < 0.3
    n = random.choice((1, 2, 2, 3, 3, 4, 5)) if long or random.random() < 0.95 else random.randint(6, 16)
    T = random.choice((500, 1100, 2500)) if long else random.choice((1, 2, 3, 4, 6, 10, 24, 60 if n < 4 else 12))
    if n > 5:
        T = min(T, 4)
    K = n + (kind == "absorbing")
    if kind in ("per-step", "conditional"):
        T = min(T, 12)
    fields = {
        "mixing": lambda: f", target = {random.choice((words(law(n, random)), chr(34) + 'data' + chr(34)))}",
        "matrix": lambda: f", rows = {words(matrix(n, random))}",
        "per-step": lambda: f", steps_rows = {words(stepped(n, T, random))}",
        "neighbour": lambda: f', boundary = "{random.choice(("reflect", "periodic"))}"',
        "conditional": lambda: f", rows_by_source = {words([matrix(n, random) for _ in range(n)])}",
    }.get(kind, str)()
    given = "" if kind in ("per-step", "conditional") else f", schedule = {schedule(T, random)}"
    if long:
        beta = random.choice((Fraction(1, 2), Fraction(3, 4), Fraction(999, 1000), Fraction(1, 50)))
        given = f', schedule = {{ kind = "constant", beta = "{beta}" }}'
    text = f'unit = "{random.choice(("bits", "nats"))}"\n'
    text += f"data = {{ probabilities = {words(law(n, random, random.choice((300, 300, 40, 3))))} }}\n"
    text += f'noise = {{ steps = {T}, kernel = {{ kind = "{kind}"{fields} }}{given} }}\n'
    if kind != "conditional":
        prior = random.choice(
            ('"marginal"', '"marginal"', '"uniform"', '"stationary"', '"mask"', words(law(K, random)))
        )
        prior = '"uniform"' if prior == '"mask"' and kind != "absorbing" else prior
        told = model(K, T, n, random) if T <= 24 else '{ kind = "bayes" }'
        text += f"reverse = {{ prior = {prior}, model = {told} }}\n"
    return text + checks(K, kind != "conditional", random), denoiser(K, T, random) if TABLE in text else ""


def denoiser(K: int, T: int, random: Random) -> str:
    """A table p̃(x0 | x_t)."""
    return json.dumps({"denoiser": [[law(K, random) for _ in range(K)] for _ in range(T)]}, default=str)


def stepped(K: int, T: int, random: Random) -> list[list[list[Fraction]]]:
    """A few matrices in turn."""
    few = [matrix(K, random) for _ in range(random.choice((1, 2, T)))]
    return [random.choice(few) for _ in range(T)]


# comparing


def falsehoods(found: Result, true: Result, counts: Counter[str]) -> Iterator[str]:
    """What the first result says that the second refutes."""
    for a, b in zip(found.steps, true.steps, strict=True):
        yield from (f"t = {a.t}: {why}" for why in _of_step(a, b, counts))
    for name in (*TOTALS, "nll_excess"):
        yield from _named(name, compared(getattr(found.elbo, name), getattr(true.elbo, name), counts))
    for check, right in zip(found.checks, true.checks, strict=True):
        yield from _named(check.check, claimed(check, right, true, counts))


def _named(name: str, why: str | None) -> Iterator[str]:
    if why:
        yield f"{name}: {why}"


def _of_step(a: Step, b: Step, counts: Counter[str]) -> Iterator[str]:
    for name in QUANTITIES:
        yield from _named(name, compared(getattr(a, name), getattr(b, name), counts))
    for name in RATIONALS:
        yield from _named(name, close(getattr(a, name), getattr(b, name), counts))
    for p, q in zip(a.marginal, b.marginal, strict=True):
        yield from _named("marginal", close(p, q, counts))
    counts["verdicts"] += 1
    if a.decay == "undecided":
        counts["undecided"] += 1
    elif a.decay != b.decay:
        yield f"decay: said {a.decay}, is {b.decay}"


def compared(a: Enclosed | None, b: Enclosed | None, counts: Counter[str]) -> str | None:
    """What is wrong with a quantity."""
    if a is None or b is None:
        return None if a is b else f"said {a}, is {b}"
    if b.value == "undecided":
        counts["not known"] += 1
        return None
    if not b.is_finite or not a.is_finite:
        counts["quantities"] += 1
        counts["undecided"] += a.value == "undecided"
        return None if a.value in ("undecided", b.value) else f"said {a}, is {b}"
    return close(Fraction(a.value), Fraction(b.value), counts)


def close(a: object, b: object, counts: Counter[str]) -> str | None:
    """What is wrong with a number; None is one that float64 cannot tell."""
    counts["quantities"] += 1
    if a is None or a == "undecided":
        counts["undecided"] += 1
        return None
    if b is None or isinf(float(str(a)) if isinstance(a, str) else 0.0):
        return f"said {a}, is {b}"
    x, y = Fraction(a), Fraction(b)  # type: ignore[arg-type]
    return None if abs(x - y) <= TOLERANCE * abs(y) else f"said {shown(x)}, is {shown(y)}"


def shown(x: Fraction) -> str:
    """A number of any size in a few characters."""
    return str(Context(prec=12).divide(Decimal(x.numerator), Decimal(x.denominator)))


def claimed(found: Check, right: Check, true: Result, counts: Counter[str]) -> str | None:
    """What is wrong with a check: a claim that holds as far as float64 reaches may fail where it does not."""
    counts["checks"] += 1
    if found.verdict == "undecided" or "undecided" in (right.verdict, right.observed):
        counts["undecided checks"] += found.verdict == "undecided"
        return None
    if REACH in found.detail:
        counts["holding as far as float64 reaches"] += 1
        return None if found.verdict == "holds" else f"{found.verdict}, {found.detail}"
    if (found.verdict, found.observed) == (right.verdict, right.observed):
        return None
    return f"{found.verdict}, observed {found.observed} ({found.detail}); is {right.observed} ({right.detail})"


def hunt(text: str, table: str, folder: Path, counts: Counter[str]) -> list[str]:
    """Run one scenario in both arithmetics; what is wrong. The table is written into the folder."""
    (folder / TABLE).write_text(table, encoding="utf-8")
    try:
        study = md.loads(text, folder=folder)
    except md.MarkovdiffError as error:
        counts[f"not a scenario: {str(error)[:60]!r}"] += 1
        return []
    try:
        found = md.run(study.with_options(arithmetic="float", digits=15))
    except md.LimitError:
        counts["refused"] += 1
        return []
    except md.MarkovdiffError as error:
        counts["refused otherwise"] += 1
        counts[str(error).split("\n")[0][:90]] += 1
        return []
    try:
        true = md.run(study.with_options(arithmetic="exact", digits=20))
    except md.MarkovdiffError:
        counts["too dear exactly"] += 1
        return []
    counts["scenarios"] += 1
    return list(falsehoods(found, true, counts))


def main(wanted: int = 300, seed: int = 1) -> int:
    """Hunt through so many; the exit status."""
    warnings.simplefilter("error")
    folder = Path(tempfile.mkdtemp(prefix="markovdiff-hunt-"))
    counts: Counter[str] = Counter()
    wrong = 0
    for n in range(wanted):
        text, table = scenario(Random(f"{seed}/{n}"))
        begun = time.process_time()
        try:
            why = hunt(text, table, folder, counts)
        except (Warning, ArithmeticError, ValueError, AssertionError, IndexError, TypeError) as error:
            why = [f"crashed: {error!r}"]
        if (took := time.process_time() - begun) > 20:
            print(f"{seed}/{n} took {took:.0f} s", flush=True)
        if why:
            wrong += 1
            counts["wrong"] += len(why)
            print(f"{seed}/{n}: {len(why)} wrong, first {why[0][:300]}", flush=True)
            (folder / f"{seed}-{n}.toml").write_text(text.replace(TABLE, f"{seed}-{n}.json"), encoding="utf-8")
            (folder / f"{seed}-{n}.json").write_text(table, encoding="utf-8")
    print(f"seed {seed}: {counts.pop('scenarios'):,} of {wanted:,} compared, {wrong} of them wrong;", end=" ")
    print(", ".join(f"{n:,} {what}" for what, n in sorted(counts.items())))
    if wrong:
        print(f"kept in {folder}")
    else:
        rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
