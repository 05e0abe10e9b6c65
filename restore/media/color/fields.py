"""Fields as rows of planes: frames made from the fields of two frames, or from one field.

The top field consists of rows 0, 2, 4 ... of luma and chroma, the bottom field of rows 1, 3, 5 ...
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from restore.media.color.pixels import Plane

Parity = Literal["top", "bottom"]


def interleaved(top: Sequence[Plane], bottom: Sequence[Plane]) -> tuple[Plane, ...]:
    """Combine the top field of one frame and the bottom field of another; no code value changes."""
    frame = tuple(plane.copy() for plane in top)
    for plane, other in zip(frame, bottom, strict=True):
        plane[1::2] = other[1::2]
    return frame


def filled(planes: Sequence[Plane], field: Parity) -> tuple[Plane, ...]:
    """Make a frame from one field: the other field's rows are means of the rows above and below.

    At the top and bottom edge the nearest row is repeated.
    """
    return tuple(_filled(plane, int(field == "bottom")) for plane in planes)


def _filled(plane: Plane, first: int) -> Plane:
    """Do so for one plane, of which the rows `first`, `first` + 2 ... are kept."""
    if len(plane) == 1:
        return plane
    kept = plane[first::2].astype(np.uint32)
    missing = np.arange(1 - first, len(plane), 2)
    above = np.clip((missing - 1 - first) // 2, 0, len(kept) - 1)
    below = np.clip((missing + 1 - first) // 2, 0, len(kept) - 1)
    frame = plane.copy()
    frame[missing] = (kept[above] + kept[below] + 1) // 2
    return frame
