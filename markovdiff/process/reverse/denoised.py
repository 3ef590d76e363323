"""Reverse models that are made of a belief about x0: what all of them take from their denoiser."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from markovdiff.process.reverse.model import ReverseModel

if TYPE_CHECKING:
    from flint import fmpz

    from markovdiff.process.reverse.denoisers import Denoiser


class Denoised(ReverseModel):
    """A model whose rows come from p̃(x0 | x_t)."""

    if TYPE_CHECKING:

        @property
        def denoiser(self) -> Denoiser:
            """Where p̃ comes from."""

    @property
    def prediction(self) -> Denoiser:
        """The denoiser."""
        return self.denoiser

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the denoiser."""
        return self.denoiser.notes

    def brings(self, K: int) -> Iterable[tuple[fmpz, fmpz]]:
        """Return what the denoiser brings."""
        return self.denoiser.brings(K)
