"""Shots as a plan counts them: in frames of the result, translated from the survey's source frames."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from restore.framemap import FrameMap, IdentityMap
from restore.survey.findings import Scratch, Shot
from restore.timing import Span


def result_shots(shots: Sequence[Shot], frame_map: FrameMap) -> tuple[Shot, ...]:
    """The shots with spans and measures that count result frames; shots without a result frame are left out.

    A result frame belongs to the shot of its first source frame, and has that frame's measures.
    """
    if isinstance(frame_map, IdentityMap):
        return tuple(shots)
    spans = ((shot, frame_map.made_of(shot.span)) for shot in shots)
    return tuple(_mapped(shot, span, frame_map) for shot, span in spans if span is not None)


def _mapped(shot: Shot, span: Span, frame_map: FrameMap) -> Shot:
    """One shot whose result frames are `span`."""
    frames = range(span.start, span.stop)
    places = [frame_map.mapped(index).sources[0] - shot.span.start for index in frames]
    weave, flicker = shot.weave, shot.flicker
    if weave is not None:
        weave = replace(weave, down=_picked(weave.down, places), right=_picked(weave.right, places))
    if flicker is not None:
        gain, offset = (_picked(curve, places) for curve in (flicker.gain, flicker.offset))
        flicker = replace(flicker, gain=gain, offset=offset)
    scratches = tuple(_scratches(shot.scratches, places))
    return replace(shot, span=span, weave=weave, flicker=flicker, scratches=scratches)


def _picked(curve: Sequence[float], places: Sequence[int]) -> tuple[float, ...]:
    return tuple(curve[place] for place in places)


def _scratches(scratches: Sequence[Scratch], places: Sequence[int]) -> Iterator[Scratch]:
    """The scratches of the result frames that show the source frames at `places` of the shot."""
    for scratch in scratches:
        inside = range(scratch.first, scratch.first + len(scratch.columns))
        seen = [(number, place) for number, place in enumerate(places) if place in inside]
        if seen:
            columns = tuple(scratch.columns[place - scratch.first] for _, place in seen)
            yield replace(scratch, first=seen[0][0], columns=columns)
