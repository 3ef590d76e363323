"""The data-processing triangle in float64: I(x_s; x_u) against I(x_s; x_{u−1}) and I(x_{s+1}; x_u).

From each s the deviation of x_u from independence of x_s is carried along as it is from 0, so each information keeps
its relative accuracy. The triangle is a theorem, so what differs by no more than rounding is told to be beyond float64.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import prod

from markovdiff.arithmetic.arrays import Approximation
from markovdiff.engines.exact.triangle import MOST_TIMES, times_of
from markovdiff.engines.float64.forward import RankOneState, following, forward, start, steps
from markovdiff.engines.float64.information import information
from markovdiff.errors import InputError
from markovdiff.measures.checks.finding import Finding
from markovdiff.measures.checks.wording import REACH
from markovdiff.process.chain import Chain

Table = dict[tuple[int, int], Approximation]


def triangle(chain: Chain, tick: Callable[[float], None] = lambda _share: None) -> Finding:
    """Return the verdict on every triangle of the times looked at."""
    if not chain.is_markov:
        raise InputError(
            "pairs of times of a process with memory are not compared in float64",
            where="checks.dpi",
            remedy="use exact arithmetic, or leave the check out",
        )
    times = times_of(chain.T)
    found = _followed(chain, times, tick) if chain.kernel.rank_one_target is None else _forgotten(chain, times)
    near: list[tuple[int, int]] = []
    for a, (s, u) in ((a, pair) for pair in found for a in _smaller(pair, times)):
        more = found[a].minus(found[s, u])
        if more.is_surely_negative:
            detail = f"I(x_{s};x_{u}) > I(x_{a[0]};x_{a[1]}): the triangle is violated, in float64"
            return Finding("violated", "float", detail, {"s": s, "t": a[1] if a[0] == s else a[0], "u": u})
        if more.sign() not in (0, 1):
            near.append((s, u))
    looked = f"0…{chain.T}" if chain.T <= MOST_TIMES else f"{len(times)} evenly spaced times of 0…{chain.T}"
    claim = f"I(x_s;x_u) ≤ min(I(x_s;x_t), I(x_t;x_u)) for s ≤ t ≤ u in {looked}"
    if not near:
        return Finding("holds", "float", f"{claim}, in float64")
    s, u = min(near, key=lambda pair: pair[1])
    detail = f"{claim}, {REACH}: it cannot tell from u = {u} on, {len(near)} of {2 * len(found)} comparisons"
    return Finding("holds", "float", detail, {"s": s, "u": u}, open=True)


def _smaller(pair: tuple[int, int], times: list[int]) -> list[tuple[int, int]]:
    """Return the two neighbours that are to be no smaller."""
    s, u = (times.index(t) for t in pair)
    return [] if s == u else [(times[s], times[u - 1]), (times[s + 1], times[u])]


def _forgotten(chain: Chain, times: list[int]) -> Table:
    laws = [now for now in forward(chain) if isinstance(now, RankOneState)]
    found: Table = {}
    for k, s in enumerate(times):
        for u in times[k:]:
            kept = prod((1 - beta for beta in chain.betas[s:u]), start=laws[0].alpha_bar)
            found[s, u] = information(
                RankOneState(u, None, kept, laws[s].p, laws[0].pi), None, None, None
            ).mutual_information
    return found


def _followed(chain: Chain, times: list[int], tick: Callable[[float], None]) -> Table:
    Qs = list(steps(chain))
    laws = [(now.p, now.possible) for now in forward(chain)]
    found: Table = {}
    for k, s in enumerate(times):
        now = start(*laws[s])
        seen = information(now, None, None, None)
        found[s, s] = seen.mutual_information
        for a, b in pairwise(times[k:]):
            for t in range(a + 1, b + 1):
                now = following(now, Qs[t - 1], chain, t)
                seen = information(now, seen.forget(), None, None)
            found[s, b] = seen.mutual_information
        tick((k + 1) / len(times))
    return found
