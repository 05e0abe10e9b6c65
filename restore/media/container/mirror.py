"""Films that players show mirrored: the mirroring in the display matrix, without the rotation."""

from __future__ import annotations

import struct

from restore.media.container.sidedata import side_data
from restore.media.source import Source

_ONE = 1 << 16
_LAST = 1 << 30
"""One in the matrix's first two columns, and in its last (ISO 14496-12, 8.3.2.3)."""

Matrix = tuple[int, ...]


def read_mirror(source: Source) -> Matrix | None:
    """The display matrix of a film that players mirror, without shift; None for any other film."""
    if source.sequence is not None:
        return None
    matrix = side_data(source).get("DISPLAYMATRIX", b"")
    if len(matrix) < 36:
        return None
    a, b, _, c, d = struct.unpack_from("=5i", matrix)
    return (a, b, 0, c, d, 0, 0, 0, _LAST) if a * d < b * c else None


def display_change(source: Source) -> str | None:
    """How players rotate or mirror the picture; None if they show it as it is stored."""
    if source.rotation:
        return f"rotation of the picture by {source.rotation} degrees"
    return None if read_mirror(source) is None else "mirroring of the picture"


def same_mirror(one: Matrix | None, other: Matrix | None) -> bool:
    """Whether both mirror the picture in the same way, to a thousandth: Matroska stores angles."""
    if one is None or other is None:
        return one is other
    return all(abs(a - b) * 1000 <= _ONE for a, b in zip(one, other, strict=True))
