"""HDR10 metadata of a film: the mastering display's colors and light, the content's light level."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from av.container import InputContainer

from restore.media.container.sidedata import side_data
from restore.media.ffmpeg.process import FfmpegProcess, command, encoding_failed, input_options
from restore.media.names import as_input, open_input
from restore.media.source import Source

_CHROMATICITY = 50_000
_LUMINANCE = 10_000
"""Units per 1 in which the metadata are stored (SMPTE ST 2086, coded as in HEVC D.2.28)."""


@dataclass(frozen=True, slots=True)
class HdrMetadata:
    """HDR10 metadata in the integers of HEVC's messages; None for missing values.

    mastering  x and y of green, blue, red and white in 1/50000, maximum and minimum luminance in 1/10000
    cd/m2
    content    MaxCLL and MaxFALL in cd/m2
    """

    mastering: tuple[int, ...] | None = None
    content: tuple[int, int] | None = None

    def __bool__(self) -> bool:
        return self.mastering is not None or self.content is not None

    def options(self) -> dict[str, str]:
        """The same as ffmpeg's input options."""
        options: dict[str, str] = {}
        if (m := self.mastering) is not None:
            options["mastering_display"] = (
                f"G({m[0]},{m[1]})B({m[2]},{m[3]})R({m[4]},{m[5]})WP({m[6]},{m[7]})L({m[8]},{m[9]})"
            )
        if self.content is not None:
            options["content_light"] = f"{self.content[0]},{self.content[1]}"
        return options


def read_light(source: Source) -> HdrMetadata:
    """The metadata of the film's first decoded frame, from the container or the stream."""
    data = side_data(source)
    mastering, content = (
        data.get(name) for name in ("MASTERING_DISPLAY_METADATA", "CONTENT_LIGHT_LEVEL")
    )
    return HdrMetadata(
        None if mastering is None else parse_mastering(mastering),
        None if content is None else struct.unpack_from("=II", content),
    )


def parse_mastering(data: bytes) -> tuple[int, ...] | None:
    """The fractions of libavutil's AVMasteringDisplayMetadata (red, green, blue, white) in HEVC's."""
    if len(data) < 88:
        return None
    numbers = struct.unpack_from("=22i", data)
    if not numbers[20]:
        return None  # no primaries: such metadata cannot be written
    values = [a / b if b else 0.0 for a, b in zip(numbers[:20:2], numbers[1:20:2], strict=True)]
    red, green, blue, white = (values[i : i + 2] for i in (0, 2, 4, 6))
    colors = tuple(round(v * _CHROMATICITY) for v in (*green, *blue, *red, *white))
    darkest, brightest = values[8:10]
    return (*colors, round(brightest * _LUMINANCE), round(darkest * _LUMINANCE))


@contextmanager
def with_light_levels(part: Path, light: HdrMetadata) -> Generator[InputContainer]:
    """The part opened as a template for a stream that carries the metadata; unchanged if there are none."""
    if not light:
        with open_input(part, "matroska") as container:
            yield container
        return
    with tempfile.TemporaryDirectory(prefix="restore-") as folder:
        template = Path(folder) / "template.mkv"
        target = {"filename": as_input(template), "format": "matroska", "c": "copy", "frames:v": 1}
        process = FfmpegProcess(command(light.options() | input_options(part, "matroska"), target))
        try:
            status = process.wait()
        finally:
            process.stop()
        if status != 0:
            raise encoding_failed(template, process.messages(), status)
        with open_input(template, "matroska") as container:
            yield container
