"""Chroma of tape: its faults are measured, it is moved back and cleaned, luma and clean films stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from restore.ageing.amounts import Ageing
from restore.clip import Clip
from restore.timing import Span
from restore.treatments.chroma import (
    CHROMA,
    ChromaDecision,
    ChromaOptions,
    decision_for,
    treat,
)
from restore.treatments.chroma.alignment import ChromaSample, alignment
from restore.treatments.chroma.chroma_faults import FAR, NOISY, ChromaFaults
from restore.treatments.chroma.fault_observer import ChromaObserver, sample_of
from restore.treatments.film_facts import Color, FilmFacts
from restore.treatments.treatment import TreatedShot
from tests.made import made_shot
from tests.treatments.color_scene import clean, interlaced, patches, taped

FILM = FilmFacts(256, 192, recomputed=True)
TAPE = Ageing(chroma_shift=2, chroma_bleed=3, chroma_noise=0.02, subsampled=True)


def seen(*clips: Clip) -> ChromaObserver:
    """An observer that has seen these clips of a shot."""
    observer = ChromaObserver()
    for clip in clips:
        observer.see(clip)
    return observer


def faults(*clips: Clip) -> ChromaFaults:
    """What is measured in them, faulty or not."""
    found = seen(*clips).faults()
    assert found is not None
    return found


def shot(amounts: Ageing, speed: float = 0.0) -> list[Clip]:
    """Four pictures of a shot from this tape."""
    return [taped(patches(speed=speed, seed=seed), amounts, seed) for seed in range(5, 9)]


def error(one: Clip, other: Clip) -> float:
    """Root mean square of the difference of chroma."""
    assert one.chroma is not None
    assert other.chroma is not None
    return float((one.chroma - other.chroma).square().mean().sqrt())


@pytest.mark.parametrize("noise", [0.0, 0.015])
@pytest.mark.parametrize(
    ("right", "down"), [(0.0, 0.0), (1.5, 0.0), (-2.25, 1.0), (0.5, -1.75), (5.0, 0.0)]
)
def test_the_shift_is_found_within_a_quarter_of_a_pixel(
    right: float, down: float, noise: float
) -> None:
    """In both directions, between pixels, with noise and some bleeding."""
    amounts = Ageing(
        chroma_shift=right, chroma_shift_down=down, chroma_noise=noise, chroma_bleed=1.5
    )
    found = faults(*shot(amounts)).known
    assert found is not None
    assert found == pytest.approx((right, down), abs=0.25)


def test_the_shift_of_interlaced_frames_counts_rows_of_the_frame() -> None:
    """It is measured in a field, and given for the frame."""
    clips = shot(Ageing(chroma_shift=2, chroma_shift_down=2))
    found = faults(*(interlaced(clip) for clip in clips)).shift
    assert found is not None
    assert found[0] == pytest.approx(2, abs=0.3)
    assert found[1] == pytest.approx(
        2, abs=1.0
    )  # the sites of a field lie a quarter of a row apart


@pytest.mark.parametrize("siting", ["left", "topleft", "center"])
def test_the_siting_of_chroma_is_not_a_shift(siting: str) -> None:
    """Chroma that is described as lying on the left column lies half a pixel further left."""
    clips = shot(Ageing())
    color = replace(clips[0].color, siting=siting)
    found = faults(*(replace(clip, color=color) for clip in clips)).shift
    assert found is not None
    offset = {"left": (-0.5, 0.0), "topleft": (-0.5, -0.5), "center": (0.0, 0.0)}[siting]
    assert found == pytest.approx(offset, abs=0.15)


def flat() -> Clip:
    """Frames of one color."""
    return clean(torch.full((5, 3, 192, 256), 0.4) * torch.tensor([1.0, 0.5, 0.7]).view(3, 1, 1))


def test_without_color_edges_the_shift_is_unknown() -> None:
    """A flat color could be anywhere; a frame of a few samples, too."""
    assert faults(flat()).known is None
    tiny = ChromaSample(*(lambda plane: (plane, (plane, plane)))(patches(1, 32, 32)[0, 0].numpy()))
    assert alignment([tiny]) is None


def test_smooth_gradients_have_no_position() -> None:
    """The best shift lies beyond those that are looked for: the color changes with the place."""
    y, x = np.mgrid[0:192, 0:256].astype(np.float32)
    luma = 0.5 + 0.3 * np.sin(y / 60) * np.cos(x / 90)
    chroma = 0.2 * np.sin(y / 70 + 1) + 0.1 * x / 256, 0.2 * np.cos(x / 80) * y / 192
    assert alignment([ChromaSample(luma, chroma)] * 3) is None


@pytest.mark.parametrize("strength", [0.01, 0.02, 0.04])
def test_noise_is_measured_in_its_own_unit(strength: float) -> None:
    """The deviation of the noise, which 4:2:0 lowers a little, also where the picture moves."""
    for speed in (0.0, 3.0):
        found = faults(taped(patches(speed=speed), Ageing(chroma_noise=strength)))
        assert found.noise == pytest.approx(strength, rel=0.3)


def test_bleeding_is_softness_along_the_lines() -> None:
    """A blur along the lines is found; the same softness in both directions is none."""
    bled = faults(taped(patches(), Ageing(chroma_bleed=3)))
    assert bled.bleed == pytest.approx(3, abs=1.3)  # soft edges of luma count
    assert faults(clean(patches())).bleed == 0


def test_stairs_are_found_with_their_place() -> None:
    """Groups of four luma columns are two columns of 4:2:0; cropping moves the first group."""
    clip = taped(patches(), Ageing(chroma_stairs=True))
    assert clip.chroma is not None
    assert faults(clip).stairs == 0
    cropped = replace(clip, luma=clip.luma[..., 2:], chroma=clip.chroma[..., 1:])
    assert faults(cropped).stairs == 1
    assert faults(clean(patches())).stairs is None


def test_clean_color_and_gray_films_have_no_faults() -> None:
    """Nothing is measured that a treatment could act on."""
    moving = clean(patches(speed=2.0))
    assert seen(moving).result() is None
    assert seen(flat()).result() is None
    assert seen(replace(moving, chroma=None)).result() is None
    assert seen().result() is None


def test_tape_is_a_fault() -> None:
    """Noise, a wide shift and stairs count; a shift of a lens does not."""
    assert seen(taped(patches(), TAPE)).result() is not None
    assert not ChromaFaults((1.9, 0.0), NOISY / 2, 4.0).faulty
    assert ChromaFaults((0.0, -FAR), 0.0, 0.0).faulty
    assert not ChromaFaults((FAR, 0.0), 0.0, 0.0, error=0.25).faulty
    assert ChromaFaults(None, NOISY, 0.0).faulty
    assert ChromaFaults(None, 0.0, 0.0, 1).faulty


def test_one_grid_for_every_format() -> None:
    """Half of the frame's columns and rows, a quarter for high definition; a field has half of the rows."""
    large = Clip(
        torch.zeros(1, 1, 1080, 1920), torch.zeros(1, 2, 540, 960), 0, clean(patches()).color
    )
    sample, scale = sample_of(large, field=False)
    assert (sample.luma.shape, scale) == ((270, 480), (4, 4))
    small = replace(large, luma=torch.zeros(1, 1, 480, 720), chroma=torch.zeros(1, 2, 480, 180))
    assert sample_of(small, field=False)[0].chroma[0].shape == (240, 360)
    field = replace(large, luma=torch.zeros(1, 1, 240, 720), chroma=torch.zeros(1, 2, 120, 360))
    sample, scale = sample_of(field, field=True)
    assert (sample.luma.shape, scale) == ((240, 360), (2, 2))


