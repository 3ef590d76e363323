"""A scenario: one question about one noising chain, resolved and frozen.

    loading.load(path or shipped name) → Scenario → .chain() → run() → Result

The file says what (see `fileformat`), `resolve` makes exact objects of it, and here they become a value:
what it is called, the chain, the prior, the checks that will be made and what is expected of each.
Errors are InputErrors that name the file and the key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from markovdiff.arithmetic.enclosure import Unit, check_digits, check_unit
from markovdiff.arithmetic.matrix import RationalMatrix
from markovdiff.arithmetic.rational import shown
from markovdiff.arithmetic.value import from_fields
from markovdiff.cached import cached_property
from markovdiff.errors import InputError
from markovdiff.measures.checks import CHECKS, Dpi, Sampler, Sdpi
from markovdiff.measures.checks.finding import CheckObserver
from markovdiff.measures.checks.kind import NamedLaw
from markovdiff.process.chain import Chain
from markovdiff.process.distribution import Distribution, law_of
from markovdiff.process.kernels import Kernel
from markovdiff.process.reverse import ReverseModel
from markovdiff.process.reverse.bayes import BayesSpec
from markovdiff.process.reverse.mixture import PosteriorMixtureSpec
from markovdiff.process.stationary import stationary_of_chain
from markovdiff.study import fileformat, resolve, resolve_data, reverse
from markovdiff.study.forecast import check_forecast
from markovdiff.study.reading import structured
from markovdiff.study.settings import assigned, tree

if TYPE_CHECKING:  # what is about sequences is loaded where the data are sequences
    from markovdiff.engines.exact.sequence_ledger import JointReverse
    from markovdiff.sequences.chain import SequenceChain
    from markovdiff.study.sequence_data import Sequences


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario.

    `data` has the chain's states (with the mask, where the kernel adds one); `betas` is empty for a
    kernel without a schedule; `expectations` maps a check's name to what is expected of it; `notes` says what was done
    to the data and the noise as they were read.

    Of data that are sequences `sequences` is the law of them, states are symbols, and `data` is the law of a symbol at
    a position drawn at random.
    """

    name: str
    file: fileformat.File
    data: Distribution
    kernel: Kernel
    betas: tuple[Fraction, ...]
    T: int
    labels: int
    folder: Path
    unit: Unit
    notes: tuple[str, ...] = ()
    sequences: Sequences | None = None

    __reduce__ = from_fields

    def __repr__(self) -> str:
        kind, arithmetic = self.file.noise.kernel.kind(), self.file.arithmetic
        facts = f"{self.T} steps on {self.K} states, {kind}, {arithmetic.kind}, {arithmetic.digits} digits, {self.unit}"
        long = "" if self.sequences is None else f"sequences of {self.sequences.length}, "
        return f"<Scenario {shown(self.name, 40)}: {long}{facts}>"

    def _repr_html_(self) -> str:
        return str(import_module("markovdiff.reports.notebook").of_scenario(self))

    def __hash__(self) -> int:
        return hash((self.name, self.data, self.betas, self.T, self.unit))

    @property
    def title(self) -> str:
        """One line on what it is."""
        return self.file.title or self.name

    @property
    def description(self) -> str:
        """A paragraph on what it shows."""
        return self.file.description.strip()

    @property
    def digits(self) -> int:
        """Certified significant digits of every reported quantity."""
        return self.file.arithmetic.digits

    @property
    def K(self) -> int:
        """The number of states."""
        return self.data.K

    @property
    def model(self) -> fileformat.Model:
        """The reverse model's table: the file's, else Bayes for one symbol and the mixture for sequences."""
        given = self.file.reverse.model
        return given or (BayesSpec() if self.sequences is None else PosteriorMixtureSpec())

    @property
    def mask(self) -> str | None:
        """The label of the absorbing state, if there is one."""
        return self.file.noise.kernel.added_state()

    def chain(self) -> Chain:
        """Return the forward process, exact; of sequences, that of a symbol at a position drawn at random."""
        return Chain(self.data, self.kernel, self.betas, self.T)

    def prior(self, chain: Chain) -> RationalMatrix:
        """Return π = p(x_T), that the reverse process starts from, as a row vector."""
        named = self.file.reverse.prior
        if named == "marginal":
            return chain.final_marginal
        if named == "stationary":
            return _located("reverse.prior", chain)
        return law_of(resolve.law(named, self.data, "reverse.prior", self.mask))

    def reverse_model(self, chain: Chain) -> ReverseModel | None:
        """Return R_1 … R_T; None for a process with memory, which has no ledger."""
        spec = self.model
        if chain.is_markov:
            return spec.model(reverse.ChainSetting(chain, self.labels, self.folder))
        if self.file.reverse.model is not None and not spec.is_bayes:
            raise InputError("a process with memory has no reverse model", where="reverse.model", remedy="leave it out")
        return None

    def chain_of_one_symbol(self, where: str) -> Chain:
        """Return the forward process, for what speaks of one symbol. Raises InputError, at `where`, for sequences."""
        if self.sequences is not None:
            raise InputError(
                "this speaks of one symbol, not of sequences",
                where=where,
                expected="data without `length`",
                remedy="`markovdiff run` reports on sequences",
            )
        return self.chain()

    def sequence_chain(self) -> SequenceChain | None:
        """Return the forward process of sequences; None where the data are one symbol.

        Raises LimitError where too many sequences are possible to be run.
        """
        if self.sequences is None:
            return None
        from markovdiff.sequences.chain import SequenceChain
        from markovdiff.sequences.law import MarkovSequences

        law = self.sequences.law() if isinstance(self.sequences, MarkovSequences) else self.sequences
        return SequenceChain(law, self.chain())

    def joint_reverse(self, sequences: SequenceChain) -> JointReverse:
        """Return R_1 … R_T on sequences. Raises InputError for a model that is of one symbol."""
        from markovdiff.study.position_reverse import joint_reverse

        return joint_reverse(self.model, sequences, self.labels, self.folder)

    def with_options(
        self,
        *,
        arithmetic: fileformat.ArithmeticKind | None = None,
        digits: int | None = None,
        unit: Unit | None = None,
    ) -> Scenario:
        """Return the same scenario with its arithmetic, digits or unit replaced; None leaves them.

        The unit is that of what is reported: a bound that the file states keeps the file's own.
        """
        given = self.file
        kinds = get_args(fileformat.ArithmeticKind)
        if arithmetic is not None and not (isinstance(arithmetic, str) and arithmetic in kinds):
            raise InputError(
                "unknown arithmetic", where="arithmetic", expected=f"one of {', '.join(kinds)}", got=shown(arithmetic)
            )
        if unit is not None:
            check_unit(unit)
        numbers = fileformat.Arithmetic(
            kind=arithmetic or given.arithmetic.kind,
            digits=given.arithmetic.digits if digits is None else check_digits(digits),
        )
        file = msgspec.structs.replace(given, arithmetic=numbers)
        return replace(self, file=file, unit=unit or self.unit)

    def replace(self, key: str | Mapping[str, object], value: object = None) -> Scenario:
        """Return the scenario with a dotted key of its file set, such as "noise.schedule.beta".

        A mapping of keys to values sets several, and only the last scenario need be a sound one. A table replaces the
        table that is there; setting a `kind` keeps only the keys that the new kind has; None takes a key out.
        This scenario stays as it is.
        Raises InputError that names the key.

        >>> from markovdiff.study.loading import load
        >>> load("two-state").replace("noise.schedule.beta", "1/20").betas[0]
        Fraction(1, 20)
        """
        tables = tree(self.file)
        for name, wanted in (key if isinstance(key, Mapping) else {key: value}).items():
            tables = assigned(tables, name, wanted)
        made = resolved(structured(tables), self.folder, self.name)
        return made if self.unit == self.file.unit else made.with_options(unit=self.unit)

    @property
    def is_markov(self) -> bool:
        """Whether x_t depends on x_{t−1} alone."""
        return self.chain().is_markov

    @property
    def file_unit(self) -> Unit:
        """The unit that the file states its bounds in, whatever the results are reported in."""
        return self.file.unit

    def _asked(self, check: str) -> Any:
        """Return what the file says of a check; None where it does not mention it."""
        return getattr(self.file.checks, check.replace("-", "_"), None)

    def _expected(self, check: str) -> str | None:
        asked, kind = self._asked(check), CHECKS[check]
        if asked is None and check in self._unavailable:
            return None
        return kind.default(self) if asked is None else kind.expected(asked)

    @cached_property
    def _unavailable(self) -> tuple[str, ...]:
        """The checks that are not to be had of sequences; the strong inequality needs η of the product kernel."""
        if self.sequences is None:
            return ()
        chain, length = self.chain(), self.sequences.length
        steps = chain.kernel.matrices(chain.strengths)
        from markovdiff.sequences.facts import dobrushin_of_product

        known = all(dobrushin_of_product(step, length) is not None for step in steps)
        return () if known else (Sdpi.name,)

    @cached_property
    def expectations(self) -> dict[str, str]:
        """The checks to be made, in order, and what is expected of each.

        A check that the file does not mention is made where it applies and is a theorem; for a process with
        memory I(x0; x_t) is still expected not to rise, and may.
        """
        return {check: expected for check in CHECKS if (expected := self._expected(check))}

    def check_records(self) -> dict[str, object]:
        """Return what a result keeps of each check for an audit, in order."""
        expected = self.expectations.items()
        return {check: CHECKS[check].record(word, self._asked(check), self) for check, word in expected}

    @property
    def compares_pairs(self) -> bool:
        """Whether `dpi` is among the expectations; these are not formed for it, which may take long."""
        return self._expected(Dpi.name) is not None

    def named_laws(self) -> dict[str, NamedLaw]:
        """Return the laws that the checks in the file measure against, by the check, as the file has them."""
        asked = {check: self._asked(check) for check in CHECKS}
        found = {check: CHECKS[check].against(wish) for check, wish in asked.items() if wish is not None}
        return {check: law for check, law in found.items() if law is not None}

    def laws(self) -> Iterator[tuple[str, RationalMatrix]]:
        """Yield each expected check that measures against a law, and the law."""
        for check in self.expectations:
            law = CHECKS[check].law(self._asked(check), self)
            if law is not None:
                yield check, law

    def check_applicable(self) -> None:
        """Raise InputError for a check or a law that the file asks for and that cannot be had."""
        chain, named = self.chain(), self.named_laws()
        for check, kind in CHECKS.items():
            if self._asked(check) is not None:
                kind.check_defined(self)
        if self.file.sampler is not None or self._asked(Sampler.name) is not None:
            from markovdiff.study.sampler_keys import check_asked

            check_asked(self)
        if self.sequences is None:
            model = self.reverse_model(chain)
            self._check_hybrid(has_denoiser=model is not None and model.prediction is not None)
        else:
            self._check_sequences()
            self._check_hybrid(has_denoiser=not self.model.is_bayes)
        if "stationary" in (self.file.reverse.prior, *named.values()):
            check_forecast(chain)
        if self.file.reverse.prior != "marginal":
            self.prior(chain)
        for check in named:
            CHECKS[check].law(self._asked(check), self)

    def _check_hybrid(self, *, has_denoiser: bool) -> None:
        """Raise InputError for a hybrid loss that cannot be had."""
        weight, where = self.file.reverse.hybrid, "reverse.hybrid"
        if weight is not None and weight < 0:
            raise InputError("a negative weight", where=where, expected="λ ≥ 0", got=shown(weight))
        if weight is not None and not has_denoiser:
            raise InputError(
                "the hybrid loss is of a denoiser, and this reverse model has none",
                where=where,
                expected='reverse.model of kind "d3pm" or "posterior-mixture", or a table of a denoiser',
                got=self.model.kind(),
                remedy="another reverse model, or leave the key out",
            )

    def _check_sequences(self) -> None:
        """Raise InputError for what is not to be had of sequences."""
        if not self.is_markov:
            raise InputError(
                "a process with memory noises one symbol",
                where="noise.kernel",
                expected="a Markov chain, for sequences",
                remedy="another kernel, or leave data.length out",
            )
        if self._asked(Sdpi.name) is not None and Sdpi.name in self._unavailable:
            raise InputError(
                "the contraction of the product kernel is too much to find",
                where=f"checks.{Sdpi.name}",
                remedy="leave it out",
            )
        check_sequence_arithmetic(self.file.arithmetic.kind)
        from markovdiff.study.position_reverse import check_joint_reverse

        check_joint_reverse(self.model, self.file.sampler is not None)

    @cached_property
    def stationary(self) -> RationalMatrix | None:
        """The law that every step preserves, where there is exactly one."""
        try:
            return stationary_of_chain(self.chain())
        except InputError:
            return None

    def observers(self) -> Iterator[tuple[str, CheckObserver]]:
        """Yield an observer for each expected check, but for those that the engines conclude themselves."""
        for check in self.expectations:
            observer = CHECKS[check].observer(self._asked(check), self)
            if observer is not None:
                yield check, observer

    def keeps(self, law: RationalMatrix) -> bool:
        """Return whether every step preserves the law, in float64, which cannot tell a small fall from a rise."""
        if self.file.arithmetic.kind != "float":
            return False
        from markovdiff.engines.float64.forward import is_kept

        return is_kept(self.chain(), law)

    def law(self, named: NamedLaw, where: str) -> RationalMatrix:
        """Return a law that a check measures against, as a row vector. Raise InputError where it cannot be had."""
        if named == "stationary":
            return self.stationary or _located(where, self.chain())
        return law_of(resolve.law(named, self.data, f"{where}.against", self.mask))


