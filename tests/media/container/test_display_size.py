"""The display size in Matroska's header: read as it is stored, written into finished files."""

from __future__ import annotations

import subprocess
import zlib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.media.container.display_size import write_display_size, write_display_sizes
from restore.media.container.ebml import (
    CRC,
    SEEK,
    SEEK_HEAD,
    SEEK_POSITION,
    VOID,
    children,
    make_element,
    make_unsigned,
    make_void,
    parse_element,
    segment_head,
    unsigned,
    with_checksum,
)
from restore.media.container.matroska import VideoTrack, read_video_tracks
from restore.media.container.probe import probe
from restore.media.ffmpeg.process import executable
from tests.media.films import make

DRAWN = "testsrc2=s=96x64:r=25:d=0.4"


def film(path: Path, aspect: str = "1", *arguments: str, fields: str = "prog") -> Path:
    """Ten frames of FFV1 in Matroska with this sample aspect."""
    drawn = f"{DRAWN},setsar=sar={aspect}:max=65535,setfield={fields}"
    return make(path, "-c:v", "ffv1", "-pix_fmt", "yuv420p", *arguments, drawn=drawn)


def complaints(path: Path) -> str:
    """What ffmpeg says of a file, checksums of its header included."""
    arguments = ("-v", "warning", "-err_detect", "crccheck+explode", "-i", path, "-f", "null", "-")
    return subprocess.run([executable(), *arguments], capture_output=True, text=True).stderr


@pytest.mark.parametrize("aspect", ["16/11", "2", "8/9", "128/117"])
def test_the_stored_display_size_is_read(aspect: str, tmp_path: Path) -> None:
    """The container's own elements, exactly, as pixels or as a ratio."""
    (track,) = read_video_tracks(film(tmp_path / "film.mkv", aspect))
    assert track == VideoTrack((96, 64), Fraction(aspect), "progressive")


def test_what_is_not_stored_is_not_assumed(tmp_path: Path) -> None:
    """A header without a display size (its unit is unknown) or a stereo mode gives none."""
    (track,) = read_video_tracks(film(tmp_path / "film.mkv"))
    assert (track.aspect, track.stereo) == (None, None)


@pytest.mark.parametrize("fields", ["tff", "bff"])
def test_the_stored_field_order_is_read(fields: str, tmp_path: Path) -> None:
    """FlagInterlaced and FieldOrder together."""
    (track,) = read_video_tracks(film(tmp_path / "film.mkv", fields=fields))
    assert track.fields == fields


def test_tracks_count_the_videos_alone(tmp_path: Path) -> None:
    """Sound before and between pictures does not count."""
    one, other = film(tmp_path / "1.mkv", "2"), film(tmp_path / "2.mkv", "1/2")
    sound = make(tmp_path / "s.mkv", "-c:a", "flac", drawn="sine=d=0.2")
    arguments = ["-v", "error", "-i", sound, "-i", one, "-i", other, "-c", "copy"]
    maps = [word for name in ("0", "1", "0", "2") for word in ("-map", name)]
    both = tmp_path / "both.mkv"
    subprocess.run([executable(), *arguments, *maps, both], check=True)
    assert [track.aspect for track in read_video_tracks(both)] == [2, Fraction(1, 2)]


@pytest.mark.parametrize("data", [b"", b"\x1a\x45\xdf\xa3", b"RIFF....AVI ", bytes(64)])
def test_other_files_have_no_tracks(data: bytes, tmp_path: Path) -> None:
    """No Matroska, no tracks, no error: the decoder says what is wrong with a file."""
    path = tmp_path / "film.mkv"
    path.write_bytes(data)
    assert read_video_tracks(path) == ()
    assert read_video_tracks(tmp_path / "none.mkv") == ()


