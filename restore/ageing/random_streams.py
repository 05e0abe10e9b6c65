"""Random numbers: draws of amounts, and one stream for each damage, so that they stay independent."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor


@dataclass(frozen=True)
class Streams:
    """The generators of one part of a shot, by the damage's name.

    A long shot may be aged in parts: `first` is the number of the part's first frame in its shot.
    """

    seed: int
    first: int
    device: torch.device

    def shot(self, name: str) -> Generator:
        """For what lasts: the same numbers in every part of the shot; on the CPU."""
        return seeded(self.seed, name)

    def part(self, name: str) -> Generator:
        """For what is new in every frame and needs few numbers; on the CPU."""
        return seeded(self.seed, name, self.first)

    def frames(self, name: str) -> Generator:
        """For what is new in every pixel of every frame; on the picture's device."""
        return seeded(self.seed, name, self.first, device=self.device)


class RandomDraws:
    """Draws from one generator."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def uniform(self, span: tuple[float, float]) -> float:
        """Uniform between the two ends."""
        device = self._generator.device
        part = float(torch.rand((), generator=self._generator, device=device))
        return span[0] + (span[1] - span[0]) * part

    def skewed(self, span: tuple[float, float], chance: float = 1.0) -> float:
        """With that chance a value that is more often near the low end (squared uniform), else zero."""
        part, happens = self.uniform((0, 1)), self.happens(chance)
        return span[0] + (span[1] - span[0]) * part * part if happens else 0.0

    def uniform_or_zero(self, span: tuple[float, float], chance: float) -> float:
        """With that chance a value uniform between the two ends, else zero."""
        value, happens = self.uniform(span), self.happens(chance)
        return value if happens else 0.0

    def log_uniform(self, span: tuple[float, float]) -> float:
        """Uniform between the logarithms of the two ends."""
        return math.exp(self.uniform((math.log(span[0]), math.log(span[1]))))

    def happens(self, chance: float) -> bool:
        """True with that chance."""
        return self.uniform((0, 1)) < chance

    def choice(self, weights: tuple[float, ...]) -> int:
        """A random index; the chance of each is proportional to its weight."""
        device = self._generator.device
        chances = torch.tensor(weights, device=device)
        return int(torch.multinomial(chances, 1, generator=self._generator))


def shot_streams(generator: Generator, first: int, device: torch.device) -> Streams:
    """Streams that depend only on the generator's state, which advances by one draw."""
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    return Streams(seed, first, device)


def seeded(*parts: int | str, device: torch.device | None = None) -> Generator:
    """A generator (on the CPU by default) whose state depends only on these parts."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return Generator(device or "cpu").manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def noise(shape: tuple[int, ...], like: Tensor, generator: Generator) -> Tensor:
    """Normally distributed numbers with the type and device of `like`, on any generator's device."""
    drawn = torch.randn(shape, generator=generator, dtype=like.dtype, device=generator.device)
    return drawn.to(like.device)


def walk(frames: int, memory: Sequence[float], generator: Generator) -> Tensor:
    """First-order autoregressive processes [frames, len(memory)] of deviation 1, float32 on the CPU.

    `memory` 0..1: the correlation of each from frame to frame. A longer walk from the same generator
    state begins with the shorter one.
    """
    decay = torch.tensor(memory, dtype=torch.float32)
    fresh = (1 - decay * decay).sqrt()
    place = torch.randn(len(memory), generator=generator)
    places: list[Tensor] = []
    for _ in range(frames):
        places.append(place)
        place = decay * place + fresh * torch.randn(len(memory), generator=generator)
    return torch.stack(places)
