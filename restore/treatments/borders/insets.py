"""The picture's place in the frame: how many rows and columns at each side are not picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

NARROW = 0.03
"""Borders up to this share of a side are blanking, head switching or round corners; wider ones are boxes."""

HALF_LINES = 2
"""The most rows of which only one half is picture."""

LARGEST = 0.3
"""The largest border at each side, as a share of the side."""


@dataclass(frozen=True, slots=True)
class Insets:
    """Rows at the top and bottom and columns at the left and right that are not picture."""

    top: int = 0
    bottom: int = 0
    left: int = 0
    right: int = 0

    def __bool__(self) -> bool:
        return bool(self.top or self.bottom or self.left or self.right)

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height of the picture in a frame of this size."""
        return width - self.left - self.right, height - self.top - self.bottom

    def wide(self, width: int, height: int) -> tuple[bool, bool, bool, bool]:
        """Which borders of a frame of this size are boxes, and not narrow: top, bottom, left, right."""
        rows, columns = NARROW * height + 1, NARROW * width + 1
        return self.top > rows, self.bottom > rows, self.left > columns, self.right > columns


@dataclass(frozen=True, slots=True)
class DarkDepths:
    """How far the dark reaches into the frame, and how many rows at the bottom head switching disturbs.

    Each side is divided into segments of equal length; the values are rows (or columns) from the border to
    the first one that is lit in any frame.
    """

    width: int
    height: int
    top: tuple[int, ...]
    bottom: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    switching: int = 0

    def insets(self) -> Insets:
        """The borders."""
        vertical, horizontal = round(NARROW * self.height), round(NARROW * self.width)
        return Insets(
            _inset(self.top, vertical, self.height),
            max(_inset(self.bottom, vertical, self.height), self.switching),
            _inset(self.left, horizontal, self.width),
            _inset(self.right, horizontal, self.width),
        )


def _inset(depths: Sequence[int], narrow: int, side: int) -> int:
    """How deep a border is: straight, or with a half line, or with two round corners; 0 if it is too wide."""
    least = min(depths)
    half = len(depths) // 2 - 2
    ends = [min(part) for part in (depths[:half], depths[len(depths) - half :]) if part]
    lines = [each for each in ends if each <= least + HALF_LINES]
    corners = depths[0], depths[-1]
    if least < min(corners) and max(corners) <= least + narrow:
        lines += corners
    deepest = max([least, *lines])
    return deepest if deepest <= LARGEST * side else 0


def of_film(shots: Sequence[DarkDepths | None]) -> DarkDepths | None:
    """The borders of all shots: what is lit in any of them is picture; None without a shot that is lit.

    Head switching counts if a third of the shots has it.
    """
    known = [each for each in shots if each is not None]
    if not known:
        return None
    sides = ("top", "bottom", "left", "right")
    least = {
        side: tuple(map(min, zip(*(getattr(each, side) for each in known), strict=True)))
        for side in sides
    }
    disturbed = [each.switching for each in known if each.switching]
    switching = max(disturbed) if 3 * len(disturbed) >= len(known) else 0
    return DarkDepths(known[0].width, known[0].height, **least, switching=switching)


def even(insets: Insets, width: int, height: int, step: int = 2) -> Insets:
    """The insets enlarged so that rows of chroma are kept whole, and both sides of the picture are even.

    `step` are the rows that belong together: 2, and 4 in interlaced frames.
    """
    top, left = -(-insets.top // step) * step, -(-insets.left // 2) * 2
    rows = (height - top - insets.bottom) // step * step
    columns = (width - left - insets.right) // 2 * 2
    return Insets(top, height - top - rows, left, width - left - columns)
