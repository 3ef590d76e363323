"""FLINT's precision is a global of the process: threads must not see each other's, nor users find it changed."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from threading import Barrier, Event

import pytest
from flint import arb, ctx
from samples import ARITHMETICS, scenario

import markovdiff as md
from markovdiff.arithmetic.decimals import rounded
from markovdiff.arithmetic.enclosure import ALONE, ball
from markovdiff.cached import cached_property

THREADS = 8
PATIENCE = 60
"""Seconds after which a thread that waits is held to wait for ever."""

ROOMS = [Path(md.__file__).parent, Path(md.__file__).parent.parent / "tui"]


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture(params=[2, 53, 5000])
def precision(request: pytest.FixtureRequest) -> Iterator[int]:
    """A precision that the user has set."""
    before = ctx.prec
    ctx.prec = request.param
    yield request.param
    ctx.prec = before


def context() -> tuple[object, ...]:
    """What FLINT keeps for the whole process."""
    return ctx.prec, ctx.threads, ctx.cap, ctx.pretty, ctx.unicode


def _enclosures() -> list[object]:
    h = md.entropy(["1/3", "1/7", Fraction(11, 21)])
    return [h.enclosure(digits, unit) for digits in (5, 40, 300) for unit in ("bits", "nats")] + [float(h)]


def _decisions() -> list[object]:
    a, b = md.log(2) * 3 + md.log(5), md.log(40)
    tiny = Fraction(1, 10**60)
    return [a == b, a < b + md.log(1 + tiny), md.kl(["1/2", "1/2"], [Fraction(1, 2) + tiny, Fraction(1, 2) - tiny]) > 0]


def _run(kernel: str, model: str, arithmetic: str) -> Callable[[], str]:
    def run() -> str:
        study = scenario(kernel, model).with_options(arithmetic=arithmetic)  # type: ignore[arg-type]
        return md.run(study).to_json(distributions=True)

    return run


JOBS: dict[str, Callable[[], object]] = {
    "enclosures": _enclosures,
    "decisions": _decisions,
    **{f"{kernel}, {kind}": _run(kernel, "d3pm", kind) for kernel in ("uniform", "gaussian") for kind in ARITHMETICS},
}


@pytest.mark.usefixtures("hurried")
def test_threads_find_what_one_finds_alone() -> None:
    """Every job beside every other, eight at a time: the same bytes as one after another, and FLINT as it was."""
    before, alone = context(), {name: job() for name, job in JOBS.items()}
    names = [*JOBS, *reversed(JOBS)] * 5
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda name: JOBS[name](), names))
    assert found == [alone[name] for name in names]
    assert context() == before


@pytest.mark.usefixtures("hurried")
def test_a_chain_is_shared_by_threads() -> None:
    """What it remembers of the last t asked for confuses nobody."""
    text = "data = { weights = [3, 2, 1] }\n[noise]\nsteps = 12\nkernel = { kind = 'neighbour' }\n"
    chain = md.loads(text + "schedule = { kind = 'linear', start = '1/9', stop = '1/3' }\n").chain()
    alone = {t: (chain.marginal(t), chain.step(t), chain.data_posterior(t)) for t in range(1, 13)}
    times = [1 + (7 * k) % 12 for k in range(400)]
    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(lambda t: (chain.marginal(t), chain.step(t), chain.data_posterior(t)), times))
    assert found == [alone[t] for t in times]


@pytest.mark.parametrize("job", JOBS)
def test_a_users_precision_changes_nothing_and_is_kept(job: str, precision: int) -> None:
    """The same bytes whatever `flint.ctx.prec` says, and then it still says that."""
    before, found = context(), JOBS[job]()
    assert context() == before
    assert ctx.prec == precision
    ctx.prec = 53
    assert JOBS[job]() == found


@pytest.mark.slow
def test_a_precision_set_before_the_import_changes_nothing() -> None:
    """Nor do constants made at import depend on it."""
    code = (
        "import sys; from flint import ctx; ctx.prec = int(sys.argv[1])\n"
        "import markovdiff as md\n"
        "for kind in ('exact', 'ball'):\n"
        "    print(md.run(md.load('elbo-d3pm').with_options(arithmetic=kind)).to_json(True))\n"
        "assert ctx.prec == int(sys.argv[1])\n"
    )
    said = {
        subprocess.run([sys.executable, "-c", code, bits], capture_output=True, text=True, check=True).stdout
        for bits in ("2", "53", "3000")
    }
    assert len(said) == 1


def test_what_raises_leaves_flint_as_it_was(precision: int) -> None:
    """A listener that raises, a measure that fails, a number that cannot be rounded."""

    def stop(_given: object) -> None:
        raise KeyboardInterrupt

    def fails(_bits: int) -> arb:
        raise RuntimeError

    for kind in ARITHMETICS:
        with pytest.raises(KeyboardInterrupt):
            md.run(scenario("gaussian", "d3pm").with_options(arithmetic=kind), on_step=stop)  # type: ignore[arg-type]
        assert ctx.prec == precision
    with pytest.raises(RuntimeError):
        rounded(fails, Fraction(1, 8), "down", None, "here")
    with pytest.raises(md.InputError):
        rounded(lambda bits: ball(Fraction(1, 2), bits) + arb(0, 1), Fraction(1), "nearest", None, "here")
    assert ctx.prec == precision
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_enclosures).result() == _enclosures()


def test_a_forked_child_does_not_wait_for_its_parents_threads() -> None:
    """The lock is taken for the fork, so no other thread holds it in the child."""
    code = (
        "import os, threading, markovdiff as md\n"
        "from markovdiff.arithmetic.enclosure import ALONE\n"
        "held, done = threading.Event(), threading.Event()\n"
        "def hold():\n"
        "    with ALONE:\n"
        "        held.set(); done.wait(0.2)\n"
        "thread = threading.Thread(target=hold); thread.start(); held.wait()\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if ALONE.acquire(timeout=300) and md.log(2).enclosure(9) else 1)\n"
        "thread.join(); raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=False).returncode == 0
    assert ALONE.acquire(blocking=False)
    ALONE.release()


class Slow:
    """One property, which is found in `find`."""

    def __init__(self, find: Callable[[], int]) -> None:
        self.find = find

    @cached_property
    def found(self) -> int:
        return self.find()


def test_a_property_that_is_being_found_holds_up_no_other() -> None:
    """With one lock for all objects this is a deadlock: it waits for ALONE, and who has ALONE waits for it."""
    began = Event()

    def alone() -> int:
        began.set()
        with ALONE:
            return 1

    first, second = Slow(alone), Slow(lambda: 2)
    with ThreadPoolExecutor(2) as pool:
        with ALONE:
            waiting = pool.submit(lambda: first.found)
            assert began.wait(PATIENCE)
            assert pool.submit(lambda: second.found).result(PATIENCE) == 2
        assert waiting.result(PATIENCE) == 1


def test_what_two_threads_find_is_one() -> None:
    """Both have looked before either has kept it: what is kept first is what both are given."""
    both, numbers = Barrier(2), iter((1, 2))
    one = Slow(lambda: (both.wait(PATIENCE), next(numbers))[1])
    with ThreadPoolExecutor(2) as pool:
        found = set(pool.map(lambda _: one.found, range(2)))
    assert found == {one.found}
    assert isinstance(Slow.found, cached_property)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_no_property_is_kept_under_a_lock(room: Path) -> None:
    """Whatever may come to ALONE keeps its properties by `markovdiff.cached`; the audit has no such lock."""
    for path in room.rglob("*.py"):
        if "audit" not in path.parts and path.name != "cached.py":
            assert not re.search(
                r"from functools import .*cached_property|functools\.cached", path.read_text("utf-8")
            ), path


def _blocks(tree: ast.AST) -> Iterator[ast.With]:
    """The with-statements that set a precision."""
    for node in ast.walk(tree):
        if isinstance(node, ast.With) and any("workprec" in ast.unparse(item) for item in node.items):
            yield node


@pytest.mark.slow
def test_whoever_sets_a_precision_is_alone() -> None:
    """`with ALONE, ctx.workprec(bits)`, and nothing else, sets it; no block hands over to strangers meanwhile."""
    seen = 0
    for path in (path for room in ROOMS for path in room.rglob("*.py")):
        if "bench" in path.parts or "audit" in path.parts:
            continue
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        blocks = list(_blocks(tree))
        assert source.count("workprec") - source.count("`with ALONE, ctx.workprec(bits)`") == len(blocks), path
        assert not any(word in source for word in ("ctx.prec =", "ctx.dps", "extraprec", "workdps")), path
        for block in blocks:
            seen += 1
            items = [ast.unparse(item).partition("(")[0] for item in block.items]
            assert items[:2] == ["ALONE", "ctx.workprec"], path
            assert items[2:] in ([], ["_threads"]), path
            inner = [node for statement in block.body for node in ast.walk(statement)]
            assert not any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in inner), path
    assert seen > 20
