"""Costs: wall time and CPU time of the parts of a benchmark."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.jobs import stopwatch
from restore.jobs.stopwatch import Cost, Stopwatch, cores, peak_memory

SECONDS = st.integers(-1000, 1000).map(float)
COSTS = st.builds(Cost, SECONDS, SECONDS)


@given(COSTS, COSTS)
def test_costs_are_added_by_their_parts(one: Cost, other: Cost) -> None:
    """What was added can be subtracted again; nothing costs nothing."""
    assert (one + other) - other == one
    assert one + Cost() == one


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks that go on by one second of wall time and two of CPU time at every look."""
    readings = (Cost(n, 2 * n) for n in range(1000))
    monkeypatch.setattr(stopwatch, "now", lambda: next(readings))


@pytest.mark.usefixtures("clock")
def test_blocks_of_one_name_are_one_part() -> None:
    """In the order of their first use, with parts inside of others counted in both."""
    watch = Stopwatch()
    with watch.on("decode"):
        pass
    with watch.on("encode"), watch.on("convert"):
        pass
    with watch.on("decode"):
        pass
    assert watch.costs == {"decode": Cost(2, 4), "convert": Cost(1, 2), "encode": Cost(3, 6)}
    assert list(watch.costs) == ["decode", "convert", "encode"]


def test_a_part_that_fails_is_not_counted() -> None:
    """Half a part says nothing about its cost."""
    watch = Stopwatch()
    with pytest.raises(ZeroDivisionError), watch.on("decode"):
        raise ZeroDivisionError
    assert watch.costs == {}


def test_processors_are_those_that_may_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have fewer than the machine; systems without that list have a count."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5}, raising=False)
    assert cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert cores() == 1


def test_memory_is_in_bytes() -> None:
    """A Python process with torch has more than ten megabytes, and less than a terabyte."""
    own, child = peak_memory()
    assert 10**7 < own < 10**12
    assert child < 10**12
