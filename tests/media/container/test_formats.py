"""Which container a result goes to, and what is found out before the long work."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from restore.clip import ColorSpec
from restore.errors import OutputError, UsageError
from restore.media.container.formats import (
    check_container,
    check_losses,
    container_for,
    metadata_losses,
    muxer_for,
)
from restore.media.container.probe import probe
from restore.media.ffmpeg.encode import VideoFormat
from restore.media.source import Source
from tests.audit.sources import build
from tests.media.films import X264, run_ffmpeg

COLOR = ColorSpec("bt709", "limited")
H264 = VideoFormat("h264", "yuv420p", 64, 48, Fraction(25), Fraction(1), COLOR, None, "ultrafast")
FFV1 = replace(H264, codec="ffv1", preset=None)
PRORES = replace(H264, codec="prores", pixel_format="yuv422p10le", preset=None)

DRAWN = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.2")
SINE = ("-f", "lavfi", "-i", "sine=d=0.2")


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Source]:
    """Films with companions that some containers cannot hold."""
    folder = tmp_path_factory.mktemp("containers")
    (folder / "lines.srt").write_text("1\n00:00:00,000 --> 00:00:00,200\nline\n")
    text = ("-i", folder / "lines.srt")
    arguments: dict[str, tuple[str | Path, ...]] = {
        "silent.mp4": (*DRAWN, *X264),
        "silent.mov": (*DRAWN, *X264),
        "silent.avi": (*DRAWN, "-c:v", "mpeg4"),
        "text.mp4": (*DRAWN, *text, *X264, "-c:s", "mov_text"),
        "text.mkv": (*DRAWN, *text, *X264, "-c:s", "srt"),
        "pcm.mov": (*DRAWN, *SINE, *X264, "-c:a", "pcm_s24le", "-timecode", "01:00:00:00"),
        "opus.mp4": (*DRAWN, *SINE, *X264, "-c:a", "libopus"),
        "vorbis.mkv": (*DRAWN, *SINE, *X264, "-c:a", "libvorbis"),
    }
    for name, line in arguments.items():
        run_ffmpeg(*line, folder / name)
    return {name: probe(folder / name) for name in arguments}


@pytest.mark.parametrize(
    ("name", "codec", "suffix"),
    [
        ("silent.mp4", "h264", ".mp4"),
        ("silent.mov", "hevc", ".mov"),
        ("silent.avi", "h264", ".mkv"),
        ("silent.mp4", "av1", ".mp4"),
        ("silent.mp4", "prores", ".mov"),
        ("text.mp4", "h264", ".mp4"),
        ("text.mkv", "hevc", ".mkv"),
        ("text.mkv", "prores", ".mkv"),
        ("pcm.mov", "h264", ".mov"),
        ("pcm.mov", "ffv1", ".mkv"),
        ("vorbis.mkv", "h264", ".mkv"),
    ],
)
def test_the_sources_own_kind_if_it_holds_everything(
    sources: dict[str, Source], name: str, codec, suffix: str
) -> None:
    """Else Matroska; ProRes goes to QuickTime."""
    assert container_for(sources[name], codec) == suffix


def test_frames_too_close_for_matroska_go_to_mp4(sources: dict[str, Source]) -> None:
    """Recordings of broadcasts repeat PTS; the usual container would refuse the film."""
    source = sources["silent.avi"]
    frames = replace(source.frames, time_base=Fraction(1, 90000))
    close = replace(source, frames=replace(frames, pts=tuple(range(len(frames)))))
    assert (container_for(source, "h264"), container_for(close, "h264")) == (".mkv", ".mp4")
    assert container_for(close, "ffv1") == ".mp4"


def test_suffixes_decide_the_muxer() -> None:
    """Capital letters count as small ones; what is not known is the user's mistake."""
    assert muxer_for(Path("A.MP4")) == "mp4"
    for name in ("a.avi", "a", "a.mp4.txt"):
        with pytest.raises(UsageError) as caught:
            muxer_for(Path(name))
        assert caught.value.code == "container-unknown"


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("silent.mp4", ".mp4"), ("text.mp4", ".mov"), ("vorbis.mkv", ".mkv"), ("pcm.mov", ".mkv")],
)
def test_what_fits_passes(sources: dict[str, Source], name: str, suffix: str) -> None:
    """One black frame is encoded and muxed; a timecode track has its place as a tag."""
    check_container(sources[name], H264, suffix)


