"""Run the notebook that ships in a real kernel and say what its progress sends: `python tests/reports/kernel.py`.

Needs ipykernel and jupyter_client, which nothing else here does.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from notebook import PAGE

SLOW = """import markovdiff as md
study = md.load("two-state").replace({"noise.steps": 200, "checks": {"dpi": "holds"}})
_ = md.run(study, progress=True)
"""


def messages(cells: list[str]) -> list[list[dict[str, Any]]]:
    """Return what a kernel publishes at each cell. Raises RuntimeError where a cell fails."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3")
    try:
        return [_published(client, cell) for cell in cells]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def _published(client: Any, cell: str) -> list[dict[str, Any]]:
    asked, found = client.execute(cell), []
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != asked:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "error":
            raise RuntimeError("\n".join(content["traceback"]))
        if kind == "status" and content["execution_state"] == "idle":
            return found
        found.append({"kind": kind, **content})


def states(published: list[dict[str, Any]]) -> list[str]:
    """Return the states of the one output with an id, first to last. Raises ValueError where there are several."""
    shown = [m for m in published if m["kind"] in ("display_data", "update_display_data")]
    if len({m["transient"]["display_id"] for m in shown}) > 1 or (shown and shown[0]["kind"] != "display_data"):
        raise ValueError("not one output that is shown and then moves")
    return [m["data"]["text/plain"] for m in shown]


if __name__ == "__main__":
    page = json.loads(PAGE.read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in page["cells"] if cell["cell_type"] == "code"]
    for cell, published in zip([*code, SLOW], messages([*code, SLOW]), strict=True):
        if found := states(published):
            sys.stdout.write("\n  ".join([f"{cell}\n{len(found)} states:", *found]) + "\n")
