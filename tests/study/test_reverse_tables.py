"""A reverse model that a table brings: which tables are taken, and which are refused, where and why."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scenario_texts import (
    GOOD,
    as_json,
    as_npz,
    brought,
    model_record,
    refused,
    run,
    scenario_text,
    table,
)

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed

# tables that are taken


@pytest.mark.parametrize("wrapped", [False, True], ids=["a list", "an object"])
def test_a_table_is_the_same_wherever_it_stands(tmp_path: Path, wrapped: bool) -> None:
    """Rows in the scenario and the same rows in a JSON file, as a list or under `reverse`, give the same ledger."""
    path = as_json(tmp_path, {"reverse": GOOD} if wrapped else GOOD)
    inline, from_file = run(table(GOOD)), run(brought(path), folder=tmp_path)
    assert inline.elbo == from_file.elbo
    assert model_record(inline)["rows"] == model_record(from_file)["rows"] == GOOD


def test_json_decimals_are_the_decimals_written(tmp_path: Path) -> None:
    """0.1 in a JSON table is 1/10, not a binary float: rows of decimals sum to exactly one."""
    path = as_json(tmp_path, "[[[0.1, 0.9], [0.7, 0.3]], [[1e-1, 9e-1], [1, 0]]]")
    assert model_record(run(brought(path), folder=tmp_path))["rows"] == [
        [["1/10", "9/10"], ["7/10", "3/10"]],
        [["1/10", "9/10"], ["1", "0"]],
    ]


def test_npz_floats_are_the_dyadic_numbers_they_are(tmp_path: Path) -> None:
    """With `normalise = "any"` each row of doubles is divided by its exact sum, and is then exactly that."""
    array = np.array([[[0.1, 0.3], [0.25, 0.75]], [[1e-300, 1.0], [2.0, 6.0]]])
    path = as_npz(tmp_path, reverse=array)
    rows = model_record(run(brought(path, ', normalise = "any"'), folder=tmp_path))["rows"]
    for t, matrix in enumerate(array.tolist()):
        for j, row in enumerate(matrix):
            total = sum(map(Fraction, row))
            assert [Fraction(x) for x in rows[t][j]] == [Fraction(x) / total for x in row]


def test_npz_that_sums_exactly_needs_no_normalising(tmp_path: Path) -> None:
    """Dyadic rows, of float32, float64 or integers, are taken as they are."""
    halves = [[[0.75, 0.25], [0.5, 0.5]], [[1.0, 0.0], [0.125, 0.875]]]
    expected = run(table([[["3/4", "1/4"], ["1/2", "1/2"]], [[1, 0], ["1/8", "7/8"]]])).elbo
    for kind in (np.float32, np.float64, np.dtype(">f8")):
        assert run(brought(as_npz(tmp_path, reverse=np.array(halves, kind))), folder=tmp_path).elbo == expected
    whole = as_npz(tmp_path, reverse=np.array([[[1, 0], [0, 1]]] * 2, np.int8))
    assert run(brought(whole), folder=tmp_path).elbo == run(table([[[1, 0], [0, 1]]] * 2)).elbo


def test_null_rows_are_undefined_rows(tmp_path: Path) -> None:
    """A null row that occurs leaves L undefined and names it; where it cannot occur it does not matter."""
    path = as_json(tmp_path, [[["3/4", "1/4"], None], GOOD[1]])
    occurs = run(brought(path), folder=tmp_path)
    assert occurs.elbo.negative_elbo.value == occurs.elbo.nll.value == "undefined"  # type: ignore[union-attr]
    assert occurs.steps[1].model_error.witness == {"t": 1, "x_t": "1"}  # type: ignore[union-attr]
    assert model_record(occurs)["rows"][0][1] is None
    still = {"data": "weights = [1, 0]", "kernel": '{ kind = "matrix", rows = [[1, 0], [0, 1]] }'}
    never = run(brought(as_json(tmp_path, [[[1, 0], None]] * 2)), folder=tmp_path, **still)
    assert never.elbo.negative_elbo == never.elbo.nll == Enclosed("0", "0", "0", "0")


@pytest.mark.parametrize(
    ("form", "more"),
    [("posterior-mixture", ""), ("d3pm", ""), ("d3pm", ', last = "prediction"'), ("d3pm", ', last = "formula"')],
)
def test_a_denoiser_brought_along_goes_through_either_form(tmp_path: Path, form: str, more: str) -> None:
    """The true posterior written into a file is the same model as the one that has its name."""
    spec = scenario_text()
    chain = md.loads(spec).chain()
    rows = [[[str(x) for x in row] for row in chain.data_posterior(t) if row is not None] for t in (1, 2)]
    path = as_json(tmp_path, {"denoiser": rows})
    result, named = run(brought(path, f', form = "{form}"{more}'), folder=tmp_path), run(f'kind = "{form}"{more}')
    assert result.elbo == named.elbo
    assert model_record(result).get("last") == model_record(named).get("last")
    assert model_record(result)["denoiser_rows"] == rows
    assert "rows" not in model_record(result)


def test_a_denoiser_from_npz_is_normalised(tmp_path: Path) -> None:
    """A denoiser's float32, normalised, is the table of those exact quotients, put through the mixture by default."""
    array = np.array([[[0.7, 0.3], [0.2, 0.8]]] * 2, np.float32)
    path = as_npz(tmp_path, denoiser=array)
    result = run(brought(path, ", normalise = true"), folder=tmp_path)
    rows = [[[str(Fraction(x) / sum(map(Fraction, row))) for x in row] for row in step] for step in array.tolist()]
    assert model_record(result)["denoiser_rows"] == rows
    named = run(brought(path, ', normalise = true, form = "posterior-mixture"'), folder=tmp_path)
    exact = run(brought(as_json(tmp_path, {"denoiser": rows})), folder=tmp_path)
    assert result.elbo == named.elbo == exact.elbo


