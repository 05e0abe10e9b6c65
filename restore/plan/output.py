"""The format of the result: codec, pixel format, color description, encoder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from restore.clip import ColorSpec
from restore.media.codecs import (
    CODECS,
    IMAGE_CODECS,
    LOSSLESS,
    CodecName,
    FilmCodec,
    is_film_codec,
)
from restore.media.container.timecode import nominal_rate
from restore.media.ffmpeg.encode import VideoFormat, output_pixel_format
from restore.media.ffmpeg.hardware import HARDWARE, hardware_encoder
from restore.media.images.writer import image_pixel_format
from restore.recipe import Recipe
from restore.treatments.upscale.size import Geometry

if TYPE_CHECKING:
    from restore.media.source import Source


def film_codec(codec: CodecName) -> FilmCodec:
    """The codec of the film that a recipe makes: image sequences come from a lossless one."""
    return codec if is_film_codec(codec) else LOSSLESS


def output_format(
    source: Source, recipe: Recipe, size: Geometry, *, colored: bool, rows: int | None = None
) -> VideoFormat:
    """The format of the result: as close to the source's pixel format and color as the codec allows.

    `rows` are those of the source that remain after its borders are cropped (None: all).
    """
    codec = film_codec(recipe.codec)
    if recipe.codec in IMAGE_CODECS:
        pixel_format = image_pixel_format(recipe.codec, source.format, colored, recipe.depth)
    else:
        odd = bool(size.width % 2 or size.height % 2)
        pixel_format = output_pixel_format(codec, source.format, colored, odd, recipe.depth)
    return VideoFormat(
        codec=codec,
        pixel_format=pixel_format,
        width=size.width,
        height=size.height,
        rate=nominal_rate(source).limit_denominator(10_000),
        sar=size.sar,
        color=output_color(source, size.height, recipe.codec, pixel_format, rows),
        crf=recipe.crf,
        preset=recipe.preset,
        hardware=_hardware(recipe),
    )


def output_color(
    source: Source, height: int, codec: str, pixel_format: str, rows: int | None = None
) -> ColorSpec:
    """The color description of a result with so many rows: the film's own if the codec can store it.

    `rows` are those that remain of the source after its borders are cropped (None: all).

    RGB that is stored as YUV becomes BT.709, limited range; ProRes has limited range only, DNxHR (as ffmpeg
    writes it) also BT.709 only, and chroma at the left. Images are full range, in RGB or gray. A result
    whose rows mix both fields, because it was scaled, has no fields.
    """
    scaled = height != (rows or source.height)
    color = replace(source.color, fields=None) if scaled else source.color
    if codec in IMAGE_CODECS:
        matrix = "rgb" if pixel_format.startswith("gbr") else color.matrix
        tag = color.matrix_tag if matrix == color.matrix else None
        return replace(color, matrix=matrix, range="full", matrix_tag=tag)
    if color.matrix == "rgb" and not pixel_format.startswith("gbr"):
        return replace(color, matrix="bt709", range="limited", siting="left", matrix_tag="bt709")
    known = CODECS.get(codec)  # an audit accepts any codec
    if known is not None and known.bt709:
        return replace(color, matrix="bt709", range="limited", siting="left", matrix_tag="bt709")
    return replace(color, range="limited") if known is not None and known.limited else color


def _hardware(recipe: Recipe) -> str | None:
    """The hardware encoder of the recipe, by its own name or that of its family."""
    if recipe.encoder is None or recipe.encoder in HARDWARE:
        return recipe.encoder
    return hardware_encoder(recipe.encoder, recipe.codec)
