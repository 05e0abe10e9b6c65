"""Values for tests: sources, surveys and plans of films that need not exist."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from restore.clip import ColorSpec
from restore.media.color.pixels import pixel_format
from restore.media.source import Source
from restore.survey.findings import Figures, Shot, Survey
from restore.timing import Span, table_from_pts
from restore.treatments.film_facts import Color, Content

SD = ColorSpec(matrix="bt601", range="limited")

NO_FIGURES = Figures(**{field.name: 0.0 for field in fields(Figures)})


def made_source(frames: int = 10, **changes: Any) -> Source:
    """A 320x240 black-and-white film of 16 frames a second; `changes` replaces fields."""
    source = Source(
        path=Path("film.mp4"),
        size=1000,
        suffix=".mp4",
        container="mov",
        video=0,
        codec="h264",
        profile=None,
        width=320,
        height=240,
        stored_format="yuv420p",
        format=pixel_format("yuv420p"),
        sar=Fraction(1),
        color=SD,
        field_order="progressive",
        rotation=0,
        frames=table_from_pts(Fraction(1, 16), range(frames)),
        keys=(),
        duration=None,
        streams=(),
        chapters=0,
        tags=(),
        notes=(),
    )
    return replace(source, **changes)


def made_shot(start: int, stop: int, content: Content = "scene", color: Color = "mono") -> Shot:
    """A shot of that kind."""
    tint = (0.05, -0.02) if color == "tint" else None
    return Shot(Span(start, stop), content, color, tint, NO_FIGURES)


def made_survey(*shots: Shot) -> Survey:
    """A survey of these shots at 16 frames a second."""
    frames = table_from_pts(Fraction(1, 16), range(shots[-1].span.stop))
    return Survey(frames, shots, (), "0" * 64)
