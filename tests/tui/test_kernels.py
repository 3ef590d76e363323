"""Matrices of more states than a screen has room for: closed forms and blocks against the chain's own fractions."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from breadth import few
from runs import SCENARIOS

import markovdiff as md
from tui.kernels import ClosedForm, WrittenOut
from tui.messages import Request
from tui.run_buffer import RunBuffer
from tui.view.view_state import MATRICES
from tui.worker.study import MATRICES_MAX_K, Study

K = MATRICES_MAX_K + 3
WEIGHTS = [0, 5, *range(1, K - 1)]
KERNELS = {
    "uniform": ('{ kind = "uniform" }', ClosedForm),
    "absorbing": ('{ kind = "absorbing" }', ClosedForm),
    "absorbing-within": ('{ kind = "absorbing", mask = "2" }', ClosedForm),
    "mixing": ('{ kind = "mixing", target = "data" }', ClosedForm),
    "mask-uniform": (
        '{ kind = "mask-uniform", mask = "1", uniform = { kind = "constant", beta = "1/3" } }',
        ClosedForm,
    ),
    "neighbour": ('{ kind = "neighbour" }', WrittenOut),
}


def film_and_chain(kernel: str) -> tuple[RunBuffer, md.Chain]:
    text = f"data = {{ weights = {WEIGHTS} }}\n"
    text += f'noise = {{ steps = 2, kernel = {kernel}, schedule = {{ kind = "constant", beta = "1/4" }} }}\n'
    buffer = RunBuffer()
    Study(Request(text, str(SCENARIOS), "large"), buffer.take).perform(lambda: None)
    assert buffer.trouble is None
    return buffer, md.loads(text).chain()


def exactly(chain: md.Chain, kind: str, t: int) -> Sequence[Sequence[Fraction] | None] | None:
    """The chain's own matrix, None for rows that are undefined; the reverse has x_t down its rows."""
    if t == 0 and kind in ("step", "reverse"):
        return None
    own = {"cumulative": chain.cumulative, "step": chain.step, "joint": chain.joint, "reverse": chain.bayes_reverse}
    found: Sequence[Sequence[Fraction] | None] = own[kind](t)
    return found


def near(shown: float | None, true: Fraction | None) -> bool:
    return shown == true if not true else shown is not None and abs(shown / float(true) - 1) < 1e-13


@few("name", KERNELS, ("absorbing", "mixing"))
def test_large_matrices_are_the_chains_own(name: str) -> None:
    """Each entry, where entries are known, and the largest of each block of 2, 5 and 40 states, at each t."""
    kernel, kind_of_picture = KERNELS[name]
    buffer, chain = film_and_chain(kernel)
    for t in range(3):
        for kind in MATRICES:
            true, shown = exactly(chain, kind, t), buffer.matrix(t, kind)
            if true is None:
                assert shown is None
                continue
            assert isinstance(shown, kind_of_picture)
            n = len(true)
            if shown.grain == 1:
                assert all(
                    near(shown.entry(i, j), row[j] if row else None) for i, row in enumerate(true) for j in range(n)
                )
            for size in (2 * shown.grain, 4 * shown.grain, 20 * shown.grain):
                firsts = range(0, n, size)
                largest = [
                    [max((max(row[j : j + size]) for row in true[i : i + size] if row), default=None) for j in firsts]
                    for i in firsts
                ]
                assert all(
                    near(a, b)
                    for ours, theirs in zip(shown.blocks(size), largest, strict=True)
                    for a, b in zip(ours, theirs, strict=True)
                )


def test_posteriors_of_large_chains_come_from_their_closed_form() -> None:
    """q(x_0 | x_t) and q(x_{t−1} | x_t, x_0) of K = 68: the chain's, and undefined where x_t is impossible."""
    buffer, chain = film_and_chain(KERNELS["absorbing"][0])
    for j in (1, 5, chain.K - 1):
        ours, theirs = buffer.posterior(1, j), chain.data_posterior(1)[j]
        assert ours is not None
        assert theirs is not None
        assert all(map(near, ours, theirs))
        ours, theirs = buffer.forward(2, j, 5), chain.forward_posterior(2, x0=5)[j]
        assert (ours is None) == (theirs is None)
        assert theirs is None or all(map(near, ours or [], theirs))
    assert buffer.posterior(1, 0) is None
    assert chain.data_posterior(1)[0] is None
