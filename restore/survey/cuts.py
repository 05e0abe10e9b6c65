"""Cuts: scenedetect proposes them, and the structure of the frames decides.

A decision depends on at most `REACH` frames on each side, so a part of a film gives the same cuts as the
whole film, except within `REACH` frames of the part's ends. A dissolve is not a cut: both of its scenes
belong to one shot.
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
"""The least mean change of the normalized frame, in 8-bit codes, at which a shot may start.

Measured over 18,000 frame pairs (23 clips and 6 old films, original and aged with grain, flicker, dust,
weave, blur and low contrast): cuts change by 32 to 75; 99 % of the pairs within shots by less than 25.
"""

ALIKE = 0.6
"""The least likeness of two frames of the same scene.

Within shots it was 0.69 to 1.0 over the same pairs, and 0.77 in pans by 15 % of the width per frame; for
3,280 pairs of frames from different films at most 0.55 (99 %: 0.40), for the cuts of films at most 0.4.
"""

STEADY = 0.35
"""The likeness of neighbors below which a shot has no structure; pure noise has 0.1 to 0.2."""

FLASH = 2
"""The most frames that may differ from both neighbors without a cut: flashes, dust bursts, splices."""

LEADER = 12
"""The least number of consecutive blank frames that form a separate shot; fewer belong to the shot before."""

REACH = LEADER + FLASH + 2
"""Frames on each side that a decision may depend on."""


@dataclass(frozen=True)
class _Observed(Generic[Item]):
    """A frame in the window: its content, and whether the detector found a change."""

    item: Item
    frame: Plane
    changed: bool
    blank: bool


def mark_cuts(
    items: Iterable[Item], luma_of: Callable[[Item], Plane]
) -> Iterator[tuple[Item, bool]]:
    """Every item in order, with True if it starts a shot (the first one always does).

    `luma_of` returns the luma of an item as [h, w] uint8. At most 2 · `REACH` + 1 items are held.
    """
    window: deque[_Observed[Item]] = deque(maxlen=2 * REACH + 1)
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


def _decided(window: deque[_Observed[Item]], place: int) -> tuple[Item, bool]:
    """The item at `place` of the window, and whether it starts a shot."""
    seen = list(window)
    before, after = seen[max(0, place - REACH) : place], seen[place : place + REACH + 1]
    return seen[place].item, not before or starts_shot(before, after)


def _observe(items: Iterable[Item], luma_of: Callable[[Item], Plane]) -> Iterator[_Observed[Item]]:
    """Run scenedetect over the normalized frames; the normalization removes flicker and fades."""
    from scenedetect import FrameTimecode

    detector = _detector()
    for index, item in enumerate(items):
        soft = softened(luma_of(item))
        frame = normalized(soft)
        image = cv2.merge((frame, frame, frame))
        changed = bool(detector.process_frame(FrameTimecode(index, 25.0), image))
        yield _Observed(item, frame, changed, is_blank(soft))


def _detector() -> ContentDetector:
    """The content detector on luma alone, without its rule for short scenes (FLASH replaces it)."""
    from scenedetect.detectors import ContentDetector

    return ContentDetector(threshold=PROPOSE, min_scene_len=0, luma_only=True)


def normalized(soft: Plane) -> Plane:
    """The frame with mean 128 and deviation 48 (less if it is nearly flat)."""
    mean, spread = (float(value[0, 0]) for value in cv2.meanStdDev(soft))
    codes = 128.0 + (np.arange(256) - mean) * (48.0 / max(spread, 4.0))
    return np.asarray(cv2.LUT(soft, np.clip(codes, 0, 255).astype(np.uint8)), np.uint8)


def starts_shot(before: Sequence[_Observed[Any]], after: Sequence[_Observed[Any]]) -> bool:
    """Whether `after[0]` starts a shot; `before` ends and `after` begins there, each at most REACH long."""
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


def _blanks(seen: Iterable[_Observed[Any]]) -> int:
    """The number of blank frames at the start."""
    count = 0
    for each in seen:
        if not each.blank:
            break
        count += 1
    return count


def _ends_blank(before: Sequence[_Observed[Any]], after: Sequence[_Observed[Any]]) -> bool:
    """Whether a new shot follows a run of blank frames (leader, iris-out, fade, black flash)."""
    run = _blanks(reversed(before))
    if run >= LEADER:
        return True
    if run == len(before):  # the film begins with it
        return False
    return _differ(before[: len(before) - run], after)


def _breaks(before: Sequence[_Observed[Any]], after: Sequence[_Observed[Any]]) -> bool:
    """Whether the detector found a change here, and the frames of both sides differ."""
    return after[0].changed and _differ(before, after)


def _differ(before: Sequence[_Observed[Any]], after: Sequence[_Observed[Any]]) -> bool:
    """Whether the frames before and after differ, while the frames of each side are similar to each other.

    If neighbors within a shot are less similar (heavy rain, coarse grain), a cut must differ more; if none
    are similar (static noise), shots cannot be distinguished.
    """
    near, far = [s.frame for s in before[-1 - FLASH :]], [s.frame for s in after[: FLASH + 1]]
    inside = [likeness(*side) for side in (near[-2:], far[:2]) if len(side) == 2]
    steady = max(inside, default=1.0)
    if steady < STEADY:
        return False
    limit = min(ALIKE, 0.75 * steady)
    return all(likeness(a, b) < limit for a in reversed(near) for b in far)


def likeness(a: Plane, b: Plane) -> float:
    """The likeness of two normalized frames, -1..1, after motion compensation by optical flow.

    The mean of two correlations: of the frames, and of their local structure, which does not depend on
    brightness, vignetting and flicker.
    """
    moved = _moved(a, b)
    return 0.5 * (_correlation(moved, b) + _correlation(_structure(moved), _structure(b)))


def _moved(a: Plane, b: Plane) -> Plane:
    """`a` with every point moved to its position in `b`."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
    pan, _ = phase_shift(b.astype(np.float32), a.astype(np.float32))
    start = np.full((*b.shape, 2), pan, np.float32)
    flow = dis.calc(b, a, start)
    height, width = b.shape
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).astype(np.float32)
    return cv2.remap(a, grid + flow, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]


def _structure(frame: Plane) -> NDArray[np.float32]:
    """The difference from the surroundings in units of the local contrast (sigma 6, at least 3 codes)."""
    detail = frame.astype(np.float32)
    detail -= cv2.GaussianBlur(detail, (0, 0), 6.0)
    local = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), 6.0))
    return (detail / (local + 3.0)).astype(np.float32)


def _correlation(a: NDArray[Any], b: NDArray[Any]) -> float:
    """Pearson's correlation of two frames; 0 if one of them is flat."""
    x, y = a.astype(np.float32).ravel(), b.astype(np.float32).ravel()
    x, y = x - x.mean(), y - y.mean()
    # sums, not dot products: those start threads that wait for each other on a busy machine
    both = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / (both + 1e-3)
