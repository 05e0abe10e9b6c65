"""A record of a job that never was."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from restore.clip import ColorSpec
from restore.media.ffmpeg.encode import VideoFormat
from restore.recipe import Recipe
from restore.report.record import (
    CheckFacts,
    ModelFacts,
    Record,
    Request,
    ResultFacts,
    SegmentFacts,
    ShotFacts,
    SourceFacts,
    Timing,
    Versions,
)
from restore.timing import Span
from tests.made import NO_FIGURES, SD

HOSTILE = "a\"b'<script>alert(1)</script>&amp;\n-->\u202e;`$(x)`.mp4"
"""A file's name that means harm to pages and shells."""


def made_versions(**changes: Any) -> Versions:
    """A machine's versions."""
    values: dict[str, Any] = {
        "restore": "1.0",
        "frame_code": 2,
        "python": "3.12.1",
        "torch": "2.13.0",
        "ffmpeg": "9.0",
        "av": "18.1",
        "numpy": "2.4",
        "opencv": "5.0",
        "platform": "Linux",
        "processor": "Z80",
        "device": "cpu",
        "device_name": "processor",
        "precision": "fp32",
        "threads": 2,
    }
    return Versions.model_validate(values | changes)


def made_record(**changes: Any) -> Record:
    """100 frames in a title card and a scene, colored and enlarged; `changes` replaces fields."""
    shots = [(Span(0, 20), "card", "neutral"), (Span(20, 100), "scene", "color")]
    recipe = Recipe(colorize=True, upscale=2, device="cpu").model_dump(mode="json")
    weights = (("color-v2", "b" * 64), ("film-x2-v2", "c" * 64))
    video = VideoFormat(
        "h264",
        "yuv420p",
        640,
        480,
        Fraction(16),
        Fraction(1),
        ColorSpec("bt601", "limited"),
        16,
        None,
    )
    values: dict[str, Any] = {
        "schema_version": 3,
        "job": "d" * 64,
        "made": "2026-01-02T03:04:05+00:00",
        "result_sha256": "e" * 64,
        "request": Request("a" * 64, recipe, weights, 2, ".mp4"),
        "source": SourceFacts(
            name="film.mp4",
            sha256="a" * 64,
            size=1000,
            container="mov",
            codec="h264",
            pixel_format="yuv420p",
            width=320,
            height=240,
            sar=Fraction(1),
            color=SD,
            field_order="progressive",
            rotation=0,
            seconds=6.25,
            rate=Fraction(16),
            streams=("video h264 320x240", "audio aac"),
            tags={"title": "A film"},
        ),
        "result": ResultFacts(
            name="film.restored.mp4",
            size=2000,
            container=".mp4",
            video=video,
            tags={"comment": "restored with restore"},
            frames_sha256="f" * 64,
        ),
        "frames": 100,
        "synthetic": ("color", "detail"),
        "treatments": {
            "colorize": {"model": "color-v2", "size": 192},
            "upscale": {"model": "film-x2-v2", "factor": 2},
        },
        "models": tuple(
            ModelFacts(task=task, name=name, sha256=sha256, architecture="Net", licence="MIT")
            for task, (name, sha256) in zip(("colorize", "upscale"), weights, strict=True)
        ),
        "seed": None,
        "versions": made_versions(),
        "shots": tuple(
            ShotFacts.model_validate(
                {
                    "frames": span,
                    "start": span.start / 16,
                    "seconds": len(span) / 16,
                    "content": content,
                    "color": "mono",
                    "tint": None,
                    "figures": NO_FIGURES,
                    "decisions": {"colorize": {"mode": mode}, "upscale": {}},
                    "summary": (),
                }
            )
            for span, content, mode in shots
        ),
        "segments": tuple(
            SegmentFacts(frames=span, sha256="0" * 64, seconds=1.5, marks=_marks(span))
            for span in (Span(0, 60), Span(60, 100))
        ),
        "audit": (CheckFacts(name="frames", ok=True, detail="100 of 100"),),
        "timing": Timing(
            total=10.0, opening=1.0, survey=1.0, restoring=6.0, joining=1.0, verifying=1.0, reused=1
        ),
        "damage": (),
        "notes": ("h264 has 8 bits, dithered",),
    }
    return Record.model_validate(values | changes)


def _marks(span: Span) -> str:
    return "".join(f"{index:08x}" for index in range(span.start, span.stop))
