"""Hardware encoders: codecs, ffmpeg options, and input formats.

Frames are passed semi-planar (nv12, p010), which all of them take. Quality is given on the scale of the
software encoders (CRF); the constant-quality modes of the hardware are close enough to it.
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
"""The semi-planar equivalents of the planar formats that hardware encoders support."""

_TOP_QUALITY = 100
_COARSEST_CRF = 51
"""VideoToolbox's quality goes from 1 to 100 (the best)."""


def hardware_encoder(family: str, codec: str) -> str | None:
    """The name of this family's encoder of a codec in ffmpeg; None if it has none."""
    name = f"{codec}_{family}"
    return name if name in HARDWARE else None


def hardware_supports(name: str, pixel_format: str) -> bool:
    """Whether a hardware encoder supports this format: 4:2:0, H.264 only with 8 bit."""
    deep = pixel_format != "yuv420p"
    return pixel_format in _INPUTS and not (deep and HARDWARE[name][1] == "h264")


def hardware_input(pixel_format: str) -> str:
    """The semi-planar format in which frames of a planar one are passed."""
    return _INPUTS[pixel_format]


def hardware_device(name: str | None) -> dict[str, str | int | None]:
    """Options that open the device to which frames must be uploaded; empty if that is not needed."""
    if name is None or HARDWARE[name][0] != "vaapi":
        return {}
    return {"init_hw_device": "vaapi=device", "filter_hw_device": "device"}


def hardware_options(name: str, crf: int, preset: str | None) -> dict[str, str | int | None]:
    """This encoder's options for constant quality and preset (ffmpeg's codec documentation)."""
    family = HARDWARE[name][0]
    if family == "nvenc":
        # 0 would mean automatic
        options = {"rc": "vbr", "cq": max(1, crf), "b:v": 0, "preset": preset or "p6"}
    elif family == "qsv":
        options = {"global_quality": max(1, crf), "preset": preset or "slow"}
    elif family == "vaapi":
        options = {"rc_mode": "CQP", "global_quality": max(1, crf)}
    else:
        options = {"q:v": max(1, round(_TOP_QUALITY * (1 - crf / _COARSEST_CRF)))}
    return dict(options)