@pytest.mark.parametrize("speed", [0.0, 2.0])
def test_tape_is_repaired_under_the_luma(speed: float) -> None:
    """About half of the error is left in patches of any colors, still or moving; luma keeps every value."""
    clips, true = shot(TAPE, speed), clean(patches(speed=speed))
    clip = clips[0]
    result = treat(clip, Span(101, 104), decision_for(faults(*clips)))
    plain, right = clip.part(101, 104), true.part(101, 104)
    assert torch.equal(result.luma, plain.luma)
    assert error(result, right) < 0.55 * error(plain, right)


def test_a_shift_alone_is_moved_back_and_not_smoothed() -> None:
    """Chroma that is only shifted comes back as it was."""
    clips, true = shot(Ageing(chroma_shift=4)), clean(patches())
    clip, decision = clips[0], decision_for(faults(*clips))
    assert decision.noise == 0
    result = treat(clip, Span(101, 104), decision)
    assert error(result, true.part(101, 104)) < 0.2 * error(clip, true)


def test_half_the_strength_is_half_the_way() -> None:
    """Between the source and the whole treatment."""
    clip = taped(patches(), TAPE)
    whole = decision_for(faults(clip))
    half = treat(clip, Span(102, 103), replace(whole, strength=0.5))
    full = treat(clip, Span(102, 103), whole)
    own = clip.part(102, 103)
    assert half.chroma is not None
    assert full.chroma is not None
    assert own.chroma is not None
    torch.testing.assert_close(half.chroma, (own.chroma + full.chroma) / 2)


