"""Frame tables from packets: every container, broken PTS, seek points."""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.media.container.complete import is_complete
from restore.media.container.packets import holds_idr, increasing
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames, read_reduced
from restore.media.source import Source
from restore.timing import Span
from tests.media.films import X264, make, run_ffmpeg

MPEG2 = ("-c:v", "mpeg2video", "-bf", "2", "-g", "8")
FILMS: dict[str, tuple[str, ...]] = {
    "a.mp4": X264,
    "a.mkv": X264,
    "open_gop.mkv": (*X264, "-x264-params", "open-gop=1"),
    "a.ts": X264,
    "a.h264": X264,
    "x264.avi": X264,
    "a.avi": ("-c:v", "mpeg4", "-bf", "2", "-g", "8"),
    "intra.avi": ("-c:v", "mjpeg"),
    "a.mpg": MPEG2,
    "a.m2v": MPEG2,
    "a.webm": (
        "-c:v",
        "libvpx-vp9",
        "-deadline",
        "realtime",
        "-cpu-used",
        "8",
        "-lag-in-frames",
        "8",
    ),
    "a.flv": ("-c:v", "flv"),
    "a.wmv": ("-c:v", "wmv2"),
    "hevc.mp4": (
        "-c:v",
        "libx265",
        "-preset",
        "ultrafast",
        "-x265-params",
        "log-level=none:keyint=8",
    ),
    "offset.mp4": (*X264, "-output_ts_offset", "1.5"),
    "offset.mkv": (*X264, "-output_ts_offset", "1.5"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films lie."""
    return tmp_path_factory.mktemp("packets")


@pytest.fixture(scope="module", params=FILMS)
def source(request: pytest.FixtureRequest, folder: Path) -> Source:
    """Each of the films, probed."""
    return probe(make(folder / request.param, *FILMS[request.param]))


def test_packets_and_decoder_agree_on_every_pts(source: Source) -> None:
    """The table that probing reads is the one that decoding gives: 25 frames, PTS, durations."""
    decoded = list(read_reduced(source, 32))
    assert len(decoded) == 25
    assert tuple(picture.pts for picture in decoded) == source.frames.pts
    assert tuple(picture.duration for picture in decoded) == source.frames.durations


def test_a_seek_gives_the_same_pictures(source: Source) -> None:
    """Any span decodes to the pictures that it has in a pass from the start."""
    whole = [p.planes[0].copy() for p in read_frames(source, source.frames, Span(0, 25))]
    for start, stop in ((1, 2), (8, 10), (13, 17), (24, 25)):
        part = list(read_frames(source, source.frames, Span(start, stop)))
        assert [picture.index for picture in part] == list(range(start, stop))
        assert all(np.array_equal(p.planes[0], whole[p.index]) for p in part)


def test_an_edit_list_hides_frames(folder: Path) -> None:
    """A copy that begins between key frames has fewer frames than packets."""
    film = make(folder / "whole.mp4", *X264)
    run_ffmpeg("-ss", "0.5", "-i", film, "-c", "copy", folder / "cut.mp4")
    source = probe(folder / "cut.mp4")
    decoded = [picture.pts for picture in read_reduced(source, 32)]
    assert 10 <= len(source.frames) < 17
    assert tuple(decoded) == source.frames.pts


def test_variable_rates_keep_every_pts(folder: Path) -> None:
    """Distances between frames differ, and the last frame's length comes from the container."""
    slower = "settb=1/90000,setpts='N*3600+N*N*90'"
    timing = ("-vf", slower, "-fps_mode", "passthrough", "-enc_time_base", "1/90000")
    source = probe(make(folder / "vfr.mp4", *X264, *timing, "-video_track_timescale", "90000"))
    assert source.frames.pts == tuple(n * 3600 + n * n * 90 for n in range(25))
    assert [picture.pts for picture in read_reduced(source, 32)] == list(source.frames.pts)


def test_repeated_pts_are_moved_on_and_noted(folder: Path) -> None:
    """A file whose PTS do not advance keeps all its frames, in order, and is never sought."""
    broken = ("-vf", "settb=1/1000,setpts='floor(N/2)*80'", "-enc_time_base", "1/1000")
    film = make(folder / "twice.mkv", *X264, *broken, "-fps_mode", "passthrough")
    source = probe(film)
    decoded = [picture.pts for picture in read_reduced(source, 32)]
    assert len(source.frames) == len(decoded) == 25
    assert source.keys == ()
    assert any("repeat" in note for note in source.notes)


@given(st.lists(st.integers(-5, 20), min_size=1))
def test_increasing_pts_keep_what_already_advances(pts_values: list[int]) -> None:
    """The result is strictly increasing, never earlier than asked, and the identity where possible."""
    fixed = increasing(sorted(pts_values))
    assert all(a < b for a, b in pairwise(fixed))
    assert all(a >= b for a, b in zip(fixed, sorted(pts_values), strict=True))
    assert increasing(fixed) == fixed


def test_only_an_idr_slice_is_a_clean_start() -> None:
    """Both framings are understood; a recovery point is not taken for an IDR picture."""
    assert holds_idr(b"\0\0\0\1\x67abc\0\0\1\x65slice")
    assert not holds_idr(b"\0\0\0\1\x67abc\0\0\1\x41slice")
    assert holds_idr(b"\0\0\0\3\x06ab\0\0\0\2\x65x")
    assert not holds_idr(b"\0\0\0\3\x06ab\0\0\0\2\x41x")
    assert not holds_idr(b"")


def test_an_open_gop_is_entered_one_key_frame_early(folder: Path) -> None:
    """A recovery point gives clean pictures only if decoding began at the key frame before."""
    source = probe(make(folder / "open.mkv", *FILMS["open_gop.mkv"]))
    assert source.keys[0].seek == source.keys[0].clean == 0
    assert all(entry.seek < entry.clean for entry in source.keys[1:])
    assert len(source.keys) > 2


def test_an_aspect_that_changes_is_reported(folder: Path) -> None:
    """As recordings of broadcasts do: the first one holds for the whole result."""
    parts = [
        make(folder / f"{sar}.mpg", "-vf", f"setsar={sar}/11", "-c:v", "mpeg2video")
        for sar in (12, 16)
    ]
    (whole := folder / "aspects.mpg").write_bytes(b"".join(path.read_bytes() for path in parts))
    assert any("aspect changes" in note for note in probe(whole).notes)
    assert not any("aspect changes" in note for note in probe(parts[0]).notes)


def with_null_frames(film: Path, target: Path, keep: int) -> Path:
    """A copy of an AVI of which all video chunks from that number on are empty, as recorders write them."""
    data = bytearray(film.read_bytes())
    index = data.index(b"idx1")
    chunks = [
        m.start() for m in re.finditer(rb"00dc", data) if data.index(b"movi") < m.start() < index
    ]
    entries = [m.start() for m in re.finditer(rb"00dc", data) if m.start() > index]
    for at in chunks[keep:]:
        size = struct.unpack_from("<I", data, at + 4)[0]
        struct.pack_into("<I4sI", data, at + 4, 0, b"JUNK", size - 8)
    for at in entries[keep:]:
        struct.pack_into("<I", data, at + 12, 0)
    target.write_bytes(data)
    return target


def test_null_frames_of_avi_show_the_last_frame_on(folder: Path) -> None:
    """17 pictures and 125 empty frames are 5.68 s of film, as the container's header says."""
    whole = make(folder / "long.avi", "-c:v", "mjpeg", drawn="testsrc2=s=64x48:r=25:d=5.68")
    source = probe(with_null_frames(whole, folder / "null.avi", 17))
    assert len(source.frames) == 17
    assert source.frames.end == Fraction("5.68")
    assert source.frames.durations[-2:] == (1, 126)
    assert any("shown for 5.040 s" in note for note in source.notes)
    assert [picture.duration for picture in read_reduced(source, 32)][-1] == 126


def test_a_torn_file_is_not_long_because_its_header_says_so(folder: Path) -> None:
    """Frames that are missing at the end do not make the last one long."""
    for suffix in (".avi", ".mkv"):
        whole = make(folder / f"torn{suffix}", "-c:v", "mjpeg", drawn="testsrc2=s=64x48:r=25:d=4")
        whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
        frames = probe(whole).frames
        assert 30 < len(frames) < 60
        assert frames.durations[-1] * frames.time_base == Fraction(1, 25)


def test_repeated_frames_of_theora_show_the_last_frame_on(folder: Path) -> None:
    """Empty packets at the end belong to the film: 5.68 s, most of them without a picture of their own."""
    still = "testsrc2=s=64x48:r=25:d=0.68,tpad=stop_mode=clone:stop_duration=5"
    source = probe(make(folder / "still.ogv", "-c:v", "libtheora", drawn=still))
    assert len(source.frames) < 60
    assert source.frames.end == Fraction("5.68")
    pictures = list(read_reduced(source, 32))
    assert [picture.pts for picture in pictures] == list(source.frames.pts)
    assert pictures[-1].duration == source.frames.durations[-1]


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".avi"])
def test_only_whole_files_are_complete(folder: Path, suffix: str) -> None:
    """A file that lacks its last bytes, a live recording and other kinds of files are not."""
    film = make(folder / f"complete{suffix}", "-c:v", "mpeg4")
    demuxer = probe(film).container
    assert is_complete(film, demuxer)
    assert not is_complete(film, "mpegts")
    film.write_bytes(film.read_bytes()[:-9])
    assert not is_complete(film, demuxer)
    film.write_bytes(b"\x1a\x45\xdf\xa3")
    assert not is_complete(film, demuxer)
    live = make(folder / "live.mkv", "-c:v", "mpeg4", "-f", "matroska", "-live", "1")
    assert not is_complete(live, "matroska")
    pieces = make(folder / "moof.mp4", "-c:v", "mpeg4", "-movflags", "frag_keyframe+empty_moov")
    assert not is_complete(pieces, "mov")
