"""No call fails for a number that Python refuses to print, nor where Python was told to print less than it does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from breadth import few
from samples import LONG, tour

import markovdiff as md
from markovdiff.study.reading import read

SAMPLES = Path(__file__).parent / "samples.py"


@pytest.fixture(scope="module")
def toured() -> list[str]:
    """The tour of the public API, in this process."""
    return list(tour())


def test_the_tour_meets_long_numbers(toured: list[str]) -> None:
    """It shows numbers that Python would not: the limit is met on the way, not walked around."""
    assert max(map(len, toured)) > 10 * sys.get_int_max_str_digits() > 0
    with pytest.raises(ValueError, match="limit"):
        str(10 ** sys.get_int_max_str_digits())


@pytest.mark.slow
def test_the_bytes_do_not_depend_on_what_python_will_print() -> None:
    """The least limit, the usual one and none give the same tour."""
    hashes = {
        subprocess.run(
            [sys.executable, str(SAMPLES)],
            env={**os.environ, "PYTHONINTMAXSTRDIGITS": limit},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for limit in ("640", "4300", "0")
    }
    assert len(hashes) == 1
    assert len(hashes.pop().strip()) == 64


@few("arguments", [["run"], ["verify"], ["run", "--json", "-"], ["run", "--csv", "-"]])
def test_the_command_prints_a_thousand_digits(arguments: list[str]) -> None:
    """`--digits 1000`, in every form, where Python was told to print 640."""
    command = [sys.executable, "-m", "markovdiff", *arguments, "two-state", "--digits", "1000"]
    environment = {**os.environ, "PYTHONINTMAXSTRDIGITS": "640"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


NUMERALS = {
    "plain": (LONG, 10**5001 + 7),
    "signed": (f"+{LONG}", 10**5001 + 7),
    "grouped": ("1_0" * 2000, int("10" * 2000)),
    "decimal": (f"{LONG}.5", 10**5001 + 7 + Fraction(1, 2)),
    "with an exponent": (f"{LONG}e-5000", (10**5001 + 7) / Fraction(10) ** 5000),
    "hexadecimal": (f"0x{'f' * 4000}", 16**4000 - 1),
    "text": (f'"{LONG}"', 10**5001 + 7),
    "a ratio": (f'"1/{LONG}"', Fraction(1, 10**5001 + 7)),
}


@pytest.mark.parametrize("case", NUMERALS)
def test_a_scenario_may_hold_long_numerals(case: str) -> None:
    """In each form that TOML has; also beside a comment and a label of as many digits, which stay as they are."""
    written, number = NUMERALS[case]
    file = read(
        f'title = "{LONG}" # {LONG}\ndescription = """\n{LONG}\n"" {LONG}\\""""\nname = \'{LONG}\'\n'
        f"data = {{ weights = [{written}, 1,{written}] }}\n[noise]\nsteps = 2\nkernel = {{ kind = 'uniform' }}\n"
    )
    assert file.data.weights == [number, 1, number]
    assert (file.title, file.name) == (LONG, LONG)
    assert file.description == f'{LONG}\n"" {LONG}"'


@pytest.mark.parametrize("wrong", [f"0{LONG}", f"{LONG}_", f"{LONG}__1", f"--{LONG}", f"{LONG}e", f"1.{LONG}.1"])
def test_long_numerals_that_toml_has_not(wrong: str) -> None:
    """Leading zeros, stray underscores, two signs: refused as short ones are."""
    with pytest.raises(md.InputError, match="TOML"):
        read(f"data = {{ weights = [{wrong}] }}\n[noise]\nsteps = 2\nkernel = {{ kind = 'uniform' }}\n")


def test_a_float_past_the_largest_is_infinite() -> None:
    """IEEE 754's rounding to nearest; and what is too small is 0."""
    assert float(md.log(2) * 10**400) == float("inf") == -float(md.log("1/2") * 10**400)
    assert float(md.log(2) / 10**400) == 0


def test_a_seed_is_one_that_json_can_hold() -> None:
    """TOML and JSON readers promise 64 bits."""
    base = (
        "data = { weights = [1, 1] }\n[noise]\nsteps = 1\nkernel = { kind = 'uniform' }\n"
        "schedule = { kind = 'jump' }\n[reverse.model]\nkind = 'counted'\ntrajectories = 2\nseed = "
    )
    result = md.run(md.loads(base + str(2**63 - 1)))
    assert json.loads(result.to_json())["scenario"]["reverse"]["model"]["seed"] == 2**63 - 1
    for seed in (str(2**63), "0x" + "f" * 5000):
        with pytest.raises(md.InputError, match="seed"):
            md.loads(base + seed)
