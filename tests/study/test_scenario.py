"""A scenario file means what it says, and what it may not say is refused with the key's path."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest

import markovdiff as md
from markovdiff.study.starter import STARTER

HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)
GRID = 2**32
CONSTANT = '{ kind = "constant", beta = "1/10" }'
FIVE_THREES = "3" * 5000


def text(data: str = "weights = [3, 1]", kernel: str = '{ kind = "uniform" }', noise: str | None = None) -> str:
    """A scenario's text, sound wherever it is not replaced."""
    noise = f"steps = 3\nschedule = {CONSTANT}" if noise is None else noise
    return f"[data]\n{data}\n\n[noise]\nkernel = {kernel}\n{noise}\n"


def with_kernel(kernel: str, beta: str = "1/2", weights: str = "[1, 1, 1]") -> md.Scenario:
    schedule = f'steps = 1\nschedule = {{ kind = "constant", beta = "{beta}" }}'
    return md.loads(text(f"weights = {weights}", kernel, schedule))


def scheduled(schedule: str, steps: int | None = 3) -> tuple[Fraction, ...]:
    count = "" if steps is None else f"steps = {steps}\n"
    return md.loads(text(noise=f"{count}schedule = {schedule}")).betas


# data


@pytest.mark.parametrize(
    ("data", "states", "probabilities"),
    [
        ('probabilities = ["3/4", "1/4"]', "01", (Fraction(3, 4), QUARTER)),
        ("probabilities = [0.1, 0.9]", "01", (Fraction(1, 10), Fraction(9, 10))),
        ('states = ["a", "b"]\nweights = [3, 1]', "ab", (Fraction(3, 4), QUARTER)),
        ('weights = ["1/2", 0.25, 0]', "012", (Fraction(2, 3), THIRD, Fraction(0))),
        ('family = { kind = "uniform", size = 4 }', "0123", (QUARTER,) * 4),
        ('states = ["x", "y"]\nfamily = { kind = "uniform" }', "xy", (HALF, HALF)),
        ('family = { kind = "triangular", size = 3 }', "012", (Fraction(1, 6), Fraction(2, 6), Fraction(3, 6))),
        ('family = { kind = "zipf", size = 3 }', "012", (Fraction(6, 11), Fraction(3, 11), Fraction(2, 11))),
        ('family = { kind = "zipf", size = 2, exponent = 2 }', "01", (Fraction(4, 5), Fraction(1, 5))),
        ('family = { kind = "zipf", size = 2, exponent = 0 }', "01", (HALF, HALF)),
        (
            'family = { kind = "geometric", size = 3, ratio = "1/2" }',
            "012",
            (Fraction(4, 7), Fraction(2, 7), Fraction(1, 7)),
        ),
        ('family = { kind = "geometric", size = 2, ratio = 2 }', "01", (THIRD, Fraction(2, 3))),
        (
            'family = { kind = "binomial", size = 3, p = "1/3" }',
            "012",
            (Fraction(4, 9), Fraction(4, 9), Fraction(1, 9)),
        ),
        ('family = { kind = "point", size = 3, state = 1 }', "012", (Fraction(0), Fraction(1), Fraction(0))),
        ('states = ["a", "b"]\nfamily = { kind = "point", state = "b" }', "ab", (Fraction(0), Fraction(1))),
    ],
)
def test_data_form(data: str, states: str, probabilities: tuple[Fraction, ...]) -> None:
    """Each form of [data] is the distribution that its definition gives, exactly."""
    study = md.loads(text(data))
    assert study.data.states == tuple(states)
    assert study.data.probabilities == probabilities


@pytest.mark.parametrize(
    ("spec", "content", "expected"),
    [
        ("", "abcab", {"a": Fraction(2, 5), "b": Fraction(2, 5), "c": Fraction(1, 5)}),
        (', alphabet = "ba"', "abcab", {"b": HALF, "a": HALF}),
        (', alphabet = "az"', "aab", {"a": Fraction(1), "z": Fraction(0)}),
        (', alphabet = "a", other = "_"', "abcab", {"a": Fraction(2, 5), "_": Fraction(3, 5)}),
        (', top = 1, other = "_"', "abbc", {"b": HALF, "_": HALF}),
        (", top = 1", "abbc", {"b": Fraction(1)}),
        (
            ', unit = "word"',
            "to be or\nnot to be",
            {"be": THIRD, "to": THIRD, "not": Fraction(1, 6), "or": Fraction(1, 6)},
        ),
        (', unit = "byte"', "aé", {"0x61": THIRD, "0xa9": THIRD, "0xc3": THIRD}),
        (', unit = "byte", alphabet = "a"', "aab", {"0x61": Fraction(1)}),
    ],
)
def test_text_is_counted(tmp_path: Path, spec: str, content: str, expected: dict[str, Fraction]) -> None:
    """`text` gives relative frequencies of its symbols, in the order documented; the rest goes to `other` or out."""
    (tmp_path / "corpus.txt").write_text(content, encoding="utf-8")
    data = md.loads(text(f'text = {{ path = "corpus.txt"{spec} }}'), folder=tmp_path).data
    assert list(zip(data.states, data.probabilities, strict=True)) == list(expected.items())


def test_csv_is_counted(tmp_path: Path) -> None:
    """`csv` takes a column of labels and a column of weights, whatever else stands beside them."""
    (tmp_path / "c.csv").write_text('symbol,x,n\n"a,b",9,3\n b,9,1/2\nc,9,0.5\n', encoding="utf-8")
    data = md.loads(text('csv = { path = "c.csv", label = "symbol", count = "n" }'), folder=tmp_path).data
    assert data.states == ("a,b", " b", "c")
    assert data.probabilities == (Fraction(3, 4), Fraction(1, 8), Fraction(1, 8))


