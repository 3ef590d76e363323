"""The form on the screen: what is typed is judged beside its field, and the picture below hears of what is right."""

from __future__ import annotations

import time
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from breadth import few
from rich.console import RenderableType
from textual import on
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, Static

from markovdiff.study.loading import loads
from tui import form as forms
from tui.glyphs import shorten
from tui.screens.field import ChoiceEntry, Row, at_rest
from tui.screens.form import FormScreen
from tui.screens.save import SaveAs
from tui.themes import THEMES

FOLDER = Path(__file__).parents[2] / "scenarios"
TWO_STATE = (FOLDER / "two-state.toml").read_text(encoding="utf-8")
LETTERS = (FOLDER / "letters-masked.toml").read_text(encoding="utf-8")
BETA = "noise.schedule.beta"
DEADLINE = 300.0


def typed(row: Row) -> str:
    """What stands in a row's entry."""
    assert not isinstance(row.entry, Static)
    return row.entry.value


class Host(App[None]):
    """A picture, and the form over it."""

    CSS = "Screen { layout: vertical; background: $background; } #picture { height: 1fr; }"

    def __init__(self, text: str, save_in: Path | None) -> None:
        super().__init__()
        self.register_theme(THEMES[0])
        self.theme = THEMES[0].name
        self.edited = FormScreen(text, str(FOLDER), "two-state", save_in=save_in)
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield Static("before", id="picture")

    def on_mount(self) -> None:
        self.push_screen(self.edited)

    @on(FormScreen.Changed)
    @on(FormScreen.Closed)
    @on(FormScreen.EditAsText)
    @on(FormScreen.Saved)
    def hear(self, message: Message) -> None:
        self.heard.append(message)


class Session:
    """The host, its form, and a pilot."""

    def __init__(self, app: Host, pilot: Pilot[None]) -> None:
        self.app, self.pilot, self.form = app, pilot, app.edited

    async def until(self, fact: Callable[[], object], what: str = "what was waited for did not come") -> None:
        deadline = time.monotonic() + DEADLINE
        while not fact():
            assert time.monotonic() < deadline, what
            await self.pilot.pause(0.005)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def row(self, path: str) -> Row:
        return next(row for row in self.form.rows if row.field.path == path)

    def paths(self) -> list[str]:
        return [row.field.path for row in self.form.rows]

    async def to(self, path: str) -> Row:
        """Go to a field."""
        row = self.row(path)
        row.entry.focus()
        await self.until(lambda: self.form.row is row)
        return row

    async def write(self, path: str, text: str) -> Row:
        """Type it into a field, in place of what is there."""
        row = await self.to(path)
        assert isinstance(row.entry, Input)
        await self.press("end", "ctrl+u", *text)
        await self.until(lambda: typed(row) == text)
        return row

    async def choose(self, path: str, word: str) -> None:
        """Turn a choice until it has the word."""
        row = await self.to(path)
        assert isinstance(row.entry, ChoiceEntry)
        for _ in row.entry.choices:
            if row.entry.value == word:
                break
            await self.press("right")
        assert row.entry.value == word

    def said(self, kind: type[FormScreen.FormMessage]) -> list[str]:
        return [message.text for message in self.app.heard if isinstance(message, kind)]

    async def follows(self, fact: Callable[[str], object]) -> None:
        """The last scenario announced is so."""
        await self.until(
            lambda: (told := self.said(FormScreen.Changed)) and fact(told[-1]), "nothing like it was announced"
        )

    def foot(self) -> str:
        return plain(self.form.query_one("#verdict", Static))


def plain(static: Static) -> str:
    return " ".join(" ".join(static.render_line(y).text for y in range(static.size.height)).split())


@asynccontextmanager
async def session(
    text: str = TWO_STATE, size: tuple[int, int] = (120, 40), save_in: Path | None = None
) -> AsyncIterator[Session]:
    app = Host(text, save_in)
    async with app.run_test(size=size) as pilot:
        s = Session(app, pilot)
        await s.until(lambda: s.form.row is not None or not s.form.rows)
        yield s


# fields


