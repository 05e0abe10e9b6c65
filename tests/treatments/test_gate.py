"""Weave: found in shots that have it, to a fraction of a pixel, and in no others."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from restore.treatments.stabilize.gate import WeaveObserver
from restore.treatments.stabilize.weave import Weave
from tests.survey.moving import small_pictures, training_clips
from tests.survey.restless import SIZE, Path, as_picture, codes, jitter, picture, seen_by


def _weave(frames: NDArray[np.uint8]) -> Weave | None:
    observer = WeaveObserver()
    for frame in frames:
        observer.see(as_picture(frame))
    return observer.result()


def _pixels(weave: Weave | None) -> Path:
    assert weave is not None
    return np.transpose([np.array(weave.down) * SIZE[1], np.array(weave.right) * SIZE[0]])


def _sway(count: int, reach: float) -> Path:
    """A hand that holds a camera: slow waves of a second and more."""
    time = np.arange(count) / 24
    waves = np.stack([np.sin(2 * np.pi * time), np.sin(2 * np.pi * 0.6 * time + 1)], 1)
    return reach * waves


def test_a_still_scene_that_weaves_is_held_at_its_mean() -> None:
    """Every frame's place is found to a twentieth of a small picture's pixel."""
    rng = np.random.default_rng(1)
    path = jitter(rng, 40, 0.5)
    found = _pixels(_weave(codes(seen_by(picture(rng), path, rng))))
    assert np.sqrt(np.mean((found - path) ** 2)) < 0.05


@pytest.mark.parametrize(
    "path",
    [
        np.zeros((30, 2)),
        np.outer(np.arange(30), [0.3, 1.7]),
        _sway(48, 1.5),
        np.outer(np.arange(30) ** 2, [0.0, 0.04]),
        np.where(np.arange(30) == 17, 1, 0)[:, None] * [2.0, -1.0],
        np.outer(np.arange(36) * 2 // 3, [0.0, 0.5]),
        np.outer(np.arange(36) * 2 // 3, [0.0, 2.0]),
        np.outer(np.arange(36) // 2, [0.5, 1.0]),
    ],
    ids=[
        *("tripod", "pan", "hand", "quickening pan", "a jolt"),
        *("pan of 16 frames in 24", "quicker", "on twos"),
    ],
)
def test_cameras_do_not_weave(path: Path) -> None:
    """What a camera does by itself is left alone."""
    rng = np.random.default_rng(2)
    assert _weave(codes(seen_by(picture(rng), path, rng))) is None


def test_a_pan_that_weaves_stays_a_pan() -> None:
    """Only the jumps are taken: what is left of the path is straight."""
    rng = np.random.default_rng(3)
    pan, jumps = np.outer(np.arange(48) - 24.0, [0.1, 1.2]), jitter(rng, 48, 0.5)
    path = pan + jumps
    left = path - _pixels(_weave(codes(seen_by(picture(rng), path, rng))))
    assert np.sqrt(np.mean((left - pan) ** 2)) < 0.4 * jumps.std()


@pytest.mark.parametrize("speed", [0.0, 1.0])
def test_a_camera_set_anew_stays_where_it_is_set(speed: float) -> None:
    """Neither the frames before glide there, nor does a frame all white move its neighbors."""
    rng = np.random.default_rng(7)
    jumps = jitter(rng, 60, 0.5)
    path = jumps + np.outer(np.arange(60) - 30.0, [0, speed])
    path[36:] += (0, 8)
    frames = codes(seen_by(picture(rng), path, rng))
    frames[14] = 235
    away = _pixels(_weave(frames))
    others = np.arange(60) != 14
    assert np.abs(away[14]).max() == 0
    assert np.abs(away - jumps)[others].max() < 0.75  # the frame next to a break knows the least


def test_repeated_frames_lie_where_their_twins_do() -> None:
    """A woven film of 16 frames a second, printed at 24."""
    rng = np.random.default_rng(8)
    frames = codes(seen_by(picture(rng), jitter(rng, 24, 0.5), rng))
    shown = np.arange(36) * 2 // 3
    away = _pixels(_weave(frames[shown]))
    assert np.array_equal(away[1:][np.diff(shown) == 0], away[:-1][np.diff(shown) == 0])
    assert np.abs(away).max() > 0.3


def test_people_and_light_do_not_matter() -> None:
    """Something walks through the weaving picture, which flickers, too."""
    rng = np.random.default_rng(4)
    path = jitter(rng, 30, 0.5)
    frames = seen_by(picture(rng), path, rng)
    texture = cv2.GaussianBlur(rng.random((90, 50)).astype(np.float32), (0, 0), 2.0) * 300
    for number, frame in enumerate(frames):
        frame[80:170, 5 * number : 5 * number + 50] = texture
        frame *= rng.normal(1, 0.03)
    found = _pixels(_weave(codes(frames)))
    assert np.sqrt(np.mean((found - path) ** 2)) < 0.08


def test_shots_that_say_nothing_are_left_alone() -> None:
    """Too short a shot, a picture too small, leader, and noise have no weave."""
    rng = np.random.default_rng(5)
    woven = codes(seen_by(picture(rng), jitter(rng, 40, 0.5), rng))
    assert _weave(woven[:11]) is None
    assert _weave(woven[:, :31, :31]) is None
    assert _weave(woven[:0]) is None
    assert _weave(np.full((40, 192, 256), 30, np.uint8)) is None
    assert _weave(rng.integers(16, 236, (40, 192, 256)).astype(np.uint8)) is None


def test_black_bars_are_distinguished() -> None:
    """A square film between bars: their widths are known to half a small picture's pixel."""
    rng = np.random.default_rng(6)
    frames = codes(seen_by(picture(rng) + 30, jitter(rng, 30, 0.6), rng))
    frames[:, :, :32] = 16
    frames[:, :, 223] = (frames[:, :, 223].astype(int) + 16) // 2
    frames[:, :, 224:] = 16
    found = _weave(frames)
    assert found is not None
    assert np.abs(np.array(found.bars) - (0, 0, 32 / 256, 32.5 / 256)).max() < 0.5 / 256


def test_real_cameras_do_not_weave() -> None:
    """No shot's first two seconds in the clips for training, which are held by tripods and by hands."""
    found = [
        path.stem for path in training_clips()[:8] if _weave(np.array(_first(path))) is not None
    ]
    assert found == []


def _first(path: object) -> list[NDArray[np.uint8]]:
    return small_pictures(path, 256)[:48]  # type: ignore[arg-type]
