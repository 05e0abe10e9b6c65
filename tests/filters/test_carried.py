"""Colors carried along motion: they stay on their things, and end where something else comes into view."""

from __future__ import annotations

import cv2
import numpy as np

from restore.filters.carried import KnownColors, carried, same_detail, same_object
from restore.filters.flow import Plane, optical_flow
from tests.treatments.colored_square import Scene, colored_square

FRAMES = 49


def _carried(scene: Scene, stops: set[int], fill: float = 0.3) -> dict[int, KnownColors]:
    """The colors of frame 0 at the stops; what is not known becomes a color that the scene has nowhere."""
    height, width = scene.luma[0].shape

    def complete(frame: int, chroma: Plane, sure: Plane) -> Plane:
        return np.where(sure[..., None] > 0.5, chroma, np.float32(fill))

    start = KnownColors(scene.chroma[0], np.ones((height, width), np.float32))
    return dict(carried(scene.luma, start, stops, complete))


def test_known_colors_are_those_of_the_thing() -> None:
    """After 48 frames nearly all that is known is right, and most of the square is known."""
    scene = colored_square(FRAMES)
    found = _carried(scene, set(range(0, FRAMES, 8)))
    assert sorted(found) == [0, 8, 16, 24, 32, 40, 48]
    last = found[48]
    wrong = np.abs(last.chroma - scene.chroma[48]).sum(2) > 0.05
    # at the border of what is known, chroma is read between a known and a completed sample
    inner = cv2.erode((last.known > 0.5).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert wrong[inner].mean() < 0.005
    assert (last.known[scene.square(48)] > 0.5).mean() > 0.9
    # what came into view at the right and behind the square is a quarter of the rest
    assert (last.known * scene.away(48)).sum() / scene.away(48).sum() > 0.65


def test_what_comes_into_view_is_completed() -> None:
    """The background behind the square gets the color of `complete`, and keeps it at the next stops."""
    scene = colored_square(FRAMES)
    found = _carried(scene, set(range(0, FRAMES, 8)))
    y, x = scene.corners[16]
    behind = found[16].chroma[y + 8 : y + 40, x - 16 : x - 8]
    assert (np.abs(behind - 0.3) < 0.02).mean() > 0.7
    moved = found[24].chroma[y + 8 : y + 40, x - 20 : x - 12]
    assert (np.abs(moved - 0.3) < 0.02).mean() > 0.6


def test_a_still_picture_keeps_every_color() -> None:
    """Without motion nothing becomes unknown, and nothing blurs."""
    scene = colored_square(1)
    draw = np.random.default_rng(3)
    frames = [scene.luma[0] + draw.normal(0, 0.01, scene.luma[0].shape) for _ in range(17)]
    still = Scene([frame.astype(np.float32) for frame in frames], scene.chroma, scene.corners)
    last = _carried(still, {16})[16]
    assert last.known.mean() > 0.98
    assert np.abs(last.chroma - scene.chroma[0])[last.known > 0.5].mean() < 0.002


def test_flicker_is_not_motion() -> None:
    """A frame that is brighter as a whole shows the same things."""
    one = colored_square(2).luma
    brighter = np.clip(one[1] * 1.15, 0, 1).astype(np.float32)
    flow, back = optical_flow(brighter, one[0], 0), optical_flow(one[0], brighter, 0)
    assert same_object(brighter, one[0], flow, back).mean() > 0.9


def test_a_fade_takes_the_color_along() -> None:
    """At a third of the brightness a third of the chroma is left; flicker of a tenth changes none."""
    scene = colored_square(1)
    frames = [(scene.luma[0] * np.float32(f)) for f in (1, 0.9, 0.7, 0.5, 0.3)]
    faded = _carried(Scene(frames, scene.chroma, scene.corners), {1, 4})
    means = [np.abs(faded[n].chroma[faded[n].known > 0.5]).mean() for n in (1, 4)]
    start = np.abs(scene.chroma[0]).mean()
    assert abs(means[0] - start) < 0.1 * start
    assert 0.25 * start < means[1] < 0.5 * start


def test_other_detail_is_recognized() -> None:
    """Another texture of the same contrast differs in most places, the same one with grain nowhere."""
    here, other = (colored_square(1, seed=seed).luma[0] for seed in (1, 2))
    grain = np.random.default_rng(5).normal(0, 0.01, here.shape)
    assert same_detail(here, other).mean() < 0.35
    assert same_detail(here, (here + grain).astype(np.float32)).mean() > 0.97


def test_no_frames_have_no_colors() -> None:
    """Nothing is asked of an empty way."""
    plane = np.zeros((64, 64), np.float32)
    start = KnownColors(np.zeros((64, 64, 2), np.float32), plane)
    assert list(carried([], start, {0}, lambda frame, chroma, sure: chroma)) == []


def _covered(frames: int, cover: range) -> list[Plane]:
    """A standing textured scene in front of which a bright bar stands in some frames."""
    draw = np.random.default_rng(5)
    ground = colored_square(1).luma[0]
    pictures: list[Plane] = []
    for frame in range(frames):
        picture = (ground + draw.normal(0, 0.006, ground.shape)).astype(np.float32)
        if frame in cover:
            picture[:, 90:170] = 0.95
        pictures.append(picture)
    return pictures


def test_what_was_covered_is_found_again() -> None:
    """A thing that another one covered for some stops has its colors again, not those of a completion."""
    chroma = np.broadcast_to(np.float32([0.1, -0.1]), (192, 256, 2))
    start = KnownColors(chroma, np.ones((192, 256), np.float32))
    invented = np.float32([-0.1, 0.1])

    def complete(frame: int, planes: Plane, sure: Plane) -> Plane:
        return np.where(sure[..., None] > 0.5, planes, invented)

    found = dict(carried(_covered(41, range(4, 26)), start, {8, 16, 24, 32, 40}, complete))
    inside = np.s_[40:150, 105:155]
    # nearly all of the bar: at its edges colors of the scene are moved into it
    assert np.abs(found[16].chroma[inside] - invented).mean() < 0.03
    assert (found[32].known[inside] > 0.5).mean() > 0.9
    assert np.abs(found[40].chroma[inside] - chroma[inside]).mean() < 0.01


def test_found_colors_revise_completed_ones() -> None:
    """If much is found again, everything that was completed is completed again, by what is known now."""
    chroma = np.broadcast_to(np.float32([0.1, -0.1]), (192, 256, 2))
    start = KnownColors(chroma, np.ones((192, 256), np.float32))
    asked: dict[int, float] = {}

    def complete(frame: int, planes: Plane, sure: Plane) -> Plane:
        asked[frame] = float((sure[:, 60:100] < 0.5).mean())
        return planes

    pictures = _covered(41, range(4, 26))
    for picture in pictures[4:]:
        picture[:, 60:90] = 0.1  # stands there from frame 4 on
    list(carried(pictures, start, {8, 16, 24, 32, 40}, complete))
    assert asked[8] > 0.6
    assert asked[24] < 0.2
    assert asked[32] > 0.6
    assert asked[40] < 0.2
