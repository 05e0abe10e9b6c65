"""A color sampler with made weights, for tests: a model folder whose colors are known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from restore.store import digest_file

ARCHITECTURE = "MadeSampler"


class MadeSampler(nn.Module):
    """Each seed gives dark and bright things a color of its own; the log likelihood is minus the seed."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(0.2))

    def draw(
        self, gray: Tensor, seeds: Sequence[int], temperature: float, top_p: float
    ) -> tuple[Tensor, Tensor]:
        """See `ColorSampler`."""
        cells = functional.avg_pool2d(gray, 8)
        rows = [
            (torch.where(one > 0.5, *colors_of(seed)) * self.scale)
            for one, seed in zip(cells, seeds, strict=True)
        ]
        return torch.stack(rows), torch.tensor([-100.0 * seed for seed in seeds])

    def refined(self, gray: Tensor, chroma: Tensor) -> Tensor:
        """See `ColorSampler`."""
        return functional.interpolate(chroma, scale_factor=2, mode="bilinear")

    def likelihood(self, gray: Tensor, chroma: Tensor) -> Tensor:
        """See `ColorSampler`: gray is certain, and the square of each value makes a color less likely."""
        return -chroma.square().sum((1, 2, 3))


def colors_of(seed: int) -> tuple[Tensor, Tensor]:
    """The directions (Cb, Cr) of bright and of dark things [2, 1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    angles = torch.rand(2, generator=generator) * 2 * torch.pi
    bright, dark = (torch.stack([a.cos(), a.sin()]).view(2, 1, 1) for a in angles)
    return bright, dark


def made_sampler(folder: Path) -> Path:
    """A model folder for such a network; tests load it themselves."""
    folder.mkdir()
    weights = folder / "weights.safetensors"
    save_file(MadeSampler().state_dict(), weights)
    (folder / "model.toml").write_text(
        f'name = "made"\nversion = 1\ntask = "colorize"\narchitecture = "{ARCHITECTURE}"\n'
        f'arguments = {{}}\nscale = 1\nframes = 1\nsha256 = "{digest_file(weights)}"\n'
        'licence = "MIT"\n[range]\nmin_lines = 16\nmax_lines = 4000\n'
    )
    return folder
