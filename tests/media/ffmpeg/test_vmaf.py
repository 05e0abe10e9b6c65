"""VMAF with the embedded ffmpeg."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from restore.errors import RestoreError, UsageError
from restore.media.ffmpeg.vmaf import measure_vmaf


def textured(height: int = 96, width: int = 128) -> np.ndarray:
    """Four moving frames of texture in limited-range code values."""
    rng = np.random.default_rng(0)
    wide = cv2.GaussianBlur(rng.normal(0, 1, (height, width + 6)), (0, 0), 1.5)
    codes = np.clip(126 + 80 * wide / wide.std(), 16, 235).astype(np.uint8)
    return np.stack([codes[:, 2 * at : 2 * at + width] for at in range(4)])


def test_identical_films_are_nearly_perfect_and_blurred_ones_are_not() -> None:
    """The same film has 97 or more of 100 in both models, a blurred one far less."""
    truth = textured()
    blurred = np.stack([cv2.GaussianBlur(frame, (0, 0), 2) for frame in truth])

    same, worse = measure_vmaf(truth, truth), measure_vmaf(blurred, truth)

    assert min(same.vmaf, same.neg) > 97
    assert max(worse.vmaf, worse.neg) < 70


def test_only_neg_is_unmoved_by_more_contrast() -> None:
    """A third more contrast increases VMAF more than NEG: these are two models."""
    truth = textured()
    harder = np.clip((truth.astype(float) - 126) * 1.3 + 126, 16, 235).astype(np.uint8)
    soft = np.stack([cv2.GaussianBlur(frame, (0, 0), 0.8) for frame in truth])
    hard_soft = np.stack([cv2.GaussianBlur(frame, (0, 0), 0.8) for frame in harder])

    plain, pushed = measure_vmaf(soft, truth), measure_vmaf(hard_soft, truth)

    assert pushed.vmaf - plain.vmaf > pushed.neg - plain.neg + 1


def test_odd_sizes_lose_their_last_line() -> None:
    """The last odd row and column are ignored."""
    truth = textured(97, 129)
    other = truth.copy()
    other[:, -1], other[:, :, -1] = 16, 235
    assert measure_vmaf(other, truth) == measure_vmaf(truth, truth)


def test_films_of_different_size_are_not_compared() -> None:
    """Different sizes are a ValueError."""
    with pytest.raises(ValueError, match="cannot be compared"):
        measure_vmaf(textured(), textured(80))


@pytest.mark.parametrize(("height", "width"), [(62, 128), (128, 63), (2, 2)])
def test_pictures_too_small_to_be_judged_are_refused(height: int, width: int) -> None:
    """Fewer than 64 rows or columns: an error with the size, and no figure."""
    small = np.zeros((2, height, width), np.uint8)
    with pytest.raises(UsageError) as caught:
        measure_vmaf(small, small)
    assert caught.value.code == "vmaf-too-small"
    assert f"{width}x{height}" in caught.value.what


def test_the_least_picture_is_judged() -> None:
    """64 rows and columns are enough for the figures of larger frames."""
    truth = textured(64, 64)
    assert measure_vmaf(truth, truth).vmaf == pytest.approx(99.36, abs=0.01)


def test_an_ffmpeg_without_vmaf_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The error of an ffmpeg that fails has its message and advice."""
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho \"No such filter: 'libvmaf'\" >&2\nexit 8\n")
    program.chmod(0o755)
    monkeypatch.setenv("RESTORE_FFMPEG", str(program))
    with pytest.raises(RestoreError) as caught:
        measure_vmaf(textured(), textured())
    assert caught.value.code == "vmaf-failed"
    assert "No such filter: 'libvmaf'" in caught.value.what
