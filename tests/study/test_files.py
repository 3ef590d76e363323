"""What a scenario brings along is read whole and checked; a file that is not what it should be is an InputError."""

from __future__ import annotations

import io
import os
import struct
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import markovdiff as md
from markovdiff.study.files import MAX_BYTES, read_array, read_bytes, read_counts, read_matrices, read_text


def refused(error: pytest.ExceptionInfo[md.InputError], path: Path) -> None:
    """The message names the key and the file, and fits a screen."""
    assert error.value.where is not None
    assert error.value.where.startswith("key")
    assert str(path) in str(error.value) or path.name in str(error.value)
    assert len(str(error.value)) < 2000


# any file


def test_text_comes_back_without_its_byte_order_mark(tmp_path: Path) -> None:
    """UTF-8 is read as it stands; a byte-order mark is no part of the text."""
    (tmp_path / "a").write_bytes("\ufeffé\r\n".encode())
    assert read_text(tmp_path / "a", "key") == "é\r\n"


@pytest.mark.parametrize("name", ["absent", "folder", "pipe", "loop", "dangling", "file/inside", "x" * 1000, "a\0b"])
def test_what_is_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """A missing file, a folder, a pipe, a loop of links, an impossible name: refused at once, and named."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    with pytest.raises(md.InputError) as caught:
        read_bytes(tmp_path / name, "key")
    assert caught.value.where == "key"
    assert len(str(caught.value)) < 2000


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_file(device: str, tmp_path: Path) -> None:
    """What never ends is not read, not through a link either."""
    path = tmp_path / "link"
    path.symlink_to(device)
    with pytest.raises(md.InputError, match="regular file"):
        read_bytes(path, "key")


def test_the_limit_is_exact(tmp_path: Path) -> None:
    """A file of exactly the limit is read; one byte more is a LimitError."""
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(tmp_path / "a", "key", limit=5) == b"12345"
    with pytest.raises(md.LimitError):
        read_bytes(tmp_path / "a", "key", limit=4)


@pytest.mark.slow
def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    """A file past 256 MiB is a LimitError, however little of it is on the disk."""
    path = tmp_path / "sparse"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(md.LimitError) as caught:
        read_bytes(path, "key")
    assert "256 MiB" in str(caught.value)


def test_not_utf8_says_where(tmp_path: Path) -> None:
    """What is not UTF-8 is refused with its line and its byte."""
    (tmp_path / "a").write_bytes(b"one\ntwo\xff\n")
    with pytest.raises(md.InputError) as caught:
        read_text(tmp_path / "a", "key")
    assert "line 2" in str(caught.value)
    assert "0xff" in str(caught.value)


# csv


def counts(tmp_path: Path, content: str | bytes) -> tuple[list[str], list[Fraction | int]]:
    path = tmp_path / "c.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    labels, numbers, notes = read_counts(path, "s", "n", "key")
    assert notes == []
    return labels, numbers


@pytest.mark.parametrize(
    ("content", "labels", "numbers"),
    [
        ("s,n\na,1\nb,2\n", ["a", "b"], [1, 2]),
        ("n,s\r\n1,a\r\n2,b\r\n", ["a", "b"], [1, 2]),
        ('x,s,n\n0,"a,\nb",1/3\n0,"""",0.1', ["a,\nb", '"'], [Fraction(1, 3), Fraction(1, 10)]),
        ("\ufeffs,n\né, 7 \n", ["é"], [7]),
        ("s,n\n,1\n", [""], [1]),
        (f"s,n\na,{'7' * 9000}\n", ["a"], [(10**9000 - 1) // 9 * 7]),
    ],
)
def test_csv_columns(tmp_path: Path, content: str, labels: list[str], numbers: list[Fraction]) -> None:
    """Two columns by their header, in any order, quoted or not; numbers read exactly."""
    assert counts(tmp_path, content) == (labels, numbers)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "s\na\n",
        "s,n\n",
        "s,n\na\n",
        "s,n\na,1,2,3\n",
        's,n\n"a,1\n',
        's,n\n"a"b,1\n',
        "s,n\na,one\n",
        "s,n\na,\n",
        "s,n\na,nan\n",
        "s,n\na,1e99999\n",
        "s,n,n\na,1,2\n",
        "s,n\n" + "a" * 200_000 + ",1\n",
        bytes(range(256)),
        "s,n\na,1".encode("utf-16"),
        "s\0,n\na,1\n",
    ],
    ids=lambda content: repr(content)[:24],
)
def test_csv_that_is_not_counts(tmp_path: Path, content: str | bytes) -> None:
    """A missing or repeated column, a row too short or too long, quotes left open, words for numbers: refused."""
    with pytest.raises(md.InputError) as caught:
        counts(tmp_path, content)
    refused(caught, tmp_path / "c.csv")


