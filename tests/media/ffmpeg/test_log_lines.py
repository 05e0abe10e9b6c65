"""Which stream a line of ffmpeg's log is about: only errors of video and audio are damage."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from restore.media.container.probe import probe
from restore.media.container.readback import read_thumbnails
from restore.media.ffmpeg.decode import read_reduced
from restore.media.ffmpeg.log_lines import other_messages, video_and_audio_messages, video_messages
from restore.media.source import Source


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """Eight frames, a tone, and Blu-ray subtitles whose images are far too large."""
    path = tmp_path_factory.mktemp("complaints") / "film.mkv"
    with av.open(str(path), "w") as output:
        picture = output.add_stream("ffv1", rate=25, width=64, height=48)
        picture.pix_fmt = "yuv420p"
        sound = output.add_stream("flac", rate=48000)
        subtitles = output.add_mux_stream("hdmv_pgs_subtitle")
        for index in range(8):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), index * 20, np.uint8), "yuv420p")
            frame.pts = index
            output.mux(picture.encode(frame))
            packet = av.Packet(b"\x16\x00\x13" + b"\xff" * 40)
            packet.stream, packet.time_base = subtitles, Fraction(1, 1000)
            packet.pts = packet.dts = index * 40
            packet.duration = 40
            output.mux(packet)
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 4608), np.int16), "s16", "mono")
        samples.rate = 48000
        output.mux(sound.encode(samples))
        output.mux([*picture.encode(None), *sound.encode(None)])
    return probe(path)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("[ffv1] slice CRC mismatch 794D6BC!at 0.240000 seconds", "pictures"),
        ("[vist#0:0/ffv1] [dec:ffv1] Error submitting packet to decoder", "pictures"),
        ("[in#0/matroska,webm] File ended prematurely", "pictures"),
        ("[in#0/mpegts] Packet corrupt (stream = 0, dts = 129600).", "pictures"),
        ("[flac] invalid residual", "sound"),
        ("[in#0/mpegts] Packet corrupt (stream = 1, dts = 129600).", "sound"),
        ("[pgssub] [IMGUTILS] Picture size 65535x65535 is invalid", "rest"),
        ("[in#0/mpegts] DTS discontinuity in stream 2: packet 10 with DTS 165600", "rest"),
        ("[sist#0:2/pgssub] corrupt input packet", "rest"),
    ],
)
def test_what_a_line_is_about(film: Source, line: str, kind: str) -> None:
    """Decoders, demuxers and ffmpeg name the stream in different forms; a line without one is about all."""
    assert video_messages([line], film) == ((line,) if kind == "pictures" else ())
    assert video_and_audio_messages([line], film) == (() if kind == "rest" else (line,))
    assert other_messages([line], film) == ((line,) if kind == "rest" else ())


def test_damaged_subtitles_are_no_damage_of_the_film(film: Source) -> None:
    """They are copied unchanged, and a note says so; the audit of the result ignores them, too."""
    reader = read_reduced(film, 64)
    assert len(list(reader)) == 8
    assert reader.damage == ()
    assert any("Picture size" in note for note in reader.notes)
    assert len(list(read_thumbnails(film.path))) == 8
