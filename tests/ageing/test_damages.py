"""Each damage alone: zero is the identity, a seed determines it, its effect is the stated one."""

from collections.abc import Callable
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Generator, Tensor

from restore.ageing import (
    broadcast,
    dust,
    hairs,
    motion,
    optics,
    scratch_lines,
    shrink,
    stock,
    storage,
    tape,
    tape_chroma,
    tone,
)
from restore.ageing.grain import fixed_noise, grain
from restore.filters.shift import moved, rows_moved

Damage = Callable[[Tensor, Generator], Tensor]


def flickered(luma: Tensor, fast: float, drift: float, slope: float, seed: Generator) -> Tensor:
    """Luma with flicker."""
    return motion.flicker(luma, motion.exposure(luma.shape, fast, drift, slope, 0, seed))


def weaving(luma: Tensor, reach: float, seed: Generator) -> Tensor:
    """Luma with gate weave."""
    return moved(luma, motion.weave_path(luma.shape[0], reach, 0.5, 0, seed))


def offsets(luma: Tensor, deviation: float, seed: Generator) -> Tensor:
    """The displacement of the lines of these frames."""
    return tape.line_offsets(luma.shape[0], luma.shape[2], deviation, 0.3, seed)


NONE: dict[str, Damage] = {
    "tone": lambda luma, _: tone.print_tone(luma, 1, 0, 0, 1),
    "vignette": lambda luma, _: tone.vignette(luma, 0),
    "blur": lambda luma, _: optics.blur(luma, 0),
    "soften": lambda luma, _: optics.soften(luma, 0, 1.5, 30, 0),
    "halation": lambda luma, _: optics.halation(luma, 0, 3),
    "sharpen": lambda luma, _: optics.sharpen(luma, 0, 1),
    "shrink": lambda luma, _: shrink.shrink(luma, 1, "bicubic"),
    "grain": lambda luma, seed: grain(luma, 0, 1, 0.5, seed),
    "fixed_noise": lambda luma, seed: fixed_noise(luma, 0, 12, 0, lambda n: seed),
    "flicker": lambda luma, seed: flickered(luma, 0, 0, 0, seed),
    "weave": lambda luma, seed: weaving(luma, 0, seed),
    "dust": lambda luma, seed: dust.dust(luma, 0, 2, seed)[0],
    "blotches": lambda luma, seed: dust.blotches(luma, 0, 2, seed)[0],
    "hairs": lambda luma, seed: hairs.hairs(luma, 0, 0, seed, seed)[0],
    "scratches": lambda luma, seed: scratch_lines.scratches(luma, 0, 0.5, 1, 0, 0, seed, seed)[0],
    "bandwidth": lambda luma, _: broadcast.bandwidth(luma, 0),
    "ringing": lambda luma, _: broadcast.ringing(luma, 0, 2),
    "line noise": lambda luma, seed: tape.line_noise(luma, 0, seed),
    "line jitter": lambda luma, seed: rows_moved(luma, offsets(luma, 0, seed)),
    "dropouts": lambda luma, seed: tape.dropouts(luma, 0, seed)[0],
    "head switching": lambda luma, seed: tape.head_switching(luma, 0, 0, seed, seed)[0],
    "bleed": lambda luma, _: tape_chroma.bleed(luma, 0, 0),
    "chroma noise": lambda luma, seed: tape_chroma.chroma_noise(luma, 0, seed),
    "storage": lambda luma, _: storage.store(luma, "none", 20),
}

SOME: dict[str, Damage] = {
    "grain": lambda luma, seed: grain(luma, 0.05, 0.8, 0.5, seed, white=0.3, tilt=0.5),
    "fixed_noise": lambda luma, seed: fixed_noise(luma, 0.05, 2, 0, lambda n: seed),
    "flicker": lambda luma, seed: flickered(luma, 0.1, 0.1, 0.1, seed),
    "weave": lambda luma, seed: weaving(luma, 2, seed),
    "dust": lambda luma, seed: dust.dust(luma, 0.02, 1.5, seed)[0],
    "blotches": lambda luma, seed: dust.blotches(luma, 0.1, 3, seed)[0],
    "hairs": lambda luma, seed: hairs.hairs(luma, 3, 2, seed, seed)[0],
    "scratches": lambda luma, seed: scratch_lines.scratches(luma, 3, 0.5, 1, 0.3, 0, seed, seed)[0],
    "line noise": lambda luma, seed: tape.line_noise(luma, 0.05, seed),
    "line jitter": lambda luma, seed: rows_moved(luma, offsets(luma, 1, seed)),
    "dropouts": lambda luma, seed: tape.dropouts(luma, 0.3, seed)[0],
    "head switching": lambda luma, seed: tape.head_switching(luma, 4, 0, seed, seed)[0],
    "chroma noise": lambda luma, seed: tape_chroma.chroma_noise(luma, 0.05, seed),
}


