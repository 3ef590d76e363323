"""Kernels: every row of every Q(β) is a law, exactly, and each kind is the matrix its formula says."""

from fractions import Fraction

import mpmath
import pytest
from chains import blend, examples, laws, matrices, probabilities, unit
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.errors import InputError
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution
from markovdiff.process.kernels import (
    Blend,
    Gaussian,
    RankOneKernel,
    absorbing,
    neighbour,
    per_step,
    reflect,
    uniform,
    with_memory,
)
from markovdiff.process.transition import Dense

sizes = st.integers(1, 7)
boundaries = st.sampled_from(["reflect", "periodic"])


@st.composite
def kernels(draw):
    """A kernel of any kind that takes a β."""
    K = draw(sizes)
    return draw(
        st.one_of(
            st.just(uniform(K)),
            st.integers(0, K - 1).map(lambda m: absorbing(K, m)),
            laws(K).map(lambda pi: RankOneKernel(Distribution.from_probabilities(pi))),
            matrices(K).map(lambda M: Blend(Dense.from_rows(M, "rows"))),
            st.builds(neighbour, st.just(K), st.integers(1, K), boundaries),
            st.sampled_from([Fraction(1, 2**32), Fraction(1, 50), Fraction(1)]).map(lambda r: Gaussian(K, r)),
        )
    )


@given(kernels(), probabilities)
@examples(120)
def test_rows_are_laws(kernel, beta):
    """Q(β)[i, j] ≥ 0 and Σ_j Q(β)[i, j] = 1, exactly, for every β in [0, 1]."""
    rows = kernel.transition(beta).rows()
    assert len(rows) == kernel.K
    for row in rows:
        assert len(row) == kernel.K
        assert min(row) >= 0
        assert sum(row) == 1


@given(kernels())
@examples(60)
def test_no_noise_is_the_identity(kernel):
    """Q(0) = I."""
    assert kernel.transition(Fraction(0)).rows() == tuple(unit(i, kernel.K) for i in range(kernel.K))


@given(sizes, probabilities)
@examples(40)
def test_uniform_is_its_formula(K, beta):
    """Q = (1−β)I + (β/K)·11ᵀ."""
    assert uniform(K).transition(beta).rows() == blend(beta, ((Fraction(1, K),) * K,) * K)


@given(sizes.flatmap(lambda K: st.tuples(st.just(K), st.integers(0, K - 1))), probabilities)
@examples(40)
def test_absorbing_goes_to_the_mask_or_nowhere(where, beta):
    """Q = (1−β)I + β·1e_mᵀ: the mask is never left, any other state is kept or masked."""
    K, mask = where
    rows = absorbing(K, mask).transition(beta).rows()
    assert rows == blend(beta, (unit(mask, K),) * K)
    assert rows[mask] == unit(mask, K)


@given(sizes.flatmap(laws), probabilities)
@examples(40)
def test_mixing_keeps_its_target(pi, beta):
    """πQ = π, whatever β."""
    rows = RankOneKernel(Distribution.from_probabilities(pi)).transition(beta).rows()
    assert rows == blend(beta, (pi,) * len(pi))
    assert tuple(sum(p * row[j] for p, row in zip(pi, rows, strict=True)) for j in range(len(pi))) == pi


@given(sizes.flatmap(matrices), probabilities)
@examples(60)
def test_a_matrix_is_blended_in(M, beta):
    """Q(β) = (1−β)I + βM, and Q(1) is M itself."""
    kernel = Blend(Dense.from_rows(M, "rows"))
    assert kernel.transition(beta).rows() == blend(beta, M)
    assert kernel.transition(Fraction(1)).rows() == M


@given(sizes.flatmap(lambda K: st.tuples(st.just(K), st.integers(1, K))), boundaries, probabilities)
@examples(80)
def test_neighbour_is_doubly_stochastic(shape, boundary, beta):
    """Columns sum to one as rows do, so the uniform law is stationary, with either boundary; and Q = Qᵀ."""
    rows = neighbour(*shape, boundary).transition(beta).rows()
    assert {sum(column) for column in zip(*rows, strict=True)} == {1}
    assert tuple(zip(*rows, strict=True)) == rows