async def test_it_opens_on_the_first_field_and_says_nothing() -> None:
    """Every field of the text has a row, the first is focused, all is well, and nobody is told anything."""
    async with session() as s:
        assert s.paths() == [field.path for field in forms.Form.from_text(TWO_STATE).fields()]
        assert s.form.row is s.form.rows[0]
        assert s.foot() == "✓ a scenario"
        await s.press("escape")
        await s.until(lambda: s.said(FormScreen.Closed))
        assert s.said(FormScreen.Closed) == [TWO_STATE]
        assert s.said(FormScreen.Changed) == []
        assert s.app.screen is not s.form


@pytest.mark.slow
async def test_the_keys_walk_through_the_fields() -> None:
    """Down and tab go on, up and shift+tab back, over every field that can be set, and round."""
    async with session() as s:
        walk = []
        for _ in s.form.rows:
            walk.append(s.form.row.field.path)  # type: ignore[union-attr]
            await s.press("down")
        assert walk == s.paths()
        assert s.form.row is s.form.rows[0]
        for key, place in (("up", -1), ("up", -2), ("tab", -1), ("shift+tab", -2)):
            await s.press(key)
            assert s.form.row is s.form.rows[place]


async def test_a_change_is_announced_as_it_is_typed() -> None:
    """Each text announced is a scenario with what was typed; the rest is to the letter what it was."""
    async with session() as s:
        await s.write(BETA, "1/4")
        await s.follows(lambda text: 'beta = "1/4"' in text)
        assert s.said(FormScreen.Changed)[-1] == TWO_STATE.replace('beta = "1/10"', 'beta = "1/4"')
        for text in s.said(FormScreen.Changed):
            loads(text)


BAD = [
    ({BETA: "2"}, BETA, "β is not a probability"),
    ({"data.kind": "weights", "data.weights": ""}, "data.weights", "there are no states"),
    ({"noise.steps": "200000"}, "noise.steps", "too many steps"),
    ({BETA: "abc"}, BETA, "not a rational number"),
    ({BETA: ""}, BETA, "not a rational number"),
    ({"data.probabilities": "1/2"}, "data.probabilities", "do not sum to one"),
    ({"noise.steps": "0"}, "noise.steps", "an integer ≥ 1"),
    ({"data.states": "", "data.kind": "uniform", "data.family.size": "999999"}, "data.family.size", "too many states"),
    ({"reverse.prior.kind": "mask"}, "reverse.prior.kind", "there is no mask"),
]
"""What is typed or chosen, where it is refused, and words of the engine."""


@few(("edits", "path", "words"), BAD, BAD[:3])
async def test_a_bad_value_is_refused_beside_its_field(edits: dict[str, str], path: str, words: str) -> None:
    """The engine's words stand under the field, with a mark; only there. What is wrong is never announced."""
    async with session() as s:
        for where, value in edits.items():
            await (s.write if isinstance(s.row(where).entry, Input) else s.choose)(where, value)
        await s.until(lambda: s.form.problem is not None and words in s.form.problem.message)
        row = s.row(path)
        await s.until(lambda: "✗" in plain(row.why) and words.rsplit(maxsplit=1)[-1] in plain(row.why))
        assert words in plain(row.why)
        assert [other.field.path for other in s.form.rows if other.has_class("-wrong")] == [path]
        assert s.foot().startswith(f"✗ {row.field.label}")
        await s.press("enter")
        assert "not kept" in s.foot()
        await s.press("escape", "y")
        await s.until(lambda: s.said(FormScreen.Closed))
        for text in (*s.said(FormScreen.Changed), *s.said(FormScreen.Closed)):
            loads(text)


async def test_a_value_that_is_mended_is_well_again() -> None:
    """After a bad value, the good one takes its message away, and the picture follows."""
    async with session() as s:
        row = await s.write(BETA, "2")
        await s.until(lambda: row.has_class("-wrong"))
        await s.write(BETA, "1/2")
        await s.follows(lambda text: 'beta = "1/2"' in text)
        assert not row.has_class("-wrong")
        assert s.foot() == "✓ a scenario"