@pytest.mark.parametrize("dtype", ["<i8", ">i8", "u1", "<i2"])
def test_npy_integers_are_weights(tmp_path: Path, dtype: str) -> None:
    """Integers of an .npy file are weights, in any byte order and width."""
    np.save(tmp_path / "p.npy", np.array([3, 1], dtype=dtype))
    data = md.loads(text('npy = { path = "p.npy" }'), folder=tmp_path).data
    assert data.probabilities == (Fraction(3, 4), QUARTER)


def test_npy_floats_are_dyadic_rationals(tmp_path: Path) -> None:
    """Floats of an .npy file are the exact dyadic rationals they are: [1/4, 3/4] sums to one as it stands."""
    np.save(tmp_path / "p.npy", np.array([0.25, 0.75]))
    assert md.loads(text('npy = { path = "p.npy" }'), folder=tmp_path).data.probabilities == (QUARTER, Fraction(3, 4))


def test_npy_floats_are_normalised_only_when_asked(tmp_path: Path) -> None:
    """Floats miss one by a rounding: refused, with `normalise = true` named; with it, divided exactly."""
    np.save(tmp_path / "p.npy", np.array([0.1, 0.2, 0.7]))
    with pytest.raises(md.InputError) as caught:
        md.loads(text('npy = { path = "p.npy" }'), folder=tmp_path)
    assert "normalise = true" in str(caught.value)
    data = md.loads(text('npy = { path = "p.npy", normalise = true }'), folder=tmp_path).data
    exact = [Fraction(0.1), Fraction(0.2), Fraction(0.7)]
    assert data.probabilities == tuple(x / sum(exact) for x in exact)


@pytest.mark.parametrize(
    "spelling", ['"1/10"', "0.1", "1e-1", '"0.1"', '"10e-2"', '" 1/10 "', '"2/20"', "0.10", '".1"']
)
def test_a_number_is_the_decimal_written(spelling: str) -> None:
    """A fraction, a string and a TOML decimal that name 1/10 are 1/10, never the float next to it."""
    assert scheduled(f'{{ kind = "constant", beta = {spelling} }}', 1) == (Fraction(1, 10),)


def test_long_decimals_keep_every_digit() -> None:
    """A TOML decimal of 60 digits is read to its last digit."""
    digits = "0.1" + "0" * 57 + "1"
    assert scheduled(f'{{ kind = "constant", beta = {digits} }}', 1) == (Fraction(1, 10) + Fraction(1, 10**59),)


# kernels


@pytest.mark.parametrize(
    ("kernel", "beta", "rows"),
    [
        ('{ kind = "uniform" }', "1/2", [[4, 1, 1], [1, 4, 1], [1, 1, 4]]),
        ('{ kind = "mixing", target = ["1/2", "1/3", "1/6"] }', "1", [[3, 2, 1]] * 3),
        ('{ kind = "mixing", target = ["1/2", "1/3", "1/6"] }', "0", [[6, 0, 0], [0, 6, 0], [0, 0, 6]]),
        ('{ kind = "mixing", target = "data" }', "1/2", [[4, 1, 1], [1, 4, 1], [1, 1, 4]]),
        ('{ kind = "absorbing", mask = "1" }', "1/3", [[4, 2, 0], [0, 6, 0], [0, 2, 4]]),
        ('{ kind = "neighbour" }', "1/3", [[5, 1, 0], [1, 4, 1], [0, 1, 5]]),
        ('{ kind = "neighbour", boundary = "periodic" }', "1/3", [[4, 1, 1], [1, 4, 1], [1, 1, 4]]),
        ('{ kind = "neighbour", reach = 2 }', "2/3", [[3, 2, 1], [2, 2, 2], [1, 2, 3]]),
        ('{ kind = "matrix", rows = [[0, 1, 0], [0, 0, 1], [1, 0, 0]] }', "1", [[0, 6, 0], [0, 0, 6], [6, 0, 0]]),
        ('{ kind = "matrix", rows = [[0, 1, 0], [0, 0, 1], [1, 0, 0]] }', "1/3", [[4, 2, 0], [0, 4, 2], [2, 0, 4]]),
    ],
)
def test_kernel_form(kernel: str, beta: str, rows: list[list[int]]) -> None:
    """Each kernel's Q is (1−β)I + β·(its definition), here in sixths and exactly."""
    chain = with_kernel(kernel, beta).chain()
    assert chain.step(1) == tuple(tuple(Fraction(n, 6) for n in row) for row in rows)


def test_absorbing_adds_a_last_state() -> None:
    """A mask that is no label becomes a last state without data mass, "[MASK]" by default."""
    study = md.loads(text('states = ["a", "b"]\nweights = [3, 1]', '{ kind = "absorbing" }'))
    assert study.data.states == ("a", "b", "[MASK]")
    assert study.data.probabilities == (Fraction(3, 4), QUARTER, Fraction(0))
    assert study.chain().step(1)[2] == (Fraction(0), Fraction(0), Fraction(1))


def test_absorbing_may_name_a_state_with_mass() -> None:
    """A mask that is a label is that state, and no state is added; its data mass stays."""
    study = md.loads(text('states = ["a", "b"]\nweights = [3, 1]', '{ kind = "absorbing", mask = "a" }'))
    assert study.data.states == ("a", "b")
    assert study.chain().marginal(1) == (Fraction(3, 4) + QUARTER / 10, Fraction(9, 40))


@pytest.mark.parametrize("beta", ["1/20", "1/2", "1"])
def test_gaussian_is_rounded_down_once(beta: str) -> None:
    """Off the diagonal exp(−4n²/((K−1)²β))/Σ, rounded down to the grid (second route: mpmath); rows sum to one."""
    K, rows = 4, with_kernel('{ kind = "gaussian" }', beta, "[1, 2, 3, 4]").chain().step(1)
    with mpmath.workdps(60):
        rate = mpmath.mpf(-4) / ((K - 1) ** 2 * mpmath.mpf(Fraction(beta).numerator) / Fraction(beta).denominator)
        total = mpmath.fsum(mpmath.exp(rate * n * n) for n in range(1 - K, K))
        jumps = [Fraction(int(mpmath.floor(mpmath.exp(rate * n * n) / total * GRID)), GRID) for n in range(K)]
    assert all(rows[i][j] == jumps[abs(i - j)] for i in range(K) for j in range(K) if i != j)
    assert all(sum(row) == 1 for row in rows)


