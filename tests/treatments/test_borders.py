"""Borders: what is not picture in any shot is found, and cropped or filled, the same in all frames."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

import restore
from restore.clip import Clip, ColorSpec, Fields
from restore.jobs.audit_files import audit_files
from restore.jobs.record_files import read_known
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.media.ffmpeg.encode import VideoFormat
from restore.plan.film_measures import picture_facts, with_film_measures
from restore.timing import Span
from restore.treatments.borders import BORDERS, BordersDecision, BordersOptions, treat
from restore.treatments.borders.dark_rows import BorderObserver
from restore.treatments.borders.insets import DarkDepths, Insets, even, of_film
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import NoSettings
from tests.made import SD, made_shot
from tests.media.films import encode
from tests.treatments.tape_pictures import Values, scene, seen

FILM = FilmFacts(192, 128)
EVEN = (0,) * 16
CROP, FILL = BordersOptions(borders="crop"), BordersOptions(borders="fill")


def framed(top: int, bottom: int, left: int, right: int, frames: int = 12) -> Values:
    """A scene with black borders."""
    luma = scene(frames)
    result = np.zeros_like(luma)
    inner = (slice(None), slice(top, 128 - bottom), slice(left, 192 - right))
    result[inner] = luma[inner]
    return result


def measured(luma: Values) -> DarkDepths | None:
    """What the survey finds in a shot of these frames."""
    observer = BorderObserver(len(luma))
    for frame in seen(luma):
        observer.see(frame)
    return observer.result()


def insets_of(luma: Values) -> Insets:
    """The borders of a film that is this shot."""
    found = measured(luma)
    assert found is not None
    return found.insets()


@pytest.mark.parametrize("sides", [(0, 0, 0, 0), (16, 16, 0, 0), (0, 0, 24, 20), (3, 2, 5, 1)])
def test_straight_borders_are_found_exactly(sides: tuple[int, int, int, int]) -> None:
    """Letterbox, pillarbox, blanking of a few rows and columns; none where the picture fills the frame."""
    assert insets_of(framed(*sides)) == Insets(*sides)


def test_borders_may_have_the_noise_of_a_tape() -> None:
    """The mean of a part of a row decides."""
    luma = framed(8, 8, 0, 0)
    noisy = luma + 0.01 * np.random.default_rng(1).standard_normal(luma.shape).astype(np.float32)
    assert insets_of(noisy) == Insets(8, 8, 0, 0)


def test_a_half_line_and_round_corners_belong_to_the_border() -> None:
    """A row whose first half is black, and two corners of three rows; a single dark corner does not."""
    half = framed(2, 0, 0, 0)
    half[:, 2, :96] = 0
    assert insets_of(half) == Insets(3, 0, 0, 0)
    corners = framed(0, 0, 0, 0)
    corners[:, :3, :12] = corners[:, :3, -12:] = 0
    assert insets_of(corners).top == 3
    corners[:, :3, -12:] = 0.5
    assert insets_of(corners).top == 0


def test_a_dark_part_of_the_picture_is_no_border() -> None:
    """A corner of the picture that is black for a quarter of the height."""
    luma = framed(0, 0, 0, 0)
    luma[:, :32, :60] = 0
    assert insets_of(luma) == Insets()


def test_an_uneven_or_changing_dark_part_is_no_border() -> None:
    """A border has one level: nearly black rows that differ along the frame or in time are picture."""
    uneven, changing = framed(10, 0, 0, 0), framed(10, 0, 0, 0)
    uneven[:, :10] = np.linspace(0, 0.055, 192, dtype=np.float32)
    changing[::2, :10] = 0.05
    for luma in (uneven, changing):
        assert insets_of(luma).top == 0


def test_wide_dark_sides_are_kept() -> None:
    """Nobody wants a third of the frame cut off by mistake."""
    assert insets_of(framed(0, 0, 80, 0)).left == 0


def test_dark_and_small_shots_tell_nothing() -> None:
    """A candle in the dark, and thumbnails."""
    dark = np.zeros((12, 128, 192), np.float32)
    dark[:, 60:64, 90:100] = 0.5
    assert measured(dark) is None
    assert measured(framed(0, 0, 0, 0)[:, :20, :20]) is None


def depths(top: int, bottom: int = 0, switching: int = 0) -> DarkDepths:
    """The measure of a shot with straight borders."""
    return DarkDepths(192, 128, (top,) * 16, (bottom,) * 16, EVEN, EVEN, switching)


def test_only_sides_with_a_border_are_listed() -> None:
    """Sides without one are left out, and one row is singular."""
    film = FilmFacts(192, 128)
    assert BORDERS.describe.found(depths(0, 8), film) == "borders: 8 rows at the bottom"
    assert BORDERS.describe.found(depths(1, 4), film) == (
        "borders: 1 row at the top, 4 rows at the bottom"
    )
    assert BORDERS.describe.found(depths(0), film) == ""


def test_what_is_lit_in_any_shot_is_picture() -> None:
    """The smallest border of all shots; shots without a measure do not count."""
    found = of_film([depths(16, 16), None, depths(4, 16)])
    assert found is not None
    assert found.insets() == Insets(4, 16, 0, 0)
    assert of_film([None, None]) is None


def test_head_switching_counts_if_a_third_of_the_shots_has_it() -> None:
    """It is often hidden by a dark or textured picture."""
    found = of_film([depths(0, 0, 6), depths(0), depths(0, 0, 5)])
    assert found is not None
    assert found.insets() == Insets(0, 6, 0, 0)
    rare = of_film([depths(0, 0, 6), *[depths(0)] * 3])
    assert rare is not None
    assert rare.insets() == Insets()


@pytest.mark.parametrize(
    ("insets", "step", "expected"),
    [
        (Insets(3, 0, 1, 0), 2, Insets(4, 0, 2, 0)),
        (Insets(3, 2, 1, 2), 4, Insets(4, 4, 2, 2)),
        (Insets(0, 1, 0, 1), 2, Insets(0, 2, 0, 2)),
    ],
)
def test_cropped_sides_are_even(insets: Insets, step: int, expected: Insets) -> None:
    """Chroma of half the size keeps whole samples; interlaced frames keep whole pairs of fields."""
    assert even(insets, 192, 128, step) == expected


def test_odd_frames_are_cropped_to_even_ones() -> None:
    """Only if there is a border at all."""
    assert even(Insets(2, 0, 0, 0), 191, 127).size(191, 127) == (190, 124)


def test_decisions_follow_the_option() -> None:
    """Nothing by default and without borders; the same insets in every shot."""
    shot = made_shot(0, 24)
    assert BORDERS.decide(shot, depths(3, 2), BordersOptions(), FILM) is None
    assert BORDERS.decide(shot, depths(0), CROP, FILM) is None
    assert BORDERS.decide(shot, None, CROP, FILM) is None
    assert BORDERS.decide(shot, depths(3, 2), CROP, FILM) == BordersDecision("crop", 4, 2, 0, 0)
    assert BORDERS.decide(shot, depths(3, 2), FILL, FILM) == BordersDecision("fill", 3, 2, 0, 0)
    woven = replace(FILM, fields="tff")
    assert BORDERS.decide(shot, depths(3, 2), CROP, woven) == BordersDecision("crop", 4, 4, 0, 0)


def test_every_shot_gets_the_measure_of_the_film() -> None:
    """Black shots as well, which are not measured by themselves; the size of the film follows."""
    shots = [
        replace(made_shot(0, 10), measures={"borders": depths(8, 8)}),
        made_shot(10, 20, "black"),
        replace(made_shot(20, 30), measures={"borders": depths(4, 8)}),
    ]
    found = with_film_measures(shots)
    assert [shot.measures["borders"].insets() for shot in found] == [Insets(4, 8, 0, 0)] * 3
    assert picture_facts(FILM, found, CROP) == replace(FILM, height=116)
    assert picture_facts(FILM, found, FILL) == FILM
    assert picture_facts(FILM, shots[1:2], CROP) == FILM


def clip(color: ColorSpec = SD) -> Clip:
    """Two frames of 4:2:0 noise."""
    luma = torch.rand(2, 1, 128, 192, generator=torch.Generator().manual_seed(1))
    return Clip(luma, luma[..., ::2, ::2].expand(2, 2, 64, 96) - 0.5, 10, color, Fraction(16, 15))


def test_cropping_keeps_every_value_of_the_picture() -> None:
    """Luma and chroma of the rectangle, with the same sample aspect."""
    whole = clip()
    result = treat(whole, Span(10, 12), BordersDecision("crop", 4, 2, 8, 6))
    assert torch.equal(result.luma, whole.luma[..., 4:126, 8:186])
    assert result.chroma is not None
    assert whole.chroma is not None
    assert torch.equal(result.chroma, whole.chroma[..., 2:63, 4:93])
    assert result.sample_aspect == whole.sample_aspect


def test_narrow_borders_are_filled_and_wide_ones_are_black() -> None:
    """The rows next to a border are mirrored; the picture keeps every value."""
    whole = clip()
    result = treat(whole, Span(10, 12), BordersDecision("fill", 2, 20, 0, 3))
    assert torch.equal(result.luma[..., 2:108, :189], whole.luma[..., 2:108, :189])
    assert torch.equal(result.luma[..., 0, :189], whole.luma[..., 3, :189])
    assert torch.equal(result.luma[..., 2:108, 189], whole.luma[..., 2:108, 188])
    assert not result.luma[..., 108:, :].any()
    assert result.chroma is not None
    assert not result.chroma[..., 54:, :].any()


def test_luma_and_chroma_of_a_border_agree() -> None:
    """A box of 16 of 480 rows is wide; its chroma is black, too, although 8 of 240 rows are not many more."""
    luma = torch.full((1, 1, 480, 64), 0.5)
    whole = Clip(luma, torch.full((1, 2, 240, 32), 0.25), 0, SD)
    result = treat(whole, Span(0, 1), BordersDecision("fill", 16, 0, 0, 0))
    assert result.chroma is not None
    assert not result.luma[..., :16, :].any()
    assert not result.chroma[..., :8, :].any()
    assert result.chroma[..., 8:, :].eq(0.25).all()


@pytest.mark.parametrize(
    ("top", "bottom", "invented"), [(3, 2, True), (20, 20, False), (20, 2, True)]
)
def test_only_mirrored_borders_are_invented(top: int, bottom: int, invented: bool) -> None:
    """Boxes become black, which shows nothing that was not there."""
    decision = BORDERS.decide(made_shot(0, 24), depths(top, bottom), FILL, FILM)
    assert decision is not None
    assert decision.mirrored == invented
    assert BORDERS.describe.invents is not None
    assert BORDERS.describe.invents.where(NoSettings(), decision) == invented


@pytest.fixture(scope="module")
def letterboxed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 frames of 192x128 with black bars of 14 and 15 rows, lossless."""
    video = VideoFormat("ffv1", "yuv420p", 192, 128, Fraction(24), Fraction(16, 15), SD, None, None)
    chroma = np.full((64, 96), 128, np.uint8)
    planes = [(each.y, chroma, chroma) for each in seen(framed(14, 15, 0, 0, 24))]
    return encode(tmp_path_factory.mktemp("film") / "film.mkv", video, planes)


