"""The page in a real browser: it asks nobody for anything, and what it shows at each t is the result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from breadth import few

import markovdiff as md

# slow: a browser takes seconds to begin
pytestmark = [pytest.mark.slow, pytest.mark.skipif(chromium.NONE is not None, reason=str(chromium.NONE))]

NAMES = ("letters-masked", "elbo-d3pm", "memory", "jump-masked")
HOSTILE = (
    "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\"><!-- &amp; ${x}"
)

KEYS = {"left": "\ue012", "right": "\ue014", "home": "\ue011", "end": "\ue010", "page down": "\ue00f"}

CHANGES = """
const done = arguments[0], range = document.querySelector("input[type=range]"), counts = [];
const watch = new MutationObserver(() => {});
watch.observe(document.body, { childList: true, subtree: true, attributes: true, characterData: true });
for (let t = 0; t <= Number(range.max); t++) {
  range.value = t;
  range.dispatchEvent(new Event("input"));
  counts.push(watch.takeRecords().length);
}
done(counts);
"""
"""Moves the slider to its end; how many changes of the page each move makes."""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "page.html"
    md.report([md.load(name) for name in NAMES], path)
    return path


@pytest.fixture(scope="module")
def window(page: Path) -> Iterator[Any]:
    with chromium.opened(page) as driver:
        yield driver


def press(window: Any, *keys: str) -> None:
    for key in keys:
        window.find_element("tag name", "body").send_keys(KEYS[key])


def article(window: Any, k: int) -> Any:
    found = window.find_element("id", f"scenario-{k}")
    window.execute_script("current(views[arguments[0]])", k)
    return found


def shown(window: Any, k: int, css: str) -> str:
    return str(window.find_element("css selector", f"#scenario-{k} {css}").get_attribute("textContent"))


def to(window: Any, k: int, t: int) -> None:
    window.execute_script(
        "const r = document.querySelector(`#scenario-${arguments[0]} input[type=range]`);"
        "r.value = arguments[1]; r.dispatchEvent(new Event('input'));", k, t,
    )  # fmt: skip


@few("k", range(len(NAMES)), (0, 1))
def test_the_slider_shows_the_result(window: Any, k: int) -> None:
    """At each t every number is the result's own text, with its bounds and its closed form."""
    result = md.run(md.load(NAMES[k]))
    for step in result.steps[:: max(1, len(result.steps) // 6)]:
        to(window, k, step.t)
        assert shown(window, k, "output") == f"t = {step.t} / {result.scenario['steps']}"
        for key in ("entropy", "mutual_information", "information_loss", "elbo_term", "model_error"):
            q = getattr(step, key)
            if result.elbo.nll is None and key in ("elbo_term", "model_error"):
                continue
            words = shown(window, k, f"td[data-key={key}]")
            assert words.split(" ")[0] == ("—" if q is None else q.value)
            if q is not None and q.closed_form not in (None, q.value):
                assert f"= {q.closed_form}" in words
            if q is not None and q.lower != q.upper:
                assert f"in [{q.lower}, {q.upper}]" in words


@pytest.mark.parametrize(("name", "table"), [("matrix", "cumulative"), ("posterior", "data_posterior")])
@pytest.mark.parametrize("k", [0, 3])
def test_the_matrices_are_the_chain_s(window: Any, k: int, name: str, table: str) -> None:
    """Each entry is the exact probability to 12 digits, with its fraction where that is short."""
    chain = md.load(NAMES[k]).chain()
    for t in (0, 1, chain.T):
        to(window, k, t)
        entries = window.execute_script(
            "const view = views[arguments[0]];"
            "return view.law(arguments[1], view.shownLaw).map((e) => [e.text, e.fraction ?? null]);", k, name,
        )  # fmt: skip
        rows = getattr(chain, table)(t)
        exact = [x for row in rows for x in (row or [None] * chain.K)]
        for (text, fraction), x in zip(entries, exact, strict=True):
            if x is None:
                assert (text, fraction) == ("-", None)
                continue
            assert float(text) == float(f"{float(x):.12g}")
            assert fraction is None or fraction == str(x)
        if k == 3:
            assert all(fraction == str(x) for (_, fraction), x in zip(entries, exact, strict=True) if x and x != 1)


def test_the_number_under_the_pointer(window: Any) -> None:
    """Over the matrix: the two states, t, the decimal and the fraction. Over a curve: t and the certified number."""
    from selenium.webdriver import ActionChains

    to(window, 3, 1)
    canvas = window.find_element("css selector", "#scenario-3 canvas")
    window.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    ActionChains(window).move_to_element(canvas).perform()
    words = window.find_element("id", "tip").text
    assert words == "q(x_t = c | x0 = c), t = 1\n0.857142857143 = 6/7"
    curve = window.find_element("css selector", "#scenario-3 svg")
    window.execute_script("arguments[0].scrollIntoView({block: 'center'})", curve)
    ActionChains(window).move_to_element(curve).perform()
    lines = window.find_element("id", "tip").text.splitlines()
    step = md.run(md.load("jump-masked")).steps[int(lines[0].removeprefix("t = "))]
    assert lines[1] == f"I(x0;x_t): {step.mutual_information.value}"
    ActionChains(window).click().perform()
    assert shown(window, 3, "output") == f"t = {step.t} / 7"


def test_keys_move_through_time(window: Any) -> None:
    """Left and right a step, Page Down ten, Home and End to the ends and no further, in the scenario in use."""
    article(window, 1)
    press(window, "home", "left")
    assert shown(window, 1, "output") == "t = 0 / 16"
    press(window, "right", "right")
    assert shown(window, 1, "output") == "t = 2 / 16"
    press(window, "page down", "left")
    assert shown(window, 1, "output") == "t = 11 / 16"
    press(window, "end", "right")
    assert shown(window, 1, "output") == "t = 16 / 16"


def test_all_move_together(window: Any) -> None:
    """With the box ticked one slider moves all, each to its own last time at most."""
    window.execute_script("document.getElementById('together').checked = true")
    to(window, 0, 9)
    assert [shown(window, k, "output") for k in range(4)] == ["t = 9 / 50", "t = 9 / 16", "t = 9 / 12", "t = 7 / 7"]
    window.execute_script("document.getElementById('together').checked = false")


@pytest.mark.parametrize("width", [1280, 1920])
def test_no_table_is_cut_where_two_stand_side_by_side(page: Path, width: int) -> None:
    """The ledger's three ways are seen whole, with no bar to scroll by."""
    with chromium.opened(page, width=width) as window:
        tables = window.find_elements("class name", "wide")
        assert tables
        assert all(int(table.get_property("scrollWidth")) <= int(table.get_property("clientWidth")) for table in tables)
        left, right = (article.rect for article in window.find_elements("tag name", "article")[:2])
        assert left["y"] == right["y"]


def test_a_gain_and_a_missing_ledger_are_said(window: Any) -> None:
    """A process with memory gains information; it has no ledger, and its curve goes below zero."""
    to(window, 2, 5)
    assert "this step gained 0.0124501299378947 (violated)" in shown(window, 2, ".story")
    assert "no ledger" in shown(window, 2, ".wide")


def test_no_request_and_no_complaint(page: Path) -> None:
    """Opened, moved, printed and turned dark, the page asks for nothing but itself; the console stays silent."""
    with chromium.opened(page) as window:
        press(window, "right", "end")
        window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
        dark = [{"name": "prefers-color-scheme", "value": "dark"}]
        window.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "screen", "features": dark})
        sent = [json.loads(entry["message"])["message"] for entry in window.get_log("performance")]
        asked = [m["params"]["request"]["url"] for m in sent if m["method"] == "Network.requestWillBeSent"]
        assert {url for url in asked if not url.startswith("data:")} == {page.as_uri()}
        assert window.get_log("browser") == []


