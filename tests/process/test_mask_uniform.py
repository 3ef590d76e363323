"""Noise by a mask and by uniform draws: its matrices, its products in O(K), VQ-Diffusion's rates, reference values."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from breadth import few
from chains import examples, laws, probabilities
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.process.distribution import Distribution, law_of
from markovdiff.process.kernels import MaskUniform
from markovdiff.process.masked import MaskedRankOne


@st.composite
def steps(draw, K=None):
    """A step on K states, its mask anywhere."""
    K = K or draw(st.integers(2, 6))
    return MaskedRankOne.of(K, draw(st.integers(0, K - 1)), draw(probabilities), draw(probabilities))


@given(steps())
@examples(80)
def test_rows_are_what_the_formula_says(Q):
    """Q[i] = (1−γ)((1−b)e_i + b/K°) + γe_m on the ordinary states, the mask stays; η(Q) is that of the rows."""
    for i, row in enumerate(Q.rows()):
        assert sum(row) == 1
        for j, x in enumerate(row):
            assert x == Q.entry(i, j)
            if i == Q.mask:
                assert x == (j == i)
            elif j == Q.mask:
                assert x == Q.gone
            else:
                assert x == Q.keep * (i == j) + Q.fresh / (Q.K - 1)
    assert Q.dobrushin == Q.dense.dobrushin


@given(st.integers(2, 5), st.data())
@examples(80)
def test_steps_compose_to_their_form(K, data):
    """The product of two steps into one mask is such a step, and equals the product of the matrices; so does pW."""
    m = data.draw(st.integers(0, K - 1))
    A, B = (MaskedRankOne.of(K, m, data.draw(probabilities), data.draw(probabilities)) for _ in range(2))
    product = A.then(B)
    assert isinstance(product, MaskedRankOne)
    assert product.rows() == A.dense.then(B).rows()
    p = law_of(Distribution.from_probabilities(data.draw(laws(K))))
    assert A.push(p).rows() == A.dense.push(p).rows()


@given(st.integers(2, 5), st.data())
@examples(80)
def test_what_is_seen_from_data_has_the_same_rows(K, data):
    """From a support without the mask the step is keep·I + (1−keep)·1πᵀ, row by row; with the mask it is itself."""
    Q = data.draw(steps(K))
    support = data.draw(st.sets(st.integers(0, K - 1), min_size=1).map(sorted))
    seen = Q.seen_from(support).rows()
    assert [seen[i] for i in support] == [Q.rows()[i] for i in support]
    assert Q.reveals(support) == Q.dense.reveals(support)
    assert Q.is_deterministic(support) == Q.dense.is_deterministic(support)


@given(st.integers(2, 5), st.data())
@examples(80)
def test_blocks_are_the_matrices_they_stand_for(K, data):
    """diag(p)W, its product with a step, its sums and whether it is 0: all in O(K), and as the matrices have it."""
    m = data.draw(st.integers(0, K - 1))
    A, B = (MaskedRankOne.of(K, m, data.draw(probabilities), data.draw(probabilities)) for _ in range(2))
    p = law_of(Distribution.from_probabilities(data.draw(laws(K))))
    block, whole = A.weighted(p), A.dense.weighted(p)
    after = A.dense.weighted(p).whole_product(B.dense.matrix)
    for mine, theirs in ((block, whole), (block.then(B), after)):
        assert mine.row_sums().rows() == theirs.row_sums().rows()
        assert mine.column_sums().rows() == theirs.column_sums().rows()
    assert (block + -block).is_zero
    assert (block + -A.then(B).weighted(p)).is_zero == (whole == A.then(B).dense.weighted(p))


def vq_rates(T=100, att_1="0.99999", att_T="0.000009", ctt_1="0.000009", ctt_T="0.99999"):
    """ᾱ_1 … ᾱ_T and γ̄_1 … γ̄_T, evenly from their first to their last, as VQ-Diffusion's `alpha_schedule` has them."""
    ends = [Fraction(x) for x in (att_1, att_T, ctt_1, ctt_T)]
    shares = [Fraction(t, T - 1) for t in range(T)]
    return [[a + (b - a) * s for s in shares] for a, b in (ends[:2], ends[2:])]


