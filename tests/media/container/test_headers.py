"""Headers of many films, read quickly and out of harm's way."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from restore.media.container import headers
from restore.media.container.headers import FilmHeader, read_headers
from tests.media.films import make

FRAGILE_READER = """
import os, signal, sys
from restore.media.container import headers

reads = headers.read_header

def crashes(path):
    if path.name == "crash.mkv":
        os.kill(os.getpid(), signal.SIGKILL)
    return reads(path)

headers.read_header = crashes
headers.serve(int(sys.argv[1]))
"""
"""A reader that one film crashes."""


def test_headers_tell_frames_and_size(reel: Path, tmp_path: Path) -> None:
    """Stated counts and those from the duration are right; what is no film gives nothing."""
    film = make(tmp_path / "a.mkv", drawn="testsrc2=s=48x32:r=12:d=0.5")
    (tmp_path / "letter.mkv").write_text("a letter", encoding="utf-8")
    paths = [reel, tmp_path / "gone.mkv", film, tmp_path / "letter.mkv", tmp_path]
    assert list(read_headers(paths)) == [
        FilmHeader(96, 320, 240),
        None,
        FilmHeader(6, 48, 32),
        None,
        None,
    ]


def test_a_header_that_crashes_the_reader_costs_only_itself(
    reel: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The films after it are read by a new process."""
    monkeypatch.setattr(headers, "READER", FRAGILE_READER)
    found = FilmHeader(96, 320, 240)
    assert list(read_headers([reel, Path("crash.mkv"), reel])) == [found, None, found]


def test_the_program_that_asks_is_not_run_once_more(root: Path, reel: Path, tmp_path: Path) -> None:
    """A script needs no `if __name__ == "__main__"`: the reader's process does not import it."""
    script = tmp_path / "script.py"
    script.write_text(
        "from pathlib import Path\n"
        "from restore.media.container.headers import read_headers\n"
        f"print([found.frames for found in read_headers([Path({str(reel)!r})])])\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[96]\n"
