"""A scenario's text while it is edited: what it has at a path, what it says of K and T, what was put away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tui.form import toml

if TYPE_CHECKING:
    from markovdiff.process.kernels import Kernel

LISTS, FILES = ("weights", "probabilities"), ("text", "csv", "npy")
"""Forms of [data] beside the families: numbers written out, and files."""

OF_SEQUENCES = ("sequences", "markov")
"""Forms of [data] that the form shows and cannot edit."""

BRINGING = ("data.text", "data.csv", "data.npy", "noise.kernel", "noise.schedule", "reverse.model")
"""Tables that may name a file."""


@dataclass(frozen=True)
class Draft:
    """A scenario's text, and what was put away while choosing, for when it is wanted again."""

    text: str
    stash: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def at(self, path: str) -> object:
        """Return what the text has at a path; None where it has nothing."""
        value: object = toml.parsed(self.text)
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def kind_at(self, path: str) -> str:
        """Return the kind of a table; "" where none is said."""
        kind = self.at(f"{path}.kind")
        return kind if isinstance(kind, str) else ""

    def literal(self, path: str) -> str:
        """Return a value as it is written; a [table] as { }."""
        return toml.literal(self.text, tuple(path.split(".")))

    def put(self, path: str, literal: str) -> Draft:
        """Return the draft with `path` set to `literal`."""
        return replace(self, text=toml.put(self.text, tuple(path.split(".")), literal))

    def drop(self, path: str) -> Draft:
        """Return the draft without the value or table at `path`."""
        return replace(self, text=toml.drop(self.text, tuple(path.split("."))))

    def remember(self, key: str, values: Mapping[str, str]) -> Draft:
        """Return the draft with `values` kept under `key`, for when they are wanted again."""
        return replace(self, stash={**self.stash, key: values})

    def remembered(self, key: str) -> str | None:
        """Return the value that was kept under this name."""
        return self.stash.get(key, {}).get("")

    def set_aside(self, path: str) -> Draft:
        """Return the draft with what stands at `path` taken out and kept."""
        return self if self.at(path) is None else self.remember(path, {"": self.literal(path)}).drop(path)

    def restore(self, path: str) -> Draft:
        """Return the draft with what was kept for `path` put back, if anything was and the place is free."""
        literal = self.remembered(path)
        return self if literal is None or self.at(path) is not None else self.put(path, literal)

    @property
    def data_form(self) -> str:
        """The form of [data]: its key, or the family's kind."""
        form = next(
            (form for form in (*LISTS, *FILES, *OF_SEQUENCES, "family") if self.at(f"data.{form}") is not None), ""
        )
        return self.kind_at("data.family") if form == "family" else form

    @property
    def has_schedule(self) -> bool:
        """Whether the kernel has a β."""
        return self.kernel.has_schedule

    @property
    def brings_steps(self) -> bool:
        """Whether the number of steps follows from a list."""
        from markovdiff.process.schedules.registry import SCHEDULES

        spec = SCHEDULES.get(self.kind_at("noise.schedule"))
        listed = self.has_schedule and spec is not None and spec.brings is not None
        return listed or (not self.kernel.has_schedule and self.kernel.is_markov)

    @property
    def kernel(self) -> type[Kernel]:
        """The class of the kernel that is chosen; of a kind that there is not, one with a schedule."""
        from markovdiff.process.kernels import Kernel
        from markovdiff.process.kernels.registry import KERNELS

        spec = KERNELS.get(self.kind_at("noise.kernel"))
        return Kernel if spec is None else spec.family

    @property
    def states(self) -> list[str]:
        """The labels that [data] gives, or the numbers in their stead."""
        states = self.at("data.states")
        return [str(state) for state in states] if isinstance(states, list) else [str(k) for k in range(self.K)]

    @property
    def adds_state(self) -> bool:
        """Return whether the kernel adds a state to those of the data; not while its table is none yet."""
        import msgspec

        from markovdiff.process.kernels.registry import KERNELS

        spec = KERNELS.get(self.kind_at("noise.kernel"))
        try:
            table = self.at("noise.kernel")
            label = spec and msgspec.convert(table, type=spec, dec_hook=lambda _, x: Fraction(str(x))).added_state()
        except ValueError:
            return False
        return label is not None and label not in self.states

    @property
    def K(self) -> int:
        """How many states [data] has as far as the text says; 0 where it does not."""
        listed = (self.at(f"data.{key}") for key in ("states", *LISTS))
        size = next((len(x) for x in listed if isinstance(x, list)), self.at("data.family.size"))
        return size if isinstance(size, int) and 0 < size <= 100_000 else 0

    @property
    def listed(self) -> int | None:
        """How many steps are written out one by one, if they are."""
        lists = (self.at(f"noise.{key}") for key in ("schedule.betas", "schedule.alphas", "kernel.steps_rows"))
        return next((len(x) for x in lists if isinstance(x, list)), None)

    @property
    def T(self) -> int:
        """How many steps the text says; 32 where it does not."""
        kept = self.remembered("noise.steps") or ""
        known = (self.at("noise.steps"), self.listed, int(kept) if kept.isdecimal() else 0)
        return next((T for T in known if isinstance(T, int) and T > 0), 32)
