"""Would the tests notice? Small mistakes are put into the engine, one at a time, and the tests run against each.

    python tests/mutate.py [COUNT] [SEED] [--jobs N] [--patience SECONDS]

COUNT of the `mistakes` that can be made in `arithmetic/`, `process/`, `measures/` and `engines/` are drawn, spread
evenly over all of them. Such a mutant is killed when a test fails, or never ends. One that lives is printed, and
`equivalents.toml` holds those which no test could tell, each with its reason; they are run all the same, and counted
apart.

All is imported and collected once. A mutant is a fork in which one function has got other code; it meets every test
that passes through the changed lines, those of its own room first, the quick before the slow, until PATIENCE is over:
one that lives by that is called alive all the same. What a function did while modules were imported, or
does in a process that a test starts, is never seen mutated, which can only spare a mutant. The map from lines to
tests is made first, with a fork a test, and kept in the temporary folder for as long as neither side changes.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import os
import pickle
import signal
import sys
import tempfile
import tomllib
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from time import process_time
from types import FrameType, FunctionType
from typing import Any

import pytest
from forks import KILLED, forked
from mistakes import Mutant, mutants

ROOT = Path(__file__).parents[1]
ROOMS = ("arithmetic", "process", "measures", "engines")
MODULES = [path for room in ROOMS for path in sorted((ROOT / "markovdiff" / room).rglob("*.py"))]
TESTS = [f"markovdiff/{room}" for room in ROOMS] + [f"tests/{room}" for room in (*ROOMS, "study", "audit")]
EQUIVALENTS = Path(__file__).with_name("equivalents.toml")
KEPT = Path(tempfile.gettempdir()) / f"markovdiff-lines-{os.getuid()}.pickle"
LOST = 42
HUNG = (signal.SIGPROF, signal.SIGALRM)


def drawn(count: int, seed: int) -> list[Mutant]:
    """A systematic sample of all mutants, in random order: each module has its share."""
    every, random = [x for path in MODULES for x in mutants(path)], Random(seed)
    start = random.random()
    sample = [every[int((k + start) * len(every) / count)] for k in range(min(count, len(every)))]
    random.shuffle(sample)
    return sample


def key(mutant: Mutant) -> tuple[str, str, str]:
    """How `equivalents.toml` names it: the file, the function and the change."""
    return str(mutant.path.relative_to(ROOT)), mutant.function, mutant.change


def known() -> dict[tuple[str, str, str], str]:
    """The reasons by mutant."""
    listed = tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8"))["mutant"]
    return {(x["file"], x["function"], x["change"]): x["reason"] for x in listed}


class Campaign:
    """A pytest plugin: collects as ever, and then runs mutants where it would have run tests."""

    def __init__(self, sample: list[Mutant], jobs: int, patience: float) -> None:
        self.sample, self.jobs, self.patience, self.reasons = sample, jobs, patience, known()
        self.score: dict[str, Counter[str]] = {room: Counter() for room in ROOMS}

    def pytest_collection(self) -> None:
        """The same examples each time, none shrunk: that a test fails is enough."""
        os.environ["MARKOVDIFF_SEARCH"] = "whole"
        from hypothesis import HealthCheck, Phase, settings  # pytest wants to load it first

        same = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}
        settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), **same)
        settings.load_profile("mutants")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Only ever in a fork, where the first failure settles it."""
        if report.failed:
            os._exit(KILLED)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Map, then mutants."""
        session.config._tmp_path_factory.getbasetemp()
        self.items = {item.nodeid: item for item in session.items}
        self.functions = settle()
        self.map = self._map()
        for mutant, status in forked(((x, partial(self._try, x)) for x in self.sample), self.jobs):
            self._tell(mutant, status)
        self._conclude()
        return True

    def _map(self) -> dict[str, tuple[float, frozenset[tuple[str, int]]]]:
        """Each test's time and lines, those that are kept if its file and the package are as they were."""
        package = b"".join(path.read_bytes() for path in sorted((ROOT / "markovdiff").rglob("*.py")))
        digests = {x: hashlib.sha256(package + item.path.read_bytes()).hexdigest() for x, item in self.items.items()}
        kept = pickle.loads(KEPT.read_bytes()) if KEPT.exists() and KEPT.stat().st_uid == os.getuid() else {}
        new = [x for x in self.items if (digests[x], x) not in kept]
        with tempfile.TemporaryDirectory() as folder:
            files = {x: Path(folder, str(k)) for k, x in enumerate(new)}
            for x, status in forked(((x, partial(self._trace, x, files[x])) for x in new), self.jobs):
                if status:
                    sys.exit(f"{x} fails with nothing changed")
                kept[digests[x], x] = pickle.loads(files[x].read_bytes())
                if len(kept) % 100 == 0:
                    KEPT.write_bytes(pickle.dumps(kept))
        KEPT.write_bytes(pickle.dumps(kept))
        return {x: kept[digests[x], x] for x in self.items}

    def _trace(self, test: str, to: Path) -> None:
        lines, ours = set(), {str(path) for path in MODULES}

        def inside(frame: FrameType, _event: str, _value: object) -> Any:
            lines.add((frame.f_code.co_filename, frame.f_lineno))
            return inside

        sys.settrace(
            lambda frame, event, value: inside(frame, event, value) if frame.f_code.co_filename in ours else None
        )
        begun = process_time()
        self._run(test)
        sys.settrace(None)
        to.write_bytes(pickle.dumps((process_time() - begun, frozenset(lines))))

    def _run(self, test: str) -> None:
        item = self.items[test]
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)

    def _try(self, mutant: Mutant) -> None:
        """In a fork: give the function its other code, and run the tests, each with a deadline that none needs."""
        begun = process_time()
        try:
            functions, code = self.functions[str(mutant.path), mutant.function, mutant.first], mutant.compiled()
        except Exception:
            os._exit(LOST)
        for f in functions:
            f.__code__ = code
        for test in self._tests(mutant):
            if process_time() - begun > self.patience:
                break
            signal.setitimer(signal.ITIMER_PROF, 10 + 5 * self.map[test][0])
            signal.alarm(600)
            self._run(test)

    def _tests(self, mutant: Mutant) -> list[str]:
        """Those that pass there: of the module's own file, of its room, the others; the quick ones first."""
        path, here = mutant.path, {(str(mutant.path), n) for n in mutant.lines}
        tests = [x for x, (_, lines) in self.map.items() if lines & here]
        return sorted(tests, key=lambda x: (path.stem not in x, path.parent.name not in x, self.map[x][0]))

    def _tell(self, mutant: Mutant, status: int) -> None:
        """Count it, and print one that lives."""
        file, function, change = key(mutant)
        if os.waitstatus_to_exitcode(status) == LOST:
            sys.exit(f"{file}, {function}: {change} could not be made")
        reason, died = self.reasons.get(key(mutant)), status != 0
        kind = "equivalent" if reason else "lives" if not died else "hangs" if status in HUNG else "fails"
        self.score[mutant.path.parent.name][kind] += 1
        if reason or not died:
            end = "is listed, but killed" if died else reason or f"lives through {len(self._tests(mutant))} tests"
            print(f"{file}:{mutant.lines[0]} {function}\n    {change}\n    {end}", flush=True)

    def _conclude(self) -> None:
        for room, n in {**self.score, "in all": sum(self.score.values(), Counter())}.items():
            dead, of = n["fails"] + n["hangs"], n["fails"] + n["hangs"] + n["lives"]
            print(f"{room}: {dead} of {of} killed, {dead / max(of, 1):.1%}", end="; ")
            print(f"{n['hangs']} by no end; {n['equivalent']} more that no test could tell")


def settle() -> dict[tuple[str, str, int], list[FunctionType]]:
    """The functions by place. Nothing is remembered from before the forks, and no fork collects what they share."""
    found: dict[tuple[str, str, int], list[FunctionType]] = {}
    for x in gc.get_objects():
        if isinstance(x, FunctionType):
            code = x.__code__
            found.setdefault((code.co_filename, code.co_qualname, code.co_firstlineno), []).append(x)
        if type(x).__name__ == "_lru_cache_wrapper" and (x.__module__ or "").startswith("markovdiff."):
            x.cache_clear()
    gc.collect()
    gc.freeze()
    return found


def main() -> int:
    """The exit status is pytest's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", nargs="?", type=int, default=300)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--patience", type=float, default=120)
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    return pytest.main(
        ["-s", "-n", "0", "-p", "no:cacheprovider", *TESTS],
        [Campaign(drawn(given.count, given.seed), given.jobs, given.patience)],
    )


if __name__ == "__main__":
    sys.exit(main())
