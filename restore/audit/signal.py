"""Properties of the video signal: size, aspect, rotation, color tags, fields, HDR10 metadata."""

from __future__ import annotations

from typing import Any

from restore.audit.check import Check
from restore.clip import ColorSpec, Matrix
from restore.media.codecs import CODECS
from restore.media.color.pixels import pixel_format
from restore.media.container import mirror
from restore.media.container.hdr import HdrMetadata, read_light
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.ffmpeg.encoders import marks_fields
from restore.media.source import Source


def compare_picture(source: Source, expected: VideoFormat, found: Source) -> tuple[Check, ...]:
    """All checks of this module; decodes a frame of both files twice."""
    checks = [
        check_video(expected, found),
        check_siting(source, expected, found),
        check_rotation(source.rotation, found.rotation),
        check_mirror(mirror.read_mirror(source), mirror.read_mirror(found)),
        check_edges(source, found),
        check_light(read_light(source), read_light(found)),
    ]
    return tuple(check for check in checks if check is not None)


_CUSTOMARY: dict[Matrix, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "bt601": (("smpte170m", "bt470bg"), ("smpte170m",)),
    "bt709": (("bt709",), ("bt709",)),
    "bt2020": (("bt2020",), ("bt2020-10", "bt2020-12")),
    "rgb": (("bt709",), ("iec61966-2-1", "bt709")),
}
"""Primaries and transfers that a result may have where the source has none: those of its matrix."""


def check_video(expected: VideoFormat, found: Source) -> Check:
    """Size, sample aspect and color tags are the planned ones."""
    pairs: list[tuple[str, Any, Any]] = [
        ("size", (expected.width, expected.height), (found.width, found.height)),
        ("sample aspect", expected.sar, found.sar),
        ("range", expected.color.range, found.color.range),
    ]
    if pixel_format(expected.pixel_format).family != "gray":  # gray has no matrix
        pairs.append(("matrix", *_matrices(expected.color, found.color)))
    if expected.color.fields is None or marks_fields(expected):
        pairs.append(("field order", expected.color.fields, found.color.fields))
    for name, customary in zip(
        ("primaries", "transfer"), _CUSTOMARY[found.color.matrix], strict=True
    ):
        must, is_ = getattr(expected.color, name), getattr(found.color, name)
        if must is not None or is_ not in (None, *customary):
            pairs.append((name, must, is_))
    wrong = [f"{name} {is_} instead of {must}" for name, must, is_ in pairs if must != is_]
    good = f"{found.width}x{found.height}, {found.color.matrix}, {found.color.range} range"
    return Check("picture", not wrong, "; ".join(wrong) or good)


def _matrices(expected: ColorSpec, found: ColorSpec) -> tuple[str, str]:
    """The tags of both, if the source has one; else the matrices that they mean."""
    if expected.matrix_tag is None:
        return expected.matrix, found.matrix
    return expected.matrix_tag, found.matrix_tag or "untagged"


def check_siting(source: Source, expected: VideoFormat, found: Source) -> Check | None:
    """Chroma siting, in formats with subsampled chroma whose codec can store it."""
    pixels = pixel_format(expected.pixel_format)
    if not pixels.sub_w or source.format.family != "yuv":
        return None
    must, is_ = expected.color.siting, found.color.siting
    if must == is_:
        return Check("chroma location", True, is_)
    if (codec := CODECS.get(expected.codec)) is not None and not codec.siting:
        return Check("chroma location", True, f"{must}, which {expected.codec} cannot store")
    return Check("chroma location", False, f"{is_} instead of {must}")


def check_rotation(source: int, found: int) -> Check | None:
    """Players rotate the result as they rotate the source."""
    if source == found:
        return Check("rotation", True, f"{found} degrees") if found else None
    return Check("rotation", False, f"{found} degrees instead of {source}")


def check_mirror(source: mirror.Matrix | None, found: mirror.Matrix | None) -> Check | None:
    """Players mirror the result as they mirror the source."""
    if mirror.same_mirror(source, found):
        return Check("mirror", True, "mirrored, as in the source") if found else None
    return Check("mirror", False, "mirrored, unlike the source" if found else "no longer mirrored")


def check_edges(source: Source, found: Source) -> Check | None:
    """Players show all of the result's pixels, unless the source's are cropped, too."""
    if not found.cropped:
        return None
    detail = "players crop some pixels"
    return Check(
        "edges", source.cropped, f"{detail}, as those of the source" if source.cropped else detail
    )


def check_light(source: HdrMetadata, found: HdrMetadata) -> Check | None:
    """The HDR10 metadata equal those of the source."""
    if source == found:
        return Check("hdr10", True, _light_as_text(found)) if found else None
    return Check("hdr10", False, f"{_light_as_text(found)} instead of {_light_as_text(source)}")


def _light_as_text(light: HdrMetadata) -> str:
    if not light:
        return "no metadata"
    texts: list[str] = []
    if light.mastering is not None:
        texts.append(f"mastered at {light.mastering[8] / 10_000:g} cd/m2")
    if light.content is not None:
        texts.append(f"MaxCLL {light.content[0]}, MaxFALL {light.content[1]}")
    return ", ".join(texts)
