"""A scenario's TOML text as a form: named fields to read and to set, and the engine's judgement of them.

The text is what is true; a `Form` is the text and what was put away while choosing. A field is set by
rewriting its value where it stands, so that comments, descriptions, checks and the rows of matrices, which the
form does not know, stay as they are. What a table may hold is asked of the file format's own structs. A
value is what a person would write: 3/4, 0.1, "3 1 4". Whatever is typed becomes valid TOML, if need be as
a string, and it is the engine's reader that refuses it, in its own words.

Paths are the keys' (`noise.schedule.beta`). A choice between forms of a table ends in `.kind`, also that of
[data], and of a law that is either named or given. Nothing heavy is imported before the first use.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache, lru_cache
from itertools import count
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from msgspec import inspect

Kind: TypeAlias = Literal["choice", "integer", "number", "numbers", "labels", "text", "state", "path", "fixed"]
Way: TypeAlias = Literal[1, -1]

GIVEN = "given"
"""The choice, where a law may be named, of writing its probabilities."""

LISTS, FILES = ("weights", "probabilities"), ("text", "csv", "npy")
"""Forms of [data] beside the families: numbers written out, and files."""

KINDED = ("noise.kernel", "noise.schedule", "reverse.model")
"""Tables that say of which kind they are."""

BRINGING = ("data.text", "data.csv", "data.npy", "noise.kernel", "reverse.model")
"""Tables that may name a file."""

MATRICES = ("rows", "steps_rows", "rows_by_source")
"""Keys that hold a matrix or more, each instead of a `path`."""

DEFAULTS = {
    "ratio": '"1/2"', "p": '"1/2"', "state": "0", "path": '""', "label": '"symbol"', "count": '"n"', "target": '"data"',
    "beta": '"1/10"', "start": '"1/50"', "stop": '"1/4"', "trajectories": "1000",
}  # fmt: skip
"""What a key that has to be there is first given."""

LABELS = {"beta": "β", "betas": "β_1 … β_T", "alphas": "ᾱ_1 … ᾱ_T", "reverse.model.data": "belief"}
HINTS: dict[Kind, str] = {
    "integer": "a whole number",
    "number": "3/4, 0.1 or 2, exactly as written",
    "numbers": "numbers with blanks between: 3 1 4, or 1/2 1/4 1/4",
    "labels": 'labels with blanks between; "in quotes" if they have some',
    "state": "a label, or a number from 0",
    "path": "a file, relative to the scenario's folder",
    "fixed": "to be edited as text",
    "choice": "",
    "text": "",
}

MAX_CELLS, MAX_LISTED = 4096, 16
"""Matrices of more entries, lists of more steps, are not made up for somebody who chooses them."""

MAX_TEXT, MAX_STEPS, MAX_STATES, MAX_DENSE, MAX_STATIONARY = 2**16, 512, 512, 64, 2**12
"""A text or its files, T, K, K of a full matrix, K²T where a law is solved for: beyond, reading took over 10 ms."""


@dataclass(frozen=True)
class Field:
    """One line of the form: `value` as a person would write it, "" where the file has none; then `default` holds."""

    path: str
    label: str
    kind: Kind
    value: str
    choices: tuple[str, ...] = ()
    hint: str = ""
    default: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Problem:
    """What is wrong, and the field that it stands beside; None for the foot of the form."""

    path: str | None
    message: str


# the text


@dataclass(frozen=True)
class Entry:
    """A key and its value in the text; `section` is the header that it stands under, None inside { }."""

    path: tuple[str, ...]
    start: int
    value: int
    end: int
    section: tuple[str, ...] | None


@dataclass(frozen=True)
class Header:
    """A [table] line; what stands under it goes from `end` on."""

    path: tuple[str, ...]
    start: int
    end: int


_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z0-9_-]+')
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_BARE = re.compile(r"[^,\[\]{}\s#]+")
_FLAT = re.compile(r'\[(?:[^\[\]{}"\'#]|"[^"\\\n]*")*\]')
"""A list of plain values, as most rows of a matrix are; one with triple quotes may be taken for one."""


class _Scanner:
    """Where everything stands in a text that is known to be TOML."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.entries: list[Entry] = []
        self.headers: list[Header] = []
        at = self._after(_SPACE, 0)
        section: tuple[str, ...] = ()
        while at < len(text):
            if text[at] == "[":
                opened = 2 if text.startswith("[[", at) else 1
                section, end = self._keys(at + opened)
                end = self._after(_BLANK, end) + opened
                self.headers.append(Header(section, at, _line_end(text, end)))
            else:
                end = self._pair(at, section, section)
            at = self._after(_SPACE, end)

    def _after(self, pattern: re.Pattern[str], at: int) -> int:
        found = pattern.match(self.text, at)
        assert found is not None
        return found.end()

    def _keys(self, at: int) -> tuple[tuple[str, ...], int]:
        path: list[str] = []
        while True:
            at = self._after(_BLANK, at)
            end = self._after(_KEY, at)
            path.append(_spoken(self.text[at:end]))
            at = self._after(_BLANK, end)
            if self.text[at] != ".":
                return tuple(path), end
            at += 1

    def _pair(self, at: int, prefix: tuple[str, ...], section: tuple[str, ...] | None) -> int:
        keys, end = self._keys(at)
        value = self._after(_BLANK, self._after(_BLANK, end) + 1)
        index = len(self.entries)
        end = self._value(value, prefix + keys)
        self.entries.insert(index, Entry(prefix + keys, at, value, end, section))
        return end

    def _value(self, at: int, path: tuple[str, ...]) -> int:
        opening = self.text[at]
        if opening not in "[{":
            return self._after(_STRING if opening in "\"'" else _BARE, at)
        if (flat := _FLAT.match(self.text, at)) and '"""' not in flat[0]:
            return flat.end()
        at = self._after(_SPACE, at + 1)
        while self.text[at] not in "]}":
            end = self._value(at, (*path, "[]")) if opening == "[" else self._pair(at, path, None)
            at = self._after(_SPACE, end)
            if self.text[at] == ",":
                at = self._after(_SPACE, at + 1)
        return at + 1


