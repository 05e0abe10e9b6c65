"""The second reading of a film file: what MediaInfo says, and what of it differs from libav's reading."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from pymediainfo import MediaInfo

from restore.media.container import mediainfo, second_reading
from restore.media.container.mediainfo import ContainerFacts, facts_of, read_facts
from restore.media.container.probe import probe
from restore.media.container.second_reading import differences, fact_text, with_second_reading
from restore.media.container.stored import film_number, stored_track
from tests.audit.sources import MPEG2
from tests.media.films import X264, make, run_ffmpeg

DRAWN = "testsrc2=s=96x64:r=25:d=0.48"
CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=200
title=One
[CHAPTER]
TIMEBASE=1/1000
START=200
END=480
title=Two
"""


def full(folder: Path, suffix: str) -> Path:
    """A film with every fact: anamorphic, interlaced, turned, two sound tracks, chapters."""
    (folder / "chapters.txt").write_text(CHAPTERS)
    plain = make(
        folder / f"plain{suffix}",
        *("-f", "lavfi", "-i", "sine=d=0.48,aformat=channel_layouts=5.1"),
        *("-f", "lavfi", "-i", "sine=d=0.48", "-i", folder / "chapters.txt", "-map_metadata", "3"),
        *("-map", "0", "-map", "1", "-map", "2"),
        *("-c:v", "prores_ks", "-flags", "+ildct+ilme", "-c:a", "pcm_s16le"),
        drawn=f"{DRAWN},setsar=64/45,setfield=bff",
    )
    target = folder / f"film{suffix}"
    maps = ("-map", "0:v", "-map", "0:a")
    run_ffmpeg("-display_rotation", "90", "-i", plain, *maps, "-c", "copy", target)
    return target


def test_every_fact_is_read(tmp_path: Path) -> None:
    """By MediaInfo, without libav: the angle counter-clockwise, as everywhere here."""
    facts = read_facts(probe(full(tmp_path, ".mov")))
    assert facts is not None
    assert facts.display_aspect == pytest.approx(96 * 64 / 45 / 64, abs=0.001)
    assert replace(facts, display_aspect=None) == ContainerFacts(
        size=(96, 64),
        scan="interlaced",
        order="bff",
        duration=0.48,
        frames=12,
        rotation=90,
        channels=(frozenset({6}), frozenset({1})),
        chapters=2,
    )


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_both_readings_of_a_sound_file_agree(suffix: str, tmp_path: Path) -> None:
    """No note where there is nothing to say."""
    source = probe(full(tmp_path, suffix))
    theirs = read_facts(source)
    assert theirs is not None
    assert list(differences(facts_of(source), theirs, seconds=0, frames=0)) == []
    assert with_second_reading(source) == source


@pytest.mark.parametrize("suffix", [".mp4", ".mov"])
def test_pictures_that_begin_after_the_sound_last_as_long_as_they_are_shown(
    suffix: str, tmp_path: Path
) -> None:
    """MediaInfo counts the empty edit before them as duration and frames: 0.98 s and 25 frames."""
    plain = make(tmp_path / "plain.mp4", *X264, drawn=DRAWN)
    film = tmp_path / f"late{suffix}"
    sound = ("-f", "lavfi", "-i", "sine=d=1", "-c:a", "aac")
    run_ffmpeg("-itsoffset", "0.5", "-i", plain, *sound, "-c:v", "copy", film)
    source = probe(film)
    assert source.frames.start == Fraction(1, 2)
    theirs = read_facts(source)
    assert theirs is not None
    assert (theirs.duration, theirs.frames) == (0.48, 12)
    assert list(differences(facts_of(source), theirs, seconds=0, frames=0)) == []


def test_frames_between_an_empty_edit_and_hidden_ones_are_not_counted() -> None:
    """Where an edit list hides frames, too, MediaInfo counts those that are stored: that says nothing."""
    track = {"duration": 980, "source_delay": "500", "source_duration": 1480, "frame_count": "25"}
    assert mediainfo._length(track) == (0.48, None)  # pyright: ignore[reportPrivateUsage]
    hidden = {"duration": 900, "source_delay": "-380", "frame_count": "23"}
    assert mediainfo._length(hidden) == (0.9, 23)  # pyright: ignore[reportPrivateUsage]


def test_program_streams_may_count_a_frame_less(tmp_path: Path) -> None:
    """MediaInfo misses the last frame of such streams, which have no index: no note."""
    film = make(tmp_path / "film.mpg", *MPEG2.split(), drawn=DRAWN)
    source = probe(film)
    theirs = read_facts(source)
    assert theirs is not None
    assert theirs.frames == len(source.frames) - 1
    assert with_second_reading(source).notes == source.notes


