"""Whole runs over odd sources, with the real audit: what the result says is what the source said."""

from __future__ import annotations

import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest

from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.matroska import read_video_tracks
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
    """Anamorphic films keep their aspect exactly in every codec; Matroska's own header says it, too."""
    words = ("-vf", f"setsar=sar={sar}:max=65535", "-pix_fmt", "yuv420p")
    film = _film(tmp_path / "film.mkv", *words)
    result = restore_film(JobRequest(film, Recipe.model_validate({"codec": codec})), print)
    assert probe(result).sar == Fraction(sar)
    if result.suffix == ".mkv":
        assert read_video_tracks(result)[0].aspect == Fraction(sar)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("dvd.mpg", "-s 720x576 -aspect 16:9 -c:v mpeg2video -q:v 2"),
        ("dv.avi", "-s 720x480 -r 30000/1001 -aspect 16:9 -c:v dvvideo -pix_fmt yuv411p"),
        ("scope.mov", "-vf setsar=2 -c:v prores_ks"),
        ("scan_%03d.dpx", "-vf setsar=2 -pix_fmt gbrp10be"),
    ],
)
def test_lossless_results_of_anamorphic_films_say_it_in_their_container(
    tmp_path: Path, name: str, words: str
) -> None:
    """DVD, DV, scope and scans as FFV1 in Matroska: archives read the display size from the container."""
    film = _film(tmp_path / name, "-frames:v", "4", *words.split())
    if film.suffix == ".dpx":
        for scan in tmp_path.glob("*.dpx"):
            data = bytearray(scan.read_bytes())
            data[1628:1636] = struct.pack(">II", 2, 1)  # pixel aspect, which ffmpeg leaves out
            scan.write_bytes(data)
    sar = probe(film).sar
    assert sar not in (1, None)
    result = tmp_path / "result.mkv"
    restore_film(JobRequest(film, Recipe(codec="ffv1"), result), print)
    assert read_video_tracks(result)[0].aspect == sar


@pytest.mark.parametrize(
    ("codec", "tags"),
    [
        ("h264", ("bt470bg", "bt709", "smpte170m")),
        ("hevc", ("bt470bg", "bt709", "smpte170m")),
        ("av1", ("bt470bg", "bt709", "smpte170m")),
        ("prores", ("smpte170m", "bt709", "bt470bg")),
        ("ffv1", ("bt470bg", "bt709", "smpte170m")),
        ("ffv1", ("film", "smpte240m", "bt470bg")),
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
