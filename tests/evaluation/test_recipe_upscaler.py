"""A whole run as one of the upscalers."""

from fractions import Fraction

import pytest
import torch

from restore.errors import UsageError
from restore.evaluation.metrics import psnr
from restore.evaluation.recipe_upscaler import recipe_upscaler
from restore.recipe import Recipe


def test_a_run_gives_every_frame_at_its_place() -> None:
    """A recipe that only encodes losslessly returns the film, with the wanted frames in order."""
    drawn = torch.Generator().manual_seed(1)
    aged = torch.rand(5, 1, 48, 64, generator=drawn).mul(219).round() / 219
    upscaler = recipe_upscaler("copy.toml", Recipe(codec="ffv1", clean=0))

    frames = list(upscaler.restore(aged, range(1, 4)))

    assert upscaler.scale == 1
    assert len(frames) == 3
    for found, expected in zip(frames, aged[1:4], strict=True):
        assert psnr(found, expected[None]) > 60  # rounded to ten bits


def test_results_are_in_a_container_that_supports_their_codec() -> None:
    """DNxHR is written to QuickTime, not to Matroska; its frames are evaluated as any others."""
    aged = torch.linspace(0.1, 0.9, 256).expand(3, 1, 128, 256).contiguous()
    upscaler = recipe_upscaler("edit.toml", Recipe(codec="dnxhr", clean=0))

    (frame,) = upscaler.restore(aged, range(1, 2))

    assert psnr(frame, aged[1:2]) > 50  # DNxHR HQX loses little of a slope


@pytest.mark.parametrize(
    "change",
    [{"to": "4k"}, {"start": Fraction(1)}, {"codec": "tiff"}, {"rate": Fraction(16)}],
)
def test_unsuitable_recipes_are_refused(change: dict[str, object]) -> None:
    """Another size or length, or an image sequence: refused before anything runs."""
    with pytest.raises(UsageError, match="cannot be evaluated"):
        recipe_upscaler("r.toml", Recipe.model_validate(change))
