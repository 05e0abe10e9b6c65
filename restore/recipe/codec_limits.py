"""What each codec can be asked for: bits a sample, quality, presets."""

from __future__ import annotations

from typing import Literal

Codec = Literal["h264", "hevc", "av1", "prores", "dnxhr", "ffv1", "dpx", "tiff", "png", "exr"]

PICTURES = ("dpx", "tiff", "png", "exr")
"""The codecs that make a folder of pictures instead of a file."""

DEPTHS: dict[str, tuple[int, ...]] = {
    "h264": (8,),
    "hevc": (8, 10, 12),
    "av1": (8, 10, 12),
    "prores": (10,),
    "dnxhr": (10,),
    "ffv1": (8, 10, 12, 16),
    "dpx": (8, 10, 12, 16),
    "tiff": (8, 16),
    "png": (8, 16),
    "exr": (16,),
}
"""The bits a sample that can be asked for."""

CRF_RANGES: dict[str, int] = {"h264": 51, "hevc": 51, "av1": 63}
"""The codecs with a constant quality setting, and its largest value (0 is the finest)."""

PRESETS: dict[str, tuple[str, ...]] = {
    "h264": (
        *("ultrafast", "superfast", "veryfast", "faster", "fast"),
        *("medium", "slow", "slower", "veryslow"),
    ),
    "hevc": (
        *("ultrafast", "superfast", "veryfast", "faster", "fast"),
        *("medium", "slow", "slower", "veryslow"),
    ),
    "av1": tuple(str(step) for step in range(14)),
    "nvenc": tuple(f"p{step}" for step in range(1, 8)),
    "qsv": ("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
}
"""The speed settings of the encoders that have them, quickest first (AV1: 13 is the quickest)."""
