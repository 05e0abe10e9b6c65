"""Color photographs: read, cut and aged to film-like grey, with their chroma as the truth."""

from __future__ import annotations

import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

from restore.training.degrade.amounts import Spread, draw
from restore.training.degrade.shot import age
from restore.training.split import validates

_KB, _KR = 0.0722, 0.2126


@dataclass(frozen=True)
class Photo:
    """One photograph: its name and R'G'B' [3, H, W], uint8."""

    name: str
    rgb: Tensor


def read_photos(folder: Path, validation: bool) -> list[Photo]:
    """The photographs of a folder's shards, in order: the validation tenth, or the rest."""
    photos: list[Photo] = []
    for shard in sorted(folder.glob("*.tar")):
        with tarfile.open(shard) as tar:
            for member in tar:
                file = tar.extractfile(member)
                if file is not None and validates(member.name) == validation:
                    photos.append(Photo(member.name, _decoded(file.read())))
    return photos


def _decoded(data: bytes) -> Tensor:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("a photograph that cannot be decoded")
    return torch.from_numpy(picture[:, :, ::-1].copy()).permute(2, 0, 1)


def chroma_of(rgb: Tensor) -> Tensor:
    """R'G'B' [N, 3, H, W], 0..1 -> (Cb, Cr) of full-range BT.709 [N, 2, H, W], nominal +-0.5."""
    red, green, blue = rgb.unbind(1)
    luma = _KR * red + (1 - _KR - _KB) * green + _KB * blue
    return torch.stack([(blue - luma) / (2 * (1 - _KB)), (red - luma) / (2 * (1 - _KR))], 1)


def colored(luma: Tensor, chroma: Tensor) -> Tensor:
    """Luma [N, 1, H, W] and chroma [N, 2, H, W] -> R'G'B' [N, 3, H, W], unclipped."""
    red = luma[:, 0] + 2 * (1 - _KR) * chroma[:, 1]
    blue = luma[:, 0] + 2 * (1 - _KB) * chroma[:, 0]
    green = (luma[:, 0] - _KR * red - _KB * blue) / (1 - _KR - _KB)
    return torch.stack([red, green, blue], 1)


def grey_batch(
    photos: Sequence[Photo], spread: Spread, count: int, size: int, generator: Generator
) -> tuple[Tensor, Tensor]:
    """Film-like grey [N, 1, size, size], 0..1, and true chroma [N, 2, size/4, size/4]."""
    greys: list[Tensor] = []
    chromas: list[Tensor] = []
    for _ in range(count):
        at = int(torch.randint(0, len(photos), (), generator=generator))
        rgb = _crop(photos[at].rgb.float()[None] / 255, size, generator)
        shot = age(rgb, draw(spread, generator), 1, generator)
        greys.append(shot.aged.clamp(0, 1))
        chromas.append(functional.avg_pool2d(chroma_of(rgb), 4))
    return torch.cat(greys), torch.cat(chromas)


def _crop(rgb: Tensor, size: int, generator: Generator) -> Tensor:
    """A square of `size` from [1, 3, H, W], zoomed by 1 to 1.4 times less; half are mirrored."""
    height, width = rgb.shape[-2:]
    zoom = float(torch.rand((), generator=generator)) * 0.4 + 1
    factor = size * zoom / min(height, width)
    target = (max(size, round(height * factor)), max(size, round(width * factor)))
    rgb = functional.interpolate(rgb, target, mode="bilinear", align_corners=False, antialias=True)
    top = int(torch.randint(0, target[0] - size + 1, (), generator=generator))
    left = int(torch.randint(0, target[1] - size + 1, (), generator=generator))
    square = rgb[:, :, top : top + size, left : left + size]
    return square.flip(-1) if int(torch.randint(0, 2, (), generator=generator)) else square
