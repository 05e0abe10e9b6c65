"""Color tags: those of showinfo, and the assumptions where there are none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from restore.clip import ColorSpec
from restore.errors import SourceError
from restore.media.ffmpeg.first_frame import FirstFrame, decide_color, parse_showinfo

FILM = Path("film.mp4")

LINES = (
    "[Parsed_showinfo_0] config in time_base: 1/12800, frame_rate: 25/1",
    "[Parsed_showinfo_0] n:   0 pts:   1024 fmt:yuv420p cl:topleft sar:16/15 s:64x48 i:B iskey:1 type:I",
    "[Parsed_showinfo_0]   side data - 3x3 displaymatrix: rotation of -90.00 degrees",
    "[Parsed_showinfo_0] color_range:tv color_space:bt709 color_primaries:unknown color_trc:bt709",
)


def test_the_facts_of_the_first_frame_are_read() -> None:
    """Every value is read under ffmpeg's name; unknown ones are None."""
    assert parse_showinfo(LINES) == FirstFrame(
        matrix="bt709",
        range="tv",
        primaries=None,
        transfer="bt709",
        siting="topleft",
        sar=Fraction(16, 15),
        field_order="bff",
        rotation=270,
        pts=1024,
        decoded=True,
        stored="yuv420p",
        shown=(64, 48),
    )


def test_no_frame_no_facts() -> None:
    """If nothing can be decoded, all values are None."""
    assert parse_showinfo(["[h264] something broke", ""]) == FirstFrame()
    assert not parse_showinfo(LINES[:1]).decoded


@pytest.mark.parametrize(
    ("height", "matrix"), [(240, "bt601"), (719, "bt601"), (720, "bt709"), (2160, "bt709")]
)
def test_untagged_films_follow_the_documented_default(height: int, matrix: str) -> None:
    """BT.601 below 720 lines, BT.709 from 720 on, limited range; both are listed as assumed."""
    color = decide_color(FirstFrame(decoded=True), "yuv", height, FILM)
    assert (color.matrix, color.range, color.siting) == (matrix, "limited", "left")
    assert len(color.assumed) == 2
    assert color.matrix_tag is None


def test_tags_are_believed() -> None:
    """With all tags nothing is assumed; primaries and transfer are kept."""
    frame = FirstFrame("bt470bg", "pc", "bt470bg", "gamma28", "center")
    color = decide_color(frame, "yuv", 1080, FILM)
    assert color == ColorSpec(
        "bt601", "full", "center", "bt470bg", "gamma28", (), matrix_tag="bt470bg"
    )


@pytest.mark.parametrize("tag", ["smpte170m", "bt470bg"])
def test_both_tags_of_bt601_are_distinguished(tag: str) -> None:
    """BT.601 has two tags: the film's own is kept, whatever its primaries."""
    color = decide_color(FirstFrame(matrix=tag, primaries="bt470bg"), "yuv", 576, FILM)
    assert (color.matrix, color.matrix_tag) == ("bt601", tag)


def test_rgb_needs_no_tags() -> None:
    """RGB is full range unless it is tagged otherwise."""
    assert decide_color(FirstFrame(), "rgb", 480, FILM) == ColorSpec("rgb", "full")
    assert decide_color(FirstFrame(range="tv"), "rgb", 480, FILM).range == "limited"


@pytest.mark.parametrize(
    ("frame", "code", "named"),
    [
        (FirstFrame(transfer="smpte2084"), "hdr-unsupported", "PQ"),
        (FirstFrame(transfer="arib-std-b67"), "hdr-unsupported", "HLG"),
        (FirstFrame(matrix="ycgco"), "matrix-unsupported", "ycgco"),
        (FirstFrame(matrix="ictcp"), "matrix-unsupported", "ictcp"),
        (FirstFrame(matrix="gbr"), "matrix-unsupported", "gbr"),
    ],
)
def test_what_cannot_be_computed_is_refused(frame: FirstFrame, code: str, named: str) -> None:
    """HDR transfer functions and unknown matrices are refused before any work."""
    with pytest.raises(SourceError) as caught:
        decide_color(frame, "yuv", 1080, FILM)
    assert caught.value.code == code
    assert named in caught.value.what
