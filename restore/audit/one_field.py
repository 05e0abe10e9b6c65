"""What a frame made of one field may show: the rows of the other field are computed, so nobody knows them.

Where nothing moves they are those of the other field, else they are between the rows of this one. Along hard
edges, such as those of a letterbox, both differ by half a row, which is more than slow motion changes. The
thumbnails here are the same or similar for both, so that only motion counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Thumbnail = NDArray[np.uint8]
    Cells = NDArray[np.int16]

_FAR = 2.0
"""How many times as far from its field a weave is whose other field is of another shot."""


def with_both_moments(field: Thumbnail, same: Thumbnail, others: list[Thumbnail]) -> Thumbnail:
    """The most likely thumbnail of a frame of one field, wherever its other rows come from.

    `field` is the thumbnail of this field alone, `same` that of both fields of its source frame, `others`
    those with the other field of the frame before and after it. In each cell it is the median of the field
    and of the weaves with the fields before and after it: their order in time is found by likeness.
    """
    one, two = _moments(field, same, others)
    median = np.clip(field, np.minimum(one, two), np.maximum(one, two))
    return median.astype(np.uint8)


def woven_where_sure(field: Thumbnail, same: Thumbnail, others: list[Thumbnail]) -> Thumbnail:
    """The thumbnail of both fields of a source frame where its difference to one field is motion.

    Motion lies to both sides of the field, before and after it; elsewhere it is the field's own thumbnail.
    The arguments are those of `with_both_moments`.
    """
    one, two = _moments(field, same, others)
    moves = (np.minimum(one, two) <= field) & (field <= np.maximum(one, two))
    return np.where(moves, same, field)


def _moments(
    field: Thumbnail, same: Thumbnail, others: list[Thumbnail]
) -> tuple[Thumbnail, Thumbnail]:
    """The weaves with the fields next to this one in time.

    Next to a cut it is the same one twice, and in the first and last frame, where one may be missing.
    """
    if len(others) < 2:
        return same, same
    near = min(others, key=lambda other: _apart(field, other))
    gaps = _apart(field, same), _apart(field, near)
    if gaps[1] > _FAR * gaps[0]:
        return same, same
    return (near, near) if gaps[0] > _FAR * gaps[1] else (same, near)


def _apart(one: Thumbnail, other: Thumbnail) -> float:
    return float(np.abs(one.astype(np.int16) - other).mean())
