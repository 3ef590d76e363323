"""Chains whose classes, periods and stationary laws others state in their tests, as data: exact, with the source.

QuantEcon.py        quantecon/markov/tests/test_core.py and test_gth_solve.py
markovchain (R)     tests/testthat/testPeriod.R and testSteadyStates.R
PyDTMC              tests/fixtures/fixtures_properties.json
Periods are of a class here. QuantEcon and PyDTMC give a reducible chain the least common multiple of the periods of its
closed classes; `period` has that number.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True)
class KnownChain:
    """Rows, the closed classes, how many classes there are, the period, and the stationary laws, one a closed class."""

    source: str
    rows: tuple[tuple[Fraction, ...], ...]
    closed: tuple[tuple[int, ...], ...]
    classes: int
    period: int
    laws: tuple[tuple[Fraction, ...], ...]


def _numbers(words: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, words.split()))


def _known(source: str, rows: str, closed: str, classes: int, period: int, laws: str) -> KnownChain:
    return KnownChain(
        source,
        tuple(map(_numbers, rows.split(";"))),
        tuple(tuple(map(int, c.split())) for c in closed.split(";")),
        classes,
        period,
        tuple(map(_numbers, laws.split(";"))) if laws else (),
    )


QUANTECON = (
    _known("QuantEcon", "2/5 3/5; 1/5 4/5", "0 1", 1, 1, "1/4 3/4"),
    _known("QuantEcon", "0 1; 1 0", "0 1", 1, 2, "1/2 1/2"),
    _known("QuantEcon", "1 0; 0 1", "0; 1", 2, 1, "1 0; 0 1"),
    _known("QuantEcon", "1 0; 1 0", "0", 2, 1, "1 0"),
    _known(
        "QuantEcon",
        "0 1 0 0 0 0; 1 0 0 0 0 0; 1/2 0 0 1/2 0 0; 0 0 0 0 1 0; 0 0 0 0 0 1; 0 0 0 1 0 0",
        "0 1; 3 4 5",
        3,
        6,
        "1/2 1/2 0 0 0 0; 0 0 0 1/3 1/3 1/3",
    ),
    _known("QuantEcon", "1 0 0; 1 0 0; 0 0 1", "0; 2", 3, 1, "1 0 0; 0 0 1"),
    _known("QuantEcon", "0 1 0; 0 0 1; 1 0 0", "0 1 2", 1, 3, "1/3 1/3 1/3"),
    _known("QuantEcon", "1/2 1/2; 0 1", "1", 2, 1, "0 1"),
    _known("QuantEcon", "1", "0", 1, 1, "1"),
)

MARKOVCHAIN = (
    _known(
        "markovchain",
        "0 0 1/2 1/4 1/4 0 0; 0 0 1/3 0 2/3 0 0; 0 0 0 0 0 1/3 2/3; 0 0 0 0 0 1/2 1/2; 0 0 0 0 0 3/4 1/4;"
        "1/2 1/2 0 0 0 0 0; 1/4 3/4 0 0 0 0 0",
        "0 1 2 3 4 5 6",
        1,
        3,
        "",
    ),
    _known(
        "markovchain",
        "1/2 1/2 0 0 0; 1/2 0 1/2 0 0; 0 1/2 0 1/2 0; 0 0 1/2 0 1/2; 0 0 0 1 0",
        "0 1 2 3 4",
        1,
        1,
        "2/9 2/9 2/9 2/9 1/9",
    ),
    _known(
        "markovchain",
        "1/2 1/2 0 0; 3/10 3/10 2/5 0; 0 1/2 1/2 0; 0 0 1/2 1/2",
        "0 1 2",
        2,
        1,
        "1/4 5/12 1/3 0",
    ),
    _known(
        "markovchain",
        "0 1/2 1/2 0 0 0; 0 0 0 99/100 0 1/100; 0 4/5 0 1/5 0 0; 0 0 0 0 1 0; 0 0 0 1 0 0; 0 0 0 0 0 1",
        "3 4; 5",
        5,
        2,
        "0 0 0 1/2 1/2 0; 0 0 0 0 0 1",
    ),
    _known(
        "markovchain",
        "2/5 3/5 0 0 0; 1/2 1/2 0 0 0; 0 0 3/10 7/10 0; 0 0 1/2 2/5 1/10; 0 0 0 4/5 1/5",
        "0 1; 2 3 4",
        2,
        1,
        "5/11 6/11 0 0 0; 0 0 40/103 56/103 7/103",
    ),
    _known(
        "markovchain",
        "1/2 1/2 0 0; 1/2 1/2 0 0; 1/3 1/6 1/6 1/3; 0 0 0 1",
        "0 1; 3",
        3,
        1,
        "1/2 1/2 0 0; 0 0 0 1",
    ),
    _known(
        "markovchain",
        "0 1/3 0 2/3 0; 1/2 0 0 0 1/2; 0 0 1/2 1/2 0; 0 0 1/2 1/2 0; 0 0 0 0 1",
        "2 3; 4",
        3,
        1,
        "0 0 1/2 1/2 0; 0 0 0 0 1",
    ),
)

PYDTMC = (
    _known("PyDTMC #2", "1/20 19/20; 4/5 1/5", "0 1", 1, 1, "16/35 19/35"),
    _known("PyDTMC #3", "1/2 1/2; 1/2 1/2", "0 1", 1, 1, "1/2 1/2"),
    _known("PyDTMC #4", "1 0; 1/10 9/10", "0", 2, 1, "1 0"),
    _known("PyDTMC #5", "1 0 0; 0 1 0; 0 0 1", "0; 1; 2", 3, 1, "1 0 0; 0 1 0; 0 0 1"),
    _known("PyDTMC #7", "0 3/10 7/10; 1/10 1/2 2/5; 1/10 1/5 7/10", "0 1 2", 1, 1, "1/11 23/77 47/77"),
    _known("PyDTMC #8", "0 1 0; 3/10 0 7/10; 0 1 0", "0 1 2", 1, 2, "3/20 1/2 7/20"),
    _known("PyDTMC #9", "1/10 1/10 4/5; 3/10 3/10 2/5; 1/4 1/2 1/4", "0 1 2", 1, 1, "13/56 19/56 3/7"),
    _known("PyDTMC #10", "1/20 9/10 1/20; 1/2 2/5 1/10; 3/10 1/5 1/2", "0 1 2", 1, 1, "14/43 23/43 6/43"),
    _known("PyDTMC #12", "39/50 11/50 0; 0 1/10 9/10; 9/20 0 11/20", "0 1 2", 1, 1, "15/26 11/78 11/39"),
    _known("PyDTMC #13", "1/2 1/2 0; 1/2 1/4 1/4; 0 33/100 67/100", "0 1 2", 1, 1, "33/91 33/91 25/91"),
    _known("PyDTMC #14", "0 1 0; 0 1/2 1/2; 1/10 7/10 1/5", "0 1 2", 1, 1, "1/27 16/27 10/27"),
    _known("PyDTMC #15", "1 0 0; 1/5 7/10 1/10; 3/10 3/10 2/5", "0", 2, 1, "1 0 0"),
    _known("PyDTMC #16", "7/10 1/5 1/10; 2/5 3/5 0; 0 1 0", "0 1 2", 1, 1, "20/37 15/37 2/37"),
    _known("PyDTMC #17", "9/10 1/20 1/20; 1/20 9/10 1/20; 1/20 1/20 9/10", "0 1 2", 1, 1, "1/3 1/3 1/3"),
    _known("PyDTMC #18", "0 1/2 1/2 0; 0 1 0 0; 0 0 0 1; 0 0 1 0", "1; 2 3", 3, 2, "0 1 0 0; 0 0 1/2 1/2"),
)

KNOWN = (*QUANTECON, *MARKOVCHAIN, *PYDTMC)