def test_a_cropped_film_is_smaller_and_verified(letterboxed: Path, tmp_path: Path) -> None:
    """Size and aspect; every frame is the part of the source; record and audit have the same rectangle."""
    result = restore.film(
        letterboxed, output=tmp_path / "small.mkv", borders="crop", codec="ffv1"
    ).path
    source, found = probe(letterboxed), probe(result)
    assert (found.width, found.height, found.sar) == (192, 98, Fraction(16, 15))
    pairs = zip(
        *(read_frames(one, one.frames, Span(0, 24)) for one in (source, found)), strict=True
    )
    for before, after in pairs:
        assert np.array_equal(before.planes[0][14:112], after.planes[0])
        assert np.array_equal(before.planes[1][7:56], after.planes[1])
    record = read_known(result)
    assert record is not None
    assert record.crop == Insets(14, 16, 0, 0)
    assert audit_files(letterboxed, result).ok


@pytest.mark.parametrize("fields", ["tff", "bff"])
def test_a_cropped_film_keeps_its_fields(tmp_path: Path, fields: Fields) -> None:
    """If nothing else is requested, rows, tags and field order stay; the picture begins with a top field."""
    color = replace(SD, fields=fields)
    video = VideoFormat("ffv1", "yuv420p", 192, 128, Fraction(25), Fraction(1), color, None, None)
    chroma = np.full((64, 96), 128, np.uint8)
    planes = [(each.y, chroma, chroma) for each in seen(framed(14, 15, 0, 0, 12))]
    path = encode(tmp_path / "film.mkv", video, planes)
    output = tmp_path / "small.mkv"
    result = restore.film(path, output=output, borders="crop", codec="ffv1").path
    source, found = probe(path), probe(result)
    assert source.color.fields == found.color.fields == fields
    assert found.height == 96
    pairs = zip(
        *(read_frames(one, one.frames, Span(0, 12)) for one in (source, found)), strict=True
    )
    for before, after in pairs:
        assert np.array_equal(before.planes[0][16:112], after.planes[0])
    assert audit_files(path, result).ok


