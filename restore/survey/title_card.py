"""Title cards: lettering on a plain background, without motion except by wear."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore.filters.phase import phase_shift
from restore.survey.lettering import SIZE, Lettering

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]
    Map = NDArray[np.float32]


WEAVE = 4.0
"""The largest weave of a worn film in pixels at SIZE; larger motion is camera motion."""


def is_card(found: Lettering, motion: float) -> bool:
    """Whether a shot with this lettering and this share of motion is a title card.

    The limits were chosen with 300 synthetic cards and 676 scenes and tested on others of both kinds (see
    tests/survey/test_title_card.py, which measures the rates); a comment on each has the values of both.
    """
    words = found.letters >= 3 or (found.clear >= 0.99 and found.ground >= 0.75)
    return (
        words
        and motion <= 0.08  # grainy cards to 0.03
        and found.contrast >= 12  # the most faded cards 36
        and found.ground >= 0.6  # cards from 0.67; scenes mostly below 0.75
        and found.clear
        >= 0.93  # 99 of 100 cards from 0.98; scenes, signs included, mostly below 0.85
        and found.uneven <= 0.19  # cards to 0.17; a sign in front of the sky from 0.19
        and found.opposite <= 0.02  # 99 of 100 cards to 0.001; a sign in front of the sky from 0.01
        and found.rim >= 0.35  # decorated borders from 0.6
        and found.lined >= 0.6  # 98 of 100 cards from 0.9; scenes mostly below 0.6
        and found.filled <= 0.89  # cards to 0.87; window panes and tiles from 0.92
        and found.tone <= 0.35  # cards to 0.2; night lights, texture and figures from 0.4
    )


def still_frame(samples: Sequence[Plane]) -> tuple[Plane, float]:
    """The median frame at SIZE without flicker, weave, dust and grain, and the share of motion.

    The second is the share of the frame that differs from the median in the median sample, 0..1; it is 1
    if the camera moves (in more than a third of the samples, by more than film weaves).
    """
    small = [cv2.resize(s, SIZE, interpolation=cv2.INTER_AREA).astype(np.float32) for s in samples]
    strongest = max(small, key=lambda s: float(s.std()))
    lit = [s for s in small if s.std() >= 0.5 * strongest.std()]
    aligned = [_aligned(s, lit[len(lit) // 2]) for s in lit]
    median = np.median([frame for frame, _ in aligned], axis=0).astype(np.float32)
    still = np.clip(median, 0, 255).astype(np.uint8)
    if 3 * sum(far for _, far in aligned) > len(aligned):
        return still, 1.0
    return still, _motion([frame for frame, _ in aligned], median)


def _aligned(sample: Map, model: Map) -> tuple[Map, bool]:
    """The sample without weave, with brightness and contrast of the model; True if it is far off."""
    a, b = (np.asarray(cv2.GaussianBlur(p, (0, 0), 1.5), np.float32) for p in (sample, model))
    (dx, dy), _ = phase_shift(b, a)
    far = max(abs(dx), abs(dy)) > WEAVE
    shift = np.array([[1, 0, 0 if far else -dx], [0, 1, 0 if far else -dy]], np.float32)
    moved = cv2.warpAffine(sample, shift, SIZE, borderMode=cv2.BORDER_REPLICATE)
    gain = float(np.clip(b.std() / max(float(a.std()), 1e-3), 0.5, 2.0))
    matched = (moved - float(moved.mean())) * gain + float(model.mean())
    return matched.astype(np.float32), far


def _motion(aligned: Sequence[Map], median: Map) -> float:
    """The share of the frame that differs from the median, as a median over the samples."""
    if len(aligned) < 2:
        return 0.0
    smooth = cv2.GaussianBlur(median, (0, 0), 2.0)
    spread = max(float(np.percentile(smooth, 99) - np.percentile(smooth, 1)), 16.0)
    shares = [
        float((np.abs(cv2.GaussianBlur(s, (0, 0), 2.0) - smooth) > 0.12 * spread).mean())
        for s in aligned
    ]
    return float(np.median(shares))
