"""The independent ageing: levels, position, and its ground truth."""

import ast
from pathlib import Path

import pytest
import torch

from restore.evaluation.ffmpeg_ageing import AGEINGS, aged_by_ffmpeg, framed
from restore.evaluation.metrics import psnr
from restore.evaluation.upscalers import enlarged

NUMBERS = range(len(AGEINGS))


def smooth(frames: int = 4) -> torch.Tensor:
    """Smooth colored frames [T, 3, 112, 144], uint8, that move slowly."""
    small = torch.rand(1, 3, 5, 7, generator=torch.Generator().manual_seed(3))
    size = (112, 144 + frames)
    wide = torch.nn.functional.interpolate(small, size, mode="bicubic", align_corners=False)
    moved = torch.cat([wide[..., at : at + 144] for at in range(frames)])
    return moved.clamp(0, 1).mul(255).round().byte()


@pytest.mark.parametrize("number", NUMBERS)
def test_aged_and_truth_have_the_same_tone(number: int) -> None:
    """A flat field has the same level in both, whatever the codec's range: tags are respected.

    Flicker changes it by a few hundredths; a wrong range changes light gray by 0.06 and more.
    """
    gray = torch.full((4, 3, 96, 96), 210, dtype=torch.uint8)
    shot = aged_by_ffmpeg("flat", gray, number, 4)
    tolerance = 0.012 if shot.steady else 0.04
    assert float(shot.aged.mean()) == pytest.approx(float(shot.truth.mean()), abs=tolerance)


@pytest.mark.parametrize("number", NUMBERS)
def test_aged_and_truth_are_registered(number: int) -> None:
    """Moved by four sharp pixels in any direction, the ground truth is further from the film."""
    shot = aged_by_ffmpeg("smooth", smooth(), number, 4)
    film = enlarged(shot.aged, 4)
    assert shot.truth.shape == film.shape == (4, 1, 96, 128)

    def distance(down: int, right: int) -> float:
        rows, columns = slice(8 + down, -8 + down or None), slice(8 + right, -8 + right or None)
        # the mean over time: weave averages out
        return -psnr(film[..., 8:-8, 8:-8].mean(0), shot.truth[..., rows, columns].mean(0))

    here = distance(0, 0)
    assert all(here < distance(*by) for by in ((-4, 0), (4, 0), (0, -4), (0, 4)))


def test_a_third_has_weave_flicker_and_wear() -> None:
    """Four of twelve films are not steady; their ground truth does not move."""
    assert len(AGEINGS) == 12
    assert sum(film.weave is not None for film in AGEINGS) == 4
    still = smooth(1).expand(4, -1, -1, -1)
    shot = aged_by_ffmpeg("still", still, 2, 4)
    assert not shot.steady
    assert float(shot.truth.diff(dim=0).abs().max()) == 0


def test_the_ageing_is_deterministic() -> None:
    """Ageing twice gives the same bits, including the noise."""
    one, other = (aged_by_ffmpeg("again", smooth(), 5, 4) for _ in range(2))
    assert torch.equal(one.aged, other.aged)
    assert torch.equal(one.truth, other.truth)


def test_framed_is_what_the_truth_shows() -> None:
    """The luma of the framed colors is the ground truth of a film without curve and vignette."""
    frames = smooth()
    part = framed(frames, 4).float() / 255
    shot = aged_by_ffmpeg("plain", frames, 10, 4)
    mix = (part * torch.tensor([0.34, 0.40, 0.26]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    together = torch.stack([mix.flatten(), shot.truth.flatten()])
    assert float(torch.corrcoef(together)[0, 1]) > 0.98


def test_nothing_that_trains_imports_it(root: Path) -> None:
    """This ageing is for evaluation only: no module of training/ imports it."""
    for path in (root / "restore" / "training").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert "restore.evaluation.ffmpeg_ageing" not in imported, path
