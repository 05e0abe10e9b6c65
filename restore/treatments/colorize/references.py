"""Colors from other pictures: a colored still of the shot, or a picture whose palette the shot takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from restore.clip import LUMA_WEIGHTS
from restore.filters.carried import Planes, same_detail
from restore.filters.continued_colors import ColorCells, continued_colors
from restore.filters.flow import Plane
from restore.treatments.colorize.choosing import (
    CELL,
    LONG_SIDE,
    FrameColors,
    Predict,
    color_frame,
    enlarged,
    fitting,
)

SAME_PICTURE = 0.6
"""Share of the picture's detail that must be the same in a frame for a picture to be a still of its shot.

Stills of the same frame have 0.9 and more, also with grain, and less where they were painted over; another
view of the same place 0.2.
"""

ALIKE, DETAIL = 0.75, 0.01
"""Correlation of luma within 17x17 samples from which on the detail there is the same, and the standard
deviation of luma below which there is no detail."""

SHIFT = 0.08
"""The farthest that a still may lie from its frame, as a share of the longer side."""

_SMALL = 64
"""The longer side of the pictures in which a still's frame is searched."""

COMPARED, UNLIKE = 16, 0.3
"""Frames of a shot that are compared with frames of other shots, and the correlation of their detail in
small pictures below which they are not compared any further: shots that look alike have 0.6 and more."""

LIKE_FEATURES, LIKE_LUMA = 0.35, 0.08
"""Distances of the network's features and of luma within which two cells show the same kind of thing."""

Features = Callable[[Plane], Plane]
"""Luma [H, W], 0..1 -> features [h, w, C] of a network, of length 1."""


@dataclass(frozen=True)
class ReferencePicture:
    """A picture in color: luma [H, W] and chroma [H, W, 2] of BT.709, at the size of reduced pictures."""

    luma: Plane
    chroma: Plane


