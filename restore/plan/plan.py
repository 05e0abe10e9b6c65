"""The plan of a film as plain values: what each stage does with each shot, segments, the result's format.

As JSON it is the job's plan on disk, and its digest is the job key: the same key means the same frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from pydantic import TypeAdapter

from restore.framemap import FrameMap
from restore.media.ffmpeg.encode import VideoFormat
from restore.store import digest_bytes
from restore.survey.findings import Color, Content
from restore.timing import Span

FRAME_CODE = 5
"""Version of the code that makes frames; a change of any frame's values raises it."""


Decision = dict[str, str | float | tuple[float, ...]]


Moves = tuple[tuple[Span, Decision], ...]
"""The shots that are held still, each with what was decided for it (restore/treatments/stabilize.py)."""


@dataclass(frozen=True)
class Step:
    """One stage of the chain, with its settings as plain values."""

    stage: str
    settings: dict[str, Any]


@dataclass(frozen=True)
class ShotPlan:
    """One shot: its frames in the result, what it is, and what each stage does with it."""

    span: Span
    content: Content
    color: Color
    decisions: dict[str, Decision]


@dataclass(frozen=True)
class Plan:
    """Everything that decides the result's frames.

    `film` identifies the source (its survey's digest and its own: another encoding of the same film is
    another job). `frame_map` says which source frames every result frame is made of; `shots`, their
    decisions and `segments` count result frames. `weights` are pairs of model name and SHA-256, `device` is
    torch's name for it.
    """

    code: int
    film: str
    frame_map: FrameMap
    shots: tuple[ShotPlan, ...]
    segments: tuple[Span, ...]
    steps: tuple[Step, ...]
    weights: tuple[tuple[str, str], ...]
    output: VideoFormat
    suffix: str
    device: str
    precision: str
    notes: tuple[str, ...]

    @property
    def frames(self) -> int:
        """How many frames the result has."""
        return self.frame_map.frames

    @cached_property
    def key(self) -> str:
        """The job key: SHA-256 over everything in the plan that decides the parts' frames."""
        return digest_bytes(plan_to_json(replace(self, suffix="", notes=())))

    @property
    def moves(self) -> Moves:
        """The shots that this plan holds still."""
        return moves_of((shot.span, shot.decisions) for shot in self.shots)

    def shot_at(self, index: int) -> ShotPlan:
        """The shot that a result frame lies in; raises IndexError outside the result."""
        for shot in self.shots:
            if index in shot.span:
                return shot
        raise IndexError(f"no frame {index}")


def moves_of(shots: Iterable[tuple[Span, Mapping[str, Decision]]]) -> Moves:
    """Of shots with their decisions for every stage those that are held still."""
    return tuple((span, told["stabilize"]) for span, told in shots if "stabilize" in told)


def plan_to_json(plan: Plan) -> bytes:
    """The plan as JSON text (UTF-8), the same for the same plan."""
    return TypeAdapter(Plan).dump_json(plan, indent=1)


def plan_from_json(data: bytes) -> Plan:
    """The plan that `plan_to_json` wrote; raises ValueError where it is not one."""
    return TypeAdapter(Plan).validate_json(data)
