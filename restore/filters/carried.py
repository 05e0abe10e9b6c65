"""Colors of one frame carried to the frames after it along their motion, and where they are known."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from restore.filters.flow import Flow, Plane, moved_along, optical_flow

RETURNS = 1.0
"""Samples by which the motion to a frame and back may miss its start: more is a covered or uncovered area."""

NOISE = (0.012, 0.03)
"""Root mean square of luma differences in 5x5 samples up to which they are grain: at least, and at most.

Between these, 1.7 times that of the median sample, as most of a frame moves as the flow says. The frames are
area means of about 256 columns, in which grain mostly stays below 0.02.
"""

UNLIKE = 0.45
"""The same, as a share of the standard deviation of luma there, up to which the detail is the same.

Different texture of equal contrast has 1.4; texture that moved by half a sample about 0.3.
"""

FLAT = 0.015
"""Standard deviation of luma within 7x7 samples below which an area is flat: its motion is not visible, and
does not matter for its color."""

AROUND = 31
"""Side of the surroundings, in samples, whose change of brightness is flicker and not motion."""

MOST = 0.6
"""Share of the 9x9 samples around a certain one that must be certain, too."""

SUPPORT, SUPPORTED = 15, 0.3
"""Side of the surroundings of a sample that is found again, and the share of them with the same detail."""

NEWS = 0.01
"""Share of the picture whose colors must be found again for completed colors to be completed again: they may
belong to the same things."""

DRIFT = 3.0
"""Samples by which the position of a chain of motions may be corrected by comparison with its start."""

FADED, DARK = 0.85, 0.02
"""Share of its brightness from which on an area is darker by a fade and not by flicker, and the luma that is
added on both sides, so that black is compared with black."""

UNKNOWN = 0.15
"""Share of the picture that the start cannot color from which on the last stop becomes the new start."""


class Planes(Protocol):
    """The luma [H, W] of consecutive frames, each read when it is needed."""

    def __len__(self) -> int:
        """The number of frames."""
        ...

    def __getitem__(self, number: int, /) -> Plane:
        """One frame."""
        ...


@dataclass(frozen=True)
class KnownColors:
    """Colors of a frame: chroma [H, W, 2], and how much of them comes from the start [H, W], 0..1.

    Where it is 0 the chroma was completed (see `Complete`).
    """

    chroma: Plane
    known: Plane


Complete = Callable[[int, Plane, Plane], Plane]
"""(number of the frame, chroma [H, W, 2], where it is known [H, W] 0..1) -> chroma for all of the frame."""


def carried(
    luma: Planes, start: KnownColors, stops: Collection[int], complete: Complete
) -> Iterator[tuple[int, KnownColors]]:
    """The colors of frame 0 at the frames `stops`, in their order; `luma` [H, W] has the frames on the way.

    Each sample keeps the position in the first frame that it came from, so that colors are read there once,
    and do not blur on the way. At each stop the positions are corrected by comparison with the first frame.
    Where the motion there and back does not agree, or luma differs, something was covered or came into view:
    the color is not known, and `complete` gives one. What got its color so keeps it: the last stop gives the
    colors that the first frame cannot give. If there is much of that, the last stop becomes the new start.
    Things that the first frame showed and that were covered since are found again by their detail.
    """
    if not len(luma):
        return
    here = origin = luma[0]
    far = near = _Source(start, here, _standing(here))
    if 0 in stops:
        yield 0, start
    for number in range(1, max(stops, default=0) + 1):
        before, here = here, luma[number]
        step = _step(before, here)
        far, near = far.after(step), near.after(step)
        if number not in stops:
            continue
        far = _Source(far.colors, far.luma, _corrected(far.track, far.luma, here))
        again = _Source(start, origin, _found_again(origin, here))
        found = _joined(
            (near, far, again), here, lambda *known, number=number: complete(number, *known)
        )
        yield number, found
        near = _Source(found, here, _standing(here))
        if float((far.track.sure < 0.5).mean()) > UNKNOWN:
            far = near


@dataclass(frozen=True)
class _Track:
    """The offset of each sample to its position in the first frame, and whether that is certain, 0..1."""

    offset: Flow
    sure: Plane


def _standing(luma: Plane) -> _Track:
    return _Track(np.zeros((*luma.shape, 2), np.float32), np.ones_like(luma, np.float32))


@dataclass(frozen=True)
class _Step:
    """The motion from a frame back to the one before it, and whether it is certain, 0 or 1."""

    back: Flow
    certain: Plane


def _step(before: Plane, here: Plane) -> _Step:
    back = optical_flow(here, before, 0)
    return _Step(back, same_object(here, before, back, optical_flow(before, here, 0)))


@dataclass(frozen=True)
class _Source:
    """The colors of an earlier frame, its luma, and the track to it."""

    colors: KnownColors
    luma: Plane
    track: _Track

    def after(self, step: _Step) -> _Source:
        """The same one frame later."""
        moved = _read(np.dstack([self.track.offset, self.track.sure]), step.back)
        sure = np.minimum(moved[..., 2], step.certain)
        return _Source(self.colors, self.luma, _Track(step.back + moved[..., :2], sure))

    def arrived(self, here: Plane) -> KnownColors:
        """The colors where the track leads to; paler where a fade or an iris has made the picture darker."""
        planes = np.dstack([self.colors.chroma, self.colors.known, self.luma])
        found = _read(planes, self.track.offset)
        before, now = (cv2.blur(plane, (9, 9)) + DARK for plane in (found[..., 3], here))
        light = np.minimum(now / before / FADED, 1)
        return KnownColors(found[..., :2] * light[..., None], found[..., 2])


def _solid(sure: Plane) -> NDArray[np.bool_]:
    """Where samples and most around them are certain: islands in what came into view match by chance."""
    around = cast(Plane, cv2.blur(sure, (9, 9)))
    return np.logical_and(sure > 0.5, around > MOST)


def _joined(
    sources: Sequence[_Source], here: Plane, complete: Callable[[Plane, Plane], Plane]
) -> KnownColors:
    """The colors of the last source that is certain and knows the most; else completed ones.

    So what came into view once keeps its color, unless the start knows better.
    """
    chroma = np.zeros((*here.shape, 2), np.float32)
    known, sure = np.zeros_like(here), np.zeros(here.shape, np.bool_)
    news = np.float32(0)
    for source in sources:
        found = source.arrived(here)
        better = _solid(source.track.sure) & (~sure | (found.known >= known))
        news = (better & sure & (known < 0.5) & (found.known > 0.5)).mean()
        chroma = np.where(better[..., None], found.chroma, chroma)
        known = np.where(better, found.known, known)
        sure |= better
    if news > NEWS:
        sure &= known > 0.5
    return KnownColors(complete(chroma, sure.astype(np.float32)), known)


def _found_again(origin: Plane, here: Plane) -> _Track:
    """The track from a frame straight to the first one, where both show the same detail.

    Flat areas look alike everywhere: they count near detail only.
    """
    back = optical_flow(here, origin, 0)
    same = same_object(here, origin, back, optical_flow(origin, here, 0))
    support = cv2.blur(same * (1 - _flat(here)), (SUPPORT, SUPPORT))
    return _Track(back, np.where(support > SUPPORTED, same, np.float32(0)))


def same_object(here: Plane, there: Plane, flow: Flow, back: Flow) -> Plane:
    """Whether each sample of `here` [H, W] and the sample that the flow leads to show the same: 0 or 1.

    `back` is the flow in the other direction. In flat areas only luma decides: motion is not visible.
    """
    miss = flow + _read(back, flow)
    returns = np.hypot(miss[..., 0], miss[..., 1]) < RETURNS
    found = np.logical_or(returns, _flat(here) > 0) & same_detail(here, moved_along(there, flow))
    return np.where(np.logical_and(found, _inside(flow)), np.float32(1), np.float32(0))


def _flat(luma: Plane) -> Plane:
    """Where an area is flat: 0 or 1."""
    mean, square = cv2.blur(luma, (7, 7)), cv2.blur(luma * luma, (7, 7))
    return (square - mean * mean < FLAT * FLAT).astype(np.float32)


def same_detail(one: Plane, other: Plane) -> NDArray[np.bool_]:
    """Where two planes of luma show the same detail, whatever their brightness; a whole area decides."""
    change = one - other
    change = change - cv2.blur(change, (AROUND, AROUND))
    energy = cv2.blur(change * change, (5, 5))
    mean, square = cv2.blur(one, (5, 5)), cv2.blur(one * one, (5, 5))
    grain = np.clip(1.7 * np.sqrt(np.median(energy)), *NOISE)
    return energy < np.maximum(grain**2, UNLIKE**2 * (square - mean * mean))


def _inside(flow: Flow) -> Plane:
    """Whether the samples come from within the other frame."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    return (x > -1) & (x < width) & (y > -1) & (y < height)


def _corrected(track: _Track, origin: Plane, here: Plane) -> _Track:
    """The track without the drift of its many steps: the first frame, moved along it, must match this one.

    Only small corrections of what is certain are made. Small areas that were lost briefly are found again.
    """
    rest = optical_flow(here, moved_along(origin, track.offset), 0)
    small = np.hypot(rest[..., 0], rest[..., 1]) < DRIFT
    rest = rest * (small & (track.sure > 0.5))[..., None].astype(np.float32)
    offset = rest + _read(track.offset, rest)
    same = same_detail(here, moved_along(origin, offset))
    around = cast(Plane, cv2.blur(track.sure, (15, 15)))
    sure = np.logical_and(same, np.logical_or(track.sure > 0.5, around > MOST))
    return _Track(offset, sure.astype(np.float32))


def _read(planes: Plane, flow: Flow) -> Plane:
    """Planes [H, W, C] where the flow leads to, bilinear: nothing overshoots at edges."""
    height, width = flow.shape[:2]
    x = flow[..., 0] + np.arange(width, dtype=np.float32)
    y = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    found = cv2.remap(planes, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cast(Plane, found)
