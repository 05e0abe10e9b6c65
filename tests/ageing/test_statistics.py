"""The statistics of each damage are the stated ones: deviations, shares, lengths, positions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from restore.ageing import broadcast, dust, dyes, motion, optics, tape, tape_chroma
from restore.ageing.aged_planes import FilmPlanes, joined, split
from restore.ageing.damage_mask import marked
from restore.ageing.grain import fixed_noise, grain
from restore.ageing.hairs import hairs
from restore.ageing.noise_fields import field
from restore.ageing.random_streams import walk
from restore.ageing.scratch_lines import scratches
from restore.ageing.shrink import resize


def seeded(seed: int = 1) -> Generator:
    """A generator in a known state."""
    return torch.Generator().manual_seed(seed)


def gray(frames: int = 4, height: int = 96, width: int = 96, value: float = 0.5) -> Tensor:
    """Flat frames."""
    return torch.full((frames, 1, height, width), value)


def correlation(noise: Tensor, step: int, side: int) -> float:
    """The correlation of pixels at a distance of `step`, -1..1."""
    length = noise.shape[side] - step
    one, other = noise.narrow(side, 0, length), noise.narrow(side, step, length)
    return float((one * other).mean() / noise.var())


@pytest.mark.parametrize(("sigma", "across"), [(0.0, 0.0), (0.8, 0.8), (0.0, 3.0), (6.0, 6.0)])
def test_fields_are_as_rough_at_the_border_as_in_the_middle(sigma: float, across: float) -> None:
    """Deviation 1 everywhere, and neighbors correlated as the Gaussian says."""
    noise = field((200, 1, 48, 48), torch.empty(0), seeded(), sigma, across)

    border = torch.cat([noise[..., :2, :].flatten(), noise[..., -2:].flatten()])
    assert float(noise[..., 12:36, 12:36].std()) == pytest.approx(1, abs=0.05)
    assert float(border.std()) == pytest.approx(1, abs=0.06)
    for side, width in ((-2, sigma), (-1, across)):
        # the autocorrelation of white noise under a Gaussian is a Gaussian sqrt(2) wider
        expected = float(torch.exp(torch.tensor(-1 / (4 * width**2)))) if width else 0.0
        assert correlation(noise, 1, side) == pytest.approx(expected, abs=0.05)


def test_random_walks_have_the_stated_deviation_and_correlation() -> None:
    """Deviation 1 at any time, the stated correlation from frame to frame, and independent walks."""
    places = walk(40, (0.9,) * 2000 + (0.0,) * 2000, seeded())

    slow, quick = places.split(2000, 1)
    for numbers in (slow[0], slow[39], quick[20]):
        assert float(numbers.std()) == pytest.approx(1, abs=0.06)
    assert float((slow[20] * slow[21]).mean()) == pytest.approx(0.9, abs=0.06)
    assert abs(float((quick[20] * quick[21]).mean())) < 0.08
    assert torch.equal(places[:7], walk(7, (0.9,) * 2000 + (0.0,) * 2000, seeded()))


def test_grain_with_white_noise_keeps_its_strength() -> None:
    """With half of the variance as white noise: the same deviation, half the correlation of neighbors."""
    clumps, mixed = (
        grain(gray(), 0.06, 1.0, 0, seeded(), white=white) - 0.5 for white in (0.0, 0.5)
    )

    assert float(clumps.std()) == pytest.approx(0.06, rel=0.04)
    assert float(mixed.std()) == pytest.approx(0.06, rel=0.04)
    assert correlation(mixed, 1, -1) == pytest.approx(correlation(clumps, 1, -1) / 2, abs=0.04)


@pytest.mark.parametrize(("tilt", "dark", "light"), [(1.0, 0.5, 1.5), (-1.0, 1.5, 0.5)])
def test_tilted_grain_is_proportional_to_light_or_darkness(
    tilt: float, dark: float, light: float
) -> None:
    """At tilt 1 grain is multiplicative: half as strong at half the light of middle gray."""
    for value, expected in ((0.25, dark), (0.75, light)):
        noise = grain(gray(value=value), 0.04, 0.5, 0, seeded(), tilt=tilt) - value
        assert float(noise.std()) == pytest.approx(0.04 * expected, rel=0.05)


def test_fixed_noise_changes_after_the_stated_frames() -> None:
    """The same noise for that many frames, counted from the shot's start, then another."""
    noise = fixed_noise(gray(5), 0.03, 3, 1, lambda number: seeded(number + 5)) - 0.5

    assert torch.equal(noise[0], noise[1])  # frames 1 and 2 of the shot
    assert torch.equal(noise[2], noise[4])  # 3, 4 and 5
    assert not torch.equal(noise[1], noise[2])
    assert float(noise.std()) == pytest.approx(0.03, rel=0.05)


