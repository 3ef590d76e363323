"""[reverse] as a user meets it: models named in a file, tables brought along, and the ledger in the result."""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st

import markovdiff as md
from markovdiff.arithmetic.logform import log
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.cli import main
from markovdiff.errors import InputError, LimitError
from markovdiff.study import files
from markovdiff.study.scenario import shipped_scenarios
from markovdiff.study.schema import result_schema

ELBO = sorted(name for name in shipped_scenarios() if name.startswith("elbo-"))
KEYS = [
    "reconstruction",
    "denoising",
    "prior",
    "negative_elbo",
    "nll",
    "data_entropy",
    "gap",
    "model_error",
    "prior_gap",
]

GOOD = [[["3/4", "1/4"], ["1/2", "1/2"]], [["5/8", "3/8"], ["1/3", "2/3"]]]
"""R_1, R_2 for two states."""


def scenario_text(
    model: str = 'kind = "bayes"',
    prior: str = '"marginal"',
    *,
    data: str = "weights = [3, 1]",
    kernel: str = '{ kind = "uniform" }',
    noise: str = 'schedule = { kind = "constant", beta = "1/3" }',
    T: int = 2,
    more: str = "",
) -> str:
    return (
        f"[data]\n{data}\n[noise]\nsteps = {T}\nkernel = {kernel}\n{noise}\n"
        f"[reverse]\nmodel = {{ {model} }}\nprior = {prior}\n{more}\n"
    )


def run(*arguments: str, folder: Path | str = ".", **options: Any) -> md.Result:
    return md.run(md.loads(scenario_text(*arguments, **options), folder=folder))


def refused(*arguments: str, folder: Path | str = ".", **options: Any) -> InputError:
    """The error that the scenario is refused with, before anything is run: status 2, and it says where."""
    with pytest.raises(InputError) as caught:
        md.loads(scenario_text(*arguments, **options), folder=folder)
    assert caught.value.status == 2
    assert caught.value.what
    assert caught.value.where
    return caught.value


def toml(rows: object) -> str:
    """A nested list as TOML writes it (JSON without nulls is the same)."""
    return json.dumps(rows)


def table(rows: object) -> str:
    return f'kind = "table", rows = {toml(rows)}'


def brought(path: Path, more: str = "") -> str:
    return f'kind = "table", path = "{path.name}"{more}'


def as_json(folder: Path, content: object) -> Path:
    path = folder / "rows.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def as_npz(folder: Path, **arrays: object) -> Path:
    path = folder / "rows.npz"
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return path


def floats(rows: object) -> np.ndarray[Any, Any]:
    """The nearest doubles of a nested list of fractions."""
    return np.array([[[float(Fraction(x)) for x in row] for row in matrix] for matrix in rows])  # type: ignore[attr-defined]


def model_record(result: md.Result) -> dict[str, Any]:
    record: Any = result.scenario["reverse"]
    return dict(record["model"])


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


# npz files, hostile ones too


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_npz_numbers_are_finite(tmp_path: Path, value: float) -> None:
    """A NaN or an infinity in an array is refused by its index, `normalise` or not."""
    array = floats(GOOD)
    array[1, 0, 1] = value
    for more in ("", ", normalise = true"):
        error = refused(brought(as_npz(tmp_path, denoiser=array), more), folder=tmp_path)
        assert error.what == "a number that is not finite"
        assert str(error.where).endswith("denoiser, entry [1, 0, 1]")


@pytest.mark.parametrize(
    "array",
    [
        np.ones((2, 2, 2), complex) / 2,
        np.ones((2, 2, 2), bool),
        np.full((2, 2, 2), "1/2"),
        np.full((2, 2, 2), b"1"),
        np.ones((2, 2, 2), np.longdouble) / 2,
        np.zeros((2, 2, 2), "datetime64[s]"),
        np.zeros((2, 2, 2), [("a", "<f8")]),
    ],
    ids=["complex", "bool", "text", "bytes", "longdouble", "times", "records"],
)
def test_npz_holds_plain_numbers(tmp_path: Path, array: np.ndarray[Any, Any]) -> None:
    """Integers and floats of at most 64 bits; no other type of array."""
    error = refused(brought(as_npz(tmp_path, reverse=array), ", normalise = true"), folder=tmp_path)
    assert error.what == "an array of the wrong type"


