"""Disks that fill up or refuse: said with exit 4, and the same command goes on when there is room."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.tool import (
    check_refused,
    draw,
    pictures,
    restore,
    strays,
    with_records,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

WORDS = ("--codec", "ffv1", "--json")


def mount(place: Path, options: str) -> bool:
    """Mount a file system in memory, or change the one that is mounted; False where not allowed."""
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system; tests that need one skip where mounting is not allowed."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.name != "posix" or not mount(place, "size=256k"):
        pytest.skip("mounting is not allowed here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three segments."""
    return draw(tmp_path_factory.mktemp("disk") / "film.mkv", "-g", 12)


@pytest.fixture(scope="module")
def undisturbed(film: Path) -> Path:
    """The result of a run that nothing befell."""
    output = film.with_name("undisturbed.mkv")
    assert restore(film, "-o", output, *WORDS).code == 0
    return output


def test_a_disk_that_fills_up_at_any_moment(film: Path, undisturbed: Path, disk: Path) -> None:
    """Room for more and more of the work: survey, parts, joined film.

    Each time the run goes on where it was, until there is room enough; then every frame is there, and
    nothing else.
    """
    output, whole = disk / "out.mkv", undisturbed.stat().st_size
    codes: list[int] = []
    reused: list[int] = []
    for share in (0.1, 0.5, 0.8, 1.1, 1.5, 1.9, 4):
        assert mount(disk, f"remount,size={int(share * whole) + 262144}")
        answer = restore(film, "-o", output, *WORDS)
        codes.append(answer.code)
        reused.append(len(answer.parts("reused")))
        assert strays(disk) == []
        if answer.code == 0:
            break
        check_refused(answer, 4, "no space", "free")
        assert not output.exists()
    assert codes[0] == 4
    assert codes[-1] == 0
    assert reused == sorted(reused)
    assert reused[-1] > 0
    assert pictures(output) == pictures(undisturbed)
    assert {path.name for path in disk.iterdir()} == with_records("out.mkv")


def test_a_full_work_folder_elsewhere(film: Path, undisturbed: Path, disk: Path) -> None:
    """--work-dir on the full disk: nothing next to the result, and with free space the run continues."""
    output = disk.parent / "out.mkv"
    words = (film, "-o", output, *WORDS, "--work-dir", disk / "work")
    check_refused(restore(*words), 4, "no space")
    assert not output.exists()
    assert mount(disk, "remount,size=32m")
    answer = restore(*words)
    assert answer.code == 0, answer.err
    assert pictures(output) == pictures(undisturbed)
    assert not [path for path in disk.parent.iterdir() if path.name.startswith(".")]


def test_a_work_folder_that_may_only_be_read(film: Path, disk: Path) -> None:
    """Exit 4 before any work, naming the reason; the result's folder stays clean."""
    assert mount(disk, "remount,ro")
    output = disk.parent / "out.mkv"
    answer = restore(film, "-o", output, *WORDS, "--work-dir", disk / "work")
    check_refused(answer, 4, "read-only")
    assert {path.name for path in output.parent.iterdir()} == {"disk"}


def test_a_disk_that_becomes_read_only(film: Path, undisturbed: Path, disk: Path) -> None:
    """As a failing disk does, between two runs: exit 4; afterwards the parts are used."""
    output = disk.parent / "out.mkv"
    words = (film, "-o", output, *WORDS, "--work-dir", disk / "work")
    assert mount(disk, "remount,size=32m")
    assert restore(*words, "--keep-work").code == 0
    for path in output.parent.glob("out.mkv*"):
        path.unlink()
    assert mount(disk, "remount,ro,size=32m")
    check_refused(restore(*words), 4, "read-only")
    assert mount(disk, "remount,rw,size=32m")
    answer = restore(*words)
    assert answer.code == 0, answer.err
    assert len(answer.parts("reused")) == 3
    assert pictures(output) == pictures(undisturbed)
