"""Encoders in hardware: which makes what, what ffmpeg is told, and how frames go to them.

Pictures come up semi-planar (nv12, p010), which every one of them takes. Qualities are given on the
software encoders' scale (CRF), which the makers' own constant-quality modes follow closely enough.
"""

from __future__ import annotations

from typing import Literal, get_args

Family = Literal["nvenc", "qsv", "vaapi", "videotoolbox"]
FAMILIES: tuple[Family, ...] = get_args(Family)

HARDWARE: dict[str, tuple[Family, str]] = {
    f"{codec}_{family}": (family, codec)
    for family in FAMILIES
    for codec in ("h264", "hevc", "av1")
    if (family, codec) != ("videotoolbox", "av1")
}
"""ffmpeg's hardware encoders: family and codec of each."""

_INPUTS = {"yuv420p": "nv12", "yuv420p10le": "p010le"}
"""The semi-planar twins of the formats that hardware encoders take."""

_TOP_QUALITY = 100
_COARSEST_CRF = 51
"""VideoToolbox counts quality from 1 to 100, upwards."""


def hardware_encoder(family: str, codec: str) -> str | None:
    """The name that ffmpeg gives this family's encoder of a codec; None if it has none."""
    name = f"{codec}_{family}"
    return name if name in HARDWARE else None


def hardware_takes(name: str, pixel_format: str) -> bool:
    """Whether a hardware encoder takes frames of this format: 4:2:0, H.264 only in 8 bit."""
    deep = pixel_format != "yuv420p"
    return pixel_format in _INPUTS and not (deep and HARDWARE[name][1] == "h264")


def hardware_input(pixel_format: str) -> str:
    """The semi-planar format in which frames of a planar one are handed over."""
    return _INPUTS[pixel_format]


def hardware_device(name: str | None) -> dict[str, str | int | None]:
    """Options that open the device to which pictures must be uploaded first; empty if none must."""
    if name is None or HARDWARE[name][0] != "vaapi":
        return {}
    return {"init_hw_device": "vaapi=device", "filter_hw_device": "device"}


def hardware_options(name: str, crf: int, preset: str | None) -> dict[str, str | int | None]:
    """Constant quality and effort as this encoder names them (ffmpeg's codec documentation)."""
    family = HARDWARE[name][0]
    if family == "nvenc":
        # a quality of 0 would mean: decide yourself
        words = {"rc": "vbr", "cq": max(1, crf), "b:v": 0, "preset": preset or "p6"}
    elif family == "qsv":
        words = {"global_quality": max(1, crf), "preset": preset or "slow"}
    elif family == "vaapi":
        words = {"rc_mode": "CQP", "global_quality": max(1, crf)}
    else:
        words = {"q:v": max(1, round(_TOP_QUALITY * (1 - crf / _COARSEST_CRF)))}
    return dict(words)
