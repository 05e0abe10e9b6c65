"""Aged shots with their truth: made once on disk, then cut into patches with a window of frames."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save
from torch import Generator, Tensor

from restore.store import make_folder, write_atomic
from restore.training.degrade.amounts import Spread, draw
from restore.training.degrade.shot import age
from restore.training.degrade.storage import to_codes
from restore.training.settings import PairSettings

ReadClip = Callable[[Path], Tensor]
"""path of a clip -> its frames [T, 3, H, W], uint8 R'G'B', full range"""


def seeded(*numbers: int) -> Generator:
    """A generator that depends on these numbers and nothing else."""
    digest = hashlib.sha256(repr(numbers).encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def prepare(
    clips: Sequence[Path],
    read_clip: ReadClip,
    settings: PairSettings,
    spread: Spread,
    scale: int,
    seed: int,
    folder: Path,
) -> list[Path]:
    """Make the aged shots that `folder` still lacks; shot n depends on the seed and n alone."""
    make_folder(folder)
    paths = [folder / f"{number:05d}.safetensors" for number in range(settings.shots)]
    for at, clip in enumerate(clips):
        lacking = [n for n in range(at, settings.shots, len(clips)) if not paths[n].exists()]
        if not lacking:
            continue
        frames = read_clip(clip)
        for number in lacking:
            generator = seeded(seed, number)
            excerpt = cut(frames, settings, generator).float() / 255
            shot = age(excerpt, draw(spread, generator), scale, generator)
            pair = {"aged": to_codes(shot.aged[:, 0]), "truth": to_codes(shot.truth[:, 0])}
            write_atomic(paths[number], save(pair))
    return paths


def cut(clip: Tensor, settings: PairSettings, generator: Generator) -> Tensor:
    """A random excerpt of a clip [T, 3, H, W], in space and time, every 1st to nth frame."""
    length, _, height, width = clip.shape
    longest = max(1, min(settings.greatest_step, (length - 1) // max(1, settings.frames - 1)))
    step = _integer(1, longest, generator)
    first = _integer(0, max(0, length - 1 - step * (settings.frames - 1)), generator)
    top = _integer(0, max(0, height - settings.height), generator)
    left = _integer(0, max(0, width - settings.width), generator)
    chosen = clip[first : first + step * (settings.frames - 1) + 1 : step]
    return chosen[:, :, top : top + settings.height, left : left + settings.width]


class Patches:
    """Random patches out of prepared shots."""

    def __init__(
        self, paths: Sequence[Path], scale: int, frames: int, repeat_chance: float
    ) -> None:
        self._shots = [safe_open(str(path), framework="pt") for path in paths]
        self._scale = scale
        self._radius = frames // 2
        self._repeat_chance = repeat_chance

    def batch(self, count: int, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        """Windows [N, frames, size, size] and sharp middle frames [N, 1, ...] times scale, 0..1."""
        pairs = [self._patch(size, generator) for _ in range(count)]
        aged, truth = (torch.stack(side).float() / 255 for side in zip(*pairs, strict=True))
        return aged, truth

    def _patch(self, size: int, generator: Generator) -> tuple[Tensor, Tensor]:
        shot = self._shots[_integer(0, len(self._shots) - 1, generator)]
        aged, truth = shot.get_slice("aged"), shot.get_slice("truth")
        length, height, width = aged.get_shape()
        middle = _integer(0, length - 1, generator)
        top = _integer(0, height - size, generator)
        left = _integer(0, width - size, generator)
        order = self._window(middle, length, generator)
        first = min(order)
        run = aged[first : max(order) + 1, top : top + size, left : left + size]
        window = run[[at - first for at in order]]
        up, side, wide = top * self._scale, left * self._scale, size * self._scale
        sharp = truth[middle : middle + 1, up : up + wide, side : side + wide]
        return _turned(window, sharp, _integer(0, 7, generator))

    def _window(self, middle: int, length: int, generator: Generator) -> list[int]:
        """Frames around the middle, the ends repeated; at times backwards or with a repeat."""
        order = [
            min(max(at, 0), length - 1)
            for at in range(middle - self._radius, middle + self._radius + 1)
        ]
        if _integer(0, 1, generator):
            order.reverse()
        if self._radius and float(torch.rand((), generator=generator)) < self._repeat_chance:
            place = _integer(0, len(order) - 2, generator)
            order[place if place < self._radius else place + 1] = middle
        return order


def _turned(window: Tensor, sharp: Tensor, way: int) -> tuple[Tensor, Tensor]:
    """One of the eight flips and quarter turns of both."""
    if way & 1:
        window, sharp = window.flip(-1), sharp.flip(-1)
    if way & 2:
        window, sharp = window.flip(-2), sharp.flip(-2)
    if way & 4:
        window, sharp = window.transpose(-1, -2), sharp.transpose(-1, -2)
    return window, sharp


def _integer(low: int, high: int, generator: Generator) -> int:
    """A whole number from low to high, both possible."""
    return int(torch.randint(low, high + 1, (), generator=generator))