def test_another_reading_is_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fact that MediaInfo reads otherwise, before the run; small differences of length are none."""
    source = probe(full(tmp_path, ".mov"))
    theirs = read_facts(source)
    assert theirs is not None

    def reading(_: object) -> ContainerFacts:
        return replace(theirs, display_aspect=1.333, frames=14, duration=1.2)

    monkeypatch.setattr(second_reading, "read_facts", reading)
    stated = with_second_reading(source).notes[len(source.notes) :]
    assert stated == (
        "MediaInfo reads the source differently: display aspect 1.333 instead of 2.133",
        "MediaInfo reads the source differently: duration 1.200 instead of 0.480",
    )


def test_the_film_is_found_among_several(tmp_path: Path) -> None:
    """Of two videos in a file the one that is restored is compared."""
    small = make(tmp_path / "s.mp4", *X264, drawn="testsrc2=s=64x48:r=25:d=0.48")
    large = make(tmp_path / "l.mp4", *X264, drawn=f"{DRAWN},setsar=2")
    both = tmp_path / "both.mkv"
    maps = ("-map", "0", "-map", "1", "-disposition:v:0", "0", "-disposition:v:1", "default")
    run_ffmpeg("-i", small, "-i", large, *maps, "-c", "copy", both)
    source = probe(both)
    facts, track = read_facts(source), stored_track(source)
    assert facts is not None
    assert track is not None
    assert film_number(source) == 1
    assert facts.size == track.size == (96, 64)
    assert track.aspect == 2


def test_image_sequences_and_a_missing_library_have_no_second_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is compared, and nothing fails."""
    make(tmp_path / "%03d.png", "-frames:v", "2", "-c:v", "png", drawn=DRAWN)
    images = probe(tmp_path)
    assert read_facts(images) is None
    assert stored_track(images) is None
    source = probe(make(tmp_path / "film.mp4"))

    def missing(*_: Any, **__: Any) -> None:
        raise OSError("Failed to load library")

    monkeypatch.setattr(MediaInfo, "parse", missing)
    assert read_facts(source) is None
    assert with_second_reading(source) == source


def test_only_what_both_say_counts() -> None:
    """A reader that is silent contradicts nobody; tolerances are those that were asked for."""
    own = ContainerFacts(
        size=(96, 64),
        display_aspect=1.5,
        scan="interlaced",
        order="tff",
        duration=1.0,
        frames=25,
        rotation=90,
        channels=(frozenset({2}), frozenset({6, 1})),
        chapters=3,
    )
    assert list(differences(own, ContainerFacts(), seconds=0, frames=0)) == []
    near = replace(own, display_aspect=1.505, duration=1.04, frames=26)
    assert list(differences(own, near, seconds=0.04, frames=1)) == []
    far = replace(near, display_aspect=1.52, duration=1.06, frames=27)
    names = [one.name for one in differences(own, far, seconds=0.04, frames=1)]
    assert names == ["display aspect", "duration", "number of frames"]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"size": (96, 48)}, "size 96x48 instead of 96x64"),
        ({"scan": "progressive"}, "scan type progressive instead of interlaced"),
        ({"order": "bff"}, "field order bff instead of tff"),
        ({"rotation": 270}, "rotation 270 instead of 90"),
        ({"channels": (frozenset({2}), frozenset({2}))}, "sound channels 2, 2 instead of 2, 1/6"),
        ({"stereo": "left_right"}, "stereo mode left_right instead of none"),
        ({"chapters": 2}, "number of chapters 2 instead of 3"),
    ],
)
def test_each_fact_is_compared(change: dict[str, Any], text: str) -> None:
    """One changed fact is one difference, with both values."""
    own = ContainerFacts(
        (96, 64),
        1.5,
        "interlaced",
        "tff",
        1.0,
        25,
        90,
        (frozenset({2}), frozenset({6, 1})),
        None,
        3,
    )
    found = differences(own, replace(own, **change), seconds=0, frames=0)
    assert [str(one) for one in found] == [text]


def test_channels_of_codecs_that_are_read_two_ways() -> None:
    """MediaInfo gives both numbers of HE-AAC: one of them is enough."""
    own = ContainerFacts(channels=(frozenset({2, 1}),))
    assert not list(differences(own, replace(own, channels=(frozenset({2}),)), seconds=0, frames=0))
    fewer = replace(own, channels=())
    assert not list(differences(own, fewer, seconds=0, frames=0)), (
        "streams have a check of their own"
    )


def test_facts_as_text() -> None:
    """For notes and checks."""
    assert fact_text(Fraction(3, 2)) == "3/2"
    assert fact_text(1.4999) == "1.500"
    assert fact_text((720, 576)) == "720x576"
