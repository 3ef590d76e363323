"""What a check is: a claim about a whole chain that can come out either way.

A class here is a kind of check: its name in the file and in the result, what may stand in the file, what is expected
where the file says nothing, what is recorded for an audit. An instance watches one run. What the engines conclude
themselves (`elbo-ledger`, `dpi`) is a class without an instance.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal, Protocol, TypeAlias, get_args

from markovdiff.arithmetic.enclosure import Unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.errors import InputError
from markovdiff.measures.checks.finding import CheckObserver

Holds: TypeAlias = Literal["holds", "violated"]
NamedLaw: TypeAlias = str | list[Fraction]
"""A law as the file has it: by a name, or its probabilities."""


class CheckSetting(Protocol):
    """What a check may ask of the scenario that it is made for."""

    @property
    def T(self) -> int:
        """The number of steps."""

    @property
    def K(self) -> int:
        """The number of states."""

    @property
    def is_markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""

    @property
    def file_unit(self) -> Unit:
        """The unit that the file states its bounds in."""

    @property
    def stationary(self) -> RationalMatrix | None:
        """The law that every step preserves, where there is exactly one; found only when asked for."""

    def law(self, named: NamedLaw, where: str) -> RationalMatrix:
        """Return a law on the states, a row vector. Raise InputError at `where` for one that cannot be had."""

    def keeps(self, law: RationalMatrix) -> bool:
        """Return whether every step is known to preserve the law, for arithmetic that has to know beforehand."""


class CheckKind:
    """One kind of check. `asked` is what the file says of it, always of type `asks`; None where it says nothing."""

    name: ClassVar[str]
    asks: ClassVar[Any] = Holds
    """The type of what may stand in the file: the words that may be expected, or a table of its own."""
    may_be: ClassVar[tuple[str, ...]] = get_args(Holds)
    """What may be expected, and observed."""
    needs_markov: ClassVar[bool] = False
    """Whether it is not defined for a process with memory."""
    of_sequences: ClassVar[bool] = False
    """Whether it speaks of data that are sequences alone."""
    shows_rounding: ClassVar[bool] = False
    """Whether its finding may be the rounding's: a step that was rounded to the identity loses nothing."""

    @classmethod
    def default(cls, setting: CheckSetting) -> str | None:
        """Return what is expected where the file does not mention the check; None where it is not made then."""
        return None

    @classmethod
    def expected(cls, asked: Any) -> str:
        """Return the word that the file expects; of a table that has none, that it holds."""
        return asked if isinstance(asked, str) else "holds"

    @classmethod
    def meets(cls, observed: str, expected: str) -> bool:
        """Return whether what was observed is what was expected."""
        return observed == expected

    @classmethod
    def check_defined(cls, setting: CheckSetting) -> None:
        """Raise InputError where the check is not defined for such a process."""
        if cls.needs_markov and not setting.is_markov:
            raise InputError("not defined for a process with memory", where=f"checks.{cls.name}", remedy="leave it out")

    @classmethod
    def against(cls, asked: Any) -> NamedLaw | None:
        """Return the law that the check measures against, as the file has it; None where there is none."""
        return None

    @classmethod
    def law(cls, asked: Any, setting: CheckSetting) -> RationalMatrix | None:
        """Return the law that the check measures against, on the states. Raise InputError where it cannot be had."""
        named = cls.against(asked)
        return None if named is None else setting.law(named, f"checks.{cls.name}")

    @classmethod
    def record(cls, expected: str, asked: Any, setting: CheckSetting) -> object:
        """Return what a result keeps of the check for an audit: what is expected, and all that it was measured by."""
        return expected

    @classmethod
    def observer(cls, asked: Any, setting: CheckSetting) -> CheckObserver | None:
        """Return what watches a run; None for a check that the engines conclude themselves."""
        return None

    @property
    def laws(self) -> Sequence[RationalMatrix]:
        """The laws on the states that an instance measures against."""
        return ()
