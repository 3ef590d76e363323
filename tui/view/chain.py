"""Panel 8: what the chain is: kernel, schedule, β_t, ᾱ_t, states, and the verdicts of its checks."""

from __future__ import annotations

from tui.raster import Row
from tui.view.scene import Number, Scene, Spot, Words, fit, fraction, paragraph

LINES: dict[int, str] = {3: "beta", 4: "alpha_bar"}
"""The rows that hold a number of the step."""


def paint(scene: Scene, width: int, height: int) -> list[Row]:
    """A fact a line."""
    film, step = scene.film, scene.film.at(scene.t)
    if film.opened is None:
        return paragraph([], width, height)
    o, room = film.opened, width - 11
    beta = str(step.record["beta"]) if step and step.record["beta"] else "none"
    alpha = str(step.record["alpha_bar"]) if step and step.record["alpha_bar"] else "none"
    lines: list[Words] = [
        [(f" {o.title}", "title")],
        [(f" kernel   {o.kernel}", "")],
        [(f" schedule {o.schedule or 'none'}", ""), (f"   reverse {o.model or 'none'}", "")],
        [(f" β_t      {fraction(beta, room)}", "")],
        [(f" ᾱ_t      {fraction(alpha, room)}", "")],
        [(f" states   {fit(f'{o.K}: ' + ' '.join(o.states[:200]), room)}", "dim")],
    ]
    for check in film.finished["checks"] if film.finished else []:
        good = check["verdict"] == "holds"
        words = (f" {'✓' if good else '✗'} {check['check']:<15}", "good" if good else "bad")
        lines.append([words, (check["observed"], "dim")])
    return paragraph(lines, width, height)


def spot(scene: Scene, x: int, y: int, width: int, height: int) -> Spot | None:  # noqa: ARG001  (a Finder)
    """β_t or ᾱ_t."""
    return Number(LINES[y], scene.t) if y in LINES else None


def here(scene: Scene) -> Spot:
    """β_t."""
    return Number("beta", scene.t)


ABOUT = (
    "The kernel and, where it has them, the noise β_t of this step and the fraction ᾱ_t that all steps so far have "
    "kept, exactly as the engine has them. Below, what the scenario claims and whether it came out so."
)
FORMULA = "Q_t = (1−β_t) I + β_t M, but for gaussian, per-step and conditional kernels;   ᾱ_t = (1−β_1) ⋯ (1−β_t)"
