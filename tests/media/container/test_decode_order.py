"""Containers that store only when packets are decoded: frames are numbered in display order."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from restore.media.container.captions import by_frame, read_payloads
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames, read_reduced
from restore.media.source import Source
from restore.timing import Span
from tests.audit.sources import afd, build, caption
from tests.media.films import X264, make, run_ffmpeg

REORDERED = {
    "h264.mxf": X264,
    "h264.mov": X264,
    "vfr.mov": (
        *(*X264, "-vf", "settb=1/90000,setpts='N*3600+N*N*90'", "-fps_mode", "passthrough"),
        *("-enc_time_base", "1/90000", "-video_track_timescale", "90000"),
    ),
    "hevc.mov": (
        *("-c:v", "libx265", "-preset", "ultrafast"),
        *("-x265-params", "log-level=none:keyint=8:bframes=3:b-adapt=0"),
    ),
    "mpeg4.mov": ("-c:v", "mpeg4", "-bf", "2", "-g", "8"),
    "mpeg2.mov": ("-c:v", "mpeg2video", "-bf", "2", "-g", "8"),
}
"""Films with B-frames."""


def without_offsets(film: Path) -> Path:
    """A QuickTime film that lost its table of composition offsets (`ctts`): PTS = DTS."""
    data = film.read_bytes()
    assert data.count(b"ctts") == 1
    film.write_bytes(data.replace(b"ctts", b"free"))
    return film


@pytest.fixture(scope="module", params=REORDERED)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A film whose PTS are those of decoding, and the same packets with their display times."""
    folder = tmp_path_factory.mktemp("order")
    coding = (*REORDERED[request.param], "-pix_fmt", "yuv420p")
    good = make(folder / "good.mov", *coding, "-use_editlist", "0")
    bad = folder / request.param
    if bad.suffix == ".mxf":
        run_ffmpeg("-i", good, "-c", "copy", bad)
    else:
        bad.write_bytes(good.read_bytes())
        without_offsets(bad)
    return [bad, good]


def pictures(source: Source, start: int = 0, stop: int = 25) -> list[np.ndarray]:
    """The luma of some frames."""
    return [p.planes[0].copy() for p in read_frames(source, source.frames, Span(start, stop))]


def test_frames_are_shown_in_display_order_at_the_edit_rate(pair: list[Path]) -> None:
    """25 frames at the PTS of the packets in turn, with the pictures of the good film; a note says so."""
    bad, good = map(probe, pair)
    with av.open(str(bad.path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert all(packet.pts == packet.dts for packet in packets)
    assert bad.counted
    assert not good.counted
    assert bad.frames.pts == tuple(packet.pts for packet in packets)
    if bad.path.name != "vfr.mov":
        assert {step * bad.frames.time_base for step in bad.frames.durations} == {Fraction(1, 25)}
    assert any("numbered in display order" in note for note in bad.notes)
    assert [picture.pts for picture in read_reduced(bad, 32)] == list(bad.frames.pts)
    for one, other in zip(pictures(bad), pictures(good), strict=True):
        assert np.array_equal(one, other)


def test_any_part_has_the_same_frames(pair: list[Path]) -> None:
    """Of H.264 decoding begins at the IDR picture before; of others at the film's start."""
    bad = probe(pair[0])
    idr = [bad.frames.pts[n] for n in (0, 8, 16, 24)] if bad.codec == "h264" else []
    assert [key.seek for key in bad.keys] == [key.clean for key in bad.keys] == idr
    whole = pictures(bad)
    for start, stop in ((1, 2), (7, 10), (13, 17), (24, 25)):
        for place, picture in enumerate(pictures(bad, start, stop), start):
            assert np.array_equal(picture, whole[place])


def test_streams_that_are_not_reordered_keep_their_stamps(tmp_path: Path) -> None:
    """PTS = DTS is right where no frame is shown out of order: nothing is said."""
    for arguments in (
        ("-c:v", "libx264", "-bf", "0", "-g", "8"),
        ("-c:v", "mpeg2video", "-g", "1"),
    ):
        source = probe(make(tmp_path / "film.mov", *arguments, "-pix_fmt", "yuv420p"))
        assert not source.counted
        assert len(source.keys) >= 4
        assert not any("display order" in note for note in source.notes)


@pytest.mark.parametrize("name", ["mp4-hevc-captions", "mp4-h264-captions", "mov-mpeg2-captions"])
def test_captions_stay_with_their_frames(name: str, tmp_path: Path) -> None:
    """They are in packets in decoding order; the pictures' headers say which frame each packet is."""
    film = tmp_path / "film.mov"
    run_ffmpeg("-i", build(tmp_path, name), "-c", "copy", "-use_editlist", "0", film)
    source = probe(without_offsets(film))
    assert source.counted
    found = by_frame(read_payloads(source), source.frames)
    assert found == {k: (caption(k), afd(k)) for k in range(12)}
