"""Figures about lettering on a plain background in a still frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Map = NDArray[np.float32]
    Mask = NDArray[np.bool_]
    Boxes = NDArray[np.int32]

SIZE = (256, 192)
"""Frames are examined at this size, whatever the aspect: letters of 1/25 of the height have 7 rows."""

RIM = (0.12, 0.14)
"""The largest width of a border at the sides, and above and below: shares of the frame."""


@dataclass(frozen=True, slots=True)
class Lettering:
    """The features of a title card in a frame; shares are 0..1.

    ground    share of the frame that is one smooth plain background
    clear     the same share outside the lines of lettering and the rim
    uneven    deviation of the background from a smooth surface (of nine tenths of it), over the contrast
    opposite  share of the frame that differs from the background in the direction opposite to the lettering
    rim       the same share in the rim, where a border may have lines     share of the width of the ink,
    without the rim, that is in lines
    letters   number of strokes, letters or words in lines
    filled    share of the letters' boxes that is ink (letters 0.4 to 0.75, panes and tiles 1);
              0 if all letters are too small
    tone      variation of the darkness (or brightness) of the letters, over their contrast
    contrast  difference of the lettering from the background in 8-bit codes
    """

    ground: float
    clear: float
    uneven: float
    opposite: float
    rim: float
    lined: float
    letters: int
    filled: float
    tone: float
    contrast: float


NOTHING = Lettering(0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0, 1.0, 1.0, 0.0)
"""A frame without any lettering."""


def lettering(frame: Plane) -> Lettering:
    """Measure a still frame of SIZE."""
    image = cv2.GaussianBlur(_without_bars(frame), (0, 0), 0.8).astype(np.float32)
    spread = float(np.percentile(image, 99.5) - np.percentile(image, 0.5))
    if spread < 10:
        return NOTHING
    away = image - _ground(image, spread)
    on_ground = np.abs(away) < 0.15 * spread
    side, contrast = _side(away, on_ground)
    if contrast == 0:
        return NOTHING
    ink = away * side > 0.5 * contrast
    boxes, labels = _boxes(ink)
    lines = [line for line in _lines(boxes[_may_be_letters(boxes)]) if _is_line(line)]
    if not lines:
        return NOTHING
    letters = np.concatenate(lines)
    free = ~_covered(lines) & ~_RIM
    inside = boxes[_in_the_middle(boxes)]
    peaks = np.zeros(len(boxes) + 1, np.float32)
    np.maximum.at(peaks, labels.ravel(), np.abs(away).ravel())
    light, strong = np.percentile(peaks[letters[:, 5]], (20, 80))
    return Lettering(
        float(on_ground.mean()),
        float(on_ground[free].mean()) if free.any() else 1.0,
        float(np.percentile(np.abs(away[on_ground]), 90)) / contrast,
        float((away * side < -0.25 * contrast).mean()),
        float(on_ground[_RIM].mean()),
        float(letters[:, 2].sum()) / max(float(inside[:, 2].sum()), 1.0),
        len(letters),
        _filled(letters),
        float(strong - light) / contrast,
        contrast,
    )


def _rim() -> Mask:
    rim = np.ones(SIZE[::-1], bool)
    wide, high = int(RIM[0] * SIZE[0]), int(RIM[1] * SIZE[1])
    rim[high:-high, wide:-wide] = False
    return rim


_RIM = _rim()


def _without_bars(frame: Plane) -> Plane:
    """The frame without flat bars at its sides or above and below it, at SIZE again."""
    left, right = _bar(frame), _bar(frame[:, ::-1])
    top, bottom = _bar(frame.T), _bar(frame.T[:, ::-1])
    if not (left or right or top or bottom):
        return frame
    inner = frame[top : SIZE[1] - bottom, left : SIZE[0] - right]
    return np.asarray(cv2.resize(inner, SIZE, interpolation=cv2.INTER_LINEAR), np.uint8)


def _terms() -> Map:
    """The terms of a surface of second order, [rows, columns, 6], coordinates -1..1."""
    y, x = np.mgrid[-1 : 1 : SIZE[1] * 1j, -1 : 1 : SIZE[0] * 1j].astype(np.float32)
    return np.stack([np.ones_like(y), y, x, y * y, x * x, x * y], axis=-1)


def _sparse() -> Mask:
    """Every fourth pixel of every fourth row: enough to fit a surface."""
    mask = np.zeros(SIZE[::-1], bool)
    mask[::4, ::4] = True
    return mask


_TERMS, _SPARSE = _terms(), _sparse()


def _ground(image: Map, spread: float) -> Map:
    """The smooth surface (second order) of most of the frame."""
    counts, edges = np.histogram(image, bins=48)
    smooth = np.convolve(counts, np.ones(5), "same")
    top = int(smooth.argmax())
    surface = np.full_like(image, 0.5 * (edges[top] + edges[top + 1]))
    for reach in (0.25, 0.2, 0.15, 0.12, 0.12):
        near = np.abs(image - surface) < reach * spread
        near &= _SPARSE
        if near.sum() < 100:
            break
        weights, *_ = np.linalg.lstsq(_TERMS[near], image[near], rcond=None)
        surface = sum((w * _TERMS[..., k] for k, w in enumerate(weights)), np.float32(0))
    return np.asarray(surface, np.float32)


def _side(away: Map, on_ground: Mask) -> tuple[float, float]:
    """The direction (1, -1) in which most of the middle differs from the ground, and by how much."""
    out = away[~on_ground & ~_RIM]
    if out.size < 20:
        return 1.0, 0.0
    side = 1.0 if 2 * int((out > 0).sum()) > out.size else -1.0
    return side, float(np.percentile(side * out[side * out > 0], 75))


def _boxes(ink: Mask) -> tuple[Boxes, Boxes]:
    """Connected pieces of ink as rows of (x, y, width, height, area, label), and their labels."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8)
    boxes = np.column_stack((stats, np.arange(count)))[1:]
    return boxes.astype(np.int32), np.asarray(labels, np.int32)