@pytest.mark.slow
async def test_what_is_typed_stays_as_it_is_typed() -> None:
    """The form writes `[3, 1]` into the file, but never into the field where somebody types "3, 1"."""
    async with session() as s:
        await s.choose("data.kind", "weights")
        row = await s.write("data.weights", "5,   2")
        await s.follows(lambda text: "weights = [5, 2]" in text)
        assert isinstance(row.entry, Input)
        assert row.entry.value == "5,   2"


async def test_a_kind_shows_its_parameters() -> None:
    """Another kind has other fields, in their place and filled in; the picture follows; the focus stays."""
    async with session() as s:
        await s.choose("noise.schedule.kind", "linear")
        place = s.paths().index("noise.schedule.kind")
        assert s.paths()[place + 1 : place + 3] == ["noise.schedule.start", "noise.schedule.stop"]
        assert BETA not in s.paths()
        assert s.form.row is s.row("noise.schedule.kind")
        await s.follows(lambda text: 'schedule = { kind = "linear", start = "1/50", stop = "1/4" }' in text)
        shown = [row.entry for row in s.form.query_one("#fields").query(Row)]
        assert shown == [row.entry for row in s.form.rows]
        await s.write("noise.schedule.stop", "1/3")
        await s.follows(lambda text: 'stop = "1/3"' in text)


@pytest.mark.slow
@few("path", ["noise.schedule.kind", "data.kind", "noise.kernel.kind", "reverse.model.kind"])
async def test_every_kind_can_be_turned_to(path: str) -> None:
    """Once round by the keys: the rows are always those of the text, and in the end the text is the first again."""
    async with session() as s:
        row = await s.to(path)
        assert isinstance(row.entry, ChoiceEntry)
        for _ in row.entry.choices:
            await s.press("right")
            fields = s.form.form.fields()
            assert [r.field for r in s.form.rows] == fields
            await s.until(
                lambda fields=fields: [r.field for r in s.form.query_one("#fields").query(Row)] == fields,  # type: ignore[misc]
                "the rows are not in the order of the fields",
            )
            assert [getattr(r.entry, "value", None) for r in s.form.rows if r.field.kind != "fixed"] == [
                field.value for field in fields if field.kind != "fixed"
            ]
        assert forms.problem(s.form.form.text(), FOLDER) is None
        assert (
            loads(s.form.form.text()).file
            == loads(
                TWO_STATE if path != "reverse.model.kind" else TWO_STATE + '[reverse]\nmodel = { kind = "bayes" }'
            ).file
        )


async def test_choices_by_letter_and_backwards() -> None:
    """A letter goes to the next word that begins so; left goes back; a click goes on."""
    async with session() as s:
        row = await s.to("noise.kernel.kind")
        for key, word in (("g", "gaussian"), ("left", "neighbour"), ("m", "matrix"), ("m", "mixing"), ("q", "mixing")):
            await s.press(key)
            assert typed(row) == word
        await s.pilot.click(row.entry)
        assert typed(row) == "mask-uniform"


async def test_numbers_can_be_nudged() -> None:
    """Page up doubles β and adds a step; page down undoes it."""
    async with session() as s:
        await s.to(BETA)
        await s.press("pageup")
        await s.follows(lambda text: 'beta = "1/5"' in text)
        assert typed(s.row(BETA)) == "1/5"
        await s.press("pagedown")
        await s.to("noise.steps")
        await s.press("pageup")
        await s.follows(lambda text: text == TWO_STATE.replace("steps = 64", "steps = 65"))


async def test_a_matrix_is_carried_and_not_typed_over() -> None:
    """Rows are shown by their shape and cannot be focused."""
    async with session((FOLDER / "permutation.toml").read_text(encoding="utf-8")) as s:
        assert s.row("noise.kernel.rows").field.value == "7 × 7 numbers"
        await s.to("noise.kernel.kind")
        await s.press("down")
        assert s.form.row is s.row("noise.kernel.path")


# undo, text, engine


