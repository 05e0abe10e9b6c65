"""Events from several threads: listeners take them one at a time."""

from __future__ import annotations

import threading

import pytest

from restore.run.events import Event, Noted, Progressed, serialized, unheard

THREADS = 8
EACH = 400


def test_a_listener_is_never_in_two_threads_at_once() -> None:
    """Eight threads tell of a thing each time; the listener sees all of them, and nobody inside it."""
    inside: list[Event] = []
    overlaps: list[Event] = []
    heard: list[Event] = []

    def listener(event: Event) -> None:
        inside.append(event)
        for _ in range(20):  # other threads get their turn here
            if len(inside) > 1:
                overlaps.append(event)
        heard.append(event)
        inside.remove(event)

    tell = serialized(listener)

    def work(number: int) -> None:
        for k in range(EACH):
            tell(Progressed(k, EACH, number, THREADS))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert overlaps == []
    assert len(heard) == THREADS * EACH


def test_a_listener_may_cause_another_event() -> None:
    """An event that a listener causes arrives within the first one, and nothing is locked for good."""
    heard: list[Event] = []

    def listener(event: Event) -> None:
        heard.append(event)
        if isinstance(event, Progressed):
            tell(Noted("half"))

    tell = serialized(listener)
    tell(Progressed(1, 2, 0, 1))
    assert heard == [Progressed(1, 2, 0, 1), Noted("half")]


def test_an_error_of_a_listener_locks_nobody_out() -> None:
    """The caller gets it, and the next event is taken as usual."""
    events: list[Event] = []

    def listener(event: Event) -> None:
        events.append(event)
        if len(events) == 1:
            raise ValueError("once")

    tell = serialized(listener)
    with pytest.raises(ValueError, match="once"):
        tell(Noted("a"))
    thread = threading.Thread(target=tell, args=(Noted("b"),))
    thread.start()
    thread.join(timeout=10)
    assert events == [Noted("a"), Noted("b")]
    unheard(Noted("c"))
