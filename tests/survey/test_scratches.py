"""Scratches: followed through the frames that have them; what stands upright in the scene is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from restore.media.ffmpeg.small import SmallPicture
from restore.media.source import Source
from restore.survey.findings import Scratch, Shot
from restore.survey.scratches import BANDS, PIECE, Scratches, scratched
from tests.made import made_shot, made_source
from tests.survey.moving import training_clips
from tests.survey.restless import SIZE, Path, codes, jitter, picture, seen_by

WIDTH = SIZE[0]


def _found(frames: NDArray[np.uint8]) -> tuple[Scratch, ...]:
    look = Scratches(len(frames))
    for frame in frames:
        look.see(cv2.resize(frame, (frame.shape[1], BANDS), interpolation=cv2.INTER_AREA))
    return look.found()


def _scene(rng: np.random.Generator) -> NDArray[np.float32]:
    """A landscape without white: there is room for light lines everywhere."""
    return picture(rng) * np.float32(0.7) + np.float32(20)


def _wander(rng: np.random.Generator, count: int, start: float, step: float = 0.6) -> list[float]:
    """The columns of a scratch that sways about its place."""
    return list(start + 2.5 * np.sin(step * np.arange(count) + rng.uniform(0, 6)))


def _scratch(
    frames: NDArray[np.float32], columns: Sequence[float], depth: float, first: int = 0
) -> None:
    """Draw a line two columns wide through frames from the `first` on."""
    places = np.arange(frames.shape[2])
    for frame, column in zip(frames[first:], columns, strict=False):
        frame += depth * np.exp(-(((places - column) / 0.9) ** 2)).astype(np.float32)


def _at(scratch: Scratch, columns: Sequence[float], first: int = 0) -> float:
    """How far the found columns lie from the true ones at most."""
    true = columns[scratch.first - first : scratch.first - first + len(scratch.columns)]
    return float(np.abs(np.array(scratch.columns) - true).max())


def test_a_scratch_is_followed_over_a_scene_that_stands_still() -> None:
    """Its column in each frame, to a pixel, beside a dark one that comes later."""
    rng = np.random.default_rng(1)
    frames = seen_by(_scene(rng), np.zeros((40, 2)), rng)
    light, dark = _wander(rng, 40, 90), _wander(rng, 28, 170)
    _scratch(frames, light, 30)
    _scratch(frames, dark, -25, first=12)
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
    frames = seen_by(_scene(rng), path, rng)
    _scratch(frames, [120.0] * 40, 25)
    (found,) = _found(codes(frames))
    assert len(found.columns) == 40
    assert set(found.columns) <= {119, 120, 121}


def test_a_broken_scratch_is_one() -> None:
    """A third of its length is missing, elsewhere in every frame."""
    rng = np.random.default_rng(3)
    frames = seen_by(_scene(rng), jitter(rng, 40, 0.8), rng)
    whole = frames.copy()
    columns = _wander(rng, 40, 100)
    _scratch(frames, columns, 30)
    for frame, clean in zip(frames, whole, strict=True):
        top = int(rng.integers(0, SIZE[1] * 2 // 3))
        frame[top : top + SIZE[1] // 3] = clean[top : top + SIZE[1] // 3]
    (found,) = _found(codes(frames))
    assert len(found.columns) >= 36
    assert _at(found, columns) <= 1.5


def _with_pole(rng: np.random.Generator) -> NDArray[np.float32]:
    """A scene with a dark pole and a bright cable from its top to its bottom."""
    scene = _scene(rng)
    scene[:, 180:183] = 30
    scene[:, 240:242] = 220
    return scene


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
    frames = seen_by(_scene(rng), path, rng)
    _scratch(frames, list(128 + nearer * path[:, 1]), -40)
    assert _found(codes(frames)) == ()


@pytest.mark.parametrize("count", [16, 40])
def test_a_cable_that_swings_once_is_no_scratch(count: int) -> None:
    """Over a scene that stands still, a line has to sway to and fro, and long enough."""
    rng = np.random.default_rng(14)
    frames = seen_by(_scene(rng), np.zeros((count, 2)), rng)
    _scratch(frames, list(100 + 4 * np.sin(np.linspace(-1.5, 1.5, count))), -40)
    assert _found(codes(frames)) == ()


def test_a_gate_that_weaves_tells_a_scratch_within_a_second() -> None:
    """Every frame says again that the line does not go with the picture."""
    rng = np.random.default_rng(15)
    frames = seen_by(_scene(rng), jitter(rng, 16, 1.0), rng)
    columns = list(100 + 0.2 * np.arange(16))
    _scratch(frames, columns, -40)
    (found,) = _found(codes(frames))
    assert _at(found, columns) <= 1


def test_half_a_line_is_none() -> None:
    """A scratch goes from top to bottom; what ends in the picture may be a rope."""
    rng = np.random.default_rng(8)
    frames = seen_by(_scene(rng), jitter(rng, 40, 0.8), rng)
    below = frames[:, SIZE[1] // 2 :].copy()
    _scratch(frames, _wander(rng, 40, 100), 30)
    frames[:, SIZE[1] // 2 :] = below
    assert _found(codes(frames)) == ()


def test_a_line_of_few_frames_is_none() -> None:
    """What flashes by is left to the network, which sees the frames around it."""
    rng = np.random.default_rng(9)
    frames = seen_by(_scene(rng), jitter(rng, 40, 0.8), rng)
    _scratch(frames, _wander(rng, 5, 100), 30, first=20)
    assert _found(codes(frames)) == ()


def test_the_gate_s_own_edges_are_none() -> None:
    """Beside the picture, and beside black bars."""
    rng = np.random.default_rng(10)
    frames = seen_by(_scene(rng), jitter(rng, 40, 1.0), rng)
    frames[:, :, :30] = 16
    _scratch(frames, [34.0] * 40, 30)
    _scratch(frames, [252.0] * 40, 30)
    assert _found(codes(frames)) == ()


def test_a_long_shot_is_cut_in_pieces_without_a_hole() -> None:
    """The scratch goes on where the piece before it ended."""
    rng = np.random.default_rng(11)
    count = PIECE + 3
    frames = seen_by(_scene(rng), jitter(rng, count, 0.8), rng)
    _scratch(frames, [100.0] * count, 30)
    found = _found(codes(frames))
    assert [(each.first, len(each.columns)) for each in found] == [(0, 97), (97, 98)]


@pytest.mark.parametrize("size", [(1, 1), (3, 40), (30, 2), (24, 33)])
def test_pictures_of_any_size_can_be_looked_at(size: tuple[int, int]) -> None:
    """There is nothing to be found in them, and nothing breaks."""
    noise = np.random.default_rng(12).integers(16, 235, (20, *size)).astype(np.uint8)
    look = Scratches(len(noise))
    for strip in noise:
        look.see(strip)
    assert look.found() == ()


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
        look = Scratches(len(source.frames))
        for strip in read_strips(source, BANDS):
            look.see(strip.y)
        scratched += [path.stem] if look.found() else []
    assert scratched == []


SHOTS = (made_shot(0, 30), made_shot(30, 60), made_shot(60, 90))
"""Three shots, each of which has one scratch in `worn_film`."""

Reading = Callable[[Source, int, tuple[int, int]], Iterator[SmallPicture]]


def worn_film() -> list[SmallPicture]:
    """The strips of 90 frames with a scratch through all of them, as a decoder gives them."""
    rng = np.random.default_rng(1)
    frames = seen_by(_scene(rng), np.zeros((90, 2)), rng)
    for shot in SHOTS:
        _scratch(frames[shot.span.start : shot.span.stop], _wander(rng, 30, 90), 30)
    strips = [cv2.resize(y, (WIDTH, BANDS), interpolation=cv2.INTER_AREA) for y in codes(frames)]
    return [SmallPicture(number, 1, y, y[:0], y[:0]) for number, y in enumerate(strips)]


def decoder(*passes: list[SmallPicture]) -> tuple[Reading, list[tuple[int, int]]]:
    """A decoder that gives these frames in its first pass, in its second ..., and what it was asked for."""
    asked: list[tuple[int, int]] = []

    def read(source: Source, rows: int, within: tuple[int, int]) -> Iterator[SmallPicture]:
        frames = passes[min(len(asked), len(passes) - 1)]
        asked.append(within)
        return iter([each for each in frames if within[0] <= each.pts < within[1]])

    return read, asked


def scratches_of(shots: Sequence[Shot]) -> list[int]:
    """How many scratches each shot has."""
    return [len(shot.scratches) for shot in shots]


@pytest.mark.parametrize("missing", [range(40, 41), range(40, 90)], ids=["one frame", "the rest"])
def test_a_shot_that_decodes_differently_is_decoded_again(
    monkeypatch: pytest.MonkeyPatch, missing: range
) -> None:
    """Frames that do not come a second time come in a pass of their shot alone: every scratch is found."""
    film = worn_film()
    read, asked = decoder([each for each in film if each.pts not in missing], film)
    monkeypatch.setattr("restore.survey.scratches.read_strips", read)
    told: list[int] = []
    shots, notes = scratched(made_source(90), made_source(90).frames, SHOTS, told.append)
    assert scratches_of(shots) == [1, 1, 1]
    assert notes == ()
    assert asked[:2] == [(0, 90), (30, 60)]
    assert told == list(range(1, 91))


def test_frames_that_came_too_much_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame that the survey did not see does not move the others: no second attempt is needed."""
    film = worn_film()
    source = made_source(90)
    frames = replace(source.frames, pts=tuple(range(0, 180, 2)), durations=(2,) * 90)
    doubled = [replace(each, pts=2 * each.pts + more) for each in film for more in (0, 1)]
    read, asked = decoder(doubled)
    monkeypatch.setattr("restore.survey.scratches.read_strips", read)
    shots, notes = scratched(source, frames, SHOTS)
    assert scratches_of(shots) == [1, 1, 1]
    assert notes == ()
    assert asked == [(0, 179)]


def test_a_shot_that_never_decodes_as_before_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It alone has no scratches then, and a note says where the first of them begins."""
    read, _ = decoder([each for each in worn_film() if each.pts != 40])
    monkeypatch.setattr("restore.survey.scratches.read_strips", read)
    shots, notes = scratched(made_source(90), made_source(90).frames, SHOTS)
    assert scratches_of(shots) == [1, 0, 1]
    (note,) = notes
    assert note.startswith(
        "vertical scratches were not measured in 1 of 3 shots, the first at 1.88 s"
    )
