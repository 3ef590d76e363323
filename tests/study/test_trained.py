"""What equation 4 of D3PM becomes when it is trained on its own bound: the scenario `elbo-d3pm-trained`, and others."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pytest
from breadth import few
from flint import fmpq, fmpq_mat
from scipy.optimize import minimize

import markovdiff as md

Floats = npt.NDArray[np.float64]


@pytest.fixture(scope="module")
def chain() -> md.Chain:
    """The chain of `elbo-d3pm`."""
    return md.load("elbo-d3pm").chain()


def test_it_is_the_table_that_it_says(chain: md.Chain) -> None:
    """The JSON file is the posterior at t = 1 and q(x0) for each x_t later, on the very chain of `elbo-d3pm`."""
    scenario, other = md.run(md.load("elbo-d3pm-trained")).scenario, md.run(md.load("elbo-d3pm")).scenario
    for key in ("states", "data", "kernel", "steps", "betas"):
        assert scenario[key] == other[key]
    rows = scenario["reverse"]["model"]["denoiser_rows"]  # type: ignore[index]
    brought = [[tuple(map(Fraction, row)) for row in table] for table in rows]
    assert brought == [list(chain.data_posterior(1))] + [[chain.marginal(0)] * chain.K] * (chain.T - 1)


def test_it_predicts_nothing_and_has_the_best_bound() -> None:
    """L = NLL = H(x0) = 7/4 bits exactly."""
    elbo = md.run(md.load("elbo-d3pm-trained")).elbo
    assert elbo.negative_elbo == elbo.nll == elbo.data_entropy
    assert elbo.negative_elbo is not None
    assert elbo.negative_elbo.closed_form == "7/4"


def test_no_other_prediction_has_it(chain: md.Chain) -> None:
    """Q_t > 0 and det Q̄_{t−1} ≠ 0 for t ≥ 2: p̃Q̄_{t−1} ∝ p_{t−1} only for p̃ = q(x0)."""
    for t in range(2, chain.T + 1):
        assert all(entry > 0 for row in chain.step(t) for entry in row)
        kernel = [[fmpq(x.numerator, x.denominator) for x in row] for row in chain.cumulative(t - 1)]
        assert fmpq_mat(kernel).det() != 0


@few(("weight", "kept"), [(1, 0.146), (0.01, 0.00076), (0, 0)])
def test_what_the_cross_entropy_keeps(chain: md.Chain, weight: float, kept: float) -> None:
    """Minimised from random logits, L + λ·(cross-entropy) leaves ΣΔ_t of 0, 0.00076 and 0.146 bits."""
    random = np.random.default_rng(12)
    assert sum(_error(chain, t, j, weight, random) for t in range(1, chain.T + 1) for j in range(chain.K)) == (
        pytest.approx(kept, abs=6e-6 if weight < 1 else 6e-4)
    )


def _error(chain: md.Chain, t: int, j: int, weight: float, random: np.random.Generator) -> float:
    """The part of Δ_t in bits that x_t = j has after training."""
    Q_bar, Q = np.array(chain.cumulative(t - 1), float), np.array(chain.step(t), float)[:, j]
    B = np.array(chain.bayes_reverse(t)[j], float)
    posterior = np.array(chain.data_posterior(t)[j], float)

    def loss(logits: Floats) -> tuple[float, Floats]:
        guess = np.exp(logits - logits.max())
        guess /= guess.sum()
        # −Σ B log R and its gradient in p̃; at t = 1 R is p̃ itself
        mixed = Q * (guess @ Q_bar) if t > 1 else guess
        slope = -(Q_bar * Q if t > 1 else np.eye(chain.K)) @ (B / mixed - (t > 1) / mixed.sum())
        value = -(B * np.log(mixed / mixed.sum())).sum() - weight * (posterior * np.log(guess)).sum()
        slope = slope - weight * posterior / guess
        return float(value), guess * (slope - guess @ slope)

    found = min(
        (minimize(loss, random.normal(size=chain.K), jac=True, method="BFGS", options={"gtol": 1e-10}) for _ in "12"),
        key=lambda result: float(result.fun),
    )
    cross = -weight * float((posterior * np.log(_softmax(found.x))).sum())
    return float(chain.marginal(t)[j]) * (float(found.fun) - cross + float((B * np.log(B)).sum())) / np.log(2)


def _softmax(logits: Floats) -> Floats:
    shares: Floats = np.exp(logits - logits.max())
    return shares / shares.sum()
