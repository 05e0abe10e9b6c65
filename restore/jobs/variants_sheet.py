"""The contact sheet of a shot: its color frame in several colorings, each with its number and likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from restore.clip import LUMA_WEIGHTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.filters.flow import Plane

    Picture = NDArray[np.uint8]

CELL_WIDTH = 420
"""Width of a picture on the sheet in pixels; small frames are enlarged."""

COLUMNS = 3
"""Pictures in a row."""

_GAP, _CAPTION = 8, 26


@dataclass(frozen=True)
class SheetPicture:
    """One coloring: R'G'B' [H, W, 3], 8-bit, and its caption."""

    caption: str
    picture: Picture


def variants_sheet(title: str, pictures: Sequence[SheetPicture]) -> Picture:
    """The sheet [H, W, 3]: a title, and rows of pictures of one size with their captions."""
    cells = [_cell(each) for each in pictures]
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[at : at + COLUMNS]) for at in range(0, len(cells), COLUMNS)]
    head = np.full((_CAPTION + _GAP, rows[0].shape[1], 3), 255, np.uint8)
    _write(head, title)
    return np.vstack([head, *rows])


def sheet_size(width: int, height: int, sample_aspect: float) -> tuple[int, int]:
    """Columns and rows of a picture on the sheet, of the display aspect."""
    wide = width * sample_aspect
    return CELL_WIDTH, max(1, round(CELL_WIDTH * height / wide))


def colored(luma: Plane, chroma: Plane) -> Picture:
    """R'G'B' [H, W, 3], 8-bit, of luma [H, W] and chroma [H, W, 2] of BT.709; luma keeps its values."""
    import torch

    from restore.filters.joincolor import within_gamut

    planes = torch.from_numpy(np.ascontiguousarray(np.moveaxis(chroma, -1, 0)))[None].float()
    guide = torch.from_numpy(np.ascontiguousarray(luma))[None, None].float()
    cb, cr = within_gamut(planes, guide, "bt709")[0].numpy()
    r, g, b = LUMA_WEIGHTS["bt709"]
    red, blue = luma + cr * 2 * (1 - r), luma + cb * 2 * (1 - b)
    green = (luma - r * red - b * blue) / g
    found = np.clip(np.dstack([red, green, blue]), 0, 1) * 255
    return np.rint(found).astype(np.uint8)


def _cell(each: SheetPicture) -> Picture:
    height, width = each.picture.shape[:2]
    cell = np.full((height + _CAPTION + _GAP, width + _GAP, 3), 255, np.uint8)
    cell[_CAPTION : _CAPTION + height, :width] = each.picture
    _write(cell, each.caption)
    return cell


def _write(picture: Picture, text: str) -> None:
    shown: Any = text.encode("ascii", "replace").decode()
    place, black = (4, _CAPTION - 8), (0, 0, 0)
    cv2.putText(picture, shown, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, black, 1, cv2.LINE_AA)
