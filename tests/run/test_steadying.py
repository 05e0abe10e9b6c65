"""A film that weaves and flickers comes out still, proven, and a steady one untouched."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from restore.audit.files import audit_files
from restore.cli.proof import prove
from restore.media.decode import read_frames
from restore.media.encode import VideoFormat
from restore.media.probe import probe
from restore.recipe import Recipe
from restore.run.film import restore_film
from restore.run.prepare import Order
from restore.timing import Span
from tests.made import SD
from tests.media.films import encode
from tests.survey.restless import codes, jitter, picture, seen_by

FRAMES = 40
STILL = Recipe(codec="ffv1", stabilize=1, deflicker=1)


def _film(path: Path, reach: float, light: float) -> Path:
    """A landscape of 256x192 with a figure that walks through it, in a gate and a light of that unrest."""
    rng = np.random.default_rng(1)
    frames = seen_by(picture(rng) * 0.7 + 20, jitter(rng, FRAMES, reach), rng, grain=1.0)
    for number, frame in enumerate(frames):
        frame[60:120, 4 * number + 20 : 4 * number + 40] = 220
    frames = (frames - 16) * rng.normal(1, light, (FRAMES, 1, 1)).astype(np.float32) + 16
    video = VideoFormat("ffv1", "yuv420p", 256, 192, Fraction(24), Fraction(1), SD, None, None)
    chroma = np.full((96, 128), 128, np.uint8)
    return encode(path, video, [(luma, chroma, chroma) for luma in codes(frames)])


def _luma(path: Path) -> NDArray[np.float64]:
    source = probe(path)
    read = read_frames(source, source.frames, Span(0, len(source.frames)))
    return np.array([frame.planes[0] for frame in read], np.float64)


def _unrest(luma: NDArray[np.float64]) -> float:
    """How much the sky and the ground, where nobody walks, change from frame to frame."""
    return float(np.abs(np.diff(luma[:, 130:180, 10:240], axis=0)).mean())


@pytest.fixture(scope="module")
def restless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film by a worn projector."""
    return _film(tmp_path_factory.mktemp("film") / "film.mkv", 0.7, 0.04)


def test_weave_and_flicker_go_and_the_result_is_proven(restless: Path, tmp_path: Path) -> None:
    """What changes from frame to frame is a third of what it was; the audit knows what was moved."""
    made = restore_film(
        Order(restless, STILL, output=tmp_path / "still.mkv"), lambda _: None, prove
    )
    assert _unrest(_luma(made)) < _unrest(_luma(restless)) / 3
    assert audit_files(restless, made).ok


def test_segments_make_no_seam(
    restless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut into many segments the frames are the same."""
    whole = restore_film(Order(restless, STILL, output=tmp_path / "a.mkv"), lambda _: None, prove)
    monkeypatch.setattr("restore.plan.SEGMENT_FRAMES", 7)
    parts = restore_film(Order(restless, STILL, output=tmp_path / "b.mkv"), lambda _: None, prove)
    assert np.array_equal(_luma(whole), _luma(parts))


def test_a_steady_film_keeps_every_code_value(tmp_path: Path) -> None:
    """Nothing is found in it, so nothing is done to it."""
    film = _film(tmp_path / "film.mkv", 0, 0)
    made = restore_film(Order(film, STILL, output=tmp_path / "out.mkv"), lambda _: None, prove)
    assert np.array_equal(_luma(made), _luma(film))