def test_another_part_of_the_frame_fails_the_audit(letterboxed: Path, tmp_path: Path) -> None:
    """A rectangle elsewhere shows another picture."""
    from restore.audit.expected_frames import expected_frames
    from restore.audit.order import compare_order
    from restore.framemap import IdentityMap
    from restore.survey.survey import survey

    source = probe(letterboxed)
    found = survey(source, tmp_path / "thumbnails")
    whole = (source, found.frames, tmp_path / "thumbnails", IdentityMap(24), ())
    right = expected_frames(*whole, Insets(14, 16, 0, 0))
    wrong = expected_frames(*whole, Insets(40, 60, 60, 90))
    shown = right.rows(right.own)
    assert compare_order(right, iter(shown)).strange == ()
    assert len(compare_order(wrong, iter(shown)).strange) == 24


def test_a_filled_film_keeps_its_size_and_says_what_is_invented(tmp_path: Path) -> None:
    """Blanking of two rows and columns."""
    video = VideoFormat("ffv1", "yuv420p", 192, 128, Fraction(24), Fraction(1), SD, None, None)
    chroma = np.full((64, 96), 128, np.uint8)
    planes = [(each.y, chroma, chroma) for each in seen(framed(2, 0, 3, 0, 12))]
    path = encode(tmp_path / "film.mkv", video, planes)
    result = restore.film(path, output=tmp_path / "filled.mkv", borders="fill", codec="ffv1")
    found = probe(result.path)
    assert (found.width, found.height) == (192, 128)
    (first, *_) = read_frames(found, found.frames, Span(0, 12))
    assert int(first.planes[0][:, :3].min()) > 40
    assert result.record.synthetic == ("detail",)