async def test_undo_and_undo_the_undo() -> None:
    """ctrl+z takes back what was typed into a field, or one choice; ctrl+y makes it again; a change ends that."""
    async with session() as s:
        await s.write("noise.steps", "19")
        await s.to("noise.kernel.kind")
        await s.press("right", "left")
        await s.write(BETA, "1/4")
        await s.follows(lambda text: "1/4" in text)
        edited = s.form.form.text()
        for _ in range(2):  # undone, the choice of the kernel is none, since left takes back what right does
            await s.press("ctrl+z")
        await s.follows(lambda text: text == TWO_STATE.replace("steps = 64", "steps = 19"))
        await s.press(*["ctrl+z"] * 3)
        await s.follows(lambda text: text == TWO_STATE)
        assert typed(s.row("noise.steps")) == "64"
        await s.press(*["ctrl+y"] * 5)
        await s.follows(lambda text: text == edited)
        assert typed(s.row(BETA)) == "1/4"
        await s.press("ctrl+z")
        await s.write("noise.steps", "8")
        await s.press("ctrl+y")
        assert typed(s.row("noise.steps")) == "8"


@pytest.mark.parametrize(
    ("keys", "stands"),
    [(("enter",), "edited"), (("escape", "k"), "edited"), (("escape", "y"), "before"), (("escape", "n"), "open"),
     (("escape", "escape"), "open")],
)  # fmt: skip
async def test_keep_or_leave(keys: tuple[str, ...], stands: str) -> None:
    """Enter keeps; escape asks, for a change would be lost, and does as it is answered: keep, lose, or stay."""
    async with session() as s:
        await s.write(BETA, "1/4")
        edited = s.form.form.text()
        await s.press(*keys)
        if stands == "open":
            await s.until(lambda: s.app.screen is s.form)
            assert (s.said(FormScreen.Closed), s.form.form.text()) == ([], edited)
        else:
            await s.until(lambda: s.said(FormScreen.Closed) and s.app.screen is not s.form)
            assert s.said(FormScreen.Closed) == [edited if stands == "edited" else TWO_STATE]


async def test_the_text_goes_out_and_comes_back() -> None:
    """ctrl+e hands the text over, mistakes and all, also from within an input; `load` takes another."""
    async with session() as s:
        await s.write(BETA, "7")
        await s.press("ctrl+e")
        await s.until(lambda: s.said(FormScreen.EditAsText))
        assert "beta = 7" in s.said(FormScreen.EditAsText)[-1]
        s.form.load(LETTERS)
        await s.follows(lambda text: text == LETTERS)
        assert typed(s.row("data.csv.label")) == "letter"


async def test_a_text_that_is_no_toml() -> None:
    """There are no fields then; the foot says why, and the text can be taken elsewhere to be mended."""
    async with session("[data\n") as s:
        assert s.form.rows == []
        await s.until(lambda: s.foot().startswith("✗ not readable as TOML"))
        await s.press("down", "pageup", "ctrl+e")
        await s.until(lambda: s.said(FormScreen.EditAsText) == ["[data\n"])
        s.form.load(TWO_STATE)
        await s.until(lambda: s.form.rows)
        await s.follows(lambda text: text == TWO_STATE)


async def test_the_engine_has_the_last_word() -> None:
    """A long scenario is judged by its shape; what the engine says of it later stands beside the field."""
    async with session() as s:
        await s.write("noise.steps", "5000")
        await s.write(BETA, "2")
        await s.until(lambda: "the engine judges the rest" in s.foot())
        message = (
            "β is not a probability\n  where     noise.schedule.beta\n  expected  a number from 0 to 1\n  got       2"
        )
        s.form.failed(message)
        await s.until(lambda: "β is not a probability; expected a number from 0 to 1, got 2" in plain(s.row(BETA).why))
        await s.write(BETA, "1")
        await s.until(lambda: not s.row(BETA).has_class("-wrong"))


# saving


