"""The facts of composite video that its repair and its simulation share (ITU-R BT.470 and BT.601)."""

from __future__ import annotations

from typing import Literal

System = Literal["ntsc", "pal"]
"""525 or 625 lines; in PAL the sign of V changes with every line."""

CYCLES: dict[System, float] = {"ntsc": 720 * 3.579545 / 13.5, "pal": 720 * 4.43361875 / 13.5}
"""Cycles of the subcarrier in the width of a picture of 720 samples."""

LINE_CYCLES: dict[System, float] = {"ntsc": 227.5, "pal": 283.7516}
"""Cycles of the subcarrier from a line of a field to the next."""

GAINS = (0.874, 1.23)
"""Weights of Cb and Cr on the subcarrier (U is 0.493 (B - Y), V is 0.877 (R - Y))."""