def reference_picture(rgb: Plane) -> ReferencePicture:
    """R'G'B' [H, W, 3], 0..1, as a reference."""
    height, width = rgb.shape[:2]
    shrink = min(1.0, LONG_SIDE / max(height, width))
    size = tuple(max(2 * CELL, round(s * shrink / CELL) * CELL) for s in (width, height))
    small = cast(Plane, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    r, g, b = LUMA_WEIGHTS["bt709"]
    luma = small @ np.array([r, g, b], np.float32)
    cb = (small[..., 2] - luma) / (2 * (1 - b))
    cr = (small[..., 0] - luma) / (2 * (1 - r))
    return ReferencePicture(luma, np.dstack([cb, cr]).astype(np.float32))


def aligned_colors(
    luma: Planes, reference: ReferencePicture, *, drawn: bool = True
) -> FrameColors | None:
    """The reference as colors of the frame that it was drawn over; None: it is no still of this shot.

    With `drawn` all of its colors are taken, also where a person changed its luma. Otherwise it is a frame of
    another shot that looks alike: what differs there is not taken.
    """
    rows, columns = luma[0].shape
    gray, chroma = (
        np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)
        for plane in (reference.luma, reference.chroma)
    )
    frames = range(len(luma))
    if not drawn:
        some = compared_frames(len(luma))
        near, gap = _nearest(luma, gray, some), some[-1] - some[-2] if len(some) > 1 else 0
        frames = frames[max(0, near - gap) : near + gap + 1]
    frame = _nearest(luma, gray, frames)
    here = luma[frame]
    _, x, y = _best_shift(here, gray)
    move = np.array([[1, 0, x], [0, 1, y]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        np.dstack([chroma, gray]),
        move,
        (columns, rows),
        flags=flags,
        borderMode=cv2.BORDER_REPLICATE,
    )
    found = np.asarray(warped, np.float32)
    inside = cv2.warpAffine(np.ones_like(gray), move, (columns, rows), flags=flags)
    if likeness(here, np.ascontiguousarray(found[..., 2])) < SAME_PICTURE:
        return None
    sure = (inside > 0.99).astype(np.float32)
    if not drawn:
        sure *= same_detail(here, np.ascontiguousarray(found[..., 2]))
    return FrameColors(frame, np.ascontiguousarray(found[..., :2]), sure)


def compared_frames(count: int) -> list[int]:
    """The frames of a shot of so many that are compared with other shots: a few, evenly spread."""
    some = min(count, COMPARED)
    return [(2 * number + 1) * count // (2 * some) for number in range(some)]


def may_look_alike(some: Sequence[Plane], gray: Plane) -> bool:
    """Whether one of these frames resembles a picture [H, W] in small size: else no closer look is needed."""
    rows, columns = some[0].shape
    wanted = _shrunk(cast(Plane, cv2.resize(gray, (columns, rows), interpolation=cv2.INTER_AREA)))
    return any(_best_shift(_shrunk(each), wanted)[0] >= UNLIKE for each in some)


def likeness(one: Plane, other: Plane) -> float:
    """The share of the detail in two planes of one size that is the same, 0..1; brightness has no influence.

    Each place counts for itself, so that what was painted over in one part changes nothing elsewhere.
    """
    a, b = _details(one), _details(other)
    both, first, second = (cv2.blur(plane, (17, 17)) for plane in (a * b, a * a, b * b))
    detailed = np.maximum(first, second) > DETAIL * DETAIL
    if detailed.mean() < 0.05:
        return 0.0
    same = both > ALIKE * np.sqrt(first * second) + DETAIL * DETAIL / 4
    return float(same[detailed].mean())


def _details(luma: Plane) -> Plane:
    """Luma without what varies over more than an eighth of the picture, and without most grain."""
    side = max(luma.shape) // 8 * 2 + 1
    return cast(Plane, cv2.blur(luma, (3, 3)) - cv2.blur(luma, (side, side)))


def _nearest(luma: Planes, gray: Plane, frames: Sequence[int]) -> int:
    """The one of these frames that resembles the picture most, wherever it lies."""
    wanted = _shrunk(gray)
    return max(frames, key=lambda frame: _best_shift(_shrunk(luma[frame]), wanted)[0])


def _shrunk(plane: Plane) -> Plane:
    """A plane in small size."""
    rows, columns = (max(8, side * _SMALL // max(plane.shape)) for side in plane.shape)
    return cast(Plane, cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA))


def _best_shift(here: Plane, gray: Plane) -> tuple[float, int, int]:
    """The largest correlation of details, and the shift (right, down) of the picture that gives it."""
    a, b = _details(here), _details(gray)
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    if scale < 1e-6:
        return 0.0, 0, 0
    product = np.conj(np.fft.rfft2(a)) * np.fft.rfft2(b)
    found = np.fft.irfft2(product, a.shape)
    far = max(1, round(SHIFT * max(a.shape)))
    around = np.roll(found, (far, far), (0, 1))[: 2 * far + 1, : 2 * far + 1]
    y, x = np.unravel_index(int(around.argmax()), around.shape)
    return float(around.max()) / scale, int(x) - far, int(y) - far


def palette_colors(
    luma: Planes,
    pictures: Sequence[ReferencePicture],
    predict: Predict,
    features: Features,
) -> FrameColors:
    """Colors for the shot's color frame from pictures that are no stills of it.

    Each cell gets the mean color of the cells of the pictures with similar features and luma; cells that
    resemble none keep the network's color, changed as the others were.
    """
    frame = color_frame(luma)
    here = luma[frame]
    size = (here.shape[1] // CELL, here.shape[0] // CELL)
    own = features(here)
    theirs = [_described(picture, features) for picture in pictures]
    described, colors, tones = (np.concatenate(parts) for parts in zip(*theirs, strict=True))
    tone = fitting(here, (own.shape[1], own.shape[0])).reshape(-1)
    found = np.zeros((len(tone), 3), np.float32)
    rows = own.reshape(len(tone), -1)
    for some in np.array_split(np.arange(len(tone)), max(1, len(tone) // 256)):
        far = 2 - 2 * rows[some] @ described.T
        weight = np.exp(-0.5 * far / LIKE_FEATURES**2)
        weight *= np.exp(-0.5 * ((tone[some, None] - tones[None]) / LIKE_LUMA) ** 2)
        total = weight.sum(1)
        found[some, :2] = weight @ colors / np.maximum(total, 1e-9)[:, None]
        found[some, 2] = np.minimum(1, total / (0.002 * len(tones)))
    cells = fitting(found.reshape(*own.shape[:2], 3), size)
    small = fitting(here, size)
    known = np.ascontiguousarray(cells[..., :2])
    guess = fitting(predict(here), size)
    chroma = continued_colors(ColorCells(known, cells[..., 2], guess, small))
    return FrameColors(frame, enlarged(chroma, here), np.ones_like(here))


def _described(picture: ReferencePicture, features: Features) -> tuple[Plane, Plane, Plane]:
    """Features [n, C], chroma [n, 2] and luma [n] of a picture's cells."""
    found = features(picture.luma)
    size = (found.shape[1], found.shape[0])
    count = size[0] * size[1]
    colors = fitting(picture.chroma, size).reshape(count, 2)
    return found.reshape(count, -1), colors, fitting(picture.luma, size).reshape(count)


def still_colors(luma: Planes, pictures: Sequence[ReferencePicture]) -> Iterator[FrameColors]:
    """The pictures that are stills of the shot, as colors of their frames; one for each frame."""
    seen: set[int] = set()
    for picture in pictures:
        key = aligned_colors(luma, picture)
        if key is not None and key.frame not in seen:
            seen.add(key.frame)
            yield key
