"""The cost of a step: wall time, and CPU time of this process and its child processes."""

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
    """Seconds of wall time, and seconds of CPU time on all processors."""

    wall: float = 0.0
    cpu: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.wall + other.wall, self.cpu + other.cpu)

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall - other.wall, self.cpu - other.cpu)


def now() -> Cost:
    """A reading of the clocks; the difference of two readings is a cost.

    CPU time is that of this process with its threads, and of child processes that have ended and were
    waited for.
    """
    times = os.times()
    spent = times.user + times.system + times.children_user + times.children_system
    return Cost(time.perf_counter(), spent)


class Stopwatch:
    """Adds up the costs of the parts of a job, by name, in the order of their first use."""

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
    """Peak memory in bytes: of this process, and of its largest child process that has ended."""
    unit = 1 if sys.platform == "darwin" else 1024
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return own * unit, children * unit
