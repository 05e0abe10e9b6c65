"""Upscale: exact sizes, chroma aligned with luma, tiles that do not show, memory that runs out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import torch

from restore import models
from restore.clip import Clip, ColorSpec
from restore.errors import OutOfMemory, RestoreError
from restore.timing import Span
from restore.treatments.treatment import Engine
from restore.treatments.upscale import UPSCALE, UpscaleDecision, UpscaleSettings, enlarge

SD = ColorSpec(matrix="bt601", range="limited")


def _settings(model: str, factor: int, **more: int) -> UpscaleSettings:
    """As a plan makes them: the window is as long as the model's card says."""
    radius = models.find(model).frames // 2
    return UpscaleSettings(model=model, factor=factor, radius=radius).model_copy(update=more)


def _textured(frames: int = 1, height: int = 96, width: int = 120) -> Clip:
    """Stripes, a grid of dots and noise: something in every frequency."""
    generator = torch.Generator().manual_seed(3)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    base = 0.5 + 0.2 * torch.sin(x * 0.9) * torch.cos(y * 0.4) + 0.2 * ((x + y) % 7 == 0)
    noise = torch.randn(frames, 1, height, width, generator=generator) * 0.08
    return Clip(base + noise, None, 0, SD)


@pytest.mark.parametrize(
    ("precision", "tolerance", "tile"),
    [
        *(("fp32", 1e-4, tile) for tile in (24, 33, 48, 64, 90)),
        *(("bf16", 1 / 255, tile) for tile in (48, 90)),
    ],
)
def test_tiles_do_not_show(precision: str, tolerance: float, tile: int) -> None:
    """With the shipped weights, tiled equals untiled: 1e-4 in fp32, one 8-bit code value in bf16."""
    clip, settings = _textured(), _settings("film-x4", 4)
    tiled = settings.model_copy(update={"tile": tile})
    engine = Engine("cpu", precision)
    whole, pieces = (
        UPSCALE.load(one, engine)(clip, Span(0, 1), UpscaleDecision()).luma
        for one in (settings, tiled)
    )
    assert (whole - pieces).abs().max() <= tolerance
    assert whole.std() > 0.1


