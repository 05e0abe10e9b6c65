"""Made shots for the survey's tests: pictures seen by a moving camera, and where the real films lie."""

from __future__ import annotations

import functools
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.survey.drawn import HEIGHT, SCENES, WIDTH, Plane, Rng, smooth_noise

OLD_FILMS = Path(__file__).parents[3] / "shared" / "data" / "old"
CLIPS = OLD_FILMS.parent / "clips"

SIZE = (160, 120)


def shot(rng: Rng, count: int, speed: float = 1.5, kind: int | None = None) -> NDArray[np.uint8]:
    """A drawn scene [count, 120, 160], the camera moving `speed` pixels a frame."""
    chosen = int(rng.integers(len(SCENES))) if kind is None else kind
    wide = SCENES[chosen](rng).astype(np.float32)
    wide += 12 * smooth_noise(rng, 8) + 20 * smooth_noise(rng, 60)
    scene = cv2.resize(wide, (int(WIDTH * 0.6), int(HEIGHT * 0.6)), interpolation=cv2.INTER_AREA)
    angle = rng.uniform(0, 2 * np.pi)
    step = speed * np.array([np.cos(angle), np.sin(angle)])
    room = np.array(scene.shape[::-1]) - SIZE
    frames = np.empty((count, SIZE[1], SIZE[0]), np.uint8)
    for index in range(count):
        x, y = room / 2 + step * (index - count / 2)
        shift = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
        frame = cv2.warpAffine(scene, shift, SIZE, borderMode=cv2.BORDER_REFLECT)
        frames[index] = np.clip(frame, 0, 255)
    return frames


def flat(count: int, tone: int = 18, grain: float = 2.0) -> NDArray[np.uint8]:
    """Leader of one tone with some grain."""
    noise = np.random.default_rng(5).normal(tone, grain, (count, SIZE[1], SIZE[0]))
    return np.clip(noise, 0, 255).astype(np.uint8)


def old_film(name: str) -> Path:
    """One of the real old films; the test is skipped where they are not at hand."""
    path = OLD_FILMS / f"{name}.mp4"
    if not path.exists():
        pytest.skip("the real old films are not here")
    return path


def training_clips() -> list[Path]:
    """The clips that may be trained on; the test is skipped where they are not at hand."""
    table = CLIPS / "SOURCES.md"
    if not table.exists():
        pytest.skip("the clips are not here")
    rows = [line.split("|") for line in table.read_text().splitlines() if "| train |" in line]
    return [CLIPS / row[1].strip() for row in rows]


@functools.lru_cache(maxsize=2)
def small_pictures(path: Path, width: int = 160) -> list[Plane]:
    """Every frame's luma as the survey sees it."""
    from restore.media.container.probe import probe
    from restore.media.ffmpeg.decode import read_reduced

    return [picture.y.copy() for picture in read_reduced(probe(path), width)]
