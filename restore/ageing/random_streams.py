"""Random numbers: amounts, and a stream for every damage, so that none changes another one's luck."""

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
        """What lasts: the same numbers in every part of the shot; on the CPU."""
        return seeded(self.seed, name)

    def part(self, name: str) -> Generator:
        """What is new in every frame and takes few numbers; on the CPU."""
        return seeded(self.seed, name, self.first)

    def frames(self, name: str) -> Generator:
        """What is new in every pixel of every frame; on the picture's device."""
        return seeded(self.seed, name, self.first, device=self.device)


class Luck:
    """Draws from one generator."""

    def __init__(self, generator: Generator) -> None:
        self._generator = generator

    def within(self, span: tuple[float, float]) -> float:
        """Even between the two ends."""
        device = self._generator.device
        part = float(torch.rand((), generator=self._generator, device=device))
        return span[0] + (span[1] - span[0]) * part

    def mild(self, span: tuple[float, float], chance: float = 1.0) -> float:
        """Zero by chance, else nearer the low end more often (the square of an even draw)."""
        part, happens = self.within((0, 1)), self.happens(chance)
        return span[0] + (span[1] - span[0]) * part * part if happens else 0.0

    def even(self, span: tuple[float, float], chance: float) -> float:
        """Zero by chance, else even between the two ends."""
        value, happens = self.within(span), self.happens(chance)
        return value if happens else 0.0

    def ratio(self, span: tuple[float, float]) -> float:
        """Even between the logarithms of the two ends."""
        return math.exp(self.within((math.log(span[0]), math.log(span[1]))))

    def happens(self, chance: float) -> bool:
        """True with that chance."""
        return self.within((0, 1)) < chance

    def choice(self, weights: tuple[float, ...]) -> int:
        """An index, by weight."""
        device = self._generator.device
        weighed = torch.tensor(weights, device=device)
        return int(torch.multinomial(weighed, 1, generator=self._generator))


def streams(generator: Generator, first: int, device: torch.device) -> Streams:
    """Streams that depend on the generator's state alone; it moves on by one draw."""
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    return Streams(seed, first, device)


def seeded(*parts: int | str, device: torch.device | None = None) -> Generator:
    """A generator (on the CPU unless told) whose state depends on these parts and nothing else."""
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return Generator(device or "cpu").manual_seed(int.from_bytes(digest[:8], "big") >> 1)


def noise(shape: tuple[int, ...], like: Tensor, generator: Generator) -> Tensor:
    """Normal numbers of the type and device of `like`, whatever the generator's device."""
    drawn = torch.randn(shape, generator=generator, dtype=like.dtype, device=generator.device)
    return drawn.to(like.device)


def walk(frames: int, memory: Sequence[float], generator: Generator) -> Tensor:
    """Wandering numbers [frames, len(memory)] of deviation 1, float32 on the CPU.

    `memory` 0..1: each one's correlation from frame to frame (a first-order autoregressive
    process). A longer walk from the same generator state begins with the shorter one.
    """
    kept = torch.tensor(memory, dtype=torch.float32)
    fresh = (1 - kept * kept).sqrt()
    place = torch.randn(len(memory), generator=generator)
    places: list[Tensor] = []
    for _ in range(frames):
        places.append(place)
        place = kept * place + fresh * torch.randn(len(memory), generator=generator)
    return torch.stack(places)
