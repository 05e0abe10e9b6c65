"""Two frames before the work: every encoder passes, and each kind of failure has a message."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from restore.clip import ColorSpec
from restore.errors import OutputError
from restore.media.container import encoder_check as rehearsal
from restore.media.container.encoder_check import trial_encode
from restore.media.container.probe import probe
from restore.media.ffmpeg.encode import PartEncoder, VideoFormat

BT709 = ColorSpec("bt709", "limited", "left", "bt709", "bt709")
RGB = replace(BT709, matrix="rgb", range="full")
H264 = VideoFormat(
    "h264", "yuv420p", 256, 128, Fraction(24), Fraction(16, 15), BT709, None, "ultrafast"
)

FORMATS = [
    H264,
    replace(H264, color=replace(BT709, range="full"), crf=51),
    replace(H264, codec="hevc", pixel_format="yuv420p10le"),
    replace(
        H264,
        codec="av1",
        pixel_format="yuv420p10le",
        preset="12",
        color=ColorSpec("bt601", "limited"),
    ),
    replace(H264, codec="av1", pixel_format="yuv444p12le", preset="8"),
    replace(H264, codec="prores", pixel_format="yuv422p10le", preset=None),
    replace(H264, codec="prores", pixel_format="yuv444p10le", preset=None),
    replace(H264, codec="dnxhr", pixel_format="yuv422p10le", preset=None),
    replace(H264, codec="dnxhr", pixel_format="yuv444p10le", preset=None),
    replace(H264, codec="ffv1", pixel_format="gray16le", preset=None),
    replace(H264, codec="ffv1", pixel_format="gbrp", preset=None, color=RGB),
    replace(
        H264, codec="ffv1", pixel_format="yuv420p", preset=None, width=1, height=1, sar=Fraction(1)
    ),
]


@pytest.mark.parametrize("video", FORMATS, ids=lambda video: f"{video.codec} {video.pixel_format}")
def test_every_encoder_passes(video: VideoFormat, tmp_path: Path) -> None:
    """What is asked for comes back; the part stays for whoever needs one."""
    trial_encode(video, tmp_path / "part.mkv")
    assert len(probe(tmp_path / "part.mkv").frames) == 2


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"codec": "hevc", "width": 8, "height": 8}, "libx265 fails with 8x8.*too small"),
        (
            {"codec": "dnxhr", "pixel_format": "yuv422p10le", "width": 64, "preset": None},
            "dnxhd.*at least 256x120",
        ),
        ({"preset": "nonsense"}, "libx264.*preset"),
        ({"hardware": "h264_nvenc"}, "h264_nvenc fails.*ffmpeg stopped"),
        ({"hardware": "h264_vaapi"}, "h264_vaapi fails.*ffmpeg stopped"),
        ({"hardware": "h264_nvenc", "pixel_format": "yuv444p"}, "does not support yuv444p"),
        (
            {
                "codec": "dnxhr",
                "pixel_format": "yuv422p10le",
                "color": ColorSpec("bt601", "limited"),
            },
            "matrix bt709 instead of bt601",
        ),
    ],
)
def test_what_fails_is_named(changes: dict[str, object], text: str, tmp_path: Path) -> None:
    """The encoder, the size, and what ffmpeg said or what came back wrong (no such hardware here)."""
    if "hardware" in changes and Path("/dev/nvidia0").exists():
        pytest.skip("there is hardware here")
    with pytest.raises(OutputError, match=text) as caught:
        trial_encode(replace(H264, **changes), tmp_path / "part.mkv")
    assert caught.value.code == "encoder-failed"


def test_a_picture_that_is_another_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encoder that gives back something else fails, though count and tags are right."""

    class Inverting(PartEncoder):
        def write(self, planes: tuple) -> None:
            super().write(tuple(255 - plane for plane in planes))

    monkeypatch.setattr(rehearsal, "PartEncoder", Inverting)
    with pytest.raises(OutputError, match="frame 0") as caught:
        trial_encode(H264, tmp_path / "part.mkv")
    assert caught.value.code == "encoder-failed"
