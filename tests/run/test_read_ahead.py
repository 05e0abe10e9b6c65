"""Reading ahead: the same items, the errors of their thread, and no thread left behind."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restore.run.read_ahead import ahead


def test_the_items_come_in_order() -> None:
    """No item is lost, repeated or exchanged; None is an item, too."""
    items = [1, None, 3, None]
    assert list(ahead(iter(items), depth=2)) == items


def test_the_maker_waits_for_the_consumer() -> None:
    """A maker has at most `depth` finished items and one more that waits."""
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
    """An error in the thread is raised in the consumer, after the items before it."""

    def maker() -> Iterator[int]:
        yield 1
        raise OSError("decoder died")

    items = ahead(maker(), depth=4)
    assert next(items) == 1
    with pytest.raises(OSError, match="decoder died"):
        next(items)


def test_closing_ends_the_maker_and_its_thread() -> None:
    """A consumer that stops early ends the thread and closes the maker's generator."""
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


@given(st.lists(st.integers() | st.none(), max_size=20), st.integers(1, 5))
def test_any_items_survive_any_depth(items: list[int | None], depth: int) -> None:
    """Order, number and content are kept, of no items, too."""
    assert list(ahead(items, depth)) == items


def test_an_exception_may_be_an_item() -> None:
    """An item that is an exception is yielded, not raised."""
    error = OSError("an item")
    assert list(ahead(iter([1, error, 2]), depth=1)) == [1, error, 2]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, MemoryError, GeneratorExit])
def test_every_error_of_the_maker_reaches_the_consumer(error: type[BaseException]) -> None:
    """Also those that are not subclasses of Exception: the consumer never waits for a maker that ended."""

    def maker() -> Iterator[int]:
        yield 1
        raise error

    items = ahead(maker(), depth=1)
    assert next(items) == 1
    with pytest.raises(error):
        next(items)


def test_nothing_is_made_before_the_first_item_is_asked_for() -> None:
    """An iterator that is closed before its first item starts no thread and no maker."""
    made: list[int] = []

    def maker() -> Iterator[int]:
        made.append(1)
        yield 1

    before = threading.active_count()
    ahead(maker(), depth=3).close()
    assert made == []
    assert threading.active_count() == before


def test_a_consumer_that_fails_ends_the_maker() -> None:
    """An exception in the loop closes the iterator, the thread and the maker's generator."""
    ended = threading.Event()

    def maker() -> Iterator[int]:
        try:
            yield from range(10**6)
        finally:
            ended.set()

    def consume() -> None:
        with contextlib.closing(ahead(maker(), depth=2)) as items:
            for item in items:
                if item == 3:
                    raise ValueError(item)

    with pytest.raises(ValueError, match="3"):
        consume()
    assert ended.is_set()


def test_iterators_can_be_stacked() -> None:
    """Two threads in a row, as decoding and treating are: an error comes through both."""

    def maker() -> Iterator[int]:
        yield from range(3)
        raise OSError("decoder died")

    doubled = ahead((2 * item for item in ahead(maker(), depth=1)), depth=1)
    assert [next(doubled) for _ in range(3)] == [0, 2, 4]
    with pytest.raises(OSError, match="decoder died"):
        next(doubled)
