"""An iterator whose items are computed ahead in a separate thread."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Generator, Iterable
from typing import TypeVar

T = TypeVar("T")


def ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """The same items, made by a thread that is at most `depth` items ahead.

    An exception in the thread is raised here, after the items before it. Closing this generator (or
    leaving its loop by an exception) stops the thread and closes the generator of the items, so that its
    processes end.
    """
    waiting: queue.Queue[tuple[T] | BaseException | None] = queue.Queue(maxsize=depth)
    stopped = threading.Event()

    def hand_over(item: tuple[T] | BaseException | None) -> bool:
        while not stopped.is_set():
            with contextlib.suppress(queue.Full):
                waiting.put(item, timeout=0.1)
                return True
        return False

    def make() -> None:
        try:
            for item in items:
                if not hand_over((item,)):
                    break
            else:
                hand_over(None)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the consumer raises it
            hand_over(error)
        finally:
            if isinstance(items, Generator):
                items.close()

    maker = threading.Thread(target=make, daemon=True)
    try:
        maker.start()
        while (item := waiting.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item[0]
    finally:
        stopped.set()
        if maker.ident is not None:  # Ctrl-C may have come before it ran
            maker.join()
