"""Judging color models: chroma of judging clips and stills, against grey and single tints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cv2
import torch
from torch import Tensor, nn
from torch.nn import functional

from restore.evaluation.metrics import CODES, chroma_rmse, colorfulness, lab, rms
from restore.filters.chroma import read_out
from restore.models import Readout
from restore.training.degrade.amounts import Spread, draw
from restore.training.degrade.shot import age
from restore.training.pairs import ReadClip, seeded
from restore.training.photos import chroma_of, colored
from restore.training.split import JUDGING_CLIPS


@dataclass(frozen=True)
class ColorRow:
    """One set of pictures: chroma RMSE in code values and Lab units, grey's beside them.

    `tint` is the best single chroma for the whole set, `own_tint` each picture's own mean (an
    oracle); `colorfulness` is the mean over the pictures of the result's share of the truth's.
    """

    pictures: str
    count: int
    chroma: float
    grey: float
    tint: float
    own_tint: float
    lab: float
    lab_grey: float
    colorfulness: float


def judging_stills(data: Path, read_clip: ReadClip, every: int = 21) -> list[Tensor]:
    """Frames of the judging clips, `every` frames apart: R'G'B' [1, 3, H, W], 0..1."""
    clips = (read_clip(data / "clips" / f"{clip}.mp4") for clip in JUDGING_CLIPS)
    return [frame[None].float() / 255 for clip in clips for frame in clip[::every]]


def bench_stills(data: Path) -> list[Tensor]:
    """The pictures of data/bench: R'G'B' [1, 3, H, W], 0..1."""
    files = sorted(p for p in (data / "bench").rglob("*") if p.suffix in (".png", ".webp", ".jpg"))
    read = (cast(object, cv2.imread(str(path), cv2.IMREAD_COLOR)) for path in files)
    rgb = [torch.from_numpy(picture)[:, :, [2, 1, 0]] for picture in read]
    return [picture.permute(2, 0, 1)[None].float() / 255 for picture in rgb]


def judge_color(
    net: nn.Module, readout: Readout, name: str, stills: Sequence[Tensor], spread: Spread | None
) -> ColorRow:
    """Color `stills`, seen as plain (`spread` None) or film-like grey, and compare the chroma."""
    chroma: list[tuple[Tensor, Tensor]] = []
    tints: list[tuple[Tensor, Tensor]] = []
    ratios: list[float] = []
    for at, rgb in enumerate(stills):
        small = _within(rgb, readout.size * 2)
        truth = chroma_of(small)
        grey = film_grey(small, spread, seeded(at, 7))
        found = predicted(net, grey, readout)
        found = functional.interpolate(
            found, truth.shape[-2:], mode="bilinear", align_corners=False
        )
        result = colored(_luma(small), found).clamp(0, 1)
        chroma.append((found - truth, truth))
        tints.append((lab(result)[:, 1:] - lab(small)[:, 1:], lab(small)[:, 1:]))
        ratios.append(colorfulness(result) / max(1.0, colorfulness(small)))
    return _color_row(name, chroma, tints, ratios)


def film_grey(rgb: Tensor, spread: Spread | None, generator: torch.Generator) -> Tensor:
    """R'G'B' [1, 3, H, W] as grey [1, 1, H, W]: BT.709 luma, or aged."""
    if spread is None:
        return _luma(rgb)
    return age(rgb, draw(spread, generator), 1, generator).aged.clamp(0, 1)


def predicted(net: nn.Module, grey: Tensor, readout: Readout) -> Tensor:
    """Chroma [1, 2, h/4, w/4] for grey [1, 1, H, W], seen at the readout's size."""
    seen = _within(grey, readout.size)
    height, width = (max(8, side // 8 * 8) for side in seen.shape[-2:])
    seen = functional.interpolate(grey, (height, width), mode="area")
    padded = functional.pad(seen, (0, -width % 32, 0, -height % 32), mode="replicate")
    with torch.inference_mode():
        scores = cast(Tensor, net(padded))[..., : height // 4, : width // 4]
    centres = cast(Tensor, net.centres)
    return read_out(scores, centres, readout.temperature, readout.saturation)


def _within(picture: Tensor, short: int) -> Tensor:
    """Shrunk to a shorter side of `short` where it is longer."""
    factor = short / min(picture.shape[-2:])
    if factor >= 1:
        return picture
    size = [round(side * factor) for side in picture.shape[-2:]]
    return functional.interpolate(picture, size, mode="area")


def _luma(rgb: Tensor) -> Tensor:
    weights = torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1)
    return (rgb * weights).sum(1, keepdim=True)


def _color_row(
    name: str,
    chroma: list[tuple[Tensor, Tensor]],
    tints: list[tuple[Tensor, Tensor]],
    ratios: list[float],
) -> ColorRow:
    errors, truths = zip(*chroma, strict=True)
    lab_errors, lab_truths = zip(*tints, strict=True)
    tint = torch.stack([truth.mean((0, 2, 3)) for truth in truths]).mean(0).view(1, 2, 1, 1)
    zero = torch.zeros(())
    return ColorRow(
        pictures=name,
        count=len(ratios),
        chroma=CODES * rms(_flat(errors)),
        grey=chroma_rmse(_flat(truths), zero),
        tint=chroma_rmse(_flat([truth - tint for truth in truths]), zero),
        own_tint=chroma_rmse(_flat([t - t.mean((2, 3), keepdim=True) for t in truths]), zero),
        lab=rms(_flat(lab_errors)),
        lab_grey=rms(_flat(lab_truths)),
        colorfulness=sum(ratios) / len(ratios),
    )


def _flat(pictures: Sequence[Tensor]) -> Tensor:
    return torch.cat([picture.flatten() for picture in pictures])
