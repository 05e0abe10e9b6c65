"""What tape did to the chroma of a shot, as a measure."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import with_config

from restore.treatments.treatment import STRICT

NOISY = 0.0035
"""Noise (nominal, chroma spans 1) from which chroma is cleaned: 0.8 code values of 8 bit.

Measured: up to 0.0025 on 23 clean clips of cameras, 0.0065 on the weakest tape that was tried."""

FAR = 2.0
"""Shift in luma samples that is a fault by itself.

Lenses and scalers shift colors by up to 1.6 on the same clips."""

NEAR = 0.5
"""Shift in luma samples that is corrected in chroma that has other faults."""

CERTAIN = 0.11
"""Standard error in luma samples up to which a shift is known: the error is then below 0.25."""

_SURE = 0.1
"""Standard error of a wide shift as a share of it."""


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ChromaFaults:
    """The faults of a shot's chroma; lengths in luma samples of the frame.

    shift   how far chroma is to the right of luma and below it; None: not certain
    error   the standard error of the shift
    noise   standard deviation of the chroma noise, nominal (chroma has -0.5..0.5)
    bleed   how much softer chroma is along the lines than across them, as the sigma of a blur
    stairs  the first column of the chroma plane at which a group of four luma columns with one color begins
            (4:1:1); None: there are no such groups
    """

    shift: tuple[float, float] | None
    noise: float
    bleed: float
    stairs: int | None = None
    error: float = 0.0

    @property
    def noisy(self) -> bool:
        """Whether the chroma has more noise than a camera's."""
        return self.noise >= NOISY

    @property
    def faulty(self) -> bool:
        """Whether the chroma has what only tape and capture do to it."""
        return self.noisy or self.far or self.stairs is not None

    @property
    def far(self) -> bool:
        """Whether the shift is larger than that of a lens, beyond doubt."""
        if self.shift is None:
            return False
        size = max(abs(side) for side in self.shift)
        return size >= FAR and self.error < _SURE * size

    @property
    def known(self) -> tuple[float, float] | None:
        """The shift if it is known to a quarter of a sample; less certain ones are good for a repair."""
        return self.shift if self.error < CERTAIN else None