def check_sequence_arithmetic(kind: fileformat.ArithmeticKind) -> None:
    """Raise InputError for float64: there H(x_t) − H(x_t | x_0), of joint laws, would cancel."""
    if kind == "float":
        raise InputError(
            "sequences are not run in float64",
            where="arithmetic.kind",
            expected="exact or ball",
            got="float",
            remedy='arithmetic.kind = "ball", or --arithmetic ball',
        )


def _located(where: str, chain: Chain) -> RationalMatrix:
    try:
        return stationary_of_chain(chain)
    except InputError as error:
        raise error.located(where) from None


def resolved(spec: fileformat.File, folder: Path, name: str) -> Scenario:
    """Return the scenario that tables say; paths in it are relative to `folder`. Raises InputError naming the key."""
    notes: list[str] = []
    law = None
    if spec.data.length is None:
        labelled = resolve_data.data(spec.data, folder, notes)
    else:
        from markovdiff.study.sequence_data import one_symbol, sequences

        law = sequences(spec.data, spec.data.length, folder, notes)
        labelled = one_symbol(law)
    data, kernel, betas, T = resolve.noise(spec.noise, labelled, folder, notes)
    if law is not None and data.K > labelled.K:
        law = law.with_extra_symbol(data.states[-1])
    made = Scenario(spec.name or name, spec, data, kernel, betas, T, labelled.K, folder, spec.unit, tuple(notes), law)
    made.check_applicable()
    return made