def test_the_table_has_a_row_for_the_added_mask() -> None:
    """K counts the mask that the kernel adds: two letters need 3 × 3 rows, and 2 × 2 are refused."""
    absorbing = '{ kind = "absorbing" }'
    third = [["1/3", "1/3", "1/3"]] * 3
    assert run(table([third] * 2), kernel=absorbing).passed
    assert "3 rows" in str(refused(table(GOOD), kernel=absorbing))


# tables that are not


BAD_ROWS: dict[str, tuple[object, str, str]] = {
    "one step missing": (GOOD[:1], "", "2 tables"),
    "one step too many": ([*GOOD, GOOD[0]], "", "2 tables"),
    "no steps": ([], "", "2 tables"),
    "a row missing": ([[GOOD[0][0]], GOOD[1]], "[0]", "2 rows"),
    "a row too many": ([GOOD[0], [*GOOD[1], GOOD[1][0]]], "[1]", "2 rows"),
    "an entry missing": ([GOOD[0], [["1"], ["1/2", "1/2"]]], "[1][0]", "2 entries"),
    "an entry too many": ([GOOD[0], [GOOD[1][0], ["1/2", "1/4", "1/4"]]], "[1][1]", "2 entries"),
    "off by 1e-12": ([GOOD[0], [["0.500000000001", "0.5"], GOOD[1][1]]], "[1][0]", "exactly 1"),
    "less by 1e-12": ([[GOOD[0][0], ["0.499999999999", "0.5"]], GOOD[1]], "[0][1]", "exactly 1"),
    "negative": ([GOOD[0], [["3/2", "-1/2"], GOOD[1][1]]], "[1][0][1]", "≥ 0"),
    "all zero": ([GOOD[0], [GOOD[1][0], ["0", "0"]]], "[1][1]", "exactly 1"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
@pytest.mark.parametrize("place", ["rows", "json"])
def test_a_bad_table_is_refused_where_it_is_bad(tmp_path: Path, name: str, place: str) -> None:
    """A wrong shape, a sum that is not 1, a negative entry: refused before the run, with the entry's own path."""
    rows, where, expected = BAD_ROWS[name]
    path = as_json(tmp_path, rows)
    error = refused(table(rows) if place == "rows" else brought(path), folder=tmp_path)
    assert error.where == ("reverse.model.rows" if place == "rows" else f"reverse.model.path ({path})") + where
    assert error.expected is not None
    assert expected in error.expected


@pytest.mark.parametrize(
    ("entry", "where"),
    [
        ("NaN", "reverse.model.path"),
        ("Infinity", "reverse.model.path"),
        ("-Infinity", "reverse.model.path"),
        ("null", "[1][0][1]"),
        ("true", "[1][0][1]"),
        ('"nan"', "[1][0][1]"),
        ('"1/0"', "[1][0][1]"),
        ('"half"', "[1][0][1]"),
        ("[1]", "[1][0][1]"),
        ("{}", "[1][0][1]"),
        ("1e99999", "[1][0][1]"),
    ],
)
def test_json_that_is_no_number_is_refused(tmp_path: Path, entry: str, where: str) -> None:
    """NaN, Infinity, null, booleans, words and monsters in a row are refused, naming the entry or the file."""
    path = as_json(tmp_path, f'[[["3/4", "1/4"], ["1/2", "1/2"]], [[0.5, {entry}], [1, 0]]]')
    error = refused(brought(path), folder=tmp_path)
    assert where in str(error.where)


@pytest.mark.parametrize("content", ["3", '"text"', "null", "{}", '{"backward": []}', "[[1, 2], [3, 4]]", "[[[[1]]]]"])
def test_json_of_another_shape_is_refused(tmp_path: Path, content: str) -> None:
    """Whatever else JSON can be, it is not a table, and is refused with the file's name."""
    error = refused(brought(as_json(tmp_path, content)), folder=tmp_path)
    assert "rows.json" in str(error.where)


@pytest.mark.parametrize("content", ["", "[", "[[", "[" * 100_000, "nul", "[1,]", "\ufeffx"])
def test_json_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    """A file that is not JSON is refused with its name, however deep it goes."""
    error = refused(brought(as_json(tmp_path, content)), folder=tmp_path)
    assert "rows.json" in str(error.where)


@pytest.mark.parametrize("names", [("reverse", "denoiser"), ("reversed",), ()], ids=["both", "another", "none"])
@pytest.mark.parametrize("suffix", ["json", "npz"])
def test_a_file_has_exactly_one_table(tmp_path: Path, names: tuple[str, ...], suffix: str) -> None:
    """`reverse` or `denoiser`, not both and not neither."""
    if suffix == "json":
        path = as_json(tmp_path, dict.fromkeys(names, GOOD))
    else:
        path = as_npz(tmp_path, **dict.fromkeys(names, np.ones((2, 2, 2)) / 2))
    error = refused(brought(path), folder=tmp_path)
    assert error.what == "not exactly one table"
    assert path.name in str(error.where)


def test_either_rows_or_path(tmp_path: Path) -> None:
    """A table is given once: in the scenario, or in a file."""
    path = as_json(tmp_path, GOOD)
    assert refused(f'{table(GOOD)}, path = "{path.name}"', folder=tmp_path).what == "the table is given twice"
    assert refused('kind = "table"').what == "the table is missing"


@pytest.mark.parametrize("name", ["gone.npz", "gone.json", "rows.txt", "rows", "."])
def test_a_file_that_is_not_there_or_of_no_known_kind(tmp_path: Path, name: str) -> None:
    """A missing file, a folder, an unknown ending: refused with the key."""
    (tmp_path / "rows.txt").write_text("[]")
    (tmp_path / "rows").write_text("[]")
    error = refused(f'kind = "table", path = "{name}"', folder=tmp_path)
    assert str(error.where).startswith("reverse.model.path")


@pytest.mark.parametrize("rows", [[["1/2", "1/2"], ["1", "-1/2"]], [["1/2", "1/2"], ["0", "0"]]], ids=["<0", "all 0"])
def test_normalising_mends_no_sign(rows: object) -> None:
    """`normalise` divides by a positive sum of entries ≥ 0, and nothing else: a negative or an empty row is refused."""
    error = refused(f"{table([GOOD[0], rows])}, normalise = true")
    assert error.what == "a row that cannot be normalised"
    assert error.where == "reverse.model.rows[1][1]"


def test_floats_that_do_not_sum_to_one_are_told_of_normalise(tmp_path: Path) -> None:
    """0.1 + 0.2 + 0.7 in doubles is not 1: refused at its row, and the remedy names `normalise`."""
    array = np.array([[[0.1, 0.2, 0.7]] * 3] * 2)
    assert sum(map(Fraction, array[0, 0].tolist())) != 1
    error = refused(brought(as_npz(tmp_path, reverse=array)), folder=tmp_path, data="weights = [1, 1, 1]")
    assert str(error.where).endswith("[0][0]")
    assert "normalise = true" in str(error.remedy)
