"""Chroma flicker along motion."""

import pytest
import torch

from restore.evaluation.flicker import FlickerStep, chroma_flicker, motion


def moving(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Three frames of smooth luma and its chroma, both shifted by `step` pixels a frame."""
    small = torch.rand(1, 3, 8, 12, generator=torch.Generator().manual_seed(1))
    size = (64, 96 + 2 * step)
    wide = torch.nn.functional.interpolate(small, size, mode="bicubic").clamp(0, 1)
    frames = torch.cat([wide[..., at * step : at * step + 96] for at in range(3)])
    return frames[:, :1], frames[:, 1:] - 0.5


@pytest.mark.parametrize("step", [0, 3])
def test_color_that_moves_with_the_picture_does_not_flicker(step: int) -> None:
    """Almost nothing; without motion compensation it would be several times that."""
    luma, chroma = moving(step)
    along = chroma_flicker(chroma, motion(luma))
    standing = 255 * float(chroma.diff(dim=0).square().mean().sqrt())
    assert along <= 0.25 * standing + 1e-4  # code values


def test_a_blinking_tint_is_measured_in_code_values() -> None:
    """Every frame differs by 4/255 from the one before in both planes, nothing moves: 4."""
    luma, chroma = moving(0)
    blink = torch.tensor([0.0, 4 / 255, 0.0]).view(3, 1, 1, 1)
    assert chroma_flicker(chroma + blink, motion(luma)) == pytest.approx(4, rel=0.02)


def test_one_frame_cannot_flicker() -> None:
    """A still has no flicker."""
    luma, chroma = moving(0)
    assert chroma_flicker(chroma[:1], motion(luma[:1])) == 0


def test_occluded_points_do_not_count() -> None:
    """If no point is visible in both frames, the flicker is 0, not NaN."""
    luma, chroma = moving(0)
    unseen = [FlickerStep(step.backward, torch.zeros_like(step.visible)) for step in motion(luma)]
    assert chroma_flicker(chroma, unseen) == 0


@pytest.mark.parametrize("size", [(8, 64), (13, 60), (12, 12), (4, 200), (1, 1)])
def test_narrow_pictures_have_motion_too(size: tuple[int, int]) -> None:
    """OpenCV's flow crashes on some of them: they are computed with a border."""
    luma = torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(1))
    (step,) = motion(luma)
    assert step.backward.shape == (1, 2, *size)
    assert step.visible.shape == (1, 1, *size)


def known_step(shift: int, height: int = 8, width: int = 12) -> FlickerStep:
    """Every pixel was `shift` columns further left in the frame before, and visible there."""
    backward = torch.zeros(1, 2, height, width)
    backward[:, 0] = -shift
    visible = torch.ones(1, 1, height, width, dtype=torch.bool)
    visible[..., :shift] = False  # came into the picture
    return FlickerStep(backward, visible)


@pytest.mark.parametrize("shift", [0, 1, 3])
def test_color_along_a_known_motion_does_not_change(shift: int) -> None:
    """Chroma that is moved by whole pixels is found where the motion says, to the rounding."""
    wide = torch.rand(1, 2, 8, 12 + shift, generator=torch.Generator().manual_seed(3)) - 0.5
    frames = torch.cat([wide[..., shift:], wide[..., :12]])
    assert chroma_flicker(frames, [known_step(shift)]) < 1e-3
    if shift:
        assert chroma_flicker(frames, [known_step(0)]) > 10


def test_flicker_is_the_rms_over_both_planes_and_all_frames() -> None:
    """Steps of 3 and 4 code values, in one plane each: the root of (9 + 0 + 0 + 16) / 4."""
    chroma = torch.zeros(3, 2, 8, 12)
    chroma[1:, 0] += 3 / 255
    chroma[2:, 1] += 4 / 255
    found = chroma_flicker(chroma, [known_step(0), known_step(0)])
    assert found == pytest.approx((25 / 4) ** 0.5, rel=1e-4)


def test_motion_of_a_moved_picture_points_backwards() -> None:
    """A picture that moves right by two pixels a frame was two columns further left before."""
    luma, _ = moving(2)
    (first, _) = motion(luma.flip(0))
    inner = first.backward[0, :, 16:48, 16:80]
    assert float(inner[0].median()) == pytest.approx(-2, abs=0.3)
    assert float(inner[1].median()) == pytest.approx(0, abs=0.3)
    assert float(first.visible.float().mean()) > 0.8
