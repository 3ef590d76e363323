"""What float64 got wrong over a whole run: counted, and the steps worth showing.

Read from the shades that lie beside the certified I(x0;x_t), step by step. Three digits count as right where the
relative error is proved to be under half a unit of the third.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from markovdiff.study.naive_float import Interval
from markovdiff.study.result import Step

RIGHT = Fraction(1, 2000)
"""A relative error below this leaves three digits right."""


def is_something_for_nothing(step: Step) -> bool:
    """Return whether the truth is 0 and float64 is not."""
    return step.shadow is not None and step.mutual_information.upper == "0" and step.shadow.value != 0


@dataclass(frozen=True, slots=True)
class Summary:
    """What float64 got wrong in a run.

    `worst` is the t with the largest relative error, None where none is known; `sound_until` the last t up to which
    three digits are right throughout, None where not even at the first; `something` counts the steps where the truth
    is 0 and float64 is not.
    """

    rises: int
    still: int
    negatives: int
    something: int
    worst: tuple[int, Interval] | None
    sound_until: int | None

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Summary:
        """Count over steps that have their shades."""
        shades = [(step, step.shadow) for step in steps if step.shadow is not None]
        errors = [(step.t, shade.error) for step, shade in shades if shade.error is not None]
        sound = None
        for step, shade in shades:
            if shade.error is None or shade.error[1] >= RIGHT:
                break
            sound = step.t
        return cls(
            rises=sum(shade.false_rise for _, shade in shades),
            still=sum(shade.stands_still for _, shade in shades),
            negatives=sum(shade.negative for _, shade in shades),
            something=sum(is_something_for_nothing(step) for step, _ in shades),
            worst=max(errors, key=lambda entry: entry[1][1], default=None),
            sound_until=sound,
        )


def turning_points(steps: Sequence[Step]) -> list[int]:
    """Return the t where float64 loses its third digit, the first t of each kind of slip, and the first rises."""
    shades = [(step.t, step.shadow) for step in steps if step.shadow is not None]
    lost = next((t for t, shade in shades if shade.error is None or shade.error[1] >= RIGHT), 0)
    rises = [t for t, shade in shades if shade.false_rise][:4]
    negatives = [t for t, shade in shades if shade.negative][:2]
    still = [t for t, shade in shades if shade.stands_still][:1]
    return [max(lost - 1, 0), lost, *rises, *negatives, *still]
