"""What each kind of kernel and schedule promises: arithmetics agree, the audit confirms, form and schema know."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest
from samples import ARITHMETICS, VARIANTS, scenario
from samples import KERNELS as SAMPLES

import markovdiff as md
from markovdiff.arithmetic.quantity import Enclosed
from markovdiff.arithmetic.rational import from_decimal
from markovdiff.audit import audit
from markovdiff.process.kernels import Kernel
from markovdiff.process.kernels.registry import KERNELS, SHIPPED
from markovdiff.process.schedules.registry import SCHEDULES
from markovdiff.process.transition import Dense
from markovdiff.study.resolve import ScheduleContext
from markovdiff.study.schema import scenario_schema
from markovdiff.study.starter import STARTER
from tui.form.tables import tables

SCHEDULE_SAMPLES = {
    "constant": '{ kind = "constant", beta = "1/10" }',
    "linear": '{ kind = "linear", start = "1/10", stop = "1/2" }',
    "cosine": '{ kind = "cosine" }',
    "jump": '{ kind = "jump" }',
    "geometric": '{ kind = "geometric", start = "1/10", stop = "1/2", resolution = "1/1000" }',
    "explicit": '{ kind = "explicit", betas = [0, "1/3", 1] }',
    "alpha": '{ kind = "alpha", alphas = ["1/2", "1/3", 0] }',
    "log-linear": '{ kind = "log-linear", eps = "1/1000" }',
    "polynomial": '{ kind = "polynomial", power = 2 }',
    "mutual-information": '{ kind = "mutual-information" }',
    "sigma-geometric": '{ kind = "sigma-geometric", start = "1/100", stop = 3 }',
}


@dataclass(frozen=True)
class Plain(Kernel):
    """A kernel stripped of all but its exact matrices: everything else is the default."""

    stripped: Kernel

    @property
    def K(self) -> int:
        """The number of states."""
        return self.stripped.K

    def transition(self, beta: Fraction) -> Dense:
        """Q(β), written out."""
        return self.stripped.transition(beta).dense


@dataclass(frozen=True)
class PlainSteps(Plain):
    """The same of a kernel that has no schedule."""

    has_schedule = False

    @property
    def steps_brought(self) -> int | None:
        """As many as there were."""
        return self.stripped.steps_brought


@dataclass(frozen=True)
class PlainTimes(Plain):
    """The same of a kernel that is asked by t and has a schedule."""

    takes_time = True


def _stripped(kernel: Kernel) -> Plain:
    if not kernel.has_schedule:
        return PlainSteps(kernel)
    return PlainTimes(kernel) if kernel.takes_time else Plain(kernel)


def confirmed(result: md.Result, folder: Path) -> bool:
    """Whether the second route finds the same."""
    file = folder / "result.json"
    file.write_text(result.to_json(), encoding="utf-8")
    return audit(str(file)) == 0


ROUNDING = 1e-14
"""What two orders of the same sums of numbers up to 1 may differ by in float64, on these few states and steps."""


def agree(a: Enclosed, b: Enclosed, arithmetic: str) -> bool:
    """Whether two numbers have the same bounds (exact), bounds that meet (balls), or differ by rounding (float64)."""
    if arithmetic == "float":
        return float(a) == pytest.approx(float(b), abs=ROUNDING)
    (low, high), (least, most) = ((from_decimal(str(q.lower)), from_decimal(str(q.upper))) for q in (a, b))
    return (low, high) == (least, most) if arithmetic == "exact" else low <= most and least <= high


def test_each_kind_has_a_sample() -> None:
    """A kind that is added to a registry is not forgotten here."""
    assert set(SHIPPED) == set(SAMPLES)
    assert set(SCHEDULES) == set(SCHEDULE_SAMPLES)


@pytest.mark.parametrize("arithmetic", ARITHMETICS)
@pytest.mark.parametrize("kind", [*(kind for kind, spec in SHIPPED.items() if spec.family.is_markov), *VARIANTS])
def test_a_kernel_s_fast_forms_change_no_number(kind: str, arithmetic: str) -> None:
    """A run equals that of the same matrices with every default in place of every fast form."""
    fast = scenario(kind).with_options(arithmetic=arithmetic)
    plain = replace(fast, kernel=_stripped(fast.kernel))
    for mine, default in zip(md.run(fast).steps, md.run(plain).steps, strict=True):
        for name in ("entropy", "mutual_information", "noise_entropy", "conditional_entropy", "elbo_term"):
            a, b = getattr(mine, name), getattr(default, name)
            assert a == b or agree(a, b, arithmetic), (mine.t, name)
        a, b = mine.dobrushin, default.dobrushin
        assert a == b or (arithmetic == "float" and float(a) == pytest.approx(float(b), abs=ROUNDING)), mine.t


@pytest.mark.parametrize("arithmetic", ["exact", "ball"])
@pytest.mark.parametrize("kind", [*SHIPPED, *VARIANTS])
def test_a_kernel_s_record_is_enough_for_the_audit(kind: str, arithmetic: str, tmp_path: Path) -> None:
    """The second route recomputes the run from what the kernel recorded."""
    assert confirmed(md.run(scenario(kind).with_options(arithmetic=arithmetic)), tmp_path)


@pytest.mark.parametrize("kind", SCHEDULES)
def test_a_schedule_is_what_its_table_makes(kind: str, tmp_path: Path) -> None:
    """The chain's β_t are those of the table alone, no number is above its cap, and the run is confirmed."""
    noise = f"steps = 3, kernel = {{ kind = 'uniform' }}, schedule = {SCHEDULE_SAMPLES[kind]}"
    study = md.loads(f"data = {{ weights = [3, 1] }}\nnoise = {{ {noise} }}")
    spec = study.file.noise.schedule
    assert spec is not None
    assert type(spec) is SCHEDULES[kind]
    setting = ScheduleContext(study.data, study.kernel.rank_one_target, study.folder, [])
    assert study.betas == spec.resolved(setting).schedule(3)
    assert all(0 <= beta <= 1 for beta in study.betas)
    assert spec.ceiling is None or max(study.betas) <= spec.ceiling[1] <= spec.ceiling[0]
    assert spec.grid is None or all((beta / spec.grid).denominator == 1 for beta in study.betas)
    assert confirmed(md.run(study), tmp_path)


def test_form_schema_and_starter_are_made_from_the_registries() -> None:
    """Each kind stands in the form, in the registry's order, and in the schema; the starter shows what a kind gives."""
    assert list(tables("noise.kernel")) == list(KERNELS)
    assert list(tables("noise.schedule")) == list(SCHEDULES)
    assert {spec.__name__ for spec in (*KERNELS.values(), *SCHEDULES.values())} <= set(scenario_schema()["$defs"])
    assert all(f"kernel = {table}" in STARTER for spec in KERNELS.values() for table, _ in spec.starter)