def test_flicker_has_the_stated_deviation() -> None:
    """Fast flicker is new in every frame, drift is not; both have their deviation around a mean of 1."""
    shape = torch.Size((600, 1, 2, 2))
    fast = motion.exposure(shape, 0.05, 0, 0, 0, seeded())
    drift = motion.exposure(shape, 0, 0.05, 0, 0, seeded())
    assert fast is not None
    assert drift is not None

    assert float(fast.std()) == pytest.approx(0.05, rel=0.1)
    assert float(fast.mean()) == pytest.approx(1, abs=0.01)
    assert float(fast.flatten().diff().std()) > 3 * float(drift.flatten().diff().std())


def test_flicker_with_a_slope_keeps_the_middle() -> None:
    """Between middle and edge the light differs by about the slope; the middle has its exposure."""
    light = motion.exposure(torch.Size((400, 1, 9, 9)), 0, 0, 0.04, 0, seeded())
    assert light is not None

    torch.testing.assert_close(light[:, 0, 4, 4], torch.ones(400))
    assert float(light[:, 0, 0, 4].std()) == pytest.approx(0.04 / 2**0.5, rel=0.15)


def test_weave_has_the_stated_deviation() -> None:
    """Vertically the stated one, horizontally two thirds of it; with less jump the path is smoother."""
    down, right = torch.tensor(motion.weave_path(1500, 2.0, 0.5, 0, seeded())).unbind(1)
    calm = torch.tensor(motion.weave_path(1500, 2.0, 0.0, 0, seeded()))[:, 0]

    assert float(down.std()) == pytest.approx(2, rel=0.15)
    assert float(right.std()) == pytest.approx(4 / 3, rel=0.15)
    assert float(calm.diff().std()) < float(down.diff().std()) / 2