def test_csv_names_the_line(tmp_path: Path) -> None:
    """A number that is none is refused with its line."""
    with pytest.raises(md.InputError) as caught:
        counts(tmp_path, "s,n\na,1\nb,x\n")
    assert "line 3" in str(caught.value)


# npy


def npy(array: np.ndarray, pickled: bool = False) -> bytes:
    out = io.BytesIO()
    np.save(out, array, allow_pickle=pickled)
    return out.getvalue()


def npz() -> bytes:
    out = io.BytesIO()
    np.savez(out, a=np.ones(2))
    return out.getvalue()


def headed(header: str | bytes, body: bytes = b"", major: int = 1) -> bytes:
    """An .npy file with the header given, sound or not."""
    raw = header.encode() if isinstance(header, str) else header
    return b"\x93NUMPY" + bytes([major, 0]) + struct.pack("<H" if major == 1 else "<I", len(raw)) + raw + body


def shaped(shape: str) -> str:
    return f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n"


NOT_NUMBERS: dict[str, bytes] = {
    "empty": b"",
    "text": b"1, 2, 3",
    "pickle": b"\x80\x04\x95",
    "objects": npy(np.array([{}, 1], dtype=object), pickled=True),
    "complex": npy(np.array([1j, 1])),
    "structured": npy(np.zeros(2, dtype=[("a", "i4")])),
    "strings": npy(np.array(["a"])),
    "booleans": npy(np.array([True, False])),
    "dates": npy(np.zeros(2, dtype="M8[s]")),
    "long doubles": npy(np.ones(2, dtype=np.longdouble)),
    "nan": npy(np.array([np.nan, 1])),
    "inf": npy(np.array([1, np.inf])),
    "cut body": npy(np.ones(10))[:-8],
    "cut header": npy(np.ones(10))[:20],
    "npz": npz(),
    "cut npz": npz()[:50],
    "zip magic": b"PK\x03\x04" + bytes(30),
    "empty zip magic": b"PK\x05\x06",
    "a petabyte": headed(shaped("(1000000000000000,)")),
    "beyond 64 bits": headed(shaped(f"({10**40},)")),
    "negative shape": headed(shaped("(-5,)")),
    "boolean shape": headed(shaped("(True, True)"), bytes(8)),
    "header not closed": headed(shaped("(2,")),
    "string not closed": headed("'''\n"),
    "bad indent": headed("  a\n b\n"),
    "mixed keys": headed("{1: 2, 'a': 3}"),
    "unhashable key": headed("{[]: 1}"),
    "nested header": headed("(" * 5000, major=2),
    "long header": headed("{" + " " * 60_000 + "}", major=2),
    "header not UTF-8": headed(b"\xff\xfe", major=3),
    "version 9": headed("{}", major=9),
    "no such type": headed("{'descr': 'zz', 'fortran_order': False, 'shape': (2,), }"),
}


@pytest.mark.parametrize("case", NOT_NUMBERS)
def test_npy_that_is_no_array_of_numbers(tmp_path: Path, case: str) -> None:
    """Pickles, objects, complex, cut or forged files: refused as InputError, never executed, never half read."""
    path = tmp_path / "p.npy"
    path.write_bytes(NOT_NUMBERS[case])
    with pytest.raises(md.InputError) as caught:
        read_array(path, "key")
    refused(caught, path)


def test_npy_of_python_2_is_read_or_refused_but_does_not_warn(tmp_path: Path) -> None:
    """A header with Python 2's long integers is an .npy file of numbers; nothing is printed by the way."""
    path = tmp_path / "p.npy"
    path.write_bytes(headed(shaped("(2L,)"), struct.pack("<2d", 0.5, 0.5)))
    assert read_array(path, "key").tolist() == [0.5, 0.5]


