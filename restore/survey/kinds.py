"""The kind of a shot: some of its frames are kept, and examined at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from restore.survey.blank import is_blank_shot
from restore.survey.findings import Figures, Shot
from restore.survey.lettering import lettering
from restore.survey.tint import CODES, chroma_of, color_of
from restore.survey.title_card import is_card, still_frame
from restore.timing import Span
from restore.treatments.film_facts import Content

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.uint8]

Item = TypeVar("Item")

MOST_SAMPLES = 16
"""The most samples that are kept of a shot, however long it is; of a long one at least half as many."""

EXAMINED = 9
"""The samples by which a shot is examined: an odd number has a middle one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A reduced frame that is kept: planes [h, w] uint8, limited range, one size."""

    y: Plane
    cb: Plane
    cr: Plane


def keep_sample(samples: list[Item], sample: Item, number: int) -> list[Item]:
    """The samples after frame `number` of the shot: every k-th frame, k doubles when there are MOST_SAMPLES.

    Depends on the shot's frames alone, so the kind of a shot does not depend on where the pass began.
    """
    step = _step(number)
    if number % step:
        return samples
    if number and number == step * MOST_SAMPLES // 2 and step > 1:
        samples = samples[::2]
    return [*samples, sample]


def _step(number: int) -> int:
    """The distance of the samples after frame `number`: number < MOST_SAMPLES * step."""
    step = 1
    while number >= MOST_SAMPLES * step:
        step *= 2
    return step


def evenly_spread(samples: Sequence[Item]) -> list[Item]:
    """At most EXAMINED samples, evenly spread."""
    if len(samples) <= EXAMINED:
        return list(samples)
    return [samples[round(i * (len(samples) - 1) / (EXAMINED - 1))] for i in range(EXAMINED)]


def classify_shot(span: Span, samples: Sequence[Sample]) -> Shot:
    """The kind of the shot of these samples."""
    chosen = evenly_spread(samples)
    frames = [each.y for each in chosen]
    chroma = chroma_of([(each.y, each.cb, each.cr) for each in chosen])
    color = color_of(chroma)
    still, motion = still_frame(frames)
    found = lettering(still)
    content: Content = "scene"
    if is_blank_shot(frames):
        content = "black"
    elif is_card(found, motion):
        content = "card"
    low, high = (float(code) for code in np.percentile(still, (1, 99)))
    figures = Figures(
        brightness=(float(np.mean(still)) - 16) / 219,
        contrast=(high - low) / 219,
        motion=motion,
        lettering=found.lined,
        ground=found.clear,
        chroma=chroma.rms / CODES,
        hues=chroma.hues / CODES,
    )
    tint = (chroma.cb / CODES, chroma.cr / CODES) if color == "tint" else None
    return Shot(span, content, color, tint, figures)
