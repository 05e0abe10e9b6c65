#!/usr/bin/env bash
# filelock 3.16.0 and 3.20.0 lock a file that was removed in the meantime, so that two processes hold the lock.
#
# A process opens the lock file; before it locks it, the process that holds the lock removes the file and releases the lock. The lock is
# then on a file without a name, and the next process makes and locks a new one. filelock 4.3.1 looks again after locking.
# Expected: the second process is refused.
# restore: needs filelock 4.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
cat > two.py <<'P'
import fcntl
import os
import subprocess
import sys
import filelock

real, removed = fcntl.flock, []

def flock(fd, operation):
    if not removed:  # what the holder does between our open and our lock
        os.unlink("lock")
        removed.append(fd)
    return real(fd, operation)

fcntl.flock = flock
ours = filelock.FileLock("lock")
ours.acquire(timeout=2)
SECOND = """
import filelock
try:
    filelock.FileLock("lock").acquire(timeout=0.3)
    print("the second one is in, too")
except filelock.Timeout:
    print("the second one is refused")
"""
done = subprocess.run([sys.executable, "-c", SECOND], capture_output=True, text=True)
print("filelock", filelock.__version__ + ":", done.stdout.strip())
P

diff - <(for version in 3.16.0 3.20.0 4.3.1; do
    venv/bin/pip install -q "filelock==$version"
    venv/bin/python two.py
done) <<'SEEN'
filelock 3.16.0: the second one is in, too
filelock 3.20.0: the second one is in, too
filelock 4.3.1: the second one is refused
SEEN
