"""Flicker as a value: the change that gives every frame of a shot the shot's brightness."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flicker:
    """What gives each frame of a shot the shot's brightness: gain * luma + offset, nominal."""

    gain: tuple[float, ...]
    offset: tuple[float, ...]

    @property
    def depth(self) -> float:
        """Root mean square of the changes to middle gray, in nominal luma."""
        pairs = zip(self.gain, self.offset, strict=True)
        squares = [((gain - 1) / 2 + offset) ** 2 for gain, offset in pairs]
        return math.sqrt(sum(squares) / len(squares))