async def test_saving_under_a_free_name(tmp_path: Path) -> None:
    """ctrl+s offers a name that is free; enter writes the text as it is; the file finds what the scenario read."""
    async with session(LETTERS, save_in=tmp_path) as s:
        await s.write("noise.steps", "10")
        await s.press("ctrl+s")
        await s.until(lambda: isinstance(s.app.screen, SaveAs))
        assert s.app.screen.query_one(Input).value == "two-state-2.toml"
        await s.press("enter")
        await s.until(lambda: s.app.screen is s.form)
        path = tmp_path / "two-state-2.toml"
        saved = loads(path.read_text(encoding="utf-8"), folder=tmp_path)
        assert (saved.T, saved.data) == (10, loads(LETTERS, folder=FOLDER).data)
        await s.until(lambda: s.foot().startswith("✓ saved"))
        assert [m.path for m in s.app.heard if isinstance(m, FormScreen.Saved)] == [path]


@pytest.mark.parametrize(("key", "over"), [("y", True), ("n", False), ("escape", False)])
async def test_never_over_a_file_unasked(tmp_path: Path, key: str, over: bool) -> None:
    """A name that is taken is asked about: y writes over it; n, like escape, leaves it as it is."""
    there = tmp_path / "mine.toml"
    there.write_text("mine", encoding="utf-8")
    async with session(save_in=tmp_path) as s:
        await s.press("ctrl+s")
        await s.until(lambda: isinstance(s.app.screen, SaveAs))
        name = s.app.screen.query_one(Input)
        await s.press("ctrl+u", *"mine", "enter")
        await s.until(lambda: name.disabled)
        assert there.read_text(encoding="utf-8") == "mine"
        assert "mine.toml exists. Write over it? y/n" in plain(s.app.screen.query_one("#said", Static))
        await s.press("x", "enter")
        assert there.read_text(encoding="utf-8") == "mine"
        await s.press(key)
        if key == "n":
            assert name.has_focus
            await s.press("y")
            assert name.value == "miney"
            await s.press("enter")
        await s.until(lambda: s.app.screen is s.form)
        assert there.read_text(encoding="utf-8") == (TWO_STATE if over else "mine")
    assert {path.name for path in tmp_path.iterdir()} == {"mine.toml"} | ({"miney.toml"} if key == "n" else set())


async def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    """No such folder, a folder's own name, no name: each is said, and another name can be tried."""
    (tmp_path / "room.toml").mkdir()
    async with session(save_in=tmp_path) as s:
        await s.press("ctrl+s")
        await s.until(lambda: isinstance(s.app.screen, SaveAs))
        name, said = s.app.screen.query_one(Input), s.app.screen.query_one("#said", Static)
        for wrong, words in (("no/where", "cannot be written"), ("room", "is a folder"), ("", "needs a name")):
            name.value = wrong
            await s.press("enter")
            await s.until(lambda words=words: words in plain(said), words)  # type: ignore[misc]
            assert plain(said).startswith("✗")
        name.value = "good"
        await s.press("enter")
        await s.until(lambda: s.app.screen is s.form)
        assert tomllib.loads((tmp_path / "good.toml").read_text(encoding="utf-8"))["noise"]["steps"] == 64


async def test_only_a_scenario_is_saved(tmp_path: Path) -> None:
    """While something is wrong, ctrl+s says so and opens nothing."""
    async with session(save_in=tmp_path) as s:
        await s.write(BETA, "2")
        await s.until(lambda: s.form.problem is not None)
        await s.press("ctrl+s")
        await s.until(lambda: "not saved" in s.foot())
        assert s.app.screen is s.form
        assert list(tmp_path.iterdir()) == []


# the room it takes


@few(
    ("size", "width"),
    [((160, 50), 44), ((120, 40), 44), ((80, 24), 40), ((60, 15), 60), ((40, 12), 40)],
    [((80, 24), 40), ((60, 15), 60)],
)
async def test_how_wide_it_is(size: tuple[int, int], width: int) -> None:
    """At the right side; on a small screen half of it or the whole. Every field can be reached and is in view then."""
    async with session(size=size) as s:
        panel = s.form.query_one("#form")
        await s.until(lambda: panel.region.width == width)
        assert panel.region.right == size[0]
        assert panel.region.bottom == size[1] - 1
        for path in s.paths():
            row = await s.to(path)
            await s.until(lambda row=row: s.form.query_one("#fields").region.contains_region(row.entry.region))  # type: ignore[misc]


