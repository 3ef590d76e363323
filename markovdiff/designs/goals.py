"""What can be designed, by its goal: a schedule for `mutual-information`, a grid of times for `steps`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias, overload

from markovdiff.arithmetic.rational import shown
from markovdiff.designs.grid import GridDesign, grid
from markovdiff.designs.schedule import Design, mutual_information_schedule
from markovdiff.errors import InputError
from markovdiff.process.schedules.schedule import RESOLUTION
from markovdiff.study.loading import loaded
from markovdiff.study.scenario import Scenario

Goal: TypeAlias = Literal["mutual-information", "steps"]
GOALS = ("mutual-information", "steps")
"""What can be designed for."""


@overload
def design(
    given: Scenario | str | Path,
    goal: Literal["mutual-information"] = ...,
    *,
    steps: int | None = ...,
    curve: Sequence[object] | None = ...,
    resolution: object = ...,
) -> Design: ...


@overload
def design(given: Scenario | str | Path, goal: Literal["steps"], *, keep: int | None = ...) -> GridDesign: ...


def design(
    given: Scenario | str | Path,
    goal: Goal = "mutual-information",
    *,
    steps: int | None = None,
    curve: Sequence[object] | None = None,
    resolution: object = None,
    keep: int | None = None,
) -> Design | GridDesign:
    """Return what is designed for a goal, for a scenario as it is, or by its path or name.

    `steps`, `curve` and `resolution` are a schedule's; `keep` is how many of its times a sampler keeps. Raises
    InputError for an unknown goal and for what belongs to another, and what the goal's own function raises.
    """
    of_schedule = {"steps": steps, "curve": curve, "resolution": resolution}
    if goal == "steps":
        _check_unused(goal, of_schedule)
        if keep is None:
            raise InputError("how many times to keep is not said", where="keep", expected="an integer from 1 to T")
        return grid(given, keep)
    if goal == "mutual-information":
        _check_unused(goal, {"keep": keep})
        return mutual_information_schedule(
            loaded(given), steps, curve, RESOLUTION if resolution is None else resolution
        )
    raise InputError("no such goal", where="goal", expected=f"one of {', '.join(GOALS)}", got=shown(goal))


def _check_unused(goal: str, options: dict[str, object]) -> None:
    for name, value in options.items():
        if value is not None:
            raise InputError(
                f"{name} says nothing of this goal", where=name, expected=f"none for {goal}", remedy="leave it out"
            )
