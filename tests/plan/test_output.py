"""The format of a result: as close to the source as the codec allows, and described as what it is."""

from __future__ import annotations

from fractions import Fraction
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.media.codecs import CODECS, FILM_CODECS, IMAGE_CODECS
from restore.media.color.pixels import pixel_format
from restore.plan.output import film_codec, output_color, output_format
from restore.recipe import Recipe
from restore.treatments.upscale.size import Geometry
from tests.made import made_source

COLORS = st.builds(
    ColorSpec,
    st.sampled_from(["bt601", "bt709", "bt2020"]),
    st.sampled_from(["limited", "full"]),
    fields=st.sampled_from([None, "tff", "bff"]),
)


def test_image_sequences_come_from_a_lossless_film() -> None:
    """Their parts are encoded like those of a film, and lose nothing."""
    assert [film_codec(codec) for codec in FILM_CODECS] == list(FILM_CODECS)
    assert {film_codec(codec) for codec in IMAGE_CODECS} == {"ffv1"}


@given(COLORS, st.sampled_from(FILM_CODECS), st.sampled_from(["yuv420p", "yuv444p10le"]))
def test_a_codec_that_stores_the_source_s_color_keeps_it(
    color: ColorSpec, codec: str, pixels: str
) -> None:
    """Matrix and range are the source's, except where the codec has only one."""
    source = made_source(color=color)
    found = output_color(source, source.height, codec, pixels)
    known = CODECS[codec]
    assert found.matrix == ("bt709" if known.bt709 else color.matrix)
    assert found.range == ("limited" if known.bt709 or known.limited else color.range)
    assert found.fields == color.fields


@given(COLORS, st.sampled_from(sorted(CODECS)), st.integers(2, 2000))
def test_only_rows_of_the_source_have_fields(color: ColorSpec, codec: str, height: int) -> None:
    """A picture of another height mixes both fields in its rows, whatever the codec."""
    source = made_source(color=color)
    found = output_color(source, height, codec, "yuv420p")
    assert found.fields == (color.fields if height == source.height else None)


@pytest.mark.parametrize("codec", ["h264", "ffv1"])
def test_a_crop_keeps_the_fields(codec: str) -> None:
    """Rows that are only cut off mix no fields; a crop that is scaled afterwards does."""
    source = made_source(color=ColorSpec("bt601", "limited", fields="tff"))
    rows = source.height - 16
    assert output_color(source, rows, codec, "yuv420p", rows).fields == "tff"
    assert output_color(source, source.height, codec, "yuv420p", rows).fields is None


@given(COLORS, st.sampled_from(IMAGE_CODECS))
def test_images_are_full_range(color: ColorSpec, codec: str) -> None:
    """R'G'B' has no matrix of its own; gray keeps that of its luma."""
    source = made_source(color=color)
    rgb = output_color(source, source.height, codec, "gbrp16le")
    gray = output_color(source, source.height, codec, "gray16le")
    assert (rgb.matrix, rgb.range, rgb.matrix_tag) == ("rgb", "full", None)
    assert (gray.matrix, gray.range) == (color.matrix, "full")


def test_a_codec_that_is_not_ours_keeps_the_source_s_color() -> None:
    """An audit may be of any file."""
    color = ColorSpec("bt601", "full", fields="bff")
    assert output_color(made_source(color=color), 240, "mpeg2video", "yuv420p") == color


@pytest.mark.parametrize(
    ("recipe", "size", "source", "expected"),
    [
        ({"codec": "h264"}, (320, 240), "yuv420p", "yuv420p"),
        ({"codec": "h264"}, (321, 240), "yuv420p", "yuv444p"),
        ({"codec": "h264"}, (320, 241), "yuv420p", "yuv444p"),
        ({"codec": "ffv1"}, (320, 240), "yuv422p10le", "yuv422p10le"),
        ({"codec": "hevc", "depth": 12}, (320, 240), "yuv420p", "yuv420p12le"),
        ({"codec": "prores"}, (320, 240), "yuv420p", "yuv422p10le"),
        ({"codec": "png"}, (320, 240), "yuv420p", "gbrp"),
        ({"codec": "tiff"}, (320, 240), "yuv420p10le", "gbrp16le"),
        ({"codec": "exr"}, (320, 240), "gray", "gray16le"),
    ],
)
def test_pixel_formats(
    recipe: dict[str, object], size: tuple[int, int], source: str, expected: str
) -> None:
    """Odd sizes keep full chroma, depth follows recipe or source, archives keep the source's format."""
    asked = Recipe.model_validate(recipe)
    film = made_source(format=pixel_format(source), stored_format=source)
    geometry = Geometry(*size, Fraction(1), 1)
    assert output_format(film, asked, geometry, colored=False).pixel_format == expected


def test_the_format_has_what_the_recipe_and_the_size_say() -> None:
    """Quality, preset, hardware, size and sample aspect go to the encoder as they are."""
    recipe = Recipe(codec="hevc", crf=20, preset="p7", encoder="nvenc")
    video = output_format(
        made_source(), recipe, Geometry(640, 480, Fraction(8, 9), 2), colored=True
    )
    assert (video.width, video.height, video.sar) == (640, 480, Fraction(8, 9))
    assert (video.crf, video.preset, video.hardware) == (20, "p7", "hevc_nvenc")
    assert video.rate == 16


def test_the_codecs_of_a_recipe_are_those_of_the_table() -> None:
    """A codec of the command line has an entry, and every entry can be asked for."""
    names = get_args(Recipe.model_fields["codec"].annotation)
    assert list(names) == list(CODECS) == [*FILM_CODECS, *IMAGE_CODECS]
