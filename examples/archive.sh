#!/usr/bin/env bash
# Restore every film of a folder into another one, and list what failed.
#
#     examples/archive.sh FOLDER TARGET [options of restore]
#
# Stop it whenever you like: given again, it goes on where it was.
set -u
[ $# -ge 2 ] || { echo "usage: archive.sh FOLDER TARGET [options]" >&2; exit 2; }
source_folder=$1 target=$2
shift 2

shopt -s nullglob nocaseglob
films=("$source_folder"/*.{mp4,mkv,mov,avi,mpg,ts,m4v,webm})
[ ${#films[@]} -gt 0 ] || { echo "no films in $source_folder" >&2; exit 3; }

mkdir -p "$target"
restore "${films[@]}" --recipe "$(dirname "$0")/archive.toml" -o "$target/" "$@"
code=$?
case $code in
    0) echo "all ${#films[@]} films are done" ;;
    7) echo "some films failed (see above); the same command tries them again" >&2 ;;
    130) echo "stopped; the same command goes on" >&2 ;;
esac
exit $code
