"""Running ahead: the same items, the maker's errors, and no thread left behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from restore.run.read_ahead import ahead


def test_the_items_come_in_order() -> None:
    """Nothing is lost, doubled or swapped, None included."""
    items = [1, None, 3, None]
    assert list(ahead(iter(items), depth=2)) == items


def test_the_maker_waits_for_the_consumer() -> None:
    """A maker is never more than `depth` finished items and one in its hands ahead."""
    made: list[int] = []

    def maker() -> Iterator[int]:
        for number in range(100):
            made.append(number)
            yield number

    items = ahead(maker(), depth=2)
    next(items)
    time.sleep(0.3)
    assert len(made) <= 4
    items.close()


def test_an_error_arrives_in_its_place() -> None:
    """What fails in the thread is raised to the consumer, after the items before it."""

    def maker() -> Iterator[int]:
        yield 1
        raise OSError("decoder died")

    items = ahead(maker(), depth=4)
    assert next(items) == 1
    with pytest.raises(OSError, match="decoder died"):
        next(items)


def test_closing_ends_the_maker_and_what_is_behind_it() -> None:
    """A consumer that leaves early ends the thread and closes the maker's generator."""
    ended = threading.Event()

    def maker() -> Iterator[int]:
        try:
            yield from range(10**6)
        finally:
            ended.set()

    before = threading.active_count()
    items = ahead(maker(), depth=1)
    next(items)
    items.close()
    assert ended.is_set()
    assert threading.active_count() == before
