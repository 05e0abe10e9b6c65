"""The format in which the result goes out: codec, pixel format, color description, encoder."""

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
from restore.media.images.writer import picture_format
from restore.recipe import Recipe
from restore.treatments.upscale.size import Geometry

if TYPE_CHECKING:
    from restore.media.source import Source


def film_codec(codec: CodecName) -> FilmCodec:
    """The codec of the film that a recipe makes: image sequences come from a lossless one."""
    return codec if is_film_codec(codec) else LOSSLESS


def output_format(source: Source, recipe: Recipe, size: Geometry, *, colored: bool) -> VideoFormat:
    """How the result is stored: as near to the source's pixels and color as the codec comes."""
    codec = film_codec(recipe.codec)
    if recipe.codec in IMAGE_CODECS:
        pixel_format = picture_format(recipe.codec, source.format, colored, recipe.depth)
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
        color=output_color(source, size.height, recipe.codec, pixel_format),
        crf=recipe.crf,
        preset=recipe.preset,
        hardware=_hardware(recipe),
    )


def output_color(source: Source, height: int, codec: str, pixel_format: str) -> ColorSpec:
    """The color description of a result of so many rows: the film's own, where the codec can carry it.

    RGB that goes out as YUV becomes BT.709, limited range; ProRes knows only limited range, DNxHR (as
    ffmpeg writes it) besides only BT.709, and chroma at the left. Pictures are full range, in RGB or gray.
    Fields are fields no longer where rows of both went into every new one.
    """
    color = source.color if height == source.height else replace(source.color, fields=None)
    if codec in IMAGE_CODECS:
        matrix = "rgb" if pixel_format.startswith("gbr") else color.matrix
        tag = color.matrix_tag if matrix == color.matrix else None
        return replace(color, matrix=matrix, range="full", matrix_tag=tag)
    if color.matrix == "rgb" and not pixel_format.startswith("gbr"):
        return replace(color, matrix="bt709", range="limited", siting="left", matrix_tag="bt709")
    known = CODECS.get(codec)  # an audit may be of any codec
    if known is not None and known.bt709:
        return replace(color, matrix="bt709", range="limited", siting="left", matrix_tag="bt709")
    return replace(color, range="limited") if known is not None and known.limited else color


def _hardware(recipe: Recipe) -> str | None:
    """The hardware encoder that the recipe asks for, by its own name or its family's."""
    if recipe.encoder is None or recipe.encoder in HARDWARE:
        return recipe.encoder
    return hardware_encoder(recipe.encoder, recipe.codec)
