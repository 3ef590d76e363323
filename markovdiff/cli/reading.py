"""Commands that show something: the shipped scenarios, a starter, the chapter, the schemas, a shell's completion."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from markovdiff.cli.options import complete_scenario
from markovdiff.cli.streams import draw, is_terminal, out
from markovdiff.errors import InputError, printable


@click.command("list")
def list_() -> int:
    """List the scenarios that ship, a line each."""
    import tomllib

    from markovdiff.study.shipped import shipped_scenarios

    shipped = shipped_scenarios()
    width = max(map(len, shipped))
    titles = {name: tomllib.loads(path.read_text(encoding="utf-8")).get("title", "") for name, path in shipped.items()}
    out("".join(f"{name:<{width}}  {title}\n" for name, title in titles.items()))
    return 0


@click.command()
@click.argument("name", shell_complete=complete_scenario)
def show(name: str) -> int:
    """Print a shipped scenario's text, to read or to start from."""
    from markovdiff.study.shipped import find_shipped

    out(find_shipped(name).read_text(encoding="utf-8"))
    return 0


@click.command()
@click.argument("file", required=False)
def new(file: str | None) -> int:
    """Write a commented starter scenario to FILE, or to stdout.

    An existing file is never overwritten.
    """
    from markovdiff.study.output import check_writable, write_whole
    from markovdiff.study.starter import STARTER

    if file is None or file == "-":
        out(STARTER)
        return 0
    check_writable({"FILE": file})
    if os.path.lexists(file):
        raise InputError("the file exists already", where=file, remedy="choose another name, or remove it first")
    write_whole({("FILE", file): STARTER})
    out(f"wrote {printable(file)}; now: markovdiff run {printable(file)}\n")
    return 0


def _complete_topic(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[Any]:
    """Complete the names of the chapter's pages."""
    from markovdiff.learn.contents import pages

    return [name for name in pages() if name.startswith(incomplete)]


@click.command()
@click.argument("topic", required=False, shell_complete=_complete_topic)
@click.option("--set", "settings", metavar="KEY=VALUE", multiple=True, help="Another number for the page; repeatable.")
@click.option("--ask", is_flag=True, help="Stop at each question until Enter is pressed.")
@click.option("--all", "whole", is_flag=True, help="The whole chapter, page after page, without a stop.")
def learn(topic: str | None, settings: tuple[str, ...], ask: bool, whole: bool) -> int:
    """Read the chapter, one page a topic; its numbers are computed when it is shown.

    Without TOPIC its contents are listed. With --all a --set holds on every page that has the key.
    """
    from markovdiff.learn import contents
    from markovdiff.learn.layout import Line, chapter, layout, listing, table_of_contents
    from markovdiff.learn.page import HEIGHT

    def show(lines: list[Line]) -> None:
        if not is_terminal(sys.stdout):
            return out("".join(f"{line.text}\n" for line in lines))
        from markovdiff.learn.render import render

        return draw(lambda console: render(lines, console))

    if whole:
        if topic is not None or ask:
            other = "--ask" if topic is None else f"the topic {topic}"
            raise InputError(
                "--all is the whole chapter, without a stop", where="learn --all", got=f"{other} beside it"
            )
        for lines in chapter(settings):
            show(lines)
        return 0
    if topic is None:
        if settings:
            raise InputError("which page is that for?", where="--set", expected="a topic: learn TOPIC --set KEY=VALUE")
        if is_terminal(sys.stdout):
            show(table_of_contents())
        else:
            out("".join(f"{line}\n" for line in listing()))
        return 0
    page = contents.find(topic)
    asks = ask and is_terminal(sys.stdin) and is_terminal(sys.stdout)
    *questions, rest = layout(page, page.read(settings), HEIGHT - 1 if asks else HEIGHT)
    for lines in questions:
        show(lines)
        if asks:
            click.prompt("  your answer, then Enter", default="", show_default=False, prompt_suffix=" ")
    show(rest)
    return 0


@click.command()
@click.argument("what", type=click.Choice(["result", "scenario", "inspect", "steps", "unmask"]))
def schema(what: str) -> int:
    """Print the JSON Schema of a result, of a scenario file, or of what a command of that name writes with --json."""
    from markovdiff.designs.schema import inspection_schema, steps_schema, unmasking_schema
    from markovdiff.study.result import dump
    from markovdiff.study.schema import result_schema, scenario_schema

    results = {"result": result_schema, "scenario": scenario_schema}
    findings = {"inspect": inspection_schema, "steps": steps_schema, "unmask": unmasking_schema}
    out(dump({**results, **findings}[what]()))
    return 0


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the shell completion script.

    For bash: eval "$(markovdiff completion bash)"
    """
    from click.shell_completion import get_completion_class

    script = get_completion_class(shell)
    assert script is not None
    program = click.get_current_context().find_root().command
    out(script(program, {}, "markovdiff", "_MARKOVDIFF_COMPLETE").source() + "\n")
    return 0
