"""The fields that a draft has: those of the chosen kinds, in order, each with its value, choices, hint and default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tui.form import words
from tui.form.choosing import GIVEN
from tui.form.draft import FILES, LISTS, OF_SEQUENCES, Draft
from tui.form.tables import Key, TableShape, tables
from tui.form.words import Kind

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


def fields(draft: Draft) -> Iterator[Field]:
    """Return every field that the chosen kinds have, in order."""
    yield from _data_fields(draft)
    yield from _kind_fields(draft, "noise.kernel")
    if draft.has_schedule or draft.at("noise.schedule") is not None:
        yield from _kind_fields(draft, "noise.schedule")
    yield _field(draft, "noise", Key("steps", "integer", (), not draft.brings_steps, "", False))
    if draft.kind_at("noise.kernel") != "conditional" or draft.at("reverse.model") is not None:
        yield from _kind_fields(draft, "reverse.model")
    yield from _law_fields(draft, "reverse", next(key for key in tables("reverse")[""].keys if key.name == "prior"))
    yield _field(draft, "", Key("title", "text", (), False, "", False))


def _data_fields(draft: Draft) -> Iterator[Field]:
    form, families = draft.data_form, tables("data.family")
    about = families[form].about if form in families else ""
    if form in OF_SEQUENCES:
        yield Field("data.kind", "data", "fixed", form, hint=HINTS["fixed"])
    else:
        yield Field("data.kind", "data", "choice", form, (*LISTS, *families, *FILES), about)
    if draft.at("data.length") is not None or form in OF_SEQUENCES:
        yield _field(draft, "data", Key("length", "integer", (), True, "", False))
    if form in OF_SEQUENCES:
        held = draft.at(f"data.{form}")
        entries = f"{len(held)} entries" if isinstance(held, dict | list) else ""
        yield Field(f"data.{form}", form, "fixed", entries, hint=HINTS["fixed"])
    if form in LISTS:
        yield _field(draft, "data", Key(form, "numbers", (), True, "", False))
    elif form in FILES:
        yield from _key_fields(draft, f"data.{form}", tables(f"data.{form}")[""])
    elif form in families:
        yield from _key_fields(draft, "data.family", families[form])
    if form not in ("text", "csv") or draft.at("data.states") is not None:
        yield _field(draft, "data", Key("states", "labels", (), False, "0 1 2 …", False))


def _kind_fields(draft: Draft, path: str) -> Iterator[Field]:
    kinds, kind = tables(path), draft.kind_at(path)
    usual = "bayes" if draft.at("data.length") is None else "posterior-mixture"
    default = usual if path == "reverse.model" else ""
    chosen = kinds.get(kind or ("bayes" if default == "bayes" and draft.at(path) is None else ""))
    about = chosen.about if chosen else ""
    yield Field(f"{path}.kind", path.rpartition(".")[2], "choice", kind, tuple(kinds), about, default)
    if chosen:
        yield from _key_fields(draft, path, chosen)


def _key_fields(draft: Draft, path: str, table: TableShape) -> Iterator[Field]:
    for key in table.keys:
        if key.law:
            yield from _law_fields(draft, path, key)
        elif draft.at(f"{path}.{key.name}") is not None or not (key.kind == "fixed" or _idle(draft, path, key)):
            yield _field(draft, path, key)


def _idle(draft: Draft, path: str, key: Key) -> bool:
    """Return whether a key has nothing to say: how a file is read where none is named, how an unused equation ends."""
    if key.name == "last":
        return draft.kind_at(path) == "table" and draft.at(f"{path}.form") != "d3pm"
    return key.name in ("normalise", "convention", "softmax", "form") and draft.at(f"{path}.path") is None


def _law_fields(draft: Draft, path: str, key: Key) -> Iterator[Field]:
    """Return a law by its name, or "given" and then its probabilities."""
    whole = f"{path}.{key.name}"
    value = draft.at(whole)
    named = GIVEN if isinstance(value, list) else "" if value is None else words.shown(value, "choice") or ""
    yield Field(f"{whole}.kind", key.name, "choice", named, (*key.choices, GIVEN), "", key.default)
    if named == GIVEN:
        yield replace(_field(draft, path, replace(key, kind="numbers", required=True)), label="probabilities")


def _field(draft: Draft, path: str, key: Key) -> Field:
    whole, kind = f"{path}.{key.name}".lstrip("."), key.kind
    value = draft.at(whole)
    shown = "" if value is None else None if kind == "fixed" else words.shown(value, kind)
    if shown is None:
        kind, shown = "fixed", words.shape(value)
    optional = not key.required and kind not in ("fixed", "choice")
    hint = "; ".join(filter(None, [HINTS[kind], "may be left out" if optional else ""]))
    label = LABELS.get(whole, LABELS.get(key.name, key.name))
    return Field(whole, label, kind, shown, key.choices, hint, key.default, optional)