@pytest.mark.parametrize("factor", [2, 4])
def test_the_size_is_multiplied_exactly(factor: int) -> None:
    """Odd sizes too: 321x241 becomes exactly two or four times that, chroma half of it rounded up."""
    luma = torch.rand(1, 1, 41, 53)
    clip = Clip(luma, torch.zeros(1, 2, 21, 27), 0, SD, Fraction(16, 11))
    settings = _settings(f"film-x{factor}", factor)
    result = UPSCALE.load(settings, Engine())(clip, Span(0, 1), UpscaleDecision())
    assert result.luma.shape == (1, 1, 41 * factor, 53 * factor)
    assert result.sample_aspect == Fraction(16, 11)
    assert result.chroma is not None
    assert result.chroma.shape[-2:] == (-(-41 * factor // 2), -(-53 * factor // 2))


def test_square_pixels_are_said() -> None:
    """A size of another shape changes the sample aspect: the picture is shown as wide as before."""
    clip = Clip(torch.rand(1, 1, 48, 64), None, 0, SD, Fraction(3, 2))
    settings = UpscaleSettings(model=None, factor=1, width=96, height=48)
    assert UPSCALE.load(settings, Engine())(clip, Span(0, 1), {}).sample_aspect == 1


def test_a_net_that_reaches_too_far_is_brought_back() -> None:
    """A x4 model serves a x2 job: the net at its own factor, then resampled to the size wanted."""
    clip = _textured(height=40, width=48)
    settings = _settings("film-x4", 4, width=96, height=80)
    result = UPSCALE.load(settings, Engine())(clip, Span(0, 1), UpscaleDecision())
    assert result.luma.shape == (1, 1, 80, 96)


def test_running_out_of_memory_makes_tiles_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """No frame is lost and no crash: the frame is tried again in smaller tiles, said in a line."""
    clip, said = _textured(height=256, width=256), list[str]()
    settings = UpscaleSettings(model="film-x2")
    expected = UPSCALE.load(settings, Engine())(clip, Span(0, 1), UpscaleDecision()).luma
    net = models.load(models.find("film-x2"))

    class Narrow(torch.nn.Module):
        """The shipped net on a machine that holds pictures of 200 columns at most."""

        receptive_radius = net.receptive_radius

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            if window.shape[-1] > 200:
                raise torch.OutOfMemoryError("out of memory")
            return net(window)

    monkeypatch.setattr(enlarge, "load_network", lambda model, engine: Narrow())
    treat = UPSCALE.load(settings, Engine(say=said.append))
    result = treat(clip, Span(0, 1), UpscaleDecision()).luma
    assert (result - expected).abs().max() <= 1e-4
    assert said == ["out of memory: continuing with tiles of 128 x 128 pixels"]


def test_memory_that_holds_no_tile_is_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where not even the smallest tile fits: what asked for how much, and what needs less (exit code 9)."""

    class Starved(torch.nn.Module):
        """A net on a machine without memory."""

        receptive_radius = 1

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0")

    monkeypatch.setattr(enlarge, "load_network", lambda model, engine: Starved())
    treat = UPSCALE.load(UpscaleSettings(model="film-x4", factor=4), Engine())
    with pytest.raises(OutOfMemory) as caught:
        treat(_textured(height=256, width=256), Span(0, 1), UpscaleDecision())
    assert caught.value.exit_code == 9
    assert (
        caught.value.where
        == "frames of 256 x 256, enlarged 4 times: 20.00 MiB could not be allocated"
    )
    for way in ("a smaller --upscale", "--model film-x4-fast"):
        assert way in caught.value.what_to_do


def test_a_net_whose_values_are_not_finite_stops_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN from a device's half precision is named with its frame, never written as black."""

    class Blown(torch.nn.Module):
        receptive_radius = 1

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            return torch.full((1, 1, 2 * window.shape[-2], 2 * window.shape[-1]), torch.nan)

    monkeypatch.setattr(enlarge, "load_network", lambda model, engine: Blown())
    treat = UPSCALE.load(UpscaleSettings(model="film-x2"), Engine())
    with pytest.raises(RestoreError, match="not finite") as caught:
        treat(_textured(), Span(0, 1), UpscaleDecision())
    assert caught.value.where == "frame 0"


def test_an_error_that_is_no_lack_of_memory_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken net stops the job; the frame is never skipped."""

    class Broken(torch.nn.Module):
        receptive_radius = 1

        def forward(self, window: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("device lost")

    monkeypatch.setattr(enlarge, "load_network", lambda model, engine: Broken())
    treat = UPSCALE.load(UpscaleSettings(model="film-x2"), Engine())
    with pytest.raises(RuntimeError, match="device lost"):
        treat(_textured(), Span(0, 1), UpscaleDecision())


def test_clean_ranges_from_all_of_the_grain_to_none() -> None:
    """The less is cleaned, the more of the noise is in the result; 0 keeps nearly all of it."""
    clip = _textured(frames=3, height=48, width=60)
    still = replace(clip, luma=clip.luma.mean(0, keepdim=True).expand_as(clip.luma))
    grain = (clip.luma - still.luma)[1:2]
    kept: list[float] = []
    treat = UPSCALE.load(UpscaleSettings(model="film-x2"), Engine())
    for clean in (1.0, 0.5, 0.0):
        result = treat(clip, Span(1, 2), UpscaleDecision(clean)).luma
        small = torch.nn.functional.avg_pool2d(result, 2) - still.luma[1:2]
        kept.append(float((small * grain).mean() / (grain * grain).mean()))
    assert kept[0] < 0.6 * kept[2]
    assert kept[0] < kept[1] < kept[2]
    assert kept[2] > 0.6