def test_gaussian_resolution_is_the_grid() -> None:
    """Every entry is a multiple of `resolution`."""
    rows = with_kernel('{ kind = "gaussian", resolution = "1/1000" }', "1/2", "[1, 2, 3, 4]").chain().step(1)
    assert all((1000 * x).denominator == 1 for row in rows for x in row)
    assert any(row.count(Fraction(0)) < len(row) - 1 for row in rows)


def test_per_step_is_each_q_outright() -> None:
    """`steps_rows` gives Q_1 … Q_T themselves, and T."""
    kernel = '{ kind = "per-step", steps_rows = [[[0, 1], [1, 0]], [["1/2", "1/2"], [0, 1]]] }'
    study = md.loads(text(kernel=kernel, noise=""))
    assert (study.T, study.betas) == (2, ())
    assert study.chain().step(1) == ((Fraction(0), Fraction(1)), (Fraction(1), Fraction(0)))
    assert study.chain().step(2) == ((HALF, HALF), (Fraction(0), Fraction(1)))
    assert study.chain().marginal(2) == (Fraction(1, 8), Fraction(7, 8))


def test_conditional_rows_belong_to_their_source() -> None:
    """`rows_by_source[k]` moves what began as k: row k of Q̄_t is row k of the t-th power of matrix k."""
    kernel = '{ kind = "conditional", rows_by_source = [[["1/2", "1/2"], [0, 1]], [[1, 0], ["1/3", "2/3"]]] }'
    study = md.loads(text("weights = [1, 1]", kernel, "steps = 2"))
    chain = study.chain()
    assert not chain.is_markov
    assert chain.cumulative(1) == ((HALF, HALF), (THIRD, Fraction(2, 3)))
    assert chain.cumulative(2) == ((QUARTER, Fraction(3, 4)), (Fraction(5, 9), Fraction(4, 9)))
    with pytest.raises(md.InputError, match="memory"):
        chain.step(1)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("k.json", '[["1/2", 0.5], [0.1, "9/10"]]'),
        ("k.json", '[[["1/2", 0.5], [0.1, "9/10"]]]'),
        ("k.csv", "1/2,0.5\n0.1,9/10\n"),
        ("k.csv", "\ufeff1/2, 0.5\n\n0.1, 9/10"),
        ("K.JSON", '[["1/2", 0.5], [1e-1, "9/10"]]'),
    ],
)
def test_matrix_from_a_text_file(tmp_path: Path, name: str, content: str) -> None:
    """A matrix in JSON or CSV is read exactly: 0.1 in the file is 1/10."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    kernel = f'{{ kind = "matrix", path = "{name}" }}'
    study = md.loads(text(kernel=kernel, noise='steps = 1\nschedule = { kind = "jump" }'), folder=tmp_path)
    assert study.chain().step(1) == ((HALF, HALF), (Fraction(1, 10), Fraction(9, 10)))


def test_stack_from_files(tmp_path: Path) -> None:
    """per-step and conditional take a stack: npy of three axes, nested JSON, or CSV matrices one below the other."""
    stack = [[[0, 1], [1, 0]], [[1, 0], [0, 1]]]
    np.save(tmp_path / "k.npy", np.array(stack))
    (tmp_path / "k.json").write_text(str(stack), encoding="utf-8")
    (tmp_path / "k.csv").write_text("0,1\n1,0\n1,0\n0,1\n", encoding="utf-8")
    expected = tuple(tuple(tuple(map(Fraction, row)) for row in matrix) for matrix in stack)
    for suffix in ("npy", "json", "csv"):
        kernel = f'path = "k.{suffix}"'
        chain = md.loads(text(kernel=f'{{ kind = "per-step", {kernel} }}', noise=""), folder=tmp_path).chain()
        assert (chain.step(1), chain.step(2)) == expected
        study = md.loads(text(kernel=f'{{ kind = "conditional", {kernel} }}', noise="steps = 1"), folder=tmp_path)
        assert study.chain().cumulative(1) == ((Fraction(0), Fraction(1)), (Fraction(0), Fraction(1)))


def test_matrix_of_floats_is_normalised_only_when_asked(tmp_path: Path) -> None:
    """Rows of floats that miss one by a rounding are refused; with `normalise` they are divided exactly."""
    row = [0.1, 0.2, 0.7]
    np.save(tmp_path / "k.npy", np.array([row, [0, 0.5, 0.5], [0, 0, 1]]))
    noise = 'steps = 1\nschedule = { kind = "jump" }'
    with pytest.raises(md.InputError, match="sum to one"):
        md.loads(text("weights = [1, 1, 1]", '{ kind = "matrix", path = "k.npy" }', noise), folder=tmp_path)
    kernel = '{ kind = "matrix", path = "k.npy", normalise = true }'
    study = md.loads(text("weights = [1, 1, 1]", kernel, noise), folder=tmp_path)
    assert study.chain().step(1)[0] == tuple(Fraction(x) / sum(map(Fraction, row)) for x in row)


# schedules


@pytest.mark.parametrize(
    ("schedule", "steps", "betas"),
    [
        ('{ kind = "constant", beta = "1/7" }', 2, (Fraction(1, 7), Fraction(1, 7))),
        ('{ kind = "linear", start = "1/10", stop = "3/10" }', 3, (Fraction(1, 10), Fraction(1, 5), Fraction(3, 10))),
        ('{ kind = "linear", start = 1, stop = 0 }', 2, (Fraction(1), Fraction(0))),
        ('{ kind = "linear", start = "1/10", stop = "3/10" }', 1, (Fraction(1, 10),)),
        ('{ kind = "jump" }', 3, (THIRD, HALF, Fraction(1))),
        ('{ kind = "geometric", start = "1/8", stop = "1/2" }', 3, (Fraction(1, 8), QUARTER, HALF)),
        ('{ kind = "geometric", start = "1/8", stop = "1/2" }', 1, (Fraction(1, 8),)),
        ('{ kind = "geometric", start = "1/3", stop = "1/3", resolution = "1/100" }', 2, (Fraction(33, 100),) * 2),
        ('{ kind = "explicit", betas = [0.3, 0, 1] }', 3, (Fraction(3, 10), Fraction(0), Fraction(1))),
        ('{ kind = "explicit", betas = [0.3, 0, 1] }', None, (Fraction(3, 10), Fraction(0), Fraction(1))),
        ('{ kind = "alpha", alphas = ["1/2", "1/4", "1/4"] }', None, (HALF, HALF, Fraction(0))),
        ('{ kind = "alpha", alphas = ["1/2", 0, 0] }', 3, (HALF, Fraction(1), Fraction(1))),
    ],
)
def test_schedule_form(schedule: str, steps: int | None, betas: tuple[Fraction, ...]) -> None:
    """Each schedule's β_1 … β_T are what its formula gives."""
    assert scheduled(schedule, steps) == betas


