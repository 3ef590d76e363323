"""All kinds of schedule, the simplest first."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, TypeAlias

from markovdiff.process.schedules.alpha import AlphaSpec
from markovdiff.process.schedules.constant import ConstantSpec
from markovdiff.process.schedules.cosine import CosineSpec
from markovdiff.process.schedules.explicit import ExplicitSpec
from markovdiff.process.schedules.geometric import GeometricSpec
from markovdiff.process.schedules.jump import JumpSpec
from markovdiff.process.schedules.linear import LinearSpec
from markovdiff.process.schedules.log_linear import LogLinearSpec
from markovdiff.process.schedules.mutual_information import MutualInformationSpec
from markovdiff.process.schedules.polynomial import PolynomialSpec
from markovdiff.process.schedules.schedule import ScheduleSpec
from markovdiff.process.schedules.sigma_geometric import SigmaGeometricSpec

_SPECS: tuple[type[ScheduleSpec], ...] = (
    ConstantSpec,
    LinearSpec,
    CosineSpec,
    JumpSpec,
    GeometricSpec,
    ExplicitSpec,
    AlphaSpec,
    LogLinearSpec,
    PolynomialSpec,
    SigmaGeometricSpec,
    MutualInformationSpec,
)


SCHEDULES: dict[str, type[ScheduleSpec]] = {spec.kind(): spec for spec in sorted(_SPECS, key=lambda spec: spec.rank)}
"""Every kind by its name."""

if TYPE_CHECKING:
    Schedule: TypeAlias = ScheduleSpec
else:
    Schedule = reduce(or_, SCHEDULES.values())
    """A table of any kind."""
