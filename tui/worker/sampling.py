"""Particles for the screen: sampled trajectories of both directions, packed as bytes."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from random import Random

from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import LimitError
from markovdiff.process.chain import Chain
from markovdiff.process.moment import Moment
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.trajectories import Pause, backward, forward
from tui.messages import STOPPED, SampleAnswer, SampleQuestion

MAX_COUNT = 512
"""Particles: more than a screen has half rows."""

MAX_DRAWS = 2**18
"""Particles times steps of one direction, a second or two of work."""


def sample(
    asked: SampleQuestion, chain: Chain, model: ReverseModel | None, prior: RationalMatrix, kept: Mapping[int, Moment],
    pause: Pause = lambda: None, without: str = "a process with memory has no reverse model",
) -> SampleAnswer:  # fmt: skip
    """Sample both directions, with at most as many particles as can be sampled in a moment.

    `model` is None where there is none, and `without` says why; `kept` are moments that are known already.
    """
    count = min(asked.count, MAX_COUNT, MAX_DRAWS // chain.T)
    if count < 1:
        why = "too large to sample: too many steps" if asked.count > 0 else "no particles were asked for"
        return SampleAnswer(asked.seed, 0, b"", None, 0, why)
    random = Random(asked.seed)  # noqa: S311  (sampling, not secrets)
    there = _packed(forward(chain, count, random, pause))
    if model is None:
        return SampleAnswer(asked.seed, count, there, None, 0, without)
    try:
        paths = backward(chain, model, prior, count, random, kept, pause)
    except LimitError as error:
        return SampleAnswer(asked.seed, count, there, None, 0, f"{error.what}: {error.where}")
    stopped = paths[0].count(None)
    return SampleAnswer(asked.seed, count, there, _packed(paths), stopped, "")


def _packed(rows: Sequence[Sequence[int | None]]) -> bytes:
    return b"".join(struct.pack(f"<{len(row)}I", *(STOPPED if j is None else j for j in row)) for row in rows)