def _may_be_letters(boxes: Boxes) -> Mask:
    """Pieces of the size of a letter or a word outside the rim."""
    wide, high = SIZE
    _, _, w, h, area, _ = boxes.T
    size = (h >= 4) & (h <= 0.3 * high) & (w >= 2) & (w <= 0.8 * wide) & (area >= 6)
    return size & _in_the_middle(boxes)


def _in_the_middle(boxes: Boxes) -> Mask:
    """Pieces that reach into the middle, without borders around it."""
    wide, high = SIZE
    x, y, w, h, area, _ = boxes.T
    rx, ry = RIM[0] * wide, RIM[1] * high
    middle = (x + w > rx) & (x < wide - rx) & (y + h > ry) & (y < high - ry)
    around = ((w > 0.7 * wide) | (h > 0.68 * high)) & (area < 0.22 * w * h)
    return middle & ~around


def _lines(letters: Boxes) -> list[Boxes]:
    """The letters in groups that are in one line, tall ones first."""
    lines: list[list[Boxes]] = []
    for box in letters[np.argsort(-letters[:, 3], kind="stable")]:
        middle = box[1] + box[3] / 2
        for line in lines:
            tall = line[0]
            if tall[1] <= middle <= tall[1] + tall[3] + 0.25 * tall[3] and 4 * box[3] >= tall[3]:
                line.append(box)
                break
        else:
            lines.append([box])
    return [np.array(line) for line in lines]


def _is_line(line: Boxes) -> bool:
    """Three letters or more, or one connected word."""
    x, width, tall = line[:, 0], line[:, 2], float(np.percentile(line[:, 3], 75))
    length = int((x + width).max() - x.min())
    gap = length - float(width.sum())
    return gap <= 0.7 * length and length >= (1.6 if len(line) >= 3 else 2.6) * tall


def _covered(lines: Sequence[Boxes]) -> Mask:
    """The rectangles of the lines, with a margin of a fifth of their height."""
    mask = np.zeros(SIZE[::-1], bool)
    for line in lines:
        x, y, w, h = line[:, 0], line[:, 1], line[:, 2], line[:, 3]
        margin = int(h.max()) // 5 + 2
        top, left = max(int(y.min()) - margin, 0), max(int(x.min()) - margin, 0)
        mask[top : int((y + h).max()) + margin, left : int((x + w).max()) + margin] = True
    return mask


def _filled(letters: Boxes) -> float:
    """The share of ink in the boxes of the letters of 10 rows or more, as a median."""
    large = letters[letters[:, 3] >= 10]
    if not len(large):
        return 0.0
    return float(np.median(large[:, 4] / (large[:, 2] * large[:, 3])))


def _bar(frame: Plane) -> int:
    """The width of a flat bar at the left edge (0: none).

    It must end along the whole height: a pale sign in front of a dark background has no bars.
    """
    low, middle, high = np.percentile(frame[8:-8], (15, 50, 85), axis=0)
    spread = max(float(np.percentile(frame, 98) - np.percentile(frame, 2)), 16.0)
    same = (np.abs(middle - middle[0]) < 0.12 * spread) & (high - low < 0.3 * spread)
    width = int(same.argmin()) if not same.all() else 0
    beyond = slice(width + 6, width + 30)  # a border's line is thinner
    if not 3 <= width <= 0.3 * len(middle):
        return 0
    rise, fall = low[beyond].mean() - middle[0], middle[0] - high[beyond].mean()
    return width + 2 if max(rise, fall) > 0.2 * spread else 0
