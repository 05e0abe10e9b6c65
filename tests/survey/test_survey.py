"""The survey of a made film: its shots to the frame, its PTS, its thumbnails; the same for a part of it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from restore.errors import OutputError, SourceError
from restore.media.color.pixels import pixel_format
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_reduced, thumbnail
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from restore.survey.findings import Survey
from restore.survey.survey import WIDTH, read_thumbnails, survey, survey_around
from restore.timing import Span
from tests.made import SD
from tests.media.films import X264, encode, make
from tests.survey.drawn import aged, card
from tests.survey.moving import flat, shot

KINDS = [(0, 20, "scene"), (20, 38, "card"), (38, 52, "black"), (52, 75, "scene")]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A scene, a title card, leader, another scene in sepia: 75 frames of 160x120, lossless."""
    import cv2

    rng = np.random.default_rng(3)
    lettered = cv2.resize(card(rng), (160, 120), interpolation=cv2.INTER_AREA)
    luma = np.concatenate(
        [
            aged(shot(rng, 20, kind=0), rng, 0.3),
            aged(np.stack([lettered] * 18).astype(np.uint8), rng, 0.2),
            flat(14),
            aged(shot(rng, 23, kind=1), rng, 0.3),
        ]
    )
    chroma = np.full((2, 60, 80), 128, np.uint8)
    sepia = np.stack([chroma[0] - 14, chroma[1] + 9])
    frames = [(y, *(sepia if n >= 52 else chroma)) for n, y in enumerate(luma)]
    video = VideoFormat("ffv1", "yuv420p", 160, 120, Fraction(25), Fraction(1), SD, None, None)
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    return probe(encode(path, video, frames))


@pytest.fixture(scope="module")
def whole(film: Source, tmp_path_factory: pytest.TempPathFactory) -> tuple[Survey, Path]:
    """The survey of the film and its thumbnails' file."""
    thumbnails = tmp_path_factory.mktemp("whole") / "thumbnails"
    return survey(film, thumbnails), thumbnails


def test_shots_kinds_and_stamps(film: Source, tmp_path: Path) -> None:
    """Every shot to the frame with its content and color; every frame with its PTS."""
    counted: list[int] = []
    found = survey(film, tmp_path / "thumbnails", progress=counted.append)
    assert [(s.span.start, s.span.stop, s.content) for s in found.shots] == KINDS
    assert [s.color for s in found.shots] == ["mono", "mono", "mono", "tint"]
    assert found.frames == film.frames
    assert found.damage == ()
    assert counted == list(range(1, 76))


def test_thumbnails_are_those_of_every_frame(film: Source, whole: tuple[Survey, Path]) -> None:
    """The file holds one of 32x32 bytes for each frame, in order."""
    written = read_thumbnails(whole[1])
    expected = [thumbnail(picture.y) for picture in read_reduced(film, WIDTH)]
    assert written.shape == (75, 32, 32)
    assert np.array_equal(written, np.stack(expected))


def test_the_same_film_gives_the_same_survey_and_another_another(
    film: Source, whole: tuple[Survey, Path], tmp_path: Path
) -> None:
    """The digest covers PTS and thumbnails."""
    first, _ = whole
    part = (film.frames.seconds(1), film.frames.end)
    assert survey(film, tmp_path / "b") == first
    assert survey(film, tmp_path / "c", within=part).digest != first.digest


def test_within_takes_the_frames_that_start_there(film: Source, tmp_path: Path) -> None:
    """From the first moment to before the second; shots are numbered from the first frame taken."""
    frames = film.frames
    part = (frames.seconds(10), frames.seconds(60) - Fraction(1, 10**6))
    found = survey(film, tmp_path / "thumbnails", within=part)
    assert found.frames == frames.part(Span(10, 60))
    cuts = [(s.span.start, s.span.stop, s.content) for s in found.shots]
    assert cuts == [(0, 10, "scene"), (10, 28, "card"), (28, 42, "black"), (42, 50, "scene")]
    assert len(read_thumbnails(tmp_path / "thumbnails")) == 50


