"""`markovdiff bench`: measure, print the tables, and say whether this engine was contradicted.

Exit status: 0 measured, whatever baselines got wrong; 1 two arithmetics of this engine contradict each other, or one of
them rises or turns negative; 2 what was asked for by name is not installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from markovdiff.bench.clock import one_thread
from markovdiff.errors import InputError
from markovdiff.study.output import check_writable, write_whole


def bench(
    parts: frozenset[str],
    *,
    full: bool,
    markdown: bool,
    json_file: str | None,
    out: Callable[[str], None],
    say: Callable[[str], None],
) -> int:
    """Measure `parts`, or everything; tables or JSON go to `out`, what comes next to `say`. Returns the exit status."""
    if json_file not in (None, "-"):
        check_writable({"--json": json_file})
    held = one_thread()
    from markovdiff.bench.baselines import BASELINES
    from markovdiff.bench.measure import Bencher
    from markovdiff.bench.plan import FULL, SHORT
    from markovdiff.bench.table import record, text

    for name in parts & BASELINES.keys():
        check_installed(BASELINES[name].missing, name)
    found = Bencher((FULL if full else SHORT).only(parts), say, held=held).run()
    written = json.dumps(record(found), ensure_ascii=False, indent=1) + "\n" if json_file else ""
    if json_file == "-":
        out(written)
    else:
        if json_file:
            write_whole({("--json", json_file): written})
        out(text(found, markdown=markdown))
    return 1 if found.faults else 0


def check_installed(missing: str | None, name: str) -> None:
    """Raise InputError where a baseline that was asked for by name is not there."""
    if missing:
        what, remedy = missing.split("; ")
        raise InputError(what, where=f"--only {name}", remedy=remedy)
