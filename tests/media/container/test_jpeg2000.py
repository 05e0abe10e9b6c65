"""Interlaced JPEG 2000: two code streams in a packet are noticed, never half of them lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from restore.errors import SourceError
from restore.media.container.jpeg2000 import splits_fields
from restore.media.container.probe import probe
from tests.media.films import make

CODED = ("-c:v", "libopenjpeg", "-format", "j2k", "-pix_fmt", "yuv422p10le")


def interlaced(folder: Path, padding: int = 0) -> Path:
    """Three frames of 160x96 in QuickTime, every packet the two fields of a frame as two code streams."""
    drawn = "testsrc2=s=160x96:r=25:d=0.12"
    frame = make(folder / "frame.mov", "-frames:v", "1", *CODED, drawn=drawn)
    for name in ("top", "bottom"):
        make(folder / f"{name}_%d.j2k", *CODED, drawn=f"{drawn},field={name}")
    target = folder / "fields.mov"
    with av.open(str(frame)) as template, av.open(str(target), "w") as output:
        stream: Any = output.add_stream_from_template(template.streams.video[0], opaque=True)
        stream.time_base = Fraction(1, 25)
        for number in range(1, 4):
            fields = [(folder / f"{name}_{number}.j2k").read_bytes() for name in ("top", "bottom")]
            packet: Any = av.Packet(bytes(padding).join(fields))
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number - 1
            packet.is_keyframe = True
            output.mux(packet)
    return target


@pytest.mark.parametrize("padding", [0, 7])
def test_fields_as_pictures_of_their_own_are_refused(tmp_path: Path, padding: int) -> None:
    """A clear refusal with a code: ffmpeg gives half the rows of such a film and says nothing."""
    film = interlaced(tmp_path, padding)
    assert splits_fields(film, 0)
    with pytest.raises(SourceError, match="each field of a frame") as caught:
        probe(film)
    assert caught.value.code == "fields-split"


def test_whole_frames_are_taken(tmp_path: Path) -> None:
    """One code stream a packet: the film is what it was."""
    film = make(tmp_path / "film.mov", *CODED, drawn="testsrc2=s=160x96:r=25:d=0.12")
    assert not splits_fields(film, 0)
    assert (probe(film).width, probe(film).height) == (160, 96)
