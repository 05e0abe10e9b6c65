"""Facts of the first decoded frame: color tags, chroma siting, field order, rotation.

ffmpeg's filter showinfo prints them with ffmpeg's own names. They come from the same decoder as the frames
later, with the tags of container and bitstream already merged.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from restore.clip import MATRIX_TAGS, ColorSpec, Matrix, Siting
from restore.errors import SourceError
from restore.media.ffmpeg.process import FfmpegProcess, Options, command, informative_messages
from restore.media.source import FieldOrder

_STEREO = {
    "side by side": ("left_right", "right_left"),
    "top and bottom": ("top_bottom", "bottom_top"),
    "checkerboard": ("checkerboard_lr", "checkerboard_rl"),
    "interleaved lines": ("row_interleaved_lr", "row_interleaved_rl"),
    "interleaved columns": ("col_interleaved_lr", "col_interleaved_rl"),
    "frame alternate": ("block_lr", "block_rl"),
}
"""How a frame contains two views: ffmpeg's names, and Matroska's with the left or the right view first."""

_HDR = {"smpte2084": "PQ (HDR10)", "arib-std-b67": "HLG"}

_SITINGS: dict[str, Siting] = {
    "left": "left",
    "center": "center",
    "topleft": "topleft",
    "top": "top",
    "bottomleft": "bottomleft",
    "bottom": "bottom",
}
"""ffmpeg's names of the chroma sample locations (H.273 has the same six)."""

_HD_LINES = 720
"""Untagged films of this many lines or more are read as BT.709 (documented default)."""


@dataclass(frozen=True, slots=True)
class FirstFrame:
    """Facts of the first decoded frame; None where there is no tag.

    `rotation` is in degrees counter-clockwise, `pts` in the stream's time base, `stored` the pixel format,
    `shown` the width and height after the container's cropping, `stereo` Matroska's name of how the frame
    contains two views (ffmpeg's if Matroska has none).
    """

    matrix: str | None = None
    range: str | None = None
    primaries: str | None = None
    transfer: str | None = None
    siting: str | None = None
    sar: Fraction | None = None
    field_order: FieldOrder = "unknown"
    rotation: int = 0
    pts: int | None = None
    decoded: bool = False
    stored: str | None = None
    shown: tuple[int, int] | None = None
    stereo: str | None = None


def first_frame(reader: Options, stream: int) -> FirstFrame:
    """Decode one frame and read its facts; all None if nothing can be decoded.

    `reader` are the options of the input (see `process.reading`). Raises SourceError if the decoder was
    killed.
    """
    source = {**reader, "noautorotate": None, "copyts": None}
    target = {"filename": "pipe:1", "format": "null", "frames:v": 1}
    arguments = command(source, target, str(stream), "showinfo=checksum=0")
    process = FfmpegProcess(["info" if each == "error" else each for each in arguments])
    try:
        status = process.wait()
    finally:
        process.stop()
    if status < 0:
        raise SourceError(
            f"The decoder was ended by signal {-status} before it decoded a frame.",
            str(reader["filename"]).removeprefix("file:"),
            "If memory ran out, free some; then run the same command again.",
            code="decoder-killed",
        )
    return parse_showinfo(process.messages())


def decoder_messages(reader: Options, stream: int) -> str:
    """Messages of demuxer and decoder about a stream's first frames; empty if there are none."""
    target = {"filename": "pipe:1", "format": "null", "frames:v": 1}
    process = FfmpegProcess(command(reader, target, str(stream)))
    try:
        process.wait()
    finally:
        process.stop()
    said = process.messages()
    return informative_messages(said)[0] if said else ""


def parse_showinfo(lines: Sequence[str]) -> FirstFrame:
    """Parse the filter's lines about frame 0."""
    text = "\n".join(line for line in lines if "showinfo" in line)
    if not re.search(r"\bn: *0\b", text):
        return FirstFrame()
    fields: dict[str, FieldOrder] = {"P": "progressive", "T": "tff", "B": "bff"}
    pts = re.search(r"\bpts: *(-?\d+)", text)
    aspect = re.search(r"\bsar:(\d+)/(\d+)", text)
    size = re.search(r"\bs:(\d+)x(\d+)", text)
    rotation = re.search(r"displaymatrix: rotation of (-?[\d.]+) degrees", text)
    return FirstFrame(
        matrix=_tag(text, "color_space"),
        range=_tag(text, "color_range"),
        primaries=_tag(text, "color_primaries"),
        transfer=_tag(text, "color_trc"),
        siting=_tag(text, "cl"),
        sar=Fraction(int(aspect[1]), int(aspect[2])) if aspect and int(aspect[1]) else None,
        field_order=fields.get(_tag(text, "i") or "", "unknown"),
        rotation=round(float(rotation[1])) % 360 if rotation else 0,
        pts=int(pts[1]) if pts else None,
        decoded=True,
        stored=_tag(text, "fmt"),
        shown=(int(size[1]), int(size[2])) if size else None,
        stereo=_stereo(text),
    )


def _stereo(text: str) -> str | None:
    """The stereo mode in the lines; None for a single view, and if the arrangement of two is not given."""
    found = re.search(r"Stereo 3D: type - ([^,\n]+),[^\n]*", text)
    if found is None or found[1] in ("2D", "unspecified"):
        return None
    return _STEREO.get(found[1], (found[1], found[1]))["(inverted)" in found[0]]


def _tag(text: str, name: str) -> str | None:
    found = re.search(rf"\b{name}:([\w-]+)", text)
    return None if found is None or found[1] in ("unknown", "unspecified", "reserved") else found[1]


def decide_color(frame: FirstFrame, family: str, height: int, path: Path) -> ColorSpec:
    """The color description of the film: its tags, or the documented defaults where there are none.

    Raises SourceError for HDR transfer functions and for matrices that are not supported.
    """
    if frame.transfer in _HDR:
        raise SourceError(
            f"The film is HDR ({_HDR[frame.transfer]}), which is not supported.",
            str(path),
            "Convert it to standard dynamic range (BT.709) first.",
            code="hdr-unsupported",
        )
    matrix, assumed = _matrix(frame, family, height, path)
    full = frame.range == "pc" or (frame.range is None and family == "rgb")
    if frame.range is None and family != "rgb":
        assumed = (*assumed, "limited range")
    return ColorSpec(
        matrix=matrix,
        range="full" if full else "limited",
        siting=_SITINGS.get(frame.siting or "", "left"),
        primaries=frame.primaries,
        transfer=frame.transfer,
        assumed=assumed,
        fields=frame.field_order if frame.field_order in ("tff", "bff") else None,
        matrix_tag=frame.matrix if MATRIX_TAGS.get(frame.matrix or "") == matrix else None,
    )


def _matrix(
    frame: FirstFrame, family: str, height: int, path: Path
) -> tuple[Matrix, tuple[str, ...]]:
    if family == "rgb":
        return "rgb", ()
    if frame.matrix is None or (family == "gray" and frame.matrix == "gbr"):
        if height < _HD_LINES:
            return "bt601", (f"BT.601 (untagged, below {_HD_LINES} lines)",)
        return "bt709", (f"BT.709 (untagged, {_HD_LINES} lines or more)",)
    if frame.matrix not in MATRIX_TAGS or frame.matrix == "gbr":
        raise SourceError(
            f"The film's color matrix ({frame.matrix}) is not supported.",
            str(path),
            "Convert it to BT.709 first.",
            code="matrix-unsupported",
        )
    return MATRIX_TAGS[frame.matrix], ()