def seeded(seed: int = 1) -> Generator:
    """A generator in a known state."""
    return torch.Generator().manual_seed(seed)


def gray(value: float = 0.5, frames: int = 3, size: int = 48) -> Tensor:
    """Flat frames."""
    return torch.full((frames, 1, size, size), value)


@pytest.mark.parametrize("name", NONE)
@settings(max_examples=10, deadline=None)
@given(frames=st.integers(1, 3), height=st.integers(1, 9), width=st.integers(1, 9))
def test_amount_zero_is_the_identity(name: str, frames: int, height: int, width: int) -> None:
    """Without damage all bits stay, at any size, also of values outside 0..1."""
    luma = torch.rand(frames, 1, height, width, generator=seeded()) * 1.2 - 0.1

    assert torch.equal(luma, NONE[name](luma, seeded()))


@pytest.mark.parametrize("name", SOME)
def test_a_seed_determines_the_damage(name: str) -> None:
    """The same generator state gives the same film, another state another one, and both are damaged."""
    luma = torch.rand(3, 1, 32, 32, generator=seeded())
    once, again, other = (SOME[name](luma, seeded(seed)) for seed in (7, 7, 8))

    assert torch.equal(once, again)
    assert not torch.equal(once, other)
    assert not torch.equal(once, luma)


@pytest.mark.parametrize("name", SOME)
def test_the_type_of_numbers_is_kept(name: str) -> None:
    """Double precision in, double precision out."""
    luma = torch.rand(3, 1, 32, 32, generator=seeded(), dtype=torch.float64)

    assert SOME[name](luma, seeded(7)).dtype == torch.float64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("name", SOME)
def test_frames_on_a_gpu_stay_there(name: str) -> None:
    """Frames on a GPU are aged there, and the seed decides as on the CPU."""
    luma = torch.rand(3, 1, 32, 32, generator=seeded()).cuda()
    once, again = (SOME[name](luma, seeded(7)) for _ in range(2))

    assert once.device == luma.device
    assert torch.equal(once, again)


def test_orthochromatic_stock_is_blind_to_red() -> None:
    """Red becomes nearly black and blue light; on panchromatic stock they differ less."""
    red, blue = torch.zeros(2, 1, 3, 1, 1)
    red[:, 0], blue[:, 2] = 1, 1

    ortho = [float(stock.expose(color, stock.ORTHOCHROMATIC)) for color in (red, blue)]
    pan = [float(stock.expose(color, stock.PANCHROMATIC)) for color in (red, blue)]

    assert ortho[0] < 0.25 < 0.7 < ortho[1]
    assert abs(pan[0] - pan[1]) < 0.1


@given(value=st.floats(0, 1))
def test_every_stock_keeps_grays(value: float) -> None:
    """A gray object has the same tone on any stock: the response sums to one."""
    for response in (stock.REC709, stock.PANCHROMATIC, stock.ORTHOCHROMATIC):
        assert float(stock.expose(torch.full((1, 3, 1, 1), value), response)) == pytest.approx(
            value, abs=1e-3
        )


def test_tone_moves_black_and_white_as_stated() -> None:
    """Fading maps 0 to `black` and 1 to `white` whatever the curve between; contrast steepens it."""
    ramp = torch.linspace(0, 1, 101).view(1, 1, 1, -1)

    toned = tone.print_tone(ramp, 1.3, 0.5, 0.1, 0.9).flatten()
    steep = tone.print_tone(ramp, 1, 0.8, 0, 1).flatten()

    assert toned[[0, -1]].tolist() == pytest.approx([0.1, 0.9])
    assert bool((toned.diff() > 0).all())
    assert float(steep[51] - steep[49]) > 0.02


def test_vignette_darkens_corners_only() -> None:
    """The middle keeps its tone, the corner loses the stated share."""
    result = tone.vignette(gray(1.0, 1, 49), 0.4)

    assert float(result[0, 0, 24, 24]) == pytest.approx(1.0)
    assert float(result[0, 0, 0, 0]) == pytest.approx(0.6)


@given(sigma=st.floats(0.1, 4))
@settings(max_examples=20, deadline=None)
def test_blur_keeps_flat_fields_and_spreads_a_point(sigma: float) -> None:
    """Flat stays flat up to the border; a point keeps its light and loses its height."""
    point = torch.zeros(1, 1, 41, 41)
    point[..., 20, 20] = 1

    spread = optics.blur(point, sigma)

    torch.testing.assert_close(optics.blur(gray(), sigma), gray())
    assert float(spread.sum()) == pytest.approx(1, abs=1e-4)
    assert float(spread.max()) <= 1


