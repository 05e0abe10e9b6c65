"""The contact sheet: images side by side, with captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor

Picture = npt.NDArray[np.uint8]

_GAP, _CAPTION = 6, 22


@dataclass(frozen=True)
class SheetCell:
    """An image, luma [H, W] or R'G'B' [3, H, W], 8-bit full range, and its caption."""

    name: str
    picture: Tensor


def contact_sheet(
    rows: Sequence[Sequence[SheetCell]], size: tuple[int, int], whole: bool
) -> Picture:
    """A row of cells for each shot: R'G'B' [H, W, 3].

    Each cell is `size` (width, height): the middle of the image, pixel for pixel, or the `whole` image scaled
    to fit.
    """
    wide = max(len(row) for row in rows)
    lines = [_row([_cell(cell, size, whole) for cell in row], wide) for row in rows]
    return np.vstack(lines)


def _row(cells: Sequence[Picture], wide: int) -> Picture:
    blank = np.full_like(cells[0], 255)
    return np.hstack([*cells, *[blank] * (wide - len(cells))])


def _cell(cell: SheetCell, size: tuple[int, int], whole: bool) -> Picture:
    width, height = size
    framed = np.full((height + _CAPTION + _GAP, width + _GAP, 3), 255, np.uint8)
    picture = _colors(cell.picture)
    shown = _fitted(picture, size) if whole else _middle(picture, size)
    framed[_CAPTION : _CAPTION + shown.shape[0], : shown.shape[1]] = shown
    place, black = (2, _CAPTION - 7), (0, 0, 0)
    text: Any = cell.name.encode("ascii", "replace").decode()
    cv2.putText(framed, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, black, 1, cv2.LINE_AA)
    return framed


def _colors(picture: Tensor) -> Picture:
    """Three planes, as OpenCV has them: [H, W, 3]."""
    planes = picture.expand(3, -1, -1) if picture.ndim == 2 else picture
    return np.ascontiguousarray(planes.permute(1, 2, 0).numpy())


def _middle(picture: Picture, size: tuple[int, int]) -> Picture:
    height, width = picture.shape[:2]
    left, top = max(0, (width - size[0]) // 2), max(0, (height - size[1]) // 2)
    return picture[top : top + size[1], left : left + size[0]]


def _fitted(picture: Picture, size: tuple[int, int]) -> Picture:
    height, width = picture.shape[:2]
    share = min(size[0] / width, size[1] / height)
    small = (max(1, round(width * share)), max(1, round(height * share)))
    return np.asarray(cv2.resize(picture, small, interpolation=cv2.INTER_AREA), np.uint8)
