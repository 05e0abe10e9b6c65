"""Samples of what a tiny region of a picture may have shown: inventions, and marked as such."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from restore import __version__
from restore.errors import UsageError
from restore.jobs.enhance_sheet import enhance_sheet
from restore.jobs.inventions import Invented
from restore.jobs.png_files import check_free, write_png
from restore.media.images.picture import read_picture
from restore.store import digest_file, write_atomic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.float32]

SMALL = 8
"""Height and width that the region is reduced to."""

GRAY = 1.5 / 255
"""A region whose red, green and blue differ by less has no color; then its samples have none."""

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Shares of R', G' and B' in luma (BT.709)."""

TAU = 1.1
"""The factor of the paper's implementations."""

GUIDANCE = 2.0
"""With the models that ship, one sample has 2.1 dB (photographs) and 2.9 dB (heads) less error than at 1."""

SCHEMA = "restore enhance 1"


@dataclass(frozen=True)
class EnhanceRequest:
    """A region of a picture, and how many samples of it are drawn.

    picture   an image file
    box       left, top, width, height of the region in pixels
    count     number of samples, with the seeds `seed`, `seed` + 1 ...
    tau       factor on the logits: above 1 likely values are drawn more often
    guidance  factor on the logits that depend on the region: above 1 it counts more (1 in the paper)
    model     name or folder of a model for the task "prsr"
    output    the sheet (None: PICTURE.enhanced.png next to the picture)
    """

    picture: Path
    box: tuple[int, int, int, int]
    count: int = 8
    seed: int = 1
    tau: float = TAU
    guidance: float = GUIDANCE
    model: str = "prsr-general"
    output: Path | None = None
    overwrite: bool = False

    @property
    def sheet(self) -> Path:
        """The name of the sheet."""
        return self.output or self.picture.with_name(f"{self.picture.stem}.enhanced.png")

    @property
    def record(self) -> Path:
        """The name of the record next to it: that of the sheet and .json."""
        return self.sheet.with_name(f"{self.sheet.name}.json")


def enhance_still(request: EnhanceRequest) -> Invented:
    """Draw the samples, and write the sheet and the record.

    Raises UsageError for a file that is not a picture, a box that is not inside it, and an unknown model;
    OutputError for files that exist.
    """
    _check_names(request)
    found = invented(request)
    write_png(request.sheet, enhance_sheet(found))
    text = json.dumps(_record(request, found), indent=1) + "\n"
    write_atomic(request.record, text.encode())
    return found


def invented(request: EnhanceRequest) -> Invented:
    """The samples; nothing is written.

    The networks have learned from color photographs. Of a region without color only the samples' luma is
    shown: it would be wrong to invent colors as well.
    """
    import torch

    from restore import models
    from restore.models.tiny_sampler import load_tiny_sampler

    region = region_of(read_picture(request.picture), request.box)
    small = reduced_region(region)
    card = models.find(request.model)
    sampler = load_tiny_sampler(card)
    seeds = range(request.seed, request.seed + request.count)
    given = torch.from_numpy(np.ascontiguousarray(np.moveaxis(small, -1, 0)))
    drawn, totals = sampler.draw(given[None], seeds, request.tau, request.guidance)
    samples = [np.ascontiguousarray(np.moveaxis(one.numpy(), 0, -1)) for one in drawn]
    if np.ptp(region, axis=-1).max() < GRAY:
        samples = [(one @ LUMA)[..., None].repeat(3, 2) for one in samples]
    return Invented(
        region=region,
        small=small,
        samples=tuple(samples),
        seeds=tuple(seeds),
        likelihoods=tuple(float(total) / drawn[0].numel() for total in totals),
        spread=_spread(samples) if len(samples) > 1 else None,
        model=(card.full_name, card.sha256),
    )


def _spread(samples: Sequence[Picture]) -> Picture:
    return np.sqrt(np.var(np.stack(samples), axis=0).mean(-1)).astype(np.float32)


def _check_names(request: EnhanceRequest) -> None:
    """Raise OutputError or UsageError unless both files can be written, and neither is the picture itself."""
    from restore.jobs.prepare import check_writable

    names = [request.sheet, request.record]
    for name in names:
        check_writable(name)
        if name.exists() and request.picture.exists() and name.samefile(request.picture):
            raise UsageError(
                "The sheet would replace its own source.",
                str(name),
                "Choose another name with -o: the source is never modified.",
                code="output-is-source",
            )
    if not request.overwrite:
        check_free(names)


def _record(request: EnhanceRequest, found: Invented) -> dict[str, object]:
    name, sha256 = found.model
    pairs = zip(found.seeds, found.likelihoods, strict=True)
    return {
        "schema": SCHEMA,
        "restore": __version__,
        "picture": request.picture.name,
        "sha256": digest_file(request.picture),
        "box": list(request.box),
        "model": {"name": name, "sha256": sha256},
        "tau": request.tau,
        "guidance": request.guidance,
        "invented": True,
        "note": "The samples are inventions. They are no evidence of what the picture shows.",
        "samples": [
            {"seed": seed, "log_likelihood_per_value": round(value, 4)} for seed, value in pairs
        ],
        "mean_spread": None if found.spread is None else round(float(found.spread.mean()), 4),
    }


def region_of(picture: Picture, box: tuple[int, int, int, int]) -> Picture:
    """The region of a picture [H, W, 3]; UsageError unless it lies inside and has some pixels."""
    left, top, width, height = box
    rows, columns = picture.shape[:2]
    if min(width, height) < SMALL // 2:
        what = f"The region is too small: {width}x{height} pixels."
        todo = f"Give a region of {SMALL}x{SMALL} pixels or more: it is reduced to that."
        raise UsageError(what, _text(box), todo, code="box-invalid")
    if left < 0 or top < 0 or left + width > columns or top + height > rows:
        what = f"The region is not inside the picture of {columns}x{rows} pixels."
        todo = "Give left, top, width and height in pixels of the picture."
        raise UsageError(what, _text(box), todo, code="box-invalid")
    return picture[top : top + height, left : left + width]


def reduced_region(region: Picture) -> Picture:
    """The region as 8x8 pixels: means of areas. Other shapes than squares are squeezed."""
    larger = min(region.shape[:2]) < SMALL
    how = cv2.INTER_LINEAR if larger else cv2.INTER_AREA
    return np.asarray(cv2.resize(region, (SMALL, SMALL), interpolation=how), np.float32)


def _text(box: tuple[int, int, int, int]) -> str:
    return f"--box {','.join(map(str, box))}"
