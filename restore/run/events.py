"""What a run tells while it works: plain values that a progress bar, a log or a program can follow."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from restore.plan import Plan
from restore.timing import Span


@dataclass(frozen=True, slots=True)
class Surveying:
    """`done` frames of the film have been looked at; `frames` is the count the container leads to expect."""

    done: int
    frames: int


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan stands: what will be done, for which result, in which work folder."""

    plan: Plan
    output: Path
    work: Path


@dataclass(frozen=True, slots=True)
class Noted:
    """One line that the user should see."""

    line: str


@dataclass(frozen=True, slots=True)
class Reused:
    """A part of an earlier run is whole and is used as it is."""

    part: str
    span: Span


@dataclass(frozen=True, slots=True)
class Started:
    """The frames are being restored: `remaining` of `frames` are still to be made, on this device."""

    frames: int
    remaining: int
    device: str
    precision: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """`done` frames of `frames` stand, counting reused ones; `shot` (from 0) is being worked on."""

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
    """The parts are being joined, and sound and everything else copied in."""

    parts: int


@dataclass(frozen=True, slots=True)
class Verifying:
    """The result is being compared with its source."""

    result: Path


@dataclass(frozen=True, slots=True)
class Writing:
    """The proven film's frames become pictures: `done` of `frames` are written and read back."""

    done: int
    frames: int


@dataclass(frozen=True, slots=True)
class Finished:
    """The result has its final name; `already` if an earlier run had made it."""

    output: Path
    frames: int
    seconds: float
    already: bool = False


Event = (
    Surveying
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
"""Takes an event; what a listener of `serialized` takes comes from one thread at a time."""


def unheard(event: Event) -> None:
    """A listener that does nothing."""


def serialized(listener: Listener) -> Listener:
    """The same listener for several threads: it takes one event at a time, each whole."""
    lock = threading.RLock()  # a listener may cause another event

    def tell(event: Event) -> None:
        with lock:
            listener(event)

    return tell
