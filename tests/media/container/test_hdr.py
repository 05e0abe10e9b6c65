"""HDR10 metadata: read from any carrier, written into any container, the same integers."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.media.container.hdr import HdrMetadata, parse_mastering, read_light
from restore.media.container.join import join
from restore.media.container.probe import probe
from restore.media.ffmpeg.encode import VideoFormat
from tests.audit.sources import build
from tests.media.films import encode, run_ffmpeg, slopes

TRUTH = HdrMetadata(
    (13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450, 10_000_000, 50), (1000, 400)
)


@pytest.mark.parametrize(
    ("codec", "pixels", "suffix"),
    [("hevc", "yuv420p10le", ".mp4"), ("ffv1", "yuv420p", ".mkv")],
)
def test_metadata_reach_every_container(
    codec: Any, pixels: str, suffix: str, tmp_path: Path
) -> None:
    """The mastering display and the light levels of the source, to the last step."""
    source = probe(build(tmp_path, "mkv-hdr10"))
    assert read_light(source) == TRUTH
    color = ColorSpec("bt2020", "limited")
    video = VideoFormat(codec, pixels, 96, 64, Fraction(25), Fraction(1), color, None, None)
    part = encode(tmp_path / "part.mkv", video, slopes(pixel_format(pixels), 96, 64, 12))
    join([part], source.frames, source, tmp_path / f"result{suffix}", {})
    assert read_light(probe(tmp_path / f"result{suffix}")) == TRUTH


def test_metadata_without_colors_are_none() -> None:
    """What could not be written again is not claimed."""
    assert parse_mastering(bytes(88)) is None
    assert parse_mastering(b"short") is None


def test_pictures_with_exif_have_no_light_levels(tmp_path: Path) -> None:
    """TIFF's own tags come as EXIF, for which PyAV has no name: no reason to fail."""
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=32x32:d=0.08", tmp_path / "f_%02d.tif")
    assert not read_light(probe(tmp_path))