@given(cut=st.integers(0, 600), value=st.integers(0, 255))
def test_damage_is_no_crash(cut: int, value: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Whatever byte of the header is wrong, and wherever the file ends."""
    whole = tmp_path_factory.getbasetemp() / "whole.mkv"
    if not whole.exists():
        film(whole, "2")
    data = bytearray(whole.read_bytes()[:600])
    data[min(cut, len(data) - 1)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.mkv"
    path.write_bytes(data)
    read_video_tracks(path)
    path.write_bytes(data[:cut])
    read_video_tracks(path)


@pytest.mark.parametrize("aspect", ["16/11", "2", "128/117", "1/2", "65535/65534"])
def test_a_written_size_is_stored_and_nothing_else_moves(aspect: str, tmp_path: Path) -> None:
    """Players find the aspect, checksums are right, and all bytes behind the tracks are the same."""
    path = film(tmp_path / "film.mkv")
    before = path.read_bytes()
    write_display_size(path, 0, (96, 64), Fraction(aspect))
    after = path.read_bytes()
    assert len(after) == len(before)
    cluster = before.index(b"\x1f\x43\xb6\x75")
    assert after[cluster:] == before[cluster:]
    assert read_video_tracks(path)[0].aspect == Fraction(aspect)
    assert probe(path).sar == Fraction(aspect)
    assert complaints(path) == ""


def test_the_index_points_at_the_elements(tmp_path: Path) -> None:
    """Each place in SeekHead is that of the element it names, after what was moved, too."""
    path = film(tmp_path / "film.mkv")
    write_display_size(path, 0, (96, 64), Fraction(2))
    with path.open("rb") as file:
        origin, head = segment_head(file)
        data = path.read_bytes()
    index = next(element for element in head if element.name == SEEK_HEAD)
    first, *seeks = children(data, index.content, index.stop)
    assert first.name == CRC
    crc = zlib.crc32(data[first.stop : index.stop])
    assert data[first.content : first.stop] == crc.to_bytes(4, "little")
    assert len(seeks) >= 3
    for seek in seeks:
        assert seek.name == SEEK
        name, place = children(data, seek.content, seek.stop)
        assert place.name == SEEK_POSITION
        found = parse_element(data, origin + unsigned(data, place))
        assert found.name == unsigned(data, name)


def test_a_size_can_be_written_again(tmp_path: Path) -> None:
    """What stood there is replaced, not doubled."""
    path = film(tmp_path / "film.mkv", "16/11")
    write_display_size(path, 0, (96, 64), Fraction(128, 117))
    assert read_video_tracks(path)[0].aspect == Fraction(128, 117)
    assert complaints(path) == ""


def test_square_pixels_change_no_byte(tmp_path: Path) -> None:
    """Films without an aspect are left alone."""
    path = film(tmp_path / "film.mkv")
    before = path.read_bytes()
    write_display_sizes(path, [(96, 64, Fraction(1))])
    assert path.read_bytes() == before


def test_what_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """A track that is not there, a header without room, a file of another kind: never a broken file."""
    path = film(tmp_path / "film.mkv")
    with pytest.raises(ValueError, match="no video track 1"):
        write_display_size(path, 1, (96, 64), Fraction(2))
    with path.open("rb") as file:
        head = segment_head(file)[1]
    index, void = head[0], head[1]
    tight = path.read_bytes()
    tight = tight[: index.start] + tight[void.stop :]  # neither index nor room
    path.write_bytes(tight)
    with pytest.raises(ValueError, match="no space"):
        write_display_size(path, 0, (96, 64), Fraction(2))
    assert path.read_bytes() == tight
    other = tmp_path / "other.mkv"
    other.write_bytes(b"RIFF....AVI ")
    with pytest.raises(ValueError, match="not a Matroska"):
        write_display_size(other, 0, (96, 64), Fraction(2))


@given(st.integers(0, 1 << 40))
def test_numbers_come_back(value: int) -> None:
    """An element with a number holds that number."""
    data = make_unsigned(0x54B0, value)
    element = parse_element(data, 0)
    assert (element.name, unsigned(data, element), element.stop) == (0x54B0, value, len(data))


@given(st.integers(2, 20_000))
def test_empty_elements_take_the_bytes_asked_for(size: int) -> None:
    """Of any size but one byte, for which there is no element."""
    data = make_void(size)
    element = parse_element(data, 0)
    assert (len(data), element.name, element.stop) == (size, VOID, size)
    assert make_void(0) == b""
    with pytest.raises(ValueError, match="no element takes 1"):
        make_void(1)


def test_only_a_content_with_a_checksum_gets_one() -> None:
    """The checksum covers what stands behind it."""
    bare = make_unsigned(0x9A, 1)
    assert with_checksum(bare) == bare
    wrong = make_element(CRC, bytes(4)) + bare
    assert with_checksum(wrong)[2:6] == zlib.crc32(bare).to_bytes(4, "little")
