"""Frames by index: exactly the requested ones, wherever decoding has to begin."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restore.errors import SourceError
from restore.media.color.pixels import DecodedFrame
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import frame_thumbnail, read_frames
from restore.media.ffmpeg.raw_frames import RawFrameReader, decode_arguments, seek_points_before
from restore.media.source import SeekPoint, Source
from restore.timing import FrameTable, Span
from tests.made import made_source
from tests.media.films import X264, make, run_ffmpeg


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A film of 25 frames with key frames at 0, 8, 16, 24."""
    return probe(make(tmp_path_factory.mktemp("decode") / "film.mkv", *X264))


@pytest.fixture(scope="module")
def pictures(source: Source) -> list[DecodedFrame]:
    """All its frames."""
    return list(read_frames(source, source.frames, Span(0, 25)))


def children() -> set[str]:
    """IDs of this process's running children."""
    return set(Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split())


def same(picture: DecodedFrame, pictures: list[DecodedFrame]) -> bool:
    """Whether it is the film's frame of that index."""
    pairs = zip(picture.planes, pictures[picture.index].planes, strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_the_arguments_of_the_decoder() -> None:
    """The stream by index, PTS unchanged, the pixel format, and a seek in absolute seconds."""
    words = decode_arguments(made_source(video=2), made_source().format, 8)
    assert words == [
        *("-hide_banner", "-nostdin", "-nostats", "-loglevel", "error"),
        *("-f", "mov", "-copyts", "-noaccurate_seek", "-noautorotate"),
        *("-protocol_whitelist", "file,pipe,fd", "-seek_timestamp", "1", "-ss", "0.531250"),
        *("-i", f"file:{Path.cwd()}/film.mp4", "-map", "0:2", "-f", "nut"),
        *("-avoid_negative_ts", "disabled", "-enc_time_base", "demux", "-flush_packets", "0"),
        *("-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-vcodec", "rawvideo", "pipe:1", "-y"),
    ]


def test_seeks_go_further_back_and_end_at_the_start() -> None:
    """The nearest seek point, one two points further back, then no seek."""
    keys = tuple(SeekPoint(pts, pts) for pts in (0, 8, 16, 24))
    assert seek_points_before(keys, 20) == [16, 0, None]
    assert seek_points_before(keys, 24) == [24, 8, None]
    assert seek_points_before(keys, 3) == [0, None]
    assert seek_points_before((), 3) == [None]
    assert seek_points_before((SeekPoint(8, 0),), 7) == [None]


@pytest.mark.parametrize("span", [Span(0, 1), Span(7, 9), Span(8, 24), Span(24, 25), Span(3, 25)])
def test_a_span_gives_its_own_frames(
    span: Span, source: Source, pictures: list[DecodedFrame]
) -> None:
    """Indices and frames are those of the whole film, wherever the span begins."""
    part = list(read_frames(source, source.frames, span))
    assert [picture.index for picture in part] == list(range(span.start, span.stop))
    assert all(same(picture, pictures) for picture in part)


def test_neighbors_differ_so_that_these_tests_can_fail(pictures: list[DecodedFrame]) -> None:
    """No two frames of the made film are equal."""
    assert len({picture.planes[0].tobytes() for picture in pictures}) == 25


def test_a_lying_seek_is_noticed_and_repaired(source: Source, pictures: list[DecodedFrame]) -> None:
    """Seek points that lead behind the frame are replaced by ones further back."""
    lying = replace(source, keys=(SeekPoint(0, source.frames.pts[24]),))
    part = list(read_frames(lying, source.frames, Span(3, 6)))
    assert [picture.index for picture in part] == [3, 4, 5]
    assert all(same(picture, pictures) for picture in part)


def test_a_denied_picture_is_looked_for_further_back(source: Source) -> None:
    """`check` gets the first frame of each attempt; the last rejection is an error with its index."""
    seen: list[int] = []

    def second_time(picture: DecodedFrame) -> bool:
        seen.append(picture.index)
        return len(seen) == 2

    assert [p.index for p in read_frames(source, source.frames, Span(20, 22), second_time)] == [
        20,
        21,
    ]
    assert seen == [20, 20]
    with pytest.raises(SourceError) as caught:
        list(read_frames(source, source.frames, Span(20, 22), lambda picture: False))
    assert caught.value.code == "frame-changed"
    assert "20" in caught.value.what


def test_the_check_sees_the_surveys_thumbnail(source: Source, pictures: list[DecodedFrame]) -> None:
    """A check against a thumbnail accepts its own frame and rejects another."""
    thumbnails = [frame_thumbnail(source, picture.planes).astype(int) for picture in pictures]

    def is_frame(number: int):
        return lambda p: np.abs(frame_thumbnail(source, p.planes) - thumbnails[number]).max() <= 2

    assert len(list(read_frames(source, source.frames, Span(12, 14), is_frame(12)))) == 2
    with pytest.raises(SourceError) as caught:
        list(read_frames(source, source.frames, Span(12, 14), is_frame(20)))
    assert caught.value.code == "frame-changed"
    assert "12" in caught.value.what


def test_a_missing_frame_is_named(source: Source) -> None:
    """A table with a frame that the film lacks is an error; no neighbor is used."""
    frames = source.frames
    wrong = FrameTable(
        frames.time_base, (*frames.pts[:10], frames.pts[10] + 1), frames.durations[:11]
    )
    with pytest.raises(SourceError) as caught:
        list(read_frames(source, wrong, Span(9, 11)))
    assert caught.value.code == "frame-undecodable"
    assert "10" in caught.value.what


def test_a_film_that_vanished_is_an_error(source: Source, tmp_path: Path) -> None:
    """The message of the process is part of the error."""
    gone = replace(source, path=tmp_path / "gone.mkv")
    with pytest.raises(SourceError) as caught:
        list(read_frames(gone, source.frames, Span(0, 1)))
    assert caught.value.code == "frame-undecodable"
    assert "No such file" in caught.value.what


def test_the_process_ends_with_the_iteration(source: Source) -> None:
    """After closing early, finishing and failing no process is running."""
    before = children()
    reading = read_frames(source, source.frames, Span(0, 25))
    next(reading)
    assert len(children() - before) == 1
    reading.close()
    list(read_frames(source, source.frames, Span(0, 3)))
    assert children() == before


def test_stamps_from_the_pipe_are_the_films(source: Source) -> None:
    """The raw reader gives all frames with strictly increasing PTS in the film's time base."""
    reader = RawFrameReader(source, source.format, (64, 48))
    assert tuple(picture.pts for picture in reader) == source.frames.pts
    reader.close()


def test_tags_in_an_old_encoding_stop_nothing(tmp_path: Path) -> None:
    """Old AVI files have Latin-1 tags; ffmpeg passes the bytes on, and all frames are decoded."""
    path = make(tmp_path / "film.avi", "-c:v", "mpeg4", "-metadata", "title=Kuenstler")
    path.write_bytes(path.read_bytes().replace(b"Kuenstler", b"K\xfcnstler "))
    source = probe(path)
    count = len(source.frames)
    assert len(list(read_frames(source, source.frames, Span(0, count)))) == count


def with_clean_aperture(path: Path, width: int, height: int) -> None:
    """Write a `clap` box (ISO 14496-12, 12.1.4) into a film of QuickTime's kind with its index at the end."""
    data = bytearray(path.read_bytes())
    begin, end = 0, len(data)
    grown: list[int] = []
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        while data[begin + 4 : begin + 8] != name:
            begin += int.from_bytes(data[begin : begin + 4])
        grown.append(begin)
        end = begin + int.from_bytes(data[begin : begin + 4])
        begin += 16 if name == b"stsd" else 8
    box = struct.pack(">I4s8I", 40, b"clap", width, 1, height, 1, 0, 1, 0, 1)
    for at in (*grown, begin):
        data[at : at + 4] = (int.from_bytes(data[at : at + 4]) + len(box)).to_bytes(4)
    data[end:end] = box
    path.write_bytes(data)


def test_edges_that_players_crop_are_kept_with_a_note(tmp_path: Path) -> None:
    """QuickTime's clean aperture, and what Matroska makes of it: all stored pixels come."""
    film = make(tmp_path / "film.mov", "-c:v", "prores", "-an")
    before = probe(film)
    whole = list(read_frames(before, before.frames, Span(0, 3)))
    with_clean_aperture(film, 56, 40)
    run_ffmpeg("-i", film, "-c", "copy", tmp_path / "film.mkv")
    for path in (film, tmp_path / "film.mkv"):
        source = probe(path)
        assert source.cropped
        assert any("stored 64x48 pixels to 56x40" in note for note in source.notes)
        for one, other in zip(whole, read_frames(source, source.frames, Span(0, 3)), strict=True):
            assert all(map(np.array_equal, one.planes, other.planes))
    assert not before.cropped
