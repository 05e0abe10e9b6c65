"""What composite video left in a shot, as a measure."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import with_config

from restore.treatments.treatment import STRICT

CYCLES = {1: 720 * 3.579545 / 13.5, 2: 720 * 4.43361875 / 13.5}
"""Cycles of the subcarrier in the width of the picture, by the distance of opposite phases: NTSC and PAL."""


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class CompositeFaults:
    """The pattern of a subcarrier in a shot.

    distance  frames from one phase to the opposite one: 1 in NTSC, 2 in PAL
    cycles    periods of the pattern in the width of the picture
    share     share of the picture in which it was found
    """

    distance: int
    cycles: float
    share: float