@pytest.mark.parametrize("shape", [(), (2,), (2, 2), (4, 2), (2, 2, 1), (2, 2, 2, 2), (0, 2, 2), (3, 2, 2)])
def test_npz_arrays_have_the_shape_of_the_chain(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """The array is (T, K, K); any other shape is refused with the file's name."""
    error = refused(brought(as_npz(tmp_path, reverse=np.ones(shape) / 2)), folder=tmp_path)
    assert "rows.npz" in str(error.where)


class Trap:
    """Unpickling this makes a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, ...]:
        return open, (str(self.target), "w")


@pytest.mark.parametrize("name", ["reverse", "denoiser"])
def test_a_pickle_in_an_npz_is_never_loaded(tmp_path: Path, name: str) -> None:
    """An array of objects is refused unopened: the file that its unpickling would make is not made."""
    target = tmp_path / "trapped"
    path = tmp_path / "rows.npz"
    np.savez(path, allow_pickle=True, **{name: np.array([Trap(target)], dtype=object)})  # type: ignore[arg-type]
    error = refused(brought(path), folder=tmp_path)
    assert error.what == "not a plain numpy file"
    assert not target.exists()
    np.load(path, allow_pickle=True)[name].item().close()
    assert target.exists()


def test_a_pickle_beside_the_table_is_never_loaded(tmp_path: Path) -> None:
    """An object array under another name does no harm: only the table is read."""
    target = tmp_path / "trapped"
    path = tmp_path / "rows.npz"
    np.savez(path, allow_pickle=True, reverse=floats(GOOD[:1] * 2), other=np.array([Trap(target)], dtype=object))
    assert run(brought(path), folder=tmp_path).elbo == run(table(GOOD[:1] * 2)).elbo
    assert not target.exists()


@pytest.mark.parametrize("member", [None, "reverse.npy", "reverse"])
def test_a_pickle_that_calls_itself_npz_is_never_loaded(tmp_path: Path, member: str | None) -> None:
    """A bare pickle, or one in the place of an array inside the archive, is refused unopened."""
    target, path = tmp_path / "trapped", tmp_path / "rows.npz"
    payload = pickle.dumps(Trap(target))
    path.write_bytes(payload if member is None else archive({member: payload}))
    try:
        error = refused(brought(path), folder=tmp_path)
    finally:
        assert not target.exists()
    assert "rows.npz" in str(error.where)


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of the members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return out.getvalue()


def npy(header: str, body: bytes = bytes(64)) -> bytes:
    """An .npy file of version 1.0 with any header at all."""
    padded = header.encode() + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded + body


def declared(content: bytes, size: int) -> bytes:
    """The archive with another unpacked size for its only member in the central directory."""
    start = content.rindex(b"PK\x01\x02")
    return content[: start + 24] + struct.pack("<I", size) + content[start + 28 :]


def shaped(shape: str, kind: str = "<f8") -> str:
    return f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"


def test_a_declared_size_past_the_limit_is_refused_unpacked(tmp_path: Path) -> None:
    """An archive that says it unpacks to 4 GB is refused by what it says: a limit, and the size is named."""
    path = tmp_path / "rows.npz"
    path.write_bytes(declared(archive({"reverse.npy": npy(shaped("(2, 2, 2)"))}), 2**32 - 2))
    error = refused(brought(path), folder=tmp_path)
    assert isinstance(error, LimitError)
    assert str(2**32 - 2) in str(error.got)


def test_many_members_count_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on all that the archive holds: many small members are one large file."""
    monkeypatch.setattr(files, "MAX_BYTES", 20_000)
    path = tmp_path / "rows.npz"
    table_of_zeros = npy(shaped("(2, 2, 2)"))
    path.write_bytes(archive({f"{n}.npy": bytes(5000) for n in range(3)} | {"reverse.npy": table_of_zeros}))
    assert not isinstance(refused(brought(path), folder=tmp_path), LimitError)
    path.write_bytes(archive({f"{n}.npy": bytes(5000) for n in range(5)} | {"reverse.npy": table_of_zeros}))
    assert isinstance(refused(brought(path), folder=tmp_path), LimitError)


def test_a_declared_size_that_lies_is_refused(tmp_path: Path) -> None:
    """A megabyte that calls itself 100 bytes is not unpacked past what it said."""
    path = tmp_path / "rows.npz"
    path.write_bytes(declared(archive({"reverse.npy": npy(shaped("(131072,)"), bytes(2**20))}), 100))
    assert "rows.npz" in str(refused(brought(path), folder=tmp_path).where)


HEADERS = {
    "more than there is": shaped("(1000000,)"),
    "more than memory": shaped(f"({2**58},)"),
    "past 64 bits": shaped(f"({2**62}, 4)"),
    "past a C long": shaped(f"({2**70}, 4)"),
    "negative": shaped("(-1, 2, 2)"),
    "too many axes": shaped("(" + "1, " * 100 + ")"),
    "no type": "{'descr': 5, 'fortran_order': False, 'shape': (2, 2, 2), }",
    "objects": shaped("(2, 2, 2)", "|O"),
    "nothing": shaped("(2, 2, 2)", "|V0"),
    "missing keys": "{'descr': '<f8'}",
    "not a dict": "[]",
    "no literal": "__import__('os').getcwd()",
    "unhashable key": "{[]: 1}",
    "left open": "{'descr': (",
    "an open string": "{'descr': '''",
    "nested": "(" * 3000,
    "signs": "-" * 9000 + "1",
    "indented": "  1\n 2",
    "empty": "",
}


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_gets_past(tmp_path: Path, name: str) -> None:
    """Whatever an array's header says, a file that is no plain table is refused with its name: never another error."""
    path = tmp_path / "rows.npz"
    path.write_bytes(archive({"reverse.npy": npy(HEADERS[name])}))
    assert "rows.npz" in str(refused(brought(path), folder=tmp_path).where)


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_gets_past_as_data(tmp_path: Path, name: str) -> None:
    """The same headers in an .npy file of [data] are refused in the same way."""
    path = tmp_path / "p.npy"
    path.write_bytes(npy(HEADERS[name]))
    assert "p.npy" in str(refused(data='npy = { path = "p.npy" }', folder=tmp_path).where)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_damaged_archive_is_refused(tmp_path: Path, method: int) -> None:
    """With any one byte of the archive changed, it is read or refused: never another error, in any compression."""
    path = tmp_path / "rows.npz"
    whole = archive({"reverse.npy": npy(shaped("(2, 2, 2)"))}, method)
    other: list[tuple[int, str]] = []
    for n in range(len(whole)):
        for byte in (255 - whole[n], whole[n] ^ 1):
            path.write_bytes(whole[:n] + bytes([byte]) + whole[n + 1 :])
            try:
                files.read_tables(path, ("reverse", "denoiser"), "reverse.model.path")
            except InputError:
                continue
            except Exception as error:
                other.append((n, repr(error)))
    assert other == []


@examples(60)
@given(st.binary(max_size=200))
def test_bytes_that_are_no_archive_are_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any bytes at all under the name of an .npz file are refused."""
    path = tmp_path_factory.mktemp("npz") / "rows.npz"
    path.write_bytes(content)
    with pytest.raises(InputError):
        files.read_tables(path, ("reverse", "denoiser"), "reverse.model.path")


# parameters


ABSORBING = '{ kind = "absorbing" }'
MEMORY = '{ kind = "conditional", rows_by_source = [[[1, 0], [0, 1]], [["1/2", "1/2"], ["1/2", "1/2"]]] }'


@pytest.mark.parametrize("belief", ['["1"]', '["1/2", "1/4", "1/4"]', "[]"])
@pytest.mark.parametrize("kernel", ['{ kind = "uniform" }', ABSORBING])
def test_a_belief_is_about_the_states_of_the_data(belief: str, kernel: str) -> None:
    """A belief has one probability for each state of [data], the added mask not counted."""
    error = refused(f'kind = "bayes", data = {belief}', kernel=kernel)
    assert error.what == "a belief of the wrong length"
    assert error.where == "reverse.model.data"
    assert str(error.expected).startswith("2 ")
    assert run('kind = "bayes", data = ["1/2", "1/2"]', kernel=kernel).passed


@pytest.mark.parametrize("belief", ['["1/2", "0.499999999999"]', '["3/2", "-1/2"]', "[0, 0]"])
def test_a_belief_is_a_distribution(belief: str) -> None:
    """A belief that does not sum to exactly one, or is negative, is refused at its key."""
    assert str(refused(f'kind = "bayes", data = {belief}').where).startswith("reverse.model.data")


@pytest.mark.parametrize("kind", ["posterior-mixture", "d3pm"])
def test_the_error_is_a_probability(kind: str) -> None:
    """Error ε ∈ [0, 1]: the ends are taken, what lies outside is refused."""
    for error in ("-1/1000000", "1.000000001", "2"):
        assert refused(f'kind = "{kind}", error = "{error}"').where == "reverse.model.error"
    for error in ("0", "1", "0.5"):
        assert run(f'kind = "{kind}", error = "{error}"').passed


@pytest.mark.parametrize("kind", ["posterior-mixture", "d3pm"])
def test_one_denoiser_is_enough(kind: str) -> None:
    """An error mixes the true posterior; beside `denoiser = "data"` it has no meaning, be it 0."""
    for error in ("1/10", "0"):
        assert refused(f'kind = "{kind}", error = "{error}", denoiser = "data"').what == "two denoisers"
    assert run(f'kind = "{kind}", denoiser = "data"').passed


@pytest.mark.parametrize(
    ("model", "where"),
    [
        ('kind = "counted", trajectories = 10, smoothing = "-1/2"', "reverse.model.smoothing"),
        ('kind = "counted", trajectories = 0', "reverse.model.trajectories"),
        ('kind = "counted", trajectories = 10000001', "reverse.model.trajectories"),
        ('kind = "counted", trajectories = 10, seed = -1', "reverse.model.seed"),
        ('kind = "counted"', "reverse.model"),
        ('kind = "bayes", trajectories = 3', "reverse.model"),
        ('kind = "uniform", error = 0', "reverse.model"),
        ('kind = "learned"', "reverse.model"),
        ('kind = "table", rows = [], form = "bayes"', "reverse.model.form"),
        ('kind = "d3pm", denoiser = "posterior"', "reverse.model.denoiser"),
        ('kind = "d3pm", last = "posterior"', "reverse.model.last"),
        ('kind = "posterior-mixture", last = "formula"', "reverse.model"),
        (table(GOOD) + ', last = "formula"', "reverse.model.last"),
        (table(GOOD) + ', form = "d3pm", last = "formula"', "reverse.model.last"),
    ],
)
def test_parameters_out_of_place_are_refused(model: str, where: str) -> None:
    """Negative smoothing, too many trajectories, unknown kinds and keys: refused with the key's path."""
    assert str(refused(model).where).startswith(where)


@pytest.mark.parametrize("prior", ['["1/2"]', '["1/2", "1/4"]', '"mask"', '"gaussian"'])
def test_the_prior_is_a_law_on_the_states(prior: str) -> None:
    """A prior of the wrong length or sum, or a mask where there is none, is refused at `reverse.prior`."""
    assert str(refused('kind = "uniform"', prior).where).startswith("reverse.prior")


@pytest.mark.parametrize(
    "model",
    [
        'kind = "uniform"',
        'kind = "d3pm"',
        'kind = "counted", trajectories = 5',
        'kind = "bayes", data = ["1/2", "1/2"]',
        table(GOOD),
    ],
)
def test_a_process_with_memory_has_no_reverse_model(model: str) -> None:
    """Asked for a model, a process with memory is refused; not asked, its ledger's fields are null."""
    memory = {"kernel": MEMORY, "noise": ""}
    assert refused(model, **memory).where == "reverse.model"
    result = run(**memory)
    record = result.record()
    assert record["elbo"] == dict.fromkeys(KEYS)
    assert record["scenario"]["reverse"]["model"] is None
    assert all(step["elbo_term"] is None and step["model_error"] is None for step in record["steps"])
    jsonschema.Draft202012Validator(result_schema()).validate(record)


def test_the_shell_sees_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bad table for `run` or `verify` is status 2; the message names file, key and row in a folder however deep."""
    rows = [GOOD[0], [["0.500000000001", "0.5"], GOOD[1][1]]]
    path = tmp_path / ("a-long-folder" * 9) / "study.toml"
    path.parent.mkdir()
    path.write_text(scenario_text(table(rows)), encoding="utf-8")
    for command in ("run", "verify"):
        assert main([command, str(path)]) == 2
        message = capsys.readouterr().err
        assert str(path) in message
        assert "reverse.model.rows[1][0]" in message
        assert "Traceback" not in message


# the ledger in the result


def bounds(shown: object) -> tuple[Fraction, Fraction]:
    assert isinstance(shown, Enclosed)
    assert shown.lower is not None
    assert shown.upper is not None
    return Fraction(shown.lower), Fraction(shown.upper)


def meet(one: tuple[Fraction, Fraction], parts: Sequence[tuple[Fraction, Fraction]]) -> bool:
    """Whether a number and a sum, each known between bounds, can be equal."""
    return one[0] <= sum(p[1] for p in parts) and sum(p[0] for p in parts) <= one[1]


@pytest.fixture(scope="module")
def shipped() -> dict[str, md.Result]:
    """The results of the scenarios about the ELBO."""
    return {name: md.run(md.load(name)) for name in ELBO}


def test_what_ships() -> None:
    """The scenarios about the ELBO are these."""
    assert ELBO == [
        "elbo-counted-100",
        "elbo-counted-1000",
        "elbo-counted-10000",
        "elbo-d3pm",
        "elbo-d3pm-trained",
        "elbo-mask-prior",
        "elbo-mixture",
        "elbo-table",
        "elbo-tight",
        "elbo-wrong-belief",
    ]


@pytest.mark.parametrize("name", ELBO)
def test_the_lines_add_up(name: str, shipped: dict[str, md.Result]) -> None:
    """Every sum that the ledger claims is possible within the exact bounds that it shows, and every check holds."""
    result = shipped[name]
    elbo, steps = result.elbo, result.steps[1:]
    assert result.passed
    finite = elbo.negative_elbo is not None and elbo.negative_elbo.value != "inf"
    terms, errors = [bounds(step.elbo_term) for step in steps], [bounds(step.model_error) for step in steps]
    assert elbo.reconstruction == steps[0].elbo_term
    assert meet(bounds(elbo.denoising), terms[1:])
    assert meet(bounds(elbo.model_error), errors)
    assert meet(terms[0], [bounds(steps[0].conditional_entropy), errors[0]])
    for step, term, error in zip(steps[1:], terms[1:], errors[1:], strict=True):
        assert meet(term, [bounds(step.information_loss), error])
    assert bounds(elbo.data_entropy)[0] <= bounds(elbo.nll)[1]
    if finite:
        parts = [bounds(line) for line in (elbo.data_entropy, elbo.model_error, elbo.prior_gap)]
        assert meet(bounds(elbo.negative_elbo), parts)
        assert meet(bounds(elbo.negative_elbo), [*terms, bounds(elbo.prior)])
        assert meet(bounds(elbo.negative_elbo), [bounds(elbo.nll), bounds(elbo.gap)])
        assert meet(bounds(elbo.nll), [bounds(elbo.data_entropy), bounds(elbo.nll_excess)])
        assert meet(bounds(elbo.prior), [bounds(steps[-1].mutual_information), bounds(elbo.prior_gap)])


@pytest.mark.parametrize("name", ["elbo-tight", "elbo-mixture", "elbo-d3pm-trained"])
def test_what_is_right_has_no_error(name: str, shipped: dict[str, md.Result]) -> None:
    """Bayes, the mixture of the true posterior, equation 4 as L wants it: every Δ_t is 0, and L = NLL = H(x0)."""
    result = shipped[name]
    assert {step.model_error.value for step in result.steps[1:] if step.model_error} == {"0"}
    assert result.elbo.gap == result.elbo.prior_gap == result.elbo.nll_excess == Enclosed("0", "0", "0", "0")
    assert result.elbo.negative_elbo == result.elbo.nll == result.elbo.data_entropy
    assert order(result) == "H(x0) = NLL = L"


def order(result: md.Result) -> str:
    """What the finding says of H(x0), NLL and L."""
    (check,) = [check for check in result.checks if check.check == "elbo-ledger"]
    return check.detail.split("; ")[1]


def test_a_tight_elbo_is_paid_in_instalments(shipped: dict[str, md.Result]) -> None:
    """Of the tight ELBO each denoising term is what the step destroyed, and none is 0."""
    for step in shipped["elbo-tight"].steps[2:]:
        assert step.elbo_term == step.information_loss
        assert bounds(step.elbo_term)[0] > 0


def test_equation_4_is_wrong_with_the_truth(shipped: dict[str, md.Result]) -> None:
    """D3PM's form of the true posterior, on the mixture's chain: Δ_1 = 0, all later ones positive, 0.216 bits."""
    first, *later = [bounds(step.model_error) for step in shipped["elbo-d3pm"].steps[1:]]
    assert first == (0, 0)
    assert all(lower > 0 for lower, _ in later)
    lower, upper = bounds(shipped["elbo-d3pm"].elbo.model_error)
    assert Fraction("0.2155") < lower <= upper < Fraction("0.2165")
    assert order(shipped["elbo-d3pm"]) == "H(x0) < NLL < L"
    for key in ("states", "data", "kernel", "steps", "betas"):
        assert shipped["elbo-d3pm"].scenario[key] == shipped["elbo-mixture"].scenario[key]


def test_an_all_mask_prior_is_infinitely_wrong(shipped: dict[str, md.Result]) -> None:
    """What is left unmasked makes L = +∞ with a letter as witness, while NLL = H(x0) = 7/4 and no step errs."""
    result = shipped["elbo-mask-prior"]
    elbo = result.elbo
    witness = {"t": 10, "x0": "a", "x_t": "a"}
    for line in (elbo.negative_elbo, elbo.prior, elbo.prior_gap, elbo.gap):
        assert line is not None
        assert (line.value, line.witness) == ("inf", witness)
    assert elbo.nll == Enclosed("1.75", "1.75", "1.75", "7/4")
    assert elbo.model_error == Enclosed("0", "0", "0", "0")
    assert order(result) == "H(x0) = NLL < L = +∞"
    (check,) = [check for check in result.checks if check.check == "elbo-ledger"]
    assert check.witness == witness
    assert "1/1000 of it is still unmasked at T = 10" in check.detail


def test_a_wrong_belief_costs_what_it_is_off_by(shipped: dict[str, md.Result]) -> None:
    """NLL = L = H(x0) + KL(p_0‖uniform) = 7/4 + 1/4 bits, no gap; the error falls with every step outward."""
    result = shipped["elbo-wrong-belief"]
    assert result.elbo.nll == result.elbo.negative_elbo == Enclosed("2", "2", "2", "2")
    assert result.elbo.nll_excess == Enclosed("0.25", "0.25", "0.25", "1/4")
    assert result.elbo.gap == Enclosed("0", "0", "0", "0")
    assert order(result) == "H(x0) < NLL = L"
    errors = [bounds(step.model_error) for step in result.steps[1:]]
    assert all(near[0] > far[1] > 0 for near, far in pairwise(errors))


def test_counting_more_errs_less(shipped: dict[str, md.Result]) -> None:
    """ΣΔ_t of 100 samples > of 1000 > of 10000 > 0, each by about ten times, and at every step alike."""
    results = [shipped[f"elbo-counted-{n}"] for n in (100, 1000, 10000)]
    totals = [bounds(result.elbo.model_error) for result in results]
    for few, many in pairwise(totals):
        assert few[0] > many[1]
        assert 5 < few[0] / many[1] < 20
    assert totals[-1][0] > 0
    for steps in zip(*(result.steps[1:] for result in results), strict=True):
        few, more, most = (bounds(step.model_error) for step in steps)
        assert few[0] > more[1]
        assert more[0] > most[1]
        assert most[0] > 0


def test_a_table_brought_along_errs_at_every_step(shipped: dict[str, md.Result]) -> None:
    """The hand-made table is nobody's posterior: every Δ_t and the uniform prior's KL(p_T‖π) are positive."""
    result = shipped["elbo-table"]
    assert all(bounds(step.model_error)[0] > 0 for step in result.steps[1:])
    assert bounds(result.elbo.prior_gap)[0] > 0
    assert order(result) == "H(x0) < NLL < L"
    path = Path(shipped_scenarios()["elbo-table"]).with_name("elbo-table.json")
    assert model_record(result)["rows"] == json.loads(path.read_text(encoding="utf-8"))["reverse"]


# JSON


FINITE = scenario_text('kind = "posterior-mixture", error = "1/10"', '"uniform"')
INFINITE = scenario_text('kind = "bayes"', "[1, 0]")
UNDEFINED = scenario_text(
    'kind = "bayes", data = [1, 0]', "[1, 0]", kernel='{ kind = "matrix", rows = [[1, 0], [0, 1]] }'
)


@pytest.mark.parametrize(
    ("text", "values"),
    [(FINITE, set()), (INFINITE, {"inf"}), (UNDEFINED, {"inf", "undefined"})],
    ids=["finite", "infinite", "undefined"],
)
def test_the_json_has_the_ledger(text: str, values: set[str]) -> None:
    """`elbo` has exactly its nine keys; the schema describes numbers, +∞ and the undefined, with witnesses."""
    record = json.loads(md.run(md.loads(text)).to_json())
    jsonschema.Draft202012Validator(result_schema()).validate(record)
    assert list(record["elbo"]) == KEYS
    assert {q["value"] for q in record["elbo"].values()} & {"inf", "undefined"} == values
    for q in record["elbo"].values():
        if q["value"] in ("inf", "undefined"):
            assert set(q) == {"value", "witness"}
            assert q["witness"]
        else:
            assert set(q) == {"value", "lower", "upper", "closed_form"}
            assert Fraction(q["lower"]) <= Fraction(q["value"]) <= Fraction(q["upper"])
    assert record["steps"][0]["elbo_term"] is None
    assert record["steps"][0]["model_error"] is None
    assert record["steps"][1]["elbo_term"] == record["elbo"]["reconstruction"]


@pytest.mark.parametrize("name", ELBO)
def test_what_ships_fits_the_schema(name: str, shipped: dict[str, md.Result]) -> None:
    """The results of the shipped scenarios are as the schema says, and two runs give the same bytes."""
    jsonschema.Draft202012Validator(result_schema()).validate(json.loads(shipped[name].to_json()))
    assert md.run(md.load(name)).to_json() == shipped[name].to_json()


def test_the_schema_refuses_another_ledger() -> None:
    """A key too many or too few in `elbo`, or an infinity without its witness, does not fit the schema."""
    validator = jsonschema.Draft202012Validator(result_schema())
    record = json.loads(md.run(md.loads(INFINITE)).to_json())
    more = record | {"elbo": record["elbo"] | {"nll_excess": record["elbo"]["nll"]}}
    fewer = record | {"elbo": {key: q for key, q in record["elbo"].items() if key != "gap"}}
    bare = record | {"elbo": record["elbo"] | {"prior": {"value": "inf"}}}
    assert validator.is_valid(record)
    assert not any(validator.is_valid(other) for other in (more, fewer, bare))


def test_more_digits_lie_within_fewer() -> None:
    """At 50 digits every line of the ledger lies within its enclosure at 15."""
    scenario = md.loads(FINITE)
    coarse, fine = (md.run(scenario.with_options(digits=n)) for n in (15, 50))
    for key in (*KEYS, "nll_excess"):
        (a, b), (c, d) = bounds(getattr(coarse.elbo, key)), bounds(getattr(fine.elbo, key))
        assert a <= c <= d <= b
    for a, b in zip(coarse.steps[1:], fine.steps[1:], strict=True):
        for key in ("elbo_term", "model_error"):
            wide, narrow = bounds(getattr(a, key)), bounds(getattr(b, key))
            assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


def test_nats_are_bits_times_log_2() -> None:
    """The same ledger in nats: each enclosure in bits, times log 2, meets the one in nats."""
    scenario = md.loads(FINITE)
    bits, nats = (md.run(scenario.with_options(unit=unit)) for unit in ("bits", "nats"))
    for key in KEYS:
        (a, b), (c, d) = bounds(getattr(bits.elbo, key)), bounds(getattr(nats.elbo, key))
        assert log(2) * a <= d
        assert c <= log(2) * b


def test_a_ledger_expected_to_fail_fails() -> None:
    """The identity is a theorem: where it is expected to be violated the verdict is "fails"."""
    result = run(more='[checks]\nelbo-ledger = "violated"')
    (check,) = [check for check in result.checks if check.check == "elbo-ledger"]
    assert (check.expected, check.observed, check.verdict) == ("violated", "holds", "fails")
    assert not result.passed


def test_a_seed_settles_the_bytes() -> None:
    """A counted model is part of the result, rows and seed: the same seed gives the same bytes, another seed others."""
    text = 'kind = "counted", trajectories = 20, seed = {}'
    one, same, other = (run(text.format(seed)).to_json() for seed in (7, 7, 8))
    assert one == same != other
    record = model_record(run(text.format(7)))
    assert (record["trajectories"], record["seed"]) == (20, 7)
    assert all(sum(map(Fraction, row)) == 1 for matrix in record["rows"] for row in matrix)


def test_counted_adds_one_by_default() -> None:
    """Without a word about smoothing one is added to each count."""
    text = 'kind = "counted", trajectories = 20, seed = 7'
    assert model_record(run(text))["rows"] == model_record(run(text + ", smoothing = 1"))["rows"]
    assert model_record(run(text))["rows"] != model_record(run(text + ", smoothing = 0"))["rows"]
