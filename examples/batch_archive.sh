#!/usr/bin/env bash
# Restore all films of a folder and its subfolders into another folder, unattended.
#
#     examples/batch_archive.sh FOLDER TARGET [options of restore batch]
#
# You can stop it at any time: the same command resumes. `restore status TARGET --watch` in another
# terminal shows the state of every film.
set -u
[ $# -ge 2 ] || { echo "usage: batch_archive.sh FOLDER TARGET [options]" >&2; exit 2; }
films=$1 target=$2
shift 2

restore batch "$films" --out "$target" --recipe "$(dirname "$0")/archive.toml" "$@"
code=$?
case $code in
    0) echo "all films are done" ;;
    7) echo "some films failed: restore status $target says why; the same command tries them again" >&2 ;;
    130) echo "stopped; the same command resumes" >&2 ;;
esac
exit $code