def vq_scenario(folder: Path, weights: str, T: int = 100, tail: str = "") -> md.Scenario:
    """VQ-Diffusion's rates as files of ᾱ: of the mask 1 − γ̄_t, of the uniform draws ᾱ_t/(1 − γ̄_t)."""
    alphas, gammas = vq_rates(T)
    (folder / "gamma.json").write_text(json.dumps([str(1 - g) for g in gammas]), encoding="utf-8")
    drawn = [str(a / (1 - g)) for a, g in zip(alphas, gammas, strict=True)]
    (folder / "uniform.json").write_text(json.dumps(drawn), encoding="utf-8")
    kernel = '{ kind = "mask-uniform", uniform = { kind = "alpha", path = "uniform.json" } }'
    noise = f'kernel = {kernel}, schedule = {{ kind = "alpha", path = "gamma.json" }}'
    return md.loads(f"data = {weights}\nnoise = {{ {noise} }}\n{tail}", folder=folder)


def test_the_rates_are_those_of_vq_diffusion_s_code(tmp_path: Path) -> None:
    """One step α_t, β_t, γ_t and t steps ᾱ_t, β̄_t, γ̄_t, as the code makes them from (att_1, att_T, ctt_1, ctt_T).

    Rewritten from github.com/microsoft/VQ-Diffusion, image_synthesis/modeling/transformers/diffusion_transformer.py:
    α_t = ᾱ_t/ᾱ_{t−1}, 1 − γ_t = (1 − γ̄_t)/(1 − γ̄_{t−1}), β_t = (1 − α_t − γ_t)/K°, β̄_t = (1 − ᾱ_t − γ̄_t)/K°.
    """
    T, n = 100, 8
    chain = vq_scenario(tmp_path, "{ weights = [8, 7, 6, 5, 4, 3, 2, 1] }").chain()
    att = np.concatenate([[1.0], np.arange(T) / (T - 1) * (0.000009 - 0.99999) + 0.99999])
    ctt = np.concatenate([[0.0], np.arange(T) / (T - 1) * (0.99999 - 0.000009) + 0.000009])
    at, stays = att[1:] / att[:-1], (1 - ctt[1:]) / (1 - ctt[:-1])
    bt, btt = (1 - at - (1 - stays)) / n, (1 - att[1:] - ctt[1:]) / n
    for t in (1, 2, 50, 99, 100):
        for Q, kept, each, masked in (
            (chain.transition(t), at[t - 1], bt[t - 1], 1 - stays[t - 1]),
            (chain.at(t).cumulative, att[t], btt[t - 1], ctt[t]),
        ):
            rows = np.array([[float(x) for x in row] for row in Q.rows()])
            code = np.full((n + 1, n + 1), each) + kept * np.eye(n + 1)
            code[:, n], code[n] = masked, np.eye(n + 1)[n]
            assert np.abs(rows - code).max() < 1e-12


def test_reference_values(tmp_path: Path) -> None:
    """Weights 8 … 1, VQ-Diffusion's rates, T = 100: I_1 = 2.79416267176228 and I_50 = 1.41119763408686 bits.

    I_t = (1 − γ̄_t)·I°_t, as the mask says nothing, I° that of the uniform chain alone: by that second route too.
    """
    study = vq_scenario(tmp_path, "{ weights = [8, 7, 6, 5, 4, 3, 2, 1] }", tail="[checks]\nmi-decay = 'strict'")
    result = md.run(study)
    assert result.passed
    found = [step.mutual_information for step in result.steps]
    assert (found[1].value, found[50].value) == ("2.79416267176228", "1.41119763408686")
    alphas, gammas = vq_rates()
    for t, alone in enumerate(md.run(_uniform_alone(tmp_path)).steps[1:], 1):
        left, (low, high), (least, most) = 1 - gammas[t - 1], _ends(found[t]), _ends(alone.mutual_information)
        assert left * least <= high
        assert low <= left * most
        assert result.steps[t].alpha_bar == alphas[t - 1]


def _ends(quantity: Enclosed) -> tuple[Fraction, Fraction]:
    return Fraction(quantity.lower), Fraction(quantity.upper)


def _uniform_alone(folder: Path) -> md.Scenario:
    noise = 'kernel = { kind = "uniform" }, schedule = { kind = "alpha", path = "uniform.json" }'
    return md.loads(f"data = {{ weights = [8, 7, 6, 5, 4, 3, 2, 1] }}\nnoise = {{ {noise} }}", folder=folder)


