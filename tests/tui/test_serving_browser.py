"""The page in a real browser: it loads, it has the keyboard at once, it asks nobody else, and it says how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("textual_serve")
import browser
from test_serve import served

# slow: a browser takes seconds to begin
pytestmark = [pytest.mark.slow, pytest.mark.skipif(browser.program() is None, reason="Chromium is not installed")]

SHOWN = "document.body?.classList.contains('-first-byte')"
CLOSED = "document.body?.classList.contains('-closed')"
REASON = "document.querySelector('#reason').innerText"


async def test_the_page_as_a_person_meets_it(tmp_path: Path) -> None:
    """By the printed address alone, without a click: q quits, enter starts again; another page hears why it waits."""
    (tmp_path / "served").mkdir()
    with served(tmp_path / "served", "two-state", "--visitors", "1") as server:
        here = f"localhost:{server.port}/"
        address = f"http://{here}?token={server.token}"
        async with browser.tab(tmp_path / "profile") as tab:
            await tab("Page.navigate", url=address)
            await tab.until(SHOWN)
            await tab.until("document.activeElement.className == 'xterm-helper-textarea'")
            assert await tab.value("document.querySelectorAll('canvas').length") > 0
            async with browser.tab(tmp_path / "another") as second:
                await second("Page.navigate", url=address)
                await second.until(CLOSED)
                assert await second.value(REASON) == "All places are taken, 1 at once: try again later."
            await tab.press("q")
            await tab.until(CLOSED)
            assert await tab.value(REASON) == "Session ended."
            await tab.until("document.activeElement.id == 'start'")
            await tab.press("\r")
            await tab.until(f"!({CLOSED}) && {SHOWN}")
            await tab("Page.reload")
            await tab.until(f"document.readyState == 'complete' && !({CLOSED}) && {SHOWN}")
            await tab("Page.navigate", url=f"http://{here}")
            await tab.until("document.body?.innerText.includes('The token is missing or wrong')")
    assert len(tab.requests) > 6
    for url in tab.requests:
        assert url.partition("://")[2].startswith(here), url
        assert url.partition("://")[0] in ("http", "ws")


async def test_letters_are_made_larger_while_it_runs(tmp_path: Path) -> None:
    """By the address and by the buttons: the session goes on, the keyboard stays, and the address keeps the size."""
    (tmp_path / "served").mkdir()
    with served(tmp_path / "served", "two-state", "--t", "3") as server:
        async with browser.tab(tmp_path / "profile") as tab:
            await tab("Page.navigate", url=f"http://localhost:{server.port}/?token={server.token}&fontsize=28")
            await tab.until(SHOWN)
            assert await tab.value("document.querySelector('#size').innerText") == "28 px"
            assert await tab.value("document.querySelector('#larger').getBoundingClientRect().bottom <= innerHeight")
            await tab.value("document.querySelector('#larger').click()")
            assert await tab.value("document.querySelector('#size').innerText") == "30 px"
            assert await tab.value("new URLSearchParams(location.search).get('fontsize')") == "30"
            await tab.until("document.activeElement.className == 'xterm-helper-textarea'")
            for _ in range(13):
                await tab.value("document.querySelector('#smaller').click()")
            assert await tab.value("document.querySelector('#smaller').disabled") is True
            assert await tab.value("document.querySelector('#size').innerText") == "6 px"
            assert not await tab.value(CLOSED)
            assert len([url for url in tab.requests if url.startswith("ws")]) == 1
            await tab.press("q")
            await tab.until(CLOSED)
            assert await tab.value(REASON) == "Session ended."


async def test_no_request_leaves_though_one_is_asked_for(tmp_path: Path) -> None:
    """The browser itself refuses a script, a picture, a font and a question of another origin."""
    (tmp_path / "served").mkdir()
    with served(tmp_path / "served", "two-state") as server:
        async with browser.tab(tmp_path / "profile", "--host-resolver-rules=MAP * 127.0.0.1") as tab:
            elsewhere = f"http://elsewhere.example:{server.port}"
            address = f"http://localhost:{server.port}/?token={server.token}"
            await tab("Page.navigate", url=address)
            await tab.until(SHOWN)
            for attempt in (
                f"fetch('{elsewhere}/fetch').then(() => 'left', () => 'kept')",
                f"new Promise(end => {{ let i = new Image(); i.onerror = () => end('kept'); i.src = '{elsewhere}/i'}})",
                f"new FontFace('x', 'url({elsewhere}/font)').load().then(() => 'left', () => 'kept')",
                f"import('{elsewhere}/script').then(() => 'left', () => 'kept')",
            ):
                assert await tab.value(attempt) == "kept"
            assert sum("Content Security Policy" in words for words in tab.said) >= 4, tab.said
            await tab("Page.navigate", url=f"{elsewhere}/?token={server.token}")
            await tab.until("document.body?.innerText.includes('does not go by that name')")