@pytest.mark.slow
async def test_resizing_while_it_is_open() -> None:
    """From large to 60×15 and back: the fields keep what was typed."""
    async with session() as s:
        await s.write(BETA, "2")
        for size in ((60, 15), (80, 24), (40, 12), (200, 60)):
            await s.pilot.resize_terminal(*size)
            await s.until(lambda size=size: s.form.query_one("#form").region.right == size[0])  # type: ignore[misc]
            assert typed(s.row(BETA)) == "2"
            assert s.row(BETA).has_class("-wrong")


async def test_the_picture_below_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the screen below shows can be seen beside the form, also what changes while the form is open."""
    async with session() as s:
        picture = s.app.screen_stack[0].query_one("#picture", Static)
        assert s.app.screen is s.form
        shown = s.app.export_screenshot().replace("&#160;", " ")
        assert "before" in shown
        assert "edit the chain" in shown
        rendered: list[object] = []
        display = s.app._display

        def noting(screen: Screen[object], what: RenderableType | None) -> None:
            rendered.append(what)
            display(screen, what)

        monkeypatch.setattr(s.app, "_display", noting)
        picture.update("after")
        await s.until(lambda: rendered, "the terminal was not painted")
        shown = s.app.export_screenshot().replace("&#160;", " ")
        assert "after" in shown
        assert "before" not in shown


async def test_state_is_told_without_colour() -> None:
    """What is focused has angles around it, what is wrong a cross, what is right a tick."""
    async with session() as s:
        shown = s.app.export_screenshot().replace("&#160;", " ")
        assert "‹ probabilities ›" in shown
        assert "✓ a scenario" in shown
        await s.write(BETA, "2")
        await s.until(lambda: "✗ β is not" in s.app.export_screenshot().replace("&#160;", " "))
        assert "✓" not in s.app.export_screenshot()


@pytest.mark.slow
async def test_a_list_at_rest_shows_whole_entries_and_a_place_is_no_fraction() -> None:
    """Sixty β: as many as go in and how many more; while they are edited, the field scrolls to its end as before."""
    betas = [f"{n}/1000" for n in range(100, 160)]
    listed = ", ".join(f'"{beta}"' for beta in betas)
    text = TWO_STATE.replace("steps = 64\n", "").replace('constant", beta = "1/10"', f'explicit", betas = [{listed}]')
    for size in ((70, 24), (80, 24), (120, 40)):
        async with session(text, size=size) as s:
            row = next(row for row in s.form.rows if row.field.path == "noise.schedule.betas")
            await s.until(lambda row=row: row.entry.size.width)
            entries, _, more = row.entry.render_line(0).text.strip().partition(" … ")
            shown = entries.split()
            if size[0] == 70:
                assert (shown, more) == (["60", "entries"], "")
            else:
                assert shown == betas[: len(shown)] != []
                assert more == f"{60 - len(shown)} more"
            row.entry.focus()
            await s.until(lambda row=row: row.entry.has_focus)
            await s.until(lambda row=row: row.entry.render_line(0).text.strip().endswith("159/1000"))
            s.form.rows[0].entry.focus()
            await s.until(lambda row=row, more=more: row.entry.render_line(0).text.strip().endswith(more or "entries"))
            place = str(s.form.rows[0].entry.render())
            assert place == ("‹ probabilities ›  2 of 11" if size[0] == 120 else "‹ probabilities ›")


@pytest.mark.parametrize("typed", ["9" * 40 + "z", "1/" + "0" * 40, "1e" + "9" * 20, "²" * 40, "1/3/" + "7" * 40])
def test_what_is_typed_in_place_of_a_number_is_cut_like_a_word(typed: str) -> None:
    """Digits with a letter behind, n/0, a power no number has: nothing of that is reckoned with."""
    for kind in ("number", "integer"):
        assert at_rest(typed, kind, 20) == shorten(typed, 20)
        assert at_rest(typed, kind, 60) == typed