def test_halation_glows_around_highlights_alone() -> None:
    """Around a white square dark areas get lighter; a picture without highlights is unchanged."""
    lamp = torch.full((1, 1, 33, 33), 0.1)
    lamp[..., 12:20, 12:20] = 1

    glowing = optics.halation(lamp, 0.3, 3)

    assert float(glowing[0, 0, 16, 22]) > 0.12
    assert torch.equal(gray(0.6), optics.halation(gray(0.6), 0.3, 3))


@pytest.mark.parametrize("kernel", get_args(shrink.Kernel))
def test_shrinking_keeps_place_and_tone(kernel: shrink.Kernel) -> None:
    """A ramp that is scaled down is the ramp at the new centers: no kernel shifts it by half a pixel."""
    ramp = torch.arange(64.0).expand(1, 1, 64, 64) / 64

    small = shrink.shrink(ramp, 4, kernel)

    assert small.shape == (1, 1, 16, 16)
    expected = (torch.arange(2.0, 14) * 4 + 1.5) / 64
    torch.testing.assert_close(small[0, 0, 8, 2:14], expected, atol=2e-3, rtol=0)


def test_grain_has_the_stated_strength_and_is_new_in_every_frame() -> None:
    """Standard deviation as asked in middle gray, mean kept, frames uncorrelated."""
    noise = grain(gray(frames=4, size=96), 0.05, 0.7, 1.0, seeded()) - 0.5

    assert float(noise.std()) == pytest.approx(0.05, rel=0.02)
    assert abs(float(noise.mean())) < 0.002
    assert abs(float((noise[0] * noise[1]).mean())) < 0.05**2 / 10


def test_grain_depends_on_density() -> None:
    """With full density dependence pure black and white stay clean; without it they do not."""
    for value in (0.0, 1.0):
        assert torch.equal(gray(value), grain(gray(value), 0.05, 0.7, 1.0, seeded()))
        assert not torch.equal(gray(value), grain(gray(value), 0.05, 0.7, 0.0, seeded()))


def test_grain_size_correlates_neighbors() -> None:
    """Neighbors are independent in white noise, and correlated in clumps."""

    def correlation(size: float) -> float:
        noise = grain(gray(size=96), 0.1, size, 0, seeded()) - 0.5
        return float((noise[..., 1:] * noise[..., :-1]).mean() / noise.var())

    assert abs(correlation(0)) < 0.03
    assert correlation(1.0) > 0.5


@given(area=st.floats(0.002, 0.05))
@settings(max_examples=10, deadline=None)
def test_dust_covers_about_the_stated_area(area: float) -> None:
    """The share of changed pixels follows the amount within a factor of two."""
    changed = (dust.dust(gray(frames=4, size=64), area, 1.5, seeded())[0] != 0.5).float().mean()

    assert area / 2 < float(changed) < area * 2


def test_scratches_run_through_the_whole_height_and_persist() -> None:
    """A scratched column is changed in every row, near the same place in the next frame."""
    change = scratch_lines.scratches(gray(frames=2, size=64), 1, 0.5, 1, 0, 0, seeded(), seeded(4))[
        0
    ]
    change = (change - 0.5).abs()

    place = change.amax(2)[:, 0].argmax(1)
    assert bool((change[0, 0, :, place[0]] > 0.05).all())
    assert abs(int(place[0]) - int(place[1])) <= 3


def test_flicker_changes_exposure_frame_by_frame() -> None:
    """A flat frame stays flat at another level; the levels differ from frame to frame."""
    result = flickered(gray(frames=5), 0.1, 0, 0, seeded())

    levels = result.mean((1, 2, 3))
    assert float((result - levels.view(-1, 1, 1, 1)).abs().max()) < 1e-6
    assert float(levels.std()) > 0.01


@settings(max_examples=10, deadline=None)
@given(smooth=st.floats(0, 1))
def test_lines_are_displaced_by_the_stated_deviation(smooth: float) -> None:
    """The deviation is the amount, whatever its smooth share; the smooth part repeats from line to line."""
    found = tape.line_offsets(40, 400, 1.5, smooth, seeded())
    assert float(found.std()) == pytest.approx(1.5, rel=0.05)
    alike = float((found[:, 1:] * found[:, :-1]).mean()) / 1.5**2
    assert alike == pytest.approx(smooth, abs=0.05)
