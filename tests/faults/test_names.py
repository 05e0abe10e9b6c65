"""Whatever a film is called, that file is opened and nothing else, and no shell ever sees the name."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from restore.media.container.probe import probe
from restore.media.ffmpeg.process import executable
from tests.faults.tool import draw, restore, with_records

NAMES = [
    "-i",
    "-y.mkv",
    "--help",
    "two words.mkv",
    'it\'s "quoted".mkv',
    "new\nline.mkv",
    "tab\tand \x07 bell.mkv",
    "$(touch owned) `touch owned`.mkv",
    "a; touch owned; b.mkv",
    "a&&touch owned|b.mkv",
    "%03d.mkv",
    "%s%n%x.mkv",
    "*.mkv",
    "[a-c]?.mkv",
    "{a,b}.mkv",
    "concat:decoy.mkv|decoy.mkv",
    "file:decoy.mkv",
    "http:decoy.mkv",
    "pipe:0",
    "subfile,,start,0,end,0,,:decoy.mkv",
    "crypto:decoy.mkv",
    "data:decoy.mkv",
    "async:cache:decoy.mkv",
    "lavfi:testsrc.mkv",
    "back\\slash.mkv",
    "a:b=c,d.mkv",
    "ünïcödé–фильм–映画–🎞.mkv",
    "e\u0301 decomposed.mkv",
    ".hidden.mkv",
    "no suffix",
    "x" * 180 + ".mkv",
    "é" * 85 + ".mkv",
]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five frames."""
    return draw(tmp_path_factory.mktemp("names") / "five.mkv", "-c:v", "ffv1", frames=5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with decoys of two frames: what a name could be taken for."""
    decoy = draw(tmp_path / "decoy.mkv", "-c:v", "ffv1", frames=2)
    for name in ("001.mkv", "ab.mkv", "a.mkv", "testsrc.mkv"):
        shutil.copyfile(decoy, tmp_path / name)
    return tmp_path


def recording_ffmpeg(folder: Path) -> tuple[Path, Path]:
    """A stand-in that writes its words, each ended by a zero byte, to a file, and then is ffmpeg."""
    script, record = folder / "recorder.sh", folder / "recorded"
    script.write_text(
        f"#!/bin/sh\nprintf '%s\\0' \"$@\" >> '{record}'\nexec '{executable()}' \"$@\"\n"
    )
    script.chmod(0o755)
    return script, record


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow fewer names")
def test_that_very_file_is_restored(
    master: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Each film's five frames come out under its name, and nothing else happens.

    Every word to ffmpeg that names a file is absolute behind `file:`; nothing in a name was run.
    """
    script, record = recording_ffmpeg(tmp_path_factory.mktemp("recorder"))
    films = [folder / name for name in NAMES]
    for film in films:
        shutil.copyfile(master, film)
    before = {path.name for path in folder.iterdir()}
    words = ("--codec", "ffv1", "--", *films)
    answer = restore(*words, timeout=1500, settings={"RESTORE_FFMPEG": str(script)})
    assert answer.code == 0, answer.err
    results = [folder / f"{film.stem}.restored.mkv" for film in films]
    assert [len(probe(result).frames) for result in results] == [5] * len(NAMES)
    added = {path.name for path in folder.iterdir()} - before
    assert added == with_records(*(path.name for path in results))
    reported = record.read_bytes().decode().split("\0")
    joined = f"file:{folder}/.restore-"  # what the verification reads
    inputs = {reported[at + 1] for at, word in enumerate(reported) if word == "-i"}
    rehearsed = re.compile(rf"file:{re.escape(tempfile.gettempdir())}/restore-\w+/part\.mkv")
    inputs = {w for w in inputs if not (w.startswith(joined) or rehearsed.fullmatch(w))}
    assert inputs == {"pipe:0", *(f"file:{film}" for film in films)}
    ours = (joined, f"file:{folder}/.restore/", f"file:{tempfile.gettempdir()}/restore-")
    opened = {word for word in reported if "file:" in word} - inputs
    assert [word for word in opened if not word.startswith(ours)] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_decoy_is_opened_and_no_connection_made(master: Path, folder: Path) -> None:
    """What the system saw: no decoy opened, no socket connected, no program run but ffmpeg."""
    film = folder / "concat:decoy.mkv|http:decoy.mkv"
    shutil.copyfile(master, film)
    trace = folder / "trace"
    words = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-e",
        "trace=openat,open,connect,execve",
        "-o",
        str(trace),
    ]
    words += [sys.executable, "-m", "restore", str(film), "--codec", "ffv1"]
    subprocess.run(words, check=True, capture_output=True, timeout=800)
    lines = trace.read_text(errors="replace").splitlines()
    assert any(str(film) in line for line in lines)
    assert [line for line in lines if "/decoy.mkv" in line.replace(str(film), "")] == []
    assert [line for line in lines if "connect(" in line and "AF_UNIX" not in line] == []
    run = {match[1] for line in lines if (match := re.search(r'execve\("([^"]+)".*= 0$', line))}
    assert run <= {sys.executable, executable(), *_finders(run)}


def _finders(programs: set[str]) -> set[str]:
    """What Python itself runs to find libraries (ctypes)."""
    return {name for name in programs if Path(name).name in ("ldconfig", "ldconfig.real", "uname")}


def test_no_shell_anywhere(root: Path) -> None:
    """The code starts programs by lists of words alone."""
    shells = re.compile(r"shell\s*=\s*True|os\.system|os\.popen|getoutput|create_subprocess_shell")
    sources = list((root / "restore").rglob("*.py"))
    assert len(sources) > 100
    assert [path.name for path in sources if shells.search(path.read_text())] == []


def test_a_name_that_leaves_no_room_is_refused_before_any_work(
    master: Path, tmp_path: Path
) -> None:
    """255 bytes is the most that a name may have, and the result's would have more: exit 4."""
    film = tmp_path / ("x" * 251 + ".mkv")
    shutil.copyfile(master, film)
    answer = restore(film, "--codec", "ffv1")
    assert answer.code == 4, answer.err
    assert "name too long" in answer.err
    assert list(tmp_path.iterdir()) == [film]
    assert restore(film, "--codec", "ffv1", "-o", tmp_path / "out.mkv").code == 0