@given(st.integers(1, 9), st.data())
@examples(60)
def test_reflection_folds_at_the_ends(K, data):
    """−1 ↦ 0, −2 ↦ 1, K ↦ K−1, K+1 ↦ K−2, and inside nothing moves: n and −1−n are one place, so are n and n + 2K."""
    for n in range(K):
        assert reflect(n, K) == n
        assert reflect(-1 - n, K) == n
        assert reflect(2 * K - 1 - n, K) == n
    n = data.draw(st.integers(-50, 50))
    assert reflect(n, K) == reflect(-1 - n, K) == reflect(n + 2 * K, K)


def test_reflection_by_hand():
    """K = 4, reach 2, β = 1, worked by hand: from 0 the places −2, −1, 1, 2 are 1, 0, 1, 2."""
    rows = neighbour(4, 2, "reflect").transition(Fraction(1)).rows()
    assert rows[0] == (Fraction(1, 4), Fraction(2, 4), Fraction(1, 4), 0)
    assert rows[1] == (Fraction(2, 4), 0, Fraction(1, 4), Fraction(1, 4))
    assert rows[2] == rows[1][::-1]
    assert rows[3] == rows[0][::-1]


@given(st.integers(1, 9).flatmap(lambda K: st.tuples(st.just(K), st.integers(1, K))), probabilities)
@examples(60)
def test_periodic_is_circulant(shape, beta):
    """Q[i, j] depends on j − i mod K alone: each row is the one above, turned by one."""
    rows = neighbour(*shape, "periodic").transition(beta).rows()
    for i, row in enumerate(rows):
        assert row == rows[i - 1][-1:] + rows[i - 1][:-1]


