"""Captions inside packets: found again wherever they were put, and the packet unharmed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.media.container.captions import by_frame, captions_by_frame, read_payloads
from restore.media.container.join import join
from restore.media.container.nal import by_start_codes, nal_units
from restore.media.container.probe import probe
from restore.media.container.userdata import kind_of, payloads_in, with_payloads
from restore.media.ffmpeg.encode import VideoFormat
from restore.timing import table_from_pts
from tests.audit.sources import afd, build, caption
from tests.framemaps import every_second
from tests.media.films import encode, slopes

COLOR = ColorSpec("bt601", "limited")

PICTURES = {
    "h264": b"\x65\x88\x84\x00",
    "hevc": b"\x26\x01\xaf\x00",
}
"""The beginning of a key picture's NAL unit."""

payloads = st.lists(
    st.binary(max_size=700).map(lambda data: b"GA94\x03" + data + b"\xff"), min_size=1, max_size=3
)


def framed(unit: bytes, start_codes: bool) -> bytes:
    """A NAL unit in one of the two framings."""
    return (b"\0\0\0\1" if start_codes else len(unit).to_bytes(4)) + unit


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@settings(deadline=None)  # a busy machine is no failure
@given(said=payloads, start_codes=st.booleans(), length=st.sampled_from([0, 3, 300, 65536]))
def test_what_is_put_in_is_found(
    codec: str, said: list[bytes], start_codes: bool, length: int
) -> None:
    """Any bytes, any length, in either framing; the picture's own unit follows unchanged."""
    picture = PICTURES[codec] + b"\x5a" * length
    packet = with_payloads(codec, framed(picture, start_codes), said)
    assert payloads_in(codec, packet) == tuple(said)
    assert by_start_codes(packet) == start_codes
    assert packet.endswith(picture)
    assert [packet[first:stop] for _, first, stop in nal_units(packet)][-1] == picture


@settings(deadline=None)  # a busy machine is no failure
@given(said=payloads)
def test_av1_holds_them_in_metadata(said: list[bytes]) -> None:
    """Before the frame that is shown, behind the hidden one."""
    hidden, shown = b"\x32\x03\x10\x20\x30", b"\x32\x02\x10\x21"
    packet = with_payloads("av1", hidden + shown, said)
    assert packet.startswith(hidden)
    assert packet.endswith(shown)
    assert payloads_in("av1", packet) == tuple(said)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_a_packet_without_a_picture_is_refused(codec: str) -> None:
    """Parameter sets alone belong to no frame."""
    with pytest.raises(ValueError, match="without a picture"):
        with_payloads(codec, framed(b"\x67\x42", True) if codec == "h264" else b"", [caption(0)])


def test_a_length_that_looks_like_a_start_code() -> None:
    """A first unit of 256 to 511 bytes has 0, 0, 1 in front in both framings."""
    unit = b"\x65" + b"\x5a" * 299
    for start_codes in (True, False):
        packet = framed(unit, start_codes)
        assert by_start_codes(packet) == start_codes
        assert [packet[a:b] for _, a, b in nal_units(packet)] == [unit]


def test_kinds_are_detected_by_their_first_bytes() -> None:
    """Captions, and what says which part of the picture is active."""
    assert kind_of(caption(1)) == "captions"
    assert kind_of(afd(1)) == "afd"
    assert kind_of(b"GA94\x06bars") == "afd"


@pytest.mark.parametrize("name", ["ts-h264-captions", "mpg-mpeg2-captions", "mp4-hevc-captions"])
def test_they_are_read_in_the_order_of_the_pictures(name: str, tmp_path: Path) -> None:
    """However the codec reorders its packets, frame k has its own."""
    source = probe(build(tmp_path, name))
    found = by_frame(read_payloads(source), source.frames)
    assert found == {k: (caption(k), afd(k)) for k in range(12)}


def test_captions_of_dvds_become_those_of_frames(tmp_path: Path) -> None:
    """A group's header holds them for all its frames; ffmpeg reads the same pairs in the same order."""
    source = probe(build(tmp_path, "vob-line21"))
    found = by_frame(read_payloads(source), source.frames)
    assert found.keys() == set(range(12))
    with av.open(str(source.path)) as container:
        decoded = [
            bytes(data)
            for frame in container.decode(video=0)
            for data in frame.side_data
            if data.type.name == "A53_CC"
        ]
    assert b"".join(decoded) == b"".join(found[k][0][7:-1] for k in range(12))


@settings(deadline=None)  # a busy machine is no failure
@given(count=st.integers(0, 15), frames=st.integers(1, 20))
def test_no_block_is_lost_by_spreading(count: int, frames: int) -> None:
    """In order, on frames of the group, whether there are more blocks than frames or fewer."""
    blocks = [bytes([0xFC, n, 1, 0xFD, n, 2]) for n in range(count)]
    found = captions_by_frame(blocks, range(frames)[::-1])
    assert b"".join(found[k][0][7:-1] for k in sorted(found)) == b"".join(blocks)


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1"])
def test_decoders_see_what_the_join_put_in(codec: Any, tmp_path: Path) -> None:
    """Another program's decoder (ffmpeg's) hands out each frame's captions with the frame."""
    source = probe(build(tmp_path, "ts-h264-captions"))
    video = VideoFormat(codec, "yuv420p", 96, 64, Fraction(25), Fraction(1), COLOR, None, None)
    part = encode(tmp_path / "part.mkv", video, slopes(pixel_format("yuv420p"), 96, 64, 12))
    frames = table_from_pts(source.frames.time_base, source.frames.pts, 3600)
    result = tmp_path / "result.mkv"
    join([part], frames, source, result, {})
    with av.open(str(result)) as container:
        decoded = list(container.decode(video=0))
    for place, frame in enumerate(decoded):
        shown = {data.type.name: bytes(data) for data in frame.side_data}
        assert shown["A53_CC"] == caption(place)[7:-1]
        if codec != "av1":  # its decoder does not look for the active format
            assert shown["AFD"] == bytes([afd(place)[5] & 15])
    found = probe(result)
    assert by_frame(read_payloads(found), found.frames) == by_frame(
        read_payloads(source), source.frames
    )


def test_captions_follow_the_frame_map(tmp_path: Path) -> None:
    """Of a film whose repeats are dropped no caption is lost; each frame has one active format."""
    source = probe(build(tmp_path, "ts-h264-captions"))
    video = VideoFormat("h264", "yuv420p", 96, 64, Fraction(25), Fraction(1), COLOR, None, None)
    frames = table_from_pts(source.frames.time_base, source.frames.pts, 3600)
    frame_map = every_second(frames)
    part = encode(tmp_path / "part.mkv", video, slopes(pixel_format("yuv420p"), 96, 64, 6))
    result = tmp_path / "result.mkv"
    join([part], frames, source, result, {}, None, frame_map)
    found = probe(result)
    carried = by_frame(read_payloads(found), found.frames)
    assert carried == by_frame(read_payloads(source), frames, frame_map)
    assert carried == {k: (caption(2 * k), afd(2 * k), caption(2 * k + 1)) for k in range(6)}
