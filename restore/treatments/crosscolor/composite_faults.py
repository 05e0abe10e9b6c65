"""What composite video left in a shot, as a measure."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import with_config

from restore.filters.composite_signal import System
from restore.treatments.treatment import STRICT

DISTANCES: dict[System, int] = {"ntsc": 1, "pal": 2}
"""Frames from one phase of the subcarrier to the opposite one."""


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class CompositeFaults:
    """The crosstalk of luma and chroma in a shot (filters/crosstalk.py).

    distance  frames from one phase to the opposite one: 1 in NTSC, 2 in PAL; 0: phases are irregular
    cycles    periods of the pattern in the width of the picture, as measured
    share     share of the picture in which the dots are visible
    system    the system of the subcarrier
    crawl     share of the sharp part of chroma that is in luma
    rainbows  share of the fine part of luma that is in chroma
    """

    distance: int
    cycles: float
    share: float
    system: System = "ntsc"
    crawl: float = 0.0
    rainbows: float = 0.0
