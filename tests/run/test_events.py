"""Events from several threads: a listener gets them one at a time."""

from __future__ import annotations

import threading

import pytest

from restore.run.events import Event, Noted, Progressed, ignore_event, serialized

THREADS = 8
EACH = 400


def test_a_listener_is_never_in_two_threads_at_once() -> None:
    """Eight threads send events; the listener gets all of them, and is never in two calls at once."""
    inside: list[Event] = []
    overlaps: list[Event] = []
    taken: list[Event] = []

    def listener(event: Event) -> None:
        inside.append(event)
        for _ in range(20):  # other threads get their turn here
            if len(inside) > 1:
                overlaps.append(event)
        taken.append(event)
        inside.remove(event)

    listen = serialized(listener)

    def work(number: int) -> None:
        for k in range(EACH):
            listen(Progressed(k, EACH, number, THREADS))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []
    assert len(taken) == THREADS * EACH


def test_a_listener_may_cause_another_event() -> None:
    """An event that a listener causes arrives within the first one, without a deadlock."""
    taken: list[Event] = []

    def listener(event: Event) -> None:
        taken.append(event)
        if isinstance(event, Progressed):
            listen(Noted("half"))

    listen = serialized(listener)
    listen(Progressed(1, 2, 0, 1))
    assert taken == [Progressed(1, 2, 0, 1), Noted("half")]


def test_after_an_error_of_a_listener_events_still_arrive() -> None:
    """The caller gets the error, and the next event arrives from another thread, too."""
    events: list[Event] = []

    def listener(event: Event) -> None:
        events.append(event)
        if len(events) == 1:
            raise ValueError("once")

    listen = serialized(listener)
    with pytest.raises(ValueError, match="once"):
        listen(Noted("a"))
    thread = threading.Thread(target=listen, args=(Noted("b"),))
    thread.start()
    thread.join(timeout=10)
    assert events == [Noted("a"), Noted("b")]
    ignore_event(Noted("c"))
