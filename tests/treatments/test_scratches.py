"""Scratches: followed through the frames that have them; vertical edges of the scene are none."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from restore.treatments.descratch.detect import PIECE, ScratchObserver
from restore.treatments.descratch.scratch import BANDS, Scratch
from tests.survey.moving import training_clips
from tests.survey.restless import (
    SIZE,
    Path,
    as_picture,
    codes,
    draw_scratch,
    jitter,
    scene,
    seen_by,
    wander,
)

WIDTH = SIZE[0]


def _found(frames: NDArray[np.uint8]) -> tuple[Scratch, ...]:
    observer = ScratchObserver(len(frames))
    for frame in frames:
        bands = cv2.resize(frame, (frame.shape[1], BANDS), interpolation=cv2.INTER_AREA)
        observer.see(as_picture(bands))
    found = observer.result()
    return found.lines if found else ()


def _at(scratch: Scratch, columns: Sequence[float], first: int = 0) -> float:
    """How far the found columns lie from the true ones at most."""
    true = columns[scratch.first - first : scratch.first - first + len(scratch.columns)]
    return float(np.abs(np.array(scratch.columns) - true).max())


def test_a_scratch_is_followed_over_a_scene_that_stands_still() -> None:
    """Its column in each frame, to a pixel, next to a dark one that comes later."""
    rng = np.random.default_rng(1)
    frames = seen_by(scene(rng), np.zeros((40, 2)), rng)
    light, dark = wander(rng, 40, 90), wander(rng, 28, 170)
    draw_scratch(frames, light, 30)
    draw_scratch(frames, dark, -25, first=12)
    one, other = _found(codes(frames))
    assert (one.first, len(one.columns)) == (0, 40)
    assert _at(one, light) <= 1.5
    assert abs(other.first - 12) <= 1
    assert abs(len(other.columns) - 28) <= 2
    assert _at(other, dark, 12) <= 1.5
    assert min(one.profile) >= 0
    assert max(one.profile) > 0.05
    assert max(other.profile) <= 0
    assert min(other.profile) < -0.05


@pytest.mark.parametrize(
    "path",
    [jitter(np.random.default_rng(4), 40, 1.0), np.outer(np.arange(40), [0.2, 1.5])],
    ids=["a gate that weaves", "a pan"],
)
def test_a_scratch_that_stands_is_known_by_a_scene_that_moves(path: Path) -> None:
    """It keeps its column, and the picture does not."""
    rng = np.random.default_rng(2)
    frames = seen_by(scene(rng), path, rng)
    draw_scratch(frames, [120.0] * 40, 25)
    (found,) = _found(codes(frames))
    assert len(found.columns) == 40
    assert set(found.columns) <= {119, 120, 121}


def test_a_broken_scratch_is_one() -> None:
    """A third of its length is missing, elsewhere in every frame."""
    rng = np.random.default_rng(3)
    frames = seen_by(scene(rng), jitter(rng, 40, 0.8), rng)
    whole = frames.copy()
    columns = wander(rng, 40, 100)
    draw_scratch(frames, columns, 30)
    for frame, clean in zip(frames, whole, strict=True):
        top = int(rng.integers(0, SIZE[1] * 2 // 3))
        frame[top : top + SIZE[1] // 3] = clean[top : top + SIZE[1] // 3]
    (found,) = _found(codes(frames))
    assert len(found.columns) >= 36
    assert _at(found, columns) <= 1.5


def _with_pole(rng: np.random.Generator) -> NDArray[np.float32]:
    """A scene with a dark pole and a bright cable from its top to its bottom."""
    drawn = scene(rng)
    drawn[:, 180:183] = 30
    drawn[:, 240:242] = 220
    return drawn


@pytest.mark.parametrize(
    "path",
    [
        np.zeros((40, 2)),
        jitter(np.random.default_rng(5), 40, 0.8),
        np.outer(np.arange(40) - 20.0, [0.0, 0.8]),
        np.stack([np.sin(np.arange(40) / 5), 3 * np.sin(np.arange(40) / 7)], 1),
    ],
    ids=["tripod", "a gate that weaves", "pan", "hand"],
)
def test_poles_and_cables_are_no_scratches(path: Path) -> None:
    """They move as the scene does."""
    rng = np.random.default_rng(6)
    assert _found(codes(seen_by(_with_pole(rng), path, rng))) == ()


@pytest.mark.parametrize("nearer", [0.6, 1.5, 2.0])
def test_a_trunk_before_a_background_is_no_scratch(nearer: float) -> None:
    """It passes slower or quicker than what is behind it, but with it."""
    rng = np.random.default_rng(7)
    path = np.stack([np.zeros(40), 6 * np.sin(np.arange(40) / 9) + 0.2 * rng.normal(size=40)], 1)
    frames = seen_by(scene(rng), path, rng)
    draw_scratch(frames, list(128 + nearer * path[:, 1]), -40)
    assert _found(codes(frames)) == ()


@pytest.mark.parametrize("count", [16, 40])
def test_a_cable_that_swings_once_is_no_scratch(count: int) -> None:
    """Over a scene that stands still, a line has to sway to and fro, and long enough."""
    rng = np.random.default_rng(14)
    frames = seen_by(scene(rng), np.zeros((count, 2)), rng)
    draw_scratch(frames, list(100 + 4 * np.sin(np.linspace(-1.5, 1.5, count))), -40)
    assert _found(codes(frames)) == ()


def test_weave_distinguishes_a_scratch_within_a_second() -> None:
    """Every frame says again that the line does not go with the picture."""
    rng = np.random.default_rng(15)
    frames = seen_by(scene(rng), jitter(rng, 16, 1.0), rng)
    columns = list(100 + 0.2 * np.arange(16))
    draw_scratch(frames, columns, -40)
    (found,) = _found(codes(frames))
    assert _at(found, columns) <= 1


def test_half_a_line_is_none() -> None:
    """A scratch goes from top to bottom; what ends in the picture may be a rope."""
    rng = np.random.default_rng(8)
    frames = seen_by(scene(rng), jitter(rng, 40, 0.8), rng)
    below = frames[:, SIZE[1] // 2 :].copy()
    draw_scratch(frames, wander(rng, 40, 100), 30)
    frames[:, SIZE[1] // 2 :] = below
    assert _found(codes(frames)) == ()


def test_a_line_of_few_frames_is_none() -> None:
    """What flashes by is left to the network, which sees the frames around it."""
    rng = np.random.default_rng(9)
    frames = seen_by(scene(rng), jitter(rng, 40, 0.8), rng)
    draw_scratch(frames, wander(rng, 5, 100), 30, first=20)
    assert _found(codes(frames)) == ()


def test_the_gate_s_own_edges_are_none() -> None:
    """Next to the picture, and next to black bars."""
    rng = np.random.default_rng(10)
    frames = seen_by(scene(rng), jitter(rng, 40, 1.0), rng)
    frames[:, :, :30] = 16
    draw_scratch(frames, [34.0] * 40, 30)
    draw_scratch(frames, [252.0] * 40, 30)
    assert _found(codes(frames)) == ()


def test_a_long_shot_is_cut_in_pieces_without_a_hole() -> None:
    """The scratch goes on where the piece before it ended."""
    rng = np.random.default_rng(11)
    count = PIECE + 3
    frames = seen_by(scene(rng), jitter(rng, count, 0.8), rng)
    draw_scratch(frames, [100.0] * count, 30)
    found = _found(codes(frames))
    assert [(each.first, len(each.columns)) for each in found] == [(0, 97), (97, 98)]


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (30, 2), (24, 33)])
def test_pictures_of_any_size_can_be_looked_at(size: tuple[int, int]) -> None:
    """There is nothing to be found in them, and nothing breaks."""
    noise = np.random.default_rng(12).integers(16, 235, (20, *size)).astype(np.uint8)
    observer = ScratchObserver(len(noise))
    for strip in noise:
        observer.see(as_picture(strip))
    assert observer.result() is None


def test_noise_and_nothing_have_no_scratches() -> None:
    """Neither black nor snow."""
    rng = np.random.default_rng(13)
    assert _found(np.full((40, 96, 256), 16, np.uint8)) == ()
    assert _found(rng.integers(16, 235, (40, 96, 256)).astype(np.uint8)) == ()


def test_clips_of_today_have_none() -> None:
    """Hands, pans, grass and window frames: not one of those that may be trained on is scratched."""
    from restore.media.container.probe import probe
    from restore.media.ffmpeg.decode import read_strips

    scratched: list[str] = []
    for path in training_clips()[:8]:
        source = probe(path)
        observer = ScratchObserver(len(source.frames))
        for strip in read_strips(source, BANDS):
            observer.see(strip)
        scratched += [path.stem] if observer.result() else []
    assert scratched == []
