"""What each stage does with each shot, and the segments that shots are worked on in."""

from __future__ import annotations

from collections.abc import Sequence

from restore.plan.plan import Decision, ShotPlan
from restore.plan.wanted import Strengths
from restore.recipe import Recipe
from restore.survey.findings import Shot
from restore.timing import Span, cut_evenly


def pack_segments(shots: Sequence[Span], bound: int) -> tuple[Span, ...]:
    """Segments of at most `bound` frames that cover the shots: long ones cut evenly, short ones packed."""
    segments: list[Span] = []
    for shot in shots:
        for piece in cut_evenly(shot, bound):
            last = segments[-1] if segments else None
            if last and piece.stop - last.start <= bound:
                segments[-1] = Span(last.start, piece.stop)
            else:
                segments.append(piece)
    return tuple(segments)


def shot_plan(shot: Shot, recipe: Recipe, held: Strengths) -> ShotPlan:
    """What each stage does with one shot."""
    decisions: dict[str, Decision] = {"upscale": {}}
    first = shot.span.start
    if shot.scratches and held.descratch:
        decisions["descratch"] = told = Decision()
        for number, scratch in enumerate(shot.scratches, start=1):
            told[f"scratch {number}"] = (float(first + scratch.first), *map(float, scratch.columns))
            told[f"profile {number}"] = scratch.profile
    if shot.flicker and held.deflicker:
        gain = tuple(1 + (value - 1) * held.deflicker for value in shot.flicker.gain)
        offset = tuple(value * held.deflicker for value in shot.flicker.offset)
        decisions["deflicker"] = {"first": float(first), "gain": gain, "offset": offset}
    if shot.weave and held.stabilize:
        down, right = (
            tuple(value * held.stabilize for value in side)
            for side in (shot.weave.down, shot.weave.right)
        )
        path: Decision = {"down": down, "right": right, "bars": shot.weave.bars}
        decisions["stabilize"] = {"first": float(first), **path}
    if recipe.colors:
        decisions["colorize"] = {"mode": _color_mode(shot, recipe)}
    return ShotPlan(shot.span, shot.content, shot.color, decisions)


def _color_mode(shot: Shot, recipe: Recipe) -> str:
    """Color is kept where there is some, made where there is none, and lettering stays neutral."""
    if shot.color == "color" and not recipe.recolor:
        return "keep"
    return "color" if shot.content == "scene" else "neutral"
