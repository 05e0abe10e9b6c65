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
def test_color_that_goes_with_the_picture_does_not_flicker(step: int) -> None:
    """Chroma carried by the motion: next to nothing; without the flow it would be several times that."""
    luma, chroma = moving(step)
    along = chroma_flicker(chroma, motion(luma))
    standing = 255 * float(chroma.diff(dim=0).square().mean().sqrt())
    assert along <= 0.25 * standing + 1e-4  # code values


def test_a_blinking_tint_is_measured_in_code_values() -> None:
    """Every frame 4/255 off the one before it, both planes, nothing moves: 4."""
    luma, chroma = moving(0)
    blink = torch.tensor([0.0, 4 / 255, 0.0]).view(3, 1, 1, 1)
    assert chroma_flicker(chroma + blink, motion(luma)) == pytest.approx(4, rel=0.02)


def test_one_frame_cannot_flicker() -> None:
    """A still has no flicker."""
    luma, chroma = moving(0)
    assert chroma_flicker(chroma[:1], motion(luma[:1])) == 0


def test_places_that_are_never_seen_again_do_not_count() -> None:
    """Where not one place is seen in both frames, no flicker is measured, and no NaN either."""
    luma, chroma = moving(0)
    unseen = [FlickerStep(step.back, torch.zeros_like(step.seen)) for step in motion(luma)]
    assert chroma_flicker(chroma, unseen) == 0


@pytest.mark.parametrize("size", [(8, 64), (13, 60), (12, 12), (4, 200), (1, 1)])
def test_narrow_pictures_have_motion_too(size: tuple[int, int]) -> None:
    """OpenCV's flow crashes on some of them: a border is put around, and taken away again."""
    luma = torch.rand(2, 1, *size, generator=torch.Generator().manual_seed(1))
    (step,) = motion(luma)
    assert step.back.shape == (1, 2, *size)
    assert step.seen.shape == (1, 1, *size)
