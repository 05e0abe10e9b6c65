"""Gate weave as a value: the offset of every frame of a shot."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Weave:
    """The offset of each frame of a shot from its position in the gate, and the bars that do not weave.

    down, right  one a frame, as shares of the frame's height and width
    bars         static black at the top, bottom, left and right, as shares of the same
    """

    down: tuple[float, ...]
    right: tuple[float, ...]
    bars: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)

    def pixels(self, width: int, height: int) -> float:
        """Root mean square of the distances in a frame of this size, in its pixels."""
        squares = [
            (a * height) ** 2 + (b * width) ** 2 for a, b in zip(self.down, self.right, strict=True)
        ]
        return math.sqrt(sum(squares) / len(squares))