@pytest.mark.parametrize(
    ("name", "suffix", "text", "advised"),
    [
        ("opus.mp4", ".mov", "opus only supported in MP4", ".mp4"),
        ("vorbis.mkv", ".mov", "format does not support 'vorbis' codec", ".mkv"),
    ],
)
def test_what_does_not_fit_is_named_with_a_container_that_can(
    sources: dict[str, Source], name: str, suffix: str, text: str, advised: str
) -> None:
    """The message names the stream, has the muxer's message, and a container that can."""
    with pytest.raises(UsageError, match=text) as caught:
        check_container(sources[name], H264, suffix)
    assert caught.value.code == "container-loses"
    assert "stream 1" in caught.value.what
    assert advised in caught.value.what_to_do


def test_the_advised_container_works(tmp_path: Path) -> None:
    """Captions on a track of their own have no place with FFV1: what Matroska loses is said at once."""
    source = probe(build(tmp_path, "mov-c608"))
    with pytest.raises(UsageError, match="'mov' format does not support 'ffv1' codec") as caught:
        check_container(source, FFV1, ".mov")
    assert caught.value.code == "container-refuses"
    assert caught.value.what_to_do == "Use -o mov-c608.restored.mkv --allow-loss subtitles."
    with pytest.raises(UsageError, match="eia_608") as caught:
        check_losses(source, "ffv1", ".mkv")
    assert caught.value.what_to_do.startswith("No supported container can hold it")


def test_a_codec_that_the_container_cannot_hold_is_named(sources: dict[str, Source]) -> None:
    """ProRes does not go into MP4; into Matroska it does, with a sample aspect, too."""
    with pytest.raises(UsageError, match="prores") as caught:
        check_container(sources["silent.mp4"], PRORES, ".mp4")
    assert caught.value.code == "container-refuses"
    check_container(sources["silent.mp4"], replace(PRORES, sar=Fraction(16, 15)), ".mkv")


def test_dnxhr_of_an_anamorphic_film_does_not_go_into_mxf(sources: dict[str, Source]) -> None:
    """The muxer writes square pixels whatever the film's are: found out before the work."""
    wide = replace(PRORES, codec="dnxhr", width=256, height=128, sar=Fraction(16, 15))
    with pytest.raises(UsageError, match="sample aspect") as caught:
        check_container(sources["silent.mp4"], wide, ".mxf")
    assert ".mov" in caught.value.what_to_do
    check_container(sources["silent.mp4"], replace(wide, sar=Fraction(1)), ".mxf")


def test_an_encoder_that_refuses_the_size_is_found_out_before(sources: dict[str, Source]) -> None:
    """Nothing is restored for hours only to fail at the first frame."""
    small = replace(H264, codec="hevc", width=8, height=8)
    with pytest.raises(OutputError) as caught:
        check_container(sources["silent.mp4"], small, ".mp4")
    assert caught.value.code == "encoder-failed"


def test_metadata_that_cannot_be_stored_is_found_before_the_work(tmp_path: Path) -> None:
    """What the muxer does not store about a track is named, and stops the job unless allowed."""
    film = tmp_path / "film.mkv"
    stated = ("-metadata:s:a:0", "language=deu", "-metadata:s:a:0", "title=Ton")
    run_ffmpeg(*DRAWN, *SINE, *X264, "-c:a", "aac", *stated, "-disposition:a:0", "comment", film)
    assert metadata_losses(probe(film), ".mp4", ()) == ()  # title and language have a place there
    run_ffmpeg("-i", film, "-c", "copy", "-disposition:a:0", "visual_impaired", tmp_path / "b.mkv")
    source = probe(tmp_path / "b.mkv")
    assert metadata_losses(source, ".mkv", ()) == ()
    (loss,) = metadata_losses(source, ".mov", ())
    assert (loss.kind, loss.stream) == ("marks", 1)
    with pytest.raises(UsageError, match="visual_impaired") as caught:
        check_losses(source, "h264", ".mov")
    assert "-o b.restored.mkv" in caught.value.what_to_do
    assert check_losses(source, "h264", ".mov", ("marks",)) == (loss,)


@pytest.mark.parametrize("language", ["deu", "fre", "nld"])
def test_quicktime_keeps_languages_of_two_codes(tmp_path: Path, language: str) -> None:
    """Its own list has one code of each; both mean the same language."""
    film = tmp_path / "film.mkv"
    run_ffmpeg(*DRAWN, *SINE, *X264, "-c:a", "aac", "-metadata:s:a:0", f"language={language}", film)
    assert metadata_losses(probe(film), ".mov", ()) == ()