def test_fields_are_treated_separately() -> None:
    """The chroma of a field depends on the rows of that field only."""
    clip = interlaced(taped(patches(), TAPE))
    assert clip.chroma is not None
    other = clip.chroma.clone()
    other[..., 1::2, :] += 0.1
    decision = ChromaDecision(2.0, 1.0, 0.02, 3.0)
    one, two = (
        treat(replace(clip, chroma=chroma), Span(101, 103), decision)
        for chroma in (clip.chroma, other)
    )
    assert one.chroma is not None
    assert two.chroma is not None
    assert torch.equal(one.chroma[..., ::2, :], two.chroma[..., ::2, :])
    assert not torch.equal(one.chroma[..., 1::2, :], two.chroma[..., 1::2, :])


def decided(options: ChromaOptions, film: FilmFacts, color: Color = "color") -> object:
    """The decision for a noisy shot."""
    measure = ChromaFaults((2.0, 0.1), 0.02, 0.0)
    return CHROMA.decide(made_shot(0, 4, "scene", color), measure, options, film)


def test_only_color_is_treated_and_by_default_where_the_luma_is_computed() -> None:
    """Gray and tinted shots stay, and so does a film that is not cleaned, unless it is requested."""
    wanted = ChromaDecision(2.0, 0.1, 0.02, 2.0)
    assert decided(ChromaOptions(), FILM) == wanted
    assert decided(ChromaOptions(), FilmFacts(256, 192)) is None
    assert decided(ChromaOptions(chroma=0.5), FilmFacts(256, 192)) == replace(wanted, strength=0.5)
    assert decided(ChromaOptions(chroma=0), FILM) is None
    for color in ("mono", "tint"):
        assert decided(ChromaOptions(chroma=1), FILM, color) is None


def test_a_shift_that_lenses_have_is_left() -> None:
    """Below half a pixel nothing is moved; noise without a known shift is still removed."""
    assert decision_for(ChromaFaults((0.4, -0.4), 0.02, 4.0)) == ChromaDecision(0, 0, 0.02, 4.0)
    assert decision_for(ChromaFaults(None, 0.02, 4.0)) == ChromaDecision(0, 0, 0.02, 4.0)


