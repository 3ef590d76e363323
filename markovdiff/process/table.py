"""What every table of a scenario file is: a frozen struct that refuses unknown keys."""

from __future__ import annotations

from msgspec import Struct

from markovdiff.arithmetic.value import in_a_line


class Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A TOML table; unknown keys are refused."""

    __repr__ = in_a_line


class Kind(Table, frozen=True):
    """One of several kinds of a table, told by its key `kind`."""

    @classmethod
    def kind(cls) -> str:
        """Return what the table's `kind` is."""
        return str(cls.__struct_config__.tag)