def _spoken(key: str) -> str:
    return next(iter(tomllib.loads(f"{key} = 0"))) if key[0] in "\"'" else key


@lru_cache(maxsize=16)
def _scan(text: str) -> _Scanner:
    return _Scanner(text)


def _line_end(text: str, at: int) -> int:
    """Past the end of the line, or of the text."""
    return text.find("\n", at) + 1 or len(text)


@lru_cache(maxsize=16)
def _parsed(text: str) -> dict[str, Any]:
    """The values, decimals as they are written; nothing where it is not TOML."""
    try:
        return tomllib.loads(text, parse_float=lambda decimal: decimal.replace("_", ""))
    except (ValueError, RecursionError):
        return {}


def _find(text: str, path: tuple[str, ...]) -> Entry | None:
    return next((entry for entry in _scan(text).entries if entry.path == path), None)


def _written(text: str, path: tuple[str, ...]) -> dict[str, str]:
    """The keys directly under a table, each with its value as it is written."""
    n = len(path)
    return {e.path[n]: text[e.value : e.end] for e in _scan(text).entries if e.path[:-1] == path}


def _dotted(keys: tuple[str, ...]) -> str:
    return ".".join(key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else quoted(key) for key in keys)


def _line(keys: tuple[str, ...], literal: str) -> str:
    return f"{_dotted(keys)} = {literal}"


