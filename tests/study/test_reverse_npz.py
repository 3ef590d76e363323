"""Tables in .npz files: plain numbers alone, no pickles, no bombs, and no header that lies."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from chains import examples
from hypothesis import given
from hypothesis import strategies as st
from scenario_texts import (
    GOOD,
    as_npz,
    brought,
    floats,
    refused,
    run,
    table,
)

from markovdiff.errors import InputError, LimitError
from markovdiff.study import files

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
