"""Cross color: the subcarrier of composite video is found, and dots and rainbows are removed."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from restore.ageing.amounts import Ageing
from restore.clip import Clip
from restore.filters.composite_signal import CYCLES, System
from restore.timing import Span
from restore.treatments.crosscolor import (
    CROSSCOLOR,
    CrosscolorDecision,
    CrosscolorOptions,
    at,
    decision_for,
    treat,
)
from restore.treatments.crosscolor.composite_faults import DISTANCES, CompositeFaults
from restore.treatments.crosscolor.find_subcarrier import LARGEST, CrosstalkObserver
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import TreatedShot
from tests.made import made_shot
from tests.treatments.color_scene import clean, interlaced, patches, taped

FILM = FilmFacts(720, 192, recomputed=True)
SYSTEMS: tuple[System, ...] = ("ntsc", "pal")


def dotted(system: System, speed: float = 0.0, crawl: float = 0.6, share: float = 0.3) -> Clip:
    """Patches of color from a composite source, as wide as video."""
    amounts = Ageing(dot_crawl=crawl, cross_color=share, subcarrier=system)
    return taped(patches(5, width=720, speed=speed), amounts)


def found_in(clip: Clip) -> CompositeFaults | None:
    """What is measured in a clip."""
    observer = CrosstalkObserver()
    observer.see(clip)
    return observer.result()


def rms(change: torch.Tensor) -> float:
    """Root mean square."""
    return float(change.square().mean().sqrt())


def errors(clip: Clip, true: Clip) -> tuple[float, float]:
    """The error of luma and of chroma."""
    assert clip.chroma is not None
    assert true.chroma is not None
    return rms(clip.luma - true.luma), rms(clip.chroma - true.chroma)


@pytest.mark.parametrize("speed", [0.0, 3.0])
@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_is_found_in_still_and_moving_pictures(system: System, speed: float) -> None:
    """With its frequency, the share of color in luma, and that of luma in color."""
    found = found_in(dotted(system, speed))
    assert found is not None
    assert (found.system, found.distance) == (system, DISTANCES[system])
    assert found.cycles == pytest.approx(CYCLES[system], abs=0.2)
    assert found.crawl == pytest.approx(0.6, abs=0.2)
    assert found.share > 0.05


def test_the_frequency_of_a_scaled_picture_is_measured() -> None:
    """A picture of 704 of 720 samples has fewer cycles in its width; one scaled to 640 columns as many."""
    clip = dotted("ntsc")
    assert clip.chroma is not None
    cut = replace(clip, luma=clip.luma[..., 8:-8], chroma=clip.chroma[..., 4:-4])
    sizes = ((clip.luma, (192, 640)), (clip.chroma, (96, 320)))
    luma, chroma = (
        torch.nn.functional.interpolate(each, size, mode="bicubic") for each, size in sizes
    )
    scaled = replace(clip, luma=luma, chroma=chroma)
    for picture, cycles in ((cut, CYCLES["ntsc"] * 704 / 720), (scaled, CYCLES["ntsc"])):
        found = found_in(picture)
        assert found is not None
        assert found.cycles == pytest.approx(cycles, abs=0.3)


def test_nothing_is_found_where_rows_were_resampled() -> None:
    """The phase of the lines is lost: the picture is left as it is."""
    clip = dotted("ntsc")
    assert clip.chroma is not None
    sizes = ((clip.luma, (160, 720)), (clip.chroma, (80, 360)))
    luma, chroma = (
        torch.nn.functional.interpolate(each, size, mode="bilinear") for each, size in sizes
    )
    assert found_in(replace(clip, luma=luma, chroma=chroma)) is None


def test_nothing_is_found_without_a_pattern() -> None:
    """Clean frames, still or moving, noise, and light that alternates from frame to frame."""
    plain = clean(patches(5, width=720))
    noisy = replace(plain, luma=plain.luma + 0.05 * torch.randn(plain.luma.shape))
    light = torch.tensor([1.0, 0.9, 1.0, 0.9, 1.0]).view(5, 1, 1, 1)
    moving = clean(patches(5, width=720, speed=3.0))
    for clip in (plain, noisy, moving, replace(plain, luma=plain.luma * light)):
        assert found_in(clip) is None


def test_detail_that_alternates_without_color_is_no_subcarrier() -> None:
    """Fine waves at its frequency that have no relation to the color of the picture."""
    plain = clean(patches(5, width=720))
    wave = 0.03 * torch.cos(2 * torch.pi * torch.arange(720) * CYCLES["ntsc"] / 720)
    sign = 1 - 2 * (torch.arange(5) % 2).view(5, 1, 1, 1)
    for rows in (torch.ones(192), 1 - 2 * (torch.arange(192) // 2 % 2)):
        dots = sign * wave * rows.view(1, 1, -1, 1)
        found = found_in(replace(plain, luma=plain.luma + dots))
        assert found is None or found.crawl < 0.3


def test_pictures_that_cannot_come_from_composite_video_are_not_measured() -> None:
    """Gray, too large, too small or too short ones, and a shot of which nothing was seen."""
    clip = dotted("ntsc")
    assert clip.chroma is not None
    large = torch.zeros(5, 1, 64, LARGEST[0] + 2), torch.zeros(5, 2, 32, LARGEST[0] // 2 + 1)
    small = clip.luma[..., :32, :], clip.chroma[..., :16, :]
    assert found_in(replace(clip, chroma=None)) is None
    assert found_in(clip.part(100, 102)) is None
    for luma, chroma in (large, small):
        assert found_in(replace(clip, luma=luma, chroma=chroma)) is None
    assert CrosstalkObserver().result() is None


def test_gray_pictures_with_neutral_chroma_have_no_pattern() -> None:
    """A black-and-white film that is stored in color has no color edges."""
    plain = clean(patches(5, width=720))
    assert plain.chroma is not None
    assert found_in(replace(plain, chroma=torch.zeros_like(plain.chroma))) is None


@pytest.mark.parametrize("speed", [0.0, 3.0])
@pytest.mark.parametrize("system", SYSTEMS)
def test_dots_are_removed(system: System, speed: float) -> None:
    """More than half of the error of luma, in still frames more; also at the ends of a shot."""
    clip, true = dotted(system, speed), clean(patches(5, width=720, speed=speed))
    found = found_in(clip)
    assert found is not None
    for frame in (100, 102, 104):
        span = Span(frame, frame + 1)
        right = true.part(frame, frame + 1)
        before = errors(clip.part(frame, frame + 1), right)
        after = errors(treat(clip, span, decision_for(found)), right)
        assert after[0] < (0.5 if speed else 0.3) * before[0]
        assert after[1] <= before[1]


def test_rainbows_are_measured_and_removed() -> None:
    """False color of fine detail; patches without it have none that could be measured."""
    amounts = Ageing(dot_crawl=0.5, cross_color=0.3, subcarrier="pal")
    draw = torch.Generator().manual_seed(8)
    detail = 0.08 * torch.randn(1, 1, 192, 720, generator=draw)
    rgb = patches(5, width=720) * 0.8 + 0.1 + detail
    clip, true = taped(rgb, amounts), clean(rgb)
    found, smooth = found_in(clip), found_in(dotted("pal"))
    assert found is not None
    assert smooth is not None
    assert found.rainbows == pytest.approx(0.3, abs=0.1)
    assert smooth.rainbows == 0
    result = treat(clip, Span(102, 103), decision_for(found))
    before = errors(clip.part(102, 103), true.part(102, 103))
    after = errors(result, true.part(102, 103))
    assert after[1] < 0.6 * before[1]


def test_half_the_strength_changes_half_as_much() -> None:
    """Every value is in the middle between the untouched and the repaired one."""
    clip, span = dotted("ntsc"), Span(102, 103)
    half, full = (
        treat(clip, span, CrosscolorDecision(1, CYCLES["ntsc"], share, "ntsc", 0.6, 0.3))
        for share in (0.5, 1.0)
    )
    torch.testing.assert_close(half.luma, (clip.luma[2:3] + full.luma) / 2)


def test_clean_frames_hardly_change_even_if_a_pattern_is_expected() -> None:
    """Fields that do not show it are left; a tenth of what was expected is what edges of luma resemble."""
    for speed in (0.0, 3.0):
        plain, worn = clean(patches(5, width=720, speed=speed)), dotted("ntsc", speed)
        result = treat(plain, Span(102, 103), CrosscolorDecision(1, CYCLES["ntsc"], crawl=0.6))
        change = rms(result.luma - plain.luma[2:3])
        assert change < 0.1 * rms(worn.luma[2:3] - plain.luma[2:3])


def test_grain_is_kept() -> None:
    """What changes like noise is no alternation."""
    still = dotted("ntsc")
    grain = 0.03 * torch.randn(still.luma.shape, generator=torch.Generator().manual_seed(1))
    decision = CrosscolorDecision(1, CYCLES["ntsc"], 1.0, "ntsc", 0.6, 0.0)
    grainy = treat(replace(still, luma=still.luma + grain), Span(102, 103), decision)
    smooth = treat(still, Span(102, 103), decision)
    assert rms(grainy.luma - smooth.luma) > 0.9 * rms(grain[2:3])


def test_single_frames_and_irregular_phases_are_treated_without_neighbors() -> None:
    """The color predicts most of the dots; nothing else of the shot is needed."""
    clip, true = dotted("pal"), clean(patches(5, width=720)).luma[2:3]
    decision = CrosscolorDecision(0, CYCLES["pal"], 1.0, "pal", 0.6, 0.3)
    one = treat(clip.part(102, 103), Span(102, 103), decision)
    assert torch.equal(one.luma, treat(clip, Span(102, 103), decision).luma)
    assert rms(one.luma - true) < 0.5 * rms(clip.luma[2:3] - true)


def test_interlaced_frames_are_treated_by_field() -> None:
    """The color of a field belongs to the dots of that field."""
    clip, true = dotted("ntsc"), clean(patches(5, width=720))
    assert clip.chroma is not None
    assert true.chroma is not None
    fields = replace(interlaced(clip), chroma=torch.repeat_interleave(clip.chroma, 2, -2))
    found = found_in(fields)
    assert found is not None
    result = treat(fields, Span(102, 103), decision_for(found))
    assert rms(result.luma - true.luma[2:3]) < 0.4 * rms(clip.luma[2:3] - true.luma[2:3])


def test_gray_and_decisions_without_crosstalk_change_nothing() -> None:
    """Such decisions are in records of earlier versions."""
    clip, decision = dotted("ntsc"), CrosscolorDecision(1, CYCLES["ntsc"], crawl=0.5)
    gray = treat(replace(clip, chroma=None), Span(102, 103), decision)
    assert gray.chroma is None
    assert torch.equal(gray.luma, clip.luma[2:3])
    old = treat(clip, Span(102, 103), CrosscolorDecision(1, CYCLES["ntsc"]))
    assert torch.equal(old.luma, clip.luma[2:3])


def test_frames_made_of_fields_have_twice_the_distance() -> None:
    """A frame of each field doubles it; where frames are left out the phases are irregular."""
    found = CompositeFaults(1, CYCLES["ntsc"], 0.1, "ntsc", 0.6, 0.3)
    assert at(found, (0, 1, 2, 3)) == found
    assert at(found, (0,)) == found
    assert at(found, (0, 0, 1, 1, 2, 2)) == replace(found, distance=2)
    assert at(found, (0, 1, 3, 4, 6)) == replace(found, distance=0)
    assert at(found, (0, 1, 1, 2, 3)) == replace(found, distance=0)


def test_it_is_decided_where_a_pattern_was_found() -> None:
    """By default where a network computes the luma; the note names the option that leaves it."""
    found = CompositeFaults(2, CYCLES["pal"], 0.1, "pal", 0.5, 0.2)
    shot = made_shot(0, 4, "scene", "color")
    decision = CROSSCOLOR.decide(shot, found, CrosscolorOptions(), FILM)
    assert decision == CrosscolorDecision(2, CYCLES["pal"], 1.0, "pal", 0.5, 0.2)
    assert CROSSCOLOR.decide(shot, None, CrosscolorOptions(crosscolor=1), FILM) is None
    assert CROSSCOLOR.decide(shot, found, CrosscolorOptions(), FilmFacts(720, 192)) is None
    assert CROSSCOLOR.decide(shot, found, CrosscolorOptions(crosscolor=0), FILM) is None
    shots = [TreatedShot(shot, found, decision), TreatedShot(shot, None, None)]
    (note,) = CROSSCOLOR.describe.notes(shots, CrosscolorOptions(), FILM)
    assert "1 of 2 shots" in note
    assert "--crosscolor 0" in note
    assert CROSSCOLOR.describe.found(found, FILM) == "dot crawl of PAL in 10.0% of the picture"
