"""MXF: one steady rate from 0 on, PCM of 48 kHz, and clear errors for all else."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from restore.errors import UsageError
from restore.media.container.formats import check_losses
from restore.media.container.mxf import (
    check_untrimmed,
    constant_rate,
    in_edit_units,
    mxf_obstacle,
    transferable_tags,
)
from restore.media.container.probe import probe
from restore.timing import FrameTable, table_from_pts
from tests.media.films import run_ffmpeg

MS = Fraction(1, 1000)


def rounded(rate: Fraction, count: int = 200) -> FrameTable:
    """A film of constant rate whose PTS Matroska rounded to milliseconds."""
    return table_from_pts(MS, [round(i / rate / MS) for i in range(count)])


@pytest.mark.parametrize(
    "rate",
    [
        Fraction(16),
        Fraction(18),
        Fraction(24),
        Fraction(25),
        Fraction(24000, 1001),
        Fraction(30000, 1001),
        Fraction(50, 3),
    ],
)
def test_a_constant_rate_is_found_behind_rounded_pts(rate: Fraction) -> None:
    """Old films' rates as well as the broadcasters'."""
    assert constant_rate(rounded(rate)) == rate
    units = in_edit_units(rounded(rate))
    assert (units.time_base, units.pts[:3], units.durations[:2]) == (1 / rate, (0, 1, 2), (1, 1))


@pytest.mark.parametrize("pts_values", [[0, 40, 80, 200, 240], [40, 80, 120], [0, 40, 81, 130]])
def test_what_is_not_steady_or_begins_late_is_refused(pts_values: list[int]) -> None:
    """A variable rate would be lost, and so would the wait before a late film."""
    with pytest.raises(UsageError) as caught:
        in_edit_units(table_from_pts(MS, pts_values))
    assert caught.value.code == "rate-not-constant"


def test_obstacles_have_names(tmp_path: Path) -> None:
    """Codecs, chapters, rotation, sound that begins late or lasts longer than the film."""
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4")
    tone = ("-f", "lavfi", "-i", "sine=d={}:r=48000", "-c:v", "ffv1", "-c:a", "pcm_s16le")

    def film(name: str, seconds: str, *arguments: str) -> Path:
        run_ffmpeg(*drawn, *arguments, *(word.format(seconds) for word in tone), tmp_path / name)
        return tmp_path / name

    good = probe(film("good.mkv", "0.39"))
    assert mxf_obstacle(good, "dnxhr") is None
    assert "h264 film" in str(mxf_obstacle(good, "h264"))
    assert "chapters (2" in str(mxf_obstacle(replace(good, chapters=2), "dnxhr"))
    assert "rotation" in str(mxf_obstacle(replace(good, rotation=90), "dnxhr"))
    late = probe(film("late.mkv", "0.2", "-itsoffset", "0.1"))
    assert "begins at 0.1" in str(mxf_obstacle(late, "dnxhr"))
    longer = probe(film("long.mkv", "0.6"))
    assert "longer than the film" in str(mxf_obstacle(longer, "prores"))
    with pytest.raises(UsageError) as caught:
        check_untrimmed(good)
    assert caught.value.code == "mxf-trim"


def test_metadata_that_cannot_be_stored_are_losses_with_names(tmp_path: Path) -> None:
    """Titles, languages and tags are reported before the work; MXF has no dispositions."""
    path = tmp_path / "film.mov"
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4")
    tone = ("-f", "lavfi", "-i", "sine=d=0.39:r=48000", "-c:v", "prores", "-c:a", "pcm_s16le")
    run_ffmpeg(*drawn, *tone, path)
    assert check_losses(probe(path), "dnxhr", ".mxf") == ()
    arguments = ("-metadata", "title=The Reel", "-metadata:s:a:0", "language=fra")
    run_ffmpeg(*drawn, *tone, *arguments, path)
    with pytest.raises(UsageError, match=r"(?s)tag title.*--allow-loss tags --allow-loss marks"):
        check_losses(probe(path), "dnxhr", ".mxf")
    lost = check_losses(probe(path), "dnxhr", ".mxf", ("tags", "marks"))
    assert {(loss.kind, loss.stream) for loss in lost} == {("tags", None), ("marks", 1)}


def test_what_a_file_says_of_itself_is_no_loss(tmp_path: Path) -> None:
    """MXF into any container: identifiers, the writing program and missing marks are not asked for."""
    path = tmp_path / "film.mxf"
    drawn = ("-f", "lavfi", "-i", "testsrc2=s=64x48:r=25:d=0.4,format=yuv422p")
    tone = ("-f", "lavfi", "-i", "sine=d=0.39:r=48000", "-c:v", "mpeg2video", "-c:a", "pcm_s16le")
    run_ffmpeg(*drawn, *tone, "-metadata", "comment_box=12", path)
    source = probe(path)
    assert "company_name" in dict(source.tags)
    for codec, suffix in (("dnxhr", ".mxf"), ("dnxhr", ".mov"), ("h264", ".mkv")):
        assert check_losses(source, codec, suffix) == ()
    assert transferable_tags(dict(source.tags)).keys() == {"comment_box", "timecode"}
