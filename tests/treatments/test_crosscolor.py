"""Cross color: the pattern of composite video is found and removed where nothing moves."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from restore.ageing.amounts import Ageing
from restore.ageing.composite import System
from restore.clip import Clip
from restore.timing import Span
from restore.treatments.crosscolor import (
    CROSSCOLOR,
    CrosscolorDecision,
    CrosscolorOptions,
    at,
    treat,
)
from restore.treatments.crosscolor.composite_faults import CYCLES, CompositeFaults
from restore.treatments.crosscolor.find_pattern import PatternObserver
from restore.treatments.film_facts import FilmFacts
from restore.treatments.treatment import TreatedShot
from tests.made import made_shot
from tests.treatments.color_scene import clean, patches, taped

FILM = FilmFacts(720, 192, recomputed=True)
SYSTEMS: tuple[tuple[System, int], ...] = (("ntsc", 1), ("pal", 2))


def dotted(system: System, speed: float = 0.0) -> Clip:
    """Patches of color from a composite source, as wide as video."""
    return taped(patches(7, width=720, speed=speed), Ageing(dot_crawl=0.8, subcarrier=system))


def found_in(clip: Clip) -> CompositeFaults | None:
    """What is measured in a clip."""
    observer = PatternObserver()
    observer.see(clip)
    return observer.result()


def rms(change: torch.Tensor) -> float:
    """Root mean square."""
    return float(change.square().mean().sqrt())


@pytest.mark.parametrize(("system", "distance"), SYSTEMS)
def test_each_system_is_found_by_its_own_alternation(system: System, distance: int) -> None:
    """NTSC is opposite after one frame, PAL after two; the frequency is that of the system."""
    found = found_in(dotted(system))
    assert found is not None
    assert (found.distance, found.cycles) == (distance, CYCLES[distance])
    assert found.share > 0.05


def test_nothing_is_found_without_a_pattern() -> None:
    """Clean frames, noise, and light that alternates from frame to frame have no subcarrier."""
    plain = clean(patches(7, width=720))
    noisy = replace(plain, luma=plain.luma + 0.05 * torch.randn(plain.luma.shape))
    light = torch.tensor([1.0, 0.9] * 4)[:7].view(7, 1, 1, 1)
    for clip in (plain, noisy, replace(plain, luma=plain.luma * light)):
        assert found_in(clip) is None
    assert found_in(plain.part(100, 102)) is None
    assert PatternObserver().result() is None


def test_detail_that_alternates_in_all_lines_alike_is_no_subcarrier() -> None:
    """Compression may alternate fine detail between frames, but not with opposite lines."""
    plain = clean(patches(7, width=720))
    wave = 0.03 * torch.cos(2 * torch.pi * torch.arange(720) * CYCLES[1] / 720)
    sign = 1 - 2 * (torch.arange(7) % 2).view(7, 1, 1, 1)
    assert found_in(replace(plain, luma=plain.luma + sign * wave)) is None


@pytest.mark.parametrize(("system", "distance"), SYSTEMS)
def test_dots_are_removed_from_still_frames(system: System, distance: int) -> None:
    """A tenth of the pattern at most is left, inside a shot and at its end; half of it at half strength."""
    clip, true = dotted(system), clean(patches(7, width=720))
    decision = CrosscolorDecision(distance, CYCLES[distance])
    dots = rms(clip.luma - true.luma)
    for frame in (100, 103, 106):
        span = Span(frame, frame + 1)
        right = true.part(frame, frame + 1).luma
        assert rms(treat(clip, span, decision).luma - right) < 0.15 * dots
        half = treat(clip, span, replace(decision, strength=0.5)).luma
        assert rms(half - right) == pytest.approx(0.5 * dots, rel=0.2)


def test_rainbows_are_removed_from_still_frames() -> None:
    """False color that alternates goes; the color itself stays."""
    true = clean(patches(7, width=720))
    assert true.chroma is not None
    sign = 1 - 2 * (torch.arange(7) % 2).view(7, 1, 1, 1)
    rainbow = 0.05 * torch.cos(torch.arange(360) / 7) * sign
    clip = replace(true, chroma=true.chroma + rainbow)
    result = treat(clip, Span(103, 104), CrosscolorDecision(1, CYCLES[1]))
    assert result.chroma is not None
    assert rms(result.chroma - true.chroma[3:4]) < 0.1 * rms(rainbow)


def test_grain_and_motion_are_kept() -> None:
    """What changes like noise is not an alternation; where the picture moves nothing is changed."""
    still = clean(patches(7, width=720))
    grain = 0.03 * torch.randn(still.luma.shape, generator=torch.Generator().manual_seed(1))
    grainy = replace(still, luma=still.luma + grain)
    moving = clean(patches(7, width=720, speed=5.0))
    for clip, most in ((grainy, 0.004), (moving, 0.002)):
        result = treat(clip, Span(103, 104), CrosscolorDecision(1, CYCLES[1]))
        assert rms(result.luma - clip.part(103, 104).luma) < most


def test_a_single_frame_and_gray_stay() -> None:
    """Without a neighbor there is nothing to compare with."""
    clip = dotted("ntsc")
    one = treat(clip.part(103, 104), Span(103, 104), CrosscolorDecision(1, CYCLES[1]))
    assert torch.equal(one.luma, clip.part(103, 104).luma)
    gray = treat(replace(clip, chroma=None), Span(103, 104), CrosscolorDecision(1, CYCLES[1]))
    assert gray.chroma is None


def test_frames_made_of_fields_have_twice_the_distance() -> None:
    """A frame of each field doubles it; where frames are left out the phases are irregular."""
    found = CompositeFaults(1, CYCLES[1], 0.1)
    assert at(found, (0, 1, 2, 3)) == found
    assert at(found, (0,)) == found
    assert at(found, (0, 0, 1, 1, 2, 2)) == replace(found, distance=2)
    assert at(found, (0, 1, 3, 4, 6)) is None
    assert at(found, (0, 1, 1, 2, 3)) is None


def test_it_is_decided_where_a_pattern_was_found() -> None:
    """By default where a network computes the luma; the note names the option that leaves it."""
    found, shot = CompositeFaults(2, CYCLES[2], 0.1), made_shot(0, 4, "scene", "color")
    decision = CROSSCOLOR.decide(shot, found, CrosscolorOptions(), FILM)
    assert decision == CrosscolorDecision(2, CYCLES[2])
    assert CROSSCOLOR.decide(shot, None, CrosscolorOptions(crosscolor=1), FILM) is None
    assert CROSSCOLOR.decide(shot, found, CrosscolorOptions(), FilmFacts(720, 192)) is None
    assert CROSSCOLOR.decide(shot, found, CrosscolorOptions(crosscolor=0), FILM) is None
    shots = [TreatedShot(shot, found, decision), TreatedShot(shot, None, None)]
    (note,) = CROSSCOLOR.describe.notes(shots, CrosscolorOptions(), FILM)
    assert "1 of 2 shots" in note
    assert "--crosscolor 0" in note
    assert CROSSCOLOR.describe.found(found, FILM) == "dot crawl of PAL in 10.0% of the picture"
