"""The sheet of `restore enhance`: the region, what is left of it, and samples, which are inventions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from restore.jobs.inventions import Invented

    Picture = NDArray[np.float32]

SIDE = 256
"""Height and width of each picture on the sheet."""

COLUMNS = 4
"""Pictures in a row."""

FULL_SPREAD = 0.25
"""Standard deviation that is white on the invention map: a quarter of the range from black to white."""

TITLE = (
    "INVENTED. These are samples of what a network considers possible,",
    "not what the picture shows. They are no evidence.",
)

_GAP, _CAPTION = 8, 24


def enhance_sheet(found: Invented) -> NDArray[np.uint8]:
    """The sheet, R'G'B' [H, W, 3], 8 bits.

    In the first row the region, its 8x8 pixels, the mean of all samples, and the invention map (white: the
    samples differ most, so that everything there is invented); then the samples. A single sample has no
    map: how much of it is invented is not known. Black does not mean known: samples can be wrong alike.
    """
    invention = np.ones((1, 1, 3), np.float32)
    if found.spread is not None:
        invention = np.clip(found.spread / FULL_SPREAD, 0, 1)[..., None].repeat(3, 2)
    cells = [
        _cell(found.region, "the region"),
        _cell(found.small, "8x8, all that is known"),
        _cell(np.mean(np.stack(found.samples), axis=0), "mean of the samples"),
        _cell(invention, "invention map" if found.spread is not None else "no map of one sample"),
    ]
    for picture, seed, value in zip(found.samples, found.seeds, found.likelihoods, strict=True):
        cells.append(_cell(picture, f"seed {seed}: {value:.2f}"))
    cells += [np.full_like(cells[0], 255)] * (-len(cells) % COLUMNS)
    rows = [np.hstack(cells[at : at + COLUMNS]) for at in range(0, len(cells), COLUMNS)]
    head = np.full((2 * _CAPTION + _GAP, rows[0].shape[1], 3), 255, np.uint8)
    for number, line in enumerate(TITLE):
        _write(head, line, (number + 1) * _CAPTION - 4, 0.7, (200, 0, 0))
    return np.vstack([head, *rows])


def _cell(picture: Picture, caption: str) -> NDArray[np.uint8]:
    """A picture at the sheet's size, each of its pixels a square, with its caption above."""
    codes = np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)
    smaller = max(picture.shape[:2]) > SIDE
    how = cv2.INTER_AREA if smaller else cv2.INTER_NEAREST
    cell = np.full((SIDE + _CAPTION + _GAP, SIDE + _GAP, 3), 255, np.uint8)
    cell[_CAPTION : _CAPTION + SIDE, :SIDE] = cv2.resize(codes, (SIDE, SIDE), interpolation=how)
    _write(cell, caption, _CAPTION - 7, 0.5, (0, 0, 0))
    return cell


def _write(
    picture: NDArray[np.uint8], text: str, base: int, size: float, color: tuple[int, int, int]
) -> None:
    shown: Any = text
    cv2.putText(picture, shown, (4, base), cv2.FONT_HERSHEY_SIMPLEX, size, color, 1, cv2.LINE_AA)
