"""The facts in the header of a written image, except its size and samples."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The facts of one image of a film; each kind of file stores those for which it has fields.

    place      number in the film, from 0, of `count` images
    rate       frames a second
    timecode   HH:MM:SS:FF; None if it has none
    transfer   ffmpeg's name of the transfer characteristics, `primaries` that of the primaries
    """

    place: int = 0
    count: int = 1
    rate: Fraction = Fraction(24)
    timecode: str | None = None
    sar: Fraction = Fraction(1)
    transfer: str | None = None
    primaries: str | None = None
