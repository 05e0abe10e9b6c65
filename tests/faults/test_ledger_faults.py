"""What can happen to a work folder between two runs: whole parts are used again, others never."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.tool import (
    check_refused,
    draw,
    ended,
    parts_folder,
    pictures,
    reborn,
    restore,
    with_records,
)
from tests.faults.tool import started as start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORDS = ("--codec", "ffv1", "--json")
ALL = {"part-000000", "part-000001", "part-000002"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three segments."""
    return draw(tmp_path_factory.mktemp("ledger") / "film.mkv", "-g", 12)


@pytest.fixture(scope="module")
def job(film: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run that kept its work."""
    folder = tmp_path_factory.mktemp("job")
    answer = restore(film, "-o", folder / "out.mkv", *WORDS, "--keep-work")
    assert answer.code == 0, answer.err
    assert answer.parts("partdone") == ALL
    return folder


def flip(path: Path, at: float) -> None:
    """One bit of a file, at a share of its length."""
    data = bytearray(path.read_bytes())
    data[int(at * (len(data) - 1))] ^= 16
    path.write_bytes(data)


def part(folder: Path, number: int = 1) -> Path:
    """A part's file."""
    return folder / f"part-{number:06d}.mkv"


def receipt(folder: Path, number: int = 1) -> Path:
    """A part's receipt."""
    return folder / f"part-{number:06d}.json"


def edited(path: Path, key: str, value: object) -> None:
    """A receipt with another value."""
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))


def swapped(folder: Path) -> None:
    """Two parts change places, their receipts stay."""
    part(folder, 0).rename(folder / "x")
    part(folder, 1).rename(part(folder, 0))
    (folder / "x").rename(part(folder, 1))


FAULTS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a bit of the header": (lambda f: flip(part(f), 0.01), {"part-000001"}),
    "a bit of a picture": (lambda f: flip(part(f), 0.5), {"part-000001"}),
    "the last bit": (lambda f: flip(part(f), 1), {"part-000001"}),
    "an empty part": (lambda f: part(f).write_bytes(b""), {"part-000001"}),
    "half a part": (lambda f: os.truncate(part(f), 999), {"part-000001"}),
    "no part": (lambda f: part(f).unlink(), {"part-000001"}),
    "parts in each other's place": (swapped, {"part-000000", "part-000001"}),
    "no receipt": (lambda f: receipt(f).unlink(), {"part-000001"}),
    "an empty receipt": (lambda f: receipt(f).write_bytes(b""), {"part-000001"}),
    "half a receipt": (lambda f: os.truncate(receipt(f), 70), {"part-000001"}),
    "a receipt that is no text": (lambda f: receipt(f).write_bytes(b"\xff\0"), {"part-000001"}),
    "another part's receipt": (
        lambda f: shutil.copyfile(receipt(f, 0), receipt(f, 1)),
        {"part-000001"},
    ),
    "other frames": (lambda f: edited(receipt(f), "frames", [0, 9]), {"part-000001"}),
    "another job": (lambda f: edited(receipt(f), "job", "0" * 64), {"part-000001"}),
    "every bit of it": (lambda f: [flip(part(f, n), 0.3) for n in range(3)], ALL),
    "what a killed run left": (lambda f: (f / "unfinished-000001-ab.mkv").write_bytes(b"x"), set()),
    "a torn plan": (lambda f: (f.parent / "plan.json").write_text("{"), set()),
    "a torn survey": (lambda f: (f.parent / "survey.json").write_text("{"), set()),
    "torn thumbnails": (lambda f: (f.parent / "thumbnails").write_bytes(b"x"), set()),
    "a lock that nobody holds": (lambda f: (f.parent / "lock").write_text("4711"), set()),
}
"""What is done to the folder of the parts, and which parts must be made again."""


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_damaged_is_made_again_and_nothing_else(
    film: Path, job: Path, tmp_path: Path, fault: str
) -> None:
    """The film is the same, parts that are whole are used again, the work folder goes."""
    output = reborn(job, tmp_path / "again")
    harm, lost = FAULTS[fault]
    harm(parts_folder(output))
    answer = restore(film, "-o", output, *WORDS)
    assert answer.code == 0, answer.err
    assert answer.parts("partdone") == lost
    assert answer.parts("reused") == ALL - lost
    assert pictures(output) == pictures(job / "out.mkv")
    names = {path.name for path in output.parent.iterdir()}
    assert names == with_records("out.mkv")


@pytest.mark.parametrize("year", [1970, 2099])
def test_a_clock_that_jumps_changes_nothing(
    film: Path, job: Path, tmp_path: Path, year: int
) -> None:
    """Files from the future or from long ago: what counts is what they hold."""
    output = reborn(job, tmp_path / "again")
    moment = (year - 1970) * 365.2425 * 86400 + 1
    for path in [film, *output.parent.rglob("*")]:
        os.utime(path, (moment, moment))
    answer = restore(film, "-o", output, *WORDS)
    assert answer.code == 0, answer.err
    assert answer.parts("reused") == ALL
    assert restore(film, "-o", output, *WORDS).events[-1]["already"]


def test_two_runs_with_one_result(film: Path, tmp_path: Path) -> None:
    """One works, the other ends with exit code 4; the film is made once, completely."""
    output = tmp_path / "out.mkv"
    runs = [start(film, "-o", output, *WORDS) for _ in range(3)]
    answers = [ended(run) for run in runs]
    codes = [answer.code for answer in answers]
    assert set(codes) <= {0, 4}
    assert 0 in codes
    for answer in answers:
        if answer.code == 4:
            check_refused(answer, 4, "another restore is working on this result")
    assert sum(len(answer.parts("partdone")) for answer in answers) == len(ALL)
    assert {path.name for path in tmp_path.iterdir()} == with_records("out.mkv")


def test_two_results_of_one_job_in_one_work_folder(film: Path, job: Path, tmp_path: Path) -> None:
    """The same job for two results: one waits its turn by exit 4, both films come out in the end."""
    work, outputs = tmp_path / "work", [tmp_path / "a.mkv", tmp_path / "b.mkv"]
    runs = [start(film, "-o", output, *WORDS, "--work-dir", work) for output in outputs]
    codes = [ended(run).code for run in runs]
    assert set(codes) <= {0, 4}
    assert 0 in codes
    for output in outputs:
        assert restore(film, "-o", output, *WORDS, "--work-dir", work).code == 0
        assert pictures(output) == pictures(job / "out.mkv")


def test_parts_lost_at_random(film: Path, job: Path, tmp_path: Path) -> None:
    """Any subset of parts and receipts gone: what is left of both is used."""
    chance = random.Random(11)
    for turn in range(4):
        output = reborn(job, tmp_path / str(turn))
        files = sorted(parts_folder(output).glob("part-*"))
        gone = chance.sample(files, chance.randrange(1, len(files)))
        for path in gone:
            path.unlink()
        answer = restore(film, "-o", output, *WORDS)
        assert answer.code == 0, answer.err
        assert answer.parts("partdone") == {path.stem for path in gone}
        assert pictures(output) == pictures(job / "out.mkv")
