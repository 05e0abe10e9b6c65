"""What a film is, and why a file is none."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import pytest

from restore.errors import SourceError
from restore.media.container.copies import public_tags
from restore.media.container.probe import probe
from tests.media.films import X264, make, run_ffmpeg


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films lie."""
    return tmp_path_factory.mktemp("probe")


@pytest.fixture(scope="module")
def film(folder: Path) -> Path:
    """A plain H.264 film in MP4."""
    return make(folder / "film.mp4")


def test_a_films_facts_are_read(folder: Path) -> None:
    """Size, format, aspect, color, streams and tags of a film with everything set."""
    stated = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
    sound = ("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac", "-metadata:s:a", "language=deu")
    arguments = ("-vf", f"{stated},setsar=16/15", "-metadata", "title=A Film", "-shortest")
    path = folder / "all.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=1", *sound, *X264, *arguments, path)
    source = probe(path)
    assert (source.container, source.codec, source.video) == ("mov", "h264", 0)
    assert (source.width, source.height, source.sar) == (64, 48, Fraction(16, 15))
    assert (source.stored_format, source.format.name) == ("yuv420p", "yuv420p")
    assert (source.color.matrix, source.color.range, source.color.assumed) == (
        "bt709",
        "limited",
        (),
    )
    assert (source.field_order, source.rotation) == ("progressive", 0)
    assert source.size == path.stat().st_size
    assert source.duration == 1
    assert len(source.frames) == 25
    assert ("title", "A Film") in source.tags
    assert [(s.kind, s.codec, s.language) for s in source.streams] == [
        ("video", "h264", None),
        ("audio", "aac", "deu"),
    ]


def test_an_untagged_film_says_what_is_assumed(film: Path) -> None:
    """The log shows the user which defaults were used."""
    assert any("BT.601" in note and "limited" in note for note in probe(film).notes)


def test_full_range_is_found(folder: Path) -> None:
    """Motion JPEG is full range with centered chroma, and works as plain 4:2:0."""
    source = probe(make(folder / "jpeg.avi", "-c:v", "mjpeg"))
    assert (source.stored_format, source.format.name) == ("yuvj420p", "yuv420p")
    assert (source.color.range, source.color.siting) == ("full", "center")


def test_a_cover_picture_is_not_the_film(folder: Path, film: Path) -> None:
    """An attached picture, even the first and largest stream, is passed over."""
    cover = folder / "cover.png"
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=640x480", "-frames:v", "1", cover)
    path = folder / "covered.mp4"
    both = ("-i", cover, "-i", film, "-map", "0", "-map", "1", "-c", "copy")
    run_ffmpeg(*both, "-disposition:v:0", "attached_pic", path)
    source = probe(path)
    assert (source.width, source.height, len(source.frames)) == (64, 48, 25)
    assert [s.attached_picture for s in source.streams].count(True) == 1
    assert not source.streams[source.video].attached_picture


def test_the_default_stream_is_the_film(folder: Path) -> None:
    """Of two films in a file the one marked as default is taken, else the larger one."""
    path = folder / "two.mkv"
    drawn = (
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=32x32:r=5:d=1",
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=64x48:r=5:d=1",
    )
    both = (*drawn, "-map", "0", "-map", "1", "-c:v", "ffv1")
    run_ffmpeg(*both, "-disposition:v:0", "default", "-disposition:v:1", "0", path)
    assert probe(path).width == 32
    run_ffmpeg(
        *both,
        "-disposition:v:0",
        "0",
        "-disposition:v:1",
        "0",
        "-default_mode",
        "passthrough",
        path,
    )
    assert probe(path).width == 64


def test_fields_and_rotation_are_found(folder: Path, film: Path) -> None:
    """Interlaced coding gives the field order; a display matrix gives the rotation, unapplied."""
    fields = ("-vf", "setparams=field_mode=tff", "-flags", "+ildct+ilme")
    assert probe(make(folder / "fields.mp4", *X264, *fields)).field_order == "tff"
    rotated = folder / "turned.mp4"
    run_ffmpeg("-display_rotation", "90", "-i", film, "-c", "copy", rotated)
    source = probe(rotated)
    assert (source.rotation, source.width, source.height) == (90, 64, 48)


def test_a_film_under_another_suffix_is_still_a_film(film: Path, tmp_path: Path) -> None:
    """The content decides, not the name."""
    other = tmp_path / "film.txt"
    other.write_bytes(film.read_bytes())
    assert probe(other).codec == "h264"


def refused(path: Path) -> SourceError:
    """The error that probing ends with; it names the file."""
    with pytest.raises(SourceError) as caught:
        probe(path)
    assert str(path) in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3
    return caught.value


