"""Every codec through the whole way: frames, depth, tags, parts joined as they are, by the real audit."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.codecs import CODECS, FILM_CODECS
from restore.media.container.probe import probe
from restore.recipe import Recipe
from restore.run.events import Event
from tests.media.films import run_ffmpeg

FILMS = [(name, depth) for name in FILM_CODECS for depth in CODECS[name].depths]

PRESETS = {"h264": "ultrafast", "hevc": "ultrafast", "av1": "10"}

BT709 = "colorspace=bt709:color_primaries=bt709:color_trc=bt709"

NAMES = {"dnxhr": "dnxhd"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 frames of 16 a second: two parts, with PCM sound, a timecode and tags of BT.709."""
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    words = ("-c:v", "ffv1", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", "-timecode", "01:00:00:00")
    drawn = f"testsrc2=s=256x128:r=16:d=6.25,setparams=range=tv:{BT709}"
    sound = "sine=d=6.2:r=48000"
    run_ffmpeg("-f", "lavfi", "-i", drawn, "-f", "lavfi", "-i", sound, *words, path)
    return path


def packets(path: Path) -> list[bytes]:
    """The film's packets, in decoding order."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


@pytest.mark.slow
@pytest.mark.parametrize(("codec", "depth"), FILMS)
def test_every_codec_in_every_depth(codec: str, depth: int, film: Path, tmp_path: Path) -> None:
    """The audit verifies count, order, time, tags and sound; the depth is the requested one."""
    recipe = Recipe.model_validate(
        {"codec": codec, "depth": depth, "preset": PRESETS.get(codec), "end": 1.5}
    )
    result = restore_film(
        JobRequest(film, recipe, tmp_path / ("x.mov" if codec in ("prores", "dnxhr") else "x.mkv")),
        ignore,
    )
    found = probe(result)
    assert (found.codec, found.format.depth) == (NAMES.get(codec, codec), depth)
    assert (found.color.matrix, found.color.primaries, found.color.transfer) == ("bt709",) * 3
    assert len(found.frames) == 24


def ignore(event: Event) -> None:
    """A listener that does not listen."""


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        *(
            pytest.param(codec, name, marks=pytest.mark.slow)
            for codec, name in (
                ("h264", "x.mp4"),
                ("hevc", "x.mov"),
                ("av1", "x.mkv"),
                ("prores", "x.mov"),
                ("prores", "x.mxf"),
                ("ffv1", "x.mkv"),
            )
        ),
        ("dnxhr", "x.mov"),
        ("dnxhr", "x.mxf"),
    ],
)
def test_parts_are_joined_as_they_are(codec: str, name: str, film: Path, tmp_path: Path) -> None:
    """Nothing is encoded twice: the result's packets are the parts' own; every container has its label."""
    source = film
    if name == "x.mp4":  # MP4 takes no PCM
        source = tmp_path / "film.mkv"
        run_ffmpeg("-i", film, "-map", "0:v", "-c", "copy", source)
    recipe = Recipe.model_validate({"codec": codec, "preset": PRESETS.get(codec)})
    order = JobRequest(source, recipe, tmp_path / name, work_dir=tmp_path / "work", keep_work=True)
    result = restore_film(order, ignore)
    parts = sorted((tmp_path / "work").glob("*/parts/*.mkv"))
    assert len(parts) == 2
    whole = [data for part in parts for data in packets(part)]
    assert sum(map(len, packets(result))) == sum(map(len, whole))
    if codec not in ("h264", "hevc"):  # MP4 and QuickTime keep their headers apart
        assert packets(result) == whole
    with av.open(str(result)) as container:
        reported = [*container.streams, container]
        labels = {
            value
            for one in reported
            for key, value in one.metadata.items()
            if key.lower() == "timecode"
        }
    assert labels == {"01:00:00:00"}


@pytest.mark.slow
def test_dnxhr_and_mxf_always_have_a_timecode(film: Path, tmp_path: Path) -> None:
    """00:00:00:00 where the source has none; a film by another matrix comes out by BT.709."""
    bare = tmp_path / "bare.mkv"
    words = ("-f", "lavfi", "-i", "testsrc2=s=256x128:r=18:d=0.5", "-c:v", "ffv1")
    run_ffmpeg(*words, "-colorspace", "bt470bg", bare)
    for name in ("x.mov", "x.mxf"):
        result = restore_film(JobRequest(bare, Recipe(codec="dnxhr"), tmp_path / name), ignore)
        assert probe(result).color.matrix == "bt709"
        with av.open(str(result)) as container:
            reported = [*container.streams, container]
            assert any(one.metadata.get("timecode") == "00:00:00:00" for one in reported)


@pytest.mark.slow
def test_dnxhr_of_a_film_by_another_matrix_and_siting(tmp_path: Path) -> None:
    """Strong colors have another luma with another matrix, and MPEG-1's chroma moves: both are verified."""
    film = tmp_path / "film.mpg"
    words = (
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=256x128:r=25:d=0.6",
        "-c:v",
        "mpeg1video",
        "-q:v",
        "2",
    )
    run_ffmpeg(*words, "-colorspace", "bt470bg", film)
    assert (probe(film).color.siting, probe(film).color.matrix) == ("center", "bt601")
    result = restore_film(JobRequest(film, Recipe(codec="dnxhr"), tmp_path / "x.mov"), ignore)
    color = probe(result).color
    assert (color.siting, color.matrix) == ("left", "bt709")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.mxf", "x.mov", "x.mkv", "X.MXF"])
def test_mxf_needs_no_flags(name: str, tmp_path: Path) -> None:
    """What an MXF file says of itself and its maker is no loss; title, comments and timecode arrive."""
    film = tmp_path / "film.mxf"
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=256x128:r=25:d=0.4,format=yuv422p")
    tone = ("-f", "lavfi", "-i", "sine=d=0.39:r=48000", "-c:v", "mpeg2video", "-c:a", "pcm_s16le")
    reported = ("-metadata", "material_package_name=Reel 4", "-metadata", "comment_box=12")
    run_ffmpeg(*drawn, *tone, *reported, "-timecode", "10:00:00:00", film)
    recipe = Recipe(codec="h264" if name == "x.mkv" else "dnxhr")
    result = restore_film(JobRequest(film, recipe, tmp_path / name), ignore)
    with av.open(str(result)) as container:
        tags = {key.lower(): value for key, value in container.metadata.items()}
    assert (tags["material_package_name"], tags["comment_box"]) == ("Reel 4", "12")
