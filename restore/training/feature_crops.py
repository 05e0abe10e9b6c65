"""Crops with the features of a network that is not trained: computed once, kept in files, drawn again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load, save
from torch import Generator, Tensor

from restore.ageing.random_streams import seeded
from restore.store import write_atomic

Crop = dict[str, Tensor]
"""The planes of one crop by their names."""

_STREAM = 2
"""Distinguishes the random numbers of these crops from those of other samples with the same seed."""


@dataclass(frozen=True)
class FeatureCrops:
    """A fixed number of crops, of which any one is drawn.

    Crop n depends on the seed and n alone. Its file is made when it is drawn for the first time: several
    processes, and runs that resume, share the files of a folder.
    """

    make: Callable[[Generator], Crop]
    folder: Path
    count: int
    seed: int

    def __call__(self, generator: Generator) -> Crop:
        """One of the crops, in half precision."""
        number = int(torch.randint(0, self.count, (), generator=generator))
        path = self.folder / f"{number:06d}.safetensors"
        if not path.exists():
            made = self.make(seeded(self.seed, number, _STREAM))
            write_atomic(path, save({name: plane.half() for name, plane in made.items()}))
        return load(path.read_bytes())
