"""What float64 got wrong over a whole run: counted, and the steps worth showing.

Read from the shadows that lie beside the certified I(x0;x_t), step by step. Three digits count as right where the
relative error is proved to be under half a unit of the third.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from markovdiff.study.naive_float import FloatError, Interval
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
        """Count over steps that have their shadows."""
        shadows = [(step, step.shadow) for step in steps if step.shadow is not None]
        errors = [(step.t, shadow.error) for step, shadow in shadows if shadow.error is not None]
        sound = None
        for step, shadow in shadows:
            if shadow.error is None or shadow.error[1] >= RIGHT:
                break
            sound = step.t
        return cls(
            rises=sum(shadow.false_rise for _, shadow in shadows),
            still=sum(shadow.stands_still for _, shadow in shadows),
            negatives=sum(shadow.negative for _, shadow in shadows),
            something=sum(is_something_for_nothing(step) for step, _ in shadows),
            worst=max(errors, key=lambda entry: entry[1][1], default=None),
            sound_until=sound,
        )


def first_lost(errors: Iterable[FloatError]) -> int | None:
    """Return the first t at which fewer than three digits are right; None where there is none."""
    return next((t for t, found in enumerate(errors) if found.error is None or found.error[1] >= RIGHT), None)


def turning_points(steps: Sequence[Step]) -> list[int]:
    """Return the t where float64 loses its third digit, the first t of each kind of slip, and the first rises."""
    shadows = [(step.t, step.shadow) for step in steps if step.shadow is not None]
    lost = next((t for t, shadow in shadows if shadow.error is None or shadow.error[1] >= RIGHT), 0)
    rises = [t for t, shadow in shadows if shadow.false_rise][:4]
    negatives = [t for t, shadow in shadows if shadow.negative][:2]
    still = [t for t, shadow in shadows if shadow.stands_still][:1]
    return [max(lost - 1, 0), lost, *rises, *negatives, *still]
