"""How this process behaves: how it stops, how it keeps memory, how its idle threads wait."""

from __future__ import annotations

import ctypes
import os
import signal
import threading

LIFELINE = "RESTORE_LIFELINE"
"""Set by a process that starts this one: its standard input stays open as long as that one lives."""

_STDIN = 0


def settle() -> None:
    """Make the process one that restores films; before torch is loaded and threads are started."""
    stop_orderly()
    end_with_parent()
    keep_memory()
    wait_asleep()


def stop_orderly() -> None:
    """Let a closing terminal or a service manager stop us as Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # what nohup told us to ignore stays ignored
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, stop)


def end_with_parent() -> None:
    """Stop in order, as with Ctrl-C, when the process that started us is gone, however it ended.

    A pipe closes with its last owner, so that even a killed parent leaves no child at work.
    """
    if os.environ.pop(LIFELINE, None):
        threading.Thread(target=_await_end, name="lifeline", daemon=True).start()


def _await_end() -> None:
    """Read until nobody is left who could write."""
    while os.read(_STDIN, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def keep_memory() -> bool:
    """Keep freed memory for the next layer; True where the C library can be told so.

    glibc hands blocks above 32 MB back to the system at once, and threads of ours get heaps of their
    own, of 64 MB: a network's layer (film-x4 at 640x480: 79 MB) fits neither, so every page of it was
    fetched and cleared anew, which took as long as the network.
    """
    try:
        tell = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library, another system
        return False
    digests = ((_M_MMAP_THRESHOLD, 1 << 30), (_M_TRIM_THRESHOLD, (1 << 31) - 1), (_M_ARENA_MAX, 1))
    heard = [bool(tell(name, value)) for name, value in digests]
    return all(heard)


_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""Names of malloc's settings, from glibc's malloc.h."""


def wait_asleep() -> None:
    """Let torch's threads sleep while they wait: awake, they take the encoder's processor time.

    OpenMP reads this when torch is loaded; what the user chose stays.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
