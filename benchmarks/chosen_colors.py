"""Colors that a person chose, carried through clips whose true colors are known.

    python benchmarks/chosen_colors.py FOLDER [--clips 10] [--color-model NAME] [--sampler NAME] [--show DIR]

FOLDER has the clips (`restore/evaluation/data_split.py`; those that never train a model come first). They are
reduced as in a run, their gray gets a little grain.

Reference: the true colors of frame 0 are given as a still. The errors (CIE76 and CIEDE2000, with the true
luma) are those of frame 48 (or the last one): where the pixel is visible in all frames from 0 on (optical
flow there and back agrees within a pixel at each step), and in the whole frame, where new things came into
view. "Grey" is the error without any color.

Variant: one sample of PixColor at the color frame, carried through the clip. Flicker is the RMS change of
chroma along the motion in code values, divided by that of the true colors. "Frame by frame" is a sample for
each of the first frames with the same seed. Paler colors flicker less: "chroma" is the RMS of the variant's
chroma, divided by that of the true colors. Without a sampler these columns are empty.

`--show DIR` writes a sheet for each clip: the reference's colors in frames 0, 16, 32, 48 above the true ones,
and the variant in the first, middle and last frame.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import TypeVar

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from restore import models
from restore.clip import Clip, ColorSpec
from restore.errors import UsageError
from restore.evaluation.benchmark import chroma_of, colored, luma_of
from restore.evaluation.colormetrics import ciede2000, lab
from restore.evaluation.data_split import TEST_CLIPS, TRAINING_CLIPS
from restore.evaluation.flicker import FlickerStep, chroma_flicker, motion
from restore.filters.flow import Plane
from restore.filters.rgb import to_rgb
from restore.media.color.convert import to_clip
from restore.media.container.probe import probe
from restore.media.ffmpeg.decode import read_frames
from restore.models.color_sampler import PixColorSampler, load_color_sampler
from restore.timing import Span
from restore.treatments.colorize.asked_network import AskedNetwork
from restore.treatments.colorize.choosing import (
    FrameColors,
    anchored_colors,
    color_frame,
    enlarged,
    picture_size,
)
from restore.treatments.colorize.chosen import chosen_colors
from restore.treatments.colorize.predicted import ColorizeSettings
from restore.treatments.colorize.references import aligned_colors, reference_picture
from restore.treatments.colorize.sampler import sampled_colors
from restore.treatments.network import load_network
from restore.treatments.treatment import Engine

LATER = 48
"""The frame in which a reference's colors are compared."""

GRAIN = 0.008
"""Standard deviation of the noise that the gray gets: most grain is gone in reduced pictures."""

SAMPLED_FRAMES = 12
"""Frames that are sampled one by one, for comparison."""


@dataclass(frozen=True)
class Shot:
    """A clip as colors are chosen on it: R'G'B' [T, 3, H, W], noisy luma [H, W] of each frame, its motion."""

    name: str
    rgb: Tensor
    gray: list[Plane]
    steps: list[FlickerStep]


def read_shot(path: Path) -> Shot:
    """The clip in reduced pictures."""
    source = probe(path)
    size = picture_size(source.width, source.height, source.sar)
    rows: list[Tensor] = []
    for frame in read_frames(source, source.frames, Span(0, len(source.frames))):
        rgb = to_rgb(to_clip([frame], source.format, source.color))
        rows.append(functional.interpolate(rgb, size=size, mode="area"))
    rgb = torch.cat(rows)
    luma = luma_of(rgb)
    draw = np.random.default_rng(0)
    noisy = luma[:, 0].numpy() + draw.normal(0, GRAIN, luma[:, 0].shape)
    gray = np.clip(np.rint(noisy * 219) / 219, 0, 1).astype(np.float32)
    return Shot(path.stem, rgb, list(gray), motion(luma))


def carried_through(shot: Shot, key: FrameColors, network: AskedNetwork) -> Tensor:
    """The chroma [T, 2, H, W] of every frame, as workers compute it from the plan."""
    span = Span(0, len(shot.gray))
    anchors = anchored_colors(span, shot.gray, [key], network.predict)
    luma = torch.from_numpy(np.stack(shot.gray))[:, None]
    clip = Clip(luma, None, 0, ColorSpec("bt709", "full"), Fraction(1))
    chroma = chosen_colors(clip, span, anchors, 1.0)
    return functional.interpolate(chroma, size=luma.shape[-2:], mode="bilinear")