def test_missing_files_folders_and_devices_are_named(tmp_path: Path) -> None:
    """Each has its own reason."""
    assert refused(tmp_path / "none.mp4").code == "no-such-file"
    assert refused(tmp_path).code == "no-images"
    assert refused(Path("/dev/null")).code == "not-a-file"
    pipe = tmp_path / "pipe.mp4"
    os.mkfifo(pipe)
    assert refused(pipe).code == "not-a-file"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("empty.mp4", b"", "file-empty"),
        ("text.mp4", b"Dear diary,\nnothing happened today.\n" * 50, "not-a-film"),
        ("text.txt", b"Dear diary,\nnothing happened today.\n" * 50, "not-a-film"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1,\nx.ts\n#EXT-X-ENDLIST\n", "not-a-film"),
        ("list.mp4", b"ffconcat version 1.0\nfile x.mp4\n", "not-a-film"),
        ("noise.mkv", bytes(range(256)) * 64, "not-a-film"),
        ("html.mkv", b"<!DOCTYPE html><html><body>404</body></html>" * 20, "not-a-film"),
    ],
)
def test_files_that_are_no_films(name: str, content: bytes, code: str, tmp_path: Path) -> None:
    """Emptiness, text, playlists and noise are distinguished from films by content."""
    path = tmp_path / name
    path.write_bytes(content)
    assert refused(path).code == code


def test_sound_alone_is_no_film(tmp_path: Path) -> None:
    """The message says that there is sound."""
    path = tmp_path / "sound.mp4"
    run_ffmpeg("-f", "lavfi", "-i", "sine=d=0.2", "-c:a", "aac", path)
    assert refused(path).code == "sound-only"


def test_a_still_picture_is_no_film(tmp_path: Path) -> None:
    """A photograph is refused, whatever it is called."""
    path = tmp_path / "photo.png"
    run_ffmpeg("-f", "lavfi", "-i", "color=red:s=64x48", "-frames:v", "1", path)
    assert refused(path).code == "not-a-film"
    assert refused(path.rename(tmp_path / "photo.mp4")).code == "not-a-film"


def test_a_cut_off_mp4_has_lost_its_index(film: Path, tmp_path: Path) -> None:
    """Half an MP4 has no moov: the message says so, and what helps."""
    path = tmp_path / "half.mp4"
    path.write_bytes(film.read_bytes()[: film.stat().st_size // 2])
    assert refused(path).code == "index-missing"


def test_a_cut_off_mkv_can_still_be_probed(folder: Path, tmp_path: Path) -> None:
    """What is left has frames, and the header's duration shows how much is missing."""
    whole = make(folder / "whole.mkv", *X264)
    path = tmp_path / "half.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    source = probe(path)
    assert 1 < len(source.frames) < 25
    assert source.duration is not None
    assert source.duration - source.frames.end > Fraction(1, 10)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("-pix_fmt", "gbrpf32le", "-c:v", "ffv1", "-strict", "-2"), "pixel-format-unsupported"),
        ((*X264, "-vf", "setparams=color_trc=smpte2084:colorspace=bt2020nc"), "hdr-unsupported"),
    ],
)
def test_what_cannot_be_worked_with_is_refused_with_its_reason(
    arguments: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    """Float samples and HDR curves end here, not after hours of work."""
    assert refused(make(tmp_path / "film.mkv", *arguments)).code == code


def test_one_frame_is_a_film(tmp_path: Path) -> None:
    """A film of a single frame has a table of one row."""
    source = probe(make(tmp_path / "one.mp4", *X264, "-frames:v", "1"))
    assert len(source.frames) == 1
    assert source.frames.end > source.frames.start


def test_transparency_beside_the_pictures_is_reported(tmp_path: Path) -> None:
    """VP9 decodes to a format without alpha; the mark does not go on to a result that has none."""
    film = tmp_path / "film.webm"
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2,format=yuva420p")
    run_ffmpeg(*drawn, "-c:v", "libvpx-vp9", "-deadline", "realtime", film)
    assert any("transparency" in note for note in probe(film).notes)
    assert public_tags({"alpha_mode": "1"}, statistics=False) == {}


@pytest.mark.parametrize(("lines", "said"), [(608, True), (512, True), (576, False)])
def test_blanking_lines_of_d10_are_named(lines: int, said: bool, tmp_path: Path) -> None:
    """The 32 lines above the picture of IMX stay, and a note says what they are; in MXF and QuickTime."""
    for suffix in (".mxf", ".mov"):
        arguments = ("-c:v", "mpeg2video", "-g", "1", "-pix_fmt", "yuv422p", "-frames:v", "1")
        drawn = f"testsrc2=s=720x{lines}:r=25,setfield=tff"
        source = probe(make(tmp_path / f"imx{suffix}", *arguments, drawn=drawn))
        assert source.height == lines
        notes = [note for note in source.notes if "VBI" in note]
        assert len(notes) == said
        assert not said or "first 32 lines" in notes[0]


def test_other_films_of_that_size_have_no_blanking(tmp_path: Path) -> None:
    """A progressive film in another codec may have any size."""
    drawn = "testsrc2=s=720x512:r=25"
    film = make(tmp_path / "film.mkv", "-c:v", "ffv1", "-frames:v", "1", drawn=drawn)
    assert not any("VBI" in note for note in probe(film).notes)
