"""The shots of a plan: counted in result frames, converted from the survey's source frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from restore.framemap import FrameMap, IdentityMap
from restore.survey.findings import Shot
from restore.timing import Span
from restore.treatments import catalog
from restore.treatments.measure import FieldMeasure


def result_shots(shots: Sequence[Shot], frame_map: FrameMap) -> tuple[Shot, ...]:
    """The shots with spans and measures that count result frames; shots without a result frame are left out.

    A result frame belongs to the shot of its first source frame, and has that frame's measures.
    """
    if isinstance(frame_map, IdentityMap):
        return tuple(shots)
    spans = ((shot, frame_map.made_of(shot.span)) for shot in shots)
    return tuple(_mapped(shot, span, frame_map) for shot, span in spans if span is not None)


def result_places(shots: Sequence[Shot], frame_map: FrameMap) -> tuple[int, ...]:
    """The indices in `shots` of those that `result_shots` returns."""
    if isinstance(frame_map, IdentityMap):
        return tuple(range(len(shots)))
    return tuple(n for n, shot in enumerate(shots) if frame_map.made_of(shot.span) is not None)


def _mapped(shot: Shot, span: Span, frame_map: FrameMap) -> Shot:
    """One shot whose result frames are `span`."""
    rows = [frame_map.mapped(index) for index in range(span.start, span.stop)]
    places = [row.sources[0] - shot.span.start for row in rows]
    measured: dict[str, object] = {}
    for name, treatment in catalog.TREATMENTS.items():
        measure, found = treatment.measure, shot.measures.get(name)
        if isinstance(measure, FieldMeasure):
            measured[name] = measure.mapped(found, rows)
        elif measure is not None and found is not None:
            measured[name] = measure.at(found, places)
    kept = {name: found for name, found in measured.items() if found is not None}
    return replace(shot, span=span, measures=kept)