def visible_since(shot: Shot, frame: int) -> Tensor:
    """Where the pixels of a frame are visible in all frames from 0 on: [H, W], bool."""
    height, width = shot.gray[0].shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    seen = np.ones((height, width), bool)
    for step in reversed(shot.steps[:frame]):
        planes = torch.cat([step.backward[0], step.visible[0].float()]).permute(1, 2, 0).numpy()
        found = cv2.remap(planes, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        x, y = x + found[..., 0], y + found[..., 1]
        seen &= found[..., 2] > 0.99
        seen &= (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    return torch.from_numpy(seen)


@dataclass(frozen=True)
class ReferenceFigures:
    """Errors after LATER frames: where visible since frame 0, in the whole frame, and without color."""

    share: float
    cie76: float
    ciede2000: float
    whole: float
    grey: float


def reference_figures(shot: Shot, network: AskedNetwork) -> tuple[ReferenceFigures, Tensor] | None:
    """The errors, and the chroma of all frames; None if the still is not recognized."""
    still = shot.rgb[0].permute(1, 2, 0).mul(255).round().div(255).numpy()
    key = aligned_colors(shot.gray, reference_picture(np.ascontiguousarray(still)))
    if key is None:
        return None
    chroma = carried_through(shot, key, network)
    at = min(LATER, len(shot.gray) - 1)
    truth = shot.rgb[at : at + 1]
    right, made, none = (
        lab(colored(luma_of(truth), color))
        for color in (chroma_of(truth), chroma[at : at + 1], torch.zeros(1, 2, *truth.shape[-2:]))
    )
    seen = visible_since(shot, at)
    error = (made - right).norm(dim=1)[0]
    part = seen if bool(seen.any()) else torch.ones_like(seen)
    figures = ReferenceFigures(
        share=float(seen.float().mean()),
        cie76=float(error[part].mean()),
        ciede2000=float(ciede2000(made, right)[0][part].mean()),
        whole=float(error.mean()),
        grey=float((none - right).norm(dim=1)[0][part].mean()),
    )
    return figures, chroma


@dataclass(frozen=True)
class VariantFigures:
    """Shares of those of the true colors: flicker of a carried sample, of single ones, RMS of its chroma."""

    flicker: float
    single: float
    chroma: float

    @property
    def text(self) -> str:
        """A part of a line."""
        return f" | flicker {self.flicker:4.2f}, frame by frame {self.single:5.2f}, chroma {self.chroma:4.2f}"


def variant_figures(
    shot: Shot, network: AskedNetwork, sampler: PixColorSampler
) -> tuple[VariantFigures, Tensor]:
    """The figures of a sample, and its chroma of all frames."""
    key = color_frame(shot.gray)
    (drawn,) = sampled_colors(sampler, shot.gray[key], [1])
    whole = np.ones_like(shot.gray[key])
    chosen = FrameColors(key, enlarged(drawn.chroma, shot.gray[key]), whole)
    chroma = carried_through(shot, chosen, network)
    true = chroma_of(shot.rgb)
    ratio = chroma_flicker(chroma, shot.steps) / chroma_flicker(true, shot.steps)
    few = shot.gray[:SAMPLED_FRAMES]
    single = [enlarged(sampled_colors(sampler, luma, [1])[0].chroma, luma) for luma in few]
    planes = torch.from_numpy(np.stack(single)).permute(0, 3, 1, 2)
    steps = shot.steps[: len(few) - 1]
    each = chroma_flicker(planes, steps) / chroma_flicker(true[: len(few)], steps)
    strength = float(chroma.square().mean().sqrt() / true.square().mean().sqrt())
    return VariantFigures(ratio, each, strength), chroma


def sheet(shot: Shot, reference: Tensor | None, variant: Tensor | None) -> np.ndarray:
    """The frames that are compared, as R'G'B' [H, W, 3], 8-bit."""
    last = len(shot.gray) - 1
    luma = luma_of(shot.rgb)
    rows = [(shot.rgb, (0, 16, 32, LATER))]
    if reference is not None:
        rows.insert(0, (colored(luma, reference), (0, 16, 32, LATER)))
    if variant is not None:
        rows.append((colored(luma, variant), (0, last // 3, last - last // 3, last)))
    lines = [
        torch.cat([pictures[min(at, last)] for at in places], 2).clamp(0, 1)
        for pictures, places in rows
    ]
    return torch.cat(lines, 1).permute(1, 2, 0).mul(255).round().byte().numpy()


def networks(color: str, sampler: str) -> tuple[AskedNetwork, PixColorSampler | None]:
    """The color network, and the model that draws colors if there is one."""
    card = models.find(color)
    readout = {} if card.readout is None else card.readout.model_dump()
    settings = ColorizeSettings.model_validate({"model": color, **readout})
    asked = AskedNetwork(load_network(color, Engine()), settings)
    try:
        return asked, load_color_sampler(models.find(sampler))
    except UsageError as error:
        print(f"no samples: {error}")
        return asked, None


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each clip, and means."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--clips", type=int, default=10)
    parser.add_argument("--color-model", default="color")
    parser.add_argument("--sampler", default="pixcolor")
    parser.add_argument("--show", type=Path)
    asked = parser.parse_args(arguments)
    network, sampler = networks(asked.color_model, asked.sampler)
    paths = [asked.folder / f"{name}.mp4" for name in (*TEST_CLIPS, *TRAINING_CLIPS)]
    references: list[ReferenceFigures] = []
    variants: list[VariantFigures] = []
    for path in [path for path in paths if path.is_file()][: asked.clips]:
        start = time.monotonic()
        shot = read_shot(path)
        line = f"{shot.name:18s}"
        reference = variant = None
        if (found := reference_figures(shot, network)) is None:
            line += " the still was not recognized"
        else:
            figures, reference = found
            references.append(figures)
            line += described(figures)
        if sampler is not None:
            drawn, variant = variant_figures(shot, network, sampler)
            variants.append(drawn)
            line += drawn.text
        print(f"{line} ({time.monotonic() - start:.0f} s)", flush=True)
        if asked.show is not None:
            asked.show.mkdir(parents=True, exist_ok=True)
            picture = sheet(shot, reference, variant)
            cv2.imwrite(str(asked.show / f"{shot.name}.png"), picture[..., ::-1])
    line = f"{'mean':18s}{described(mean_of(references))}"
    print(line + (mean_of(variants).text if variants else ""))


def described(figures: ReferenceFigures) -> str:
    """The figures as text."""
    return (
        f" visible {figures.share:4.0%}: CIE76 {figures.cie76:5.2f}, CIEDE2000 {figures.ciede2000:5.2f}; "
        f"whole {figures.whole:5.2f}; grey {figures.grey:5.2f}"
    )


Figures = TypeVar("Figures", ReferenceFigures, VariantFigures)


def mean_of(found: Sequence[Figures]) -> Figures:
    """The mean of each figure."""
    rows = [astuple(each) for each in found]
    return type(found[0])(*(fmean(column) for column in zip(*rows, strict=True)))


if __name__ == "__main__":
    main()
