"""A program that acts like `restore run --json`, at once: what a film holds says what becomes of it.

A film is a text: `ok`, `slow`, `damaged`, `usage`, or `crash` and `busy` with a number of times. Each
start leaves a line in `started.txt` next to the film.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path


def emit(**event: object) -> None:
    """One event."""
    sys.stdout.write(f"{json.dumps(event)}\n")
    sys.stdout.flush()


def end(code: int, what: str, error: str = "RestoreError", where: str = "") -> None:
    """A failure, as an event and with its exit code."""
    emit(event="failed", exit_code=code, error=error, what=what, where=where, what_to_do="")
    sys.exit(code)


def main() -> None:
    """Do what the film says."""
    words = sys.argv[1:]
    film = Path(words[-1])
    with (film.parent / "started.txt").open("a", encoding="utf-8") as file:
        file.write(f"{film.name}\n")
    tries = (film.parent / "started.txt").read_text(encoding="utf-8").split().count(film.name)
    how, _, times = film.read_text(encoding="utf-8").strip().partition(" ")
    result = Path(words[words.index("-o") + 1].replace(".*", ".mkv"))
    if how == "crash" and tries <= int(times):
        sys.stderr.write("a library's last words\n")
        sys.stderr.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "busy" and tries <= int(times):
        end(4, "Another restore is working on this result.", "Busy")
    if how == "usage":
        end(2, "There is a mistake.", "UsageError", str(film))
    emit(event="planned", output=str(result), plan={"frames": 4})
    emit(event="started", frames=4, remaining=4)
    emit(event="progressed", done=2, frames=4)
    if how == "slow":
        signal.signal(signal.SIGTERM, lambda *_: end(130, "Stopped."))
        (film.parent / "slow.txt").touch()
        time.sleep(60)
    time.sleep(0.05)
    if how == "damaged":
        partial = result.with_name(f"{result.stem}.partial.mkv")
        write(partial)
        end(5, "The source is damaged.", "DamagedSource", f"it is so -> {partial}")
    already = result.exists()
    if not already:
        write(result)
    emit(event="finished", output=str(result), frames=4, seconds=0.1, already=already)


def write(result: Path) -> None:
    """A result and its record."""
    result.write_bytes(b"a film")
    Path(f"{result}.restore.json").touch()


main()
