"""Stereoscopic films: how two views lie in a picture is read, kept, or its loss said."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.jobs.prepare import JobRequest
from restore.jobs.restore_film import restore_film
from restore.media.container.formats import stereo_losses
from restore.media.container.matroska import STEREO_MODES, read_video_tracks, views
from restore.media.container.probe import probe
from restore.media.ffmpeg.first_frame import parse_showinfo
from restore.recipe import Recipe
from tests.made import made_source
from tests.media.films import make, run_ffmpeg

DRAWN = "testsrc2=s=128x64:r=24:d=0.3"


def packed(path: Path, number: int = 3, *arguments: str, drawn: str = DRAWN) -> Path:
    """H.264 whose frame packing message says this arrangement (H.264 D.2.26)."""
    return make(
        path, "-c:v", "libx264", "-x264-params", f"frame-packing={number}", *arguments, drawn=drawn
    )


def marked(film: Path, mode: str) -> Path:
    """The same in Matroska, which says the mode in its header."""
    target = film.with_name(f"{film.stem}_{mode}.mkv")
    run_ffmpeg("-i", film, "-c", "copy", "-metadata:s:v", f"stereo_mode={mode}", target)
    return target


@pytest.mark.parametrize(
    ("said", "mode"),
    [
        ("side by side, view - packed, primary_eye - none", "left_right"),
        ("side by side, view - packed, primary_eye - none (inverted)", "right_left"),
        ("top and bottom, view - packed", "top_bottom"),
        ("interleaved columns, view - packed (inverted)", "col_interleaved_rl"),
        (
            "side by side (quincunx subsampling), view - packed",
            "side by side (quincunx subsampling)",
        ),
        ("2D, view - packed", None),
        ("unspecified, view - left", None),
    ],
)
def test_the_mode_of_the_first_frame_is_read(said: str, mode: str | None) -> None:
    """Modes have the names of Matroska; where it has none, those of ffmpeg."""
    lines = ["[showinfo] n:   0 pts: 0", f"[showinfo]   side data - Stereo 3D: type - {said}"]
    assert parse_showinfo(lines).stereo == mode


@pytest.mark.parametrize(
    ("number", "mode"), [(3, "left_right"), (4, "top_bottom"), (2, "row_interleaved_lr")]
)
def test_the_codecs_mark_becomes_the_containers(number: int, mode: str, tmp_path: Path) -> None:
    """The mark of H.264 stands in Matroska's header, whatever the result's codec, and the size is right."""
    film = packed(tmp_path / "film.mp4", number)
    assert probe(film).stereo == mode
    for codec in ("h264", "ffv1"):
        result = restore_film(JobRequest(film, Recipe.model_validate({"codec": codec})), print)
        assert result.suffix == ".mkv"
        assert (probe(result).stereo, read_video_tracks(result)[0].stereo) == (mode, mode)
        assert probe(result).sar == 1
        result.unlink()
        result.with_name(f"{result.name}.restore.json").unlink()
        result.with_name(f"{result.name}.restore.html").unlink()


def test_a_film_with_both_marks_is_decoded(tmp_path: Path) -> None:
    """The ffmpeg program gives no frame of it unless it is spared the pictures' own messages."""
    film = marked(packed(tmp_path / "film.mp4"), "left_right")
    source = probe(film)
    assert source.stereo == "left_right"
    assert source.bitstream_filter == "filter_units=remove_types=6"
    result = restore_film(JobRequest(film, Recipe(codec="ffv1")), print)
    assert len(probe(result).frames) == len(source.frames)
    assert probe(result).stereo == "left_right"


def test_anamorphic_views_keep_their_aspect(tmp_path: Path) -> None:
    """The display size is that of one view: MediaInfo and players count so."""
    film = packed(tmp_path / "film.mp4", 3, "-pix_fmt", "yuv420p", drawn=f"{DRAWN},setsar=2")
    result = restore_film(JobRequest(film, Recipe(codec="ffv1")), print)
    assert probe(result).sar == 2
    assert read_video_tracks(result)[0].aspect == 2


def test_a_container_that_cannot_store_it_is_refused(tmp_path: Path) -> None:
    """MP4 and QuickTime results have no mark: the run stops, unless its loss is allowed and recorded."""
    film = packed(tmp_path / "film.mp4")
    order = JobRequest(film, Recipe(codec="h264"), tmp_path / "out.mp4")
    with pytest.raises(UsageError, match=r"stereoscopic film \(left_right\)") as caught:
        restore_film(order, print)
    assert ".mkv" in caught.value.what_to_do
    allowed = JobRequest(film, Recipe(codec="h264"), tmp_path / "out.mp4", allow_loss=("stereo",))
    result = restore_film(allowed, print)
    assert probe(result).stereo is None
    assert '"stereo"' in result.with_name("out.mp4.restore.json").read_text()


def test_modes_that_matroska_lacks_are_losses_everywhere() -> None:
    """And films with one view lose nothing."""
    odd = made_source(stereo="side by side (quincunx subsampling)")
    for suffix in (".mkv", ".mp4"):
        assert [loss.kind for loss in stereo_losses(odd, suffix)] == ["stereo"]
        assert stereo_losses(made_source(), suffix) == ()
    assert stereo_losses(made_source(stereo="left_right"), ".mkv") == ()


def test_matroskas_display_size_is_that_of_one_view(tmp_path: Path) -> None:
    """For every mode: the aspect that is read from the elements is the film's."""
    film = packed(tmp_path / "film.mp4")
    for mode in STEREO_MODES:
        (track,) = read_video_tracks(marked(film, mode))
        assert (track.stereo, track.aspect) == (
            mode,
            Fraction(1) if views(mode) != (1, 1) else None,
        )
