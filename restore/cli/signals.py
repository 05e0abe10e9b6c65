"""Settings of this process: how it stops, when it frees memory, and how idle threads wait."""

from __future__ import annotations

import ctypes
import os
import signal
import threading

LIFELINE = "RESTORE_LIFELINE"
"""Set by a parent process: this process's standard input stays open as long as the parent lives."""

_STDIN = 0


def configure_process() -> None:
    """Apply all of them; call it before torch is loaded and threads are started."""
    stop_orderly()
    end_with_parent()
    keep_memory()
    wait_asleep()


def stop_orderly() -> None:
    """Let SIGTERM and SIGHUP (a service manager, a closing terminal) stop the process as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # signals that nohup ignores stay ignored
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)


def end_with_parent() -> None:
    """Stop, as with Ctrl-C, when the parent process has ended, even if it was killed.

    A pipe is closed when its last owner ends, so that no child process continues without its parent.
    """
    if os.environ.pop(LIFELINE, None):
        threading.Thread(target=_await_end, name="lifeline", daemon=True).start()


def _await_end() -> None:
    """Read until the other end of the pipe is closed."""
    while os.read(_STDIN, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def keep_memory() -> bool:
    """Keep freed memory for the next layer; True if the C library has the settings.

    glibc returns blocks above 32 MB to the system at once, and threads get heaps of 64 MB: a layer of a
    network (film-x4 at 640x480: 79 MB) exceeds both, so that the system mapped and cleared each of its
    pages again, which took as long as the network.
    """
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    settings = ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, (1 << 31) - 1), (_M_ARENA_MAX, 1))
    accepted = [bool(set_option(name, value)) for name, value in settings]
    return all(accepted)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Names of malloc's settings, from glibc's malloc.h."""


def wait_asleep() -> None:
    """Let torch's threads sleep while they wait: busy waiting uses processor time that the encoder needs.

    OpenMP reads this when torch is loaded; a value set by the user stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
