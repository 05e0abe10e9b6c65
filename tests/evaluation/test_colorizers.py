"""A color model as one row of the table: the treatment of a run, on gray frames."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from restore.clip import Clip, Siting
from restore.evaluation import colorizers
from restore.evaluation.benchmark import GrayShot
from restore.evaluation.colorizers import model
from restore.models import Readout, find
from restore.timing import Span
from restore.treatments.colorize import ColorizeDecision, ColorizeSettings
from restore.treatments.treatment import Engine


class Treatment:
    """In place of the treatment: gives a horizontal ramp of chroma at a quarter of the size."""

    def __init__(self) -> None:
        self.siting: Siting = "center"
        self.settings: list[ColorizeSettings] = []
        self.clips: list[Clip] = []

    def load(self, settings: ColorizeSettings, engine: Engine) -> Treatment:
        """Make it ready."""
        self.settings.append(settings)
        return self

    def __call__(self, clip: Clip, own: Span, decision: ColorizeDecision) -> Clip:
        """Color a clip."""
        assert (own, decision) == (Span(0, len(clip)), ColorizeDecision("color"))
        self.clips.append(clip)
        height, width = (side // 4 for side in clip.luma.shape[-2:])
        # a sample's chroma is the column of luma at which it lies: the first of four, or their middle
        column = torch.arange(width) * 4 + (1.5 if self.siting == "center" else 0)
        ramp = (column / 100).expand(len(clip), 2, height, width)
        color = replace(colorizers.FULL, siting=self.siting)
        return Clip(clip.luma, ramp.contiguous(), clip.index, color)


@pytest.fixture
def treatment(monkeypatch: pytest.MonkeyPatch) -> Treatment:
    """The treatment that a color model is evaluated with."""
    made = Treatment()
    monkeypatch.setattr(colorizers, "COLORIZE", made)
    return made


def shot(frames: int = 2, height: int = 24, width: int = 32) -> GrayShot:
    """A gray shot; its true colors are not looked at."""
    gray = torch.rand(frames, 1, height, width, generator=torch.Generator().manual_seed(1))
    return GrayShot("shot", gray, torch.full((frames, 3, height, width), float("nan")))


def test_the_film_is_colored_as_one_shot_from_its_gray_alone(treatment: Treatment) -> None:
    """The treatment gets the gray frames, without chroma, and nothing of the true colors."""
    gray = shot()
    model("color", Engine()).color(gray)
    (clip,) = treatment.clips
    assert torch.equal(clip.luma, gray.gray)
    assert clip.chroma is None


@pytest.mark.parametrize("siting", ["center", "left"])
def test_chroma_is_enlarged_to_the_size_of_the_film(treatment: Treatment, siting: Siting) -> None:
    """A ramp at a quarter of the size is the same ramp at full size; a wrong siting shifts it by 0.015."""
    treatment.siting = siting
    found: Tensor = model("color", Engine()).color(shot())
    assert found.shape == (2, 2, 24, 32)
    ramp = torch.arange(32) / 100
    torch.testing.assert_close(found[0, 0, 12, 8:24], ramp[8:24], atol=2e-3, rtol=0)


def test_the_readout_is_that_of_the_card_or_another_one(treatment: Treatment) -> None:
    """Without a readout the model's card decides; a given one replaces all its values."""
    other = Readout(temperature=0.5, saturation=2.0, doubt=0.25, size=64)
    model("color", Engine())
    model("color", Engine(), other)
    shipped = find("color").readout
    assert shipped is not None
    for settings, expected in zip(treatment.settings, (shipped, other), strict=True):
        found = (settings.temperature, settings.saturation, settings.doubt, settings.size)
        assert found == (
            expected.temperature,
            expected.saturation,
            expected.doubt,
            expected.size,
        )


def test_a_row_has_the_models_full_name_or_a_title(treatment: Treatment) -> None:
    """Name and version, unless the table needs another name."""
    assert model("color", Engine()).name == find("color").full_name
    assert model("color", Engine(), title="mine").name == "mine"