def test_a_shift_that_is_corrected_is_reported() -> None:
    """A tenth of the shift as standard error is enough for the repair: then people and programs see it.

    A shift that is neither exact nor corrected is unknown.
    """
    found = ChromaFaults((2.0, 0.0), 0.02, 4.0, error=0.2)
    assert decision_for(found).right == 2.0
    assert found.known is None
    assert "chroma +2.0 pixels right" in CHROMA.describe.found(found, FILM)
    assert CHROMA.describe.figures(found, FILM)["chroma_right_pixels"] == 2.0
    for unsure in (replace(found, shift=(0.7, 0.0)), replace(found, noise=0.0, shift=(1.9, 0.0))):
        assert decision_for(unsure).right == 0 or not unsure.faulty
        assert "right" not in CHROMA.describe.found(unsure, FILM)
        assert CHROMA.describe.figures(unsure, FILM)["chroma_right_pixels"] is None


def boxed(clip: Clip, rows: int, columns: int) -> Clip:
    """The clip between black bars of so many rows and columns on each side."""
    assert clip.chroma is not None
    pad = torch.nn.functional.pad
    chroma = pad(clip.chroma, (columns // 2, columns // 2, rows // 2, rows // 2))
    return replace(clip, luma=pad(clip.luma, (columns, columns, rows, rows)), chroma=chroma)


def one_color() -> Clip:
    """Frames with many edges in luma and hardly any in chroma: a texture in light of one color."""
    texture = patches().mean(1, keepdim=True)
    return clean(texture * 0.1 + 0.3 * torch.tensor([1.0, 0.5, 0.7]).view(3, 1, 1))


@pytest.mark.parametrize(("rows", "columns"), [(30, 0), (34, 0), (0, 52), (24, 40)])
def test_the_edges_of_bars_tell_no_shift(rows: int, columns: int) -> None:
    """Letterbox and pillarbox: as without bars, nothing is known of one color, and nothing is treated."""
    assert faults(one_color()).shift is None
    observer = seen(*(boxed(one_color(), rows, columns) for _ in range(3)))
    found = observer.faults()
    assert found is not None
    assert (found.shift, found.stairs) == (None, None)
    assert observer.result() is None


@pytest.mark.parametrize("fields", [False, True])
@pytest.mark.parametrize(("rows", "columns"), [(30, 0), (0, 52)])
def test_the_shift_between_bars_is_found(rows: int, columns: int, fields: bool) -> None:
    """The same as without bars, and so is the noise: bars have none of it."""
    amounts = Ageing(chroma_shift=3, chroma_noise=0.015)
    clips = [interlaced(clip) if fields else clip for clip in shot(amounts)]
    bare, found = faults(*clips), faults(*(boxed(clip, rows, columns) for clip in clips))
    assert bare.shift is not None
    assert found.shift is not None
    assert found.shift == pytest.approx(bare.shift, abs=0.15)
    assert found.noise == pytest.approx(bare.noise, rel=0.1)


def test_stairs_between_bars_keep_their_place() -> None:
    """Columns are counted from the border of the frame."""
    clip = taped(patches(), Ageing(chroma_stairs=True))
    assert faults(boxed(clip, 0, 40)).stairs == 0
    assert faults(boxed(clip, 0, 42)).stairs == 1


def lines(shots: Sequence[TreatedShot[ChromaFaults, ChromaDecision]]) -> list[str]:
    """The notes about these shots."""
    return list(CHROMA.describe.notes(shots, ChromaOptions(), FILM))


def test_people_read_what_was_found_and_done() -> None:
    """A line for inspect, figures for programs, a note with the option that leaves it."""
    found = ChromaFaults((2.04, -1.0), 0.021, 3.0, 0)
    assert CHROMA.describe.found(found, FILM) == (
        "chroma noise of 2.1%, chroma +2.0 pixels right, -1.0 down, 4:1:1 stairs"
    )
    figures = CHROMA.describe.figures(found, FILM)
    assert figures["chroma_right_pixels"] == 2.04
    assert set(CHROMA.describe.figures(None, FILM).values()) == {None}
    shot = made_shot(0, 4, "scene", "color")
    assert lines([TreatedShot(shot, found, None)]) == []
    (note,) = lines([TreatedShot(shot, found, decision_for(found))])
    assert "1 of 1 shot" in note
    assert "--chroma 0" in note