@given(sigma=st.floats(1.2, 4), stretch=st.floats(0.5, 2), angle=st.floats(0, 180))
@settings(max_examples=15, deadline=None)
def test_a_stretched_blur_has_the_stated_widths(sigma: float, stretch: float, angle: float) -> None:
    """A point's spread along and across the angle: sigma times, and divided by, the root of the ratio."""
    size = 81
    point = torch.zeros(1, 1, size, size)
    point[..., size // 2, size // 2] = 1
    spread = optics.soften(point, sigma, stretch, angle, 0.0 if stretch != 1 else 1e-3)[0, 0]

    place = torch.arange(size) - size // 2
    turn = torch.deg2rad(torch.tensor(angle))
    along = place * torch.cos(turn) + place.view(-1, 1) * torch.sin(turn)
    across = place.view(-1, 1) * torch.cos(turn) - place * torch.sin(turn)
    for distance, variance in ((along, sigma**2 * stretch), (across, sigma**2 / stretch)):
        assert float((spread * distance**2).sum()) == pytest.approx(variance, rel=0.02, abs=0.02)


def test_defocus_makes_a_disk() -> None:
    """A point becomes a uniform disk of the radius: it keeps its light, its variance is r^2 / 4."""
    point = torch.zeros(1, 1, 61, 61)
    point[..., 30, 30] = 1
    disk = optics.soften(point, 0, 1, 0, 6)[0, 0]

    distance = torch.arange(61) - 30.0
    assert float(disk.sum()) == pytest.approx(1, abs=1e-3)
    assert float((disk * distance**2).sum()) == pytest.approx(9, rel=0.05)
    assert float(disk[30, 30]) == pytest.approx(1 / (torch.pi * 36), rel=0.2)


def test_an_intermediate_size_does_not_shift_the_picture() -> None:
    """Scaled to a smaller or larger size in between, a ramp is still the ramp."""
    ramp = torch.arange(96.0).expand(1, 1, 96, 96) / 96
    for middle in (16, 31, 57):
        there = resize(ramp, (middle, middle), "area")
        back = resize(there, (24, 24), "bicubic")[0, 0, 12]
        expected = (torch.arange(24.0) * 4 + 1.5) / 96
        torch.testing.assert_close(back[4:20], expected[4:20], atol=6e-3, rtol=0)


def test_dust_is_uniform_and_has_the_stated_share_of_bright_specks() -> None:
    """The border has no more than the middle; the share of bright specks may be 0 and 1, too."""
    worn, mask = dust.dust(gray(60, 48, 48), 0.02, 1.2, seeded(), bright=0.5)
    border = torch.cat([mask[..., :4, :].flatten(), mask[..., -4:, :].flatten()])

    assert float(border.float().mean()) == pytest.approx(float(mask.float().mean()), rel=0.4)
    assert float((worn[mask] > 0.5).float().mean()) == pytest.approx(0.5, abs=0.12)
    for share in (0.0, 1.0):
        worn, mask = dust.dust(gray(), 0.02, 1.2, seeded(), bright=share)
        assert bool(((worn[mask] > 0.5) == bool(share)).all())


def test_blotches_are_larger_than_dust() -> None:
    """The same area in fewer, larger pieces: less border per area, and varying opacity."""

    def roughness(mask: Tensor) -> float:
        return float((mask[..., 1:] != mask[..., :-1]).float().sum() / mask.float().sum())

    small = dust.dust(gray(20), 0.02, 1.2, seeded())[1]
    worn, large = dust.blotches(gray(20), 0.02, 6.0, seeded())

    assert 0.01 < float(large.float().mean()) < 0.05
    assert roughness(large) < roughness(small) / 2
    assert float(worn[large].std()) > 0.05


def test_hairs_are_thin_lines() -> None:
    """About the stated number, longer than wide; those in the gate are the same in every frame."""
    new = hairs(gray(30), 1.0, 0, seeded(), seeded(2))[1]
    stuck = hairs(gray(3), 0, 2, seeded(), seeded(2))[1]

    assert 12 < int(new.flatten(1).any(1).sum()) < 27  # 1 - 1/e of 30 frames
    assert 0 < float(new.float().mean()) < 0.03
    assert bool(stuck.any())
    assert torch.equal(stuck[0], stuck[2])
    assert bool(stuck[0, 0, 0].any() or stuck[0, 0, -1].any())  # they come from an edge


def test_scratches_have_the_stated_breaks_and_strength() -> None:
    """The stated share of their length is missing; no change is larger than the strength."""
    whole, broken = (
        scratches(gray(40, 96, 64), 1, 0.3, 1.0, breaks, 0, seeded(), seeded(5))
        for breaks in (0.0, 0.5)
    )

    rows = [mask[:, 0].any(-1).float().mean() for _, mask in (whole, broken)]
    assert float(rows[0]) == 1
    assert float(rows[1]) == pytest.approx(0.5, abs=0.12)
    assert float((whole[0] - 0.5).abs().max()) <= 0.3 + 1e-6


def test_tape_noise_is_correlated_along_lines() -> None:
    """It has the stated deviation; neighbors correlate along a line, not across lines."""
    noise = tape.line_noise(gray(8), 0.03, seeded()) - 0.5

    assert float(noise.std()) == pytest.approx(0.03, rel=0.06)
    assert correlation(noise, 1, -1) > 0.9
    assert abs(correlation(noise, 1, -2)) < 0.1


def test_dropouts_are_pieces_of_single_lines() -> None:
    """The stated share of lines has one, at most about a quarter of the line long."""
    mask = tape.dropouts(gray(40), 0.05, seeded())[1][:, 0]

    lines = mask.any(-1).float().mean()
    assert 0.03 < float(lines) < 0.06  # some begin outside the picture
    assert int(mask.sum(-1).max()) <= 0.28 * 96


def test_head_switching_changes_the_lowest_lines_only() -> None:
    """The stated number of lines is displaced horizontally; all others are unchanged."""
    ramp = torch.linspace(0, 1, 96).expand(2, 1, 96, 96)
    torn, mask = tape.head_switching(ramp, 5, 0, seeded(), seeded(2))

    assert torch.equal(torn[..., :91, :], ramp[..., :91, :])
    assert float(mask[..., 91:, :].float().mean()) > 0.9
    assert tape.head_switching(ramp, 500, 0, seeded(), seeded(2))[0].shape == ramp.shape


def test_interlaced_frames_have_fields_of_two_frames() -> None:
    """Even lines are the frame's own, odd ones the next frame's; the last frame is unchanged."""
    luma = torch.rand(3, 1, 6, 4, generator=seeded())
    combed = broadcast.interlace(luma)

    assert torch.equal(combed[:, :, ::2], luma[:, :, ::2])
    assert torch.equal(combed[:2, :, 1::2], luma[1:, :, 1::2])
    assert torch.equal(combed[2], luma[2])


def test_limited_bandwidth_blurs_along_lines_only() -> None:
    """Horizontal detail is lost, vertical detail stays."""
    stripes = (torch.arange(32) % 2).float()
    vertical, horizontal = stripes.expand(1, 1, 32, 32), stripes.view(-1, 1).expand(1, 1, 32, 32)

    assert float(broadcast.bandwidth(vertical, 1.5)[..., 6:26].std()) < 0.05
    torch.testing.assert_close(broadcast.bandwidth(horizontal, 1.5), horizontal.contiguous())


def test_ringing_overshoots_and_echoes() -> None:
    """Right of an edge luma overshoots, then undershoots; flat fields stay."""
    edge = (torch.arange(64) >= 20).float().expand(1, 1, 4, 64)
    line = broadcast.ringing(edge, 0.6, 2)[0, 0, 0]

    assert float(line.max()) > 1.1
    assert float(line[24:28].min()) < 0.95
    torch.testing.assert_close(broadcast.ringing(gray(), 0.6, 2), gray())


def test_chroma_bleeds_to_the_right() -> None:
    """Color spreads along the line and moves by the shift."""
    sides = torch.zeros(1, 2, 16, 64)
    sides[..., 24:40] = 0.3
    spread = tape_chroma.bleed(sides, 3, 2)[0, 0, 8]

    place = torch.arange(64.0)
    assert float((spread * place).sum() / spread.sum()) == pytest.approx(31.5 + 2, abs=0.1)
    assert float(spread[44]) > 0.01


def test_subsampled_chroma_is_uniform_in_blocks() -> None:
    """Two by two pixels share their mean; odd sizes are kept."""
    sides = torch.rand(1, 2, 7, 9, generator=seeded())
    blocks = tape_chroma.subsample(sides)

    assert blocks.shape == sides.shape
    torch.testing.assert_close(blocks[0, 0, :2, :2], sides[0, 0, :2, :2].mean().expand(2, 2))
    assert torch.equal(blocks, tape_chroma.subsample(blocks))


def test_cyan_fades_first() -> None:
    """Black becomes reddish, white stays white; gray films have no dyes."""
    black = split(torch.zeros(1, 3, 2, 2))
    red, green, blue = joined(dyes.fade(black, 0.4))[0, :, 0, 0].tolist()
    white = split(torch.ones(1, 3, 2, 2))

    assert red > blue > green > 0
    torch.testing.assert_close(joined(dyes.fade(white, 0.4)), joined(white))
    assert dyes.fade(FilmPlanes(gray()), 0.4).chroma is None


def test_a_tint_colors_light_and_leaves_luma() -> None:
    """White gets the tint, black none, luma stays; gray films get chroma."""
    ramp = torch.tensor([0.0, 0.5, 1.0]).view(1, 1, 1, 3)
    film = dyes.tinted(FilmPlanes(ramp), (-0.1, 0.05))

    assert film.chroma is not None
    assert torch.equal(film.luma, ramp)
    torch.testing.assert_close(
        film.chroma[0, :, 0], torch.tensor([[0, -0.05, -0.1], [0, 0.025, 0.05]])
    )


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_masks_mark_changed_code_values(seed: int) -> None:
    """Outside the mask no bit changes, inside it the 8-bit code value differs."""
    before = torch.rand(1, 1, 8, 8, generator=seeded(seed)) * 1.2 - 0.1
    after = before + torch.randn(before.shape, generator=seeded(seed + 1)) * 0.01

    kept, mask = marked(before, after)

    assert torch.equal(kept != before, mask)
    codes = [picture.mul(255).round().clamp(0, 255) for picture in (before, kept)]
    assert torch.equal(codes[0] != codes[1], mask)
