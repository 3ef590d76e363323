"""Noise by rates: exp(s_t R) on its grid, what a schedule's numbers mean to it, and what is no rate matrix."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import mpmath
import numpy as np
import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import expm

import markovdiff as md
from markovdiff.process.kernels import RateKernel, absorbing, uniform
from markovdiff.process.kernels.kernel import Kernel

rates = st.sampled_from([Fraction(0)]) | st.fractions(0, 3, max_denominator=8)


@st.composite
def generators(draw):
    """Rates beside the diagonal, 0 among them, and rows that sum to 0."""
    K = draw(st.integers(1, 4))
    rows = [[draw(rates) if i != j else Fraction(0) for j in range(K)] for i in range(K)]
    return tuple(tuple(x if i != j else -sum(row) for j, x in enumerate(row)) for i, row in enumerate(rows))


@given(generators(), st.fractions(0, 4, max_denominator=16), st.sampled_from([Fraction(1, 2**32), Fraction(1, 50)]))
@examples(80)
def test_entries_are_rounded_down_once(R, s, grid):
    """Beside the diagonal the largest multiple of the grid that is not above exp(sR), by mpmath at 40 digits."""
    kernel = RateKernel(R, grid)
    Q = kernel.transition(s).rows()
    with mpmath.workdps(40):
        E = mpmath.expm(
            mpmath.matrix([[mpmath.mpf((s * x).numerator) / (s * x).denominator for x in row] for row in R])
        )
        for i, row in enumerate(Q):
            assert sum(row) == 1
            for j, x in enumerate(row):
                if i != j:
                    units = E[i, j] / mpmath.mpf(grid.numerator) * grid.denominator
                    assert x == grid * int(mpmath.floor(units + mpmath.mpf(10) ** -25))
    positive = sum(x > 0 for i, row in enumerate(Q) for j, x in enumerate(row) if i != j)
    assert kernel.erased(s) == (kernel.moves - positive if s else 0)


@pytest.mark.parametrize("schedule", ['{ kind = "alpha", alphas = ["3/4", "1/2", "1/8"] }', '{ kind = "cosine" }'])
def test_alphas_make_sedd_s_two_kernels(schedule: str) -> None:
    """With R = 11ᵀ/K − I or 1e_mᵀ − I and ᾱ told, exp(s_t R) is the uniform or the absorbing kernel, rounded down."""
    grid = Fraction(1, 2**32)
    for plain, R in (
        (uniform(3), "[['-2/3', '1/3', '1/3'], ['1/3', '-2/3', '1/3'], ['1/3', '1/3', '-2/3']]"),
        (absorbing(3, 2), "[[-1, 0, 1], [0, -1, 1], [0, 0, 0]]"),
    ):
        noise = f"steps = 3, kernel = {{ kind = 'rate', rows = {R} }}, schedule = {schedule}"
        study = md.loads(f"data = {{ weights = [3, 2, 1] }}\nnoise = {{ {noise} }}")
        for t, beta in enumerate(study.betas, 1):
            Q = plain.transition(beta).rows()
            found = study.chain().step(t)
            assert all(found[i][j] == Q[i][j] // grid * grid for i in range(3) for j in range(3) if i != j)


def test_the_definition_is_that_of_public_code() -> None:
    """Q̄_t = exp(σ_t R), as SEDD and tauLDR have it, by scipy's expm: equal to 1e-12 on a fine grid.

    Rewritten from github.com/louaaron/Score-Entropy-Discrete-Diffusion (graph_lib.py, columns sum to 0) and
    github.com/andrew-cr/tauLDR (a rate matrix times ∫β).
    """
    R = [[-1, 1, 0], [1, -3, 2], [0, 0.5, -0.5]]
    kernel = 'kind = "rate", rows = [[-1, 1, 0], [1, -3, 2], [0, 0.5, -0.5]], resolution = "1/281474976710656"'
    noise = f'steps = 8, kernel = {{ {kernel} }}, schedule = {{ kind = "linear", start = 0.1, stop = 2 }}'
    chain = md.loads(f"data = {{ weights = [3, 2, 1] }}\nnoise = {{ {noise} }}").chain()
    s = np.linspace(0.1, 2, 8)
    for t in range(1, 9):
        found = np.array([[float(x) for x in row] for row in chain.cumulative(t)])
        assert np.abs(found - expm(s[:t].sum() * np.array(R))).max() < 1e-12


def test_more_noise_leaves_less() -> None:
    """A rate may be above 1; I(x0;x_t) falls strictly."""
    noise = 'kernel = { kind = "rate", rows = [[-1, 1], [2, -2]] }, schedule = { kind = "explicit", betas = [0.5, 3] }'
    result = md.run(
        md.loads(f"data = {{ weights = [3, 1] }}\nnoise = {{ {noise} }}\nchecks = {{ mi-decay = 'strict' }}")
    )
    assert result.passed
    found = [float(step.mutual_information) for step in result.steps]
    assert all(a > b > 0 for a, b in pairwise(found))
    assert result.steps[2].beta == 3


@pytest.mark.parametrize(
    ("kernel", "schedule", "where"),
    [
        ("rows = [[-1, 1], [1, 1]]", '{ kind = "jump" }', "noise.kernel.rows[1]"),
        ("rows = [[1, -1], [1, -1]]", '{ kind = "jump" }', "noise.kernel.rows[0][1]"),
        ("rows = [[-1, 1], [-1, 1]]", '{ kind = "jump" }', "noise.kernel.rows[1][0]"),
        ("rows = [[-1, 1]]", '{ kind = "jump" }', "noise.kernel.rows"),
        ("rows = [[-1, 1], [1, -1]]", '{ kind = "jump" }', "noise.schedule"),
        ("rows = [[-1, 1], [1, -1]]", '{ kind = "polynomial" }', "noise.schedule"),
        ("rows = [[-1, 1], [1, -1]]", '{ kind = "constant", beta = -1 }', "noise.schedule.beta"),
        ("rows = [[-1, 1], [1, -1]], resolution = 2", '{ kind = "cosine" }', "noise.kernel.resolution"),
    ],
)
def test_what_is_no_noise_by_rates_is_refused(kernel: str, schedule: str, where: str) -> None:
    """Rates below 0, rows that do not sum to 0, and ᾱ_T = 0, which takes for ever: refused by place."""
    noise = f'steps = 2, kernel = {{ kind = "rate", {kernel} }}, schedule = {schedule}'
    with pytest.raises(md.InputError) as caught:
        md.loads(f"data = {{ weights = [3, 1] }}\nnoise = {{ {noise} }}")
    assert caught.value.where == where


def test_a_file_of_floats_has_its_diagonal_mended(tmp_path: Path) -> None:
    """Rows of floats hardly sum to 0: refused without `normalise`, told with it; columns are transposed."""
    R = np.array([[-0.3, 0.1, 0.2], [0.7, -0.8, 0.1], [0.1, 0.2, -0.3]])
    np.save(tmp_path / "R.npy", R.T)
    for normalise in ("false", "true"):
        kernel = f'{{ kind = "rate", path = "R.npy", convention = "columns", normalise = {normalise} }}'
        noise = f"steps = 1, kernel = {kernel}, schedule = {{ kind = 'cosine' }}"
        text = f"data = {{ weights = [3, 2, 1] }}\nnoise = {{ {noise} }}"
        if normalise == "false":
            with pytest.raises(md.InputError, match="do not sum to 0"):
                md.loads(text, folder=tmp_path)
            continue
        study = md.loads(text, folder=tmp_path)
        assert isinstance(study.kernel, RateKernel)
        assert all(sum(row) == 0 for row in study.kernel.R)
        assert float(study.kernel.R[0][2]) == 0.2
        assert len(study.notes) == 2 + 1  # transposed, mended, β_T under its cap


def test_fast_forms_are_the_defaults() -> None:
    """Of the kernel's own forms `bits` is no less than what its matrices have."""
    kernel = RateKernel(((Fraction(-1), Fraction(1)), (Fraction(2), Fraction(-2))), Fraction(1, 2**20))
    assert kernel.bits(Fraction(1, 3)) >= Kernel.bits(kernel, Fraction(1, 3))