@given(st.integers(5, 9), st.integers(1, 2))
@examples(20)
def test_neighbours_share_the_noise_equally(K, reach):
    """Away from the ends each of the 2·reach nearest states gets β/(2·reach), the state itself 1 − β."""
    beta = Fraction(1, 3)
    for boundary in ("reflect", "periodic"):
        row = neighbour(K, reach, boundary).transition(beta).rows()[K // 2]
        assert row == tuple(
            1 - beta if j == K // 2 else beta / (2 * reach) if abs(j - K // 2) <= reach else 0 for j in range(K)
        )


@pytest.mark.parametrize("reach", [0, 4])
def test_reach_is_from_one_to_K(reach):
    """A neighbour kernel on 3 states has a reach of 1, 2 or 3."""
    with pytest.raises(InputError) as caught:
        neighbour(3, reach, "reflect")
    assert caught.value.where == "noise.kernel.reach"


@given(
    st.integers(2, 8),
    st.fractions(Fraction(1, 1000), 1, max_denominator=1000),
    st.sampled_from([Fraction(1, 2**32), Fraction(1, 1000), Fraction(1, 10**25), Fraction(1, 3)]),
)
@examples(60)
def test_gaussian_is_the_formula_rounded_down(K, beta, resolution):
    """For i ≠ j, Q[i, j] ≤ exp(−4n²/((K−1)²β)) / Σ_m exp(−4m²/((K−1)²β)) < Q[i, j] + resolution, n = |i − j|.

    Source: Austin et al. 2021 (arXiv 2107.03006), appendix A.2.2, evaluated by mpmath at 60 digits.
    """
    rows = Gaussian(K, resolution).transition(beta).rows()
    with mpmath.workdps(60):

        def mp(x):
            return mpmath.mpf(x.numerator) / x.denominator

        def weight(n):
            return mpmath.exp(-4 * n**2 / ((K - 1) ** 2 * mp(beta)))

        total = sum(weight(m) for m in range(-(K - 1), K))
        for i, row in enumerate(rows):
            for j, entry in enumerate(row):
                if i != j:
                    assert (entry / resolution).denominator == 1
                    assert mp(entry) <= weight(i - j) / total < mp(entry + resolution)


@given(
    sizes | st.just(40),
    probabilities,
    st.sampled_from([Fraction(1, 2**32), Fraction(1, 10**30), Fraction(1, 50), Fraction(1)]),
)
@examples(80)
def test_gaussian_contraction_by_its_jumps(K, beta, resolution):
    """η(Q(β)) from K jumps is the widest pair of rows of the matrix."""
    kernel = Gaussian(K, resolution)
    assert kernel.dobrushin(beta) == kernel.transition(beta).dobrushin


@given(st.integers(1, 8), probabilities, st.sampled_from([Fraction(1, 2**32), Fraction(1, 20)]))
@examples(40)
def test_gaussian_is_symmetric_and_so_doubly_stochastic(K, beta, resolution):
    """Q = Qᵀ exactly, after rounding too: the grid does not move the uniform law."""
    rows = Gaussian(K, resolution).transition(beta).rows()
    assert tuple(zip(*rows, strict=True)) == rows


def test_D3PM_own_value():
    """K = 2, uniform, β = 1/1000: Q̄_5[0, 0] = 1995009990004999 / 2·10^15 = ½(1 + 0.999^5).

    Source: the test that comes with D3PM's diffusion code (Austin et al. 2021); the second form by hand.
    """
    coin = Distribution.from_weights([1, 1])
    Q_bar = Chain(coin, uniform(2), (Fraction(1, 1000),) * 5, 5).cumulative(5)
    assert Q_bar[0][0] == Fraction(1995009990004999, 2 * 10**15) == (1 + Fraction(999, 1000) ** 5) / 2


def test_a_wrong_row_is_named():
    """A matrix from outside whose row misses 1 by any amount is refused, with its t and its row."""
    good = [[Fraction(1), Fraction(0)], [Fraction(1, 2), Fraction(1, 2)]]
    short = [[Fraction(1), Fraction(0)], [Fraction(1, 2), Fraction(1, 2) - Fraction(1, 10**40)]]
    with pytest.raises(InputError) as caught:
        per_step([good, short], 2)
    assert caught.value.where == "steps_rows[1][1]"
    with pytest.raises(InputError) as caught:
        with_memory([short, good], 2)
    assert caught.value.where == "rows_by_source[0][1]"


@pytest.mark.parametrize(
    ("rows", "where"),
    [
        ([["1", "0"]], "rows"),
        ([["1", "0"], ["1"]], "rows[1]"),
        ([["1", "0"], ["3/2", "-1/2"]], "rows[1][1]"),
    ],
)
def test_a_wrong_shape_or_sign_is_named(rows, where):
    """Two rows of two non-negative numbers each: anything else is refused, with its place."""
    with pytest.raises(InputError) as caught:
        Dense.from_rows([[Fraction(x) for x in row] for row in rows], "rows", 2)
    assert caught.value.where == where


def test_memory_needs_a_matrix_for_each_source():
    """A process with memory on K states has K matrices."""
    with pytest.raises(InputError) as caught:
        with_memory([[[Fraction(1), Fraction(0)], [Fraction(0), Fraction(1)]]], 2)
    assert caught.value.where == "rows_by_source"


@pytest.mark.parametrize("beta", ["1/10", "1/2", "1"])
def test_a_grid_finer_than_the_first_enclosure_is_met_as_well(beta):
    """⌊⌊2^200·p⌋ / 2^168⌋ = ⌊2^32·p⌋: jumps that 128 bits cannot settle are the ones that they can, continued."""
    fine, coarse = (Gaussian(5, Fraction(1, 2**n)).jumps(Fraction(beta)) for n in (200, 32))
    assert [n >> 168 for n in fine] == list(coarse)


@pytest.mark.slow
def test_a_neighbour_kernel_of_two_thousand_states_is_built_of_integers_in_lowest_terms():
    assert neighbour(2048, 2, "periodic").M.denominator == 4
    both = neighbour(2, 2, "periodic")
    assert (both.M.denominator, both.transition(Fraction(1)).rows()[0]) == (2, (Fraction(1, 2), Fraction(1, 2)))


@given(st.integers(2, 7), st.integers(1, 8), probabilities)
@examples(60)
def test_banded_uniform_is_d3pm_s(K, bands, beta):
    """β/K to each state up to `bands` places away, the diagonal takes the rest; all bands are the plain kernel.

    Austin et al. 2021 (arXiv 2107.03006, appendix A.2).
    """
    rows = made(f'kind = "uniform", bands = {bands}', [1] * K).transition(beta).rows()
    for i, row in enumerate(rows):
        assert all(x == (beta / K if abs(i - j) <= bands else 0) for j, x in enumerate(row) if i != j)
    if bands >= K - 1:
        assert rows == uniform(K).transition(beta).rows()


@given(st.integers(2, 6), st.integers(1, 7), probabilities)
@examples(60)
def test_a_banded_gaussian_keeps_its_short_jumps(K, bands, beta):
    """Within the bands the entries are those without bands, beyond they are 0, and the diagonal takes the rest."""
    whole, kept = Gaussian(K, Fraction(1, 2**32)), Gaussian(K, Fraction(1, 2**32), bands)
    Q, rows = whole.transition(beta).rows(), kept.transition(beta).rows()
    for i, row in enumerate(rows):
        assert all(x == (Q[i][j] if abs(i - j) <= bands else 0) for j, x in enumerate(row) if i != j)
    assert kept.dobrushin(beta) == kept.transition(beta).dobrushin
    assert kept.erased(beta) == (kept.moves - sum(x > 0 for row in rows for x in row) + K if beta else 0)


@given(st.lists(st.fractions(0, 3), min_size=3, max_size=3), st.fractions(0, Fraction(1, 3)))
@examples(60)
def test_a_scaled_state_moves_at_its_own_pace(scale, beta):
    """Row i of Q(β) is row i of the plain kernel at β·scale_i; for an absorbing kernel the added mask has no pace."""
    listed = ", ".join(f'"{s}"' for s in scale)
    for keys, plain in (
        ('kind = "uniform"', uniform(3)),
        ('kind = "mixing", target = ["1/2", "1/2", 0]', RankOneKernel(Distribution.from_weights([1, 1, 0]))),
        ('kind = "absorbing"', absorbing(4, 3)),
    ):
        rows = made(f"{keys}, scale = [{listed}]", [3, 2, 1]).transition(beta).rows()
        assert all(rows[i] == plain.transition(beta * s).rows()[i] for i, s in enumerate(scale))


@given(st.lists(laws(3), min_size=1, max_size=4), st.data())
@examples(60)
def test_a_moving_target_is_another_one_each_step(targets, data):
    """Q_t = (1−β_t)I + β_t·1π_tᵀ, asked for by t."""
    betas = [data.draw(st.fractions(0, 1)) for _ in targets]
    given_laws = [[str(p) for p in law] for law in targets]
    kernel = made(f'kind = "mixing", targets = {given_laws}', [3, 2, 1], len(targets)).scheduled(betas)
    for t, (law, beta) in enumerate(zip(targets, betas, strict=True), 1):
        plain = RankOneKernel(Distribution.from_probabilities(law)).transition(beta)
        assert kernel.transition(Fraction(t)).rows() == plain.rows()


@pytest.mark.parametrize(
    ("keys", "where"),
    [
        ('kind = "uniform", scale = [1, 2]', "noise.kernel.scale"),
        ('kind = "uniform", scale = [1, -1, 1]', "noise.kernel.scale[1]"),
        ('kind = "uniform", scale = [1, 1, 4]', "noise.kernel.scale[2]"),
        ('kind = "mixing"', "noise.kernel.target"),
        ('kind = "mixing", target = "data", targets = [["1/2", "1/2", 0]]', "noise.kernel.target"),
        ('kind = "mixing", targets = [["1/2", "1/2", 0]]', "noise.kernel.targets"),
        ('kind = "mixing", targets = [["1/2", "1/2", 0], [1, 1, 0]]', "noise.kernel.targets[1]"),
    ],
)
def test_what_does_not_fit_the_states_or_the_steps_is_refused(keys, where):
    """A pace too many, below 0 or above 1/β; no target, two, or not one a step: an InputError that says where."""
    with pytest.raises(InputError) as caught:
        made(keys, [3, 2, 1])
    assert caught.value.where == where


def made(keys, weights, steps=2):
    """The kernel of a scenario with β = 1/3 that has these keys."""
    schedule = 'schedule = { kind = "constant", beta = "1/3" }'
    noise = f"steps = {steps}, kernel = {{ {keys} }}, {schedule}"
    return md.loads(f"data = {{ weights = {weights} }}\nnoise = {{ {noise} }}").kernel
