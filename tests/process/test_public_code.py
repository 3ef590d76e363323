"""The definitions agree with the formulas of public code, rewritten here in NumPy, to 1e-12."""

from __future__ import annotations

from itertools import accumulate

import numpy as np
import pytest

import markovdiff as md

ROUNDED = ', resolution = "1/281474976710656"'
"""A grid of 2⁻⁴⁸, so that rounding moves no entry by more than 4e-15."""


def chain(kernel: str, schedule: str, T: int, weights: str = "[3, 2, 1, 1, 2, 4]") -> md.Chain:
    """A chain of T steps, by default on six states."""
    noise = f"steps = {T}, kernel = {kernel}, schedule = {schedule}"
    return md.loads(f"data = {{ weights = {weights} }}\nnoise = {{ {noise} }}").chain()


def matrices(found: md.Chain, times: tuple[int, ...]) -> np.ndarray:
    """Q_t at these times, each entry rounded once."""
    return np.array([[[float(x) for x in row] for row in found.step(t)] for t in times])


def alphas(found: md.Chain) -> np.ndarray:
    """ᾱ_1 … ᾱ_T."""
    return np.array([float(a) for a in accumulate((1 - b for b in found.betas), lambda a, b: a * b)])


@pytest.mark.parametrize("bands", [None, 1, 3])
def test_d3pm_s_uniform_for_images(bands: int | None) -> None:
    """β/K beside the diagonal, within bands where they are given, the diagonal takes the rest.

    Rewritten from google-research/d3pm/images/diffusion_categorical.py, `_get_transition_mat`.
    """
    K, beta = 6, 0.3
    i = np.arange(K)
    far = np.abs(i[:, None] - i)
    code = np.where((far > 0) & (far <= (K if bands is None else bands)), beta / K, 0.0)
    code += np.diag(1 - code.sum(1))
    keys = "" if bands is None else f", bands = {bands}"
    found = chain(f'{{ kind = "uniform"{keys} }}', '{ kind = "constant", beta = 0.3 }', 1)
    assert np.abs(matrices(found, (1,))[0] - code).max() < 1e-12


@pytest.mark.parametrize("bands", [None, 5])
def test_d3pm_s_gaussian_for_images(bands: int | None) -> None:
    """At K = 256 the softmax over the grid 0…255 is the formula here; with bands it is that up to one factor.

    Rewritten from google-research/d3pm/images/diffusion_categorical.py, `_get_gaussian_transition_mat`: values are
    2·(0…255)/255, the weights exp(−value²/β) over −n…n, n the bands, or K − 1.
    """
    K, beta = 256, 0.02
    n = K - 1 if bands is None else bands
    values = -((np.linspace(0.0, 255.0, K) * 2.0 / (K - 1.0))[: n + 1] ** 2) / beta
    both = np.exp(np.concatenate([values[:0:-1], values]))
    code = (both / both.sum())[n:]
    keys = "" if bands is None else f", bands = {bands}"
    found = chain(
        f'{{ kind = "gaussian"{keys}{ROUNDED} }}', '{ kind = "constant", beta = 0.02 }', 1, f"[{', '.join(['1'] * K)}]"
    )
    row = matrices(found, (1,))[0][128]
    jumps = row[129 : 129 + n]
    if bands is None:
        assert np.abs(jumps - code[1 : 1 + len(jumps)]).max() < 1e-12
    else:
        factor = jumps[0] / code[1]
        assert np.abs(jumps - factor * code[1:]).max() < 1e-12
        assert factor < 1
        assert row[128 + n + 1] == 0


def test_d3pm_s_cosine_and_jsd() -> None:
    """β_t = min(1 − f(t)/f(t−1), 0.999), f a plain cosine; and 1/T, …, 1: `get_diffusion_betas` of the same file."""
    T = 40
    f = np.cos((np.arange(T + 1) / T + 0.008) / 1.008 * np.pi / 2)
    code = np.minimum(1 - f[1:] / f[:-1], 0.999)
    found = chain('{ kind = "uniform" }', f'{{ kind = "cosine", power = 1{ROUNDED} }}', T)
    assert np.abs(np.array([float(b) for b in found.betas]) - code).max() < 1e-12
    jsd = chain('{ kind = "absorbing" }', '{ kind = "jump" }', T)
    assert np.abs(np.array([float(b) for b in jsd.betas]) - 1 / np.linspace(T, 1.0, T)).max() < 1e-12


def test_sedd_s_and_mdlm_s_noise() -> None:
    """ᾱ = e^{−σ} of the total noise σ at t/T: geometric and loglinear, in noise_lib.py and noise_schedule.py."""
    T = 20
    t = np.arange(1, T + 1) / T
    geometric = chain('{ kind = "uniform" }', f'{{ kind = "sigma-geometric", start = 0.001, stop = 2{ROUNDED} }}', T)
    assert np.abs(alphas(geometric) - np.exp(-(0.001 ** (1 - t) * 2**t))).max() < 1e-12
    loglinear = chain('{ kind = "absorbing" }', '{ kind = "log-linear", eps = 0.001 }', T)
    assert np.abs(alphas(loglinear) - np.exp(np.log1p(-(1 - 1e-3) * t))).max() < 1e-12


def test_md4_s_polynomial_and_llada_s_masking() -> None:
    """α_t = 1 − t^w at t/T; masked with probability (1−ε)t + ε: what the shipped scenario `llada` has."""
    T = 12
    t = np.arange(1, T + 1) / T
    polynomial = chain('{ kind = "absorbing" }', '{ kind = "polynomial", power = 3 }', T)
    assert np.abs(alphas(polynomial) - (1 - t**3)).max() < 1e-12
    llada = md.load("llada").chain()
    assert np.abs(1 - alphas(llada) - ((1 - 1e-3) * np.arange(1, 9) / 8 + 1e-3)).max() < 1e-12


def test_evodiff_s_substitutions() -> None:
    """Q_t = (1−β_t)I + β_t q with q doubly stochastic, and its betas: `q_blosum_schedule` of evodiff/utils.py.

    The shipped scenario has 1 where the code's last is 1 + 1/T.
    """
    T = 20
    betas = np.exp(np.linspace(0, 6, T)) * (0.999 - 1e-5) + 1e-5
    betas = betas / betas.max() + 1 / T
    found = md.load("evodiff-substitutions").chain()
    assert betas[-1] == pytest.approx(1 + 1 / T)
    assert np.abs(np.array([float(b) for b in found.betas]) - np.minimum(betas, 1)).max() < 1e-12
    q = np.array([[636, 96, 245, 23], [96, 798, 37, 69], [245, 37, 694, 24], [23, 69, 24, 884]]) / 1000
    for t, Q in zip((1, 10, 20), matrices(found, (1, 10, 20)), strict=True):
        beta = float(found.betas[t - 1])
        code = q * beta
        assert np.abs(Q - (code + np.diag(1 - code.sum(axis=0)))).max() < 1e-12