@pytest.mark.parametrize(
    ("keys", "where", "words"),
    [
        ('mask = "x"', "noise.kernel.uniform", "missing"),
        ('uniform = { kind = "constant", beta = 2 }', "noise.kernel.uniform.beta", "probability"),
        ('uniform = { kind = "mutual-information" }', "noise.kernel.uniform.kind", "towards one law"),
        ('uniform = { kind = "explicit", betas = [0, 0, 0] }', "noise.kernel.uniform.betas", "not one entry a step"),
    ],
)
def test_what_is_no_kernel_is_refused(keys: str, where: str, words: str) -> None:
    """The second schedule is one as the first is, and its errors name its own place."""
    kernel = f'{{ kind = "mask-uniform", {keys} }}'
    noise = f'steps = 2, kernel = {kernel}, schedule = {{ kind = "jump" }}'
    with pytest.raises(md.InputError, match=words) as caught:
        md.loads(f"data = {{ weights = [2, 1] }}\nnoise = {{ {noise} }}")
    assert (caught.value.where or "").startswith(where)


@pytest.mark.parametrize("prior", ["mask", "uniform", "marginal", "stationary"])
@pytest.mark.parametrize("last", ["1/2", "1"])
def test_the_ledger_is_that_of_the_matrices(prior: str, last: str) -> None:
    """From any prior, and whether or not the mask has taken all: what O(K) says is what K × K matrices say."""
    noise = (
        f'steps = 3, kernel = {{ kind = "mask-uniform", uniform = {{ kind = "constant", beta = "1/5" }} }},'
        f' schedule = {{ kind = "linear", start = "1/4", stop = "{last}" }}'
    )
    study = md.loads(f'data = {{ weights = [3, 2, 1] }}\nnoise = {{ {noise} }}\nreverse = {{ prior = "{prior}" }}')
    rows = [[[str(x) for x in row] for row in study.chain().step(t)] for t in (1, 2, 3)]
    kernel = f'{{ kind = "per-step", steps_rows = {rows} }}'
    law = [str(p) for p in study.prior(study.chain()).rows()[0]]
    named = '"marginal"' if prior == "marginal" else str(law)
    plain = md.loads(
        f'data = {{ states = ["0", "1", "2", "[MASK]"], weights = [3, 2, 1, 0] }}\n'
        f"noise = {{ kernel = {kernel} }}\nreverse = {{ prior = {named} }}"
    )
    mine, theirs = md.run(study), md.run(plain)
    assert [check.verdict for check in mine.checks if check.check != "h-theorem"] == [
        check.verdict for check in theirs.checks if check.check != "h-theorem"
    ]
    for name in ("reconstruction", "denoising", "prior", "negative_elbo", "nll", "gap", "prior_gap"):
        a, b = getattr(mine.elbo, name), getattr(theirs.elbo, name)
        assert a.value == b.value
    for a, b in zip(mine.steps, theirs.steps, strict=True):
        assert (a.entropy.value, a.decay, a.dobrushin) == (b.entropy.value, b.decay, b.dobrushin)


def test_no_state_but_the_mask_is_refused() -> None:
    """There has to be something to mask."""
    noise = 'steps = 1, kernel = { kind = "mask-uniform", mask = "a", uniform = { kind = "jump" } }'
    with pytest.raises(md.InputError, match="the only state"):
        md.loads(f'data = {{ states = ["a"], weights = [1] }}\nnoise = {{ {noise}, schedule = {{ kind = "jump" }} }}')


def test_a_vocabulary_needs_no_matrix() -> None:
    """20,000 states: each step is three rationals, and the law one vector."""
    kernel = MaskUniform(20_001, 20_000, "[MASK]", (Fraction(1, 3),) * 4, (Fraction(1, 7),) * 4)
    assert kernel.transition(Fraction(1)).then(kernel.transition(Fraction(2))).keep == Fraction(4, 7) ** 2


