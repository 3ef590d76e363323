"""Feed the program what nobody would write: `python tests/fuzz.py [COUNT] [SEED]`, 10,000 inputs and seed 1 by default.

Scenario files, results and the tables beside them are mutated, byte by byte, word by word and value by value, and
handed to the command line, each in a child with limits (see `trial`); every hundredth in a fresh interpreter. Some
mutations are known to spoil the input, or not to matter: then the status must say so. What is found is kept in a new
folder, one folder an input, in the form of tests/cases/, and the command ends with 1. About 50 inputs a second.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from mutations import bytewise, valued, worded
from sound import SMALL, SPOILS, results, scenarios, tables
from trial import ANY, Trial, apart, complaint, here

import markovdiff as md

CASES = Path(__file__).parent / "cases"


def trial(random: Random) -> Trial:
    """The next input."""
    kinds: tuple[tuple[Callable[[Random], Trial], int], ...] = (
        (a_scenario, 50), (a_table, 18), (a_result, 20), (spoilt, 5), (unchanged, 3), (an_untruth, 2),
        (a_command_line, 2),
    )  # fmt: skip
    makers, weights = zip(*kinds, strict=True)
    make: Callable[[Random], Trial] = random.choices(makers, weights)[0]
    return make(random)


def options(random: Random) -> tuple[str, ...]:
    """Options of a run, mostly sound."""
    some = [("--json", "out.json")] * 6 + [("--csv", "out.csv"), ("--csv", "-"), ("--quiet",), ("--distributions",),
            ("--unit", "nats"), ("--digits", "40"), ("--steps", "1:2"), ("--certificate", "out.cert"), ("--json",
            "s.toml"),
            ("--digits", "0"), ("--steps", "9:1"), ("--arithmetic", "exact")]  # fmt: skip
    return tuple(word for option in dict.fromkeys(random.choices(some, k=random.randrange(4))) for word in option)


def run_of(text: str | bytes, random: Random, allowed: frozenset[int] = ANY, **files: bytes) -> Trial:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    command = random.choice(("run", "run", "verify"))
    shadow = ("--shadow",) if command == "run" and random.random() < 0.2 else ()
    return Trial((command, "s.toml", *options(random), *shadow), {**tables(), **files, "s.toml": content}, allowed)


def a_scenario(random: Random) -> Trial:
    """A scenario file with something changed; what tomllib itself cannot read must be refused."""
    text = random.choice(scenarios())
    if random.random() < 0.15:
        content = bytewise(text.encode(), random)
    else:
        content = worded(text, scenarios(), random).encode("utf-8", "surrogatepass")
    return run_of(content, random, ANY if _is_toml(content) else frozenset({2}))


def _is_toml(content: bytes) -> bool:
    try:
        tomllib.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return False
    return True


def a_table(random: Random) -> Trial:
    """A sound scenario beside a file that is not."""
    text = random.choice([text for text in scenarios() if 'path = "' in text])
    name = re.findall(r'path = "([^"]+)"', text)[0]
    content = tables()[name]
    if name.endswith((".csv", ".json", ".txt")) and random.random() < 0.7:
        content = worded(
            content.decode(), [t.decode() for n, t in tables().items() if n[-3:] not in ("npy", "npz")], random
        ).encode()
    else:
        content = bytewise(content, random)
    return run_of(text, random, **{name: content})


def a_result(random: Random) -> Trial:
    """A result or a certificate with something changed."""
    text = random.choice(results())
    if random.random() < 0.6:
        text = json.dumps(valued(json.loads(text), random))
    elif random.random() < 0.5:
        text = worded(text, results(), random)
    content = bytewise(text.encode(), random) if random.random() < 0.2 else text.encode("utf-8", "surrogatepass")
    some = ((), (), ("--steps", "0:2"), ("--sample", "2"), ("--sample", "1", "--seed", "5"), ("--steps", "7:"))
    name = random.choice(("result.json", "-"))
    return Trial(("audit", name, *random.choice(some)), {"result.json" if name != "-" else "stdin": content})


def spoilt(random: Random) -> Trial:
    """Input that is certainly bad: the status is 2."""
    word, bad = random.choice(SPOILS)
    assert word in SMALL
    return run_of(SMALL.replace(word, bad, 1), random, frozenset({2}))


def unchanged(random: Random) -> Trial:
    """Other white space and comments, line ends, a mark of byte order: the status is what it was."""
    text = random.choice(scenarios())
    status = 0 if md.run(md.loads(text, folder=_beside())).passed else 1
    text = random.choice(
        (text + "# end\n", "\n\n" + text, text.replace("\n", "\r\n"), "\ufeff" + text, text.replace(" = ", "   =\t"))
    )
    return Trial(("run", "s.toml", "--json", "out.json"), {**tables(), "s.toml": text.encode()}, frozenset({status}))


@cache
def _beside() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="markovdiff-fuzz-"))
    Trial((), tables()).write(folder)
    return folder


def an_untruth(random: Random) -> Trial:
    """A result whose enclosure of one number is moved away from the truth: the audit says so."""
    record = json.loads(random.choice([text for text in results() if "certificate" not in text]))
    step = random.choice(record["steps"])
    name = random.choice([n for n in ("entropy", "noise_entropy", "mutual_information") if step[n]])
    step[name] = {"value": "17.5", "lower": "17.5", "upper": "17.5", "closed_form": None}
    return Trial(("audit", "result.json"), {"result.json": json.dumps(record).encode()}, frozenset({1}))


def a_command_line(random: Random) -> Trial:
    """Words that mean something, in any order."""
    words = ("run", "verify", "audit", "show", "list", "schema", "learn", "new", "completion", "two-state", "result",
    "bash",
             "s.toml", "--json", "out.json", "-", "--csv", "--steps", "1:2", "--digits", "5", "--set", "p=1/3",
             "entropy",
             "--help", "--version", "--quiet", "--seed", "\x1b[31m", "", "--", "x" * 300, "\udcff")  # fmt: skip
    return Trial(tuple(random.choices(words, k=random.randrange(5))), {"s.toml": SMALL.encode()})


# the command


def keep(found: Trial, why: str, folder: Path) -> None:
    """An input as a case: its files, and its command line with the statuses that would be right."""
    folder.mkdir(parents=True)
    used = [
        n for n in found.files if n in found.arguments or n == "stdin" or n.encode() in found.files.get("s.toml", b"")
    ]
    Trial((), {name: found.files[name] for name in used}).write(folder)
    about = {"arguments": found.arguments, "allowed": sorted(found.allowed), "found": why[:200]}
    (folder / "case.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def case(folder: Path) -> Trial:
    """A case that was kept."""
    about = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "case.json"}
    return Trial(tuple(about["arguments"]), files, frozenset(about["allowed"]))


def main(count: int = 10_000, seed: int = 1) -> int:
    """Try so many inputs; the exit status."""
    found: list[str] = []
    statuses: Counter[int | None] = Counter()
    kept = Path(tempfile.mkdtemp(prefix="markovdiff-found-"))
    for n in range(count):
        random = Random(f"{seed}/{n}")
        given = trial(random)
        with tempfile.TemporaryDirectory() as folder:
            ended = (apart if n % 100 == 99 else here)(given, Path(folder))
        statuses[ended.status] += 1
        if why := complaint(given, ended):
            found.append(f"{seed}-{n}: {' '.join(given.arguments)}: {why}")
            keep(given, why, kept / f"{seed}-{n}")
            print(ascii(found[-1]), flush=True)
    counts = ", ".join(f"{n:,} with {status}" for status, n in sorted(statuses.items(), key=str))
    print(f"seed {seed}: {count:,} inputs ended as they should, but {len(found)}; statuses: {counts}")
    if found:
        print(f"kept in {kept}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