@few("dark", [True, False])
def test_dark_and_light(page: Path, dark: bool) -> None:
    """Paper and ink change places as the reader's system asks."""
    with chromium.opened(page, dark=dark) as window:
        colour = "return getComputedStyle(document.body).getPropertyValue(arguments[0])"
        paper, ink = (window.execute_script(colour, name) for name in ("background-color", "color"))
        assert (sum(map(int, paper[4:-1].split(","))) < sum(map(int, ink[4:-1].split(",")))) is dark


def test_words_of_strangers_are_words(tmp_path: Path) -> None:
    """A title, a description, a label that would be markup or end the script are shown as they were written."""
    study = md.load("two-state").replace(
        {"title": HOSTILE, "description": HOSTILE, "name": HOSTILE, "data.states": [HOSTILE, "b"], "noise.steps": 3}
    )
    path = tmp_path / "hostile.html"
    md.report([study, study], path)
    with chromium.opened(path) as window:
        assert window.title == "2 scenarios"
        assert window.find_element("tag name", "h2").text == HOSTILE
        assert window.execute_script("return scenarios[0].states[0]") == HOSTILE
        assert window.execute_script("return document.images.length + document.scripts.length") == 2
        assert window.get_log("browser") == []


def test_infinite_and_undefined_are_said(tmp_path: Path) -> None:
    """An infinite term is ∞, in the table with the reason and above its place in the ledger."""
    path = tmp_path / "infinite.html"
    md.report(md.load("two-state").replace({"reverse.model": {"kind": "table", "rows": [[[1, 0], [1, 0]]] * 3},
                                            "noise.steps": 3}), path)  # fmt: skip
    with chromium.opened(path) as window:
        press(window, "end")
        assert shown(window, 0, "td[data-key=elbo_term]").startswith("∞")
        assert "∞" in [text.text for text in window.find_elements("css selector", "svg text")]


def test_a_move_changes_little_of_the_page(tmp_path: Path) -> None:
    """26 states: what follows t is changed and no curve drawn anew, be there 50 steps or 7; `moves.py` has the time."""
    most = {}
    for steps in (50, 7):
        path = tmp_path / f"{steps}.html"
        md.report(md.load("letters-uniform").replace({"noise.steps": steps}), path)
        with chromium.opened(path) as window:
            counts = window.execute_async_script(CHANGES)
        assert len(counts) == steps + 1
        most[steps] = max(counts)
    assert most[50] == most[7] < 100
