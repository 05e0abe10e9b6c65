"""The measure of the fields of a whole film."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from restore.timing import Span
from restore.treatments.deinterlace.cadence.evidence import LEAST, gather
from restore.treatments.deinterlace.cadence.one_in_25 import one_in_25
from restore.treatments.deinterlace.cadence.verdict import in_shot, judged
from restore.treatments.deinterlace.shot_fields import ShotFields
from restore.treatments.film_facts import FilmFacts
from restore.treatments.measure import FieldFrame


def see_fields(
    frames: Iterable[FieldFrame], shots: Sequence[Span], film: FilmFacts
) -> Sequence[ShotFields | None]:
    """Which fields of each shot show the same moment; None if there are no two fields to compare."""
    if film.height < LEAST or not shots:
        return [None] * len(shots)
    evidence = gather(frames)
    if len(evidence.durations) < max(2, shots[-1].stop):
        return [None] * len(shots)
    verdict = judged(evidence, shots)
    return one_in_25([in_shot(verdict, evidence, shot) for shot in shots])