@pytest.mark.parametrize("shape", [(), (2, 2), (1, 1, 1)])
def test_npy_weights_have_one_axis(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """Weights are a vector: an array of any other shape is refused."""
    np.save(tmp_path / "p.npy", np.ones(shape))
    with pytest.raises(md.InputError, match="shape"):
        md.loads(scenario('npy = { path = "p.npy", normalise = true }'), folder=tmp_path)


@pytest.mark.parametrize("values", [[], [-1, 2], [0, 0]])
def test_npy_weights_are_weights(tmp_path: Path, values: list[int]) -> None:
    """No numbers, a negative one, or all zero is no distribution."""
    np.save(tmp_path / "p.npy", np.array(values, dtype=int))
    with pytest.raises(md.InputError):
        md.loads(scenario('npy = { path = "p.npy" }'), folder=tmp_path)


def scenario(data: str) -> str:
    return f'[data]\n{data}\n[noise]\nsteps = 1\nkernel = {{ kind = "uniform" }}\nschedule = {{ kind = "jump" }}\n'


# matrices


def matrices(path: Path) -> list[list[list[Fraction]]]:
    return read_matrices(path, 2, ["0", "1"], "key")[0]


@pytest.mark.parametrize(
    ("name", "content", "stack"),
    [
        ("k.json", "[[1, 0], [0.1, 0.9]]", [[[1, 0], [Fraction(1, 10), Fraction(9, 10)]]]),
        ("k.json", '[[["1/3", "2/3"], [0, 1]], [[1, 0], [0, 1]]]', [[["1/3", "2/3"], [0, 1]], [[1, 0], [0, 1]]]),
        ("k.csv", "1,0\n0.1,0.9\n", [[[1, 0], [Fraction(1, 10), Fraction(9, 10)]]]),
        ("k.csv", "1,0\n0,1\n\n0,1\n1,0\n", [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]),
        ("k.tsv", "1\t0\n0.1\t0.9\n", [[[1, 0], [Fraction(1, 10), Fraction(9, 10)]]]),
        ("k.TSV", "1,0\n0.1,0.9\n", [[[1, 0], [Fraction(1, 10), Fraction(9, 10)]]]),
    ],
)
def test_matrices_are_exact(tmp_path: Path, name: str, content: str, stack: list[list[list[object]]]) -> None:
    """A matrix, or a stack of them, with every number the decimal or the fraction written."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    expected = [[[Fraction(x) for x in row] for row in matrix] for matrix in stack]  # type: ignore[arg-type]
    assert matrices(tmp_path / name) == expected


NOT_MATRICES: dict[str, tuple[str, str]] = {
    "no json": ("k.json", "[[1, 0],"),
    "json nothing": ("k.json", ""),
    "json object": ("k.json", "{}"),
    "json objects": ("k.json", "[{}, {}]"),
    "json null": ("k.json", "null"),
    "json nulls": ("k.json", "[[null, 1], [0, 1]]"),
    "json booleans": ("k.json", "[[true, false], [0, 1]]"),
    "json words": ("k.json", '[["a", "b"], ["c", "d"]]'),
    "json text": ("k.json", '"abc"'),
    "json NaN": ("k.json", "[[NaN, 1], [0, 1]]"),
    "json infinity": ("k.json", "[[-Infinity, 1], [0, 1]]"),
    "json mixed": ("k.json", "[[1, 0], 1]"),
    "json four deep": ("k.json", "[[[[1]]]]"),
    "json bottomless": ("k.json", "[" * 100_000),
    "json exponent": ("k.json", "[[1e99999, 1], [0, 1]]"),
    "json endless exponent": ("k.json", "[[1e999999999999999999999, 1], [0, 1]]"),
    "json long integer": ("k.json", f"[[{'7' * 20_000}, 1], [0, 1]]"),
    "csv words": ("k.csv", "a,b\nc,d\n"),
    "csv NUL": ("k.csv", "1\0,0\n0,1\n"),
    "csv long field": ("k.csv", "1" * 200_000 + ",0\n0,1\n"),
    "no ending": ("k", "1"),
    "strange ending": ("k.txt", "1"),
}


@pytest.mark.parametrize("case", NOT_MATRICES)
def test_what_is_no_matrix(tmp_path: Path, case: str) -> None:
    """Floats that are none, ragged nesting, booleans, nulls, endless numbers: refused with the file's name."""
    name, content = NOT_MATRICES[case]
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(md.InputError) as caught:
        matrices(tmp_path / name)
    refused(caught, tmp_path / name)


@pytest.mark.parametrize("shape", [(2,), (3, 3), (2, 3), (1, 1, 2, 2)])
def test_npy_kernel_of_another_shape(tmp_path: Path, shape: tuple[int, ...]) -> None:
    """A kernel's array is (K, K) or a stack of such; the message says which was expected and which came."""
    np.save(tmp_path / "k.npy", np.ones(shape))
    with pytest.raises(md.InputError) as caught:
        matrices(tmp_path / "k.npy")
    assert "(2, 2)" in str(caught.value)
    assert str(shape) in str(caught.value)
