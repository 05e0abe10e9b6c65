"""Other streams and metadata: silence that MXF adds, and the timecode of a part."""

from __future__ import annotations

from array import array
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from restore.audit.other_streams import ExcusedLosses, check_streams, compare_other_streams
from restore.media.container.probe import probe
from restore.media.container.readback import Moments, StreamDigest
from tests.media.films import run_ffmpeg

SOUND = StreamDigest("audio", "a" * 64, 1000, Fraction(0))


def test_silence_after_the_sound_is_allowed_in_mxf_only() -> None:
    """More bytes than the source's are named; fewer, or other ones, are another stream."""

    def ok(found: StreamDigest, *, filled: bool) -> bool:
        pair = ({1: SOUND}, {1: found})
        checks = check_streams(
            *pair, Fraction(0), ExcusedLosses(), lambda a, b: False, filled=filled
        )
        return all(check.ok for check in checks)

    longer = replace(SOUND, size=1600)
    assert ok(longer, filled=True)
    assert not ok(longer, filled=False)
    assert not ok(replace(SOUND, size=900), filled=True)
    assert not ok(replace(longer, sha256="b" * 64), filled=True)


def test_sound_before_the_film_is_read_from_0_in_matroska_only() -> None:
    """Elsewhere such sound at 0 is late, and sound that goes on into the film is late in Matroska, too."""

    def ok(begins: list[int], *, from_zero: bool) -> bool:
        offsets = array("q", [0, 500])
        moments = Moments(offsets, array("q", begins), array("q", [at + 24_000 for at in begins]))
        early = replace(SOUND, start=Fraction(begins[0], 1_000_000), moments=moments)
        found = Moments(offsets, array("q", [0, 24_000]), array("q", [24_000, 48_000]))
        pair = ({1: early}, {1: replace(SOUND, moments=found)})
        checks = check_streams(
            *pair, Fraction(0), ExcusedLosses(), lambda a, b: False, from_zero=from_zero
        )
        return all(check.ok for check in checks)

    assert ok([-400_000, -376_000], from_zero=True)
    assert not ok([-400_000, -376_000], from_zero=False)
    assert not ok([-20_000, 4_000], from_zero=True)


def test_the_timecode_of_a_part_counts_on(tmp_path: Path) -> None:
    """A film from 0.4 s on at 25 frames per second begins ten labels later."""
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.8", "-c:v", "prores")
    source, right, wrong = (tmp_path / f"{name}.mov" for name in ("source", "right", "wrong"))
    for path, label in ((source, "01:00:00:00"), (right, "01:00:00:10"), (wrong, "01:00:00:00")):
        run_ffmpeg(*drawn, "-timecode", label, path)
    film = probe(source)
    trim = (Fraction(2, 5), film.frames.end)
    for path, good in ((right, True), (wrong, False)):
        checks = compare_other_streams(film, probe(path), film.frames, (), trim)
        assert [check.ok for check in checks if check.name == "timecode"] == [good]
