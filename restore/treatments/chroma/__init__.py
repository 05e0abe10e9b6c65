"""Chroma: the color of video from tape is moved back, cleaned and sharpened under the film's own luma."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, with_config

from restore.clip import Clip
from restore.timing import Span
from restore.treatments.chroma.chroma_faults import NEAR, ChromaFaults
from restore.treatments.film_facts import FilmFacts, ShotKind
from restore.treatments.measure import ClipObserver, FrameMeasure
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
)

if TYPE_CHECKING:
    import torch

RADIUS = 2
"""Frames on each side over which chroma is averaged."""

LEAST_BLEED = 2.0
"""Bleeding in luma samples that is assumed of noisy chroma: tape has less bandwidth for chroma than that."""


DOUBT = 6.0
"""Standard errors that a shift exceeds if it is corrected."""


class ChromaOptions(BaseModel):
    """How much of the faults of chroma is removed."""

    model_config = STRICT

    chroma: Annotated[Share, repair_option("of the chroma faults of tape")] = None


@with_config(STRICT)
@dataclass(frozen=True, slots=True)
class ChromaDecision:
    """The faults of a shot's chroma that are removed.

    right, down  position of the chroma in luma samples of the frame: it is moved back by this
    noise        standard deviation of the noise, nominal; 0: chroma is only moved
    bleed        sigma of the blur along the lines in luma samples
    stairs       where groups of four luma columns with equal chroma begin (see `ChromaFaults`)
    strength     1: all of it
    """

    right: float
    down: float
    noise: float
    bleed: float
    stairs: int | None = None
    strength: float = 1.0


def _start() -> ClipObserver[ChromaFaults]:
    from restore.treatments.chroma.fault_observer import ChromaObserver

    return ChromaObserver()


def _decide(
    shot: ShotKind, measure: ChromaFaults | None, options: ChromaOptions, film: FilmFacts
) -> ChromaDecision | None:
    share = strength(options.chroma, film)
    if measure is None or not share or shot.color != "color":
        return None
    return decision_for(measure, share)


def decision_for(measure: ChromaFaults, share: float = 1.0) -> ChromaDecision:
    """What is done about these faults."""
    right, down = measure.shift if measure.shift is not None and _moves(measure) else (0.0, 0.0)
    noisy = measure.noisy
    bleed = max(measure.bleed, LEAST_BLEED) if noisy else 0.0
    return ChromaDecision(
        right, down, measure.noise if noisy else 0.0, bleed, measure.stairs, share
    )


def _moves(measure: ChromaFaults) -> bool:
    """Whether the shift is corrected in a shot that is treated."""
    size = max(map(abs, measure.shift or (0.0,)))
    return size >= max(NEAR, DOUBT * measure.error)


def _shown_shift(measure: ChromaFaults) -> tuple[float, float] | None:
    """The shift for people and programs: a certain one, and any other that is corrected."""
    return measure.shift if measure.faulty and _moves(measure) else measure.known


def treat(clip: Clip, span: Span, decision: ChromaDecision) -> Clip:
    """The frames of `span` with clean chroma; luma keeps its values.

    In interlaced frames each field is treated separately.
    """
    import torch

    own = clip.part(span.start, span.stop)
    if own.chroma is None:
        return own
    first = max(clip.index, span.start - RADIUS)
    near = clip.part(first, min(clip.index + len(clip), span.stop + RADIUS))
    place = slice(span.start - first, span.stop - first)
    if clip.color.fields is None:
        return replace(own, chroma=_mixed(own, _clean(near, place, decision), decision))
    if any(planes.shape[-2] % 2 for planes in (clip.luma, own.chroma)):
        return own
    cleaned = torch.empty_like(own.chroma)
    for field in (0, 1):
        half = replace(decision, down=decision.down / 2)
        cleaned[..., field::2, :] = _clean(near.field(field), place, half)
    return replace(own, chroma=_mixed(own, cleaned, decision))


def _mixed(own: Clip, cleaned: torch.Tensor, decision: ChromaDecision) -> torch.Tensor:
    assert own.chroma is not None
    return cleaned if decision.strength == 1 else own.chroma.lerp(cleaned, decision.strength)


def _clean(near: Clip, place: slice, decision: ChromaDecision) -> torch.Tensor:
    """The chroma of frames `place` of a clip with its neighbors."""
    from restore.filters.chroma_clean import motion_averaged, under_luma, without_stairs
    from restore.filters.resample import luma_at_chroma, subsampling
    from restore.filters.shift import moved

    assert near.chroma is not None
    chroma, (across, down) = near.chroma, subsampling(near)
    if decision.stairs is not None and across < 2:
        chroma = without_stairs(chroma, 4 >> across, decision.stairs)
    back = (-decision.down / (1 << down), -decision.right / (1 << across))
    chroma = moved(chroma, [back] * len(near))
    if not decision.noise:
        return chroma[place]
    luma = luma_at_chroma(near)
    averaged = motion_averaged(chroma, luma, place.start, place.stop, RADIUS, decision.noise)
    soft = (decision.bleed / 4 / (1 << down), decision.bleed / (1 << across))
    return under_luma(averaged, luma[place], soft, decision.noise)


def _found(measure: ChromaFaults, film: FilmFacts) -> str:
    texts = [f"chroma noise of {measure.noise:.1%}"]
    if (shift := _shown_shift(measure)) is not None:
        texts.append(f"chroma {shift[0]:+.1f} pixels right, {shift[1]:+.1f} down")
    if measure.stairs is not None:
        texts.append("4:1:1 stairs")
    return ", ".join(texts)


def _figures(measure: ChromaFaults | None, film: FilmFacts) -> dict[str, float | None]:
    right, down = (_shown_shift(measure) if measure else None) or (None, None)
    return {
        "chroma_noise": measure.noise if measure else None,
        "chroma_right_pixels": right,
        "chroma_down_pixels": down,
        "chroma_bleed_pixels": measure.bleed if measure else None,
    }


def _notes(
    shots: Sequence[TreatedShot[ChromaFaults, ChromaDecision]],
    options: ChromaOptions,
    film: FilmFacts,
) -> Iterator[str]:
    if treated := [shot for shot in shots if shot.decision]:
        yield (
            f"the chroma of {shots_of(treated, shots)} has faults of video tape: it is cleaned under the "
            "luma (--chroma 0 leaves it)"
        )


def _example(clip: Clip) -> ChromaDecision:
    """Chroma that is two samples to the right, noisy and soft."""
    return ChromaDecision(2.0, 0.0, 0.02, 3.0)


CHROMA = Treatment(
    name="chroma",
    title="chroma of tape",
    order=68,
    options=ChromaOptions,
    settings=NoSettings,
    decision=ChromaDecision,
    requested=lambda options, film: strength(options.chroma, film) > 0,
    decide=_decide,
    settle=lambda options, film, card: NoSettings(),
    radius=lambda settings: RADIUS,
    load=lambda settings, engine: treat,
    describe=Description(
        done=lambda decision: "chroma cleaned" if decision.noise else "chroma moved back",
        whole=lambda settings, film: "chroma cleaned",
        found=_found,
        figures=_figures,
        notes=_notes,
    ),
    example=Example(NoSettings(), _example),
    measure=FrameMeasure(ChromaFaults, _start),
)
