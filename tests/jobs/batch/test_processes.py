"""A film's own process: its arguments, its events line by line, its end, and what it leaves on stderr."""

from __future__ import annotations

import os
import queue
import signal
import sys
from pathlib import Path

import pytest

import restore
from restore.errors import RestoreError
from restore.jobs.batch import processes
from restore.jobs.batch.processes import STDERR_TAIL, Child, Event, fair_share

Events = queue.Queue[tuple[Child, Event | None]]


def run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str, *arguments: str, threads: int = 1
) -> tuple[Child, list[Event]]:
    """A process that runs this Python code instead of restore; all its events."""
    monkeypatch.setattr(processes, "PROGRAM", (sys.executable, "-I", "-S", "-c", code))
    events: Events = queue.Queue()
    child = Child(arguments, tmp_path / "stderr", threads, events)
    found: list[Event] = []
    while (item := events.get(timeout=30))[1] is not None:
        assert item[0] is child
        found.append(item[1])
    return child, found


def test_each_line_of_json_is_an_event(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Other output is ignored: words of a library, half a line, JSON that is no object."""
    code = """print('{"event": "a"}'); print('hello'); print('[1]'); print('3'); print('{"event": "b"')
print('{"event": "c", "text": "caf\\\\u00e9"}')"""
    child, found = run(monkeypatch, tmp_path, code)
    assert found == [{"event": "a"}, {"event": "c", "text": "café"}]
    assert child.wait() == 0


def test_arguments_arrive_as_they_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No shell sees them: spaces, quotes, stars and dollars are letters."""
    odd = ["a b", "'", '"', "$HOME", "*", "--", "ü\n"]
    code = "import json, sys; print(json.dumps({'words': sys.argv[1:]}))"
    assert run(monkeypatch, tmp_path, code, *odd)[1] == [{"words": odd}]


def test_the_exit_status_has_the_signal(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Codes as they are; a process that was killed has the negative number of the signal."""
    assert run(monkeypatch, tmp_path, "raise SystemExit(5)")[0].wait() == 5
    code = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert run(monkeypatch, tmp_path, code)[0].wait() == -signal.SIGKILL


def test_the_end_of_stderr_is_kept_on_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Lines are joined, the last characters count, and bytes that are no text do no harm."""
    code = "import sys; sys.stderr.buffer.write(b'x' * 999 + b'\\n\\n the\\xff \\t end\\n')"
    child, _ = run(monkeypatch, tmp_path, code)
    child.wait()
    tail = child.stderr_tail()
    assert tail.endswith("the\ufffd end")
    assert len(tail) == STDERR_TAIL
    (tmp_path / "stderr").unlink()
    assert child.stderr_tail() == ""


def test_a_process_that_does_not_stop_is_ended(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is asked first; after the patience it is killed. Asking one that has ended does nothing."""
    code = """import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('{"event": "ready"}', flush=True)
time.sleep(60)"""
    monkeypatch.setattr(processes, "PROGRAM", (sys.executable, "-I", "-S", "-c", code))
    events: Events = queue.Queue()
    child = Child([], tmp_path / "stderr", 1, events)
    assert events.get(timeout=30)[1] == {"event": "ready"}
    child.stop()
    child.end(0.05)
    assert child.wait() == -signal.SIGKILL
    child.stop()
    child.end(0.0)


def test_a_process_has_its_share_of_the_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its number of threads, a lifeline to this process, and this very package; the user's choice stays."""
    code = """import json, os
print(json.dumps({key: os.environ.get(key) for key in
    ('OMP_NUM_THREADS', 'RESTORE_LIFELINE', 'PYTHONPATH')}))"""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    _, (found,) = run(monkeypatch, tmp_path, code, threads=3)
    home = Path(restore.__file__).parent.parent
    assert found["OMP_NUM_THREADS"] == "3"
    assert found["RESTORE_LIFELINE"] == "1"
    assert found["PYTHONPATH"].split(os.pathsep) == [str(home), "/somewhere"]
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    _, (found,) = run(monkeypatch, tmp_path, code, threads=3)
    assert found["OMP_NUM_THREADS"] == "7"


def test_a_program_that_cannot_be_started_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a code, not a traceback of subprocess."""
    monkeypatch.setattr(processes, "PROGRAM", (str(tmp_path / "gone"),))
    with pytest.raises(RestoreError) as caught:
        Child([], tmp_path / "stderr", 1, queue.Queue())
    assert caught.value.code == "process-not-started"


@pytest.mark.parametrize(("jobs", "threads"), [(1, 8), (2, 4), (3, 2), (8, 1), (20, 1)])
def test_processors_are_shared_evenly(
    jobs: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least one thread each, however many films are restored at once."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert fair_share(jobs) == threads
