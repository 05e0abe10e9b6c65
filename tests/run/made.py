"""A plan made by hand, for tests of events and reports."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

from restore.clip import ColorSpec
from restore.framemap import IdentityMap
from restore.media.ffmpeg.encode import VideoFormat
from restore.plan import Plan, ShotPlan
from restore.timing import Span
from restore.treatments.colorize import ColorizeDecision, ColorizeSettings
from restore.treatments.upscale import UpscaleDecision, UpscaleSettings


def _decisions(mode: Literal["color", "neutral"]) -> dict[str, Any]:
    return {"colorize": ColorizeDecision(mode), "upscale": UpscaleDecision()}


def plan() -> Plan:
    """A plan of 120 frames in two shots, colored and enlarged four times."""
    output = VideoFormat(
        codec="h264",
        pixel_format="yuv420p",
        width=1280,
        height=960,
        rate=Fraction(16),
        sar=Fraction(1),
        color=ColorSpec("bt601", "limited"),
        crf=None,
        preset=None,
    )
    return Plan(
        code=1,
        film="0" * 64,
        frame_map=IdentityMap(120),
        shots=(
            ShotPlan(Span(0, 20), "card", "mono", _decisions("neutral")),
            ShotPlan(Span(20, 120), "scene", "mono", _decisions("color")),
        ),
        segments=(Span(0, 70), Span(70, 120)),
        treatments={
            "colorize": ColorizeSettings(model="color-v1"),
            "upscale": UpscaleSettings(model="film-x4-v1", factor=4),
        },
        weights=(("color-v1", "a" * 64), ("film-x4-v1", "b" * 64)),
        output=output,
        suffix=".mp4",
        device="cpu",
        precision="fp32",
        notes=("h264 has 8 bits, dithered",),
    )
