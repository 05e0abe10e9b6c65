"""What the picture's values mean, without any film: each check of a result's signal alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.audit.signal import (
    check_edges,
    check_light,
    check_mirror,
    check_rotation,
    check_siting,
    check_video,
)
from restore.clip import Siting
from restore.media.color.pixels import pixel_format
from restore.media.container.hdr import HdrMetadata
from restore.media.ffmpeg.encode import VideoFormat
from tests.made import SD, made_source

MASTERING = (13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450, 10_000_000, 50)
MIRRORED = (-65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)


def video(codec: str = "h264", pixels: str = "yuv420p", **color: object) -> VideoFormat:
    """A planned picture of 320x240."""
    spec = replace(SD, **color)  # type: ignore[arg-type]
    return VideoFormat(codec, pixels, 320, 240, Fraction(16), Fraction(1), spec, None, None)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"width": 322}, "size"),
        ({"height": 242}, "size"),
        ({"sar": Fraction(64, 45)}, "sample aspect"),
        ({"color": replace(SD, range="full")}, "range"),
        ({"color": replace(SD, matrix="bt709")}, "matrix"),
        ({"color": replace(SD, fields="tff")}, "field order"),
        ({"color": replace(SD, primaries="film")}, "primaries"),
        ({"color": replace(SD, transfer="log100")}, "transfer"),
    ],
)
def test_each_property_of_the_picture_is_compared(change: dict[str, object], word: str) -> None:
    """One that differs from the plan fails, and the detail names it with both values."""
    assert check_video(video(), made_source()).ok
    check = check_video(video(), made_source(**change))
    assert not check.ok
    assert word in check.detail
    assert "instead of" in check.detail


def test_several_differences_are_named_together() -> None:
    """Nobody has to run the audit again to learn the second one."""
    check = check_video(video(), made_source(width=322, sar=Fraction(2)))
    assert check.detail.count("instead of") == 2


@pytest.mark.parametrize(
    ("must", "is_", "codec", "expected"),
    [
        ("left", "left", "h264", True),
        ("left", "topleft", "h264", False),
        ("topleft", "left", "ffv1", True),  # the codec has no place for it
    ],
)
def test_chroma_lies_where_it_was_planned(
    must: Siting, is_: Siting, codec: str, expected: bool
) -> None:
    """Another siting fails, unless the codec cannot store one."""
    found = made_source(color=replace(SD, siting=is_))
    check = check_siting(made_source(), video(codec, siting=must), found)
    assert check is not None
    assert check.ok == expected
    assert must in check.detail or is_ in check.detail


@pytest.mark.parametrize(
    ("planned", "source"), [("yuv444p", "yuv420p"), ("yuv420p", "gray"), ("yuv420p", "gbrp")]
)
def test_siting_is_compared_only_where_there_is_some(planned: str, source: str) -> None:
    """Not for full chroma, nor where the source has no chroma samples of its own."""
    film = made_source(format=pixel_format(source))
    assert check_siting(film, video(pixels=planned), made_source()) is None


@given(st.sampled_from([0, 90, 180, 270]), st.sampled_from([0, 90, 180, 270]))
def test_players_must_rotate_as_before(source: int, found: int) -> None:
    """Equal rotations pass, and are mentioned only if there is one; others fail with both angles."""
    check = check_rotation(source, found)
    if source == found:
        assert (check is None) == (found == 0)
        return
    assert check is not None
    assert not check.ok
    assert str(found) in check.detail
    assert str(source) in check.detail


def test_players_must_mirror_as_before() -> None:
    """A mirror that is kept, lost or new; without one nothing is said."""
    assert check_mirror(None, None) is None
    kept, lost, new = (
        check_mirror(*pair) for pair in ((MIRRORED, MIRRORED), (MIRRORED, None), (None, MIRRORED))
    )
    assert kept is not None
    assert lost is not None
    assert new is not None
    assert [kept.ok, lost.ok, new.ok] == [True, False, False]
    assert "no longer" in lost.detail


@pytest.mark.parametrize("off", [0, 1, 65, 70])
def test_a_mirror_is_equal_to_a_thousandth(off: int) -> None:
    """Matroska stores angles: their rounding is no other mirror (65,536 is one)."""
    near = (MIRRORED[0] + off, *MIRRORED[1:])
    check = check_mirror(MIRRORED, near)
    assert check is not None
    assert check.ok == (off <= 65)


LIGHTS = (
    HdrMetadata(),
    HdrMetadata(MASTERING),
    HdrMetadata(content=(1000, 400)),
    HdrMetadata(MASTERING, (1000, 400)),
    HdrMetadata(MASTERING, (1000, 401)),
)


@pytest.mark.parametrize("source", LIGHTS)
@pytest.mark.parametrize("found", LIGHTS)
def test_hdr10_metadata_are_the_sources(source: HdrMetadata, found: HdrMetadata) -> None:
    """Every difference fails, also a lost or an invented value; none on both sides is not mentioned."""
    check = check_light(source, found)
    if source == found:
        assert (check is None) == (not found)
        assert check is None or check.ok
        return
    assert check is not None
    assert not check.ok
    assert check.detail.count("no metadata") == (not source) + (not found)


def test_hdr10_metadata_are_shown_in_their_units() -> None:
    """Brightness of mastering in cd/m2, the two light levels by their names."""
    check = check_light(LIGHTS[3], LIGHTS[3])
    assert check is not None
    assert check.detail == "mastered at 1000 cd/m2, MaxCLL 1000, MaxFALL 400"


def test_pictures_that_show_all_pixels_need_no_check_of_their_edges() -> None:
    """Whatever the source hides: a result that hides nothing loses nothing."""
    for source in (made_source(), made_source(cropped=True)):
        assert check_edges(source, made_source()) is None
