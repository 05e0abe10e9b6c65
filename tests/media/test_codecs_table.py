"""The table of codecs: what it says is what ffmpeg's encoders and containers can do."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import get_args

import av
import pytest

from restore.media.codecs import (
    CODECS,
    FILM_CODECS,
    IMAGE_CODECS,
    LOSSLESS,
    CodecName,
    FilmCodec,
    codec_by_ffmpeg_name,
    is_film_codec,
)
from restore.media.color.pixels import format_name, pixel_format
from restore.media.container.muxers import MUXERS
from restore.media.ffmpeg.hardware import FAMILIES, HARDWARE
from restore.media.ffmpeg.process import executable
from restore.media.images.writer import KINDS, image_pixel_format


def test_the_types_name_the_codecs_of_the_table() -> None:
    """What a type checker knows is what there is."""
    assert tuple(CODECS) == get_args(CodecName)
    assert get_args(FilmCodec) == FILM_CODECS
    assert (*FILM_CODECS, *IMAGE_CODECS) == tuple(CODECS)
    assert is_film_codec(LOSSLESS)
    assert not is_film_codec("dpx")


@pytest.mark.parametrize("name", FILM_CODECS)
def test_containers_hold_their_codecs(name: str, tmp_path: Path) -> None:
    """A muxer of each suffix accepts the codec, under ffmpeg's name of it."""
    codec = CODECS[name]
    assert codec_by_ffmpeg_name(codec.ffmpeg_name) == name
    for suffix in codec.containers:
        with av.open(str(tmp_path / f"x{suffix}"), "w", format=MUXERS[suffix]) as output:
            output.add_mux_stream(codec.ffmpeg_name, width=256, height=128)


def _formats_of(encoder: str) -> list[str]:
    """The pixel formats that an encoder of ffmpeg accepts."""
    arguments = [executable(), "-hide_banner", "-h", f"encoder={encoder}"]
    shown = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    return re.findall(r"Supported pixel formats: (.*)", shown)[0].split()


@pytest.mark.parametrize("name", FILM_CODECS)
def test_encoders_store_the_depths_of_their_codecs(name: str) -> None:
    """Every depth that is chosen by the source's is one that an encoder of the codec has."""
    codec = CODECS[name]
    assert codec.encoder is not None
    assert set(codec.depths) <= set(codec.chosen)
    for depth in codec.chosen:
        deep = codec.full if codec.shallow is not None and depth > codec.shallow else codec.encoder
        assert deep is not None
        rows = 0 if codec.chroma == "4:2:2" else 1
        assert format_name("yuv", depth, 1, rows) in _formats_of(deep.name), (deep.name, depth)


@pytest.mark.parametrize("name", CODECS)
def test_settings_of_quality_and_speed_go_together(name: str) -> None:
    """Defaults lie within what can be asked for."""
    codec = CODECS[name]
    crf = codec.encoder.crf if codec.encoder else None
    assert (crf is None) == (codec.crf_max is None)
    assert crf is None or 0 <= crf <= (codec.crf_max or 0)
    preset = codec.encoder.preset if codec.encoder else None
    assert preset is None or preset in codec.presets
    for family in codec.hardware:
        assert HARDWARE[f"{name}_{family}"] == (family, name)
        assert FAMILIES[family].preset in (None, *FAMILIES[family].presets)


@pytest.mark.parametrize("name", IMAGE_CODECS)
def test_image_files_are_those_of_the_writer(name: str) -> None:
    """Suffixes and depths are what the writer of image files has."""
    codec = CODECS[name]
    assert {suffix for suffix, kind in KINDS.items() if kind == name} == set(codec.containers)
    stored = {pixel_format(f"yuv420p{d}le" if d > 8 else "yuv420p") for d in (8, 10, 12, 16)}
    depths = {pixel_format(image_pixel_format(name, each, True, None)).depth for each in stored}
    assert depths == set(codec.chosen)
