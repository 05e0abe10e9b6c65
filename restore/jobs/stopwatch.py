"""What a part of the work costs: time on the wall and on all processors, ours and our children's."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the wall, and seconds of all processors together."""

    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


def now() -> Cost:
    """The clocks as they stand; differences of two readings are costs.

    Processor time counts this process with its threads, and those child processes that have ended and
    were waited for.
    """
    times = os.times()
    spent = times.user + times.system + times.children_user + times.children_system
    return Cost(time.perf_counter(), spent)


class Stopwatch:
    """Adds up what the parts of a job cost, by name, in the order in which they first appear."""

    def __init__(self) -> None:
        self.costs: dict[str, Cost] = {}

    @contextmanager
    def on(self, part: str) -> Generator[None]:
        """Count the block for this part; processes that it starts must end in it."""
        before = now()
        yield
        self.costs[part] = self.costs.get(part, Cost()) + (now() - before)


def cores() -> int:
    """Processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def peak_memory() -> tuple[int, int]:
    """Bytes that this process held at most, and that its largest ended child did."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return own * unit, children * unit
