"""What every treatment promises, tried on every treatment of the catalog with the models that ship.

A new treatment is tested here without a new test: its settings' defaults must work, and its `neutral`
settings must change nothing.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch

from restore.clip import Clip, ColorSpec
from restore.timing import Span
from restore.treatments.catalog import TREATMENTS
from restore.treatments.treatment import Decisions, Engine, Treat, Treatment

SD = ColorSpec(matrix="bt601", range="limited")
ENGINE = Engine("cpu", "fp32")
FRAMES = 24

pytestmark = pytest.mark.parametrize("treatment", TREATMENTS.values(), ids=TREATMENTS.keys())


@pytest.fixture(scope="module")
def ready() -> dict[str, Treat]:
    """Every treatment made ready with its default settings."""
    return {
        name: treatment.load(treatment.settings(), ENGINE) for name, treatment in TREATMENTS.items()
    }


def _moving(frames: int = FRAMES, width: int = 48, height: int = 40) -> Clip:
    """A grainy bright disk that moves over a ramp, in 4:2:0 with a little chroma."""
    generator = torch.Generator().manual_seed(7)
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    rows: list[torch.Tensor] = []
    for time in range(frames):
        disk = ((x - 8 - time) ** 2 + (y - 20) ** 2 < 64).float()
        grain = torch.randn(height, width, generator=generator) * 0.03
        rows.append(0.2 + 0.4 * x / width + 0.3 * disk + grain)
    chroma = torch.rand(frames, 2, height // 2, width // 2, generator=generator) * 0.1 - 0.05
    return Clip(torch.stack(rows)[:, None], chroma, 100, SD)


def _decisions(treatment: Treatment, clip: Clip) -> Decisions:
    """What a shot that is this clip gets: the treatment does its work."""
    count, first = len(clip), float(clip.index)
    wave = tuple(0.01 * math.sin(frame) for frame in range(count))
    given: dict[str, Decisions] = {
        "colorize": {"mode": "color"},
        "descratch": {
            "scratch 1": (first, *(float(20 + frame % 3) for frame in range(count))),
            "profile 1": (0.0, 0.0, 0.0, 0.1, 0.2, 0.1, 0.0, 0.0, 0.0),
        },
        "deflicker": {"first": first, "gain": tuple(1 + w for w in wave), "offset": wave},
        "stabilize": {"first": first, "down": wave, "right": wave, "bars": (0.0, 0.0, 0.0, 0.0)},
    }
    return given.get(treatment.name, {})


def _whole(clip: Clip) -> Span:
    return Span(clip.index, clip.index + len(clip))


def _joined(treatment: Treatment, treat: Treat, clip: Clip, cuts: list[int]) -> Clip:
    """The clip treated in pieces, each with the context that the treatment asks for."""
    edges = [clip.index, *cuts, clip.index + len(clip)]
    radius = treatment.radius(treatment.settings())
    parts: list[Clip] = []
    for start, stop in itertools.pairwise(edges):
        needed = Span(start, stop).widened(radius, _whole(clip))
        seen = clip.part(needed.start, needed.stop)
        parts.append(treat(seen, Span(start, stop), _decisions(treatment, clip)))
    chroma = [part.chroma for part in parts if part.chroma is not None]
    luma = torch.cat([part.luma for part in parts])
    return replace(parts[0], luma=luma, chroma=torch.cat(chroma) if chroma else None)


@pytest.mark.parametrize("cuts", [[101], [108, 116], [103, 104, 120]])
def test_segmented_equals_whole(
    treatment: Treatment, ready: dict[str, Treat], cuts: list[int]
) -> None:
    """Wherever a shot is cut into segments, its frames come out the same."""
    clip = _moving()
    whole = ready[treatment.name](clip, _whole(clip), _decisions(treatment, clip))
    joined = _joined(treatment, ready[treatment.name], clip, cuts)
    assert torch.equal(joined.luma, whole.luma)
    assert (joined.chroma is None) == (whole.chroma is None)
    if whole.chroma is not None and joined.chroma is not None:
        # sums over neighbors may be ordered differently by the vector units: far below a code value
        assert (joined.chroma - whole.chroma).abs().max() < 1e-5


def test_count_and_order_are_kept(treatment: Treatment, ready: dict[str, Treat]) -> None:
    """Exactly the frames asked for come back, under their own numbers, at whole multiples of size."""
    clip = _moving()
    part = ready[treatment.name](clip, Span(104, 109), _decisions(treatment, clip))
    assert (part.index, len(part)) == (104, 5)
    assert part.color == clip.color
    means = part.luma.mean(dim=(1, 2, 3)) - clip.part(104, 109).luma.mean(dim=(1, 2, 3))
    assert means.abs().max() < 0.02


def test_neutral_settings_change_nothing(treatment: Treatment) -> None:
    """At its neutral settings a treatment gives back the very same values."""
    settings, decisions = treatment.neutral
    clip = _moving(6)
    result = treatment.load(settings, ENGINE)(clip, Span(101, 105), decisions)
    expected = clip.part(101, 105)
    assert torch.equal(result.luma, expected.luma)
    assert result.chroma is not None
    assert expected.chroma is not None
    assert torch.equal(result.chroma, expected.chroma)


def test_the_same_input_gives_the_same_bits(treatment: Treatment, ready: dict[str, Treat]) -> None:
    """On one machine a frame is always restored to the same values."""
    clip = _moving(6)
    first, second = (
        treatment.load(treatment.settings(), ENGINE)(
            clip, Span(102, 104), _decisions(treatment, clip)
        )
        for _ in range(2)
    )
    assert torch.equal(first.luma, second.luma)
    assert (first.chroma is None) == (second.chroma is None)
    if first.chroma is not None and second.chroma is not None:
        assert torch.equal(first.chroma, second.chroma)


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (33, 2), (41, 321)])
@pytest.mark.parametrize("level", [0.0, 1.0, None])
def test_odd_pictures_give_numbers(
    treatment: Treatment, ready: dict[str, Treat], size: tuple[int, int], level: float | None
) -> None:
    """Black, white and noise of any size, one pixel included, give finite values of the right size."""
    height, width = size
    shape = (2, 1, height, width)
    luma = torch.rand(shape) if level is None else torch.full(shape, level)
    clip = Clip(luma, torch.zeros(2, 2, -(-height // 2), -(-width // 2)), 0, SD)
    result = ready[treatment.name](clip, Span(0, 2), _decisions(treatment, clip))
    assert torch.isfinite(result.luma).all()
    assert result.chroma is not None
    assert torch.isfinite(result.chroma).all()
    assert result.luma.shape[-1] % width == 0
    assert result.luma.shape[-2] % height == 0


def test_gray_stays_gray_unless_the_treatment_colors(
    treatment: Treatment, ready: dict[str, Treat]
) -> None:
    """Chroma None stays None; only colorize makes chroma, and only where it is told to."""
    clip = replace(_moving(4), chroma=None)
    result = ready[treatment.name](clip, _whole(clip), _decisions(treatment, clip))
    assert (result.chroma is not None) == (treatment.name == "colorize")
    kept = ready[treatment.name](clip, _whole(clip), {"mode": "keep"})
    assert kept.chroma is None
