"""Whole runs over odd sources, with the real audit: what the result says is what the source said."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.probe import probe
from restore.media.ffmpeg.process import executable
from restore.recipe import Recipe


def _film(path: Path, *words: str) -> Path:
    picture = "testsrc2=size=96x64:rate=24:duration=0.5"
    command = [executable(), "-v", "error", "-f", "lavfi", "-i", picture, *words, str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "prores", "ffv1"])
@pytest.mark.parametrize("sar", ["16/15", "128/117"])
def test_every_sample_aspect_arrives(tmp_path: Path, codec: str, sar: str) -> None:
    """Anamorphic films keep their aspect exactly in every codec; the container is chosen for it."""
    words = ("-vf", f"setsar=sar={sar}:max=65535", "-pix_fmt", "yuv420p")
    film = _film(tmp_path / "film.mkv", *words)
    result = restore_film(JobRequest(film, Recipe.model_validate({"codec": codec})), print)
    assert probe(result).sar == Fraction(sar)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "prores", "ffv1"])
@pytest.mark.parametrize(
    "tags",
    [
        ("bt470bg", "bt709", "smpte170m"),
        ("smpte170m", "bt709", "bt470bg"),
        ("bt470m", "bt470m", "bt470bg"),
        ("film", "smpte240m", "smpte170m"),
    ],
)
def test_every_color_tag_arrives(tmp_path: Path, codec: str, tags: tuple[str, str, str]) -> None:
    """Primaries, transfer and matrix are kept as they are: 5-1-6 does not become 5-1-5."""
    primaries, transfer, matrix = tags
    words = f"setparams=color_primaries={primaries}:color_trc={transfer}:colorspace={matrix}"
    film = _film(tmp_path / "film.mkv", "-vf", words, "-pix_fmt", "yuv420p", "-c:v", "ffv1")
    result = restore_film(JobRequest(film, Recipe.model_validate({"codec": codec})), print)
    color = probe(result).color
    assert (color.primaries, color.transfer, color.matrix_tag) == tags


def test_full_range_becomes_limited_where_the_codec_knows_no_other(tmp_path: Path) -> None:
    """ProRes from a full-range source: converted, tagged as what it is, and said in a line."""
    film = _film(tmp_path / "film.mkv", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    assert probe(film).color.range == "full"
    events: list[object] = []
    result = restore_film(JobRequest(film, Recipe(codec="prores")), events.append)
    assert probe(result).color.range == "limited"
    assert any("values are converted" in str(event) for event in events)
