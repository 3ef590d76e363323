"""What the descriptions of the shipped scenarios state: each number that they name, and that they name it."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import log2, prod

import numpy as np
from breadth import few

import markovdiff as md
from markovdiff.process.schedules import cosine
from markovdiff.study.result import Result


@cache
def shipped(name: str) -> Result:
    """The result, with the textbook formula beside it."""
    return md.run(md.load(name), shadow=name == "dense-late")


def series(name: str, key: str, first: int = 0) -> list[float]:
    """A quantity at each step from `first` on."""
    return [float(getattr(step, key)) for step in shipped(name).steps[first:]]


def error(name: str) -> float:
    """ΣΔ_t."""
    total = shipped(name).elbo.model_error
    assert total is not None
    return float(total)


def detail(name: str, check: str) -> str:
    """What was found of a check."""
    return next(c.detail for c in shipped(name).checks if c.check == check)


def known_of_pixels(t: int) -> tuple[float, float]:
    """I(Z;x_t) and I(x0;x_t|Z) in bits, Z the hump of x0."""
    chain = md.load("pixels").chain()
    joint = np.array(
        [[float(p) * float(q) for q in row] for p, row in zip(chain.marginal(0), chain.cumulative(t), strict=True)]
    )
    humps = np.array([joint[:8].sum(0), joint[8:].sum(0)])
    flat = humps.sum(1, keepdims=True) * humps.sum(0)
    known = float((humps[humps > 0] * np.log2((humps / flat)[humps > 0])).sum())
    return known, series("pixels", "mutual_information")[t] - known


def integral_over_step(name: str, t: int) -> str:
    """The integral of the score entropy over the time of step t."""
    noise = md.continuous_time(name)
    return noise.score_entropy(noise.levels[t - 1], noise.levels[t]).value


CLAIMS: dict[str, dict[str, Callable[[str], bool]]] = {
    "d3pm-images-gaussian": {
        "16 levels and 20 steps": lambda n: (md.load(n).K, md.load(n).T) == (16, 20),
    },
    "d3pm-images-uniform": {
        "0.7027 of alpha_bar": lambda n: round(float(shipped(n).steps[12].alpha_bar or 0), 4) == 0.7027,
        "leaves 0.4938": lambda n: round(float(prod(1 - b for b in cosine(md.load(n).T)[:12])), 4) == 0.4938,
    },
    "d3pm-text": {"L = H(x0)": lambda n: str(shipped(n).elbo.model_error and shipped(n).elbo.model_error.value) == "0"},
    "evodiff-substitutions": {
        "0.163 bits": lambda n: round(series(n, "mutual_information")[20], 3) == 0.163,
        "doubly stochastic": lambda n: all(sum(c) == 1 for c in zip(*md.load(n).chain().step(20), strict=True)),
    },
    "llada": {"L = H(x0)": lambda n: shipped(n).elbo.negative_elbo == shipped(n).elbo.data_entropy},
    "mdlm-log-linear": {
        "infinite,": lambda n: str(shipped(n).elbo.negative_elbo and shipped(n).elbo.negative_elbo.value) == "inf",
        "thousandth of the symbols": lambda n: shipped(n).steps[16].alpha_bar == Fraction(1, 1000),
    },
    "score-entropy": {
        "one step from 0 to 1 loses what": lambda n: (
            md.continuous_time(n).information(1).value == shipped(n).steps[5].mutual_information.value
        ),
        "fifteen digits of both are the same": lambda n: all(
            step.information_loss is not None and integral_over_step(n, step.t) == step.information_loss.value
            for step in shipped(n).steps[2:]
        ),
    },
    "sedd-geometric": {
        "2.09 of": lambda n: [round(series(n, "mutual_information")[t], 2) for t in (0, 8, 14)] == [2.62, 2.09, 0.02],
    },
    "vq-diffusion": {
        "7.6e-5 bits": lambda n: f"{series(n, 'mutual_information')[100]:.1e}" == "7.6e-05",
        "0.99999 to 0.000009": lambda n: (
            [float(shipped(n).steps[t].alpha_bar or 0) for t in (1, 100)] == [0.99999, 9e-6]
        ),
    },
    "dense-late": {
        "about tenfold at every step": lambda n: all(
            8.8 < a / b < 13.2 for a, b in pairwise(series(n, "mutual_information"))
        ),
        "7e-256": lambda n: f"{series(n, 'mutual_information')[-1]:.0e}" == "7e-256",
        "for some sixteen steps, down to about 1e-16": lambda n: all(
            (abs(step.shadow.value / float(step.mutual_information) - 1) < 0.5) == (step.t <= 16)
            for step in shipped(n).steps
        ),
        "it rises": lambda n: any(step.shadow.false_rise for step in shipped(n).steps),
        "it turns negative": lambda n: any(step.shadow.negative for step in shipped(n).steps),
    },
    "elbo-counted-100": {
        "every step is wrong": lambda n: min(series(n, "model_error", 1)) > 0,
        "some sixteen visits": lambda _: int(100 / 6) == 16,
    },
    "elbo-counted-1000": {
        "about a ninth": lambda n: round(error("elbo-counted-100") / error(n)) == 9,
        "0.407\nbits instead of 3.63": lambda n: (
            (round(error(n), 3), round(error("elbo-counted-100"), 2)) == (0.407, 3.63)
        ),
    },
    "elbo-counted-10000": {
        "0.039 bits, a tenth": lambda n: (
            round(error(n), 3) == 0.039 and round(error("elbo-counted-1000") / error(n)) == 10
        ),
        "proved positive at every step": lambda n: all(
            Fraction(step.model_error.lower) > 0 for step in shipped(n).steps[1:]
        ),
    },
    "elbo-d3pm": {"0.216 bits": lambda n: round(error(n), 3) == 0.216},
    "elbo-mask-prior": {
        "so is L": lambda n: str(shipped(n).elbo.negative_elbo.value) == "inf",
        "NLL is finite": lambda n: float(shipped(n).elbo.nll) == 1.75,
    },
    "elbo-wrong-belief": {
        "About nine tenths": lambda n: round(sum(series(n, "model_error", 1)[:4]) / error(n), 1) == 0.9,
        "in the first four steps": lambda n: all(a > b for a, b in pairwise(series(n, "model_error", 1))),
        "exactly a quarter of a bit": lambda n: shipped(n).elbo.nll_excess.closed_form == "1/4",
        "no Jensen gap, proved": lambda n: str(shipped(n).elbo.gap.value) == "0",
    },
    "jump-masked": {
        "exactly a quarter of a bit": lambda n: (
            {str(s.information_loss.value) for s in shipped(n).steps[1:]} == {"0.25"}
        ),
        "the seven steps": lambda n: len(shipped(n).steps) == 8,
    },
    "jump-uniform": {
        "losses of 1.07, 0.50 and 0.18 bits": lambda n: (
            [f"{x:.2f}" for x in series(n, "information_loss", 1)] == ["1.07", "0.50", "0.18"]
        ),
        "log2(3) and log2(5)": lambda n: all(
            step.mutual_information.closed_form is not None for step in shipped(n).steps
        ),
    },
    "letters-masked": {
        "with equality": lambda n: "always with equality: proved" in detail(n, "sdpi"),
        "rises until t = 7": lambda n: "(t = 8…50): proved" in detail(n, "entropy-growth"),
    },
    "letters-uniform": {
        "4.17 bits up to log2(26) = 4.70": lambda n: (
            (round(series(n, "entropy")[0], 2), round(series(n, "entropy")[-1], 2), round(log2(26), 2))
            == (4.17, 4.70, 4.70)
        ),
        "less than a hundred-thousandth of a bit": lambda n: series(n, "mutual_information")[-1] < 1e-5,
    },
    "mask-hump": {
        "highest at t = 3": lambda n: max(range(25), key=series(n, "entropy").__getitem__) == 3,
        "1.58493 bits, just under log2(3)": lambda n: (
            f"{series(n, 'entropy')[3]:.5f}" == "1.58493" and log2(3) > 1.58495
        ),
    },
    "memory": {
        "I(x0;x_1) = 0": lambda n: str(shipped(n).steps[1].mutual_information.value) == "0",
        "tells 0.196 bits": lambda n: round(series(n, "mutual_information")[12], 3) == 0.196,
        "at each of its steps": lambda n: "11 of 12 steps (t = 2…12)" in detail(n, "mi-decay"),
    },
    "neighbours-lookalike": {
        "0.0287 bits": lambda n: (
            f"{float(shipped(n).elbo.prior_gap):.4f}" == "0.0287" == f"{3 - series(n, 'entropy')[-1]:.4f}"
        ),
        "H(x_t) falls": lambda n: "at each of 40 steps: proved" in detail(n, "entropy-growth"),
        "rises": lambda n: "rises at each of 40 steps: proved" in detail(n, "h-theorem"),
    },
    "neighbours": {
        "3 bits at every t": lambda n: {str(step.entropy.value) for step in shipped(n).steps} == {"3"},
        "With probability 4/5": lambda n: md.load(n).chain().step(1)[3][3] == Fraction(1, 5),
    },
    "own-marginal": {
        "H(x_t) stands still": lambda n: len({str(step.entropy.value) for step in shipped(n).steps}) == 1,
        "3.08 bits to 0.0002": lambda n: (
            [round(series(n, "mutual_information")[t], d) for t, d in ((0, 2), (40, 4))] == [3.08, 0.0002]
        ),
    },
    "permutation": {
        "for ever": lambda n: len({str(step.mutual_information.value) for step in shipped(n).steps}) == 1,
        "marginal\nchanges at every step": lambda n: all(
            md.load(n).chain().marginal(t) != md.load(n).chain().marginal(t - 1) for t in range(1, 22)
        ),
    },
    "pixels": {
        "0.91 of the 0.99 bits": lambda _: (
            (round(known_of_pixels(4)[0], 2), round(known_of_pixels(0)[0], 2)) == (0.91, 0.99)
        ),
        "0.84 of the 2.69 bits": lambda _: (
            (round(known_of_pixels(4)[1], 2), round(known_of_pixels(0)[1], 2)) == (0.84, 2.69)
        ),
        "nears 4 bits": lambda n: 3.9999 < series(n, "entropy")[-1] < 4,
        "doubly stochastic": lambda n: all(
            sum(column) == 1 for column in zip(*md.load(n).chain().step(48), strict=True)
        ),
    },
    "two-rooms": {
        "h(1/3) = 0.918 bits": lambda n: {round(x, 3) for x in series(n, "mutual_information", 9)} == {0.918},
        "equality proved": lambda n: {step.decay for step in shipped(n).steps[10:]} == {"equal"},
    },
    "two-state": {
        "loses 1.8e-7 bits": lambda n: f"{series(n, 'information_loss', 1)[-1]:.1e}" == "1.8e-07",
        "proved positive": lambda n: shipped(n).steps[-1].decay == "strict",
        "with probability 19/20": lambda n: md.load(n).chain().step(1)[0][0] == Fraction(19, 20),
    },
}


EVERY = [(name, words) for name, claims in CLAIMS.items() for words in claims]


@few(
    ("name", "words"),
    EVERY,
    [claim for claim in EVERY if claim[0] not in ("vq-diffusion", "pixels", "letters-uniform")],
)
def test_a_description_states_what_is_so(name: str, words: str) -> None:
    """The words stand in the description, and what they state comes out of the run."""
    assert words in md.load(name).description
    assert CLAIMS[name][words](name)
