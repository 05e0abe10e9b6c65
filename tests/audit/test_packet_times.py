"""The times of copied packets: every packet is compared, however the stream is divided into packets."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from restore.audit.other_streams import SYNC, ExcusedLosses, check_streams
from restore.audit.packet_times import moments_wrong
from restore.media.container.readback import Moments, StreamDigest, stream_digests
from restore.media.container.stream_facts import StreamFacts
from tests.media.films import X264, run_ffmpeg

LINES = "1\n00:00:00,100 --> 00:00:00,200\nOne\n\n2\n00:00:00,{} --> 00:00:00,{}\nTwo\n"


def digest(kind: str, codec: str, *packets: tuple[int, int, int]) -> StreamDigest:
    """A stream of packets by (bytes before it, when it begins and ends in milliseconds)."""
    columns = zip(*packets, strict=True)
    offsets, begins, ends = (array("q", column) for column in columns)
    moments = Moments(offsets, *(array("q", [1000 * t for t in ts]) for ts in (begins, ends)))
    return StreamDigest(kind, "ab", 99, Fraction(0), StreamFacts(codec), moments)


def wrong(source: StreamDigest, copy: StreamDigest, shift: int = 0) -> str | None:
    """What the check says, the clock moved by so many milliseconds."""
    return moments_wrong(source, copy, Fraction(shift, 1000), SYNC)


def test_a_packet_in_the_middle_at_another_time_is_found() -> None:
    """The first packet is at its time; a millisecond is rounding."""
    sound = digest("audio", "aac", (0, 0, 20), (5, 20, 40), (9, 40, 60))
    assert wrong(sound, sound) is None
    assert wrong(sound, digest("audio", "aac", (0, 0, 20), (5, 21, 40), (9, 40, 60))) is None
    late = digest("audio", "aac", (0, 0, 20), (5, 120, 140), (9, 140, 160))
    assert wrong(sound, late) == "2 packets have another time: packet 1 is 100 ms off"
    assert wrong(sound, digest("audio", "aac", (0, 5, 25), (5, 25, 45), (9, 45, 65)), 5) is None


def test_uncompressed_sound_may_have_other_packets() -> None:
    """A gap is an error, another division into packets is not."""
    sound = digest("audio", "pcm_s16le", (0, 0, 20), (20, 20, 40), (40, 40, 60))
    cut = digest("audio", "pcm_s16le", (0, 0, 30), (30, 30, 60))
    assert wrong(sound, cut) is None
    gap = digest("audio", "pcm_s16le", (0, 0, 30), (30, 80, 110))
    assert wrong(sound, gap) == "1 packets have another time: packet 2 is 50 ms off"


def test_decreasing_pts_are_replaced() -> None:
    """Containers do not store them; a subtitle that began earlier is shown from a trimmed film's start."""
    back = digest("audio", "ac3", (0, 0, 20), (5, 90, 110), (9, 40, 60))
    assert wrong(back, digest("audio", "ac3", (0, 0, 20), (5, 90, 110), (9, 90, 110))) is None
    line = digest("subtitle", "subrip", (0, 100, 300))
    assert wrong(line, digest("subtitle", "subrip", (0, 0, 150)), -150) is None


@pytest.mark.parametrize(
    ("times", "found"),
    [((300, 400), None), ((340, 440), "packet 1 is 40 ms off"), ((300, 440), "packet 1 ends")],
    ids=["as it was", "begins later", "ends later"],
)
def test_a_later_subtitle_must_keep_its_times(
    tmp_path: Path, times: tuple[int, int], found: str | None
) -> None:
    """From two files: the first line stands in all of them."""
    made: list[dict[int, StreamDigest]] = []
    for number, (begin, end) in enumerate([(300, 400), times]):
        text = tmp_path / f"{number}.srt"
        text.write_text(LINES.format(begin, end))
        drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.5")
        film = text.with_suffix(".mkv")
        run_ffmpeg(*drawn, "-i", text, *X264, "-c:s", "srt", film)
        made.append(stream_digests(film))
    source, copy = made
    (check,) = check_streams(source, copy, Fraction(0), ExcusedLosses(), lambda a, b: False)
    assert check.ok == (found is None), check
    assert found is None or found in check.detail


def test_packets_of_other_bytes_are_not_compared() -> None:
    """Sound in another framing is compared by its samples: its bytes are at other positions."""
    framed = digest("audio", "pcm_bluray", (0, 0, 20), (24, 20, 40))
    plain = replace(digest("audio", "pcm_s16le", (0, 0, 24), (24, 24, 44)), sha256="cd")
    assert wrong(framed, plain) is None


def test_a_cover_picture_has_no_time() -> None:
    """Containers give it any time."""
    cover = digest("video", "png", (0, 0, 0))
    cover = replace(cover, facts=StreamFacts("png", marks=("attached_pic",)))
    assert wrong(cover, digest("video", "png", (0, 900, 900))) is None
