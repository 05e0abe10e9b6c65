"""Damaged films: no traceback, no hang, no crash, and no final name for what failed."""

from __future__ import annotations

import collections
import contextlib
import hashlib
import io
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from restore.cli.app import main
from tests.faults.corpus import damaged, seeds
from tests.faults.tool import FORKS, strays, with_records

LIMIT = 90
"""Seconds after which a film of 16 frames of 64x48 counts as hanging (alone, it takes one)."""

DOCUMENTED = {0, 2, 3, 4, 5, 6}
"""Exit codes that a damaged film may have: 1 would be a bug in restore."""


@dataclass(frozen=True)
class Outcome:
    """What became of one film: the exit code, or `hang` or `crash`, and what was said."""

    film: Path
    code: int | str
    err: str


def work_through(films: list[Path], journal: Path) -> None:
    """Restore these one by one in this process, each written to the journal when begun and ended."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what libraries say themselves
    with journal.open("a") as file:
        for film in films:
            print(json.dumps({"begun": str(film)}), file=file, flush=True)
            out, err = io.StringIO(), io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = main([str(film), "--codec", "ffv1", "-o", str(film.with_name("out.mkv"))])
            record = {"ended": str(film), "code": code, "err": err.getvalue()}
            print(json.dumps(record), file=file, flush=True)


def outcomes(films: list[Path], journal: Path) -> list[Outcome]:
    """All of them; where the process crashes or hangs, another goes on with the next film."""
    found: list[Outcome] = []
    while left := films[len(found) :]:
        journal.write_text("")
        process = FORKS.Process(target=work_through, args=(left, journal))
        process.start()
        ended: list[Outcome] = []
        since = time.monotonic()
        while True:
            process.join(0.2)
            lines = [json.loads(line) for line in journal.read_text().splitlines()]
            now = [
                Outcome(Path(line["ended"]), line["code"], line["err"])
                for line in lines
                if "ended" in line
            ]
            if len(now) > len(ended):
                ended, since = now, time.monotonic()
            if not process.is_alive() or time.monotonic() - since > LIMIT:
                break
        hangs = process.is_alive()
        process.kill()
        process.join()
        found += ended
        if len(ended) < len(left):
            found.append(Outcome(left[len(ended)], "hang" if hangs else "crash", ""))
    return found


def check(outcome: Outcome, before: str) -> None:
    """What must be true of every one of them."""
    film, code = outcome.film, outcome.code
    assert code in DOCUMENTED, outcome
    assert "Traceback" not in outcome.err, outcome
    assert (code == 0) == (not outcome.err), outcome
    assert len(outcome.err.splitlines()) <= 3, outcome
    assert hashlib.sha256(film.read_bytes()).hexdigest() == before, outcome
    names = {path.name for path in film.parent.iterdir()} - {film.name, ".restore"}
    results = {0: {"out.mkv"}, 5: {"out.partial.mkv"}, 6: {"out.failed-audit.mkv"}}
    expected = results.get(int(code), set())
    assert names == (expected if code == 6 else with_records(*expected)), outcome


def fuzz(folder: Path, every: int) -> collections.Counter[int | str]:
    """The corpus, or every `every`th film of it; how many ended how."""
    made, corpus = folder / "seeds", folder / "corpus"
    made.mkdir()
    corpus.mkdir()
    films = list(damaged(seeds(made), corpus, every))
    before = [hashlib.sha256(film.read_bytes()).hexdigest() for film in films]
    found = outcomes(films, folder / "journal")
    assert [outcome.film for outcome in found] == films
    for outcome, digest in zip(found, before, strict=True):
        check(outcome, digest)
    assert strays(corpus) == []
    return collections.Counter(outcome.code for outcome in found)


def test_every_fortieth_damaged_film(tmp_path: Path) -> None:
    """A handful, so that a change that breaks this is seen at once."""
    assert sum(fuzz(tmp_path, 40).values()) >= 4


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_damaged_transport_streams_are_named_as_damaged(tmp_path: Path) -> None:
    """MPEG-TS: PTS of sound that go back, packets that no table explains, demuxers that pause.

    The words of the command are right, so that none of these films may end with exit code 2.
    """
    films = list(damaged(seeds(tmp_path, ("mpeg2.ts", "h264.ts")), tmp_path))
    found = outcomes(films, tmp_path / "journal")
    assert len(found) == 32
    assert {outcome.code for outcome in found} <= {0, 3, 4, 5}
    assert "Errno" not in "".join(outcome.err for outcome in found)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_hundred_damaged_films(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """All of them; some still decode whole (0), some in part (5), the others are refused (3)."""
    found = fuzz(tmp_path, 1)
    record_property("damaged films by exit code", dict(found))
    assert sum(found.values()) >= 200
    assert {0, 3, 5} <= set(found)
