"""Hardware encoders: codecs, ffmpeg options, and input formats.

Frames are passed semi-planar (nv12, p010), which all of them take. Quality is given on the scale of the
software encoders (CRF); the constant-quality modes of the hardware are close enough to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from restore.media.codecs import CODECS, Family


@dataclass(frozen=True, slots=True)
class HardwareFamily:
    """Hardware encoders of one kind.

    where    the machines that have them
    quality  what constant quality becomes, for people
    presets  their settings of speed, fastest first
    preset   the one that is used unless another is asked for
    """

    where: str
    quality: str
    presets: tuple[str, ...] = ()
    preset: str | None = None


FAMILIES: Mapping[Family, HardwareFamily] = MappingProxyType(
    {
        "nvenc": HardwareFamily(
            "NVIDIA", "-rc vbr -cq", tuple(f"p{step}" for step in range(1, 8)), "p6"
        ),
        "qsv": HardwareFamily(
            "Intel",
            "-global_quality",
            ("veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"),
            "slow",
        ),
        "vaapi": HardwareFamily("Linux, /dev/dri", "-rc_mode CQP -global_quality"),
        "videotoolbox": HardwareFamily("Apple", "-q:v (100 is the best)"),
    }
)
"""The families by ffmpeg's names."""

HARDWARE: Mapping[str, tuple[Family, str]] = MappingProxyType(
    {
        f"{codec.name}_{family}": (family, codec.name)
        for family in FAMILIES
        for codec in CODECS.values()
        if family in codec.hardware
    }
)
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
        options = {
            "rc": "vbr",
            "cq": max(1, crf),
            "b:v": 0,
            "preset": preset or FAMILIES[family].preset,
        }
    elif family == "qsv":
        options = {"global_quality": max(1, crf), "preset": preset or FAMILIES[family].preset}
    elif family == "vaapi":
        options = {"rc_mode": "CQP", "global_quality": max(1, crf)}
    else:
        options = {"q:v": max(1, round(_TOP_QUALITY * (1 - crf / _COARSEST_CRF)))}
    return dict(options)
