"""Edit lists: the result has the pictures and the sound that are shown, and nothing that is hidden."""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from restore.audit.other_streams import compare_other_streams
from restore.media.container.edit_list import Edit, TrackEdits, read_edits
from restore.media.container.probe import probe
from restore.media.container.readback import stream_digests
from tests.media.container.edited import with_edits
from tests.media.container.results import joined
from tests.media.films import X264, make, run_ffmpeg

DRAWN = "testsrc2=s=64x48:r=25:d=2"
TONE = ("-f", "lavfi", "-i", "aevalsrc=0.5*sin(2*PI*(300*t+300*t*t)):s=48000:d=2")
CUTS = tuple((Fraction(a, 25), Fraction(b, 25)) for a, b in ((10, 20), (30, 40)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this module's films lie."""
    return tmp_path_factory.mktemp("edits")


def stored(folder: Path, sound: str) -> Path:
    """Two seconds of film with sound, whole."""
    coded = ("-c:v", "mjpeg", "-c:a", sound, "-video_track_timescale", "2500")
    return make(folder / f"{sound}.mov", *TONE, *coded, drawn=DRAWN)


def samples(path: Path) -> np.ndarray:
    """The sound of a film as its decoder gives it, 16 bit."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    return np.concatenate(frames)


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_uncompressed_sound_is_cut_to_the_sample(folder: Path, suffix: str) -> None:
    """Two stretches of 0.4 s: 0.8 s of picture and exactly the samples of these frames, from 0 on."""
    whole = stored(folder, "pcm_s16le")
    source = probe(with_edits(whole, folder / "cut.mov", CUTS))
    assert (len(source.frames), source.frames.end) == (20, Fraction(4, 5))
    result = joined(source, folder / f"result{suffix}")
    every = samples(whole)
    assert np.array_equal(samples(result), np.r_[every[19200:38400], every[57600:76800]])
    (sound,) = stream_digests(result).values()
    assert sound.start == 0
    assert any("0.800 s of the 2.000 s" in note for note in source.notes)


@pytest.mark.parametrize("suffix", [".mov", ".mkv"])
def test_compressed_sound_is_cut_at_the_nearest_packets(folder: Path, suffix: str) -> None:
    """No packet of what is hidden, none more than half a packet (11 ms) outside what is shown."""
    whole = stored(folder, "aac")
    source = probe(with_edits(whole, folder / "cut_aac.mov", CUTS))
    result = joined(source, folder / f"result_aac{suffix}")
    (sound,) = stream_digests(result).values()
    half = 512 / 48_000 * 1_000_000 + 500  # Matroska rounds to milliseconds
    begins = list(sound.moments.begins)
    assert len(begins) in (37, 38, 39)  # 0.8 s are 37.5 packets
    assert min(begins) >= -half
    assert max(begins) <= 800_000 - half
    assert begins == sorted(set(begins))


def test_a_copy_that_begins_between_key_frames_has_no_sound_before_the_film(folder: Path) -> None:
    """What `ffmpeg -ss -c copy` makes: half a second of hidden sound stays hidden in Matroska, too."""
    coded = (*X264, "-g", "100", "-c:a", "aac")
    film = make(folder / "whole.mp4", *TONE, *coded, drawn=DRAWN)
    run_ffmpeg("-ss", "0.5", "-i", film, "-c", "copy", folder / "copied.mp4")
    source = probe(folder / "copied.mp4")
    (sound,) = stream_digests(joined(source, folder / "copied.mkv")).values()
    assert sound.start is not None
    assert abs(sound.start) <= Fraction(512, 48_000)


def test_priming_is_no_cut(folder: Path) -> None:
    """An encoder's delay before the film stays: the packets are the same, bit for bit."""
    film = make(folder / "primed.mp4", *TONE, *X264, "-c:a", "aac", drawn=DRAWN)
    with av.open(str(film)) as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    (sound,) = stream_digests(film).values()
    assert sound.size == sum(map(len, packets))
    assert sound.start == Fraction(-1024, 48_000)
    assert not any("edit list" in note for note in probe(film).notes)


def test_the_audit_notices_sound_that_should_be_hidden(folder: Path) -> None:
    """A result with all stored packets, and one with ffmpeg's own view of them, are both wrong."""
    whole = stored(folder, "pcm_s16le")
    source = probe(with_edits(whole, folder / "audited.mov", CUTS))
    good = joined(source, folder / "good.mkv")
    wrong = folder / "wrong.mkv"
    run_ffmpeg(
        *("-i", good, "-i", whole, "-map", "0:v", "-map", "1:a", "-c", "copy"),
        *("-shortest", wrong),
    )
    for path, right in ((good, True), (wrong, False)):
        checks = compare_other_streams(source, probe(path), source.frames, (), None)
        assert all(check.ok for check in checks) is right, checks


def test_edits_are_read_as_they_are_stored(folder: Path) -> None:
    """Both tracks: where each stretch begins, ends, and is shown; a pause shifts what follows."""
    film = with_edits(stored(folder, "pcm_s16le"), folder / "read.mov", CUTS)
    edits = read_edits(film)
    wanted = tuple(
        Edit(start, stop, at)
        for (start, stop), at in zip(CUTS, (Fraction(0), Fraction(2, 5)), strict=True)
    )
    assert {number: track.edits for number, track in edits.items()} == {1: wanted, 2: wanted}
    assert edits[2].length == 2
    data = bytearray(film.read_bytes())
    struct.pack_into(">i", data, data.index(b"elst") + 16, -1)
    film.write_bytes(data)
    assert read_edits(film)[1].edits == (Edit(CUTS[1][0], CUTS[1][1], Fraction(2, 5)),)


def test_files_without_edit_lists_have_none(tmp_path: Path) -> None:
    """Neither Matroska, nor a torn file, nor a list that says to show everything, cuts anything."""
    film = make(tmp_path / "plain.mkv", *X264)
    assert read_edits(film) == {}
    torn = tmp_path / "torn.mov"
    torn.write_bytes(struct.pack(">I4s", 400, b"moov") + b"\0\0\1\0trak" * 3)
    assert read_edits(torn) == {}
    assert not TrackEdits((Edit(Fraction(0), None, Fraction(0)),), Fraction(5)).cuts(exact=True)
