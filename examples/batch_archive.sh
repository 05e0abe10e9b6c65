#!/usr/bin/env bash
# Restore every film of a folder (and the folders in it) into another one, unattended.
#
#     examples/batch_archive.sh FOLDER TARGET [options of restore batch]
#
# Stop it whenever you like: given again, it goes on where it was. `restore status TARGET --watch`
# in another terminal shows how it stands.
set -u
[ $# -ge 2 ] || { echo "usage: batch_archive.sh FOLDER TARGET [options]" >&2; exit 2; }
films=$1 target=$2
shift 2

restore batch "$films" --out "$target" --recipe "$(dirname "$0")/archive.toml" "$@"
code=$?
case $code in
    0) echo "all films are done" ;;
    7) echo "some films failed: restore status $target says why; the same command tries them again" >&2 ;;
    130) echo "stopped; the same command goes on" >&2 ;;
esac
exit $code
