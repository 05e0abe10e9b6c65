"""Linejitter: lines that a tape shows too far to the left or right are moved back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.linejitter.jitter_observer import JitterObserver, LineJitter
from restore.treatments.measure import ALL_ROWS, BandMeasure
from restore.treatments.option import Share, repair_option
from restore.treatments.treatment import (
    STRICT,
    Description,
    Example,
    NoSettings,
    TreatedShot,
    Treatment,
    shots_of,
    strength,
    tape_strength,
)

if TYPE_CHECKING:
    import torch


class LineJitterOptions(BaseModel):
    """How much of the jitter of lines is removed."""

    model_config = STRICT

    linejitter: Annotated[Share, repair_option("of the horizontal jitter of a tape's lines")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class LineJitterDecision:
    """The share of the offsets found in each frame by which its rows are moved back."""

    gain: float


def _decide(
    shot: ShotKind, measure: LineJitter | None, options: LineJitterOptions, film: FilmFacts
) -> LineJitterDecision | None:
    share = tape_strength(options.linejitter, shot, film)
    if measure is None or not share:
        return None
    return LineJitterDecision(round(share * measure.gain, 3))


def treat(clip: Clip, span: Span, decision: LineJitterDecision) -> Clip:
    """The frames of `span` with their rows in place; chroma is moved along."""
    from restore.filters.shift import rows_moved

    own = clip.part(span.start, span.stop)
    back = -decision.gain * _offsets(clip, span).to(own.luma)
    chroma = None if own.chroma is None else rows_moved(own.chroma, _of_chroma(back, own))
    return replace(own, luma=rows_moved(own.luma, back), chroma=chroma)


def _offsets(clip: Clip, span: Span) -> torch.Tensor:
    """The offsets of the rows of the frames of `span`, [T, H] in columns of luma."""
    import numpy as np
    import torch

    from restore.treatments.linejitter.row_offsets import moved_back, offsets_in_time, row_offsets

    step = 1 if clip.color.fields is None else 2
    seen = span.widened(1, Span(clip.index, clip.index + len(clip)))
    planes = [plane.float().cpu().numpy() for plane in clip.part(seen.start, seen.stop).luma[:, 0]]
    found = [row_offsets(plane, step) for plane in planes]
    straight = [moved_back(plane, each) for plane, each in zip(planes, found, strict=True)]
    own = range(span.start - seen.start, span.stop - seen.start)
    whole = [found[place] + offsets_in_time(straight, place, step) for place in own]
    return torch.from_numpy(np.stack(whole))


def _of_chroma(offsets: torch.Tensor, own: Clip) -> torch.Tensor:
    """The offsets [T, h] of the chroma rows in columns of chroma: means of those of their luma rows."""
    from torch.nn import functional

    assert own.chroma is not None
    (rows, columns), (height, width) = own.chroma.shape[-2:], own.luma.shape[-2:]
    if own.color.fields is not None and rows < height:  # rows of one field share rows of chroma
        fields = [offsets[:, first::2] for first in (0, 1)]
        halves = [
            functional.adaptive_avg_pool1d(each, (rows + 1 - k) // 2)
            for k, each in enumerate(fields)
        ]
        means = offsets.new_empty(len(offsets), rows)
        means[:, ::2], means[:, 1::2] = halves
    else:
        means = functional.adaptive_avg_pool1d(offsets, rows)
    return means * (columns / width)


def _notes(
    shots: Sequence[TreatedShot[LineJitter, LineJitterDecision]],
    options: LineJitterOptions,
    film: FilmFacts,
) -> Iterator[str]:
    if sizes := [shot.measure.pixels for shot in shots if shot.measure and shot.decision]:
        yield (
            f"the lines of {shots_of(sizes, shots)} jitter ({max(sizes):.1f} pixels in the worst): they are "
            "moved back (--linejitter 0 leaves them)"
        )


def _jittering() -> Clip:
    """A bar with soft edges whose rows are displaced in turn."""
    import torch

    from restore.clip import ColorSpec
    from restore.filters.shift import rows_moved

    columns = torch.arange(96.0)
    bar = torch.sigmoid((columns - 30) / 2) - torch.sigmoid((columns - 60) / 2)
    offsets = torch.sin(torch.arange(3 * 48.0) * 2.4).view(3, 48)
    luma = rows_moved((0.2 + 0.5 * bar).expand(3, 1, 48, 96).contiguous(), offsets)
    return Clip(luma, torch.zeros(3, 2, 24, 48), 100, ColorSpec("bt601", "limited"))


LINEJITTER = Treatment(
    name="linejitter",
    title="jitter of lines",
    order=53,
    options=LineJitterOptions,
    settings=NoSettings,
    decision=LineJitterDecision,
    requested=lambda options, film: strength(options.linejitter, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: 1,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "lines moved back",
        whole=lambda settings, film: "lines moved back",
        found=lambda measure, film: f"lines jitter by {measure.pixels:.1f} pixels",
        figures=lambda measure, film: {"line_jitter_pixels": measure.pixels if measure else None},
        notes=_notes,
    ),
    example=Example(NoSettings(), lambda clip: LineJitterDecision(1.0), _jittering),
    measure=BandMeasure(LineJitter, ALL_ROWS, JitterObserver),
)