PRIORS = ('"marginal"', '"mask"', '"uniform"', '"stationary"', '["1/2", 0, 0, "1/2"]', '["1/4", "1/4", "1/4", "1/4"]')
RATES = [
    (gammas, drawn)
    for gammas in ("[0.25, 0.5, 0.75]", "[0.25, 0, 1]", "[0, 0.5, 0]", "[1, 0.5, 0]")
    for drawn in ("[0.1, 0.2, 0.3]", "[0, 0, 0]", "[0.5, 1, 0]", "[0, 0.125, 0]")
]


@pytest.mark.parametrize("prior", PRIORS)
@few("weights", ["[1, 0, 1]", "[3, 2, 1]", "[0, 1, 0]"])
def test_balls_say_what_rationals_say(prior: str, weights: str) -> None:
    """By I_t = c_t·I(x0;y_t) or by matrices' formulas: the same digits, verdicts and witnesses, whatever the rates."""
    for gammas, drawn in RATES:
        kernel = f'{{ kind = "mask-uniform", uniform = {{ kind = "explicit", betas = {drawn} }} }}'
        noise = f'kernel = {kernel}, schedule = {{ kind = "explicit", betas = {gammas} }}'
        text = f"data = {{ weights = {weights} }}\nnoise = {{ {noise} }}\nreverse = {{ prior = {prior} }}"
        if prior == '"stationary"' and gammas == "[0, 0, 0]":
            continue
        exact = md.run(md.loads(text))
        balls = md.run(md.loads(text).with_options(arithmetic="ball"))
        for mine, theirs in zip(balls.steps, exact.steps, strict=True):
            told = (gammas, drawn, mine.t)
            assert mine.decay == theirs.decay, told
            for name in ("entropy", "mutual_information", "noise_entropy", "conditional_entropy", "information_loss"):
                assert same(getattr(mine, name), getattr(theirs, name)), (*told, name)
            for name in ("alpha_bar", "dobrushin", "total_variation_to_prior"):
                assert is_its_decimal(getattr(mine, name), getattr(theirs, name)), (*told, name)
            assert all(map(is_its_decimal, mine.marginal, theirs.marginal)), told
        for name in ("reconstruction", "denoising", "prior", "negative_elbo", "nll", "gap", "prior_gap"):
            assert same(getattr(balls.elbo, name), getattr(exact.elbo, name)), (gammas, drawn, name)
        for mine, theirs in zip(balls.checks, exact.checks, strict=True):
            assert (mine.check, mine.verdict) == (theirs.check, theirs.verdict), (gammas, drawn)


def same(mine: Enclosed | None, theirs: Enclosed | None) -> bool:
    """Whether two quantities are both none, without a number for one reason, or have enclosures that meet."""
    if mine is None or theirs is None or mine.witness or theirs.witness:
        return mine == theirs or (mine is not None and theirs is not None and mine.value == theirs.value)
    (low, high), (least, most) = _ends(mine), _ends(theirs)
    return low <= most and least <= high


def is_its_decimal(found: Decimal | None, exact: Fraction | None) -> bool:
    """Whether a decimal of 15 digits is within one unit of its last digit of the rational; both may be none."""
    if found is None or exact is None:
        return found is exact
    return abs(Fraction(found) - exact) <= (Fraction(Decimal(1).scaleb(found.adjusted() - 14)) if found else 0)


def test_float64_agrees(tmp_path: Path) -> None:
    """With matrices in float64: the same information to 13 digits, and the same ᾱ_t."""
    study = vq_scenario(tmp_path, "{ weights = [8, 7, 6, 5, 4, 3, 2, 1] }", 12)
    for mine, theirs in zip(md.run(study.with_options(arithmetic="float")).steps, md.run(study).steps, strict=True):
        assert float(mine.mutual_information) == pytest.approx(float(theirs.mutual_information), rel=1e-13)
        assert float(mine.alpha_bar) == pytest.approx(float(theirs.alpha_bar), rel=1e-14)


@few("arithmetic", ["ball", "exact"])
def test_a_vocabulary_runs_without_a_matrix(tmp_path: Path, arithmetic: str) -> None:
    """2,500 states, more than a kernel with matrices may have: every step falls, and every bit is accounted for."""
    data = '{ family = { kind = "zipf", size = 2500 } }'
    result = md.run(vq_scenario(tmp_path, data, 4).with_options(arithmetic=arithmetic))
    assert result.passed
    assert [step.decay for step in result.steps[1:]] == ["strict"] * 4
