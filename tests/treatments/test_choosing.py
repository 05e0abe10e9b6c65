"""The colors of a shot from those of one or two frames."""

from __future__ import annotations

from fractions import Fraction

import cv2
import numpy as np
import pytest

from restore.filters.flow import Plane
from restore.timing import Span
from restore.treatments.colorize.choosing import (
    FrameColors,
    anchored_colors,
    color_frame,
    picture_size,
)
from restore.treatments.colorize.chosen import AnchorColors, anchor_frames
from tests.treatments.colored_square import Scene, colored_square

ALL = np.ones((192, 256), np.float32)


def _nothing(luma: Plane) -> Plane:
    """A network that predicts gray."""
    return np.zeros((luma.shape[0] // 4, luma.shape[1] // 4, 2), np.float32)


def _square_colors(scene: Scene, colors: AnchorColors, frame: int) -> Plane:
    """The mean chroma in the square at an anchor."""
    rows, columns = (
        slice(side.start // 4 + 1, side.stop // 4 - 1) for side in scene.square(frame, 4)
    )
    return colors.at(colors.span.start + frame).numpy()[:, rows, columns].mean((1, 2))


@pytest.mark.parametrize(
    ("width", "height", "aspect", "size"),
    [
        (720, 576, Fraction(16, 15), (192, 256)),
        (720, 576, Fraction(64, 45), (144, 256)),
        (1920, 1080, Fraction(1), (144, 256)),
        (480, 640, Fraction(1), (256, 192)),
        (4000, 100, Fraction(1), (64, 256)),
        (320, 240, Fraction(1000), (64, 256)),
    ],
)
def test_pictures_have_the_display_aspect(
    width: int, height: int, aspect: Fraction, size: tuple[int, int]
) -> None:
    """The longer side is 256; impossible aspects are limited."""
    assert picture_size(width, height, aspect) == size


def test_the_color_frame_is_the_middle_one() -> None:
    """If all frames show the same."""
    assert color_frame(colored_square(9).luma) == 4


def test_the_color_frame_is_not_within_a_fade() -> None:
    """In a shot that fades out from its middle on it is the last one in full contrast."""
    frames = colored_square(41).luma
    faded = [
        frame * np.float32(max(0.0, min(1.0, (24 - t) / 12))) for t, frame in enumerate(frames)
    ]
    assert 8 <= color_frame(faded) <= 14


def test_a_chosen_color_holds_from_first_to_last_frame() -> None:
    """Chosen in the middle of 65 frames, the square's color is the same at all anchors."""
    scene = colored_square(65)
    key = FrameColors(32, scene.chroma[32], ALL)
    colors = anchored_colors(Span(500, 565), scene.luma, [key], _nothing)
    assert len(colors.anchors) == len(anchor_frames(Span(500, 565))) == 9
    for frame in range(0, 65, 8):
        found = _square_colors(scene, colors, frame)
        assert np.abs(found - (-0.06, 0.13)).max() < 0.02, frame


def test_the_background_keeps_its_color_behind_the_square() -> None:
    """What the square uncovers gets the color of the background, not that of the square."""
    scene = colored_square(49)
    colors = anchored_colors(
        Span(0, 49), scene.luma, [FrameColors(0, scene.chroma[0], ALL)], _nothing
    )
    found = colors.at(48).numpy()
    away = cv2.resize(scene.away(48), (64, 48), interpolation=cv2.INTER_AREA) > 0.99
    wrong = np.abs(found - np.float32((0.07, -0.05))[:, None, None]).sum(0)
    assert np.median(wrong[away]) < 0.01
    assert (wrong[away] > 0.08).mean() < 0.06


def test_two_stills_share_the_frames_between_them() -> None:
    """Near each the colors are its own, in the middle the mean of both."""
    scene = colored_square(33)
    red, green = ((-0.05, 0.15), (-0.05, -0.15))
    stills = [
        FrameColors(frame, np.where(scene.chroma[frame][..., 1:] > 0, np.float32(color), 0), ALL)
        for frame, color in ((0, red), (32, green))
    ]
    colors = anchored_colors(Span(0, 33), scene.luma, stills, _nothing)
    reds = [float(_square_colors(scene, colors, frame)[1]) for frame in (0, 8, 16, 24, 32)]
    assert reds == sorted(reds, reverse=True)
    assert reds[0] > 0.13
    assert reds[4] < -0.13
    assert abs(reds[2]) < 0.05


def test_what_is_not_known_is_asked_of_the_network() -> None:
    """A still with an unknown half: the network colors it, changed as the known half was."""
    scene = colored_square(9)
    sure = ALL.copy()
    sure[:, 128:] = 0
    asked: list[int] = []

    def predict(luma: Plane) -> Plane:
        asked.append(1)
        return np.full((48, 64, 2), 0.02, np.float32)

    chroma = np.full((192, 256, 2), 0.1, np.float32)
    colors = anchored_colors(Span(0, 9), scene.luma, [FrameColors(0, chroma, sure)], predict)
    assert asked
    assert np.abs(colors.at(8).numpy() - 0.1).mean() < 0.02


def test_progress_counts_anchors() -> None:
    """Up to the number of anchors."""
    scene = colored_square(17)
    seen: list[int] = []
    key = FrameColors(8, scene.chroma[8], ALL)
    anchored_colors(Span(0, 17), scene.luma, [key], _nothing, seen.append)
    assert seen == [1, 2, 3]


def test_one_frame_is_a_shot() -> None:
    """With one anchor."""
    scene = colored_square(1)
    key = FrameColors(0, scene.chroma[0], ALL)
    colors = anchored_colors(Span(7, 8), scene.luma, [key], _nothing)
    assert len(colors.anchors) == 1
    assert colors.neighbors(7) == (7, 7)
