"""batch.json: what several runs write in turn, and what is true of it after a crash."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from restore.errors import OutputError
from restore.jobs.batch.state import (
    BOOK,
    PLACE,
    Book,
    Entry,
    as_it_is,
    change_book,
    learned,
    new_run,
    read_book,
    run_lock,
    sweep,
)
from restore.store import held

FILM = Entry("f.mkv", "running", source=(3, 1 << 60), stamp=None, tries=1, run="me")


def _put(out: Path, **films: Entry) -> Book:
    return change_book(out, lambda book: replace(book, films={**book.films, **films}))


def test_the_book_reads_back_as_itself(tmp_path: Path) -> None:
    """Every field survives, names that are no text included; each film has a line of its own."""
    odd = Entry("caf\udce9\n.mkv", "failed", reason="“what”")
    book = _put(tmp_path, one=FILM, two=odd)
    assert read_book(tmp_path) == book
    text = (tmp_path / BOOK).read_text(encoding="ascii")
    assert sum(line.startswith('  "') for line in text.splitlines()) == 2
    assert json.loads(text)["counts"] == {"running": 1, "failed": 1}


def test_changes_of_two_runs_both_stay(tmp_path: Path) -> None:
    """A run changes its own films and keeps what others wrote meanwhile."""
    _put(tmp_path, one=FILM)
    _put(tmp_path, two=FILM)
    assert set(read_book(tmp_path).films) == {"one", "two"}


@pytest.mark.parametrize("text", ["{", '{"schema": 99}', '{"schema": 1, "films": 3}', "[]"])
def test_a_book_that_cannot_be_read_stops_the_run(text: str, tmp_path: Path) -> None:
    """It is never overwritten; the message says that nothing is lost with it."""
    (tmp_path / BOOK).write_text(text, encoding="ascii")
    with pytest.raises(OutputError) as caught:
        _put(tmp_path, one=FILM)
    assert "records" in caught.value.what_to_do
    assert (tmp_path / BOOK).read_text(encoding="ascii") == text


def test_running_is_true_only_while_its_run_lives(tmp_path: Path) -> None:
    """A run holds its lock as long as its process lives; without it, its films are interrupted."""
    name, run = new_run()
    film = replace(FILM, run=name)
    book = change_book(tmp_path, lambda _: Book(films={"one": film}, runs={name: run}))
    with held(run_lock(tmp_path, name), "busy"):
        assert as_it_is(tmp_path, book).films["one"].state == "running"
    truth = as_it_is(tmp_path, book)
    assert truth.films["one"].state == "interrupted"
    assert truth.runs[name].state == "interrupted"


def test_what_killed_runs_left_is_swept(tmp_path: Path) -> None:
    """Locks of the dead and half-written books go, locks of the living stay."""
    _put(tmp_path, one=FILM)
    (tmp_path / f".{BOOK}.123.tmp").touch()
    dead, alive = run_lock(tmp_path, "dead"), run_lock(tmp_path, "alive")
    dead.touch()
    with held(alive, "busy"):
        sweep(tmp_path)
        assert [path.name for path in (tmp_path / PLACE).iterdir()] == [alive.name]
    sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [BOOK]


def test_what_others_began_meanwhile_stays() -> None:
    """A run that looked at headers for long does not put a film back that another has done since."""
    waits = replace(FILM, state="waiting", run=None)
    done = replace(FILM, state="done", run="other")
    book = Book({"a": waits, "b": done, "c": FILM})
    found = {name: replace(waits, frames=7) for name in "abcd"}
    assert learned(book, found).films == {"a": found["a"], "b": done, "c": FILM, "d": found["d"]}
