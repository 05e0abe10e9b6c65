"""Where a shot ends and the next begins: scenedetect proposes, the picture's structure decides.

Every decision looks at most `REACH` frames to both sides and nothing else, so a part of a film
gives the same cuts as the whole film, except within `REACH` frames of where the part was cut out.
A dissolve has no cut: both its pictures belong to one shot.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import cv2
import numpy as np

from restore.filters.phase import phase_shift
from restore.survey.blank import is_blank, softened

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scenedetect.detectors import ContentDetector

    Plane = NDArray[np.uint8]

Item = TypeVar("Item")

PROPOSE = 22.0
"""Mean change of the normalized picture, in 8-bit codes, from which a frame may start a shot.

Measured over 18,000 frame pairs (23 clips and 6 old films, bare and aged with grain, flicker, dust,
weave, blur and low contrast): cuts change by 32 to 75; 99 % of the pairs inside shots by less than 25.
"""

ALIKE = 0.6
"""Likeness from which two pictures show the same scene.

Inside shots it was 0.69 to 1.0 over the same pairs, and 0.77 in pans by 15 % of the width a frame; for
3,280 pairs of pictures from different films 0.55 at most (99 % to 0.40), for the films' cuts to 0.4.
"""

STEADY = 0.35
"""Likeness of neighbors below which a shot has nothing steady; pure noise has 0.1 to 0.2."""

FLASH = 2
"""Frames that may differ from both neighbors without a cut: flashes, dust bursts, splices."""

LEADER = 12
"""Blank frames in a row that make a shot of their own; fewer belong to the shot before them."""

REACH = LEADER + FLASH + 2
"""Frames to each side that a decision may depend on."""


@dataclass(frozen=True)
class _Seen(Generic[Item]):
    """A picture on its way through the window: what it shows, and whether the detector stirred."""

    item: Item
    picture: Plane
    changed: bool
    blank: bool


def mark_cuts(
    items: Iterable[Item], luma_of: Callable[[Item], Plane]
) -> Iterator[tuple[Item, bool]]:
    """Every item in its order, with True where it starts a shot (the first one always does).

    `luma_of` gives an item's picture as [h, w] uint8. At most 2 · `REACH` + 1 items are held.
    """
    window: deque[_Seen[Item]] = deque(maxlen=2 * REACH + 1)
    waiting = 0
    for seen in _observe(items, luma_of):
        window.append(seen)
        waiting += 1
        if waiting > REACH:
            yield _decided(window, len(window) - waiting)
            waiting -= 1
    while waiting:
        yield _decided(window, len(window) - waiting)
        waiting -= 1


def _decided(window: deque[_Seen[Item]], place: int) -> tuple[Item, bool]:
    """The item at `place` of the window, and whether it starts a shot."""
    seen = list(window)
    before, after = seen[max(0, place - REACH) : place], seen[place : place + REACH + 1]
    return seen[place].item, not before or starts_shot(before, after)


def _observe(items: Iterable[Item], luma_of: Callable[[Item], Plane]) -> Iterator[_Seen[Item]]:
    """Run scenedetect over the normalized pictures; normalizing takes flicker and fading away."""
    from scenedetect import FrameTimecode

    detector = _detector()
    for index, item in enumerate(items):
        soft = softened(luma_of(item))
        picture = normalized(soft)
        image = cv2.merge((picture, picture, picture))
        changed = bool(detector.process_frame(FrameTimecode(index, 25.0), image))
        yield _Seen(item, picture, changed, is_blank(soft))


def _detector() -> ContentDetector:
    """The content detector on luma alone, without its own rule for short scenes (FLASH is ours)."""
    from scenedetect.detectors import ContentDetector

    return ContentDetector(threshold=PROPOSE, min_scene_len=0, luma_only=True)


def normalized(soft: Plane) -> Plane:
    """The picture with mean 128 and deviation 48, less where it is nearly flat."""
    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(soft))
    codes = 128.0 + (np.arange(256) - mean) * (48.0 / max(spread, 4.0))
    return np.asarray(cv2.LUT(soft, np.clip(codes, 0, 255).astype(np.uint8)), np.uint8)


def starts_shot(before: Sequence[_Seen[Any]], after: Sequence[_Seen[Any]]) -> bool:
    """Does `after[0]` start a shot? Both sides nearest frame last and first, `REACH` long at most."""
    here, last = after[0], before[-1]
    if here.blank and last.blank:
        return False
    if here.blank:
        return _blanks(after) >= LEADER
    if last.blank:
        return _ends_blank(before, after)
    if not _breaks(before, after):
        return False
    return not any(
        _breaks([*before, *after[:later]], after[later:])
        for later in range(1, min(FLASH, len(after) - 1) + 1)
    )


def _blanks(seen: Iterable[_Seen[Any]]) -> int:
    """How many blank pictures come first."""
    count = 0
    for each in seen:
        if not each.blank:
            break
        count += 1
    return count


def _ends_blank(before: Sequence[_Seen[Any]], after: Sequence[_Seen[Any]]) -> bool:
    """Is there a new shot behind a run of blank pictures (leader, iris-out, fade, black flash)?"""
    run = _blanks(reversed(before))
    if run >= LEADER:
        return True
    if run == len(before):  # the film begins with it
        return False
    return _differ(before[: len(before) - run], after)


def _breaks(before: Sequence[_Seen[Any]], after: Sequence[_Seen[Any]]) -> bool:
    """Did the detector stir here, and do the pictures of both sides show different things?"""
    return after[0].changed and _differ(before, after)


def _differ(before: Sequence[_Seen[Any]], after: Sequence[_Seen[Any]]) -> bool:
    """No picture just before is like one just after, though each side is alike in itself.

    Where even neighbors inside a shot are less alike (pouring rain, worn grain) a cut must be more
    unlike; where nothing is alike (static) there is nothing to tell shots by.
    """
    near, far = [s.picture for s in before[-1 - FLASH :]], [s.picture for s in after[: FLASH + 1]]
    inside = [likeness(*side) for side in (near[-2:], far[:2]) if len(side) == 2]
    steady = max(inside, default=1.0)
    if steady < STEADY:
        return False
    limit = min(ALIKE, 0.75 * steady)
    return all(likeness(a, b) < limit for a in reversed(near) for b in far)


def likeness(a: Plane, b: Plane) -> float:
    """How far two normalized pictures show the same, -1..1, when motion is taken away by optical flow.

    The mean of two correlations: of the pictures, and of their local structure, which brightness,
    vignette and flicker do not touch.
    """
    moved = _moved(a, b)
    return 0.5 * (_correlation(moved, b) + _correlation(_structure(moved), _structure(b)))


def _moved(a: Plane, b: Plane) -> Plane:
    """`a` as it looks when every point has moved to where `b` shows it."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    pan, _ = phase_shift(b.astype(np.float32), a.astype(np.float32))
    start = np.full((*b.shape, 2), pan, np.float32)
    flow = dis.calc(b, a, start)
    height, width = b.shape
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    return cv2.remap(a, grid + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]


def _structure(picture: Plane) -> NDArray[np.float32]:
    """Deviation from the surroundings in units of the local contrast (sigma 6, floor 3 codes)."""
    detail = picture.astype(np.float32)
    detail -= cv2.GaussianBlur(detail, (0, 0), 6.0)
    local = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 6.0))
    return (detail / (local + 3.0)).astype(np.float32)


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Pearson's correlation of two pictures; 0 where one of them is flat."""
    x, y = a.astype(np.float32).ravel(), b.astype(np.float32).ravel()
    x, y = x - x.mean(), y - y.mean()
    # sums, not dot products: those start threads that wait for each other on a busy machine
    both = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / (both + 1e-3)
