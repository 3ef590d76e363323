"""`export`: reference arrays as a file that NumPy reads, and a test that holds your arrays beside it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from markovdiff._version import __version__
from markovdiff.arithmetic.rational import shown
from markovdiff.errors import InputError
from markovdiff.reference.arrays import arrays
from markovdiff.study.fingerprint import fingerprint
from markovdiff.study.loading import loaded
from markovdiff.study.output import check_writable, write_whole
from markovdiff.study.scenario import Scenario

FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of every entry in the file, so that the same scenario gives the same bytes."""

TEST = '''"""Holds your arrays beside the reference values of {name!r}, each the float64 nearest to the exact number."""

from pathlib import Path

import numpy as np
import pytest

REFERENCE = np.load(Path(__file__).parent / {file!r}, allow_pickle=False)
RTOL, ATOL = 1e-6, 1e-9  # yours may be float32


def yours():
    """Return your arrays, by the names below, in the same order of axes."""
    pytest.skip("fill in yours()")
    return {{"Q": ...}}


@pytest.mark.parametrize("name", {names!r})
def test_against_the_reference(name):
    {about}
    mine = yours()
    if name not in mine:
        pytest.skip(f"yours() has no {{name}}")
    np.testing.assert_allclose(mine[name], REFERENCE[name], rtol=RTOL, atol=ATOL)
'''


def export(
    scenario: Scenario | str | Path,
    path: str | Path | None = None,
    what: Sequence[str] | None = None,
    times: Sequence[int] | None = None,
    *,
    pytest: str | Path | None = None,
) -> dict[str, Any]:
    """Return a scenario's reference arrays, and write them to `path` (.npz); see `markovdiff.reference.arrays`.

    Beside the arrays there are `unit`, `markovdiff` (the version), `scenario` (its hash), and `times` where some were
    chosen. `pytest` names a test file to be written that loads them from beside it.

    Raises InputError for what cannot be exported or written, LimitError where it would be too large.
    """
    study = loaded(scenario)
    outputs = {option: str(file) for option, file in (("-o", path), ("--pytest", pytest)) if file is not None}
    for option, end in (("-o", ".npz"), ("--pytest", ".py")):
        if option in outputs and Path(outputs[option]).suffix != end:
            raise InputError("unknown kind of file", where=option, expected=end, got=shown(outputs[option]))
    if pytest is not None and path is None:
        raise InputError("a test needs the file that it loads", where="--pytest", remedy="name one with -o")
    check_writable(outputs)
    made: dict[str, Any] = dict(arrays(study, what, times))
    values = list(made)
    if times is not None:
        made["times"] = np.array(list(times), dtype=np.int64)
    made |= {name: np.array(text) for name, text in (("unit", study.unit), ("markovdiff", __version__))}
    made["scenario"] = np.array(fingerprint(study))
    contents: dict[tuple[str, str], str | bytes] = {}
    if path is not None:
        contents["-o", str(path)] = packed(made)
    if pytest is not None:
        contents["--pytest", str(pytest)] = _test(study, Path(str(path)), values, times)
    write_whole(contents)
    return made


def _test(study: Scenario, file: Path, names: Sequence[str], times: Sequence[int] | None) -> str:
    when = "every time" if times is None else f"the times {', '.join(map(str, times))}"
    about = f'"""{study.unit}, {when}; NaN is undefined, and then yours must be NaN too."""'
    return TEST.format(name=study.name, file=file.name, names=list(names), about=about)


def packed(made: dict[str, Any]) -> bytes:
    """Return arrays as the bytes of an .npz file, the same arrays always as the same bytes."""
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, array in made.items():
                with io.BytesIO() as entry:
                    np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)
                    archive.writestr(zipfile.ZipInfo(f"{name}.npy", FIXED), entry.getvalue(), zipfile.ZIP_DEFLATED)
        return file.getvalue()
