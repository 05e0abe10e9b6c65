"""What every treatment promises, tried on every treatment of the catalog with the models that ship.

A new treatment is tested here without a new test: its settings' defaults must work, and its own `example`
must change something.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest
import torch

from restore.clip import Clip, ColorSpec
from restore.plan import ShotPlan
from restore.run.bwdif_planes import bwdif_planes
from restore.run.chain import Chain, Link, restored
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.treatment import AnyTreatment, Engine, Treat

SD = ColorSpec(matrix="bt601", range="limited")
ENGINE = Engine("cpu", "fp32", bwdif=bwdif_planes)
FRAMES = 24

pytestmark = pytest.mark.parametrize(
    "treatment", catalog.TREATMENTS.values(), ids=catalog.TREATMENTS.keys()
)


@pytest.fixture(scope="module")
def ready() -> dict[str, Treat[Any]]:
    """Every treatment made ready with the settings of its example."""
    catalogued = catalog.TREATMENTS.items()
    return {name: each.load(each.example.settings, ENGINE) for name, each in catalogued}


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


def _whole(clip: Clip) -> Span:
    return Span(clip.index, clip.index + len(clip))


def _joined(treatment: AnyTreatment, treat: Treat[Any], clip: Clip, cuts: list[int]) -> Clip:
    """The clip treated in pieces, each with the context that the treatment asks for."""
    edges = [clip.index, *cuts, clip.index + len(clip)]
    radius = treatment.radius(treatment.example.settings)
    parts: list[Clip] = []
    for start, stop in itertools.pairwise(edges):
        needed = Span(start, stop).widened(radius, _whole(clip))
        seen = clip.part(needed.start, needed.stop)
        parts.append(treat(seen, Span(start, stop), treatment.example.decision(clip)))
    chroma = [part.chroma for part in parts if part.chroma is not None]
    luma = torch.cat([part.luma for part in parts])
    return replace(parts[0], luma=luma, chroma=torch.cat(chroma) if chroma else None)


@pytest.mark.parametrize("cuts", [[101], [108, 116], [103, 104, 120]])
def test_segmented_equals_whole(
    treatment: AnyTreatment, ready: dict[str, Treat[Any]], cuts: list[int]
) -> None:
    """Wherever a shot is cut into segments, its frames come out the same."""
    clip = _moving()
    whole = ready[treatment.name](clip, _whole(clip), treatment.example.decision(clip))
    joined = _joined(treatment, ready[treatment.name], clip, cuts)
    assert torch.equal(joined.luma, whole.luma)
    assert (joined.chroma is None) == (whole.chroma is None)
    if whole.chroma is not None and joined.chroma is not None:
        # sums over neighbors may be ordered differently by the vector units: far below a code value
        assert (joined.chroma - whole.chroma).abs().max() < 1e-5


def test_count_and_order_are_kept(treatment: AnyTreatment, ready: dict[str, Treat[Any]]) -> None:
    """Exactly the frames asked for come back, under their own numbers, at whole multiples of size."""
    clip = _moving()
    part = ready[treatment.name](clip, Span(104, 109), treatment.example.decision(clip))
    assert (part.index, len(part)) == (104, 5)
    assert part.color == clip.color
    means = part.luma.mean(dim=(1, 2, 3)) - clip.part(104, 109).luma.mean(dim=(1, 2, 3))
    assert means.abs().max() < 0.02


def test_the_example_changes_something(
    treatment: AnyTreatment, ready: dict[str, Treat[Any]]
) -> None:
    """A treatment that does nothing on its own example is not one."""
    make = treatment.example.clip
    clip = _moving() if make is None else make()
    result = ready[treatment.name](clip, _whole(clip), treatment.example.decision(clip))
    assert not _same(result, clip)


def test_the_example_is_recorded_and_described(treatment: AnyTreatment) -> None:
    """Its settings and its decision have the declared types, and a text for people describes them."""
    decision = treatment.example.decision(_moving())
    assert type(decision) is treatment.decision
    assert type(treatment.example.settings) is treatment.settings
    assert treatment.describe.done(decision)


def test_a_shot_without_a_decision_keeps_every_value(
    treatment: AnyTreatment, ready: dict[str, Treat[Any]]
) -> None:
    """Where nothing was decided, not one value changes, whatever other shots get."""
    clip = _moving(6)
    radius = treatment.radius(treatment.example.settings)
    link = Link(treatment.name, radius, ready[treatment.name])
    chain = Chain((link,), chunk=6, piece=6)
    shot = ShotPlan(_whole(clip), "scene", "mono", {})
    (result,) = restored(chain, clip, Span(101, 105), shot)
    assert _same(result, clip.part(101, 105))


def _same(one: Clip, other: Clip) -> bool:
    """Whether two clips hold the same values."""
    if one.luma.shape != other.luma.shape or not torch.equal(one.luma, other.luma):
        return False
    if one.chroma is None or other.chroma is None:
        return one.chroma is other.chroma
    return torch.equal(one.chroma, other.chroma)


def test_the_same_input_gives_the_same_bits(
    treatment: AnyTreatment, ready: dict[str, Treat[Any]]
) -> None:
    """On one machine a frame is always restored to the same values."""
    clip = _moving(6)
    first, second = (
        treatment.load(treatment.example.settings, ENGINE)(
            clip, Span(102, 104), treatment.example.decision(clip)
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
    treatment: AnyTreatment,
    ready: dict[str, Treat[Any]],
    size: tuple[int, int],
    level: float | None,
) -> None:
    """Black, white and noise of any size, one pixel included, give finite values of the right size."""
    height, width = size
    shape = (2, 1, height, width)
    luma = torch.rand(shape) if level is None else torch.full(shape, level)
    clip = Clip(luma, torch.zeros(2, 2, -(-height // 2), -(-width // 2)), 0, SD)
    result = ready[treatment.name](clip, Span(0, 2), treatment.example.decision(clip))
    assert torch.isfinite(result.luma).all()
    assert result.chroma is not None
    assert torch.isfinite(result.chroma).all()
    assert result.luma.shape[-1] % width == 0
    assert result.luma.shape[-2] % height == 0


def test_gray_stays_gray_unless_the_treatment_colors(
    treatment: AnyTreatment, ready: dict[str, Treat[Any]]
) -> None:
    """Chroma None stays None; only a treatment that invents color makes chroma."""
    clip = replace(_moving(4), chroma=None)
    result = ready[treatment.name](clip, _whole(clip), treatment.example.decision(clip))
    invents = treatment.describe.invents
    assert (result.chroma is not None) == (invents is not None and invents.what == "color")
