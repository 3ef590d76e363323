"""A scenario as fields that are read and set; the text is what is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

from tui.form import toml, words
from tui.form.choosing import MATRICES, choose, choose_data, name_law, settled
from tui.form.draft import Draft
from tui.form.fields import Field, fields
from tui.form.words import Kind

Way: TypeAlias = Literal[1, -1]

KINDED = ("noise.kernel", "noise.schedule", "reverse.model")
"""Tables that say of which kind they are."""


@dataclass(frozen=True)
class Form:
    r"""A scenario as fields.

    >>> form = Form.from_text('[noise]\nsteps = 2\nkernel = { kind = "uniform" }\nschedule = { kind = "jump" }\n')
    >>> print(form.set("noise.schedule.kind", "constant").set("noise.schedule.beta", "0.5").text())
    [noise]
    steps = 2
    kernel = { kind = "uniform" }
    schedule = { kind = "constant", beta = 0.5 }
    <BLANKLINE>
    """

    draft: Draft

    @classmethod
    def from_text(cls, toml: str) -> Form:
        """Return the form of a text; it has no fields if that is not TOML."""
        return cls(Draft(toml))

    def text(self) -> str:
        """Return the scenario."""
        return self.draft.text

    def fields(self) -> list[Field]:
        """Return every field that the chosen kinds have, in order."""
        return list(fields(self.draft)) if toml.parsed(self.draft.text) else []

    def field(self, path: str) -> Field:
        """Return a field by its path. Raises KeyError where the form has none such."""
        for known in self.fields():
            if known.path == path:
                return known
        raise KeyError(path)

    def set(self, path: str, value: str) -> Form:
        """Return the form with this in a field. Raises KeyError where it has none such, or cannot set it."""
        known = self.field(path)
        if known.kind == "fixed" or (known.kind == "choice" and value not in known.choices):
            raise KeyError(path)
        return self if value == known.value else Form(self._changed(known, value))

    def _changed(self, known: Field, value: str) -> Draft:
        table, _, last = known.path.rpartition(".")
        if known.path == "data.kind":
            return choose_data(self.draft, value)
        if last == "kind" and table in KINDED:
            chosen = choose(self.draft, table, value)
            return chosen if table == "reverse.model" else settled(self.draft, chosen)
        if last == "kind":
            return name_law(self.draft, table, value)
        leave_out = not value.strip() and (known.optional or "" in known.choices)
        draft = self.draft
        for key in MATRICES if last == "path" and known.optional else ():
            draft = draft.restore(f"{table}.{key}") if leave_out else draft.set_aside(f"{table}.{key}")
        draft = draft.drop(known.path) if leave_out else draft.put(known.path, _literal(self.draft, known, value))
        if last in ("betas", "alphas"):
            draft = draft.set_aside("noise.steps")
            return draft.restore("noise.steps") if draft.remembered("noise.steps") == str(draft.listed) else draft
        return draft

    def nudged(self, path: str, way: Way) -> Form:
        """Return a number twice or half as large, a whole one larger or smaller by one; what is no number stays."""
        known = self.field(path)
        try:
            number = Fraction(known.value or known.default)
        except (ValueError, ZeroDivisionError):
            return self
        if known.kind == "integer" and number.denominator == 1:
            return self.set(path, str(max(number + way, 1)))
        return self.set(path, str(number * 2 if way > 0 else number / 2)) if known.kind == "number" else self


def _literal(draft: Draft, known: Field, value: str) -> str:
    """Return a value as TOML."""
    if known.kind == "choice":
        return value if value in ("true", "false") or value.isdecimal() else toml.quoted(value)
    if known.kind == "state":
        number = re.fullmatch(r"0|[1-9][0-9]{0,17}", value.strip())
        has_label = isinstance(draft.at("data.states"), list) and value.strip() in draft.states
        return value.strip() if number and not has_label else toml.quoted(value)
    writers: dict[Kind, Callable[[str], str]] = {
        "integer": words.number, "number": words.number, "numbers": words.numbers, "labels": words.labels,
    }  # fmt: skip
    return writers.get(known.kind, toml.quoted)(value)
