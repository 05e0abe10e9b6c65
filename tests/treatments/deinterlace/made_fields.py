"""Moving pictures and the interlaced films made of them, for tests of the cadence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from restore.timing import Span
from restore.treatments.deinterlace.cadence import see_fields
from restore.treatments.deinterlace.shot_fields import ShotFields, moments
from restore.treatments.film_facts import FilmFacts

Plane = NDArray[np.uint8]

SIZE = (96, 64)
"""Rows, and columns of a quarter of the film's width."""


@dataclass(frozen=True)
class RowsFrame:
    """A frame as the survey gives it."""

    y: Plane
    cb: Plane | None = None
    cr: Plane | None = None
    pts: int = 0
    duration: int = 1


def moving(count: int, seed: int = 0, speed: float = 1.5) -> list[Plane]:
    """A soft texture that moves to the right and turns; neighboring rows differ little."""
    rng = np.random.default_rng(seed)
    rows, columns = SIZE
    texture = rng.normal(0, 1, (2 * rows, 2 * columns)).astype(np.float32)
    texture = cv2.GaussianBlur(texture, (0, 0), 2.5)
    texture *= 45 / float(texture.std())
    frames: list[Plane] = []
    for number in range(count):
        turn = cv2.getRotationMatrix2D((columns, rows), 0.8 * speed * number, 1.0)
        turn[0, 2] += speed * number - columns / 2
        turn[1, 2] -= rows / 2
        moved = cv2.warpAffine(texture, turn, (columns, rows), borderMode=cv2.BORDER_REFLECT)
        frames.append(np.clip(np.rint(moved + 120), 0, 255).astype(np.uint8))
    return frames


def pulled(frames: Sequence[Plane], pattern: Sequence[int], phase: int = 0) -> list[int]:
    """The number of the frame that each field shows, from a field of the pattern on, in pairs."""
    numbers = [k for k in range(len(frames)) for _ in range(pattern[k % len(pattern)])][phase:]
    return numbers[: len(numbers) // 2 * 2]


def woven(fields: Sequence[Plane], order: str) -> list[Plane]:
    """Frames of fields in the order of time."""
    frames: list[Plane] = []
    for first, second in zip(fields[::2], fields[1::2], strict=True):
        top, bottom = (first, second) if order == "tff" else (second, first)
        frame = top.copy()
        frame[1::2] = bottom[1::2]
        frames.append(frame)
    return frames


def film(
    frames: Sequence[Plane], pattern: Sequence[int], order: str, phase: int = 0
) -> list[Plane]:
    """Film in video."""
    return woven([frames[number] for number in pulled(frames, pattern, phase)], order)


def noisy(frames: Sequence[Plane], sigma: float, seed: int = 0) -> list[Plane]:
    """The frames with white noise, as it is after the mean of four columns."""
    rng = np.random.default_rng(seed)
    return [
        np.clip(np.rint(each + rng.normal(0, sigma / 2, each.shape)), 0, 255).astype(np.uint8)
        for each in frames
    ]


def seen(
    frames: Sequence[Plane],
    cuts: Sequence[int] = (),
    chroma: Sequence[Plane] | None = None,
    durations: Sequence[int] = (1,),
) -> list[ShotFields]:
    """What is found in a film with cuts before these frames."""
    edges = [0, *cuts, len(frames)]
    shots = [Span(a, b) for a, b in pairwise(edges)]

    def rows() -> Iterator[RowsFrame]:
        for number, frame in enumerate(frames):
            colors = None if chroma is None else chroma[number]
            yield RowsFrame(frame, colors, colors, number, durations[number % len(durations)])

    rows_high, columns = frames[0].shape
    found = see_fields(rows(), shots, FilmFacts(4 * columns, rows_high))
    return [measure for measure in found if measure is not None]


def starts(found: ShotFields) -> list[int]:
    """The fields with which moments begin."""
    return [moment.start for stretch in found.stretches for moment in moments(stretch)]


def true_starts(numbers: Sequence[int]) -> list[int]:
    """The fields whose number is not that of the field before."""
    return [0, *(n for n in range(1, len(numbers)) if numbers[n] != numbers[n - 1])]


def combed(found: ShotFields, numbers: Sequence[int]) -> int:
    """How many fields are in frames of the result that join two moments, by the true `numbers`."""
    count = 0
    for each in found.stretches:
        if each.kind == "video":
            continue
        frames = [(at, at + 2) for at in range(each.start - each.start % 2, each.stop, 2)]
        if each.kind == "film":
            frames = [(moment.start, moment.stop) for moment in moments(each)]
        count += sum(b - a for a, b in frames if len(set(numbers[a:b])) > 1)
    return count
