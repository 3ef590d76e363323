"""The chapter as one stream: every page in order, nothing else, and settings that hold wherever they apply."""

from __future__ import annotations

import subprocess
import sys

import pytest

from markovdiff.cli import main
from markovdiff.learn.contents import SECTIONS, find, pages
from markovdiff.learn.layout import layout


def streamed(capsys: pytest.CaptureFixture[str], *settings: str) -> str:
    """What `learn --all` prints."""
    assert main(["learn", "--all", *(word for setting in settings for word in ("--set", setting))]) == 0
    return capsys.readouterr().out


@pytest.mark.slow
def test_every_page_is_in_the_stream_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    """Each section's heading, then its pages, each with all the lines of the page alone but what to read next."""
    out = streamed(capsys)
    at = 0
    for section in SECTIONS:
        at = out.index(section.title.upper() + "\n", at)
        for page in section.pages:
            at = out.index(f"{page.title}   [{page.name}]\n", at)
            body = out[at : out.find("   [", at + len(page.title) + 4)]
            for line in (line.text for part in layout(page, page.defaults) for line in part):
                if "markovdiff learn" not in line:
                    assert line in (page.title, "") or f"\n{line}\n" in body, line
    assert "next: markovdiff learn" not in out
    assert out.count("   [") == len(pages())


@pytest.mark.slow
def test_a_setting_holds_wherever_there_is_such_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    """`T` is a key of ten pages; the others stay as they are."""
    out = streamed(capsys, "T=2", "S1=[[3]]")
    having = [name for name, page in pages().items() if "T" in page.keys]
    assert len(having) == 10
    for name in having:
        body = out[out.index(f"[{name}]") :]
        assert "T=2 steps" in body[: body.find("   [")].replace("\n      ", " ") or name == "question-4"
    assert "S1 = np.array([[3]])" in out
    assert find("entropy").defaults == find("entropy").read([])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "z=1"], "no page has such a number"),
        (["--set", "z"], "no page has such a number"),
        (["--set", "beta"], "not a setting"),
        (["--set", "K=1"], "for the page"),
        (["--set", "S1=[[1]]", "--set", "S2=[[1, 0], [0, 1]]"], "different dimensions"),
        (["kl"], "beside it"),
        (["--ask"], "beside it"),
    ],
)
def test_what_does_not_apply_is_refused_before_the_first_page(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Status 2, one message, nothing printed."""
    assert main(["learn", "--all", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err


@pytest.mark.slow
def test_a_reader_may_stop_reading() -> None:
    """Piped into something that reads a line, it ends without a word."""
    command = f"{sys.executable} -m markovdiff learn --all | head -1"
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert ran.stdout == "BEFORE YOU BEGIN\n"
    assert ran.stderr == ""
