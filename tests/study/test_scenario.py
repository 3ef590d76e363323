"""A scenario file means what it says, and what it may not say is refused with the key's path."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest
from scenario_texts import CONSTANT, text

import markovdiff as md
from markovdiff.study.starter import STARTER

HALF, THIRD, QUARTER = Fraction(1, 2), Fraction(1, 3), Fraction(1, 4)
GRID = 2**32
FIVE_THREES = "3" * 5000


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
