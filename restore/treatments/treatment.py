"""What a treatment is: its settings, the context it needs, and how it is made ready to treat clips."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import BaseModel

from restore.clip import Clip
from restore.timing import Span

Decisions = Mapping[str, str | float | Sequence[float]]
"""What was decided for one shot of the film, for one treatment: plain values, stored in the plan."""

Treat = Callable[[Clip, Span, Decisions], Clip]
"""A treatment made ready: (clip, frames to treat, decisions for their shot) -> exactly these frames.

The clip holds the frames to treat and up to the treatment's radius more on both sides; where it holds
fewer, a cut or the film's end is there. All frames belong to one shot.
"""


def curve(decisions: Decisions, key: str, span: Span) -> Sequence[float]:
    """The values of a decision that has one for every frame of the shot, for the frames of `span`.

    `first` in the decisions is the shot's first frame.
    """
    start = span.start - int(cast(float, decisions["first"]))
    return cast(Sequence[float], decisions[key])[start : start + len(span)]


def _silent(line: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The machine that networks run on.

    `device` is torch's name; `precision` one of fp32, bf16, fp16; `say` takes one line for the user
    (smaller tiles after running out of memory).
    """

    device: str = "cpu"
    precision: str = "fp32"
    say: Callable[[str], None] = field(default=_silent, compare=False)


@dataclass(frozen=True, slots=True)
class Treatment:
    """One treatment.

    `settings` is a frozen pydantic model whose defaults work; `radius` says how many frames of context
    these settings need; `load` makes the treatment ready (reads weights, moves them to the device).
    `neutral` are settings and decisions with which not one value changes.
    """

    name: str
    settings: type[BaseModel]
    radius: Callable[[Any], int]
    load: Callable[[Any, Engine], Treat]
    neutral: tuple[BaseModel, Decisions]
