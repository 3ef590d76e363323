"""What is loaded when, what is public, and how the errors are related."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import markovdiff as md
from markovdiff import errors

HEAVY = ["textual", "scipy", "numpy", "flint", "rich"]

DRAWN = {
    "MarkovdiffError": Exception,
    "InputError": md.MarkovdiffError,
    "InexactError": md.InputError,
    "LimitError": md.InputError,
    "UnfinishedError": md.MarkovdiffError,
    "TooLongError": md.UnfinishedError,
    "InternalError": md.MarkovdiffError,
}


def loaded(code: str, folder: Path) -> list[str]:
    """The heavy modules that are in sys.modules after `code` has run in a fresh interpreter."""
    report = f"{code}\nimport json, sys\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", report], cwd=folder, capture_output=True, text=True, check=True)
    names: list[str] = json.loads(done.stderr.splitlines()[-1])
    return names


@pytest.mark.parametrize(
    "code",
    [
        "import markovdiff",
        "import markovdiff.cli",
        "from markovdiff.cli import main\nassert main(['--help']) == 0",
        "from markovdiff.cli import main\nassert main(['run', '--help']) == 0",
        "from markovdiff.cli import main\nassert main(['bench', '--help']) == 0",
        "from markovdiff.cli import main\nassert main(['--version']) == 0",
        "from markovdiff.cli import main\nassert main(['run']) == 2",
    ],
)
def test_import_and_help_are_light(code: str, tmp_path: Path) -> None:
    """Neither `import markovdiff` nor `--help` loads Textual, scipy, numpy, FLINT or Rich."""
    assert loaded(code, tmp_path) == []


def test_a_quiet_run_loads_no_screen(tmp_path: Path) -> None:
    """A run with JSON on stdout needs FLINT; it loads neither Rich nor Textual, nor numpy, nor scipy."""
    code = "from markovdiff.cli import main\nassert main(['run', 'two-state', '--json', '-']) == 0"
    assert loaded(code, tmp_path) == ["flint"]


@pytest.mark.parametrize("name", md.__all__)
def test_public_names_resolve(name: str) -> None:
    """Every name in __all__ is there, the same object each time it is asked for."""
    assert getattr(md, name) is getattr(md, name)


def test_the_public_surface() -> None:
    """The names that the contract gives are public, and dir() shows them all."""
    promised = {"load", "loads", "run", "entropy", "cross_entropy", "kl", "mutual_information", "conditional_entropy"}
    promised |= {"jensen_shannon", "log", "INFINITY", *DRAWN}
    assert promised <= set(md.__all__) == set(dir(md))


def test_a_name_that_is_not_there() -> None:
    """An unknown name is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="entropie"):
        _ = md.entropie


@pytest.mark.parametrize("name", DRAWN)
def test_the_tree_is_as_drawn(name: str) -> None:
    """Each error stands in the tree where the docstring of markovdiff.errors draws it."""
    assert getattr(errors, name).__bases__[0] is DRAWN[name]
    assert getattr(md, name) is getattr(errors, name)
    assert name in (errors.__doc__ or "")


def test_nothing_else_is_raised_on_purpose() -> None:
    """The module defines the errors of its drawing and no more."""
    defined = {n for n, v in vars(errors).items() if isinstance(v, type) and v.__module__ == errors.__name__}
    assert defined == set(DRAWN)


def test_errors_are_also_pythons_own() -> None:
    """Bad input can be caught as ValueError, a float as TypeError as well."""
    assert issubclass(md.InputError, ValueError)
    assert issubclass(md.InexactError, TypeError)
    with pytest.raises(TypeError, match="float"):
        md.entropy([0.5, 0.5])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("error", "status"),
    [("InputError", 2), ("InexactError", 2), ("LimitError", 2), ("UnfinishedError", 3), ("InternalError", 3)],
)
def test_each_error_has_its_exit_status(error: str, status: int) -> None:
    """Bad input or usage is 2; what could not be finished is 3."""
    assert getattr(md, error)("x").status == status


def test_a_message_lays_out_its_parts() -> None:
    """str() has what, where, expected, got and remedy, in that order, and only those that there are."""
    whole = md.InputError("what", where="here", expected="this", got="that", remedy="do")
    assert str(whole).splitlines() == [
        "what",
        "  where     here",
        "  expected  this",
        "  got       that",
        "  remedy    do",
    ]
    assert str(md.InputError("what", remedy="do")).splitlines() == ["what", "  remedy    do"]
    assert whole.located("file").where == "file: here"
    assert md.InputError("what").located("file").where == "file"
