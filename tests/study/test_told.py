"""What is done to the input is told, and what may not be done to it is refused with the remedy for that very fault."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.cli import main
from markovdiff.study.softmax import softmax

UNIFORM = 'kernel = { kind = "uniform" }\nschedule = { kind = "constant", beta = "1/10" }'


def text(data: str = "weights = [3, 1]", noise: str = UNIFORM, steps: int = 2, rest: str = "") -> str:
    return f"[data]\n{data}\n[noise]\nsteps = {steps}\n{noise}\n{rest}"


def run(folder: Path, *parts: Any, **named: Any) -> md.Result:
    return md.run(md.loads(text(*parts, **named), folder=folder))


def refused(folder: Path, *parts: Any, **named: Any) -> md.InputError:
    with pytest.raises(md.InputError) as caught:
        md.loads(text(*parts, **named), folder=folder)
    return caught.value


def per_step(path: str, more: str = "") -> str:
    return f'kernel = {{ kind = "per-step", path = "{path}"{more} }}'


# sums


OFF = np.array([[0.1, 0.2, 0.7], [0.5, 0.25, 0.25], [0.0, 0.3, 0.7]])
"""0.1 + 0.2 + 0.7 of doubles is 1 − 2^-54·1.5, in exact arithmetic."""


def test_rounding_is_forgiven_and_told(tmp_path: Path) -> None:
    """`normalise = true` divides each row by its sum, exactly; the note has the largest deviation, rounded up."""
    np.save(tmp_path / "k.npy", OFF)
    sums = [sum(map(Fraction, row)) for row in OFF.tolist()]
    assert 0 < max(abs(s - 1) for s in sums) < Fraction(1, 10**16)
    error = refused(tmp_path, "weights = [1, 1, 1]", per_step("k.npy"), steps=1)
    assert "`normalise = true`" in str(error.remedy)
    result = run(tmp_path, "weights = [1, 1, 1]", per_step("k.npy", ", normalise = true"), steps=1)
    chain = md.loads(text("weights = [1, 1, 1]", per_step("k.npy", ", normalise = true"), 1), folder=tmp_path).chain()
    expected = [[Fraction(x) / s for x in row] for row, s in zip(OFF.tolist(), sums, strict=True)]
    assert [list(row) for row in chain.step(1)] == expected
    (note,) = result.notes
    assert note.startswith("noise.kernel.path: rows divided by their sums, which differed from 1 by at most ")
    told = Fraction(note.split()[-1])
    assert max(abs(s - 1) for s in sums) <= told <= max(abs(s - 1) for s in sums) * Fraction(11, 10)


@pytest.mark.parametrize("off", ["1/1000000", "1/1000001", "-1/1000000", "1/999999", "-1/2", "3"])
def test_more_than_rounding_is_not_forgiven(tmp_path: Path, off: str) -> None:
    """A sum within 1e-6 of one is divided by `true`; any other only by "any", and is never told that `true` helps."""
    rows = [["1/2", str(Fraction(1, 2) + Fraction(off))], ["1/3", "2/3"]]
    (tmp_path / "k.json").write_text(json.dumps(rows), encoding="utf-8")
    small = abs(Fraction(off)) <= Fraction(1, 10**6)
    plain = refused(tmp_path, noise=per_step("k.json"), steps=1)
    assert ("`normalise = true`" in str(plain.remedy)) == small
    if small:
        assert run(tmp_path, noise=per_step("k.json", ", normalise = true"), steps=1).notes
    else:
        error = refused(tmp_path, noise=per_step("k.json", ", normalise = true"), steps=1)
        assert '`normalise = "any"`' in str(error.remedy)
        assert "normalise = true" not in str(error.remedy)
        assert "1e-6" in str(error.expected)
    study = md.loads(text(noise=per_step("k.json", ', normalise = "any"'), steps=1), folder=tmp_path)
    assert study.chain().step(1)[0][0] == Fraction(1, 2) / (1 + Fraction(off))
    assert len(study.notes) == 1


def test_the_worst_fault_of_a_file_comes_first(tmp_path: Path) -> None:
    """A row off by rounding before a row of zeros, or one that sums to ½: `normalise = true` would not help."""
    noise, model = per_step("k.json"), '[reverse]\nmodel = { kind = "table", path = "k.json" }\n'
    for bad in (["0", "0"], ["1/4", "1/4"], ["3/2", "-1/2"]):
        (tmp_path / "k.json").write_text(json.dumps([[["1/2", "0.5000000001"], bad]]), encoding="utf-8")
        for error in (refused(tmp_path, noise=noise, steps=1), refused(tmp_path, steps=1, rest=model)):
            assert "normalise = true" not in str(error)
            assert error.remedy is not None


def test_what_sums_to_one_needs_no_note(tmp_path: Path) -> None:
    """`normalise` on rows that are exact does nothing, and says nothing."""
    (tmp_path / "k.json").write_text("[[0.1, 0.9], [1, 0]]", encoding="utf-8")
    assert run(tmp_path, noise=per_step("k.json", ", normalise = true"), steps=1).notes == ()
    assert run(tmp_path).notes == ()


def test_data_of_floats_like_rows(tmp_path: Path) -> None:
    """`data.npy` follows the same rule: rounding is forgiven by `true`, any sum by "any"; both are told."""
    np.save(tmp_path / "p.npy", np.array([0.1, 0.2, 0.7]))
    np.save(tmp_path / "half.npy", np.array([0.25, 0.25]))
    assert "`normalise = true`" in str(refused(tmp_path, 'npy = { path = "p.npy" }').remedy)
    (note,) = run(tmp_path, 'npy = { path = "p.npy", normalise = true }').notes
    assert note.startswith("data.npy: divided by its sum, which differed from 1 by at most ")
    for more in ("", ", normalise = true"):
        error = refused(tmp_path, f'npy = {{ path = "half.npy"{more} }}')
        assert '`normalise = "any"`' in str(error.remedy)
        assert "normalise = true" not in str(error.remedy)
    (note,) = run(tmp_path, 'npy = { path = "half.npy", normalise = "any" }').notes
    assert note == "data.npy: divided by its sum, which differed from 1 by at most 0.5"


@pytest.mark.parametrize(
    ("values", "what", "remedy"),
    [
        ([], "an array without numbers", None),
        ([-0.25, 1.25], "a negative probability", "correct the vector"),
        ([0.0, 0.0], "a vector of zeros", "give at least one state a weight"),
        ([-1, 2], "a negative weight", None),
        ([0, 0], "the weights are all zero", "give at least one state a weight"),
    ],
)
def test_an_npy_of_no_distribution(tmp_path: Path, values: list[float], what: str, remedy: str | None) -> None:
    """Empty, negative, all zero: each is told its own fault, and the file; none is told to normalise."""
    np.save(tmp_path / "p.npy", np.array(values))
    for more in ("", ", normalise = true", ', normalise = "any"'):
        error = refused(tmp_path, f'npy = {{ path = "p.npy"{more} }}')
        divided = more and values and "weight" not in what
        assert error.what == ("a vector that cannot be normalised" if divided else what)
        assert "p.npy" in str(error.where)
        assert error.remedy == remedy
        assert "normalise" not in str(error.remedy)


def test_a_row_of_zeros(tmp_path: Path) -> None:
    """No sum can be had of it: the remedy is where the state goes, whatever `normalise` says."""
    np.save(tmp_path / "k.npy", np.array([[1.0, 0.0], [0.0, 0.0]]))
    for more in ("", ", normalise = true", ', normalise = "any"'):
        error = refused(tmp_path, noise=per_step("k.npy", more), steps=1)
        assert "row 1" in str(error.where)
        assert error.got == "all entries are 0"
        assert "diagonal" in str(error.remedy)


# transposed


def columns_of(T: int = 3) -> list[list[list[str]]]:
    """Masking steps over three states and a mask, with columns that sum to one: Q[j][i] = q(j | i)."""
    stack = []
    for t in range(1, T + 1):
        beta = Fraction(1, T - t + 2)
        Q = [[(1 - beta) * (i == j) + beta * (j == 3) for j in range(4)] for i in range(3)] + [[0, 0, 0, 1]]
        stack.append([[str(Q[i][j]) for i in range(4)] for j in range(4)])
    return stack


FOUR = "weights = [2, 1, 1, 0]"


@pytest.mark.parametrize("more", ["", ", normalise = true", ', normalise = "any"'])
def test_columns_that_sum_to_one_are_asked_about(tmp_path: Path, more: str) -> None:
    """A transposed matrix is never divided into something else: it is refused with the question and the remedy."""
    (tmp_path / "k.json").write_text(json.dumps(columns_of()), encoding="utf-8")
    error = refused(tmp_path, FOUR, per_step("k.json", more), steps=3)
    assert "transposed?" in error.what
    assert 'convention = "columns"' in str(error.remedy)
    turned = run(tmp_path, FOUR, per_step("k.json", f'{more}, convention = "columns"'), steps=3)
    plain = [[list(row) for row in zip(*matrix, strict=True)] for matrix in columns_of()]
    (tmp_path / "r.json").write_text(json.dumps(plain), encoding="utf-8")
    rows = run(tmp_path, FOUR, per_step("r.json"), steps=3)
    assert [step.mutual_information for step in turned.steps] == [step.mutual_information for step in rows.steps]
    assert turned.notes == ("noise.kernel.path: read by columns, and so transposed",)
    back = refused(tmp_path, FOUR, per_step("r.json", f'{more}, convention = "columns"'), steps=3)
    assert "the rows sum to 1 and the columns do not" in back.what
    assert 'convention = "rows"' in str(back.remedy)


@pytest.mark.parametrize("kind", ["matrix", "per-step", "conditional"])
@pytest.mark.parametrize("brought", ["path", "rows"])
def test_every_kernel_of_matrices_has_a_convention(tmp_path: Path, kind: str, brought: str) -> None:
    """Matrix, per-step and conditional, from a file or inline: the columns are read as the rows they mean."""
    matrix = [["9/10", "1/5"], ["1/10", "4/5"]]
    nested: Any = {"matrix": matrix, "per-step": [matrix], "conditional": [matrix, matrix]}[kind]
    (tmp_path / "k.json").write_text(json.dumps(nested), encoding="utf-8")
    key = {"matrix": "rows", "per-step": "steps_rows", "conditional": "rows_by_source"}[kind]
    where = 'path = "k.json"' if brought == "path" else f"{key} = {json.dumps(nested)}"
    schedule = '\nschedule = { kind = "constant", beta = 1 }' if kind == "matrix" else ""
    kernel = f'kernel = {{ kind = "{kind}", {where}, convention = "columns" }}{schedule}'
    chain = md.loads(text(noise=kernel, steps=1), folder=tmp_path).chain()
    expected = ((Fraction(9, 10), Fraction(1, 10)), (Fraction(1, 5), Fraction(4, 5)))
    assert chain.cumulative(1) == expected
    asked = refused(tmp_path, noise=kernel.replace(', convention = "columns"', ""), steps=1)
    assert "transposed?" in asked.what


def test_little_noise_does_not_hide_a_transposed_matrix(tmp_path: Path) -> None:
    """β = 1e-8: each row misses one by less than 1e-6, but the columns by rounding alone."""
    Q = np.eye(4) * (1 - 1e-8)
    Q[:, 3] += 1e-8
    np.save(tmp_path / "k.npy", Q.T)
    assert "transposed?" in refused(tmp_path, FOUR, per_step("k.npy", ", normalise = true"), steps=1).what
    np.save(tmp_path / "k.npy", Q)
    assert len(run(tmp_path, FOUR, per_step("k.npy", ", normalise = true"), steps=1).notes) == 1


@given(st.integers(2, 6), st.integers(0, 2**32 - 1), st.sampled_from([np.float32, np.float64]))
def test_a_matrix_off_by_rounding_is_not_called_transposed(K: int, seed: int, kind: type) -> None:
    """Symmetric, circulant and plain stochastic matrices of floats: divided, and no question asked."""
    from markovdiff.study.sums import check_orientation

    random = np.random.default_rng(seed)
    row = random.dirichlet(np.ones(K))
    circulant = np.array([np.roll(row, i) for i in range(K)]).astype(kind)
    plain = random.dirichlet(np.ones(K), size=K).astype(kind)
    for matrix in (circulant, (circulant + circulant.T) / 2, plain):
        exact = [[Fraction(x) for x in line] for line in matrix.tolist()]
        check_orientation([exact], ("rows", "columns"), str, "")


# rounding to the grid


GREY = """[data]
family = { kind = "triangular", size = 16 }
[noise]
steps = 40
kernel = { kind = "gaussian" }
schedule = { kind = "linear", start = "1/10000", stop = "88/100000" }
"""


def test_a_step_that_rounding_made_the_identity_is_told() -> None:
    """What equals because of `resolution` says so: in the notes, and in the words of the checks it bears on."""
    study = md.loads(GREY)
    chain = study.chain()
    identity = tuple(tuple(Fraction(i == j) for j in range(16)) for i in range(16))
    same = [t for t in range(1, 41) if chain.step(t) == identity]
    partly = {t: sum(x == 0 for row in chain.step(t) for x in row) for t in range(1, 41) if t not in same}
    result = md.run(study)
    (note,) = result.notes
    assert 0 < len(same) < 40
    assert note == (
        "noise.kernel: rounding down to 1/4294967296 makes 0, of the 240 entries of Q_t beside the diagonal, "
        f"all at {len(same)} of 40 steps (t = 1…{same[-1]}), the identity there, "
        f"and up to {max(partly.values())} at {len(partly)} of 40 steps (t = {same[-1] + 1}…40); "
        "in the formula none is 0"
    )
    details = {check.check: check.detail for check in result.checks}
    assert f"stays the same at {len(same)} of 40 steps" in details["mi-decay"]
    assert all(note in details[name] for name in ("mi-decay", "sdpi"))


def test_the_formulas_own_kernel_loses_something() -> None:
    """Rounded finely enough, the first step loses 2.9960913e-75 bits (16 grey levels, β = 1/10000): not nothing.

    Second route: the joint law of x0 and x1 by mpmath at 200 digits, without rounding.
    """
    finer = GREY.replace("steps = 40", "steps = 1").replace(
        '"gaussian"', '"gaussian", resolution = "1/1' + "0" * 160 + '"'
    )
    loss = md.run(md.loads(finer)).steps[1].information_loss
    assert loss is not None
    with mpmath.workdps(200):
        weight = [mpmath.exp(mpmath.mpf(-4 * n * n) * 10000 / 225) for n in range(16)]
        total = weight[0] + 2 * sum(weight[1:])
        p = [mpmath.mpf(k) / 136 for k in range(1, 17)]
        Q = [[weight[abs(i - j)] / total for j in range(16)] for i in range(16)]
        for i in range(16):
            Q[i][i] = 1 - sum(Q[i][j] for j in range(16) if j != i)
        truth = mpmath.mpf(0)
        for j in range(16):
            column = [p[i] * Q[i][j] for i in range(16)]
            truth -= sum(c * mpmath.log(c / sum(column), 2) for c in column)
        assert abs(mpmath.mpf(loss.value) / truth - 1) < mpmath.mpf(10) ** -14
    assert f"{float(loss.value):.7e}" == "2.9960913e-75"


def test_schedules_tell_what_rounding_and_the_cap_did() -> None:
    """A β_t rounded to 0, one rounded to 1 from below, and the steps under the cap are counted."""
    geometric = 'kernel = { kind = "uniform" }\nschedule = { kind = "geometric", start = "1/1000000", stop = 1, %s }'
    rounded = "noise.schedule: rounding to 1/100 makes β_t 0 at 4 of 7 steps (t = 1…4)"
    notes = md.run(md.loads(text(noise=geometric % 'resolution = "1/100"', steps=7))).notes
    assert notes == (f"{rounded}, and so Q_t the identity; in the formula it is not",)
    rounded = "noise.schedule: rounding to 1/2 makes β_t 1 at 1 of 61 steps (t = 60)"
    notes = md.run(md.loads(text(noise=geometric % 'resolution = "1/2"', steps=61))).notes
    assert notes[1] == f"{rounded}; in the formula it is less"
    cosine = 'kernel = { kind = "uniform" }\nschedule = { kind = "cosine"%s }'
    notes = md.run(md.loads(text(noise=cosine % "", steps=8))).notes
    assert notes == ("noise.schedule: β_t capped at 999/1000 at 1 of 8 steps (t = 8)",)
    study = md.loads(text(noise=cosine % ', cap = "1/2"', steps=8))
    assert [beta for beta in study.betas if beta == Fraction(1, 2)] == list(study.betas[5:])
    assert study.notes == ("noise.schedule: β_t capped at 1/2 at 3 of 8 steps (t = 6…8)",)
    assert md.loads(text(noise=cosine % ", cap = 1", steps=8)).notes == ()


# a denoiser


def denoiser(folder: Path, rows: Any, more: str = "", kernel: str = "absorbing") -> str:
    (folder / "d.json").write_text(json.dumps({"denoiser": rows}), encoding="utf-8")
    noise = UNIFORM.replace("uniform", kernel)
    model = f'[reverse]\nmodel = {{ kind = "table", path = "d.json"{more} }}\n'
    return text(noise=noise, steps=1, rest=model)


def test_a_denoiser_without_the_masks_column_is_padded(tmp_path: Path) -> None:
    """Masked models predict the ordinary states alone: the mask gets 0, and the result says so."""
    rows = [[["1", "0"], ["0", "1"], ["3/4", "1/4"]]]
    padded = md.run(md.loads(denoiser(tmp_path, rows), folder=tmp_path))
    assert padded.notes == ("reverse.model.path: the added mask has no column in the denoiser; padded with 0",)
    whole = [[[*row, "0"] for row in rows[0]]]
    assert padded.scenario["reverse"]["model"]["denoiser_rows"] == whole  # type: ignore[index]
    given = md.run(md.loads(denoiser(tmp_path, whole), folder=tmp_path))
    assert given.notes == ()
    assert given.elbo == padded.elbo


def test_a_mask_that_is_a_label_is_not_padded(tmp_path: Path) -> None:
    """Only a mask that was added has no column; a short row is refused otherwise."""
    with pytest.raises(md.InputError, match="wrong shape"):
        md.loads(denoiser(tmp_path, [[["1"], ["1"]]], kernel="uniform"), folder=tmp_path)


LOGITS = [[[2.5, -1], [-3, 0.25], [1, 0]]]


@pytest.mark.parametrize("more", ["", ", normalise = true", ', normalise = "any"'])
def test_logits_are_told_of_softmax(tmp_path: Path, more: str) -> None:
    """A negative entry in a table: the remedy is `softmax`, not a division."""
    with pytest.raises(md.InputError) as caught:
        md.loads(denoiser(tmp_path, LOGITS, more), folder=tmp_path)
    assert "`softmax = true`" in str(caught.value.remedy)
    assert "normalise" not in str(caught.value.remedy)


def test_positive_logits_are_told_of_softmax_too(tmp_path: Path) -> None:
    """Entries that sum to far from one may be logits: `softmax` is named first."""
    with pytest.raises(md.InputError) as caught:
        md.loads(denoiser(tmp_path, [[[2.5, 1], [3, 0.25], [1, 0]]]), folder=tmp_path)
    assert "`softmax = true`" in str(caught.value.remedy)


def test_probabilities_that_a_softmax_rounds_to_zero_are_counted(tmp_path: Path) -> None:
    """exp(−50) is below 2^-53: what is infinite for it is not so in the formula, and the note says how often."""
    logits = [[[0, -50], [0, -50], [0, 1]]]
    result = md.run(md.loads(denoiser(tmp_path, logits, ", softmax = true"), folder=tmp_path))
    assert result.notes[0].endswith("the largest takes the rest; that makes 0 of 2 that are not 0 in the formula")


def test_softmax_takes_logits(tmp_path: Path) -> None:
    """Each row is exp(l_i)/Σ exp(l_k) on the grid 2^-53, sums to one, and is told."""
    result = md.run(md.loads(denoiser(tmp_path, LOGITS, ", softmax = true"), folder=tmp_path))
    assert result.notes == (
        "reverse.model.path: logits taken through softmax, rounded down to 2^-53, the largest takes the rest",
        "reverse.model.path: the added mask has no column in the denoiser; padded with 0",
    )
    rows = result.scenario["reverse"]["model"]["denoiser_rows"][0]  # type: ignore[index]
    assert [row[2] for row in rows] == ["0", "0", "0"]
    expected = [softmax([Fraction(str(x)) for x in row], "row") for row in LOGITS[0]]
    assert [[Fraction(x) for x in row[:2]] for row in rows] == expected
    both = denoiser(tmp_path, LOGITS, ", softmax = true, normalise = true")
    with pytest.raises(md.InputError, match="not normalised"):
        md.loads(both, folder=tmp_path)


def test_a_logit_of_minus_infinity_is_no_mass(tmp_path: Path) -> None:
    """Networks mask with −∞: exactly 0, where `softmax` reads the table; a row of nothing else is refused."""
    np.savez(tmp_path / "d.npz", denoiser=np.array([[[0, -np.inf, 0], [1, 1, -np.inf], [-np.inf, 0, -np.inf]]]))
    model = '[reverse]\nmodel = { kind = "table", path = "d.npz", softmax = true }\n'
    masked = text(noise=UNIFORM.replace("uniform", "absorbing"), steps=1, rest=model)
    rows = md.run(md.loads(masked, folder=tmp_path)).scenario["reverse"]["model"]["denoiser_rows"]  # type: ignore[index]
    assert rows == [[["1/2", "0", "1/2"], ["1/2", "1/2", "0"], ["0", "1", "0"]]]
    with pytest.raises(md.InputError, match="not finite"):
        md.loads(masked.replace(", softmax = true", ""), folder=tmp_path)
    np.savez(tmp_path / "d.npz", denoiser=np.full((1, 3, 3), -np.inf))
    with pytest.raises(md.InputError, match="all −∞"):
        md.loads(masked, folder=tmp_path)


FAR = st.sampled_from([Fraction(-1200), Fraction(-700), Fraction(0)])


@given(st.lists(st.fractions(-60, 60, max_denominator=64) | FAR, min_size=1, max_size=6))
def test_softmax_is_rounded_down_once(logits: list[Fraction]) -> None:
    """Every entry but the first largest is ⌊2^53·exp(l_i)/Σ⌋/2^53, by mpmath at 600 digits; the row sums to one."""
    row = softmax(logits, "row")
    assert sum(row) == 1
    with mpmath.workdps(600):
        top = max(logits)
        weights = [mpmath.exp(mpmath.mpf((x - top).numerator) / (x - top).denominator) for x in logits]
        for k, p in enumerate(row):
            if k != logits.index(top):
                assert p == Fraction(int(mpmath.floor(weights[k] / sum(weights) * 2**53)), 2**53)


@pytest.mark.parametrize("far", [-(10**9), -(10**300)])
def test_a_logit_far_below_still_counts(far: int) -> None:
    """e^−1000000000 is not 0: of two equal logits above it the second gets less than a half, rounded down."""
    less = Fraction(2**52 - 1, 2**53)
    assert softmax([Fraction(0), Fraction(0), Fraction(far)], "row") == [1 - less, less, 0]
    assert softmax([Fraction(7), Fraction(far)], "row") == [1, 0]


# printed


@pytest.mark.parametrize("command", ["run", "verify"])
def test_notes_are_printed(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Run and verify end with the notes; JSON has them under `notes`, and the schema allows them."""
    np.save(tmp_path / "p.npy", np.array([0.1, 0.2, 0.7]))
    (tmp_path / "s.toml").write_text(text('npy = { path = "p.npy", normalise = true }'), encoding="utf-8")
    assert main([command, str(tmp_path / "s.toml")]) == 0
    out = " ".join(capsys.readouterr().out.split())
    note = run(tmp_path, 'npy = { path = "p.npy", normalise = true }').notes[0]
    assert "note" in out
    assert note in out
    assert main([command, str(tmp_path / "s.toml"), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["notes"] == [note]


def test_what_normalise_takes_is_named_whole() -> None:
    with pytest.raises(md.InputError) as caught:
        md.loads(
            'data = { weights = [1, 3] }\nnoise = { steps = 1, schedule = { kind = "jump" }, '
            'kernel = { kind = "matrix", path = "k.npy", normalise = "yes" } }\n'
        )
    assert caught.value.expected == "one of true, false, 'any'"