def nearest(x: mpmath.mpf) -> Fraction:
    """The multiple of 2^-32 nearest to x."""
    return Fraction(int(mpmath.floor(x * GRID + mpmath.mpf(1) / 2)), GRID)


@pytest.mark.parametrize("T", [1, 2, 7, 50])
def test_cosine_by_a_second_route(T: int) -> None:
    """β_t = 1 − f(t)/f(t−1), f = cos²((t/T+s)/(1+s)·π/2), to the nearest multiple of 2^-32 up to 999/1000 (mpmath)."""
    with mpmath.workdps(60):
        s = mpmath.mpf(8) / 1000

        def f(t: int) -> mpmath.mpf:
            return mpmath.cos((mpmath.mpf(t) / T + s) / (1 + s) * mpmath.pi / 2) ** 2

        most = Fraction(999 * GRID // 1000, GRID)
        expected = tuple(min(nearest(1 - f(t) / f(t - 1)), most) for t in range(1, T + 1))
    assert scheduled('{ kind = "cosine" }', T) == expected


def test_geometric_by_a_second_route() -> None:
    """β_t = start·(stop/start)^((t−1)/(T−1)), to the nearest multiple of 2^-32 (mpmath)."""
    with mpmath.workdps(60):
        ratio = (mpmath.mpf(1) / 3) / (mpmath.mpf(1) / 100)
        expected = tuple(nearest(mpmath.mpf(1) / 100 * ratio ** (mpmath.mpf(t) / 9)) for t in range(10))
    assert scheduled('{ kind = "geometric", start = "1/100", stop = "1/3" }', 10) == expected


# the rest of a file


@pytest.mark.parametrize(
    ("kernel", "prior", "expected"),
    [
        ('{ kind = "uniform" }', '"uniform"', (HALF, HALF)),
        ('{ kind = "uniform" }', '"stationary"', (HALF, HALF)),
        ('{ kind = "uniform" }', '["1/3", "2/3"]', (THIRD, Fraction(2, 3))),
        ('{ kind = "matrix", rows = [["1/2", "1/2"], [1, 0]] }', '"stationary"', (Fraction(2, 3), THIRD)),
        ('{ kind = "absorbing" }', '"mask"', (Fraction(0), Fraction(0), Fraction(1))),
        ('{ kind = "absorbing", mask = "0" }', '"mask"', (Fraction(1), Fraction(0))),
        ('{ kind = "absorbing", mask = "0" }', '"stationary"', (Fraction(1), Fraction(0))),
    ],
)
def test_prior_form(kernel: str, prior: str, expected: tuple[Fraction, ...]) -> None:
    """`prior` is the law named, on the chain's states."""
    study = md.loads(text(kernel=kernel) + f"[reverse]\nprior = {prior}\n")
    assert study.prior(study.chain()).rows()[0] == expected


def test_prior_is_the_last_marginal_by_default() -> None:
    """Without `reverse`, π is p_T."""
    study = md.loads(text())
    assert study.prior(study.chain()).rows()[0] == study.chain().marginal(3)


def test_default_checks_are_the_theorems() -> None:
    """Without [checks]: the decay, the identities, the strong inequality, the H-theorem, the triangle; not growth."""
    expected = {"mi-decay": "non-increasing", "identities": "holds", "sdpi": "holds", "h-theorem": "holds"}
    assert md.loads(text()).expectations == {**expected, "elbo-ledger": "holds", "dpi": "holds"}
    assert "dpi" not in md.loads(text(noise=f"steps = 65\nschedule = {CONSTANT}")).expectations
    assert "dpi" not in md.loads(text('family = { kind = "uniform", size = 33 }')).expectations
    reducible = md.loads(text(kernel='{ kind = "matrix", rows = [[1, 0], [0, 1]] }'))
    assert "h-theorem" not in reducible.expectations


def test_memory_has_no_strong_inequality_by_default() -> None:
    """For a process with memory only the decay and the identities are looked at unless more is asked."""
    kernel = '{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]] }'
    asked = md.loads(text(kernel=kernel, noise="steps = 1")).expectations
    assert asked == {"mi-decay": "non-increasing", "identities": "holds"}


def test_name_is_the_key_or_the_file(tmp_path: Path) -> None:
    """A scenario is called by its `name`, else by its file; its title falls back to the name."""
    (tmp_path / "mine.toml").write_text(text(), encoding="utf-8")
    (tmp_path / "other.toml").write_text('name = "given"\n' + text(), encoding="utf-8")
    assert (md.load(tmp_path / "mine.toml").name, md.load(tmp_path / "mine.toml").title) == ("mine", "mine")
    assert md.load(tmp_path / "other.toml").name == "given"


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """A file saved as "UTF-8 with BOM" reads like any other."""
    (tmp_path / "bom.toml").write_bytes(b"\xef\xbb\xbf" + text().encode())
    assert md.load(tmp_path / "bom.toml").K == 2


def test_paths_are_relative_to_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a scenario brings along is looked for beside it, from wherever it is run."""
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "s.toml").write_text(text('text = { path = "t.txt" }'), encoding="utf-8")
    (tmp_path / "inner" / "t.txt").write_text("aab", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert md.load("inner/s.toml").data.probabilities == (Fraction(2, 3), THIRD)


def test_the_starter_is_a_scenario() -> None:
    """What `markovdiff new` writes loads as it stands."""
    assert md.loads(STARTER).data.states == ("a", "b", "c")


def test_a_scenario_is_frozen() -> None:
    """A resolved scenario cannot be altered behind a result's back."""
    study = md.loads(text())
    with pytest.raises(AttributeError):
        study.T = 9  # type: ignore[misc]


def test_options_replace_and_leave() -> None:
    """with_options gives a new scenario with what is named replaced; the old one stays."""
    study = md.loads(text())
    other = study.with_options(digits=30, unit="nats")
    assert (other.digits, other.unit, study.digits, study.unit) == (30, "nats", 15, "bits")


# what is refused


def reverse(line: str) -> str:
    return text() + f"[reverse]\n{line}\n"


def checks(line: str, kernel: str = '{ kind = "uniform" }') -> str:
    return text(kernel=kernel) + f"[checks]\n{line}\n"


def arithmetic(line: str) -> str:
    return text() + f"[arithmetic]\n{line}\n"


def schedule(table: str, steps: str = "3") -> str:
    return text(noise=f"steps = {steps}\nschedule = {table}")


MEMORY = '{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]], [[1, 0], [0, 1]]] }'
STILL = '{ kind = "matrix", rows = [[1, 0], [0, 1]] }'

REFUSED: dict[str, tuple[str, str, str]] = {
    # unknown keys, at every level: the key that was meant is named
    "top": ("nmae = 'x'\n" + text(), "nmae", "did you mean 'name'"),
    "data": (text("weigths = [1]"), "data.weigths", "did you mean 'weights'"),
    "family": (text('family = { kind = "zipf", siz = 3 }'), "data.family.siz", "did you mean 'size'"),
    "text": (text('text = { path = "x", uint = "word" }'), "data.text.uint", "did you mean 'unit'"),
    "noise": (text(noise=f"step = 3\nschedule = {CONSTANT}"), "noise.step", "did you mean 'steps'"),
    "kernel": (text(kernel='{ kind = "neighbour", raech = 2 }'), "noise.kernel.raech", "did you mean 'reach'"),
    "schedule": (schedule('{ kind = "constant", bta = 1 }'), "noise.schedule.bta", "beta"),
    "reverse": (reverse('priro = "uniform"'), "reverse.priro", "did you mean 'prior'"),
    "model": (reverse('model = { kind = "bayes", x = 1 }'), "reverse.model.x", "'x'"),
    "checks": (checks('mi_decay = "strict"'), "checks.mi_decay", "did you mean 'mi-decay'"),
    "h-theorem": (checks('h-theorem = { agianst = "uniform" }'), "checks.h-theorem.agianst", "against"),
    "arithmetic": (arithmetic("digit = 3"), "arithmetic.digit", "did you mean 'digits'"),
    # missing keys
    "no data": ("[noise]\nkernel = { kind = 'uniform' }", "data", "'data' is missing"),
    "no noise": ("[data]\nweights = [1]", "noise", "'noise' is missing"),
    "no kind": (text(kernel="{}"), "noise.kernel.kind", "'kind' is missing"),
    "no target": (text(kernel='{ kind = "mixing" }'), "noise.kernel.target", "'target' is missing"),
    "no beta": (schedule('{ kind = "constant" }'), "noise.schedule.beta", "'beta' is missing"),
    "no schedule": (text(noise="steps = 3"), "noise.schedule", "no schedule"),
    "no steps": (text(noise='schedule = { kind = "jump" }'), "noise.steps", "steps is missing"),
    "no rows": (text(kernel='{ kind = "matrix" }'), "noise.kernel", "rows or path"),
    "no size": (text('family = { kind = "uniform" }'), "data.family.size", "size"),
    "no form": (text(""), "data", "exactly one"),
    "two forms": (text("weights = [1]\nprobabilities = [1]"), "data", "probabilities and weights"),
    # wrong types, everywhere a type can be wrong
    "name int": ("name = 3\n" + text(), "name", "a string"),
    "title date": ("title = 1979-05-27\n" + text(), "title", "a string"),
    "description list": ("description = ['x']\n" + text(), "description", "a string"),
    "unit word": ("unit = 'bit'\n" + text(), "unit", "bits"),
    "data string": ("data = 'x'\n[noise]\nkernel = { kind = 'uniform' }", "data", "a table"),
    "weights string": (text('weights = "3,1"'), "data.weights", "a list"),
    "weight date": (text("weights = [1979-05-27, 1]"), "data.weights[0]", "rational"),
    "weight bool": (text("weights = [1, true]"), "data.weights[1]", "rational"),
    "weight list": (text("weights = [[1], 1]"), "data.weights[0]", "rational"),
    "weight table": (text("weights = [{ a = 1 }]"), "data.weights[0]", "rational"),
    "weight nan": (text("weights = [nan, 1]"), "data.weights[0]", "rational"),
    "weight inf": (text("weights = [1, -inf]"), "data.weights[1]", "rational"),
    "weight words": (text('weights = ["three", 1]'), "data.weights[0]", "'three'"),
    "weight spaced": (text('weights = ["1 / 2", 1]'), "data.weights[0]", "rational"),
    "weight over zero": (text('weights = ["1/0", 1]'), "data.weights[0]", "zero"),
    "weight thai": (text('weights = ["๑", 1]'), "data.weights[0]", "rational"),
    "states ints": (text("states = [1, 2]\nweights = [1, 1]"), "data.states[0]", "a string"),
    "size decimal": (text('family = { kind = "uniform", size = 3.0 }'), "data.family.size", "an integer"),
    "kernel string": (text(kernel='"uniform"'), "noise.kernel", "a table"),
    "kernel kind": (text(kernel='{ kind = "unifrom" }'), "noise.kernel.kind", "uniform, absorbing"),
    "kernel kind int": (text(kernel="{ kind = 3 }"), "noise.kernel.kind", ""),
    "mask int": (text(kernel='{ kind = "absorbing", mask = 1 }'), "noise.kernel.mask", "a string"),
    "target word": (text(kernel='{ kind = "mixing", target = "datum" }'), "noise.kernel.target", "data"),
    "rows flat": (text(kernel='{ kind = "matrix", rows = [1, 0] }'), "noise.kernel.rows[0]", "a list"),
    "rows deep": (text(kernel='{ kind = "matrix", rows = [[[1]], [[1]]] }'), "noise.kernel.rows[0][0]", "rational"),
    "steps string": (schedule('{ kind = "jump" }', '"3"'), "noise.steps", "an integer"),
    "steps decimal": (schedule('{ kind = "jump" }', "3.0"), "noise.steps", "an integer"),
    "steps bool": (schedule('{ kind = "jump" }', "true"), "noise.steps", "an integer"),
    "schedule kind": (schedule('{ kind = "constnat" }'), "noise.schedule.kind", "constant, linear"),
    "beta bool": (schedule('{ kind = "constant", beta = true }'), "noise.schedule.beta", "rational"),
    "prior word": (reverse('prior = "margnal"'), "reverse.prior", "marginal"),
    "prior int": (reverse("prior = 1"), "reverse.prior", ""),
    "model word": (reverse('model = { kind = "d4pm" }'), "reverse.model.kind", ""),
    "check word": (checks('mi-decay = "strictly"'), "checks.mi-decay", "strict"),
    "check int": (checks("dpi = 1"), "checks.dpi", ""),
    "check h word": (checks('h-theorem = "hold"'), "checks.h-theorem", "holds, violated"),
    "check h against": (checks('h-theorem = { against = "statonary" }'), "checks.h-theorem.against", "stationary"),
    "check converged number": (checks("converged = 0.1"), "checks.converged", "a table"),
    "check converged empty": (checks("converged = {}"), "checks.converged", "'information' is missing"),
    "check converged nan": (checks("converged = { information = nan }"), "checks.converged.information", "rational"),
    "arithmetic kind": (arithmetic('kind = "exakt"'), "arithmetic.kind", "exact"),
    "digits 0": (arithmetic("digits = 0"), "arithmetic.digits", "≥ 1"),
    "digits 1001": (arithmetic("digits = 1001"), "arithmetic.digits", "≤ 1000"),
    "digits decimal": (arithmetic("digits = 1.5"), "arithmetic.digits", "an integer"),
    # values that are no distribution
    "weight negative": (text("weights = [2, -1]"), "data.weights, state '1'", "≥ 0"),
    "weights zero": (text("weights = [0, 0]"), "data.weights", "a weight"),
    "weights empty": (text("weights = []"), "data.weights", "at least one state"),
    "probabilities off": (text("probabilities = [0.5, 0.500000000001]"), "data.probabilities", "exactly 1"),
    "probability negative": (text('probabilities = ["3/2", "-1/2"]'), "data.probabilities[1]", "≥ 0"),
    "labels short": (text('states = ["a"]\nweights = [1, 1]'), "data.weights", "data.states"),
    "labels repeated": (text('states = ["a", "a"]\nweights = [1, 1]'), "data.states", "'a'"),
    "labels twice": (text('states = ["a"]\ntext = { path = "x" }'), "data.states", "own labels"),
    "ratio": (text('family = { kind = "geometric", size = 2, ratio = 0 }'), "data.family.ratio", "> 0"),
    "p": (text('family = { kind = "binomial", size = 2, p = 2 }'), "data.family.p", "from 0 to 1"),
    "point label": (text('family = { kind = "point", size = 2, state = "x" }'), "data.family.state", "'x'"),
    "point number": (text('family = { kind = "point", size = 2, state = 2 }'), "data.family.state", "0 to 1"),
    "zipf exponent": (text('family = { kind = "zipf", size = 2, exponent = 17 }'), "data.family.exponent", "≤ 16"),
    "target sum": (text(kernel='{ kind = "mixing", target = [2, 1] }'), "noise.kernel.target", "exactly 1"),
    "target length": (text(kernel='{ kind = "mixing", target = [1] }'), "noise.kernel.target", "2 probabilities"),
    "row off": (
        text(kernel='{ kind = "matrix", rows = [[1, 0], [0.5, 0.500000000001]] }'),
        "noise.kernel.rows[1]",
        "1e-12",
    ),
    "row negative": (text(kernel='{ kind = "matrix", rows = [[2, -1], [0, 1]] }'), "noise.kernel.rows[0][1]", "≥ 0"),
    "row short": (text(kernel='{ kind = "matrix", rows = [[1, 0], [1]] }'), "noise.kernel.rows[1]", "2 entries"),
    "rows short": (text(kernel='{ kind = "matrix", rows = [[1, 0]] }'), "noise.kernel.rows", "2 rows"),
    "rows twice": (text(kernel='{ kind = "matrix", rows = [[1]], path = "x" }'), "noise.kernel", "either"),
    "reach": (text(kernel='{ kind = "neighbour", reach = 3 }'), "noise.kernel.reach", "1 to K = 2"),
    "resolution 0": (text(kernel='{ kind = "gaussian", resolution = 0 }'), "noise.kernel.resolution", "1/n"),
    "resolution < 0": (text(kernel='{ kind = "gaussian", resolution = -1 }'), "noise.kernel.resolution", "1/n"),
    "resolution 2/3": (text(kernel='{ kind = "gaussian", resolution = "2/3" }'), "noise.kernel.resolution", "1/n"),
    "cosine resolution": (schedule('{ kind = "cosine", resolution = 0 }'), "noise.schedule.resolution", "1/n"),
    "beta 2": (schedule('{ kind = "constant", beta = 2 }'), "noise.schedule.beta", "0 to 1"),
    "start < 0": (schedule('{ kind = "linear", start = -0.1, stop = 1 }'), "noise.schedule.start", "0 to 1"),
    "geometric 0": (schedule('{ kind = "geometric", start = 0, stop = 1 }'), "noise.schedule.start", "0 < β"),
    "s < 0": (schedule('{ kind = "cosine", s = -1 }'), "noise.schedule.s", "s ≥ 0"),
    "betas[1]": (schedule('{ kind = "explicit", betas = [0, 2, 1] }'), "noise.schedule.betas[1]", "0 to 1"),
    "alphas rise": (schedule('{ kind = "alpha", alphas = ["1/2", "3/4", 0] }'), "noise.schedule.alphas[1]", "1/2"),
    "betas count": (
        schedule('{ kind = "explicit", betas = [1] }'),
        "noise.schedule.betas",
        "3, as many as noise.steps",
    ),
    "alphas count": (
        schedule('{ kind = "alpha", alphas = [1] }'),
        "noise.schedule.alphas",
        "3, as many as noise.steps",
    ),
    "betas none": (text(noise='schedule = { kind = "explicit", betas = [] }'), "noise.steps", "1 to"),
    # keys that do not go together
    "per-step schedule": (
        text(kernel='{ kind = "per-step", steps_rows = [[[1, 0], [0, 1]]] }'),
        "noise.schedule",
        "no schedule",
    ),
    "per-step count": (
        text(kernel='{ kind = "per-step", steps_rows = [[[1, 0], [0, 1]]] }', noise="steps = 2"),
        "noise.kernel.steps_rows",
        "2, as many as noise.steps",
    ),
    "per-step none": (text(kernel='{ kind = "per-step", steps_rows = [] }', noise=""), "noise.kernel.steps_rows", ""),
    "per-step row": (
        text(kernel='{ kind = "per-step", steps_rows = [[[1, 0], [0, 1]], [[1, 0], [1, 1]]] }', noise=""),
        "noise.kernel.steps_rows[1][1]",
        "exactly 1",
    ),
    "sources": (
        text(kernel='{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]]] }', noise="steps = 1"),
        "noise.kernel.rows_by_source",
        "2 matrices",
    ),
    "memory schedule": (text(kernel=MEMORY), "noise.schedule", "no schedule"),
    "memory no steps": (text(kernel=MEMORY, noise=""), "noise.steps", "steps is missing"),
    "memory sdpi": (text(kernel=MEMORY, noise='steps = 1\n[checks]\nsdpi = "holds"'), "checks.sdpi", "memory"),
    "memory h": (text(kernel=MEMORY, noise='steps = 1\n[checks]\nh-theorem = "holds"'), "checks.h-theorem", "memory"),
    "memory prior": (
        text(kernel=MEMORY, noise='steps = 1\n[reverse]\nprior = "stationary"'),
        "reverse.prior",
        "memory",
    ),
    "no mask": (reverse('prior = "mask"'), "reverse.prior", "no mask"),
    "prior length": (reverse("prior = [1]"), "reverse.prior", "2 probabilities"),
    "prior sum": (reverse('prior = ["1/2", "1/3"]'), "reverse.prior", "exactly 1"),
    "prior reducible": (text(kernel=STILL) + '[reverse]\nprior = "stationary"', "reverse.prior", "not unique"),
    "h reducible": (checks('h-theorem = "holds"', STILL), "checks.h-theorem", "not unique"),
    "h length": (checks("h-theorem = { against = [1] }"), "checks.h-theorem.against", "2 probabilities"),
    # fixed limits
    "K": (text('family = { kind = "uniform", size = 1000000000 }'), "data.family.size", "131072"),
    "T": (schedule('{ kind = "jump" }', "1000000000"), "noise.steps", "100000"),
    "T beyond 64 bits": (schedule('{ kind = "jump" }', "1" + "0" * 30), "noise.steps", "100000"),
    "dense K": (text('family = { kind = "uniform", size = 2049 }', '{ kind = "neighbour" }'), "noise.kernel", "2048"),
    "exponent": (text("weights = [1e99999, 1]"), "data.weights[0]", "10000 digits"),
    "digits": (text(f'weights = ["{"7" * 20000}", 1]'), "data.weights[0]", "10000 digits"),
    # no TOML at all
    "empty": ("", "data", "'data' is missing"),
    "broken": ("[data\n", "", "line 1"),
    "twice": ("a = 1\na = 2\n" + text(), "", "line 2"),
    "deep": ("a = " + "[" * 100_000, "", "nested too deeply"),
    "exponent beyond reading": (text("weights = [1e99999999999999999999, 1]"), "", "too long"),
    "integer beyond reading": (text(f"weights = [{'7' * 20000}, 1]"), "", ""),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_with_the_keys_path(case: str) -> None:
    """What a file may not say raises InputError that names the key and says what was expected, or what to do."""
    content, where, hint = REFUSED[case]
    with pytest.raises(md.InputError) as caught:
        md.loads(content)
    error = caught.value
    assert (error.where or "").startswith(where)
    assert hint in str(error)
    assert error.expected or error.remedy
    assert error.status == 2


HUGE_HEX = "0x" + "f" * 20_000

HOSTILE: dict[str, str] = {
    "a probability of 5000 digits": text(f'probabilities = ["{FIVE_THREES}", 1]'),
    "a probability of a hundred thousand bits": text(f"probabilities = [{HUGE_HEX}, 1]"),
    "a row of 5000 digits": text(kernel=f'{{ kind = "matrix", rows = [[1, 0], ["{FIVE_THREES}", 0]] }}'),
    "a target of 5000 digits": text(kernel=f'{{ kind = "mixing", target = ["{FIVE_THREES}", 0] }}'),
    "a ratio of 5000 digits": text(f'family = {{ kind = "geometric", size = 2, ratio = "-1/{FIVE_THREES}" }}'),
    "a p of 5000 digits": text(f'family = {{ kind = "binomial", size = 2, p = "{FIVE_THREES}" }}'),
    "a size of 80000 bits": text(f'family = {{ kind = "uniform", size = {HUGE_HEX} }}'),
    "a state of 80000 bits": text(f'family = {{ kind = "point", size = 2, state = {HUGE_HEX} }}'),
    "an exponent of 80000 bits": text(f'family = {{ kind = "zipf", size = 2, exponent = {HUGE_HEX} }}'),
    "steps of 80000 bits": schedule('{ kind = "jump" }', HUGE_HEX),
    "digits of 80000 bits": arithmetic(f"digits = {HUGE_HEX}"),
    "a reach of 80000 bits": text(kernel=f'{{ kind = "neighbour", reach = {HUGE_HEX} }}'),
    "a β of 5000 digits": schedule(f'{{ kind = "constant", beta = "{FIVE_THREES}" }}'),
    "an ᾱ of 5000 digits": schedule(f'{{ kind = "alpha", alphas = ["{FIVE_THREES}"] }}', "1"),
    "a resolution of 5000 digits": text(kernel=f'{{ kind = "gaussian", resolution = "{FIVE_THREES}" }}'),
    "a weight of 5000 digits below zero": text(f'weights = ["-{FIVE_THREES}", 1]'),
    "an unknown key of 5000 letters": f"{'k' * 5000} = 1\n" + text(),
    "a title that is a long list": f"title = [{'1, ' * 5000}]\n" + text(),
    "an unknown kind of 5000 letters": text(kernel=f'{{ kind = "{"k" * 5000}" }}'),
    "rows nested 300 deep": text(kernel=f'{{ kind = "matrix", rows = {"[" * 300}1{"]" * 300} }}'),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_input_ends_in_a_short_message(case: str) -> None:
    """However long the thing that is wrong, it is refused as InputError, in a message that fits a screen."""
    with pytest.raises(md.InputError) as caught:
        md.loads(HOSTILE[case])
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("key", ["weights", "probabilities"])
def test_listed_states_have_the_same_limit(key: str) -> None:
    """K is at most 131072 for a list that is written out, as it is for a family."""
    with pytest.raises(md.LimitError):
        md.loads(text(f"{key} = [{'0, ' * 131_072}1]"))


@pytest.mark.parametrize(
    "content",
    [
        text(f'probabilities = ["0.{"9" * 400}", 0]'),
        text(kernel=f'{{ kind = "matrix", rows = [["0.{"9" * 400}", 0], [0, 1]] }}'),
    ],
    ids=["probabilities", "row"],
)
def test_a_tiny_deficit_is_not_called_zero(content: str) -> None:
    """A sum that misses one by 1e-400 is refused, and the message does not say that it is off by 0."""
    with pytest.raises(md.InputError) as caught:
        md.loads(content)
    assert not (caught.value.got or "").rstrip(")").endswith((" 0", "-0"))


@pytest.mark.parametrize(("unit", "verdict"), [("bits", "fails"), ("nats", "holds")])
def test_the_bound_of_convergence_is_in_the_scenarios_unit(unit: str, verdict: str) -> None:
    """`converged` bounds I_T in the file's `unit`: 0.33 bits (0.23 nats) are over 0.3 bits and under 0.3 nats."""
    study = md.loads(f'unit = "{unit}"\n' + checks('converged = { information = "3/10" }'))
    assert {check.check: check.verdict for check in md.run(study).checks}["converged"] == verdict


def test_a_displayed_unit_moves_no_bound() -> None:
    """Asking for nats on display changes no verdict: the bound stays in the unit of the file that states it."""
    study = md.loads(checks('converged = { information = "3/10" }'))
    shown = [md.run(study.with_options(unit=unit)) for unit in ("bits", "nats")]
    assert [[check.verdict for check in result.checks] for result in shown] == [
        [check.verdict for check in shown[0].checks]
    ] * 2


@pytest.mark.parametrize(
    ("bound", "verdict"), [("1e9999", "holds"), ("1e-9999", "fails"), ("-1", "fails"), ("0", "fails")]
)
def test_any_bound_of_convergence_is_decided(bound: str, verdict: str) -> None:
    """However large or small the bound, `converged` comes to a verdict."""
    study = md.loads(checks(f'converged = {{ information = "{bound}" }}'))
    assert {check.check: check.verdict for check in md.run(study).checks}["converged"] == verdict


def test_a_shipped_name_loads_and_a_near_miss_is_named() -> None:
    """`load` takes the name of a scenario that ships; a misspelt one is answered with the near one."""
    assert md.load("two-state").chain().states == ("a", "b")
    with pytest.raises(md.InputError, match="'two-state'"):
        md.load("two-stat")


def test_an_error_names_the_file(tmp_path: Path) -> None:
    """An error in a loaded file has the file's path in front of the key's."""
    path = tmp_path / "s.toml"
    path.write_text(text("weights = [2, -1]"), encoding="utf-8")
    with pytest.raises(md.InputError) as caught:
        md.load(path)
    assert caught.value.where == f"{path}: data.weights, state '1'"


def test_not_utf8_names_the_line(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with the line and the byte."""
    path = tmp_path / "s.toml"
    path.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(md.InputError) as caught:
        md.load(path)
    assert "line 2" in str(caught.value)
    assert "0xe9" in str(caught.value)