@pytest.mark.parametrize("around", [1, 96])
@pytest.mark.parametrize("indices", [[0], [45], [60, 25, 26]])
def test_a_part_is_surveyed_like_the_whole(
    film: Source,
    whole: tuple[Survey, Path],
    tmp_path: Path,
    indices: list[int],
    around: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whole shots around some frames: same bounds, kinds, figures and thumbnails, wherever it looks first."""
    monkeypatch.setattr("restore.survey.survey.AROUND", around)
    every, thumbnails = whole
    part = survey_around(film, indices, tmp_path / "part")
    expected = [s for s in every.shots if any(index in s.span for index in indices)]
    assert [(s.content, s.color, s.tint, s.figures) for s in part.shots] == [
        (s.content, s.color, s.tint, s.figures) for s in expected
    ]
    rows = np.concatenate([np.arange(s.span.start, s.span.stop) for s in expected])
    assert part.frames.pts == tuple(film.frames.pts[row] for row in rows)
    assert part.frames.durations == tuple(film.frames.durations[row] for row in rows)
    assert np.array_equal(read_thumbnails(tmp_path / "part"), read_thumbnails(thumbnails)[rows])


def test_a_single_frame_is_a_shot(tmp_path: Path) -> None:
    """A film of one frame has one shot of one frame."""
    path = make(tmp_path / "one.mkv", "-frames:v", "1", "-c:v", "ffv1")
    found = survey(probe(path), tmp_path / "thumbnails")
    assert [s.span for s in found.shots] == [Span(0, 1)]


def test_no_frame_inside_the_range_is_an_error(film: Source, tmp_path: Path) -> None:
    """It names the film and hints at the range."""
    far = (Fraction(1000), Fraction(1001))
    with pytest.raises(SourceError, match="No frame"):
        survey(film, tmp_path / "thumbnails", within=far)


def test_the_decoders_own_words_say_why_nothing_decodes(tmp_path: Path) -> None:
    """A film of broken pictures: what ffmpeg says of them stands in the message."""
    path = make(tmp_path / "film.mp4")
    source = probe(path)
    data = bytearray(path.read_bytes())
    begin, stop = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[begin:stop] = b"\xff" * (stop - begin)
    path.write_bytes(data)
    with pytest.raises(SourceError, match=r"No frame .* can be decoded: \[h264\]") as caught:
        survey(source, tmp_path / "thumbnails")
    assert caught.value.code == "no-frames"


def test_thumbnails_that_cannot_be_written_are_an_output_error(
    film: Source, tmp_path: Path
) -> None:
    """The place is named."""
    with pytest.raises(OutputError, match="Cannot write"):
        survey(film, tmp_path / "no folder" / "thumbnails")


@pytest.mark.parametrize("name", ["gray", "gbrp", "yuv444p10le"])
def test_other_pixel_formats_are_surveyed_alike(name: str, tmp_path: Path) -> None:
    """Gray, RGB and 10-bit films give the same shots."""
    source = probe(_two_shots(tmp_path / "film.mkv", name))
    found = survey(source, tmp_path / "thumbnails")
    assert [(s.span.start, s.span.stop, s.color) for s in found.shots] == [
        (0, 9, "mono"),
        (9, 20, "mono"),
    ]


def _two_shots(path: Path, name: str) -> Path:
    """A film of two gray shots in some pixel format."""
    pixels = pixel_format(name)
    rng = np.random.default_rng(0)
    luma = np.concatenate([shot(rng, 9, kind=0), shot(rng, 11, kind=2)])
    rows = luma.astype(pixels.dtype) << (pixels.depth - 8)
    gray = np.full((120, 160), 1 << (pixels.depth - 1), pixels.dtype)
    frames = [
        (y,) if name == "gray" else (y, y, y) if name == "gbrp" else (y, gray, gray) for y in rows
    ]
    video = VideoFormat("ffv1", name, 160, 120, Fraction(25), Fraction(1), SD, None, None)
    return encode(path, video, frames)


def test_a_film_of_which_nothing_decodes_says_why(tmp_path: Path) -> None:
    """The decoder's own words are in the message."""
    film, torn = make(tmp_path / "film.mkv", *X264), tmp_path / "torn.mkv"
    with av.open(str(film)) as origin, av.open(str(torn), "w") as output:
        stream = output.add_stream_from_template(origin.streams.video[0], opaque=True)
        for packet in origin.demux(video=0):
            if packet.size:
                noise = bytes(n * n % 251 | 1 for n in range(packet.size))
                garbage = av.Packet(noise)
                garbage.pts, garbage.dts, garbage.time_base = (
                    packet.pts,
                    packet.dts,
                    packet.time_base,
                )
                garbage.stream, garbage.is_keyframe = stream, packet.is_keyframe
                output.mux(garbage)
    with pytest.raises(SourceError) as caught:
        survey(probe(torn), tmp_path / "thumbnails")
    assert caught.value.code == "no-frames"
    assert "h264" in caught.value.what
