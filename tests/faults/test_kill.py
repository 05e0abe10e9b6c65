"""kill -9 at any moment: the same command again goes on, and the film comes out the same."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.tool import (
    Answer,
    draw,
    ended,
    pictures,
    restore,
    started,
    strays,
    with_records,
)

KILLS = 14
"""For each of four seeds: 56 in all."""

SLOWLY = ("--preset", "veryslow", "--json")
"""Slow enough to be hit in its middle."""


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One shot of 400 frames, 160x120: five segments."""
    return draw(tmp_path_factory.mktemp("long") / "film.mp4", frames=400, size="160x120")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two segments of 64x48, for many runs."""
    return draw(tmp_path_factory.mktemp("kill") / "film.mp4", frames=130)


def test_a_killed_run_reuses_its_parts_and_gives_the_same_frames(
    long_film: Path, tmp_path: Path
) -> None:
    """After SIGKILL: finished parts are named and not made again, the film equals an undisturbed one."""
    undisturbed, killed = tmp_path / "undisturbed.mp4", tmp_path / "killed.mp4"
    assert restore(long_film, "-o", undisturbed, *SLOWLY).code == 0
    run = started(long_film, "-o", killed, *SLOWLY)
    assert run.wait_for("partdone")
    assert run.kill()
    assert not killed.exists()
    answer = restore(long_film, "-o", killed, *SLOWLY)
    assert answer.code == 0, answer.err
    reused, made = answer.parts("reused"), answer.parts("partdone")
    assert reused
    assert made
    assert not reused & made
    assert pictures(killed) == pictures(undisturbed)


def gone(folder: Path, seconds: float = 20) -> bool:
    """Whether what a killed run had started ends by itself."""
    until = time.monotonic() + seconds
    while strays(folder):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("seed", range(4))
def test_kills_at_random_moments_lose_nothing(
    film: Path,
    tmp_path: Path,
    seed: int,
    record_property: Callable[[str, object], None],
) -> None:
    """Killed at any time, from its first moments to its last, every film comes out the same.

    Nothing has a final name before, no finished part is computed again, no process goes on working,
    and in the end there are the films and their records, nothing else.
    """
    assert restore("--version").code == 0  # what it takes to get ready is not what is timed
    began = time.monotonic()
    assert restore(film, "-o", film.with_name(f"undisturbed-{seed}.mp4"), "--json").code == 0
    seconds, frames = time.monotonic() - began, pictures(film.with_name(f"undisturbed-{seed}.mp4"))
    chance = random.Random(seed)
    kills = reused = 0
    films: list[Path] = []
    while kills < KILLS:
        output = tmp_path / f"film-{len(films)}.mp4"
        films.append(output)
        done: set[str] = set()
        verified = False
        while True:
            run = started(film, "-o", output, "--json")
            if kills < KILLS:
                time.sleep(chance.uniform(0, 0.95) * seconds)
                killed = run.kill()
                assert gone(tmp_path)
            else:
                killed = False
            answer = ended(run)
            assert not done & answer.parts("partdone")
            reused += len(answer.parts("reused"))
            if not killed:
                assert answer.code == 0, answer.err
                break
            kills += 1
            done |= answer.parts("partdone")
            verified |= _verified(
                answer
            )  # by this run, or by one before that was killed once it had its name
            assert not output.exists() or verified
        assert pictures(output) == frames
    assert {path.name for path in tmp_path.iterdir()} == with_records(*(f.name for f in films))
    record_property("kills, films, parts used again", (kills, len(films), reused))


def _verified(answer: Answer) -> bool:
    """Killed after the verification, the film may already have its name; it is complete."""
    return any(event["event"] == "verifying" for event in answer.events)
