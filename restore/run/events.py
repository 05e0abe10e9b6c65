"""Events of a run: plain values for a progress bar, a log or a program."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from restore.plan import Plan
from restore.timing import Span


@dataclass(frozen=True, slots=True)
class Surveying:
    """`done` frames were surveyed; `frames` is the number that the container suggests."""

    done: int
    frames: int


@dataclass(frozen=True, slots=True)
class Choosing:
    """The colors of `done` of `shots` shots are chosen; `shot` (from 0) is the current one.

    `share` of its colors is known, 0..1.
    """

    done: int
    shots: int
    shot: int
    share: float = 0.0


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan is made: what will be done, for which result, in which work folder."""

    plan: Plan
    output: Path
    work: Path


@dataclass(frozen=True, slots=True)
class Noted:
    """One line that the user should see."""

    line: str


@dataclass(frozen=True, slots=True)
class Reused:
    """A part of an earlier run is complete and is reused."""

    part: str
    span: Span


@dataclass(frozen=True, slots=True)
class Started:
    """Restoring starts: `remaining` of `frames` are not done yet; with the device and its precision."""

    frames: int
    remaining: int
    device: str
    precision: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """`done` of `frames` are done, reused ones included; `shot` (from 0) is the current one."""

    done: int
    frames: int
    shot: int
    shots: int


@dataclass(frozen=True, slots=True)
class PartDone:
    """A part is finished and has its receipt."""

    part: str
    span: Span
    seconds: float


@dataclass(frozen=True, slots=True)
class Joining:
    """The parts are being joined, and the other streams are copied."""

    parts: int


@dataclass(frozen=True, slots=True)
class Verifying:
    """The result is being compared with its source."""

    result: Path


@dataclass(frozen=True, slots=True)
class Writing:
    """The frames of the verified film are written as images: `done` of `frames`, each read back."""

    done: int
    frames: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The result has its final name; `already`: an earlier run made it."""

    output: Path
    frames: int
    seconds: float
    already: bool = False


Event = (
    Surveying
    | Choosing
    | Planned
    | Noted
    | Reused
    | Started
    | Progressed
    | PartDone
    | Joining
    | Verifying
    | Writing
    | Finished
)

Listener = Callable[[Event], None]
"""Takes an event. With `serialized`, events of several threads arrive one at a time."""


def ignore_event(event: Event) -> None:
    """Do nothing."""


def serialized(listener: Listener) -> Listener:
    """The same listener for several threads: it gets one event at a time."""
    lock = threading.RLock()  # a listener may cause another event

    def listen(event: Event) -> None:
        with lock:
            listener(event)

    return listen