def _inline(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(_line((key,), literal) for key, literal in values.items()) + " }"


def put(text: str, path: tuple[str, ...], literal: str) -> str:
    r"""The text with the value at a path replaced, or written where one would look for it.

    >>> put('[noise]  # forwards\nsteps = 3  # few', ("noise", "steps"), "4")
    '[noise]  # forwards\nsteps = 4  # few'
    """
    if entry := _find(text, path):
        return text[: entry.value] + literal + text[entry.end :]
    for n in range(len(path) - 1, 0, -1):
        if table := _find(text, path[:n]):
            return _put_inside(text, table, _line(path[n:], literal))
        if header := next((h for h in _scan(text).headers if h.path == path[:n]), None):
            below = [e.end for e in _scan(text).entries if e.section == header.path]
            return _put_line(text, _line_end(text, max(below)) if below else header.end, _line(path[n:], literal))
        dotted = [e for e in _scan(text).entries if e.section is not None and len(e.section) < n]
        if beside := [e for e in dotted if e.path[:n] == path[:n]]:
            last = max(beside, key=lambda e: e.end)
            return _put_line(text, _line_end(text, last.end), _line(path[len(last.section or ()) :], literal))
    if len(path) == 1:
        top = [e.end for e in _scan(text).entries if e.section == ()]
        return _put_line(text, _line_end(text, max(top)) if top else 0, _line(path, literal))
    return _put_line(text, len(text), f"\n[{_dotted(path[:-1])}]\n{_line(path[-1:], literal)}")


def _put_inside(text: str, table: Entry, line: str) -> str:
    """Into { }; what is no table at all becomes one."""
    depth, within = len(table.path), [e for e in _scan(text).entries if table.value < e.start < table.end]
    if text[table.value] == "{" and any(len(e.path) > depth for e in within):
        at = max(e.end for e in within)
        return f"{text[:at]}, {line}{text[at:]}"
    return f"{text[: table.value]}{{ {line} }}{text[table.end :]}"


def _put_line(text: str, at: int, line: str) -> str:
    before = text[:at]
    return f"{before}{'' if not before or before.endswith(chr(10)) else chr(10)}{line}\n{text[at:]}"


def drop(text: str, path: tuple[str, ...]) -> str:
    """The text without what stands at a path or below it.

    >>> drop('kernel = { kind = "neighbour", reach = 2 }', ("kernel", "reach"))
    'kernel = { kind = "neighbour" }'
    """
    n = len(path)
    while entry := next((e for e in _scan(text).entries if e.path[:n] == path), None):
        start, end = entry.start, entry.end
        if entry.section is not None:
            start, end = text.rfind("\n", 0, start) + 1, _line_end(text, end)
        else:
            after = _SPACE.match(text, end)
            assert after is not None
            if text[after.end()] == ",":
                following = _SPACE.match(text, after.end() + 1)
                assert following is not None
                end = following.end()
            elif text[:start].rstrip().endswith(","):
                start = len(text[:start].rstrip()) - 1
        text = text[:start] + text[end:]
    while header := next((h for h in _scan(text).headers if h.path[:n] == path), None):
        text = text[: header.start] + text[header.end :]
    return text


# values as people write them


def quoted(text: str) -> str:
    r"""A TOML string.

    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _number(text: str) -> str:
    """A number bare where TOML has it so, else as a string for the engine to read or refuse."""
    bare = re.fullmatch(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", text.strip(), re.ASCII)
    return text.strip() if bare and len(text) < 1000 else quoted(text.strip())


def _numbers(text: str) -> str:
    return _list(_number(token) for token in re.split(r"[\s,;\[\]\"']+", text) if token)


def _list(literals: Iterable[str]) -> str:
    return f"[{', '.join(literals)}]"


def _labels(text: str) -> str:
    if isinstance(listed := _parsed(f"x = {text}").get("x"), list):
        labels = [str(label) for label in listed]
    else:
        labels = [_unquoted(token) for token in re.findall(r'"(?:[^"\\]|\\.)*"|[^\s,]+', text)]
    return _list(map(quoted, labels))


def _unquoted(token: str) -> str:
    label = _parsed(f"x = {token}").get("x") if token.startswith('"') else token
    return label if isinstance(label, str) else token


def _shown_label(label: str) -> str:
    return label if re.fullmatch(r'[^\s,"\\]+', label) else quoted(label)


def _shown(value: object, kind: Kind) -> str | None:
    """A value as it stands in its field; None where no field of this kind can hold it."""
    if isinstance(value, list) and kind in ("numbers", "labels"):
        simple = all(isinstance(x, int | str) and "\n" not in str(x) for x in value)
        return " ".join(_shown_label(x) if kind == "labels" else str(x) for x in map(str, value)) if simple else None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | str) and "\n" not in str(value) else None


def _shape(value: object) -> str:
    sizes = []
    while isinstance(value, list):
        sizes.append(str(len(value)))
        value = value[0] if value else None
    return f"{' × '.join(sizes)} numbers" if sizes else "not a value for a field"


# what the file format says


@dataclass(frozen=True)
class _Key:
    """A key of a table: what kind of value it takes, and whether it may be left out."""

    name: str
    kind: Kind
    choices: tuple[str, ...]
    required: bool
    default: str
    law: bool

    @staticmethod
    def of(given: inspect.Field) -> _Key:
        """The key as msgspec describes it."""
        default = "" if given.required or given.default is None else _shown(given.default, "text") or ""
        kind, choices, law = _kind(given.encode_name, given.type)
        return _Key(given.encode_name, kind, choices, given.required, default, law)


def _kind(name: str, given: inspect.Type) -> tuple[Kind, tuple[str, ...], bool]:
    from msgspec import inspect

    kinds = list(given.types) if isinstance(given, inspect.UnionType) else [given]
    kinds = [kind for kind in kinds if not isinstance(kind, inspect.NoneType)]
    words = next((tuple(map(str, k.values)) for k in kinds if isinstance(k, inspect.LiteralType)), ())
    if words:
        optional = isinstance(given, inspect.UnionType) and len(kinds) == 1
        return "choice", ("", *words) if optional else words, len(kinds) > 1
    if len(kinds) > 1:
        return "state", (), False
    match kinds[0]:
        case inspect.ListType(item_type=inspect.ListType()):
            return "fixed", (), False
        case inspect.ListType(item_type=inspect.StrType()):
            return "labels", (), False
        case inspect.ListType():
            return "numbers", (), False
        case inspect.IntType():
            return "integer", (), False
        case inspect.BoolType():
            return "choice", ("false", "true"), False
        case inspect.CustomType():
            return "number", (), False
    return "path" if name == "path" else "text", (), False


@dataclass(frozen=True)
class _Table:
    """One kind of a table: its keys, and what it says of itself."""

    keys: tuple[_Key, ...]
    about: str


@cache
def _tables(path: str) -> Mapping[str, _Table]:
    """The kinds of table that may stand at a path, in the file format's order; "" where there is only one."""
    from msgspec import inspect

    from markovdiff.study import fileformat

    kind: inspect.Type = inspect.type_info(fileformat.File)
    for name in path.split("."):
        assert isinstance(kind, inspect.StructType)
        kind = next(f.type for f in kind.fields if f.encode_name == name)
        if isinstance(kind, inspect.UnionType) and sum(isinstance(k, inspect.StructType) for k in kind.types) == 1:
            kind = next(k for k in kind.types if isinstance(k, inspect.StructType))
    kinds = kind.types if isinstance(kind, inspect.UnionType) else (kind,)
    structs = {str(k.tag or ""): k for k in kinds if isinstance(k, inspect.StructType)}
    order = [tag for tag in _order(path) if tag in structs] + [tag for tag in structs if tag not in _order(path)]
    return {
        tag: _Table(
            tuple(map(_Key.of, structs[tag].fields)), (structs[tag].cls.__doc__ or "").partition("\n")[0].rstrip(".")
        )
        for tag in order
    }


def _order(path: str) -> tuple[str, ...]:
    """The simplest first; msgspec sorts by name."""
    return {
        "data.family": ("uniform", "triangular", "zipf", "geometric", "binomial", "point"),
        "noise.kernel": ("uniform", "absorbing", "mixing", "neighbour", "gaussian", "matrix", "per-step"),
        "noise.schedule": ("constant", "linear", "cosine", "jump", "geometric", "explicit"),
        "reverse.model": ("bayes", "posterior-mixture", "d3pm", "counted", "uniform"),
    }.get(path, ())


# the draft


@dataclass(frozen=True)
class Draft:
    """A scenario's text, and what was put away while choosing, for when it is wanted again."""

    text: str
    away: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def at(self, path: str) -> object:
        """What the text has at a path; None where it has nothing."""
        value: object = _parsed(self.text)
        for key in path.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        return value

    def kind_at(self, path: str) -> str:
        """The kind of a table; "" where none is said."""
        kind = self.at(f"{path}.kind")
        return kind if isinstance(kind, str) else ""

    def literal(self, path: str) -> str:
        """A value as it is written; a [table] as { }."""
        entry = _find(self.text, keys := tuple(path.split(".")))
        return self.text[entry.value : entry.end] if entry else _inline(_written(self.text, keys))

    def put(self, path: str, literal: str) -> Draft:
        """With this value."""
        return replace(self, text=put(self.text, tuple(path.split(".")), literal))

    def drop(self, path: str) -> Draft:
        """Without this value or table."""
        return replace(self, text=drop(self.text, tuple(path.split("."))))

    def keep(self, key: str, values: Mapping[str, str]) -> Draft:
        """With something kept in mind."""
        return replace(self, away={**self.away, key: values})

    def kept(self, key: str) -> str | None:
        """The value that was kept under this name."""
        return self.away.get(key, {}).get("")

    def put_away(self, path: str) -> Draft:
        """Without a value or table, which is kept in mind."""
        return self if self.at(path) is None else self.keep(path, {"": self.literal(path)}).drop(path)

    def bring(self, path: str) -> Draft:
        """With what was put away, if anything was and the place is free."""
        literal = self.kept(path)
        return self if literal is None or self.at(path) is not None else self.put(path, literal)

    @property
    def data_form(self) -> str:
        """The form of [data]: its key, or the family's kind."""
        form = next((form for form in (*LISTS, *FILES, "family") if self.at(f"data.{form}") is not None), "")
        return self.kind_at("data.family") if form == "family" else form

    @property
    def has_schedule(self) -> bool:
        """Whether the kernel has a β."""
        return self.kind_at("noise.kernel") not in ("per-step", "conditional")

    @property
    def brings_steps(self) -> bool:
        """Whether the number of steps follows from a list."""
        listed = self.has_schedule and self.kind_at("noise.schedule") in ("explicit", "alpha")
        return listed or self.kind_at("noise.kernel") == "per-step"

    @property
    def states(self) -> list[str]:
        """The labels that [data] gives, or the numbers in their stead."""
        states = self.at("data.states")
        return [str(state) for state in states] if isinstance(states, list) else [str(k) for k in range(self.K)]

    @property
    def adds_mask(self) -> bool:
        """Whether the kernel adds a state."""
        mask = self.at("noise.kernel.mask")
        return self.kind_at("noise.kernel") == "absorbing" and ("[MASK]" if mask is None else mask) not in self.states

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
        kept = self.kept("noise.steps") or ""
        known = (self.at("noise.steps"), self.listed, int(kept) if kept.isdecimal() else 0)
        return next((T for T in known if isinstance(T, int) and T > 0), 32)


# choosing


def _choose(draft: Draft, table: str, kind: str) -> Draft:
    """Another kind of table: its own values as they last were, or as they are best begun with."""
    before = _written(draft.text, tuple(table.split(".")))
    now = draft.keep(f"{table}:{draft.kind_at(table)}", before)
    keys = draft.away.get(f"{table}:{kind}") or _beginning(draft, table, kind)
    if not before:
        return now.put(table, _inline(keys))
    for key in before.keys() - keys.keys():
        now = now.drop(f"{table}.{key}")
    for key, literal in keys.items():
        now = now.put(f"{table}.{key}", literal)
    return now


def _settled(before: Draft, draft: Draft) -> Draft:
    """After another kernel or schedule, what goes with it: a schedule, steps, a reverse model, or none."""
    draft = draft.bring("noise.schedule") if draft.has_schedule else draft.put_away("noise.schedule")
    if draft.has_schedule and draft.at("noise.schedule") is None:
        draft = _choose(draft, "noise.schedule", "constant")
    has_memory = draft.kind_at("noise.kernel") == "conditional"
    draft = draft.put_away("reverse.model") if has_memory else draft.bring("reverse.model")
    if draft.brings_steps:
        return draft if draft.at("noise.steps") == draft.listed else draft.put_away("noise.steps")
    T = before.T
    draft = draft.bring("noise.steps")
    return draft if draft.at("noise.steps") is not None else draft.put("noise.steps", str(T))


def _choose_data(draft: Draft, kind: str) -> Draft:
    """Another form of [data]."""
    families, before = _tables("data.family"), draft.data_form
    target = "family" if kind in families else kind
    literal = draft.kept(f"data:{kind}") or _new_data(draft, kind)
    if before:
        draft = draft.keep(
            f"data:{before}", {"": draft.literal("data.family" if before in families else f"data.{before}")}
        )
    for other in (*LISTS, *FILES, "family"):
        draft = draft.drop(f"data.{other}")
    draft = draft.put(f"data.{target}", literal)
    return draft.put_away("data.states") if kind in ("text", "csv") else draft.bring("data.states")


def _new_data(draft: Draft, kind: str) -> str:
    if kind in LISTS:
        return _numbers(" ".join(_same_law(draft, kind)))
    return _inline(_beginning(draft, *(("data.family", kind) if kind not in FILES else (f"data.{kind}", ""))))


def _same_law(draft: Draft, kind: str) -> list[str]:
    """The law that is written, in the other way of writing it; else a uniform one."""
    listed = draft.at("data.weights") or draft.at("data.probabilities")
    try:
        numbers = [Fraction(str(x)) for x in listed] if isinstance(listed, list) else []
    except (ValueError, ZeroDivisionError):
        numbers = []
    if not numbers or min(numbers) < 0 or not sum(numbers):
        numbers = [Fraction(1)] * (draft.K if 0 < draft.K <= MAX_DENSE else 4)
    whole = sum(numbers) if kind == "probabilities" else Fraction(1, lcm(*(x.denominator for x in numbers)))
    return [str(x / whole) for x in numbers]


def _name_law(draft: Draft, path: str, name: str) -> Draft:
    """A law by its name, or with its probabilities."""
    key = f"{path}:{GIVEN}"
    if name != GIVEN:
        listed = isinstance(draft.at(path), list)
        return (draft.keep(key, {"": draft.literal(path)}) if listed else draft).put(path, quoted(name))
    K = max(draft.K + (path == "reverse.prior" and draft.adds_mask), 1)
    return draft.put(path, draft.kept(key) or _list([quoted(f"1/{K}")] * K))


def _beginning(draft: Draft, table: str, kind: str) -> dict[str, str]:
    """The keys that must be there, and those that a kind is nothing without."""
    T = min(draft.T, MAX_LISTED)
    made = {
        "size": str(draft.K or 8),
        "betas": _list(['"1/10"'] * T),
        "alphas": _list(_number(str(Fraction(T - t, T))) for t in range(1, T + 1)),
    }
    found = {"kind": quoted(kind)} if kind else {}
    for key in _tables(table)[kind].keys:
        literal = made.get(key.name) or (DEFAULTS.get(key.name) if key.required else None)
        if key.name in MATRICES and table == "noise.kernel":
            literal = _walk(draft.K, {"rows": 1, "steps_rows": T, "rows_by_source": draft.K}[key.name], key.name)
        if literal is not None:
            found[key.name] = literal
    return found


def _walk(K: int, copies: int, name: str) -> str | None:
    """Half stays, half moves on by one; none where it would be long: the engine then says that it is missing."""
    if not 0 < K * K * copies <= MAX_CELLS:
        return None
    half = '"1/2"' if K > 1 else "1"
    rows = _list(_list(half if j in (i, (i + 1) % K) else "0" for j in range(K)) for i in range(K))
    return rows if name == "rows" else _list([rows] * copies)


# reading the fields


def _fields(draft: Draft) -> Iterator[Field]:
    """Every field that the chosen kinds have, in order."""
    yield from _data_fields(draft)
    yield from _kind_fields(draft, "noise.kernel")
    if draft.has_schedule or draft.at("noise.schedule") is not None:
        yield from _kind_fields(draft, "noise.schedule")
    yield _field(draft, "noise", _Key("steps", "integer", (), not draft.brings_steps, "", False))
    if draft.kind_at("noise.kernel") != "conditional" or draft.at("reverse.model") is not None:
        yield from _kind_fields(draft, "reverse.model")
    yield from _law_fields(draft, "reverse", next(key for key in _tables("reverse")[""].keys if key.name == "prior"))
    yield _field(draft, "", _Key("title", "text", (), False, "", False))


def _data_fields(draft: Draft) -> Iterator[Field]:
    form, families = draft.data_form, _tables("data.family")
    about = families[form].about if form in families else ""
    yield Field("data.kind", "data", "choice", form, (*LISTS, *families, *FILES), about)
    if form in LISTS:
        yield _field(draft, "data", _Key(form, "numbers", (), True, "", False))
    elif form in FILES:
        yield from _key_fields(draft, f"data.{form}", _tables(f"data.{form}")[""])
    elif form in families:
        yield from _key_fields(draft, "data.family", families[form])
    if form not in ("text", "csv") or draft.at("data.states") is not None:
        yield _field(draft, "data", _Key("states", "labels", (), False, "0 1 2 …", False))


def _kind_fields(draft: Draft, path: str) -> Iterator[Field]:
    tables, kind = _tables(path), draft.kind_at(path)
    default = "bayes" if path == "reverse.model" else ""
    chosen = tables.get(kind or (default if draft.at(path) is None else ""))
    about = chosen.about if chosen else ""
    yield Field(f"{path}.kind", path.rpartition(".")[2], "choice", kind, tuple(tables), about, default)
    if chosen:
        yield from _key_fields(draft, path, chosen)


def _key_fields(draft: Draft, path: str, table: _Table) -> Iterator[Field]:
    for key in table.keys:
        if key.law:
            yield from _law_fields(draft, path, key)
        elif draft.at(f"{path}.{key.name}") is not None or not (key.kind == "fixed" or _idle(draft, path, key)):
            yield _field(draft, path, key)


def _idle(draft: Draft, path: str, key: _Key) -> bool:
    """A key that says how a file is read, where none is named."""
    return key.name in ("normalise", "form") and draft.at(f"{path}.path") is None


def _law_fields(draft: Draft, path: str, key: _Key) -> Iterator[Field]:
    """A law by its name, or "given" and then its probabilities."""
    whole = f"{path}.{key.name}"
    value = draft.at(whole)
    named = GIVEN if isinstance(value, list) else "" if value is None else _shown(value, "choice") or ""
    yield Field(f"{whole}.kind", key.name, "choice", named, (*key.choices, GIVEN), "", key.default)
    if named == GIVEN:
        yield replace(_field(draft, path, replace(key, kind="numbers", required=True)), label="probabilities")


def _field(draft: Draft, path: str, key: _Key) -> Field:
    whole, kind = f"{path}.{key.name}".lstrip("."), key.kind
    value = draft.at(whole)
    shown = "" if value is None else None if kind == "fixed" else _shown(value, kind)
    if shown is None:
        kind, shown = "fixed", _shape(value)
    optional = not key.required and kind not in ("fixed", "choice")
    hint = "; ".join(filter(None, [HINTS[kind], "may be left out" if optional else ""]))
    label = LABELS.get(whole, LABELS.get(key.name, key.name))
    return Field(whole, label, kind, shown, key.choices, hint, key.default, optional)


# the form


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
        """The form of a text; it has no fields if that is not TOML."""
        return cls(Draft(toml))

    def text(self) -> str:
        """The scenario."""
        return self.draft.text

    def fields(self) -> list[Field]:
        """Every field that the chosen kinds have, in order."""
        return list(_fields(self.draft)) if _parsed(self.draft.text) else []

    def field(self, path: str) -> Field:
        """A field by its path. Raises KeyError where the form has none such."""
        for known in self.fields():
            if known.path == path:
                return known
        raise KeyError(path)

    def set(self, path: str, value: str) -> Form:
        """The form with this in a field. Raises KeyError where it has none such, or cannot set it."""
        known = self.field(path)
        if known.kind == "fixed" or (known.kind == "choice" and value not in known.choices):
            raise KeyError(path)
        return self if value == known.value else Form(self._changed(known, value))

    def _changed(self, known: Field, value: str) -> Draft:
        table, _, last = known.path.rpartition(".")
        if known.path == "data.kind":
            return _choose_data(self.draft, value)
        if last == "kind" and table in KINDED:
            chosen = _choose(self.draft, table, value)
            return chosen if table == "reverse.model" else _settled(self.draft, chosen)
        if last == "kind":
            return _name_law(self.draft, table, value)
        leave_out = not value.strip() and (known.optional or "" in known.choices)
        draft = self.draft
        for key in MATRICES if last == "path" and known.optional else ():
            draft = draft.bring(f"{table}.{key}") if leave_out else draft.put_away(f"{table}.{key}")
        draft = draft.drop(known.path) if leave_out else draft.put(known.path, _literal(self.draft, known, value))
        if last in ("betas", "alphas"):
            draft = draft.put_away("noise.steps")
            return draft.bring("noise.steps") if draft.kept("noise.steps") == str(draft.listed) else draft
        return draft

    def nudged(self, path: str, way: Way) -> Form:
        """A number twice or half as large, a whole one larger or smaller by one; what is no number stays."""
        known = self.field(path)
        try:
            number = Fraction(known.value or known.default)
        except (ValueError, ZeroDivisionError):
            return self
        if known.kind == "integer" and number.denominator == 1:
            return self.set(path, str(max(number + way, 1)))
        return self.set(path, str(number * 2 if way > 0 else number / 2)) if known.kind == "number" else self


def _literal(draft: Draft, known: Field, value: str) -> str:
    """A value as TOML."""
    if known.kind == "choice":
        return value if value in ("true", "false") else quoted(value)
    if known.kind == "state":
        number = re.fullmatch(r"0|[1-9][0-9]{0,17}", value.strip())
        has_label = isinstance(draft.at("data.states"), list) and value.strip() in draft.states
        return value.strip() if number and not has_label else quoted(value)
    writers: dict[Kind, Callable[[str], str]] = {
        "integer": _number, "number": _number, "numbers": _numbers, "labels": _labels,
    }  # fmt: skip
    return writers.get(known.kind, quoted)(value)


def moved(text: str, old: Path, new: Path) -> str:
    """The text for another folder: relative paths that it names become absolute ones."""
    if old.resolve() == new.resolve():
        return text
    draft = Draft(text)
    for path, value in _paths(draft):
        draft = draft.put(path, quoted(str((old / value).resolve())))
    return draft.text


def _paths(draft: Draft) -> list[tuple[str, str]]:
    """The files that a text names, by where it does."""
    found = [(f"{table}.path", draft.at(f"{table}.path")) for table in BRINGING]
    return [(path, value) for path, value in found if isinstance(value, str) and value]


# the judgement


def problem(text: str, folder: str | Path = ".", name: str = "scenario") -> Problem | None:
    """What the engine's reader says of a text; None if it is a scenario.

    Of one that is not `light` only the shape is judged: the rest takes long, and is left to the engine's process.
    """
    from markovdiff.errors import MarkovdiffError
    from markovdiff.study.reading import read
    from markovdiff.study.scenario import loads

    try:
        if light(text, folder):
            loads(text, folder=folder, name=name)
        else:
            read(text)
    except MarkovdiffError as error:
        parts = [f"{part} {said}" for part in ("expected", "got") if (said := getattr(error, part))]
        return _placed(error.what, ", ".join(parts), error.remedy or "", error.where or "", text)
    return None


def failure(message: str, text: str) -> Problem:
    """The same of an error that the engine's process has sent as words."""
    what, *rest = message.splitlines() or [""]
    parts = {line[:11].strip(): line[11:].strip() for line in rest if line.startswith("  ")}
    expected = ", ".join(f"{part} {parts[part]}" for part in ("expected", "got") if part in parts)
    return _placed(what, expected, parts.get("remedy", ""), parts.get("where", ""), text)


def _placed(what: str, expected: str, remedy: str, where: str, text: str) -> Problem:
    """Beside the field that is meant, or the nearest; the place is said where it is not just that field's."""
    path = nearest(where, [known.path for known in Form.from_text(text).fields()])
    place = "" if path in (where, f"{where}.kind") else where
    return Problem(path, "; ".join(filter(None, [what, place and f"at {place}", expected, remedy])))


def nearest(where: str, paths: Sequence[str]) -> str | None:
    """The field at a key's path, else the first within, else the one around it; None where none is near.

    >>> nearest("data.weights[3]", ["data.kind", "data.weights"]), nearest("checks.dpi", ["data.kind"])
    ('data.weights', None)
    """
    key = re.sub(r"\[[0-9]+\]", "", re.split(r" \(|: ", where)[0])
    while key:
        if key in paths:
            return key
        if within := next((path for path in paths if path.startswith(f"{key}.")), None):
            return within
        key = key.rpartition(".")[0]
    return None


def light(text: str, folder: str | Path = ".") -> bool:
    """Whether reading it to the end takes no more than some ten milliseconds, as far as can be said beforehand.

    What is past the engine's own limits is refused at once.
    """
    from markovdiff.process.distribution import MAX_STATES as MOST_STATES
    from markovdiff.study.resolve import MAX_STEPS as MOST_STEPS

    draft, size = Draft(text), 0
    if isinstance(written := draft.at("data.family.size"), int):
        size = written
    structured = draft.kind_at("noise.kernel") in ("uniform", "absorbing", "mixing")
    most = MAX_STATES if structured else MAX_DENSE
    if len(text) > MAX_TEXT or most < max(draft.K, size) <= MOST_STATES or MAX_STEPS < draft.T <= MOST_STEPS:
        return False
    for _, name in _paths(draft):
        try:
            if (Path(folder) / name).stat().st_size > MAX_TEXT:
                return False
        except (OSError, ValueError):
            continue
    asks_stationary = draft.at("reverse.prior") == "stationary" or draft.at("checks.h-theorem") is not None
    return structured or not asks_stationary or max(draft.K, 8) ** 2 * draft.T <= MAX_STATIONARY


# files


def free_name(folder: Path, stem: str) -> str:
    """A name like the scenario's that no file has yet."""
    return next(name for n in count(2) if not (folder / (name := f"{stem}-{n}.toml")).exists())


def save(text: str, path: Path, *, over: bool = False) -> None:
    """Write a scenario, whole or not at all.

    Raises FileExistsError where there is a file that is not to be written over, InputError or another OSError where
    it cannot be written.
    """
    from markovdiff.study.output import write_new, write_whole

    if over:
        write_whole({("save", str(path)): text})
        return
    write_new(path, text)
