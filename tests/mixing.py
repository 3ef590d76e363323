"""Cross-check balls against exact arithmetic: `python tests/mixing.py [COUNT] [SEED]`, 300 scenarios and seed 1.

Each is a small chain that forgets towards one law (uniform, absorbing, mixing; β = 0 and β = 1 among the rest) with
a prior of any kind, and a law for `h-theorem`. Run both ways, every enclosure has to meet the exact one's and every
decimal has to be the rational correctly rounded; every verdict, decay, infinity, witness and exact zero has to be the
same, so nothing may be undecided.
The command prints how many quantities were compared, and ends with 1 where one differed.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from fractions import Fraction
from random import Random

import markovdiff as md
from markovdiff.arithmetic.decimals import as_decimal
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.study.result import Elbo, Result, Step


def law(random: Random, K: int) -> list[str]:
    """Probabilities, mostly with zeros, some tiny."""
    weights = [random.choice((0, 1, 1, 2, 5, 10**12)) for _ in range(K)]
    weights[random.randrange(K)] += 1
    return [str(Fraction(w, sum(weights))) for w in weights]


def text(random: Random) -> str:
    """The next scenario."""
    K, T = random.randint(1, 5), random.randint(1, 6)
    masked = random.random() < 0.3
    kernel = random.choice(('{ kind = "uniform" }', f'{{ kind = "mixing", target = {law(random, K)} }}'))
    if masked:
        kernel, K = '{ kind = "absorbing" }', K + 1
    betas = [
        random.choice(("0", "1", "1/2", "1/3", "9/10", "1/1000000007", "999999999999/1000000000000")) for _ in range(T)
    ]
    data = law(random, K - masked)
    pi = law(random, K)
    priors = ['"marginal"', '"uniform"', str(pi), str(pi)]
    if masked:
        priors += ['"mask"'] * 2
    if set(betas) - {"0"}:
        priors.append('"stationary"')
    against = random.choice(
        (f"\nh-theorem = {{ against = {law(random, K)} }}", "", '\nentropy-growth = "non-decreasing"')
    )
    return (
        f"data = {{ probabilities = {data} }}\nreverse = {{ prior = {random.choice(priors)} }}\n"
        f'[noise]\nsteps = {T}\nkernel = {kernel}\nschedule = {{ kind = "explicit", betas = {betas} }}\n'
        f'[arithmetic]\ndigits = {random.choice((1, 3, 6, 15, 40))}\n[checks]\nmi-decay = "non-increasing"{against}\n'
    )


def differences(exact: Result, ball: Result) -> tuple[int, list[str]]:
    """How many quantities were compared, and what differed."""
    seen, wrong, digits = 0, [], int(str(ball.arithmetic["digits"]))
    records = [(f"t = {a.t}", a, b, fields(Step)) for a, b in zip(exact.steps, ball.steps, strict=True)]
    for where, a, b, names in [*records, ("totals", exact.elbo, ball.elbo, fields(Elbo))]:
        for name in (field.name for field in names):
            x, y = getattr(a, name), getattr(b, name)
            seen += 1
            if not _agree(name, x, y, digits):
                wrong.append(f"{where}: {name}: exact {x}, ball {y}")
    for c, d in zip(exact.checks, ball.checks, strict=True):
        seen += 1
        if (c.observed, c.verdict, c.witness) != (d.observed, d.verdict, d.witness) or d.decided != "enclosure":
            wrong.append(f"{c.check}: exact {c}, ball {d}")
    return seen, wrong


def _agree(name: str, x: object, y: object, digits: int) -> bool:
    if name == "law":
        rows = zip(x.rows()[0], y.rows()[0], strict=True)  # type: ignore[attr-defined]
        return all(as_decimal(p, digits) == q for p, q in rows)
    if isinstance(x, Enclosed) and isinstance(y, Enclosed):
        if not x.is_finite or not y.is_finite:
            return (x.value, x.witness) == (y.value, y.witness)
        a, b, c, d = (Fraction(end) for end in (x.lower, x.upper, y.lower, y.upper) if end is not None)
        return a <= d and c <= b and (x.value == "0") == (y.value == "0")
    return as_decimal(x, digits) == y if isinstance(x, Fraction) else x == y


def search(count: int, seed: int) -> tuple[int, list[str]]:
    """How many quantities were compared in `count` scenarios, and what differed, each with its scenario."""
    random, seen, wrong = Random(seed), 0, []
    for _ in range(count):
        toml = text(random)
        scenario = md.loads(toml)
        exact, ball = (md.run(scenario.with_options(arithmetic=kind)) for kind in ("exact", "ball"))
        n, found = differences(exact, ball)
        seen += n
        wrong += [f"{line}\n{toml}" for line in found]
    return seen, wrong


def main() -> int:
    """Search, and say what was found."""
    count, seed = (
        (int(word) for word in (*sys.argv[1:], "300", "1")[:2]) if len(sys.argv) != 2 else (int(sys.argv[1]), 1)
    )
    seen, wrong = search(count, seed)
    for line in wrong:
        print(line)
    print(f"{count} scenarios, seed {seed}: {seen} quantities compared, {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
